/* jobs.c - definitions and their state: insert, update, erase, get, list. */
#include "base/json_read.h"
#include "store/memory/memory.h"

static const struct job *find_job(const struct tables *tables, struct guid id) {
    for (size_t i = 0; i < tables_count(tables, TABLE_JOBS); i++) {
        const struct job *job = tables_at(tables, TABLE_JOBS, i);
        if (guid_equal(job->id, id)) return job;
    }
    return NULL;
}

bool memory_job_insert(struct store_tx *tx, struct job *job, struct err *err) {
    struct tables *tables = tables_to_change(tx);
    if (find_job(tables, job->id)) return err_set(err, ERR_CONFLICT, "this job exists already");
    if (!check_dependencies(job, err)) return false;
    struct job stored = *job;
    stored.row = tables_next_row(tables, TABLE_JOBS);
    stored.live_count = stored.starts_workflow = 0;
    tables_put(tables, TABLE_JOBS, stored.row, &stored);
    keep_watch(tables, NULL, &stored);
    job->row = stored.row;
    return true;
}

bool memory_job_update(struct store_tx *tx, const struct job *job, int64_t expected_revision,
                       struct err *err) {
    struct tables *tables = tables_to_change(tx);
    const struct job *old = tables_get(tables, TABLE_JOBS, job->row);
    if (!old) return err_set(err, ERR_NOT_FOUND, "there is no such job");
    if (old->revision != expected_revision)
        return err_set(err, ERR_STALE, "the job has changed since it was read");
    if (!check_dependencies(job, err)) return false;
    struct job changed = *job;
    changed.id = old->id;
    changed.last_executed_at = old->last_executed_at;
    changed.last_execution_status = old->last_execution_status;
    changed.live_count = old->live_count;
    keep_watch(tables, old, &changed);
    changed.last_success_at = old->last_success_at;
    changed.durations = old->durations;
    changed.last_completed_at = old->last_completed_at;
    changed.last_run_created_at = old->last_run_created_at;
    changed.starts_workflow = old->starts_workflow;
    tables_put(tables, TABLE_JOBS, changed.row, &changed);
    return true;
}

static void delete_executions(struct tables *tables, int64_t job_row) {
    for (size_t i = tables_count(tables, TABLE_EXECUTIONS); i-- > 0;) {
        const struct execution *execution = tables_at(tables, TABLE_EXECUTIONS, i);
        if (execution->job_row == job_row) tables_delete(tables, TABLE_EXECUTIONS, execution->row);
    }
}

static void delete_skips(struct tables *tables, int64_t job_row) {
    for (size_t i = tables_count(tables, TABLE_SKIPS); i-- > 0;) {
        const struct skip_range *skip = tables_at(tables, TABLE_SKIPS, i);
        if (skip->job_row == job_row)
            tables_delete(tables, TABLE_SKIPS, tables_row_at(tables, TABLE_SKIPS, i));
    }
}

bool memory_job_erase(struct store_tx *tx, int64_t job_row, struct err *err) {
    struct tables *tables = tables_to_change(tx);
    if (!tables_get(tables, TABLE_JOBS, job_row))
        return err_set(err, ERR_NOT_FOUND, "there is no such job");
    for (size_t i = 0; i < tables_count(tables, TABLE_EXECUTIONS); i++) {
        const struct execution *execution = tables_at(tables, TABLE_EXECUTIONS, i);
        if (execution->job_row == job_row && execution->status == EXECUTION_RUNNING)
            return err_set(err, ERR_CONFLICT, "an execution of this job is running");
    }
    delete_executions(tables, job_row);
    delete_skips(tables, job_row);
    if (tables_get(tables, TABLE_WATCHES, job_row)) tables_delete(tables, TABLE_WATCHES, job_row);
    forget_member(tables, job_row);
    tables_delete(tables, TABLE_JOBS, job_row);
    return true;
}

static bool answer_job(const struct job *job, struct arena *arena, struct job *ret,
                       struct err *err) {
    if (!job) return err_set(err, ERR_NOT_FOUND, "there is no such job");
    tables_copy_out(TABLE_JOBS, job, arena, ret);
    return true;
}

