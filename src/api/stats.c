/* stats.c - how things stand, and how they went: the figures of a dashboard, and the timeline.
 *
 * Both are read from counters that the store keeps as executions happen, so they cost the same at
 * ten executions and at a hundred million.
 */
#include "api/context.h"

/* ---- stats ---- */

struct stats {
    struct totals totals;
    struct timeline_bucket window, today;
    int64_t due;
    struct queue_figures *queues;
    size_t queue_count;
    struct next_job *next;
    size_t next_count;
    struct utc now;
};

/* Counters are kept by the minute: the window begins with the minute that held the moment that many
 * hours ago, and the day with its first. */
static bool read_windows(struct store_tx *tx, const struct api *api, struct stats *stats,
                         struct err *err) {
    enum { DAY_MINUTES = 1440 };
    int64_t minute = utc_seconds(stats->now) / 60, of_day = minute % DAY_MINUTES;
    int64_t window = api->options.stats_window_hours * 60;
    return store_timeline(tx, utc_from_seconds((minute - window) * 60), window + 1, 1,
                          &stats->window, err) &&
           store_timeline(tx, utc_from_seconds((minute - of_day) * 60), of_day + 1, 1,
                          &stats->today, err);
}

static bool read_stats(struct store_tx *tx, const struct api *api, struct arena *arena,
                       struct stats *stats, struct err *err) {
    enum { NEXT_MAX = 10 };
    struct utc ahead = utc_add(stats->now, span_seconds(api->options.upcoming_window_minutes * 60));
    return store_totals(tx, &stats->totals, err) && read_windows(tx, api, stats, err) &&
           store_jobs_due(tx, ahead, &stats->due, err) &&
           store_queues(tx, arena, &stats->queues, &stats->queue_count, err) &&
           store_jobs_next(tx, NEXT_MAX, arena, &stats->next, &stats->next_count, err);
}

static void write_queue(struct json_writer *w, struct str name, const struct queue_figures *queue,
                        struct utc now) {
    int64_t wait = queue ? utc_diff(now, queue->oldest).us : 0;
    json_object_begin(w);
    json_field_str(w, STR("name"), name);
    json_field_i64(w, STR("pendingCount"), queue ? queue->pending : 0);
    json_key(w, STR("oldestWaitSeconds"));
    json_double(w, wait > 0 ? (double)(wait / 1000) / 1000 : 0);
    json_object_end(w);
}

static bool is_configured(const struct api *api, struct str queue) {
    for (size_t i = 0; i < api->options.queue_count; i++)
        if (str_equal(api->options.queues[i], queue)) return true;
    return false;
}

/* The configured ones in order of priority, then others that executions wait in. */
static void write_queues(struct json_writer *w, const struct api *api, const struct stats *stats) {
    json_key(w, STR("queues"));
    json_array_begin(w);
    for (size_t i = 0; i < api->options.queue_count; i++) {
        const struct queue_figures *found = NULL;
        for (size_t q = 0; q < stats->queue_count; q++)
            if (str_equal(stats->queues[q].name, api->options.queues[i])) found = &stats->queues[q];
        write_queue(w, api->options.queues[i], found, stats->now);
    }
    for (size_t q = 0; q < stats->queue_count; q++)
        if (!is_configured(api, stats->queues[q].name))
            write_queue(w, stats->queues[q].name, &stats->queues[q], stats->now);
    json_array_end(w);
}

static void write_next(struct json_writer *w, const struct stats *stats) {
    json_key(w, STR("nextExecutions"));
    json_array_begin(w);
    for (size_t i = 0; i < stats->next_count; i++) {
        json_object_begin(w);
        json_field_guid(w, STR("jobId"), stats->next[i].id);
        json_field_str(w, STR("jobName"), stats->next[i].name);
        json_field_utc(w, STR("nextRunAt"), stats->next[i].next_run_at);
        json_object_end(w);
    }
    json_array_end(w);
}

static void write_jobs(struct json_writer *w, const struct totals *totals) {
    json_field_i64(w, STR("totalJobs"), totals->jobs);
    json_field_i64(w, STR("enabledJobs"), totals->jobs_enabled);
    json_field_i64(w, STR("activeJobs"), totals->jobs_by_status[JOB_ACTIVE]);
    json_field_i64(w, STR("pausedJobs"), totals->jobs_by_status[JOB_PAUSED]);
    json_field_i64(w, STR("disabledJobs"), totals->jobs_by_status[JOB_DISABLED]);
    json_field_i64(w, STR("failedJobs"), totals->jobs_by_status[JOB_FAILED]);
    json_field_i64(w, STR("completedJobs"), totals->jobs_by_status[JOB_COMPLETED]);
}

