/* next.c - the schedule as a whole; see next.h.
 *
 * nominal_next() knows the kind of the schedule and nothing of bounds and exclusions; all else is
 * built upon it. When a nominal time is excluded, the search goes on from the end of that exclusion
 * and not from the time itself: a job of every second that may not run at night takes one step a
 * night.
 */
#include "schedule/next.h"

#include "base/hash.h"

/* Later instants cannot be written down by the API. */
static const struct utc LAST = {CRON_LAST_SECOND * 1000000};

static const struct zone *zone_of(const struct schedule_spec *spec) {
    return spec->zone != NULL ? spec->zone : zone_utc();
}

static int64_t local_seconds(const struct schedule_spec *spec, struct utc t) {
    int64_t seconds = utc_seconds(t);
    return seconds + zone_offset(zone_of(spec), seconds);
}

/* The first point of the grid origin + n x interval, n >= 0, strictly later than `after`. */
static struct utc next_on_grid(struct utc origin, int64_t interval_seconds, struct utc after) {
    if (utc_before(after, origin)) return origin;
    int64_t interval = span_seconds(interval_seconds < 1 ? 1 : interval_seconds).us;
    int64_t passed = utc_diff(after, origin).us / interval;
    return utc_add(origin, span_us((passed + 1) * interval));
}

/* The grid of an interval begins at the anchor; that of a fixed delay at the end of the run before,
 * which the caller of schedule_next gives as `after`. */
static struct utc grid_origin(const struct schedule_spec *spec, struct utc after) {
    bool delay = spec->interval_base == INTERVAL_FROM_END && !utc_before(after, spec->anchor);
    return delay ? after : spec->anchor;
}

static struct schedule_due nominal_next(const struct schedule_spec *spec, struct utc origin,
                                        struct utc after, bool with_skipped) {
    struct schedule_due due = {.utc = UTC_NEVER};
    switch (spec->kind) {
    case SCHEDULE_BY_CRON: {
        struct occurrence found =
            with_skipped ? cron_next_with_skipped(spec->cron, zone_of(spec), spec->dst, after)
                         : cron_next(spec->cron, zone_of(spec), spec->dst, after);
        due.utc = found.due;
        due.adjusted = found.adjusted;
        if (found.skipped) due.verdict = SCHEDULE_DST_SKIPPED;
        break;
    }
    case SCHEDULE_BY_INTERVAL: due.utc = next_on_grid(origin, spec->interval_seconds, after); break;
    case SCHEDULE_BY_DATE:
        if (utc_before(after, spec->run_at)) due.utc = spec->run_at;
        break;
    }
    if (utc_before(LAST, due.utc)) due.utc = UTC_NEVER;
    return due;
}

static bool has_ended(const struct schedule_spec *spec, struct utc due) {
    return utc_is_never(due) || (!utc_is_none(spec->end_at) && utc_before(spec->end_at, due));
}

/* The last instant of the exclusion that covers `due`: the search goes on behind it. */
static struct utc end_of_exclusion(const struct schedule_spec *spec, struct utc due) {
    int64_t seconds = utc_seconds(due);
    struct zone_piece piece = zone_piece_at(zone_of(spec), seconds);
    int64_t local = exclusion_end(&spec->exclusion, seconds + piece.offset);
    if (local == EXCLUSION_NO_END) return UTC_NEVER;
    /* The clock may change before: then look again from there, with the other offset. */
    int64_t end = local - piece.offset;
    if (end > piece.end) end = piece.end;
    return utc_add(utc_from_seconds(end), span_us(-1));
}

static struct utc after_start(const struct schedule_spec *spec, struct utc after) {
    if (utc_is_none(spec->start_at) || !utc_before(after, spec->start_at)) return after;
    return utc_add(spec->start_at, span_us(-1));
}

struct schedule_due schedule_next_due(const struct schedule_spec *spec, struct utc after) {
    const struct schedule_due never = {.utc = UTC_NEVER};
    struct utc origin = grid_origin(spec, after);
    bool has_exclusion = !exclusion_is_empty(&spec->exclusion);
    after = after_start(spec, after);
    while (!utc_is_never(after)) {
        struct schedule_due due = nominal_next(spec, origin, after, false);
        if (has_ended(spec, due.utc)) return never;
        if (!has_exclusion || !exclusion_covers(&spec->exclusion, local_seconds(spec, due.utc)))
            return due;
        after = utc_max(due.utc, end_of_exclusion(spec, due.utc));
    }
    return never;
}

