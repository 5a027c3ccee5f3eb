/* workflows.c - workflows, which jobs they are made of, and their runs, step by step. */
#include "store/memory/memory.h"

/* ---- members --------------------------------------------------------------------------------- */

void forget_member(struct tables *tables, int64_t job_row) {
    for (size_t i = tables_count(tables, TABLE_MEMBERS); i-- > 0;) {
        const struct member *member = tables_at(tables, TABLE_MEMBERS, i);
        if (member->job_row == job_row)
            tables_delete(tables, TABLE_MEMBERS, tables_row_at(tables, TABLE_MEMBERS, i));
    }
}

static void start_with(struct tables *tables, int64_t job_row, int64_t workflow_row) {
    struct job job = *(const struct job *)tables_get(tables, TABLE_JOBS, job_row);
    if (job.starts_workflow == workflow_row) return;
    job.starts_workflow = workflow_row;
    tables_put(tables, TABLE_JOBS, job_row, &job);
}

static void forget_members(struct tables *tables, int64_t workflow_row) {
    for (size_t i = tables_count(tables, TABLE_MEMBERS); i-- > 0;) {
        const struct member *member = tables_at(tables, TABLE_MEMBERS, i);
        if (member->workflow_row != workflow_row) continue;
        const struct job *job = tables_get(tables, TABLE_JOBS, member->job_row);
        if (job->starts_workflow == workflow_row) start_with(tables, job->row, 0);
        tables_delete(tables, TABLE_MEMBERS, tables_row_at(tables, TABLE_MEMBERS, i));
    }
}

static bool starts_by_roots(const struct workflow *workflow) {
    return workflow->is_enabled && !workflow->is_deleted && str_is_absent(workflow->schedule);
}

static bool add_member(struct tables *tables, const struct workflow *workflow,
                       const struct workflow_member *item, struct err *err) {
    const struct job *job = tables_get(tables, TABLE_JOBS, item->job_row);
    if (!job) return err_set(err, ERR_NOT_FOUND, "there is no such job");
    const struct member member = {workflow->row, item->job_row, item->is_root};
    tables_put(tables, TABLE_MEMBERS, tables_next_row(tables, TABLE_MEMBERS), &member);
    if (!item->is_root || !starts_by_roots(workflow)) return true;
    if (job->starts_workflow != 0) {
        const struct workflow *other = tables_get(tables, TABLE_WORKFLOWS, job->starts_workflow);
        return root_is_taken(job->name, other->name, err);
    }
    start_with(tables, job->row, workflow->row);
    return true;
}

static bool set_members(struct tables *tables, const struct workflow *workflow,
                        const struct workflow_member *members, size_t count, struct err *err) {
    forget_members(tables, workflow->row);
    for (size_t i = 0; i < count; i++)
        if (!add_member(tables, workflow, &members[i], err)) return false;
    return true;
}

/* ---- workflows ------------------------------------------------------------------------------- */

static const struct workflow *find_workflow(const struct tables *tables, struct guid id) {
    for (size_t i = 0; i < tables_count(tables, TABLE_WORKFLOWS); i++) {
        const struct workflow *workflow = tables_at(tables, TABLE_WORKFLOWS, i);
        if (guid_equal(workflow->id, id)) return workflow;
    }
    return NULL;
}

bool memory_workflow_insert(struct store_tx *tx, struct workflow *workflow,
                            const struct workflow_member *members, size_t count, struct err *err) {
    struct tables *tables = tables_to_change(tx);
    if (find_workflow(tables, workflow->id))
        return err_set(err, ERR_CONFLICT, "this workflow exists already");
    struct workflow stored = *workflow;
    stored.row = tables_next_row(tables, TABLE_WORKFLOWS);
    tables_put(tables, TABLE_WORKFLOWS, stored.row, &stored);
    if (!set_members(tables, &stored, members, count, err)) return false;
    workflow->row = stored.row;
    return true;
}

