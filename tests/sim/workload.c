/* workload.c - what people do to the scheduler, and what the machine does to it. */
#include "world.h"

#include "engine/dependencies.h"
#include "model/job_schedule.h"

#include <stdio.h>
#include <string.h>

enum { JOBS_MAX = 14 };

/* ---- jobs ------------------------------------------------------------------------------------ */

static struct guid make_id(struct world *world) {
    struct guid id;
    for (size_t i = 0; i < sizeof id.bytes; i++) id.bytes[i] = (unsigned char)world_random(world);
    return id;
}

/* Patterns whose due times the oracle knows by plain arithmetic: they repeat every so many seconds
 * (oracle.c: period_of). */
static struct str pick_pattern(struct world *world) {
    static const struct str patterns[] = {
        STR_INIT("* * * * * *"), STR_INIT("*/5 * * * * *"), STR_INIT("*/20 * * * * *"),
        STR_INIT("* * * * *"),   STR_INIT("*/10 * * * *"),  STR_INIT("0 * * * *"),
    };
    return patterns[world_pick(world, (int64_t)COUNT_OF(patterns))];
}

static void pick_schedule(struct world *world, struct job *job) {
    static const int64_t intervals[] = {1, 2, 5, 7, 30, 60, 300, 3600, 86400};
    job->run_at = UTC_NONE;
    job->schedule_expression = STR_NONE;
    job->interval_seconds = 0;
    switch (world_pick(world, 4)) {
    case 0:
        job->schedule_type = SCHEDULE_CRON;
        job->schedule_expression = pick_pattern(world);
        return;
    case 1:
        job->schedule_type = SCHEDULE_ONE_TIME;
        job->run_at = utc_add(world->now, span_ms(world_pick(world, 200000) - 50000));
        return;
    default:
        job->schedule_type = SCHEDULE_INTERVAL;
        job->interval_seconds = intervals[world_pick(world, (int64_t)COUNT_OF(intervals))];
        return;
    }
}

/* One or two of the jobs before this one: no circle can come of that. */
static struct str pick_dependencies(struct world *world, size_t before) {
    struct guid ids[2];
    struct dependencies dependencies = {
        .jobs = ids, .condition = (enum dependency_condition)(1 + world_pick(world, 3))};
    for (int i = 0; before > 0 && i < 2; i++) {
        const struct sim_job *job = &world->jobs[world_pick(world, (int64_t)before)];
        bool twice = dependencies.count > 0 && guid_equal(ids[0], job->id);
        if (!job->last.is_deleted && !twice) ids[dependencies.count++] = job->id;
    }
    return dependencies_text(&world->arena, &dependencies);
}

static void pick_group(struct world *world, struct job *job) {
    static const struct str groups[] = {STR_INIT("one"), STR_INIT("two")};
    job->concurrency_group = groups[world_pick(world, 2)];
    job->concurrency_group_limit = 1 + world_pick(world, 3);
}

static struct job make_job(struct world *world, int64_t *max_attempts) {
    static const struct str queues[] = {STR_INIT("critical"), STR_INIT("default"),
                                        STR_INIT("background"), STR_INIT("other")};
    *max_attempts = 1 + world_pick(world, 3);
    struct job job = {
        .id = make_id(world),
        .revision = 1,
        .name = STR("a job"),
        .type = JOB_HTTP_CALL,
        .interval_mode = world_chance(world, 25) ? INTERVAL_FIXED_DELAY : INTERVAL_FIXED_RATE,
        .timezone = STR("UTC"),
        .max_runs = world_chance(world, 15) ? 1 + world_pick(world, 8) : 0,
        .jitter_seconds = world_chance(world, 20) ? 1 + world_pick(world, 10) : 0,
        .configuration = STR("{}"),
        .retry_policy =
            arena_printf(&world->arena,
                         "{\"maxAttempts\":%lld,\"delaySeconds\":%lld,\"backoff\":\"Fixed\","
                         "\"maxDelaySeconds\":3600,\"jitter\":true,\"retryOnStatusCodes\":[],"
                         "\"retryOnErrorTypes\":[]}",
                         (long long)*max_attempts, (long long)(1 + world_pick(world, 20))),
        .exclusions = world_chance(world, 10)
                          ? STR("{\"timeRange\":{\"start\":\"12:05\",\"end\":\"12:20\"}}")
                          : STR_NONE,
        .tags = STR("[]"),
        .timeout_seconds = 1 + world_pick(world, world_chance(world, 20) ? 100 : 40),
        .queue = queues[world_pick(world, 4)],
        .concurrency_policy = (enum concurrency_policy)(1 + world_pick(world, 4)),
        .misfire_policy = (enum misfire_policy)(1 + world_pick(world, 3)),
        .gap_policy = GAP_RUN_AFTER,
        .overlap_policy = OVERLAP_AUTO,
        .is_enabled = true,
        .created_at = world->now,
        .updated_at = world->now,
    };
    pick_schedule(world, &job);
    if (job.schedule_type != SCHEDULE_INTERVAL) job.interval_mode = INTERVAL_FIXED_RATE;
    if (job.schedule_type != SCHEDULE_ONE_TIME && world_chance(world, 10))
        job.start_at = utc_add(world->now, span_seconds(world_pick(world, 100)));
    if (job.schedule_type != SCHEDULE_ONE_TIME && world_chance(world, 10))
        job.end_at = utc_add(world->now, span_seconds(100 + world_pick(world, 1000)));
    if (world_chance(world, 30)) job.dependencies = pick_dependencies(world, world->job_count);
    if (world_chance(world, 20)) pick_group(world, &job);
    return job;
}

