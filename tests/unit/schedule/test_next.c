/* The schedule as a whole: bounds, exclusions, intervals, one time, jitter, walks and counts. */
#include "base/hash.h"
#include "schedule/next.h"
#include "tests/unit/cpu_time.h"

static struct utc at(const char *text) {
    struct utc t;
    if (!utc_parse(str_from_cstr(text), &t)) fail_msg("no time: %s", text);
    return t;
}

static void check(struct utc got, const char *wanted) {
    char text[RFC3339_LENGTH + 1] = "never";
    if (!utc_is_never(got)) utc_format(got, text);
    assert_string_equal(text, wanted);
}

static struct cron parsed(const char *pattern) {
    struct err err = ERR_INIT;
    struct cron cron;
    if (!cron_parse(str_from_cstr(pattern), 0, &cron, &err)) fail_msg("%s: %s", pattern, err.msg);
    return cron;
}

static struct schedule_spec every(int64_t seconds, const char *anchor) {
    return (struct schedule_spec){
        .kind = SCHEDULE_BY_INTERVAL, .interval_seconds = seconds, .anchor = at(anchor)};
}

static void test_an_interval_counts_from_its_anchor_whatever_runs_took(void **state) {
    (void)state;
    struct schedule_spec spec = every(3600, "2026-01-01T00:00:00.500Z");
    check(schedule_next(&spec, at("2025-06-01T00:00:00Z")), "2026-01-01T00:00:00.500Z");
    check(schedule_next(&spec, at("2026-01-01T00:00:00.499Z")), "2026-01-01T00:00:00.500Z");
    check(schedule_next(&spec, at("2026-01-01T00:00:00.500Z")), "2026-01-01T01:00:00.500Z");
    check(schedule_next(&spec, at("2026-05-05T17:59:00Z")), "2026-05-05T18:00:00.500Z");
    check(schedule_next(&spec, at("2199-12-31T23:30:00Z")), "never");
}

static void test_a_fixed_delay_counts_from_the_end_of_the_run_before(void **state) {
    (void)state;
    struct schedule_spec spec = every(60, "2026-01-01T00:00:00Z");
    spec.interval_base = INTERVAL_FROM_END;
    check(schedule_next(&spec, at("2025-12-31T00:00:00Z")), "2026-01-01T00:00:00.000Z");
    check(schedule_next(&spec, at("2026-01-01T00:00:17.250Z")), "2026-01-01T00:01:17.250Z");
    check(schedule_last(&spec, at("2026-01-01T00:00:17Z"), at("2026-01-02T00:00:00Z")),
          "2026-01-01T00:01:17.000Z");
}

static void test_one_time_runs_once_and_at_once_when_it_has_passed(void **state) {
    (void)state;
    struct schedule_spec spec = {.kind = SCHEDULE_BY_DATE,
                                 .run_at = at("2026-06-01T10:00:00.250Z")};
    check(schedule_next(&spec, at("2026-01-01T00:00:00Z")), "2026-06-01T10:00:00.250Z");
    check(schedule_next(&spec, at("2026-06-01T10:00:00.250Z")), "never");
    check(schedule_first(&spec, at("2027-01-01T00:00:00Z")), "2026-06-01T10:00:00.250Z");
    struct schedule_spec hourly = every(3600, "2026-01-01T00:00:00Z");
    check(schedule_first(&hourly, at("2026-01-01T00:00:00Z")), "2026-01-01T01:00:00.000Z");
}

static void test_start_and_end_are_part_of_the_schedule(void **state) {
    (void)state;
    struct cron cron = parsed("0 * * * *");
    struct schedule_spec spec = {.kind = SCHEDULE_BY_CRON,
                                 .cron = &cron,
                                 .start_at = at("2026-01-01T05:00:00Z"),
                                 .end_at = at("2026-01-01T07:00:00Z")};
    check(schedule_next(&spec, at("2025-01-01T00:00:00Z")), "2026-01-01T05:00:00.000Z");
    check(schedule_next(&spec, at("2026-01-01T06:30:00Z")), "2026-01-01T07:00:00.000Z");
    check(schedule_next(&spec, at("2026-01-01T07:00:00Z")), "never");
    assert_int_equal(
        schedule_count(&spec, at("2020-01-01T00:00:00Z"), at("2030-01-01T00:00:00Z"), 99), 3);
    check(schedule_last(&spec, at("2020-01-01T00:00:00Z"), at("2030-01-01T00:00:00Z")),
          "2026-01-01T07:00:00.000Z");
}

