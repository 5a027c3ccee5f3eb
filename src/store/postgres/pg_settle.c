/* pg_settle.c - how an execution ends, and what that does to its job: the other hot half of a run.
 *
 * All items of a call are settled together: their jobs are locked, the rows whose fence is right
 * move from `live` to `ended`, both in one round trip; then the jobs' state follows from the items
 * in their order, and is posted. The fence is part of the statement that moves the row, so a
 * settlement that comes late, twice or from a node that was taken for dead moves none.
 */
#include "store/postgres/pg_tables.h"
#include "store/postgres/pg_writer.h"

#include <assert.h>
#include <stdlib.h>

struct settling {
    struct settlement *item;
    bool moved, has_dependants;
    struct utc started_at;
};

static int by_row(const void *a, const void *b) {
    const struct settling *left = *(struct settling *const *)a;
    const struct settling *right = *(struct settling *const *)b;
    int64_t l = left->item->execution_row, r = right->item->execution_row;
    return (l > r) - (l < r);
}

/* Some of the items, sorted by the row of their executions. */
struct part {
    struct settling **items;
    size_t count;
};

static struct settling *find(const struct part *part, int64_t row) {
    size_t low = 0, high = part->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (part->items[middle]->item->execution_row < row)
            low = middle + 1;
        else
            high = middle;
    }
    return low < part->count && part->items[low]->item->execution_row == row ? part->items[low]
                                                                             : NULL;
}

#define BIND_OF(q, part, type, put, value) \
    do { \
        struct pg_array column = pg_array_new((q), (type), (part)->count); \
        for (size_t at = 0; at < (part)->count; at++) { \
            const struct settlement *item = (part)->items[at]->item; \
            put(&column, (value)); \
        } \
        pg_array_bind((q), &column); \
    } while (0)

static void ask_ends(struct pg_query *q, struct store_tx *tx, const struct part *ends) {
    pg_begin(q, tx, SQL_SETTLE_END);
    BIND_OF(q, ends, PG_ARRAY_I64, pg_array_i64, item->execution_row);
    BIND_OF(q, ends, PG_ARRAY_I64, pg_array_i64, item->job_row);
    BIND_OF(q, ends, PG_ARRAY_I64, pg_array_i64, item->fence);
    BIND_OF(q, ends, PG_ARRAY_I64, pg_array_i64, (int64_t)item->status);
    BIND_OF(q, ends, PG_ARRAY_I64, pg_array_utc, item->completed_at);
    BIND_OF(q, ends, PG_ARRAY_I64, pg_array_i64, item->error_type);
    BIND_OF(q, ends, PG_ARRAY_TEXT, pg_array_text, item->error_message);
    BIND_OF(q, ends, PG_ARRAY_TEXT, pg_array_text, item->output);
    BIND_OF(q, ends, PG_ARRAY_BOOL, pg_array_bool, item->output_truncated);
    BIND_OF(q, ends, PG_ARRAY_TEXT, pg_array_text, item->result);
    pg_ask(q);
}

static void ask_hand_backs(struct pg_query *q, struct store_tx *tx, const struct part *back) {
    pg_begin(q, tx, SQL_SETTLE_HAND_BACK);
    BIND_OF(q, back, PG_ARRAY_I64, pg_array_i64, item->execution_row);
    BIND_OF(q, back, PG_ARRAY_I64, pg_array_i64, item->job_row);
    BIND_OF(q, back, PG_ARRAY_I64, pg_array_i64, item->fence);
    pg_ask(q);
}

static bool read_ends(struct pg_query *q, const struct part *ends, struct err *err) {
    while (pg_row(q)) {
        struct settling *settling = find(ends, pg_read_i64(q));
        if (!settling) continue;
        settling->moved = true;
        settling->started_at = pg_read_utc(q);
    }
    return pg_end(q, err);
}

static bool read_hand_backs(struct pg_query *q, struct store_tx *tx, const struct part *back,
                            struct err *err) {
    struct arena arena = {0};
    while (pg_row(q)) {
        struct settling *settling = find(back, pg_read_i64(q));
        if (!settling) continue;
        settling->moved = true;
        pg_count_pending(tx, pg_read_text(q, &arena), 1);
    }
    arena_free(&arena);
    return pg_end(q, err);
}

/* ---- what follows for the job ---------------------------------------------------------------- */

static void note_end(struct pg_job_state *job, const struct settlement *item, struct utc started) {
    job->live_count--;
    job->last_executed_at = utc_max(job->last_executed_at, started);
    job->last_execution_status = (int64_t)item->status;
    if (!item->retry) job->last_completed_at = utc_max(job->last_completed_at, item->completed_at);
    if (item->status == EXECUTION_FAILED) job->consecutive_failures++;
    if (item->status != EXECUTION_SUCCEEDED) return;
    job->consecutive_failures = 0;
    job->last_success_at = utc_max(job->last_success_at, item->completed_at);
    durations_add(&job->durations, utc_diff(item->completed_at, started));
}

static void follow(struct store_tx *tx, const struct settling *settling) {
    struct settlement *item = settling->item;
    struct pg_job *job = pg_job_find(tx, item->job_row);
    item->applied = settling->moved && job;
    if (!item->applied) return;
    struct pg_job_state *state = &job->state;
    item->failures_before = state->consecutive_failures;
    item->durations_before = state->durations;
    pg_count_executions(tx, EXECUTION_RUNNING, -1);
    pg_count_executions(tx, item->status, 1);
    if (item->status != EXECUTION_PENDING) {
        pg_count_ended(tx, item->status, settling->started_at, item->completed_at, 1);
        note_end(state, item, settling->started_at);
    }
    if (item->reschedule && state->revision == item->revision) {
        state->next_run_at = item->next_run_at;
        state->wake_at = item->wake_at;
    }
    item->failures_after = state->consecutive_failures;
    item->has_dependants = settling->has_dependants;
    pg_job_settle_status(state);
}

