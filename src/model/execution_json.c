/* execution_json.c - see execution_json.h.
 *
 * Pages of executions are answered tens of thousands of times a second: field names are literals
 * that need no escaping, and the buffer grows once for each execution.
 */
#include "model/execution_json.h"

#include "model/put.h"

enum { USUAL_SIZE = 1024, SECONDS_OF_DAY = 86400 };

static char *put_digits(char *p, int64_t value, int count) {
    for (int i = count - 1; i >= 0; i--, value /= 10) p[i] = (char)('0' + value % 10);
    return p + count;
}

void buf_put_duration(struct buf *buf, struct span length) {
    int64_t ms = length.us < 0 ? 0 : length.us / 1000;
    int64_t seconds = ms / 1000, of_day = seconds % SECONDS_OF_DAY;
    if (seconds >= SECONDS_OF_DAY) {
        buf_put_i64(buf, seconds / SECONDS_OF_DAY);
        buf_put_char(buf, '.');
    }
    char text[] = "00:00:00.000";
    char *p = put_digits(text, of_day / 3600, 2) + 1;
    p = put_digits(p, of_day / 60 % 60, 2) + 1;
    p = put_digits(p, of_day % 60, 2) + 1;
    (void)put_digits(p, ms % 1000, 3);
    buf_put(buf, (struct str){text, sizeof text - 1});
}

static void put_times(struct buf *buf, const struct execution *execution) {
    PUT_KEY(buf, "scheduledFor");
    put_utc(buf, execution->scheduled_for);
    PUT_KEY(buf, "createdAt");
    put_utc(buf, execution->created_at);
    PUT_KEY(buf, "availableAt");
    put_utc(buf, execution->available_at);
    PUT_KEY(buf, "startedAt");
    put_utc(buf, execution->started_at);
    PUT_KEY(buf, "completedAt");
    put_utc(buf, execution->completed_at);
    PUT_KEY(buf, "endedAt");
    put_utc(buf, execution->completed_at);
    /* One that was cancelled before it began has an end and no duration. */
    if (utc_is_none(execution->started_at) || utc_is_none(execution->completed_at)) {
        buf_put(buf, STR(",\"duration\":null,\"durationMs\":null"));
        return;
    }
    struct span length = utc_diff(execution->completed_at, execution->started_at);
    buf_put(buf, STR(",\"duration\":\""));
    buf_put_duration(buf, length);
    buf_put(buf, STR("\",\"durationMs\":"));
    buf_put_i64(buf, length.us < 0 ? 0 : length.us / 1000);
}

static void put_progress(struct buf *buf, const struct execution *execution) {
    if (!execution->has_progress) {
        buf_put(buf, STR(",\"progressPercent\":null,\"progressText\":null"));
        return;
    }
    PUT_KEY(buf, "progressPercent");
    buf_put_i64(buf, execution->progress_percent);
    PUT_KEY(buf, "progressText");
    put_text(buf, execution->progress_text);
}

static void put_waiting_on(struct buf *buf, const struct execution *execution) {
    PUT_KEY(buf, "waitingOn");
    buf_put_char(buf, '[');
    for (size_t i = 0; i < execution->waiting_on_count; i++) {
        if (i > 0) buf_put_char(buf, ',');
        put_guid(buf, execution->waiting_on[i]);
    }
    buf_put_char(buf, ']');
}

static void put_result(struct buf *buf, const struct execution *execution) {
    if (!str_is_absent(execution->output)) {
        PUT_KEY(buf, "output");
        buf_put_json_str(buf, execution->output);
    }
    if (!str_is_absent(execution->result)) {
        PUT_KEY(buf, "result");
        buf_put(buf, execution->result);
    }
    PUT_KEY(buf, "outputTruncated");
    buf_put(buf, execution->output_truncated ? STR("true") : STR("false"));
    PUT_KEY(buf, "errorMessage");
    put_text(buf, execution->error_message);
    PUT_KEY(buf, "errorType");
    put_name(buf, error_type_name((enum error_type)execution->error_type));
    PUT_KEY(buf, "retryCount");
    buf_put_i64(buf, execution->retry_count);
    PUT_KEY(buf, "retryParentId");
    put_guid(buf, execution->retry_parent_id);
    PUT_KEY(buf, "workflowRunId");
    put_guid(buf, execution->workflow_run_id);
    put_waiting_on(buf, execution);
    PUT_KEY(buf, "nodeName");
    put_text(buf, execution->node_name);
}

static void put_execution(struct buf *buf, const struct execution *execution) {
    buf_reserve(buf, USUAL_SIZE);
    buf_put(buf, STR("\"id\":"));
    put_guid(buf, execution->id);
    PUT_KEY(buf, "jobId");
    put_guid(buf, execution->job_id);
    PUT_KEY(buf, "jobName");
    put_text(buf, execution->job_name);
    PUT_KEY(buf, "status");
    put_name(buf, execution_status_name(execution->status));
    PUT_KEY(buf, "queue");
    put_text(buf, execution->queue);
    PUT_KEY(buf, "trigger");
    put_name(buf, trigger_name(execution->trigger));
    PUT_KEY(buf, "triggeredBy");
    put_text(buf, execution->triggered_by);
    put_times(buf, execution);
    put_progress(buf, execution);
    put_result(buf, execution);
}

void execution_to_json(struct json_writer *w, const struct execution *execution) {
    json_object_begin(w);
    put_execution(w->out, execution);
    json_object_end(w);
}

void execution_to_json_with_retries(struct json_writer *w, const struct execution *execution,
                                    const struct execution *retries, size_t retry_count) {
    json_object_begin(w);
    put_execution(w->out, execution);
    PUT_KEY(w->out, "retryIds");
    json_array_begin(w);
    for (size_t i = 0; i < retry_count; i++) json_guid(w, retries[i].id);
    json_array_end(w);
    json_object_end(w);
}
