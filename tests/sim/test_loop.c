/* The engine with its real thread, on the memory store with its own committer: what only shows when
 * several threads are at work. */
#include "engine/engine.h"
#include "model/job_schedule.h"
#include "store/memory/memory_store.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Ends at once, or when it is stopped. */
struct patient {
    struct handler handler;
    bool waits;
    int says; // so often how far it is, at its start
    atomic_int started, stopped;
    _Atomic int64_t last_row;
};

static void patient_start(struct handler *handler, struct run *run) {
    struct patient *patient = (struct patient *)(void *)handler;
    patient->last_row = run->execution->row;
    patient->started++;
    for (int i = 1; i <= patient->says; i++) run_tell_progress(run, i, STR("step by step"));
    if (!patient->waits)
        run_finish(run, &(struct run_result){.status = EXECUTION_SUCCEEDED, .output = STR("done")});
}

static void patient_stop(struct handler *handler, struct run *run) {
    struct patient *patient = (struct patient *)(void *)handler;
    patient->stopped++;
    if (patient->says > 0) run_tell_progress(run, 99, STR_NONE);
    run_finish(run, &(struct run_result){.status = EXECUTION_FAILED,
                                         .error_message = STR("stopped half way")});
}

static void patient_free(struct handler *handler) {
    (void)handler;
}

static bool make_handlers(void *context, uv_loop_t *loop, struct handler *handlers[ENGINE_HANDLERS],
                          struct err *err) {
    (void)loop;
    (void)err;
    handlers[JOB_HTTP_CALL] = context;
    return true;
}

static bool refuse_handlers(void *context, uv_loop_t *loop,
                            struct handler *handlers[ENGINE_HANDLERS], struct err *err) {
    (void)context;
    (void)loop;
    (void)handlers;
    return err_set(err, ERR_INTERNAL, "no handler today");
}

struct fixture {
    struct store *store;
    struct zone_cache *zones;
    struct patient patient;
    atomic_int events, progress_events;
    _Atomic int64_t percent; // of the last
    struct engine_options options;
    struct engine *engine;
};

static void note_event(void *context, const struct engine_event *event) {
    struct fixture *fixture = context;
    assert_false(guid_is_zero(event->execution_id));
    assert_int_equal(event->job_type, JOB_HTTP_CALL);
    if (event->is_progress) {
        assert_int_equal(event->status, EXECUTION_RUNNING);
        assert_true(str_equal(event->progress_text, STR("step by step")));
        fixture->percent = event->progress_percent;
        fixture->progress_events++;
    } else {
        fixture->events++;
    }
}

static void prepare(struct fixture *fixture) {
    static const struct str queues[] = {STR_INIT("default")};
    *fixture = (struct fixture){
        .store = memory_store_new(&(struct memory_store_options){0}),
        .zones = zone_cache_new(STR("/usr/share/zoneinfo")),
        .patient.handler = {.type = JOB_HTTP_CALL,
                            .start = patient_start,
                            .stop = patient_stop,
                            .free = patient_free},
    };
    fixture->options = (struct engine_options){.store = fixture->store,
                                               .clock = clock_system(),
                                               .zones = fixture->zones,
                                               .node_name = STR("n1"),
                                               .version = STR("test"),
                                               .worker_count = 4,
                                               .queues = queues,
                                               .queue_count = 1,
                                               .max_output_bytes = 1024,
                                               .heartbeat = span_seconds(30),
                                               .shutdown_grace = span_ms(50),
                                               .retry_orphans = true,
                                               .make_handlers = make_handlers,
                                               .handlers_context = &fixture->patient,
                                               .on_event = note_event,
                                               .event_context = fixture};
}

static void start(struct fixture *fixture) {
    struct err err = ERR_INIT;
    fixture->engine = engine_start(&fixture->options, &err);
    if (fixture->engine == NULL) fail_msg("%s", err.msg);
}

static void tidy(struct fixture *fixture) {
    store_close(fixture->store);
    zone_cache_free(fixture->zones);
}

