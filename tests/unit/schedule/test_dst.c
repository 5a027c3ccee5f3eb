/* Gaps and overlaps, against a walk over every minute; and what is skipped. */
#include "base/hash.h"
#include "schedule/dst.h"

#include <stdio.h>

static struct zone_cache *zones;

static const struct zone *zone_named(const char *name) {
    struct err err = ERR_INIT;
    if (zones == NULL) zones = zone_cache_new(STR("/usr/share/zoneinfo"));
    const struct zone *zone = zone_cache_get(zones, str_from_cstr(name), &err);
    if (zone == NULL) fail_msg("%s", err.msg);
    return zone;
}

static uint64_t random_state = 20261123;

static int random_below(int limit) {
    random_state = hash_bytes(&random_state, sizeof random_state, 1);
    return (int)(random_state % (uint64_t)limit);
}

/* A pattern as plain lists of flags, written down as text only to be parsed by the program. */
struct plain {
    bool minutes[60], hours[24], weekdays[7];
    bool repeats;
    char text[256];
};

static struct plain random_plain(void) {
    struct plain p = {.repeats = false};
    char hour[32], minute[32], day[32] = "*";
    int kind = random_below(3), a = random_below(60), b = random_below(60),
        step = 1 + random_below(30);
    if (kind == 0) {
        (void)snprintf(minute, sizeof minute, "*/%d", step);
        for (int i = 0; i < 60; i += step) p.minutes[i] = true;
        p.repeats = true;
    } else {
        (void)snprintf(minute, sizeof minute, "%d,%d", a, b);
        p.minutes[a] = p.minutes[b] = true;
    }
    int from = random_below(5), to = from + random_below(24 - from);
    if (random_below(2) == 0) {
        (void)snprintf(hour, sizeof hour, "%d-%d", from, to);
        for (int i = from; i <= to; i++) p.hours[i] = true;
        p.repeats = true;
    } else {
        (void)snprintf(hour, sizeof hour, "%d", from);
        p.hours[from] = true;
    }
    for (int i = 0; i < 7; i++) p.weekdays[i] = true;
    if (random_below(4) == 0) {
        int skipped = random_below(7);
        size_t length = 0;
        for (int i = 0; i < 7; i++) {
            p.weekdays[i] = i != skipped;
            if (i != skipped)
                length += (size_t)snprintf(day + length, sizeof day - length, "%s%d",
                                           length == 0 ? "" : ",", i);
        }
    }
    (void)snprintf(p.text, sizeof p.text, "%s %s * * %s", minute, hour, day);
    return p;
}

static bool plain_matches(const struct plain *p, int64_t local) {
    struct civil c = civil_from_seconds(local);
    return c.second == 0 && p->minutes[c.minute] && p->hours[c.hour] &&
           p->weekdays[civil_weekday(civil_to_days(c.year, c.month, c.day))];
}

/* Whether its local time also exists at another instant, within three hours before or behind. */
static bool exists_again(const struct zone *zone, int64_t utc, int64_t direction) {
    int64_t local = utc + zone_offset(zone, utc);
    for (int64_t minutes = 1; minutes <= 180; minutes++) {
        int64_t other = utc + direction * minutes * 60;
        if (other + zone_offset(zone, other) == local) return true;
    }
    return false;
}

static bool due_by_walk(const struct plain *p, const struct zone *zone, struct dst_policy policy,
                        int64_t utc) {
    int64_t before = zone_offset(zone, utc - 1), offset = zone_offset(zone, utc);
    enum dst_overlap overlap = policy.overlap;
    if (overlap == DST_OVERLAP_AUTO) overlap = p->repeats ? DST_OVERLAP_BOTH : DST_OVERLAP_FIRST;
    if (plain_matches(p, utc + offset) &&
        !(overlap == DST_OVERLAP_FIRST && exists_again(zone, utc, -1)) &&
        !(overlap == DST_OVERLAP_LAST && exists_again(zone, utc, 1)))
        return true;
    if (policy.gap == DST_GAP_RUN_AFTER)
        for (int64_t local = utc + before; local < utc + offset; local += 60)
            if (plain_matches(p, local)) return true;
    if (policy.gap == DST_GAP_SHIFT) {
        struct zone_piece piece = zone_piece_at(zone, utc);
        int64_t gap = piece.offset - piece.offset_before;
        if (gap > 0 && utc < piece.start + gap) return plain_matches(p, utc + piece.offset_before);
    }
    return false;
}

