/* Which failures are tried again, and when. */
#include "good_job.h"

static struct retry_policy policy_of(struct str text) {
    struct retry_policy policy;
    struct err err = ERR_INIT;
    if (!retry_policy_parse(text, &policy, &err)) fail_msg("%s", err.msg);
    return policy;
}

static void test_delays(void **state) {
    (void)state;
    static const struct {
        enum backoff backoff;
        int64_t delay, most, n, expected;
    } table[] = {
        {BACKOFF_FIXED, 60, 3600, 1, 60},
        {BACKOFF_FIXED, 60, 3600, 9, 60},
        {BACKOFF_FIXED, 60, 30, 1, 30},
        {BACKOFF_FIXED, 0, 3600, 5, 0},
        {BACKOFF_LINEAR, 60, 3600, 1, 60},
        {BACKOFF_LINEAR, 60, 3600, 3, 180},
        {BACKOFF_LINEAR, 60, 100, 3, 100},
        {BACKOFF_EXPONENTIAL, 60, 3600, 1, 60},
        {BACKOFF_EXPONENTIAL, 60, 3600, 2, 120},
        {BACKOFF_EXPONENTIAL, 60, 3600, 6, 1920},
        {BACKOFF_EXPONENTIAL, 60, 3600, 7, 3600},
        {BACKOFF_EXPONENTIAL, 60, 3600, 99, 3600},
        {BACKOFF_EXPONENTIAL, 1, 604800, 100, 604800},
        {BACKOFF_EXPONENTIAL, 0, 3600, 100, 0},
        {BACKOFF_LINEAR, 604800, 604800, 100, 604800},
        {BACKOFF_LINEAR, 10, 3600, 0, 10},
        {BACKOFF_LINEAR, 10, 3600, INT64_MAX, 1000},
    };
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        struct retry_policy policy = {.backoff = table[i].backoff,
                                      .delay_seconds = table[i].delay,
                                      .max_delay_seconds = table[i].most};
        assert_int_equal(retry_delay(&policy, table[i].n, 12345).us,
                         span_seconds(table[i].expected).us);
    }
}

static void test_jitter_stays_within_a_tenth_and_reaches_both_ends(void **state) {
    (void)state;
    struct retry_policy policy = {
        .backoff = BACKOFF_FIXED, .delay_seconds = 100, .max_delay_seconds = 100, .jitter = true};
    int64_t least = INT64_MAX, most = 0;
    uint64_t random = 1;
    for (int i = 0; i < 20000; i++) {
        random = random * 6364136223846793005ULL + 1442695040888963407ULL;
        int64_t us = retry_delay(&policy, 1, random >> 16).us;
        least = us < least ? us : least;
        most = us > most ? us : most;
    }
    assert_in_range(least, 90000000, 90100000);
    assert_in_range(most, 109900000, 110000000);
    assert_int_equal(retry_delay(&policy, 1, 7).us, retry_delay(&policy, 1, 7).us);
}

static struct retry_decision decide(const struct retry_policy *policy,
                                    struct retry_failure failure) {
    failure.ended_at = at("2026-06-15T12:00:00Z");
    return retry_decide(policy, &failure, 0);
}

static void test_attempts_count_the_first_one(void **state) {
    (void)state;
    struct retry_policy policy = policy_of(STR("{\"maxAttempts\":3,\"jitter\":false}"));
    assert_true(decide(&policy, (struct retry_failure){.retry_count = 0}).again);
    assert_true(decide(&policy, (struct retry_failure){.retry_count = 1}).again);
    struct retry_decision last = decide(&policy, (struct retry_failure){.retry_count = 2});
    assert_false(last.again);
    assert_true(utc_is_none(last.available_at));
    policy.max_attempts = 1;
    assert_false(decide(&policy, (struct retry_failure){.retry_count = 0}).again);
}

static void test_the_later_of_delay_and_retry_after_counts(void **state) {
    (void)state;
    struct retry_policy policy = policy_of(STR("{\"delaySeconds\":60,\"jitter\":false}"));
    struct retry_decision plain = decide(&policy, (struct retry_failure){0});
    assert_true(utc_equal(plain.available_at, at("2026-06-15T12:01:00Z")));
    struct retry_failure failure = {.retry_not_before = at("2026-06-15T12:05:00Z")};
    assert_true(utc_equal(decide(&policy, failure).available_at, failure.retry_not_before));
    failure.retry_not_before = at("2026-06-15T12:00:10Z");
    assert_true(utc_equal(decide(&policy, failure).available_at, plain.available_at));
}

