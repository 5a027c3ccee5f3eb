/* postgres_procedure.c - see postgres_procedure.h.
 *
 * A call that has gone out is never made again by itself: when its connection is lost, the record
 * says that nobody knows whether it was done. Only when nothing of it can have been run - it could
 * not even be prepared, or the connection broke while the catalogue was asked - is it tried once
 * more. */
#include "handlers/procedures/postgres_procedure.h"

#include "base/json_read.h"
#include "handlers/procedures/postgres_lookups.h"
#include "handlers/procedures/postgres_result.h"

#include <stdlib.h>
#include <string.h>

enum { CONFIRM_SECONDS = 3, MOST_NOTICE = 64 * 1024 };

extern const unsigned char postgres_catalog_sql[];

enum phase { WAITING, LOOKUP, CALLING };

struct postgres_procedure {
    struct procedure_back_end back_end; // first
    uv_loop_t *loop;
    struct postgres_options options;
    struct postgres_pool **pools; // by the place of the connection; NULL until needed
    size_t pool_count;
    struct postgres_lookups lookups;
};

struct postgres_run {
    struct postgres_request request;
    struct postgres_procedure *owner;
    struct procedure_run *run;
    struct postgres_pool *pool;
    struct postgres_connection *connection;
    enum phase phase;
    bool was_known; // the signature is one that was looked up before
    bool has_retried;
    struct str key;           // of the lookup
    struct str found, others; // what the catalogue says
    struct str shown;         // of the signature
    bool is_void;
    struct procedure_rows rows;
    struct postgres_outcome outcome;
    bool failed_before_run;
    uv_timer_t *confirm; // runs while a cancel is not confirmed
    int unconfirmed;     // seconds
};

static struct postgres_procedure *self_of(struct procedure_back_end *back_end) {
    return (struct postgres_procedure *)(void *)back_end;
}

/* --- the end of a run --- */

static void free_timer(uv_handle_t *timer) {
    free(timer);
}

/* Connection and run part here; the connection is dropped or released by the caller, before. */
static void finish(struct postgres_run *self, struct procedure_end *end) {
    struct procedure_run *run = self->run;
    struct buf document = buf_with_max(0);
    if (self->confirm) {
        (void)uv_timer_stop(self->confirm);
        uv_close((uv_handle_t *)self->confirm, free_timer);
    }
    if (end->succeeded) {
        struct procedure_document about = {.procedure = self->shown,
                                           .affected = self->outcome.affected,
                                           .has_result =
                                               self->outcome.has_result && !self->is_void};
        bool is_half = procedure_run_has_said(run);
        end->has_left_out = procedure_rows_write(&self->rows, &about, is_half, &document);
        end->document = buf_str(&document);
    }
    procedure_rows_free(&self->rows);
    run->state = NULL;
    free(self);
    procedure_run_finish(run, end);
    buf_free(&document);
}

static void let_go(struct postgres_run *self, bool is_usable) {
    struct postgres_connection *connection = self->connection;
    self->connection = NULL;
    if (!connection) return;
    if (is_usable)
        postgres_pool_release(self->pool, connection);
    else
        postgres_pool_drop(self->pool, connection);
}

static void finish_failed(struct postgres_run *self, bool is_usable, enum error_type type,
                          struct str message) {
    struct procedure_end end = {.error_type = type,
                                .message = arena_copy(&self->run->arena, message)};
    let_go(self, is_usable);
    finish(self, &end);
}

/* Stopped: the reason says what the execution becomes. */
static void finish_stopped(struct postgres_run *self, bool is_usable, const char *how) {
    finish_failed(self, is_usable, 0, str_from_cstr(how));
}

/* --- calling --- */