static bool insert(struct store_tx *tx, void *context, struct err *err) {
    return store_job_insert(tx, context, err);
}

static struct guid add_job(struct fixture *fixture, struct utc run_at) {
    struct job job = {.id = guid_new(clock_now(clock_system())),
                      .revision = 1,
                      .name = STR("once"),
                      .type = JOB_HTTP_CALL,
                      .schedule_type = SCHEDULE_ONE_TIME,
                      .run_at = run_at,
                      .timezone = STR("UTC"),
                      .configuration = STR("{}"),
                      .retry_policy = STR("{\"maxAttempts\":1,\"delaySeconds\":1,"
                                          "\"backoff\":\"Fixed\",\"maxDelaySeconds\":1,"
                                          "\"jitter\":false,\"retryOnStatusCodes\":[],"
                                          "\"retryOnErrorTypes\":[]}"),
                      .tags = STR("[]"),
                      .timeout_seconds = 60,
                      .queue = STR("default"),
                      .concurrency_policy = CONCURRENCY_ALLOW,
                      .misfire_policy = MISFIRE_FIRE_ONCE,
                      .is_enabled = true,
                      .created_at = clock_now(clock_system()),
                      .updated_at = clock_now(clock_system())};
    struct err err = ERR_INIT;
    assert_true(job_plan_first(&job, fixture->zones, clock_now(clock_system()), &err));
    assert_true(store_write_wait(fixture->store, insert, &job, &err));
    if (fixture->engine) engine_poke(fixture->engine);
    return job.id;
}

static struct totals totals_of(const struct fixture *fixture) {
    struct err err = ERR_INIT;
    struct totals totals = {0};
    struct store_tx *tx = store_read_begin(fixture->store, &err);
    assert_non_null(tx);
    assert_true(store_totals(tx, &totals, &err));
    store_read_end(tx);
    return totals;
}

static uint64_t counted(const struct histogram *histogram) {
    uint64_t count = 0;
    for (size_t i = 0; i <= histogram->bound_count; i++) count += histogram->counts[i];
    return count;
}

/* Waits for a condition, ten seconds at most. */
#define WAIT_FOR(condition) \
    do { \
        for (int tries_ = 0; tries_ < 2000 && !(condition); tries_++) \
            (void)nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL); \
        assert_true(condition); \
    } while (0)

static void test_a_run_of_the_past_is_done_at_once_and_settled(void **state) {
    (void)state;
    struct fixture fixture;
    prepare(&fixture);
    start(&fixture);
    (void)add_job(&fixture, utc_add(clock_now(clock_system()), span_seconds(-100)));
    WAIT_FOR(totals_of(&fixture).succeeded == 1);
    WAIT_FOR(engine_figures(fixture.engine).succeeded == 1);
    assert_int_equal(fixture.events, 2); // Running, Succeeded
    const struct engine_metrics *metrics = engine_metrics(fixture.engine);
    assert_int_equal(metrics->ended[JOB_HTTP_CALL][EXECUTION_SUCCEEDED], 1);
    assert_int_equal(metrics->ended[JOB_HTTP_CALL][EXECUTION_FAILED], 0);
    assert_int_equal(counted(&metrics->duration_us[JOB_HTTP_CALL]), 1);
    engine_stop(fixture.engine);
    assert_int_equal(totals_of(&fixture).running, 0);
    tidy(&fixture);
}

static void test_a_run_of_the_future_is_not_early(void **state) {
    (void)state;
    struct fixture fixture;
    prepare(&fixture);
    start(&fixture);
    struct utc due = utc_add(clock_now(clock_system()), span_ms(150));
    (void)add_job(&fixture, due);
    WAIT_FOR(fixture.patient.started == 1);
    assert_false(utc_before(clock_now(clock_system()), due));
    const struct engine_metrics *metrics = engine_metrics(fixture.engine);
    assert_int_equal(counted(&metrics->lateness_us), 1);
    assert_in_range(metrics->lateness_us.sum, 0, 10000000);
    engine_stop(fixture.engine);
    tidy(&fixture);
}