bool memory_workflow_update(struct store_tx *tx, const struct workflow *workflow,
                            int64_t expected_revision, const struct workflow_member *members,
                            size_t count, struct err *err) {
    struct tables *tables = tables_to_change(tx);
    const struct workflow *old = tables_get(tables, TABLE_WORKFLOWS, workflow->row);
    if (!old) return no_such_workflow(err);
    if (old->revision != expected_revision)
        return err_set(err, ERR_STALE, "the workflow has changed since it was read");
    struct workflow changed = *workflow;
    changed.id = old->id;
    changed.created_by = old->created_by;
    changed.created_at = old->created_at;
    tables_put(tables, TABLE_WORKFLOWS, changed.row, &changed);
    return set_members(tables, &changed, members, count, err);
}

static bool answer_workflow(const struct workflow *workflow, struct arena *arena,
                            struct workflow *ret, struct err *err) {
    if (!workflow) return no_such_workflow(err);
    tables_copy_out(TABLE_WORKFLOWS, workflow, arena, ret);
    return true;
}

bool memory_workflow_get(struct store_tx *tx, struct guid id, struct arena *arena,
                         struct workflow *ret, struct err *err) {
    return answer_workflow(find_workflow(tables_of(tx), id), arena, ret, err);
}

bool memory_workflow_get_by_row(struct store_tx *tx, int64_t row, struct arena *arena,
                                struct workflow *ret, struct err *err) {
    return answer_workflow(tables_get(tables_of(tx), TABLE_WORKFLOWS, row), arena, ret, err);
}

static bool has_member(const struct tables *tables, int64_t workflow_row, int64_t job_row) {
    for (size_t i = 0; i < tables_count(tables, TABLE_MEMBERS); i++) {
        const struct member *member = tables_at(tables, TABLE_MEMBERS, i);
        if (member->workflow_row == workflow_row && member->job_row == job_row) return true;
    }
    return false;
}

static bool workflow_passes(const struct tables *tables, const struct workflow *workflow,
                            const struct workflow_filter *filter) {
    if (workflow->is_deleted) return false;
    if (filter->job_row != 0 && !has_member(tables, workflow->row, filter->job_row)) return false;
    return str_is_absent(filter->search) || text_contains_nocase(workflow->name, filter->search) ||
           text_contains_nocase(workflow->description, filter->search);
}

static int order_by_name(const void *a, const void *b, void *context) {
    (void)context;
    const struct workflow *left = a, *right = b;
    int order = str_compare(left->name, right->name);
    return order != 0 ? order : compare_i64(left->row, right->row);
}

bool memory_workflow_list(struct store_tx *tx, const struct workflow_filter *filter,
                          struct arena *arena, struct workflow_page *ret, struct err *err) {
    (void)err;
    const struct tables *tables = tables_of(tx);
    struct selection found = selection_new(tables, TABLE_WORKFLOWS, arena);
    for (size_t i = 0; i < tables_count(tables, TABLE_WORKFLOWS); i++) {
        const struct workflow *workflow = tables_at(tables, TABLE_WORKFLOWS, i);
        if (workflow_passes(tables, workflow, filter)) selection_add(&found, workflow);
    }
    selection_sort(&found, order_by_name, NULL);
    struct workflow_page page = {.total = (int64_t)found.count};
    selection_page(&found, filter->offset, filter->limit);
    page.count = found.count;
    page.items = ARENA_ARRAY(arena, page.count, struct workflow);
    for (size_t i = 0; i < page.count; i++)
        tables_copy_out(TABLE_WORKFLOWS, found.items[i], arena, &page.items[i]);
    *ret = page;
    return true;
}

/* ---- runs ------------------------------------------------------------------------------------ */

static bool began_by_schedule(const struct workflow_run *run) {
    return run->trigger == TRIGGER_SCHEDULE || run->trigger == TRIGGER_CATCH_UP;
}

static bool due_time_has_run(const struct tables *tables, const struct workflow_run *run) {
    for (size_t i = 0; i < tables_count(tables, TABLE_RUNS); i++) {
        const struct workflow_run *other = tables_at(tables, TABLE_RUNS, i);
        if (other->workflow_row == run->workflow_row && began_by_schedule(other) &&
            utc_equal(other->scheduled_for, run->scheduled_for))
            return true;
    }
    return false;
}

