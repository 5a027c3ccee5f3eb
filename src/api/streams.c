/* streams.c - see streams.h.
 *
 * Whoever has news only marks the streams it concerns; what is told is read and posted by the
 * thread of the streams. So the engine never waits for the store on behalf of a listener, and many
 * pieces of news about one execution become one look at it. A stream is listed before its first
 * look: what happens in between is seen by one of the two.
 */
#include "api/streams.h"

#include "api/session.h"
#include "http/problem.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct streams {
    struct streams_options options;
    pthread_t thread;
    _Atomic int64_t to_all, to_executions; // written under lock

    pthread_mutex_t lock;
    pthread_cond_t changed;
    /* under lock */
    struct list open;
    uint64_t last_serial;
    bool stopping;
};

/* ---- the list -------------------------------------------------------------------------------- */

static struct stream *first_stream(struct streams *streams) {
    struct list *node = list_first(&streams->open);
    return node ? LIST_ENTRY(node, struct stream, node) : NULL;
}

static struct stream *next_stream(struct streams *streams, struct stream *stream) {
    struct list *node = stream->node.next;
    return node == &streams->open ? NULL : LIST_ENTRY(node, struct stream, node);
}

#define STREAMS_EACH(stream, streams) \
    for (struct stream *stream = first_stream(streams); stream; \
         stream = next_stream(streams, stream))

static _Atomic int64_t *count_of(struct streams *streams, struct guid topic) {
    return guid_is_zero(topic) ? &streams->to_all : &streams->to_executions;
}

static void closed(void *context) {
    struct stream *stream = context;
    struct streams *streams = stream->streams;
    (void)pthread_mutex_lock(&streams->lock);
    list_remove(&stream->node);
    (void)atomic_fetch_sub(count_of(streams, stream->topic), 1);
    (void)pthread_mutex_unlock(&streams->lock);
    free(stream->token);
    free(stream);
}

/* With the lock held. */
static bool there_is_room(struct streams *streams, struct guid user_id, struct err *err) {
    size_t all = 0, own = 0;
    STREAMS_EACH(stream, streams) {
        all++;
        own += guid_equal(stream->user_id, user_id);
    }
    if (own >= STREAMS_PER_USER)
        return err_set(err, ERR_BUSY, "you have %d event streams open already", STREAMS_PER_USER);
    if (all >= STREAMS_MAX)
        return err_set(err, ERR_UNAVAILABLE, "%d event streams are open already", STREAMS_MAX);
    return true;
}

bool streams_open(struct streams *streams, struct http_request *request,
                  struct http_response *response, const struct principal *who, struct guid topic,
                  int64_t offset) {
    struct err err = ERR_INIT;
    (void)pthread_mutex_lock(&streams->lock);
    bool room = there_is_room(streams, who->user_id, &err);
    if (room) {
        struct stream *stream = xcalloc(1, sizeof *stream);
        stream->streams = streams;
        stream->topic = topic;
        stream->user_id = who->user_id;
        stream->token = xstr_dup(session_credential(request));
        stream->serial = ++streams->last_serial;
        stream->check_at =
            mono_add(clock_mono(streams->options.clock), span_seconds(STREAMS_CHECK_SECONDS));
        stream->offset = offset;
        stream->news = true;
        stream->sse = sse_open(request, response, closed, stream);
        list_append(&streams->open, &stream->node);
        (void)atomic_fetch_add(count_of(streams, topic), 1);
        (void)pthread_cond_signal(&streams->changed);
    }
    (void)pthread_mutex_unlock(&streams->lock);
    if (!room) respond_err(request, response, &err);
    return room;
}

int64_t streams_to_all(const struct streams *streams) {
    return atomic_load_explicit(&streams->to_all, memory_order_relaxed);
}

int64_t streams_to_executions(const struct streams *streams) {
    return atomic_load_explicit(&streams->to_executions, memory_order_relaxed);
}

void streams_post(struct streams *streams, struct guid topic, struct str event, struct str id,
                  struct str data) {
    (void)pthread_mutex_lock(&streams->lock);
    STREAMS_EACH(stream, streams) {
        if (guid_equal(stream->topic, topic)) (void)sse_post(stream->sse, event, id, data);
    }
    (void)pthread_mutex_unlock(&streams->lock);
}

bool streams_news(struct streams *streams, struct guid topic) {
    bool found = false;
    (void)pthread_mutex_lock(&streams->lock);
    STREAMS_EACH(stream, streams) {
        if (!guid_equal(stream->topic, topic)) continue;
        stream->news = found = true;
    }
    if (found) (void)pthread_cond_signal(&streams->changed);
    (void)pthread_mutex_unlock(&streams->lock);
    return found;
}

