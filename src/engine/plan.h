/* plan.h - what becomes of a job whose time has come: executions, skipped due times, the next wake.
 *
 * Pure: from the job, its schedule and the time to one plan_item for the store. Every due time from
 * the job's next_run_at to now is decided here, once:
 *
 *   on time     one execution, trigger Schedule. On time is also a run that is late because this
 *               node, though running steadily, was busy.
 *   missed      a due time is missed when it is more than a second late (beyond the job's jitter)
 *               and either a later one has come as well, or nothing was planning when it came (the
 *               program was down, the store away, the clock jumped, or all was paused: before
 *               `steady_since`, or before the end of the last pause-all).
 *               The misfire policy decides about missed ones:
 *                 FireOnce  the latest due time runs, as CatchUp; those before it are skipped
 *                 Skip      all are skipped
 *                 FireAll   each runs as CatchUp, at most MAX_FIRE_ALL, oldest first; the rest is
 *                           skipped
 *   overlapping a run of the job is still Pending or Running: the concurrency policy decides:
 *                 Allow     it runs all the same
 *                 Skip      a Cancelled execution says why, and the due time is skipped
 *                 Queue     one waits; a further one is skipped
 *                 Replace   what is live is cancelled, it runs
 *
 * What is skipped goes to the ledger as ranges; of the missed ones, those that pause-all kept from
 * running as Paused. Excluded due times are not decided at all: the
 * schedule does not give them. A FixedDelay job with a live run has no due time until that ends; it
 * is only looked at again later.
 *
 *   Owns:    nothing; results live in the arena.   Threads: pure (ids of executions are random).
 *   Errors:  none: the schedule was compiled before.
 */
#ifndef ALPHABET_ENGINE_PLAN_H
#define ALPHABET_ENGINE_PLAN_H

#include "schedule/next.h"
#include "store/store.h"

/* The last pause-all: from <= t < until. Both UTC_NONE: there was none. */
struct plan_pause {
    struct utc from, until;
};

struct plan_request {
    const struct due_job *due;
    const struct job *job; // the definition; its state fields are not looked at
    const struct schedule_spec *schedule;
    struct utc now;
    struct utc steady_since; // planning went on without a gap since then; UTC_NEVER = it does not
    struct plan_pause pause;
    int64_t waiting; // Pending executions of the job; looked at for CONCURRENCY_QUEUE only
};

struct plan {
    struct plan_item item; // executions are Pending, or Cancelled where the policy says so
    /* How many of the executions, from the first, may be started; those behind must wait. */
    size_t startable;
    bool replaces; // what is live is to be cancelled
};

/* Plans of jobs that are not due, or may not run at all, set the next wake and nothing else. */
struct plan plan_job(const struct plan_request *request, struct arena *arena);

#endif
