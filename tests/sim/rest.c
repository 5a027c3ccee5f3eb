/* rest.c - when all has come to rest: retries follow the policy, what the witness saw is what the
 * store says, and nothing that could run is left lying (L1, L2, L3).
 */
#include "oracle.h"

#include "model/job_schedule.h"

#include <stdlib.h>
#include <string.h>

static int compare_parent(const void *a, const void *b) {
    const struct execution *left = *(const struct execution *const *)a;
    const struct execution *right = *(const struct execution *const *)b;
    return memcmp(left->retry_parent_id.bytes, right->retry_parent_id.bytes, 16);
}

static void check_retry(const struct world *world, const struct execution *parent,
                        const struct execution *retry) {
    bool sound = retry->trigger == TRIGGER_RETRY && retry->retry_count == parent->retry_count + 1 &&
                 utc_equal(retry->scheduled_for, parent->scheduled_for) &&
                 str_equal(retry->queue, parent->queue) && retry->job_row == parent->job_row;
    if (!sound || parent->status != EXECUTION_FAILED)
        world_fail(world, "execution %lld is not a sound retry of %lld (S7)", (long long)retry->row,
                   (long long)parent->row);
    if (!utc_before(parent->completed_at, retry->available_at))
        world_fail(world, "execution %lld is retried without a delay (S7)", (long long)parent->row);
}

static void check_retries(const struct world *world, const struct snapshot *snapshot) {
    const struct execution **retries = xcalloc(snapshot->count, sizeof *retries);
    size_t count = 0;
    for (size_t i = 0; i < snapshot->count; i++)
        if (!guid_is_zero(snapshot->executions[i].retry_parent_id))
            retries[count++] = &snapshot->executions[i];
    qsort(retries, count, sizeof *retries, compare_parent);
    for (size_t i = 1; i < count; i++)
        if (compare_parent(&retries[i - 1], &retries[i]) == 0)
            world_fail(world, "execution %lld and %lld retry the same one",
                       (long long)retries[i - 1]->row, (long long)retries[i]->row);
    for (size_t i = 0; i < snapshot->count; i++) {
        const struct execution *execution = &snapshot->executions[i];
        size_t job = oracle_job_index(world, execution->job_row);
        struct execution key = {.retry_parent_id = execution->id};
        const struct execution *pointer = &key;
        const struct execution **retry =
            count ? bsearch(&pointer, retries, count, sizeof *retries, compare_parent) : NULL;
        if (retry) check_retry(world, execution, *retry);
        bool left = execution->retry_count + 1 < world->jobs[job].max_attempts;
        if (retry && !left)
            world_fail(world, "execution %lld: more attempts than maxAttempts",
                       (long long)execution->row);
        if (waiting_was_refused(execution) && retry)
            world_fail(world, "execution %lld was refused and is tried again",
                       (long long)execution->row);
        if (execution->status == EXECUTION_FAILED && left && !retry &&
            !waiting_was_refused(execution) && !world->jobs[job].last.is_deleted)
            world_fail(world, "execution %lld failed and is not tried again",
                       (long long)execution->row);
    }
    free(retries);
}

/* ---- the witness ----------------------------------------------------------------------------- */

