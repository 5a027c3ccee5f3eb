/* suite_settle.c - ends: what is written, what the job remembers, who is refused. */
#include "suite.h"

static void test_a_settlement_writes_result_and_job(void **state) {
    struct fixture *f = *state;
    struct err err;
    struct job job = put_job(f, "a");
    struct execution running = put_running(f, &job, at(60));
    struct settlement item = settlement_of(&running, EXECUTION_FAILED, at(65));
    item.error_type = ERROR_TIMEOUT;
    item.error_message = STR("took too long");
    item.output = STR("half a line \xf0\x9f\x99\x82");
    item.output_truncated = true;
    assert_true(do_settle(f->store, &item, 1, &err));
    assert_true(item.applied);
    struct execution ended = execution_now(f, running.id), expected = running;
    expected.status = EXECUTION_FAILED;
    expected.completed_at = at(65);
    expected.error_type = ERROR_TIMEOUT;
    expected.error_message = item.error_message;
    expected.output = item.output;
    expected.output_truncated = true;
    assert_same_execution(&ended, &expected);
    struct job found = job_now(f, &job);
    assert_time(found.last_executed_at, at(60));
    assert_int_equal(found.last_execution_status, EXECUTION_FAILED);
    assert_int_equal(found.consecutive_failures, 1);
    assert_int_equal(found.live_count, 0);
    assert_int_equal(found.revision, 1);
    assert_counters_equal_recount(f);
}

static void test_failures_in_a_row_are_counted(void **state) {
    struct fixture *f = *state;
    struct job job = put_job(f, "a");
    const enum execution_status ends[] = {
        EXECUTION_FAILED,    EXECUTION_FAILED,    EXECUTION_CANCELLED, EXECUTION_FAILED,
        EXECUTION_SUCCEEDED, EXECUTION_CANCELLED, EXECUTION_FAILED};
    const int64_t failures[] = {1, 2, 2, 3, 0, 0, 1};
    for (size_t i = 0; i < COUNT_OF(ends); i++) {
        struct utc t = at((int64_t)(60 + 10 * i));
        struct execution execution = put_running(f, &job, t);
        end_execution(f, &execution, ends[i], utc_add(t, span_seconds(1)));
        struct job found = job_now(f, &job);
        assert_int_equal(found.consecutive_failures, failures[i]);
        assert_int_equal(found.last_execution_status, ends[i]);
        assert_time(found.last_executed_at, t);
    }
    assert_counters_equal_recount(f);
}

static void test_a_wrong_fence_is_refused(void **state) {
    struct fixture *f = *state;
    struct err err;
    struct job job = put_job(f, "a");
    struct execution running = put_running(f, &job, at(60));
    struct new_execution retry = sample_execution(f, &job, at(60));
    retry.trigger = TRIGGER_RETRY;
    retry.retry_count = 1;
    struct settlement item = settlement_of(&running, EXECUTION_FAILED, at(65));
    item.fence = running.fence - 1;
    item.retry = &retry;
    assert_true(do_settle(f->store, &item, 1, &err));
    assert_false(item.applied);
    struct execution found = execution_now(f, running.id);
    assert_same_execution(&found, &running);
    assert_int_equal(totals_now(f).executions, 1);
    assert_int_equal(job_now(f, &job).consecutive_failures, 0);
    item.execution_row = 9999; // erased meanwhile
    item.fence = running.fence;
    assert_true(do_settle(f->store, &item, 1, &err));
    assert_false(item.applied);
}

static void test_an_end_state_never_changes(void **state) {
    struct fixture *f = *state;
    struct err err;
    struct job job = put_job(f, "a");
    const enum execution_status ends[] = {EXECUTION_SUCCEEDED, EXECUTION_FAILED,
                                          EXECUTION_CANCELLED};
    const enum execution_status tries[] = {EXECUTION_PENDING, EXECUTION_SUCCEEDED, EXECUTION_FAILED,
                                           EXECUTION_CANCELLED};
    for (size_t i = 0; i < COUNT_OF(ends); i++) {
        struct execution execution = put_running(f, &job, at(60));
        end_execution(f, &execution, ends[i], at(61));
        struct execution before = execution_now(f, execution.id);
        for (size_t t = 0; t < COUNT_OF(tries); t++) {
            struct settlement again = settlement_of(&execution, tries[t], at(70));
            again.output = STR("late");
            assert_true(do_settle(f->store, &again, 1, &err));
            assert_false(again.applied);
        }
        enum cancel_result result;
        struct execution answer;
        assert_true(do_execution_cancel(f->store, execution.id, STR("no"), at(71), &f->arena,
                                        &result, &answer, &err));
        assert_int_equal(result, CANCEL_TOO_LATE);
        struct execution after = execution_now(f, execution.id);
        assert_same_execution(&after, &before);
    }
    assert_int_equal(job_now(f, &job).live_count, 0);
    assert_counters_equal_recount(f);
}

