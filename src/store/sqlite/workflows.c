/* workflows.c - workflows, and which jobs they are made of.
 *
 * That a job starts a workflow is kept in its state, where planning reads it without a further
 * look. There is room for one there, which is how a second one is noticed.
 */
#include "store/sqlite/tables.h"
#include "store/sqlite/writer.h"

/* ---- members --------------------------------------------------------------------------------- */

static bool set_starts(struct store_tx *tx, const struct job_state *before, int64_t workflow_row,
                       struct err *err) {
    struct job_state state = *before;
    state.starts_workflow = workflow_row;
    return job_state_tie(tx, before, &state, err) && job_state_note(tx, before, &state, err);
}

static bool remove_members(struct store_tx *tx, int64_t workflow_row, struct arena *arena,
                           struct err *err) {
    int64_t *jobs;
    size_t count;
    struct query q = query_begin(tx, SQL_WORKFLOW_STARTERS);
    query_i64(&q, workflow_row);
    if (!rows_of_query(&q, arena, &jobs, &count, err)) return false;
    for (size_t i = 0; i < count; i++) {
        struct job_state state;
        if (!job_state_need(tx, jobs[i], &state, err) || !set_starts(tx, &state, 0, err))
            return false;
    }
    q = query_begin(tx, SQL_WORKFLOW_MEMBERS_REMOVE);
    query_i64(&q, workflow_row);
    return query_run(&q, err);
}

static bool starts_by_roots(const struct workflow *workflow) {
    return workflow->is_enabled && !workflow->is_deleted && str_is_absent(workflow->schedule);
}

static bool is_taken(struct store_tx *tx, const struct job_state *job, struct arena *arena,
                     struct err *err) {
    struct query q = query_begin(tx, SQL_WORKFLOW_STARTED_BY);
    query_i64(&q, job->row);
    query_i64(&q, job->starts_workflow);
    bool found = query_row(&q);
    struct str name = found ? read_text(&q, arena) : STR("");
    struct str other = found ? read_text(&q, arena) : STR("");
    return query_end(&q, err) && root_is_taken(name, other, err);
}

static bool add_member(struct store_tx *tx, const struct workflow *workflow, int64_t workflow_row,
                       const struct workflow_member *member, struct arena *arena, struct err *err) {
    struct job_state state;
    if (!job_state_need(tx, member->job_row, &state, err)) return false;
    struct query q = query_begin(tx, SQL_WORKFLOW_MEMBER_ADD);
    query_i64(&q, workflow_row);
    query_i64(&q, member->job_row);
    query_i64(&q, member->is_root);
    if (!query_run(&q, err)) return false;
    if (!member->is_root || !starts_by_roots(workflow)) return true;
    if (state.starts_workflow != 0) return is_taken(tx, &state, arena, err);
    return set_starts(tx, &state, workflow_row, err);
}

static bool set_members(struct store_tx *tx, const struct workflow *workflow, int64_t workflow_row,
                        const struct workflow_member *members, size_t count, struct err *err) {
    struct arena arena = {0};
    bool ok = remove_members(tx, workflow_row, &arena, err);
    for (size_t i = 0; ok && i < count; i++)
        ok = add_member(tx, workflow, workflow_row, &members[i], &arena, err);
    arena_free(&arena);
    return ok;
}

/* ---- writing --------------------------------------------------------------------------------- */

static void bind_definition(struct query *q, const struct workflow *workflow) {
    query_i64(q, workflow->revision);
    query_text(q, str_is_absent(workflow->name) ? STR("") : workflow->name);
    query_text(q, workflow->description);
    query_text(q, str_is_absent(workflow->jobs) ? STR("[]") : workflow->jobs);
    query_text(q, workflow->schedule);
    query_i64(q, workflow->is_enabled);
    query_i64(q, workflow->is_deleted);
    query_i64(q, workflow->schedule_job_row);
    query_text(q, workflow->last_modified_by);
    query_utc(q, workflow->updated_at);
}