static void test_lists_say_which_failures_are_tried_again(void **state) {
    (void)state;
    static const struct {
        const char *policy;
        int64_t error_type, http_status;
        bool never, again;
    } table[] = {
        {"{}", ERROR_TIMEOUT, 0, false, true},
        {"{}", 0, 0, false, true},
        {"{}", ERROR_HTTP_STATUS, 404, false, true},
        {"{}", ERROR_HTTP_STATUS, 404, true, false},
        {"{\"retryOnStatusCodes\":[503,429]}", ERROR_HTTP_STATUS, 503, false, true},
        {"{\"retryOnStatusCodes\":[503,429]}", ERROR_HTTP_STATUS, 500, false, false},
        {"{\"retryOnStatusCodes\":[503]}", ERROR_CONNECTION, 0, false, true},
        {"{\"retryOnErrorTypes\":[\"Timeout\"]}", ERROR_TIMEOUT, 0, false, true},
        {"{\"retryOnErrorTypes\":[\"Timeout\"]}", ERROR_CONNECTION, 0, false, false},
        {"{\"retryOnErrorTypes\":[\"Timeout\"]}", 0, 0, false, false},
        {"{\"retryOnErrorTypes\":[\"Timeout\"]}", ERROR_HTTP_STATUS, 503, false, false},
        {"{\"retryOnErrorTypes\":[\"Timeout\"],\"retryOnStatusCodes\":[503]}", ERROR_HTTP_STATUS,
         503, false, true},
        {"{\"retryOnErrorTypes\":[\"Timeout\"],\"retryOnStatusCodes\":[503]}", ERROR_CONNECTION, 0,
         false, false},
        {"{\"retryOnErrorTypes\":[\"HttpStatus\"],\"retryOnStatusCodes\":[503]}", ERROR_HTTP_STATUS,
         500, false, false},
    };
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        struct retry_policy policy = policy_of(str_from_cstr(table[i].policy));
        struct retry_failure failure = {.error_type = table[i].error_type,
                                        .http_status = table[i].http_status,
                                        .never_retry = table[i].never};
        if (decide(&policy, failure).again != table[i].again) fail_msg("row %zu", i);
    }
}

static void test_aliases_mean_the_same(void **state) {
    (void)state;
    struct arena arena = {0};
    struct retry_policy a = policy_of(
        STR("{\"maxRetryAttempts\":4,\"retryDelaySeconds\":15,\"retryBackoffType\":\"exponential\","
            "\"shouldRetryHttpStatusCodes\":[503,429,503],"
            "\"retryOnExceptions\":[\"System.Net.Sockets.SocketException\",\"timeout\"]}"));
    assert_str(retry_policy_text(&arena, &a),
               "{\"maxAttempts\":5,\"delaySeconds\":15,\"backoff\":\"Exponential\","
               "\"maxDelaySeconds\":3600,\"jitter\":true,\"retryOnStatusCodes\":[429,503],"
               "\"retryOnErrorTypes\":[\"Timeout\",\"Connection\"]}");
    /* Both names may be there when they agree. */
    struct retry_policy b = policy_of(
        STR("{\"maxAttempts\":5,\"maxRetryAttempts\":4,\"delaySeconds\":15,"
            "\"retryDelaySeconds\":15,\"backoff\":3,\"retryBackoffType\":\"Exponential\","
            "\"retryOnStatusCodes\":[429,503],\"shouldRetryHttpStatusCodes\":[503,429],"
            "\"retryOnErrorTypes\":[1,3],\"retryOnExceptions\":[\"Timeout\",\"Connection\"]}"));
    assert_str(retry_policy_text(&arena, &b), retry_policy_text(&arena, &a).ptr);
    arena_free(&arena);
}

static void test_the_text_can_be_read_back(void **state) {
    (void)state;
    struct arena arena = {0};
    struct retry_policy policy = {.max_attempts = 100,
                                  .delay_seconds = 604800,
                                  .backoff = BACKOFF_LINEAR,
                                  .max_delay_seconds = 604800,
                                  .status_codes = {408, 500, 599},
                                  .status_code_count = 3,
                                  .error_types = 1U << ERROR_CONFIGURATION | 1U << ERROR_TIMEOUT};
    struct str text = retry_policy_text(&arena, &policy);
    struct retry_policy again = policy_of(text);
    assert_str(retry_policy_text(&arena, &again), text.ptr);
    arena_free(&arena);
}

static void test_a_delay_alone_lifts_the_default_cap(void **state) {
    (void)state;
    assert_int_equal(policy_of(STR("{\"delaySeconds\":7200}")).max_delay_seconds, 7200);
    assert_int_equal(policy_of(STR("{\"delaySeconds\":5}")).max_delay_seconds, 3600);
}

static void test_text_that_is_no_policy_is_an_error(void **state) {
    (void)state;
    static const char *const bad[] = {"", "[]", "{", "3", "{\"maxAttempts\":0}", "{\"x\":1}"};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct retry_policy policy = {.max_attempts = 42};
        struct err err = ERR_INIT;
        assert_false(retry_policy_parse(str_from_cstr(bad[i]), &policy, &err));
        assert_int_equal(policy.max_attempts, 42);
        assert_int_equal(err.kind, ERR_INVALID);
    }
}
