/* pg_counters.c - timeline, totals, queues and due jobs, read: sums of rows that were kept as
 * things happened. In a write, what it has counted is written first.
 *
 * The timeline is kept by minutes, hours and days. Buckets of whole hours or days, from a whole one
 * on, are read from those; one long bucket that begins and ends anywhere is put together from its
 * days, the hours beside them and the minutes at both ends.
 */
#include "store/postgres/pg_counts.h"
#include "store/postgres/pg_tables.h"

enum { US_PER_MINUTE = 60 * 1000000, HOUR = 60, DAY = 1440 };

bool postgres_totals(struct store_tx *tx, struct totals *ret, struct err *err) {
    if (!pg_counts_flush(tx, err)) return false;
    struct pg_query q;
    struct totals totals = {0};
    pg_begin(&q, tx, SQL_TOTALS);
    if (pg_row(&q)) {
        totals.jobs = pg_read_i64(&q);
        totals.jobs_enabled = pg_read_i64(&q);
        totals.pending = pg_read_i64(&q);
        totals.running = pg_read_i64(&q);
        totals.succeeded = pg_read_i64(&q);
        totals.failed = pg_read_i64(&q);
        totals.cancelled = pg_read_i64(&q);
        for (size_t i = JOB_ACTIVE; i <= JOB_DELETED; i++)
            totals.jobs_by_status[i] = pg_read_i64(&q);
    }
    if (!pg_end(&q, err)) return false;
    totals.executions =
        totals.pending + totals.running + totals.succeeded + totals.failed + totals.cancelled;
    *ret = totals;
    return true;
}

/* ---- timeline -------------------------------------------------------------------------------- */

/* Rows of one span, `first` to before `behind`; each `length` of them make a bucket. */
struct piece {
    int64_t span, first, behind, length;
};

struct pieces {
    struct piece items[8];
    size_t count;
};

static int64_t floor_div(int64_t number, int64_t by) {
    return number / by - (number % by < 0);
}

static int64_t ceiling_div(int64_t number, int64_t by) {
    return -floor_div(-number, by);
}

/* The minutes first to before behind, all of them one bucket. */
static void cut_one(struct pieces *pieces, int64_t span, int64_t first, int64_t behind) {
    if (first >= behind) return;
    const int64_t smaller = span == DAY ? HOUR : 1;
    int64_t from = ceiling_div(first, span), to = floor_div(behind, span);
    if (from >= to) {
        cut_one(pieces, smaller, first, behind);
        return;
    }
    pieces->items[pieces->count++] = (struct piece){span, from, to, to - from};
    cut_one(pieces, smaller, first, from * span);
    cut_one(pieces, smaller, to * span, behind);
}

static struct pieces cut(int64_t first, int64_t behind, int64_t bucket_minutes) {
    struct pieces pieces = {.count = 0};
    if (behind - first == bucket_minutes) {
        cut_one(&pieces, DAY, first, behind);
        return pieces;
    }
    int64_t span = 1;
    if (first % HOUR == 0 && bucket_minutes % HOUR == 0) span = HOUR;
    if (first % DAY == 0 && bucket_minutes % DAY == 0) span = DAY;
    pieces.items[pieces.count++] =
        (struct piece){span, first / span, behind / span, bucket_minutes / span};
    return pieces;
}

static void bind_pieces(struct pg_query *q, const struct pieces *pieces) {
    int64_t spans[COUNT_OF(pieces->items)], firsts[COUNT_OF(pieces->items)],
        behinds[COUNT_OF(pieces->items)], lengths[COUNT_OF(pieces->items)],
        buckets[COUNT_OF(pieces->items)] = {0};
    for (size_t i = 0; i < pieces->count; i++) {
        spans[i] = pieces->items[i].span;
        firsts[i] = pieces->items[i].first;
        behinds[i] = pieces->items[i].behind;
        lengths[i] = pieces->items[i].length;
    }
    pg_i64s(q, spans, pieces->count);
    pg_i64s(q, firsts, pieces->count);
    pg_i64s(q, behinds, pieces->count);
    pg_i64s(q, lengths, pieces->count);
    pg_i64s(q, buckets, pieces->count);
}

bool postgres_timeline(struct store_tx *tx, struct utc from, int64_t bucket_minutes, size_t count,
                       struct timeline_bucket *ret, struct err *err) {
    if (bucket_minutes < 1) return err_set(err, ERR_INVALID, "a bucket is a minute or longer");
    if (!pg_counts_flush(tx, err)) return false;
    const int64_t first = floor_div(from.us, US_PER_MINUTE);
    const int64_t behind = first + (int64_t)count * bucket_minutes;
    const struct pieces pieces = cut(first, behind, bucket_minutes);
    struct pg_query ended, running;
    pg_begin(&ended, tx, SQL_TIMELINE);
    bind_pieces(&ended, &pieces);
    pg_ask(&ended);
    pg_begin(&running, tx, SQL_TIMELINE_RUNNING);
    pg_i64(&running, first);
    pg_i64(&running, behind);
    pg_i64(&running, bucket_minutes);
    pg_ask(&running);
    for (size_t i = 0; i < count; i++)
        ret[i] = (struct timeline_bucket){
            .start = {(first + (int64_t)i * bucket_minutes) * US_PER_MINUTE}};
    while (pg_row(&ended)) {
        struct timeline_bucket *bucket = &ret[pg_read_i64(&ended)];
        bucket->succeeded = pg_read_i64(&ended);
        bucket->failed = pg_read_i64(&ended);
        bucket->cancelled = pg_read_i64(&ended);
        bucket->duration_us = pg_read_i64(&ended);
    }
    while (pg_row(&running)) {
        struct timeline_bucket *bucket = &ret[pg_read_i64(&running)];
        bucket->running = pg_read_i64(&running);
    }
    bool ok = pg_end(&ended, err);
    return pg_end(&running, ok ? err : NULL) && ok;
}

/* ---- jobs by the minute of their next run, queues -------------------------------------------- */

bool postgres_jobs_due(struct store_tx *tx, struct utc before, int64_t *ret, struct err *err) {
    if (!pg_counts_flush(tx, err)) return false;
    struct pg_query q;
    pg_begin(&q, tx, SQL_JOBS_DUE);
    pg_i64(&q, before.us > 0 ? (before.us - 1) / US_PER_MINUTE + 1 : 0);
    return pg_number(&q, ret, err);
}

bool postgres_queues(struct store_tx *tx, struct arena *arena, struct queue_figures **ret,
                     size_t *count, struct err *err) {
    if (!pg_counts_flush(tx, err)) return false;
    struct pg_query q;
    pg_begin(&q, tx, SQL_QUEUES);
    size_t found = 0;
    struct queue_figures *queues = ARENA_ARRAY(arena, pg_rows(&q), struct queue_figures);
    while (pg_row(&q)) {
        struct queue_figures *queue = &queues[found++];
        queue->name = pg_read_text(&q, arena);
        queue->pending = pg_read_i64(&q);
        queue->oldest = pg_read_utc(&q);
    }
    if (!pg_end(&q, err)) return false;
    *ret = queues;
    *count = found;
    return true;
}
