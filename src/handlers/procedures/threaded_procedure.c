/* threaded_procedure.c - see threaded_procedure.h. */
#include "handlers/procedures/threaded_procedure.h"

#include "handlers/run_parameters.h"

#include <stdlib.h>

enum { MOST_UNSHOWN = 1024 * 1024 };

/* Of one connection name. */
struct line {
    int64_t running;
    struct list waiting; // tasks, oldest first
};

struct threaded_procedure {
    struct procedure_back_end back_end; // first
    uv_loop_t *loop;
    const struct threaded_kind *kind;
    struct threaded_options options;
    struct blocking_threads *threads;
    struct line *lines; // by the place of the connection
};

static struct threaded_task *task_of(struct blocking_task *blocking) {
    return (struct threaded_task *)(void *)blocking;
}

/* --- what is said --- */

void threaded_say(struct threaded_task *task, struct str text) {
    (void)pthread_mutex_lock(&task->lock);
    buf_put(&task->said, text);
    (void)pthread_mutex_unlock(&task->lock);
    blocking_tell(&task->blocking);
}

static void show(struct threaded_task *task) {
    (void)pthread_mutex_lock(&task->lock);
    struct buf said = task->said;
    task->said = buf_with_max(MOST_UNSHOWN);
    (void)pthread_mutex_unlock(&task->lock);
    if (said.len > 0) procedure_run_say(task->run, buf_str(&said));
    if (said.too_big) procedure_run_say(task->run, STR("… it said too much at once …\n"));
    buf_free(&said);
}

static void on_told(struct blocking_task *blocking) {
    if (task_of(blocking)->run) show(task_of(blocking));
}

/* --- the end --- */

static void free_task(struct blocking_task *blocking) {
    struct threaded_task *task = task_of(blocking);
    procedure_rows_free(&task->rows);
    buf_free(&task->said);
    run_parameters_wipe(task->parameters);
    arena_free(&task->arena);
    (void)pthread_mutex_destroy(&task->lock);
    free(task);
}

static void free_timer(uv_handle_t *timer) {
    free(timer);
}

static void end_confirm(struct threaded_task *task) {
    if (!task->confirm) return;
    (void)uv_timer_stop(task->confirm);
    uv_close((uv_handle_t *)task->confirm, free_timer);
    task->confirm = NULL;
}

static void begin_next(struct threaded_procedure *self, size_t place);

static void finish(struct threaded_task *task) {
    struct procedure_run *run = task->run;
    const struct threaded_end *end = &task->end;
    struct buf document = buf_with_max(0);
    struct procedure_end result = {.succeeded = end->succeeded,
                                   .error_type = end->was_stopped ? 0 : end->error_type,
                                   .message = end->message};
    show(task);
    end_confirm(task);
    if (end->succeeded) {
        struct procedure_document about = {.procedure = end->shown,
                                           .affected = end->affected,
                                           .has_result = end->has_result,
                                           .outputs = end->outputs};
        result.has_left_out =
            procedure_rows_write(&task->rows, &about, procedure_run_has_said(run), &document);
        result.document = buf_str(&document);
        if (run->run->stop_reason != STOP_NONE)
            result.message = STR("the procedure had ended when the cancel arrived; what it did "
                                 "stands");
    }
    procedure_run_finish(run, &result);
    buf_free(&document);
}

static void on_ended(struct blocking_task *blocking) {
    struct threaded_task *task = task_of(blocking);
    struct threaded_procedure *self = task->owner;
    size_t place = task->place;
    finish(task);
    free_task(blocking);
    self->lines[place].running--;
    begin_next(self, place);
}

static void finish_unstarted(struct threaded_task *task, enum error_type type,
                             const char *message) {
    struct procedure_run *run = task->run;
    free_task(&task->blocking);
    procedure_run_fail(run, type, message);
}

/* --- start --- */

static void begin(struct threaded_task *task) {
    struct threaded_procedure *self = task->owner;
    task->has_begun = true;
    procedure_run_begin_command(task->run);
    self->lines[task->place].running++;
    if (blocking_start(self->threads, &task->blocking)) return;
    self->lines[task->place].running--;
    finish_unstarted(task, ERROR_DATABASE, "there is no thread for one more procedure");
}

