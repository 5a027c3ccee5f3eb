/* settle.c - how an execution ends, and what that does to its job: the other hot half of a run.
 *
 * The fence is part of the statement that writes the end, so a settlement that comes late, twice or
 * from a node that was taken for dead changes no row, and nothing else of it is done.
 */
#include "store/sqlite/tables.h"
#include "store/sqlite/writer.h"

#include <assert.h>

static bool has_details(const struct settlement *item) {
    return !str_is_absent(item->error_message) || !str_is_absent(item->output) ||
           item->error_type != 0 || item->output_truncated;
}

static bool write_details(struct store_tx *tx, const struct settlement *item, struct err *err) {
    struct query q = query_begin(tx, SQL_SETTLE_DETAILS);
    query_i64(&q, item->execution_row);
    query_i64(&q, item->error_type);
    query_text(&q, item->error_message);
    query_text(&q, item->output);
    query_i64(&q, item->output_truncated);
    return query_run(&q, err);
}

/* One that somebody asked to cancel: whatever its end says replaces the reason of the request. */
static bool end_asked(struct store_tx *tx, struct settlement *item, struct err *err) {
    struct query q = query_begin(tx, SQL_SETTLE_ASKED);
    query_i64(&q, (int64_t)item->status);
    query_utc(&q, item->completed_at);
    query_i64(&q, item->execution_row);
    query_i64(&q, item->fence);
    query_i64(&q, item->job_row);
    if (!query_run(&q, err)) return false;
    item->applied = query_changes(&q) > 0;
    return !item->applied || write_details(tx, item, err);
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

static bool run_on_job(struct store_tx *tx, enum sql_statement which, const struct settlement *item,
                       struct utc started, bool *changed, struct err *err) {
    struct query q = query_begin(tx, which);
    query_i64(&q, started.us);
    query_i64(&q, (int64_t)item->status);
    query_i64(&q, item->job_row);
    if (!query_run(&q, err)) return false;
    *changed = query_changes(&q) > 0;
    return true;
}

static bool note_end_on_job(struct store_tx *tx, const struct settlement *item, struct err *err) {
    struct utc started;
    bool changed = false;
    if (!started_at(tx, item->execution_row, item->fence, &started, err)) return false;
    if (item->status != EXECUTION_FAILED &&
        !run_on_job(tx, SQL_SETTLE_JOB, item, started, &changed, err))
        return false;
    return changed || run_on_job(tx, SQL_SETTLE_JOB_STREAK, item, started, &changed, err);
}

static bool note_ended_badly(struct store_tx *tx, const struct settlement *item, struct err *err) {
    struct query q = query_begin(tx, SQL_ENDED_BADLY_ADD);
    query_i64(&q, (int64_t)item->status);
    query_i64(&q, item->execution_row);
    return query_run(&q, err);
}

/* What an end changes beside the row itself. */
static bool note_end(struct store_tx *tx, const struct settlement *item, struct err *err) {
    if (!count_ended(tx, item->status, item->completed_at, 1, err) ||
        !note_end_on_job(tx, item, err))
        return false;
    return item->status == EXECUTION_SUCCEEDED || note_ended_badly(tx, item, err);
}

static bool run_on_row(struct store_tx *tx, enum sql_statement which, int64_t row,
                       struct err *err) {
    struct query q = query_begin(tx, which);
    query_i64(&q, row);
    return query_run(&q, err);
}

static bool note_hand_back(struct store_tx *tx, const struct settlement *item, struct err *err) {
    return run_on_row(tx, SQL_PENDING_ADD, item->execution_row, err) &&
           run_on_row(tx, SQL_SETTLE_JOB_HAND_BACK, item->job_row, err);
}

static bool hand_back(struct store_tx *tx, struct settlement *item, struct err *err) {
    struct query q = query_begin(tx, SQL_SETTLE_HAND_BACK);
    query_i64(&q, item->execution_row);
    query_i64(&q, item->fence);
    query_i64(&q, item->job_row);
    if (!query_run(&q, err)) return false;
    item->applied = query_changes(&q) > 0;
    return true;
}

static bool reschedule(struct store_tx *tx, const struct settlement *item, struct err *err) {
    struct query q = query_begin(tx, SQL_JOB_STATE_RESCHEDULE);
    query_never(&q, item->next_run_at);
    query_never(&q, item->wake_at);
    query_i64(&q, item->job_row);
    query_i64(&q, item->revision);
    return query_run(&q, err);
}

static bool settle_one(struct store_tx *tx, struct settlement *item, struct err *err) {
    assert(item->status != EXECUTION_RUNNING);
    bool ends = item->status != EXECUTION_PENDING;
    if (ends ? !end_execution(tx, item, err) : !hand_back(tx, item, err)) return false;
    if (!item->applied) return true;
    count_executions(writer_of(tx), EXECUTION_RUNNING, -1);
    count_executions(writer_of(tx), item->status, 1);
    writer_of(tx)->write_changed_jobs = true;
    if (ends ? !note_end(tx, item, err) : !note_hand_back(tx, item, err)) return false;
    if (!note_running(tx, item->execution_row, false, err)) return false;
    if (item->reschedule && !reschedule(tx, item, err)) return false;
    return !item->retry || sqlite_execution_insert(tx, item->retry, err);
}

bool sqlite_settle(struct store_tx *tx, struct settlement *items, size_t count, struct err *err) {
    for (size_t i = 0; i < count; i++)
        if (!settle_one(tx, &items[i], err)) return false;
    return true;
}