/* What the newest execution's record says. */
static void assert_message(const struct fixture *fixture, const char *expected) {
    struct err err = ERR_INIT;
    struct arena arena = {0};
    struct execution_page page;
    struct execution_filter filter = {.limit = 1};
    struct store_tx *tx = store_read_begin(fixture->store, &err);
    assert_non_null(tx);
    assert_true(store_execution_list(tx, &filter, &arena, &page, &err));
    assert_int_equal(page.count, 1);
    assert_true(str_equal(page.items[0].error_message, str_from_cstr(expected)));
    store_read_end(tx);
    arena_free(&arena);
}

/* Told many times, written once, and again with the end. */
static void test_progress_is_written_now_and_then_and_with_the_end(void **state) {
    (void)state;
    struct fixture fixture;
    prepare(&fixture);
    fixture.patient.waits = true;
    fixture.patient.says = 50;
    start(&fixture);
    (void)add_job(&fixture, clock_now(clock_system()));
    WAIT_FOR(fixture.progress_events == 1);
    assert_int_equal(fixture.percent, 50);
    engine_cancel(fixture.engine, fixture.patient.last_row, STR("cancelled"));
    WAIT_FOR(totals_of(&fixture).cancelled == 1);
    engine_stop(fixture.engine);
    assert_int_equal(fixture.progress_events, 1);
    struct err err = ERR_INIT;
    struct arena arena = {0};
    struct execution_page page;
    struct execution_filter filter = {.limit = 1};
    struct store_tx *tx = store_read_begin(fixture.store, &err);
    assert_true(store_execution_list(tx, &filter, &arena, &page, &err));
    assert_true(page.items[0].has_progress);
    assert_int_equal(page.items[0].progress_percent, 99);
    assert_true(str_is_absent(page.items[0].progress_text));
    store_read_end(tx);
    arena_free(&arena);
    tidy(&fixture);
}

static void test_cancel_stops_what_runs(void **state) {
    (void)state;
    struct fixture fixture;
    prepare(&fixture);
    fixture.patient.waits = true;
    start(&fixture);
    (void)add_job(&fixture, clock_now(clock_system()));
    WAIT_FOR(fixture.patient.started == 1);
    engine_cancel(fixture.engine, fixture.patient.last_row, STR("cancelled by ann@example.org"));
    engine_cancel(fixture.engine, fixture.patient.last_row, STR("cancelled by bob@example.org"));
    engine_cancel(fixture.engine, 12345, STR_NONE); // nobody: nothing happens
    WAIT_FOR(totals_of(&fixture).cancelled == 1);
    assert_int_equal(fixture.patient.stopped, 1);
    engine_stop(fixture.engine);
    assert_message(&fixture, "cancelled by ann@example.org: stopped half way");
    tidy(&fixture);
}

static void test_shutdown_hands_back_and_the_next_engine_takes_over(void **state) {
    (void)state;
    struct fixture fixture;
    prepare(&fixture);
    fixture.patient.waits = true;
    start(&fixture);
    (void)add_job(&fixture, clock_now(clock_system()));
    WAIT_FOR(fixture.patient.started == 1);
    engine_stop(fixture.engine);
    assert_int_equal(totals_of(&fixture).pending, 1);
    fixture.patient.waits = false;
    start(&fixture);
    WAIT_FOR(totals_of(&fixture).succeeded == 1);
    engine_stop(fixture.engine);
    assert_int_equal(totals_of(&fixture).executions, 1);
    tidy(&fixture);
}

static void test_a_store_that_fails_at_the_start_is_said(void **state) {
    (void)state;
    struct fixture fixture;
    prepare(&fixture);
    memory_store_fail_next(fixture.store, 1);
    struct err err = ERR_INIT;
    assert_null(engine_start(&fixture.options, &err));
    assert_int_equal(err.kind, ERR_UNAVAILABLE);
    tidy(&fixture);
}

