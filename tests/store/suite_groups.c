/* suite_groups.c - concurrency groups: how many executions of some jobs run at once; and the cap
 * over all of them. Each test ends with what a claim without end lets start: that is the recount.
 */
#include "suite.h"

#define GROUP STR("reports")

static size_t claim_some_of_any(struct fixture *f, int64_t limit, struct execution **ret) {
    struct err err;
    size_t count;
    const struct claim_queue any = {.name = STR_NONE, .limit = limit};
    const struct claim claim = {.node_name = STR("node-1"),
                                .now = at(5000),
                                .queues = &any,
                                .queue_count = 1,
                                .limit = limit};
    assert_true(do_claim(f->store, &claim, &f->arena, ret, &count, &err));
    return count;
}

/* So many of the job more are let run, and no more. */
static void assert_room(struct fixture *f, const struct job *job, int64_t room) {
    for (int64_t i = 0; i < room + 2; i++) (void)put_manual(f, job, at(4000));
    struct execution *claimed;
    assert_int_equal(claim_some_of_any(f, 1000, &claimed), room);
    assert_counters_equal_recount(f);
}

static struct new_execution born_running(struct fixture *f, const struct job *job) {
    struct err err;
    struct new_execution execution = sample_execution(f, job, at(100));
    execution.trigger = TRIGGER_MANUAL;
    execution.status = EXECUTION_RUNNING;
    execution.started_at = at(100);
    execution.node_name = STR("node-1");
    assert_true(do_execution_insert(f->store, &execution, &err));
    return execution;
}

static void test_no_more_of_a_group_run_than_its_limit(void **state) {
    struct fixture *f = *state;
    struct job a = put_grouped(f, "a", GROUP, 2), b = put_grouped(f, "b", GROUP, 2),
               other = put_grouped(f, "other", STR("mails"), 1), none = put_job(f, "none");
    struct new_execution of_a = put_manual(f, &a, at(1)), of_b = put_manual(f, &b, at(2));
    (void)put_manual(f, &a, at(3));
    struct new_execution of_other = put_manual(f, &other, at(4)),
                         of_none = put_manual(f, &none, at(5));
    struct execution *claimed;
    assert_int_equal(claim_some_of_any(f, 1000, &claimed), 4);
    assert_guid(claimed[0].id, of_a.id);
    assert_guid(claimed[1].id, of_b.id);
    assert_guid(claimed[2].id, of_other.id);
    assert_guid(claimed[3].id, of_none.id);
    assert_int_equal(claim_some_of_any(f, 1000, &claimed), 0);
    struct execution ended = execution_now(f, of_b.id);
    end_execution(f, &ended, EXECUTION_FAILED, at(6000));
    assert_int_equal(claim_some_of_any(f, 1000, &claimed), 1);
    assert_int_equal(claimed[0].job_row, a.row);
    assert_counters_equal_recount(f);
}

static void test_the_oldest_goes_first_whatever_its_group(void **state) {
    struct fixture *f = *state;
    struct job a = put_grouped(f, "a", GROUP, 9), b = put_grouped(f, "b", STR("mails"), 9),
               none = put_job(f, "none");
    const struct job *jobs[] = {&b, &none, &a, &b, &a, &none, &b};
    struct new_execution made[7];
    for (size_t i = 0; i < 7; i++) made[i] = put_manual(f, jobs[i], at((int64_t)(100 - 10 * i)));
    struct execution *claimed;
    for (size_t i = 7; i > 1; i -= 2) {
        assert_int_equal(claim_some_of_any(f, 2, &claimed), 2);
        assert_guid(claimed[0].id, made[i - 1].id);
        assert_guid(claimed[1].id, made[i - 2].id);
    }
    assert_counters_equal_recount(f);
}

static void test_each_job_goes_by_its_own_limit(void **state) {
    struct fixture *f = *state;
    struct job narrow = put_grouped(f, "narrow", GROUP, 1), wide = put_grouped(f, "wide", GROUP, 3);
    for (int i = 0; i < 4; i++) (void)put_manual(f, &narrow, at(i));
    for (int i = 0; i < 4; i++) (void)put_manual(f, &wide, at(10 + i));
    struct execution *claimed;
    assert_int_equal(claim_some_of_any(f, 1000, &claimed), 3);
    assert_int_equal(claimed[0].job_row, narrow.row);
    assert_int_equal(claimed[1].job_row, wide.row);
    assert_int_equal(claimed[2].job_row, wide.row);
    for (size_t i = 0; i < 2; i++) end_execution(f, &claimed[i], EXECUTION_SUCCEEDED, at(6000));
    /* One runs: as many as the narrow one bears, but the wide one has room for two. */
    assert_int_equal(claim_some_of_any(f, 1000, &claimed), 2);
    assert_int_equal(claimed[0].job_row, wide.row);
    assert_int_equal(claimed[1].job_row, wide.row);
    assert_counters_equal_recount(f);
}

