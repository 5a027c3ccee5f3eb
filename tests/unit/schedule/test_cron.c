/* The next local time, the days of a month, and the rows of the table. */
#include "schedule/cron.h"
#include "schedule/dst.h"
#include "tests/unit/cpu_time.h"
#include "tests/unit/schedule/table.h"

static struct cron parsed(const char *pattern) {
    struct err err = ERR_INIT;
    struct cron cron;
    if (!cron_parse(str_from_cstr(pattern), 0, &cron, &err)) fail_msg("%s: %s", pattern, err.msg);
    return cron;
}

/* One row: the runs follow each other as the table says. */
static void check_row(struct zone_cache *zones, const struct str parts[6]) {
    struct err err = ERR_INIT;
    struct cron cron;
    struct dst_policy policy;
    struct utc at;
    const struct zone *zone = zone_cache_get(zones, parts[1], &err);
    if (zone == NULL) fail_msg("%s", err.msg);
    if (!cron_parse(parts[0], 0, &cron, &err)) fail_msg("%.*s: %s", STR_ARG(parts[0]), err.msg);
    assert_true(dst_gap_parse(parts[2], &policy.gap));
    assert_true(dst_overlap_parse(parts[3], &policy.overlap));
    assert_true(utc_parse(parts[4], &at));
    struct str rest = parts[5];
    while (!str_is_absent(rest)) {
        struct str word = str_cut(&rest, ' ');
        bool moved = str_ends_with(word, STR("*"));
        struct utc wanted;
        assert_true(utc_parse(str_slice(word, 0, word.len - moved), &wanted));
        struct occurrence next = cron_next(&cron, zone, policy, at);
        if (!utc_equal(next.due, wanted) || next.adjusted != moved) {
            char text[RFC3339_LENGTH + 1];
            utc_format(next.due, text);
            fail_msg("%.*s in %.*s from %.*s: wanted %.*s, got %s%s", STR_ARG(parts[0]),
                     STR_ARG(parts[1]), STR_ARG(parts[4]), STR_ARG(word), text,
                     next.adjusted ? "*" : "");
        }
        at = next.due;
    }
}

static void test_table_of_next_runs(void **state) {
    (void)state;
    struct zone_cache *zones = zone_cache_new(STR("/usr/share/zoneinfo"));
    struct table table = table_open("cron_next.txt");
    struct str parts[6];
    while (table_next(&table, parts, 6)) check_row(zones, parts);
    assert_true(table.rows > 3000);
    table_close(&table);
    zone_cache_free(zones);
}

static void test_patterns_that_never_match(void **state) {
    (void)state;
    static const char *const never[] = {"0 0 30 2 *",       "* * 31 2 *",     "0 0 31 4,6,9,11 *",
                                        "0 0 L-30 2 *",     "0 0 31W 2 *",    "0 0 0 29 2 * 2027",
                                        "0 0 0 1 1 * 1970", "0 0 1 * +MON#2", "0 0 0 29 2 * 2100",
                                        "0 0 8 2 +WED#1"};
    int64_t from = civil_to_seconds((struct civil){2026, 1, 1, 0, 0, 0});
    for (size_t i = 0; i < COUNT_OF(never); i++) {
        struct cron cron = parsed(never[i]);
        if (!cron_never_matches(&cron, from)) fail_msg("%s matches", never[i]);
    }
    struct cron leap = parsed("0 0 29 2 *"), past = parsed("0 0 0 1 1 * 2026");
    assert_false(cron_never_matches(&leap, from));
    assert_false(cron_never_matches(&past, from));
    assert_true(cron_never_matches(&past, from + 1));
}

static void test_34_a_search_without_end_is_short(void **state) {
    (void)state;
    struct zone_cache *zones = zone_cache_new(STR("/usr/share/zoneinfo"));
    struct err err = ERR_INIT;
    const struct zone *berlin = zone_cache_get(zones, STR("Europe/Berlin"), &err);
    assert_non_null(berlin);
    struct cron never = parsed("* * 30 2 *");
    int64_t before = cpu_us();
    for (int i = 0; i < 10; i++) {
        struct utc at = utc_from_seconds(i * 7919);
        assert_true(utc_is_never(cron_next(&never, berlin, (struct dst_policy){0}, at).due));
    }
    /* A search takes some 50 microseconds; a sanitizer is granted a thousandfold. */
    assert_true(cpu_us() - before < 500000);
    zone_cache_free(zones);
}

static void test_last_moment_of_the_last_year(void **state) {
    (void)state;
    struct cron cron = parsed("59 59 23 31 12 *");
    int64_t last = civil_to_seconds((struct civil){2199, 12, 31, 23, 59, 59});
    assert_int_equal(cron_next_local(&cron, last), last);
    assert_true(cron_next_local(&cron, last + 1) == CRON_LOCAL_NEVER);
    assert_true(cron_next_local(&cron, INT64_MAX) == CRON_LOCAL_NEVER);
    assert_int_equal(cron_next_local(&cron, INT64_MIN),
                     civil_to_seconds((struct civil){1970, 12, 31, 23, 59, 59}));
}

/* Every day of the calendar for special days, recounted in the plainest way. */
static void test_special_days_agree_with_a_recount(void **state) {
    (void)state;
    struct cron last = parsed("0 0 L * *"), working = parsed("0 0 LW * *");
    struct cron third_friday = parsed("0 0 * * FRI#3"), last_sunday = parsed("0 0 * * 7L");
    struct cron near = parsed("0 0 31W,1W * *");
    for (int year = 1999; year < 2105; year++)
        for (int month = 1; month <= 12; month++) {
            int length = civil_days_in_month(year, month), fridays = 0;
            int sunday = 0, weekday = 0, third = 0, first_working = 0;
            for (int day = 1; day <= length; day++) {
                int w = civil_weekday(civil_to_days(year, month, day));
                if (w == 5 && ++fridays == 3) third = day;
                if (w == 0) sunday = day;
                if (w != 0 && w != 6) weekday = day;
                if (w != 0 && w != 6 && first_working == 0) first_working = day;
            }
            assert_int_equal(cron_days_of_month(&last, year, month), 1U << length);
            assert_int_equal(cron_days_of_month(&working, year, month), 1U << weekday);
            assert_int_equal(cron_days_of_month(&third_friday, year, month), 1U << third);
            assert_int_equal(cron_days_of_month(&last_sunday, year, month), 1U << sunday);
            uint32_t wanted = 1U << first_working | (length == 31 ? 1U << weekday : 0);
            assert_int_equal(cron_days_of_month(&near, year, month), wanted);
        }
}

static void test_star_and_question_mark_do_not_restrict_days(void **state) {
    (void)state;
    struct cron monday = parsed("0 0 ? * MON"), stepped = parsed("0 0 */1 * MON");
    assert_int_equal(cron_days_of_month(&monday, 2026, 6),
                     1U << 1 | 1U << 8 | 1U << 15 | 1U << 22 | 1U << 29);
    assert_int_equal(cron_days_of_month(&stepped, 2026, 6), 0x7FFFFFFE); // every day, or Mondays
}
