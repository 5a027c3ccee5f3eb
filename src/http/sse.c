/* sse.c - server-sent events; see sse.h.
 *
 * A stream is a buffer with a lock. libmicrohttpd asks for bytes on its own thread; when there are
 * none, the connection is suspended and costs nothing until a post resumes it. Suspending and
 * resuming happen under the stream's lock, so that no post can fall between "empty" and "asleep".
 */
#include "http/sse.h"

#include "http/connection.h"
#include "http/sse_stream.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

void sse_hub_init(struct sse_hub *hub, const struct clock *clock) {
    pthread_mutex_init(&hub->lock, NULL);
    list_init(&hub->streams);
    hub->closed = false;
    hub->clock = clock;
}

void sse_hub_destroy(struct sse_hub *hub) {
    pthread_mutex_destroy(&hub->lock);
}

/* With the stream's lock held. */
static void wake(struct sse_stream *stream) {
    if (!stream->suspended) return;
    stream->suspended = false;
    MHD_resume_connection(stream->connection);
}

static void append(struct sse_stream *stream, struct str bytes) {
    if (stream->taken == stream->queued.len) {
        buf_reset(&stream->queued);
        stream->taken = 0;
    }
    buf_put(&stream->queued, bytes);
}

static void heartbeat(struct sse_stream *stream, struct mono now) {
    pthread_mutex_lock(&stream->lock);
    struct mono due = mono_add(stream->last_sent, span_seconds(SSE_HEARTBEAT_SECONDS));
    if (!stream->ending && !mono_before(now, due)) {
        append(stream, STR(":\n\n"));
        stream->last_sent = now;
        wake(stream);
    }
    pthread_mutex_unlock(&stream->lock);
}

void sse_hub_heartbeat(struct sse_hub *hub) {
    struct mono now = clock_mono(hub->clock);
    pthread_mutex_lock(&hub->lock);
    for (struct list *n = hub->streams.next; n != &hub->streams; n = n->next)
        heartbeat(LIST_ENTRY(n, struct sse_stream, node), now);
    pthread_mutex_unlock(&hub->lock);
}

void sse_end(struct sse_stream *stream) {
    pthread_mutex_lock(&stream->lock);
    stream->ending = true;
    wake(stream);
    pthread_mutex_unlock(&stream->lock);
}

void sse_hub_close(struct sse_hub *hub) {
    pthread_mutex_lock(&hub->lock);
    hub->closed = true;
    for (struct list *n = hub->streams.next; n != &hub->streams; n = n->next)
        sse_end(LIST_ENTRY(n, struct sse_stream, node));
    pthread_mutex_unlock(&hub->lock);
}

struct sse_stream *sse_stream_new(struct sse_hub *hub, struct MHD_Connection *connection,
                                  _Atomic int64_t *deadline_us, void (*on_close)(void *context),
                                  void *context) {
    struct sse_stream *stream = xcalloc(1, sizeof *stream);
    stream->hub = hub;
    stream->connection = connection;
    stream->deadline_us = deadline_us;
    stream->on_close = on_close;
    stream->context = context;
    stream->queued = buf_with_max(0);
    stream->last_sent = clock_mono(hub->clock);
    pthread_mutex_init(&stream->lock, NULL);
    /* The head of the answer goes out with the first bytes: let there be some at once, so that the
     * client knows it is connected. */
    append(stream, STR(":\n\n"));
    pthread_mutex_lock(&hub->lock);
    stream->ending = hub->closed;
    list_append(&hub->streams, &stream->node);
    pthread_mutex_unlock(&hub->lock);
    return stream;
}

void sse_stream_free(void *context) {
    struct sse_stream *stream = context;
    pthread_mutex_lock(&stream->hub->lock);
    list_remove(&stream->node);
    pthread_mutex_unlock(&stream->hub->lock);
    pthread_mutex_lock(&stream->lock);
    stream->ending = true;
    stream->suspended = false;
    pthread_mutex_unlock(&stream->lock);
    if (stream->on_close) stream->on_close(stream->context);
    buf_free(&stream->queued);
    pthread_mutex_destroy(&stream->lock);
    free(stream);
}

ssize_t sse_stream_read(void *context, uint64_t position, char *out, size_t max) {
    (void)position;
    struct sse_stream *stream = context;
    ssize_t result;
    pthread_mutex_lock(&stream->lock);
    size_t left = stream->queued.len - stream->taken;
    if (stream->dropped) {
        result = MHD_CONTENT_READER_END_WITH_ERROR;
    } else if (left > 0) {
        size_t count = left < max ? left : max;
        memcpy(out, stream->queued.ptr + stream->taken, count);
        stream->taken += count;
        result = (ssize_t)count;
    } else if (stream->ending) {
        result = MHD_CONTENT_READER_END_OF_STREAM;
    } else {
        stream->suspended = true;
        MHD_suspend_connection(stream->connection);
        result = 0;
    }
    pthread_mutex_unlock(&stream->lock);
    return result;
}

static bool is_one_line(struct str s) {
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] == '\n' || s.ptr[i] == '\r' || s.ptr[i] == '\0') return false;
    return true;
}

/* One `data:` line for each line of data, whatever ends it. */
static void append_data(struct sse_stream *stream, struct str data) {
    size_t start = 0;
    for (size_t i = 0; i <= data.len; i++) {
        if (i < data.len && data.ptr[i] != '\n' && data.ptr[i] != '\r') continue;
        append(stream, STR("data: "));
        append(stream, str_slice(data, start, i - start));
        append(stream, STR("\n"));
        if (i + 1 < data.len && data.ptr[i] == '\r' && data.ptr[i + 1] == '\n') i++;
        start = i + 1;
    }
    append(stream, STR("\n"));
}

bool sse_post(struct sse_stream *stream, struct str event, struct str id, struct str data) {
    if (!is_one_line(event) || !is_one_line(id)) return false;
    pthread_mutex_lock(&stream->lock);
    bool open = !stream->ending;
    if (open && stream->queued.len - stream->taken + data.len > SSE_MAX_QUEUED) {
        stream->dropped = stream->ending = true;
        /* The socket may be full and never writable again. */
        atomic_store(stream->deadline_us, 0);
        wake(stream);
        open = false;
    }
    if (open) {
        if (!str_is_absent(id)) {
            append(stream, STR("id: "));
            append(stream, id);
            append(stream, STR("\n"));
        }
        if (event.len) {
            append(stream, STR("event: "));
            append(stream, event);
            append(stream, STR("\n"));
        }
        append_data(stream, data);
        stream->last_sent = clock_mono(stream->hub->clock);
        wake(stream);
    }
    pthread_mutex_unlock(&stream->lock);
    return open;
}

struct sse_stream *sse_open(struct http_request *request, struct http_response *response,
                            void (*on_close)(void *context), void *context) {
    struct exchange *exchange = exchange_of_request(request);
    respond_empty(response, 200);
    response->content_type = "text/event-stream; charset=utf-8";
    response->stream = sse_stream_new(&exchange->connection->server->hub, exchange->mhd,
                                      &exchange->connection->deadline_us, on_close, context);
    /* A proxy that buffers would hold the events back. */
    response_header(response, "X-Accel-Buffering", STR("no"));
    return response->stream;
}

struct str sse_last_event_id(const struct http_request *request) {
    struct str id = request_header(request, STR("Last-Event-ID"));
    return str_is_absent(id) ? query_find(&request->query, STR("lastEventId")) : id;
}
