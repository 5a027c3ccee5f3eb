/* dependencies.h - runs that wait for other jobs: held back when they are planned, released in the
 * write that shows that what they wait for has come.
 *
 *     dependencies_plan     a due run: does it start, or wait until its deadline?
 *     dependencies_ended    a job ended a run, or is gone: who waited for that starts now
 *     dependencies_changed  the job's own dependencies were written: its runs are judged again
 *     dependencies_claimed  the deadline came, or what is waited for can never come: why it fails
 *
 * Only what the schedule makes (Schedule, CatchUp) waits, for what the jobs do after the run before
 * was created (model/dependencies.h): a manual run, a retry, a backfill, a step of a workflow
 * starts without. A run that waits is Pending and counts as live, so that policies for runs that
 * overlap, maxRuns and FixedDelay treat it as any other one. Its deadline is available_at; when
 * that comes it is claimed like any other, and fails without having been started; it is not tried
 * again, for there is nothing that a retry would do.
 *
 *   Owns:    results live in the arena.   Threads: those of the transaction.
 *   Errors:  the store's. Dependencies that cannot be read are none.
 */
#ifndef ALPHABET_ENGINE_DEPENDENCIES_H
#define ALPHABET_ENGINE_DEPENDENCIES_H

#include "model/dependencies.h"
#include "store/store.h"

/* (One that replaces a run that waits goes on waiting where that one did: else what came between
 * the two would count for neither.)
 * Of the executions of a plan, those Pending: sets waiting_since and available_at of those that
 * have to wait, and the inputs of the others. *at_once: one of them is there to be claimed at once,
 * only to fail. */
WARN_UNUSED bool dependencies_plan(struct store_tx *tx, const struct job *job,
                                   struct utc last_run_created_at, bool replaces,
                                   struct span patience, struct utc now, struct plan_item *item,
                                   struct arena *arena, bool *at_once, struct err *err);

/* *released is counted up with every run that may be claimed now. */
WARN_UNUSED bool dependencies_ended(struct store_tx *tx, struct guid job_id, struct utc now,
                                    struct arena *arena, size_t *released, struct err *err);
WARN_UNUSED bool dependencies_changed(struct store_tx *tx, int64_t job_row, struct utc now,
                                      struct arena *arena, size_t *released, struct err *err);

/* Of an execution that was claimed while it waits: why it fails, or absent, and then it runs, with
 * its inputs, and waits no more. */
struct dependency_refusal {
    int64_t error_type;
    struct str message; // absent = none
};
WARN_UNUSED bool dependencies_claimed(struct store_tx *tx, const struct job *job,
                                      struct arena *arena, struct execution *execution,
                                      struct dependency_refusal *ret, struct err *err);

/* What the jobs it depends on hand on to a run that does not wait; absent = nothing. */
WARN_UNUSED bool dependencies_inputs(struct store_tx *tx, const struct job *job,
                                     struct arena *arena, struct str *ret, struct err *err);

/* Sets waiting_on of those that wait. */
WARN_UNUSED bool dependencies_waiting_on(struct store_tx *tx, struct arena *arena,
                                         struct execution *executions, size_t count,
                                         struct err *err);

/* How it would be for a run that came due now. */
struct dependency_state {
    struct dependencies dependencies; // count 0: it depends on none
    enum dependency_verdict verdict;
    bool *is_open; // one a dependency: it is this one that the run would wait for
};
WARN_UNUSED bool dependencies_state(struct store_tx *tx, const struct job *job, struct arena *arena,
                                    struct dependency_state *ret, struct err *err);

/* ---- dependency_check.c ---- */

/* Faults for what cannot be depended on, under the name `field` of the list of ids: the job itself,
 * jobs that are not there or were deleted, and a circle, which is named. Those that the job
 * depended on before are not looked at again: a definition that was good stays writable. `job_id`
 * is zero, and `before` absent, for a new job. For a circle call it in the write that stores the
 * job. */
WARN_UNUSED bool dependencies_check(struct store_tx *tx, struct guid job_id, struct str job_name,
                                    struct str before, const struct dependencies *after,
                                    struct str field, struct faults *faults, struct err *err);

#endif
