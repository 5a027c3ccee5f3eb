/* next.h - when does a job run next? The schedule as a whole.
 *
 * Cron, interval or one time; in a zone, within startAt and endAt (both inclusive), exclusions
 * passed over. A due time is nominal: jitter is added to it when the run is planned.
 *
 *     struct schedule_spec spec = {.kind = SCHEDULE_BY_CRON, .cron = &cron, .zone = zone};
 *     struct utc due = schedule_next(&spec, now);                 // strictly later, or UTC_NEVER
 *     struct utc start = utc_add(due, schedule_jitter(&spec, due));
 *
 *     struct schedule_walk walk = schedule_walk(&spec, from);     // upcoming, preview, ledger
 *     struct schedule_due due;
 *     while (schedule_walk_next(&walk, &due) && !utc_before(to, due.utc)) ...
 *
 * Interval: run N is due at anchor + N x interval, N from 0, where anchor is startAt or the
 * creation of the job. FixedDelay: `after` is the end of the run before, the next is due one
 * interval later (at the anchor, as long as that lies ahead); in a walk each run is taken to last
 * no time.
 *
 *   Owns:    nothing; cron, zone and the dates of the exclusion belong to the caller.
 *   Threads: pure; a walk belongs to one thread.
 *   Errors:  none; a spec that allows no time gives UTC_NEVER.
 *   Bound:   nothing is due after 2199. An excluded stretch is left in one step, so a search costs
 *            at most a few steps for each excluded day; interval arithmetic does not count runs.
 */
#ifndef ALPHABET_SCHEDULE_NEXT_H
#define ALPHABET_SCHEDULE_NEXT_H

#include "base/clock.h"
#include "schedule/cron.h"
#include "schedule/dst.h"
#include "schedule/exclusion.h"
#include "schedule/zone.h"

enum schedule_kind { SCHEDULE_BY_CRON = 1, SCHEDULE_BY_INTERVAL, SCHEDULE_BY_DATE };
enum interval_base { INTERVAL_FROM_DUE, INTERVAL_FROM_END };

struct schedule_spec {
    enum schedule_kind kind;
    const struct cron *cron;  // SCHEDULE_BY_CRON
    int64_t interval_seconds; // SCHEDULE_BY_INTERVAL: 1 or more
    enum interval_base interval_base;
    struct utc anchor;       // SCHEDULE_BY_INTERVAL: startAt, else the creation of the job
    struct utc run_at;       // SCHEDULE_BY_DATE
    const struct zone *zone; // for cron and exclusions; NULL is UTC
    struct dst_policy dst;
    struct utc start_at; // UTC_NONE: no bound
    struct utc end_at;   // UTC_NONE: no bound
    struct exclusion exclusion;
    int64_t jitter_seconds; // 0: none
    uint64_t seed;          // a stable hash of the job id
};

enum schedule_verdict {
    SCHEDULE_RUNS,
    SCHEDULE_EXCLUDED,    // inside an exclusion
    SCHEDULE_DST_SKIPPED, // the local time does not exist, and dstPolicy says Skip
};

struct schedule_due {
    struct utc utc;
    bool adjusted; // moved out of a gap of daylight saving
    enum schedule_verdict verdict;
};

/* The first due time strictly later than `after`, or UTC_NEVER. */
struct utc schedule_next(const struct schedule_spec *spec, struct utc after);
/* The same with `adjusted`; utc is UTC_NEVER when there is none. The verdict is SCHEDULE_RUNS. */
struct schedule_due schedule_next_due(const struct schedule_spec *spec, struct utc after);
/* The first due time of a job written at `now`: a one-time job whose runAt has passed is due at
 * runAt, hence at once; every other is schedule_next. */
struct utc schedule_first(const struct schedule_spec *spec, struct utc now);
/* 0 to jitter_seconds, the same for the same job and due time on every node. */
struct span schedule_jitter(const struct schedule_spec *spec, struct utc due);

/* How many runs are due in (after, until], counted up to `limit`. */
uint64_t schedule_count(const struct schedule_spec *spec, struct utc after, struct utc until,
                        uint64_t limit);
/* The last run due in (after, until], or UTC_NEVER when there is none. Finds it by halving, without
 * visiting the runs before it. FixedDelay: the due time after `after`, when it has come. */
struct utc schedule_last(const struct schedule_spec *spec, struct utc after, struct utc until);

struct schedule_walk {
    const struct schedule_spec *spec;
    struct utc at;
    bool with_passed_over;
};

/* Due times later than `after`, in order. */
struct schedule_walk schedule_walk(const struct schedule_spec *spec, struct utc after);
/* The same, but what an exclusion or dstPolicy Skip passes over is given too, with its verdict. */
struct schedule_walk schedule_walk_all(const struct schedule_spec *spec, struct utc after);
WARN_UNUSED bool schedule_walk_next(struct schedule_walk *walk, struct schedule_due *ret);

#endif
