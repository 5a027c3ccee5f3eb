/* What is thrown away, and what is not yet. */
#include "engine/housekeeping.h"
#include "store/memory/memory_store.h"

enum { DAY = 86400 };

/* A store, and a clock that goes on by `step_us` whenever it is looked at. */
struct fixture {
    struct store *store;
    struct clock clock;
    struct utc now;
    struct mono mono;
    int64_t step_us;
    struct housekeeping housekeeping;
    struct arena arena;
};

static struct utc now_of(void *context) {
    return ((struct fixture *)context)->now;
}

static struct mono mono_of(void *context) {
    struct fixture *fixture = context;
    fixture->mono.us += fixture->step_us;
    return fixture->mono;
}

static void begin(struct fixture *fixture, int64_t keep_keys_days, int64_t keep_executions_days) {
    *fixture = (struct fixture){.store = memory_store_new(&(struct memory_store_options){0}),
                                .clock = {.now = now_of, .mono = mono_of},
                                .now = {INT64_C(1790000000000000)}};
    fixture->clock.context = fixture;
    housekeeping_init(&fixture->housekeeping, &fixture->clock, span_seconds(keep_keys_days * DAY),
                      span_seconds(keep_executions_days * DAY));
    fixture->housekeeping.sweep = true;
}

static void end(struct fixture *fixture) {
    housekeeping_free(&fixture->housekeeping);
    store_close(fixture->store);
    arena_free(&fixture->arena);
}

static struct utc days_ago(const struct fixture *fixture, int64_t days) {
    return utc_add(fixture->now, span_seconds(-DAY * days));
}

static void write_now(const struct fixture *fixture,
                      bool (*run)(struct store_tx *, void *, struct err *), void *context) {
    struct err err = ERR_INIT;
    if (!store_write_wait(fixture->store, run, context, &err)) fail_msg("%s", err.msg);
}

/* A round; returns of how many pieces. */
static int sweep(struct fixture *fixture) {
    int pieces = 0;
    housekeeping_begin_round(&fixture->housekeeping);
    do {
        write_now(fixture, housekeeping_run, &fixture->housekeeping);
        assert_true(++pieces < 1000);
    } while (fixture->housekeeping.more_to_sweep);
    return pieces;
}

/* ---- idempotency keys ---- */

static bool put_keys(struct store_tx *tx, void *context, struct err *err) {
    static const int64_t ages[] = {29, 31}; // days
    static const struct str keys[] = {STR_INIT("young"), STR_INIT("old")};
    for (size_t i = 0; i < COUNT_OF(ages); i++) {
        struct idempotency entry = {.scope = STR("s"),
                                    .key = keys[i],
                                    .status = 201,
                                    .body = STR("{}"),
                                    .created_at = days_ago(context, ages[i])};
        if (!store_idempotency_put(tx, &entry, err)) return false;
    }
    return true;
}

static bool has_key(struct fixture *fixture, struct str key) {
    struct err err = ERR_INIT;
    struct idempotency found;
    struct store_tx *tx = store_read_begin(fixture->store, &err);
    bool ok = store_idempotency_get(tx, STR("s"), key, UTC_NONE, &fixture->arena, &found, &err);
    store_read_end(tx);
    return ok;
}

static void test_keys_go_after_their_days_and_not_before(void **state) {
    (void)state;
    static const int64_t days[] = {0, 30}; // 0: never
    for (size_t i = 0; i < COUNT_OF(days); i++) {
        struct fixture fixture;
        begin(&fixture, days[i], 0);
        write_now(&fixture, put_keys, &fixture);
        assert_int_equal(sweep(&fixture), 1);
        assert_int_equal(has_key(&fixture, STR("old")), days[i] == 0);
        assert_true(has_key(&fixture, STR("young")));
        end(&fixture);
    }
}

/* ---- executions ---- */

struct history {
    const struct fixture *fixture;
    struct job job;
    int64_t count;      // one a day, the newest today
    int64_t failed_ago; // that one Failed; 0 = none
};

