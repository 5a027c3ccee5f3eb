/* suite_counters.c - timeline and totals: their buckets, and their equality with a recount. */
#include "random.h"
#include "suite.h"

static void test_an_empty_store_counts_nothing(void **state) {
    struct fixture *f = *state;
    struct totals totals = totals_now(f);
    const struct totals nothing = {0};
    assert_memory_equal(&totals, &nothing, sizeof totals);
    assert_counters_equal_recount(f);
}

static void test_totals_count_jobs_by_what_they_are(void **state) {
    struct fixture *f = *state;
    struct err err;
    struct job active = put_job(f, "a"), paused = put_job(f, "b"), disabled = put_job(f, "c"),
               deleted = put_job(f, "d");
    (void)active;
    paused.is_paused = true;
    disabled.is_enabled = false;
    deleted.is_deleted = true;
    paused.revision = disabled.revision = deleted.revision = 2;
    assert_true(do_job_update(f->store, &paused, 1, &err));
    assert_true(do_job_update(f->store, &disabled, 1, &err));
    assert_true(do_job_update(f->store, &deleted, 1, &err));
    assert_int_equal(totals_now(f).jobs, 3);
    assert_int_equal(totals_now(f).jobs_enabled, 1);
    paused.is_paused = false;
    paused.revision = 3;
    assert_true(do_job_update(f->store, &paused, 2, &err));
    assert_int_equal(totals_now(f).jobs_enabled, 2);
    assert_true(do_job_erase(f->store, paused.row, &err));
    assert_true(do_job_erase(f->store, deleted.row, &err));
    assert_int_equal(totals_now(f).jobs, 2);
    assert_int_equal(totals_now(f).jobs_enabled, 1);
}

static void test_the_timeline_has_every_bucket(void **state) {
    struct fixture *f = *state;
    struct err err;
    struct job job = put_job(f, "a");
    /* Ends at the last microsecond of minute 1, at the first of minute 2; one runs since minute 4.
     */
    struct execution early = put_running(f, &job, at(0)), late = put_running(f, &job, at(0));
    (void)put_running(f, &job, at(250));
    end_execution(f, &early, EXECUTION_SUCCEEDED, (struct utc){at(120).us - 1});
    end_execution(f, &late, EXECUTION_FAILED, at(120));
    struct timeline_bucket buckets[5];
    struct store_tx *tx = read_begin(f);
    assert_true(store_timeline(tx, at(59), 1, 5, buckets, &err));
    for (size_t i = 0; i < 5; i++) assert_time(buckets[i].start, at(60 * (int64_t)i));
    assert_int_equal(buckets[0].succeeded + buckets[0].failed + buckets[0].running, 0);
    assert_int_equal(buckets[1].succeeded, 1);
    assert_int_equal(buckets[1].failed, 0);
    assert_int_equal(buckets[2].failed, 1);
    assert_int_equal(buckets[3].running, 0);
    assert_int_equal(buckets[4].running, 1);
    assert_true(store_timeline(tx, at(60), 2, 2, buckets, &err));
    assert_time(buckets[1].start, at(180));
    assert_int_equal(buckets[0].succeeded, 1);
    assert_int_equal(buckets[0].failed, 1);
    assert_int_equal(buckets[1].running, 1);
    assert_true(store_timeline(tx, at(6000), 60, 2, buckets, &err));
    assert_int_equal(buckets[0].succeeded + buckets[1].succeeded, 0);
    read_end(f, tx);
}

static void test_jobs_are_counted_by_status(void **state) {
    struct fixture *f = *state;
    struct err err;
    struct job job = put_job(f, "a");
    assert_int_equal(totals_now(f).jobs_by_status[JOB_ACTIVE], 1);
    struct execution running = put_running(f, &job, at(0));
    end_execution(f, &running, EXECUTION_FAILED, at(1));
    assert_int_equal(totals_now(f).jobs_by_status[JOB_ACTIVE], 0);
    assert_int_equal(totals_now(f).jobs_by_status[JOB_FAILED], 1);
    job.is_paused = true;
    job.revision = 2;
    job.next_run_at = UTC_NEVER;
    assert_true(do_job_update(f->store, &job, 1, &err));
    assert_int_equal(totals_now(f).jobs_by_status[JOB_PAUSED], 1);
    job.is_paused = false;
    job.revision = 3;
    assert_true(do_job_update(f->store, &job, 2, &err));
    assert_int_equal(totals_now(f).jobs_by_status[JOB_COMPLETED], 1);
    job.is_deleted = true;
    job.revision = 4;
    assert_true(do_job_update(f->store, &job, 3, &err));
    assert_int_equal(totals_now(f).jobs_by_status[JOB_DELETED], 1);
    assert_true(do_job_erase(f->store, job.row, &err));
    for (size_t i = 0; i <= JOB_DELETED; i++) assert_int_equal(totals_now(f).jobs_by_status[i], 0);
}

