/* pg_plan.c - due jobs, the plan that turns them into executions, and when to look again.
 *
 * A job that is due is locked as it is read, and passed over while another node holds it. A plan
 * that was made from what another transaction has read is applied only while revision and wake_at
 * are those it was made from. For all items together: one question for the jobs that are not locked
 * yet, one for the executions, and the rest is posted.
 */
#include "store/postgres/pg_tables.h"
#include "store/postgres/pg_writer.h"

#include <assert.h>

/* ---- what is due ----------------------------------------------------------------------------- */

static struct due_job due_of(const struct pg_job_state *state) {
    return (struct due_job){
        .row = state->row,
        .revision = state->revision,
        .wake_at = state->wake_at,
        .next_run_at = state->next_run_at,
        .schedule_from = state->schedule_from,
        .run_count = state->run_count,
        .live_count = state->live_count,
        .last_run_created_at = state->last_run_created_at,
        .starts_workflow = state->starts_workflow,
    };
}

static struct due_job read_due(struct pg_query *q) {
    struct due_job due;
    due.row = pg_read_i64(q);
    due.revision = pg_read_i64(q);
    due.wake_at = pg_read_never(q);
    due.next_run_at = pg_read_never(q);
    due.schedule_from = pg_read_utc(q);
    due.run_count = pg_read_i64(q);
    due.live_count = pg_read_i64(q);
    due.last_run_created_at = pg_read_utc(q);
    due.starts_workflow = pg_read_i64(q);
    return due;
}

bool postgres_due_jobs(struct store_tx *tx, struct utc now, int64_t limit, struct arena *arena,
                       struct due_job **ret, size_t *count, struct err *err) {
    bool locks = pg_writer_of(tx) != NULL;
    struct pg_query q;
    pg_begin(&q, tx, locks ? SQL_DUE_JOBS_LOCK : SQL_DUE_JOBS);
    pg_i64(&q, now.us);
    pg_i64(&q, limit < 0 ? 0 : limit);
    size_t found = 0;
    struct due_job *due = ARENA_ARRAY(arena, pg_rows(&q), struct due_job);
    while (pg_row(&q)) due[found++] = locks ? due_of(&pg_job_read(&q)->state) : read_due(&q);
    if (!pg_end(&q, err)) return false;
    *ret = due;
    *count = found;
    return true;
}

bool postgres_wake_times(struct store_tx *tx, struct wake_times *ret, struct err *err) {
    struct pg_query q;
    pg_begin(&q, tx, SQL_WAKE_TIMES);
    struct wake_times times = {UTC_NEVER, UTC_NEVER, UTC_NEVER};
    if (pg_row(&q)) {
        times.job = pg_read_never(&q);
        times.pending = pg_read_never(&q);
        times.watch = pg_read_never(&q);
    }
    if (!pg_end(&q, err)) return false;
    *ret = times;
    return true;
}

/* ---- the ledger of skipped due times --------------------------------------------------------- */

static void post_skips(struct store_tx *tx, const struct skip_range *const *skips, size_t count) {
    if (count == 0) return;
    struct pg_query q;
    pg_begin(&q, tx, SQL_SKIPS_INSERT);
    struct pg_array columns[5];
    for (size_t i = 0; i < COUNT_OF(columns); i++)
        columns[i] = pg_array_new(&q, PG_ARRAY_I64, count);
    for (size_t i = 0; i < count; i++) {
        pg_array_i64(&columns[0], skips[i]->job_row);
        pg_array_i64(&columns[1], skips[i]->from.us);
        pg_array_i64(&columns[2], skips[i]->to.us);
        pg_array_i64(&columns[3], (int64_t)skips[i]->reason);
        pg_array_i64(&columns[4], skips[i]->decided_at.us);
    }
    for (size_t i = 0; i < COUNT_OF(columns); i++) pg_array_bind(&q, &columns[i]);
    pg_post(&q);
}

bool postgres_skip_insert(struct store_tx *tx, const struct skip_range *range, struct err *err) {
    if (!pg_job_need(tx, range->job_row, err)) return false;
    post_skips(tx, &range, 1);
    return true;
}