static void test_what_is_behind_a_full_group_is_claimed(void **state) {
    struct fixture *f = *state;
    struct job full = put_grouped(f, "full", GROUP, 1), none = put_job(f, "none");
    (void)put_running(f, &full, at(1));
    for (int i = 0; i < 50; i++) (void)put_manual(f, &full, at(10));
    struct new_execution behind = put_manual(f, &none, at(20));
    struct execution *claimed;
    assert_int_equal(claim_some_of_any(f, 1, &claimed), 1);
    assert_guid(claimed[0].id, behind.id);
}

static void test_nothing_is_born_running_in_a_full_group(void **state) {
    struct fixture *f = *state;
    struct err err;
    struct job job = put_grouped(f, "a", GROUP, 2);
    struct new_execution items[3];
    for (size_t i = 0; i < 3; i++) {
        items[i] = sample_execution(f, &job, at(60 * (int64_t)(i + 1)));
        items[i].status = EXECUTION_RUNNING;
        items[i].started_at = at(200);
        items[i].node_name = STR("node-1");
    }
    struct plan_item item = {.job_row = job.row,
                             .revision = 1,
                             .old_wake_at = at(60),
                             .next_run_at = at(900),
                             .wake_at = at(900),
                             .schedule_from = at(200),
                             .run_count = 3,
                             .executions = items,
                             .execution_count = 3};
    assert_true(do_plan_apply(f->store, &item, 1, &err));
    assert_true(item.applied);
    assert_true(items[0].fence > 0 && items[1].fence > 0);
    assert_int_equal(items[2].fence, 0);
    assert_true(items[2].inserted);
    assert_int_equal(execution_now(f, items[2].id).status, EXECUTION_PENDING);
    struct new_execution manual = born_running(f, &job);
    assert_int_equal(execution_now(f, manual.id).status, EXECUTION_PENDING);
    struct execution first = execution_now(f, items[0].id);
    end_execution(f, &first, EXECUTION_SUCCEEDED, at(300));
    struct new_execution next = born_running(f, &job);
    assert_int_equal(execution_now(f, next.id).status, EXECUTION_RUNNING);
    assert_room(f, &job, 0);
}

static void test_every_end_makes_room(void **state) {
    static const enum execution_status ends[] = {EXECUTION_SUCCEEDED, EXECUTION_FAILED,
                                                 EXECUTION_CANCELLED, EXECUTION_PENDING};
    struct fixture *f = *state;
    struct err err;
    struct job job = put_grouped(f, "a", GROUP, 4);
    struct execution running[4];
    for (size_t i = 0; i < 4; i++) running[i] = put_running(f, &job, at(10));
    for (size_t i = 0; i < 4; i++) end_execution(f, &running[i], ends[i], at(20));
    /* Said twice, it counts once. */
    struct settlement again = settlement_of(&running[0], EXECUTION_SUCCEEDED, at(30));
    assert_true(do_settle(f->store, &again, 1, &err));
    assert_false(again.applied);
    assert_room(f, &job, 4);
}

static void test_a_write_that_fails_gives_its_room_back(void **state) {
    struct fixture *f = *state;
    struct err err;
    struct job job = put_grouped(f, "a", GROUP, 2);
    struct execution running = put_running(f, &job, at(10));
    struct new_execution twice = sample_execution(f, &job, at(20));
    twice.id = running.id; // exists already
    twice.trigger = TRIGGER_RETRY;
    twice.retry_count = 1;
    struct settlement item = settlement_of(&running, EXECUTION_FAILED, at(20));
    item.retry = &twice;
    assert_false(do_settle(f->store, &item, 1, &err));
    assert_int_equal(execution_now(f, running.id).status, EXECUTION_RUNNING);
    assert_room(f, &job, 1);
}

static void test_a_job_that_moves_takes_its_runs_along(void **state) {
    struct fixture *f = *state;
    struct job job = put_grouped(f, "a", GROUP, 3), left = put_grouped(f, "left", GROUP, 3),
               there = put_grouped(f, "there", STR("mails"), 3);
    (void)put_running(f, &job, at(10));
    struct execution second = put_running(f, &job, at(11));
    (void)put_manual(f, &job, at(12));
    job.concurrency_group = STR("mails");
    update_job(f, &job);
    assert_counters_equal_recount(f);
    struct execution *claimed;
    assert_int_equal(claim_some_of_any(f, 1000, &claimed), 1); // the third place
    assert_int_equal(claimed[0].job_row, job.row);
    assert_room(f, &left, 3);
    assert_room(f, &there, 0);
    end_execution(f, &second, EXECUTION_SUCCEEDED, at(6000));
    assert_int_equal(claim_some_of_any(f, 1000, &claimed), 1);
}

