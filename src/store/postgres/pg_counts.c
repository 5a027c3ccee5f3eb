/* pg_counts.c - see pg_counts.h. Changes are appended as they come and added up by key when they
 * are written, as one statement cannot change one row twice.
 */
#include "store/postgres/pg_counts.h"

#include "store/postgres/pg_writer.h"

#include <stdlib.h>
#include <string.h>

enum { US_PER_MINUTE = 60 * 1000000, MINUTES_AN_HOUR = 60, MINUTES_A_DAY = 1440 };

static struct pg_counts *counts_of(struct store_tx *tx) {
    return &pg_writer_of(tx)->counts;
}

static int64_t floor_div(int64_t a, int64_t b) {
    return a / b - (a % b < 0);
}

/* ---- counting -------------------------------------------------------------------------------- */

/* The amounts of the key's latest change of this write, to be added to. */
static int64_t *add(struct pg_changes *changes, int64_t key, struct str queue,
                    struct arena *names) {
    size_t from = changes->kept > changes->flushed ? changes->kept : changes->flushed;
    if (changes->count > from) {
        struct pg_change *last = &changes->items[changes->count - 1];
        if (last->key == key && str_equal(last->queue, queue)) return last->amounts;
    }
    if (changes->count == changes->room) {
        changes->room = changes->room ? changes->room * 2 : 64;
        changes->items = xreallocarray(changes->items, changes->room, sizeof *changes->items);
    }
    changes->items[changes->count] =
        (struct pg_change){.key = key, .queue = names ? arena_copy(names, queue) : STR_NONE};
    return changes->items[changes->count++].amounts;
}

void pg_count_executions(struct store_tx *tx, enum execution_status status, int64_t change) {
    struct totals *totals = &counts_of(tx)->write;
    switch (status) {
    case EXECUTION_PENDING: totals->pending += change; break;
    case EXECUTION_RUNNING: totals->running += change; break;
    case EXECUTION_SUCCEEDED: totals->succeeded += change; break;
    case EXECUTION_FAILED: totals->failed += change; break;
    case EXECUTION_CANCELLED: totals->cancelled += change; break;
    }
}

void pg_count_minute(struct store_tx *tx, enum execution_status status, int64_t minute,
                     int64_t duration_us, int64_t change) {
    if (!execution_has_ended(status)) return;
    int64_t *amounts = add(&counts_of(tx)->minutes, minute, STR_NONE, NULL);
    amounts[status == EXECUTION_SUCCEEDED ? 0 : status == EXECUTION_FAILED ? 1 : 2] += change;
    if (status != EXECUTION_CANCELLED) amounts[3] += duration_us;
}

void pg_count_ended(struct store_tx *tx, enum execution_status status, struct utc started,
                    struct utc ended, int64_t change) {
    int64_t us = utc_diff(ended, started).us;
    pg_count_minute(tx, status, floor_div(ended.us, US_PER_MINUTE), us > 0 ? us * change : 0,
                    change);
}

void pg_count_pending(struct store_tx *tx, struct str queue, int64_t change) {
    struct pg_counts *counts = counts_of(tx);
    add(&counts->queues, 0, str_is_absent(queue) ? STR("") : queue, &counts->names)[0] += change;
}

void pg_count_jobs(struct store_tx *tx, enum job_status status, int64_t change) {
    struct pg_writer *writer = pg_writer_of(tx);
    writer->write_changed_jobs = true;
    struct totals *totals = &writer->counts.write;
    totals->jobs_by_status[status] += change;
    if (status != JOB_DELETED) totals->jobs += change;
    if (status != JOB_DELETED && status != JOB_DISABLED && status != JOB_PAUSED)
        totals->jobs_enabled += change;
}

void pg_count_due(struct store_tx *tx, struct utc next_run_at, int64_t change) {
    if (utc_is_never(next_run_at)) return;
    add(&counts_of(tx)->due, floor_div(next_run_at.us, US_PER_MINUTE), STR_NONE, NULL)[0] += change;
}

/* ---- writing --------------------------------------------------------------------------------- */

