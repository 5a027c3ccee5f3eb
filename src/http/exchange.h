/* exchange.h - one request and its answer, from the first line to the last byte.
 *
 *            headers there            body there             answer out
 *     NEW ----------------> BODY ----------------> WAITING ------------> (NEW)
 *      |  \                  |    quick handlers    ^  |  the worker is done
 *      |   \                 +-> ANSWERED <---------+--+
 *      |    +-> DISCARD --------^     an error that was known before the body: the rest is read
 *      +------------------------+     and thrown away when it is short, else the connection closes
 *
 * Only WAITING belongs to a worker thread; libmicrohttpd's connection is suspended then.
 *
 *   Owns:    the arena, the body, and the response until it is sent.
 *   Threads: the serving thread of its connection, and one worker while WAITING.   Errors: answers.
 */
#ifndef ALPHABET_HTTP_EXCHANGE_H
#define ALPHABET_HTTP_EXCHANGE_H

#include "base/list.h"
#include "http/request.h"
#include "http/response.h"

#include <microhttpd.h>

struct connection;

enum exchange_state {
    EXCHANGE_NEW,
    EXCHANGE_BODY,
    EXCHANGE_DISCARD,
    EXCHANGE_WAITING,
    EXCHANGE_ANSWERED,
};

struct exchange {
    struct http_request request;
    struct http_response response;
    struct http_match match;
    struct arena arena;
    struct buf body;
    size_t max_body;
    struct str uri;      // as sent
    const char *uri_end; // where it ended among the bytes that came in
    struct MHD_Connection *mhd;
    struct connection *connection;
    struct mono started;
    struct list work; // in the workers' queue
    enum exchange_state state;
    int sent_status; // 0 = nothing was sent
    bool is_large;   // holds one of the places for large bodies
};

struct exchange *exchange_of_request(struct http_request *request);
/* The callbacks of libmicrohttpd; server.c registers them with the server as context. */
void *exchange_on_uri(void *context, const char *uri, struct MHD_Connection *mhd);
enum MHD_Result exchange_on_access(void *context, struct MHD_Connection *mhd, const char *url,
                                   const char *method, const char *version, const char *data,
                                   size_t *size, void **request_context);
void exchange_on_completed(void *context, struct MHD_Connection *mhd, void **request_context,
                           enum MHD_RequestTerminationCode code);
/* Runs the handler of a waiting exchange, on a worker. */
void exchange_work(struct list *work);

#endif