static void test_queues_are_counted_while_something_waits_in_them(void **state) {
    struct fixture *f = *state;
    struct err err;
    struct job job = put_job(f, "a");
    struct new_execution late = sample_execution(f, &job, at(50)),
                         early = sample_execution(f, &job, at(20)),
                         other = sample_execution(f, &job, at(30));
    other.queue = STR("critical");
    assert_true(do_execution_insert(f->store, &late, &err));
    assert_true(do_execution_insert(f->store, &early, &err));
    assert_true(do_execution_insert(f->store, &other, &err));
    struct queue_figures *queues;
    size_t count;
    struct store_tx *tx = read_begin(f);
    assert_true(store_queues(tx, &f->arena, &queues, &count, &err));
    read_end(f, tx);
    assert_int_equal(count, 2);
    assert_str(queues[0].name, "critical");
    assert_int_equal(queues[0].pending, 1);
    assert_str(queues[1].name, "default");
    assert_int_equal(queues[1].pending, 2);
    assert_time(queues[1].oldest, at(20));
    struct execution *claimed;
    claim_all(f, at(40), &claimed, &count);
    assert_int_equal(count, 2);
    assert_counters_equal_recount(f);
    tx = read_begin(f);
    assert_true(store_queues(tx, &f->arena, &queues, &count, &err));
    read_end(f, tx);
    assert_int_equal(count, 1);
    assert_time(queues[0].oldest, at(50));
}

static int64_t jobs_due(struct fixture *f, struct utc before) {
    struct err err;
    int64_t due;
    struct store_tx *tx = read_begin(f);
    assert_true(store_jobs_due(tx, before, &due, &err));
    read_end(f, tx);
    return due;
}

static void test_jobs_are_due_by_the_minute(void **state) {
    struct fixture *f = *state;
    struct err err;
    struct job job = sample_job(f, "a"), other = sample_job(f, "b"), none = sample_job(f, "c");
    job.next_run_at = at(119);
    other.next_run_at = at(120);
    none.next_run_at = UTC_NEVER;
    assert_true(do_job_insert(f->store, &job, &err));
    assert_true(do_job_insert(f->store, &other, &err));
    assert_true(do_job_insert(f->store, &none, &err));
    assert_int_equal(jobs_due(f, at(60)), 0);
    assert_int_equal(jobs_due(f, at(61)), 1); // of a minute that has begun
    assert_int_equal(jobs_due(f, at(120)), 1);
    assert_int_equal(jobs_due(f, (struct utc){at(120).us + 1}), 2);
    assert_int_equal(jobs_due(f, UTC_NEVER), 2);
    assert_true(do_job_erase(f->store, job.row, &err));
    assert_int_equal(jobs_due(f, UTC_NEVER), 1);
}

/* More minutes and queues in one write than are kept in memory. */
struct crowd {
    struct fixture *f;
    struct job *jobs;
    int64_t count;
    bool fails;
};

static bool put_crowd(struct store_tx *tx, void *context, struct err *err) {
    const struct crowd *crowd = context;
    for (int64_t i = 0; i < crowd->count; i++) {
        struct job *job = &crowd->jobs[i];
        *job = sample_job(crowd->f, "a");
        job->next_run_at = at(60 * i);
        if (!store_job_insert(tx, job, err)) return false;
        struct new_execution execution = sample_execution(crowd->f, job, at(0));
        execution.queue = arena_printf(&crowd->f->arena, "queue-%lld", (long long)(i % 400));
        if (!store_execution_insert(tx, &execution, err)) return false;
    }
    return !crowd->fails || err_set(err, ERR_LIMIT, "told to fail");
}

