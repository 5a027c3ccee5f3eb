/* Local times of real zones, names, and the cache. */
#include "base/clock.h"
#include "schedule/zone.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ZONEINFO STR("/usr/share/zoneinfo")

static struct zone *loaded(const char *name) {
    struct err err = ERR_INIT;
    struct zone *zone = zone_load(ZONEINFO, str_from_cstr(name), &err);
    if (zone == NULL) fail_msg("%s", err.msg);
    return zone;
}

static int64_t local(const char *text) {
    struct utc t;
    assert_true(utc_parse(str_from_cstr(text), &t));
    return utc_seconds(t);
}

static void check_local(const char *zone_text, const char *face, enum zone_local_kind kind,
                        const char *first, const char *last) {
    struct zone *zone = loaded(zone_text);
    struct zone_local found = zone_from_local(zone, local(face));
    assert_int_equal(found.kind, kind);
    assert_int_equal(found.first, local(first));
    assert_int_equal(found.last, local(last));
    zone_free(zone);
}

static void test_33_local_times_in_gaps_and_overlaps(void **state) {
    (void)state;
    check_local("Europe/Berlin", "2026-03-29T02:30:00Z", ZONE_LOCAL_GAP, "2026-03-29T01:00:00Z",
                "2026-03-29T01:00:00Z");
    check_local("Europe/Berlin", "2026-03-29T03:00:00Z", ZONE_LOCAL_ONCE, "2026-03-29T01:00:00Z",
                "2026-03-29T01:00:00Z");
    check_local("Europe/Berlin", "2026-10-25T02:30:00Z", ZONE_LOCAL_TWICE, "2026-10-25T00:30:00Z",
                "2026-10-25T01:30:00Z");
    check_local("Europe/Berlin", "2026-10-25T03:00:00Z", ZONE_LOCAL_ONCE, "2026-10-25T02:00:00Z",
                "2026-10-25T02:00:00Z");
    check_local("Australia/Lord_Howe", "2025-10-05T02:15:00Z", ZONE_LOCAL_GAP,
                "2025-10-04T15:30:00Z", "2025-10-04T15:30:00Z");
    check_local("Antarctica/Troll", "2025-03-30T02:59:00Z", ZONE_LOCAL_GAP, "2025-03-30T01:00:00Z",
                "2025-03-30T01:00:00Z");
    check_local("Antarctica/Troll", "2025-10-26T01:30:00Z", ZONE_LOCAL_TWICE,
                "2025-10-25T23:30:00Z", "2025-10-26T01:30:00Z");
    check_local("Pacific/Apia", "2011-12-30T12:00:00Z", ZONE_LOCAL_GAP, "2011-12-30T10:00:00Z",
                "2011-12-30T10:00:00Z");
    check_local("America/Sao_Paulo", "2018-11-04T00:00:00Z", ZONE_LOCAL_GAP, "2018-11-04T03:00:00Z",
                "2018-11-04T03:00:00Z");
    check_local("Asia/Kathmandu", "2026-01-01T05:45:00Z", ZONE_LOCAL_ONCE, "2026-01-01T00:00:00Z",
                "2026-01-01T00:00:00Z");
    check_local("Europe/Berlin", "2199-03-31T02:30:00Z", ZONE_LOCAL_GAP, "2199-03-31T01:00:00Z",
                "2199-03-31T01:00:00Z");
}

static void test_every_instant_of_a_year_round_trips(void **state) {
    (void)state;
    struct zone *zone = loaded("Australia/Lord_Howe");
    for (int64_t utc = 1735689600; utc < 1767225600; utc += 599) {
        struct zone_local back = zone_from_local(zone, utc + zone_offset(zone, utc));
        assert_true(back.kind != ZONE_LOCAL_GAP);
        assert_true(back.first == utc || back.last == utc);
    }
    zone_free(zone);
}

static void test_local_text_has_its_offset(void **state) {
    (void)state;
    struct zone *berlin = loaded("Europe/Berlin"), *johns = loaded("America/St_Johns");
    struct buf text = buf_with_max(0);
    buf_put_local(&text, berlin, utc_from_seconds(1774746000));
    buf_put_char(&text, ' ');
    buf_put_local(&text, johns, utc_from_seconds(1774746000));
    buf_put_char(&text, ' ');
    buf_put_local(&text, zone_utc(), utc_from_seconds(1774746000));
    assert_string_equal(text.ptr, "2026-03-29T03:00:00+02:00 2026-03-28T22:30:00-02:30 "
                                  "2026-03-29T01:00:00+00:00");
    buf_free(&text);
    zone_free(berlin);
    zone_free(johns);
}

