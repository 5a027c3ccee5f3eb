/* zone.c - offsets and local times of a zone, and loading one by its name; see zone.h.
 *
 * A lookup is a binary search in the starts of the stretches, some nine steps for a zone with
 * daylight saving up to 2199.
 */
#include "schedule/zone.h"

#include "base/mem.h"
#include "schedule/zone_data.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    MOST_FILE_BYTES = 256 * 1024,
    /* No offset is as large as this, in either direction. */
    OFFSET_BOUND = 26 * 3600,
};

const struct zone *zone_utc(void) {
    static int64_t start = INT64_MIN;
    static int32_t offset = 0;
    static const struct zone utc = {
        .name = "UTC", .name_length = 3, .count = 1, .starts = &start, .offsets = &offset};
    return &utc;
}

void zone_free(struct zone *zone) {
    if (zone == NULL) return;
    free(zone->starts);
    free(zone->offsets);
    free(zone);
}

struct str zone_name(const struct zone *zone) {
    return (struct str){zone->name, zone->name_length};
}

/* The last stretch that starts at or before utc. */
static size_t stretch_of(const struct zone *zone, int64_t utc) {
    size_t low = 0, size = zone->count;
    while (size > 1) {
        size_t half = size / 2;
        low = zone->starts[low + half] <= utc ? low + half : low;
        size -= half;
    }
    return low;
}

static struct zone_piece piece_of(const struct zone *zone, size_t i) {
    bool last = i + 1 == zone->count;
    return (struct zone_piece){
        .start = zone->starts[i],
        .end = last ? INT64_MAX : zone->starts[i + 1],
        .offset = zone->offsets[i],
        .offset_before = zone->offsets[i == 0 ? 0 : i - 1],
        .offset_after = zone->offsets[last ? i : i + 1],
    };
}

int32_t zone_offset(const struct zone *zone, int64_t utc) {
    return zone->offsets[stretch_of(zone, utc)];
}

struct zone_piece zone_piece_at(const struct zone *zone, int64_t utc) {
    return piece_of(zone, stretch_of(zone, utc));
}

struct zone_local zone_from_local(const struct zone *zone, int64_t local) {
    struct zone_local found = {.kind = ZONE_LOCAL_GAP};
    int64_t gap_end = local;
    for (size_t i = stretch_of(zone, local - OFFSET_BOUND); i < zone->count; i++) {
        struct zone_piece piece = piece_of(zone, i);
        if (piece.start > local + OFFSET_BOUND) break;
        int64_t utc = local - piece.offset;
        if (utc >= piece.start && utc < piece.end) {
            bool again = found.kind != ZONE_LOCAL_GAP;
            if (!again) found.first = utc;
            found.last = utc;
            found.kind = again ? ZONE_LOCAL_TWICE : ZONE_LOCAL_ONCE;
        } else if (piece.start != INT64_MIN && utc < piece.start &&
                   local - piece.offset_before >= piece.start) {
            gap_end = piece.start;
        }
    }
    if (found.kind == ZONE_LOCAL_GAP) found.first = found.last = gap_end;
    return found;
}

bool zone_equal(const struct zone *a, const struct zone *b) {
    return a->count == b->count &&
           memcmp(a->starts, b->starts, a->count * sizeof *a->starts) == 0 &&
           memcmp(a->offsets, b->offsets, a->count * sizeof *a->offsets) == 0;
}

void buf_put_local(struct buf *buf, const struct zone *zone, struct utc t) {
    int32_t offset = zone_offset(zone, utc_seconds(t));
    struct civil c = civil_from_seconds(utc_seconds(t) + offset);
    int32_t minutes = (offset < 0 ? -offset : offset) / 60;
    buf_printf(buf, "%04d-%02d-%02dT%02d:%02d:%02d%c%02d:%02d", c.year, c.month, c.day, c.hour,
               c.minute, c.second, offset < 0 ? '-' : '+', minutes / 60, minutes % 60);
}

/* Letters, digits, _ + - and single slashes between words: no name of the database has more, and
 * nothing made of these leaves the directory. */
static bool is_zone_name(struct str name) {
    if (name.len == 0 || name.len > MAX_ZONE_NAME) return false;
    char before = '/';
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                    c == '_' || c == '+' || c == '-';
        if (!word && (c != '/' || before == '/')) return false;
        before = c;
    }
    /* These two follow a setting of the machine, not a place. */
    return before != '/' && !str_equal(name, STR("localtime")) &&
           !str_equal(name, STR("posixrules"));
}

static struct zone *unknown_zone(struct str name, struct err *err) {
    if (str_is_utf8(name) && name.len <= MAX_ZONE_NAME)
        (void)err_set(err, ERR_INVALID,
                      "unknown time zone \"%.*s\": write an IANA name such as Europe/Berlin or UTC",
                      STR_ARG(name));
    else
        (void)err_set(err, ERR_INVALID,
                      "this is no time zone: write an IANA name such as Europe/Berlin or UTC");
    return NULL;
}

static struct zone *unreadable(struct str name, int error, struct err *err) {
    char reason[128];
    if (error == ENOENT || error == ENOTDIR || error == EISDIR) return unknown_zone(name, err);
    (void)err_set(err, ERR_INTERNAL, "the data of time zone \"%.*s\" cannot be read: %s",
                  STR_ARG(name), strerror_r(error, reason, sizeof reason));
    return NULL;
}

/* All bytes of a regular file of sane size. Returns their number, or -1 with errno. */
static ssize_t read_file(int fd, char *bytes, size_t size) {
    struct stat status;
    if (fstat(fd, &status) != 0) return -1;
    if (!S_ISREG(status.st_mode)) {
        errno = EISDIR;
        return -1;
    }
    size_t length = 0;
    while (length < size) {
        ssize_t got = read(fd, bytes + length, size - length);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return -1;
        if (got == 0) break;
        length += (size_t)got;
    }
    return (ssize_t)length;
}

struct zone *zone_load(struct str directory, struct str name, struct err *err) {
    char path[4096];
    if (!is_zone_name(name)) return unknown_zone(name, err);
    int length = snprintf(path, sizeof path, "%.*s/%.*s", STR_ARG(directory), STR_ARG(name));
    if (length < 0 || (size_t)length >= sizeof path) return unknown_zone(name, err);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) return unreadable(name, errno, err);
    char *bytes = xmalloc(MOST_FILE_BYTES);
    ssize_t size = read_file(fd, bytes, MOST_FILE_BYTES);
    int error = errno;
    (void)close(fd);
    struct zone *zone = size < 0 ? unreadable(name, error, err)
                                 : zone_from_bytes((struct str){bytes, (size_t)size}, name, err);
    free(bytes);
    return zone;
}