static void test_counts_spread_wide_are_right_too(void **state) {
    struct fixture *f = *state;
    struct err err;
    enum { JOBS = 700 };
    struct crowd crowd = {
        .f = f, .jobs = ARENA_ARRAY(&f->arena, JOBS, struct job), .count = JOBS, .fails = true};
    assert_error(store_write_wait(f->store, put_crowd, &crowd, &err), &err, ERR_LIMIT);
    assert_int_equal(jobs_due(f, UTC_NEVER), 0);
    crowd.fails = false;
    assert_true(store_write_wait(f->store, put_crowd, &crowd, &err));
    assert_int_equal(jobs_due(f, at(60 * 500)), 500);
    assert_counters_equal_recount(f);
    for (size_t i = 0; i < JOBS; i += 2)
        assert_true(do_job_erase(f->store, crowd.jobs[i].row, &err));
    assert_int_equal(jobs_due(f, UTC_NEVER), JOBS / 2);
    assert_counters_equal_recount(f);
}

static void test_jobs_are_walked_by_row(void **state) {
    struct fixture *f = *state;
    struct err err;
    struct job jobs[5];
    for (size_t i = 0; i < COUNT_OF(jobs); i++) {
        jobs[i] = sample_job(f, "a");
        if (i % 2 == 0) jobs[i].retention = STR("{\"days\":3}");
        jobs[i].is_deleted = i == 4;
        assert_true(do_job_insert(f->store, &jobs[i], &err));
    }
    struct job *found;
    size_t count;
    struct store_tx *tx = read_begin(f);
    struct job_walk walk = {.limit = 3};
    assert_true(store_job_walk(tx, &walk, &f->arena, &found, &count, &err));
    assert_int_equal(count, 3);
    assert_same_job(&found[2], &jobs[2]);
    walk.after_row = found[2].row;
    assert_true(store_job_walk(tx, &walk, &f->arena, &found, &count, &err));
    assert_int_equal(count, 1);
    assert_guid(found[0].id, jobs[3].id);
    walk = (struct job_walk){.with_retention = true, .limit = 10};
    assert_true(store_job_walk(tx, &walk, &f->arena, &found, &count, &err));
    assert_int_equal(count, 2);
    assert_str(found[1].retention, "{\"days\":3}");
    walk.status = JOB_DELETED;
    assert_true(store_job_walk(tx, &walk, &f->arena, &found, &count, &err));
    assert_int_equal(count, 1);
    read_end(f, tx);
}

static void test_the_jobs_that_run_next_come_first(void **state) {
    struct fixture *f = *state;
    struct err err;
    struct job late = sample_job(f, "late"), early = sample_job(f, "early"),
               never = sample_job(f, "never"), deleted = sample_job(f, "deleted");
    late.wake_at = at(90);
    early.wake_at = at(30);
    never.next_run_at = UTC_NEVER;
    deleted.is_deleted = true;
    assert_true(do_job_insert(f->store, &late, &err));
    assert_true(do_job_insert(f->store, &early, &err));
    assert_true(do_job_insert(f->store, &never, &err));
    assert_true(do_job_insert(f->store, &deleted, &err));
    struct next_job *found;
    size_t count;
    struct store_tx *tx = read_begin(f);
    assert_true(store_jobs_next(tx, 10, &f->arena, &found, &count, &err));
    assert_int_equal(count, 2);
    assert_str(found[0].name, "early");
    assert_str(found[1].name, "late");
    assert_true(guid_equal(found[1].id, late.id));
    assert_time(found[1].next_run_at, late.next_run_at);
    assert_true(store_jobs_next(tx, 1, &f->arena, &found, &count, &err));
    assert_int_equal(count, 1);
    read_end(f, tx);
}

static void test_figures_are_there(void **state) {
    struct fixture *f = *state;
    const struct store_figures *figures = store_figures(f->store);
    assert_non_null(figures);
    assert_true(figures->commit_us.bound_count > 0);
    assert_true(figures->commit_writes.bound_count > 0);
    assert_int_equal(figures->failed_commits, 0);
}

