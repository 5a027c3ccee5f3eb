/* suite_plan.c - due jobs, plans, the one execution of each due time, the ledger. */
#include "suite.h"

static struct job put_waking(struct fixture *f, const char *name, struct utc wake_at) {
    struct err err;
    struct job job = sample_job(f, name);
    job.wake_at = wake_at;
    job.next_run_at = at(1000);
    job.schedule_from = at(5);
    job.run_count = 3;
    assert_true(do_job_insert(f->store, &job, &err));
    return job;
}

static struct plan_item plan_of(const struct job *job) {
    return (struct plan_item){
        .job_row = job->row,
        .revision = job->revision,
        .old_wake_at = job->wake_at,
        .next_run_at = at(7200),
        .wake_at = at(7100),
        .schedule_from = at(3600),
        .run_count = job->run_count + 1,
    };
}

static void test_due_jobs_come_earliest_first(void **state) {
    struct fixture *f = *state;
    struct err err;
    struct job third = put_waking(f, "third", at(30)), first = put_waking(f, "first", at(10)),
               second = put_waking(f, "second", at(20)), tied = put_waking(f, "tied", at(20));
    (void)put_waking(f, "later", at(31));
    (void)put_waking(f, "never", UTC_NEVER);
    struct due_job *due;
    size_t count;
    struct store_tx *tx = read_begin(f);
    assert_true(store_due_jobs(tx, at(30), 10, &f->arena, &due, &count, &err));
    assert_int_equal(count, 4);
    assert_int_equal(due[0].row, first.row);
    assert_int_equal(due[1].row, second.row);
    assert_int_equal(due[2].row, tied.row);
    assert_int_equal(due[3].row, third.row);
    assert_int_equal(due[0].revision, 1);
    assert_time(due[0].wake_at, at(10));
    assert_time(due[0].next_run_at, at(1000));
    assert_time(due[0].schedule_from, at(5));
    assert_int_equal(due[0].run_count, 3);
    assert_int_equal(due[0].live_count, 0);
    assert_true(store_due_jobs(tx, at(30), 2, &f->arena, &due, &count, &err));
    assert_int_equal(count, 2);
    assert_true(store_due_jobs(tx, at(9), 10, &f->arena, &due, &count, &err));
    assert_int_equal(count, 0);
    read_end(f, tx);
}

static void test_a_plan_makes_executions_and_moves_the_job_on(void **state) {
    struct fixture *f = *state;
    struct err err;
    struct job job = put_job(f, "a");
    struct new_execution executions[] = {sample_execution(f, &job, at(60)),
                                         sample_execution(f, &job, at(120))};
    executions[1].trigger = TRIGGER_CATCH_UP;
    executions[1].parameters = STR("{\"n\":1}");
    struct skip_range skip = {job.row, at(0), at(59), SKIP_MISFIRE, at(61)};
    struct plan_item item = plan_of(&job);
    item.executions = executions;
    item.execution_count = 2;
    item.skips = &skip;
    item.skip_count = 1;
    assert_true(do_plan_apply(f->store, &item, 1, &err));
    assert_true(item.applied);
    assert_true(executions[0].inserted && executions[1].inserted);
    assert_true(executions[1].row > executions[0].row && executions[0].row > 0);
    assert_int_equal(executions[0].fence, 0);

    struct job found = job_now(f, &job), expected = job;
    expected.next_run_at = at(7200);
    expected.wake_at = at(7100);
    expected.schedule_from = at(3600);
    expected.run_count = 1;
    expected.live_count = 2;
    expected.last_run_created_at = at(120);
    assert_same_job(&found, &expected);
    struct execution second = execution_now(f, executions[1].id);
    const struct execution wanted = {.row = executions[1].row,
                                     .id = executions[1].id,
                                     .job_row = job.row,
                                     .job_id = job.id,
                                     .job_name = STR("a"),
                                     .status = EXECUTION_PENDING,
                                     .queue = STR("default"),
                                     .trigger = TRIGGER_CATCH_UP,
                                     .scheduled_for = at(120),
                                     .created_at = at(120),
                                     .available_at = at(120),
                                     .parameters = STR("{\"n\":1}")};
    assert_same_execution(&second, &wanted);
    assert_counters_equal_recount(f);
}