static void call(struct postgres_run *self, const struct postgres_signature *signature) {
    struct postgres_arguments arguments;
    struct err err = ERR_INIT;
    struct arena *arena = &self->run->arena;
    self->shown = arena_copy(arena, signature->shown);
    self->is_void = signature->is_void;
    if (!procedure_is_allowed(self->owner->options.rules, signature->whole)) {
        struct str message = arena_printf(arena,
                                          "%.*s is not among the procedures that jobs may call "
                                          "(Scheduler:Procedures:Allowed)",
                                          STR_ARG(signature->whole));
        finish_failed(self, true, ERROR_CONFIGURATION, message);
        return;
    }
    if (!postgres_signature_bind(signature, self->run->parameters, arena, &arguments, &err)) {
        finish_failed(self, true, ERROR_CONFIGURATION, str_from_cstr(err.msg));
        return;
    }
    self->phase = CALLING;
    self->failed_before_run = false;
    self->outcome = (struct postgres_outcome){.arena = arena, .affected = -1};
    if (!postgres_connection_call(self->connection, arguments.sql, (int)arguments.count,
                                  arguments.types, arguments.values))
        finish_failed(self, false, ERROR_CONNECTION,
                      STR("the connection was lost while the call was sent: whether it was done is "
                          "not known"));
}

static void look_up(struct postgres_run *self) {
    const struct procedure_name *name = &self->run->config.name;
    struct arena *arena = &self->run->arena;
    const char *values[] = {
        name->count > 1 ? arena_copy(arena, name->parts[0]).ptr : NULL,
        arena_copy(arena, name->parts[name->count - 1]).ptr,
    };
    self->phase = LOOKUP;
    self->found = self->others = STR_NONE;
    self->outcome = (struct postgres_outcome){.arena = arena, .affected = -1};
    if (!postgres_connection_query(self->connection, (const char *)postgres_catalog_sql, 2, values))
        finish_failed(self, false, ERROR_CONNECTION,
                      STR("the connection was lost before the procedure was called"));
}

/* The connection, the name, and the names of the parameters. */
static struct str key_of(const struct procedure_run *run, struct arena *arena) {
    struct buf key = buf_with_max(0);
    const char *name;
    json_t *value;
    buf_printf(&key, "%zu %.*s", run->config.connection->place, STR_ARG(run->config.name.whole));
    json_object_foreach(run->parameters, name, value) {
        buf_printf(&key, " %s", name);
    }
    struct str copy = arena_copy(arena, buf_str(&key));
    buf_free(&key);
    return copy;
}

static const struct postgres_events events;

static void on_connection(struct postgres_request *request,
                          struct postgres_connection *connection) {
    struct postgres_run *self = (struct postgres_run *)(void *)request;
    self->connection = connection;
    postgres_connection_listen(connection, &events, self);
    procedure_run_begin_command(self->run);
    const struct postgres_signature *known = postgres_lookups_find(
        &self->owner->lookups, self->key, clock_mono(self->owner->options.clock));
    self->was_known = known != NULL;
    if (known)
        call(self, known);
    else
        look_up(self);
}

static void on_no_connection(struct postgres_request *request, const char *why) {
    struct postgres_run *self = (struct postgres_run *)(void *)request;
    struct str message = arena_printf(&self->run->arena, "no connection to %.*s: %s",
                                      STR_ARG(self->run->config.connection->name), why);
    finish_failed(self, false, ERROR_CONNECTION, message);
}

static void start_again(struct postgres_run *self, bool is_usable) {
    self->has_retried = true;
    self->phase = WAITING;
    postgres_lookups_forget(&self->owner->lookups, self->key);
    let_go(self, is_usable);
    postgres_pool_ask(self->pool, &self->request);
}

/* --- what the server says --- */

static void on_result(void *context, const PGresult *result, bool before_run) {
    struct postgres_run *self = context;
    if (self->phase == CALLING) {
        postgres_result_add(&self->outcome, result, &self->rows);
        if (before_run && self->outcome.has_failed) self->failed_before_run = true;
        return;
    }
    if (libpq()->PQresultStatus(result) != PGRES_TUPLES_OK) {
        postgres_result_add(&self->outcome, result, &self->rows);
        return;
    }
    struct arena *arena = &self->run->arena;
    self->found = arena_copy(arena, str_from_cstr(libpq()->PQgetvalue(result, 0, 0)));
    if (!libpq()->PQgetisnull(result, 0, 1))
        self->others = arena_copy(arena, str_from_cstr(libpq()->PQgetvalue(result, 0, 1)));
}

