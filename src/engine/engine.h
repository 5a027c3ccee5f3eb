/* engine.h - the engine as the rest of the program sees it: a thread that plans, claims, runs and
 * settles (DESIGN: "A run, from due to done").
 *
 *     struct engine *engine = engine_start(&options, &err);   // recovers first, then runs
 *     engine_poke(engine);                                    // the store has news: look now
 *     engine_stop(engine);                                    // drains, hands back, joins
 *
 * Behind it: core.h is a state machine without a thread, a clock or a loop of its own - time and
 * waking come in through `struct core_io` - which is what the simulation drives; loop.c binds it to
 * libuv.
 *
 *   Owns:    engine_start borrows store, clock and handlers until engine_stop has returned.
 *   Threads: every function below may be called from any thread, engine_stop from one.
 *   Errors:  engine_start fails when recovery cannot read the store.
 */
#ifndef ALPHABET_ENGINE_ENGINE_H
#define ALPHABET_ENGINE_ENGINE_H

#include "base/clock.h"
#include "base/err.h"
#include "base/histogram.h"
#include "handlers/handler.h"
#include "schedule/zone.h"
#include "store/store.h"

#include <uv.h>

enum { ENGINE_HANDLERS = 8 }; // indexed by enum job_type

struct engine_event {
    struct guid job_id, execution_id;
    enum job_type job_type;
    enum execution_status status;
    struct utc at;
    bool is_progress; // it Runs as before, and has said how far it has come:
    int64_t progress_percent;
    struct str progress_text; // absent = none; during the call
};

/* A workflow run began, goes on after it had ended, or ended. */
struct engine_run_event {
    struct guid workflow_id, run_id;
    enum execution_status status;
    struct utc at;
};

struct engine_options {
    struct store *store;
    const struct clock *clock;
    struct zone_cache *zones;
    struct str node_name;
    struct str version;
    int64_t worker_count;
    const struct str *queues; // in order of priority
    size_t queue_count;
    int64_t max_output_bytes;
    struct span heartbeat; // a lease is three of them
    struct span shutdown_grace;
    bool retry_orphans;          // OrphanPolicy Retry; else they stay Failed
    struct span dependency_wait; // how long a due run waits for other jobs before it fails
    int64_t max_running;         // executions on all nodes together; 0 = no bound
    struct span keep_keys;       // idempotency keys older than this are removed; 0 = none is
    struct span keep_executions; // ended executions older than this are removed; 0 = none is
    /* Alerts: consecutive failures that raise one; 0 = no alert of any kind is raised. */
    int64_t alert_on_failures;
    uint64_t seed; // for retry jitter; the same seed gives the same run
    /* Called on the engine's thread once its loop exists, to make the handlers that need it. Fills
     * handlers[enum job_type]; an empty slot fails its executions with ERROR_CONFIGURATION. */
    bool (*make_handlers)(void *context, uv_loop_t *loop, struct handler *handlers[ENGINE_HANDLERS],
                          struct err *err);
    void *handlers_context;
    /* An execution changed its state, or told its progress (after the commit). Engine thread;
     * short. May be NULL. */
    void (*on_event)(void *context, const struct engine_event *event);
    /* The same of workflow runs. */
    void (*on_run)(void *context, const struct engine_run_event *event);
    void *event_context; // of both
    /* More output of a run that is going on. Engine thread; short. May be NULL. */
    void (*on_output)(void *context, struct guid execution_id, struct str more);
    void *output_context;
};

struct engine;

/* Counted since start; read from any thread. What ends without this engine, like a Pending
 * execution that a person cancels, is not in it. */
struct engine_metrics {
    _Atomic uint64_t ended[ENGINE_HANDLERS][8];    // by enum job_type, enum execution_status
    struct histogram duration_us[ENGINE_HANDLERS]; // by enum job_type; of Succeeded and Failed
    _Atomic uint64_t runs_ended[8];                // workflow runs, by enum execution_status
    /* From the instant it was due (its jitter included) to its start; of runs by schedule, without
     * those that catch up. */
    struct histogram lateness_us;
};

struct engine_figures {
    int64_t workers_busy, workers_total;
    int64_t started, succeeded, failed, cancelled; // since start
    int64_t unsettled;                             // ended, and not yet in the store
    bool paused;
    uint64_t turns;  // grows at least once a second while the engine's thread is alive
    bool store_away; // the last write did not reach the store; it is tried again
};

WARN_UNUSED struct engine *engine_start(const struct engine_options *options, struct err *err);
/* The store has news (a job was written, an execution queued, pause-all changed). Cheap; coalesced.
 */
void engine_poke(struct engine *engine);
/* Stop this running execution, if it runs here, because of `reason` (copied): what its record will
 * say. Coalesced with others; answered by its settlement. */
void engine_cancel(struct engine *engine, int64_t execution_row, struct str reason);
/* After "paused_all" was committed: waits until nothing that this node claimed before is still to
 * be started. False when that took longer than `patience`. Not from the engine's thread. */
WARN_UNUSED bool engine_wait_paused(struct engine *engine, struct span patience);
const struct engine_metrics *engine_metrics(const struct engine *engine);
struct engine_figures engine_figures(struct engine *engine);
/* Claims no more, gives running work the grace, then stops it and hands it back; joins the thread.
 */
void engine_stop(struct engine *engine);

#endif
