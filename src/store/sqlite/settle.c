/* settle.c - how an execution ends, and what that does to its job: the other hot half of a run.
 *
 * The fence is part of the statement that writes the end, so a settlement that comes late, twice or
 * from a node that was taken for dead changes no row, and nothing else of it is done.
 */
#include "store/sqlite/groups.h"
#include "store/sqlite/search_index.h"
#include "store/sqlite/tables.h"
#include "store/sqlite/writer.h"

#include <assert.h>

static bool has_details(const struct settlement *item) {
    return !str_is_absent(item->error_message) || !str_is_absent(item->output) ||
           !str_is_absent(item->result) || item->error_type != 0 || item->output_truncated;
}

static bool write_details(struct store_tx *tx, const struct settlement *item, struct err *err) {
    struct query q = query_begin(tx, SQL_SETTLE_DETAILS);
    query_i64(&q, item->execution_row);
    query_i64(&q, item->error_type);
    query_text(&q, item->error_message);
    query_text(&q, item->output);
    query_i64(&q, item->output_truncated);
    query_text(&q, item->result);
    if (!query_run(&q, err)) return false;
    bool says = item->error_message.len > 0 || item->output.len > 0;
    return !says || search_note_text(tx, item->execution_row, err);
}

/* One that somebody asked to cancel: whatever its end says replaces the reason of the request. Or
 * one that waited, up to its deadline. */
static bool end_asked(struct store_tx *tx, struct settlement *item, struct err *err) {
    struct query q = query_begin(tx, SQL_SETTLE_ASKED);
    query_i64(&q, (int64_t)item->status);
    query_utc(&q, item->completed_at);
    query_i64(&q, item->execution_row);
    query_i64(&q, item->fence);
    query_i64(&q, item->job_row);
    if (!query_run(&q, err)) return false;
    item->applied = query_changes(&q) > 0;
    return !item->applied || (waiting_remove(tx, item->job_row, item->execution_row, err) &&
                              write_details(tx, item, err));
}

static bool end_execution(struct store_tx *tx, struct settlement *item, struct err *err) {
    struct query q = query_begin(tx, SQL_SETTLE_EXECUTION);
    query_i64(&q, (int64_t)item->status);
    query_utc(&q, item->completed_at);
    query_i64(&q, has_details(item) ? FLAG_HAS_DETAILS : 0);
    query_i64(&q, item->execution_row);
    query_i64(&q, item->fence);
    query_i64(&q, item->job_row);
    if (!query_run(&q, err)) return false;
    item->applied = query_changes(&q) > 0;
    if (!item->applied) return end_asked(tx, item, err);
    return !has_details(item) || write_details(tx, item, err);
}

static bool write_job(struct store_tx *tx, const struct job_state *state, bool streak,
                      struct err *err) {
    struct query q = query_begin(tx, streak ? SQL_SETTLE_JOB_STREAK : SQL_SETTLE_JOB);
    query_i64(&q, (int64_t)state->status);
    query_i64(&q, state->live_count);
    query_i64(&q, state->running_count);
    query_utc(&q, state->last_executed_at);
    query_i64(&q, state->last_execution_status);
    query_utc(&q, state->last_success_at);
    query_i64(&q, state->durations.count);
    query_i64(&q, state->durations.mean_us);
    query_i64(&q, state->durations.deviation_us);
    query_utc(&q, state->last_completed_at);
    if (streak) query_i64(&q, state->consecutive_failures);
    query_i64(&q, state->row);
    return query_run(&q, err);
}

static bool note_end_on_job(struct store_tx *tx, const struct settlement *item, struct utc started,
                            struct job_state *state, struct err *err) {
    int64_t failures = state->consecutive_failures;
    state->live_count--;
    state->running_count--;
    state->last_executed_at = utc_max(state->last_executed_at, started);
    state->last_execution_status = (int64_t)item->status;
    if (!item->retry)
        state->last_completed_at = utc_max(state->last_completed_at, item->completed_at);
    if (item->status == EXECUTION_FAILED) state->consecutive_failures++;
    if (item->status == EXECUTION_SUCCEEDED) {
        state->consecutive_failures = 0;
        state->last_success_at = utc_max(state->last_success_at, item->completed_at);
        durations_add(&state->durations, utc_diff(item->completed_at, started));
    }
    state->status = job_state_status(state);
    return write_job(tx, state, state->consecutive_failures != failures, err);
}