/* An ended execution for each day, and one Pending that is older than all of them. */
static bool put_history(struct store_tx *tx, void *context, struct err *err) {
    struct history *history = context;
    if (!store_job_insert(tx, &history->job, err)) return false;
    for (int64_t days = history->count; days >= 0; days--) {
        bool waits = days == history->count;
        struct utc at = days_ago(history->fixture, days);
        struct new_execution execution = {.id = guid_new(at),
                                          .job_row = history->job.row,
                                          .status = waits ? EXECUTION_PENDING : EXECUTION_RUNNING,
                                          .queue = STR("default"),
                                          .trigger = TRIGGER_MANUAL,
                                          .scheduled_for = at,
                                          .created_at = at,
                                          .available_at = at,
                                          .started_at = waits ? UTC_NONE : at,
                                          .node_name = waits ? STR_NONE : STR("n1")};
        if (!store_execution_insert(tx, &execution, err)) return false;
        bool failed = days == history->failed_ago && days > 0;
        struct settlement settlement = {
            .execution_row = execution.row,
            .job_row = history->job.row,
            .fence = execution.fence,
            .status = failed ? EXECUTION_FAILED : EXECUTION_SUCCEEDED,
            .completed_at = at,
        };
        if (!waits && !store_settle(tx, &settlement, 1, err)) return false;
    }
    return true;
}

static struct history history_of(const struct fixture *fixture, struct str retention,
                                 int64_t count) {
    return (struct history){
        .fixture = fixture,
        .job = {.id = guid_new(fixture->now),
                .revision = 1,
                .name = STR("a job"),
                .type = JOB_HTTP_CALL,
                .schedule_type = SCHEDULE_ONE_TIME,
                .interval_mode = INTERVAL_FIXED_RATE,
                .run_at = fixture->now,
                .timezone = STR("UTC"),
                .configuration = STR("{}"),
                .retry_policy = STR("{}"),
                .retention = retention,
                .tags = STR("[]"),
                .timeout_seconds = 60,
                .queue = STR("default"),
                .concurrency_policy = CONCURRENCY_ALLOW,
                .misfire_policy = MISFIRE_FIRE_ONCE,
                .gap_policy = GAP_RUN_AFTER,
                .overlap_policy = OVERLAP_AUTO,
                .is_enabled = true,
                .next_run_at = UTC_NEVER,
                .wake_at = UTC_NEVER,
                .created_at = fixture->now,
                .updated_at = fixture->now},
        .count = count,
    };
}

static int64_t left(struct fixture *fixture, const struct history *history,
                    enum execution_status status) {
    struct err err = ERR_INIT;
    struct execution_page page;
    struct execution_filter filter = {
        .job_row = history->job.row, .status = (int64_t)status, .limit = 10000};
    struct store_tx *tx = store_read_begin(fixture->store, &err);
    assert_true(store_execution_list(tx, &filter, &fixture->arena, &page, &err));
    store_read_end(tx);
    return page.total;
}

static void test_executions_go_after_their_days_unless_the_job_says_otherwise(void **state) {
    (void)state;
    struct fixture fixture;
    begin(&fixture, 30, 10);
    struct history usual = history_of(&fixture, STR_NONE, 40);
    struct history longer = history_of(&fixture, STR("{\"days\":20}"), 40);
    struct history few = history_of(&fixture, STR("{\"count\":3}"), 40);
    few.failed_ago = 35;
    write_now(&fixture, put_history, &usual);
    write_now(&fixture, put_history, &longer);
    write_now(&fixture, put_history, &few);
    (void)sweep(&fixture);
    assert_int_equal(left(&fixture, &usual, EXECUTION_SUCCEEDED), 11); // today to ten days ago
    assert_int_equal(left(&fixture, &longer, EXECUTION_SUCCEEDED), 21);
    assert_int_equal(left(&fixture, &few, EXECUTION_SUCCEEDED), 3);
    assert_int_equal(left(&fixture, &few, EXECUTION_FAILED), 1); // the latest one stays
    assert_int_equal(left(&fixture, &usual, EXECUTION_PENDING), 1);
    assert_int_equal(left(&fixture, &few, EXECUTION_PENDING), 1);
    assert_int_equal(sweep(&fixture), 1); // nothing left to do
    assert_int_equal(left(&fixture, &usual, EXECUTION_SUCCEEDED), 11);
    end(&fixture);
}

