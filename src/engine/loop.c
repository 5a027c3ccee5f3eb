/* loop.c - the engine's thread: a libuv loop around the core; see engine.h and core.h.
 *
 * Everybody else leaves what they have in a box under a lock and rings (uv_async_send); the loop
 * empties the box, hands each thing to the core, and lets it take a turn. The committer's answers
 * come the same way, so the loop never waits for the store.
 *
 * The timer: libuv counts whole milliseconds, cut off. The instant asked for is rounded up to the
 * next whole millisecond of that same count, so the timer is never early, and late by the rest of a
 * millisecond.
 */
#include "engine/core.h"

#include "base/log.h"
#include "base/mem.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

struct asked_cancel {
    int64_t row;
    char *reason; // NULL = none
};

struct engine {
    struct engine_options options;
    pthread_t thread;

    /* shared, under lock */
    pthread_mutex_t lock;
    pthread_cond_t news;                    // of state and pause_reached
    struct store_write *inbox, **inbox_end; // answered, in order
    struct asked_cancel *cancels;
    size_t cancel_count, cancel_capacity;
    uint64_t pause_asked, pause_reached; // tickets; see core_pause
    bool poked, stopping;
    enum core_state state;
    bool failed_to_begin; // before there was a core
    struct err failure;
    struct engine_figures figures;

    struct engine_metrics metrics; // of atomics

    /* any thread may ring it */
    uv_async_t bell;

    /* engine thread only */
    uv_loop_t loop;
    uv_timer_t timer;
    uint64_t pause_told; // to the core
    struct core *core;
    struct handler *handlers[ENGINE_HANDLERS];
    bool closing;
};

/* What was in the box. */
struct delivery {
    struct store_write *inbox;
    struct asked_cancel *cancels;
    size_t cancel_count;
    uint64_t pause_asked;
    bool poked, stopping;
};

static struct delivery empty_the_box(struct engine *engine) {
    (void)pthread_mutex_lock(&engine->lock);
    struct delivery delivery = {.inbox = engine->inbox,
                                .cancels = engine->cancels,
                                .cancel_count = engine->cancel_count,
                                .pause_asked = engine->pause_asked,
                                .poked = engine->poked,
                                .stopping = engine->stopping};
    engine->inbox = NULL;
    engine->inbox_end = &engine->inbox;
    engine->cancels = NULL;
    engine->cancel_count = engine->cancel_capacity = 0;
    engine->poked = false;
    (void)pthread_mutex_unlock(&engine->lock);
    return delivery;
}

static void publish(struct engine *engine) {
    enum core_state state = core_state(engine->core);
    struct engine_figures figures = core_figures(engine->core);
    (void)pthread_mutex_lock(&engine->lock);
    figures.turns = engine->figures.turns + 1;
    engine->figures = figures;
    if (state == CORE_FAILED) engine->failure = *core_failure(engine->core);
    uint64_t reached = core_pause_reached(engine->core);
    if (engine->state != state || engine->pause_reached != reached) {
        engine->state = state;
        engine->pause_reached = reached;
        (void)pthread_cond_broadcast(&engine->news);
    }
    (void)pthread_mutex_unlock(&engine->lock);
}

static void turn(struct engine *engine) {
    if (engine->closing) return;
    core_turn(engine->core);
    publish(engine);
    enum core_state state = core_state(engine->core);
    if (state != CORE_STOPPED && state != CORE_FAILED) return;
    engine->closing = true;
    uv_close((uv_handle_t *)&engine->timer, NULL);
    uv_close((uv_handle_t *)&engine->bell, NULL);
    uv_stop(&engine->loop);
}

static void bell_rings(uv_async_t *bell) {
    struct engine *engine = bell->data;
    if (engine->closing) return;
    struct delivery delivery = empty_the_box(engine);
    while (delivery.inbox) {
        struct store_write *write = delivery.inbox;
        delivery.inbox = write->next;
        core_write_done(engine->core, write);
    }
    if (delivery.poked) core_poke(engine->core);
    if (delivery.pause_asked > engine->pause_told) core_pause(engine->core, delivery.pause_asked);
    engine->pause_told = delivery.pause_asked;
    for (size_t i = 0; i < delivery.cancel_count; i++) {
        struct asked_cancel *cancel = &delivery.cancels[i];
        core_cancel(engine->core, cancel->row,
                    cancel->reason ? str_from_cstr(cancel->reason) : STR_NONE);
        free(cancel->reason);
    }
    free(delivery.cancels);
    if (delivery.stopping) core_shutdown(engine->core);
    turn(engine);
}