static bool note_ended_badly(struct store_tx *tx, const struct settlement *item, struct err *err) {
    struct query q = query_begin(tx, SQL_ENDED_BADLY_ADD);
    query_i64(&q, (int64_t)item->status);
    query_i64(&q, item->execution_row);
    return query_run(&q, err);
}

/* What an end changes beside the row itself. */
static bool note_end(struct store_tx *tx, const struct settlement *item, struct job_state *state,
                     struct err *err) {
    struct utc started;
    if (!started_at(tx, item->execution_row, item->fence, &started, err) ||
        !count_ended(tx, item->status, started, item->completed_at, 1, err) ||
        !note_end_on_job(tx, item, started, state, err))
        return false;
    return item->status == EXECUTION_SUCCEEDED || note_ended_badly(tx, item, err);
}

static bool note_hand_back(struct store_tx *tx, const struct settlement *item, int64_t queue,
                           struct job_state *state, struct err *err) {
    if (!pending_add(tx, state->lane, item->execution_row, err) ||
        !count_pending(tx, queue, 1, err))
        return false;
    state->running_count--;
    struct query q = query_begin(tx, SQL_JOB_STATE_RUNNING);
    query_i64(&q, state->running_count);
    query_i64(&q, state->row);
    return query_run(&q, err);
}

static bool hand_back(struct store_tx *tx, struct settlement *item, int64_t *queue,
                      struct err *err) {
    struct query q = query_begin(tx, SQL_SETTLE_HAND_BACK);
    query_i64(&q, item->execution_row);
    query_i64(&q, item->fence);
    query_i64(&q, item->job_row);
    bool applied = query_row(&q);
    *queue = applied ? read_i64(&q) : 0;
    if (!query_end(&q, err)) return false;
    item->applied = applied;
    if (!applied) return true;
    q = query_begin(tx, SQL_PROGRESS_FORGET);
    query_i64(&q, item->execution_row);
    return query_run(&q, err);
}

static bool reschedule(struct store_tx *tx, const struct settlement *item, struct job_state *state,
                       struct err *err) {
    if (state->revision != item->revision) return true;
    state->next_run_at = item->next_run_at;
    state->wake_at = item->wake_at;
    state->status = job_state_status(state);
    struct query q = query_begin(tx, SQL_JOB_STATE_RESCHEDULE);
    query_i64(&q, (int64_t)state->status);
    query_never(&q, item->next_run_at);
    query_never(&q, item->wake_at);
    query_i64(&q, item->job_row);
    return query_run(&q, err);
}

static bool settle_on_job(struct store_tx *tx, struct settlement *item, int64_t queue,
                          struct err *err) {
    struct job_state before, state;
    if (!job_state_need(tx, item->job_row, &before, err)) return false;
    state = before;
    bool ends = item->status != EXECUTION_PENDING;
    if (!group_started(tx, state.lane, -1, err)) return false;
    if (ends ? !note_end(tx, item, &state, err) : !note_hand_back(tx, item, queue, &state, err))
        return false;
    if (item->reschedule && !reschedule(tx, item, &state, err)) return false;
    item->failures_before = before.consecutive_failures;
    item->failures_after = state.consecutive_failures;
    item->durations_before = before.durations;
    item->has_dependants = before.dependant_count > 0;
    return job_state_note(tx, &before, &state, err);
}

static bool settle_one(struct store_tx *tx, struct settlement *item, struct err *err) {
    assert(item->status != EXECUTION_RUNNING);
    int64_t queue = 0;
    bool ends = item->status != EXECUTION_PENDING;
    if (ends ? !end_execution(tx, item, err) : !hand_back(tx, item, &queue, err)) return false;
    if (!item->applied) return true;
    count_executions(writer_of(tx), EXECUTION_RUNNING, -1);
    count_executions(writer_of(tx), item->status, 1);
    if (!settle_on_job(tx, item, queue, err) || !note_running(tx, item->execution_row, false, err))
        return false;
    return !item->retry || sqlite_execution_insert(tx, item->retry, err);
}

bool sqlite_settle(struct store_tx *tx, struct settlement *items, size_t count, struct err *err) {
    for (size_t i = 0; i < count; i++)
        if (!settle_one(tx, &items[i], err)) return false;
    return true;
}
