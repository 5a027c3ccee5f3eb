/* pg_pool.h - the reading connections: one for each reader at a time, opened when first needed.
 *
 *   Owns:    its connections.   Threads: pg_pool_take and pg_pool_give from any.
 *   Errors:  UNAVAILABLE when the server cannot be reached: told at once for some time after it was
 *            found out. A reader that finds all of them taken waits for one.
 */
#ifndef ALPHABET_STORE_POSTGRES_PG_POOL_H
#define ALPHABET_STORE_POSTGRES_PG_POOL_H

#include "store/postgres/pg_connection.h"

#include <pthread.h>

struct pg_pool {
    const struct pg_target *target;
    size_t most;
    /* under lock */
    pthread_mutex_t lock;
    pthread_cond_t given_back;
    struct pg_connection *idle; // the one used last first
    size_t open;
    struct mono try_again; // not before, after a failure to connect
    struct err failure;    // that one
};

void pg_pool_start(struct pg_pool *pool, const struct pg_target *target, size_t most);
void pg_pool_stop(struct pg_pool *pool); // all readers have ended
WARN_UNUSED struct pg_connection *pg_pool_take(struct pg_pool *pool, struct err *err);
/* Ends its transaction. */
void pg_pool_give(struct pg_connection *connection);

#endif