static void test_a_limit_can_change_while_executions_wait(void **state) {
    struct fixture *f = *state;
    struct job job = put_grouped(f, "a", GROUP, 1);
    for (int i = 0; i < 5; i++) (void)put_manual(f, &job, at(i));
    struct execution *claimed;
    assert_int_equal(claim_some_of_any(f, 1000, &claimed), 1);
    job.concurrency_group_limit = 3;
    update_job(f, &job);
    assert_int_equal(claim_some_of_any(f, 1000, &claimed), 2);
    job.concurrency_group = STR_NONE;
    job.concurrency_group_limit = 0;
    update_job(f, &job);
    assert_int_equal(claim_some_of_any(f, 1000, &claimed), 2);
    job.concurrency_group = GROUP;
    job.concurrency_group_limit = 6;
    update_job(f, &job);
    assert_room(f, &job, 1);
}

static void test_an_erased_job_leaves_its_group(void **state) {
    struct fixture *f = *state;
    struct err err;
    struct job job = put_grouped(f, "a", GROUP, 1), other = put_grouped(f, "b", GROUP, 1);
    struct execution running = put_running(f, &job, at(10));
    (void)put_manual(f, &job, at(11));
    assert_error(do_job_erase(f->store, job.row, &err), &err, ERR_CONFLICT);
    end_execution(f, &running, EXECUTION_CANCELLED, at(20));
    assert_true(do_job_erase(f->store, job.row, &err));
    assert_room(f, &other, 1);
}

static void test_a_group_and_the_queue_policy_hold_together(void **state) {
    struct fixture *f = *state;
    struct err err;
    struct job one = sample_job(f, "one at a time"), other = put_grouped(f, "other", GROUP, 3);
    one.concurrency_policy = CONCURRENCY_QUEUE;
    one.concurrency_group = GROUP;
    one.concurrency_group_limit = 3;
    assert_true(do_job_insert(f->store, &one, &err));
    for (int i = 0; i < 4; i++) (void)put_manual(f, &one, at(i));
    for (int i = 0; i < 4; i++) (void)put_manual(f, &other, at(10 + i));
    struct execution *claimed;
    assert_int_equal(claim_some_of_any(f, 1000, &claimed), 3);
    assert_int_equal(claimed[0].job_row, one.row);
    assert_int_equal(claimed[1].job_row, other.row);
    assert_int_equal(claimed[2].job_row, other.row);
    assert_counters_equal_recount(f);
}

static void test_a_group_survives_a_restart(void **state) {
    struct fixture *f = *state;
    struct job job = put_grouped(f, "a", GROUP, 2);
    (void)put_running(f, &job, at(10));
    suite_restart(f);
    assert_str(job_now(f, &job).concurrency_group, "reports");
    assert_int_equal(job_now(f, &job).concurrency_group_limit, 2);
    assert_room(f, &job, 1);
}

/* ---- the cap --------------------------------------------------------------------------------- */

struct room_call {
    int64_t cap, room;
    struct new_execution *first; // inserted before it is asked; NULL = none
};

static bool ask_room(struct store_tx *tx, void *context, struct err *err) {
    struct room_call *call = context;
    if (call->first && !store_execution_insert(tx, call->first, err)) return false;
    return store_running_room(tx, call->cap, &call->room, err);
}

static int64_t running_room(struct fixture *f, int64_t cap, struct new_execution *first) {
    struct err err;
    struct room_call call = {.cap = cap, .first = first};
    assert_true(store_write_wait(f->store, ask_room, &call, &err));
    return call.room;
}

static void test_the_room_under_a_cap(void **state) {
    struct fixture *f = *state;
    struct job job = put_job(f, "a");
    assert_int_equal(running_room(f, 3, NULL), 3);
    struct execution running = put_running(f, &job, at(10));
    (void)put_manual(f, &job, at(10));
    assert_int_equal(running_room(f, 3, NULL), 2);
    struct new_execution more = sample_execution(f, &job, at(20));
    more.status = EXECUTION_RUNNING;
    more.started_at = at(20);
    more.node_name = STR("node-2");
    assert_int_equal(running_room(f, 3, &more), 1);
    assert_int_equal(running_room(f, 1, NULL), 0);
    end_execution(f, &running, EXECUTION_PENDING, at(30));
    assert_int_equal(running_room(f, 3, NULL), 2);
}