static bool insert_job(struct store_tx *tx, void *context, struct err *err) {
    return store_job_insert(tx, context, err);
}

static void create_job(struct world *world) {
    if (world->job_count >= JOBS_MAX) return;
    int64_t max_attempts;
    struct job job = make_job(world, &max_attempts);
    struct err err = ERR_INIT;
    if (!job_plan_first(&job, world->zones, world->now, &err) ||
        !memory_store_write(world->api, insert_job, &job, &err))
        world_fail(world, "a job cannot be created: %s", err.msg);
    oracle_new_job(world, &job, max_attempts);
    world_trace(world,
                "job %lld: schedule %d every %lld '%.*s' mode %d misfire %d concurrency %d "
                "maxRuns %lld jitter %lld attempts %lld timeout %lld",
                (long long)job.row, (int)job.schedule_type, (long long)job.interval_seconds,
                STR_ARG(job.schedule_expression), (int)job.interval_mode, (int)job.misfire_policy,
                (int)job.concurrency_policy, (long long)job.max_runs, (long long)job.jitter_seconds,
                (long long)max_attempts, (long long)job.timeout_seconds);
}

/* ---- changes --------------------------------------------------------------------------------- */

enum change {
    CHANGE_PAUSE,
    CHANGE_RESUME,
    CHANGE_DISABLE,
    CHANGE_ENABLE,
    CHANGE_SCHEDULE,
    CHANGE_DEPENDENCIES,
    CHANGE_DELETE
};

struct change_request {
    struct world *world;
    struct sim_job *job;
    enum change change;
    struct arena arena;
    struct job before, after;
    struct passed_over passed;
};

static void apply_change(struct change_request *request) {
    struct world *world = request->world;
    struct job *job = &request->after;
    switch (request->change) {
    case CHANGE_PAUSE:
        job->is_paused = true;
        job->paused_until = world_chance(world, 50)
                                ? utc_add(world->now, span_seconds(1 + world_pick(world, 60)))
                                : UTC_NONE;
        break;
    case CHANGE_RESUME:
        job->is_paused = false;
        job->paused_until = UTC_NONE;
        break;
    case CHANGE_DISABLE: job->is_enabled = false; break;
    case CHANGE_ENABLE: job->is_enabled = true; break;
    case CHANGE_SCHEDULE:
        pick_schedule(world, job);
        if (job->schedule_type != SCHEDULE_INTERVAL) job->interval_mode = INTERVAL_FIXED_RATE;
        if (job->schedule_type == SCHEDULE_ONE_TIME) job->start_at = job->end_at = UTC_NONE;
        break;
    case CHANGE_DEPENDENCIES:
        job->dependencies = world_chance(world, 50)
                                ? STR_NONE
                                : pick_dependencies(world, (size_t)(request->job - world->jobs));
        break;
    case CHANGE_DELETE: job->is_deleted = true; break;
    }
}

static bool change_job(struct store_tx *tx, void *context, struct err *err) {
    struct change_request *request = context;
    if (!store_job_get(tx, request->job->id, &request->arena, &request->before, err)) return false;
    oracle_notice_resume(request->world, tx, request->job, &request->before);
    request->after = request->before;
    apply_change(request);
    request->after.revision++;
    request->after.updated_at = request->world->now;
    if (!job_plan_change(&request->before, &request->after, request->world->zones,
                         request->world->now, &request->passed, err) ||
        !store_job_update(tx, &request->after, request->before.revision, err))
        return false;
    size_t released = 0;
    struct utc now = request->world->now;
    if (!dependencies_changed(tx, request->job->row, now, &request->arena, &released, err) ||
        (request->after.is_deleted &&
         !dependencies_ended(tx, request->job->id, now, &request->arena, &released, err)))
        return false;
    if (request->passed.reason == 0) return true;
    struct skip_range skip = {.job_row = request->job->row,
                              .from = request->passed.from,
                              .to = request->passed.to,
                              .reason = (enum skip_reason)request->passed.reason,
                              .decided_at = request->world->now};
    return store_skip_insert(tx, &skip, err);
}

