/* suite_dependencies.c - jobs that depend on others, and runs that wait for them. */
#include "suite.h"

static bool has_dependants(struct fixture *f, const struct job *job) {
    struct err err;
    struct execution running = put_running(f, job, at(100));
    struct settlement item = settlement_of(&running, EXECUTION_SUCCEEDED, at(101));
    assert_true(do_settle(f->store, &item, 1, &err));
    return item.has_dependants;
}

static size_t dependants(struct fixture *f, const struct job *job, int64_t *rows) {
    struct err err;
    int64_t *found;
    size_t count;
    struct store_tx *tx = read_begin(f);
    assert_true(store_dependants(tx, job->id, &f->arena, &found, &count, &err));
    read_end(f, tx);
    for (size_t i = 0; i < count; i++) rows[i] = found[i];
    assert_int_equal(has_dependants(f, job), count > 0);
    return count;
}

/* Pending, waits since its due time up to its deadline. */
static struct new_execution put_waiting(struct fixture *f, const struct job *job, struct utc due,
                                        struct utc deadline) {
    struct err err;
    struct new_execution execution = sample_execution(f, job, due);
    execution.waiting_since = due;
    execution.available_at = deadline;
    assert_true(do_execution_insert(f->store, &execution, &err));
    assert_true(execution.inserted);
    return execution;
}

static size_t waiting(struct fixture *f, struct waiting_filter filter, struct waiting_run **ret) {
    struct err err;
    size_t count;
    struct store_tx *tx = read_begin(f);
    assert_true(store_waiting(tx, &filter, &f->arena, ret, &count, &err));
    read_end(f, tx);
    return count;
}

static size_t waiting_in_all(struct fixture *f) {
    struct waiting_run *runs;
    return waiting(f, (struct waiting_filter){0}, &runs);
}

/* ---- definitions ----------------------------------------------------------------------------- */

static void test_dependants_follow_the_definition(void **state) {
    struct fixture *f = *state;
    int64_t rows[4];
    struct job a = put_job(f, "a"), b = put_job(f, "b"), c = put_dependent(f, "c", &a),
               d = put_dependent(f, "d", &a);
    assert_int_equal(dependants(f, &a, rows), 2);
    assert_int_equal(rows[0], c.row);
    assert_int_equal(rows[1], d.row);
    assert_int_equal(dependants(f, &b, rows), 0);
    const struct job *both[] = {&b, &a};
    c.dependencies = depends_on(f, both, 2);
    update_job(f, &c);
    d.dependencies = STR_NONE;
    update_job(f, &d);
    assert_int_equal(dependants(f, &a, rows), 1);
    assert_int_equal(dependants(f, &b, rows), 1);
    assert_int_equal(rows[0], c.row);
    assert_same_str(job_now(f, &c).dependencies, c.dependencies);
    assert_str(job_now(f, &d).dependencies, NULL);
}

static void test_a_deleted_job_depends_on_nothing(void **state) {
    struct fixture *f = *state;
    struct err err;
    int64_t rows[4];
    struct job a = put_job(f, "a"), b = put_dependent(f, "b", &a), c = put_dependent(f, "c", &a);
    b.is_deleted = true;
    update_job(f, &b);
    assert_int_equal(dependants(f, &a, rows), 1);
    assert_true(do_job_erase(f->store, c.row, &err));
    assert_int_equal(dependants(f, &a, rows), 0);
    b.is_deleted = false;
    update_job(f, &b);
    assert_int_equal(dependants(f, &a, rows), 1);
    assert_int_equal(rows[0], b.row);
}

static void test_a_job_may_be_named_before_it_is_there(void **state) {
    struct fixture *f = *state;
    struct err err;
    int64_t rows[4];
    struct job later = sample_job(f, "later"), early = put_dependent(f, "early", &later);
    assert_true(do_job_insert(f->store, &later, &err));
    assert_int_equal(dependants(f, &later, rows), 1);
    assert_int_equal(rows[0], early.row);
    assert_true(do_job_erase(f->store, later.row, &err));
    assert_true(do_job_insert(f->store, &later, &err));
    assert_int_equal(dependants(f, &later, rows), 1);
}

