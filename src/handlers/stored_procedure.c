/* stored_procedure.c - see stored_procedure.h; the back ends in procedures/ do the work. */
#include "handlers/stored_procedure.h"

#include "base/json_read.h"
#include "handlers/procedures/odbc_procedure.h"
#include "handlers/procedures/postgres_procedure.h"
#include "handlers/procedures/procedure_run.h"
#include "handlers/procedures/sqlite_procedure.h"
#include "handlers/run_parameters.h"

#include <stdlib.h>

enum {
    MOST_EXPANDED = 4 * 1024 * 1024, // bytes of parameters with their variables replaced
    DEFAULT_CONNECTIONS = 10,
    DEFAULT_CONNECT_SECONDS = 10,
    DEFAULT_IDLE_SECONDS = 60,
    KINDS = CONNECTION_ODBC + 1,
};

struct stored_procedure {
    struct handler handler; // first: the engine's view
    struct stored_procedure_options options;
    uv_loop_t *loop;
    struct sqlite_options sqlite;
    struct procedure_back_end *back_ends[KINDS]; // made when they are needed
};

static struct stored_procedure *self_of(struct handler *handler) {
    return (struct stored_procedure *)(void *)handler;
}

static struct procedure_back_end *back_end_of(struct stored_procedure *self,
                                              enum connection_kind kind, struct err *err) {
    const struct stored_procedure_options *options = &self->options;
    if (self->back_ends[kind]) return self->back_ends[kind];
    struct procedure_back_end *made = NULL;
    struct threaded_options threaded = {.connections = options->rules.connections,
                                        .max_connections = options->max_connections,
                                        .connect_seconds = options->connect_seconds};
    switch (kind) {
    case CONNECTION_POSTGRES: {
        struct postgres_options postgres = {
            .rules = &options->rules,
            .clock = options->clock,
            .max_connections = options->max_connections,
            .connect_seconds = options->connect_seconds,
            .idle_seconds = options->idle_seconds,
        };
        made = postgres_procedure_new(self->loop, &postgres, err);
        break;
    }
    case CONNECTION_SQLITE: {
        struct threaded_options sqlite = threaded;
        sqlite.of_kind = &self->sqlite;
        made = threaded_procedure_new(self->loop, &sqlite_procedure, &sqlite, err);
        break;
    }
    case CONNECTION_ODBC:
        made = threaded_procedure_new(self->loop, &odbc_procedure, &threaded, err);
        break;
    }
    self->back_ends[kind] = made;
    return made;
}

static bool read_config(struct procedure_run *self, const struct stored_procedure *owner,
                        struct err *err) {
    struct variables_known known = {0};
    struct faults *faults = ARENA_NEW(&self->arena, struct faults);
    faults->arena = &self->arena;
    self->json = json_read(self->run->job->configuration, err);
    if (!self->json) return false;
    if (procedure_config_read(self->json, &owner->options.rules, &known, &self->config, faults))
        return true;
    return err_set(err, ERR_INVALID, "%.*s: %.*s", STR_ARG(faults->items[0].field),
                   STR_ARG(faults->items[0].message));
}

static bool prepare(struct procedure_run *self, struct stored_procedure *owner, struct err *err) {
    struct run *run = self->run;
    if (!read_config(self, owner, err)) return false;
    procedure_connection_hide(self->config.connection, &self->redactor);
    json_t *of_trigger =
        run->execution->parameters.len > 0 ? json_read(run->execution->parameters, NULL) : NULL;
    struct variables_context context = {.execution = run->execution,
                                        .job = run->job,
                                        .now = run->now,
                                        .machine_name = owner->options.machine_name,
                                        .secrets = owner->options.secrets,
                                        .parameters = of_trigger,
                                        .defaults = self->config.parameters,
                                        .redactor = &self->redactor};
    self->parameters =
        run_parameters(self->config.parameters, of_trigger, &context, MOST_EXPANDED, err);
    json_decref(of_trigger);
    if (!self->parameters) return false;
    self->back_end = back_end_of(owner, self->config.connection->kind, err);
    return self->back_end != NULL;
}

static void start(struct handler *handler, struct run *run) {
    struct stored_procedure *self = self_of(handler);
    struct procedure_run *procedure_run = procedure_run_new(run, self->loop);
    struct err err = ERR_INIT;
    if (!prepare(procedure_run, self, &err))
        procedure_run_fail(procedure_run, ERROR_CONFIGURATION, err.msg);
    else
        procedure_run->back_end->start(procedure_run->back_end, procedure_run);
}

static void stop(struct handler *handler, struct run *run) {
    (void)handler;
    struct procedure_run *procedure_run = run->state;
    if (procedure_run) procedure_run_stop(procedure_run);
}

/* --- the handler --- */

static void validate(const struct handler *handler, const json_t *configuration,
                     struct faults *faults) {
    stored_procedure_validate(&((const struct stored_procedure *)(const void *)handler)->options,
                              configuration, faults);
}

static void free_handler(struct handler *handler) {
    struct stored_procedure *self = self_of(handler);
    for (size_t i = 0; i < KINDS; i++)
        if (self->back_ends[i]) self->back_ends[i]->free(self->back_ends[i]);
    free(self);
}

static void set_default(int64_t *value, int64_t fallback) {
    if (*value == 0) *value = fallback;
}

struct handler *stored_procedure_new(uv_loop_t *loop,
                                     const struct stored_procedure_options *options) {
    struct stored_procedure *self = xcalloc(1, sizeof *self);
    self->handler = (struct handler){.type = JOB_STORED_PROCEDURE,
                                     .validate = validate,
                                     .start = start,
                                     .stop = stop,
                                     .free = free_handler};
    self->options = *options;
    set_default(&self->options.max_connections, DEFAULT_CONNECTIONS);
    set_default(&self->options.connect_seconds, DEFAULT_CONNECT_SECONDS);
    set_default(&self->options.idle_seconds, DEFAULT_IDLE_SECONDS);
    self->sqlite.folder = options->scripts;
    self->loop = loop;
    return &self->handler;
}

void stored_procedure_validate(const struct stored_procedure_options *options,
                               const json_t *configuration, struct faults *faults) {
    struct variables_known known = {.secrets = options->secrets};
    struct procedure_config config;
    (void)!procedure_config_read(configuration, &options->rules, &known, &config, faults);
}
