#include "base/json_read.h"
#include "cli/definition.h"
#include "tests/unit/cli/cli.h"

static const char job[] =
    "{\"id\": \"1\", \"name\": \"a\", \"jobType\": \"HttpCall\", \"scheduleType\": \"Cron\","
    " \"runAt\": \"2030-05-01T06:00:00.000Z\", \"timeoutSeconds\": 300, \"description\": null,"
    " \"tags\": [\"x\", \"y\"], \"retryPolicy\": {\"maxAttempts\": 3, \"backoff\": \"Fixed\"},"
    " \"jobConfiguration\": {\"url\": \"u\", \"method\": \"POST\", \"signingSecret\": \"***\"},"
    " \"exclusions\": {\"excludedDaysOfWeek\": [\"Sunday\"], \"timeRange\": {\"start\": "
    "\"22:00:00\", \"end\": \"06:00:00\"}}}";

static void check(const char *wanted, size_t changes) {
    struct err err = ERR_INIT;
    json_t *a = json_read(str_from_cstr(wanted), &err), *b = json_read(str_from_cstr(job), &err);
    assert_non_null(a);
    assert_non_null(b);
    json_t *found = definition_changes(a, b);
    if (json_array_size(found) != changes)
        fail_msg("%s: %zu changes", wanted, json_array_size(found));
    json_decref(found);
    json_decref(a);
    json_decref(b);
}

static void test_what_means_the_same_is_no_change(void **state) {
    (void)state;
    check("{}", 0);
    check("{\"name\": \"a\", \"jobType\": 1, \"scheduleType\": \"cron\"}", 0);
    check("{\"runAt\": \"2030-05-01T08:00:00+02:00\", \"timeoutSeconds\": 300.0}", 0);
    check("{\"tags\": [\"y\", \"x\"], \"description\": null, \"endAt\": \"\"}", 0);
    check("{\"retryPolicy\": {\"maxRetryAttempts\": 2, \"retryBackoffType\": 1}}", 0);
    check(
        "{\"jobConfiguration\": {\"url\": \"u\", \"method\": \"post\", \"signingSecret\": \"s\"}}",
        0);
    check("{\"exclusions\": {\"timeRange\": {\"start\": \"22:00\", \"end\": \"06:00\"}}}", 0);
    check("{\"id\": \"2\", \"createdAt\": \"x\", \"currentStatus\": \"Paused\"}", 0);
}

static void test_what_differs_is_named(void **state) {
    (void)state;
    check("{\"name\": \"A\"}", 1);
    check("{\"jobType\": 2, \"scheduleType\": \"Interval\"}", 2);
    check("{\"timeoutSeconds\": 301, \"description\": \"d\"}", 2);
    check("{\"tags\": [\"x\"]}", 1);
    check("{\"tags\": []}", 1);
    check("{\"retryPolicy\": {\"maxAttempts\": 4}}", 1);
    check("{\"retryPolicy\": {\"maxRetryAttempts\": 3}}", 1);
    check("{\"jobConfiguration\": {\"url\": \"v\"}}", 1);
    check("{\"jobConfiguration\": {\"url\": \"u\", \"headers\": {\"a\": \"b\"}}}", 1);
    check("{\"exclusions\": null, \"queue\": \"critical\"}", 1);
}
