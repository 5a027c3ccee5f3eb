/* world.c - time, nodes and deliveries; see world.h. */
#include "world.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { SPINNING = 200000 };

/* ---- chance ---------------------------------------------------------------------------------- */

uint64_t world_random(struct world *world) {
    world->random += 0x9E3779B97F4A7C15U;
    uint64_t z = world->random;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31);
}

int64_t world_pick(struct world *world, int64_t below) {
    return (int64_t)(world_random(world) % (uint64_t)below);
}

bool world_chance(struct world *world, int percent) {
    return world_pick(world, 100) < percent;
}

/* ---- saying ---------------------------------------------------------------------------------- */

void world_fail(const struct world *world, const char *format, ...) {
    char at[RFC3339_LENGTH + 1];
    utc_format(world->now, at);
    (void)printf("FAILED: seed %llu, step %lld, %s: ", (unsigned long long)world->seed,
                 (long long)world->steps, at);
    va_list args;
    va_start(args, format);
    (void)vprintf(format, args);
    va_end(args);
    (void)printf("\nto repeat: sim --seed %llu --steps %lld --verbose\n",
                 (unsigned long long)world->seed, (long long)world->steps);
    (void)fflush(stdout);
    exit(1);
}

void world_trace(const struct world *world, const char *format, ...) {
    if (!world->verbose) return;
    char at[RFC3339_LENGTH + 1];
    utc_format(world->now, at);
    (void)printf("%6lld %s ", (long long)world->steps, at);
    va_list args;
    va_start(args, format);
    (void)vprintf(format, args);
    va_end(args);
    (void)printf("\n");
}

/* ---- the nodes ------------------------------------------------------------------------------- */

static struct utc now_of(void *context) {
    return ((struct world *)context)->now;
}

static struct mono mono_of(void *context) {
    return ((struct world *)context)->mono;
}

static void wake_at(void *context, struct mono at) {
    ((struct sim_node *)context)->wake_at = at;
}

static void written(void *context, struct store_write *write) {
    struct sim_node *node = context;
    write->next = NULL;
    *node->inbox_end = write;
    node->inbox_end = &write->next;
}

void world_start(struct world *world, struct sim_node *node) {
    static const struct str queues[] = {STR_INIT("critical"), STR_INIT("default"),
                                        STR_INIT("background")};
    struct store *before = node->store;
    node->store =
        memory_store_new(&(struct memory_store_options){.manual = true, .share = world->api});
    store_close(before);
    node->life++;
    node->frozen = node->pause_is_asked = false;
    node->born_paused = world->paused;
    if (node->life == LIVES_MAX) world_fail(world, "too many lives");
    node->inbox = NULL;
    node->inbox_end = &node->inbox;
    sim_handler_init(&node->handler, world, node->index);
    sim_alerts_init(&node->alerts, world, node->index);
    struct engine_options options = {
        .store = node->store,
        .clock = &world->clock,
        .zones = world->zones,
        .node_name = str_from_cstr(node->name),
        .version = STR("sim"),
        .worker_count = 1 + world_pick(world, 6),
        .queues = queues,
        .queue_count = COUNT_OF(queues),
        .max_output_bytes = 1024,
        .heartbeat = span_seconds(10),
        .shutdown_grace = span_seconds(2 + world_pick(world, 8)),
        .retry_orphans = true,
        .dependency_wait = world->dependency_wait,
        .max_running = world->max_running,
        .alert_on_failures = SIM_ALERT_FAILURES,
        .seed = world_random(world),
    };
    node->metrics = (struct engine_metrics){0};
    struct core_io io = {.clock = &world->clock,
                         .wake_at = wake_at,
                         .written = written,
                         .context = node,
                         .metrics = &node->metrics};
    struct handler *handlers[ENGINE_HANDLERS] = {
        [JOB_HTTP_CALL] = &node->handler.handler, [JOB_ALERT] = &node->alerts.handler};
    node->core = core_new(&options, &io, handlers);
    node->wake_at = world->mono;
    world_trace(world, "node %d starts, life %d, %lld workers", node->index, node->life,
                (long long)options.worker_count);
}

bool world_is_still(const struct world *world, const struct sim_node *node) {
    if (!world->paused) return false;
    return node->born_paused || core_pause_reached(node->core) >= world->pause_ticket;
}

static void forget_core(struct world *world, struct sim_node *node, struct span down) {
    memory_store_crash(node->store);
    sim_runs_kill(world, node->index);
    core_free(node->core);
    node->core = NULL;
    node->inbox = NULL;
    node->inbox_end = &node->inbox;
    node->up_at = mono_add(world->mono, down);
}

void world_crash(struct world *world, struct sim_node *node, struct span down) {
    if (node->core == NULL) return;
    world_trace(world, "node %d crashes, down for %lld ms", node->index,
                (long long)(down.us / 1000));
    node->abnormal[node->life] = true;
    forget_core(world, node, down);
}

void world_shut_down(struct world *world, struct sim_node *node) {
    if (node->core == NULL || core_state(node->core) != CORE_RUNNING) return;
    world_trace(world, "node %d shuts down", node->index);
    core_shutdown(node->core);
    core_turn(node->core);
}

void world_poke(struct world *world) {
    for (int i = 0; i < world->node_count; i++) {
        struct sim_node *node = &world->nodes[i];
        if (node->core == NULL || node->frozen) continue;
        core_poke(node->core);
        core_turn(node->core);
    }
}

/* ---- deliveries ------------------------------------------------------------------------------ */

