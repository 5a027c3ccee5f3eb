/* tzif.c - from the bytes of a TZif file to a zone; see zone.h.
 *
 * A file of version 2 holds two blocks: one with 32-bit times, which is skipped by its sizes, and
 * one with 64-bit times, behind which a footer line gives the rule for everything later. The
 * footer's clock changes are written out up to the end of 2199, so that a lookup never has to know
 * about rules: two changes a year cost 4 KB a zone.
 *
 * Every count is checked against the bytes that are there before it is used. Files that count leap
 * seconds ("right/") are refused: their times are not the times of our clocks.
 */
#include "base/clock.h"
#include "base/mem.h"
#include "schedule/cron.h"
#include "schedule/posix_tz.h"
#include "schedule/zone.h"
#include "schedule/zone_data.h"

#include <stdlib.h>
#include <string.h>

enum {
    HEADER_SIZE = 44,
    MOST_TRANSITIONS = 10000,
    /* RFC 8536 3.2: an offset is more than -25 h and less than 26 h. */
    LEAST_OFFSET = -89999,
    MOST_OFFSET = 93599,
    /* One year more on each side than patterns can ask for. */
    FIRST_RULE_YEAR = 1900,
    LAST_RULE_YEAR = CRON_LAST_YEAR + 1,
};

struct header {
    char version;
    uint32_t utc_flags, standard_flags, leaps, times, types, letters;
};

/* The stretches as they are found, before equal neighbours are merged. */
struct stretches {
    int64_t *starts;
    int32_t *offsets;
    size_t count, capacity;
};

static uint32_t read_u32(const char *bytes) {
    uint32_t value = 0;
    for (int i = 0; i < 4; i++) value = value << 8 | (unsigned char)bytes[i];
    return value;
}

static int64_t read_i64(const char *bytes) {
    uint64_t value = (uint64_t)read_u32(bytes) << 32 | read_u32(bytes + 4);
    int64_t result;
    memcpy(&result, &value, sizeof result);
    return result;
}

static int32_t read_i32(const char *bytes) {
    uint32_t value = read_u32(bytes);
    int32_t result;
    memcpy(&result, &value, sizeof result);
    return result;
}

static bool read_header(struct str bytes, struct header *ret) {
    if (bytes.len < HEADER_SIZE || memcmp(bytes.ptr, "TZif", 4) != 0) return false;
    ret->version = bytes.ptr[4];
    ret->utc_flags = read_u32(bytes.ptr + 20);
    ret->standard_flags = read_u32(bytes.ptr + 24);
    ret->leaps = read_u32(bytes.ptr + 28);
    ret->times = read_u32(bytes.ptr + 32);
    ret->types = read_u32(bytes.ptr + 36);
    ret->letters = read_u32(bytes.ptr + 40);
    return true;
}

/* The bytes of a block behind its header; the counts are 32 bits, so this cannot overflow. */
static uint64_t block_size(const struct header *h, uint64_t time_size) {
    return h->times * (time_size + 1ULL) + h->types * 6ULL + h->letters +
           h->leaps * (time_size + 4ULL) + h->standard_flags + (uint64_t)h->utc_flags;
}

static void add_stretch(struct stretches *list, int64_t start, int32_t offset) {
    if (list->count > 0 && list->starts[list->count - 1] == start)
        list->count--; // two changes at one instant: the later one holds
    if (list->count > 0 && list->offsets[list->count - 1] == offset) return;
    if (list->count == list->capacity) {
        list->capacity = list->capacity == 0 ? 64 : list->capacity * 2;
        list->starts = xreallocarray(list->starts, list->capacity, sizeof *list->starts);
        list->offsets = xreallocarray(list->offsets, list->capacity, sizeof *list->offsets);
    }
    list->starts[list->count] = start;
    list->offsets[list->count++] = offset;
}

static bool damaged(struct err *err, struct str name, const char *what) {
    return err_set(err, ERR_INTERNAL, "the data of time zone \"%.*s\" cannot be used: %s",
                   (int)(name.len > MAX_ZONE_NAME ? MAX_ZONE_NAME : name.len), name.ptr, what);
}

static bool check_header(const struct header *h, struct str name, struct err *err) {
    if (h->leaps != 0)
        return damaged(err, name,
                       "it counts leap seconds (a \"right/\" zone); take the one "
                       "without");
    if (h->types == 0 || h->types > 256 || h->letters == 0 || h->letters > 4096 ||
        h->times > MOST_TRANSITIONS || (h->utc_flags != 0 && h->utc_flags != h->types) ||
        (h->standard_flags != 0 && h->standard_flags != h->types))
        return damaged(err, name, "its header makes no sense");
    return true;
}