static void test_a_retry_is_born_with_the_settlement(void **state) {
    struct fixture *f = *state;
    struct err err;
    struct job job = put_job(f, "a");
    struct execution running = put_running(f, &job, at(60));
    struct new_execution retry = sample_execution(f, &job, at(60));
    retry.trigger = TRIGGER_RETRY;
    retry.retry_count = 1;
    retry.retry_parent_id = running.id;
    retry.available_at = at(125);
    struct settlement item = settlement_of(&running, EXECUTION_FAILED, at(65));
    item.retry = &retry;
    assert_true(do_settle(f->store, &item, 1, &err));
    assert_true(item.applied && retry.inserted);
    assert_int_equal(job_now(f, &job).live_count, 1);
    struct execution found = execution_now(f, retry.id);
    assert_int_equal(found.status, EXECUTION_PENDING);
    assert_int_equal(found.retry_count, 1);
    assert_guid(found.retry_parent_id, running.id);
    struct store_tx *tx = read_begin(f);
    struct execution *chain;
    size_t count;
    assert_true(store_execution_retries(tx, running.id, &f->arena, &chain, &count, &err));
    assert_int_equal(count, 1);
    assert_guid(chain[0].id, retry.id);
    assert_true(store_execution_retries(tx, retry.id, &f->arena, &chain, &count, &err));
    assert_int_equal(count, 0);
    read_end(f, tx);
    struct execution *claimed;
    claim_all(f, at(124), &claimed, &count);
    assert_int_equal(count, 0);
    claim_all(f, at(125), &claimed, &count);
    assert_int_equal(count, 1);
    assert_counters_equal_recount(f);
}

static void test_what_is_handed_back_is_claimed_again_under_a_new_fence(void **state) {
    struct fixture *f = *state;
    struct err err;
    struct job job = put_job(f, "a");
    struct new_execution put = put_execution(f, &job, at(60));
    struct execution *claimed, first;
    size_t count;
    claim_all(f, at(61), &claimed, &count);
    assert_int_equal(count, 1);
    first = claimed[0];
    struct settlement back = settlement_of(&first, EXECUTION_PENDING, at(70));
    assert_true(do_settle(f->store, &back, 1, &err));
    assert_true(back.applied);
    struct execution pending = execution_now(f, put.id);
    assert_int_equal(pending.status, EXECUTION_PENDING);
    assert_true(utc_is_none(pending.started_at));
    assert_true(utc_is_none(pending.completed_at));
    assert_true(str_is_absent(pending.node_name));
    assert_int_equal(pending.retry_count, 0);
    struct job found = job_now(f, &job);
    assert_int_equal(found.live_count, 1);
    assert_int_equal(found.last_execution_status, 0);
    assert_counters_equal_recount(f);

    struct settlement ghost = settlement_of(&first, EXECUTION_SUCCEEDED, at(71));
    assert_true(do_settle(f->store, &ghost, 1, &err));
    assert_false(ghost.applied);
    claim_all(f, at(80), &claimed, &count);
    assert_int_equal(count, 1);
    assert_true(claimed[0].fence > first.fence);
    assert_true(do_settle(f->store, &ghost, 1, &err));
    assert_false(ghost.applied);
    end_execution(f, &claimed[0], EXECUTION_SUCCEEDED, at(81));
    assert_counters_equal_recount(f);
}

static void test_a_settlement_reschedules_an_unchanged_job(void **state) {
    struct fixture *f = *state;
    struct err err;
    struct job same = put_job(f, "same"), edited = put_job(f, "edited");
    struct execution of_same = put_running(f, &same, at(60)),
                     of_edited = put_running(f, &edited, at(60));
    struct settlement items[] = {settlement_of(&of_same, EXECUTION_SUCCEEDED, at(65)),
                                 settlement_of(&of_edited, EXECUTION_SUCCEEDED, at(65))};
    for (size_t i = 0; i < 2; i++) {
        items[i].reschedule = true;
        items[i].revision = 1;
        items[i].next_run_at = at(125);
        items[i].wake_at = at(120);
    }
    edited.revision = 2;
    edited.next_run_at = edited.wake_at = at(500);
    assert_true(do_job_update(f->store, &edited, 1, &err));
    assert_true(do_settle(f->store, items, 2, &err));
    assert_true(items[0].applied && items[1].applied);
    assert_time(job_now(f, &same).next_run_at, at(125));
    assert_time(job_now(f, &same).wake_at, at(120));
    assert_time(job_now(f, &edited).next_run_at, at(500));
    assert_time(job_now(f, &edited).wake_at, at(500));
    assert_int_equal(job_now(f, &edited).last_execution_status, EXECUTION_SUCCEEDED);
}

static void test_settlements_are_written_together(void **state) {
    struct fixture *f = *state;
    struct err err;
    struct job job = put_job(f, "a");
    enum { MANY = 20 };
    struct settlement items[MANY];
    for (int64_t i = 0; i < MANY; i++) {
        struct execution running = put_running(f, &job, at(60 + i));
        items[i] =
            settlement_of(&running, i % 3 ? EXECUTION_SUCCEEDED : EXECUTION_FAILED, at(100 + i));
        if (i % 5 == 0) items[i].fence += 1000; // refused
    }
    assert_true(do_settle(f->store, items, MANY, &err));
    for (size_t i = 0; i < MANY; i++) assert_int_equal(items[i].applied, i % 5 != 0);
    assert_int_equal(totals_now(f).running, 4);
    assert_counters_equal_recount(f);
}