static void change_some_job(struct world *world) {
    static const enum change changes[] = {
        CHANGE_PAUSE,   CHANGE_PAUSE,  CHANGE_RESUME,   CHANGE_RESUME,       CHANGE_RESUME,
        CHANGE_DISABLE, CHANGE_ENABLE, CHANGE_SCHEDULE, CHANGE_DEPENDENCIES, CHANGE_DELETE};
    if (world->job_count == 0) return;
    struct change_request request = {
        .world = world,
        .job = &world->jobs[world_pick(world, (int64_t)world->job_count)],
        .change = changes[world_pick(world, (int64_t)COUNT_OF(changes))],
    };
    struct err err = ERR_INIT;
    if (!memory_store_write(world->api, change_job, &request, &err))
        world_fail(world, "a job cannot be changed: %s", err.msg);
    world_trace(world, "job %lld: change %d", (long long)request.job->row, (int)request.change);
    oracle_job_changed(world, &request.before, &request.after, &request.passed);
    arena_free(&request.arena);
}

/* ---- executions ------------------------------------------------------------------------------ */

static bool insert_execution(struct store_tx *tx, void *context, struct err *err) {
    return store_execution_insert(tx, context, err);
}

static void trigger_some_job(struct world *world) {
    if (world->job_count == 0) return;
    const struct sim_job *job = &world->jobs[world_pick(world, (int64_t)world->job_count)];
    if (job->last.is_deleted) return;
    struct new_execution execution = {.id = guid_new(world->now),
                                      .job_row = job->row,
                                      .status = EXECUTION_PENDING,
                                      .queue = job->last.queue,
                                      .trigger = TRIGGER_MANUAL,
                                      .triggered_by = STR("somebody"),
                                      .scheduled_for = world->now,
                                      .created_at = world->now,
                                      .available_at = world->now};
    struct err err = ERR_INIT;
    if (!memory_store_write(world->api, insert_execution, &execution, &err))
        world_fail(world, "a job cannot be triggered: %s", err.msg);
    world_trace(world, "job %lld: triggered, execution %lld", (long long)job->row,
                (long long)execution.row);
}

struct cancel_attempt {
    struct world *world;
    struct guid id;
    enum cancel_result result;
    struct execution execution;
    struct arena arena;
};

static bool cancel_execution(struct store_tx *tx, void *context, struct err *err) {
    struct cancel_attempt *request = context;
    size_t released = 0;
    return store_execution_cancel(tx, request->id, STR("cancelled by somebody"),
                                  request->world->now, &request->arena, &request->result,
                                  &request->execution, err) &&
           dependencies_ended(tx, request->execution.job_id, request->world->now, &request->arena,
                              &released, err);
}

static void note_cancel(struct world *world, int64_t row) {
    if (world->cancel_count == world->cancel_capacity) {
        world->cancel_capacity = world->cancel_capacity ? world->cancel_capacity * 2 : 16;
        world->cancels =
            xreallocarray(world->cancels, world->cancel_capacity, sizeof *world->cancels);
    }
    world->cancels[world->cancel_count++] = (struct cancel){row, world->mono};
}

static void cancel_some_execution(struct world *world) {
    struct err err = ERR_INIT;
    struct cancel_attempt request = {.world = world};
    struct store_tx *tx = store_read_begin(world->api, &err);
    if (tx == NULL) world_fail(world, "no read: %s", err.msg);
    struct execution_filter filter = {
        .status = world_chance(world, 70) ? EXECUTION_RUNNING : EXECUTION_PENDING, .limit = 20};
    struct execution_page page;
    if (!store_execution_list(tx, &filter, &request.arena, &page, &err))
        world_fail(world, "no list: %s", err.msg);
    bool found = page.count > 0;
    if (found) request.id = page.items[world_pick(world, (int64_t)page.count)].id;
    store_read_end(tx);
    if (found) {
        if (!memory_store_write(world->api, cancel_execution, &request, &err))
            world_fail(world, "no cancel: %s", err.msg);
        world_trace(world, "execution %lld: cancel, result %d", (long long)request.execution.row,
                    (int)request.result);
        if (request.result == CANCEL_REQUESTED) note_cancel(world, request.execution.row);
        /* The API calls the engine of its own node, which may not be the one that runs it. */
        struct sim_node *node = &world->nodes[world_pick(world, world->node_count)];
        if (node->core && !node->frozen) {
            core_cancel(node->core, request.execution.row, STR("cancelled by somebody"));
            core_turn(node->core);
        }
    }
    arena_free(&request.arena);
}

