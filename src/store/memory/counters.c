/* counters.c - timeline and totals, recounted from the executions each time: what the counters that
 * other back ends keep are compared with.
 */
#include "store/memory/memory.h"

enum { US_PER_MINUTE = 60 * 1000000 };

static int64_t minute_of(struct utc t) {
    int64_t minute = t.us / US_PER_MINUTE;
    return t.us % US_PER_MINUTE < 0 ? minute - 1 : minute;
}

/* How long a Succeeded or Failed one ran; a clock that was set back makes that nothing, not less.
 */
static int64_t execution_duration(const struct execution *execution) {
    if (execution->status != EXECUTION_SUCCEEDED && execution->status != EXECUTION_FAILED) return 0;
    int64_t us = utc_diff(execution->completed_at, execution->started_at).us;
    return us > 0 ? us : 0;
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
        bucket->duration_us += execution_duration(execution);
    }
    return true;
}

bool memory_totals(struct store_tx *tx, struct totals *ret, struct err *err) {
    (void)err;
    const struct tables *tables = tables_of(tx);
    struct totals totals = {0};
    for (size_t i = 0; i < tables_count(tables, TABLE_JOBS); i++) {
        const struct job *job = tables_at(tables, TABLE_JOBS, i);
        totals.jobs_by_status[job_current_status(job)]++;
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

bool memory_running_room(struct store_tx *tx, int64_t cap, int64_t *ret, struct err *err) {
    struct totals totals;
    if (!memory_totals(tx, &totals, err)) return false;
    *ret = totals.running < cap ? cap - totals.running : 0;
    return true;
}

bool memory_jobs_due(struct store_tx *tx, struct utc before, int64_t *ret, struct err *err) {
    (void)err;
    const struct tables *tables = tables_of(tx);
    int64_t due = 0;
    for (size_t i = 0; i < tables_count(tables, TABLE_JOBS); i++) {
        const struct job *job = tables_at(tables, TABLE_JOBS, i);
        if (utc_is_never(job->next_run_at)) continue;
        struct utc start = {minute_of(job->next_run_at) * US_PER_MINUTE};
        if (utc_before(start, before)) due++;
    }
    *ret = due;
    return true;
}

/* ---- queues ---------------------------------------------------------------------------------- */

static int order_by_queue(const void *a, const void *b, void *context) {
    (void)context;
    const struct execution *left = a, *right = b;
    return str_compare(left->queue, right->queue);
}

bool memory_queues(struct store_tx *tx, struct arena *arena, struct queue_figures **ret,
                   size_t *count, struct err *err) {
    (void)err;
    const struct tables *tables = tables_of(tx);
    struct selection pending = selection_new(tables, TABLE_EXECUTIONS, arena);
    for (size_t i = 0; i < tables_count(tables, TABLE_EXECUTIONS); i++) {
        const struct execution *execution = tables_at(tables, TABLE_EXECUTIONS, i);
        if (execution->status == EXECUTION_PENDING) selection_add(&pending, execution);
    }
    selection_sort(&pending, order_by_queue, NULL);
    struct queue_figures *queues = ARENA_ARRAY(arena, pending.count, struct queue_figures);
    size_t found = 0;
    for (size_t i = 0; i < pending.count; i++) {
        const struct execution *execution = pending.items[i];
        if (found == 0 || !str_equal(queues[found - 1].name, execution->queue))
            queues[found++] = (struct queue_figures){.name = arena_copy(arena, execution->queue),
                                                     .oldest = UTC_NEVER};
        struct queue_figures *queue = &queues[found - 1];
        queue->pending++;
        queue->oldest = utc_min(queue->oldest, execution->available_at);
    }
    *ret = queues;
    *count = found;
    return true;
}
