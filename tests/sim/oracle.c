/* oracle.c - what must hold after every commit: states, fences, owners, times.
 *
 * It looks at the store as any reader would, and remembers what it saw. Each check names the rule
 * of the correctness definition that it stands for (S1 never early, S4 fences, S6 pauses, S7
 * states, S8 counts).
 */
#include "oracle.h"

#include "model/job_schedule.h"

#include <stdlib.h>
#include <string.h>

enum { CANCEL_PATIENCE_US = 20000000 }; // with failing writes in between

void oracle_read(struct world *world, struct snapshot *ret) {
    *ret = (struct snapshot){0};
    struct err err = ERR_INIT;
    struct store_tx *tx = store_read_begin(world->api, &err);
    if (tx == NULL) world_fail(world, "no read: %s", err.msg);
    struct execution_filter filter = {.limit = INT32_MAX};
    struct execution_page page;
    ret->jobs = ARENA_ARRAY(&ret->arena, world->job_count, struct job);
    bool ok = store_execution_list(tx, &filter, &ret->arena, &page, &err);
    for (size_t i = 0; ok && i < world->job_count; i++)
        ok = store_job_get_by_row(tx, world->jobs[i].row, &ret->arena, &ret->jobs[i], &err);
    if (!ok) world_fail(world, "no list: %s", err.msg);
    store_read_end(tx);
    ret->executions = ARENA_ARRAY(&ret->arena, page.count, struct execution);
    ret->alerts = ARENA_ARRAY(&ret->arena, page.count, struct execution);
    for (size_t i = 0; i < page.count; i++) {
        bool is_alert = str_equal(page.items[i].queue, ALERT_QUEUE);
        if (is_alert)
            ret->alerts[ret->alert_count++] = page.items[i];
        else
            ret->executions[ret->count++] = page.items[i];
    }
}

void oracle_snapshot_free(struct snapshot *snapshot) {
    arena_free(&snapshot->arena);
}

/* What was seen of an execution; by row. */
struct shadow {
    bool known;
    enum execution_status status;
    int64_t fence, highest_fence, error_type;
    struct utc completed_at;
};

static struct shadow *shadow_of(struct world *world, int64_t row) {
    size_t index = (size_t)row;
    if (index >= world->shadow_count) {
        size_t count = index * 2 + 64;
        world->shadow = xreallocarray(world->shadow, count, sizeof *world->shadow);
        memset(world->shadow + world->shadow_count, 0,
               (count - world->shadow_count) * sizeof *world->shadow);
        world->shadow_count = count;
    }
    return &world->shadow[index];
}

static void check_history(struct world *world, const struct execution *now) {
    struct shadow *shadow = shadow_of(world, now->row);
    long long row = (long long)now->row;
    if (shadow->known && execution_has_ended(shadow->status)) {
        if (now->status != shadow->status || !utc_equal(now->completed_at, shadow->completed_at) ||
            now->error_type != shadow->error_type || now->fence != shadow->fence)
            world_fail(world, "execution %lld had ended as %d and is %d now (S7)", row,
                       (int)shadow->status, (int)now->status);
    }
    /* What was handed back has none until it is claimed again. */
    if (now->fence != 0 && now->fence < shadow->highest_fence)
        world_fail(world, "the fence of execution %lld went back (S4)", row);
    if (now->status == EXECUTION_RUNNING && (now->fence <= 0 || now->node_name.len == 0))
        world_fail(world, "execution %lld is Running without an owner", row);
    if (execution_has_ended(now->status) == utc_is_none(now->completed_at))
        world_fail(world, "execution %lld: status %d and completedAt do not agree", row,
                   (int)now->status);
    *shadow = (struct shadow){.known = true,
                              .status = now->status,
                              .fence = now->fence,
                              .highest_fence = now->fence ? now->fence : shadow->highest_fence,
                              .error_type = now->error_type,
                              .completed_at = now->completed_at};
}

bool oracle_is_planned(const struct execution *execution) {
    return execution->retry_count == 0 &&
           (execution->trigger == TRIGGER_SCHEDULE || execution->trigger == TRIGGER_CATCH_UP);
}

static void check_times(const struct world *world, const struct execution *execution,
                        const struct job *job) {
    long long row = (long long)execution->row;
    if (oracle_is_planned(execution) &&
        utc_before(execution->created_at, job_available_at(job, execution->scheduled_for)))
        world_fail(world, "execution %lld was made before its due time (S1)", row);
    if (!utc_is_none(execution->started_at) &&
        utc_before(execution->started_at, execution->available_at))
        world_fail(world, "execution %lld started before it was available (S1, S7)", row);
    if (utc_before(world->latest, execution->created_at))
        world_fail(world, "execution %lld comes from the future", row);
}

struct tally {
    int64_t live, running, planned_live, planned_pending;
};

static void count(struct tally *tally, const struct execution *execution) {
    bool pending = execution->status == EXECUTION_PENDING;
    if (!pending && execution->status != EXECUTION_RUNNING) return;
    tally->live++;
    tally->running += !pending;
    tally->planned_live += oracle_is_planned(execution);
    tally->planned_pending += pending && oracle_is_planned(execution);
}

