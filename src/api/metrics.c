/* metrics.c - GET /metrics: how things stand, for a program that asks every few seconds.
 *
 * Everything here is counted already; this reads it and writes it down. No label takes a value that
 * people choose: queues are the configured ones and "other".
 */
#include "api/context.h"

#include "api/metric_text.h"
#include "api/process_figures.h"
#include "api/request_metrics.h"

enum { USUAL_BYTES = 64 * 1024 };

static void write_gauge(struct buf *out, const char *name, const char *help, int64_t value) {
    metric_family(out, name, "gauge", help);
    metric_i64(out, name, NULL, 0, value);
}

/* ---- the engine ------------------------------------------------------------------------------ */

static bool is_job_type(int type) {
    return !str_is_absent(job_type_name((enum job_type)type));
}

static void write_ended(struct buf *out, const struct engine_metrics *metrics) {
    static const enum execution_status ends[] = {EXECUTION_SUCCEEDED, EXECUTION_FAILED,
                                                 EXECUTION_CANCELLED};
    metric_family(out, "alphabet_executions_ended_total", "counter",
                  "Executions that ended on this node since it was started.");
    for (int type = 0; type < ENGINE_HANDLERS; type++) {
        for (size_t i = 0; is_job_type(type) && i < COUNT_OF(ends); i++) {
            const struct metric_label labels[] = {
                {"job_type", job_type_name((enum job_type)type)},
                {"status", execution_status_name(ends[i])},
            };
            uint64_t count =
                atomic_load_explicit(&metrics->ended[type][ends[i]], memory_order_relaxed);
            metric_i64(out, "alphabet_executions_ended_total", labels, 2, (int64_t)count);
        }
    }
}

static void write_runs(struct buf *out, const struct engine_metrics *metrics) {
    static const enum execution_status ends[] = {EXECUTION_SUCCEEDED, EXECUTION_FAILED,
                                                 EXECUTION_CANCELLED};
    metric_family(out, "alphabet_workflow_runs_ended_total", "counter",
                  "Workflow runs that ended on this node since it was started.");
    for (size_t i = 0; i < COUNT_OF(ends); i++) {
        const struct metric_label label = {"status", execution_status_name(ends[i])};
        uint64_t count = atomic_load_explicit(&metrics->runs_ended[ends[i]], memory_order_relaxed);
        metric_i64(out, "alphabet_workflow_runs_ended_total", &label, 1, (int64_t)count);
    }
}

static void write_engine_metrics(struct buf *out, const struct engine_metrics *metrics) {
    write_ended(out, metrics);
    write_runs(out, metrics);
    metric_family(out, "alphabet_execution_duration_seconds", "histogram",
                  "How long executions ran that Succeeded or Failed.");
    for (int type = 0; type < ENGINE_HANDLERS; type++) {
        if (!is_job_type(type)) continue;
        const struct metric_label label = {"job_type", job_type_name((enum job_type)type)};
        metric_histogram(out, "alphabet_execution_duration_seconds", &label, 1,
                         &metrics->duration_us[type], true);
    }
    metric_family(out, "alphabet_execution_lateness_seconds", "histogram",
                  "How long after their due time executions of a schedule began.");
    metric_histogram(out, "alphabet_execution_lateness_seconds", NULL, 0, &metrics->lateness_us,
                     true);
}

static void write_engine(struct buf *out, struct engine *engine) {
    struct engine_figures figures = engine_figures(engine);
    metric_family(out, "alphabet_executions_started_total", "counter",
                  "Executions that were started on this node since it was started.");
    metric_i64(out, "alphabet_executions_started_total", NULL, 0, figures.started);
    write_engine_metrics(out, engine_metrics(engine));
    write_gauge(out, "alphabet_workers", "Executions that may run at once on this node.",
                figures.workers_total);
    write_gauge(out, "alphabet_workers_busy", "Executions that run on this node.",
                figures.workers_busy);
    write_gauge(out, "alphabet_executions_unsettled",
                "Executions that ended and whose end is not in the store yet.", figures.unsettled);
    write_gauge(out, "alphabet_scheduler_paused", "1 while everything is paused.", figures.paused);
    write_gauge(out, "alphabet_store_away", "1 while what is written does not reach the store.",
                figures.store_away);
}

/* ---- the store ------------------------------------------------------------------------------- */

static void write_totals(struct buf *out, const struct totals *totals) {
    metric_family(out, "alphabet_jobs", "gauge", "Jobs there are.");
    for (int status = JOB_ACTIVE; status < JOB_DELETED; status++) {
        const struct metric_label label = {"status", job_status_name((enum job_status)status)};
        metric_i64(out, "alphabet_jobs", &label, 1, totals->jobs_by_status[status]);
    }
    const int64_t counts[] = {
        [EXECUTION_PENDING] = totals->pending,     [EXECUTION_RUNNING] = totals->running,
        [EXECUTION_SUCCEEDED] = totals->succeeded, [EXECUTION_FAILED] = totals->failed,
        [EXECUTION_CANCELLED] = totals->cancelled,
    };
    metric_family(out, "alphabet_executions", "gauge", "Executions there are a record of.");
    for (int status = EXECUTION_PENDING; status <= EXECUTION_CANCELLED; status++) {
        const struct metric_label label = {"status",
                                           execution_status_name((enum execution_status)status)};
        metric_i64(out, "alphabet_executions", &label, 1, counts[status]);
    }
}

struct line {
    int64_t pending;
    int64_t wait_us;
};

static void add_to_line(struct line *line, const struct queue_figures *queue, struct utc now) {
    int64_t wait = utc_diff(now, queue->oldest).us;
    line->pending += queue->pending;
    if (queue->pending > 0 && wait > line->wait_us) line->wait_us = wait;
}