static void on_notice(void *context, const PGresult *notice) {
    struct postgres_run *self = context;
    struct buf text = buf_with_max(MOST_NOTICE);
    postgres_result_notice(notice, &text);
    procedure_run_say(self->run,
                      text.too_big ? STR("NOTICE: (too long to be kept)\n") : buf_str(&text));
    buf_free(&text);
}

static enum error_type type_of(const struct postgres_outcome *outcome) {
    static const char *const gone[] = {"57P01", "57P02", "57P03", "57P05"};
    for (size_t i = 0; i < COUNT_OF(gone); i++)
        if (strcmp(outcome->sqlstate, gone[i]) == 0) return ERROR_CONNECTION;
    return strncmp(outcome->sqlstate, "08", 2) == 0 ? ERROR_CONNECTION : ERROR_DATABASE;
}

static void found_out(struct postgres_run *self) {
    struct err err = ERR_INIT;
    struct procedure_run *run = self->run;
    if (run->is_stopping) {
        finish_stopped(self, true, "the procedure had not been called yet");
        return;
    }
    if (self->outcome.has_failed || str_is_absent(self->found)) {
        finish_failed(self, true, type_of(&self->outcome),
                      arena_printf(&run->arena, "the catalogue could not be read: %.*s",
                                   STR_ARG(self->outcome.message)));
        return;
    }
    json_t *found = json_read(self->found, &err);
    struct postgres_signature *signature =
        found ? postgres_signature_choose(found, self->others, run->config.name.whole,
                                          run->parameters, &err)
              : NULL;
    json_decref(found);
    if (!signature) {
        finish_failed(self, true, ERROR_CONFIGURATION, str_from_cstr(err.msg));
        return;
    }
    postgres_lookups_keep(&self->owner->lookups, self->key, signature,
                          clock_mono(self->owner->options.clock));
    call(self, signature);
}

/* What was known of the procedure is not so any more, and nothing of the call has been run: the
 * error came while it was prepared, or comes from no function and says that there is none such. */
static bool is_stale(const struct postgres_run *self) {
    static const char *const codes[] = {"42883", "42704", "0A000", "3F000", "42725"};
    if (!self->was_known || self->has_retried || !self->outcome.has_failed) return false;
    if (self->failed_before_run) return true;
    if (self->outcome.has_context || self->rows.count > 0) return false;
    for (size_t i = 0; i < COUNT_OF(codes); i++)
        if (strcmp(self->outcome.sqlstate, codes[i]) == 0) return true;
    return false;
}

static void stopped(struct postgres_run *self) {
    const struct postgres_outcome *outcome = &self->outcome;
    if (!outcome->has_failed) {
        struct procedure_end end = {.succeeded = true};
        if (self->run->run->stop_reason != STOP_NONE)
            end.message =
                STR("the procedure had ended when the cancel arrived; what it did stands");
        let_go(self, false);
        finish(self, &end);
    } else if (strcmp(outcome->sqlstate, "57014") == 0) {
        finish_stopped(self, false, "server-side cancel confirmed (SQLSTATE 57014)");
    } else {
        finish_failed(self, false, 0,
                      arena_printf(&self->run->arena,
                                   "the statement ended after the cancel was sent, with %.*s",
                                   STR_ARG(outcome->message)));
    }
}

static void on_synced(void *context) {
    struct postgres_run *self = context;
    if (self->phase == LOOKUP) {
        found_out(self);
        return;
    }
    if (self->run->is_stopping) {
        stopped(self);
    } else if (is_stale(self)) {
        start_again(self, false);
    } else if (self->outcome.has_failed) {
        finish_failed(self, true, type_of(&self->outcome), self->outcome.message);
    } else {
        let_go(self, true);
        finish(self, &(struct procedure_end){.succeeded = true});
    }
}

