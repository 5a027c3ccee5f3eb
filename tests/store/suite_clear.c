/* suite_clear.c - clearing away history: by age, of one job, of the ledger; what stays is in order.
 */
#include "suite.h"

static struct execution put_ended(struct fixture *f, const struct job *job, struct utc made,
                                  enum execution_status status) {
    struct execution running = put_running(f, job, made);
    end_execution(f, &running, status, utc_add(made, span_seconds(1)));
    return execution_now(f, running.id);
}

static int64_t clear_before(struct fixture *f, struct utc before, bool spare, int64_t piece) {
    struct err err;
    struct clear clear = {.created_before = before, .spare_own_retention = spare, .limit = piece};
    int64_t deleted = 0;
    for (int64_t calls = 0; !clear.done; calls++) {
        assert_true(calls < 1000);
        assert_true(do_executions_clear(f->store, &clear, &err));
        deleted += clear.deleted;
        assert_counters_equal_recount(f);
    }
    return deleted;
}

static int64_t trim(struct fixture *f, const struct job *job, int64_t keep, struct utc before,
                    int64_t piece) {
    struct err err;
    struct trim trim = {
        .job_row = job->row, .keep = keep, .created_before = before, .limit = piece};
    int64_t deleted = 0;
    for (int64_t calls = 0; !trim.done; calls++) {
        assert_true(calls < 1000);
        assert_true(do_executions_trim(f->store, &trim, &err));
        assert_true(trim.deleted <= piece);
        deleted += trim.deleted;
        assert_counters_equal_recount(f);
    }
    return deleted;
}

static void assert_gone(struct fixture *f, struct guid id) {
    struct err err;
    struct execution found;
    struct store_tx *tx = read_begin(f);
    assert_error(store_execution_get(tx, id, &f->arena, &found, &err), &err, ERR_NOT_FOUND);
    read_end(f, tx);
}

static void test_what_is_old_goes_and_what_lives_stays(void **state) {
    struct fixture *f = *state;
    struct err err;
    struct job job = put_job(f, "a");
    struct execution old = put_ended(f, &job, at(10), EXECUTION_SUCCEEDED);
    struct execution alive = put_running(f, &job, at(20));
    struct execution failed = put_ended(f, &job, at(30), EXECUTION_FAILED);
    struct new_execution waits = put_execution(f, &job, at(40));
    struct execution young = put_ended(f, &job, at(50), EXECUTION_CANCELLED);
    struct clear clear = {.created_before = at(50), .limit = 100};
    assert_true(do_executions_clear(f->store, &clear, &err));
    assert_int_equal(clear.deleted, 2);
    assert_true(clear.done);
    assert_gone(f, old.id);
    assert_gone(f, failed.id);
    struct execution_page page = executions_where(f, (struct execution_filter){.job_row = job.row});
    assert_int_equal(page.total, 3);
    assert_guid(page.items[0].id, young.id);
    assert_guid(page.items[1].id, waits.id);
    assert_guid(page.items[2].id, alive.id);
    assert_int_equal(totals_now(f).executions, 3);
    assert_counters_equal_recount(f);
    /* What lived on is found, ends, and goes as well. */
    end_execution(f, &alive, EXECUTION_SUCCEEDED, at(60));
    assert_int_equal(clear_before(f, at(1000), false, 100), 2);
    assert_int_equal(totals_now(f).executions, 1);
}

static void test_clearing_goes_on_where_it_stopped(void **state) {
    struct fixture *f = *state;
    struct job jobs[3];
    for (size_t i = 0; i < COUNT_OF(jobs); i++) jobs[i] = put_job(f, "a");
    for (int64_t i = 0; i < 60; i++) {
        const struct job *job = &jobs[i % 3 == 0 ? 0 : i % 2 + 1];
        if (i % 13 == 5)
            (void)put_running(f, job, at(i));
        else
            (void)put_ended(f, job, at(i), i % 7 ? EXECUTION_SUCCEEDED : EXECUTION_FAILED);
    }
    assert_int_equal(clear_before(f, at(50), false, 7), 46);
    assert_int_equal(clear_before(f, at(50), false, 7), 0);
    assert_int_equal(clear_before(f, at(55), false, 1), 5);
}

static void test_a_clock_that_was_set_back_leaves_order(void **state) {
    struct fixture *f = *state;
    struct job job = put_job(f, "a");
    struct execution ahead = put_ended(f, &job, at(90000), EXECUTION_SUCCEEDED);
    for (int64_t i = 0; i < 20; i++) (void)put_ended(f, &job, at(i), EXECUTION_SUCCEEDED);
    assert_int_equal(clear_before(f, at(10), false, 4), 10);
    assert_int_equal(clear_before(f, at(1000), false, 4), 10);
    struct execution_page page = executions_where(f, (struct execution_filter){.job_row = job.row});
    assert_int_equal(page.total, 1);
    assert_guid(page.items[0].id, ahead.id);
    for (int64_t i = 0; i < 20; i++) (void)put_ended(f, &job, at(100 + i), EXECUTION_SUCCEEDED);
    assert_counters_equal_recount(f);
    assert_int_equal(clear_before(f, at(100000), false, 1000), 21);
    (void)put_ended(f, &job, at(200), EXECUTION_FAILED);
    assert_counters_equal_recount(f);
}