static void test_a_plan_made_from_what_has_changed_is_not_applied(void **state) {
    struct fixture *f = *state;
    struct err err;
    struct job edited = put_job(f, "edited"), moved = put_job(f, "moved"),
               same = put_job(f, "same");
    struct new_execution executions[] = {sample_execution(f, &edited, at(60)),
                                         sample_execution(f, &moved, at(60)),
                                         sample_execution(f, &same, at(60))};
    struct plan_item items[] = {plan_of(&edited), plan_of(&moved), plan_of(&same), plan_of(&same)};
    for (size_t i = 0; i < 3; i++) {
        items[i].executions = &executions[i];
        items[i].execution_count = 1;
    }
    struct job changed = edited;
    changed.revision = 2;
    assert_true(do_job_update(f->store, &changed, 1, &err));
    struct plan_item other_node = plan_of(&moved);
    assert_true(do_plan_apply(f->store, &other_node, 1, &err));
    assert_true(other_node.applied);

    items[3].job_row = 9999; // erased meanwhile
    assert_true(do_plan_apply(f->store, items, 4, &err));
    assert_false(items[0].applied);
    assert_false(items[1].applied);
    assert_true(items[2].applied);
    assert_false(items[3].applied);
    assert_int_equal(totals_now(f).executions, 1);
    assert_time(job_now(f, &edited).wake_at, edited.wake_at);
}

static void test_a_plan_resumes_a_job_whose_pause_ends(void **state) {
    struct fixture *f = *state;
    struct err err;
    struct job job = sample_job(f, "paused");
    job.is_paused = true;
    job.paused_until = job.wake_at = at(50);
    job.next_run_at = UTC_NEVER;
    assert_true(do_job_insert(f->store, &job, &err));
    assert_int_equal(totals_now(f).jobs_enabled, 0);
    struct plan_item item = plan_of(&job);
    item.resume = true;
    assert_true(do_plan_apply(f->store, &item, 1, &err));
    struct job found = job_now(f, &job);
    assert_false(found.is_paused);
    assert_true(utc_is_none(found.paused_until));
    assert_int_equal(found.revision, 2);
    assert_int_equal(totals_now(f).jobs_enabled, 1);
    job.revision = 3;
    assert_error(do_job_update(f->store, &job, 1, &err), &err, ERR_STALE);
}

static void test_a_due_time_runs_once(void **state) {
    struct fixture *f = *state;
    struct err err;
    struct job job = put_job(f, "a"), other = put_job(f, "b");
    struct new_execution first = put_execution(f, &job, at(60));
    struct new_execution again = sample_execution(f, &job, at(60));
    again.trigger = TRIGGER_CATCH_UP;
    again.row = again.fence = 0;
    again.status = EXECUTION_RUNNING;
    again.started_at = at(61);
    again.node_name = STR("node-1");
    assert_true(do_execution_insert(f->store, &again, &err));
    assert_false(again.inserted);
    assert_int_equal(totals_now(f).executions, 1);
    assert_int_equal(job_now(f, &job).live_count, 1);

    (void)put_execution(f, &other, at(60)); // another job
    (void)put_execution(f, &job, at(61));   // another time
    (void)put_manual(f, &job, at(60));      // by hand
    (void)put_manual(f, &job, at(60));      // by hand, twice
    struct new_execution retry = sample_execution(f, &job, at(60));
    retry.trigger = TRIGGER_RETRY;
    retry.retry_count = 1;
    retry.retry_parent_id = first.id;
    assert_true(do_execution_insert(f->store, &retry, &err));
    assert_true(retry.inserted);
    assert_int_equal(totals_now(f).executions, 6);

    /* For ever: the end of the first does not free its due time, nor does a new process. */
    struct execution *claimed;
    size_t count;
    claim_all(f, at(100), &claimed, &count);
    assert_int_equal(count, 6);
    for (size_t i = 0; i < count; i++) end_execution(f, &claimed[i], EXECUTION_FAILED, at(101));
    suite_restart(f);
    again.trigger = TRIGGER_SCHEDULE;
    assert_true(do_execution_insert(f->store, &again, &err));
    assert_false(again.inserted);
    assert_counters_equal_recount(f);
}

