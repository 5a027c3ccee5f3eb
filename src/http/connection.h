/* connection.h - one TCP connection: its client, its deadline, and the exchange it carries.
 * Requests of one connection follow each other, so one exchange, with its arena, serves them all.
 *
 *   Owns:    the exchange.   Threads: its serving thread; deadline_us from any; the list node under
 *            the keeper's lock.   Units: deadlines in microseconds of the monotonic clock.
 */
#ifndef ALPHABET_HTTP_CONNECTION_H
#define ALPHABET_HTTP_CONNECTION_H

#include "http/address.h"
#include "http/exchange.h"
#include "http/server_state.h"

#include <stdatomic.h>

#define NO_DEADLINE INT64_MAX
/* Bodies must come, and answers be taken, at this pace on average once the timeout is used up. */
enum { MIN_BYTES_PER_SECOND = 16 * 1024 };

struct connection {
    struct list node; // under the keeper's lock
    struct http_server *server;
    int fd;
    _Atomic int64_t deadline_us; // the keeper cuts the connection after that
    char address[ADDRESS_TEXT];
    struct exchange exchange;
};

/* As MHD_NotifyConnectionCallback. */
void connection_notify(void *context, struct MHD_Connection *mhd, void **socket_context,
                       enum MHD_ConnectionNotificationCode code);
void connection_set_deadline(struct connection *connection, struct mono from, unsigned seconds,
                             size_t bytes);

#endif
