/* workflow_runs.c - runs of workflows, step by step. How many there are in each status is counted
 * as they change, so that a page of them knows its total.
 */
#include "store/sqlite/tables.h"

/* ---- writing --------------------------------------------------------------------------------- */

static bool count_runs(struct store_tx *tx, int64_t workflow_row, int64_t status, int64_t change,
                       struct err *err) {
    struct query q = query_begin(tx, SQL_RUN_COUNT_ADD);
    query_i64(&q, workflow_row);
    query_i64(&q, status);
    query_i64(&q, change);
    return query_run(&q, err);
}

static bool insert_step(struct store_tx *tx, const struct workflow_step *step, struct err *err) {
    struct query q = query_begin(tx, SQL_STEP_INSERT);
    query_i64(&q, step->run_row);
    query_i64(&q, step->position);
    query_i64(&q, step->job_row);
    query_guid(&q, &step->job_id);
    query_i64(&q, (int64_t)step->status);
    query_guid(&q, &step->execution_id);
    query_utc(&q, step->started_at);
    query_utc(&q, step->completed_at);
    query_text(&q, step->error_message);
    return query_run(&q, err);
}

static bool insert_row(struct store_tx *tx, struct workflow_run *run, bool *inserted,
                       struct err *err) {
    struct query q = query_begin(tx, SQL_RUN_INSERT);
    query_bytes(&q, run->id.bytes, sizeof run->id.bytes);
    query_i64(&q, run->workflow_row);
    query_i64(&q, (int64_t)run->status);
    query_i64(&q, (int64_t)run->trigger);
    query_text(&q, run->triggered_by);
    query_utc(&q, run->scheduled_for);
    query_i64(&q, run->created_at.us);
    query_utc(&q, run->completed_at);
    query_i64(&q, run->retry_count);
    query_text(&q, run->error_message);
    query_text(&q, run->parameters);
    query_text(&q, str_is_absent(run->jobs) ? STR("[]") : run->jobs);
    if (!query_run(&q, err)) return err_wrap(err, "the workflow run cannot be stored");
    *inserted = query_changes(&q) > 0;
    if (*inserted) run->row = sqlite3_last_insert_rowid(q.connection->db);
    return true;
}

bool sqlite_run_insert(struct store_tx *tx, struct workflow_run *run, struct workflow_step *steps,
                       size_t count, bool *inserted, struct err *err) {
    bool made = false;
    struct query q = query_begin(tx, SQL_WORKFLOW_REVISION);
    query_i64(&q, run->workflow_row);
    bool found = query_row(&q);
    if (!query_end(&q, err)) return false;
    if (!found) return no_such_workflow(err);
    if (!insert_row(tx, run, &made, err)) return false;
    for (size_t i = 0; made && i < count; i++) {
        steps[i].run_row = run->row;
        if (!insert_step(tx, &steps[i], err)) return false;
    }
    if (made && !count_runs(tx, run->workflow_row, (int64_t)run->status, 1, err)) return false;
    *inserted = made;
    return true;
}

bool sqlite_run_update(struct store_tx *tx, const struct workflow_run *run, struct err *err) {
    struct query q = query_begin(tx, SQL_RUN_STATE);
    query_i64(&q, run->row);
    bool found = query_row(&q);
    int64_t workflow_row = found ? read_i64(&q) : 0, status = found ? read_i64(&q) : 0;
    if (!query_end(&q, err)) return false;
    if (!found) return no_such_run(err);
    q = query_begin(tx, SQL_RUN_UPDATE);
    query_i64(&q, (int64_t)run->status);
    query_utc(&q, run->completed_at);
    query_i64(&q, run->retry_count);
    query_text(&q, run->error_message);
    query_i64(&q, run->row);
    if (!query_run(&q, err)) return false;
    return status == (int64_t)run->status ||
           (count_runs(tx, workflow_row, status, -1, err) &&
            count_runs(tx, workflow_row, (int64_t)run->status, 1, err));
}

static bool update_step(struct store_tx *tx, const struct workflow_step *step, struct err *err) {
    struct query q = query_begin(tx, SQL_STEP_UPDATE);
    query_i64(&q, (int64_t)step->status);
    query_guid(&q, &step->execution_id);
    query_utc(&q, step->started_at);
    query_utc(&q, step->completed_at);
    query_text(&q, step->error_message);
    query_i64(&q, step->run_row);
    query_i64(&q, step->position);
    if (!query_run(&q, err)) return false;
    return query_changes(&q) > 0 || err_set(err, ERR_NOT_FOUND, "there is no such step");
}

bool sqlite_steps_update(struct store_tx *tx, const struct workflow_step *steps, size_t count,
                         struct err *err) {
    for (size_t i = 0; i < count; i++)
        if (!update_step(tx, &steps[i], err)) return false;
    return true;
}

/* ---- reading --------------------------------------------------------------------------------- */

static void read_run(struct query *q, struct arena *arena, struct workflow_run *run) {
    run->row = read_i64(q);
    run->id = read_guid(q);
    run->workflow_row = read_i64(q);
    run->workflow_id = read_guid(q);
    run->workflow_name = read_text(q, arena);
    run->status = (enum execution_status)read_i64(q);
    run->trigger = (enum trigger)read_i64(q);
    run->triggered_by = read_text(q, arena);
    run->scheduled_for = read_utc(q);
    run->created_at = read_utc(q);
    run->completed_at = read_utc(q);
    run->retry_count = read_i64(q);
    run->error_message = read_text(q, arena);
    run->parameters = read_text(q, arena);
    run->jobs = read_text(q, arena);
}

