/* pg_counts.h - what a group counts, added up in memory and written once before its commit.
 *
 * Counters are sums over slots (0001_start.sql): what is added here goes to the rows of the slot of
 * this connection, so that nodes do not wait for each other. What one write has counted is kept
 * apart until it is known to stay.
 *
 *     pg_count_executions(tx, EXECUTION_PENDING, -1);
 *     pg_count_ended(tx, EXECUTION_SUCCEEDED, started, ended, 1);
 *     if (!pg_counts_flush(tx, err)) …        // before counters are read in a write
 *
 *   Owns:    nothing of the caller's.   Threads: the committer's.
 *   Errors:  none when counting; those of the server when they are written.
 */
#ifndef ALPHABET_STORE_POSTGRES_PG_COUNTS_H
#define ALPHABET_STORE_POSTGRES_PG_COUNTS_H

#include "store/postgres/pg_query.h"

/* So much is to be added to the row of this key. */
struct pg_change {
    int64_t key;        // minutes since 1970 UTC; for queues 0
    struct str queue;   // of queue_counts
    int64_t amounts[4]; // of the timeline: succeeded, failed, cancelled, duration_us; else [0]
};

struct pg_changes {
    struct pg_change *items;
    size_t count, room;
    size_t kept;    // of writes before this one
    size_t flushed; // written to the database already, by this write
};

struct pg_counts {
    struct totals write, group; // of this write; of those before it, since the latest commit
    struct totals flushed;      // of both, written to the database already, by this write
    struct pg_changes minutes, due, queues;
    struct arena names; // of queues
};

/* `change` executions more (or fewer) stand in this status. */
void pg_count_executions(struct store_tx *tx, enum execution_status status, int64_t change);
/* `change` (1 or -1) executions more that ran from `started` ended so at `ended`; nothing for a
 * status that is no end. */
void pg_count_ended(struct store_tx *tx, enum execution_status status, struct utc started,
                    struct utc ended, int64_t change);
/* The same for many that ended in one minute, whose durations are together so long. */
void pg_count_minute(struct store_tx *tx, enum execution_status status, int64_t minute,
                     int64_t duration_us, int64_t change);
/* `change` executions more are Pending in this queue. */
void pg_count_pending(struct store_tx *tx, struct str queue, int64_t change);
/* `change` jobs more stand in this status; have this as their next_run_at. */
void pg_count_jobs(struct store_tx *tx, enum job_status status, int64_t change);
void pg_count_due(struct store_tx *tx, struct utc next_run_at, int64_t change);

/* Writes what has been counted and not been written; nothing in a reading transaction. Call before
 * counters are read. */
WARN_UNUSED bool pg_counts_flush(struct store_tx *tx, struct err *err);

/* For the committer. */
void pg_counts_keep_write(struct pg_counts *counts);
void pg_counts_undo_write(struct pg_counts *counts);
void pg_counts_reset(struct pg_counts *counts); // the group is over
void pg_counts_free(struct pg_counts *counts);

#endif
