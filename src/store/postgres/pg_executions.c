/* pg_executions.c - executions: reading rows of execution_heads, making new ones, reading one.
 *
 * New ones are inserted in runs of the same sort (those that live, those that are only recorded),
 * each run one statement, all runs one round trip; what comes back says which were new.
 */
#include "store/postgres/pg_groups.h"
#include "store/postgres/pg_tables.h"
#include "store/postgres/pg_writer.h"

#include <string.h>

bool pg_no_such_execution(struct err *err) {
    return err_set(err, ERR_NOT_FOUND, "there is no such execution");
}

/* ---- reading --------------------------------------------------------------------------------- */

void pg_read_execution(struct pg_query *q, struct arena *arena, struct execution *ret) {
    *ret = (struct execution){0};
    ret->row = pg_read_i64(q);
    ret->id = pg_read_guid(q);
    ret->job_row = pg_read_i64(q);
    ret->job_id = pg_read_guid(q);
    ret->job_name = pg_read_text(q, arena);
    ret->status = (enum execution_status)pg_read_i64(q);
    ret->queue = pg_read_text(q, arena);
    ret->trigger = (enum trigger)pg_read_i64(q);
    ret->triggered_by = pg_read_text(q, arena);
    ret->scheduled_for = pg_read_utc(q);
    ret->created_at = pg_read_utc(q);
    ret->available_at = pg_read_utc(q);
    ret->started_at = pg_read_utc(q);
    ret->completed_at = pg_read_utc(q);
    ret->retry_count = pg_read_i64(q);
    ret->retry_parent_id = pg_read_guid(q);
    ret->node_name = pg_read_text(q, arena);
    ret->fence = pg_read_i64(q);
    ret->cancel_requested = pg_read_bool(q);
    ret->error_type = pg_read_i64(q);
    ret->error_message = pg_read_text(q, arena);
    ret->parameters = pg_read_text(q, arena);
    ret->output_truncated = pg_read_bool(q);
    ret->workflow_run_id = pg_read_guid(q);
    ret->waiting_since = pg_read_utc(q);
    ret->inputs = pg_read_text(q, arena);
    ret->has_progress = !pg_read_is_null(q);
    ret->progress_percent = pg_read_i64(q);
    ret->progress_text = pg_read_text(q, arena);
}

bool pg_executions(struct pg_query *q, struct arena *arena, struct execution **ret, size_t *count,
                   struct err *err) {
    size_t found = 0;
    struct execution *executions = ARENA_ARRAY(arena, pg_rows(q), struct execution);
    while (pg_row(q)) pg_read_execution(q, arena, &executions[found++]);
    if (!pg_end(q, err)) return false;
    *ret = executions;
    *count = found;
    return true;
}

bool postgres_execution_get(struct store_tx *tx, struct guid id, struct arena *arena,
                            struct execution *ret, struct err *err) {
    struct pg_query q;
    pg_begin(&q, tx, SQL_EXECUTION_GET);
    pg_guid(&q, &id);
    struct execution execution;
    bool found = pg_row(&q);
    if (found) {
        pg_read_execution(&q, arena, &execution);
        execution.output = pg_read_text(&q, arena);
        execution.result = pg_read_text(&q, arena);
    }
    if (!pg_end(&q, err)) return false;
    if (!found) return pg_no_such_execution(err);
    *ret = execution;
    return true;
}

bool postgres_executions_live(struct store_tx *tx, int64_t job_row, struct arena *arena,
                              struct execution **ret, size_t *count, struct err *err) {
    struct pg_query q;
    pg_begin(&q, tx, SQL_EXECUTIONS_LIVE);
    pg_i64(&q, job_row);
    return pg_executions(&q, arena, ret, count, err);
}

/* ---- making ---------------------------------------------------------------------------------- */

struct birth {
    struct new_execution *execution;
    enum execution_status status; // as it is to be stored
};

static bool made_by_schedule(const struct new_execution *execution) {
    return (execution->trigger == TRIGGER_SCHEDULE || execution->trigger == TRIGGER_CATCH_UP) &&
           execution->retry_count == 0;
}

#define BIND_OF(q, births, count, type, put, value) \
    do { \
        struct pg_array column = pg_array_new((q), (type), (count)); \
        for (size_t at = 0; at < (count); at++) { \
            const struct new_execution *e = (births)[at].execution; \
            (void)e; \
            put(&column, (value)); \
        } \
        pg_array_bind((q), &column); \
    } while (0)

