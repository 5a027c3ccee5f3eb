/* cron.h - a cron pattern, and the next local time that it matches.
 *
 * A pattern is parsed once into sets of allowed values and is immutable after that. This file knows
 * a clock face only; schedule/dst.h turns its local times into instants.
 *
 *     struct cron cron;
 *     if (!cron_parse(STR("30 2 * * MON-FRI"), hash_str(job_id, 0), &cron, &err)) return false;
 *     int64_t local = cron_next_local(&cron, from);    // 02:30 of the next working day
 *
 * Syntax and meaning are those of the Open Cron Pattern Specification 1.0 to 1.4, with `H` (a value
 * that a hash of the job id chooses) and `?` added; docs/schedules.md tells them to users.
 *
 *   Owns:    nothing; struct cron is a plain value.      Threads: pure, safe from any.
 *   Errors:  INVALID with the offset of the character at fault and a message that proposes the
 * mend. Units:   local times are seconds since 1970-01-01T00:00:00 of the clock face
 * (civil_to_seconds). Source:  Open Cron Pattern Specification 1.4.
 */
#ifndef ALPHABET_SCHEDULE_CRON_H
#define ALPHABET_SCHEDULE_CRON_H

#include "base/clock.h"
#include "base/err.h"
#include "base/str.h"

enum { CRON_FIRST_YEAR = 1970, CRON_LAST_YEAR = 2199 };

/* 2199-12-31T23:59:59 in seconds since 1970, of a clock face and of UTC: nothing is due later. */
#define CRON_LAST_SECOND ((int64_t)7258118399)

/* No local time matches any more: what cron_next_local returns instead of a time. */
#define CRON_LOCAL_NEVER INT64_MAX

struct cron {
    uint64_t seconds;         // bit 0-59
    uint64_t minutes;         // bit 0-59
    uint32_t hours;           // bit 0-23
    uint32_t days;            // bit 1-31: plain days of the month
    uint32_t days_from_last;  // bit 0-30: L is bit 0, L-3 is bit 3
    uint32_t nearest_weekday; // bit 1-31: 15W is bit 15
    uint16_t months;          // bit 1-12
    uint8_t weekdays;         // bit 0-6, Sunday is bit 0
    uint8_t nth_weekdays[5];  // [n - 1] bit d: d#n
    uint8_t last_weekdays;    // bit d: dL
    uint64_t years[4];        // bit y - 1970
    bool last_working_day;    // LW
    bool day_restricted;      // the day-of-month field is neither * nor ?
    bool weekday_restricted;  // the day-of-week field is neither * nor ?
    bool both_days;           // + : both day fields must match; else either is enough
    bool repeats;             // second, minute or hour holds a *, a range, a step or an H/n
    bool has_seconds;         // the pattern was written with a seconds field
};

/* hash_seed is a stable hash of the job id; only `H` looks at it. */
WARN_UNUSED bool cron_parse(struct str pattern, uint64_t hash_seed, struct cron *ret,
                            struct err *err);
/* The first matching local time at or after `from`, or CRON_LOCAL_NEVER when there is none up to
 * the end of 2199. Looks at no more than 2,760 months. */
int64_t cron_next_local(const struct cron *cron, int64_t from);
/* The days of that month on which the pattern may run, as bits 1-31. */
uint32_t cron_days_of_month(const struct cron *cron, int32_t year, int32_t month);
/* True when nothing matches from that local day on: `0 0 30 2 *`, or a year gone by. */
bool cron_never_matches(const struct cron *cron, int64_t from);

#endif