/* ---- a call ---------------------------------------------------------------------------------- */

static bool read_dependants(struct pg_query *q, struct settling *all, size_t count,
                            struct err *err) {
    while (pg_row(q)) {
        int64_t job = pg_read_i64(q);
        for (size_t i = 0; i < count; i++)
            if (all[i].item->job_row == job) all[i].has_dependants = true;
    }
    return pg_end(q, err);
}

static bool move(struct store_tx *tx, const struct part *ends, const struct part *back,
                 struct err *err) {
    struct pg_query end, hand_back;
    if (ends->count > 0) ask_ends(&end, tx, ends);
    if (back->count > 0) ask_hand_backs(&hand_back, tx, back);
    bool ok = ends->count == 0 || read_ends(&end, ends, err);
    if (back->count > 0) ok = read_hand_backs(&hand_back, tx, back, ok ? err : NULL) && ok;
    return ok;
}

/* Items whose executions are all different. */
static bool settle_together(struct store_tx *tx, struct settlement *items, size_t count,
                            struct arena *scratch, struct err *err) {
    int64_t *jobs = ARENA_ARRAY(scratch, count, int64_t);
    struct settling *all = ARENA_ARRAY(scratch, count, struct settling);
    struct new_execution **retries = ARENA_ARRAY(scratch, count, struct new_execution *);
    struct part ends = {.items = ARENA_ARRAY(scratch, count, struct settling *)};
    struct part back = {.items = ARENA_ARRAY(scratch, count, struct settling *)};
    size_t retry_count = 0;
    for (size_t i = 0; i < count; i++) {
        assert(items[i].status != EXECUTION_RUNNING);
        all[i].item = &items[i];
        jobs[i] = items[i].job_row;
        struct part *part = items[i].status == EXECUTION_PENDING ? &back : &ends;
        part->items[part->count++] = &all[i];
    }
    if (ends.count > 0) qsort(ends.items, ends.count, sizeof *ends.items, by_row);
    if (back.count > 0) qsort(back.items, back.count, sizeof *back.items, by_row);
    struct pg_query dependants;
    pg_begin(&dependants, tx, SQL_HAVE_DEPENDANTS);
    pg_i64s(&dependants, jobs, count);
    pg_ask(&dependants);
    bool ok = pg_jobs_lock(tx, jobs, count, err) && move(tx, &ends, &back, err);
    if (!read_dependants(&dependants, all, count, ok ? err : NULL) || !ok) return false;
    for (size_t i = 0; i < count; i++) {
        follow(tx, &all[i]);
        if (items[i].applied && items[i].retry) retries[retry_count++] = items[i].retry;
    }
    if (!pg_executions_add(tx, retries, retry_count, err)) return false;
    pg_jobs_write(tx);
    return true;
}

static int compare_rows(const void *a, const void *b) {
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

/* Does one of them settle an execution twice, or start what another one settles? */
static bool repeats(const struct settlement *items, size_t count, struct arena *scratch) {
    int64_t *rows = ARENA_ARRAY(scratch, count, int64_t);
    for (size_t i = 0; i < count; i++) rows[i] = items[i].execution_row;
    if (count > 1) qsort(rows, count, sizeof *rows, compare_rows);
    for (size_t i = 1; i < count; i++)
        if (rows[i] == rows[i - 1]) return true;
    return false;
}

bool postgres_settle(struct store_tx *tx, struct settlement *items, size_t count, struct err *err) {
    struct arena scratch = {0};
    size_t at_once = repeats(items, count, &scratch) ? 1 : count;
    bool ok = true;
    for (size_t i = 0; ok && i < count; i += at_once)
        ok = settle_together(tx, items + i, at_once, &scratch, err);
    arena_free(&scratch);
    return ok;
}

/* ---- on the way ------------------------------------------------------------------------------ */

#define BIND_FIELD(q, items, count, type, put, field) \
    do { \
        struct pg_array column = pg_array_new((q), (type), (count)); \
        for (size_t at = 0; at < (count); at++) put(&column, (items)[at].field); \
        pg_array_bind((q), &column); \
    } while (0)

bool postgres_execution_progress(struct store_tx *tx, struct execution_progress *items,
                                 size_t count, struct err *err) {
    struct pg_query q;
    pg_begin(&q, tx, SQL_PROGRESS);
    BIND_FIELD(&q, items, count, PG_ARRAY_I64, pg_array_i64, execution_row);
    BIND_FIELD(&q, items, count, PG_ARRAY_I64, pg_array_i64, fence);
    BIND_FIELD(&q, items, count, PG_ARRAY_I64, pg_array_i64, percent);
    BIND_FIELD(&q, items, count, PG_ARRAY_TEXT, pg_array_text, text);
    for (size_t i = 0; i < count; i++) items[i].applied = false;
    while (pg_row(&q)) {
        int64_t row = pg_read_i64(&q);
        for (size_t i = 0; i < count; i++)
            if (items[i].execution_row == row) items[i].applied = true;
    }
    return pg_end(&q, err);
}