void streams_each(struct streams *streams, struct guid topic,
                  void (*visit)(struct stream *stream, void *context), void *context) {
    (void)pthread_mutex_lock(&streams->lock);
    STREAMS_EACH(stream, streams) {
        if (guid_equal(stream->topic, topic)) visit(stream, context);
    }
    (void)pthread_mutex_unlock(&streams->lock);
}

/* ---- the thread ------------------------------------------------------------------------------ */

/* Serves one topic that has news; false when there is none. Lock held, but not meanwhile. */
static bool serve_news(struct streams *streams) {
    struct stream *marked = first_stream(streams);
    while (marked && !marked->news) marked = next_stream(streams, marked);
    if (marked == NULL) return false;
    struct guid topic = marked->topic;
    STREAMS_EACH(stream, streams) {
        if (guid_equal(stream->topic, topic)) stream->news = false;
    }
    (void)pthread_mutex_unlock(&streams->lock);
    streams->options.news(streams->options.context, topic);
    (void)pthread_mutex_lock(&streams->lock);
    return true;
}

/* Whose token is good no more hears so and is ended. One that cannot be checked, because the store
 * is away, is checked again later. */
static void end_refused(struct streams *streams, uint64_t serial) {
    STREAMS_EACH(stream, streams) {
        if (stream->serial != serial) continue;
        (void)sse_post(stream->sse, STR("bye"), STR_NONE,
                       STR("{\"reason\":\"the token is not valid any more\"}"));
        sse_end(stream->sse);
    }
}

/* Checks one token that is due; false when there is none. Lock held, but not meanwhile. */
static bool check_token(struct streams *streams, struct mono now) {
    struct stream *due = first_stream(streams);
    while (due && mono_before(now, due->check_at)) due = next_stream(streams, due);
    if (due == NULL) return false;
    uint64_t serial = due->serial;
    char *token = xstrdup(due->token);
    due->check_at = mono_add(now, span_seconds(STREAMS_CHECK_SECONDS));
    (void)pthread_mutex_unlock(&streams->lock);
    struct principal who;
    struct err err = ERR_INIT;
    bool refused =
        !identity_authenticate(streams->options.identity, str_from_cstr(token), &who, &err) &&
        err.kind == ERR_UNAUTHENTICATED;
    free(token);
    (void)pthread_mutex_lock(&streams->lock);
    if (refused) end_refused(streams, serial);
    return true;
}

static void wait_for_tick(struct streams *streams) {
    /* The condition waits on the system's clock, whatever clock the API was given. */
    struct mono at = mono_add(clock_mono(clock_system()), span_ms(STREAMS_TICK_MS));
    struct timespec wake = {.tv_sec = at.us / 1000000, .tv_nsec = at.us % 1000000 * 1000};
    (void)pthread_cond_timedwait(&streams->changed, &streams->lock, &wake);
}

static void *serve(void *context) {
    struct streams *streams = context;
    struct mono ticked = clock_mono(streams->options.clock);
    (void)pthread_mutex_lock(&streams->lock);
    while (!streams->stopping) {
        if (list_is_empty(&streams->open)) {
            (void)pthread_cond_wait(&streams->changed, &streams->lock);
            continue;
        }
        if (serve_news(streams)) continue;
        struct mono now = clock_mono(streams->options.clock);
        if (mono_diff(now, ticked).us >= span_ms(STREAMS_TICK_MS).us) {
            ticked = now;
            (void)pthread_mutex_unlock(&streams->lock);
            streams->options.tick(streams->options.context);
            (void)pthread_mutex_lock(&streams->lock);
        } else if (!check_token(streams, now)) {
            wait_for_tick(streams);
        }
    }
    (void)pthread_mutex_unlock(&streams->lock);
    return NULL;
}

/* ---- life ------------------------------------------------------------------------------------ */

static void destroy(struct streams *streams) {
    (void)pthread_cond_destroy(&streams->changed);
    (void)pthread_mutex_destroy(&streams->lock);
    free(streams);
}

struct streams *streams_new(const struct streams_options *options, struct err *err) {
    struct streams *streams = xcalloc(1, sizeof *streams);
    streams->options = *options;
    list_init(&streams->open);
    (void)pthread_mutex_init(&streams->lock, NULL);
    pthread_condattr_t attributes;
    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&streams->changed, &attributes);
    (void)pthread_condattr_destroy(&attributes);
    sigset_t all, before; // signals belong to the main thread
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&streams->thread, NULL, serve, streams);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed == 0) return streams;
    destroy(streams);
    (void)err_set(err, ERR_UNAVAILABLE, "cannot start the thread of the event streams");
    return NULL;
}

void streams_free(struct streams *streams) {
    if (streams == NULL) return;
    (void)pthread_mutex_lock(&streams->lock);
    streams->stopping = true;
    (void)pthread_cond_signal(&streams->changed);
    (void)pthread_mutex_unlock(&streams->lock);
    (void)pthread_join(streams->thread, NULL);
    destroy(streams);
}