bool sqlite_workflow_insert(struct store_tx *tx, struct workflow *workflow,
                            const struct workflow_member *members, size_t count, struct err *err) {
    struct query q = query_begin(tx, SQL_WORKFLOW_INSERT);
    query_bytes(&q, workflow->id.bytes, sizeof workflow->id.bytes);
    query_text(&q, workflow->created_by);
    query_utc(&q, workflow->created_at);
    bind_definition(&q, workflow);
    if (!query_run(&q, err)) return err_wrap(err, "the workflow cannot be stored");
    int64_t row = sqlite3_last_insert_rowid(q.connection->db);
    if (!set_members(tx, workflow, row, members, count, err)) return false;
    workflow->row = row;
    return true;
}

bool sqlite_workflow_update(struct store_tx *tx, const struct workflow *workflow,
                            int64_t expected_revision, const struct workflow_member *members,
                            size_t count, struct err *err) {
    struct query q = query_begin(tx, SQL_WORKFLOW_REVISION);
    query_i64(&q, workflow->row);
    bool found = query_row(&q);
    int64_t revision = found ? read_i64(&q) : 0;
    if (!query_end(&q, err)) return false;
    if (!found) return no_such_workflow(err);
    if (revision != expected_revision)
        return err_set(err, ERR_STALE, "the workflow has changed since it was read");
    q = query_begin(tx, SQL_WORKFLOW_UPDATE);
    bind_definition(&q, workflow);
    query_i64(&q, workflow->row);
    return query_run(&q, err) && set_members(tx, workflow, workflow->row, members, count, err);
}

/* ---- reading --------------------------------------------------------------------------------- */

static void read_workflow(struct query *q, struct arena *arena, struct workflow *workflow) {
    workflow->row = read_i64(q);
    workflow->id = read_guid(q);
    workflow->created_by = read_text(q, arena);
    workflow->created_at = read_utc(q);
    workflow->revision = read_i64(q);
    workflow->name = read_text(q, arena);
    workflow->description = read_text(q, arena);
    workflow->jobs = read_text(q, arena);
    workflow->schedule = read_text(q, arena);
    workflow->is_enabled = read_bool(q);
    workflow->is_deleted = read_bool(q);
    workflow->schedule_job_row = read_i64(q);
    workflow->last_modified_by = read_text(q, arena);
    workflow->updated_at = read_utc(q);
}

static bool get(struct store_tx *tx, int64_t row, const struct guid *id, struct arena *arena,
                struct workflow *ret, struct err *err) {
    struct query q = query_begin(tx, SQL_WORKFLOW_GET);
    if (id) {
        query_null(&q);
        query_bytes(&q, id->bytes, sizeof id->bytes);
    } else {
        query_i64(&q, row);
        query_null(&q);
    }
    struct workflow workflow = {0};
    bool found = query_row(&q);
    if (found) read_workflow(&q, arena, &workflow);
    if (!query_end(&q, err)) return false;
    if (!found) return no_such_workflow(err);
    *ret = workflow;
    return true;
}

bool sqlite_workflow_get(struct store_tx *tx, struct guid id, struct arena *arena,
                         struct workflow *ret, struct err *err) {
    return get(tx, 0, &id, arena, ret, err);
}

bool sqlite_workflow_get_by_row(struct store_tx *tx, int64_t row, struct arena *arena,
                                struct workflow *ret, struct err *err) {
    return get(tx, row, NULL, arena, ret, err);
}

bool sqlite_workflow_list(struct store_tx *tx, const struct workflow_filter *filter,
                          struct arena *arena, struct workflow_page *ret, struct err *err) {
    struct workflow_page page;
    struct query q = query_begin(tx, SQL_WORKFLOW_COUNT);
    query_i64(&q, filter->job_row);
    query_text(&q, filter->search);
    if (!number_of_query(&q, &page.total, err)) return false;
    int64_t *rows;
    q = query_begin(tx, SQL_WORKFLOW_LIST);
    query_i64(&q, filter->job_row);
    query_text(&q, filter->search);
    query_i64(&q, filter->limit < 0 ? 0 : filter->limit);
    query_i64(&q, filter->offset);
    if (!rows_of_query(&q, arena, &rows, &page.count, err)) return false;
    page.items = ARENA_ARRAY(arena, page.count, struct workflow);
    for (size_t i = 0; i < page.count; i++)
        if (!get(tx, rows[i], NULL, arena, &page.items[i], err)) return false;
    *ret = page;
    return true;
}
