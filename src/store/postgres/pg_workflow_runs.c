/* pg_workflow_runs.c - runs of workflows, step by step. The steps of a run travel together: one
 * statement writes them all.
 */
#include "store/postgres/pg_tables.h"
#include "store/postgres/pg_writer.h"

/* ---- writing --------------------------------------------------------------------------------- */

/* One column of all steps. */
#define BIND_STEPS(q, steps, count, type, put, value) \
    do { \
        struct pg_array column = pg_array_new((q), (type), (count)); \
        for (size_t at = 0; at < (count); at++) { \
            const struct workflow_step *step = &(steps)[at]; \
            put(&column, (value)); \
        } \
        pg_array_bind((q), &column); \
    } while (0)

/* What changes of a step as the run goes on. */
static void bind_progress(struct pg_query *q, const struct workflow_step *steps, size_t count) {
    BIND_STEPS(q, steps, count, PG_ARRAY_I64, pg_array_i64, (int64_t)step->status);
    BIND_STEPS(q, steps, count, PG_ARRAY_GUID, pg_array_guid, &step->execution_id);
    BIND_STEPS(q, steps, count, PG_ARRAY_I64, pg_array_utc, step->started_at);
    BIND_STEPS(q, steps, count, PG_ARRAY_I64, pg_array_utc, step->completed_at);
    BIND_STEPS(q, steps, count, PG_ARRAY_TEXT, pg_array_text, step->error_message);
}

static void post_steps(struct store_tx *tx, int64_t run_row, const struct workflow_step *steps,
                       size_t count) {
    struct pg_query q;
    pg_begin(&q, tx, SQL_STEPS_INSERT);
    pg_i64(&q, run_row);
    BIND_STEPS(&q, steps, count, PG_ARRAY_I64, pg_array_i64, step->position);
    BIND_STEPS(&q, steps, count, PG_ARRAY_I64, pg_array_i64, step->job_row);
    BIND_STEPS(&q, steps, count, PG_ARRAY_GUID, pg_array_guid, &step->job_id);
    bind_progress(&q, steps, count);
    pg_post(&q);
}

static void bind_run(struct pg_query *q, const struct workflow_run *run) {
    pg_guid(q, &run->id);
    pg_i64(q, run->workflow_row);
    pg_i64(q, (int64_t)run->status);
    pg_i64(q, (int64_t)run->trigger);
    pg_text(q, run->triggered_by);
    pg_utc(q, run->scheduled_for);
    pg_i64(q, run->created_at.us);
    pg_utc(q, run->completed_at);
    pg_i64(q, run->retry_count);
    pg_text(q, run->error_message);
    pg_text(q, run->parameters);
    pg_text(q, str_is_absent(run->jobs) ? STR("[]") : run->jobs);
}

bool postgres_run_insert(struct store_tx *tx, struct workflow_run *run, struct workflow_step *steps,
                         size_t count, bool *inserted, struct err *err) {
    struct pg_query q;
    pg_begin(&q, tx, SQL_RUN_INSERT);
    bind_run(&q, run);
    bool answered = pg_row(&q);
    bool has_workflow = answered && pg_read_bool(&q);
    int64_t row = answered ? pg_read_i64(&q) : 0;
    bool due_has_run = answered && pg_read_bool(&q);
    bool is_known = answered && pg_read_bool(&q);
    if (!pg_end(&q, err)) return false;
    if (!has_workflow) return no_such_workflow(err);
    if (row == 0 && is_known && !due_has_run)
        return err_set(err, ERR_CONFLICT, "this run exists already");
    *inserted = row != 0;
    if (row == 0) return true;
    run->row = row;
    for (size_t i = 0; i < count; i++) steps[i].run_row = row;
    post_steps(tx, row, steps, count);
    return true;
}

bool postgres_run_update(struct store_tx *tx, const struct workflow_run *run, struct err *err) {
    struct pg_query q;
    pg_begin(&q, tx, SQL_RUN_UPDATE);
    pg_i64(&q, run->row);
    pg_i64(&q, (int64_t)run->status);
    pg_utc(&q, run->completed_at);
    pg_i64(&q, run->retry_count);
    pg_text(&q, run->error_message);
    int64_t changed;
    if (!pg_run_counting(&q, &changed, err)) return false;
    return changed > 0 || no_such_run(err);
}

