/* Zone files made by hand, cut off, bent and broken. */
#include "base/clock.h"
#include "base/hash.h"
#include "schedule/zone.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void put_u32(struct buf *out, uint32_t value) {
    for (int shift = 24; shift >= 0; shift -= 8) buf_put_char(out, (char)(value >> shift & 0xFF));
}

static void put_i64(struct buf *out, int64_t value) {
    put_u32(out, (uint32_t)((uint64_t)value >> 32));
    put_u32(out, (uint32_t)((uint64_t)value & 0xFFFFFFFF));
}

struct made {
    char version;
    uint32_t leaps;
    size_t times;
    int64_t at[4];
    uint8_t type[4];
    int32_t offsets[2]; // two types
    const char *footer;
};

static void put_header(struct buf *out, const struct made *m, uint32_t leaps, uint32_t times,
                       uint32_t types) {
    buf_put(out, STR("TZif"));
    buf_put_char(out, m->version);
    for (int i = 0; i < 15; i++) buf_put_char(out, '\0');
    put_u32(out, 0);
    put_u32(out, 0);
    put_u32(out, leaps);
    put_u32(out, times);
    put_u32(out, types);
    put_u32(out, 4);
}

static void put_types(struct buf *out, const struct made *m, int count) {
    for (int i = 0; i < count; i++) {
        put_u32(out, (uint32_t)m->offsets[i]);
        buf_put_char(out, (char)i);
        buf_put_char(out, '\0');
    }
    buf_put(out, (struct str){"AAA\0", 4});
}

static struct buf make(const struct made *m) {
    struct buf out = buf_with_max(0);
    put_header(&out, m, 0, 0, 1);
    put_types(&out, m, 1);
    put_header(&out, m, m->leaps, (uint32_t)m->times, 2);
    for (size_t i = 0; i < m->times; i++) put_i64(&out, m->at[i]);
    for (size_t i = 0; i < m->times; i++) buf_put_char(&out, (char)m->type[i]);
    put_types(&out, m, 2);
    for (uint32_t i = 0; i < m->leaps; i++) {
        put_i64(&out, 78796800 + i);
        put_u32(&out, i + 1);
    }
    buf_put(&out, str_from_cstr(m->footer));
    return out;
}

static struct zone *zone_of(const struct made *m, struct err *err) {
    struct buf bytes = make(m);
    struct zone *zone = zone_from_bytes(buf_str(&bytes), STR("Made/Here"), err);
    buf_free(&bytes);
    return zone;
}

static const struct made sound = {.version = '2',
                                  .times = 2,
                                  .at = {1000000, 2000000},
                                  .type = {1, 0},
                                  .offsets = {3600, 7200},
                                  .footer = "\nCET-1\n"};

static void test_a_file_made_by_hand_is_read(void **state) {
    (void)state;
    struct err err = ERR_INIT;
    struct zone *zone = zone_of(&sound, &err);
    assert_non_null(zone);
    assert_true(str_equal(zone_name(zone), STR("Made/Here")));
    assert_int_equal(zone_offset(zone, INT64_MIN), 3600);
    assert_int_equal(zone_offset(zone, 999999), 3600);
    assert_int_equal(zone_offset(zone, 1000000), 7200);
    assert_int_equal(zone_offset(zone, 1999999), 7200);
    assert_int_equal(zone_offset(zone, 2000000), 3600);
    assert_int_equal(zone_offset(zone, INT64_MAX), 3600);
    struct zone_piece piece = zone_piece_at(zone, 1500000);
    assert_int_equal(piece.start, 1000000);
    assert_int_equal(piece.end, 2000000);
    assert_int_equal(piece.offset_before, 3600);
    assert_int_equal(piece.offset_after, 3600);
    zone_free(zone);
}

static void check_refused(const struct made *m, const char *fragment) {
    struct err err = ERR_INIT;
    assert_null(zone_of(m, &err));
    assert_int_equal(err.kind, ERR_INTERNAL);
    if (strstr(err.msg, fragment) == NULL) fail_msg("%s", err.msg);
}

static void test_35_unsound_files_are_refused_and_say_why(void **state) {
    (void)state;
    struct made m = sound;
    m.version = '\0';
    check_refused(&m, "32-bit");
    m = sound;
    m.leaps = 2;
    check_refused(&m, "leap seconds");
    m = sound;
    m.at[1] = m.at[0];
    check_refused(&m, "not in order");
    m = sound;
    m.type[1] = 2;
    check_refused(&m, "no type");
    m = sound;
    m.offsets[1] = 26 * 3600;
    check_refused(&m, "out of range");
    m.offsets[1] = -25 * 3600;
    check_refused(&m, "out of range");
    m = sound;
    m.footer = "";
    check_refused(&m, "footer is missing");
    m.footer = "\nCET-1";
    check_refused(&m, "cut off");
    m.footer = "\nCET+\n";
    check_refused(&m, "malformed");
}

