/* pg_job_state.c - see pg_job_state.h. */
#include "store/postgres/pg_job_state.h"

#include "store/postgres/pg_counts.h"
#include "store/postgres/pg_writer.h"

#include <stdlib.h>
#include <string.h>

/* ---- remembering ----------------------------------------------------------------------------- */

static size_t first_place(const struct pg_jobs *jobs, int64_t row) {
    uint64_t mixed = (uint64_t)row * 0x9e3779b97f4a7c15u;
    return (size_t)(mixed >> 32) & (jobs->place_count - 1);
}

static uint32_t *place_of(struct pg_jobs *jobs, int64_t row) {
    size_t at = first_place(jobs, row);
    while (jobs->places[at] != 0 && jobs->items[jobs->places[at] - 1].state.row != row)
        at = (at + 1) & (jobs->place_count - 1);
    return &jobs->places[at];
}

static void make_room(struct pg_jobs *jobs) {
    if (jobs->count == jobs->room) {
        jobs->room = jobs->room ? jobs->room * 2 : 64;
        jobs->items = xreallocarray(jobs->items, jobs->room, sizeof *jobs->items);
    }
    if (jobs->count * 2 < jobs->place_count) return;
    jobs->place_count = jobs->place_count ? jobs->place_count * 2 : 256;
    free(jobs->places);
    jobs->places = xcalloc(jobs->place_count, sizeof *jobs->places);
    for (size_t i = 0; i < jobs->count; i++)
        *place_of(jobs, jobs->items[i].state.row) = (uint32_t)i + 1;
}

static struct pg_job *find(struct pg_jobs *jobs, int64_t row) {
    if (jobs->count == 0) return NULL;
    uint32_t place = *place_of(jobs, row);
    return place ? &jobs->items[place - 1] : NULL;
}

static struct pg_job *remember(struct pg_jobs *jobs, const struct pg_job_state *state) {
    struct pg_job *job = find(jobs, state->row);
    if (!job) {
        make_room(jobs);
        uint32_t *place = place_of(jobs, state->row);
        job = &jobs->items[jobs->count++];
        *place = (uint32_t)jobs->count;
        /* place_of compares rows: the item must have its own before the next look. */
    }
    job->state = job->stored = *state;
    return job;
}

void pg_job_erased(struct pg_job *job) {
    job->state.row = job->stored.row = -1; // no row: is not found any more
}

void pg_jobs_forget(struct pg_jobs *jobs) {
    if (jobs->count > 0) memset(jobs->places, 0, jobs->place_count * sizeof *jobs->places);
    jobs->count = 0;
}

void pg_jobs_free(struct pg_jobs *jobs) {
    free(jobs->items);
    free(jobs->places);
    *jobs = (struct pg_jobs){0};
}

/* ---- reading --------------------------------------------------------------------------------- */

static struct pg_jobs *jobs_of(struct store_tx *tx) {
    return &pg_writer_of(tx)->jobs;
}

struct pg_job *pg_job_read(struct pg_query *q) {
    struct pg_job_state state;
    state.row = pg_read_i64(q);
    state.revision = pg_read_i64(q);
    state.status = (enum job_status)pg_read_i64(q);
    state.concurrency_policy = (enum concurrency_policy)pg_read_i64(q);
    state.wake_at = pg_read_never(q);
    state.next_run_at = pg_read_never(q);
    state.schedule_from = pg_read_utc(q);
    state.run_count = pg_read_i64(q);
    state.live_count = pg_read_i64(q);
    state.group_limit = pg_read_i64(q);
    state.last_executed_at = pg_read_utc(q);
    state.last_execution_status = pg_read_i64(q);
    state.consecutive_failures = pg_read_i64(q);
    state.last_success_at = pg_read_utc(q);
    state.last_completed_at = pg_read_utc(q);
    state.last_run_created_at = pg_read_utc(q);
    state.starts_workflow = pg_read_i64(q);
    state.durations.count = pg_read_i64(q);
    state.durations.mean_us = pg_read_i64(q);
    state.durations.deviation_us = pg_read_i64(q);
    return remember(jobs_of(&q->connection->tx), &state);
}

struct pg_job *pg_job_find(struct store_tx *tx, int64_t row) {
    return find(jobs_of(tx), row);
}

bool pg_jobs_lock(struct store_tx *tx, const int64_t *rows, size_t count, struct err *err) {
    struct pg_query q;
    pg_begin(&q, tx, SQL_JOB_STATES_LOCK);
    struct pg_array wanted = pg_array_new(&q, PG_ARRAY_I64, count);
    for (size_t i = 0; i < count; i++)
        if (!pg_job_find(tx, rows[i])) pg_array_i64(&wanted, rows[i]);
    if (wanted.count == 0) {
        arena_free(&q.arena);
        return true;
    }
    pg_array_bind(&q, &wanted);
    while (pg_row(&q)) (void)pg_job_read(&q);
    return pg_end(&q, err);
}

