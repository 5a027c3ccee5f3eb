/* file_operation.c - see file_operation.h; file_task.h does the work.
 *
 * A run is either in the line, or a thread has its task; so the task needs no lock. After each step
 * it goes to the end of the line, and a run with a million files holds up nobody. */
#include "handlers/file_operation.h"

#include "base/bounds.h"
#include "base/json_read.h"
#include "base/list.h"
#include "handlers/capture.h"
#include "handlers/file_task.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct file_operation {
    struct handler handler; // first: the engine's view
    struct file_operation_options options;
    uv_loop_t *loop;
    struct list line; // of runs with a next step
    int at_work;      // steps that count against FILE_STEPS
};

struct file_run {
    struct list node;
    struct file_operation *owner;
    struct run *run;
    struct file_task *task;
    struct file_config config;
    struct file_plan plan;
    json_t *json; // what the config's texts belong to
    struct arena arena;
    struct capture capture;
    uv_work_t work;
    bool is_at_work, is_counted, has_more;
};

static struct file_operation *self_of(struct handler *handler) {
    return (struct file_operation *)(void *)handler;
}

/* --- the end of a run --- */

static void finish(struct file_run *file_run, struct run_result *result) {
    struct run *run = file_run->run;
    struct buf message = buf_with_max(0);
    if (file_run->capture.total > 0) {
        result->output = capture_finish(&file_run->capture);
        result->output_truncated = file_run->capture.is_truncated;
    }
    if (!str_is_absent(result->error_message)) {
        buf_put_utf8(&message, str_slice(result->error_message, 0, MAX_ERROR_MESSAGE - 3));
        result->error_message = buf_str(&message);
    }
    run->state = NULL;
    run_finish(run, result);
    buf_free(&message);
    file_task_free(file_run->task);
    capture_free(&file_run->capture);
    arena_free(&file_run->arena);
    json_decref(file_run->json);
    free(file_run);
}

static void show_progress(struct file_run *file_run) {
    struct file_task_progress progress = file_task_progress(file_run->task);
    if (progress.total == 0) return;
    char text[64];
    int len = snprintf(text, sizeof text, "%" PRId64 " of %" PRId64 " %s", progress.done,
                       progress.total, progress.total == 1 ? "file" : "files");
    run_tell_progress(file_run->run, (int)(progress.done * 100 / progress.total),
                      (struct str){text, len > 0 ? (size_t)len : 0});
}

static void show_report(struct file_run *file_run) {
    struct str report = file_task_report(file_run->task);
    int64_t room = (int64_t)file_run->capture.max - file_run->capture.total;
    capture_add(&file_run->capture, report);
    if (file_run->run->progress && room > 0 && report.len > 0)
        file_run->run->progress(file_run->run, str_slice(report, 0, (size_t)room));
    show_progress(file_run);
}

/* --- steps --- */

static void take_turns(struct file_operation *self);

static void work(uv_work_t *request) {
    struct file_run *file_run = request->data;
    file_run->has_more = file_task_step(file_run->task);
}

static void after_work(uv_work_t *request, int status) {
    (void)status; // nothing here cancels
    struct file_run *file_run = request->data;
    struct file_operation *self = file_run->owner;
    file_run->is_at_work = false;
    self->at_work -= file_run->is_counted;
    show_report(file_run);
    if (file_run->has_more) {
        list_append(&self->line, &file_run->node);
        take_turns(self);
        return;
    }
    take_turns(self);
    struct run_result result = file_task_result(file_run->task, &file_run->arena);
    finish(file_run, &result);
}

static void begin_step(struct file_run *file_run, bool is_counted) {
    file_run->is_at_work = true;
    file_run->is_counted = is_counted;
    file_run->owner->at_work += is_counted;
    file_run->work.data = file_run;
    if (uv_queue_work(file_run->owner->loop, &file_run->work, work, after_work) != 0)
        abort(); // it fails for a missing function alone
}

