/* executions.c - executions: list, show, output, cancel, retry, timeline. */
#include "api/context.h"

#include "model/execution_json.h"

#include <stdlib.h>

/* ---- lists ---- */

static void read_execution_filter(const struct http_request *request,
                                  struct execution_filter *filter, struct faults *faults) {
    enum execution_status status;
    struct str text = query_str(request, "status", MAX_SEARCH, faults);
    if (!str_is_absent(text)) {
        if (execution_status_parse(text, &status)) {
            filter->status = (int64_t)status;
        } else {
            faults_add(faults, STR("status"), "must be one of: %s", execution_status_names());
        }
    }
    filter->from = query_time(request, "fromDate", UTC_NONE, faults);
    filter->to = query_time(request, "toDate", UTC_NONE, faults);
    if (!utc_is_none(filter->to) && utc_before(filter->to, filter->from))
        faults_add(faults, STR("fromDate"), "must not be later than toDate");
}

static void answer_page(struct api *api, struct http_request *request,
                        struct http_response *response, const struct execution_filter *filter,
                        struct page page) {
    struct store_tx *tx = api_read(api, request, response);
    if (tx == NULL) return;
    struct err err = ERR_INIT;
    struct execution_page executions;
    bool ok = store_execution_list(tx, filter, request->arena, &executions, &err);
    store_read_end(tx);
    if (!ok) {
        respond_err(request, response, &err);
        return;
    }
    struct json_writer w = api_page_begin(response);
    for (size_t i = 0; i < executions.count; i++) execution_to_json(&w, &executions.items[i]);
    api_page_end(&w, page, executions.total);
}

void executions_list(struct http_request *request, struct http_response *response, void *context) {
    struct api *api = context;
    static const char *const known[] = {"pageNumber", "pageSize", "status", "fromDate", "toDate",
                                        "jobId",      "search",   "queue",  NULL};
    struct faults faults = {.arena = request->arena};
    query_check_known(request, known, &faults);
    struct page page = api_query_page(request, &faults);
    struct execution_filter filter = {.offset = page.offset, .limit = page.size};
    read_execution_filter(request, &filter, &faults);
    filter.search = query_str(request, "search", MAX_SEARCH, &faults);
    filter.queue = query_str(request, "queue", MAX_QUEUE_NAME, &faults);
    struct str job_text = query_str(request, "jobId", MAX_SEARCH, &faults);
    struct guid job_id = {{0}};
    if (!str_is_absent(job_text) && !guid_parse(job_text, &job_id))
        faults_add(&faults, STR("jobId"), "must be a GUID");
    if (!api_no_faults(request, response, &faults)) return;
    if (!str_is_absent(job_text)) {
        struct job job;
        if (!api_read_job(api, request, response, job_id, &job)) return;
        filter.job_row = job.row;
    }
    answer_page(api, request, response, &filter, page);
}

void runs_list(struct http_request *request, struct http_response *response, void *context) {
    struct api *api = context;
    static const char *const known[] = {"pageNumber", "pageSize", "status",
                                        "fromDate",   "toDate",   NULL};
    struct guid id;
    struct job job;
    struct faults faults = {.arena = request->arena};
    query_check_known(request, known, &faults);
    struct page page = api_query_page(request, &faults);
    struct execution_filter filter = {.offset = page.offset, .limit = page.size};
    read_execution_filter(request, &filter, &faults);
    if (!api_no_faults(request, response, &faults) ||
        !api_path_guid(request, response, "jobId", &id) ||
        !api_read_job(api, request, response, id, &job))
        return;
    filter.job_row = job.row;
    answer_page(api, request, response, &filter, page);
}

/* ---- one ---- */

