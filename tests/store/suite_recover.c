/* suite_recover.c - nodes, leases, orphans; cancelling from anywhere. */
#include "suite.h"

static void beat(struct fixture *f, const char *name, struct utc lease_until) {
    struct err err;
    const struct node node = {.name = str_from_cstr(name),
                              .version = STR("1.0"),
                              .started_at = at(0),
                              .heartbeat_at = at(5),
                              .lease_until = lease_until,
                              .workers_busy = 2,
                              .workers_total = 5};
    assert_true(do_heartbeat(f->store, &node, &err));
}

static struct execution put_on_node(struct fixture *f, const struct job *job, const char *node) {
    struct err err;
    struct new_execution execution = sample_execution(f, job, at(60));
    execution.trigger = TRIGGER_MANUAL;
    execution.status = EXECUTION_RUNNING;
    execution.started_at = at(60);
    execution.node_name = str_from_cstr(node);
    assert_true(do_execution_insert(f->store, &execution, &err));
    return execution_now(f, execution.id);
}

static void test_a_heartbeat_is_kept_for_each_node(void **state) {
    struct fixture *f = *state;
    struct err err;
    struct node *nodes;
    size_t count;
    beat(f, "node-b", at(50));
    beat(f, "node-a", at(60));
    beat(f, "node-b", at(70));
    struct store_tx *tx = read_begin(f);
    assert_true(store_nodes(tx, &f->arena, &nodes, &count, &err));
    read_end(f, tx);
    assert_int_equal(count, 2);
    assert_str(nodes[0].name, "node-a");
    assert_str(nodes[1].name, "node-b");
    assert_str(nodes[1].version, "1.0");
    assert_time(nodes[1].started_at, at(0));
    assert_time(nodes[1].heartbeat_at, at(5));
    assert_time(nodes[1].lease_until, at(70));
    assert_int_equal(nodes[1].workers_busy, 2);
    assert_int_equal(nodes[1].workers_total, 5);
}

static void test_orphans_are_of_the_node_itself_or_of_an_ended_lease(void **state) {
    struct fixture *f = *state;
    struct err err;
    struct job job = put_job(f, "a");
    beat(f, "mine", at(1000));
    beat(f, "dead", at(100));
    beat(f, "alive", at(101));
    struct execution of_dead = put_on_node(f, &job, "dead"), of_mine = put_on_node(f, &job, "mine");
    struct execution ended = put_on_node(f, &job, "mine");
    end_execution(f, &ended, EXECUTION_SUCCEEDED, at(70));
    (void)put_on_node(f, &job, "alive");
    (void)put_manual(f, &job, at(60));

    struct execution *orphans;
    size_t count;
    struct store_tx *tx = read_begin(f);
    assert_true(store_orphans(tx, STR("mine"), UTC_NONE, 10, &f->arena, &orphans, &count, &err));
    assert_int_equal(count, 1);
    assert_same_execution(&orphans[0], &of_mine);
    assert_true(store_orphans(tx, STR_NONE, at(101), 10, &f->arena, &orphans, &count, &err));
    assert_int_equal(count, 1);
    assert_guid(orphans[0].id, of_dead.id);
    assert_true(store_orphans(tx, STR("mine"), at(101), 10, &f->arena, &orphans, &count, &err));
    assert_int_equal(count, 2);
    assert_guid(orphans[0].id, of_dead.id); // oldest first
    assert_true(store_orphans(tx, STR("mine"), at(101), 1, &f->arena, &orphans, &count, &err));
    assert_int_equal(count, 1);
    assert_true(store_orphans(tx, STR("stranger"), at(100), 9, &f->arena, &orphans, &count, &err));
    assert_int_equal(count, 0);
    read_end(f, tx);
}

static void test_running_and_pending_are_found_after_a_restart(void **state) {
    struct fixture *f = *state;
    struct err err;
    struct job job = put_job(f, "a");
    struct execution running = put_on_node(f, &job, "mine");
    struct new_execution pending = put_execution(f, &job, at(60));
    suite_restart(f);
    struct execution *found;
    size_t count;
    struct store_tx *tx = read_begin(f);
    assert_true(store_orphans(tx, STR("mine"), UTC_NONE, 10, &f->arena, &found, &count, &err));
    assert_int_equal(count, 1);
    assert_same_execution(&found[0], &running);
    assert_true(store_executions_live(tx, job.row, &f->arena, &found, &count, &err));
    assert_int_equal(count, 2);
    assert_guid(found[0].id, running.id);
    assert_guid(found[1].id, pending.id);
    read_end(f, tx);
    assert_counters_equal_recount(f);
}

