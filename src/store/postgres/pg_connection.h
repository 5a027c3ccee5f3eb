/* pg_connection.h - one connection to the server; it is the transaction that callers of store.h
 * hold.
 *
 * libpq is in pipeline mode: statements are sent one behind the other without waiting, and
 * pg_wait reads the answers of all of them up to a synchronisation point. pg_query.h is built on
 * the three functions pg_send, pg_wait and pg_fail_connection; nobody else calls libpq but
 * pg_migrate.c, before the pipeline is entered.
 *
 *   Owns:    the PGconn, until pg_connection_close.   Threads: one at a time.
 *   Errors:  as pg_failed says: UNAVAILABLE when the server cannot be reached or says that it must
 *            not be asked now, CONFLICT for a constraint, INTERNAL otherwise.
 *   Units:   microseconds unless the name says otherwise.
 */
#ifndef ALPHABET_STORE_POSTGRES_PG_CONNECTION_H
#define ALPHABET_STORE_POSTGRES_PG_CONNECTION_H

#include "base/postgres_library.h"
#include "store/backend.h"
#include "store/postgres/pg_statements.h"

#include <stdatomic.h>

struct pg_writer;
struct pg_pool;

/* Where the server is, and how long it may take; the same for every connection of a store. */
struct pg_target {
    const struct store_ops *ops;
    char *text; // conninfo string or URI
    int64_t statement_timeout_ms;
    bool leases_by_caller; // see postgres_store.h
};

/* What was sent and not answered yet. */
struct pg_sent {
    enum { PG_SENT_PREPARE, PG_SENT_QUERY, PG_SENT_SYNC } what;
    enum sql_statement which;
    PGresult **result; // NULL: only whether it failed is wanted
};

struct pg_connection {
    struct store_tx tx; // first: what callers hold is a pointer to it
    const struct pg_target *target;
    PGconn *conn;             // NULL while there is none
    struct pg_writer *writer; // of the writing connection; NULL for a reading one
    bool in_transaction;
    bool is_lost;        // the connection failed: nothing more can be asked, see `failed`
    bool must_run_again; // the server gave the transaction up for another one (40001, 40P01)
    bool warned;         // a WARNING came with the latest answers
    struct err failed;   // the first failure since it was taken away; kind ERR_NONE = none
    struct pg_sent *sent;
    size_t sent_count, sent_room;
    bool prepared[SQL_STATEMENT_COUNT];
    struct pg_pool *pool;       // of a reading one: where it goes back to
    struct pg_connection *next; // in that pool
};

/* Not connected yet. */
struct pg_connection *pg_connection_new(const struct pg_target *target);
void pg_connection_close(struct pg_connection *connection); // NULL is fine

/* Connects, sets the session up and enters the pipeline. `before` (may be NULL) is called in
 * between, with a connection that answers PQexec. */
WARN_UNUSED bool pg_connect(struct pg_connection *connection,
                            bool (*before)(struct pg_connection *connection, struct err *err),
                            struct err *err);
void pg_disconnect(struct pg_connection *connection);

/* One statement outside of a pipeline, without parameters; of a select the first value as a
 * number, 0 when there is none. `ret` may be NULL. */
WARN_UNUSED bool pg_plain(struct pg_connection *connection, const char *text, int64_t *ret,
                          struct err *err);

struct pg_values {
    int count;
    const Oid *types;
    const char *const *values;
    const int *lengths, *formats;
};
/* Sends a statement, preparing it when it is first used. `result` is filled by pg_wait. A failure
 * is kept in connection->failed and told by pg_wait. */
void pg_send(struct pg_connection *connection, enum sql_statement which,
             const struct pg_values *values, PGresult **result);
/* Reads the answers to all that was sent. False and err (which may be NULL) when one of the
 * statements failed; those behind it have not been run then. */
WARN_UNUSED bool pg_wait(struct pg_connection *connection, struct err *err);

/* Sends what is waiting to be sent, with a synchronisation point behind it; reads nothing. */
void pg_flush(struct pg_connection *connection);

static inline struct pg_connection *pg_connection_of(struct store_tx *tx) {
    return (struct pg_connection *)(void *)tx;
}

#endif