static const struct workflow_run *find_run(const struct tables *tables, struct guid id) {
    for (size_t i = 0; i < tables_count(tables, TABLE_RUNS); i++) {
        const struct workflow_run *run = tables_at(tables, TABLE_RUNS, i);
        if (guid_equal(run->id, id)) return run;
    }
    return NULL;
}

static void insert_step(struct tables *tables, const struct workflow_step *step) {
    struct workflow_step stored = *step;
    const struct job *job = tables_get(tables, TABLE_JOBS, step->job_row);
    if (job) stored.job_id = job->id;
    tables_put(tables, TABLE_STEPS, tables_next_row(tables, TABLE_STEPS), &stored);
}

bool memory_run_insert(struct store_tx *tx, struct workflow_run *run, struct workflow_step *steps,
                       size_t count, bool *inserted, struct err *err) {
    struct tables *tables = tables_to_change(tx);
    if (!tables_get(tables, TABLE_WORKFLOWS, run->workflow_row)) return no_such_workflow(err);
    if (began_by_schedule(run) && due_time_has_run(tables, run)) {
        *inserted = false;
        return true;
    }
    if (find_run(tables, run->id)) return err_set(err, ERR_CONFLICT, "this run exists already");
    run->row = tables_next_row(tables, TABLE_RUNS);
    tables_put(tables, TABLE_RUNS, run->row, run);
    for (size_t i = 0; i < count; i++) {
        steps[i].run_row = run->row;
        insert_step(tables, &steps[i]);
    }
    *inserted = true;
    return true;
}

static void read_run(const struct tables *tables, const struct workflow_run *stored,
                     struct arena *arena, struct workflow_run *ret) {
    const struct workflow *workflow = tables_get(tables, TABLE_WORKFLOWS, stored->workflow_row);
    struct workflow_run run = *stored;
    run.workflow_id = workflow->id;
    run.workflow_name = workflow->name;
    tables_copy_out(TABLE_RUNS, &run, arena, ret);
}

bool memory_run_get(struct store_tx *tx, struct guid id, struct arena *arena,
                    struct workflow_run *ret, struct err *err) {
    const struct tables *tables = tables_of(tx);
    const struct workflow_run *run = find_run(tables, id);
    if (!run) return no_such_run(err);
    read_run(tables, run, arena, ret);
    return true;
}

static int order_by_position(const void *a, const void *b, void *context) {
    (void)context;
    const struct workflow_step *left = a, *right = b;
    return compare_i64(left->position, right->position);
}

bool memory_run_steps(struct store_tx *tx, int64_t run_row, struct arena *arena,
                      struct workflow_step **ret, size_t *count, struct err *err) {
    (void)err;
    const struct tables *tables = tables_of(tx);
    struct selection found = selection_new(tables, TABLE_STEPS, arena);
    for (size_t i = 0; i < tables_count(tables, TABLE_STEPS); i++) {
        const struct workflow_step *step = tables_at(tables, TABLE_STEPS, i);
        if (step->run_row == run_row) selection_add(&found, step);
    }
    selection_sort(&found, order_by_position, NULL);
    struct workflow_step *steps = ARENA_ARRAY(arena, found.count, struct workflow_step);
    for (size_t i = 0; i < found.count; i++) {
        struct workflow_step step = *(const struct workflow_step *)found.items[i];
        const struct job *job = tables_get(tables, TABLE_JOBS, step.job_row);
        step.job_row = job ? job->row : 0;
        step.job_name = job ? job->name : STR_NONE;
        tables_copy_out(TABLE_STEPS, &step, arena, &steps[i]);
    }
    *ret = steps;
    *count = found.count;
    return true;
}

bool memory_run_update(struct store_tx *tx, const struct workflow_run *run, struct err *err) {
    struct tables *tables = tables_to_change(tx);
    const struct workflow_run *old = tables_get(tables, TABLE_RUNS, run->row);
    if (!old) return no_such_run(err);
    struct workflow_run changed = *old;
    changed.status = run->status;
    changed.completed_at = run->completed_at;
    changed.retry_count = run->retry_count;
    changed.error_message = run->error_message;
    tables_put(tables, TABLE_RUNS, changed.row, &changed);
    return true;
}

