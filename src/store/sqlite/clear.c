/* clear.c - clearing away history: of all jobs by age, of one job, and of the ledger.
 *
 * The rows of all jobs lie in the table in the order in which they were made, so clearing by age
 * takes them from its left edge: a piece is a range of rows, each run of rows that go is one
 * statement a table, and the pages that this touches are the same few of each tree. What the jobs
 * of the piece lose is then written to each of them once.
 *
 * The history of a job is a chain (see the migrations). It may simply end at a row that is gone, so
 * most jobs need no repair: their oldest go. But above a row that stays while newer ones go (it is
 * live, or was made while a clock was wrong, or is the failure that trimming keeps) the chain is
 * linked around the gap, and pages are not found by number any more below that place (whole_from).
 */
#include "store/sqlite/groups.h"
#include "store/sqlite/search_index.h"
#include "store/sqlite/tables.h"
#include "store/sqlite/writer.h"

#include <stdlib.h>

/* An execution that was looked at. */
struct past {
    int64_t row, job_row, previous;
    enum execution_status status;
    int64_t queue, flags;
    struct utc created_at, started_at, completed_at;
    bool spared; // its job has a retention of its own
    bool goes;
};

struct history {
    struct past *items;
    size_t count;
    bool is_whole; // of one job, all there are
    /* Of one job, its oldest: the number of the newest of them, and what is above. 0 = not so. */
    int64_t top_ordinal;
};

static bool read_history(struct query *q, struct arena *arena, struct history *ret,
                         struct err *err) {
    size_t room = 0;
    *ret = (struct history){.items = ARENA_ARRAY(arena, 0, struct past)};
    while (query_row(q)) {
        if (ret->count == room) {
            room = room ? room * 4 : 128;
            struct past *larger = ARENA_ARRAY(arena, room, struct past);
            memcpy(larger, ret->items, ret->count * sizeof *larger);
            ret->items = larger;
        }
        struct past *past = &ret->items[ret->count++];
        past->row = read_i64(q);
        past->job_row = read_i64(q);
        past->previous = read_i64(q);
        past->status = (enum execution_status)read_i64(q);
        past->queue = read_i64(q);
        past->flags = read_i64(q);
        past->created_at = read_utc(q);
        past->started_at = read_utc(q);
        past->completed_at = read_utc(q);
        past->spared = read_bool(q);
        past->goes = false;
    }
    return query_end(q, err);
}

/* The job's history, newest first, from one of its executions down; from 0: all of it. */
static bool read_chain(struct store_tx *tx, int64_t job_row, int64_t from, struct arena *arena,
                       struct history *ret, struct err *err) {
    struct query q = query_begin(tx, SQL_HISTORY_CHAIN);
    if (from == 0)
        query_null(&q);
    else
        query_i64(&q, from);
    query_i64(&q, job_row);
    if (!read_history(&q, arena, ret, err)) return false;
    ret->is_whole = from == 0;
    return true;
}

/* ---- what goes with executions --------------------------------------------------------------- */

static bool forget_counts_of(struct store_tx *tx, const struct past *past, struct err *err) {
    count_executions(writer_of(tx), past->status, -1);
    if (past->status == EXECUTION_PENDING) return count_pending(tx, past->queue, -1, err);
    return count_ended(tx, past->status, past->started_at, past->completed_at, -1, err);
}

static bool forget_range(struct store_tx *tx, enum sql_statement which, int64_t first, int64_t last,
                         struct err *err) {
    struct query q = query_begin(tx, which);
    query_i64(&q, first);
    query_i64(&q, last);
    return query_run(&q, err);
}

/* Everything in any table about the executions from `first` to `last`, all of which have ended. */
static bool forget_rows(struct store_tx *tx, int64_t first, int64_t last, struct err *err) {
    static const enum sql_statement tables[] = {
        SQL_HISTORY_FORGET_EXECUTIONS, SQL_HISTORY_FORGET_DETAILS, SQL_HISTORY_FORGET_FAILED,
        SQL_HISTORY_FORGET_CANCELLED,  SQL_HISTORY_FORGET_MARKS,   SQL_HISTORY_FORGET_INPUTS,
    };
    if (!search_forget(tx, first, last, err)) return false;
    for (size_t i = 0; i < COUNT_OF(tables); i++)
        if (!forget_range(tx, tables[i], first, last, err)) return false;
    return true;
}

