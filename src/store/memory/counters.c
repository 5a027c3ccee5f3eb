/* counters.c - timeline and totals, recounted from the executions each time: what the counters that
 * other back ends keep are compared with.
 */
#include "store/memory/memory.h"

enum { US_PER_MINUTE = 60 * 1000000 };

static int64_t minute_of(struct utc t) {
    int64_t minute = t.us / US_PER_MINUTE;
    return t.us % US_PER_MINUTE < 0 ? minute - 1 : minute;
}

bool memory_timeline(struct store_tx *tx, struct utc from, int64_t bucket_minutes, size_t count,
                     struct timeline_bucket *ret, struct err *err) {
    if (bucket_minutes < 1) return err_set(err, ERR_INVALID, "a bucket is a minute or longer");
    const struct tables *tables = tables_of(tx);
    int64_t first = minute_of(from);
    for (size_t i = 0; i < count; i++)
        ret[i] = (struct timeline_bucket){
            .start = {(first + (int64_t)i * bucket_minutes) * US_PER_MINUTE}};
    for (size_t i = 0; i < tables_count(tables, TABLE_EXECUTIONS); i++) {
        const struct execution *execution = tables_at(tables, TABLE_EXECUTIONS, i);
        if (execution->status == EXECUTION_PENDING) continue;
        bool running = execution->status == EXECUTION_RUNNING;
        int64_t minute = minute_of(running ? execution->started_at : execution->completed_at);
        if (minute < first || (minute - first) / bucket_minutes >= (int64_t)count) continue;
        struct timeline_bucket *bucket = &ret[(minute - first) / bucket_minutes];
        switch (execution->status) {
        case EXECUTION_RUNNING: bucket->running++; break;
        case EXECUTION_SUCCEEDED: bucket->succeeded++; break;
        case EXECUTION_FAILED: bucket->failed++; break;
        case EXECUTION_CANCELLED: bucket->cancelled++; break;
        case EXECUTION_PENDING: break;
        }
    }
    return true;
}

bool memory_totals(struct store_tx *tx, struct totals *ret, struct err *err) {
    (void)err;
    const struct tables *tables = tables_of(tx);
    struct totals totals = {0};
    for (size_t i = 0; i < tables_count(tables, TABLE_JOBS); i++) {
        const struct job *job = tables_at(tables, TABLE_JOBS, i);
        if (job->is_deleted) continue;
        totals.jobs++;
        if (job->is_enabled && !job->is_paused) totals.jobs_enabled++;
    }
    for (size_t i = 0; i < tables_count(tables, TABLE_EXECUTIONS); i++) {
        const struct execution *execution = tables_at(tables, TABLE_EXECUTIONS, i);
        totals.executions++;
        switch (execution->status) {
        case EXECUTION_PENDING: totals.pending++; break;
        case EXECUTION_RUNNING: totals.running++; break;
        case EXECUTION_SUCCEEDED: totals.succeeded++; break;
        case EXECUTION_FAILED: totals.failed++; break;
        case EXECUTION_CANCELLED: totals.cancelled++; break;
        }
    }
    *ret = totals;
    return true;
}