/* The transitions of the 64-bit block; `block` holds exactly its bytes. */
static bool read_block(const struct header *h, const char *block, struct str name,
                       struct stretches *list, int64_t *last_start, struct err *err) {
    const char *indexes = block + h->times * 8ULL;
    const char *types = indexes + h->times;
    for (uint32_t i = 0; i < h->types; i++) {
        int32_t offset = read_i32(types + i * 6ULL);
        unsigned char dst = (unsigned char)types[i * 6ULL + 4];
        unsigned char letters = (unsigned char)types[i * 6ULL + 5];
        if (offset < LEAST_OFFSET || offset > MOST_OFFSET || dst > 1 || letters >= h->letters)
            return damaged(err, name, "a local time type is out of range");
    }
    add_stretch(list, INT64_MIN, read_i32(types));
    for (uint32_t i = 0; i < h->times; i++) {
        int64_t start = read_i64(block + i * 8ULL);
        unsigned char type = (unsigned char)indexes[i];
        if (i > 0 && start <= *last_start)
            return damaged(err, name, "its transitions are not in order");
        if (type >= h->types) return damaged(err, name, "a transition has no type");
        *last_start = start;
        /* Beyond what a calendar can show: the "big bang" of some files, or nonsense. */
        if (start < INT64_MIN / 4)
            list->offsets[0] = read_i32(types + type * 6ULL);
        else
            add_stretch(list, start, read_i32(types + type * 6ULL));
    }
    return true;
}

static bool read_footer(struct str footer, struct str name, struct posix_tz *rule, bool *has_rule,
                        struct err *err) {
    if (footer.len < 2 || footer.ptr[0] != '\n') return damaged(err, name, "its footer is missing");
    const char *end = memchr(footer.ptr + 1, '\n', footer.len - 1);
    if (end == NULL) return damaged(err, name, "its footer is cut off");
    struct str text = {footer.ptr + 1, (size_t)(end - footer.ptr) - 1};
    *has_rule = text.len > 0;
    if (text.len > 0 && !posix_tz_parse(text, rule))
        return damaged(err, name, "the rule in its footer is malformed");
    return true;
}

/* The clock changes of the rule that lie behind the last transition. */
static void add_rule(struct stretches *list, const struct posix_tz *rule, int64_t last_start) {
    if (!rule->has_dst) {
        if (last_start == INT64_MIN) list->offsets[0] = rule->standard_offset;
        return;
    }
    int32_t year = FIRST_RULE_YEAR, month, day;
    if (last_start >= civil_to_days(LAST_RULE_YEAR, 1, 1) * 86400) return;
    if (last_start > civil_to_days(FIRST_RULE_YEAR + 1, 1, 1) * 86400)
        civil_from_days(last_start / 86400 - 366, &year, &month, &day);
    for (; year <= LAST_RULE_YEAR; year++) {
        int64_t begins = posix_tz_dst_begins(rule, year);
        int64_t ends = posix_tz_dst_ends(rule, year);
        bool north = begins < ends;
        int64_t first = north ? begins : ends, second = north ? ends : begins;
        int64_t newest = list->count > 1 ? list->starts[list->count - 1] : INT64_MIN;
        if (first > last_start && first >= newest)
            add_stretch(list, first, north ? rule->dst_offset : rule->standard_offset);
        newest = list->count > 1 ? list->starts[list->count - 1] : INT64_MIN;
        if (second > last_start && second >= newest)
            add_stretch(list, second, north ? rule->standard_offset : rule->dst_offset);
    }
}

static struct zone *make_zone(struct str name, struct stretches *list) {
    struct zone *zone = xcalloc(1, sizeof *zone);
    zone->name_length = name.len > MAX_ZONE_NAME ? MAX_ZONE_NAME : name.len;
    if (zone->name_length > 0) memcpy(zone->name, name.ptr, zone->name_length);
    zone->count = list->count;
    zone->starts = list->starts;
    zone->offsets = list->offsets;
    return zone;
}

static bool read_stretches(struct str bytes, struct str name, struct stretches *list,
                           struct err *err) {
    struct header header;
    if (!read_header(bytes, &header)) return damaged(err, name, "it is no TZif file");
    if (header.version < '2')
        return damaged(err, name, "it has the 32-bit format that ends in 2037; update tzdata");
    uint64_t skip = HEADER_SIZE + block_size(&header, 4);
    if (skip > bytes.len) return damaged(err, name, "it is cut off");
    bytes = str_slice(bytes, (size_t)skip, bytes.len);
    if (!read_header(bytes, &header)) return damaged(err, name, "its 64-bit part is missing");
    if (!check_header(&header, name, err)) return false;
    uint64_t size = block_size(&header, 8);
    if (size > bytes.len - HEADER_SIZE) return damaged(err, name, "it is cut off");

    struct posix_tz rule;
    bool has_rule;
    int64_t last_start = INT64_MIN;
    struct str footer = str_slice(bytes, (size_t)(HEADER_SIZE + size), bytes.len);
    if (!read_footer(footer, name, &rule, &has_rule, err) ||
        !read_block(&header, bytes.ptr + HEADER_SIZE, name, list, &last_start, err))
        return false;
    if (has_rule) add_rule(list, &rule, last_start);
    return true;
}

struct zone *zone_from_bytes(struct str bytes, struct str name, struct err *err) {
    struct stretches list = {0};
    if (read_stretches(bytes, name, &list, err)) return make_zone(name, &list);
    free(list.starts);
    free(list.offsets);
    return NULL;
}