static void write_queues(struct buf *out, const struct api *api, struct arena *arena,
                         const struct queue_figures *queues, size_t count) {
    size_t known = api->options.queue_count;
    struct utc now = clock_now(api->options.clock);
    struct line *lines = ARENA_ARRAY(arena, known + 1, struct line);
    for (size_t i = 0; i < count; i++) {
        size_t at = 0;
        while (at < known && !str_equal(api->options.queues[at], queues[i].name)) at++;
        add_to_line(&lines[at], &queues[i], now);
    }
    metric_family(out, "alphabet_queue_pending", "gauge", "Executions that wait in a queue.");
    for (size_t i = 0; i <= known; i++) {
        const struct metric_label label = {"queue",
                                           i < known ? api->options.queues[i] : STR("other")};
        metric_i64(out, "alphabet_queue_pending", &label, 1, lines[i].pending);
    }
    metric_family(out, "alphabet_queue_oldest_wait_seconds", "gauge",
                  "How long the first one in a queue might have run already; 0 when none waits.");
    for (size_t i = 0; i <= known; i++) {
        const struct metric_label label = {"queue",
                                           i < known ? api->options.queues[i] : STR("other")};
        metric_seconds(out, "alphabet_queue_oldest_wait_seconds", &label, 1, lines[i].wait_us);
    }
}

static void write_commits(struct buf *out, const struct store_figures *figures) {
    metric_family(out, "alphabet_store_commit_duration_seconds", "histogram",
                  "From the begin of a group of writes to its flush.");
    metric_histogram(out, "alphabet_store_commit_duration_seconds", NULL, 0, &figures->commit_us,
                     true);
    metric_family(out, "alphabet_store_commit_writes", "histogram", "Writes in such a group.");
    metric_histogram(out, "alphabet_store_commit_writes", NULL, 0, &figures->commit_writes, false);
    metric_family(out, "alphabet_store_commits_failed_total", "counter",
                  "Groups of writes that were not committed.");
    metric_i64(out, "alphabet_store_commits_failed_total", NULL, 0,
               (int64_t)atomic_load_explicit(&figures->failed_commits, memory_order_relaxed));
}

/* False: the store cannot be read, and what it would say is left out. */
static bool write_store(struct buf *out, struct api *api, struct arena *arena) {
    struct err err = ERR_INIT;
    struct totals totals;
    struct queue_figures *queues;
    size_t count;
    struct store_tx *tx = store_read_begin(api->options.store, &err);
    if (tx == NULL) return false;
    bool ok = store_totals(tx, &totals, &err) && store_queues(tx, arena, &queues, &count, &err);
    store_read_end(tx);
    if (!ok) return false;
    write_totals(out, &totals);
    write_queues(out, api, arena, queues, count);
    return true;
}

/* ---- the process and the program ------------------------------------------------------------- */

static void write_process(struct buf *out) {
    struct process_figures process = process_figures();
    metric_family(out, "process_cpu_seconds_total", "counter", "Processor time taken.");
    metric_seconds(out, "process_cpu_seconds_total", NULL, 0, process.cpu_us);
    write_gauge(out, "process_resident_memory_bytes", "Memory in use.", process.resident_bytes);
    write_gauge(out, "process_virtual_memory_bytes", "Address space in use.",
                process.virtual_bytes);
    write_gauge(out, "process_open_fds", "Open file descriptors.", process.open_descriptors);
    write_gauge(out, "process_max_fds", "File descriptors there may be.", process.max_descriptors);
    write_gauge(out, "process_threads", "Threads.", process.threads);
    metric_family(out, "process_start_time_seconds", "gauge", "When it was started, since 1970.");
    metric_seconds(out, "process_start_time_seconds", NULL, 0, process.start_us);
}

static void write_program(struct buf *out, const struct api *api) {
    const struct metric_label version = {"version", api->options.version};
    metric_family(out, "alphabet_build_info", "gauge", "Always 1; the version is in the label.");
    metric_i64(out, "alphabet_build_info", &version, 1, 1);
    const struct metric_label all = {"of", STR("everything")}, one = {"of", STR("execution")};
    metric_family(out, "alphabet_event_streams", "gauge", "Event streams that are open.");
    metric_i64(out, "alphabet_event_streams", &all, 1, streams_to_all(api->streams));
    metric_i64(out, "alphabet_event_streams", &one, 1, streams_to_executions(api->streams));
}

/* ---- the requests ---------------------------------------------------------------------------- */

/* A stream ends when somebody goes: that is no measure of anything. */
static bool is_stream(const struct http_route *route) {
    return route && (route->handle == events_stream || route->handle == executions_output);
}

void api_done(const struct http_done *done, void *context) {
    struct api *api = context;
    request_metrics_count(api->requests, done, !is_stream(done->route));
}

void service_metrics(struct http_request *request, struct http_response *response, void *context) {
    struct api *api = context;
    if (!api->options.open_metrics && !api_authenticate(api, request, response, ROLE_VIEWER))
        return;
    struct buf out = buf_with_max(0);
    buf_reserve(&out, USUAL_BYTES);
    struct engine *engine = atomic_load(&api->engine);
    write_program(&out, api);
    if (engine) write_engine(&out, engine);
    bool readable = write_store(&out, api, request->arena);
    write_gauge(&out, "alphabet_store_readable", "0 while the store cannot be read.", readable);
    write_commits(&out, store_figures(api->options.store));
    request_metrics_write(api->requests, &out);
    write_process(&out);
    respond_bytes(response, 200, METRIC_TEXT_TYPE, &out);
}