bool postgres_skips(struct store_tx *tx, int64_t job_row, struct utc from, struct utc to,
                    struct arena *arena, struct skip_range **ret, size_t *count, struct err *err) {
    struct pg_query q;
    pg_begin(&q, tx, SQL_SKIPS);
    pg_i64(&q, job_row);
    pg_i64(&q, from.us);
    pg_i64(&q, to.us);
    size_t found = 0;
    struct skip_range *skips = ARENA_ARRAY(arena, pg_rows(&q), struct skip_range);
    while (pg_row(&q)) {
        struct skip_range *skip = &skips[found++];
        skip->job_row = pg_read_i64(&q);
        skip->from = pg_read_utc(&q);
        skip->to = pg_read_utc(&q);
        skip->reason = (enum skip_reason)pg_read_i64(&q);
        skip->decided_at = pg_read_utc(&q);
    }
    if (!pg_end(&q, err)) return false;
    *ret = skips;
    *count = found;
    return true;
}

/* ---- plan ------------------------------------------------------------------------------------ */

/* What the items have in common, as arrays. */
struct plan {
    struct arena arena;
    int64_t *rows; // of the jobs
    struct new_execution **executions;
    const struct skip_range **skips;
    int64_t *resumed; // rows
    size_t execution_count, skip_count, resumed_count;
};

static struct plan plan_of(const struct plan_item *items, size_t count) {
    struct plan plan = {0};
    size_t executions = 0, skips = 0;
    plan.rows = ARENA_ARRAY(&plan.arena, count, int64_t);
    plan.resumed = ARENA_ARRAY(&plan.arena, count, int64_t);
    for (size_t i = 0; i < count; i++) {
        plan.rows[i] = items[i].job_row;
        executions += items[i].execution_count;
        skips += items[i].skip_count;
    }
    plan.executions = ARENA_ARRAY(&plan.arena, executions, struct new_execution *);
    plan.skips = ARENA_ARRAY(&plan.arena, skips, const struct skip_range *);
    return plan;
}

static void advance(struct pg_job_state *state, const struct plan_item *item, struct plan *plan) {
    state->next_run_at = item->next_run_at;
    state->wake_at = item->wake_at;
    state->schedule_from = item->schedule_from;
    state->run_count = item->run_count;
    if (item->resume) {
        state->revision++;
        if (state->status == JOB_PAUSED) state->status = JOB_ACTIVE;
        plan->resumed[plan->resumed_count++] = state->row;
    }
    pg_job_settle_status(state);
}

static void apply(struct store_tx *tx, struct plan_item *item, struct plan *plan) {
    struct pg_job *job = pg_job_find(tx, item->job_row);
    item->applied = job && job->state.revision == item->revision &&
                    utc_equal(job->state.wake_at, item->old_wake_at);
    if (!item->applied) return;
    advance(&job->state, item, plan);
    for (size_t i = 0; i < item->execution_count; i++) {
        assert(item->executions[i].job_row == item->job_row);
        plan->executions[plan->execution_count++] = &item->executions[i];
    }
    for (size_t i = 0; i < item->skip_count; i++) plan->skips[plan->skip_count++] = &item->skips[i];
}

static void post_resumed(struct store_tx *tx, const struct plan *plan) {
    if (plan->resumed_count == 0) return;
    struct pg_query q;
    pg_begin(&q, tx, SQL_JOBS_RESUME);
    pg_i64s(&q, plan->resumed, plan->resumed_count);
    pg_post(&q);
}

bool postgres_plan_apply(struct store_tx *tx, struct plan_item *items, size_t count,
                         struct err *err) {
    struct plan plan = plan_of(items, count);
    bool ok = pg_jobs_lock(tx, plan.rows, count, err);
    for (size_t i = 0; ok && i < count; i++) apply(tx, &items[i], &plan);
    ok = ok && pg_executions_add(tx, plan.executions, plan.execution_count, err);
    if (ok) {
        post_skips(tx, plan.skips, plan.skip_count);
        post_resumed(tx, &plan);
        pg_jobs_write(tx);
    }
    arena_free(&plan.arena);
    return ok;
}
