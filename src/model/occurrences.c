/* occurrences.c - see occurrences.h.
 *
 * Two ordered streams are merged: the due times that the schedule gives, and the executions that
 * were made. Where both have the same instant it is one entry; an execution for an instant that the
 * schedule does not give any more (it was changed since) is an entry of its own.
 */
#include "model/occurrences.h"

#include "model/job_schedule.h"

#include <stdlib.h>
#include <string.h>

struct str ledger_verdict_name(enum ledger_verdict verdict) {
    switch (verdict) {
    case LEDGER_FIRED: return STR("Fired");
    case LEDGER_SKIPPED: return STR("Skipped");
    case LEDGER_UPCOMING: return STR("Upcoming");
    case LEDGER_NO_RECORD: return STR("NoRecord");
    }
    return STR_NONE;
}

/* ---- the ranges that were skipped -------------------------------------------------------------*/

struct skip_entry {
    struct ledger_skip skip;
    size_t order; // as given: the later one counts
};

/* Sorted by their beginning; `first` moves along with the due times. */
struct skip_index {
    struct skip_entry *items;
    size_t count;
    size_t first; // those before it have ended
};

static int by_beginning(const void *a, const void *b) {
    const struct skip_entry *x = a, *y = b;
    return (x->skip.from.us > y->skip.from.us) - (x->skip.from.us < y->skip.from.us);
}

static struct skip_index skip_index(const struct ledger_query *query, struct arena *arena) {
    struct skip_index index = {
        .items = ARENA_ARRAY(arena, query->skip_count, struct skip_entry),
        .count = query->skip_count,
    };
    for (size_t i = 0; i < query->skip_count; i++)
        index.items[i] = (struct skip_entry){.skip = query->skips[i], .order = i};
    if (index.count > 0) qsort(index.items, index.count, sizeof index.items[0], by_beginning);
    return index;
}

/* The reason of the last range that covers `due`, or 0. Calls must come in the order of due times.
 */
static int64_t skip_reason_at(struct skip_index *index, struct utc due) {
    while (index->first < index->count && utc_before(index->items[index->first].skip.to, due))
        index->first++;
    int64_t reason = 0;
    size_t best = 0;
    for (size_t i = index->first; i < index->count; i++) {
        const struct skip_entry *entry = &index->items[i];
        if (!utc_before(entry->skip.from, due)) break;
        if (utc_before(entry->skip.to, due) || (reason != 0 && entry->order < best)) continue;
        reason = entry->skip.reason;
        best = entry->order;
    }
    return reason;
}

/* ---- verdicts -------------------------------------------------------------------------------- */

struct book {
    const struct ledger_query *query;
    struct skip_index skips;
    struct arena *arena;
    struct ledger ledger;
    size_t capacity;
};

/* An execution that was made only to record that a run was skipped never was anything but
 * Cancelled. */
static bool is_recorded_skip(const struct execution *execution) {
    return execution->status == EXECUTION_CANCELLED && utc_is_none(execution->started_at) &&
           utc_equal(execution->completed_at, execution->created_at);
}

static void judge_execution(struct ledger_entry *entry, int64_t skip_reason) {
    const struct execution *execution = entry->execution;
    if (is_recorded_skip(execution)) {
        entry->verdict = LEDGER_SKIPPED;
        entry->reason = skip_reason != 0 ? skip_reason : SKIP_OVERLAP;
        return;
    }
    entry->verdict = LEDGER_FIRED;
    if (utc_is_none(execution->started_at)) return;
    int64_t late = utc_diff(execution->started_at, entry->due).us / 1000;
    entry->late_ms = late > 0 ? late : 0;
}

static void judge_absence(struct ledger_entry *entry, const struct ledger_query *query,
                          enum schedule_verdict verdict, int64_t skip_reason) {
    bool undecided = utc_before(query->job->schedule_from, entry->due);
    entry->verdict = LEDGER_SKIPPED;
    if (verdict == SCHEDULE_EXCLUDED)
        entry->reason = SKIP_EXCLUSION;
    else if (verdict == SCHEDULE_DST_SKIPPED)
        entry->reason = SKIP_DAYLIGHT_SAVING;
    else if (skip_reason != 0)
        entry->reason = skip_reason;
    else if (undecided && !job_is_scheduled(query->job))
        entry->reason = job_rest_reason(query->job);
    else
        entry->verdict = undecided ? LEDGER_UPCOMING : LEDGER_NO_RECORD;
}