static void test_without_a_limit_nothing_goes(void **state) {
    (void)state;
    struct fixture fixture;
    begin(&fixture, 0, 0);
    struct history usual = history_of(&fixture, STR_NONE, 400);
    struct history unreadable = history_of(&fixture, STR("{\"weeks\":1}"), 400);
    write_now(&fixture, put_history, &usual);
    write_now(&fixture, put_history, &unreadable);
    assert_int_equal(sweep(&fixture), 1);
    assert_int_equal(left(&fixture, &usual, EXECUTION_SUCCEEDED), 400);
    assert_int_equal(left(&fixture, &unreadable, EXECUTION_SUCCEEDED), 400);
    end(&fixture);
}

/* When pieces take long they become small, and a round becomes many of them. */
static void test_the_size_of_a_piece_follows_from_the_time_it_takes(void **state) {
    (void)state;
    struct fixture fixture;
    begin(&fixture, 0, 10);
    struct history usual = history_of(&fixture, STR_NONE, 1000);
    write_now(&fixture, put_history, &usual);
    fixture.step_us = 20000; // each look at the clock finds it so much later
    assert_in_range(sweep(&fixture), 20, 200);
    assert_int_equal(left(&fixture, &usual, EXECUTION_SUCCEEDED), 11);
    assert_int_equal(fixture.housekeeping.limits[CHORE_EXECUTIONS], 10);
    fixture.step_us = 0;
    struct history more = history_of(&fixture, STR_NONE, 1000);
    write_now(&fixture, put_history, &more);
    assert_in_range(sweep(&fixture), 2, 12); // and grow again
    assert_true(fixture.housekeeping.limits[CHORE_EXECUTIONS] > 100);
    end(&fixture);
}

/* ---- workflow runs ---- */

/* One a day, the newest today; that of 50 days ago still runs. */
static bool put_runs(struct store_tx *tx, void *context, struct err *err) {
    const struct fixture *fixture = context;
    struct workflow workflow = {.id = guid_new(fixture->now),
                                .revision = 1,
                                .name = STR("nightly"),
                                .jobs = STR("[]"),
                                .created_at = days_ago(fixture, 60),
                                .updated_at = days_ago(fixture, 60)};
    if (!store_workflow_insert(tx, &workflow, NULL, 0, err)) return false;
    for (int64_t days = 59; days >= 0; days--) {
        struct utc at = days_ago(fixture, days);
        struct workflow_run run = {.id = guid_new(at),
                                   .workflow_row = workflow.row,
                                   .status = days == 50 ? EXECUTION_RUNNING : EXECUTION_FAILED,
                                   .trigger = TRIGGER_MANUAL,
                                   .scheduled_for = at,
                                   .created_at = at,
                                   .completed_at = days == 50 ? UTC_NONE : at,
                                   .jobs = STR("[]")};
        bool inserted;
        if (!store_run_insert(tx, &run, NULL, 0, &inserted, err)) return false;
    }
    return true;
}

static struct run_page runs_left(struct fixture *fixture) {
    struct err err = ERR_INIT;
    struct run_page page = {0};
    const struct run_filter all = {.limit = 100};
    struct store_tx *tx = store_read_begin(fixture->store, &err);
    assert_true(store_run_list(tx, &all, &fixture->arena, &page, &err));
    store_read_end(tx);
    return page;
}

static void test_runs_of_workflows_go_with_the_executions(void **state) {
    (void)state;
    struct fixture fixture;
    begin(&fixture, 0, 30);
    write_now(&fixture, put_runs, &fixture);
    (void)sweep(&fixture);
    struct run_page left = runs_left(&fixture);
    assert_int_equal(left.total, 32); // of today, of the 30 days before, and the one that runs
    assert_true(utc_equal(left.items[30].created_at, days_ago(&fixture, 30)));
    assert_int_equal(left.items[31].status, EXECUTION_RUNNING);
    end(&fixture);

    begin(&fixture, 30, 0); // for ever
    write_now(&fixture, put_runs, &fixture);
    (void)sweep(&fixture);
    assert_int_equal(runs_left(&fixture).total, 60);
    end(&fixture);
}
