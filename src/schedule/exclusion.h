/* exclusion.h - times at which a job must not run: dates, days of the week, a range of the day.
 *
 * All of it is meant in the local time of the job's zone. A range is half-open, [start, end): with
 * 22:00 to 06:00 a job at 06:00 runs and one at 22:00 does not; it may wrap midnight.
 *
 *     struct exclusion e = {.weekdays = 1 << 6};             // Saturdays
 *     if (exclusion_covers(&e, local)) local = exclusion_end(&e, local);
 *
 *   Owns:    nothing; the dates belong to the caller and must be sorted (exclusion_sort_dates).
 *   Threads: pure.   Errors: the parsers return false and leave their output untouched.
 *   Units:   local times are seconds since 1970 of the clock face; dates are days since 1970.
 */
#ifndef ALPHABET_SCHEDULE_EXCLUSION_H
#define ALPHABET_SCHEDULE_EXCLUSION_H

#include "base/clock.h"
#include "base/str.h"

struct exclusion {
    const int32_t *dates; // sorted, each once
    size_t date_count;
    uint8_t weekdays; // bit 0 is Sunday
    bool has_range;
    int32_t range_start; // seconds of the day, 0 to 86399
    int32_t range_end;   // seconds of the day, 0 to 86400; differs from range_start
};

/* No local time is outside: what exclusion_end returns then. */
#define EXCLUSION_NO_END INT64_MAX

bool exclusion_is_empty(const struct exclusion *exclusion);
bool exclusion_covers(const struct exclusion *exclusion, int64_t local);
/* The first local time at or after `local` that is not covered. */
int64_t exclusion_end(const struct exclusion *exclusion, int64_t local);
/* True when every second of every day is covered: such a job never runs. */
bool exclusion_covers_all(const struct exclusion *exclusion);

WARN_UNUSED bool exclusion_parse_date(struct str text, int32_t *ret); // 2026-12-25
WARN_UNUSED bool exclusion_parse_weekday(struct str text, int *ret);  // Saturday or Sat: 6
WARN_UNUSED bool exclusion_parse_time(struct str text, int32_t *ret); // 22:00, 22:00:30, 24:00
struct str exclusion_weekday_name(int weekday);                       // 6: Saturday
void exclusion_put_date(struct buf *buf, int32_t date);               // 2026-12-25
void exclusion_put_time(struct buf *buf, int32_t seconds);            // 22:00 or 22:00:30
/* Sorts in place and drops what is there twice; returns how many are left. */
size_t exclusion_sort_dates(int32_t *dates, size_t count);

#endif
