/* executions.c - making executions, and reading them: one, lists, the ledger of due times. */
#include "store/memory/memory.h"

#include <assert.h>

/* ---- making ---------------------------------------------------------------------------------- */

const struct execution *execution_find(const struct tables *tables, struct guid id) {
    for (size_t i = tables_count(tables, TABLE_EXECUTIONS); i-- > 0;) {
        const struct execution *execution = tables_at(tables, TABLE_EXECUTIONS, i);
        if (guid_equal(execution->id, id)) return execution;
    }
    return NULL;
}

static bool made_by_schedule(enum trigger trigger, int64_t retry_count) {
    return (trigger == TRIGGER_SCHEDULE || trigger == TRIGGER_CATCH_UP) && retry_count == 0;
}

static bool due_time_has_run(const struct tables *tables, int64_t job_row, struct utc due) {
    for (size_t i = tables_count(tables, TABLE_EXECUTIONS); i-- > 0;) {
        const struct execution *execution = tables_at(tables, TABLE_EXECUTIONS, i);
        if (execution->job_row == job_row && utc_equal(execution->scheduled_for, due) &&
            made_by_schedule(execution->trigger, execution->retry_count))
            return true;
    }
    return false;
}

void job_count_live(struct tables *tables, int64_t job_row, int64_t change) {
    const struct job *old = tables_get(tables, TABLE_JOBS, job_row);
    if (!old || change == 0) return;
    struct job job = *old;
    job.live_count += change;
    assert(job.live_count >= 0);
    tables_put(tables, TABLE_JOBS, job_row, &job);
}

/* A first attempt that is to run was made. */
static void note_run(struct tables *tables, const struct execution *execution) {
    if (execution->retry_count > 0 || execution->status == EXECUTION_CANCELLED) return;
    struct job job = *(const struct job *)tables_get(tables, TABLE_JOBS, execution->job_row);
    job.last_run_created_at = utc_max(job.last_run_created_at, execution->created_at);
    tables_put(tables, TABLE_JOBS, job.row, &job);
}

static struct execution execution_of(const struct new_execution *new_execution) {
    return (struct execution){
        .id = new_execution->id,
        .job_row = new_execution->job_row,
        .status = new_execution->status,
        .queue = new_execution->queue,
        .trigger = new_execution->trigger,
        .triggered_by = new_execution->triggered_by,
        .scheduled_for = new_execution->scheduled_for,
        .created_at = new_execution->created_at,
        .available_at = new_execution->available_at,
        .retry_count = new_execution->retry_count,
        .retry_parent_id = new_execution->retry_parent_id,
        .error_message = new_execution->error_message,
        .parameters = new_execution->parameters,
        .workflow_run_id = new_execution->workflow_run_id,
        .inputs = new_execution->inputs,
    };
}

bool execution_insert(struct tables *tables, struct new_execution *new_execution, struct err *err) {
    const struct job *job = tables_get(tables, TABLE_JOBS, new_execution->job_row);
    if (!job) return err_set(err, ERR_NOT_FOUND, "there is no such job");
    new_execution->inserted = false;
    new_execution->row = new_execution->fence = 0;
    if (made_by_schedule(new_execution->trigger, new_execution->retry_count) &&
        due_time_has_run(tables, new_execution->job_row, new_execution->scheduled_for))
        return true;
    if (execution_find(tables, new_execution->id))
        return err_set(err, ERR_CONFLICT, "this execution exists already");
    struct execution execution = execution_of(new_execution);
    /* Under pause-all nothing starts, nor does one too many of a group: what was to be born running
     * waits instead. */
    if (execution.status == EXECUTION_RUNNING && (paused_all(tables) || group_is_full(tables, job)))
        execution.status = EXECUTION_PENDING;
    if (execution.status == EXECUTION_RUNNING) {
        execution.started_at = new_execution->started_at;
        execution.node_name = new_execution->node_name;
        execution.fence = ++tables->last_fence;
    } else if (execution.status == EXECUTION_PENDING) {
        execution.waiting_since = new_execution->waiting_since;
    } else {
        execution.completed_at = new_execution->completed_at;
    }
    execution.row = tables_next_row(tables, TABLE_EXECUTIONS);
    tables_put(tables, TABLE_EXECUTIONS, execution.row, &execution);
    if (!execution_has_ended(execution.status)) job_count_live(tables, execution.job_row, 1);
    note_run(tables, &execution);
    new_execution->inserted = true;
    new_execution->row = execution.row;
    new_execution->fence = execution.fence;
    return true;
}

bool memory_execution_insert(struct store_tx *tx, struct new_execution *execution,
                             struct err *err) {
    return execution_insert(tables_to_change(tx), execution, err);
}

/* ---- reading --------------------------------------------------------------------------------- */

void execution_read(const struct tables *tables, const struct execution *stored, bool with_output,
                    struct arena *arena, struct execution *ret) {
    const struct job *job = tables_get(tables, TABLE_JOBS, stored->job_row);
    struct execution execution = *stored;
    execution.job_id = job->id;
    execution.job_name = job->name;
    if (!with_output) execution.output = execution.result = STR_NONE;
    tables_copy_out(TABLE_EXECUTIONS, &execution, arena, ret);
}