static struct utc began_or_ended(const struct birth *birth) {
    if (birth->status == EXECUTION_RUNNING) return birth->execution->started_at;
    return birth->status == EXECUTION_CANCELLED ? birth->execution->completed_at : UTC_NONE;
}

static void bind_births(struct pg_query *q, const struct birth *births, size_t count) {
    BIND_OF(q, births, count, PG_ARRAY_GUID, pg_array_guid, &e->id);
    BIND_OF(q, births, count, PG_ARRAY_I64, pg_array_i64, e->job_row);
    BIND_OF(q, births, count, PG_ARRAY_I64, pg_array_i64, (int64_t)births[at].status);
    BIND_OF(q, births, count, PG_ARRAY_TEXT, pg_array_text,
            str_is_absent(e->queue) ? STR("") : e->queue);
    BIND_OF(q, births, count, PG_ARRAY_I64, pg_array_i64, (int64_t)e->trigger);
    BIND_OF(q, births, count, PG_ARRAY_TEXT, pg_array_text, e->triggered_by);
    BIND_OF(q, births, count, PG_ARRAY_I64, pg_array_i64, e->scheduled_for.us);
    BIND_OF(q, births, count, PG_ARRAY_I64, pg_array_i64, e->created_at.us);
    BIND_OF(q, births, count, PG_ARRAY_I64, pg_array_i64, e->available_at.us);
    BIND_OF(q, births, count, PG_ARRAY_I64, pg_array_utc, began_or_ended(&births[at]));
    BIND_OF(q, births, count, PG_ARRAY_I64, pg_array_i64, e->retry_count);
    BIND_OF(q, births, count, PG_ARRAY_GUID, pg_array_guid, &e->retry_parent_id);
    BIND_OF(q, births, count, PG_ARRAY_TEXT, pg_array_text,
            births[at].status == EXECUTION_RUNNING ? e->node_name : STR_NONE);
    BIND_OF(q, births, count, PG_ARRAY_TEXT, pg_array_text, e->error_message);
    BIND_OF(q, births, count, PG_ARRAY_TEXT, pg_array_text, e->parameters);
    BIND_OF(q, births, count, PG_ARRAY_GUID, pg_array_guid, &e->workflow_run_id);
    BIND_OF(q, births, count, PG_ARRAY_I64, pg_array_utc,
            births[at].status == EXECUTION_PENDING ? e->waiting_since : UTC_NONE);
    BIND_OF(q, births, count, PG_ARRAY_TEXT, pg_array_text, e->inputs);
}

static void count_birth(struct store_tx *tx, const struct birth *birth) {
    const struct new_execution *execution = birth->execution;
    struct pg_job_state *job = &pg_job_find(tx, execution->job_row)->state;
    pg_count_executions(tx, birth->status, 1);
    if (birth->status == EXECUTION_PENDING) pg_count_pending(tx, execution->queue, 1);
    pg_count_ended(tx, birth->status, UTC_NONE, execution->completed_at, 1);
    if (!execution_has_ended(birth->status)) {
        job->live_count++;
        if (execution->retry_count == 0)
            job->last_run_created_at = utc_max(job->last_run_created_at, execution->created_at);
    }
    pg_job_settle_status(job);
}

/* The answer holds those that were inserted, in their order. */
static bool read_inserted(struct pg_query *q, struct store_tx *tx, const struct birth *births,
                          size_t count, struct err *err) {
    size_t at = 0;
    while (pg_row(q)) {
        struct guid id = pg_read_guid(q);
        while (at < count && !guid_equal(births[at].execution->id, id)) at++;
        if (at == count)
            return pg_end(q, err) && err_set(err, ERR_INTERNAL, "an execution too many");
        struct new_execution *execution = births[at].execution;
        execution->inserted = true;
        execution->row = pg_read_i64(q);
        execution->fence = pg_read_i64(q);
        count_birth(tx, &births[at++]);
    }
    return pg_end(q, err);
}

/* One that was not inserted: because its due time has its execution, or its id is taken. */
static bool explain_missing(struct store_tx *tx, const struct new_execution *execution,
                            struct err *err) {
    int64_t has_run = 0;
    if (made_by_schedule(execution)) {
        struct pg_query q;
        pg_begin(&q, tx, SQL_DUE_TIME_HAS_RUN);
        pg_i64(&q, execution->scheduled_for.us);
        pg_i64(&q, execution->job_row);
        if (!pg_number(&q, &has_run, err)) return false;
    }
    return has_run || err_set(err, ERR_CONFLICT, "this execution exists already");
}

