/* job_state.c - see job_state.h.
 *
 * A job that fires is read to be planned and again to be settled, and nobody but the committer
 * writes: so the committer remembers what it read or wrote last of each of some thousand jobs, and
 * forgets it all when a write is undone.
 */
#include "store/sqlite/job_state.h"

#include "store/sqlite/groups.h"
#include "store/sqlite/tables.h"
#include "store/sqlite/writer.h"

static struct remembered_job *place_of(struct writer *writer, int64_t job_row) {
    return &writer->jobs[job_row % JOBS_REMEMBERED];
}

static bool recall(struct writer *writer, int64_t job_row, struct job_state *ret) {
    if (job_row <= 0) return false;
    const struct remembered_job *job = place_of(writer, job_row);
    if (job->since != writer->jobs_since || job->state.row != job_row) return false;
    *ret = job->state;
    return true;
}

static void remember(struct writer *writer, const struct job_state *state) {
    struct remembered_job *job = place_of(writer, state->row);
    job->since = writer->jobs_since;
    job->state = *state;
}

static void forget(struct writer *writer, int64_t job_row) {
    place_of(writer, job_row)->state.row = 0;
}

static bool read_state(struct store_tx *tx, int64_t job_row, struct job_state *ret, bool *found,
                       struct err *err) {
    struct query q = query_begin(tx, SQL_JOB_STATE_GET);
    query_i64(&q, job_row);
    *found = query_row(&q);
    if (*found) {
        ret->row = job_row;
        ret->revision = read_i64(&q);
        ret->status = (enum job_status)read_i64(&q);
        ret->wake_at = read_never(&q);
        ret->next_run_at = read_never(&q);
        ret->live_count = read_i64(&q);
        ret->running_count = read_i64(&q);
        ret->last_executed_at = read_utc(&q);
        ret->last_execution_status = read_i64(&q);
        ret->consecutive_failures = read_i64(&q);
        ret->last_success_at = read_utc(&q);
        ret->durations.count = read_i64(&q);
        ret->durations.mean_us = read_i64(&q);
        ret->durations.deviation_us = read_i64(&q);
        ret->execution_count = read_i64(&q);
        ret->last_execution = read_i64(&q);
        ret->ordinal = read_i64(&q);
        ret->whole_from = read_i64(&q);
        ret->last_completed_at = read_utc(&q);
        ret->last_run_created_at = read_utc(&q);
        ret->lane = read_i64(&q);
        ret->dependant_count = read_i64(&q);
        ret->starts_workflow = read_i64(&q);
    }
    return query_end(&q, err);
}

bool job_state_get(struct store_tx *tx, int64_t job_row, struct job_state *ret, bool *found,
                   struct err *err) {
    *found = recall(writer_of(tx), job_row, ret);
    if (*found) return true;
    if (!read_state(tx, job_row, ret, found, err)) return false;
    if (*found) remember(writer_of(tx), ret);
    return true;
}

bool job_state_need(struct store_tx *tx, int64_t job_row, struct job_state *ret, struct err *err) {
    bool found;
    return job_state_get(tx, job_row, ret, &found, err) && (found || no_such_job(err));
}

enum job_status job_state_status(const struct job_state *state) {
    const struct job job = {
        .is_deleted = state->status == JOB_DELETED,
        .is_enabled = state->status != JOB_DISABLED,
        .is_paused = state->status == JOB_PAUSED,
        .next_run_at = state->next_run_at,
        .live_count = state->live_count,
        .last_execution_status = state->last_execution_status,
    };
    return job_current_status(&job);
}

bool job_state_note(struct store_tx *tx, const struct job_state *before,
                    const struct job_state *after, struct err *err) {
    struct writer *writer = writer_of(tx);
    struct utc due_before = before ? before->next_run_at : UTC_NEVER;
    struct utc due_after = after ? after->next_run_at : UTC_NEVER;
    if (!before || !after || before->status != after->status) {
        if (before) count_jobs(writer, before->status, -1);
        if (after) count_jobs(writer, after->status, 1);
    }
    writer->write_changed_jobs = true;
    if (after)
        remember(writer, after);
    else
        forget(writer, before->row);
    return utc_equal(due_before, due_after) ||
           (count_due(tx, due_before, -1, err) && count_due(tx, due_after, 1, err));
}

static bool mark_tied(struct store_tx *tx, int64_t job_row, bool tied, struct err *err) {
    enum { TIED = 8 };
    struct query q = query_begin(tx, SQL_JOB_STATE_TIED);
    query_i64(&q, tied ? TIED : 0);
    query_i64(&q, job_row);
    return query_run(&q, err);
}

static bool is_tied(const struct job_state *state) {
    return state->lane != 0 || state->dependant_count != 0 || state->starts_workflow != 0;
}

bool job_state_tie(struct store_tx *tx, const struct job_state *before,
                   const struct job_state *state, struct err *err) {
    if (state->lane == before->lane && state->dependant_count == before->dependant_count &&
        state->starts_workflow == before->starts_workflow)
        return true;
    bool tied = is_tied(state);
    struct query q = query_begin(tx, tied ? SQL_JOB_TIES_PUT : SQL_JOB_TIES_REMOVE);
    query_i64(&q, state->row);
    if (tied) {
        query_i64(&q, state->lane);
        query_i64(&q, state->dependant_count);
        query_i64(&q, state->starts_workflow);
    }
    return query_run(&q, err) && (tied == is_tied(before) || mark_tied(tx, state->row, tied, err));
}

bool job_state_claimed(struct store_tx *tx, int64_t job_row, struct err *err) {
    struct job_state state;
    if (!job_state_need(tx, job_row, &state, err)) return false;
    state.running_count++;
    struct query q = query_begin(tx, SQL_JOB_STATE_RUNNING);
    query_i64(&q, state.running_count);
    query_i64(&q, job_row);
    if (!query_run(&q, err) || !group_started(tx, state.lane, 1, err)) return false;
    remember(writer_of(tx), &state); // nothing changed that is counted or shown
    return true;
}