struct execution *execution_read_all(const struct tables *tables, const struct selection *selection,
                                     struct arena *arena) {
    struct execution *all = ARENA_ARRAY(arena, selection->count, struct execution);
    for (size_t i = 0; i < selection->count; i++)
        execution_read(tables, selection->items[i], false, arena, &all[i]);
    return all;
}

bool memory_execution_get(struct store_tx *tx, struct guid id, struct arena *arena,
                          struct execution *ret, struct err *err) {
    const struct tables *tables = tables_of(tx);
    const struct execution *execution = execution_find(tables, id);
    if (!execution) return err_set(err, ERR_NOT_FOUND, "there is no such execution");
    execution_read(tables, execution, true, arena, ret);
    return true;
}

static bool words_are_in(const struct tables *tables, const struct execution *execution,
                         struct str words) {
    const struct job *job = tables_get(tables, TABLE_JOBS, execution->job_row);
    const struct str texts[] = {job->name, execution->output, execution->error_message};
    return text_has_words(texts, COUNT_OF(texts), words);
}

static bool execution_passes(const struct tables *tables, const struct execution *execution,
                             const struct execution_filter *filter) {
    if (filter->job_row != 0 && execution->job_row != filter->job_row) return false;
    if (filter->status != 0 && (int64_t)execution->status != filter->status) return false;
    struct utc at =
        utc_is_none(execution->started_at) ? execution->created_at : execution->started_at;
    if (!utc_is_none(filter->from) && utc_before(at, filter->from)) return false;
    if (!utc_is_none(filter->to) && utc_before(filter->to, at)) return false;
    if (!str_is_absent(filter->queue) && !str_equal(execution->queue, filter->queue)) return false;
    return str_is_absent(filter->search) || words_are_in(tables, execution, filter->search);
}

bool memory_execution_list(struct store_tx *tx, const struct execution_filter *filter,
                           struct arena *arena, struct execution_page *ret, struct err *err) {
    (void)err;
    const struct tables *tables = tables_of(tx);
    struct selection found = selection_new(tables, TABLE_EXECUTIONS, arena);
    for (size_t i = tables_count(tables, TABLE_EXECUTIONS); i-- > 0;) {
        const struct execution *execution = tables_at(tables, TABLE_EXECUTIONS, i);
        if (execution_passes(tables, execution, filter)) selection_add(&found, execution);
    }
    struct execution_page page = {.total = (int64_t)found.count};
    selection_page(&found, filter->offset, filter->limit);
    page.count = found.count;
    page.items = execution_read_all(tables, &found, arena);
    *ret = page;
    return true;
}

bool memory_search_index(struct store_tx *tx, int64_t limit, bool *more, struct err *err) {
    (void)tx;
    (void)limit;
    (void)err;
    *more = false;
    return true;
}

bool memory_execution_retries(struct store_tx *tx, struct guid id, struct arena *arena,
                              struct execution **ret, size_t *count, struct err *err) {
    (void)err;
    const struct tables *tables = tables_of(tx);
    struct selection found = selection_new(tables, TABLE_EXECUTIONS, arena);
    for (size_t i = 0; i < tables_count(tables, TABLE_EXECUTIONS); i++) {
        const struct execution *execution = tables_at(tables, TABLE_EXECUTIONS, i);
        if (guid_equal(execution->retry_parent_id, id)) selection_add(&found, execution);
    }
    *ret = execution_read_all(tables, &found, arena);
    *count = found.count;
    return true;
}

bool memory_executions_live(struct store_tx *tx, int64_t job_row, struct arena *arena,
                            struct execution **ret, size_t *count, struct err *err) {
    (void)err;
    const struct tables *tables = tables_of(tx);
    struct selection found = selection_new(tables, TABLE_EXECUTIONS, arena);
    for (size_t i = 0; i < tables_count(tables, TABLE_EXECUTIONS); i++) {
        const struct execution *execution = tables_at(tables, TABLE_EXECUTIONS, i);
        if (execution->job_row == job_row && !execution_has_ended(execution->status))
            selection_add(&found, execution);
    }
    *ret = execution_read_all(tables, &found, arena);
    *count = found.count;
    return true;
}

static int order_by_due_time(const void *a, const void *b, void *context) {
    (void)context;
    const struct execution *left = a, *right = b;
    return compare_i64(left->scheduled_for.us, right->scheduled_for.us); // unique
}

bool memory_occurrences(struct store_tx *tx, int64_t job_row, struct utc from, struct utc to,
                        int64_t limit, struct arena *arena, struct execution **ret, size_t *count,
                        struct err *err) {
    (void)err;
    const struct tables *tables = tables_of(tx);
    struct selection found = selection_new(tables, TABLE_EXECUTIONS, arena);
    for (size_t i = 0; i < tables_count(tables, TABLE_EXECUTIONS); i++) {
        const struct execution *execution = tables_at(tables, TABLE_EXECUTIONS, i);
        if (execution->job_row == job_row &&
            made_by_schedule(execution->trigger, execution->retry_count) &&
            !utc_before(execution->scheduled_for, from) &&
            !utc_before(to, execution->scheduled_for))
            selection_add(&found, execution);
    }
    selection_sort(&found, order_by_due_time, NULL);
    selection_page(&found, 0, limit);
    *ret = execution_read_all(tables, &found, arena);
    *count = found.count;
    return true;
}
