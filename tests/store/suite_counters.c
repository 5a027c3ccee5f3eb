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
        switch (random_below(&random, 6)) {
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
