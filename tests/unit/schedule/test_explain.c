/* The answer of POST /cron/explain and of `alphabet cron explain`. */
#include "schedule/explain.h"

static void check(const struct explain_request *request, const char *wanted) {
    struct zone_cache *zones = zone_cache_new(STR("/usr/share/zoneinfo"));
    struct buf out = buf_with_max(0);
    struct json_writer w = json_writer(&out);
    struct err err = ERR_INIT;
    if (!cron_explain(&w, request, zones, &err)) fail_msg("%s", err.msg);
    assert_string_equal(out.ptr, wanted);
    buf_free(&out);
    zone_cache_free(zones);
}

static struct utc at(const char *text) {
    struct utc t;
    assert_true(utc_parse(str_from_cstr(text), &t));
    return t;
}

static void test_a_valid_pattern_has_words_and_next_times(void **state) {
    (void)state;
    check(&(struct explain_request){.expression = STR("30 2 * * *"),
                                    .timezone = STR("Europe/Berlin"),
                                    .from = at("2026-03-28T12:00:00Z"),
                                    .count = 2},
          "{\"valid\":true,\"description\":\"at 02:30 every day\",\"next\":["
          "{\"utc\":\"2026-03-29T01:00:00.000Z\",\"local\":\"2026-03-29T03:00:00+02:00\","
          "\"adjusted\":true},"
          "{\"utc\":\"2026-03-30T00:30:00.000Z\",\"local\":\"2026-03-30T02:30:00+02:00\","
          "\"adjusted\":false}]}");
}

static void test_utc_is_the_zone_when_none_is_named(void **state) {
    (void)state;
    check(&(struct explain_request){.expression = STR("@daily"),
                                    .from = at("2026-01-01T00:00:00Z"),
                                    .count = 1},
          "{\"valid\":true,\"description\":\"at 00:00 every day\",\"next\":["
          "{\"utc\":\"2026-01-02T00:00:00.000Z\",\"local\":\"2026-01-02T00:00:00+00:00\","
          "\"adjusted\":false}]}");
}

static void test_a_malformed_pattern_is_an_answer_with_its_position(void **state) {
    (void)state;
    check(&(struct explain_request){.expression = STR("0 25 * * *"),
                                    .from = at("2026-01-01T00:00:00Z"),
                                    .count = 1},
          "{\"valid\":false,\"error\":\"the hour must be 0 to 23, not 25\",\"position\":2}");
}

static void test_what_never_runs_again_is_not_valid(void **state) {
    (void)state;
    check(&(struct explain_request){.expression = STR("0 0 30 2 *"),
                                    .from = at("2026-01-01T00:00:00Z"),
                                    .count = 1},
          "{\"valid\":false,\"error\":\"the pattern never matches up to the year "
          "2199\",\"position\":0}");
    check(&(struct explain_request){.expression = STR("0 0 0 1 1 * 2026"),
                                    .from = at("2026-01-01T00:00:00Z")},
          "{\"valid\":false,\"error\":\"the pattern never matches up to the year "
          "2199\",\"position\":0}");
}

static void test_an_unknown_zone_is_an_error_of_its_field(void **state) {
    (void)state;
    struct zone_cache *zones = zone_cache_new(STR("/usr/share/zoneinfo"));
    struct buf out = buf_with_max(0);
    struct json_writer w = json_writer(&out);
    struct err err = ERR_INIT;
    assert_false(cron_explain(
        &w, &(struct explain_request){.expression = STR("@daily"), .timezone = STR("Mars")}, zones,
        &err));
    assert_int_equal(err.kind, ERR_INVALID);
    assert_string_equal(err.field, "timezone");
    assert_int_equal(out.len, 0);
    buf_free(&out);
    zone_cache_free(zones);
}
