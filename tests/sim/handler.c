/* handler.c - runs that take no time, some time, or for ever; that succeed or fail; that stop when
 * asked, later, or much later. Each beginning and end goes to the witness.
 */
#include "world.h"

/* Every third says at its start how far it is, and every sixth at its end too. */
static bool tells(int64_t fence, int64_t *percent) {
    *percent = fence % 6 == 0 ? 100 : fence % 101;
    return fence % 3 == 0;
}

void sim_check_progress(const struct world *world, const struct witness *last,
                        const struct execution *execution) {
    int64_t percent;
    if (execution->fence != last->fence || !execution_has_ended(execution->status)) return;
    bool told = tells(last->fence, &percent);
    if (execution->has_progress != told || (told && execution->progress_percent != percent))
        world_fail(world, "execution %lld: progress %d is recorded as %d", (long long)last->row,
                   told ? (int)percent : -1,
                   execution->has_progress ? (int)execution->progress_percent : -1);
}

static void end_run(struct world *world, struct sim_run *sim_run, const struct run_result *result) {
    struct witness *witness = &world->witnesses[sim_run->witness];
    witness->ended = true;
    witness->said = result->status;
    witness->stopped = sim_run->run->stop_reason;
    struct run *run = sim_run->run;
    if (witness->fence % 6 == 0) run_tell_progress(run, 100, STR("all of it"));
    sim_run->run = NULL;
    world_trace(world, "node %d: run of execution %lld ends %d (stop %d)", sim_run->node,
                (long long)witness->row, (int)result->status, (int)witness->stopped);
    run_finish(run, result);
}

void sim_run_end(struct world *world, struct sim_run *sim_run) {
    static const int64_t types[] = {ERROR_HTTP_STATUS, ERROR_CONNECTION, ERROR_PROCESS};
    bool stopped = sim_run->run->stop_reason != STOP_NONE;
    bool good = stopped ? world_chance(world, 10) : world_chance(world, world->calm ? 95 : 75);
    struct run_result result = {.status = good ? EXECUTION_SUCCEEDED : EXECUTION_FAILED,
                                .output = STR("some output")};
    if (!good) {
        result.error_type = types[world_pick(world, 3)];
        result.error_message = STR("it failed");
        result.http_status = result.error_type == ERROR_HTTP_STATUS ? 503 : 0;
    }
    end_run(world, sim_run, &result);
}

static struct sim_run *free_run(struct world *world) {
    for (size_t i = 0; i < WORLD_RUNS_MAX; i++)
        if (world->runs[i].run == NULL) return &world->runs[i];
    world_fail(world, "more than %d runs at once", WORLD_RUNS_MAX);
}

static void check_start(const struct world *world, const struct run *run, int node) {
    if (world_is_still(world, &world->nodes[node]))
        world_fail(world, "execution %lld begins though all is paused (S6)",
                   (long long)run->execution->row);
    for (size_t i = 0; i < WORLD_RUNS_MAX; i++) {
        const struct sim_run *other = &world->runs[i];
        if (other->run == NULL) continue;
        if (other->run->execution->row == run->execution->row)
            world_fail(world, "execution %lld runs twice at once", (long long)run->execution->row);
        if (run->job->concurrency_policy == CONCURRENCY_REPLACE &&
            other->run->job->row == run->job->row && other->node == node &&
            other->run->stop_reason == STOP_CANCEL)
            world_fail(world, "execution %lld begins before the one that it replaces has ended",
                       (long long)run->execution->row);
    }
}

static void start(struct handler *handler, struct run *run) {
    struct sim_handler *own = (struct sim_handler *)(void *)handler;
    struct world *world = own->world;
    check_start(world, run, own->node);
    if (world->witness_count == world->witness_capacity) {
        world->witness_capacity = world->witness_capacity ? world->witness_capacity * 2 : 256;
        world->witnesses =
            xreallocarray(world->witnesses, world->witness_capacity, sizeof *world->witnesses);
    }
    world->witnesses[world->witness_count] = (struct witness){
        .row = run->execution->row,
        .job_row = run->execution->job_row,
        .fence = run->execution->fence,
        .node = own->node,
        .life = world->nodes[own->node].life,
        .trigger = run->execution->trigger,
    };
    struct sim_run *sim_run = free_run(world);
    *sim_run = (struct sim_run){.run = run, .witness = world->witness_count++, .node = own->node};
    world_trace(world, "node %d: execution %lld of job %lld begins (fence %lld)", own->node,
                (long long)run->execution->row, (long long)run->execution->job_row,
                (long long)run->execution->fence);
    if (run->execution->fence % 3 == 0)
        run_tell_progress(run, (int)(run->execution->fence % 101), STR("a part of it"));
    int64_t kind = world->calm ? world_pick(world, 60) : world_pick(world, 100);
    struct span takes;
    if (kind < 40) {
        sim_run_end(world, sim_run);
        return;
    }
    if (kind < 75)
        takes = span_ms(world_pick(world, world->calm ? 50 : 3000));
    else if (kind < 92)
        takes = span_ms(3000 + world_pick(world, 57000));
    else
        takes = span_seconds(1000000); // until it is stopped
    sim_run->end_at = mono_add(world->mono, takes);
}

static void stop(struct handler *handler, struct run *run) {
    struct world *world = ((struct sim_handler *)(void *)handler)->world;
    world->stops[run->stop_reason]++;
    for (size_t i = 0; i < WORLD_RUNS_MAX; i++) {
        struct sim_run *sim_run = &world->runs[i];
        if (sim_run->run != run) continue;
        int64_t kind = world->calm ? 0 : world_pick(world, 10);
        if (kind < 4)
            sim_run_end(world, sim_run);
        else
            sim_run->end_at =
                mono_add(world->mono, span_ms(world_pick(world, kind < 8 ? 5000 : 20000)));
        return;
    }
    world_fail(world, "asked to stop a run that is not going on");
}

void sim_runs_kill(struct world *world, int node) {
    for (size_t i = 0; i < WORLD_RUNS_MAX; i++) {
        struct sim_run *sim_run = &world->runs[i];
        if (sim_run->run == NULL || sim_run->node != node) continue;
        world->witnesses[sim_run->witness].killed = true;
        sim_run->run = NULL;
    }
}

void sim_handler_init(struct sim_handler *handler, struct world *world, int node) {
    *handler = (struct sim_handler){
        .handler = {.type = JOB_HTTP_CALL, .start = start, .stop = stop},
        .world = world,
        .node = node,
    };
}
