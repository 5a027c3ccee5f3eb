/* sse.h - server-sent events: long answers that hold no thread.
 *
 *     struct sse_stream *stream = sse_open(request, response, closed, subscriber);
 *     ...                                       // later, from any thread:
 *     sse_post(stream, STR("execution"), id, json);
 *
 * Posted events wait in a bounded buffer (SSE_MAX_QUEUED bytes) until the client takes them. A
 * client that is too slow for it is dropped; so is everyone when the server stops. While nothing is
 * posted, the server sends a comment every SSE_HEARTBEAT_SECONDS, which also finds clients that are
 * gone.
 *
 *   Owns:    the server owns the stream. The pointer is good until `on_close` has returned, which
 *            is called exactly once for each sse_open, on a thread of the server, with no lock
 * held. A publisher takes its own lock around its list and sse_post, and the same lock in on_close
 * to remove the stream: that is all the care it needs. Threads: sse_post and sse_end from any.
 *   Errors:  sse_post is false when the stream is ending; on_close then follows or has begun.
 *   Source:  the HTML standard, 9.2 (server-sent events).
 */
#ifndef ALPHABET_HTTP_SSE_H
#define ALPHABET_HTTP_SSE_H

#include "base/str.h"
#include "http/request.h"
#include "http/response.h"

enum { SSE_MAX_QUEUED = 256 * 1024, SSE_HEARTBEAT_SECONDS = 15 };

struct sse_stream;

/* Answers the request with a stream of events. */
struct sse_stream *sse_open(struct http_request *request, struct http_response *response,
                            void (*on_close)(void *context), void *context);
/* Each of event and id may be absent. Line breaks in data are carried; in event and id they are
 * refused (false). */
bool sse_post(struct sse_stream *stream, struct str event, struct str id, struct str data);
/* Ends the stream once what was posted is out. */
void sse_end(struct sse_stream *stream);
/* The Last-Event-ID header, or the query parameter lastEventId; absent at the first connect. */
struct str sse_last_event_id(const struct http_request *request);

#endif
