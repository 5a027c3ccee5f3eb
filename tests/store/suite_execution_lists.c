/* suite_execution_lists.c - executions read: one, filtered, searched, paged, live. */
#include "suite.h"

static void assert_listed(struct fixture *f, struct execution_filter filter, const struct guid *ids,
                          size_t count, int64_t total) {
    struct execution_page page = executions_where(f, filter);
    assert_int_equal(page.count, count);
    assert_int_equal(page.total, total);
    for (size_t i = 0; i < count; i++) assert_guid(page.items[i].id, ids[i]);
}

static void test_an_unknown_execution_is_not_found(void **state) {
    struct fixture *f = *state;
    struct err err;
    struct execution found = {.row = 4711};
    struct store_tx *tx = read_begin(f);
    assert_error(store_execution_get(tx, next_guid(f), &f->arena, &found, &err), &err,
                 ERR_NOT_FOUND);
    read_end(f, tx);
    assert_int_equal(found.row, 4711);
}

static void test_an_execution_id_is_unique(void **state) {
    struct fixture *f = *state;
    struct err err;
    struct job job = put_job(f, "a");
    struct new_execution one = put_manual(f, &job, at(60)),
                         other = sample_execution(f, &job, at(70));
    other.id = one.id;
    assert_error(do_execution_insert(f->store, &other, &err), &err, ERR_CONFLICT);
    assert_int_equal(totals_now(f).executions, 1);
    assert_int_equal(job_now(f, &job).live_count, 1);
}

static void test_lists_are_newest_first_without_output(void **state) {
    struct fixture *f = *state;
    struct err err;
    struct job job = put_job(f, "a");
    struct execution running = put_running(f, &job, at(60));
    struct settlement item = settlement_of(&running, EXECUTION_SUCCEEDED, at(61));
    item.output = STR("text");
    assert_true(do_settle(f->store, &item, 1, &err));
    struct new_execution older = put_manual(f, &job, at(10)), newer = put_manual(f, &job, at(5));
    const struct guid ids[] = {newer.id, older.id, running.id};
    assert_listed(f, (struct execution_filter){0}, ids, 3, 3);
    struct execution_page page = executions_where(f, (struct execution_filter){0});
    assert_true(str_is_absent(page.items[2].output));
    struct execution whole = execution_now(f, running.id);
    assert_str(whole.output, "text");
    whole.output = STR_NONE;
    assert_same_execution(&page.items[2], &whole);
}

static void test_executions_are_paged(void **state) {
    struct fixture *f = *state;
    struct job job = put_job(f, "a"), other = put_job(f, "b");
    struct guid ids[5];
    for (int64_t i = 0; i < 5; i++) {
        ids[4 - i] = put_manual(f, &job, at(i)).id;
        (void)put_manual(f, &other, at(i));
    }
    const struct execution_filter all = {.job_row = job.row, .limit = 2};
    struct execution_filter filter = all;
    assert_listed(f, filter, ids, 2, 5);
    filter.offset = 2;
    assert_listed(f, filter, &ids[2], 2, 5);
    filter.offset = 4;
    assert_listed(f, filter, &ids[4], 1, 5);
    filter.offset = 5;
    assert_listed(f, filter, NULL, 0, 5);
    assert_int_equal(executions_where(f, (struct execution_filter){.limit = 3}).total, 10);
}

static void test_executions_are_filtered(void **state) {
    struct fixture *f = *state;
    struct err err;
    struct job job = put_job(f, "a"), other = sample_job(f, "b");
    other.queue = STR("critical");
    assert_true(do_job_insert(f->store, &other, &err));
    struct execution failed = put_running(f, &job, at(100)),
                     running = put_running(f, &other, at(200));
    end_execution(f, &failed, EXECUTION_FAILED, at(500));
    struct new_execution pending = put_manual(f, &job, at(300)); // created_at too
    struct new_execution skipped = sample_execution(f, &other, at(400));
    skipped.status = EXECUTION_CANCELLED;
    skipped.completed_at = at(401);
    assert_true(do_execution_insert(f->store, &skipped, &err));

    assert_listed(f, (struct execution_filter){.status = EXECUTION_PENDING}, &pending.id, 1, 1);
    assert_listed(f, (struct execution_filter){.status = EXECUTION_RUNNING}, &running.id, 1, 1);
    assert_listed(f, (struct execution_filter){.status = EXECUTION_FAILED}, &failed.id, 1, 1);
    assert_listed(f, (struct execution_filter){.status = EXECUTION_CANCELLED}, &skipped.id, 1, 1);
    assert_listed(f, (struct execution_filter){.status = EXECUTION_SUCCEEDED}, NULL, 0, 0);
    const struct guid critical[] = {skipped.id, running.id}, of_job[] = {pending.id, failed.id};
    assert_listed(f, (struct execution_filter){.queue = STR("critical")}, critical, 2, 2);
    assert_listed(f, (struct execution_filter){.queue = STR("nowhere")}, NULL, 0, 0);
    assert_listed(f, (struct execution_filter){.job_row = job.row}, of_job, 2, 2);
    assert_listed(f, (struct execution_filter){.job_row = job.row, .status = EXECUTION_FAILED},
                  &failed.id, 1, 1);
    assert_listed(f, (struct execution_filter){.job_row = 9999}, NULL, 0, 0);
    /* started_at, or created_at of what has not started; both ends inclusive. */
    const struct guid middle[] = {pending.id, running.id};
    assert_listed(f, (struct execution_filter){.from = at(200), .to = at(300)}, middle, 2, 2);
    assert_listed(f, (struct execution_filter){.to = at(100)}, &failed.id, 1, 1);
    assert_listed(f, (struct execution_filter){.from = at(301)}, &skipped.id, 1, 1);
    assert_listed(f, (struct execution_filter){.job_row = job.row, .from = at(101)}, &pending.id, 1,
                  1);
    assert_listed(f, (struct execution_filter){.status = EXECUTION_RUNNING, .to = at(199)}, NULL, 0,
                  0);
    assert_listed(
        f,
        (struct execution_filter){
            .status = EXECUTION_CANCELLED, .queue = STR("critical"), .from = at(1), .to = at(999)},
        &skipped.id, 1, 1);
}