struct utc schedule_next(const struct schedule_spec *spec, struct utc after) {
    return schedule_next_due(spec, after).utc;
}

struct utc schedule_first(const struct schedule_spec *spec, struct utc now) {
    struct utc just_before = utc_add(spec->run_at, span_us(-1));
    if (spec->kind == SCHEDULE_BY_DATE) now = utc_min(now, just_before);
    return schedule_next(spec, now);
}

struct span schedule_jitter(const struct schedule_spec *spec, struct utc due) {
    if (spec->jitter_seconds <= 0) return span_us(0);
    unsigned char bytes[8];
    for (int i = 0; i < 8; i++) bytes[i] = (unsigned char)((uint64_t)due.us >> (8 * i));
    uint64_t hash = hash_bytes(bytes, sizeof bytes, spec->seed);
    return span_ms((int64_t)(hash % ((uint64_t)spec->jitter_seconds * 1000 + 1)));
}

/* Runs of a fixed rate in (after, until], when nothing is excluded. */
static uint64_t count_on_grid(const struct schedule_spec *spec, struct utc after,
                              struct utc until) {
    struct utc first = schedule_next(spec, after);
    if (!utc_is_none(spec->end_at)) until = utc_min(until, spec->end_at);
    until = utc_min(until, LAST);
    if (utc_before(until, first)) return 0;
    int64_t interval = span_seconds(spec->interval_seconds < 1 ? 1 : spec->interval_seconds).us;
    return (uint64_t)(utc_diff(until, first).us / interval) + 1;
}

uint64_t schedule_count(const struct schedule_spec *spec, struct utc after, struct utc until,
                        uint64_t limit) {
    if (spec->kind == SCHEDULE_BY_INTERVAL && exclusion_is_empty(&spec->exclusion)) {
        uint64_t count = count_on_grid(spec, after, until);
        return count < limit ? count : limit;
    }
    uint64_t count = 0;
    struct schedule_walk walk = schedule_walk(spec, after);
    struct schedule_due due;
    while (count < limit && schedule_walk_next(&walk, &due) && !utc_before(until, due.utc)) count++;
    return count;
}

struct utc schedule_last(const struct schedule_spec *spec, struct utc after, struct utc until) {
    struct utc found = schedule_next(spec, after);
    if (utc_before(until, found)) return UTC_NEVER;
    if (spec->kind == SCHEDULE_BY_INTERVAL && spec->interval_base == INTERVAL_FROM_END)
        return found;
    /* next(t) only grows with t. Find the last t whose next run is not later than `until`. */
    int64_t low = found.us, high = until.us; // a run is due at low, none in (high, until]
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        struct utc next = schedule_next(spec, (struct utc){middle});
        if (utc_before(until, next)) {
            high = middle;
        } else {
            found = next;
            low = next.us;
        }
    }
    return found;
}

struct schedule_walk schedule_walk(const struct schedule_spec *spec, struct utc after) {
    return (struct schedule_walk){.spec = spec, .at = after};
}

struct schedule_walk schedule_walk_all(const struct schedule_spec *spec, struct utc after) {
    return (struct schedule_walk){.spec = spec, .at = after, .with_passed_over = true};
}

bool schedule_walk_next(struct schedule_walk *walk, struct schedule_due *ret) {
    const struct schedule_spec *spec = walk->spec;
    struct schedule_due due;
    if (walk->with_passed_over) {
        struct utc origin = grid_origin(spec, walk->at);
        due = nominal_next(spec, origin, after_start(spec, walk->at), true);
        if (has_ended(spec, due.utc)) due.utc = UTC_NEVER;
        if (!utc_is_never(due.utc) && due.verdict == SCHEDULE_RUNS &&
            exclusion_covers(&spec->exclusion, local_seconds(spec, due.utc)))
            due.verdict = SCHEDULE_EXCLUDED;
    } else {
        due = schedule_next_due(spec, walk->at);
    }
    walk->at = due.utc;
    if (utc_is_never(due.utc)) return false;
    *ret = due;
    return true;
}