static const struct execution *find(const struct snapshot *snapshot, int64_t row) {
    /* Newest first, and rows grow with creation. */
    size_t low = 0, high = snapshot->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (snapshot->executions[middle].row == row) return &snapshot->executions[middle];
        if (snapshot->executions[middle].row > row)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

static int compare_witness(const void *a, const void *b) {
    const struct witness *left = a, *right = b;
    if (left->row != right->row) return left->row < right->row ? -1 : 1;
    return (left->fence > right->fence) - (left->fence < right->fence);
}

static void check_verdict(const struct world *world, const struct witness *last,
                          const struct execution *execution) {
    long long row = (long long)last->row;
    bool normal = !world->nodes[last->node].abnormal[last->life];
    if (!last->ended || !normal) return;
    sim_check_progress(world, last, execution);
    if (last->stopped == STOP_NONE && execution->status != last->said)
        world_fail(world, "execution %lld said %d and is %d: a result was lost", row,
                   (int)last->said, (int)execution->status);
    if (last->stopped == STOP_CANCEL && execution->status != EXECUTION_CANCELLED)
        world_fail(world, "execution %lld was cancelled and is %d", row, (int)execution->status);
    if (last->stopped == STOP_TIMEOUT && execution->error_type != ERROR_TIMEOUT)
        world_fail(world, "execution %lld timed out and does not say so", row);
}

/* An execution is started again only after it was handed back by a shutdown. */
static void check_witnesses(struct world *world, const struct snapshot *snapshot) {
    size_t count = world->witness_count;
    qsort(world->witnesses, count, sizeof *world->witnesses, compare_witness);
    for (size_t i = 0; i < count; i++) {
        const struct witness *witness = &world->witnesses[i];
        const struct execution *execution = find(snapshot, witness->row);
        if (execution == NULL)
            world_fail(world, "execution %lld ran and does not exist", (long long)witness->row);
        bool last = i + 1 == count || world->witnesses[i + 1].row != witness->row;
        if (!last && witness->fence == world->witnesses[i + 1].fence)
            world_fail(world, "execution %lld: one fence for two runs (S4)",
                       (long long)witness->row);
        if (!last && !(witness->ended && witness->stopped == STOP_SHUTDOWN))
            world_fail(world, "execution %lld ran twice (S2)", (long long)witness->row);
        if (last) check_verdict(world, witness, execution);
        if (execution->fence != 0 && witness->fence > execution->fence)
            world_fail(world, "execution %lld ran under a fence it never had",
                       (long long)witness->row);
    }
}

/* What Succeeded was seen to succeed. */
static void check_successes(const struct world *world, const struct snapshot *snapshot) {
    for (size_t i = 0; i < snapshot->count; i++) {
        const struct execution *execution = &snapshot->executions[i];
        if (execution->status != EXECUTION_SUCCEEDED) continue;
        bool seen = false;
        for (size_t j = 0; j < world->witness_count && !seen; j++)
            seen = world->witnesses[j].row == execution->row && world->witnesses[j].ended &&
                   world->witnesses[j].said == EXECUTION_SUCCEEDED &&
                   world->witnesses[j].fence == execution->fence;
        if (!seen)
            world_fail(world, "execution %lld Succeeded and nobody saw it",
                       (long long)execution->row);
    }
}

/* Who or what cancelled it ends in the record, through crashes too; and only there. */
static void check_cancelled(const struct world *world, const struct snapshot *snapshot) {
    static const struct str reasons[] = {STR_INIT("cancelled by somebody"),
                                         STR_INIT("replaced by a newer run"), STR_INIT("skipped:")};
    for (size_t i = 0; i < snapshot->count; i++) {
        const struct execution *execution = &snapshot->executions[i];
        bool said = false;
        for (size_t j = 0; j < COUNT_OF(reasons); j++)
            said = said || str_starts_with(execution->error_message, reasons[j]);
        if (said != (execution->status == EXECUTION_CANCELLED) &&
            execution_has_ended(execution->status))
            world_fail(world, "execution %lld ended as %d and says: %.*s",
                       (long long)execution->row, (int)execution->status,
                       STR_ARG(execution->error_message));
    }
}

/* ---- nothing is left lying ------------------------------------------------------------------- */

static void check_nothing_waits(const struct world *world, const struct snapshot *snapshot) {
    int64_t running = 0, live = 0;
    for (size_t i = 0; i < WORLD_RUNS_MAX; i++) live += world->runs[i].run != NULL;
    for (size_t i = 0; i < snapshot->count; i++) {
        const struct execution *execution = &snapshot->executions[i];
        running += execution->status == EXECUTION_RUNNING;
        if (execution->status == EXECUTION_PENDING &&
            utc_before(utc_add(execution->available_at, span_seconds(5)), world->now))
            world_fail(world, "execution %lld waits for nothing (L1)", (long long)execution->row);
    }
    if (running != live)
        world_fail(world, "%lld are Running in the store, %lld run (L2)", (long long)running,
                   (long long)live);
    for (size_t i = 0; i < world->job_count; i++) {
        const struct job *job = &snapshot->jobs[i];
        if (utc_before(utc_add(job->wake_at, span_seconds(2)), world->now))
            world_fail(world, "job %lld is due and is not planned (L1)", (long long)job->row);
    }
}

void oracle_check_rest(struct world *world) {
    oracle_check(world);
    struct snapshot snapshot;
    oracle_read(world, &snapshot);
    check_nothing_waits(world, &snapshot);
    check_retries(world, &snapshot);
    check_witnesses(world, &snapshot);
    check_successes(world, &snapshot);
    check_cancelled(world, &snapshot);
    waiting_check_rest(world, &snapshot);
    world->alerts_raised += oracle_check_alerts(world, &snapshot);
    for (size_t i = 0; i < world->job_count; i++) ledger_check(world, &snapshot, i);
    oracle_snapshot_free(&snapshot);
}
