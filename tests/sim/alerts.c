/* alerts.c - who is told: a handler that delivers or fails at once, and the rule that a streak of
 * failures raises one alert, and its end one more, whatever crashes and whoever settles.
 */
#include "oracle.h"

#include <stdlib.h>

static void start(struct handler *handler, struct run *run) {
    struct world *world = ((struct sim_handler *)(void *)handler)->world;
    bool good = world->calm || world_chance(world, 70);
    struct run_result result = {.status = good ? EXECUTION_SUCCEEDED : EXECUTION_FAILED};
    if (!good) {
        result.error_type = ERROR_CONNECTION;
        result.error_message = STR("nobody answers");
    }
    run_finish(run, &result);
}

/* It has ended before anybody could stop it. */
static void stop(struct handler *handler, struct run *run) {
    world_fail(((struct sim_handler *)(void *)handler)->world,
               "asked to stop alert %lld, which has ended", (long long)run->execution->row);
}

void sim_alerts_init(struct sim_handler *handler, struct world *world, int node) {
    *handler = (struct sim_handler){
        .handler = {.type = (enum job_type)JOB_ALERT, .start = start, .stop = stop},
        .world = world,
        .node = node,
    };
}

/* ---- the rule -------------------------------------------------------------------------------- */

struct streak { // of a job, by its alerts so far
    bool is_raised;
    int64_t alerts;
};

static void follow(struct world *world, struct store_tx *tx, const struct execution *listed,
                   struct streak *streaks, struct arena *arena) {
    struct err err = ERR_INIT;
    struct execution execution;
    struct alert alert;
    struct str delivered;
    long long row = (long long)listed->row;
    if (!store_execution_get(tx, listed->id, arena, &execution, &err) ||
        !alert_parse(execution.parameters, arena, &alert, &delivered, &err))
        world_fail(world, "alert %lld cannot be read: %s", row, err.msg);
    for (size_t i = 0; i < world->job_count; i++) {
        if (!guid_equal(world->jobs[i].id, alert.job_id)) continue;
        if (alert.has_recovered != streaks[i].is_raised)
            world_fail(world, "alert %lld: job %lld was told of twice in one streak", row,
                       (long long)world->jobs[i].row);
        if (alert.consecutive_failures < SIM_ALERT_FAILURES)
            world_fail(world, "alert %lld is raised after %lld failures", row,
                       (long long)alert.consecutive_failures);
        streaks[i].is_raised = !alert.has_recovered;
        streaks[i].alerts++;
        return;
    }
    world_fail(world, "alert %lld is about a job that nobody made", row);
}

size_t oracle_check_alerts(struct world *world, const struct snapshot *snapshot) {
    struct arena arena = {0};
    struct err err = ERR_INIT;
    struct streak *streaks = ARENA_ARRAY(&arena, world->job_count, struct streak);
    struct store_tx *tx = store_read_begin(world->api, &err);
    if (tx == NULL) world_fail(world, "no read: %s", err.msg);
    size_t raised = 0;
    for (size_t i = snapshot->alert_count; i-- > 0;) { // the oldest first
        const struct execution *execution = &snapshot->alerts[i];
        if (execution->status == EXECUTION_PENDING &&
            utc_before(utc_add(execution->available_at, span_seconds(5)), world->now))
            world_fail(world, "alert %lld waits for nothing (L1)", (long long)execution->row);
        if (execution->trigger != TRIGGER_ALERT) continue; // a further attempt
        follow(world, tx, execution, streaks, &arena);
        raised++;
    }
    store_read_end(tx);
    for (size_t i = 0; i < world->job_count; i++) {
        bool fails = snapshot->jobs[i].consecutive_failures >= SIM_ALERT_FAILURES;
        if (fails != streaks[i].is_raised)
            world_fail(world, "job %lld: %lld failures in a row, and after %lld alerts it is %s",
                       (long long)snapshot->jobs[i].row,
                       (long long)snapshot->jobs[i].consecutive_failures,
                       (long long)streaks[i].alerts, fails ? "not raised" : "raised");
    }
    arena_free(&arena);
    return raised;
}
