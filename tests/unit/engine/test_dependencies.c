/* test_dependencies.c - runs that wait: held back, released, refused, and what they are handed; and
 * what a job may not depend on. In one transaction of the fake store. */
#include "engine/dependencies.h"
#include "engine/inputs.h"
#include "store/memory/memory_store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct utc noon = {1772366400000000}; // 2026-03-01T12:00:00Z

struct bench {
    struct store_tx *tx;
    struct arena arena;
    struct err err;
};

static void check(const struct bench *bench, bool ok) {
    if (!ok) fail_msg("%s", bench->err.msg);
}

/* A job that depends on these, under this condition. */
static struct job new_job(struct bench *bench, const char *name, const char *configuration,
                          enum dependency_condition condition, const struct job *const *on,
                          size_t count) {
    struct guid ids[4];
    for (size_t i = 0; i < count; i++) ids[i] = on[i]->id;
    struct dependencies dependencies = {ids, count, condition};
    struct job job = {
        .id = guid_new(noon),
        .revision = 1,
        .name = str_from_cstr(name),
        .type = JOB_HTTP_CALL,
        .schedule_type = SCHEDULE_INTERVAL,
        .interval_seconds = 60,
        .interval_mode = INTERVAL_FIXED_RATE,
        .timezone = STR("UTC"),
        .configuration = str_from_cstr(configuration),
        .retry_policy = STR("{}"),
        .tags = STR("[]"),
        .dependencies = dependencies_text(&bench->arena, &dependencies),
        .timeout_seconds = 60,
        .queue = STR("default"),
        .concurrency_policy = CONCURRENCY_ALLOW,
        .misfire_policy = MISFIRE_FIRE_ONCE,
        .gap_policy = GAP_RUN_AFTER,
        .overlap_policy = OVERLAP_AUTO,
        .is_enabled = true,
        .created_at = noon,
        .updated_at = noon,
        .next_run_at = UTC_NEVER,
        .wake_at = UTC_NEVER,
    };
    check(bench, store_job_insert(bench->tx, &job, &bench->err));
    return job;
}

static struct job plain(struct bench *bench, const char *name) {
    return new_job(bench, name, "{}", DEPENDENCY_ALL_SUCCEEDED, NULL, 0);
}

/* A run of the job that ends at that time. */
static struct settlement run_job(struct bench *bench, const struct job *job, struct utc at,
                                 enum execution_status status, const char *output,
                                 const char *result) {
    struct new_execution execution = {.id = guid_new(at),
                                      .job_row = job->row,
                                      .status = EXECUTION_RUNNING,
                                      .queue = STR("default"),
                                      .trigger = TRIGGER_MANUAL,
                                      .scheduled_for = at,
                                      .created_at = at,
                                      .available_at = at,
                                      .started_at = at,
                                      .node_name = STR("n")};
    check(bench, store_execution_insert(bench->tx, &execution, &bench->err));
    struct settlement settlement = {.execution_row = execution.row,
                                    .job_row = job->row,
                                    .fence = execution.fence,
                                    .status = status,
                                    .completed_at = at,
                                    .output = str_from_cstr(output),
                                    .result = str_from_cstr(result)};
    check(bench, store_settle(bench->tx, &settlement, 1, &bench->err));
    assert_true(settlement.applied);
    return settlement;
}

static struct new_execution due_run(const struct job *job, struct utc at) {
    return (struct new_execution){.id = guid_new(at),
                                  .job_row = job->row,
                                  .status = EXECUTION_PENDING,
                                  .queue = STR("default"),
                                  .trigger = TRIGGER_SCHEDULE,
                                  .scheduled_for = at,
                                  .created_at = at,
                                  .available_at = at};
}

