/* events.c - see events.h.
 *
 * With nobody listening a change costs the look at one number. With listeners and little traffic,
 * a change is formatted once and posted to each; with much of it, it is counted, under one lock,
 * and what the streams cost does not depend on how much happens.
 */
#include "api/events.h"

#include "api/context.h"
#include "base/bounds.h"

#include <stdlib.h>
#include <string.h>

/* ---- what there is to tell ------------------------------------------------------------------- */

struct change {
    struct guid owner, item; // of an execution: its job and itself; item zero: of the job
    size_t what;             // an index of the kind's names
    struct utc at;
    bool is_progress;
    int64_t percent;
    size_t text_len; // of progress; 0 = none
    char text[MAX_PROGRESS_TEXT];
};

/* The changes of one kind. */
struct coalescer {
    struct str single, many;       // names of events
    struct str owner, item, state; // names of members
    const struct str *names;
    size_t name_count;
    /* of this window */
    int64_t heard, counted;
    bool counting;
    int64_t counts[16]; // by change.what
    struct change latest[FEED_LATEST];
};

static const struct str status_names[] = {
    [EXECUTION_PENDING] = {"Pending", 7},     [EXECUTION_RUNNING] = {"Running", 7},
    [EXECUTION_SUCCEEDED] = {"Succeeded", 9}, [EXECUTION_FAILED] = {"Failed", 6},
    [EXECUTION_CANCELLED] = {"Cancelled", 9},
};

/* Actions of the audit, and what the feed calls them. */
static const struct {
    const char *action;
    size_t what;
} job_actions[] = {
    {"job.create", 0}, {"job.import", 0},   {"job.update", 1},       {"job.reschedule", 2},
    {"job.pause", 3},  {"job.resume", 4},   {"job.exclusions", 5},   {"job.delete", 6},
    {"job.erase", 6},  {"job.backfill", 7}, {"job.dependencies", 8},
};
static const struct str job_names[] = {
    {"created", 7},     {"updated", 7}, {"rescheduled", 11}, {"paused", 6},        {"resumed", 7},
    {"exclusions", 10}, {"deleted", 7}, {"backfilled", 10},  {"dependencies", 12},
};

struct feed {
    struct streams *streams;
    const struct clock *clock;
    pthread_mutex_t lock;
    /* under lock */
    struct coalescer executions, progress, jobs, runs;
    struct mono window_end;
    int64_t sequence;
    int64_t paused; // 1 or 0 as it was told; -1 = not yet
};

struct feed *feed_new(struct streams *streams, const struct clock *clock) {
    struct feed *feed = xcalloc(1, sizeof *feed);
    feed->streams = streams;
    feed->clock = clock;
    feed->paused = -1;
    feed->executions = (struct coalescer){.single = STR("execution"),
                                          .many = STR("executions"),
                                          .owner = STR("jobId"),
                                          .item = STR("executionId"),
                                          .state = STR("status"),
                                          .names = status_names,
                                          .name_count = COUNT_OF(status_names)};
    feed->progress = (struct coalescer){.single = STR("progress"),
                                        .many = STR("progresses"),
                                        .owner = STR("jobId"),
                                        .item = STR("executionId"),
                                        .state = STR("status"),
                                        .names = status_names,
                                        .name_count = COUNT_OF(status_names)};
    feed->jobs = (struct coalescer){.single = STR("job"),
                                    .many = STR("jobs"),
                                    .owner = STR("jobId"),
                                    .state = STR("change"),
                                    .names = job_names,
                                    .name_count = COUNT_OF(job_names)};
    feed->runs = (struct coalescer){.single = STR("workflowRun"),
                                    .many = STR("workflowRuns"),
                                    .owner = STR("workflowId"),
                                    .item = STR("runId"),
                                    .state = STR("status"),
                                    .names = status_names,
                                    .name_count = COUNT_OF(status_names)};
    (void)pthread_mutex_init(&feed->lock, NULL);
    return feed;
}

void feed_free(struct feed *feed) {
    if (feed == NULL) return;
    (void)pthread_mutex_destroy(&feed->lock);
    free(feed);
}

/* ---- telling; with the lock held ------------------------------------------------------------- */

static void post(struct feed *feed, struct str event, struct str data) {
    struct buf id = buf_with_max(0);
    buf_put_i64(&id, ++feed->sequence);
    streams_post(feed->streams, STREAMS_ALL, event, buf_str(&id), data);
    buf_free(&id);
}

static void write_change(struct json_writer *w, const struct coalescer *kind,
                         const struct change *change) {
    json_object_begin(w);
    if (!str_is_absent(kind->item)) json_field_guid(w, kind->item, change->item);
    json_field_guid(w, kind->owner, change->owner);
    json_field_str(w, kind->state, kind->names[change->what]);
    json_field_utc(w, STR("at"), change->at);
    if (change->is_progress) {
        struct str text = {change->text, change->text_len};
        json_field_i64(w, STR("progressPercent"), change->percent);
        json_field_str(w, STR("progressText"), text.len > 0 ? text : STR_NONE);
    }
    json_object_end(w);
}

static void post_single(struct feed *feed, const struct coalescer *kind,
                        const struct change *change) {
    struct buf data = buf_with_max(0);
    struct json_writer w = json_writer(&data);
    write_change(&w, kind, change);
    post(feed, kind->single, buf_str(&data));
    buf_free(&data);
}

