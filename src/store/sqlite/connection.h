/* connection.h - one connection to the file, with its prepared statements; it is the transaction
 * that callers of store.h hold.
 *
 * A reading connection begins its snapshot with the first statement; the pool ends it with
 * connection_end_read, when it is out of date or in the way. The committer begins and ends the
 * transactions of the writing one itself.
 *
 *   Owns:    the sqlite3 handle and every statement, until connection_close.
 *   Threads: one at a time.   Errors:  as sqlite_failed says.
 */
#ifndef ALPHABET_STORE_SQLITE_CONNECTION_H
#define ALPHABET_STORE_SQLITE_CONNECTION_H

#include "store/backend.h"
#include "store/sqlite/statements.h"

#include <sqlite3.h>
#include <stdatomic.h>

struct writer;

struct connection {
    struct store_tx tx; // first: what callers hold is a pointer to it
    sqlite3 *db;
    struct writer *writer; // what the writing connection knows besides; NULL for a reading one
    bool in_transaction;
    /* Of a reading one: how many commits there have been, and as of how many the snapshot is. */
    const atomic_uint_fast64_t *commits;
    uint64_t snapshot;
    sqlite3_stmt *statements[SQL_STATEMENT_COUNT]; // prepared when first used
    void *owner;             // of a reading one: the pool that it goes back to
    struct connection *next; // in that pool
};

struct connection_options {
    const char *path;
    const struct store_ops *ops;
    int64_t cache_kib;
    int64_t max_pages; // 0 = no limit
    bool read_only;
    const atomic_uint_fast64_t *commits; // of a reading one
};

/* Sets up what SQLite wants to know before its first use in the process. Harmless when repeated. */
void sqlite_set_up(void);

WARN_UNUSED struct connection *connection_open(const struct connection_options *options,
                                               struct err *err);
void connection_close(struct connection *connection); // NULL is fine
void connection_end_read(struct connection *connection);

static inline struct connection *connection_of(struct store_tx *tx) {
    return (struct connection *)(void *)tx;
}

/* Fills err from the result code of an SQLite call and returns false: CONFLICT for a constraint,
 * UNAVAILABLE for a full, busy or failing disk, INTERNAL otherwise. */
bool sqlite_failed(sqlite3 *db, int result, struct err *err);
/* Is this how SQLite says that there is no room (on the disk, in the quota, in the size limit)? */
bool sqlite_is_full(sqlite3 *db, int result);

#endif
