/* workflows.h - workflow runs on their way: begun, moved by what becomes of their executions,
 * ended.
 *
 * Whatever changes a run does so in the transaction that shows the reason: the trigger, the plan of
 * its schedule, the settlement of an execution, a cancellation. So a step is taken exactly once,
 * whatever is killed in between, and a run goes on where it was.
 *
 *     struct workflow_changes changes = {.tx = tx, .arena = &arena, .now = now};
 *     ...                                                   // any of the functions below
 *     if (!workflows_advance(&changes, &err)) ...           // once, at the end: carries out what
 *                                                           // follows, and writes it
 *     // after the commit: changes.made, .stops, .ended, .news
 *
 * A step whose execution is tried again stays Running, with the execution that follows. A workflow
 * runs its jobs also when they are paused or disabled for themselves, and what those depend on
 * outside of it does not hold them.
 *
 *   Owns:    everything lives in the arena.
 *   Threads: the committer's, inside a transaction.
 *   Errors:  the store's; CONFLICT and NOT_FOUND as said.
 */
#ifndef ALPHABET_ENGINE_WORKFLOWS_H
#define ALPHABET_ENGINE_WORKFLOWS_H

#include "engine/engine.h"
#include "store/store.h"

struct open_run;

/* A Running execution of a run that is to be stopped. */
struct workflow_stop {
    struct workflow_stop *next;
    int64_t execution_row;
    struct str reason;
};
/* A Pending one that was cancelled. */
struct workflow_ended {
    struct workflow_ended *next;
    struct execution execution;
    enum job_type job_type;
};
/* A run whose state changed. */
struct workflow_news {
    struct workflow_news *next;
    struct engine_run_event event;
};

struct workflow_changes {
    struct store_tx *tx;
    struct arena *arena;
    struct utc now;
    /* the answer */
    size_t made; // executions, or released ones: to be claimed
    struct workflow_stop *stops;
    struct workflow_ended *ended;
    struct workflow_news *news; // the latest first
    /* inside */
    struct open_run *open;
};

struct workflow_begin {
    const struct workflow *workflow;
    enum trigger trigger;
    struct str triggered_by; // absent for a schedule
    struct utc scheduled_for;
    struct str parameters; // absent = none
    /* An execution of this job that is its step already; zero = none. */
    struct guid job_id, execution_id;
    /* It is recorded as Cancelled and does not run, for this reason; absent = it runs. */
    struct str skipped;
};
/* *ret_run is the run; *inserted false: this due time has begun its run before. */
WARN_UNUSED bool workflows_begin(struct workflow_changes *changes,
                                 const struct workflow_begin *begin, struct guid *ret_run,
                                 bool *inserted, struct err *err);
/* Pending executions are cancelled, Running ones are to be stopped; it has ended when they have.
 * CONFLICT when it has ended before. Again: nothing more. */
WARN_UNUSED bool workflows_cancel(struct workflow_changes *changes, struct guid run_id,
                                  struct str reason, struct err *err);
/* Goes on from where it Failed or was Cancelled: what did not succeed is done again. CONFLICT. */
WARN_UNUSED bool workflows_retry(struct workflow_changes *changes, struct guid run_id,
                                 struct err *err);

/* What became of an execution of a run. */
struct workflow_end {
    struct guid run_id, execution_id; // zero run: nothing to do
    enum execution_status status;     // Pending: handed back, nothing to do
    struct str error_message;         // absent = none
    struct guid retry_id;             // the execution that follows; zero = none
};
/* Not an end of a step that is not Running with this execution: nothing is done then. */
WARN_UNUSED bool workflows_ended(struct workflow_changes *changes, const struct workflow_end *end,
                                 struct err *err);
/* The same for what store_settle has applied. */
WARN_UNUSED bool workflows_settled(struct workflow_changes *changes, struct guid run_id,
                                   struct guid execution_id, const struct settlement *settlement,
                                   struct err *err);
/* The execution that was made for a step is not in the store: the step gets another. */
WARN_UNUSED bool workflows_lost(struct workflow_changes *changes, struct guid run_id,
                                struct guid execution_id, struct err *err);

WARN_UNUSED bool workflows_advance(struct workflow_changes *changes, struct err *err);

#endif