/* ---- cancel ---------------------------------------------------------------------------------- */

static enum cancel_result cancel_now(struct fixture *f, struct guid id, struct execution *ret) {
    struct err err;
    enum cancel_result result;
    assert_true(
        do_execution_cancel(f->store, id, STR("by ann"), at(90), &f->arena, &result, ret, &err));
    struct execution found = execution_now(f, id);
    found.output = ret->output;
    assert_same_execution(ret, &found);
    return result;
}

static void test_a_pending_execution_is_cancelled_at_once(void **state) {
    struct fixture *f = *state;
    struct job job = put_job(f, "a");
    struct new_execution pending = put_execution(f, &job, at(60));
    struct execution execution;
    assert_int_equal(cancel_now(f, pending.id, &execution), CANCEL_DONE);
    assert_int_equal(execution.status, EXECUTION_CANCELLED);
    assert_time(execution.completed_at, at(90));
    assert_true(utc_is_none(execution.started_at));
    assert_str(execution.error_message, "by ann");
    struct job found = job_now(f, &job);
    assert_int_equal(found.live_count, 0);
    assert_int_equal(found.consecutive_failures, 0);
    struct execution *claimed;
    size_t count;
    claim_all(f, at(100), &claimed, &count);
    assert_int_equal(count, 0);
    assert_int_equal(cancel_now(f, pending.id, &execution), CANCEL_TOO_LATE);
    assert_counters_equal_recount(f);
}

static void test_a_running_execution_is_asked_to_stop(void **state) {
    struct fixture *f = *state;
    struct err err;
    struct job job = put_job(f, "a");
    struct execution running = put_on_node(f, &job, "node-2"), execution;
    (void)put_on_node(f, &job, "node-2");
    struct cancel_request *requests;
    size_t count;
    assert_int_equal(cancel_now(f, running.id, &execution), CANCEL_REQUESTED);
    assert_int_equal(execution.status, EXECUTION_RUNNING);
    assert_true(execution.cancel_requested);
    assert_str(execution.error_message, "by ann");
    enum cancel_result result;
    assert_true(do_execution_cancel(f->store, running.id, STR("by bob"), at(91), &f->arena, &result,
                                    &execution, &err));
    assert_int_equal(result, CANCEL_REQUESTED);
    assert_str(execution.error_message, "by ann"); // who asked first
    struct store_tx *tx = read_begin(f);
    assert_true(store_cancel_requests(tx, STR("node-2"), &f->arena, &requests, &count, &err));
    assert_int_equal(count, 1);
    assert_int_equal(requests[0].row, running.row);
    assert_str(requests[0].reason, "by ann");
    assert_true(store_cancel_requests(tx, STR("node-1"), &f->arena, &requests, &count, &err));
    assert_int_equal(count, 0);
    read_end(f, tx);
    end_execution(f, &running, EXECUTION_CANCELLED, at(91));
    tx = read_begin(f);
    assert_true(store_cancel_requests(tx, STR("node-2"), &f->arena, &requests, &count, &err));
    assert_int_equal(count, 0);
    read_end(f, tx);
    assert_counters_equal_recount(f);
}

/* The end wins: what the request had written may not stay. */
static void test_an_execution_that_ends_by_itself_forgets_the_request(void **state) {
    struct fixture *f = *state;
    struct job job = put_job(f, "a");
    struct execution running = put_on_node(f, &job, "node-2"), execution;
    assert_int_equal(cancel_now(f, running.id, &execution), CANCEL_REQUESTED);
    end_execution(f, &running, EXECUTION_SUCCEEDED, at(91));
    execution = execution_now(f, running.id);
    assert_int_equal(execution.status, EXECUTION_SUCCEEDED);
    assert_true(str_is_absent(execution.error_message));
    assert_int_equal(cancel_now(f, running.id, &execution), CANCEL_TOO_LATE);
    assert_counters_equal_recount(f);
}

static void test_cancelling_an_unknown_execution_is_not_found(void **state) {
    struct fixture *f = *state;
    struct err err;
    enum cancel_result result = CANCEL_TOO_LATE;
    struct execution execution = {.row = 4711};
    assert_error(do_execution_cancel(f->store, next_guid(f), STR("x"), at(1), &f->arena, &result,
                                     &execution, &err),
                 &err, ERR_NOT_FOUND);
    assert_int_equal(result, CANCEL_TOO_LATE);
    assert_int_equal(execution.row, 4711);
}
