/* Dates, days of the week and ranges of the day. */
#include "schedule/exclusion.h"

static int64_t at(const char *text) {
    struct utc t;
    assert_true(utc_parse(str_from_cstr(text), &t));
    return utc_seconds(t);
}

static void test_a_range_is_half_open_and_wraps_midnight(void **state) {
    (void)state;
    struct exclusion night = {.has_range = true, .range_start = 22 * 3600, .range_end = 6 * 3600};
    assert_false(exclusion_covers(&night, at("2026-01-01T21:59:59Z")));
    assert_true(exclusion_covers(&night, at("2026-01-01T22:00:00Z")));
    assert_true(exclusion_covers(&night, at("2026-01-02T00:00:00Z")));
    assert_true(exclusion_covers(&night, at("2026-01-02T05:59:59Z")));
    assert_false(exclusion_covers(&night, at("2026-01-02T06:00:00Z")));
    assert_int_equal(exclusion_end(&night, at("2026-01-01T23:00:00Z")), at("2026-01-02T06:00:00Z"));
    assert_int_equal(exclusion_end(&night, at("2026-01-01T12:00:00Z")), at("2026-01-01T12:00:00Z"));
    struct exclusion lunch = {.has_range = true, .range_start = 43200, .range_end = 46800};
    assert_true(exclusion_covers(&lunch, at("2026-01-01T12:00:00Z")));
    assert_false(exclusion_covers(&lunch, at("2026-01-01T13:00:00Z")));
    struct exclusion evening = {.has_range = true, .range_start = 79200, .range_end = 86400};
    assert_true(exclusion_covers(&evening, at("2026-01-01T23:59:59Z")));
    assert_false(exclusion_covers(&evening, at("2026-01-02T00:00:00Z")));
    assert_int_equal(exclusion_end(&evening, at("2026-01-01T23:00:00Z")),
                     at("2026-01-02T00:00:00Z"));
}

static void test_days_and_dates_and_ranges_add_up(void **state) {
    (void)state;
    int32_t dates[3];
    assert_true(exclusion_parse_date(STR("2026-12-25"), &dates[0]));
    assert_true(exclusion_parse_date(STR("2026-12-24"), &dates[1]));
    dates[2] = dates[0];
    size_t count = exclusion_sort_dates(dates, 3);
    assert_int_equal(count, 2);
    struct exclusion e = {.dates = dates,
                          .date_count = count,
                          .weekdays = 1 << 6 | 1,
                          .has_range = true,
                          .range_start = 0,
                          .range_end = 3600};
    assert_true(exclusion_covers(&e, at("2026-12-24T12:00:00Z")));
    assert_true(exclusion_covers(&e, at("2026-12-26T12:00:00Z"))); // a Saturday
    /* Thursday and Friday by date, the weekend by weekday, then Monday's first hour. */
    assert_int_equal(exclusion_end(&e, at("2026-12-24T12:00:00Z")), at("2026-12-28T01:00:00Z"));
    assert_false(exclusion_covers(&e, at("2026-12-23T12:00:00Z")));
}

static void test_what_covers_everything_has_no_end(void **state) {
    (void)state;
    struct exclusion week = {.weekdays = 0x7F};
    assert_true(exclusion_covers_all(&week));
    assert_true(exclusion_end(&week, 0) == EXCLUSION_NO_END);
    struct exclusion day = {.has_range = true, .range_start = 0, .range_end = 86400};
    assert_true(exclusion_end(&day, 0) == EXCLUSION_NO_END);
    struct exclusion none = {0};
    assert_true(exclusion_is_empty(&none));
    assert_int_equal(exclusion_end(&none, 5), 5);
    struct exclusion almost = {
        .weekdays = 0x7E, .has_range = true, .range_start = 1, .range_end = 86400};
    assert_int_equal(exclusion_end(&almost, at("2026-11-23T00:00:00Z")),
                     at("2026-11-29T00:00:00Z"));
}

static void test_times_before_1970_are_days_too(void **state) {
    (void)state;
    struct exclusion night = {.has_range = true, .range_start = 79200, .range_end = 3600};
    assert_true(exclusion_covers(&night, -1));
    assert_int_equal(exclusion_end(&night, -1), 3600);
    assert_false(exclusion_covers(&night, -7201));
}

static void test_texts_of_dates_times_and_weekdays(void **state) {
    (void)state;
    int32_t value = 5;
    int weekday = 9;
    static const char *const bad_dates[] = {"",           "2026-1-1",   "2026-02-29",
                                            "2026-13-01", "2026-00-10", "2026-12-25T00:00:00Z",
                                            "1969-12-31", "2200-01-01", "25.12.2026"};
    static const char *const bad_times[] = {"",         "24:01", "25:00",   "9:00",       "09:60",
                                            "09:00:60", "09",    "09:00:0", "09:00:00.0", "-1:00"};
    for (size_t i = 0; i < COUNT_OF(bad_dates); i++)
        assert_false(exclusion_parse_date(str_from_cstr(bad_dates[i]), &value));
    for (size_t i = 0; i < COUNT_OF(bad_times); i++)
        assert_false(exclusion_parse_time(str_from_cstr(bad_times[i]), &value));
    assert_int_equal(value, 5);
    assert_true(exclusion_parse_time(STR("24:00"), &value));
    assert_int_equal(value, 86400);
    assert_true(exclusion_parse_time(STR("22:30:15"), &value));
    assert_int_equal(value, 81015);
    for (int day = 0; day < 7; day++) {
        assert_true(exclusion_parse_weekday(exclusion_weekday_name(day), &weekday));
        assert_int_equal(weekday, day);
    }
    assert_true(exclusion_parse_weekday(STR("sat"), &weekday));
    assert_int_equal(weekday, 6);
    assert_false(exclusion_parse_weekday(STR("Satur"), &weekday));
    struct buf text = buf_with_max(0);
    assert_true(exclusion_parse_date(STR("2028-02-29"), &value));
    exclusion_put_date(&text, value);
    buf_put_char(&text, ' ');
    exclusion_put_time(&text, 79200);
    buf_put_char(&text, ' ');
    exclusion_put_time(&text, 81015);
    assert_string_equal(text.ptr, "2028-02-29 22:00 22:30:15");
    buf_free(&text);
}