static void test_a_plan_passes_over_a_due_time_that_has_run(void **state) {
    struct fixture *f = *state;
    struct err err;
    struct job job = put_job(f, "a");
    (void)put_execution(f, &job, at(60));
    struct new_execution executions[] = {sample_execution(f, &job, at(60)),
                                         sample_execution(f, &job, at(120))};
    struct plan_item item = plan_of(&job);
    item.executions = executions;
    item.execution_count = 2;
    assert_true(do_plan_apply(f->store, &item, 1, &err));
    assert_true(item.applied);
    assert_false(executions[0].inserted);
    assert_true(executions[1].inserted);
    assert_int_equal(job_now(f, &job).live_count, 2);
}

static void test_an_execution_is_born_running(void **state) {
    struct fixture *f = *state;
    struct err err;
    struct job job = put_job(f, "a");
    struct new_execution born = sample_execution(f, &job, at(60));
    born.status = EXECUTION_RUNNING;
    born.started_at = at(61);
    born.node_name = STR("node-7");
    assert_true(do_execution_insert(f->store, &born, &err));
    assert_true(born.inserted);
    assert_true(born.fence > 0);
    struct execution execution = execution_now(f, born.id);
    assert_int_equal(execution.status, EXECUTION_RUNNING);
    assert_int_equal(execution.fence, born.fence);
    assert_str(execution.node_name, "node-7");
    assert_time(execution.started_at, at(61));
    assert_int_equal(job_now(f, &job).live_count, 1);
    struct execution *claimed;
    size_t count;
    claim_all(f, at(100), &claimed, &count);
    assert_int_equal(count, 0);
    assert_counters_equal_recount(f);
}

static void test_a_recorded_skip_is_born_cancelled(void **state) {
    struct fixture *f = *state;
    struct err err;
    struct job job = put_job(f, "a");
    struct new_execution born = sample_execution(f, &job, at(60));
    born.status = EXECUTION_CANCELLED;
    born.completed_at = at(62);
    born.error_message = STR("the run before is still going");
    assert_true(do_execution_insert(f->store, &born, &err));
    assert_true(born.inserted);
    struct execution execution = execution_now(f, born.id);
    assert_int_equal(execution.status, EXECUTION_CANCELLED);
    assert_int_equal(execution.fence, 0);
    assert_str(execution.error_message, "the run before is still going");
    assert_time(execution.completed_at, at(62));
    assert_true(utc_is_none(execution.started_at));
    struct job found = job_now(f, &job);
    assert_int_equal(found.live_count, 0);
    assert_int_equal(found.last_execution_status, 0);
    assert_counters_equal_recount(f);
}

static void test_nothing_is_born_running_under_pause_all(void **state) {
    struct fixture *f = *state;
    struct err err;
    struct job job = put_job(f, "a");
    assert_true(do_meta_set(f->store, STR("paused_all"), STR("1"), &err));
    struct new_execution born = sample_execution(f, &job, at(60));
    born.status = EXECUTION_RUNNING;
    born.started_at = at(60);
    born.node_name = STR("node-1");
    assert_true(do_execution_insert(f->store, &born, &err));
    assert_true(born.inserted);
    assert_int_equal(born.fence, 0); // it waits
    struct execution execution = execution_now(f, born.id);
    assert_int_equal(execution.status, EXECUTION_PENDING);
    assert_true(str_is_absent(execution.node_name));
    assert_true(utc_is_none(execution.started_at));
    assert_counters_equal_recount(f);
}

