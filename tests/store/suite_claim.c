/* suite_claim.c - pending executions become running: order, queues, limits, policies, fences. */
#include "suite.h"

static void claim_from(struct fixture *f, const struct claim_queue *queues, size_t queue_count,
                       int64_t limit, struct execution **ret, size_t *count) {
    struct err err;
    const struct claim claim = {.node_name = STR("node-1"),
                                .now = at(1000),
                                .queues = queues,
                                .queue_count = queue_count,
                                .limit = limit};
    assert_true(do_claim(f->store, &claim, &f->arena, ret, count, &err));
}

static struct job put_in_queue(struct fixture *f, const char *name, struct str queue,
                               enum concurrency_policy policy) {
    struct err err;
    struct job job = sample_job(f, name);
    job.queue = queue;
    job.concurrency_policy = policy;
    assert_true(do_job_insert(f->store, &job, &err));
    return job;
}

static void test_a_claim_makes_it_running(void **state) {
    struct fixture *f = *state;
    struct job job = put_job(f, "a");
    struct new_execution execution = put_execution(f, &job, at(60));
    struct execution *claimed;
    size_t count;
    claim_all(f, at(61), &claimed, &count);
    assert_int_equal(count, 1);
    struct execution found = execution_now(f, execution.id);
    assert_same_execution(&claimed[0], &found);
    assert_int_equal(found.status, EXECUTION_RUNNING);
    assert_str(found.node_name, "node-1");
    assert_time(found.started_at, at(61));
    assert_true(found.fence > 0);
    assert_str(found.job_name, "a");
    claim_all(f, at(62), &claimed, &count);
    assert_int_equal(count, 0);
    assert_int_equal(job_now(f, &job).live_count, 1);
    assert_counters_equal_recount(f);
}

static void test_the_oldest_is_claimed_first_and_none_before_its_time(void **state) {
    struct fixture *f = *state;
    struct job job = put_job(f, "a");
    struct new_execution late = put_manual(f, &job, at(30)), tied = put_manual(f, &job, at(20)),
                         early = put_manual(f, &job, at(10)), second = put_manual(f, &job, at(20));
    (void)put_manual(f, &job, at(31));
    struct execution *claimed;
    size_t count;
    claim_all(f, at(30), &claimed, &count);
    assert_int_equal(count, 4);
    assert_guid(claimed[0].id, early.id);
    assert_guid(claimed[1].id, tied.id);
    assert_guid(claimed[2].id, second.id);
    assert_guid(claimed[3].id, late.id);
    for (size_t i = 1; i < count; i++) assert_true(claimed[i].fence > claimed[i - 1].fence);
}

static void test_queues_are_served_in_order_up_to_their_limits(void **state) {
    struct fixture *f = *state;
    struct job critical = put_in_queue(f, "c", STR("critical"), CONCURRENCY_ALLOW),
               normal = put_in_queue(f, "d", STR("default"), CONCURRENCY_ALLOW),
               other = put_in_queue(f, "o", STR("other"), CONCURRENCY_ALLOW);
    struct new_execution other_1 = put_manual(f, &other, at(1)),
                         normal_1 = put_manual(f, &normal, at(2)),
                         normal_2 = put_manual(f, &normal, at(3)),
                         critical_1 = put_manual(f, &critical, at(4));
    const struct claim_queue queues[] = {
        {STR_INIT("critical"), 5}, {STR_INIT("default"), 1}, {STR_NONE, 5}};
    struct execution *claimed;
    size_t count;
    claim_from(f, queues, 3, 10, &claimed, &count);
    assert_int_equal(count, 3);
    assert_guid(claimed[0].id, critical_1.id);
    assert_guid(claimed[1].id, normal_1.id);
    assert_guid(claimed[2].id, other_1.id);
    claim_from(f, queues, 1, 10, &claimed, &count);
    assert_int_equal(count, 0);
    claim_from(f, &queues[1], 1, 10, &claimed, &count);
    assert_int_equal(count, 1);
    assert_guid(claimed[0].id, normal_2.id);
}

static void test_a_claim_takes_no_more_than_its_limit(void **state) {
    struct fixture *f = *state;
    struct job job = put_job(f, "a");
    for (int64_t i = 0; i < 5; i++) (void)put_manual(f, &job, at(i));
    const struct claim_queue queues[] = {{STR_INIT("default"), 2}, {STR_NONE, 9}};
    struct execution *claimed;
    size_t count;
    claim_from(f, queues, 2, 9, &claimed, &count);
    assert_int_equal(count, 2);
    claim_from(f, (const struct claim_queue[]){{STR_INIT("default"), 9}}, 1, 2, &claimed, &count);
    assert_int_equal(count, 2);
    claim_from(f, queues, 2, 0, &claimed, &count);
    assert_int_equal(count, 0);
    assert_int_equal(totals_now(f).running, 4);
}