bool memory_job_get(struct store_tx *tx, struct guid id, struct arena *arena, struct job *ret,
                    struct err *err) {
    return answer_job(find_job(tables_of(tx), id), arena, ret, err);
}

bool memory_job_get_by_row(struct store_tx *tx, int64_t row, struct arena *arena, struct job *ret,
                           struct err *err) {
    return answer_job(tables_get(tables_of(tx), TABLE_JOBS, row), arena, ret, err);
}

/* ---- lists ----------------------------------------------------------------------------------- */

static bool has_tag(const struct job *job, struct str tag) {
    struct err err;
    json_t *tags = json_read(job->tags, &err);
    bool found = false;
    for (size_t i = 0; i < json_array_size(tags) && !found; i++)
        found = str_equal(json_str_of(json_array_get(tags, i)), tag);
    json_decref(tags);
    return found;
}

static bool job_passes(const struct job *job, const struct job_filter *filter) {
    if (filter->status == 0 && job->is_deleted) return false;
    if (filter->status != 0 && (int64_t)job_current_status(job) != filter->status) return false;
    if (filter->type != 0 && (int64_t)job->type != filter->type) return false;
    if (!str_is_absent(filter->queue) && !str_equal(job->queue, filter->queue)) return false;
    if (!str_is_absent(filter->created_by) && !str_equal(job->created_by, filter->created_by))
        return false;
    if (!str_is_absent(filter->search) && !text_contains_nocase(job->name, filter->search) &&
        !text_contains_nocase(job->description, filter->search))
        return false;
    return str_is_absent(filter->tag) || has_tag(job, filter->tag);
}

static struct utc sort_time(const struct job *job, enum job_sort sort) {
    switch (sort) {
    case JOB_SORT_CREATED_AT: return job->created_at;
    case JOB_SORT_UPDATED_AT: return job->updated_at;
    case JOB_SORT_NEXT_RUN_AT: return job->next_run_at;
    case JOB_SORT_LAST_EXECUTED_AT: return job->last_executed_at;
    case JOB_SORT_NAME: break;
    }
    return UTC_NONE;
}

static bool is_absent(struct utc t) {
    return utc_is_none(t) || utc_is_never(t);
}

static int compare_times(struct utc a, struct utc b, bool descending) {
    if (is_absent(a) || is_absent(b)) return (int)is_absent(a) - (int)is_absent(b);
    return descending ? compare_i64(b.us, a.us) : compare_i64(a.us, b.us);
}

static int order_jobs(const void *a, const void *b, void *context) {
    const struct job *left = a, *right = b;
    const struct job_filter *filter = context;
    int order;
    if (filter->sort == JOB_SORT_NAME) {
        order = str_compare(left->name, right->name);
        if (filter->descending) order = -order;
    } else {
        order = compare_times(sort_time(left, filter->sort), sort_time(right, filter->sort),
                              filter->descending);
    }
    if (order != 0) return order;
    return filter->descending ? compare_i64(right->row, left->row)
                              : compare_i64(left->row, right->row);
}

static void answer_page(struct selection *selection, int64_t offset, int64_t limit,
                        struct arena *arena, struct job_page *ret) {
    struct job_page page = {.total = (int64_t)selection->count};
    selection_page(selection, offset, limit);
    page.count = selection->count;
    page.items = ARENA_ARRAY(arena, page.count, struct job);
    for (size_t i = 0; i < page.count; i++)
        tables_copy_out(TABLE_JOBS, selection->items[i], arena, &page.items[i]);
    *ret = page;
}

bool memory_job_list(struct store_tx *tx, const struct job_filter *filter, struct arena *arena,
                     struct job_page *ret, struct err *err) {
    (void)err;
    const struct tables *tables = tables_of(tx);
    struct selection found = selection_new(tables, TABLE_JOBS, arena);
    for (size_t i = 0; i < tables_count(tables, TABLE_JOBS); i++) {
        const struct job *job = tables_at(tables, TABLE_JOBS, i);
        if (job_passes(job, filter)) selection_add(&found, job);
    }
    struct job_filter order = *filter;
    selection_sort(&found, order_jobs, &order);
    answer_page(&found, filter->offset, filter->limit, arena, ret);
    return true;
}