/* Plans one run at `at` as a pass does, and stores it. *at_once as dependencies_plan says. */
static struct new_execution plan_over(struct bench *bench, const struct job *job, struct utc last,
                                      bool replaces, struct utc at, bool *at_once) {
    struct new_execution execution = due_run(job, at);
    struct plan_item item = {.job_row = job->row, .executions = &execution, .execution_count = 1};
    *at_once = false;
    check(bench, dependencies_plan(bench->tx, job, last, replaces, span_seconds(7200), at, &item,
                                   &bench->arena, at_once, &bench->err));
    check(bench, store_execution_insert(bench->tx, &execution, &bench->err));
    return execution;
}

static struct new_execution plan(struct bench *bench, const struct job *job, struct utc last,
                                 struct utc at, bool *at_once) {
    return plan_over(bench, job, last, false, at, at_once);
}

static struct execution stored(struct bench *bench, struct guid id) {
    struct execution execution;
    check(bench, store_execution_get(bench->tx, id, &bench->arena, &execution, &bench->err));
    return execution;
}

static size_t ended(struct bench *bench, const struct job *job, struct utc at) {
    size_t released = 0;
    check(bench, dependencies_ended(bench->tx, job->id, at, &bench->arena, &released, &bench->err));
    return released;
}

static struct utc at_seconds(int64_t seconds) {
    return utc_add(noon, span_seconds(seconds));
}

/* ---- the histories ----------------------------------------------------------------------------
 */

static bool waits_and_is_released(struct store_tx *tx, void *context, struct err *err) {
    struct bench *bench = context;
    bench->tx = tx;
    (void)err;
    bool at_once;
    struct job a = plain(bench, "A"), b = plain(bench, "B");
    const struct job *const both[] = {&a, &b};
    struct job c = new_job(bench, "C", "{}", DEPENDENCY_ALL_SUCCEEDED, both, 2);
    struct new_execution first = plan(bench, &c, UTC_NONE, noon, &at_once);
    assert_false(at_once);
    assert_false(utc_is_none(first.waiting_since));
    assert_true(utc_equal(first.available_at, at_seconds(7200)));

    struct execution shown = stored(bench, first.id);
    check(bench, dependencies_waiting_on(tx, &bench->arena, &shown, 1, &bench->err));
    assert_int_equal(shown.waiting_on_count, 2);
    assert_true(run_job(bench, &a, at_seconds(10), EXECUTION_SUCCEEDED, NULL, NULL).has_dependants);
    assert_int_equal(ended(bench, &a, at_seconds(10)), 0);
    shown = stored(bench, first.id);
    check(bench, dependencies_waiting_on(tx, &bench->arena, &shown, 1, &bench->err));
    assert_int_equal(shown.waiting_on_count, 1);
    assert_true(guid_equal(shown.waiting_on[0], b.id));

    (void)run_job(bench, &b, at_seconds(20), EXECUTION_FAILED, NULL, NULL);
    assert_int_equal(ended(bench, &b, at_seconds(20)), 0);
    (void)run_job(bench, &b, at_seconds(30), EXECUTION_SUCCEEDED, NULL, NULL);
    assert_int_equal(ended(bench, &b, at_seconds(30)), 1);
    shown = stored(bench, first.id);
    assert_true(utc_is_none(shown.waiting_since));
    assert_true(utc_equal(shown.available_at, at_seconds(30)));
    assert_int_equal(ended(bench, &b, at_seconds(31)), 0); // once

    /* The next run: what came since the one before was created counts, what came before does not.
     */
    struct new_execution second = plan(bench, &c, noon, at_seconds(60), &at_once);
    assert_true(utc_is_none(second.waiting_since));
    struct new_execution third = plan(bench, &c, at_seconds(60), at_seconds(120), &at_once);
    assert_true(utc_equal(third.waiting_since, at_seconds(60)));
    /* One that takes its place goes on waiting where it did. */
    struct new_execution fourth =
        plan_over(bench, &c, at_seconds(120), true, at_seconds(180), &at_once);
    assert_true(utc_equal(fourth.waiting_since, at_seconds(60)));
    return true;
}