bool postgres_steps_update(struct store_tx *tx, const struct workflow_step *steps, size_t count,
                           struct err *err) {
    if (count == 0) return true;
    struct pg_query q;
    pg_begin(&q, tx, SQL_STEPS_UPDATE);
    BIND_STEPS(&q, steps, count, PG_ARRAY_I64, pg_array_i64, step->run_row);
    BIND_STEPS(&q, steps, count, PG_ARRAY_I64, pg_array_i64, step->position);
    bind_progress(&q, steps, count);
    int64_t changed;
    if (!pg_run_counting(&q, &changed, err)) return false;
    return changed == (int64_t)count || err_set(err, ERR_NOT_FOUND, "there is no such step");
}

/* ---- reading --------------------------------------------------------------------------------- */

static void read_run(struct pg_query *q, struct arena *arena, struct workflow_run *run) {
    *run = (struct workflow_run){.row = pg_read_i64(q)};
    run->id = pg_read_guid(q);
    run->workflow_row = pg_read_i64(q);
    run->workflow_id = pg_read_guid(q);
    run->workflow_name = pg_read_text(q, arena);
    run->status = (enum execution_status)pg_read_i64(q);
    run->trigger = (enum trigger)pg_read_i64(q);
    run->triggered_by = pg_read_text(q, arena);
    run->scheduled_for = pg_read_utc(q);
    run->created_at = pg_read_utc(q);
    run->completed_at = pg_read_utc(q);
    run->retry_count = pg_read_i64(q);
    run->error_message = pg_read_text(q, arena);
    run->parameters = pg_read_text(q, arena);
    run->jobs = pg_read_text(q, arena);
}

bool postgres_run_get(struct store_tx *tx, struct guid id, struct arena *arena,
                      struct workflow_run *ret, struct err *err) {
    struct pg_query q;
    pg_begin(&q, tx, pg_writer_of(tx) ? SQL_RUN_GET_LOCKED : SQL_RUN_GET);
    pg_guid(&q, &id);
    struct workflow_run run;
    bool found = pg_row(&q);
    if (found) read_run(&q, arena, &run);
    if (!pg_end(&q, err)) return false;
    if (!found) return no_such_run(err);
    *ret = run;
    return true;
}

bool postgres_run_steps(struct store_tx *tx, int64_t run_row, struct arena *arena,
                        struct workflow_step **ret, size_t *count, struct err *err) {
    struct pg_query q;
    pg_begin(&q, tx, SQL_RUN_STEPS);
    pg_i64(&q, run_row);
    size_t found = 0;
    struct workflow_step *steps = ARENA_ARRAY(arena, pg_rows(&q), struct workflow_step);
    while (pg_row(&q)) {
        struct workflow_step *step = &steps[found++];
        *step = (struct workflow_step){.run_row = pg_read_i64(&q)};
        step->position = pg_read_i64(&q);
        step->job_row = pg_read_i64(&q);
        step->job_id = pg_read_guid(&q);
        step->job_name = pg_read_text(&q, arena);
        step->status = (enum execution_status)pg_read_i64(&q);
        step->execution_id = pg_read_guid(&q);
        step->started_at = pg_read_utc(&q);
        step->completed_at = pg_read_utc(&q);
        step->error_message = pg_read_text(&q, arena);
    }
    if (!pg_end(&q, err)) return false;
    *ret = steps;
    *count = found;
    return true;
}

bool postgres_run_list(struct store_tx *tx, const struct run_filter *filter, struct arena *arena,
                       struct run_page *ret, struct err *err) {
    struct pg_query list, number;
    pg_begin(&list, tx, SQL_FILTERED_RUNS);
    pg_i64(&list, filter->workflow_row);
    pg_i64(&list, filter->status);
    pg_i64(&list, filter->limit < 0 ? 0 : filter->limit);
    pg_i64(&list, filter->offset);
    pg_ask(&list);
    pg_begin(&number, tx, SQL_FILTERED_RUNS_COUNT);
    pg_i64(&number, filter->workflow_row);
    pg_i64(&number, filter->status);
    pg_ask(&number);
    struct run_page page = {.items = ARENA_ARRAY(arena, pg_rows(&list), struct workflow_run)};
    while (pg_row(&list)) read_run(&list, arena, &page.items[page.count++]);
    bool listed = pg_end(&list, err);
    if (!pg_number(&number, &page.total, listed ? err : NULL) || !listed) return false;
    *ret = page;
    return true;
}

bool postgres_runs_clear(struct store_tx *tx, struct utc created_before, int64_t limit,
                         int64_t *ret, struct err *err) {
    struct pg_query q;
    pg_begin(&q, tx, SQL_RUNS_CLEAR);
    pg_i64(&q, created_before.us);
    pg_i64(&q, limit < 0 ? 0 : limit);
    return pg_number(&q, ret, err);
}