/* A due time that ought to have run and did not: not one that was never to run. */
static bool is_not_run(const struct ledger_entry *entry, struct utc now) {
    if (entry->execution != NULL || utc_before(now, entry->due)) return false;
    if (entry->verdict == LEDGER_UPCOMING) return false;
    return entry->reason != SKIP_EXCLUSION && entry->reason != SKIP_DAYLIGHT_SAVING;
}

static void keep_entry(struct book *book, const struct ledger_entry *entry) {
    const struct ledger_query *query = book->query;
    struct ledger *ledger = &book->ledger;
    if (query->only_not_run && !is_not_run(entry, query->now)) return;
    size_t at = ledger->total++;
    if (at < query->offset || ledger->count >= query->limit) return;
    if (ledger->count == book->capacity) {
        book->capacity = book->capacity == 0 ? 64 : 2 * book->capacity;
        struct ledger_entry *grown = ARENA_ARRAY(book->arena, book->capacity, struct ledger_entry);
        if (ledger->count > 0) memcpy(grown, ledger->items, ledger->count * sizeof *grown);
        ledger->items = grown;
    }
    ledger->items[ledger->count++] = *entry;
}

static void enter(struct book *book, struct utc due, const struct schedule_due *scheduled,
                  const struct execution *execution) {
    struct ledger_entry entry = {
        .due = due,
        .adjusted = scheduled != NULL && scheduled->adjusted,
        .execution = execution,
    };
    int64_t reason = skip_reason_at(&book->skips, due);
    if (execution != NULL)
        judge_execution(&entry, reason);
    else
        judge_absence(&entry, book->query, scheduled->verdict, reason);
    keep_entry(book, &entry);
}

/* ---- the merge ------------------------------------------------------------------------------- */

/* The due times of a fixed delay depend on how long the runs took: all that is known of them are
 * the executions and the next one. */
struct due_stream {
    struct schedule_walk walk;
    bool follows_runs;
    struct utc next_run_at; // follows_runs: given once
    struct utc last;
    size_t seen;
    bool cut;
};

static bool due_next(struct due_stream *stream, struct schedule_due *ret) {
    struct schedule_due due = {.utc = stream->next_run_at};
    if (stream->follows_runs) {
        stream->next_run_at = UTC_NEVER;
    } else if (stream->seen++ >= LEDGER_MAX_DUE) {
        stream->cut = true;
        return false;
    } else if (!schedule_walk_next(&stream->walk, &due)) {
        return false;
    }
    if (utc_is_never(due.utc) || utc_before(stream->last, due.utc)) return false;
    *ret = due;
    return true;
}

static struct utc first_instant(const struct ledger_query *query) {
    struct utc just_before = utc_add(query->from, span_us(-1));
    return query->before_creation ? just_before : utc_max(just_before, query->job->created_at);
}

static void merge(struct book *book, struct due_stream *stream) {
    const struct ledger_query *query = book->query;
    struct schedule_due due = {.utc = UTC_NEVER};
    bool has_due = due_next(stream, &due);
    size_t at = 0;
    while (has_due || at < query->execution_count) {
        const struct execution *execution =
            at < query->execution_count ? &query->executions[at] : NULL;
        bool run_first =
            execution != NULL && (!has_due || !utc_before(due.utc, execution->scheduled_for));
        bool same = run_first && has_due && utc_equal(due.utc, execution->scheduled_for);
        if (run_first) {
            enter(book, execution->scheduled_for, same ? &due : NULL, execution);
            at++;
        } else {
            enter(book, due.utc, &due, NULL);
        }
        if (!run_first || same) has_due = due_next(stream, &due);
    }
}

bool occurrences(const struct ledger_query *query, struct zone_cache *zones, struct arena *arena,
                 struct ledger *ret, struct err *err) {
    const struct job *job = query->job;
    struct schedule_spec spec;
    if (!job_schedule(job, zones, arena, &spec, err)) return false;
    struct due_stream stream = {
        .walk = schedule_walk_all(&spec, first_instant(query)),
        .follows_runs =
            job->schedule_type == SCHEDULE_INTERVAL && job->interval_mode == INTERVAL_FIXED_DELAY,
        .next_run_at = utc_before(job->next_run_at, query->from) ? UTC_NEVER : job->next_run_at,
        .last = query->to,
    };
    struct book book = {.query = query, .arena = arena, .skips = skip_index(query, arena)};
    merge(&book, &stream);
    book.ledger.cut = stream.cut;
    *ret = book.ledger;
    return true;
}
