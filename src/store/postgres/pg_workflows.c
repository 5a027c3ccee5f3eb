/* pg_workflows.c - workflows, and which jobs they are made of.
 *
 * That a job starts a workflow is kept in its state, where planning reads it without a further
 * look. There is room for one there, and the state is locked, which is how a second one is noticed
 * on whatever node.
 */
#include "store/postgres/pg_tables.h"
#include "store/postgres/pg_writer.h"

/* ---- members --------------------------------------------------------------------------------- */

static bool remove_members(struct store_tx *tx, int64_t workflow_row, struct arena *arena,
                           struct err *err) {
    int64_t *jobs;
    size_t count;
    struct pg_query q;
    pg_begin(&q, tx, SQL_WORKFLOW_STARTERS);
    pg_i64(&q, workflow_row);
    if (!pg_numbers(&q, arena, &jobs, &count, err) || !pg_jobs_lock(tx, jobs, count, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        struct pg_job *job = pg_job_find(tx, jobs[i]);
        if (job && job->state.starts_workflow == workflow_row) job->state.starts_workflow = 0;
    }
    pg_begin(&q, tx, SQL_WORKFLOW_MEMBERS_REMOVE);
    pg_i64(&q, workflow_row);
    pg_post(&q);
    return true;
}

static bool starts_by_roots(const struct workflow *workflow) {
    return workflow->is_enabled && !workflow->is_deleted && str_is_absent(workflow->schedule);
}

static bool is_taken(struct store_tx *tx, const struct pg_job_state *job, struct err *err) {
    struct arena arena = {0};
    struct pg_query q;
    pg_begin(&q, tx, SQL_WORKFLOW_STARTED_BY);
    pg_i64(&q, job->row);
    pg_i64(&q, job->starts_workflow);
    bool found = pg_row(&q);
    struct str name = found ? pg_read_text(&q, &arena) : STR("");
    struct str other = found ? pg_read_text(&q, &arena) : STR("");
    bool ok = pg_end(&q, err) && root_is_taken(name, other, err);
    arena_free(&arena);
    return ok;
}

static void post_members(struct store_tx *tx, int64_t workflow_row,
                         const struct workflow_member *members, size_t count) {
    struct pg_query q;
    pg_begin(&q, tx, SQL_WORKFLOW_MEMBERS_ADD);
    pg_i64(&q, workflow_row);
    struct pg_array jobs = pg_array_new(&q, PG_ARRAY_I64, count);
    for (size_t i = 0; i < count; i++) pg_array_i64(&jobs, members[i].job_row);
    pg_array_bind(&q, &jobs);
    struct pg_array roots = pg_array_new(&q, PG_ARRAY_BOOL, count);
    for (size_t i = 0; i < count; i++) pg_array_bool(&roots, members[i].is_root);
    pg_array_bind(&q, &roots);
    pg_post(&q);
}

static bool add_members(struct store_tx *tx, const struct workflow *workflow, int64_t workflow_row,
                        const struct workflow_member *members, size_t count, struct arena *arena,
                        struct err *err) {
    int64_t *jobs = ARENA_ARRAY(arena, count, int64_t);
    for (size_t i = 0; i < count; i++) jobs[i] = members[i].job_row;
    if (!pg_jobs_lock(tx, jobs, count, err)) return false;
    for (size_t i = 0; i < count; i++) {
        struct pg_job *job = pg_job_need(tx, jobs[i], err);
        if (!job) return false;
        if (!members[i].is_root || !starts_by_roots(workflow)) continue;
        if (job->state.starts_workflow != 0) return is_taken(tx, &job->state, err);
        job->state.starts_workflow = workflow_row;
    }
    post_members(tx, workflow_row, members, count);
    return true;
}

static bool set_members(struct store_tx *tx, const struct workflow *workflow, int64_t workflow_row,
                        const struct workflow_member *members, size_t count, struct err *err) {
    struct arena arena = {0};
    bool ok = remove_members(tx, workflow_row, &arena, err) &&
              add_members(tx, workflow, workflow_row, members, count, &arena, err);
    if (ok) pg_jobs_write(tx);
    arena_free(&arena);
    return ok;
}

/* ---- writing --------------------------------------------------------------------------------- */

static void bind_definition(struct pg_query *q, const struct workflow *workflow) {
    pg_i64(q, workflow->revision);
    pg_text(q, str_is_absent(workflow->name) ? STR("") : workflow->name);
    pg_text(q, workflow->description);
    pg_text(q, str_is_absent(workflow->jobs) ? STR("[]") : workflow->jobs);
    pg_text(q, workflow->schedule);
    pg_bool(q, workflow->is_enabled);
    pg_bool(q, workflow->is_deleted);
    pg_i64(q, workflow->schedule_job_row);
    pg_text(q, workflow->last_modified_by);
    pg_utc(q, workflow->updated_at);
}

bool postgres_workflow_insert(struct store_tx *tx, struct workflow *workflow,
                              const struct workflow_member *members, size_t count,
                              struct err *err) {
    struct pg_query q;
    pg_begin(&q, tx, SQL_WORKFLOW_INSERT);
    pg_guid(&q, &workflow->id);
    pg_text(&q, workflow->created_by);
    pg_utc(&q, workflow->created_at);
    bind_definition(&q, workflow);
    int64_t row = pg_row(&q) ? pg_read_i64(&q) : 0;
    if (!pg_end(&q, err)) return false;
    if (row == 0) return err_set(err, ERR_CONFLICT, "this workflow exists already");
    if (!set_members(tx, workflow, row, members, count, err)) return false;
    workflow->row = row;
    return true;
}

bool postgres_workflow_update(struct store_tx *tx, const struct workflow *workflow,
                              int64_t expected_revision, const struct workflow_member *members,
                              size_t count, struct err *err) {
    struct pg_query q;
    pg_begin(&q, tx, SQL_WORKFLOW_REVISION);
    pg_i64(&q, workflow->row);
    bool found = pg_row(&q);
    int64_t revision = found ? pg_read_i64(&q) : 0;
    if (!pg_end(&q, err)) return false;
    if (!found) return no_such_workflow(err);
    if (revision != expected_revision)
        return err_set(err, ERR_STALE, "the workflow has changed since it was read");
    pg_begin(&q, tx, SQL_WORKFLOW_UPDATE);
    pg_i64(&q, workflow->row);
    bind_definition(&q, workflow);
    pg_post(&q);
    return set_members(tx, workflow, workflow->row, members, count, err);
}

/* ---- reading --------------------------------------------------------------------------------- */

static void read_workflow(struct pg_query *q, struct arena *arena, struct workflow *workflow) {
    *workflow = (struct workflow){.row = pg_read_i64(q)};
    workflow->id = pg_read_guid(q);
    workflow->created_by = pg_read_text(q, arena);
    workflow->created_at = pg_read_utc(q);
    workflow->revision = pg_read_i64(q);
    workflow->name = pg_read_text(q, arena);
    workflow->description = pg_read_text(q, arena);
    workflow->jobs = pg_read_text(q, arena);
    workflow->schedule = pg_read_text(q, arena);
    workflow->is_enabled = pg_read_bool(q);
    workflow->is_deleted = pg_read_bool(q);
    workflow->schedule_job_row = pg_read_i64(q);
    workflow->last_modified_by = pg_read_text(q, arena);
    workflow->updated_at = pg_read_utc(q);
}

static bool get(struct store_tx *tx, int64_t row, struct guid id, struct arena *arena,
                struct workflow *ret, struct err *err) {
    struct pg_query q;
    pg_begin(&q, tx, SQL_WORKFLOW_GET);
    pg_utc(&q, (struct utc){row}); // 0 = null
    pg_guid(&q, &id);
    struct workflow workflow;
    bool found = pg_row(&q);
    if (found) read_workflow(&q, arena, &workflow);
    if (!pg_end(&q, err)) return false;
    if (!found) return no_such_workflow(err);
    *ret = workflow;
    return true;
}

bool postgres_workflow_get(struct store_tx *tx, struct guid id, struct arena *arena,
                           struct workflow *ret, struct err *err) {
    return get(tx, 0, id, arena, ret, err);
}

bool postgres_workflow_get_by_row(struct store_tx *tx, int64_t row, struct arena *arena,
                                  struct workflow *ret, struct err *err) {
    return get(tx, row, (struct guid){{0}}, arena, ret, err);
}

bool postgres_workflow_list(struct store_tx *tx, const struct workflow_filter *filter,
                            struct arena *arena, struct workflow_page *ret, struct err *err) {
    struct pg_query list, number;
    pg_begin(&list, tx, SQL_FILTERED_WORKFLOWS);
    pg_i64(&list, filter->job_row);
    pg_text(&list, filter->search);
    pg_i64(&list, filter->limit < 0 ? 0 : filter->limit);
    pg_i64(&list, filter->offset);
    pg_ask(&list);
    pg_begin(&number, tx, SQL_FILTERED_WORKFLOWS_COUNT);
    pg_i64(&number, filter->job_row);
    pg_text(&number, filter->search);
    pg_ask(&number);
    struct workflow_page page = {.items = ARENA_ARRAY(arena, pg_rows(&list), struct workflow)};
    while (pg_row(&list)) read_workflow(&list, arena, &page.items[page.count++]);
    bool listed = pg_end(&list, err);
    if (!pg_number(&number, &page.total, listed ? err : NULL) || !listed) return false;
    *ret = page;
    return true;
}
