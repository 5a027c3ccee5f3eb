/* postgres_pool.h - the connections to one PostgreSQL database, and who waits for one.
 *
 *     postgres_pool_ask(pool, &request);             // request.ready or .failed, perhaps at once
 *     postgres_pool_forget(pool, &request);          // waits no more
 *     postgres_pool_release(pool, connection);       // its call has ended; it tidies itself
 *     postgres_pool_drop(pool, connection);          // it is lost or not to be used again
 *
 * Connections are opened when somebody waits and none is idle, up to a maximum, and closed when
 * they were idle for some time. While the server cannot be reached, opening is tried again with a
 * growing, jittered delay; who waits fails when no connection could be had for as long as one may
 * take to open. What trying again cannot mend (password, no such database) fails at once.
 *
 *   Owns:    its connections.   Threads: the loop's.
 *   Errors:  request.failed with the reason, without secrets but those that a string has outside of
 *            its password.
 */
#ifndef ALPHABET_HANDLERS_PROCEDURES_POSTGRES_POOL_H
#define ALPHABET_HANDLERS_PROCEDURES_POSTGRES_POOL_H

#include "handlers/procedures/postgres_connection.h"
#include "handlers/procedures/procedure_config.h"

struct postgres_options {
    const struct procedure_rules *rules;
    const struct clock *clock;
    int64_t max_connections, connect_seconds, idle_seconds;
};

struct postgres_pool;

struct postgres_request {
    struct list node;
    struct mono asked_at;
    void (*ready)(struct postgres_request *request, struct postgres_connection *connection);
    void (*failed)(struct postgres_request *request, const char *why);
};

struct postgres_pool *postgres_pool_new(uv_loop_t *loop,
                                        const struct procedure_connection *connection,
                                        const struct postgres_options *options);
void postgres_pool_free(struct postgres_pool *pool); // nobody waits or has one
void postgres_pool_ask(struct postgres_pool *pool, struct postgres_request *request);
void postgres_pool_forget(struct postgres_pool *pool, struct postgres_request *request);
void postgres_pool_release(struct postgres_pool *pool, struct postgres_connection *connection);
void postgres_pool_drop(struct postgres_pool *pool, struct postgres_connection *connection);

#endif