static void on_lost(void *context, const char *why) {
    struct postgres_run *self = context;
    struct arena *arena = &self->run->arena;
    if (self->run->is_stopping) {
        finish_stopped(self, false,
                       self->phase == CALLING
                           ? "the connection was lost after the cancel was sent; whether the "
                             "statement was done is not known"
                           : "the procedure had not been called yet");
    } else if (self->phase == LOOKUP && !self->has_retried) {
        start_again(self, false);
    } else if (self->phase == LOOKUP) {
        finish_failed(self, false, ERROR_CONNECTION,
                      arena_printf(arena,
                                   "the connection was lost before the procedure was "
                                   "called: %s",
                                   why));
    } else if (self->outcome.has_failed) { // the server's last words
        finish_failed(self, false, type_of(&self->outcome), self->outcome.message);
    } else {
        finish_failed(self, false, ERROR_CONNECTION,
                      arena_printf(arena,
                                   "the connection was lost while the procedure ran, and "
                                   "whether it was done is not known: %s",
                                   why));
    }
}

static const struct postgres_events events = {
    .result = on_result, .notice = on_notice, .synced = on_synced, .lost = on_lost};

/* --- start and stop --- */

static struct postgres_pool *pool_of(struct postgres_procedure *self,
                                     const struct procedure_connection *connection) {
    if (!self->pools[connection->place])
        self->pools[connection->place] = postgres_pool_new(self->loop, connection, &self->options);
    return self->pools[connection->place];
}

static void start(struct procedure_back_end *back_end, struct procedure_run *run) {
    struct postgres_procedure *owner = self_of(back_end);
    struct postgres_run *self = xcalloc(1, sizeof *self);
    run->state = self;
    self->request.ready = on_connection;
    self->request.failed = on_no_connection;
    list_init(&self->request.node);
    self->owner = owner;
    self->run = run;
    self->rows.max = run->capture.max;
    self->key = key_of(run, &run->arena);
    self->pool = pool_of(owner, run->config.connection);
    postgres_pool_ask(self->pool, &self->request);
}

static void on_unconfirmed(uv_timer_t *timer) {
    struct postgres_run *self = timer->data;
    if (++self->unconfirmed < CONFIRM_SECONDS) {
        postgres_connection_cancel(self->connection);
        return;
    }
    finish_stopped(self, false,
                   "the server did not confirm the cancel within 3 s: the connection was closed, "
                   "and the statement may go on until the server notices");
}

static void stop(struct procedure_back_end *back_end, struct procedure_run *run) {
    (void)back_end;
    struct postgres_run *self = run->state;
    if (self->phase == WAITING) {
        postgres_pool_forget(self->pool, &self->request);
        finish_stopped(self, false, "the procedure had not been called yet");
        return;
    }
    postgres_connection_cancel(self->connection);
    self->confirm = xcalloc(1, sizeof *self->confirm);
    self->confirm->data = self;
    (void)uv_timer_init(self->owner->loop, self->confirm);
    (void)uv_timer_start(self->confirm, on_unconfirmed, 1000, 1000);
}

/* --- the back end --- */

static void free_back_end(struct procedure_back_end *back_end) {
    struct postgres_procedure *self = self_of(back_end);
    for (size_t i = 0; i < self->pool_count; i++)
        if (self->pools[i]) postgres_pool_free(self->pools[i]);
    free(self->pools);
    postgres_lookups_clear(&self->lookups);
    free(self);
}

struct procedure_back_end *
postgres_procedure_new(uv_loop_t *loop, const struct postgres_options *options, struct err *err) {
    if (!postgres_library_load(err)) return NULL;
    struct postgres_procedure *self = xcalloc(1, sizeof *self);
    self->back_end =
        (struct procedure_back_end){.start = start, .stop = stop, .free = free_back_end};
    self->loop = loop;
    self->options = *options;
    self->pool_count = procedure_connections_count(options->rules->connections);
    self->pools = xcalloc(self->pool_count + 1, sizeof(struct postgres_pool *));
    return &self->back_end;
}