static void test_durations_of_successes_are_kept(void **state) {
    struct fixture *f = *state;
    struct err err;
    struct job job = put_job(f, "a");
    struct durations expected = {0};
    const int64_t lengths[] = {1000, 7, 123456, 0, -5, 999999, 13};
    for (size_t i = 0; i < COUNT_OF(lengths); i++) {
        struct execution running = put_running(f, &job, at(10));
        struct settlement item =
            settlement_of(&running, EXECUTION_SUCCEEDED, utc_add(at(10), span_us(lengths[i])));
        assert_true(do_settle(f->store, &item, 1, &err));
        assert_int_equal(item.durations_before.count, i);
        assert_int_equal(item.durations_before.mean_us, expected.mean_us);
        assert_int_equal(item.durations_before.deviation_us, expected.deviation_us);
        durations_add(&expected, span_us(lengths[i]));
        struct execution failed = put_running(f, &job, at(20)); // counts for nothing
        end_execution(f, &failed, EXECUTION_FAILED, at(900));
    }
    struct job now = job_now(f, &job);
    assert_int_equal(now.durations.count, COUNT_OF(lengths));
    assert_int_equal(now.durations.mean_us, expected.mean_us);
    assert_int_equal(now.durations.deviation_us, expected.deviation_us);
    assert_time(now.last_success_at, utc_add(at(10), span_us(999999)));
}

static void test_a_settlement_tells_of_the_streak(void **state) {
    struct fixture *f = *state;
    struct err err;
    struct job job = put_job(f, "a");
    const enum execution_status ends[] = {EXECUTION_FAILED,    EXECUTION_FAILED,
                                          EXECUTION_CANCELLED, EXECUTION_SUCCEEDED,
                                          EXECUTION_SUCCEEDED, EXECUTION_FAILED};
    const int64_t after[] = {1, 2, 2, 0, 0, 1};
    int64_t before = 0;
    for (size_t i = 0; i < COUNT_OF(ends); i++) {
        struct execution running = put_running(f, &job, at(10));
        struct settlement item = settlement_of(&running, ends[i], at(20));
        assert_true(do_settle(f->store, &item, 1, &err));
        assert_int_equal(item.failures_before, before);
        assert_int_equal(item.failures_after, after[i]);
        before = after[i];
    }
}

static void assert_progress(const struct execution *execution, int64_t percent, const char *text) {
    assert_true(execution->has_progress);
    assert_int_equal(execution->progress_percent, percent);
    assert_str(execution->progress_text, text);
}

static void test_progress_is_written_under_the_own_fence_alone_and_kept_at_the_end(void **state) {
    struct fixture *f = *state;
    struct err err;
    struct job job = put_job(f, "a");
    struct execution one = put_running(f, &job, at(60)), other = put_running(f, &job, at(61));
    assert_false(execution_now(f, one.id).has_progress);
    struct execution_progress items[] = {
        {.execution_row = one.row, .fence = one.fence, .percent = 0, .text = STR("begun")},
        {.execution_row = other.row, .fence = other.fence + 1, .percent = 50},
    };
    assert_true(do_execution_progress(f->store, items, 2, &err));
    assert_true(items[0].applied);
    assert_false(items[1].applied);
    struct execution found = execution_now(f, one.id);
    assert_progress(&found, 0, "begun");
    assert_false(execution_now(f, other.id).has_progress);

    items[0].percent = 70;
    items[0].text = STR_NONE;
    assert_true(do_execution_progress(f->store, items, 1, &err));
    struct settlement item = settlement_of(&one, EXECUTION_FAILED, at(65));
    item.error_message = STR("no");
    assert_true(do_settle(f->store, &item, 1, &err));
    found = execution_now(f, one.id);
    assert_progress(&found, 70, NULL);
    assert_str(found.error_message, "no");
    items[0].percent = 80;
    assert_true(do_execution_progress(f->store, items, 1, &err));
    assert_false(items[0].applied);
    found = execution_now(f, one.id);
    assert_progress(&found, 70, NULL);
    assert_counters_equal_recount(f);
}

static void test_progress_is_forgotten_when_a_run_is_handed_back(void **state) {
    struct fixture *f = *state;
    struct err err;
    struct job job = put_job(f, "a");
    struct execution running = put_running(f, &job, at(60));
    struct execution_progress progress = {
        .execution_row = running.row, .fence = running.fence, .percent = 40, .text = STR("x")};
    assert_true(do_execution_progress(f->store, &progress, 1, &err));
    struct settlement back = settlement_of(&running, EXECUTION_PENDING, at(70));
    assert_true(do_settle(f->store, &back, 1, &err));
    struct execution pending = execution_now(f, running.id);
    assert_false(pending.has_progress);
    assert_true(str_is_absent(pending.progress_text));
    progress.percent = 50;
    assert_true(do_execution_progress(f->store, &progress, 1, &err));
    assert_false(progress.applied);
}