static bool is_refused(struct store_tx *tx, void *context, struct err *err) {
    struct bench *bench = context;
    bench->tx = tx;
    (void)err;
    bool at_once;
    struct job a = plain(bench, "A"), b = plain(bench, "B");
    const struct job *const both[] = {&a, &b};
    struct job all = new_job(bench, "All", "{}", DEPENDENCY_ALL_SUCCEEDED, both, 2);
    struct job any = new_job(bench, "Any", "{}", DEPENDENCY_ANY_SUCCEEDED, both, 2);
    struct new_execution of_all = plan(bench, &all, UTC_NONE, noon, &at_once);
    struct new_execution of_any = plan(bench, &any, UTC_NONE, noon, &at_once);
    struct dependency_refusal refusal;
    struct execution claimed = stored(bench, of_any.id);
    check(bench, dependencies_claimed(tx, &any, &bench->arena, &claimed, &refusal, &bench->err));
    assert_int_equal(refusal.error_type, ERROR_TIMEOUT);
    assert_true(str_starts_with(refusal.message, STR("waited 2 h for one of the job \"A\" (")));
    assert_true(str_ends_with(refusal.message, STR(") to succeed")));

    a.is_deleted = true;
    a.revision = 2;
    check(bench, store_job_update(tx, &a, 1, &bench->err));
    assert_int_equal(ended(bench, &a, at_seconds(5)), 1); // only that of All can never run
    claimed = stored(bench, of_all.id);
    assert_false(utc_is_none(claimed.waiting_since));
    assert_true(utc_equal(claimed.available_at, at_seconds(5)));
    check(bench, dependencies_claimed(tx, &all, &bench->arena, &claimed, &refusal, &bench->err));
    assert_int_equal(refusal.error_type, ERROR_CONFIGURATION);
    assert_true(str_starts_with(refusal.message, STR("not started: the job \"A\" (")));
    assert_true(str_ends_with(refusal.message, STR("), which it waits for, was deleted")));
    (void)plan(bench, &all, noon, at_seconds(60), &at_once);
    assert_true(at_once);

    /* What has come by the time it is claimed lets it run. */
    (void)run_job(bench, &b, at_seconds(70), EXECUTION_SUCCEEDED, NULL, NULL);
    claimed = stored(bench, of_any.id);
    check(bench, dependencies_claimed(tx, &any, &bench->arena, &claimed, &refusal, &bench->err));
    assert_true(str_is_absent(refusal.message));
    assert_true(utc_is_none(claimed.waiting_since));
    return true;
}

static bool is_handed_on(struct store_tx *tx, void *context, struct err *err) {
    struct bench *bench = context;
    bench->tx = tx;
    (void)err;
    bool at_once;
    struct job a = plain(bench, "A \"quoted\" job");
    const struct job *const on[] = {&a};
    struct job reader =
        new_job(bench, "Reader",
                "{\"url\":\"http://x/{{Jobs.A \\\"quoted\\\" job.Result.n}}\",\"headers\":{\"X\":"
                "\"{{Jobs.A \\\"quoted\\\" job.Output}} {{Jobs.Nobody.Output}}\"}}",
                DEPENDENCY_ALL_COMPLETED, on, 1);
    struct new_execution run = plan(bench, &reader, UTC_NONE, noon, &at_once);
    (void)run_job(bench, &a, at_seconds(1), EXECUTION_SUCCEEDED, "say \"1\"", "{\"n\":1}");
    (void)run_job(bench, &a, at_seconds(2), EXECUTION_FAILED, "oops", NULL);
    assert_int_equal(ended(bench, &a, at_seconds(2)), 1);
    static const char *const expected =
        "{\"A \\\"quoted\\\" job\":{\"output\":\"say \\\"1\\\"\",\"result\":{\"n\":1}}}";
    assert_string_equal(stored(bench, run.id).inputs.ptr, expected);
    struct str inputs;
    check(bench, dependencies_inputs(tx, &reader, &bench->arena, &inputs, &bench->err));
    assert_string_equal(inputs.ptr, expected);
    struct job deaf =
        new_job(bench, "Deaf", "{\"body\":\"Jobs. {{Today}}\"}", DEPENDENCY_ALL_SUCCEEDED, on, 1);
    check(bench, dependencies_inputs(tx, &deaf, &bench->arena, &inputs, &bench->err));
    assert_true(str_is_absent(inputs));
    return true;
}

