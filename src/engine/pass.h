/* pass.h - one look at the store: plan what is due, claim what waits, hear who is to be stopped.
 *
 * A pass is one write. The engine fills in the question and posts it; its `run` does all of it on
 * the committer's thread, in one transaction; the engine reads the answer when it is committed. One
 * pass is in flight at a time, so the cache and the queues' accounts have one user at a time.
 *
 *     pass.slots = slots_free_count(&slots);
 *     pass.plan_limit = 256;
 *     store_submit(store, &pass.write);         // pass_run
 *     ...                                       // done: pass.starts[0 .. start_count)
 *
 * In the transaction, in this order:
 *   1. reconcile (when asked): executions that are Running on this node but that it does not hold
 *      are the children of a commit whose answer was lost. None of them was started, so they are
 *      handed back as Pending, and no attempt is lost.
 *   2. claim: what waits becomes Running, while slots are free and no more run on all nodes than
 * may.
 *   3. plan: due jobs become executions; when slots are left they are born Running, in the order of
 *      the queues, which saves the claim.
 *   4. watches: late starts, and what time alone shows (watch.h).
 *   5. cancel requests for what runs here; the next wake times.
 *
 * Under pause-all there is no claim and no plan: what is due stays due, and the first pass after
 * the pause decides it, as after any other time in which nothing was planned.
 *
 *   Owns:    an arena with the answer, valid until the next pass_ask; jobs in it until the second
 *            next.
 *   Threads: engine thread, except pass_run.   Errors: the store's; the whole pass then did nothing
 *            (or, after UNAVAILABLE, perhaps everything: ask to reconcile).
 */
#ifndef ALPHABET_ENGINE_PASS_H
#define ALPHABET_ENGINE_PASS_H

#include "engine/alerts.h"
#include "engine/dependencies.h"
#include "engine/plan.h"
#include "engine/plan_cache.h"
#include "engine/queues.h"
#include "engine/workflows.h"

enum { PASS_PLAN_MIN = 128, PASS_PLAN_MAX = 1024, PASS_CLAIM_MAX = 1024 };

/* An execution that is Running on this node now and waits to be started. */
struct pass_start {
    struct execution execution;
    const struct planned_job *job;
    struct utc next_run_at, schedule_from; // of the job; UTC_NONE: as the job says
    int64_t run_count;
    struct dependency_refusal refusal; // it is not started, but fails with this
};

/* An execution that somebody should hear of: one that ended in this pass, skipped by policy or
 * replaced while Pending, or one that was made and waits for other jobs. */
struct pass_event {
    struct guid job_id, execution_id;
    enum job_type job_type;
    enum execution_status status; // Cancelled, Pending
};

struct pass {
    struct store_write write;
    /* constant */
    const struct clock *clock;
    struct str node_name;
    struct plan_cache cache;
    struct queues queues;
    struct alerts *alerts;       // the committer's
    struct span dependency_wait; // how long a run waits for other jobs
    int64_t max_running;         // on all nodes together; 0 = no bound
    /* the question */
    int64_t alert_slots;     // how many executions of ALERT_QUEUE may
    int64_t slots;           // how many more executions may become Running here
    int64_t plan_limit;      // how many due jobs at most, and about how many executions of them
    struct utc steady_since; // see plan.h
    bool ask_cancels;
    bool reconcile;
    const struct held_execution {
        int64_t row, fence;
    } * held; // by row, ascending: what this node runs or has yet to settle
    size_t held_count;
    /* the answer */
    struct arena arena;
    struct utc now;
    bool paused;
    struct pass_start *starts;
    size_t start_count;
    struct pass_event *events;
    size_t event_count;
    struct cancel_request *cancels; // executions Running here that a person wants stopped
    size_t cancel_count;
    int64_t *replaced; // executions Running here or elsewhere that a newer run replaces
    size_t replaced_count;
    struct held_execution *mine; // when reconciled: what is Running here, by the store
    size_t mine_count, handed_back;
    bool mine_is_cut;              // there may be more: reconcile again
    bool look_again;               // alerts were raised, or runs released: they wait to be claimed
    struct workflow_changes runs;  // workflow runs that began, moved or ended
    size_t due_count, claim_count; // equal to their limit: there is more
    bool cut;                      // not all that are due were planned
    size_t unreadable_count;       // jobs whose schedule could not be compiled…
    struct guid unreadable_job;    // …one of them
    char unreadable_error[256];
    struct wake_times wake;
    /* while it runs */
    struct plan_pause pause; // the last pause-all
    size_t start_capacity, event_capacity, replaced_capacity;
};

void pass_init(struct pass *pass, const struct clock *clock, struct zone_cache *zones,
               struct str node_name, const struct str *queues, size_t queue_count);
void pass_free(struct pass *pass);
/* Forgets the last answer. Engine thread, before the question is filled in. */
void pass_ask(struct pass *pass);
/* The store_write's run; context is the pass. */
WARN_UNUSED bool pass_run(struct store_tx *tx, void *context, struct err *err);

/* ---- claim.c, called by pass_run ---- */

/* Of the planned executions that may be started, at most `slots` become Running, in the order of
 * the queues. */
void claim_planned(struct pass *pass, int64_t slots, struct new_execution *const *startable,
                   size_t count);
/* Fills pass->starts with what waits in the store. */
WARN_UNUSED bool claim_pending(struct pass *pass, struct store_tx *tx, int64_t slots,
                               struct err *err);
/* The same for alerts, which have slots of their own. */
WARN_UNUSED bool claim_alerts(struct pass *pass, struct store_tx *tx, struct err *err);
struct pass_start *pass_add_start(struct pass *pass);

#endif
