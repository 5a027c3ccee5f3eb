/* settle.c - how far an execution has come, how it ends, and what that does to its job.
 *
 * The fence decides: a settlement is written only while the row is Running under the very fence
 * that the settling node was given. A node that was taken for dead, or a result that is reported
 * twice, finds the row moved on and is refused.
 */
#include "store/memory/memory.h"

#include <assert.h>

/* The row, while it is Running under this fence. */
static const struct execution *running_under(const struct tables *tables, int64_t row,
                                             int64_t fence) {
    const struct execution *execution = tables_get(tables, TABLE_EXECUTIONS, row);
    bool is_it = execution && execution->status == EXECUTION_RUNNING && execution->fence == fence;
    return is_it ? execution : NULL;
}

static void hand_back(struct tables *tables, const struct execution *running) {
    struct execution execution = *running;
    execution.status = EXECUTION_PENDING;
    execution.started_at = UTC_NONE;
    execution.node_name = STR_NONE;
    execution.fence = 0; // until it is claimed again
    execution.has_progress = false;
    execution.progress_percent = 0;
    execution.progress_text = STR_NONE;
    tables_put(tables, TABLE_EXECUTIONS, execution.row, &execution);
}

static void end_execution(struct tables *tables, const struct execution *running,
                          const struct settlement *item) {
    struct execution execution = *running;
    execution.status = item->status;
    execution.completed_at = item->completed_at;
    execution.error_type = item->error_type;
    execution.error_message = item->error_message;
    execution.output = item->output;
    execution.output_truncated = item->output_truncated;
    execution.result = item->result;
    execution.waiting_since = UTC_NONE;
    tables_put(tables, TABLE_EXECUTIONS, execution.row, &execution);
}

static void note_success(struct job *job, const struct execution *running,
                         struct settlement *item) {
    item->durations_before = job->durations;
    job->consecutive_failures = 0;
    job->last_success_at = utc_max(job->last_success_at, item->completed_at);
    durations_add(&job->durations, utc_diff(item->completed_at, running->started_at));
}

static void note_end_on_job(struct tables *tables, const struct execution *running,
                            struct settlement *item) {
    struct job job = *(const struct job *)tables_get(tables, TABLE_JOBS, running->job_row);
    item->failures_before = job.consecutive_failures;
    job.last_executed_at = utc_max(job.last_executed_at, running->started_at);
    job.last_execution_status = (int64_t)item->status;
    if (item->status == EXECUTION_SUCCEEDED) note_success(&job, running, item);
    if (item->status == EXECUTION_FAILED) job.consecutive_failures++;
    if (!item->retry) job.last_completed_at = utc_max(job.last_completed_at, item->completed_at);
    item->failures_after = job.consecutive_failures;
    item->has_dependants = job_has_dependants(tables, job.id);
    job.live_count--;
    assert(job.live_count >= 0);
    tables_put(tables, TABLE_JOBS, job.row, &job);
}

static void reschedule_job(struct tables *tables, int64_t job_row, const struct settlement *item) {
    struct job job = *(const struct job *)tables_get(tables, TABLE_JOBS, job_row);
    if (job.revision != item->revision) return;
    job.next_run_at = item->next_run_at;
    job.wake_at = item->wake_at;
    tables_put(tables, TABLE_JOBS, job_row, &job);
}

static bool settle_one(struct tables *tables, struct settlement *item, struct err *err) {
    const struct execution *running = running_under(tables, item->execution_row, item->fence);
    item->applied = running && running->job_row == item->job_row;
    if (!item->applied) return true;
    assert(item->status != EXECUTION_RUNNING);
    if (item->status == EXECUTION_PENDING) {
        hand_back(tables, running);
    } else {
        end_execution(tables, running, item);
        note_end_on_job(tables, running, item);
    }
    if (item->reschedule) reschedule_job(tables, running->job_row, item);
    return !item->retry || execution_insert(tables, item->retry, err);
}

bool memory_settle(struct store_tx *tx, struct settlement *items, size_t count, struct err *err) {
    struct tables *tables = tables_to_change(tx);
    for (size_t i = 0; i < count; i++)
        if (!settle_one(tables, &items[i], err)) return false;
    return true;
}

/* ---- on the way ------------------------------------------------------------------------------ */

bool memory_execution_progress(struct store_tx *tx, struct execution_progress *items, size_t count,
                               struct err *err) {
    (void)err;
    struct tables *tables = tables_to_change(tx);
    for (size_t i = 0; i < count; i++) {
        const struct execution *running =
            running_under(tables, items[i].execution_row, items[i].fence);
        items[i].applied = running != NULL;
        if (!running) continue;
        struct execution execution = *running;
        execution.has_progress = true;
        execution.progress_percent = items[i].percent;
        execution.progress_text = items[i].text;
        tables_put(tables, TABLE_EXECUTIONS, execution.row, &execution);
    }
    return true;
}
