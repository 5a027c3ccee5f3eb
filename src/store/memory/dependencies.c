/* dependencies.c - jobs that depend on others, runs that wait for them, and groups of jobs of which
 * only some may run. All of it is looked up in the rows each time.
 */
#include "model/dependencies.h"
#include "store/memory/memory.h"

bool check_dependencies(const struct job *job, struct err *err) {
    struct arena arena = {0};
    struct dependencies dependencies;
    bool ok = dependencies_parse(job->dependencies, &arena, &dependencies, err);
    arena_free(&arena);
    return ok;
}

bool job_depends_on(const struct job *job, struct guid id) {
    if (job->is_deleted || str_is_absent(job->dependencies)) return false;
    struct arena arena = {0};
    struct err err;
    struct dependencies dependencies;
    bool found = false;
    if (dependencies_parse(job->dependencies, &arena, &dependencies, &err))
        for (size_t i = 0; i < dependencies.count && !found; i++)
            found = guid_equal(dependencies.jobs[i], id);
    arena_free(&arena);
    return found;
}

bool job_has_dependants(const struct tables *tables, struct guid id) {
    for (size_t i = 0; i < tables_count(tables, TABLE_JOBS); i++)
        if (job_depends_on(tables_at(tables, TABLE_JOBS, i), id)) return true;
    return false;
}

bool memory_dependants(struct store_tx *tx, struct guid job_id, struct arena *arena, int64_t **ret,
                       size_t *count, struct err *err) {
    (void)err;
    const struct tables *tables = tables_of(tx);
    int64_t *rows = ARENA_ARRAY(arena, tables_count(tables, TABLE_JOBS), int64_t);
    size_t found = 0;
    for (size_t i = 0; i < tables_count(tables, TABLE_JOBS); i++) {
        const struct job *job = tables_at(tables, TABLE_JOBS, i);
        if (job_depends_on(job, job_id)) rows[found++] = job->row;
    }
    *ret = rows;
    *count = found;
    return true;
}

bool memory_job_ends(struct store_tx *tx, const struct guid *ids, size_t count, struct arena *arena,
                     struct job_end *ret, struct err *err) {
    (void)err;
    const struct tables *tables = tables_of(tx);
    for (size_t i = 0; i < count; i++) {
        ret[i] = (struct job_end){.id = ids[i], .is_deleted = true};
        for (size_t j = 0; j < tables_count(tables, TABLE_JOBS); j++) {
            const struct job *job = tables_at(tables, TABLE_JOBS, j);
            if (!guid_equal(job->id, ids[i])) continue;
            ret[i].row = job->row;
            ret[i].name = arena_copy(arena, job->name);
            ret[i].is_deleted = job->is_deleted;
            ret[i].last_success_at = job->last_success_at;
            ret[i].last_completed_at = job->last_completed_at;
        }
    }
    return true;
}

/* ---- runs that wait -------------------------------------------------------------------------- */

static bool waits(const struct execution *execution) {
    return execution->status == EXECUTION_PENDING && !utc_is_none(execution->waiting_since);
}

bool memory_waiting(struct store_tx *tx, const struct waiting_filter *filter, struct arena *arena,
                    struct waiting_run **ret, size_t *count, struct err *err) {
    (void)err;
    const struct tables *tables = tables_of(tx);
    size_t found = 0, rows = tables_count(tables, TABLE_EXECUTIONS);
    struct waiting_run *runs = ARENA_ARRAY(arena, rows, struct waiting_run);
    for (size_t i = 0; i < rows; i++) {
        const struct execution *execution = tables_at(tables, TABLE_EXECUTIONS, i);
        const struct job *job = tables_get(tables, TABLE_JOBS, execution->job_row);
        if (!waits(execution) || (filter->job_row != 0 && filter->job_row != job->row) ||
            (!guid_is_zero(filter->depends_on) && !job_depends_on(job, filter->depends_on)))
            continue;
        runs[found++] = (struct waiting_run){
            .execution_row = execution->row,
            .execution_id = execution->id,
            .job_row = job->row,
            .dependencies = arena_copy(arena, job->dependencies),
            .waiting_since = execution->waiting_since,
            .available_at = execution->available_at,
        };
    }
    *ret = runs;
    *count = found;
    return true;
}

static void release(struct tables *tables, const struct release *item) {
    const struct execution *waiting = tables_get(tables, TABLE_EXECUTIONS, item->execution_row);
    if (!waiting || !waits(waiting)) return;
    struct execution execution = *waiting;
    execution.available_at = item->available_at;
    if (!item->still_waits) {
        execution.waiting_since = UTC_NONE;
        if (!str_is_absent(item->inputs)) execution.inputs = item->inputs;
    }
    tables_put(tables, TABLE_EXECUTIONS, execution.row, &execution);
}

bool memory_release(struct store_tx *tx, const struct release *items, size_t count,
                    struct err *err) {
    (void)err;
    for (size_t i = 0; i < count; i++) release(tables_to_change(tx), &items[i]);
    return true;
}

/* ---- groups ---------------------------------------------------------------------------------- */

static bool has_group(const struct job *job) {
    return !str_is_absent(job->concurrency_group) && job->concurrency_group.len > 0;
}

bool group_is_full(const struct tables *tables, const struct job *job) {
    if (!has_group(job)) return false;
    int64_t running = 0;
    for (size_t i = 0; i < tables_count(tables, TABLE_EXECUTIONS); i++) {
        const struct execution *execution = tables_at(tables, TABLE_EXECUTIONS, i);
        if (execution->status != EXECUTION_RUNNING) continue;
        const struct job *other = tables_get(tables, TABLE_JOBS, execution->job_row);
        running += has_group(other) && str_equal(other->concurrency_group, job->concurrency_group);
    }
    return running >= job->concurrency_group_limit;
}
