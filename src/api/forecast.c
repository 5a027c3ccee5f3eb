/* forecast.c - GET /forecast: what the schedules will do in the hours ahead, and where too much of
 * it falls together. The calculation is model/forecast.c; here the jobs are read, in pieces of one
 * snapshot. */
#include "api/context.h"

#include "model/forecast.h"

enum { PIECE = 1000, BUCKETS_MAX = 1000, STEPS_MAX = 1000000, COLLISIONS_MAX = 100 };

static bool add_jobs(struct store_tx *tx, struct forecast *forecast, struct err *err) {
    struct arena arena = {0};
    struct job_walk walk = {.limit = PIECE};
    bool ok = true;
    for (size_t count = PIECE; ok && count == PIECE;) {
        struct job *jobs;
        arena_reset(&arena);
        ok = store_job_walk(tx, &walk, &arena, &jobs, &count, err);
        for (size_t i = 0; ok && i < count; i++) forecast_add(forecast, &jobs[i]);
        if (ok && count > 0) walk.after_row = jobs[count - 1].row;
    }
    arena_free(&arena);
    return ok;
}

/* ---- the answer ------------------------------------------------------------------------------ */

struct answer_about {
    struct forecast_options options;
    int64_t workers;
};

static struct utc bucket_start(const struct forecast_options *options, size_t index) {
    return utc_add(options->from, span_seconds((int64_t)index * options->bucket_seconds));
}

static void write_rounded(struct json_writer *w, struct str key, double value) {
    json_key(w, key);
    json_double(w, (double)(int64_t)(value * 1000 + 0.5) / 1000);
}

static void write_buckets(struct json_writer *w, const struct answer_about *about,
                          const struct forecast_bucket *buckets) {
    json_key(w, STR("buckets"));
    json_array_begin(w);
    for (size_t i = 0; i < about->options.bucket_count; i++) {
        json_object_begin(w);
        json_field_utc(w, STR("bucket"), bucket_start(&about->options, i));
        json_field_i64(w, STR("plannedExecutions"), (int64_t)(buckets[i].executions + 0.5));
        write_rounded(w, STR("expectedBusyWorkers"), buckets[i].workers);
        json_object_end(w);
    }
    json_array_end(w);
}

/* Only rows that exist are named: a job may have been erased since. */
static void write_top(struct json_writer *w, struct store_tx *tx, struct arena *arena,
                      const struct forecast_bucket *bucket) {
    json_key(w, STR("jobs"));
    json_array_begin(w);
    for (size_t t = 0; t < bucket->top_count; t++) {
        struct job job;
        struct err err = ERR_INIT;
        if (!store_job_get_by_row(tx, bucket->top[t].job_row, arena, &job, &err)) continue;
        json_object_begin(w);
        json_field_guid(w, STR("jobId"), job.id);
        json_field_str(w, STR("jobName"), job.name);
        write_rounded(w, STR("busyWorkers"), bucket->top[t].workers);
        json_object_end(w);
    }
    json_array_end(w);
}

static void write_collisions(struct json_writer *w, struct store_tx *tx, struct arena *arena,
                             const struct answer_about *about,
                             const struct forecast_bucket *buckets) {
    size_t told = 0;
    json_key(w, STR("collisions"));
    json_array_begin(w);
    for (size_t i = 0; i < about->options.bucket_count && told < COLLISIONS_MAX; i++) {
        if (buckets[i].workers <= (double)about->workers) continue;
        json_object_begin(w);
        json_field_utc(w, STR("bucket"), bucket_start(&about->options, i));
        write_rounded(w, STR("expectedBusyWorkers"), buckets[i].workers);
        write_top(w, tx, arena, &buckets[i]);
        json_object_end(w);
        told++;
    }
    json_array_end(w);
}

static void write_answer(struct http_request *request, struct http_response *response,
                         struct store_tx *tx, const struct answer_about *about,
                         struct forecast *forecast) {
    struct forecast_summary summary = forecast_finish(forecast);
    const struct forecast_bucket *buckets = forecast_buckets(forecast);
    struct json_writer w = respond_json_begin(response, 200);
    json_object_begin(&w);
    json_field_utc(&w, STR("from"), about->options.from);
    json_field_utc(&w, STR("to"), bucket_start(&about->options, about->options.bucket_count));
    json_field_i64(&w, STR("bucketMinutes"), about->options.bucket_seconds / 60);
    json_field_i64(&w, STR("workersTotal"), about->workers);
    json_field_i64(&w, STR("jobs"), summary.jobs);
    json_field_i64(&w, STR("unmeasuredJobs"), summary.unmeasured);
    json_field_i64(&w, STR("sampled"), summary.sampled);
    json_field_i64(&w, STR("extrapolatedPatterns"), summary.extrapolated);
    write_buckets(&w, about, buckets);
    write_collisions(&w, tx, request->arena, about, buckets);
    json_object_end(&w);
}

/* Buckets lie on whole multiples of their length; the first one holds this moment. */
static bool read_question(struct api *api, struct http_request *request,
                          struct http_response *response, struct answer_about *ret) {
    static const char *const known[] = {"hours", "bucketMinutes", NULL};
    struct faults faults = {.arena = request->arena};
    query_check_known(request, known, &faults);
    int64_t hours = query_i64(request, "hours", 1, 168, 24, &faults);
    int64_t minutes = query_i64(request, "bucketMinutes", 1, 1440, hours <= 6 ? 5 : 60, &faults);
    int64_t length = minutes * 60;
    int64_t count = (hours * 3600 + length - 1) / length;
    if (count > BUCKETS_MAX)
        faults_add(&faults, STR("bucketMinutes"), "gives more than %d buckets; ask for longer ones",
                   BUCKETS_MAX);
    if (!api_no_faults(request, response, &faults)) return false;
    struct utc now = clock_now(api->options.clock);
    struct engine *engine = atomic_load(&api->engine);
    *ret = (struct answer_about){
        .options =
            {
                .zones = api->options.zones,
                .now = now,
                .from = utc_from_seconds(utc_seconds(now) / length * length),
                .bucket_seconds = length,
                .bucket_count = (size_t)count,
                .steps_max = STEPS_MAX,
            },
        .workers = engine ? engine_figures(engine).workers_total : 0,
    };
    return true;
}

void forecast_show(struct http_request *request, struct http_response *response, void *context) {
    struct api *api = context;
    struct answer_about about;
    if (!read_question(api, request, response, &about)) return;
    struct store_tx *tx = api_read(api, request, response);
    if (tx == NULL) return;
    struct err err = ERR_INIT;
    struct forecast *forecast = forecast_new(&about.options);
    if (add_jobs(tx, forecast, &err))
        write_answer(request, response, tx, &about, forecast);
    else
        respond_err(request, response, &err);
    forecast_free(forecast);
    store_read_end(tx);
}