static void test_jobs_with_a_retention_of_their_own_are_spared(void **state) {
    struct fixture *f = *state;
    struct err err;
    struct job own = sample_job(f, "own"), other = put_job(f, "other");
    own.retention = STR("{\"days\":900}");
    assert_true(do_job_insert(f->store, &own, &err));
    for (int64_t i = 0; i < 12; i++)
        (void)put_ended(f, i % 3 ? &other : &own, at(i), EXECUTION_SUCCEEDED);
    assert_int_equal(clear_before(f, at(100), true, 5), 8);
    assert_int_equal(clear_before(f, at(100), false, 5), 4);
}

static void test_the_history_of_a_deleted_job_goes_too(void **state) {
    struct fixture *f = *state;
    struct err err;
    struct job job = put_job(f, "a");
    (void)put_ended(f, &job, at(1), EXECUTION_FAILED);
    job.is_deleted = true;
    job.next_run_at = job.wake_at = UTC_NEVER;
    job.revision = 2;
    assert_true(do_job_update(f->store, &job, 1, &err));
    assert_int_equal(clear_before(f, at(100), false, 5), 1);
    assert_true(do_job_erase(f->store, job.row, &err));
    assert_counters_equal_recount(f);
}

static void test_a_cleared_history_goes_on(void **state) {
    struct fixture *f = *state;
    struct job job = put_job(f, "a");
    for (int64_t round = 0; round < 5; round++) {
        for (int64_t i = 0; i < 70; i++)
            (void)put_ended(f, &job, at(1000 * round + i), EXECUTION_SUCCEEDED);
        assert_counters_equal_recount(f);
        int64_t most = round == 2 ? 70 : 40;
        assert_true(clear_before(f, at(1000 * round + most), false, 33) >= most);
    }
}

static void test_trimming_keeps_the_newest(void **state) {
    struct fixture *f = *state;
    struct job job = put_job(f, "a"), other = put_job(f, "b");
    struct execution last = {0};
    for (int64_t i = 0; i < 30; i++) {
        last = put_ended(f, &job, at(i), EXECUTION_SUCCEEDED);
        (void)put_ended(f, &other, at(i), EXECUTION_SUCCEEDED);
    }
    assert_int_equal(trim(f, &job, 10, UTC_NONE, 6), 20);
    assert_int_equal(trim(f, &job, 10, UTC_NONE, 6), 0);
    struct execution_page page = executions_where(f, (struct execution_filter){.job_row = job.row});
    assert_int_equal(page.total, 10);
    assert_guid(page.items[0].id, last.id);
    assert_int_equal(trim(f, &job, 0, at(25), 100), 5);
    assert_int_equal(trim(f, &job, 3, at(26), 100), 2);
    assert_int_equal(trim(f, &job, 0, UTC_NONE, 100), 0);
    assert_int_equal(totals_now(f).executions, 33);
}

static void test_trimming_keeps_the_latest_failure_and_what_lives(void **state) {
    struct fixture *f = *state;
    struct job job = put_job(f, "a");
    (void)put_ended(f, &job, at(1), EXECUTION_FAILED);
    struct execution failed = put_ended(f, &job, at(2), EXECUTION_FAILED);
    struct execution alive = put_running(f, &job, at(3));
    for (int64_t i = 10; i < 40; i++) (void)put_ended(f, &job, at(i), EXECUTION_SUCCEEDED);
    assert_int_equal(trim(f, &job, 4, UTC_NONE, 10), 27);
    struct execution_page page = executions_where(f, (struct execution_filter){.job_row = job.row});
    assert_int_equal(page.total, 6);
    assert_guid(page.items[4].id, alive.id);
    assert_guid(page.items[5].id, failed.id);
    end_execution(f, &alive, EXECUTION_FAILED, at(50));
    assert_int_equal(trim(f, &job, 4, UTC_NONE, 10), 1);
    assert_gone(f, failed.id);
}

