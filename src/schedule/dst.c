/* dst.c - local matches become instants; see dst.h.
 *
 * The time line is cut into the stretches of the zone, each with one offset. Inside a stretch a
 * match is an instant by subtraction. What is special belongs to the start of a stretch: either a
 * gap lies before it in local time, whose matches the policy moves into the stretch, or it begins
 * by repeating local times of the stretch before it.
 *
 * A search of the pattern says "no match in local [from, found)". This is kept while the walk goes
 * from stretch to stretch, so that a pattern which next matches in a hundred years costs one search
 * and not one for each clock change until then.
 */
#include "schedule/dst.h"

struct search {
    const struct cron *cron;
    int64_t from, found; // no match in local [from, found); empty at first
};

static int64_t next_match(struct search *search, int64_t local) {
    if (local < search->from || local > search->found || search->from == search->found) {
        search->found = cron_next_local(search->cron, local);
        search->from = local;
    }
    return search->found;
}

/* The local times of a stretch that count: [from, to). */
static void counted_range(const struct zone_piece *piece, enum dst_overlap overlap, int64_t *from,
                          int64_t *to) {
    if (overlap == DST_OVERLAP_FIRST && piece->offset_before > piece->offset) {
        int64_t fresh = piece->start + piece->offset_before;
        if (*from < fresh) *from = fresh;
    }
    if (overlap == DST_OVERLAP_LAST && piece->offset_after < piece->offset)
        *to = piece->end + piece->offset_after;
}

/* The first match inside the gap before this stretch that is due at or after `utc`, as a due time
 * in seconds; INT64_MAX when there is none. */
static int64_t from_gap(struct search *search, const struct zone_piece *piece, enum dst_gap policy,
                        int64_t utc) {
    if (piece->start == INT64_MIN || piece->offset_before >= piece->offset) return INT64_MAX;
    int64_t gap_start = piece->start + piece->offset_before;
    int64_t gap_end = piece->start + piece->offset;
    if (policy != DST_GAP_SHIFT) {
        if (utc > piece->start) return INT64_MAX;
        return next_match(search, gap_start) < gap_end ? piece->start : INT64_MAX;
    }
    /* Moved by the length of the gap, the clock face shows what the old offset would have. */
    int64_t local = utc + piece->offset_before;
    if (local >= gap_end) return INT64_MAX;
    int64_t match = next_match(search, local < gap_start ? gap_start : local);
    return match < gap_end ? match - piece->offset_before : INT64_MAX;
}

static struct occurrence find(const struct cron *cron, const struct zone *zone,
                              struct dst_policy policy, struct utc after, bool with_skipped) {
    const struct occurrence none = {.due = UTC_NEVER};
    struct search search = {.cron = cron};
    if (utc_is_never(after)) return none;
    if (policy.overlap == DST_OVERLAP_AUTO)
        policy.overlap = cron->repeats ? DST_OVERLAP_BOTH : DST_OVERLAP_FIRST;
    bool use_gaps = policy.gap != DST_GAP_SKIP || with_skipped;
    /* A day before 1970 is early enough for every zone. */
    int64_t utc = utc_seconds(after) + 1;
    if (utc < -86400) utc = -86400;
    while (utc <= CRON_LAST_SECOND) {
        struct zone_piece piece = zone_piece_at(zone, utc);
        int64_t moved = use_gaps ? from_gap(&search, &piece, policy.gap, utc) : INT64_MAX;
        int64_t from = utc + piece.offset;
        int64_t to = piece.end == INT64_MAX ? INT64_MAX : piece.end + piece.offset;
        counted_range(&piece, policy.overlap, &from, &to);
        int64_t match = from < to ? next_match(&search, from) : INT64_MAX;
        int64_t plain = match < to && match != CRON_LOCAL_NEVER ? match - piece.offset : INT64_MAX;
        if (plain <= CRON_LAST_SECOND && plain <= moved)
            return (struct occurrence){.due = utc_from_seconds(plain)};
        if (moved < piece.end && moved <= CRON_LAST_SECOND)
            return (struct occurrence){.due = utc_from_seconds(moved),
                                       .adjusted = policy.gap != DST_GAP_SKIP,
                                       .skipped = policy.gap == DST_GAP_SKIP};
        if (piece.end >= CRON_LAST_SECOND) return none;
        utc = piece.end;
    }
    return none;
}

struct occurrence cron_next(const struct cron *cron, const struct zone *zone,
                            struct dst_policy policy, struct utc after) {
    return find(cron, zone, policy, after, false);
}

struct occurrence cron_next_with_skipped(const struct cron *cron, const struct zone *zone,
                                         struct dst_policy policy, struct utc after) {
    return find(cron, zone, policy, after, true);
}

static const struct str gap_names[] = {
    [DST_GAP_RUN_AFTER] = STR_INIT("RunAfter"),
    [DST_GAP_SHIFT] = STR_INIT("Shift"),
    [DST_GAP_SKIP] = STR_INIT("Skip"),
};

static const struct str overlap_names[] = {
    [DST_OVERLAP_AUTO] = STR_INIT("Auto"),
    [DST_OVERLAP_FIRST] = STR_INIT("First"),
    [DST_OVERLAP_LAST] = STR_INIT("Last"),
    [DST_OVERLAP_BOTH] = STR_INIT("Both"),
};

bool dst_gap_parse(struct str name, enum dst_gap *ret) {
    for (size_t i = 0; i < COUNT_OF(gap_names); i++)
        if (str_equal_nocase(name, gap_names[i])) {
            *ret = (enum dst_gap)i;
            return true;
        }
    return false;
}

bool dst_overlap_parse(struct str name, enum dst_overlap *ret) {
    for (size_t i = 0; i < COUNT_OF(overlap_names); i++)
        if (str_equal_nocase(name, overlap_names[i])) {
            *ret = (enum dst_overlap)i;
            return true;
        }
    return false;
}

struct str dst_gap_name(enum dst_gap gap) {
    return gap_names[gap];
}

struct str dst_overlap_name(enum dst_overlap overlap) {
    return overlap_names[overlap];
}
