/* pg_writer.h - what the writing connection knows beyond the database: counts of the group at hand,
 * the jobs that it has locked, whether everything is paused.
 *
 *   Owns:    nothing but itself.   Threads: the committer's.   Errors: none.
 */
#ifndef ALPHABET_STORE_POSTGRES_PG_WRITER_H
#define ALPHABET_STORE_POSTGRES_PG_WRITER_H

#include "store/postgres/pg_counts.h"
#include "store/postgres/pg_job_state.h"

struct pg_writer {
    int64_t slot; // of the counters; held by a lock of the session
    /* Of this group: written with it, and asked for when its commit is in doubt. */
    int64_t token, last_token;
    int server_process, lost_process; // that serves the connection; whose answer was lost
    struct pg_counts counts;
    struct pg_jobs jobs;
    bool write_changed_jobs, group_changed_jobs;
    /* Is everything paused? Known once it was asked in this group: who pauses waits for the group
     * to end (SQL_LOCK_PAUSE). */
    bool pause_is_known, paused_all;
};

static inline struct pg_writer *pg_writer_of(struct store_tx *tx) {
    return pg_connection_of(tx)->writer;
}

/* Does nothing start now (meta "paused_all")? */
WARN_UNUSED bool pg_paused_all(struct store_tx *tx, bool *ret, struct err *err);

#endif