static bool read_execution(struct api *api, struct http_request *request,
                           struct http_response *response, struct guid *ret_id,
                           struct execution *ret) {
    if (!api_path_guid(request, response, "executionId", ret_id) ||
        !api_no_query(request, response))
        return false;
    struct store_tx *tx = api_read(api, request, response);
    if (tx == NULL) return false;
    struct err err = ERR_INIT;
    bool ok = store_execution_get(tx, *ret_id, request->arena, ret, &err);
    store_read_end(tx);
    if (!ok) respond_err(request, response, &err);
    return ok;
}

void executions_show(struct http_request *request, struct http_response *response, void *context) {
    struct guid id;
    struct execution execution;
    if (!read_execution(context, request, response, &id, &execution)) return;
    struct json_writer w = respond_json_begin(response, 200);
    execution_to_json(&w, &execution);
}

/* ---- output: as text, or as a stream until the execution ends ---- */

struct output_stream {
    struct list node; // under api->stream_lock
    struct api *api;
    struct sse_stream *stream;
    struct guid execution_id;
};

static void output_stream_closed(void *context) {
    struct output_stream *follower = context;
    (void)pthread_mutex_lock(&follower->api->stream_lock);
    list_remove(&follower->node);
    (void)pthread_mutex_unlock(&follower->api->stream_lock);
    free(follower);
}

/* What is there, and "end" with the status when nothing more can come. */
static void post_output(struct sse_stream *stream, const struct execution *execution) {
    struct buf data = buf_with_max(0);
    if (execution_has_ended(execution->status)) {
        buf_put_json_str(&data, str_is_absent(execution->output) ? STR("") : execution->output);
        (void)sse_post(stream, STR("output"), STR_NONE, buf_str(&data));
        buf_reset(&data);
    }
    buf_put_json_str(&data, execution_status_name(execution->status));
    bool ended = execution_has_ended(execution->status);
    (void)sse_post(stream, ended ? STR("end") : STR("status"), STR_NONE, buf_str(&data));
    buf_free(&data);
    if (ended) sse_end(stream);
}

static bool load_for_stream(struct api *api, struct guid id, struct arena *arena,
                            struct execution *ret) {
    struct err err = ERR_INIT;
    struct store_tx *tx = store_read_begin(api->options.store, &err);
    if (tx == NULL) return false;
    bool ok = store_execution_get(tx, id, arena, ret, &err);
    store_read_end(tx);
    return ok;
}

static void follow_output(struct api *api, struct http_request *request,
                          struct http_response *response, struct guid id) {
    struct output_stream *follower = xcalloc(1, sizeof *follower);
    follower->api = api;
    follower->execution_id = id;
    list_init(&follower->node);
    follower->stream = sse_open(request, response, output_stream_closed, follower);
    /* Enter the list first and read then: an end in between is seen by one of the two. */
    (void)pthread_mutex_lock(&api->stream_lock);
    list_append(&api->output_streams, &follower->node);
    struct execution execution;
    if (load_for_stream(api, id, request->arena, &execution))
        post_output(follower->stream, &execution);
    (void)pthread_mutex_unlock(&api->stream_lock);
}

void executions_on_event(struct api *api, const struct engine_event *event) {
    (void)pthread_mutex_lock(&api->stream_lock);
    struct list *node = list_first(&api->output_streams);
    for (; node && node != &api->output_streams; node = node->next) {
        struct output_stream *follower = LIST_ENTRY(node, struct output_stream, node);
        if (!guid_equal(follower->execution_id, event->execution_id)) continue;
        struct arena arena = {0};
        struct execution execution;
        if (load_for_stream(api, event->execution_id, &arena, &execution))
            post_output(follower->stream, &execution);
        arena_free(&arena);
    }
    (void)pthread_mutex_unlock(&api->stream_lock);
}

void executions_output(struct http_request *request, struct http_response *response,
                       void *context) {
    struct guid id;
    struct execution execution;
    if (!read_execution(context, request, response, &id, &execution)) return;
    if (request_accepts(request, STR("text/event-stream"))) {
        follow_output(context, request, response, id);
        return;
    }
    respond_text(response, 200, str_is_absent(execution.output) ? STR("") : execution.output);
}

