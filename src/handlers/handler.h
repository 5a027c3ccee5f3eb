/* handler.h - what a job type is: check a configuration, start a run, stop it.
 *
 * A handler is a small state machine on the engine's loop. It never waits: it starts work, returns,
 * and later says how it ended by calling run_finish, exactly once for each started run - also after
 * stop, and also from inside start when the work is done (or impossible) at once.
 *
 *     static void start(struct handler *handler, struct run *run) { ... }
 *     static void stop(struct handler *handler, struct run *run) { ... }   // makes the work end
 * soon
 *
 * The engine owns the run and keeps deadlines: at a timeout or a cancel it calls stop, and decides
 * by the reason what the execution becomes. A result that arrives after stop was called is recorded
 * with the output it carries, but the reason decides the status.
 *
 *   Owns:    `struct run` and all that hangs on it belong to the engine; the handler may hang its
 * own state on run->state and must free it before or in run_finish. Result texts are copied.
 *   Threads: engine thread only; handlers use the loop's thread pool for work that blocks.
 *   Errors:  a job's own failure is data: a run_result with status EXECUTION_FAILED.
 */
#ifndef ALPHABET_HANDLERS_HANDLER_H
#define ALPHABET_HANDLERS_HANDLER_H

#include "base/err.h"
#include "model/execution.h"
#include "model/job.h"

#include <jansson.h>

enum stop_reason {
    STOP_NONE,
    STOP_CANCEL,   // a person or a policy cancelled it: Cancelled
    STOP_TIMEOUT,  // timeoutSeconds: Failed, ERROR_TIMEOUT
    STOP_SHUTDOWN, // the node stops: handed back, ERROR_SHUTDOWN
    STOP_FENCED,   // the lease was lost: whatever it says is not recorded
};

struct run_result {
    enum execution_status status; // EXECUTION_SUCCEEDED or EXECUTION_FAILED
    int64_t error_type;           // enum error_type, 0 = none
    struct str error_message;     // absent = none; no secret in it
    struct str output;            // absent = none; the handler capped it to run->max_output_bytes
    bool output_truncated;
    /* Of one that succeeded: JSON that it hands on to other jobs, checked by result_json.h; absent
     * = none. */
    struct str result;
    /* What the target asks for (Retry-After): not before this instant. UTC_NONE = nothing asked. */
    struct utc retry_not_before;
    /* The handler's own word on retrying, after retryOnStatusCodes: */
    bool never_retry;
    int64_t http_status; // 0 = none; for retryPolicy.retryOnStatusCodes
    /* Parameters of the retry, when they are not those of this run: what is left to do. */
    struct str retry_parameters;
};

struct run {
    /* set by the engine, constant during the run */
    const struct execution *execution; // Running, with its fence
    const struct job *job;             // the definition as it was when the run started
    struct utc now;                    // when it started
    int64_t max_output_bytes;
    void (*finish)(struct run *run, const struct run_result *result); // see run_finish
    void (*progress)(struct run *run, struct str more_output);        // live output, may be NULL
    void (*tell_progress)(struct run *run, int percent, struct str text); // see run_tell_progress
    /* set by the engine before stop */
    enum stop_reason stop_reason;
    /* the handler's */
    void *state;
};

struct handler {
    enum job_type type;
    /* Checks a jobConfiguration when a job is written; every fault at once, fields named
     * "jobConfiguration.url". Any thread; must not touch the handler's state. */
    void (*validate)(const struct handler *handler, const json_t *configuration,
                     struct faults *faults);
    void (*start)(struct handler *handler, struct run *run);
    void (*stop)(struct handler *handler, struct run *run);
    void (*free)(struct handler *handler); // no run is live any more
};

/* How far the work has come, 0 to 100, and a few words on it (absent = none), copied. As often as
 * one likes: what is kept and shown follows within a second or so. */
static inline void run_tell_progress(struct run *run, int percent, struct str text) {
    if (run->tell_progress) run->tell_progress(run, percent, text);
}

static inline void run_finish(struct run *run, const struct run_result *result) {
    run->finish(run, result);
}

#endif