static void test_handlers_that_cannot_be_made_are_said(void **state) {
    (void)state;
    struct fixture fixture;
    prepare(&fixture);
    fixture.options.make_handlers = refuse_handlers;
    struct err err = ERR_INIT;
    assert_null(engine_start(&fixture.options, &err));
    assert_true(strstr(err.msg, "no handler today") != NULL);
    tidy(&fixture);
}

static void test_results_survive_a_store_that_goes_away(void **state) {
    (void)state;
    struct fixture fixture;
    prepare(&fixture);
    start(&fixture);
    for (int i = 0; i < 20; i++) (void)add_job(&fixture, clock_now(clock_system()));
    memory_store_fail_next(fixture.store, 2);
    memory_store_lose_answer_next(fixture.store, 2);
    WAIT_FOR(totals_of(&fixture).succeeded == 20);
    assert_int_equal(fixture.patient.started, 20);
    engine_stop(fixture.engine);
    tidy(&fixture);
}

/* ---- requests that reach the engine through the store ---- */

struct ask {
    const struct fixture *fixture;
    const char *reason;
};

static bool ask_all_to_stop(struct store_tx *tx, void *context, struct err *err) {
    const struct ask *ask = context;
    struct arena arena = {0};
    struct execution_page page;
    struct execution_filter filter = {.status = EXECUTION_RUNNING, .limit = 10};
    bool ok = store_execution_list(tx, &filter, &arena, &page, err);
    for (size_t i = 0; ok && i < page.count; i++) {
        enum cancel_result result;
        struct execution execution;
        ok = store_execution_cancel(tx, page.items[i].id, str_from_cstr(ask->reason),
                                    clock_now(clock_system()), &arena, &result, &execution, err);
        assert_int_equal(result, CANCEL_REQUESTED);
    }
    arena_free(&arena);
    return ok;
}

static void ask_to_stop(const struct fixture *fixture, const char *reason) {
    struct err err = ERR_INIT;
    struct ask ask = {fixture, reason};
    assert_true(store_write_wait(fixture->store, ask_all_to_stop, &ask, &err));
}

static void test_a_request_in_the_store_stops_it_and_says_who_asked(void **state) {
    (void)state;
    struct fixture fixture;
    prepare(&fixture);
    fixture.patient.waits = true;
    start(&fixture);
    (void)add_job(&fixture, clock_now(clock_system()));
    WAIT_FOR(fixture.patient.started == 1);
    ask_to_stop(&fixture, "cancelled by ann@example.org");
    WAIT_FOR(totals_of(&fixture).cancelled == 1); // the engine looks by itself
    engine_stop(fixture.engine);
    assert_message(&fixture, "cancelled by ann@example.org: stopped half way");
    tidy(&fixture);
}

/* Ends and requests to cancel meet: one of them wins, and the record says which. */
static void test_a_run_that_ends_while_it_is_cancelled_is_one_of_the_two(void **state) {
    (void)state;
    struct fixture fixture;
    prepare(&fixture);
    start(&fixture);
    for (int i = 0; i < 200; i++) {
        (void)add_job(&fixture, clock_now(clock_system()));
        ask_to_stop(&fixture, "cancelled by ann@example.org");
        if (i % 2) engine_cancel(fixture.engine, fixture.patient.last_row, STR("cancelled by bob"));
    }
    WAIT_FOR(totals_of(&fixture).succeeded + totals_of(&fixture).cancelled == 200);
    engine_stop(fixture.engine);
    struct err err = ERR_INIT;
    struct arena arena = {0};
    struct execution_page page;
    struct execution_filter filter = {.limit = 1000};
    struct store_tx *tx = store_read_begin(fixture.store, &err);
    assert_true(store_execution_list(tx, &filter, &arena, &page, &err));
    assert_int_equal(page.count, 200);
    for (size_t i = 0; i < page.count; i++) {
        bool cancelled = page.items[i].status == EXECUTION_CANCELLED;
        assert_true(cancelled || page.items[i].status == EXECUTION_SUCCEEDED);
        assert_int_equal(str_starts_with(page.items[i].error_message, STR("cancelled by ")),
                         cancelled);
    }
    store_read_end(tx);
    arena_free(&arena);
    tidy(&fixture);
}