static void test_names_that_leave_the_directory_or_are_none(void **state) {
    (void)state;
    static const char *const bad[] = {
        "",
        "/etc/localtime",
        "../zoneinfo/UTC",
        "Europe/../Europe/Berlin",
        "Europe//Berlin",
        "Europe/Berlin/",
        "/",
        ".",
        "..",
        "Europe/Ber lin",
        "Europe",
        "Mars/Olympus",
        "tzdata.zi",
        "zone.tab",
        "localtime",
        "posixrules",
        "Europe\\Berlin",
        "CET-1CEST",
        "europe/berlin",
        "Europe/Berlin/x",
        ":Europe/Berlin",
        "+02:00",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct err err = ERR_INIT;
        if (zone_load(ZONEINFO, str_from_cstr(bad[i]), &err) != NULL) fail_msg("taken: %s", bad[i]);
        if (err.kind != ERR_INVALID) fail_msg("%s: %s", bad[i], err.msg);
    }
    struct err err = ERR_INIT;
    assert_null(zone_load(ZONEINFO, (struct str){"UTC\0x", 5}, &err));
    assert_null(zone_load(ZONEINFO, (struct str){"\xFF\xFE", 2}, &err));
}

static void test_35_utc_needs_no_data_and_nothing_else_becomes_utc(void **state) {
    (void)state;
    struct zone_cache *cache = zone_cache_new(STR("/nonexistent"));
    struct err err = ERR_INIT;
    assert_ptr_equal(zone_cache_get(cache, STR("UTC"), &err), zone_utc());
    assert_ptr_equal(zone_cache_get(cache, STR("Etc/UTC"), &err), zone_utc());
    assert_null(zone_cache_get(cache, STR("Europe/Berlin"), &err));
    assert_int_equal(err.kind, ERR_INVALID);
    zone_cache_free(cache);
}

static void *ask_often(void *context) {
    static const char *const names[] = {"Europe/Berlin", "Asia/Tokyo", "America/New_York"};
    const void *seen[3] = {0};
    for (int i = 0; i < 300; i++) {
        struct err err = ERR_INIT;
        const struct zone *zone = zone_cache_get(context, str_from_cstr(names[i % 3]), &err);
        if (zone == NULL || (seen[i % 3] != NULL && seen[i % 3] != zone)) return context;
        seen[i % 3] = zone;
    }
    return NULL;
}

static void test_threads_share_one_zone(void **state) {
    (void)state;
    struct zone_cache *cache = zone_cache_new(ZONEINFO);
    pthread_t threads[4];
    for (size_t i = 0; i < COUNT_OF(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, ask_often, cache), 0);
    for (size_t i = 0; i < COUNT_OF(threads); i++) {
        void *trouble = cache;
        assert_int_equal(pthread_join(threads[i], &trouble), 0);
        assert_null(trouble);
    }
    zone_cache_free(cache);
}

static void copy_zone(const char *name, const char *to) {
    char from[256], bytes[65536];
    (void)snprintf(from, sizeof from, "/usr/share/zoneinfo/%s", name);
    FILE *in = fopen(from, "rb"), *out = fopen(to, "wb");
    assert_non_null(in);
    assert_non_null(out);
    size_t length = fread(bytes, 1, sizeof bytes, in);
    assert_int_equal(fwrite(bytes, 1, length, out), length);
    (void)fclose(in);
    (void)fclose(out);
}

static void test_35_an_update_of_the_data_is_taken_over_when_asked(void **state) {
    (void)state;
    char folder[] = "/tmp/zones-XXXXXX", path[64], pipe_path[64];
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/Town", folder);
    (void)snprintf(pipe_path, sizeof pipe_path, "%s/Pipe", folder);
    copy_zone("Europe/Berlin", path);
    struct zone_cache *cache = zone_cache_new(str_from_cstr(folder));
    struct err err = ERR_INIT;
    const struct zone *before = zone_cache_get(cache, STR("Town"), &err);
    assert_non_null(before);
    assert_int_equal(zone_cache_refresh(cache), 0);
    assert_ptr_equal(zone_cache_get(cache, STR("Town"), &err), before);
    copy_zone("Asia/Tokyo", path);
    assert_ptr_equal(zone_cache_get(cache, STR("Town"), &err), before);
    assert_int_equal(zone_cache_refresh(cache), 1);
    const struct zone *after = zone_cache_get(cache, STR("Town"), &err);
    assert_int_equal(zone_offset(after, 1767225600), 9 * 3600);
    assert_int_equal(zone_offset(before, 1767225600), 3600); // still there for who holds it
    assert_int_equal(truncate(path, 100), 0);
    assert_int_equal(zone_cache_refresh(cache), 0);
    assert_ptr_equal(zone_cache_get(cache, STR("Town"), &err), after);
    /* A pipe in the folder must not make anyone wait. */
    assert_int_equal(mkfifo(pipe_path, 0600), 0);
    assert_null(zone_cache_get(cache, STR("Pipe"), &err));
    zone_cache_free(cache);
    (void)unlink(path);
    (void)unlink(pipe_path);
    (void)rmdir(folder);
}