static void test_dependencies_that_name_no_jobs_are_refused(void **state) {
    struct fixture *f = *state;
    struct err err;
    struct job bad = sample_job(f, "bad"), good = put_job(f, "good");
    bad.dependencies = STR("{\"dependsOnJobIds\":[\"x\"]}");
    assert_error(do_job_insert(f->store, &bad, &err), &err, ERR_INVALID);
    good.dependencies = STR("nothing");
    good.revision = 2;
    assert_error(do_job_update(f->store, &good, 1, &err), &err, ERR_INVALID);
    assert_str(job_now(f, &good).dependencies, NULL);
}

static void test_a_failed_write_leaves_the_dependants_alone(void **state) {
    struct fixture *f = *state;
    struct err err;
    int64_t rows[4];
    struct job a = put_job(f, "a"), b = put_dependent(f, "b", &a);
    b.dependencies = STR_NONE;
    assert_error(do_job_update(f->store, &b, 7, &err), &err, ERR_STALE);
    assert_int_equal(dependants(f, &a, rows), 1);
}

static void test_how_jobs_ended(void **state) {
    struct fixture *f = *state;
    struct err err;
    struct job a = put_job(f, "a"), gone = put_job(f, "gone"), b = put_job(f, "b");
    struct execution first = put_running(f, &a, at(10)), second = put_running(f, &a, at(20));
    end_execution(f, &first, EXECUTION_SUCCEEDED, at(15));
    end_execution(f, &second, EXECUTION_FAILED, at(25));
    gone.is_deleted = true;
    update_job(f, &gone);
    const struct guid ids[] = {gone.id, next_guid(f), a.id, b.id};
    struct job_end ends[4];
    struct store_tx *tx = read_begin(f);
    assert_true(store_job_ends(tx, ids, 4, &f->arena, ends, &err));
    read_end(f, tx);
    for (size_t i = 0; i < 4; i++) assert_guid(ends[i].id, ids[i]);
    assert_true(ends[0].is_deleted);
    assert_int_equal(ends[0].row, gone.row);
    assert_true(ends[1].is_deleted);
    assert_int_equal(ends[1].row, 0);
    assert_str(ends[1].name, NULL);
    assert_int_equal(ends[2].row, a.row);
    assert_str(ends[2].name, "a");
    assert_false(ends[2].is_deleted);
    assert_time(ends[2].last_success_at, at(15));
    assert_time(ends[2].last_completed_at, at(25));
    assert_time(ends[3].last_success_at, UTC_NONE);
    assert_time(ends[3].last_completed_at, UTC_NONE);
}

/* ---- when runs were made and ended ----------------------------------------------------------- */

static void test_a_run_ends_where_no_retry_follows(void **state) {
    struct fixture *f = *state;
    struct err err;
    struct job job = put_job(f, "a");
    struct execution first = put_running(f, &job, at(10));
    struct new_execution retry = sample_execution(f, &job, at(40));
    retry.trigger = TRIGGER_RETRY;
    retry.retry_count = 1;
    retry.retry_parent_id = first.id;
    struct settlement item = settlement_of(&first, EXECUTION_FAILED, at(20));
    item.retry = &retry;
    assert_true(do_settle(f->store, &item, 1, &err));
    assert_time(job_now(f, &job).last_completed_at, UTC_NONE);
    assert_time(job_now(f, &job).last_run_created_at, at(10));
    struct execution *claimed;
    size_t count;
    claim_all(f, at(50), &claimed, &count);
    assert_int_equal(count, 1);
    end_execution(f, &claimed[0], EXECUTION_FAILED, at(60));
    assert_time(job_now(f, &job).last_completed_at, at(60));
    assert_time(job_now(f, &job).last_run_created_at, at(10));
}

static void test_cancelling_a_retry_ends_the_run(void **state) {
    struct fixture *f = *state;
    struct err err;
    struct job job = put_job(f, "a");
    struct new_execution first = put_manual(f, &job, at(10)),
                         retry = sample_execution(f, &job, at(20));
    retry.trigger = TRIGGER_RETRY;
    retry.retry_count = 1;
    assert_true(do_execution_insert(f->store, &retry, &err));
    enum cancel_result result;
    struct execution cancelled;
    assert_true(do_execution_cancel(f->store, first.id, STR_NONE, at(30), &f->arena, &result,
                                    &cancelled, &err));
    assert_time(job_now(f, &job).last_completed_at, UTC_NONE);
    assert_true(do_execution_cancel(f->store, retry.id, STR_NONE, at(40), &f->arena, &result,
                                    &cancelled, &err));
    assert_time(job_now(f, &job).last_completed_at, at(40));
}

