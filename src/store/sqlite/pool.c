/* pool.c - see pool.h. */
#include "store/sqlite/pool.h"

#include <assert.h>

void pool_start(struct pool *pool, const struct connection_options *options, size_t most) {
    *pool = (struct pool){
        .options = *options,
        .most = most,
        .lock = PTHREAD_MUTEX_INITIALIZER,
        .given_back = PTHREAD_COND_INITIALIZER,
    };
}

void pool_stop(struct pool *pool) {
    while (pool->idle) {
        struct connection *connection = pool->idle;
        pool->idle = connection->next;
        pool->open--;
        connection_end_read(connection);
        connection_close(connection);
    }
    assert(pool->open == 0);
    (void)pthread_cond_destroy(&pool->given_back);
    (void)pthread_mutex_destroy(&pool->lock);
}

static struct connection *open_another(struct pool *pool, struct err *err) {
    struct connection *connection = connection_open(&pool->options, err);
    if (connection) {
        connection->owner = pool;
        return connection;
    }
    (void)pthread_mutex_lock(&pool->lock);
    pool->open--;
    (void)pthread_cond_signal(&pool->given_back);
    (void)pthread_mutex_unlock(&pool->lock);
    return NULL;
}

struct connection *pool_take(struct pool *pool, struct err *err) {
    (void)pthread_mutex_lock(&pool->lock);
    while (!pool->idle && pool->open == pool->most)
        (void)pthread_cond_wait(&pool->given_back, &pool->lock);
    struct connection *connection = pool->idle;
    if (connection)
        pool->idle = connection->next;
    else
        pool->open++;
    (void)pthread_mutex_unlock(&pool->lock);
    if (!connection) return open_another(pool, err);
    if (connection->in_transaction && connection->snapshot != atomic_load(connection->commits))
        connection_end_read(connection);
    return connection;
}

void pool_give(struct connection *connection) {
    struct pool *pool = connection->owner;
    (void)pthread_mutex_lock(&pool->lock);
    connection->next = pool->idle;
    pool->idle = connection;
    (void)pthread_cond_signal(&pool->given_back);
    (void)pthread_mutex_unlock(&pool->lock);
}

void pool_release(struct pool *pool) {
    (void)pthread_mutex_lock(&pool->lock);
    for (struct connection *connection = pool->idle; connection; connection = connection->next)
        connection_end_read(connection);
    (void)pthread_mutex_unlock(&pool->lock);
}