/* ---- cancel ---- */

struct cancellation {
    struct guid id;
    struct str reason; // in the write's arena
    enum cancel_result result;
    struct execution execution;
};

static bool run_cancel(struct store_tx *tx, struct api_write *write, struct err *err) {
    struct cancellation *cancellation = write->context;
    cancellation->reason =
        arena_printf(write->arena, "cancelled by %.*s", STR_ARG(api_actor(write->request).email));
    if (!store_execution_cancel(tx, cancellation->id, cancellation->reason, write->now,
                                write->arena, &cancellation->result, &cancellation->execution, err))
        return false;
    if (cancellation->result == CANCEL_TOO_LATE)
        return err_set(err, ERR_CONFLICT, "it has ended already: %.*s",
                       STR_ARG(execution_status_name(cancellation->execution.status)));
    struct buf out = buf_with_max(0);
    struct json_writer w = json_writer(&out);
    execution_to_json(&w, &cancellation->execution);
    write->answer = (struct answer){.status = 200, .body = api_take_json(write->arena, &out)};
    return api_audit(tx, write, "execution.cancel", cancellation->execution.job_id, STR_NONE,
                     api_guid_json(write->arena, cancellation->id), err);
}

void executions_cancel(struct http_request *request, struct http_response *response,
                       void *context) {
    struct api *api = context;
    struct cancellation cancellation = {0};
    if (!api_path_guid(request, response, "executionId", &cancellation.id) ||
        !api_body_empty(request, response))
        return;
    struct api_write write = {
        .api = api, .request = request, .run = run_cancel, .context = &cancellation, .poke = true};
    if (!api_write(&write, response)) return;
    struct engine *engine = atomic_load(&api->engine);
    if (cancellation.result == CANCEL_REQUESTED && engine)
        engine_cancel(engine, cancellation.execution.row, cancellation.reason);
}

/* ---- retry by hand ---- */

static bool run_retry(struct store_tx *tx, struct api_write *write, struct err *err) {
    const struct guid *id = write->context;
    struct execution parent;
    struct job job;
    if (!store_execution_get(tx, *id, write->arena, &parent, err) ||
        !store_job_get_by_row(tx, parent.job_row, write->arena, &job, err))
        return false;
    if (!execution_has_ended(parent.status))
        return err_set(err, ERR_CONFLICT, "it has not ended yet: %.*s",
                       STR_ARG(execution_status_name(parent.status)));
    if (job.is_deleted) return err_set(err, ERR_CONFLICT, "its job was deleted");
    struct new_execution execution = {
        .id = guid_new(write->now),
        .job_row = job.row,
        .status = EXECUTION_PENDING,
        .queue = parent.queue,
        .trigger = TRIGGER_RETRY,
        .triggered_by = api_actor(write->request).email,
        .scheduled_for = parent.scheduled_for,
        .created_at = write->now,
        .available_at = write->now,
        .retry_count = parent.retry_count + 1,
        .retry_parent_id = parent.id,
        .parameters = parent.parameters,
    };
    if (!store_execution_insert(tx, &execution, err)) return false;
    write->answer = (struct answer){
        .status = 202,
        .body = api_guid_json(write->arena, execution.id),
        .location = api_location(write->arena, "/api/v1/scheduler/executions", execution.id),
    };
    return api_audit(tx, write, "execution.retry", job.id, api_guid_json(write->arena, parent.id),
                     write->answer.body, err);
}

void executions_retry(struct http_request *request, struct http_response *response, void *context) {
    struct api *api = context;
    struct guid id;
    if (!api_path_guid(request, response, "executionId", &id) || !api_body_empty(request, response))
        return;
    struct api_write write = {
        .api = api, .request = request, .run = run_retry, .context = &id, .poke = true};
    (void)api_write(&write, response);
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
