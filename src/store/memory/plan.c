/* plan.c - due jobs, the plan that turns them into executions, and when to look again.
 *
 * A plan item is applied only while revision and wake_at are those it was made from: two nodes that
 * plan the same job at once, or an edit in between, then cannot both be written.
 */
#include "store/memory/memory.h"

#include <assert.h>

static int order_due(const void *a, const void *b, void *context) {
    (void)context;
    const struct job *left = a, *right = b;
    int order = compare_i64(left->wake_at.us, right->wake_at.us);
    return order != 0 ? order : compare_i64(left->row, right->row);
}

bool memory_due_jobs(struct store_tx *tx, struct utc now, int64_t limit, struct arena *arena,
                     struct due_job **ret, size_t *count, struct err *err) {
    (void)err;
    const struct tables *tables = tables_of(tx);
    struct selection found = selection_new(tables, TABLE_JOBS, arena);
    for (size_t i = 0; i < tables_count(tables, TABLE_JOBS); i++) {
        const struct job *job = tables_at(tables, TABLE_JOBS, i);
        if (!utc_before(now, job->wake_at)) selection_add(&found, job);
    }
    selection_sort(&found, order_due, NULL);
    selection_page(&found, 0, limit);
    struct due_job *due = ARENA_ARRAY(arena, found.count, struct due_job);
    for (size_t i = 0; i < found.count; i++) {
        const struct job *job = found.items[i];
        due[i] = (struct due_job){
            .row = job->row,
            .revision = job->revision,
            .wake_at = job->wake_at,
            .next_run_at = job->next_run_at,
            .schedule_from = job->schedule_from,
            .run_count = job->run_count,
            .live_count = job->live_count,
            .last_run_created_at = job->last_run_created_at,
            .starts_workflow = job->starts_workflow,
        };
    }
    *ret = due;
    *count = found.count;
    return true;
}

static void insert_skip(struct tables *tables, const struct skip_range *range) {
    tables_put(tables, TABLE_SKIPS, tables_next_row(tables, TABLE_SKIPS), range);
}

static void advance_job(struct tables *tables, const struct job *old,
                        const struct plan_item *item) {
    struct job job = *old;
    job.next_run_at = item->next_run_at;
    job.wake_at = item->wake_at;
    job.schedule_from = item->schedule_from;
    job.run_count = item->run_count;
    if (item->resume) {
        job.is_paused = false;
        job.paused_until = UTC_NONE;
        job.revision++;
    }
    tables_put(tables, TABLE_JOBS, job.row, &job);
}

static bool apply_item(struct tables *tables, struct plan_item *item, struct err *err) {
    const struct job *job = tables_get(tables, TABLE_JOBS, item->job_row);
    item->applied =
        job && job->revision == item->revision && utc_equal(job->wake_at, item->old_wake_at);
    if (!item->applied) return true;
    advance_job(tables, job, item);
    for (size_t i = 0; i < item->execution_count; i++) {
        assert(item->executions[i].job_row == item->job_row);
        if (!execution_insert(tables, &item->executions[i], err)) return false;
    }
    for (size_t i = 0; i < item->skip_count; i++) {
        assert(item->skips[i].job_row == item->job_row);
        insert_skip(tables, &item->skips[i]);
    }
    return true;
}

bool memory_plan_apply(struct store_tx *tx, struct plan_item *items, size_t count,
                       struct err *err) {
    struct tables *tables = tables_to_change(tx);
    for (size_t i = 0; i < count; i++)
        if (!apply_item(tables, &items[i], err)) return false;
    return true;
}

bool memory_wake_times(struct store_tx *tx, struct wake_times *ret, struct err *err) {
    (void)err;
    const struct tables *tables = tables_of(tx);
    struct wake_times times = {UTC_NEVER, UTC_NEVER, UTC_NEVER};
    for (size_t i = 0; i < tables_count(tables, TABLE_JOBS); i++) {
        const struct job *job = tables_at(tables, TABLE_JOBS, i);
        times.job = utc_min(times.job, job->wake_at);
    }
    for (size_t i = 0; i < tables_count(tables, TABLE_EXECUTIONS); i++) {
        const struct execution *execution = tables_at(tables, TABLE_EXECUTIONS, i);
        if (execution->status == EXECUTION_PENDING)
            times.pending = utc_min(times.pending, execution->available_at);
    }
    for (size_t i = 0; i < tables_count(tables, TABLE_WATCHES); i++) {
        const struct watch *watch = tables_at(tables, TABLE_WATCHES, i);
        times.watch = utc_min(times.watch, watch->check_at);
    }
    *ret = times;
    return true;
}

/* ---- the ledger of skipped due times --------------------------------------------------------- */

static int order_skips(const void *a, const void *b, void *context) {
    (void)context;
    const struct skip_range *left = a, *right = b;
    int order = compare_i64(left->from.us, right->from.us);
    return order != 0 ? order : compare_i64(left->to.us, right->to.us);
}

bool memory_skips(struct store_tx *tx, int64_t job_row, struct utc from, struct utc to,
                  struct arena *arena, struct skip_range **ret, size_t *count, struct err *err) {
    (void)err;
    const struct tables *tables = tables_of(tx);
    struct selection found = selection_new(tables, TABLE_SKIPS, arena);
    for (size_t i = 0; i < tables_count(tables, TABLE_SKIPS); i++) {
        const struct skip_range *skip = tables_at(tables, TABLE_SKIPS, i);
        /* The range holds the due times in (skip->from, skip->to]; is one of them in [from, to]? */
        if (skip->job_row == job_row && !utc_before(skip->to, from) && utc_before(skip->from, to))
            selection_add(&found, skip);
    }
    selection_sort(&found, order_skips, NULL);
    struct skip_range *skips = ARENA_ARRAY(arena, found.count, struct skip_range);
    for (size_t i = 0; i < found.count; i++) skips[i] = *(const struct skip_range *)found.items[i];
    *ret = skips;
    *count = found.count;
    return true;
}

bool memory_skip_insert(struct store_tx *tx, const struct skip_range *range, struct err *err) {
    struct tables *tables = tables_to_change(tx);
    if (!tables_get(tables, TABLE_JOBS, range->job_row))
        return err_set(err, ERR_NOT_FOUND, "there is no such job");
    insert_skip(tables, range);
    return true;
}