static void post_many(struct feed *feed, const struct coalescer *kind) {
    struct buf data = buf_with_max(0);
    struct json_writer w = json_writer(&data);
    json_object_begin(&w);
    json_key(&w, STR("counts"));
    json_object_begin(&w);
    for (size_t i = 0; i < kind->name_count; i++)
        if (kind->counts[i] > 0) json_field_i64(&w, kind->names[i], kind->counts[i]);
    json_object_end(&w);
    json_key(&w, STR("latest"));
    json_array_begin(&w);
    int64_t first = kind->counted > FEED_LATEST ? kind->counted - FEED_LATEST : 0;
    for (int64_t i = first; i < kind->counted; i++)
        write_change(&w, kind, &kind->latest[i % FEED_LATEST]);
    json_array_end(&w);
    json_object_end(&w);
    post(feed, kind->many, buf_str(&data));
    buf_free(&data);
}

static void close_window(struct feed *feed, struct coalescer *kind) {
    if (kind->counted > 0) post_many(feed, kind);
    kind->counting = kind->heard > FEED_SINGLES;
    kind->heard = kind->counted = 0;
    memset(kind->counts, 0, sizeof kind->counts);
}

static void roll(struct feed *feed, struct mono now) {
    if (mono_before(now, feed->window_end)) return;
    feed->window_end = mono_add(now, span_ms(STREAMS_TICK_MS));
    close_window(feed, &feed->executions);
    close_window(feed, &feed->progress);
    close_window(feed, &feed->jobs);
    close_window(feed, &feed->runs);
}

static void hear(struct feed *feed, struct coalescer *kind, const struct change *change) {
    (void)pthread_mutex_lock(&feed->lock);
    roll(feed, clock_mono(feed->clock));
    if (++kind->heard > FEED_SINGLES) kind->counting = true;
    if (kind->counting) {
        kind->counts[change->what]++;
        kind->latest[kind->counted++ % FEED_LATEST] = *change;
    } else {
        post_single(feed, kind, change);
    }
    (void)pthread_mutex_unlock(&feed->lock);
}

/* ---- what is heard --------------------------------------------------------------------------- */

void feed_execution(struct feed *feed, const struct engine_event *event) {
    if (streams_to_all(feed->streams) == 0) return;
    struct change change = {.owner = event->job_id,
                            .item = event->execution_id,
                            .what = (size_t)event->status,
                            .at = event->at,
                            .is_progress = event->is_progress,
                            .percent = event->progress_percent};
    struct str text = str_slice(event->progress_text, 0, sizeof change.text);
    if (text.len > 0) memcpy(change.text, text.ptr, text.len);
    change.text_len = text.len;
    hear(feed, event->is_progress ? &feed->progress : &feed->executions, &change);
}

void feed_run(struct feed *feed, const struct engine_run_event *event) {
    if (streams_to_all(feed->streams) == 0) return;
    struct change change = {.owner = event->workflow_id,
                            .item = event->run_id,
                            .what = (size_t)event->status,
                            .at = event->at};
    hear(feed, &feed->runs, &change);
}

void feed_job(struct feed *feed, struct guid job_id, struct str action, struct utc at) {
    if (streams_to_all(feed->streams) == 0) return;
    for (size_t i = 0; i < COUNT_OF(job_actions); i++) {
        if (!str_equal(action, str_from_cstr(job_actions[i].action))) continue;
        struct change change = {.owner = job_id, .what = job_actions[i].what, .at = at};
        hear(feed, &feed->jobs, &change);
    }
}

void feed_tick(struct feed *feed, bool paused) {
    (void)pthread_mutex_lock(&feed->lock);
    roll(feed, clock_mono(feed->clock));
    if (feed->paused >= 0 && feed->paused != paused)
        post(feed, paused ? STR("paused") : STR("resumed"), STR("{}"));
    feed->paused = paused;
    (void)pthread_mutex_unlock(&feed->lock);
}

/* ---- GET /events ----------------------------------------------------------------------------- */

struct greeting {
    struct str data;
};

/* A stream that was told nothing yet hears how things stand. */
static void greet(struct stream *stream, void *context) {
    const struct greeting *greeting = context;
    if (stream->status != 0) return;
    stream->status = 1;
    (void)sse_post(stream->sse, STR("hello"), STR_NONE, greeting->data);
}

void events_news(struct api *api) {
    struct engine *engine = atomic_load(&api->engine);
    struct buf data = buf_with_max(0);
    struct json_writer w = json_writer(&data);
    json_object_begin(&w);
    json_field_str(&w, STR("nodeName"), api->options.node_name);
    json_field_bool(&w, STR("isPaused"), engine && engine_figures(engine).paused);
    json_field_utc(&w, STR("at"), clock_now(api->options.clock));
    json_object_end(&w);
    struct greeting greeting = {.data = buf_str(&data)};
    streams_each(api->streams, STREAMS_ALL, greet, &greeting);
    buf_free(&data);
}

void events_stream(struct http_request *request, struct http_response *response, void *context) {
    static const char *const known[] = {"lastEventId", NULL};
    struct api *api = context;
    struct faults faults = {.arena = request->arena};
    query_check_known(request, known, &faults);
    if (!api_no_faults(request, response, &faults)) return;
    (void)streams_open(api->streams, request, response, api_principal(request), STREAMS_ALL, 0);
}
