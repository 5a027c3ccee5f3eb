/* What an execution becomes: stop reasons, retries, the next run of a FixedDelay job. */
#include "engine/outcome.h"

struct example {
    struct execution execution;
    struct job job;
    struct run_result result;
    struct zone_cache *zones;
    struct arena arena;
};

static struct example failing_run(void) {
    struct example example = {
        .execution = {.row = 3,
                      .id = guid_new(utc_from_seconds(1000)),
                      .job_row = 7,
                      .fence = 11,
                      .queue = STR("default"),
                      .parameters = STR("{\"a\":1}"),
                      .scheduled_for = utc_from_seconds(990)},
        .job = {.row = 7,
                .revision = 4,
                .schedule_type = SCHEDULE_INTERVAL,
                .interval_seconds = 60,
                .interval_mode = INTERVAL_FIXED_RATE,
                .is_enabled = true,
                .timeout_seconds = 30,
                .retry_policy = STR("{\"maxAttempts\":3,\"delaySeconds\":60,\"backoff\":\"Fixed\","
                                    "\"maxDelaySeconds\":3600,\"jitter\":false,"
                                    "\"retryOnStatusCodes\":[],\"retryOnErrorTypes\":[]}")},
        .result = {.status = EXECUTION_FAILED,
                   .error_type = ERROR_CONNECTION,
                   .error_message = STR("refused"),
                   .output = STR("nothing")},
    };
    example.zones = zone_cache_new(STR("/usr/share/zoneinfo"));
    return example;
}

static struct settlement settle(struct example *example, enum stop_reason reason) {
    struct ending ending = {.execution = &example->execution,
                            .job = &example->job,
                            .reason = reason,
                            .result = &example->result,
                            .now = utc_from_seconds(1000)};
    return outcome_of(&ending, example->zones, &example->arena);
}

static void done(struct example *example) {
    arena_free(&example->arena);
    zone_cache_free(example->zones);
}

static void test_a_failure_is_tried_again_by_the_policy(void **state) {
    (void)state;
    struct example example = failing_run();
    struct settlement settlement = settle(&example, STOP_NONE);
    assert_int_equal(settlement.status, EXECUTION_FAILED);
    assert_int_equal(settlement.error_type, ERROR_CONNECTION);
    assert_int_equal(settlement.fence, 11);
    assert_non_null(settlement.retry);
    assert_int_equal(settlement.retry->retry_count, 1);
    assert_int_equal(settlement.retry->trigger, TRIGGER_RETRY);
    assert_true(utc_equal(settlement.retry->scheduled_for, example.execution.scheduled_for));
    assert_true(utc_equal(settlement.retry->available_at, utc_from_seconds(1060)));
    assert_true(guid_equal(settlement.retry->retry_parent_id, example.execution.id));
    assert_true(str_equal(settlement.retry->parameters, STR("{\"a\":1}")));
    done(&example);
}

static void test_the_last_attempt_is_not_tried_again(void **state) {
    (void)state;
    struct example example = failing_run();
    example.execution.retry_count = 2;
    assert_null(settle(&example, STOP_NONE).retry);
    example.execution.retry_count = 0;
    example.result.never_retry = true;
    assert_null(settle(&example, STOP_NONE).retry);
    done(&example);
}

static void test_retry_after_is_honoured_when_later(void **state) {
    (void)state;
    struct example example = failing_run();
    example.result.retry_not_before = utc_from_seconds(2000);
    struct settlement settlement = settle(&example, STOP_NONE);
    assert_true(utc_equal(settlement.retry->available_at, utc_from_seconds(2000)));
    done(&example);
}

static void test_cancelled_is_never_failed_and_never_retried(void **state) {
    (void)state;
    struct example example = failing_run();
    struct settlement settlement = settle(&example, STOP_CANCEL);
    assert_int_equal(settlement.status, EXECUTION_CANCELLED);
    assert_int_equal(settlement.error_type, 0);
    assert_null(settlement.retry);
    assert_true(str_contains(settlement.error_message, STR("refused")));
    example.result.status = EXECUTION_SUCCEEDED;
    assert_int_equal(settle(&example, STOP_CANCEL).status, EXECUTION_CANCELLED);
    done(&example);
}

static void test_a_timeout_fails_and_follows_the_policy(void **state) {
    (void)state;
    struct example example = failing_run();
    struct settlement settlement = settle(&example, STOP_TIMEOUT);
    assert_int_equal(settlement.status, EXECUTION_FAILED);
    assert_int_equal(settlement.error_type, ERROR_TIMEOUT);
    assert_non_null(settlement.retry);
    assert_true(str_equal(settlement.output, STR("nothing")));
    done(&example);
}

static void test_a_shutdown_hands_back_unless_it_was_done(void **state) {
    (void)state;
    struct example example = failing_run();
    struct settlement settlement = settle(&example, STOP_SHUTDOWN);
    assert_int_equal(settlement.status, EXECUTION_PENDING);
    assert_null(settlement.retry);
    example.result.status = EXECUTION_SUCCEEDED;
    assert_int_equal(settle(&example, STOP_SHUTDOWN).status, EXECUTION_SUCCEEDED);
    done(&example);
}

static void test_fixed_delay_counts_from_the_end(void **state) {
    (void)state;
    struct example example = failing_run();
    example.job.interval_mode = INTERVAL_FIXED_DELAY;
    example.job.created_at = utc_from_seconds(100);
    assert_false(settle(&example, STOP_NONE).reschedule); // a retry comes first
    example.result.status = EXECUTION_SUCCEEDED;
    struct settlement settlement = settle(&example, STOP_NONE);
    assert_true(settlement.reschedule);
    assert_int_equal(settlement.revision, 4);
    assert_true(utc_equal(settlement.next_run_at, utc_from_seconds(1060)));
    example.job.is_paused = true;
    assert_false(settle(&example, STOP_NONE).reschedule);
    done(&example);
}
