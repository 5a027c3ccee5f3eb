/* job_state.c - see job_state.h. */
#include "store/sqlite/job_state.h"

#include "store/sqlite/tables.h"
#include "store/sqlite/writer.h"

bool job_state_get(struct store_tx *tx, int64_t job_row, struct job_state *ret, bool *found,
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
    }
    return query_end(&q, err);
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
    return utc_equal(due_before, due_after) ||
           (count_due(tx, due_before, -1, err) && count_due(tx, due_after, 1, err));
}