static bool update_step(struct tables *tables, const struct workflow_step *step, struct err *err) {
    for (size_t i = 0; i < tables_count(tables, TABLE_STEPS); i++) {
        struct workflow_step changed =
            *(const struct workflow_step *)tables_at(tables, TABLE_STEPS, i);
        if (changed.run_row != step->run_row || changed.position != step->position) continue;
        changed.status = step->status;
        changed.execution_id = step->execution_id;
        changed.started_at = step->started_at;
        changed.completed_at = step->completed_at;
        changed.error_message = step->error_message;
        tables_put(tables, TABLE_STEPS, tables_row_at(tables, TABLE_STEPS, i), &changed);
        return true;
    }
    return err_set(err, ERR_NOT_FOUND, "there is no such step");
}

bool memory_steps_update(struct store_tx *tx, const struct workflow_step *steps, size_t count,
                         struct err *err) {
    struct tables *tables = tables_to_change(tx);
    for (size_t i = 0; i < count; i++)
        if (!update_step(tables, &steps[i], err)) return false;
    return true;
}

bool memory_run_list(struct store_tx *tx, const struct run_filter *filter, struct arena *arena,
                     struct run_page *ret, struct err *err) {
    (void)err;
    const struct tables *tables = tables_of(tx);
    struct selection found = selection_new(tables, TABLE_RUNS, arena);
    for (size_t i = tables_count(tables, TABLE_RUNS); i-- > 0;) {
        const struct workflow_run *run = tables_at(tables, TABLE_RUNS, i);
        if ((filter->workflow_row == 0 || run->workflow_row == filter->workflow_row) &&
            (filter->status == 0 || (int64_t)run->status == filter->status))
            selection_add(&found, run);
    }
    struct run_page page = {.total = (int64_t)found.count};
    selection_page(&found, filter->offset, filter->limit);
    page.count = found.count;
    page.items = ARENA_ARRAY(arena, page.count, struct workflow_run);
    for (size_t i = 0; i < page.count; i++) {
        struct workflow_run run = *(const struct workflow_run *)found.items[i];
        run.jobs = STR_NONE;
        read_run(tables, &run, arena, &page.items[i]);
    }
    *ret = page;
    return true;
}

/* ---- clearing away --------------------------------------------------------------------------- */

static void clear_run(struct tables *tables, int64_t row) {
    for (size_t i = tables_count(tables, TABLE_STEPS); i-- > 0;) {
        const struct workflow_step *step = tables_at(tables, TABLE_STEPS, i);
        if (step->run_row == row)
            tables_delete(tables, TABLE_STEPS, tables_row_at(tables, TABLE_STEPS, i));
    }
    tables_delete(tables, TABLE_RUNS, row);
}

static int order_by_creation(const void *a, const void *b, void *context) {
    (void)context;
    const struct workflow_run *left = a, *right = b;
    int order = compare_i64(left->created_at.us, right->created_at.us);
    return order != 0 ? order : compare_i64(left->row, right->row);
}

bool memory_runs_clear(struct store_tx *tx, struct utc created_before, int64_t limit, int64_t *ret,
                       struct err *err) {
    (void)err;
    struct tables *tables = tables_to_change(tx);
    struct arena arena = {0};
    struct selection old = selection_new(tables, TABLE_RUNS, &arena);
    for (size_t i = 0; i < tables_count(tables, TABLE_RUNS); i++) {
        const struct workflow_run *run = tables_at(tables, TABLE_RUNS, i);
        if (run->status != EXECUTION_RUNNING && utc_before(run->created_at, created_before))
            selection_add(&old, run);
    }
    selection_sort(&old, order_by_creation, NULL);
    selection_page(&old, 0, limit);
    for (size_t i = 0; i < old.count; i++)
        clear_run(tables, ((const struct workflow_run *)old.items[i])->row);
    *ret = (int64_t)old.count;
    arena_free(&arena);
    return true;
}