static void begin_next(struct threaded_procedure *self, size_t place) {
    struct line *line = &self->lines[place];
    while (line->running < self->options.max_connections) {
        struct list *node = list_take_first(&line->waiting);
        if (!node) return;
        begin(LIST_ENTRY(node, struct threaded_task, waiting));
    }
}

static void work(struct blocking_task *blocking) {
    struct threaded_task *task = task_of(blocking);
    task->kind->work(task);
}

static void start(struct procedure_back_end *back_end, struct procedure_run *run) {
    struct threaded_procedure *self = (struct threaded_procedure *)(void *)back_end;
    const struct procedure_config *config = &run->config;
    struct threaded_task *task = xcalloc(1, self->kind->task_size);
    run->state = task;
    task->blocking.work = work;
    task->blocking.told = on_told;
    task->blocking.ended = on_ended;
    task->name = arena_copy(&task->arena, config->name.whole);
    task->name_count = config->name.count;
    for (size_t i = 0; i < config->name.count; i++)
        task->name_parts[i] = arena_copy(&task->arena, config->name.parts[i]);
    task->string = arena_copy(&task->arena, config->connection->kind == CONNECTION_SQLITE
                                                ? config->connection->path
                                                : config->connection->string);
    task->parameters = json_deep_copy(run->parameters);
    task->kind = self->kind;
    task->options = self->options.of_kind;
    task->connect_seconds = self->options.connect_seconds;
    task->rows.max = run->capture.max;
    task->end.affected = -1;
    (void)pthread_mutex_init(&task->lock, NULL);
    task->said = buf_with_max(MOST_UNSHOWN);
    list_init(&task->waiting);
    task->run = run;
    task->owner = self;
    task->place = config->connection->place;
    list_append(&self->lines[task->place].waiting, &task->waiting);
    begin_next(self, task->place);
}

/* --- stop --- */

static void on_unconfirmed(uv_timer_t *timer) {
    struct threaded_task *task = timer->data;
    struct threaded_procedure *self = task->owner;
    struct procedure_run *run = task->run;
    size_t place = task->place;
    show(task);
    end_confirm(task);
    task->run = NULL;
    blocking_abandon(&task->blocking, free_task);
    self->lines[place].running--;
    struct procedure_end end = {.message = str_from_cstr(self->kind->unconfirmed)};
    procedure_run_finish(run, &end);
    begin_next(self, place);
}

static void stop(struct procedure_back_end *back_end, struct procedure_run *run) {
    struct threaded_procedure *self = (struct threaded_procedure *)(void *)back_end;
    struct threaded_task *task = run->state;
    atomic_store(&task->is_stopped, true);
    if (!task->has_begun) {
        list_remove(&task->waiting);
        finish_unstarted(task, 0, "the procedure had not been called yet");
        return;
    }
    self->kind->interrupt(task);
    if (self->kind->confirm_seconds == 0) return;
    task->confirm = xcalloc(1, sizeof *task->confirm);
    task->confirm->data = task;
    (void)uv_timer_init(self->loop, task->confirm);
    (void)uv_timer_start(task->confirm, on_unconfirmed,
                         (uint64_t)self->kind->confirm_seconds * 1000, 0);
}

/* --- the back end --- */

static void free_back_end(struct procedure_back_end *back_end) {
    struct threaded_procedure *self = (struct threaded_procedure *)(void *)back_end;
    blocking_threads_free(self->threads);
    free(self->lines);
    free(self);
}

struct procedure_back_end *threaded_procedure_new(uv_loop_t *loop, const struct threaded_kind *kind,
                                                  const struct threaded_options *options,
                                                  struct err *err) {
    struct blocking_threads *threads = blocking_threads_new(loop, err);
    if (!threads) return NULL;
    struct threaded_procedure *self = xcalloc(1, sizeof *self);
    size_t count = procedure_connections_count(options->connections);
    self->back_end =
        (struct procedure_back_end){.start = start, .stop = stop, .free = free_back_end};
    self->loop = loop;
    self->kind = kind;
    self->options = *options;
    self->threads = threads;
    self->lines = xcalloc(count + 1, sizeof *self->lines);
    for (size_t i = 0; i < count; i++) list_init(&self->lines[i].waiting);
    return &self->back_end;
}
