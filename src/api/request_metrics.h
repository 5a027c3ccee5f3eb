/* request_metrics.h - requests, counted by route, method and status, and how long they took.
 *
 *     struct request_metrics *requests = request_metrics_new(api_routes(&count), count);
 *     http options: .done = …, which calls request_metrics_count
 *
 * A path that no route matched is counted under the route "none", whatever it is: what people ask
 * for makes no new series.
 *
 *   Owns:    its counters; routes are borrowed.   Threads: any, without a lock.   Errors: none.
 */
#ifndef ALPHABET_API_REQUEST_METRICS_H
#define ALPHABET_API_REQUEST_METRICS_H

#include "base/buf.h"
#include "http/server.h"

struct request_metrics;

struct request_metrics *request_metrics_new(const struct http_route *routes, size_t count);
void request_metrics_free(struct request_metrics *requests); // NULL is fine
/* `timed` false: its end says nothing about how long it took (an event stream). */
void request_metrics_count(struct request_metrics *requests, const struct http_done *done,
                           bool timed);
void request_metrics_write(const struct request_metrics *requests, struct buf *out);

#endif