static bool forget_row(struct store_tx *tx, const struct past *past, struct err *err) {
    if (past->status == EXECUTION_PENDING) { // of a job that is erased
        struct job_state state;
        if (!job_state_need(tx, past->job_row, &state, err) ||
            !pending_remove(tx, state.lane, past->row, err))
            return false;
    }
    return forget_counts_of(tx, past, err) && forget_rows(tx, past->row, past->row, err);
}

bool history_erase(struct store_tx *tx, int64_t job_row, struct err *err) {
    struct arena arena = {0};
    struct history history;
    bool ok = read_chain(tx, job_row, 0, &arena, &history, err);
    for (size_t i = 0; ok && i < history.count; i++) ok = forget_row(tx, &history.items[i], err);
    arena_free(&arena);
    return ok;
}

/* ---- the chain ------------------------------------------------------------------------------- */

static bool relink(struct store_tx *tx, int64_t row, int64_t previous, struct err *err) {
    struct query q = query_begin(tx, SQL_HISTORY_RELINK);
    query_i64(&q, previous);
    query_i64(&q, row);
    return query_run(&q, err);
}

static void gap_below(struct job_state *state, int64_t ordinal) {
    if (state->whole_from < ordinal) state->whole_from = ordinal;
}

static bool row_exists(struct store_tx *tx, int64_t row, bool *ret, struct err *err) {
    int64_t found = 0;
    if (row != 0) {
        struct query q = query_begin(tx, SQL_HISTORY_HAS_ROW);
        query_i64(&q, row);
        if (!number_of_query(&q, &found, err)) return false;
    }
    *ret = found != 0;
    return true;
}

/* The row above `gone` lies beyond what was looked at: it is found from the newest one down. */
static bool relink_above(struct store_tx *tx, struct job_state *state, int64_t gone,
                         int64_t previous, struct err *err) {
    struct query q = query_begin(tx, SQL_HISTORY_SUCCESSOR);
    query_i64(&q, state->last_execution);
    query_i64(&q, gone);
    int64_t row = 0, depth = 0;
    if (query_row(&q)) {
        row = read_i64(&q);
        depth = read_i64(&q);
    }
    if (!query_end(&q, err)) return false;
    gap_below(state, state->ordinal - depth);
    return relink(tx, row, previous, err);
}

/* Closes the gap that the rows from items[from] to items[to] leave, which follow each other in the
 * chain of the job. */
static bool close_gap(struct store_tx *tx, struct job_state *state, const struct history *items,
                      size_t from, size_t to, struct err *err) {
    int64_t previous = items->items[from].previous, gone = items->items[to].row;
    bool stays = from > 0;
    if (from == 0 && !row_exists(tx, previous, &stays, err)) return false;
    if (state->last_execution == gone) {
        state->last_execution = stays ? previous : 0;
        if (stays) gap_below(state, state->ordinal + 1);
        return true;
    }
    if (!stays) return true;
    if (to + 1 == items->count) return relink_above(tx, state, gone, previous, err);
    /* Its number is known when everything above it is. */
    int64_t above = items->is_whole ? (int64_t)(items->count - to) - 2 : -1;
    gap_below(state, items->top_ordinal ? items->top_ordinal : state->ordinal - above);
    return relink(tx, items->items[to + 1].row, previous, err);
}

static bool write_state(struct store_tx *tx, const struct job_state *before,
                        const struct job_state *state, struct err *err) {
    struct query q = query_begin(tx, SQL_JOB_STATE_CLEARED);
    query_i64(&q, state->execution_count);
    query_i64(&q, state->last_execution);
    query_i64(&q, state->whole_from);
    query_i64(&q, state->row);
    return query_run(&q, err) && job_state_note(tx, before, state, err);
}

/* What one job loses; `items` are its executions that were looked at, in the order of their rows.
 */
static bool clear_job(struct store_tx *tx, const struct history *items, struct err *err) {
    struct job_state before, state;
    if (!job_state_need(tx, items->items[0].job_row, &before, err)) return false;
    state = before;
    for (size_t i = 0; i < items->count; i++) {
        if (!items->items[i].goes) continue;
        size_t last = i;
        while (last + 1 < items->count && items->items[last + 1].goes) last++;
        state.execution_count -= (int64_t)(last - i) + 1;
        if (!close_gap(tx, &state, items, i, last, err)) return false;
        i = last;
    }
    return state.execution_count == before.execution_count || write_state(tx, &before, &state, err);
}

/* ---- all jobs, by age ------------------------------------------------------------------------ */

static int by_job(const void *a, const void *b) {
    const struct past *left = a, *right = b;
    if (left->job_row != right->job_row) return left->job_row < right->job_row ? -1 : 1;
    return (left->row > right->row) - (left->row < right->row);
}

