/* RFC 3339, the calendar and saturation. */
#include "base/clock.h"

static void test_rfc3339_round_trips(void **state) {
    (void)state;
    struct utc t;
    char text[RFC3339_LENGTH + 1];
    assert_true(utc_parse(STR("2026-01-02T03:04:05.678Z"), &t));
    utc_format(t, text);
    assert_string_equal(text, "2026-01-02T03:04:05.678Z");
    assert_true(utc_parse(STR("2026-01-02T05:04:05.678999+02:00"), &t));
    utc_format(t, text);
    assert_string_equal(text, "2026-01-02T03:04:05.678Z");
    assert_true(utc_parse(STR("2016-12-31T23:59:60Z"), &t));
    utc_format(t, text);
    assert_string_equal(text, "2017-01-01T00:00:00.000Z");
}

static void test_rfc3339_refuses_what_is_no_time(void **state) {
    (void)state;
    static const char *const bad[] = {"",
                                      "2026",
                                      "2026-13-01T00:00:00Z",
                                      "2026-02-29T00:00:00Z",
                                      "2026-01-01T24:00:00Z",
                                      "2026-01-01T00:00:00",
                                      "2026-01-01T00:00:00.Z",
                                      "2026-01-01T00:00:00+2:00",
                                      "2026-01-01T00:00:00Zx",
                                      "1969-12-31T23:59:59Z",
                                      "2200-01-01T00:00:00Z",
                                      "2026-01-01T00:60:00Z",
                                      "2026-00-01T00:00:00Z"};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct utc t = {42};
        assert_false(utc_parse(str_from_cstr(bad[i]), &t));
        assert_int_equal(t.us, 42);
    }
}

static void test_calendar_agrees_with_itself_for_230_years(void **state) {
    (void)state;
    for (int64_t day = civil_to_days(1970, 1, 1); day < civil_to_days(2200, 1, 1); day++) {
        int32_t y, m, d;
        civil_from_days(day, &y, &m, &d);
        assert_int_equal(civil_to_days(y, m, d), day);
    }
    assert_int_equal(civil_weekday(civil_to_days(2026, 11, 23)), 1);
}

static void test_never_stays_never(void **state) {
    (void)state;
    assert_true(utc_is_never(utc_add(UTC_NEVER, span_seconds(-5))));
    assert_true(utc_is_never(utc_add(utc_from_seconds(1), span_seconds(INT64_MAX))));
}
