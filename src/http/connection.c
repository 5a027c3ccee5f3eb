/* connection.c - see connection.h. */
#include "http/connection.h"

#include <stdlib.h>

static struct connection *connection_new(struct http_server *server, struct MHD_Connection *mhd) {
    const union MHD_ConnectionInfo *fd =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD);
    const union MHD_ConnectionInfo *peer =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    struct connection *connection = xcalloc(1, sizeof *connection);
    connection->server = server;
    connection->fd = fd ? fd->connect_fd : -1;
    connection->exchange.connection = connection;
    list_init(&connection->exchange.work);
    address_format(peer ? peer->client_addr : NULL, connection->address);
    connection_set_deadline(connection, clock_mono(server->clock), server->header_timeout, 0);
    return connection;
}

void connection_notify(void *context, struct MHD_Connection *mhd, void **socket_context,
                       enum MHD_ConnectionNotificationCode code) {
    struct http_server *server = context;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        struct connection *connection = connection_new(server, mhd);
        *socket_context = connection;
        keeper_add(&server->keeper, &connection->node);
        return;
    }
    /* libmicrohttpd says so before it closes the socket: once the keeper has let go, nobody can
     * shut down a number that means another connection by then. */
    struct connection *connection = *socket_context;
    keeper_remove(&server->keeper, &connection->node);
    arena_free(&connection->exchange.arena);
    buf_free(&connection->exchange.body);
    free(connection);
    *socket_context = NULL;
}

void connection_set_deadline(struct connection *connection, struct mono from, unsigned seconds,
                             size_t bytes) {
    int64_t allowance = (int64_t)seconds + (int64_t)(bytes / MIN_BYTES_PER_SECOND);
    atomic_store_explicit(&connection->deadline_us, mono_add(from, span_seconds(allowance)).us,
                          memory_order_relaxed);
}
