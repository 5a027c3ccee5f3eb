/* The rules in the footers of zone files. */
#include "base/clock.h"
#include "schedule/posix_tz.h"

static struct posix_tz parsed(const char *text) {
    struct posix_tz rule;
    if (!posix_tz_parse(str_from_cstr(text), &rule)) fail_msg("refused: %s", text);
    return rule;
}

static int64_t instant(const char *text) {
    struct utc t;
    assert_true(utc_parse(str_from_cstr(text), &t));
    return utc_seconds(t);
}

static void test_offsets_count_east_though_the_text_counts_west(void **state) {
    (void)state;
    assert_int_equal(parsed("CET-1").standard_offset, 3600);
    assert_int_equal(parsed("<-03>3").standard_offset, -10800);
    assert_int_equal(parsed("<+0530>-5:30").standard_offset, 19800);
    assert_int_equal(parsed("<+1030>-10:30:15").standard_offset, 37815);
    assert_false(parsed("UTC0").has_dst);
}

static void test_last_sunday_and_second_sunday(void **state) {
    (void)state;
    struct posix_tz berlin = parsed("CET-1CEST,M3.5.0,M10.5.0/3");
    assert_int_equal(berlin.dst_offset, 7200);
    assert_int_equal(posix_tz_dst_begins(&berlin, 2026), instant("2026-03-29T01:00:00Z"));
    assert_int_equal(posix_tz_dst_ends(&berlin, 2026), instant("2026-10-25T01:00:00Z"));
    assert_int_equal(posix_tz_dst_begins(&berlin, 2199), instant("2199-03-31T01:00:00Z"));
    struct posix_tz new_york = parsed("EST5EDT,M3.2.0,M11.1.0");
    assert_int_equal(posix_tz_dst_begins(&new_york, 2100), instant("2100-03-14T07:00:00Z"));
    assert_int_equal(posix_tz_dst_ends(&new_york, 2100), instant("2100-11-07T06:00:00Z"));
}

static void test_two_hours_half_an_hour_and_less_than_nothing(void **state) {
    (void)state;
    struct posix_tz troll = parsed("<+00>0<+02>-2,M3.5.0/1,M10.5.0/3");
    assert_int_equal(troll.dst_offset - troll.standard_offset, 7200);
    assert_int_equal(posix_tz_dst_begins(&troll, 2050), instant("2050-03-27T01:00:00Z"));
    struct posix_tz howe = parsed("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0");
    assert_int_equal(howe.dst_offset - howe.standard_offset, 1800);
    assert_int_equal(posix_tz_dst_begins(&howe, 2050), instant("2050-10-01T15:30:00Z"));
    struct posix_tz dublin = parsed("IST-1GMT0,M10.5.0,M3.5.0/1");
    assert_int_equal(dublin.dst_offset - dublin.standard_offset, -3600);
    assert_int_equal(posix_tz_dst_begins(&dublin, 2050), instant("2050-10-30T01:00:00Z"));
}

static void test_hours_beyond_a_day_and_below_zero(void **state) {
    (void)state;
    struct posix_tz gaza = parsed("EET-2EEST,M3.4.4/50,M10.4.4/50");
    assert_int_equal(posix_tz_dst_begins(&gaza, 2050), instant("2050-03-26T00:00:00Z"));
    struct posix_tz nuuk = parsed("<-02>2<-01>,M3.5.0/-1,M10.5.0/0");
    assert_int_equal(posix_tz_dst_begins(&nuuk, 2050), instant("2050-03-27T01:00:00Z"));
    assert_int_equal(parsed("AAA0BBB,M1.1.1/167,M6.1.1/-167:59:59").dst_start.time, 167 * 3600);
    assert_int_equal(parsed("AAA0BBB,M1.1.1/167,M6.1.1/-167:59:59").dst_end.time, -604799);
}

static void test_days_of_the_year(void **state) {
    (void)state;
    struct posix_tz julian = parsed("AAA0BBB,J60/0,J365/0");
    assert_int_equal(posix_tz_dst_begins(&julian, 2027), instant("2027-03-01T00:00:00Z"));
    assert_int_equal(posix_tz_dst_begins(&julian, 2028), instant("2028-03-01T00:00:00Z"));
    struct posix_tz zero = parsed("AAA0BBB,59/0,365/0");
    assert_int_equal(posix_tz_dst_begins(&zero, 2027), instant("2027-03-01T00:00:00Z"));
    assert_int_equal(posix_tz_dst_begins(&zero, 2028), instant("2028-02-29T00:00:00Z"));
}

static void test_malformed_rules_are_refused(void **state) {
    (void)state;
    static const char *const bad[] = {"",
                                      "C",
                                      "CE-1",
                                      "CET",
                                      "CET-25",
                                      "CET-1CEST",
                                      "CET-1CEST,M3.5.0",
                                      "CET-1CEST,M3.5.0,M10.5.0/3x",
                                      "CET-1CEST,M0.5.0,M10.5.0",
                                      "CET-1CEST,M13.5.0,M10.5.0",
                                      "CET-1CEST,M3.6.0,M10.5.0",
                                      "CET-1CEST,M3.0.0,M10.5.0",
                                      "CET-1CEST,M3.5.7,M10.5.0",
                                      "CET-1CEST,J0,J365",
                                      "CET-1CEST,J1,J366",
                                      "CET-1CEST,1,366",
                                      "CET-1CEST,M3.5.0/168,M10.5.0",
                                      "CET-1CEST,M3.5.0/2:60,M10.5.0",
                                      "<+03-3",
                                      "<>-3",
                                      "<+0>-3",
                                      "<+0\n3>-3",
                                      "CET--1",
                                      "CET-1 "};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct posix_tz rule;
        if (posix_tz_parse(str_from_cstr(bad[i]), &rule)) fail_msg("taken: %s", bad[i]);
    }
}
