/* writer.h - what the writing connection knows beyond the file: counts of the group at hand, the
 * last fence and row that were given out, whether everything is paused.
 *
 * Counts are added up in memory and written once, before the commit of the group. Those of one
 * write are kept apart until it is known to stay: undoing its savepoint forgets them too.
 *
 *     writer_begin_write(writer);  ... run ...  writer_keep_write(writer) or writer_undo_write
 *     writer_save(tx, &err);       // then commit
 *
 *   Owns:    nothing but itself.   Threads: the committer's.   Errors: those of SQLite.
 */
#ifndef ALPHABET_STORE_SQLITE_WRITER_H
#define ALPHABET_STORE_SQLITE_WRITER_H

#include "store/sqlite/job_state.h"
#include "store/sqlite/names.h"
#include "store/sqlite/query.h"
#include "store/sqlite/tally.h"

enum { MINUTES_AN_HOUR = 60, MINUTES_A_DAY = 1440 };

struct minute_counts {
    int64_t minute;
    int64_t succeeded, failed, cancelled;
    int64_t duration_us;
};

enum { MINUTES_AT_ONCE = 32 };

struct counts {
    struct totals totals;
    struct minute_counts minutes[MINUTES_AT_ONCE];
    size_t minute_count;
    struct tally due;    // jobs by the minute of their next_run_at
    struct tally queues; // Pending executions by names.id
};

/* When the execution with this fence was started: what its settlement wants to know. */
struct started {
    int64_t fence;
    struct utc at;
};

enum { STARTS_REMEMBERED = 4096 };

/* What job_state holds of a job that was read or written lately. */
struct remembered_job {
    uint64_t since; // worth something while it is the writer's jobs_since
    struct job_state state;
};

enum { JOBS_REMEMBERED = 4096 };

struct writer {
    struct counts write; // of the write that runs now
    struct counts group; // of the writes before it, since the last commit
    bool write_changed_jobs, group_changed_jobs;
    bool paused_all, paused_all_before; // now, and before this write
    bool has_lanes;                     // a job has, or had, a concurrency group
    struct utc newest, newest_before;   // created_at since the latest clock step; likewise
    int64_t fence;                      // the last one given out; never goes back
    int64_t last_execution;             // likewise, of executions.id
    int64_t saved_fence, saved_last_execution;
    int64_t running_mark;                        // see the view `running`
    int64_t search_mark, search_mark_before;     // see search_index.c; now, and before this write
    int64_t span_looked_at;                      // the latest open block, see spans.c
    struct started started[STARTS_REMEMBERED];   // at fence % STARTS_REMEMBERED
    struct remembered_job jobs[JOBS_REMEMBERED]; // at jobs.id % JOBS_REMEMBERED
    uint64_t jobs_since;                         // grows when they are forgotten
    struct names names;
};

/* Reads the state out of the file: after opening, and after a group was rolled back. */
WARN_UNUSED bool writer_load(struct store_tx *tx, struct err *err);
void writer_begin_write(struct writer *writer);
WARN_UNUSED bool writer_keep_write(struct store_tx *tx, struct err *err);
void writer_undo_write(struct writer *writer);
/* Writes what the group has counted. */
WARN_UNUSED bool writer_save(struct store_tx *tx, struct err *err);

static inline struct writer *writer_of(struct store_tx *tx) {
    return connection_of(tx)->writer;
}

/* ---- what runs ------------------------------------------------------------------------------- */

void note_started(struct writer *writer, int64_t fence, struct utc at);
/* When this execution, which runs, was started. */
WARN_UNUSED bool started_at(struct store_tx *tx, int64_t execution, int64_t fence, struct utc *ret,
                            struct err *err);
/* An execution that is older than the mark runs from now on, or runs no longer. */
WARN_UNUSED bool note_running(struct store_tx *tx, int64_t execution, bool runs, struct err *err);

/* Executions are made in time, give or take so much (see clock_steps). */
enum { CLOCK_SLACK_US = 60 * 1000000 };

/* An execution is made. */
WARN_UNUSED bool note_created(struct store_tx *tx, int64_t execution, struct utc created_at,
                              struct err *err);

/* ---- counting -------------------------------------------------------------------------------- */

/* `change` executions more (or fewer) stand in this status. */
void count_executions(struct writer *writer, enum execution_status status, int64_t change);
/* `change` (1 or -1) executions more that ran from `started` ended so at `ended`; nothing for a
 * status that is no end. */
WARN_UNUSED bool count_ended(struct store_tx *tx, enum execution_status status, struct utc started,
                             struct utc ended, int64_t change, struct err *err);
/* `change` executions more are Pending in this queue (names.id). */
WARN_UNUSED bool count_pending(struct store_tx *tx, int64_t queue, int64_t change, struct err *err);
/* `change` jobs more stand in this status; have this as their next_run_at. */
void count_jobs(struct writer *writer, enum job_status status, int64_t change);
WARN_UNUSED bool count_due(struct store_tx *tx, struct utc next_run_at, int64_t change,
                           struct err *err);
void totals_sum(struct totals *sum, const struct totals *more); // sum += more

#endif