static void test_an_execution_needs_its_job(void **state) {
    struct fixture *f = *state;
    struct err err;
    struct job job = put_job(f, "a");
    struct new_execution execution = sample_execution(f, &job, at(60));
    execution.job_row = 9999;
    assert_error(do_execution_insert(f->store, &execution, &err), &err, ERR_NOT_FOUND);
    assert_int_equal(totals_now(f).executions, 0);
}

static void test_wake_times_are_the_earliest(void **state) {
    struct fixture *f = *state;
    struct err err;
    struct wake_times times;
    struct store_tx *tx = read_begin(f);
    assert_true(store_wake_times(tx, &times, &err));
    read_end(f, tx);
    assert_true(utc_is_never(times.job));
    assert_true(utc_is_never(times.pending));

    struct job job = put_waking(f, "a", at(80));
    (void)put_waking(f, "b", at(70));
    (void)put_waking(f, "c", UTC_NEVER);
    (void)put_manual(f, &job, at(95));
    struct new_execution first = put_manual(f, &job, at(90));
    tx = read_begin(f);
    assert_true(store_wake_times(tx, &times, &err));
    read_end(f, tx);
    assert_time(times.job, at(70));
    assert_time(times.pending, at(90));

    enum cancel_result result;
    struct execution execution;
    assert_true(do_execution_cancel(f->store, first.id, STR("x"), at(91), &f->arena, &result,
                                    &execution, &err));
    tx = read_begin(f);
    assert_true(store_wake_times(tx, &times, &err));
    read_end(f, tx);
    assert_time(times.pending, at(95));
}

static void test_the_ledger_holds_skips_and_occurrences(void **state) {
    struct fixture *f = *state;
    struct err err;
    struct job job = put_job(f, "a"), other = put_job(f, "b");
    const struct skip_range skips[] = {{job.row, at(300), at(400), SKIP_PAUSED, at(401)},
                                       {job.row, at(0), at(100), SKIP_EXCLUSION, at(101)},
                                       {other.row, at(0), at(900), SKIP_DISABLED, at(901)}};
    for (size_t i = 0; i < COUNT_OF(skips); i++)
        assert_true(do_skip_insert(f->store, &skips[i], &err));
    struct new_execution second = put_execution(f, &job, at(260)),
                         first = put_execution(f, &job, at(200));
    (void)put_execution(f, &other, at(200));
    (void)put_manual(f, &job, at(210));

    struct store_tx *tx = read_begin(f);
    struct skip_range *found;
    struct execution *executions;
    size_t count;
    assert_true(store_skips(tx, job.row, at(0), at(1000), &f->arena, &found, &count, &err));
    assert_int_equal(count, 2);
    assert_time(found[0].from, at(0));
    assert_time(found[0].to, at(100));
    assert_int_equal(found[0].reason, SKIP_EXCLUSION);
    assert_time(found[0].decided_at, at(101));
    assert_int_equal(found[0].job_row, job.row);
    assert_time(found[1].from, at(300));
    /* A range holds the due times behind `from` up to `to`: these two ends touch, those do not. */
    assert_true(store_skips(tx, job.row, at(100), at(301), &f->arena, &found, &count, &err));
    assert_int_equal(count, 2);
    assert_true(store_skips(tx, job.row, at(101), at(300), &f->arena, &found, &count, &err));
    assert_int_equal(count, 0);

    assert_true(
        store_occurrences(tx, job.row, at(0), at(1000), 10, &f->arena, &executions, &count, &err));
    assert_int_equal(count, 2);
    assert_guid(executions[0].id, first.id);
    assert_guid(executions[1].id, second.id);
    assert_true(
        store_occurrences(tx, job.row, at(0), at(1000), 1, &f->arena, &executions, &count, &err));
    assert_int_equal(count, 1);
    assert_guid(executions[0].id, first.id);
    assert_true(
        store_occurrences(tx, job.row, at(201), at(260), 9, &f->arena, &executions, &count, &err));
    assert_int_equal(count, 1);
    assert_guid(executions[0].id, second.id);
    read_end(f, tx);
}