static void test_what_was_not_to_run_is_no_run(void **state) {
    struct fixture *f = *state;
    struct err err;
    struct job job = put_job(f, "a");
    struct new_execution skip = sample_execution(f, &job, at(10));
    skip.status = EXECUTION_CANCELLED;
    skip.completed_at = at(10);
    skip.error_message = STR("the one before still runs");
    assert_true(do_execution_insert(f->store, &skip, &err));
    assert_time(job_now(f, &job).last_run_created_at, UTC_NONE);
    struct new_execution due = sample_execution(f, &job, at(60));
    struct plan_item item = {.job_row = job.row,
                             .revision = 1,
                             .old_wake_at = at(60),
                             .next_run_at = at(120),
                             .wake_at = at(120),
                             .schedule_from = at(60),
                             .run_count = 1,
                             .executions = &due,
                             .execution_count = 1};
    assert_true(do_plan_apply(f->store, &item, 1, &err));
    assert_true(item.applied);
    assert_time(job_now(f, &job).last_run_created_at, at(60));
    struct due_job *found;
    size_t count;
    struct store_tx *tx = read_begin(f);
    assert_true(store_due_jobs(tx, at(200), 10, &f->arena, &found, &count, &err));
    read_end(f, tx);
    assert_int_equal(count, 1);
    assert_time(found[0].last_run_created_at, at(60));
    assert_int_equal(found[0].starts_workflow, 0);
}

/* ---- waiting --------------------------------------------------------------------------------- */

static void test_a_waiting_run_starts_when_it_is_released(void **state) {
    struct fixture *f = *state;
    struct err err;
    struct job a = put_job(f, "a"), b = put_dependent(f, "b", &a);
    struct new_execution run = put_waiting(f, &b, at(60), at(5000));
    struct execution *claimed, found = execution_now(f, run.id);
    size_t count;
    assert_int_equal(found.status, EXECUTION_PENDING);
    assert_time(found.waiting_since, at(60));
    assert_time(found.available_at, at(5000));
    claim_all(f, at(4999), &claimed, &count);
    assert_int_equal(count, 0);
    const struct release item = {.execution_row = run.row,
                                 .available_at = at(100),
                                 .inputs = STR("{\"a\":{\"output\":\"x\"}}")};
    assert_true(do_release(f->store, &item, 1, &err));
    found = execution_now(f, run.id);
    assert_time(found.waiting_since, UTC_NONE);
    assert_time(found.available_at, at(100));
    assert_str(found.inputs, "{\"a\":{\"output\":\"x\"}}");
    assert_int_equal(waiting_in_all(f), 0);
    assert_counters_equal_recount(f);
    claim_all(f, at(100), &claimed, &count);
    assert_int_equal(count, 1);
    assert_guid(claimed[0].id, run.id);
    assert_str(claimed[0].inputs, "{\"a\":{\"output\":\"x\"}}");
    assert_time(claimed[0].waiting_since, UTC_NONE);
    end_execution(f, &claimed[0], EXECUTION_SUCCEEDED, at(110));
    assert_str(execution_now(f, run.id).inputs, "{\"a\":{\"output\":\"x\"}}");
    assert_counters_equal_recount(f);
}

static void test_a_deadline_can_move(void **state) {
    struct fixture *f = *state;
    struct err err;
    struct job a = put_job(f, "a"), b = put_dependent(f, "b", &a);
    struct new_execution run = put_waiting(f, &b, at(60), at(5000));
    const struct release later = {
        .execution_row = run.row, .available_at = at(9000), .still_waits = true};
    assert_true(do_release(f->store, &later, 1, &err));
    struct execution *claimed;
    size_t count;
    claim_all(f, at(8999), &claimed, &count);
    assert_int_equal(count, 0);
    assert_time(execution_now(f, run.id).waiting_since, at(60));
    claim_all(f, at(9000), &claimed, &count);
    assert_int_equal(count, 1);
    assert_time(claimed[0].waiting_since, at(60));
}

