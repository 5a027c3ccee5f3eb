/* counters.c - timeline, totals, queues and due jobs, read from the rows that writer.c keeps.
 *
 * Inside a writing transaction the counts of the group at hand are not in the file yet; they are
 * added to what it says.
 */
#include "store/sqlite/tables.h"
#include "store/sqlite/writer.h"

enum { US_PER_MINUTE = 60 * 1000000 };

/* ---- totals ---------------------------------------------------------------------------------- */

bool sqlite_totals(struct store_tx *tx, struct totals *ret, struct err *err) {
    struct totals totals = {0};
    struct query q = query_begin(tx, SQL_TOTALS_GET);
    if (query_row(&q)) {
        totals.jobs = read_i64(&q);
        totals.jobs_enabled = read_i64(&q);
        totals.executions = read_i64(&q);
        totals.pending = read_i64(&q);
        totals.running = read_i64(&q);
        totals.succeeded = read_i64(&q);
        totals.failed = read_i64(&q);
        totals.cancelled = read_i64(&q);
        for (size_t i = JOB_ACTIVE; i <= JOB_DELETED; i++) totals.jobs_by_status[i] = read_i64(&q);
    }
    if (!query_end(&q, err)) return false;
    if (writer_of(tx)) {
        totals_sum(&totals, &writer_of(tx)->group.totals);
        totals_sum(&totals, &writer_of(tx)->write.totals);
    }
    *ret = totals;
    return true;
}

/* ---- timeline -------------------------------------------------------------------------------- */

struct range {
    int64_t first, end; // minutes; end is behind the last
    int64_t bucket_minutes;
};

static void bind_range(struct query *q, const struct range *range) {
    query_i64(q, range->first);
    query_i64(q, range->bucket_minutes);
    query_i64(q, range->end);
}

/* Adds the rows of a length that lie in the range to their buckets. `span` is 1, 60 or 1440
 * minutes, and everything in the range a multiple of it. */
static bool add_rows(struct store_tx *tx, int64_t span, const struct range *range,
                     struct timeline_bucket *buckets, struct err *err) {
    struct query q = query_begin(tx, span == 1 ? SQL_TIMELINE_GET : SQL_TIMELINE_GET_LONG);
    query_i64(&q, range->first / span);
    query_i64(&q, range->bucket_minutes / span);
    if (span > 1) query_i64(&q, span);
    query_i64(&q, range->end / span);
    while (query_row(&q)) {
        struct timeline_bucket *bucket = &buckets[read_i64(&q)];
        bucket->succeeded += read_i64(&q);
        bucket->failed += read_i64(&q);
        bucket->cancelled += read_i64(&q);
        bucket->duration_us += read_i64(&q);
    }
    return query_end(&q, err);
}

static int64_t multiple_from(int64_t minute, int64_t span) {
    return (minute + span - 1) / span * span;
}

/* One bucket that begins and ends anywhere: its whole days, the whole hours beside them, and the
 * minutes at both ends. */
static bool add_one(struct store_tx *tx, int64_t span, int64_t first, int64_t end,
                    struct timeline_bucket *bucket, struct err *err) {
    const int64_t smaller = span == MINUTES_A_DAY ? MINUTES_AN_HOUR : 1;
    if (first >= end) return true;
    int64_t from = multiple_from(first, span), to = end / span * span;
    if (from >= to) return add_one(tx, smaller, first, end, bucket, err);
    const struct range whole = {.first = from, .end = to, .bucket_minutes = to - from};
    return add_rows(tx, span, &whole, bucket, err) &&
           add_one(tx, smaller, first, from, bucket, err) &&
           add_one(tx, smaller, to, end, bucket, err);
}

static bool read_ended(struct store_tx *tx, const struct range *range,
                       struct timeline_bucket *buckets, struct err *err) {
    static const int64_t spans[] = {MINUTES_A_DAY, MINUTES_AN_HOUR};
    if (range->first < 0) return add_rows(tx, 1, range, buckets, err);
    if (range->end - range->first == range->bucket_minutes)
        return add_one(tx, spans[0], range->first, range->end, buckets, err);
    for (size_t i = 0; i < COUNT_OF(spans); i++)
        if (range->first % spans[i] == 0 && range->bucket_minutes % spans[i] == 0)
            return add_rows(tx, spans[i], range, buckets, err);
    return add_rows(tx, 1, range, buckets, err);
}

