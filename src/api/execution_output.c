/* execution_output.c - the output of an execution: as text, or as a stream until it ends.
 *
 * A stream tells, each time there is news: the status when it changed, what was put out since, and
 * at the end the whole output as it was recorded, which may differ from the pieces (its middle is
 * left out when it is long) and for some job types is all there is.
 */
#include "api/context.h"

#include "api/live_output.h"
#include "api/streams.h"
#include "base/hash.h"

enum {
    MORE_BYTES = 32 * 1024,   // of live output in one look; escaped it may grow sixfold
    EVENT_BYTES = 192 * 1024, // of one event: what is longer would fill the queue of a stream
};

/* Without the bytes at its end that begin a character and do not finish it. */
static struct str whole_characters(struct str text) {
    for (size_t back = 1; back <= 3 && back <= text.len; back++) {
        unsigned char c = (unsigned char)text.ptr[text.len - back];
        if ((c & 0xC0) == 0x80) continue;
        size_t length = c >= 0xF0 ? 4 : c >= 0xE0 ? 3 : c >= 0xC0 ? 2 : 1;
        return length > back ? str_slice(text, 0, text.len - back) : text;
    }
    return text;
}

/* ---- what a stream is told ------------------------------------------------------------------- */

struct look {
    struct execution execution;
    struct live_tail tail; // absent text = none
    bool found, ended;
};

static void post_json_text(struct stream *stream, struct str event, struct str id,
                           struct str text) {
    struct buf data = buf_with_max(0);
    buf_put_json_str(&data, text);
    (void)sse_post(stream->sse, event, id, buf_str(&data));
    buf_free(&data);
}

static void post_number(struct stream *stream, struct str event, int64_t number) {
    struct buf data = buf_with_max(0);
    buf_put_i64(&data, number);
    (void)sse_post(stream->sse, event, STR_NONE, buf_str(&data));
    buf_free(&data);
}

static void post_progress(struct stream *stream, const struct execution *execution) {
    struct buf data = buf_with_max(0);
    struct json_writer w = json_writer(&data);
    json_object_begin(&w);
    json_field_i64(&w, STR("progressPercent"), execution->progress_percent);
    json_field_str(&w, STR("progressText"), execution->progress_text);
    json_object_end(&w);
    uint64_t hash = hash_str(buf_str(&data), 0) | 1;
    if (hash != stream->progress)
        (void)sse_post(stream->sse, STR("progress"), STR_NONE, buf_str(&data));
    stream->progress = hash;
    buf_free(&data);
}

static void post_more(struct stream *stream, const struct look *look) {
    struct str text = look->tail.text;
    int64_t start = look->tail.start, end = start + (int64_t)text.len;
    int64_t from = stream->offset > end ? end : stream->offset;
    if (from < end - MORE_BYTES) from = end - MORE_BYTES;
    if (from < start) from = start;
    if (from > stream->offset) post_number(stream, STR("gap"), from - stream->offset);
    text = str_slice(text, (size_t)(from - start), text.len);
    if (!look->ended) text = whole_characters(text);
    stream->offset = from + (int64_t)text.len;
    if (text.len == 0) return;
    struct buf id = buf_with_max(0);
    buf_put_i64(&id, stream->offset);
    post_json_text(stream, STR("more"), buf_str(&id), text);
    buf_free(&id);
}

static void post_end(struct stream *stream, const struct execution *execution) {
    struct buf data = buf_with_max(EVENT_BYTES);
    struct str output = str_is_absent(execution->output) ? STR("") : execution->output;
    buf_put_json_str(&data, output);
    if (data.too_big) {
        post_number(stream, STR("long-output"), (int64_t)output.len);
    } else {
        (void)sse_post(stream->sse, STR("output"), STR_NONE, buf_str(&data));
    }
    buf_free(&data);
    post_json_text(stream, STR("end"), STR_NONE, execution_status_name(execution->status));
    sse_end(stream->sse);
}

static void tell(struct stream *stream, void *context) {
    const struct look *look = context;
    if (!look->found) { // its job was erased
        sse_end(stream->sse);
        return;
    }
    if (!look->ended && stream->status != (int64_t)look->execution.status)
        post_json_text(stream, STR("status"), STR_NONE,
                       execution_status_name(look->execution.status));
    stream->status = (int64_t)look->execution.status;
    if (look->execution.has_progress) post_progress(stream, &look->execution);
    if (!str_is_absent(look->tail.text)) post_more(stream, look);
    if (look->ended) post_end(stream, &look->execution);
}

void output_news(struct api *api, struct guid execution_id) {
    struct arena arena = {0};
    struct look look = {0};
    struct err err = ERR_INIT;
    /* The tail first: what is recorded is never older than what was heard. */
    (void)live_output_read(api->live_output, execution_id, &arena, &look.tail);
    struct store_tx *tx = store_read_begin(api->options.store, &err);
    if (tx) look.found = store_execution_get(tx, execution_id, &arena, &look.execution, &err);
    store_read_end(tx);
    /* While the store is away nothing is known, and nothing is said. */
    if (look.found || err.kind == ERR_NOT_FOUND) {
        look.ended = look.found && execution_has_ended(look.execution.status);
        streams_each(api->streams, execution_id, tell, &look);
        if (look.ended || !look.found) live_output_end(api->live_output, execution_id);
    }
    arena_free(&arena);
}

/* ---- what the engine says -------------------------------------------------------------------- */

void api_on_output(void *context, struct guid execution_id, struct str more) {
    struct api *api = context;
    live_output_add(api->live_output, execution_id, more);
    if (streams_to_executions(api->streams) > 0) (void)streams_news(api->streams, execution_id);
}

void output_on_event(struct api *api, const struct engine_event *event) {
    bool followed =
        streams_to_executions(api->streams) > 0 && streams_news(api->streams, event->execution_id);
    if (!followed && execution_has_ended(event->status))
        live_output_end(api->live_output, event->execution_id);
}

/* ---- the request ----------------------------------------------------------------------------- */

static void follow(struct api *api, struct http_request *request, struct http_response *response,
                   struct guid id) {
    int64_t offset;
    struct str last = sse_last_event_id(request);
    if (!str_parse_i64(last, &offset) || offset < 0) offset = 0;
    (void)streams_open(api->streams, request, response, api_principal(request), id, offset);
}

void executions_output(struct http_request *request, struct http_response *response,
                       void *context) {
    static const char *const known[] = {"lastEventId", NULL};
    struct api *api = context;
    struct guid id;
    struct execution execution;
    struct faults faults = {.arena = request->arena};
    query_check_known(request, known, &faults);
    if (!api_no_faults(request, response, &faults) ||
        !api_path_guid(request, response, "executionId", &id) ||
        !api_read_execution(api, request, response, id, &execution))
        return;
    if (request_accepts(request, STR("text/event-stream"))) {
        follow(api, request, response, id);
        return;
    }
    struct live_tail tail;
    struct str output = str_is_absent(execution.output) ? STR("") : execution.output;
    if (!execution_has_ended(execution.status) &&
        live_output_read(api->live_output, id, request->arena, &tail))
        output = whole_characters(tail.text);
    respond_text(response, 200, output);
}