struct pg_job *pg_job_need(struct store_tx *tx, int64_t row, struct err *err) {
    if (!pg_jobs_lock(tx, &row, 1, err)) return NULL;
    struct pg_job *job = pg_job_find(tx, row);
    if (!job) (void)err_set(err, ERR_NOT_FOUND, "there is no such job");
    return job;
}

/* ---- writing --------------------------------------------------------------------------------- */

void pg_job_settle_status(struct pg_job_state *state) {
    struct job job = {
        .is_deleted = state->status == JOB_DELETED,
        .is_enabled = state->status != JOB_DISABLED,
        .is_paused = state->status == JOB_PAUSED,
        .next_run_at = state->next_run_at,
        .wake_at = state->wake_at,
        .live_count = state->live_count,
        .last_execution_status = state->last_execution_status,
    };
    state->status = job_current_status(&job);
}

void pg_job_count(struct store_tx *tx, const struct pg_job_state *before,
                  const struct pg_job_state *after) {
    pg_writer_of(tx)->write_changed_jobs = true;
    if (!before || !after || before->status != after->status) {
        if (before) pg_count_jobs(tx, before->status, -1);
        if (after) pg_count_jobs(tx, after->status, 1);
    }
    if (before && after && utc_equal(before->next_run_at, after->next_run_at)) return;
    if (before) pg_count_due(tx, before->next_run_at, -1);
    if (after) pg_count_due(tx, after->next_run_at, 1);
}

static bool is_same(const struct pg_job_state *a, const struct pg_job_state *b) {
    return memcmp(a, b, sizeof *a) == 0;
}

#define BIND_COLUMN(q, jobs, count, put, field) \
    do { \
        struct pg_array column = pg_array_new((q), PG_ARRAY_I64, (count)); \
        for (size_t column_at = 0; column_at < (count); column_at++) \
            put(&column, (jobs)[column_at]->state.field); \
        pg_array_bind((q), &column); \
    } while (0)

static void post_update(struct store_tx *tx, struct pg_job *const *jobs, size_t count) {
    struct pg_query q;
    pg_begin(&q, tx, SQL_JOB_STATES_UPDATE);
    BIND_COLUMN(&q, jobs, count, pg_array_i64, row);
    BIND_COLUMN(&q, jobs, count, pg_array_i64, revision);
    BIND_COLUMN(&q, jobs, count, pg_array_i64, status);
    BIND_COLUMN(&q, jobs, count, pg_array_i64, concurrency_policy);
    BIND_COLUMN(&q, jobs, count, pg_array_never, wake_at);
    BIND_COLUMN(&q, jobs, count, pg_array_never, next_run_at);
    BIND_COLUMN(&q, jobs, count, pg_array_utc, schedule_from);
    BIND_COLUMN(&q, jobs, count, pg_array_i64, run_count);
    BIND_COLUMN(&q, jobs, count, pg_array_i64, live_count);
    BIND_COLUMN(&q, jobs, count, pg_array_utc, last_executed_at);
    BIND_COLUMN(&q, jobs, count, pg_array_i64, last_execution_status);
    BIND_COLUMN(&q, jobs, count, pg_array_i64, consecutive_failures);
    BIND_COLUMN(&q, jobs, count, pg_array_utc, last_success_at);
    BIND_COLUMN(&q, jobs, count, pg_array_utc, last_completed_at);
    BIND_COLUMN(&q, jobs, count, pg_array_utc, last_run_created_at);
    BIND_COLUMN(&q, jobs, count, pg_array_i64, starts_workflow);
    BIND_COLUMN(&q, jobs, count, pg_array_i64, durations.count);
    BIND_COLUMN(&q, jobs, count, pg_array_i64, durations.mean_us);
    BIND_COLUMN(&q, jobs, count, pg_array_i64, durations.deviation_us);
    pg_post(&q);
}

void pg_jobs_write(struct store_tx *tx) {
    struct pg_jobs *jobs = jobs_of(tx);
    struct pg_job **changed = xmalloc((jobs->count + 1) * sizeof *changed);
    size_t count = 0;
    for (size_t i = 0; i < jobs->count; i++) {
        struct pg_job *job = &jobs->items[i];
        if (!is_same(&job->state, &job->stored)) changed[count++] = job;
    }
    if (count > 0) post_update(tx, changed, count);
    for (size_t i = 0; i < count; i++) {
        pg_job_count(tx, &changed[i]->stored, &changed[i]->state);
        changed[i]->stored = changed[i]->state;
    }
    free(changed);
}