static void test_at_its_deadline_it_is_claimed_as_one_that_waits(void **state) {
    struct fixture *f = *state;
    struct job a = put_job(f, "a"), b = put_dependent(f, "b", &a);
    struct new_execution run = put_waiting(f, &b, at(60), at(500));
    struct execution *claimed;
    size_t count;
    claim_all(f, at(500), &claimed, &count);
    assert_int_equal(count, 1);
    assert_time(claimed[0].waiting_since, at(60));
    assert_int_equal(waiting_in_all(f), 0);
    /* Handed back it waits as before. */
    end_execution(f, &claimed[0], EXECUTION_PENDING, at(501));
    assert_int_equal(waiting_in_all(f), 1);
    claim_all(f, at(502), &claimed, &count);
    assert_int_equal(count, 1);
    assert_time(claimed[0].waiting_since, at(60));
    struct err err;
    struct settlement item = settlement_of(&claimed[0], EXECUTION_FAILED, at(503));
    item.error_type = ERROR_TIMEOUT;
    item.error_message = STR("it waited too long");
    assert_true(do_settle(f->store, &item, 1, &err));
    assert_true(item.applied);
    struct execution found = execution_now(f, run.id);
    assert_int_equal(found.status, EXECUTION_FAILED);
    assert_time(found.waiting_since, UTC_NONE);
    assert_str(found.error_message, "it waited too long");
    assert_int_equal(waiting_in_all(f), 0);
    assert_counters_equal_recount(f);
}

static void test_a_waiting_run_can_be_cancelled(void **state) {
    struct fixture *f = *state;
    struct err err;
    struct job a = put_job(f, "a"), b = put_dependent(f, "b", &a);
    struct new_execution run = put_waiting(f, &b, at(60), at(500));
    enum cancel_result result;
    struct execution cancelled;
    assert_true(do_execution_cancel(f->store, run.id, STR("by ann"), at(70), &f->arena, &result,
                                    &cancelled, &err));
    assert_int_equal(result, CANCEL_DONE);
    assert_time(cancelled.waiting_since, UTC_NONE);
    assert_int_equal(waiting_in_all(f), 0);
    const struct release item = {.execution_row = run.row, .available_at = at(80)};
    assert_true(do_release(f->store, &item, 1, &err));
    assert_int_equal(execution_now(f, run.id).status, EXECUTION_CANCELLED);
    assert_counters_equal_recount(f);
}

static void test_only_what_waits_is_released(void **state) {
    struct fixture *f = *state;
    struct err err;
    struct job job = put_job(f, "a");
    struct new_execution pending = put_manual(f, &job, at(60));
    struct execution running = put_running(f, &job, at(10));
    const struct release items[] = {{.execution_row = pending.row, .available_at = at(5)},
                                    {.execution_row = running.row, .available_at = at(5)},
                                    {.execution_row = 1 << 20, .available_at = at(5)}};
    assert_true(do_release(f->store, items, 3, &err));
    assert_time(execution_now(f, pending.id).available_at, at(60));
    assert_time(execution_now(f, running.id).available_at, at(10));
}