static void totals_add(struct totals *sum, const struct totals *more, int64_t sign) {
    sum->jobs += sign * more->jobs;
    sum->jobs_enabled += sign * more->jobs_enabled;
    for (size_t i = 0; i < COUNT_OF(sum->jobs_by_status); i++)
        sum->jobs_by_status[i] += sign * more->jobs_by_status[i];
    sum->pending += sign * more->pending;
    sum->running += sign * more->running;
    sum->succeeded += sign * more->succeeded;
    sum->failed += sign * more->failed;
    sum->cancelled += sign * more->cancelled;
}

static void write_totals(struct store_tx *tx, const struct totals *totals) {
    const struct pg_writer *writer = pg_writer_of(tx);
    struct pg_query q;
    pg_begin(&q, tx, SQL_COUNTERS_ADD);
    pg_i64(&q, writer->slot);
    pg_i64(&q, totals->jobs);
    pg_i64(&q, totals->jobs_enabled);
    for (int status = JOB_ACTIVE; status <= JOB_DELETED; status++)
        pg_i64(&q, totals->jobs_by_status[status]);
    pg_i64(&q, totals->pending);
    pg_i64(&q, totals->running);
    pg_i64(&q, totals->succeeded);
    pg_i64(&q, totals->failed);
    pg_i64(&q, totals->cancelled);
    pg_post(&q);
}

static int by_key(const void *a, const void *b) {
    const struct pg_change *left = a, *right = b;
    if (left->key != right->key) return left->key < right->key ? -1 : 1;
    return str_compare(left->queue, right->queue);
}

/* The changes from `flushed` on, added up by key / unit; those that come to nothing are left out.
 */
static struct pg_change *sum_up(const struct pg_changes *changes, int64_t unit, size_t *count) {
    size_t all = changes->count - changes->flushed, found = 0;
    struct pg_change *sums = xmalloc((all + 1) * sizeof *sums);
    for (size_t i = 0; i < all; i++) {
        sums[i] = changes->items[changes->flushed + i];
        sums[i].key = floor_div(sums[i].key, unit);
    }
    qsort(sums, all, sizeof *sums, by_key);
    for (size_t i = 0; i < all; i++) {
        if (found > 0 && by_key(&sums[found - 1], &sums[i]) == 0)
            for (size_t j = 0; j < 4; j++) sums[found - 1].amounts[j] += sums[i].amounts[j];
        else
            sums[found++] = sums[i];
    }
    size_t kept = 0;
    for (size_t i = 0; i < found; i++) {
        const int64_t *amounts = sums[i].amounts;
        if (amounts[0] | amounts[1] | amounts[2] | amounts[3]) sums[kept++] = sums[i];
    }
    *count = kept;
    return sums;
}

static void bind_amounts(struct pg_query *q, const struct pg_change *sums, size_t count,
                         size_t which) {
    struct pg_array array = pg_array_new(q, PG_ARRAY_I64, count);
    for (size_t i = 0; i < count; i++) pg_array_i64(&array, sums[i].amounts[which]);
    pg_array_bind(q, &array);
}

static void bind_keys(struct pg_query *q, const struct pg_change *sums, size_t count) {
    struct pg_array array = pg_array_new(q, PG_ARRAY_I64, count);
    for (size_t i = 0; i < count; i++) pg_array_i64(&array, sums[i].key);
    pg_array_bind(q, &array);
}

static void write_timeline(struct store_tx *tx, int64_t span) {
    size_t count;
    struct pg_change *sums = sum_up(&counts_of(tx)->minutes, span, &count);
    if (count > 0) {
        struct pg_query q;
        pg_begin(&q, tx, SQL_TIMELINE_ADD);
        pg_i64(&q, pg_writer_of(tx)->slot);
        pg_i64(&q, span);
        bind_keys(&q, sums, count);
        for (size_t i = 0; i < 4; i++) bind_amounts(&q, sums, count, i);
        pg_post(&q);
    }
    bool less = false;
    for (size_t i = 0; i < count; i++)
        less = less || sums[i].amounts[0] < 0 || sums[i].amounts[1] < 0 || sums[i].amounts[2] < 0;
    if (less) {
        struct pg_query q;
        pg_begin(&q, tx, SQL_TIMELINE_DROP_EMPTY);
        pg_i64(&q, pg_writer_of(tx)->slot);
        pg_i64(&q, span);
        bind_keys(&q, sums, count);
        pg_post(&q);
    }
    free(sums);
}