static bool get(struct store_tx *tx, int64_t row, const struct guid *id, struct arena *arena,
                struct workflow_run *ret, struct err *err) {
    struct query q = query_begin(tx, SQL_RUN_GET);
    query_i64(&q, id != NULL); // in a list nobody looks at the definition
    if (id) {
        query_null(&q);
        query_bytes(&q, id->bytes, sizeof id->bytes);
    } else {
        query_i64(&q, row);
        query_null(&q);
    }
    struct workflow_run run = {0};
    bool found = query_row(&q);
    if (found) read_run(&q, arena, &run);
    if (!query_end(&q, err)) return false;
    if (!found) return no_such_run(err);
    *ret = run;
    return true;
}

bool sqlite_run_get(struct store_tx *tx, struct guid id, struct arena *arena,
                    struct workflow_run *ret, struct err *err) {
    return get(tx, 0, &id, arena, ret, err);
}

bool sqlite_run_steps(struct store_tx *tx, int64_t run_row, struct arena *arena,
                      struct workflow_step **ret, size_t *count, struct err *err) {
    size_t found = 0, room = 0;
    struct workflow_step *steps = ARENA_ARRAY(arena, 0, struct workflow_step);
    struct query q = query_begin(tx, SQL_RUN_STEPS);
    query_i64(&q, run_row);
    while (query_row(&q)) {
        if (found == room) {
            room = room ? room * 4 : 16;
            struct workflow_step *larger = ARENA_ARRAY(arena, room, struct workflow_step);
            memcpy(larger, steps, found * sizeof *steps);
            steps = larger;
        }
        struct workflow_step *step = &steps[found++];
        step->run_row = read_i64(&q);
        step->position = read_i64(&q);
        step->job_row = read_i64(&q);
        step->job_id = read_guid(&q);
        step->job_name = read_text(&q, arena);
        step->status = (enum execution_status)read_i64(&q);
        step->execution_id = read_guid(&q);
        step->started_at = read_utc(&q);
        step->completed_at = read_utc(&q);
        step->error_message = read_text(&q, arena);
    }
    if (!query_end(&q, err)) return false;
    *ret = steps;
    *count = found;
    return true;
}

static struct query begin_list(struct store_tx *tx, const struct run_filter *filter) {
    bool of_workflow = filter->workflow_row != 0, of_status = filter->status != 0;
    struct query q = query_begin(
        tx, of_workflow ? (of_status ? SQL_RUN_LIST_WORKFLOW_STATUS : SQL_RUN_LIST_WORKFLOW)
                        : (of_status ? SQL_RUN_LIST_STATUS : SQL_RUN_LIST_ANY));
    if (of_workflow) query_i64(&q, filter->workflow_row);
    if (of_status) query_i64(&q, filter->status);
    query_i64(&q, filter->limit < 0 ? 0 : filter->limit);
    query_i64(&q, filter->offset);
    return q;
}

bool sqlite_run_list(struct store_tx *tx, const struct run_filter *filter, struct arena *arena,
                     struct run_page *ret, struct err *err) {
    struct run_page page;
    struct query q = query_begin(tx, SQL_RUN_COUNT);
    query_i64(&q, filter->workflow_row);
    query_i64(&q, filter->status);
    if (!number_of_query(&q, &page.total, err)) return false;
    int64_t *rows;
    q = begin_list(tx, filter);
    if (!rows_of_query(&q, arena, &rows, &page.count, err)) return false;
    page.items = ARENA_ARRAY(arena, page.count, struct workflow_run);
    for (size_t i = 0; i < page.count; i++)
        if (!get(tx, rows[i], NULL, arena, &page.items[i], err)) return false;
    *ret = page;
    return true;
}

/* ---- clearing away --------------------------------------------------------------------------- */

struct old_run {
    int64_t row, workflow_row, status;
};

static bool clear_run(struct store_tx *tx, const struct old_run *run, struct err *err) {
    static const enum sql_statement steps[] = {SQL_RUN_CLEAR_STEPS, SQL_RUN_CLEAR};
    for (size_t i = 0; i < COUNT_OF(steps); i++) {
        struct query q = query_begin(tx, steps[i]);
        query_i64(&q, run->row);
        if (!query_run(&q, err)) return false;
    }
    return count_runs(tx, run->workflow_row, run->status, -1, err);
}

static bool find_old(struct store_tx *tx, struct utc created_before, int64_t limit,
                     struct arena *arena, struct old_run **ret, size_t *count, struct err *err) {
    size_t found = 0, room = 0;
    struct old_run *runs = ARENA_ARRAY(arena, 0, struct old_run);
    struct query q = query_begin(tx, SQL_RUNS_TO_CLEAR);
    query_i64(&q, created_before.us);
    query_i64(&q, limit < 0 ? 0 : limit);
    while (query_row(&q)) {
        if (found == room) {
            room = room ? room * 4 : 64;
            struct old_run *larger = ARENA_ARRAY(arena, room, struct old_run);
            memcpy(larger, runs, found * sizeof *runs);
            runs = larger;
        }
        runs[found].row = read_i64(&q);
        runs[found].workflow_row = read_i64(&q);
        runs[found++].status = read_i64(&q);
    }
    if (!query_end(&q, err)) return false;
    *ret = runs;
    *count = found;
    return true;
}

bool sqlite_runs_clear(struct store_tx *tx, struct utc created_before, int64_t limit, int64_t *ret,
                       struct err *err) {
    struct arena arena = {0};
    struct old_run *runs;
    size_t count;
    bool ok = find_old(tx, created_before, limit, &arena, &runs, &count, err);
    for (size_t i = 0; ok && i < count; i++) ok = clear_run(tx, &runs[i], err);
    if (ok) *ret = (int64_t)count;
    arena_free(&arena);
    return ok;
}