static bool clear_jobs(struct store_tx *tx, struct history *history, struct err *err) {
    if (history->count > 1) qsort(history->items, history->count, sizeof *history->items, by_job);
    for (size_t i = 0; i < history->count;) {
        struct history of_job = {.items = &history->items[i]};
        while (i < history->count && history->items[i].job_row == of_job.items->job_row) {
            of_job.count++;
            i++;
        }
        if (!clear_job(tx, &of_job, err)) return false;
    }
    return true;
}

/* Each run of rows that go and stand together in the table is taken out at once. */
static bool forget_runs(struct store_tx *tx, const struct history *history, struct err *err) {
    for (size_t i = 0; i < history->count; i++) {
        if (!history->items[i].goes) continue;
        size_t last = i;
        while (last + 1 < history->count && history->items[last + 1].goes) last++;
        for (size_t each = i; each <= last; each++)
            if (!forget_counts_of(tx, &history->items[each], err)) return false;
        if (!forget_rows(tx, history->items[i].row, history->items[last].row, err)) return false;
        i = last;
    }
    return true;
}

static bool clear_piece(struct store_tx *tx, struct clear *clear, struct arena *arena,
                        struct err *err) {
    struct history history;
    struct query q = query_begin(tx, SQL_HISTORY_RANGE);
    query_i64(&q, clear->spare_own_retention);
    query_i64(&q, clear->after_row);
    query_i64(&q, clear->limit < 0 ? 0 : clear->limit);
    if (!read_history(&q, arena, &history, err)) return false;
    clear->deleted = 0;
    for (size_t i = 0; i < history.count; i++) {
        struct past *past = &history.items[i];
        past->goes = execution_has_ended(past->status) && !past->spared &&
                     utc_before(past->created_at, clear->created_before);
        clear->deleted += past->goes;
    }
    if (history.count > 0) clear->after_row = history.items[history.count - 1].row;
    if (clear->deleted == 0) return true;
    if (!forget_runs(tx, &history, err) || !clear_jobs(tx, &history, err)) return false;
    q = query_begin(tx, SQL_CLOCK_STEPS_CLEAR);
    return query_run(&q, err);
}

enum next { NEXT_OLDER, NEXT_YOUNGER, NEXT_NONE };

/* What comes behind *after: something older than `before`; or first something so young that nothing
 * older follows up to the next clock step, and *after is moved there; or neither. */
static bool look_ahead(struct store_tx *tx, int64_t *after, struct utc before, enum next *ret,
                       struct err *err) {
    struct query q = query_begin(tx, SQL_HISTORY_CREATED);
    query_i64(&q, *after);
    enum next next = NEXT_NONE;
    while (next == NEXT_NONE && query_row(&q)) {
        int64_t row = read_i64(&q);
        struct utc created_at = read_utc(&q);
        if (utc_before(created_at, before)) next = NEXT_OLDER;
        if (!utc_before(created_at, utc_add(before, span_us(CLOCK_SLACK_US)))) {
            next = NEXT_YOUNGER;
            *after = row;
        }
    }
    *ret = next;
    return query_end(&q, err);
}

static bool has_older(struct store_tx *tx, int64_t after, struct utc before, bool *ret,
                      struct err *err) {
    enum next next;
    if (!look_ahead(tx, &after, before, &next, err)) return false;
    while (next == NEXT_YOUNGER) {
        int64_t step;
        struct query q = query_begin(tx, SQL_CLOCK_STEP_NEXT);
        query_i64(&q, after);
        if (!number_of_query(&q, &step, err)) return false;
        if (step == 0) break;
        after = step - 1;
        if (!look_ahead(tx, &after, before, &next, err)) return false;
    }
    *ret = next == NEXT_OLDER;
    return true;
}

bool sqlite_executions_clear(struct store_tx *tx, struct clear *clear, struct err *err) {
    struct arena arena = {0};
    bool older = false, ok = clear_piece(tx, clear, &arena, err) &&
                             has_older(tx, clear->after_row, clear->created_before, &older, err);
    arena_free(&arena);
    if (ok) clear->done = !older;
    return ok;
}

/* ---- one job --------------------------------------------------------------------------------- */

/* A long history is trimmed at its old end: a page mark says where to begin, so that a piece looks
 * at no more than it may delete, and a few. */
enum {
    MARK_EVERY = 128,
    WINDOW_MARKS = 2,          // at least
    FAILURES_LOOKED_AT = 1000, // newest executions in which a failure is looked for
};

/* What is known of the executions above those that are looked at. */
struct above {
    int64_t ended;
    bool has_failed;
};

