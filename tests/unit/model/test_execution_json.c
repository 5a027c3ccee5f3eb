/* An execution as JSON. */
#include "good_job.h"

#include "model/execution_json.h"

static struct str written(struct bench *bench, const struct execution *execution) {
    struct buf out = buf_with_max(0);
    struct json_writer w = json_writer(&out);
    execution_to_json(&w, execution);
    struct str text = arena_copy(&bench->arena, buf_str(&out));
    buf_free(&out);
    return text;
}

static struct guid guid_of(const char *text) {
    struct guid id;
    assert_true(guid_parse(str_from_cstr(text), &id));
    return id;
}

static void test_a_failed_retry_shows_everything(void **state) {
    (void)state;
    struct bench bench = bench_open();
    struct execution execution = {
        .id = guid_of("0190f0f0-1111-7222-8333-444455556666"),
        .job_id = guid_of("0190f0f0-1111-7222-8333-000000000001"),
        .job_name = STR("a \"b\""),
        .status = EXECUTION_FAILED,
        .queue = STR("default"),
        .trigger = TRIGGER_RETRY,
        .triggered_by = STR("ada@example.com"),
        .scheduled_for = at("2026-06-15T12:00:00Z"),
        .created_at = at("2026-06-15T12:00:01Z"),
        .available_at = at("2026-06-15T12:01:00Z"),
        .started_at = at("2026-06-15T12:01:00.5Z"),
        .completed_at = at("2026-06-15T12:01:01.734Z"),
        .retry_count = 2,
        .retry_parent_id = guid_of("0190f0f0-1111-7222-8333-000000000002"),
        .node_name = STR("n1"),
        .error_type = ERROR_HTTP_STATUS,
        .error_message = STR("HTTP 503"),
        .output = STR("bad\xFF"),
        .output_truncated = true,
        .has_progress = true,
        .progress_percent = 40,
        .progress_text = STR("a \"half\""),
    };
    assert_str(
        written(&bench, &execution),
        "{\"id\":\"0190f0f0-1111-7222-8333-444455556666\","
        "\"jobId\":\"0190f0f0-1111-7222-8333-000000000001\",\"jobName\":\"a \\\"b\\\"\","
        "\"status\":\"Failed\",\"queue\":\"default\",\"trigger\":\"Retry\","
        "\"triggeredBy\":\"ada@example.com\",\"scheduledFor\":\"2026-06-15T12:00:00.000Z\","
        "\"createdAt\":\"2026-06-15T12:00:01.000Z\",\"availableAt\":\"2026-06-15T12:01:00.000Z\","
        "\"startedAt\":\"2026-06-15T12:01:00.500Z\",\"completedAt\":\"2026-06-15T12:01:01.734Z\","
        "\"endedAt\":\"2026-06-15T12:01:01.734Z\",\"duration\":\"00:00:01.234\","
        "\"durationMs\":1234,\"progressPercent\":40,\"progressText\":\"a "
        "\\\"half\\\"\",\"output\":\"bad\xEF\xBF\xBD\",\"outputTruncated\":true,"
        "\"errorMessage\":\"HTTP 503\",\"errorType\":\"HttpStatus\",\"retryCount\":2,"
        "\"retryParentId\":\"0190f0f0-1111-7222-8333-000000000002\",\"workflowRunId\":null,"
        "\"waitingOn\":[],\"nodeName\":\"n1\"}");
    bench_close(&bench);
}

static void test_a_pending_one_has_no_end_and_no_output(void **state) {
    (void)state;
    struct bench bench = bench_open();
    struct execution execution = {.status = EXECUTION_PENDING, .trigger = TRIGGER_SCHEDULE};
    json_t *read = parsed(written(&bench, &execution));
    static const char *const nulls[] = {"startedAt",     "completedAt",     "endedAt",
                                        "duration",      "durationMs",      "errorType",
                                        "nodeName",      "retryParentId",   "errorMessage",
                                        "workflowRunId", "progressPercent", "progressText"};
    for (size_t i = 0; i < COUNT_OF(nulls); i++)
        assert_true(json_is_null(json_object_get(read, nulls[i])));
    assert_null(json_object_get(read, "output"));
    assert_int_equal(json_integer_value(json_object_get(read, "retryCount")), 0);
    json_decref(read);
    bench_close(&bench);
}

static void test_one_cancelled_before_it_began_has_no_duration(void **state) {
    (void)state;
    struct bench bench = bench_open();
    struct execution execution = {.status = EXECUTION_CANCELLED,
                                  .trigger = TRIGGER_MANUAL,
                                  .completed_at = at("2026-06-15T12:00:00Z")};
    json_t *read = parsed(written(&bench, &execution));
    assert_true(json_is_null(json_object_get(read, "durationMs")));
    assert_true(json_is_string(json_object_get(read, "endedAt")));
    json_decref(read);
    bench_close(&bench);
}

static void test_durations(void **state) {
    (void)state;
    static const struct {
        int64_t ms;
        const char *text;
    } table[] = {
        {0, "00:00:00.000"},          {1, "00:00:00.001"},        {59999, "00:00:59.999"},
        {3661001, "01:01:01.001"},    {86399999, "23:59:59.999"}, {86400000, "1.00:00:00.000"},
        {93784567, "1.02:03:04.567"}, {-5, "00:00:00.000"},
    };
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        struct buf out = buf_with_max(0);
        buf_put_duration(&out, span_ms(table[i].ms));
        assert_str(buf_str(&out), table[i].text);
        buf_free(&out);
    }
}