static bool read_running(struct store_tx *tx, const struct range *range,
                         struct timeline_bucket *buckets, struct err *err) {
    struct query q = query_begin(tx, SQL_TIMELINE_RUNNING);
    bind_range(&q, range);
    while (query_row(&q)) {
        struct timeline_bucket *bucket = &buckets[read_i64(&q)];
        bucket->running = read_i64(&q);
    }
    return query_end(&q, err);
}

static void add_unsaved(const struct counts *counts, const struct range *range,
                        struct timeline_bucket *buckets) {
    for (size_t i = 0; i < counts->minute_count; i++) {
        const struct minute_counts *minute = &counts->minutes[i];
        if (minute->minute < range->first || minute->minute >= range->end) continue;
        struct timeline_bucket *bucket =
            &buckets[(minute->minute - range->first) / range->bucket_minutes];
        bucket->succeeded += minute->succeeded;
        bucket->failed += minute->failed;
        bucket->cancelled += minute->cancelled;
        bucket->duration_us += minute->duration_us;
    }
}

bool sqlite_timeline(struct store_tx *tx, struct utc from, int64_t bucket_minutes, size_t count,
                     struct timeline_bucket *ret, struct err *err) {
    if (bucket_minutes < 1) return err_set(err, ERR_INVALID, "a bucket is a minute or longer");
    int64_t first = from.us / US_PER_MINUTE - (from.us % US_PER_MINUTE < 0);
    const struct range range = {
        .first = first,
        .end = first + (int64_t)count * bucket_minutes,
        .bucket_minutes = bucket_minutes,
    };
    for (size_t i = 0; i < count; i++)
        ret[i] = (struct timeline_bucket){
            .start = {(first + (int64_t)i * bucket_minutes) * US_PER_MINUTE}};
    if (!read_ended(tx, &range, ret, err) || !read_running(tx, &range, ret, err)) return false;
    if (writer_of(tx)) {
        add_unsaved(&writer_of(tx)->group, &range, ret);
        add_unsaved(&writer_of(tx)->write, &range, ret);
    }
    return true;
}

bool sqlite_running_room(struct store_tx *tx, int64_t cap, int64_t *ret, struct err *err) {
    struct totals totals;
    if (!sqlite_totals(tx, &totals, err)) return false;
    *ret = totals.running < cap ? cap - totals.running : 0;
    return true;
}

/* ---- jobs by the minute of their next run ---------------------------------------------------- */

static int64_t sum_before(const struct tally *due, int64_t end) {
    int64_t sum = 0;
    for (size_t i = 0; i < due->count; i++)
        if (due->entries[i].key < end) sum += due->entries[i].change;
    return sum;
}

bool sqlite_jobs_due(struct store_tx *tx, struct utc before, int64_t *ret, struct err *err) {
    int64_t due, end = before.us > 0 ? (before.us - 1) / US_PER_MINUTE + 1 : 0;
    struct query q = query_begin(tx, SQL_DUE_MINUTES_SUM);
    query_i64(&q, end);
    if (!number_of_query(&q, &due, err)) return false;
    if (writer_of(tx))
        due +=
            sum_before(&writer_of(tx)->group.due, end) + sum_before(&writer_of(tx)->write.due, end);
    *ret = due;
    return true;
}

/* ---- queues ---------------------------------------------------------------------------------- */

bool sqlite_queues(struct store_tx *tx, struct arena *arena, struct queue_figures **ret,
                   size_t *count, struct err *err) {
    size_t found = 0, room = 0;
    struct queue_figures *queues = ARENA_ARRAY(arena, 0, struct queue_figures);
    struct query q = query_begin(tx, writer_of(tx) ? SQL_QUEUES_COUNTED : SQL_QUEUES);
    while (query_row(&q)) {
        if (found == room) {
            room = room ? room * 2 : 16;
            struct queue_figures *larger = ARENA_ARRAY(arena, room, struct queue_figures);
            memcpy(larger, queues, found * sizeof *queues);
            queues = larger;
        }
        struct queue_figures *queue = &queues[found++];
        queue->name = read_text(&q, arena);
        queue->pending = read_i64(&q);
        queue->oldest = read_utc(&q);
    }
    if (!query_end(&q, err)) return false;
    *ret = queues;
    *count = found;
    return true;
}
