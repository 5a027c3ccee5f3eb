/* streams.h - the event streams that are open: who listens to what, for how long, and how many.
 *
 *     struct streams *streams = streams_new(&options, &err);
 *     if (!streams_open(streams, request, response, topic, 0)) return;       // it has answered
 *     streams_news(streams, execution_id);      // any thread: there is something to tell about it
 *     streams_post(streams, STREAMS_ALL, STR("paused"), STR_NONE, STR("{}"));
 *
 * A stream listens to one topic: an execution, or everything (STREAMS_ALL). One thread serves all:
 * it calls the hooks below, and ends a stream within STREAMS_CHECK_SECONDS after its token expired
 * or was revoked. It sleeps while nobody listens. A reader that is too slow is dropped by http/sse.
 *
 *   Owns:    a stream belongs to the server; here it is listed until it closes.
 *   Threads: any. Hooks run on the thread of the streams, with no lock held. Lock order: the lock
 *            of the feed (events.c), the lock of the streams, that of one stream (http/sse).
 *   Errors:  streams_open answers 429 beyond STREAMS_PER_USER, 503 beyond STREAMS_MAX.
 */
#ifndef ALPHABET_API_STREAMS_H
#define ALPHABET_API_STREAMS_H

#include "base/clock.h"
#include "base/guid.h"
#include "base/list.h"
#include "http/sse.h"
#include "identity/identity.h"

enum {
    STREAMS_MAX = 256,
    STREAMS_PER_USER = 32,
    STREAMS_TICK_MS = 250,
    STREAMS_CHECK_SECONDS = 2,
};

#define STREAMS_ALL ((struct guid){{0}})

struct streams_options {
    const struct clock *clock;
    struct identity *identity;
    void (*tick)(void *context);                    // every STREAMS_TICK_MS while anybody listens
    void (*news)(void *context, struct guid topic); // after streams_open and streams_news
    void *context;
};

struct streams;

/* One that is open, as a visitor of streams_each sees it. */
struct stream {
    struct list node;
    struct streams *streams;
    struct sse_stream *sse;
    struct guid topic;
    struct guid user_id;
    char *token;
    uint64_t serial;
    struct mono check_at;
    bool news;
    /* What its client was told, for the visitor to keep. */
    int64_t offset;    // bytes of live output
    int64_t status;    // enum execution_status; 0 = none yet
    uint64_t progress; // a hash of it; 0 = none yet
};

WARN_UNUSED struct streams *streams_new(const struct streams_options *options, struct err *err);
/* After the server has stopped: no stream is open any more. NULL is fine. */
void streams_free(struct streams *streams);
/* Answers with a stream from `offset` on, and announces news to it. */
bool streams_open(struct streams *streams, struct http_request *request,
                  struct http_response *response, const struct principal *who, struct guid topic,
                  int64_t offset);
/* How many listen to everything, and to executions. Cheap: no lock. */
int64_t streams_to_all(const struct streams *streams);
int64_t streams_to_executions(const struct streams *streams);
void streams_post(struct streams *streams, struct guid topic, struct str event, struct str id,
                  struct str data);
/* True when anybody listens to this topic; `news` will be called for it. */
bool streams_news(struct streams *streams, struct guid topic);
/* Visits each stream of a topic, under the lock: post to it, end it, note what it was told. */
void streams_each(struct streams *streams, struct guid topic,
                  void (*visit)(struct stream *stream, void *context), void *context);

#endif
