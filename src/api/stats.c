/* stats.c - how things stand, and how they went: the figures of a dashboard, and the timeline.
 *
 * Both are read from counters that the store keeps as executions happen, so they cost the same at
 * ten executions and at a hundred million.
 */
#include "api/context.h"

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
