/* zone.h - time zones from the binary files of the IANA database (TZif, RFC 8536).
 *
 * A zone is a list of stretches of time with one offset each, up to the end of 2199: the file's own
 * transitions and, behind its last one, those of its footer rule.
 *
 *     struct zone_cache *cache = zone_cache_new(STR("/usr/share/zoneinfo"));
 *     const struct zone *zone = zone_cache_get(cache, STR("Europe/Berlin"), &err);
 *     int64_t local = utc_s + zone_offset(zone, utc_s);
 *
 *   Owns:    zone_from_bytes and zone_load give a zone to the caller (zone_free); a cache owns the
 *            zones it hands out until zone_cache_free. zone_utc() is a constant that nobody frees.
 *   Threads: a zone never changes; a cache is safe from any thread (a mutex of its own).
 *   Errors:  INVALID: no such zone, or not a zone's name. INTERNAL: the file is damaged, or counts
 *            leap seconds ("right/"). A bad zone is never taken for UTC.
 *   Units:   seconds since 1970, of UTC or of the clock face; offsets are seconds east of UTC.
 *   Source:  RFC 8536; POSIX.1-2017 TZ rules with the hours of RFC 8536 3.3.1 (-167 to 167).
 */
#ifndef ALPHABET_SCHEDULE_ZONE_H
#define ALPHABET_SCHEDULE_ZONE_H

#include "base/clock.h"
#include "base/err.h"
#include "base/str.h"

struct zone;
struct zone_cache;

/* A stretch of time with one offset: start <= t < end. */
struct zone_piece {
    int64_t start; // INT64_MIN for the first one
    int64_t end;   // INT64_MAX for the last one
    int32_t offset;
    int32_t offset_before; // of the stretch before; equals offset in the first one
    int32_t offset_after;  // of the stretch behind; equals offset in the last one
};

enum zone_local_kind {
    ZONE_LOCAL_ONCE,  // the local time exists once
    ZONE_LOCAL_GAP,   // the clock jumped over it
    ZONE_LOCAL_TWICE, // the clock was set back over it
};

struct zone_local {
    enum zone_local_kind kind;
    int64_t first; // the instant; in a gap, the first instant behind the gap
    int64_t last;  // the second instant of a time that exists twice; else equal to first
};

const struct zone *zone_utc(void);
/* NULL and err when bytes are no sound TZif file of version 2 or later. */
WARN_UNUSED struct zone *zone_from_bytes(struct str bytes, struct str name, struct err *err);
WARN_UNUSED struct zone *zone_load(struct str directory, struct str name, struct err *err);
void zone_free(struct zone *zone); // NULL is fine

struct str zone_name(const struct zone *zone);
int32_t zone_offset(const struct zone *zone, int64_t utc);
struct zone_piece zone_piece_at(const struct zone *zone, int64_t utc);
struct zone_local zone_from_local(const struct zone *zone, int64_t local);
bool zone_equal(const struct zone *a, const struct zone *b); // the same offsets at all times
/* Puts the local time as RFC 3339 with its offset: 2026-03-29T03:00:00+02:00. */
void buf_put_local(struct buf *buf, const struct zone *zone, struct utc t);

struct zone_cache *zone_cache_new(struct str directory);
void zone_cache_free(struct zone_cache *cache); // NULL is fine; ends every zone it handed out
/* Reads each zone once. NULL and err when there is no such zone; that is not remembered. */
WARN_UNUSED const struct zone *zone_cache_get(struct zone_cache *cache, struct str name,
                                              struct err *err);
/* Reads the known zones again, after an update of the system's tzdata. Zones handed out before stay
 * as they are; the next zone_cache_get gives the new ones. A file that has become unreadable leaves
 * its zone as it was. Returns how many zones have changed. */
size_t zone_cache_refresh(struct zone_cache *cache);

#endif