static void test_search_finds_words_in_name_output_and_error(void **state) {
    struct fixture *f = *state;
    struct err err;
    struct job job = put_job(f, "Nightly report"), other = put_job(f, "other");
    struct execution by_output = put_running(f, &other, at(60)),
                     by_error = put_running(f, &other, at(61)),
                     by_name = put_running(f, &job, at(62));
    struct settlement items[] = {settlement_of(&by_output, EXECUTION_SUCCEEDED, at(70)),
                                 settlement_of(&by_error, EXECUTION_FAILED, at(70)),
                                 settlement_of(&by_name, EXECUTION_SUCCEEDED, at(70))};
    items[0].output = STR("wrote 42 rows, report.csv done");
    items[1].error_message = STR("Connection refused by db-1; no REPORT");
    assert_true(do_settle(f->store, items, 3, &err));
    const struct guid all[] = {by_name.id, by_error.id, by_output.id};
    assert_listed(f, (struct execution_filter){.search = STR("report")}, all, 3, 3);
    assert_listed(f, (struct execution_filter){.search = STR("NIGHTLY")}, &by_name.id, 1, 1);
    assert_listed(f, (struct execution_filter){.search = STR("refused connection")}, &by_error.id,
                  1, 1);
    assert_listed(f, (struct execution_filter){.search = STR("42 report")}, &by_output.id, 1, 1);
    assert_listed(f, (struct execution_filter){.search = STR("42 refused")}, NULL, 0, 0);
    assert_listed(f, (struct execution_filter){.search = STR("other rows")}, &by_output.id, 1, 1);
    assert_listed(f, (struct execution_filter){.search = STR("\"; drop")}, NULL, 0, 0);
    assert_listed(f, (struct execution_filter){.search = STR("report"), .status = EXECUTION_FAILED},
                  &by_error.id, 1, 1);
    assert_listed(
        f, (struct execution_filter){.search = STR("report"), .job_row = other.row, .limit = 1},
        &all[1], 1, 2);
}

static void test_live_executions_are_oldest_first(void **state) {
    struct fixture *f = *state;
    struct err err;
    struct job job = put_job(f, "a"), other = put_job(f, "b");
    struct execution first = put_running(f, &job, at(60)), ended = put_running(f, &job, at(61));
    struct new_execution last = put_manual(f, &job, at(10));
    (void)put_manual(f, &other, at(10));
    end_execution(f, &ended, EXECUTION_SUCCEEDED, at(62));
    struct execution *live;
    size_t count;
    struct store_tx *tx = read_begin(f);
    assert_true(store_executions_live(tx, job.row, &f->arena, &live, &count, &err));
    assert_int_equal(count, 2);
    assert_guid(live[0].id, first.id);
    assert_guid(live[1].id, last.id);
    assert_true(store_executions_live(tx, 9999, &f->arena, &live, &count, &err));
    assert_int_equal(count, 0);
    read_end(f, tx);
}

static void test_a_renamed_job_renames_its_executions(void **state) {
    struct fixture *f = *state;
    struct err err;
    struct job job = put_job(f, "before");
    struct new_execution execution = put_manual(f, &job, at(60));
    job.name = STR("after");
    job.revision = 2;
    assert_true(do_job_update(f->store, &job, 1, &err));
    assert_str(execution_now(f, execution.id).job_name, "after");
}