static void test_policy_queue_runs_one_at_a_time(void **state) {
    struct fixture *f = *state;
    struct job one = put_in_queue(f, "one", STR("default"), CONCURRENCY_QUEUE),
               many = put_in_queue(f, "many", STR("default"), CONCURRENCY_ALLOW);
    struct new_execution first = put_manual(f, &one, at(1)), second = put_manual(f, &one, at(2));
    (void)put_manual(f, &many, at(3));
    (void)put_manual(f, &many, at(4));
    struct execution *claimed;
    size_t count;
    claim_all(f, at(10), &claimed, &count);
    assert_int_equal(count, 3);
    assert_guid(claimed[0].id, first.id);
    struct execution *none;
    claim_all(f, at(11), &none, &count);
    assert_int_equal(count, 0);
    end_execution(f, &claimed[0], EXECUTION_FAILED, at(12));
    claim_all(f, at(13), &claimed, &count);
    assert_int_equal(count, 1);
    assert_guid(claimed[0].id, second.id);
}

static void test_what_waits_for_its_job_takes_no_place_in_the_claim(void **state) {
    struct fixture *f = *state;
    struct job one = put_in_queue(f, "one", STR("default"), CONCURRENCY_QUEUE),
               many = put_in_queue(f, "many", STR("default"), CONCURRENCY_ALLOW);
    (void)put_running(f, &one, at(1));
    (void)put_manual(f, &one, at(2));
    (void)put_manual(f, &one, at(3));
    struct new_execution free_one = put_manual(f, &many, at(4));
    struct execution *claimed;
    size_t count;
    claim_from(f, (const struct claim_queue[]){{STR_INIT("default"), 1}}, 1, 1, &claimed, &count);
    assert_int_equal(count, 1);
    assert_guid(claimed[0].id, free_one.id);
}

static void test_nothing_is_claimed_under_pause_all(void **state) {
    struct fixture *f = *state;
    struct err err;
    struct job job = put_job(f, "a");
    (void)put_execution(f, &job, at(60));
    struct execution *claimed;
    size_t count;
    assert_true(do_meta_set(f->store, STR("paused_all"), STR("1"), &err));
    claim_all(f, at(61), &claimed, &count);
    assert_int_equal(count, 0);
    suite_restart(f);
    claim_all(f, at(62), &claimed, &count);
    assert_int_equal(count, 0);
    assert_true(do_meta_set(f->store, STR("paused_all"), STR_NONE, &err));
    claim_all(f, at(63), &claimed, &count);
    assert_int_equal(count, 1);
}

static void test_fences_grow_through_a_restart(void **state) {
    struct fixture *f = *state;
    struct err err;
    struct job job = put_job(f, "a");
    struct execution before = put_running(f, &job, at(1));
    end_execution(f, &before, EXECUTION_SUCCEEDED, at(2));
    suite_restart(f);
    (void)put_manual(f, &job, at(3));
    struct execution *claimed;
    size_t count;
    claim_all(f, at(4), &claimed, &count);
    assert_int_equal(count, 1);
    assert_true(claimed[0].fence > before.fence);
    int64_t highest = claimed[0].fence;
    /* Nor does it matter that the row which drew the highest is gone. */
    end_execution(f, &claimed[0], EXECUTION_SUCCEEDED, at(5));
    assert_true(do_job_erase(f->store, job.row, &err));
    suite_restart(f);
    job = put_job(f, "b");
    assert_true(put_running(f, &job, at(6)).fence > highest);
}

static void test_all_other_queues_are_served_as_one_line(void **state) {
    struct fixture *f = *state;
    struct job one = put_in_queue(f, "one", STR("x"), CONCURRENCY_QUEUE),
               beside = put_in_queue(f, "beside", STR("x"), CONCURRENCY_ALLOW),
               other = put_in_queue(f, "other", STR("y"), CONCURRENCY_ALLOW);
    struct new_execution first = put_manual(f, &one, at(1));
    (void)put_manual(f, &one, at(2)); // must wait for the first
    struct new_execution second = put_manual(f, &beside, at(3)),
                         third = put_manual(f, &other, at(4));
    const struct claim_queue queues[] = {{STR_INIT("default"), 5}, {STR_NONE, 2}};
    struct execution *claimed;
    size_t count;
    claim_from(f, queues, 2, 10, &claimed, &count);
    assert_int_equal(count, 2);
    assert_guid(claimed[0].id, first.id);
    assert_guid(claimed[1].id, second.id);
    claim_from(f, queues, 2, 10, &claimed, &count);
    assert_int_equal(count, 1);
    assert_guid(claimed[0].id, third.id);
}