/* ---- any history ----------------------------------------------------------------------------- */

static void claim_and_end_some(struct fixture *f, struct random *random, struct utc now) {
    struct err err;
    struct execution *claimed;
    size_t count;
    const struct claim_queue any = {.name = STR_NONE, .limit = random_below(random, 6)};
    const struct claim claim = {
        .node_name = STR("node-1"), .now = now, .queues = &any, .queue_count = 1, .limit = 5};
    assert_true(do_claim(f->store, &claim, &f->arena, &claimed, &count, &err));
    struct execution_page running =
        executions_where(f, (struct execution_filter){.status = EXECUTION_RUNNING});
    for (size_t i = 0; i < running.count; i++) {
        const enum execution_status ends[] = {EXECUTION_SUCCEEDED, EXECUTION_FAILED,
                                              EXECUTION_CANCELLED, EXECUTION_PENDING};
        if (random_below(random, 2)) continue;
        struct settlement item =
            settlement_of(&running.items[i], ends[random_below(random, 4)], now);
        struct new_execution retry =
            sample_execution(f, &(struct job){.row = item.job_row, .queue = STR("default")}, now);
        retry.trigger = TRIGGER_RETRY;
        retry.retry_count = 1;
        if (item.status == EXECUTION_FAILED && random_below(random, 2)) item.retry = &retry;
        assert_true(do_settle(f->store, &item, 1, &err));
    }
}

static void clear_or_trim(struct fixture *f, struct random *random, int64_t job_row,
                          struct utc now) {
    struct err err;
    struct utc before = utc_add(now, span_seconds(-random_below(random, 2000)));
    struct clear clear = {.created_before = before, .limit = 1 + random_below(random, 20)};
    struct trim trim = {.job_row = job_row, .keep = random_below(random, 9), .limit = 3};
    if (random_below(random, 3) == 0)
        assert_true(do_executions_clear(f->store, &clear, &err));
    else
        assert_true(do_executions_trim(f->store, &trim, &err));
}

static void change_job(struct fixture *f, struct random *random, struct job *job) {
    struct err err;
    job->is_paused = random_below(random, 3) == 0;
    job->is_enabled = random_below(random, 3) > 0;
    job->is_deleted = random_below(random, 4) == 0;
    bool runs = !job->is_deleted && random_below(random, 3) > 0;
    job->next_run_at = runs ? at(random_below(random, 9000)) : UTC_NEVER;
    job->revision++;
    assert_true(do_job_update(f->store, job, job->revision - 1, &err));
}

static void test_counters_equal_a_recount_after_any_history(void **state) {
    struct fixture *f = *state;
    struct err err;
    struct random random = random_from_environment();
    struct job jobs[4];
    for (size_t i = 0; i < COUNT_OF(jobs); i++) jobs[i] = put_job(f, "a");
    for (int64_t step = 0; step < 150; step++) {
        struct utc now = at(37 * step);
        size_t index = (size_t)random_below(&random, COUNT_OF(jobs));
        struct execution_page page;
        struct execution execution;
        enum cancel_result result;
        switch (random_below(&random, 8)) {
        case 0: (void)put_execution(f, &jobs[index], now); break;
        case 1: (void)put_manual(f, &jobs[index], now); break;
        case 2: (void)put_running(f, &jobs[index], now); break;
        case 3: claim_and_end_some(f, &random, now); break;
        case 4:
            page = executions_where(f, (struct execution_filter){0});
            if (page.count == 0) break;
            index = (size_t)random_below(&random, (int64_t)page.count);
            assert_true(do_execution_cancel(f->store, page.items[index].id, STR("x"), now,
                                            &f->arena, &result, &execution, &err));
            break;
        case 5: clear_or_trim(f, &random, jobs[index].row, now); break;
        case 6: change_job(f, &random, &jobs[index]); break;
        default:
            if (random_below(&random, 4) > 0 || !do_job_erase(f->store, jobs[index].row, &err))
                break;
            jobs[index] = put_job(f, "b");
        }
        if (step % 10 == 0) assert_counters_equal_recount(f);
        if (step % 40 == 0) suite_restart(f);
    }
    assert_counters_equal_recount(f);
}