static void test_exclusions_are_passed_over_in_local_time(void **state) {
    (void)state;
    struct zone_cache *zones = zone_cache_new(STR("/usr/share/zoneinfo"));
    struct err err = ERR_INIT;
    struct cron cron = parsed("*/30 * * * *");
    int32_t date;
    assert_true(exclusion_parse_date(STR("2026-12-25"), &date));
    struct schedule_spec spec = {.kind = SCHEDULE_BY_CRON,
                                 .cron = &cron,
                                 .zone = zone_cache_get(zones, STR("Europe/Berlin"), &err),
                                 .exclusion = {.dates = &date,
                                               .date_count = 1,
                                               .weekdays = 1 << 6,
                                               .has_range = true,
                                               .range_start = 22 * 3600,
                                               .range_end = 6 * 3600}};
    assert_non_null(spec.zone);
    /* Thursday 21:30 local, then the date and Saturday are passed over: Sunday 06:00 local. */
    check(schedule_next(&spec, at("2026-12-24T20:00:00Z")), "2026-12-24T20:30:00.000Z");
    check(schedule_next(&spec, at("2026-12-24T20:30:00Z")), "2026-12-27T05:00:00.000Z");
    /* The night of the change to summer time ends at 06:00 local, which is 04:00 UTC then. */
    spec.exclusion.weekdays = 0;
    check(schedule_next(&spec, at("2026-03-28T21:00:00Z")), "2026-03-29T04:00:00.000Z");
    check(schedule_next(&spec, at("2026-10-24T20:00:00Z")), "2026-10-25T05:00:00.000Z");
    zone_cache_free(zones);
}

static void test_excluded_intervals_keep_to_their_grid(void **state) {
    (void)state;
    struct schedule_spec spec = every(7, "2026-01-01T00:00:00Z");
    spec.exclusion = (struct exclusion){.has_range = true, .range_start = 0, .range_end = 86399};
    /* 5 x 86400 + 86399 is the first multiple of 7 that is one second short of a midnight. */
    check(schedule_next(&spec, at("2026-01-01T00:00:00Z")), "2026-01-06T23:59:59.000Z");
    assert_int_equal((at("2026-01-06T23:59:59Z").us - at("2026-01-01T00:00:00Z").us) % 7000000, 0);
    spec.exclusion.weekdays = 0x7F;
    check(schedule_next(&spec, at("2026-01-01T00:00:00Z")), "never");
}

static void test_a_schedule_that_is_always_excluded_ends_its_search(void **state) {
    (void)state;
    struct cron cron = parsed("0 3 * * *");
    struct schedule_spec spec = {
        .kind = SCHEDULE_BY_CRON,
        .cron = &cron,
        .exclusion = {.has_range = true, .range_start = 7200, .range_end = 14400}};
    int64_t before = cpu_us();
    check(schedule_next(&spec, at("2026-01-01T00:00:00Z")), "never");
    struct schedule_spec second = every(1, "2026-01-01T00:00:00Z");
    second.exclusion = (struct exclusion){.weekdays = 0x7F};
    check(schedule_next(&second, at("2026-01-01T00:00:00Z")), "never");
    /* One step a day for 174 years, some 10 ms; a sanitizer is granted much more. */
    assert_true(cpu_us() - before < 2000000);
}

static void test_jitter_is_stable_bounded_and_spread(void **state) {
    (void)state;
    struct schedule_spec spec = every(60, "2026-01-01T00:00:00Z");
    assert_int_equal(schedule_jitter(&spec, at("2026-01-01T00:00:00Z")).us, 0);
    spec.jitter_seconds = 30;
    int64_t least = INT64_MAX, most = 0;
    for (uint64_t job = 0; job < 3000; job++) {
        spec.seed = hash_bytes(&job, sizeof job, 0);
        int64_t us = schedule_jitter(&spec, at("2026-01-01T00:00:00Z")).us;
        assert_int_equal(us, schedule_jitter(&spec, at("2026-01-01T00:00:00Z")).us);
        if (us < least) least = us;
        if (us > most) most = us;
    }
    assert_true(least >= 0 && least < 500000);
    assert_true(most <= 30000000 && most > 29500000);
    assert_true(schedule_jitter(&spec, at("2026-01-01T00:00:00Z")).us !=
                schedule_jitter(&spec, at("2026-01-01T00:01:00Z")).us);
}

static void test_a_year_of_seconds_is_counted_without_visiting_them(void **state) {
    (void)state;
    struct schedule_spec spec = every(1, "2026-01-01T00:00:00Z");
    int64_t before = cpu_us();
    struct utc from = at("2026-01-01T00:00:00Z"), until = at("2027-01-01T00:00:00.900Z");
    assert_int_equal(schedule_count(&spec, from, until, UINT64_MAX), 31536000);
    assert_int_equal(schedule_count(&spec, from, until, 1000), 1000);
    check(schedule_last(&spec, from, until), "2027-01-01T00:00:00.000Z");
    struct cron cron = parsed("* * * * * *");
    struct schedule_spec cronned = {.kind = SCHEDULE_BY_CRON, .cron = &cron};
    check(schedule_last(&cronned, from, until), "2027-01-01T00:00:00.000Z");
    assert_int_equal(schedule_count(&cronned, from, until, 1000), 1000);
    assert_true(cpu_us() - before < 500000);
    assert_int_equal(schedule_count(&spec, until, from, 10), 0);
    check(schedule_last(&spec, until, from), "never");
}

