/* Which patterns are taken, which refused, and what is said about those. */
#include "base/hash.h"
#include "schedule/cron.h"
#include "tests/unit/schedule/table.h"

#include <string.h>

static struct cron parsed(const char *pattern, uint64_t seed) {
    struct err err = ERR_INIT;
    struct cron cron;
    if (!cron_parse(str_from_cstr(pattern), seed, &cron, &err))
        fail_msg("%s: %s", pattern, err.msg);
    return cron;
}

static bool refused(const char *pattern) {
    struct err err = ERR_INIT;
    struct cron cron;
    return !cron_parse(str_from_cstr(pattern), 0, &cron, &err) && err.kind == ERR_INVALID;
}

static void test_every_valid_pattern_is_taken(void **state) {
    (void)state;
    struct table table = table_open("cron_valid.txt");
    struct str parts[2];
    while (table_next(&table, parts, 2)) {
        struct err err = ERR_INIT;
        struct cron cron;
        if (!cron_parse(parts[0], 7, &cron, &err)) fail_msg("%.*s: %s", STR_ARG(parts[0]), err.msg);
    }
    assert_true(table.rows > 100);
    table_close(&table);
}

static void test_every_malformed_pattern_is_refused_at_its_character(void **state) {
    (void)state;
    struct table table = table_open("cron_invalid.txt");
    struct str parts[3];
    while (table_next(&table, parts, 3)) {
        struct err err = ERR_INIT;
        struct cron cron;
        int64_t position;
        if (cron_parse(parts[0], 7, &cron, &err)) fail_msg("taken: %.*s", STR_ARG(parts[0]));
        assert_true(str_parse_i64(parts[1], &position));
        assert_int_equal(err.kind, ERR_INVALID);
        if (err.position != position)
            fail_msg("%.*s: position %d", STR_ARG(parts[0]), err.position);
        if (!str_equal(str_from_cstr(err.msg), parts[2]))
            fail_msg("%.*s: %s", STR_ARG(parts[0]), err.msg);
    }
    assert_true(table.rows > 150);
    table_close(&table);
}

static void test_output_is_untouched_on_failure(void **state) {
    (void)state;
    struct cron cron, before;
    memset(&cron, 0x5A, sizeof cron);
    memset(&before, 0x5A, sizeof before);
    assert_false(cron_parse(STR("60 * * * *"), 0, &cron, NULL));
    assert_memory_equal(&cron, &before, sizeof cron);
}

static void test_sunday_is_0_and_7(void **state) {
    (void)state;
    assert_int_equal(parsed("0 0 * * 0", 0).weekdays, 1);
    assert_int_equal(parsed("0 0 * * 7", 0).weekdays, 1);
    assert_int_equal(parsed("0 0 * * sun", 0).weekdays, 1);
    assert_int_equal(parsed("0 0 * * 5-7", 0).weekdays, 0x61);
    assert_int_equal(parsed("0 0 * * 0-7", 0).weekdays, 0x7F);
}

static void test_hash_is_stable_spread_and_in_range(void **state) {
    (void)state;
    uint64_t minutes = 0, days = 0;
    for (uint64_t job = 0; job < 2000; job++) {
        uint64_t seed = hash_bytes(&job, sizeof job, 0);
        struct cron a = parsed("H H H H H", seed), b = parsed("H H H H H", seed);
        assert_memory_equal(&a, &b, sizeof a);
        assert_int_equal(__builtin_popcountll(a.minutes), 1);
        assert_int_equal(__builtin_popcount(a.weekdays), 1);
        assert_true(a.days <= 1U << 28);
        assert_false(a.repeats);
        minutes |= a.minutes;
        days |= a.days;
        struct cron c = parsed("H(10-19) H(9-17) * * *", seed);
        assert_true(c.minutes >= 1ULL << 10 && c.minutes <= 1ULL << 19);
        assert_true(c.hours >= 1U << 9 && c.hours <= 1U << 17);
        struct cron d = parsed("H/15 * * * *", seed);
        assert_int_equal(__builtin_popcountll(d.minutes), 4);
        assert_true(d.repeats);
        uint64_t first = d.minutes & -d.minutes;
        assert_int_equal(d.minutes, first | first << 15 | first << 30 | first << 45);
        assert_int_equal(__builtin_popcountll(parsed("H(0-29)/10 * * * *", seed).minutes), 3);
    }
    assert_int_equal(minutes, (1ULL << 60) - 1);
    assert_int_equal(days, (1U << 29) - 2);
}

static void test_repeating_patterns_are_told_from_fixed_ones(void **state) {
    (void)state;
    static const char *const repeating[] = {"* 2 * * *",    "*/5 2 * * *",     "0-10 2 * * *",
                                            "0 */2 * * *",  "0 1-3 * * *",     "* 30 2 * * *",
                                            "H/20 2 * * *", "5,10-12 2 * * *", "@hourly"};
    static const char *const fixed[] = {"30 2 * * *",     "0,30 1,2 * * *",   "H H * * *",
                                        "H(0-9) 2 * * *", "30 2 * * MON-FRI", "30 2 */2 * *",
                                        "0 30 2 * * *",   "30 2 1-7 * * ",    "@daily"};
    for (size_t i = 0; i < COUNT_OF(repeating); i++) assert_true(parsed(repeating[i], 3).repeats);
    for (size_t i = 0; i < COUNT_OF(fixed); i++) assert_false(parsed(fixed[i], 3).repeats);
}

static void test_g4_huge_numbers_are_refused(void **state) {
    (void)state;
    char many[300];
    memset(many, '9', sizeof many);
    many[sizeof many - 1] = '\0';
    assert_true(refused(many));
    assert_true(refused("*/999999999 * * * *"));
    assert_true(refused("0-99999999999 * * * *"));
    assert_true(refused("4294967296 * * * *"));
    assert_true(refused("18446744073709551616 * * * *"));
    assert_true(refused("* * * * MON#4294967297"));
    assert_true(refused("* * L-18446744073709551617 * *"));
}

static void test_a_pattern_is_at_most_256_characters_and_has_no_other_bytes(void **state) {
    (void)state;
    char text[400];
    memset(text, ' ', sizeof text);
    memcpy(text, "* * * * *", 9);
    struct cron cron;
    struct err err = ERR_INIT;
    assert_true(cron_parse((struct str){text, 256}, 0, &cron, &err));
    assert_false(cron_parse((struct str){text, 257}, 0, &cron, &err));
    assert_int_equal(err.position, 256);
    text[3] = '\0';
    assert_false(cron_parse((struct str){text, 20}, 0, &cron, &err));
    assert_int_equal(err.position, 3);
    assert_false(cron_parse(STR_NONE, 0, &cron, &err));
    assert_true(refused("* * *\n* *"));
}
