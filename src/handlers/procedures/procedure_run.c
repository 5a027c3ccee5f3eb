/* procedure_run.c - see procedure_run.h. */
#include "handlers/procedures/procedure_run.h"

#include "base/bounds.h"
#include "handlers/result_json.h"
#include "handlers/run_parameters.h"

#include <inttypes.h>
#include <stdlib.h>

struct procedure_run *procedure_run_new(struct run *run, uv_loop_t *loop) {
    struct procedure_run *self = xcalloc(1, sizeof *self);
    self->run = run;
    self->loop = loop;
    run->state = self;
    capture_reset(&self->capture, (size_t)run->max_output_bytes);
    return self;
}

static void put_into_run(void *context, struct str piece) {
    struct procedure_run *self = context;
    int64_t room = (int64_t)self->capture.max - self->capture.total;
    capture_add(&self->capture, piece);
    if (self->run->progress && room > 0)
        self->run->progress(self->run, str_slice(piece, 0, (size_t)room));
}

void procedure_run_say(struct procedure_run *self, struct str text) {
    redactor_feed(&self->redactor, text, put_into_run, self);
}

bool procedure_run_has_said(const struct procedure_run *self) {
    return self->capture.total > 0 || self->redactor.held.len > 0;
}

/* --- commandTimeoutSeconds --- */

static void free_timer(uv_handle_t *timer) {
    free(timer);
}

static void end_command(struct procedure_run *self) {
    if (!self->command_timer) return;
    (void)uv_timer_stop(self->command_timer);
    uv_close((uv_handle_t *)self->command_timer, free_timer);
    self->command_timer = NULL;
}

static void on_command_timeout(uv_timer_t *timer) {
    struct procedure_run *self = timer->data;
    if (self->is_stopping) return;
    self->is_command_timeout = true;
    procedure_run_stop(self);
}

void procedure_run_begin_command(struct procedure_run *self) {
    int64_t seconds = self->config.command_timeout_seconds;
    if (seconds == 0 || self->command_timer) return;
    self->command_timer = xcalloc(1, sizeof *self->command_timer);
    self->command_timer->data = self;
    (void)uv_timer_init(self->loop, self->command_timer);
    (void)uv_timer_start(self->command_timer, on_command_timeout, (uint64_t)seconds * 1000, 0);
}

void procedure_run_stop(struct procedure_run *self) {
    if (self->is_stopping) return;
    self->is_stopping = true;
    self->back_end->stop(self->back_end, self);
}

/* --- the end --- */

static struct str clean_message(struct procedure_run *self, struct str message) {
    struct buf clean = buf_with_max(0), text = buf_with_max(0);
    redactor_text(&self->redactor, message, &clean);
    buf_put_utf8(&text, str_slice(buf_str(&clean), 0, MAX_ERROR_MESSAGE - 3));
    struct str copy = arena_copy(&self->arena, buf_str(&text));
    buf_free(&clean);
    buf_free(&text);
    return copy;
}

/* What the engine will say of the reason is its own; of commandTimeoutSeconds it knows nothing. */
static struct run_result result_of(struct procedure_run *self, const struct procedure_end *end) {
    struct run_result result = {
        .status = end->succeeded ? EXECUTION_SUCCEEDED : EXECUTION_FAILED,
        .error_type = end->succeeded ? 0 : (int64_t)end->error_type,
        .error_message = end->message,
        .never_retry = end->never_retry || end->error_type == ERROR_CONFIGURATION,
    };
    if (!self->is_stopping || end->succeeded || end->error_type != 0) return result;
    if (self->is_command_timeout) {
        result.error_type = ERROR_TIMEOUT;
        result.error_message =
            arena_printf(&self->arena, "stopped after %" PRId64 " s (commandTimeoutSeconds)%s%.*s",
                         self->config.command_timeout_seconds, end->message.len ? ": " : "",
                         STR_ARG(end->message));
    } else if (self->run->stop_reason == STOP_TIMEOUT) {
        result.error_type = ERROR_TIMEOUT;
    } else if (self->run->stop_reason == STOP_SHUTDOWN) {
        result.error_type = ERROR_SHUTDOWN;
    }
    return result;
}

/* What it hands on to other jobs: the document. */
static struct str document_of(struct procedure_run *self, const struct procedure_end *end) {
    if (!end->succeeded || str_is_absent(end->document)) return STR_NONE;
    struct buf clean = buf_with_max(0);
    redactor_text(&self->redactor, end->document, &clean);
    struct str json = result_json(buf_str(&clean), &self->arena);
    buf_free(&clean);
    return json;
}

void procedure_run_finish(struct procedure_run *self, const struct procedure_end *end) {
    struct run *run = self->run;
    end_command(self);
    if (!str_is_absent(end->document)) procedure_run_say(self, end->document);
    redactor_end(&self->redactor, put_into_run, self);
    struct run_result result = result_of(self, end);
    result.result = document_of(self, end);
    if (self->capture.total > 0) {
        result.output = capture_finish(&self->capture);
        result.output_truncated = self->capture.is_truncated || end->has_left_out;
    }
    if (!str_is_absent(result.error_message))
        result.error_message = clean_message(self, result.error_message);
    run->state = NULL;
    run_finish(run, &result);
    redactor_free(&self->redactor);
    capture_free(&self->capture);
    arena_free(&self->arena);
    run_parameters_wipe(self->parameters);
    json_decref(self->json);
    free(self);
}

void procedure_run_fail(struct procedure_run *self, enum error_type type, const char *message) {
    struct procedure_end end = {.error_type = type, .message = str_from_cstr(message)};
    procedure_run_finish(self, &end);
}