static void timer_fires(uv_timer_t *timer) {
    turn(timer->data);
}

/* ---- what the core asks of us ---------------------------------------------------------------- */

static void wake_at(void *context, struct mono at) {
    struct engine *engine = context;
    if (engine->closing) return;
    uv_update_time(&engine->loop);
    int64_t wait = mono_diff(at, clock_mono(engine->options.clock)).us;
    uint64_t ms = 0;
    if (wait > 0) {
        uint64_t due_us = uv_hrtime() / 1000 + (uint64_t)wait;
        uint64_t tick = (due_us + 999) / 1000;
        uint64_t now = uv_now(&engine->loop);
        ms = tick > now ? tick - now : 0;
    }
    (void)uv_timer_start(&engine->timer, timer_fires, ms, 0);
}

static void written(void *context, struct store_write *write) {
    struct engine *engine = context;
    write->next = NULL;
    (void)pthread_mutex_lock(&engine->lock);
    *engine->inbox_end = write;
    engine->inbox_end = &write->next;
    /* Inside the lock: the engine cannot be gone before it has seen this write. */
    (void)uv_async_send(&engine->bell);
    (void)pthread_mutex_unlock(&engine->lock);
}

/* ---- the thread ------------------------------------------------------------------------------ */

static bool begin(struct engine *engine) {
    engine->timer.data = engine->bell.data = engine;
    struct err err = ERR_INIT;
    if (engine->options.make_handlers &&
        !engine->options.make_handlers(engine->options.handlers_context, &engine->loop,
                                       engine->handlers, &err)) {
        (void)pthread_mutex_lock(&engine->lock);
        engine->failed_to_begin = true;
        engine->failure = err;
        engine->state = CORE_FAILED;
        (void)pthread_cond_broadcast(&engine->news);
        (void)pthread_mutex_unlock(&engine->lock);
        return false;
    }
    struct core_io io = {.clock = engine->options.clock,
                         .wake_at = wake_at,
                         .written = written,
                         .context = engine,
                         .metrics = &engine->metrics};
    engine->core = core_new(&engine->options, &io, engine->handlers);
    return true;
}

/* Runs the loop until every handle on it is closed. */
static void end(struct engine *engine) {
    for (size_t i = 0; i < ENGINE_HANDLERS; i++)
        if (engine->handlers[i]) engine->handlers[i]->free(engine->handlers[i]);
    (void)uv_run(&engine->loop, UV_RUN_DEFAULT);
    (void)uv_loop_close(&engine->loop);
}

static void *thread_main(void *context) {
    struct engine *engine = context;
    if (begin(engine)) {
        turn(engine);
        while (!engine->closing) (void)uv_run(&engine->loop, UV_RUN_DEFAULT);
        if (core_has_stuck_runs(engine->core)) {
            /* Their handlers still point to them: the process is about to end, so let them. */
            log_error("handlers still running at the end", "running=%lld",
                      (long long)core_figures(engine->core).workers_busy);
            return NULL;
        }
        core_free(engine->core);
        engine->core = NULL;
    } else {
        engine->closing = true;
        uv_close((uv_handle_t *)&engine->timer, NULL);
        uv_close((uv_handle_t *)&engine->bell, NULL);
    }
    end(engine);
    return NULL;
}

/* ---- engine.h -------------------------------------------------------------------------------- */

static void engine_free(struct engine *engine) {
    (void)pthread_mutex_destroy(&engine->lock);
    (void)pthread_cond_destroy(&engine->news);
    for (size_t i = 0; i < engine->cancel_count; i++) free(engine->cancels[i].reason);
    free(engine->cancels);
    free(engine);
}

/* Signals are the main thread's business. */
static bool start_thread(struct engine *engine) {
    sigset_t all, before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&engine->thread, NULL, thread_main, engine);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failed == 0;
}

static void init_metrics(struct engine_metrics *metrics) {
    for (size_t i = 0; i < ENGINE_HANDLERS; i++)
        histogram_init(&metrics->duration_us[i], histogram_durations, HISTOGRAM_DURATIONS);
    histogram_init(&metrics->lateness_us, histogram_durations, HISTOGRAM_DURATIONS);
}