static void check_tally(const struct world *world, const struct job *job,
                        const struct tally *tally) {
    long long row = (long long)job->row;
    if (job->live_count != tally->live)
        world_fail(world, "job %lld: live_count %lld, recount %lld (S8)", row,
                   (long long)job->live_count, (long long)tally->live);
    if (job->concurrency_policy == CONCURRENCY_QUEUE && tally->running > 1)
        world_fail(world, "job %lld: two run at once under Queue (S3)", row);
    if (job->concurrency_policy == CONCURRENCY_QUEUE && tally->planned_pending > 2)
        world_fail(world, "job %lld: more than one waits under Queue (S3)", row);
    if (job->interval_mode == INTERVAL_FIXED_DELAY && tally->planned_live > 1)
        world_fail(world, "job %lld: a FixedDelay run began before the last had ended", row);
    if (job->concurrency_policy == CONCURRENCY_SKIP && tally->planned_live > 1)
        world_fail(world, "job %lld: two are live under Skip (S3)", row);
}

static int64_t highest_fence(const struct snapshot *snapshot) {
    int64_t highest = 0;
    for (size_t i = 0; i < snapshot->count; i++)
        if (snapshot->executions[i].fence > highest) highest = snapshot->executions[i].fence;
    for (size_t i = 0; i < snapshot->alert_count; i++)
        if (snapshot->alerts[i].fence > highest) highest = snapshot->alerts[i].fence;
    return highest;
}

/* The latest that the schedule made; rows grow. */
static int64_t latest_planned(const struct snapshot *snapshot) {
    for (size_t i = 0; i < snapshot->count; i++)
        if (oracle_is_planned(&snapshot->executions[i])) return snapshot->executions[i].row;
    return 0;
}

void oracle_note_pause(struct world *world) {
    struct snapshot snapshot;
    oracle_read(world, &snapshot);
    world->fence_at_pause = highest_fence(&snapshot);
    world->planned_at_pause = latest_planned(&snapshot);
    oracle_snapshot_free(&snapshot);
}

size_t oracle_job_index(const struct world *world, int64_t row) {
    for (size_t i = 0; i < world->job_count; i++)
        if (world->jobs[i].row == row) return i;
    world_fail(world, "an execution of job %lld, which nobody made", (long long)row);
}

/* Cancel really stops the work: within seconds, whichever node was asked. */
static void check_cancels(const struct world *world) {
    for (size_t i = 0; i < WORLD_RUNS_MAX; i++) {
        const struct sim_run *run = &world->runs[i];
        if (run->run == NULL || run->run->stop_reason != STOP_NONE) continue;
        const struct sim_node *node = &world->nodes[run->node];
        if (node->frozen || node->abnormal[node->life]) continue;
        for (size_t j = 0; j < world->cancel_count; j++)
            if (world->cancels[j].row == run->run->execution->row &&
                mono_diff(world->mono, world->cancels[j].at).us > CANCEL_PATIENCE_US)
                world_fail(world, "execution %lld was cancelled and runs on",
                           (long long)world->cancels[j].row);
    }
}

/* Whoever waits for pause-all is told within seconds; and what a still node has not started is not
 * Running there. */
static void check_pause(const struct world *world, const struct snapshot *snapshot) {
    if (!world->paused) return;
    bool late = mono_diff(world->mono, world->paused_at).us > CANCEL_PATIENCE_US;
    for (int i = 0; i < world->node_count; i++) {
        const struct sim_node *node = &world->nodes[i];
        if (node->core == NULL || node->frozen || node->abnormal[node->life]) continue;
        if (core_state(node->core) != CORE_RUNNING) continue;
        if (late && node->pause_is_asked && !world_is_still(world, node))
            world_fail(world, "node %d does not come to rest though all is paused", i);
        if (core_figures(node->core).paused != world->paused && node->born_paused)
            world_fail(world, "node %d does not know that all is paused", i);
    }
    if (highest_fence(snapshot) > world->fence_at_pause)
        world_fail(world, "something was started though all is paused (S6)");
    if (latest_planned(snapshot) > world->planned_at_pause)
        world_fail(world, "a due time was decided though all is paused (S6)");
}

void oracle_check(struct world *world) {
    check_cancels(world);
    struct snapshot snapshot;
    oracle_read(world, &snapshot);
    struct tally *tallies = ARENA_ARRAY(&snapshot.arena, world->job_count, struct tally);
    for (size_t i = 0; i < snapshot.count; i++) {
        const struct execution *execution = &snapshot.executions[i];
        size_t job = oracle_job_index(world, execution->job_row);
        check_history(world, execution);
        check_times(world, execution, &snapshot.jobs[job]);
        count(&tallies[job], execution);
    }
    for (size_t i = 0; i < world->job_count; i++)
        check_tally(world, &snapshot.jobs[i], &tallies[i]);
    check_pause(world, &snapshot);
    waiting_check(world, &snapshot);
    waiting_check_limits(world, &snapshot);
    oracle_snapshot_free(&snapshot);
}

void oracle_free(struct world *world) {
    for (size_t i = 0; i < world->job_count; i++) free(world->jobs[i].segments);
    free(world->jobs);
    free(world->shadow);
    waiting_free(world);
}
