#include "cli/moment.h"
#include "tests/unit/cli/cli.h"

struct fixture {
    struct zone_cache *zones;
    const struct zone *zone;
    struct utc now; // 2026-11-23 10:00 in Berlin
};

static struct fixture begin(void) {
    struct err err = ERR_INIT;
    struct fixture f = {.zones = zone_cache_new(STR("/usr/share/zoneinfo"))};
    f.zone = zone_cache_get(f.zones, STR("Europe/Berlin"), &err);
    assert_non_null(f.zone);
    assert_true(utc_parse(STR("2026-11-23T09:00:00Z"), &f.now));
    return f;
}

static void check(struct str text, const char *from, int64_t seconds) {
    struct fixture f = begin();
    struct moment moment;
    struct err err = ERR_INIT;
    struct utc wanted;
    assert_true(utc_parse(str_from_cstr(from), &wanted));
    if (!moment_parse(text, f.zone, f.now, &moment, &err)) fail_msg("%.*s", STR_ARG(text));
    assert_int_equal(moment.from.us, wanted.us);
    assert_int_equal(utc_diff(moment.to, moment.from).us, seconds * 1000000 - 1);
    zone_cache_free(f.zones);
}

static void test_a_clock_time_is_the_last_one_that_has_come(void **state) {
    (void)state;
    check(STR("02:00"), "2026-11-23T01:00:00Z", 60);
    check(STR("10:00"), "2026-11-23T09:00:00Z", 60);
    check(STR("10:01"), "2026-11-22T09:01:00Z", 60);
    check(STR("09:59:30"), "2026-11-23T08:59:30Z", 1);
}

static void test_days_are_those_of_the_zone(void **state) {
    (void)state;
    check(STR("yesterday 02:00"), "2026-11-22T01:00:00Z", 60);
    check(STR("Today 23:30"), "2026-11-23T22:30:00Z", 60);
    check(STR(" tomorrow  00:15 "), "2026-11-23T23:15:00Z", 60);
    check(STR("2026-07-01 02:00"), "2026-07-01T00:00:00Z", 60);
    check(STR("2026-07-01T02:00"), "2026-07-01T00:00:00Z", 60);
}

static void test_an_instant_is_taken_as_it_is(void **state) {
    (void)state;
    check(STR("2026-11-22T02:00:00Z"), "2026-11-22T02:00:00Z", 1);
    check(STR("2026-11-22T02:00:00-05:00"), "2026-11-22T07:00:00Z", 1);
}

static void test_clock_times_that_are_not_there_or_there_twice_are_told(void **state) {
    (void)state;
    struct fixture f = begin();
    struct moment moment;
    struct err err = ERR_INIT;
    assert_true(moment_parse(STR("2026-03-29 02:30"), f.zone, f.now, &moment, &err));
    assert_int_equal(moment.kind, ZONE_LOCAL_GAP);
    assert_true(moment_parse(STR("2026-10-25 02:30"), f.zone, f.now, &moment, &err));
    assert_int_equal(moment.kind, ZONE_LOCAL_TWICE);
    assert_int_equal(utc_diff(moment.again, moment.from).us, INT64_C(3600000000));
    zone_cache_free(f.zones);
}

static void test_everything_else_is_refused(void **state) {
    (void)state;
    static const char *const bad[] = {"",
                                      "noon",
                                      "2:00",
                                      "24:00",
                                      "02:60",
                                      "02:00:60",
                                      "02:00 x",
                                      "yesterday",
                                      "2026-02-30 02:00",
                                      "2026-13-01 02:00",
                                      "0026-01-01 02:00",
                                      "-2:00",
                                      "today  ",
                                      "tomorrow x"};
    struct fixture f = begin();
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct moment moment;
        struct err err = ERR_INIT;
        if (moment_parse(str_from_cstr(bad[i]), f.zone, f.now, &moment, &err))
            fail_msg("%s was taken", bad[i]);
        assert_int_equal(err.kind, ERR_INVALID);
    }
    zone_cache_free(f.zones);
}