static void take_turns(struct file_operation *self) {
    struct list *node;
    while (self->at_work < FILE_STEPS && (node = list_take_first(&self->line))) {
        struct file_run *file_run = LIST_ENTRY(node, struct file_run, node);
        begin_step(file_run, file_run->run->stop_reason == STOP_NONE);
    }
}

/* --- start and stop --- */

static bool prepare(struct file_run *file_run, struct err *err) {
    const struct file_operation_options *options = &file_run->owner->options;
    struct run *run = file_run->run;
    struct faults *faults = ARENA_NEW(&file_run->arena, struct faults);
    faults->arena = &file_run->arena;
    file_run->json = json_read(run->job->configuration, err);
    if (!file_run->json) return false;
    if (!file_config_read(file_run->json, options->beneath, NULL, &file_run->config, faults))
        return err_set(err, ERR_INVALID, "%.*s: %.*s", STR_ARG(faults->items[0].field),
                       STR_ARG(faults->items[0].message));
    json_t *parameters =
        run->execution->parameters.len > 0 ? json_read(run->execution->parameters, NULL) : NULL;
    struct variables_context context = {
        .execution = run->execution,
        .job = run->job,
        .now = run->now,
        .machine_name = options->machine_name,
        .secrets = options->secrets,
        .parameters = parameters,
    };
    bool ok = file_config_plan(&file_run->config, options->beneath, &context, &file_run->arena,
                               &file_run->plan, err);
    json_decref(parameters);
    return ok;
}

static void start(struct handler *handler, struct run *run) {
    struct file_operation *self = self_of(handler);
    struct file_run *file_run = xcalloc(1, sizeof *file_run);
    struct err err = ERR_INIT;
    file_run->owner = self;
    file_run->run = run;
    run->state = file_run;
    list_init(&file_run->node);
    capture_reset(&file_run->capture, (size_t)run->max_output_bytes);
    if (!prepare(file_run, &err)) {
        struct run_result result = {.status = EXECUTION_FAILED,
                                    .error_type = ERROR_CONFIGURATION,
                                    .error_message = str_from_cstr(err.msg),
                                    .never_retry = true};
        finish(file_run, &result);
        return;
    }
    struct file_task_options options = {
        .beneath = self->options.beneath,
        .plan = &file_run->plan,
        .now = run->now,
        .max_unpacked_bytes =
            self->options.max_unpacked_bytes > 0 ? self->options.max_unpacked_bytes : INT64_MAX,
    };
    file_run->task = file_task_new(&options);
    list_append(&self->line, &file_run->node);
    take_turns(self);
}

/* What waits in the line ends at once: its last step only tidies up. */
static void stop(struct handler *handler, struct run *run) {
    (void)handler;
    struct file_run *file_run = run->state;
    if (!file_run) return;
    file_task_stop(file_run->task);
    if (file_run->is_at_work) return;
    list_remove(&file_run->node);
    begin_step(file_run, false);
}

/* --- the handler --- */

static void validate(const struct handler *handler, const json_t *configuration,
                     struct faults *faults) {
    file_operation_validate(&((const struct file_operation *)(const void *)handler)->options,
                            configuration, faults);
}

static void free_handler(struct handler *handler) {
    free(self_of(handler));
}

struct handler *file_operation_new(uv_loop_t *loop, const struct file_operation_options *options) {
    struct file_operation *self = xcalloc(1, sizeof *self);
    self->handler = (struct handler){.type = JOB_FILE_OPERATION,
                                     .validate = validate,
                                     .start = start,
                                     .stop = stop,
                                     .free = free_handler};
    self->options = *options;
    self->loop = loop;
    list_init(&self->line);
    return &self->handler;
}

void file_operation_validate(const struct file_operation_options *options,
                             const json_t *configuration, struct faults *faults) {
    struct variables_known known = {.secrets = options->secrets};
    struct file_config config;
    (void)!file_config_read(configuration, options->beneath, &known, &config, faults);
}