struct engine *engine_start(const struct engine_options *options, struct err *err) {
    struct engine *engine = xcalloc(1, sizeof *engine);
    engine->options = *options;
    engine->inbox_end = &engine->inbox;
    engine->state = CORE_STARTING;
    init_metrics(&engine->metrics);
    (void)pthread_mutex_init(&engine->lock, NULL);
    pthread_condattr_t monotonic;
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&engine->news, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
    if (uv_loop_init(&engine->loop) != 0) {
        engine_free(engine);
        (void)err_set(err, ERR_INTERNAL, "the event loop cannot be made");
        return NULL;
    }
    (void)uv_timer_init(&engine->loop, &engine->timer);
    (void)uv_async_init(&engine->loop, &engine->bell, bell_rings);
    if (!start_thread(engine)) {
        uv_close((uv_handle_t *)&engine->timer, NULL);
        uv_close((uv_handle_t *)&engine->bell, NULL);
        (void)uv_run(&engine->loop, UV_RUN_DEFAULT);
        (void)uv_loop_close(&engine->loop);
        engine_free(engine);
        (void)err_set(err, ERR_INTERNAL, "the engine's thread cannot be started");
        return NULL;
    }
    (void)pthread_mutex_lock(&engine->lock);
    while (engine->state == CORE_STARTING) (void)pthread_cond_wait(&engine->news, &engine->lock);
    bool failed = engine->state == CORE_FAILED;
    (void)pthread_mutex_unlock(&engine->lock);
    if (!failed) return engine;
    (void)pthread_join(engine->thread, NULL);
    if (err) *err = engine->failure;
    (void)err_wrap(err, "starting the engine");
    engine_free(engine);
    return NULL;
}

void engine_poke(struct engine *engine) {
    (void)pthread_mutex_lock(&engine->lock);
    if (!engine->poked && engine->state != CORE_STOPPED) {
        engine->poked = true;
        (void)uv_async_send(&engine->bell);
    }
    (void)pthread_mutex_unlock(&engine->lock);
}

void engine_cancel(struct engine *engine, int64_t execution_row, struct str reason) {
    char *copy = str_is_absent(reason) ? NULL : xstr_dup(reason);
    (void)pthread_mutex_lock(&engine->lock);
    if (engine->state != CORE_STOPPED) {
        if (engine->cancel_count == engine->cancel_capacity) {
            engine->cancel_capacity = engine->cancel_capacity ? engine->cancel_capacity * 2 : 16;
            engine->cancels =
                xreallocarray(engine->cancels, engine->cancel_capacity, sizeof *engine->cancels);
        }
        engine->cancels[engine->cancel_count++] = (struct asked_cancel){execution_row, copy};
        copy = NULL;
        (void)uv_async_send(&engine->bell);
    }
    (void)pthread_mutex_unlock(&engine->lock);
    free(copy);
}

bool engine_wait_paused(struct engine *engine, struct span patience) {
    int64_t end = mono_add(clock_mono(engine->options.clock), patience).us;
    struct timespec until = {.tv_sec = end / 1000000, .tv_nsec = end % 1000000 * 1000};
    (void)pthread_mutex_lock(&engine->lock);
    uint64_t ticket = ++engine->pause_asked;
    bool goes_on = engine->state == CORE_RUNNING && !engine->stopping;
    if (goes_on) (void)uv_async_send(&engine->bell);
    int failed = 0;
    while (goes_on && engine->pause_reached < ticket && failed == 0) {
        failed = pthread_cond_timedwait(&engine->news, &engine->lock, &until);
        goes_on = engine->state == CORE_RUNNING && !engine->stopping;
    }
    bool reached = engine->pause_reached >= ticket;
    (void)pthread_mutex_unlock(&engine->lock);
    return reached;
}

const struct engine_metrics *engine_metrics(const struct engine *engine) {
    return &engine->metrics;
}

struct engine_figures engine_figures(struct engine *engine) {
    (void)pthread_mutex_lock(&engine->lock);
    struct engine_figures figures = engine->figures;
    (void)pthread_mutex_unlock(&engine->lock);
    return figures;
}

void engine_stop(struct engine *engine) {
    if (engine == NULL) return;
    (void)pthread_mutex_lock(&engine->lock);
    engine->stopping = true;
    (void)pthread_cond_broadcast(&engine->news);
    if (engine->state != CORE_STOPPED) (void)uv_async_send(&engine->bell);
    (void)pthread_mutex_unlock(&engine->lock);
    (void)pthread_join(engine->thread, NULL);
    bool stuck = engine->core != NULL;
    if (!stuck) engine_free(engine);
}
