/* world.h - a loop, an HttpCall handler and a target server, and runs to drive through them.
 *
 *     struct world world; world_start(&world, &(struct world_options){0});
 *     struct call *call = world_call(&world, "{\"url\":\"http://127.0.0.1:%d/ok\"}", world.port);
 *     world_wait(&world, call);                       // call->status, call->output, call->error
 *     world_end(&world);                              // frees the calls too
 */
#ifndef ALPHABET_TESTS_HANDLERS_WORLD_H
#define ALPHABET_TESTS_HANDLERS_WORLD_H

#include "handlers/http_call.h"
#include "target.h"

#include <stdarg.h>
#include <uv.h>

struct world_options {
    bool is_guarded; // else every address is allowed
    const char *secrets, *ca_file;
    int64_t max_response_bytes, connect_seconds;
    const struct str *allowed;
    size_t allowed_count;
};

struct call {
    struct call *next;
    uv_loop_t *loop;
    struct run run;
    struct execution execution;
    struct job job;
    struct arena arena;
    bool is_done;
    struct run_result result;
    const char *output, *error; // "" when there is none
};

struct world {
    uv_loop_t loop;
    struct guard *guard;
    struct secrets *secrets;
    struct handler *handler;
    struct target_server *server;
    int port;
    int64_t next_row;
    struct call *calls;
    int done;
    uv_timer_t watchdog;
    bool is_late;
};

static inline void world_start(struct world *world, const struct world_options *options) {
    *world = (struct world){0};
    struct err err = ERR_INIT;
    struct guard_options guard = {.allow_private_networks = !options->is_guarded,
                                  .allowed = options->allowed,
                                  .allowed_count = options->allowed_count};
    uv_loop_init(&world->loop);
    world->guard = guard_new(&guard, &err);
    world->secrets = secrets_new(str_from_cstr(options->secrets), clock_system());
    struct http_call_options http = {.guard = world->guard,
                                     .secrets = world->secrets,
                                     .clock = clock_system(),
                                     .machine_name = STR("box7"),
                                     .max_response_bytes = options->max_response_bytes,
                                     .connect_seconds = options->connect_seconds,
                                     .ca_file = options->ca_file};
    world->handler = http_call_new(&world->loop, &http, &err);
    if (!world->guard || !world->handler) abort();
    world->server = target_start();
    world->port = world->server->port;
    uv_timer_init(&world->loop, &world->watchdog);
    world->watchdog.data = world;
}

static inline void world_on_finish(struct run *run, const struct run_result *result) {
    struct call *call = (struct call *)(void *)((char *)run - offsetof(struct call, run));
    if (call->is_done) abort(); // finished twice
    call->is_done = true;
    uv_stop(call->loop); // uv_run(ONCE) may still go to sleep after the timer that brought us here
    call->result = *result;
    call->output =
        str_is_absent(result->output) ? "" : arena_copy(&call->arena, result->output).ptr;
    call->error = str_is_absent(result->error_message)
                      ? ""
                      : arena_copy(&call->arena, result->error_message).ptr;
    call->result.output = str_from_cstr(call->output);
    call->result.output.len = result->output.len;
}

static inline struct call *world_new_call(struct world *world, struct str configuration) {
    struct call *call = xcalloc(1, sizeof *call);
    int64_t row = ++world->next_row;
    call->job = (struct job){.row = row,
                             .id = guid_new(utc_from_seconds(1700000000)),
                             .revision = 1,
                             .type = JOB_HTTP_CALL,
                             .name = STR("Nightly \"report\""),
                             .created_by = STR("author@example.org"),
                             .configuration = arena_copy(&call->arena, configuration)};
    call->execution = (struct execution){.row = row,
                                         .id = guid_new(utc_from_seconds(1700000001)),
                                         .job_row = row,
                                         .job_id = call->job.id,
                                         .status = EXECUTION_RUNNING,
                                         .scheduled_for = utc_from_seconds(1767323045),
                                         .retry_count = 2,
                                         .fence = 41};
    call->run = (struct run){.execution = &call->execution,
                             .job = &call->job,
                             .now = utc_from_ms(1767323045678), // 2026-01-02T03:04:05.678Z
                             .max_output_bytes = 1024,
                             .finish = world_on_finish};
    call->output = call->error = "";
    call->loop = &world->loop;
    call->next = world->calls;
    world->calls = call;
    return call;
}

static inline void call_start(struct world *world, struct call *call) {
    world->handler->start(world->handler, &call->run);
}

PRINTF_LIKE(2, 3)
static inline struct call *world_call(struct world *world, const char *format, ...) {
    char text[16384];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    struct call *call = world_new_call(world, str_from_cstr(text));
    call_start(world, call);
    return call;
}

static inline void world_on_late(uv_timer_t *timer) {
    ((struct world *)timer->data)->is_late = true;
}

/* Turns the loop until `*flag`, at most 20 s. */
static inline bool world_until(struct world *world, const bool *flag) {
    world->is_late = false;
    uv_timer_start(&world->watchdog, world_on_late, 20000, 0);
    while (!*flag && !world->is_late) uv_run(&world->loop, UV_RUN_ONCE);
    uv_timer_stop(&world->watchdog);
    return *flag;
}

static inline bool world_wait(struct world *world, struct call *call) {
    return world_until(world, &call->is_done);
}

static inline void world_end(struct world *world) {
    world->handler->free(world->handler);
    uv_close((uv_handle_t *)&world->watchdog, NULL);
    while (uv_run(&world->loop, UV_RUN_DEFAULT)) {
    }                                              // a stop may still be noted
    if (uv_loop_close(&world->loop) != 0) abort(); // something was left open
    target_stop(world->server);
    guard_free(world->guard);
    secrets_free(world->secrets);
    while (world->calls) {
        struct call *next = world->calls->next;
        arena_free(&world->calls->arena);
        free(world->calls);
        world->calls = next;
    }
}

#endif