static void test_a_footer_may_be_empty_and_may_stand_alone(void **state) {
    (void)state;
    struct err err = ERR_INIT;
    struct made m = sound;
    m.footer = "\n\n";
    struct zone *zone = zone_of(&m, &err);
    assert_non_null(zone);
    assert_int_equal(zone_offset(zone, 4000000000), 3600);
    zone_free(zone);
    m.times = 0;
    m.footer = "\nCET-1CEST,M3.5.0,M10.5.0/3\n";
    zone = zone_of(&m, &err);
    assert_non_null(zone);
    assert_int_equal(zone_offset(zone, 1782864000), 7200); // 2026-07-01
    assert_int_equal(zone_offset(zone, 1767225600), 3600);
    assert_int_equal(zone_offset(zone, 7242220800), 7200); // 2199-07-01
    zone_free(zone);
}

static void test_daylight_saving_all_the_year_round_has_no_changes(void **state) {
    (void)state;
    struct err err = ERR_INIT;
    struct made m = sound;
    m.offsets[0] = -5 * 3600;
    m.offsets[1] = -4 * 3600;
    m.times = 1;
    m.type[0] = 1;
    m.footer = "\nEST5EDT,0/0,J365/25\n";
    struct zone *zone = zone_of(&m, &err);
    assert_non_null(zone);
    assert_int_equal(zone_offset(zone, 1767225600), -4 * 3600);
    struct zone_piece piece = zone_piece_at(zone, 1767225600);
    assert_int_equal(piece.start, 1000000);
    assert_true(piece.end > 7258118400 - 366 * 86400);
    zone_free(zone);
}

static struct buf read_zone(const char *path) {
    struct buf bytes = buf_with_max(0);
    char piece[4096];
    size_t got;
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    while ((got = fread(piece, 1, sizeof piece, file)) > 0)
        buf_put(&bytes, (struct str){piece, got});
    (void)fclose(file);
    return bytes;
}

static void test_35_a_file_cut_off_anywhere_is_refused(void **state) {
    (void)state;
    struct buf bytes = read_zone("/usr/share/zoneinfo/Europe/Berlin");
    for (size_t length = 0; length < bytes.len; length++) {
        /* A copy of that very size, so that a sanitizer sees a read beyond it. */
        char *copy = malloc(length + 1);
        assert_non_null(copy);
        memcpy(copy, bytes.ptr, length);
        struct err err = ERR_INIT;
        struct zone *zone = zone_from_bytes((struct str){copy, length}, STR("Cut"), &err);
        assert_null(zone);
        assert_int_equal(err.kind, ERR_INTERNAL);
        free(copy);
    }
    buf_free(&bytes);
}

static void test_35_a_bent_file_is_refused_or_gives_a_sane_zone(void **state) {
    (void)state;
    struct buf bytes = read_zone("/usr/share/zoneinfo/Antarctica/Troll");
    uint64_t random = 7;
    int refused = 0;
    for (int i = 0; i < 4000; i++) {
        random = hash_bytes(&random, sizeof random, 3);
        size_t at = (size_t)(random % bytes.len);
        char before = bytes.ptr[at];
        bytes.ptr[at] = (char)(random >> 40);
        struct err err = ERR_INIT;
        struct zone *zone = zone_from_bytes(buf_str(&bytes), STR("Bent"), &err);
        if (zone == NULL) refused++;
        for (int64_t utc = -100000; zone != NULL && utc < 7000000000; utc += 350000000) {
            int32_t offset = zone_offset(zone, utc);
            assert_true(offset > -90000 && offset < 94000);
            struct zone_piece piece = zone_piece_at(zone, utc);
            assert_true(piece.start <= utc && utc < piece.end);
            (void)zone_from_local(zone, utc);
        }
        zone_free(zone);
        bytes.ptr[at] = before;
    }
    assert_true(refused > 100);
    buf_free(&bytes);
}

static void test_35_zones_that_count_leap_seconds_are_refused(void **state) {
    (void)state;
    struct err err = ERR_INIT;
    struct zone *zone = zone_load(STR("/usr/share/zoneinfo"), STR("right/Europe/Berlin"), &err);
    assert_null(zone);
    /* Where they are not installed, the name is unknown. */
    assert_true(strstr(err.msg, "leap seconds") != NULL || err.kind == ERR_INVALID);
}