static size_t run_length(const struct birth *births, size_t count) {
    bool ends = births[0].status == EXECUTION_CANCELLED;
    size_t length = 1;
    while (length < count && (births[length].status == EXECUTION_CANCELLED) == ends) length++;
    return length;
}

static bool insert_births(struct store_tx *tx, const struct birth *births, size_t count,
                          struct arena *scratch, struct err *err) {
    struct run {
        struct pg_query q;
        size_t first, count;
    };
    size_t runs = 0;
    for (size_t at = 0; at < count; runs++) at += run_length(births + at, count - at);
    struct run *all = ARENA_ARRAY(scratch, runs, struct run);
    size_t first = 0;
    for (size_t i = 0; i < runs; i++) {
        all[i].first = first;
        all[i].count = run_length(births + first, count - first);
        bool ends = births[first].status == EXECUTION_CANCELLED;
        pg_begin(&all[i].q, tx, ends ? SQL_ENDED_INSERT : SQL_LIVE_INSERT);
        bind_births(&all[i].q, births + first, all[i].count);
        pg_ask(&all[i].q);
        first += all[i].count;
    }
    bool ok = true;
    for (size_t i = 0; i < runs; i++) { // every one is ended
        struct err later;
        bool read =
            read_inserted(&all[i].q, tx, births + all[i].first, all[i].count, ok ? err : &later);
        ok = ok && read;
    }
    return ok;
}

static bool prepare(struct store_tx *tx, struct new_execution *execution, struct birth *ret,
                    struct err *err) {
    if (!pg_job_find(tx, execution->job_row)) return pg_no_such_job(err);
    *ret = (struct birth){execution, execution->status};
    execution->inserted = false;
    execution->row = execution->fence = 0;
    bool paused = false;
    if (execution->status == EXECUTION_RUNNING && !pg_paused_all(tx, &paused, err)) return false;
    /* Under pause-all nothing starts: what was to be born running waits instead. */
    if (paused) ret->status = EXECUTION_PENDING;
    return true;
}

/* Of groups that are full: what was to be born running waits instead. */
static bool hold_back(struct store_tx *tx, struct birth *births, size_t count,
                      struct arena *scratch, struct err *err) {
    int64_t *jobs = ARENA_ARRAY(scratch, count, int64_t);
    size_t grouped = 0;
    for (size_t i = 0; i < count; i++) {
        int64_t row = births[i].execution->job_row;
        if (births[i].status == EXECUTION_RUNNING && pg_job_find(tx, row)->state.group_limit >= 0)
            jobs[grouped++] = row;
    }
    if (grouped == 0) return true;
    struct pg_groups groups;
    if (!pg_groups_of_jobs(tx, jobs, grouped, scratch, &groups, err)) return false;
    for (size_t i = 0; i < count; i++) {
        const struct pg_job *job = pg_job_find(tx, births[i].execution->job_row);
        if (births[i].status != EXECUTION_RUNNING || job->state.group_limit < 0) continue;
        struct pg_group *group = pg_group_of_job(&groups, job->state.row);
        if (!pg_group_start(group, job->state.group_limit)) births[i].status = EXECUTION_PENDING;
    }
    return true;
}

bool pg_executions_add(struct store_tx *tx, struct new_execution *const *executions, size_t count,
                       struct err *err) {
    struct arena scratch = {0};
    struct birth *births = ARENA_ARRAY(&scratch, count, struct birth);
    bool ok = true;
    for (size_t i = 0; ok && i < count; i++) ok = prepare(tx, executions[i], &births[i], err);
    ok = ok && hold_back(tx, births, count, &scratch, err);
    ok = ok && (count == 0 || insert_births(tx, births, count, &scratch, err));
    for (size_t i = 0; ok && i < count; i++)
        if (!executions[i]->inserted) ok = explain_missing(tx, executions[i], err);
    arena_free(&scratch);
    return ok;
}

bool postgres_execution_insert(struct store_tx *tx, struct new_execution *execution,
                               struct err *err) {
    if (!pg_job_need(tx, execution->job_row, err) || !pg_executions_add(tx, &execution, 1, err))
        return false;
    pg_jobs_write(tx);
    return true;
}