/* ---- pause-all ------------------------------------------------------------------------------- */

static bool set_paused(struct store_tx *tx, void *context, struct err *err) {
    const struct world *world = context;
    char now[RFC3339_LENGTH + 1];
    utc_format(world->now, now);
    struct str name = world->paused ? STR("paused_all_from") : STR("paused_all_until");
    return store_meta_set(tx, STR("paused_all"), world->paused ? STR("1") : STR("0"), err) &&
           store_meta_set(tx, name, str_from_cstr(now), err);
}

static void note_pause(struct world *world) {
    struct utc now = {world->now.us - world->now.us % 1000}; // as it is stored
    if (!world->paused) {
        world->pauses[world->pause_count - 1].until = now;
        return;
    }
    if (world->pause_count == world->pause_capacity) {
        world->pause_capacity = world->pause_capacity ? world->pause_capacity * 2 : 8;
        world->pauses = xreallocarray(world->pauses, world->pause_capacity, sizeof *world->pauses);
    }
    world->pauses[world->pause_count++] = (struct plan_pause){now, UTC_NEVER};
    world->paused_at = world->mono;
    world->pause_ticket++;
}

static void toggle_pause(struct world *world, bool paused) {
    world->paused = paused;
    for (int i = 0; i < world->node_count; i++) world->nodes[i].born_paused = false;
    struct err err = ERR_INIT;
    if (!memory_store_write(world->api, set_paused, world, &err))
        world_fail(world, "no pause: %s", err.msg);
    world_trace(world, "pause-all %d", paused);
    note_pause(world);
    oracle_note_pause(world);
    for (int i = 0; i < world->node_count && paused; i++) {
        struct sim_node *node = &world->nodes[i];
        node->pause_is_asked = node->core && !node->frozen && world_chance(world, 80);
        if (!node->pause_is_asked) continue;
        core_pause(node->core, world->pause_ticket);
        core_turn(node->core);
    }
}

/* ---- what happens ---------------------------------------------------------------------------- */

static struct span pick_time(struct world *world) {
    int64_t kind = world_pick(world, 100);
    if (kind < 40) return span_ms(world_pick(world, 20));
    if (kind < 80) return span_ms(world_pick(world, 3000));
    if (kind < 97) return span_ms(world_pick(world, 30000));
    return span_seconds(world_pick(world, 200));
}

static void disturb(struct world *world) {
    struct sim_node *node = &world->nodes[world_pick(world, world->node_count)];
    switch (world_pick(world, 8)) {
    case 0: memory_store_fail_next(node->store, 1 + (size_t)world_pick(world, 4)); break;
    case 1:
    case 2: memory_store_lose_answer_next(node->store, 1 + (size_t)world_pick(world, 3)); break;
    case 3: world_jump(world, span_ms(world_pick(world, 20000))); break;
    case 4:
        world_jump(world, span_seconds(-world_pick(world, world_chance(world, 20) ? 4000 : 20)));
        break;
    case 5:
        world_crash(world, node,
                    span_ms(world_pick(world, world_chance(world, 20) ? 90000 : 4000)));
        break;
    case 6: world_shut_down(world, node); break;
    case 7:
        if (node->core == NULL || node->frozen) break;
        node->frozen = node->abnormal[node->life] = true;
        node->up_at = mono_add(world->mono, span_ms(world_pick(world, 60000)));
        world_trace(world, "node %d freezes", node->index);
        break;
    }
    if (world_chance(world, 3)) world_jump(world, span_seconds(world_pick(world, 20000)));
}

void workload_end(struct world *world) {
    if (world->paused) toggle_pause(world, false);
}

void workload_begin(struct world *world) {
    int64_t count = 1 + world_pick(world, 6);
    for (int64_t i = 0; i < count; i++) create_job(world);
}

void workload_step(struct world *world) {
    world->steps++;
    int64_t kind = world_pick(world, 100);
    if (kind < 4)
        create_job(world);
    else if (kind < 10)
        change_some_job(world);
    else if (kind < 15)
        trigger_some_job(world);
    else if (kind < 20)
        cancel_some_execution(world);
    else if (kind < 23)
        toggle_pause(world, !world->paused);
    else if (kind < 33)
        disturb(world);
    if (kind < 23 && world_chance(world, 70)) world_poke(world);
    if (world->paused && world_chance(world, 30)) toggle_pause(world, false);
    world_advance(world, pick_time(world));
    world_pump(world, 60);
}