static void compare_around(const char *name, int64_t change) {
    const struct zone *zone = zone_named(name);
    for (int i = 0; i < 12; i++) {
        struct plain p = random_plain();
        struct dst_policy policy = {(enum dst_gap)random_below(3),
                                    (enum dst_overlap)random_below(4)};
        struct err err = ERR_INIT;
        struct cron cron;
        if (!cron_parse(str_from_cstr(p.text), 0, &cron, &err)) fail_msg("%s: %s", p.text, err.msg);
        assert_int_equal(cron.repeats, p.repeats);
        int64_t from = change - 6 * 3600 + 60 * random_below(60), end = from + 30 * 3600;
        int64_t next = utc_seconds(cron_next(&cron, zone, policy, utc_from_seconds(from)).due);
        for (int64_t utc = from + 60; utc <= end; utc += 60) {
            bool wanted = due_by_walk(&p, zone, policy, utc);
            if (wanted != (next == utc))
                fail_msg("%s in %s, gap %d overlap %d, at %lld: %s", p.text, name, (int)policy.gap,
                         (int)policy.overlap, (long long)utc, wanted ? "missing" : "too much");
            if (next == utc)
                next = utc_seconds(cron_next(&cron, zone, policy, utc_from_seconds(utc)).due);
        }
    }
}

static void test_33_clock_changes_agree_with_a_walk_over_every_minute(void **state) {
    (void)state;
    static const char *const names[] = {
        "Europe/Berlin",     "Australia/Lord_Howe", "Antarctica/Troll", "Africa/Casablanca",
        "America/Sao_Paulo", "America/New_York",    "Pacific/Apia",     "Asia/Kathmandu",
        "America/Havana",    "Europe/Dublin"};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        const struct zone *zone = zone_named(names[i]);
        struct zone_piece piece = zone_piece_at(zone, 1293840000); // 2011
        for (int changes = 0; changes < 4 && piece.end != INT64_MAX; changes++) {
            compare_around(names[i], piece.end);
            piece = zone_piece_at(zone, piece.end);
        }
        compare_around(names[i], 4102444800 + 86400 * 80); // 2100, by the footer's rule
    }
    zone_cache_free(zones);
    zones = NULL;
}

static void test_the_next_run_is_always_later(void **state) {
    (void)state;
    struct err err = ERR_INIT;
    struct cron cron;
    assert_true(cron_parse(STR("* * * * * *"), 0, &cron, &err));
    const struct zone *berlin = zone_named("Europe/Berlin");
    for (int64_t us = 1774746000LL * 1000000 - 3; us < 1774746000LL * 1000000 + 3; us++)
        assert_true(cron_next(&cron, berlin, (struct dst_policy){0}, (struct utc){us}).due.us > us);
    struct utc half = {1500000}; // 1.5 s
    assert_int_equal(cron_next(&cron, zone_utc(), (struct dst_policy){0}, half).due.us, 2000000);
    assert_true(utc_is_never(cron_next(&cron, berlin, (struct dst_policy){0}, UTC_NEVER).due));
    struct utc first =
        cron_next(&cron, berlin, (struct dst_policy){0}, (struct utc){INT64_MIN}).due;
    assert_int_equal(utc_seconds(first), -3600); // 1970-01-01T00:00 in Berlin
    zone_cache_free(zones);
    zones = NULL;
}

static void test_what_a_gap_skips_is_told_once(void **state) {
    (void)state;
    struct err err = ERR_INIT;
    struct cron cron;
    struct dst_policy skip = {.gap = DST_GAP_SKIP};
    struct utc at, gap;
    assert_true(utc_parse(STR("2026-03-28T12:00:00Z"), &at));
    assert_true(utc_parse(STR("2026-03-29T01:00:00Z"), &gap));
    const struct zone *berlin = zone_named("Europe/Berlin");
    assert_true(cron_parse(STR("*/15 2 * * *"), 0, &cron, &err));
    struct occurrence told = cron_next_with_skipped(&cron, berlin, skip, at);
    assert_true(utc_equal(told.due, gap));
    assert_true(told.skipped);
    assert_false(told.adjusted);
    assert_false(cron_next_with_skipped(&cron, berlin, skip, told.due).skipped);
    /* A run of its own at that instant stands alone. */
    assert_true(cron_parse(STR("0 * * * *"), 0, &cron, &err));
    assert_true(utc_parse(STR("2026-03-29T00:30:00Z"), &at));
    told = cron_next_with_skipped(&cron, berlin, skip, at);
    assert_true(utc_equal(told.due, gap));
    assert_false(told.skipped);
    zone_cache_free(zones);
    zones = NULL;
}

static void test_names_of_policies_round_trip(void **state) {
    (void)state;
    enum dst_gap gap;
    enum dst_overlap overlap;
    for (int i = 0; i < 3; i++) {
        assert_true(dst_gap_parse(dst_gap_name((enum dst_gap)i), &gap));
        assert_int_equal(gap, i);
    }
    for (int i = 0; i < 4; i++) {
        assert_true(dst_overlap_parse(dst_overlap_name((enum dst_overlap)i), &overlap));
        assert_int_equal(overlap, i);
    }
    assert_true(dst_gap_parse(STR("runafter"), &gap));
    assert_false(dst_gap_parse(STR("After"), &gap));
    assert_false(dst_overlap_parse(STR(""), &overlap));
}