/* Long ones are trimmed at their old end, a part at a time. */
static void test_a_long_history_is_trimmed_as_well(void **state) {
    struct fixture *f = *state;
    struct job job = put_job(f, "a"), fails = put_job(f, "b");
    struct execution last = {0}, failed = {0};
    for (int64_t i = 0; i < 900; i++) {
        last = put_ended(f, &job, at(i), i == 600 ? EXECUTION_FAILED : EXECUTION_SUCCEEDED);
        if (i == 600) failed = last;
        (void)put_ended(f, &fails, at(i),
                        i == 5 || i == 7 || i == 850 ? EXECUTION_FAILED : EXECUTION_SUCCEEDED);
    }
    assert_int_equal(trim(f, &job, 100, UTC_NONE, 60), 799);
    struct execution_page page = executions_where(f, (struct execution_filter){.job_row = job.row});
    assert_int_equal(page.total, 101);
    assert_guid(page.items[0].id, last.id);
    page = executions_where(
        f, (struct execution_filter){.job_row = job.row, .offset = 99, .limit = 10});
    assert_int_equal(page.count, 2);
    assert_guid(page.items[1].id, failed.id);
    assert_int_equal(trim(f, &fails, 0, at(640), 1000), 640); // the newer failure is enough
    assert_int_equal(trim(f, &fails, 0, at(640), 1000), 0);
    page = executions_where(
        f, (struct execution_filter){.job_row = fails.row, .offset = 255, .limit = 10});
    assert_int_equal(page.count, 5);
    assert_time(page.items[4].created_at, at(640));
    assert_counters_equal_recount(f);
    for (int64_t i = 900; i < 1200; i++) (void)put_ended(f, &job, at(i), EXECUTION_SUCCEEDED);
    assert_int_equal(trim(f, &job, 150, UTC_NONE, 7), 250);
    assert_counters_equal_recount(f);
}

static void test_the_ledger_is_cleared_by_age(void **state) {
    struct fixture *f = *state;
    struct err err;
    struct job job = put_job(f, "a");
    int64_t deleted;
    for (int64_t i = 5; i > 0; i--) {
        const struct skip_range range = {job.row, at(i - 1), at(i), SKIP_OVERLAP, at(i)};
        assert_true(do_skip_insert(f->store, &range, &err));
    }
    assert_true(do_skips_clear(f->store, at(4), 2, &deleted, &err));
    assert_int_equal(deleted, 2);
    assert_true(do_skips_clear(f->store, at(4), 2, &deleted, &err));
    assert_int_equal(deleted, 1);
    assert_true(do_skips_clear(f->store, at(4), 2, &deleted, &err));
    assert_int_equal(deleted, 0);
    struct skip_range *skips;
    size_t count;
    struct store_tx *tx = read_begin(f);
    assert_true(store_skips(tx, job.row, at(-10), at(10), &f->arena, &skips, &count, &err));
    read_end(f, tx);
    assert_int_equal(count, 2);
    assert_time(skips[0].to, at(4));
}

/* ---- long histories -------------------------------------------------------------------------- */

struct skipped_many {
    struct fixture *f;
    const struct job *job;
    int64_t from, count;
};

/* So many that were decided against, one each second. */
static bool skip_many(struct store_tx *tx, void *context, struct err *err) {
    const struct skipped_many *batch = context;
    for (int64_t i = 0; i < batch->count; i++) {
        struct new_execution skipped = sample_execution(batch->f, batch->job, at(batch->from + i));
        skipped.trigger = TRIGGER_MANUAL;
        skipped.status = EXECUTION_CANCELLED;
        skipped.completed_at = skipped.created_at;
        if (!store_execution_insert(tx, &skipped, err)) return false;
    }
    return true;
}

static void put_many(struct fixture *f, const struct job *job, int64_t from, int64_t count) {
    struct err err;
    struct skipped_many batch = {f, job, from, count};
    assert_true(store_write_wait(f->store, skip_many, &batch, &err));
}

static void test_the_pages_of_a_long_history_are_in_order(void **state) {
    struct fixture *f = *state;
    struct err err;
    struct job job = put_job(f, "a"), other = put_job(f, "b");
    put_many(f, &job, 0, 300);
    struct execution alive = put_running(f, &job, at(300));
    struct execution failed = put_ended(f, &job, at(301), EXECUTION_FAILED);
    put_many(f, &other, 400, 10);
    put_many(f, &job, 500, 400);
    assert_counters_equal_recount(f);
    struct clear clear = {.created_before = at(350), .limit = 150};
    assert_true(do_executions_clear(f->store, &clear, &err));
    assert_counters_equal_recount(f);
    assert_true(do_executions_clear(f->store, &clear, &err));
    assert_counters_equal_recount(f);
    while (!clear.done) assert_true(do_executions_clear(f->store, &clear, &err));
    assert_gone(f, failed.id);
    put_many(f, &job, 1000, 300);
    assert_counters_equal_recount(f);
    assert_int_equal(trim(f, &job, 450, UTC_NONE, 170), 250);
    put_many(f, &job, 2000, 200);
    assert_counters_equal_recount(f);
    suite_restart(f);
    put_many(f, &job, 3000, 150);
    end_execution(f, &alive, EXECUTION_SUCCEEDED, at(4000));
    assert_int_equal(clear_before(f, at(1100), false, 1000), 261);
    put_many(f, &job, 5000, 2);
    assert_counters_equal_recount(f);
    assert_true(do_job_erase(f->store, job.row, &err));
    assert_counters_equal_recount(f);
}