/* Marks what is too much, oldest first, up to the limit. `history` has the newest first. Of a part
 * the newest stays, so that the chain is linked within it. */
static void choose(const struct history *history, const struct above *above, struct trim *trim) {
    int64_t ended = above->ended, too_many = 0;
    bool latest_failed = !above->has_failed, ends_here = history->is_whole;
    for (size_t i = 0; i < history->count; i++) {
        struct past *past = &history->items[i];
        if (!execution_has_ended(past->status)) continue;
        bool beyond = trim->keep > 0 && ++ended > trim->keep;
        bool old = !utc_is_none(trim->created_before) &&
                   utc_before(past->created_at, trim->created_before);
        bool spared = past->status == EXECUTION_FAILED && latest_failed;
        if (past->status == EXECUTION_FAILED) latest_failed = false;
        ends_here = ends_here || (!beyond && !old);
        if (i == 0 && !history->is_whole) continue;
        past->goes = (beyond || old) && !spared;
        too_many += past->goes;
    }
    trim->deleted = too_many < trim->limit ? too_many : trim->limit < 0 ? 0 : trim->limit;
    trim->done = trim->deleted == too_many && (ends_here || too_many == 0);
    int64_t stays = too_many - trim->deleted;
    for (size_t i = 0; i < history->count && stays > 0; i++) {
        stays -= history->items[i].goes;
        history->items[i].goes = false;
    }
}

static void reverse(const struct history *history) {
    for (size_t i = 0; i < history->count / 2; i++) {
        struct past other = history->items[i];
        history->items[i] = history->items[history->count - 1 - i];
        history->items[history->count - 1 - i] = other;
    }
}

/* The oldest part of a long history, or all of it. */
static bool read_oldest(struct store_tx *tx, const struct trim *trim, struct arena *arena,
                        struct history *ret, struct err *err) {
    int64_t from = 0, ordinal = 0;
    struct query q = query_begin(tx, SQL_HISTORY_MARK_OLD);
    query_i64(&q, trim->job_row);
    query_i64(&q, WINDOW_MARKS + (trim->limit < 0 ? 0 : trim->limit / MARK_EVERY));
    if (query_row(&q)) {
        from = read_i64(&q);
        ordinal = read_i64(&q);
    }
    if (!query_end(&q, err) || !read_chain(tx, trim->job_row, from, arena, ret, err)) return false;
    ret->top_ordinal = ordinal;
    return true;
}

static bool look_above(struct store_tx *tx, const struct trim *trim, const struct history *history,
                       struct above *ret, struct err *err) {
    *ret = (struct above){0};
    if (history->is_whole || history->count == 0) return true;
    struct job_state state;
    if (!job_state_need(tx, trim->job_row, &state, err)) return false;
    int64_t live = state.live_count, failed;
    for (size_t i = 0; i < history->count; i++)
        live -= !execution_has_ended(history->items[i].status);
    ret->ended = state.execution_count - (int64_t)history->count - live;
    struct query q = query_begin(tx, SQL_HISTORY_FAILED_ABOVE);
    query_i64(&q, trim->job_row);
    query_i64(&q, history->items[0].row);
    query_i64(&q, FAILURES_LOOKED_AT);
    if (!number_of_query(&q, &failed, err)) return false;
    ret->has_failed = failed != 0;
    return true;
}

static bool trim_chain(struct store_tx *tx, struct trim *trim, struct arena *arena,
                       struct err *err) {
    struct history history;
    struct above above;
    if (!read_oldest(tx, trim, arena, &history, err) ||
        !look_above(tx, trim, &history, &above, err))
        return false;
    choose(&history, &above, trim);
    if (trim->deleted == 0) return true;
    reverse(&history);
    for (size_t i = 0; i < history.count; i++)
        if (history.items[i].goes && !forget_row(tx, &history.items[i], err)) return false;
    return clear_job(tx, &history, err);
}

bool sqlite_executions_trim(struct store_tx *tx, struct trim *trim, struct err *err) {
    struct arena arena = {0};
    bool ok = trim_chain(tx, trim, &arena, err);
    arena_free(&arena);
    return ok;
}

/* ---- the ledger ------------------------------------------------------------------------------ */

bool sqlite_skips_clear(struct store_tx *tx, struct utc before, int64_t limit, int64_t *ret,
                        struct err *err) {
    struct query q = query_begin(tx, SQL_SKIPS_CLEAR);
    query_i64(&q, before.us);
    query_i64(&q, limit < 0 ? 0 : limit);
    if (!query_run(&q, err)) return false;
    *ret = query_changes(&q);
    return true;
}
