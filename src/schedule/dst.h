/* dst.h - from the local times of a pattern to instants, through daylight saving.
 *
 * Where the clock goes forward, some local times do not exist (a gap); where it goes back, some
 * exist twice (an overlap). A policy says what becomes of a match there:
 *
 *   gap      RunAfter   all matches inside give one run, at the first instant after the gap
 *            Shift      each is moved later by the length of the gap
 *            Skip       none runs
 *   overlap  Auto       a pattern whose second, minute or hour holds a *, a range, a step or an H/n
 *                       runs in both passes, any other in the first
 *            First, Last, Both
 *
 *     struct dst_policy policy = {0};                     // RunAfter, Auto
 *     struct occurrence next = cron_next(&cron, zone, policy, now);
 *
 *   Owns: nothing.   Threads: pure.   Errors: none; NEVER when there is no further match up to
 * 2199. Bound: each stretch of the zone is looked at once, and the pattern is searched anew only
 * where an earlier answer does not hold any more.
 */
#ifndef ALPHABET_SCHEDULE_DST_H
#define ALPHABET_SCHEDULE_DST_H

#include "base/clock.h"
#include "schedule/cron.h"
#include "schedule/zone.h"

enum dst_gap { DST_GAP_RUN_AFTER, DST_GAP_SHIFT, DST_GAP_SKIP };
enum dst_overlap { DST_OVERLAP_AUTO, DST_OVERLAP_FIRST, DST_OVERLAP_LAST, DST_OVERLAP_BOTH };

struct dst_policy {
    enum dst_gap gap;
    enum dst_overlap overlap;
};

/* A due time, and what the calendar did to it. */
struct occurrence {
    struct utc due;
    bool adjusted; // a local time inside a gap, moved by RunAfter or Shift
    bool skipped;  // a local time inside a gap under Skip; only cron_next_with_skipped gives these
};

/* The first run strictly later than `after`; due is UTC_NEVER when there is none. */
struct occurrence cron_next(const struct cron *cron, const struct zone *zone,
                            struct dst_policy policy, struct utc after);
/* The same, but under Skip the matches inside a gap are given too, as one, at the first instant
 * after the gap and marked as skipped; when a run falls on that instant it is given alone. */
struct occurrence cron_next_with_skipped(const struct cron *cron, const struct zone *zone,
                                         struct dst_policy policy, struct utc after);

WARN_UNUSED bool dst_gap_parse(struct str name, enum dst_gap *ret); // "RunAfter", any case
WARN_UNUSED bool dst_overlap_parse(struct str name, enum dst_overlap *ret);
struct str dst_gap_name(enum dst_gap gap);
struct str dst_overlap_name(enum dst_overlap overlap);

#endif
