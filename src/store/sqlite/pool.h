/* pool.h - the read connections: one for each reader at a time, opened when first needed.
 *
 * A snapshot is not ended with the transaction that began it: as long as nothing was committed
 * since, the next transaction on that connection reads the same data and goes on with it, which
 * saves most of what a small read costs. Before the log is copied back, idle snapshots are let go.
 *
 *   Owns:    its connections.   Threads: pool_take and pool_give from any.
 *   Errors:  those of opening. A reader that finds all of them taken waits for one.
 */
#ifndef ALPHABET_STORE_SQLITE_POOL_H
#define ALPHABET_STORE_SQLITE_POOL_H

#include "store/sqlite/connection.h"

#include <pthread.h>

struct pool {
    struct connection_options options;
    size_t most;
    /* under lock */
    pthread_mutex_t lock;
    pthread_cond_t given_back;
    struct connection *idle; // the one used last first: its cache is warm
    size_t open;
};

void pool_start(struct pool *pool, const struct connection_options *options, size_t most);
void pool_stop(struct pool *pool); // all readers have ended
WARN_UNUSED struct connection *pool_take(struct pool *pool, struct err *err);
void pool_give(struct connection *connection);
/* Ends the snapshots of connections that nobody has taken. From any thread. */
void pool_release(struct pool *pool);

#endif
