/* server.h - an HTTP/1.1 server: threads, limits, TLS, CORS and the headers of every answer.
 *
 *     struct http_server_options options = {.address = "127.0.0.1", .port = 8080, .before = auth};
 *     struct http_server *server = http_server_start(&options, router, &err);
 *     if (server == NULL) ...
 *     http_server_stop(server);
 *
 * In the order in which a request meets them: limits and well-formedness, rate, CORS, route,
 * `before`, query, body, handler, `done`. Handlers of routes with HTTP_MAY_BLOCK run on worker
 * threads, the others on the serving threads (epoll), each of which carries many connections.
 *
 *   Owns:    the server copies what it needs of the options; the router must outlive it.
 *   Threads: start and stop from one; hooks and handlers are called from many at once.
 *   Errors:  INVALID for options that cannot be (address, certificate), UNAVAILABLE when the port
 *            cannot be opened.
 */
#ifndef ALPHABET_HTTP_SERVER_H
#define ALPHABET_HTTP_SERVER_H

#include "base/clock.h"
#include "base/err.h"
#include "http/request.h"
#include "http/response.h"
#include "http/router.h"

#include <stdint.h>

/* Called when the headers are there and a route matched, before the body is read; on a serving
 * thread, so it must be quick. False when it has answered (401, 403) itself. */
typedef bool http_before(struct http_request *request, struct http_response *response,
                         void *context);

struct http_done {
    const struct http_route *route; // NULL when none matched
    size_t route_index;             // of http_router_at; SIZE_MAX when none matched
    enum http_method method;
    int status; // 0 when the connection broke before an answer
    struct span duration;
    struct str path;
    struct str client;
    struct str request_id;
};

/* Called once after each request, on a serving thread. */
typedef void http_done_hook(const struct http_done *done, void *context);

/* Zero means the default, in brackets. */
struct http_server_options {
    const char *address; // numeric IPv4 or IPv6, or localhost [127.0.0.1]
    uint16_t port;       // 0 = any free one: see http_server_port
    int listen_fd;       // > 2: a listening socket handed in (socket activation), taken over
    const char *tls_certificate;          // PEM text, chain included; NULL = plain HTTP
    const char *tls_key;                  // PEM text
    unsigned threads;                     // serving threads [2]
    unsigned workers;                     // threads for routes that may block [16]
    unsigned max_connections;             // [1000]
    unsigned max_connections_per_address; // [0 = no limit]
    unsigned request_timeout_seconds;     // for a body to arrive and an answer to be taken [30]
    unsigned header_timeout_seconds;      // for the headers of a request to arrive [10]
    size_t max_body;                      // bytes [MAX_BODY]
    const char *const *trusted_proxies;   // addresses or a.b.c.d/n; NULL-terminated, may be NULL
    const char *const *allowed_origins;   // "https://host:port"; NULL-terminated, may be NULL
    const char *const *allowed_hosts;     // names (no port) that Host may have; NULL = any
    unsigned rate_limit_per_minute;       // per client address; 0 = no limit
    unsigned stop_grace_seconds;          // how long http_server_stop waits for handlers [30]
    const struct clock *clock;            // [clock_system()]
    http_before *before;                  // may be NULL
    http_done_hook *done;                 // may be NULL
    void *context;                        // of both hooks
};

struct http_server;

struct http_server *http_server_start(const struct http_server_options *options,
                                      const struct http_router *router, struct err *err);
/* Stops accepting, ends the event streams, lets running handlers finish and their answers go out,
 * then closes everything. NULL is fine. */
void http_server_stop(struct http_server *server);
uint16_t http_server_port(const struct http_server *server);

#endif
