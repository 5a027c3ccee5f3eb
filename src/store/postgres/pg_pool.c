/* pg_pool.c - see pg_pool.h. */
#include "store/postgres/pg_pool.h"

#include <assert.h>
#include <poll.h>

enum { TRY_AGAIN_MS = 500 };

void pg_pool_start(struct pg_pool *pool, const struct pg_target *target, size_t most) {
    *pool = (struct pg_pool){
        .target = target,
        .most = most,
        .lock = PTHREAD_MUTEX_INITIALIZER,
        .given_back = PTHREAD_COND_INITIALIZER,
    };
}

void pg_pool_stop(struct pg_pool *pool) {
    while (pool->idle) {
        struct pg_connection *connection = pool->idle;
        pool->idle = connection->next;
        pool->open--;
        pg_connection_close(connection);
    }
    assert(pool->open == 0);
    (void)pthread_cond_destroy(&pool->given_back);
    (void)pthread_mutex_destroy(&pool->lock);
}

/* An idle connection on which something can be read was closed by the server. */
static bool is_still_good(struct pg_connection *connection) {
    if (!connection->conn || connection->is_lost || !pg_wait(connection, NULL)) return false;
    struct pollfd fd = {.fd = libpq()->PQsocket(connection->conn), .events = POLLIN};
    if (poll(&fd, 1, 0) == 0) return true;
    return libpq()->PQconsumeInput(connection->conn) &&
           libpq()->PQstatus(connection->conn) == CONNECTION_OK;
}

/* Counts it as open, or says at once that it is no use to try. */
static bool reserve(struct pg_pool *pool, struct err *err) {
    struct mono now = clock_mono(clock_system());
    bool is_down = mono_before(now, pool->try_again);
    if (is_down && err) *err = pool->failure;
    if (!is_down) pool->open++;
    return !is_down;
}

static struct pg_connection *connect_or_close(struct pg_pool *pool,
                                              struct pg_connection *connection, struct err *err) {
    struct err failure = ERR_INIT;
    if (pg_connect(connection, NULL, &failure)) return connection;
    pg_connection_close(connection);
    (void)pthread_mutex_lock(&pool->lock);
    pool->open--;
    pool->failure = failure;
    pool->try_again = mono_add(clock_mono(clock_system()), span_ms(TRY_AGAIN_MS));
    (void)pthread_cond_signal(&pool->given_back);
    (void)pthread_mutex_unlock(&pool->lock);
    if (err) *err = failure;
    return NULL;
}

struct pg_connection *pg_pool_take(struct pg_pool *pool, struct err *err) {
    (void)pthread_mutex_lock(&pool->lock);
    while (!pool->idle && pool->open == pool->most)
        (void)pthread_cond_wait(&pool->given_back, &pool->lock);
    struct pg_connection *connection = pool->idle;
    if (connection) pool->idle = connection->next;
    bool may_try = connection || reserve(pool, err);
    (void)pthread_mutex_unlock(&pool->lock);
    if (!may_try) return NULL;
    if (!connection) {
        connection = pg_connection_new(pool->target);
        connection->pool = pool;
    } else if (is_still_good(connection)) {
        return connection;
    }
    return connect_or_close(pool, connection, err);
}

/* The COMMIT is sent and not waited for: its answer is read when the connection is used again. */
static void end_transaction(struct pg_connection *connection) {
    if (!connection->in_transaction) return;
    connection->in_transaction = false;
    pg_send(connection, SQL_COMMIT, &(struct pg_values){0}, NULL);
    pg_flush(connection);
}

void pg_pool_give(struct pg_connection *connection) {
    struct pg_pool *pool = connection->pool;
    end_transaction(connection);
    (void)pthread_mutex_lock(&pool->lock);
    connection->next = pool->idle;
    pool->idle = connection;
    (void)pthread_cond_signal(&pool->given_back);
    (void)pthread_mutex_unlock(&pool->lock);
}