static int order_worst_first(const void *a, const void *b, void *context) {
    (void)context;
    const struct job *left = a, *right = b;
    int order = compare_i64(right->consecutive_failures, left->consecutive_failures);
    return order != 0 ? order : compare_i64(left->row, right->row);
}

bool memory_job_failed(struct store_tx *tx, int64_t threshold, int64_t limit, struct arena *arena,
                       struct job_page *ret, struct err *err) {
    (void)err;
    const struct tables *tables = tables_of(tx);
    struct selection found = selection_new(tables, TABLE_JOBS, arena);
    for (size_t i = 0; i < tables_count(tables, TABLE_JOBS); i++) {
        const struct job *job = tables_at(tables, TABLE_JOBS, i);
        if (!job->is_deleted && job->consecutive_failures >= threshold) selection_add(&found, job);
    }
    selection_sort(&found, order_worst_first, NULL);
    answer_page(&found, 0, limit, arena, ret);
    return true;
}

bool memory_job_named(struct store_tx *tx, struct str name, int64_t after_row, struct arena *arena,
                      struct job *ret, bool *found, struct err *err) {
    (void)err;
    const struct tables *tables = tables_of(tx);
    *found = false;
    for (size_t i = 0; i < tables_count(tables, TABLE_JOBS) && !*found; i++) {
        const struct job *job = tables_at(tables, TABLE_JOBS, i);
        if (job->row <= after_row || job->is_deleted || !str_equal(job->name, name)) continue;
        tables_copy_out(TABLE_JOBS, job, arena, ret);
        *found = true;
    }
    return true;
}

static bool walk_wants(const struct job *job, const struct job_walk *walk) {
    if (job->row <= walk->after_row) return false;
    if (walk->with_retention && str_is_absent(job->retention)) return false;
    return walk->status == 0 ? !job->is_deleted : (int64_t)job_current_status(job) == walk->status;
}

static void answer_jobs(struct selection *selection, int64_t limit, struct arena *arena,
                        struct job **ret, size_t *count) {
    struct job_page page;
    answer_page(selection, 0, limit, arena, &page);
    *ret = page.items;
    *count = page.count;
}

bool memory_job_walk(struct store_tx *tx, const struct job_walk *walk, struct arena *arena,
                     struct job **ret, size_t *count, struct err *err) {
    (void)err;
    const struct tables *tables = tables_of(tx);
    struct selection found = selection_new(tables, TABLE_JOBS, arena);
    for (size_t i = 0; i < tables_count(tables, TABLE_JOBS); i++) {
        const struct job *job = tables_at(tables, TABLE_JOBS, i);
        if (walk_wants(job, walk)) selection_add(&found, job);
    }
    answer_jobs(&found, walk->limit, arena, ret, count);
    return true;
}

static int order_by_wake(const void *a, const void *b, void *context) {
    (void)context;
    const struct job *left = a, *right = b;
    int order = compare_i64(left->wake_at.us, right->wake_at.us);
    return order != 0 ? order : compare_i64(left->row, right->row);
}

bool memory_jobs_next(struct store_tx *tx, int64_t limit, struct arena *arena,
                      struct next_job **ret, size_t *count, struct err *err) {
    (void)err;
    const struct tables *tables = tables_of(tx);
    struct selection found = selection_new(tables, TABLE_JOBS, arena);
    for (size_t i = 0; i < tables_count(tables, TABLE_JOBS); i++) {
        const struct job *job = tables_at(tables, TABLE_JOBS, i);
        if (!job->is_deleted && !utc_is_never(job->next_run_at) && !utc_is_never(job->wake_at))
            selection_add(&found, job);
    }
    selection_sort(&found, order_by_wake, NULL);
    selection_page(&found, 0, limit);
    struct next_job *next = ARENA_ARRAY(arena, found.count, struct next_job);
    for (size_t i = 0; i < found.count; i++) {
        const struct job *job = found.items[i];
        next[i] = (struct next_job){job->id, arena_copy(arena, job->name), job->next_run_at};
    }
    *ret = next;
    *count = found.count;
    return true;
}