static void write_executions(struct json_writer *w, const struct stats *stats) {
    const struct timeline_bucket *window = &stats->window, *today = &stats->today;
    int64_t ended = window->succeeded + window->failed + window->cancelled;
    int64_t measured = window->succeeded + window->failed;
    json_key(w, STR("successRate"));
    json_double(w, ended == 0 ? 100 : 100 * (double)window->succeeded / (double)ended);
    json_field_i64(w, STR("recentFailureCount"), window->failed);
    json_key(w, STR("averageDurationSeconds"));
    json_double(w, measured == 0 ? 0 : (double)(window->duration_us / measured) / 1e6);
    json_field_i64(w, STR("executionsToday"),
                   today->succeeded + today->failed + today->cancelled + stats->totals.running);
    json_field_i64(w, STR("upcomingExecutions"), stats->due + stats->totals.pending);
    json_field_i64(w, STR("pendingExecutions"), stats->totals.pending);
    json_field_i64(w, STR("runningExecutions"), stats->totals.running);
}

static void write_node(struct json_writer *w, struct api *api) {
    struct engine *engine = atomic_load(&api->engine);
    struct engine_figures figures = {0};
    if (engine) figures = engine_figures(engine);
    json_field_i64(w, STR("workersBusy"), figures.workers_busy);
    json_field_i64(w, STR("workersTotal"), figures.workers_total);
    json_field_bool(w, STR("isPaused"), figures.paused);
    json_field_str(w, STR("nodeName"), api->options.node_name);
}

void dashboard_stats(struct http_request *request, struct http_response *response, void *context) {
    struct api *api = context;
    if (!api_no_query(request, response)) return;
    struct stats stats = {.now = clock_now(api->options.clock)};
    struct store_tx *tx = api_read(api, request, response);
    if (tx == NULL) return;
    struct err err = ERR_INIT;
    bool ok = read_stats(tx, api, request->arena, &stats, &err);
    store_read_end(tx);
    if (!ok) {
        respond_err(request, response, &err);
        return;
    }
    struct json_writer w = respond_json_begin(response, 200);
    json_object_begin(&w);
    write_jobs(&w, &stats.totals);
    write_executions(&w, &stats);
    write_node(&w, api);
    write_queues(&w, api, &stats);
    write_next(&w, &stats);
    json_field_i64(&w, STR("windowHours"), api->options.stats_window_hours);
    json_field_i64(&w, STR("upcomingWindowMinutes"), api->options.upcoming_window_minutes);
    json_field_utc(&w, STR("at"), stats.now);
    json_object_end(&w);
}

/* ---- timeline ---- */

void executions_timeline(struct http_request *request, struct http_response *response,
                         void *context) {
    struct api *api = context;
    enum { BUCKETS_MAX = 20000 };
    static const char *const known[] = {"hours", "bucketMinutes", NULL};
    struct faults faults = {.arena = request->arena};
    query_check_known(request, known, &faults);
    int64_t hours = query_i64(request, "hours", 1, 8760, 24, &faults);
    int64_t usual = hours <= 6 ? 5 : hours > 336 ? 1440 : 60;
    int64_t minutes = query_i64(request, "bucketMinutes", 1, 10080, usual, &faults);
    /* Buckets lie on whole multiples of their length; the last one holds this moment. */
    int64_t length = minutes * 60;
    int64_t end = utc_seconds(clock_now(api->options.clock)) / length * length + length;
    int64_t count = (hours * 3600 + length - 1) / length;
    if (count > BUCKETS_MAX)
        faults_add(&faults, STR("bucketMinutes"), "gives more than %d buckets; ask for longer ones",
                   BUCKETS_MAX);
    if (!api_no_faults(request, response, &faults)) return;
    struct timeline_bucket *buckets =
        ARENA_ARRAY(request->arena, (size_t)count, struct timeline_bucket);
    struct store_tx *tx = api_read(api, request, response);
    if (tx == NULL) return;
    struct err err = ERR_INIT;
    bool ok = store_timeline(tx, utc_from_seconds(end - count * length), minutes, (size_t)count,
                             buckets, &err);
    store_read_end(tx);
    if (!ok) {
        respond_err(request, response, &err);
        return;
    }
    struct json_writer w = respond_json_begin(response, 200);
    json_array_begin(&w);
    for (int64_t i = 0; i < count; i++) {
        json_object_begin(&w);
        json_field_utc(&w, STR("bucket"), buckets[i].start);
        json_field_i64(&w, STR("successCount"), buckets[i].succeeded);
        json_field_i64(&w, STR("failedCount"), buckets[i].failed);
        json_field_i64(&w, STR("runningCount"), buckets[i].running);
        json_field_i64(&w, STR("cancelledCount"), buckets[i].cancelled);
        json_object_end(&w);
    }
    json_array_end(&w);
}
