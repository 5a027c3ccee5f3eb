/* postgres_connection.h - one connection to PostgreSQL on a libuv loop; it never waits.
 *
 * Opening looks names up on the thread pool, then moves libpq along by what the socket says. An
 * open connection is idle, or somebody listens to it and has one statement in flight:
 *
 *     struct postgres_connection *c = postgres_connection_open(loop, &options);
 *     ... options.opened(context, c, NULL)                       // or with what went wrong
 *     postgres_connection_listen(c, &events, context);
 *     postgres_connection_query(c, sql, 2, values)               // a question to the catalogue
 *     ... events.result(…), events.synced(…)
 *     postgres_connection_call(c, sql, count, types, values)     // prepared where it may be
 *     ... events.result(…) for each row, events.synced(…): its outcome stands
 *     postgres_connection_listen(c, NULL, NULL);
 *     ... options.idle(context, c)                               // tidied, for the next one
 *     postgres_connection_close(c);
 *
 * What follows a call goes out with it: settings are reset, cursors closed, LISTEN and locks of the
 * session let go, and the server is asked what else is left (temporary tables, another role). Only
 * if something is, DISCARD ALL does away with it, which costs more.
 *
 *   Owns:    itself, until postgres_connection_close; what the options point to is borrowed.
 *   Threads: the loop's; a cancel goes out from a thread of its own, since libpq waits for it.
 *   Errors:  by `opened`, or when it is lost by events.lost or, with nobody listening,
 * options.lost; the owner closes it then. A statement's own error is a result.
 */
#ifndef ALPHABET_HANDLERS_PROCEDURES_POSTGRES_CONNECTION_H
#define ALPHABET_HANDLERS_PROCEDURES_POSTGRES_CONNECTION_H

#include "base/clock.h"
#include "base/list.h"
#include "base/postgres_library.h"

#include <uv.h>

struct postgres_connection;
struct postgres_connect;

struct postgres_failure {
    char sqlstate[6]; // "" = the server did not say one
    char message[512];
};

struct postgres_connection_options {
    const char *string; // of libpq
    int64_t seconds;    // for opening
    /* The server cannot watch out for us (before PostgreSQL 14, or behind some poolers). */
    bool is_unwatched;
    void (*opened)(void *context, struct postgres_connection *connection,
                   const struct postgres_failure *failure); // NULL = it is open
    void (*idle)(void *context, struct postgres_connection *connection);
    void (*lost)(void *context, struct postgres_connection *connection);
    void *context;
};

struct postgres_events {
    /* Rows come one by one, each as a PGRES_SINGLE_TUPLE; then the end. before_run: nothing of the
     * statement has been run, it could not be prepared. */
    void (*result)(void *context, const PGresult *result, bool before_run);
    void (*notice)(void *context, const PGresult *notice);
    void (*synced)(void *context);
    void (*lost)(void *context, const char *why);
};

enum { MAX_PREPARED = 32 };

enum postgres_phase {
    POSTGRES_OPENING,
    POSTGRES_IDLE,
    POSTGRES_QUERY,
    POSTGRES_CALL,
    POSTGRES_TIDY,
    POSTGRES_DISCARD,
};

struct postgres_connection {
    struct list node; // its owner's
    struct mono idle_since;
    struct postgres_connection_options options;
    uv_loop_t *loop;
    uv_timer_t timer; // of opening
    PGconn *pg;       // NULL while names are looked up
    uv_poll_t *poll;
    int watched;                      // UV_READABLE | UV_WRITABLE
    struct postgres_connect *connect; // while it is being opened
    enum postgres_phase phase;
    const struct postgres_events *events;
    void *context;
    int syncs;         // that have not come back
    bool is_preparing; // the first result is that of preparing a call
    bool is_dirty;     // something is left that DISCARD ALL has to do away with
    bool is_tainted;   // a cancel was sent, which may still be on its way
    bool is_closed;
    struct str login; // as it was when the connection was new
    struct {
        uint64_t hash;
        char *sql; // NULL = a free place
    } prepared[MAX_PREPARED];
    size_t preparing_place;
};

struct postgres_connection *
postgres_connection_open(uv_loop_t *loop, const struct postgres_connection_options *options);
void postgres_connection_listen(struct postgres_connection *connection,
                                const struct postgres_events *events, void *context);
/* False: the connection is gone, and nothing was sent. */
WARN_UNUSED bool postgres_connection_query(struct postgres_connection *connection, const char *sql,
                                           int count, const char *const *values);
WARN_UNUSED bool postgres_connection_call(struct postgres_connection *connection, struct str sql,
                                          int count, const uint32_t *types,
                                          const char *const *values);
/* After a question that was answered, when no call follows. */
void postgres_connection_rest(struct postgres_connection *connection);
/* Has the peer closed it? Asks the socket. */
bool postgres_connection_is_broken(struct postgres_connection *connection);
void postgres_connection_cancel(struct postgres_connection *connection);
void postgres_connection_close(struct postgres_connection *connection);

/* Between postgres_connection.c and postgres_connect.c: libpq has connected. */
void postgres_connection_begin(struct postgres_connection *connection);
void postgres_connection_unwatch(struct postgres_connection *connection);
void postgres_connection_watch(struct postgres_connection *connection, int events, uv_poll_cb on);
struct postgres_connect *postgres_connect_start(struct postgres_connection *connection);
void postgres_connect_end(struct postgres_connect *connect);
void postgres_failure_read(const char *message, struct postgres_failure *ret);

#endif
