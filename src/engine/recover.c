/* recover.c - see recover.h.
 *
 * The heartbeat comes first in the transaction: a node that was frozen for longer than its lease
 * renews that before it looks for leases that have run out, so it never takes itself for dead.
 * Whether others did is found out by reconciling (pass.h).
 */
#include "engine/recover.h"

#include "engine/dependencies.h"
#include "engine/outcome.h"

static bool beat(struct recovery *recovery, struct store_tx *tx, struct err *err) {
    struct node node = {.name = recovery->node_name,
                        .version = recovery->version,
                        .started_at = recovery->started_at,
                        .heartbeat_at = recovery->now,
                        .lease_until = utc_add(recovery->now, recovery->lease),
                        .workers_busy = recovery->workers_busy,
                        .workers_total = recovery->workers_total};
    return store_heartbeat(tx, &node, err);
}

static struct settlement settle_orphan(const struct recovery *recovery,
                                       const struct execution *orphan, const struct job *job,
                                       struct arena *arena, uint64_t random) {
    struct run_result result = {
        .status = EXECUTION_FAILED,
        .error_type = ERROR_ORPHANED,
        .error_message = arena_printf(arena, "node %.*s ended while this was running",
                                      STR_ARG(orphan->node_name)),
        .never_retry = (int)job->type != JOB_ALERT && (!recovery->retry_orphans || job->is_deleted),
    };
    struct ending ending = {.execution = orphan,
                            .job = job,
                            .reason = orphan->cancel_requested ? STOP_CANCEL : STOP_NONE,
                            .stop_message = orphan->error_message,
                            .result = &result,
                            .now = recovery->now,
                            .random = random};
    return outcome_of(&ending, recovery->zones, arena);
}

static bool read_paused(struct recovery *recovery, struct store_tx *tx, struct err *err) {
    struct str value;
    if (!store_meta_get(tx, STR("paused_all"), &recovery->arena, &value, err)) return false;
    recovery->paused = str_equal(value, STR("1"));
    return true;
}

/* Who waited for one of these to end: claimed by the first pass. */
static bool release_dependants(struct recovery *recovery, struct store_tx *tx, struct err *err) {
    size_t released = 0;
    for (size_t i = 0; i < recovery->count; i++) {
        const struct settlement *item = &recovery->settled[i];
        if (item->applied && item->retry == NULL && item->has_dependants &&
            !dependencies_ended(tx, recovery->orphans[i].job_id, recovery->now, &recovery->arena,
                                &released, err))
            return false;
    }
    return true;
}

static bool raise_alerts(struct recovery *recovery, struct store_tx *tx, struct err *err) {
    for (size_t i = 0; i < recovery->count; i++) {
        struct ended_execution ended = {.settlement = &recovery->settled[i],
                                        .execution_id = recovery->orphans[i].id,
                                        .started_at = recovery->orphans[i].started_at,
                                        .scheduled_for = recovery->orphans[i].scheduled_for};
        if (!alerts_settled(recovery->alerts, tx, &ended, &recovery->arena, err)) return false;
    }
    return true;
}

static bool move_runs(struct recovery *recovery, struct err *err) {
    for (size_t i = 0; i < recovery->count; i++) {
        const struct execution *orphan = &recovery->orphans[i];
        if (!workflows_settled(&recovery->runs, orphan->workflow_run_id, orphan->id,
                               &recovery->settled[i], err))
            return false;
    }
    return workflows_advance(&recovery->runs, err);
}

bool recovery_run(struct store_tx *tx, void *context, struct err *err) {
    struct recovery *recovery = context;
    struct arena *arena = &recovery->arena;
    arena_reset(arena);
    recovery->now = clock_now(recovery->clock);
    recovery->count = 0;
    recovery->runs = (struct workflow_changes){.tx = tx, .arena = arena, .now = recovery->now};
    if (!beat(recovery, tx, err) || !read_paused(recovery, tx, err)) return false;
    if (recovery->at_start && !alerts_begin(recovery->alerts, tx, recovery->now, arena, err))
        return false;
    struct str name = recovery->at_start ? recovery->node_name : STR_NONE;
    recovery->more = false;
    if (!recovery->at_start && utc_is_none(recovery->lease_before)) return true;
    if (!store_orphans(tx, name, recovery->lease_before, RECOVERY_BATCH, arena, &recovery->orphans,
                       &recovery->count, err))
        return false;
    recovery->more = recovery->count == RECOVERY_BATCH;
    recovery->settled = ARENA_ARRAY(arena, recovery->count, struct settlement);
    recovery->job_types = ARENA_ARRAY(arena, recovery->count, enum job_type);
    for (size_t i = 0; i < recovery->count; i++) {
        const struct execution *orphan = &recovery->orphans[i];
        struct job job;
        if (!store_job_get_by_row(tx, orphan->job_row, arena, &job, err)) return false;
        recovery->job_types[i] = job.type;
        recovery->settled[i] =
            settle_orphan(recovery, orphan, &job, arena, recovery->random + (uint64_t)i);
    }
    return recovery->count == 0 ||
           (store_settle(tx, recovery->settled, recovery->count, err) && move_runs(recovery, err) &&
            release_dependants(recovery, tx, err) && raise_alerts(recovery, tx, err));
}
