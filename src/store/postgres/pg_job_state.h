/* pg_job_state.h - what runs change of a job, locked and read in one question for many jobs, and
 * written back in one statement.
 *
 * Whoever makes or ends an execution holds the lock of its job's row: that is what two nodes agree
 * by. What was locked stays locked until the group ends, so it is remembered as long.
 *
 *     if (!pg_jobs_lock(tx, rows, count, err)) return false;
 *     struct pg_job *job = pg_job_find(tx, row);        // NULL: there is no such job
 *     job->state.live_count++;
 *     ...
 *     return pg_jobs_write(tx, err);                    // those that differ; counts them too
 *
 *   Owns:    the jobs belong to the writer; a pointer is good until the next pg_jobs_lock.
 *   Threads: the committer's.   Errors: those of the server.
 */
#ifndef ALPHABET_STORE_POSTGRES_PG_JOB_STATE_H
#define ALPHABET_STORE_POSTGRES_PG_JOB_STATE_H

#include "store/postgres/pg_query.h"

struct pg_job_state {
    int64_t row;
    int64_t revision;
    enum job_status status;
    enum concurrency_policy concurrency_policy;
    struct utc wake_at, next_run_at, schedule_from;
    int64_t run_count, live_count;
    int64_t group_limit; // of its concurrency group; -1 = it has none
    struct utc last_executed_at;
    int64_t last_execution_status, consecutive_failures;
    struct utc last_success_at, last_completed_at, last_run_created_at;
    int64_t starts_workflow;
    struct durations durations;
};

struct pg_job {
    struct pg_job_state state, stored; // as it shall be; as it is in the database
};

/* Those that this group has locked, by row. */
struct pg_jobs {
    struct pg_job *items;
    size_t count, room;
    uint32_t *places; // of a hash table: position in items + 1; 0 = free
    size_t place_count;
};

/* Locks and reads those of these jobs that are not locked yet. Rows may repeat. */
WARN_UNUSED bool pg_jobs_lock(struct store_tx *tx, const int64_t *rows, size_t count,
                              struct err *err);
/* NULL: there is no such job, or it was not locked. */
struct pg_job *pg_job_find(struct store_tx *tx, int64_t row);
/* Locks one. NOT_FOUND. */
WARN_UNUSED struct pg_job *pg_job_need(struct store_tx *tx, int64_t row, struct err *err);
/* Reads the row that a statement answers, in the order of job_states_lock, and remembers it: for
 * statements that lock by themselves. */
struct pg_job *pg_job_read(struct pg_query *q);

/* Sets `status` from the rest: what job_current_status() says of a job in this state, deleted,
 * disabled or paused as before. */
void pg_job_settle_status(struct pg_job_state *state);
/* Writes what has changed since it was read or written last, and counts the jobs where they belong
 * now. Does not wait. */
void pg_jobs_write(struct store_tx *tx);

/* Counts a job that comes (`before` NULL), changes, or goes (`after` NULL). */
void pg_job_count(struct store_tx *tx, const struct pg_job_state *before,
                  const struct pg_job_state *after);

/* The row of the job was deleted. */
void pg_job_erased(struct pg_job *job);
void pg_jobs_forget(struct pg_jobs *jobs); // nothing is locked any more
void pg_jobs_free(struct pg_jobs *jobs);

#endif