static bool is_checked(struct store_tx *tx, void *context, struct err *err) {
    struct bench *bench = context;
    bench->tx = tx;
    (void)err;
    enum { CHAIN = 60 };
    struct job jobs[CHAIN];
    jobs[0] = plain(bench, "0");
    for (size_t i = 1; i < CHAIN; i++) {
        const struct job *const on[] = {&jobs[i - 1]};
        jobs[i] = new_job(bench, "link", "{}", DEPENDENCY_ALL_SUCCEEDED, on, 1);
    }
    struct faults faults = {.arena = &bench->arena};
    struct guid ids[] = {jobs[CHAIN - 1].id, jobs[0].id, {{7}}};
    struct dependencies after = {ids, 3, DEPENDENCY_ALL_SUCCEEDED};
    check(bench, dependencies_check(tx, jobs[0].id, STR("0"), STR_NONE, &after,
                                    STR("dependsOnJobIds"), &faults, &bench->err));
    assert_int_equal(faults.count, 3);
    assert_true(str_equal(faults.items[0].field, STR("dependsOnJobIds[1]")));
    assert_true(str_starts_with(faults.items[0].message, STR("is the job itself")));
    assert_true(str_starts_with(faults.items[1].message, STR("there is no job 07000000-")));
    struct str circle = faults.items[2].message;
    size_t arrows = 0;
    for (size_t i = 0; i + 3 <= circle.len; i++)
        arrows += memcmp(circle.ptr + i, "→", strlen("→")) == 0;
    assert_int_equal(arrows, 14); // from the job, twelve of the chain and "47 more", to the job
    assert_true(str_contains(circle, STR(" → 47 more → ")));

    /* A new job, and one on which none depends, can close no circle; what was there is not judged.
     */
    struct faults none = {.arena = &bench->arena};
    struct dependencies one = {ids, 1, DEPENDENCY_ALL_SUCCEEDED};
    check(bench, dependencies_check(tx, (struct guid){{0}}, STR("new"), STR_NONE, &one,
                                    STR("dependsOnJobIds"), &none, &bench->err));
    struct guid gone[] = {{{7}}};
    struct dependencies old = {gone, 1, DEPENDENCY_ALL_SUCCEEDED};
    check(bench,
          dependencies_check(tx, jobs[3].id, STR("3"), dependencies_text(&bench->arena, &old), &old,
                             STR("dependsOnJobIds"), &none, &bench->err));
    assert_true(faults_none(&none));
    return true;
}

static void live(bool (*history)(struct store_tx *, void *, struct err *)) {
    struct store *store = memory_store_new(&(struct memory_store_options){.manual = true});
    struct bench bench = {.err = ERR_INIT};
    struct err err = ERR_INIT;
    assert_true(memory_store_write(store, history, &bench, &err));
    store_close(store);
    arena_free(&bench.arena);
}

static void test_a_run_waits_and_is_released_by_the_last_of_them(void **state) {
    (void)state;
    live(waits_and_is_released);
}

static void test_a_run_is_refused_with_the_names_of_whom_it_waited_for(void **state) {
    (void)state;
    live(is_refused);
}

static void test_what_is_mentioned_is_handed_on_and_nothing_else(void **state) {
    (void)state;
    live(is_handed_on);
}

static void test_faults_and_a_long_circle_are_named(void **state) {
    (void)state;
    live(is_checked);
}
