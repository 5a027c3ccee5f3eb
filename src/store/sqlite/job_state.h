/* job_state.h - what runs change of a job: the one row that is read and written with each of them.
 *
 * Whoever changes it reads it first, writes what it has become with the statement that fits, and
 * notes the change, which is how the counters of jobs stay right:
 *
 *     struct job_state before, state;
 *     if (!job_state_get(tx, row, &before, &found, err)) return false;
 *     state = before; ... change it, write it ...
 *     return job_state_note(tx, &before, &state, err);
 *
 *   Owns:    plain values.   Threads: the committer's.   Errors: those of SQLite.
 */
#ifndef ALPHABET_STORE_SQLITE_JOB_STATE_H
#define ALPHABET_STORE_SQLITE_JOB_STATE_H

#include "store/backend.h"

struct job_state {
    int64_t row;
    int64_t revision;
    enum job_status status;
    struct utc wake_at, next_run_at;
    int64_t live_count, running_count;
    struct utc last_executed_at;
    int64_t last_execution_status, consecutive_failures;
    struct utc last_success_at;
    struct durations durations;
    int64_t execution_count, last_execution; // the chain: how long it is, and its head
    int64_t ordinal, whole_from;             // see the migration
    struct utc last_completed_at, last_run_created_at;
    /* what ties it to other jobs */
    int64_t lane;            // lanes.id; 0 = the job has no group
    int64_t dependant_count; // jobs, not deleted, that depend on it
    int64_t starts_workflow;
};

/* `found` is false when there is no such job. */
WARN_UNUSED bool job_state_get(struct store_tx *tx, int64_t job_row, struct job_state *ret,
                               bool *found, struct err *err);
/* NOT_FOUND when there is no such job. */
WARN_UNUSED bool job_state_need(struct store_tx *tx, int64_t job_row, struct job_state *ret,
                                struct err *err);
/* What job_current_status() says of a job in this state, deleted, disabled or paused as before. */
enum job_status job_state_status(const struct job_state *state);
/* Writes what ties the job to others, where it changed; the rest is for other statements. */
WARN_UNUSED bool job_state_tie(struct store_tx *tx, const struct job_state *before,
                               const struct job_state *state, struct err *err);
/* The state was written, and was `before` (NULL: the job is new) until now; `after` NULL: the job
 * is gone. Counts the job where it belongs now. */
WARN_UNUSED bool job_state_note(struct store_tx *tx, const struct job_state *before,
                                const struct job_state *after, struct err *err);

/* One more execution of the job runs: reads, writes and notes that. */
WARN_UNUSED bool job_state_claimed(struct store_tx *tx, int64_t job_row, struct err *err);

#endif