static void notice_end(struct world *world, struct sim_node *node) {
    if (node->core == NULL) return;
    enum core_state state = core_state(node->core);
    if (state != CORE_STOPPED && state != CORE_FAILED) return;
    struct engine_figures figures = core_figures(node->core);
    if (figures.workers_busy + figures.unsettled > 0) node->abnormal[node->life] = true;
    world_trace(world, "node %d has %s", node->index, state == CORE_FAILED ? "failed" : "stopped");
    forget_core(world, node, span_ms(world_pick(world, 3000)));
}

static void deliver(struct world *world, struct sim_node *node) {
    while (node->inbox) {
        struct store_write *write = node->inbox;
        node->inbox = write->next;
        if (node->inbox == NULL) node->inbox_end = &node->inbox;
        core_write_done(node->core, write);
        if (world_chance(world, 30)) break;
    }
    core_turn(node->core);
}

void world_pump(struct world *world, int percent) {
    for (int i = 0; i < world->node_count; i++) {
        struct sim_node *node = &world->nodes[i];
        if (node->core == NULL || node->frozen) continue;
        if (memory_store_pending(node->store) > 0 && world_chance(world, percent))
            (void)memory_store_step(node->store);
        if (node->inbox && world_chance(world, percent)) deliver(world, node);
        notice_end(world, node);
    }
}

/* ---- time ------------------------------------------------------------------------------------ */

static void pass_to(struct world *world, struct mono at) {
    int64_t us = mono_diff(at, world->mono).us;
    if (us <= 0) return;
    world->mono = at;
    world->now = utc_add(world->now, span_us(us));
    world->latest = utc_max(world->latest, world->now);
}

static struct mono sooner(struct mono a, struct mono b) {
    return mono_before(a, b) ? a : b;
}

static struct mono next_event(const struct world *world, struct mono limit) {
    struct mono next = limit;
    for (int i = 0; i < world->node_count; i++) {
        const struct sim_node *node = &world->nodes[i];
        next = sooner(next, node->core && !node->frozen ? node->wake_at : node->up_at);
        if (node->core && !node->frozen && (node->inbox || memory_store_pending(node->store) > 0))
            next = sooner(next, mono_add(world->mono, span_ms(1)));
    }
    for (size_t i = 0; i < WORLD_RUNS_MAX; i++)
        if (world->runs[i].run && !world->nodes[world->runs[i].node].frozen)
            next = sooner(next, world->runs[i].end_at);
    return next;
}

static void act(struct world *world) {
    for (size_t i = 0; i < WORLD_RUNS_MAX; i++) {
        struct sim_run *run = &world->runs[i];
        if (run->run && !world->nodes[run->node].frozen && !mono_before(world->mono, run->end_at))
            sim_run_end(world, run);
    }
    for (int i = 0; i < world->node_count; i++) {
        struct sim_node *node = &world->nodes[i];
        if ((node->core == NULL || node->frozen) && !mono_before(world->mono, node->up_at)) {
            if (node->core == NULL) world_start(world, node);
            node->frozen = false;
        }
        if (node->core && !node->frozen && !mono_before(world->mono, node->wake_at)) {
            node->wake_at = mono_add(world->mono, span_seconds(3600)); // the core says better
            core_turn(node->core);
        }
    }
}

void world_advance(struct world *world, struct span by) {
    struct mono until = mono_add(world->mono, by);
    for (int events = 0; mono_before(world->mono, until); events++) {
        if (events == SPINNING) world_fail(world, "the core spins");
        pass_to(world, next_event(world, until));
        act(world);
        world_pump(world, world->calm ? 100 : 70);
    }
}

void world_jump(struct world *world, struct span by) {
    world->now = utc_add(world->now, by);
    world->latest = utc_max(world->latest, world->now);
    world->was_set_back = world->was_set_back || by.us < 0;
    world_trace(world, "the wall clock jumps by %lld ms", (long long)(by.us / 1000));
}

void world_rest(struct world *world) {
    world->calm = true;
    for (int i = 0; i < world->node_count; i++) {
        struct sim_node *node = &world->nodes[i];
        memory_store_fail_next(node->store, 0);
        memory_store_lose_answer_next(node->store, 0);
        if (node->core == NULL || node->frozen) node->up_at = world->mono;
    }
    world_advance(world, span_seconds(150));
    for (int i = 0; i < 1000; i++) world_pump(world, 100);
}

/* ---- life ------------------------------------------------------------------------------------ */

struct world *world_new(uint64_t seed, bool verbose) {
    struct world *world = xcalloc(1, sizeof *world);
    world->seed = world->random = seed;
    world->verbose = verbose;
    struct utc start = UTC_NONE;
    if (!utc_parse(STR("2026-03-01T12:00:00Z"), &start)) abort();
    world->now = world->latest = start;
    world->mono = (struct mono){1000000};
    world->clock = (struct clock){.now = now_of, .mono = mono_of, .context = world};
    world->zones = zone_cache_new(STR("/usr/share/zoneinfo"));
    world->api = memory_store_new(&(struct memory_store_options){.manual = true});
    world->dependency_wait = span_seconds(10 + world_pick(world, 90));
    world->max_running = world_chance(world, 20) ? 3 + world_pick(world, 4) : 0;
    world->node_count = world_chance(world, 60) ? 1 : 2 + (int)world_pick(world, 2);
    for (int i = 0; i < world->node_count; i++) {
        struct sim_node *node = &world->nodes[i];
        node->index = i;
        (void)snprintf(node->name, sizeof node->name, "n%d", i);
        world_start(world, node);
    }
    return world;
}

void world_free(struct world *world) {
    for (int i = 0; i < world->node_count; i++) {
        struct sim_node *node = &world->nodes[i];
        if (node->core) forget_core(world, node, span_ms(0));
        store_close(node->store);
    }
    store_close(world->api);
    zone_cache_free(world->zones);
    oracle_free(world);
    arena_free(&world->arena);
    free(world->witnesses);
    free(world->cancels);
    free(world->pauses);
    free(world);
}
