/* sse_stream.h - the server's side of an event stream; handlers see only sse.h.
 *
 * States: an `open` stream becomes `ending` by sse_end or an overflow and is freed when
 * libmicrohttpd lets go of the answer.
 *
 *   Owns:    sse_hub lists the streams; each stream belongs to its answer.
 *   Threads: sse_hub_* and sse_stream_read from any; lock order: hub, stream, libmicrohttpd's own.
 *   Errors:  none.
 */
#ifndef ALPHABET_HTTP_SSE_STREAM_H
#define ALPHABET_HTTP_SSE_STREAM_H

#include "base/buf.h"
#include "base/clock.h"
#include "base/list.h"

#include <microhttpd.h>
#include <pthread.h>

struct sse_hub {
    pthread_mutex_t lock;
    struct list streams; // under lock
    bool closed;         // under lock; streams opened after that end at once
    const struct clock *clock;
};

struct sse_stream {
    struct list node; // under the hub's lock
    struct sse_hub *hub;
    struct MHD_Connection *connection;
    _Atomic int64_t *deadline_us; // of the connection: 0 makes the keeper cut it
    void (*on_close)(void *context);
    void *context;

    /* Under lock. */
    pthread_mutex_t lock;
    struct buf queued;
    size_t taken; // bytes of queued that are out
    bool suspended;
    bool ending;
    bool dropped; // too slow: what is queued is not worth sending
    struct mono last_sent;
};

void sse_hub_init(struct sse_hub *hub, const struct clock *clock);
void sse_hub_heartbeat(struct sse_hub *hub); // a comment to each stream that has been quiet
void sse_hub_close(struct sse_hub *hub);     // ends every stream, now and later
void sse_hub_destroy(struct sse_hub *hub);

struct sse_stream *sse_stream_new(struct sse_hub *hub, struct MHD_Connection *connection,
                                  _Atomic int64_t *deadline_us, void (*on_close)(void *context),
                                  void *context);
/* As MHD_ContentReaderCallback, the stream being its context: suspends the connection when nothing
 * is queued. */
ssize_t sse_stream_read(void *context, uint64_t position, char *out, size_t max);
/* As MHD_ContentReaderFreeCallback: unlists, calls on_close, frees. */
void sse_stream_free(void *context);

#endif