static void test_the_last_due_time_is_what_a_walk_finds_last(void **state) {
    (void)state;
    static const char *const patterns[] = {"*/7 * * * *", "30 2 * * MON-FRI", "0 0 L * *",
                                           "5 4 29 2 *", "0,30 9-17 * * *"};
    struct zone_cache *zones = zone_cache_new(STR("/usr/share/zoneinfo"));
    struct err err = ERR_INIT;
    const struct zone *zone = zone_cache_get(zones, STR("America/New_York"), &err);
    uint64_t random = 4;
    for (size_t i = 0; i < COUNT_OF(patterns); i++) {
        struct cron cron = parsed(patterns[i]);
        struct schedule_spec spec = {.kind = SCHEDULE_BY_CRON,
                                     .cron = &cron,
                                     .zone = zone,
                                     .exclusion = {.weekdays = 1 << 3}};
        for (int round = 0; round < 20; round++) {
            random = hash_bytes(&random, sizeof random, 0);
            struct utc from = utc_from_seconds(1700000000 + (int64_t)(random % 100000000));
            struct utc until = utc_add(from, span_seconds((int64_t)(random >> 40) % 3000000));
            struct utc last = UTC_NEVER;
            uint64_t count = 0;
            for (struct utc t = from; (t = schedule_next(&spec, t)).us <= until.us; count++)
                last = t;
            assert_true(utc_equal(schedule_last(&spec, from, until), last));
            assert_int_equal(schedule_count(&spec, from, until, UINT64_MAX), count);
        }
    }
    zone_cache_free(zones);
}

static void test_a_walk_tells_what_was_passed_over_and_why(void **state) {
    (void)state;
    struct zone_cache *zones = zone_cache_new(STR("/usr/share/zoneinfo"));
    struct err err = ERR_INIT;
    struct cron cron = parsed("30 2 * * *");
    struct schedule_spec spec = {.kind = SCHEDULE_BY_CRON,
                                 .cron = &cron,
                                 .zone = zone_cache_get(zones, STR("Europe/Berlin"), &err),
                                 .dst = {.gap = DST_GAP_SKIP},
                                 .exclusion = {.weekdays = 1 << 1},
                                 .end_at = at("2026-04-01T00:00:00Z")};
    static const struct {
        const char *utc;
        enum schedule_verdict verdict;
    } wanted[] = {{"2026-03-28T01:30:00.000Z", SCHEDULE_RUNS},
                  {"2026-03-29T01:00:00.000Z", SCHEDULE_DST_SKIPPED},
                  {"2026-03-30T00:30:00.000Z", SCHEDULE_EXCLUDED},
                  {"2026-03-31T00:30:00.000Z", SCHEDULE_RUNS}};
    struct schedule_walk walk = schedule_walk_all(&spec, at("2026-03-28T00:00:00Z"));
    struct schedule_due due;
    for (size_t i = 0; i < COUNT_OF(wanted); i++) {
        assert_true(schedule_walk_next(&walk, &due));
        check(due.utc, wanted[i].utc);
        assert_int_equal(due.verdict, wanted[i].verdict);
    }
    assert_false(schedule_walk_next(&walk, &due));
    spec.dst.gap = DST_GAP_RUN_AFTER;
    walk = schedule_walk(&spec, at("2026-03-28T12:00:00Z"));
    assert_true(schedule_walk_next(&walk, &due));
    check(due.utc, "2026-03-29T01:00:00.000Z");
    assert_true(due.adjusted);
    assert_true(schedule_walk_next(&walk, &due));
    check(due.utc, "2026-03-31T00:30:00.000Z");
    assert_false(due.adjusted);
    zone_cache_free(zones);
}

static void test_s9_each_due_time_is_given_once_and_in_order(void **state) {
    (void)state;
    struct schedule_spec spec = every(1, "2026-01-01T00:00:00.001Z");
    spec.exclusion = (struct exclusion){.weekdays = 1 << 4};
    struct utc t = at("2025-12-31T23:59:58Z"), before = t;
    for (int i = 0; i < 5000; i++) {
        t = schedule_next(&spec, t);
        assert_true(utc_before(before, t));
        before = t;
    }
    check(schedule_next(&spec, UTC_NEVER), "never");
}
