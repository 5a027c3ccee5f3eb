/* checkpointer.h - copies the write-ahead log back into the file, beside the committer.
 *
 * The committer tells after each commit how long the log is. From `pages` new ones on the
 * checkpointer copies them back on a thread and a connection of its own, so that commits wait for
 * none of it. Because the log grows meanwhile, that alone would never let it start anew; once it is
 * `at_most` pages long and nearly all of it is copied, the committer copies the small rest itself.
 *
 *   Owns:    a thread and a connection.   Threads: checkpointer_note is the committer's.
 *   Errors:  a failing disk goes to on_failure, on the thread that met it.
 *   Units:   pages.
 */
#ifndef ALPHABET_STORE_SQLITE_CHECKPOINTER_H
#define ALPHABET_STORE_SQLITE_CHECKPOINTER_H

#include "store/sqlite/pool.h"

struct checkpointer {
    int64_t pages, at_most;
    void (*on_failure)(void *context, const char *why);
    void *context;
    struct pool *readers;          // their idle snapshots are let go first
    struct connection *connection; // the thread's
    pthread_t thread;
    /* committer thread only */
    int64_t log_pages;      // as of the latest commit
    int64_t asked_pages;    // when the thread was asked last
    int64_t finished_pages; // when the committer copied the rest last
    /* under lock */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool asked, busy, stopping;
    int64_t copied; // pages of the log that are back in the file
};

/* pages, at_most, on_failure, context and readers are set; takes over the connection. */
void checkpointer_start(struct checkpointer *checkpointer, struct connection *connection);
void checkpointer_stop(struct checkpointer *checkpointer);
/* After a commit on `db`, which left `log_pages` in the log. */
void checkpointer_note(struct checkpointer *checkpointer, sqlite3 *db, int64_t log_pages);

#endif