static void test_what_waits_is_found_by_what_it_waits_for(void **state) {
    struct fixture *f = *state;
    struct err err;
    struct job a = put_job(f, "a"), b = put_job(f, "b"), of_a = put_dependent(f, "of a", &a);
    const struct job *both[] = {&a, &b};
    struct job of_both = sample_job(f, "of both");
    of_both.dependencies = depends_on(f, both, 2);
    assert_true(do_job_insert(f->store, &of_both, &err));
    struct new_execution first = put_waiting(f, &of_both, at(60), at(900)),
                         second = put_waiting(f, &of_a, at(50), at(800)),
                         third = put_waiting(f, &of_both, at(70), at(910));
    struct waiting_run *runs;
    assert_int_equal(waiting(f, (struct waiting_filter){0}, &runs), 3);
    assert_int_equal(waiting(f, (struct waiting_filter){.depends_on = a.id}, &runs), 3);
    assert_int_equal(runs[0].execution_row, first.row);
    assert_int_equal(runs[1].execution_row, second.row);
    assert_int_equal(runs[2].execution_row, third.row);
    assert_guid(runs[1].execution_id, second.id);
    assert_int_equal(runs[1].job_row, of_a.row);
    assert_same_str(runs[1].dependencies, of_a.dependencies);
    assert_time(runs[1].waiting_since, at(50));
    assert_time(runs[1].available_at, at(800));
    assert_int_equal(waiting(f, (struct waiting_filter){.depends_on = b.id}, &runs), 2);
    assert_int_equal(waiting(f, (struct waiting_filter){.job_row = of_a.row}, &runs), 1);
    assert_int_equal(
        waiting(f, (struct waiting_filter){.job_row = of_a.row, .depends_on = b.id}, &runs), 0);
    of_both.dependencies = STR_NONE;
    update_job(f, &of_both);
    assert_int_equal(waiting(f, (struct waiting_filter){.depends_on = b.id}, &runs), 0);
    assert_int_equal(waiting(f, (struct waiting_filter){.job_row = of_both.row}, &runs), 2);
    assert_str(runs[0].dependencies, NULL);
    assert_true(do_job_erase(f->store, of_both.row, &err));
    assert_int_equal(waiting_in_all(f), 1);
    assert_counters_equal_recount(f);
}

static void test_a_wait_survives_a_restart(void **state) {
    struct fixture *f = *state;
    struct job a = put_job(f, "a"), b = put_dependent(f, "b", &a);
    struct new_execution run = put_waiting(f, &b, at(60), at(500));
    suite_restart(f);
    struct waiting_run *runs;
    assert_int_equal(waiting(f, (struct waiting_filter){.depends_on = a.id}, &runs), 1);
    assert_int_equal(runs[0].execution_row, run.row);
    assert_time(execution_now(f, run.id).waiting_since, at(60));
    assert_true(has_dependants(f, &a));
}

/* ---- what is handed on ----------------------------------------------------------------------- */

static void test_a_result_is_kept_beside_the_output(void **state) {
    struct fixture *f = *state;
    struct err err;
    struct job job = put_job(f, "a");
    struct execution first = put_running(f, &job, at(10)), second = put_running(f, &job, at(11));
    struct settlement items[] = {settlement_of(&first, EXECUTION_SUCCEEDED, at(20)),
                                 settlement_of(&second, EXECUTION_SUCCEEDED, at(21))};
    items[0].result = STR("{\"rows\":42}");
    items[1].output = STR("said");
    assert_true(do_settle(f->store, items, 2, &err));
    assert_str(execution_now(f, first.id).result, "{\"rows\":42}");
    assert_str(execution_now(f, first.id).output, NULL);
    assert_str(execution_now(f, second.id).result, NULL);
    struct execution_page page = executions_where(f, (struct execution_filter){0});
    assert_int_equal(page.count, 2);
    assert_str(page.items[0].result, NULL); // not asked for
    assert_str(page.items[1].result, NULL);
}

static void test_an_execution_tells_its_workflow_run(void **state) {
    struct fixture *f = *state;
    struct err err;
    struct job job = put_job(f, "a");
    struct new_execution execution = sample_execution(f, &job, at(10));
    execution.trigger = TRIGGER_WORKFLOW;
    execution.workflow_run_id = next_guid(f);
    execution.inputs = STR("{\"b\":{\"output\":\"y\"}}");
    assert_true(do_execution_insert(f->store, &execution, &err));
    struct execution found = execution_now(f, execution.id);
    assert_guid(found.workflow_run_id, execution.workflow_run_id);
    assert_same_str(found.inputs, execution.inputs);
    assert_time(found.waiting_since, UTC_NONE);
    struct execution *claimed;
    size_t count;
    claim_all(f, at(10), &claimed, &count);
    assert_guid(claimed[0].workflow_run_id, execution.workflow_run_id);
    end_execution(f, &claimed[0], EXECUTION_SUCCEEDED, at(20));
    struct execution_page page = executions_where(f, (struct execution_filter){0});
    assert_guid(page.items[0].workflow_run_id, execution.workflow_run_id);
    struct clear clear = {.created_before = at(1000), .limit = 100};
    assert_true(do_executions_clear(f->store, &clear, &err));
    assert_int_equal(clear.deleted, 1);
    assert_counters_equal_recount(f);
}