static void write_due(struct store_tx *tx) {
    size_t count;
    struct pg_change *sums = sum_up(&counts_of(tx)->due, 1, &count);
    struct pg_query q;
    if (count > 0) {
        pg_begin(&q, tx, SQL_DUE_MINUTES_ADD);
        pg_i64(&q, pg_writer_of(tx)->slot);
        bind_keys(&q, sums, count);
        bind_amounts(&q, sums, count, 0);
        pg_post(&q);
        pg_begin(&q, tx, SQL_DUE_MINUTES_DROP_EMPTY);
        pg_i64(&q, pg_writer_of(tx)->slot);
        bind_keys(&q, sums, count);
        pg_post(&q);
    }
    free(sums);
}

static void write_queues(struct store_tx *tx) {
    size_t count;
    struct pg_change *sums = sum_up(&counts_of(tx)->queues, 1, &count);
    if (count > 0) {
        struct pg_query q;
        pg_begin(&q, tx, SQL_QUEUE_COUNTS_ADD);
        pg_i64(&q, pg_writer_of(tx)->slot);
        struct pg_array names = pg_array_new(&q, PG_ARRAY_TEXT, count);
        for (size_t i = 0; i < count; i++) pg_array_text(&names, sums[i].queue);
        pg_array_bind(&q, &names);
        bind_amounts(&q, sums, count, 0);
        pg_post(&q);
    }
    free(sums);
}

bool pg_counts_flush(struct store_tx *tx, struct err *err) {
    (void)err; // what goes wrong is told by the next wait
    if (!pg_connection_of(tx)->writer) return true;
    struct pg_counts *counts = counts_of(tx);
    struct totals totals = counts->group;
    totals_add(&totals, &counts->write, 1);
    totals_add(&totals, &counts->flushed, -1);
    write_totals(tx, &totals);
    totals_add(&counts->flushed, &totals, 1);
    write_timeline(tx, 1);
    write_timeline(tx, MINUTES_AN_HOUR);
    write_timeline(tx, MINUTES_A_DAY);
    write_due(tx);
    write_queues(tx);
    counts->minutes.flushed = counts->minutes.count;
    counts->due.flushed = counts->due.count;
    counts->queues.flushed = counts->queues.count;
    return true;
}

/* ---- the life of a write --------------------------------------------------------------------- */

static void keep(struct pg_changes *changes) {
    if (changes->flushed > 0) {
        changes->count -= changes->flushed;
        memmove(changes->items, changes->items + changes->flushed,
                changes->count * sizeof *changes->items);
        changes->flushed = 0;
    }
    changes->kept = changes->count;
}

static void undo(struct pg_changes *changes) {
    changes->count = changes->kept;
    changes->flushed = 0;
}

void pg_counts_keep_write(struct pg_counts *counts) {
    totals_add(&counts->group, &counts->write, 1);
    totals_add(&counts->group, &counts->flushed, -1);
    counts->write = counts->flushed = (struct totals){0};
    keep(&counts->minutes);
    keep(&counts->due);
    keep(&counts->queues);
}

void pg_counts_undo_write(struct pg_counts *counts) {
    counts->write = counts->flushed = (struct totals){0};
    undo(&counts->minutes);
    undo(&counts->due);
    undo(&counts->queues);
}

void pg_counts_reset(struct pg_counts *counts) {
    counts->group = (struct totals){0};
    counts->minutes.kept = counts->due.kept = counts->queues.kept = 0;
    pg_counts_undo_write(counts);
    arena_reset(&counts->names);
}

void pg_counts_free(struct pg_counts *counts) {
    free(counts->minutes.items);
    free(counts->due.items);
    free(counts->queues.items);
    arena_free(&counts->names);
}