/* ---- pause-all ---- */

static bool set_paused(struct store_tx *tx, void *context, struct err *err) {
    const bool *paused = context;
    char now[RFC3339_LENGTH + 1];
    utc_format(clock_now(clock_system()), now);
    struct str name = *paused ? STR("paused_all_from") : STR("paused_all_until");
    return store_meta_set(tx, STR("paused_all"), *paused ? STR("1") : STR_NONE, err) &&
           store_meta_set(tx, name, str_from_cstr(now), err);
}

static void pause_all(struct fixture *fixture, bool paused) {
    struct err err = ERR_INIT;
    assert_true(store_write_wait(fixture->store, set_paused, &paused, &err));
    if (!paused) engine_poke(fixture->engine);
}

static void test_nothing_starts_once_the_wait_for_a_pause_is_over(void **state) {
    (void)state;
    struct fixture fixture;
    prepare(&fixture);
    start(&fixture);
    for (int round = 0; round < 20; round++) {
        for (int i = 0; i < 10; i++) (void)add_job(&fixture, clock_now(clock_system()));
        pause_all(&fixture, true);
        assert_true(engine_wait_paused(fixture.engine, span_seconds(10)));
        int started = fixture.patient.started;
        assert_true(engine_figures(fixture.engine).paused);
        (void)nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
        assert_int_equal(fixture.patient.started, started);
        pause_all(&fixture, false);
    }
    WAIT_FOR(totals_of(&fixture).succeeded == 200);
    engine_stop(fixture.engine);
    tidy(&fixture);
}

static void *wait_for_pause(void *context) {
    struct fixture *fixture = context;
    if (engine_wait_paused(fixture->engine, span_seconds(10))) fixture->events++;
    return NULL;
}

static void test_many_may_wait_for_a_pause(void **state) {
    (void)state;
    struct fixture fixture;
    prepare(&fixture);
    start(&fixture);
    pause_all(&fixture, true);
    pthread_t threads[16];
    for (size_t i = 0; i < COUNT_OF(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, wait_for_pause, &fixture), 0);
    for (size_t i = 0; i < COUNT_OF(threads); i++) (void)pthread_join(threads[i], NULL);
    assert_int_equal(fixture.events, COUNT_OF(threads));
    engine_stop(fixture.engine);
    tidy(&fixture);
}

static void test_a_wait_for_a_pause_ends_when_the_store_is_away(void **state) {
    (void)state;
    struct fixture fixture;
    prepare(&fixture);
    start(&fixture);
    pause_all(&fixture, true);
    memory_store_fail_next(fixture.store, 1000);
    assert_false(engine_wait_paused(fixture.engine, span_ms(50)));
    memory_store_fail_next(fixture.store, 0);
    engine_stop(fixture.engine);
    tidy(&fixture);
}

static void test_an_engine_that_starts_under_a_pause_starts_nothing(void **state) {
    (void)state;
    struct fixture fixture;
    prepare(&fixture);
    (void)add_job(&fixture, clock_now(clock_system()));
    pause_all(&fixture, true);
    start(&fixture);
    assert_true(engine_figures(fixture.engine).paused); // from the first moment
    assert_true(engine_wait_paused(fixture.engine, span_seconds(10)));
    assert_int_equal(fixture.patient.started, 0);
    pause_all(&fixture, false);
    WAIT_FOR(totals_of(&fixture).succeeded == 1);
    assert_false(engine_figures(fixture.engine).paused);
    engine_stop(fixture.engine);
    tidy(&fixture);
}
