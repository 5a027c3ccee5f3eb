/* code_execution.c - see code_execution.h; process.h does the rest.
 *
 * A run is prepared in one go on the engine's thread: configuration, variables, environment, the
 * file, then the process. Nothing of it waits. Output goes through the redactor before it is kept
 * or shown, so no secret that the run was given is in either. */
#include "handlers/code_execution.h"

#include "base/bounds.h"
#include "base/json_read.h"
#include "base/log.h"
#include "handlers/capture.h"
#include "handlers/code_config.h"
#include "handlers/code_result.h"
#include "handlers/environment_rules.h"
#include "handlers/memory_file.h"
#include "handlers/progress_lines.h"
#include "handlers/result_json.h"

#include <fcntl.h>
#include <inttypes.h>
#include <linux/openat2.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    GRACE_MS = 5000,
    MOST_INPUT = 1024 * 1024, // parameters with their variables replaced
    MOST_VARIABLES = 512,     // ours, the job's and its parameters'
    LONGEST_VARIABLE = 32768, // a longer one is on standard input alone
};

struct code_execution {
    struct handler handler; // first: the engine's view
    struct code_execution_options options;
    struct processes *processes;
};

/* One run, from start to finish. */
struct code_run {
    struct code_execution *owner;
    struct run *run;
    const struct code_handler *handler;
    struct process *process;
    struct arena arena;
    struct redactor redactor;
    struct capture capture;
    struct progress_lines progress;
    struct result_lines result;
    int64_t output_bytes;
    bool has_flooded;
};

/* What a run is started with; lives as long as start. */
struct launch {
    struct code_run *code_run;
    struct code_config config;
    struct variables_context context;
    json_t *merged; // parameters of job and trigger, variables replaced
    const char *variables[MOST_VARIABLES + 1];
    size_t variable_count;
    struct buf input;
    struct handler_file file;
    int rules, folder, script;
    struct err err;
};

static struct code_execution *self_of(struct handler *handler) {
    return (struct code_execution *)(void *)handler;
}

/* --- the end of a run --- */

static void put_into_run(void *context, struct str piece) {
    struct code_run *code_run = context;
    int64_t room = (int64_t)code_run->capture.max - code_run->capture.total;
    if (progress_lines_feed(&code_run->progress, piece))
        run_tell_progress(code_run->run, code_run->progress.percent,
                          str_from_cstr(code_run->progress.text));
    result_lines_feed(&code_run->result, piece);
    capture_add(&code_run->capture, piece);
    if (code_run->run->progress && room > 0)
        code_run->run->progress(code_run->run, str_slice(piece, 0, (size_t)room));
}

static struct str clean_message(struct code_run *code_run, struct str message) {
    struct buf clean = buf_with_max(0), text = buf_with_max(0);
    redactor_text(&code_run->redactor, message, &clean);
    buf_put_utf8(&text, str_slice(buf_str(&clean), 0, MAX_ERROR_MESSAGE - 3));
    struct str copy = arena_copy(&code_run->arena, buf_str(&text));
    buf_free(&clean);
    buf_free(&text);
    return copy;
}

static void finish(struct code_run *code_run, struct run_result *result) {
    struct run *run = code_run->run;
    redactor_end(&code_run->redactor, put_into_run, code_run);
    if (code_run->capture.total > 0) {
        result->output = capture_finish(&code_run->capture);
        result->output_truncated = code_run->capture.is_truncated;
    }
    result->result = result_lines_end(&code_run->result, &code_run->arena);
    if (str_is_absent(result->result) && !result->output_truncated)
        result->result = result_json(result->output, &code_run->arena);
    if (!str_is_absent(result->error_message))
        result->error_message = clean_message(code_run, result->error_message);
    run->state = NULL;
    run_finish(run, result);
    redactor_free(&code_run->redactor);
    capture_free(&code_run->capture);
    result_lines_free(&code_run->result);
    arena_free(&code_run->arena);
    free(code_run);
}

static void finish_failed(struct code_run *code_run, enum error_type type, struct str message) {
    struct run_result result = {.status = EXECUTION_FAILED,
                                .error_type = type,
                                .error_message = message,
                                .never_retry = type == ERROR_CONFIGURATION};
    finish(code_run, &result);
}

static void on_output(void *context, struct str piece) {
    struct code_run *code_run = context;
    int64_t most = code_run->handler->definition.output_bytes;
    code_run->output_bytes += (int64_t)piece.len;
    redactor_feed(&code_run->redactor, piece, put_into_run, code_run);
    if (most == 0 || code_run->output_bytes <= most || code_run->has_flooded) return;
    code_run->has_flooded = true;
    process_kill(code_run->process);
}

static void on_ended(void *context, const struct process_end *end) {
    struct code_run *code_run = context;
    const struct code_definition *definition = &code_run->handler->definition;
    struct code_outcome outcome = {
        .end = end,
        .stop_reason = code_run->run->stop_reason,
        .flooded_at = code_run->has_flooded ? definition->output_bytes : 0,
        .most_processes = definition->limits.processes,
        .grace_seconds = code_run->owner->options.grace_ms / 1000,
    };
    if (end->left_behind) {
        log_warn("processes left behind", "execution=%" PRId64 " handler=%.*s killed=%u",
                 code_run->run->execution->row, STR_ARG(definition->name), end->killed);
        redactor_feed(&code_run->redactor, code_result_left_behind(end, &code_run->arena),
                      put_into_run, code_run);
    }
    struct run_result result = code_result_of(&outcome, &code_run->arena);
    finish(code_run, &result);
}

/* --- parameters and environment --- */

static bool expand(struct launch *launch, struct str text, struct str *ret) {
    struct buf out = buf_with_max(MOST_INPUT);
    bool ok = variables_expand(text, VARIABLES_TEXT, &launch->context, &out, &launch->err);
    if (ok) *ret = out.len > 0 ? arena_copy(&launch->code_run->arena, buf_str(&out)) : STR("");
    if (out.ptr) sodium_memzero(out.ptr, out.cap);
    buf_free(&out);
    return ok;
}

/* A copy of value with the variables in its texts replaced; NULL with launch->err. */
static json_t *expand_json(struct launch *launch, const json_t *value) {
    if (json_is_string(value)) {
        struct str text = STR_NONE;
        if (!variables_present(json_str_of(value))) return json_deep_copy(value);
        return expand(launch, json_str_of(value), &text) ? json_stringn(text.ptr, text.len) : NULL;
    }
    if (!json_is_array(value) && !json_is_object(value)) return json_deep_copy(value);
    json_t *copy = json_is_array(value) ? json_array() : json_object(), *each;
    const char *name;
    size_t i;
    bool ok = true;
    if (json_is_array(value)) {
        json_array_foreach(value, i, each) {
            ok = ok && json_array_append_new(copy, expand_json(launch, each)) == 0;
        }
    } else {
        json_object_foreach((json_t *)(uintptr_t)value, name, each) {
            ok = ok && json_object_set_new(copy, name, expand_json(launch, each)) == 0;
        }
    }
    if (ok) return copy;
    json_decref(copy);
    return NULL;
}

/* The trigger's parameters come from somebody who may not write the job: they are data, in which no
 * variable is looked for, and never the script. */
static bool merge_parameters(struct launch *launch, json_t *of_trigger) {
    bool is_shell = launch->config.handler->kind == CODE_SHELL;
    const char *name;
    json_t *value;
    if (is_shell && json_object_get(of_trigger, "script"))
        return err_set(&launch->err, ERR_INVALID,
                       "the script of a Shell job cannot be replaced by a trigger");
    launch->merged = json_object();
    json_object_foreach((json_t *)(uintptr_t)launch->config.parameters, name, value) {
        if (json_is_null(value) || (is_shell && strcmp(name, "script") == 0)) continue;
        json_t *expanded = expand_json(launch, value);
        if (!expanded) return false;
        (void)json_object_set_new(launch->merged, name, expanded);
    }
    json_object_foreach(of_trigger, name, value) {
        (void)json_object_set(launch->merged, name, value);
    }
    char *text = json_dumps(launch->merged, JSON_COMPACT);
    struct str json = str_from_cstr(text);
    bool fits = json.len <= MOST_INPUT;
    if (fits) buf_put(&launch->input, json);
    if (text) sodium_memzero(text, json.len);
    free(text);
    return fits || err_set(&launch->err, ERR_LIMIT,
                           "the parameters are longer than %d bytes with their variables replaced",
                           MOST_INPUT);
}

static bool has_variable(const struct launch *launch, struct str name) {
    for (size_t i = 0; i < launch->variable_count; i++) {
        struct str each = str_from_cstr(launch->variables[i]);
        if (each.len > name.len && each.ptr[name.len] == '=' && str_starts_with(each, name))
            return true;
    }
    return false;
}

/* The first of a name counts: what the product sets is put before what a job brings. */
static void put_variable(struct launch *launch, struct str name, struct str value) {
    if (launch->variable_count == MOST_VARIABLES || has_variable(launch, name) ||
        (value.len > 0 && memchr(value.ptr, '\0', value.len)))
        return;
    launch->variables[launch->variable_count++] =
        arena_printf(&launch->code_run->arena, "%.*s=%.*s", STR_ARG(name), STR_ARG(value)).ptr;
}

static void put_own_variables(struct launch *launch) {
    const struct execution *execution = launch->code_run->run->execution;
    const struct job *job = launch->code_run->run->job;
    const struct code_handler *handler = launch->config.handler;
    struct arena *arena = &launch->code_run->arena;
    char id[GUID_LENGTH + 1], job_id[GUID_LENGTH + 1], time[RFC3339_LENGTH + 1] = "";
    guid_format(execution->id, id);
    guid_format(job->id, job_id);
    if (!utc_is_none(execution->scheduled_for)) utc_format(execution->scheduled_for, time);
    put_variable(launch, STR("PATH"), STR("/usr/local/bin:/usr/bin:/bin"));
    put_variable(launch, STR("LANG"), STR("C.UTF-8"));
    put_variable(launch, STR("HOME"), str_from_cstr(handler->home));
    if (handler->user_name[0]) put_variable(launch, STR("USER"), str_from_cstr(handler->user_name));
    if (handler->folder_count > 0)
        put_variable(launch, STR("TMPDIR"), str_from_cstr(handler->definition.folders[0]));
    put_variable(launch, STR("ALPHABET_EXECUTION_ID"), str_from_cstr(id));
    put_variable(launch, STR("ALPHABET_JOB_ID"), str_from_cstr(job_id));
    put_variable(launch, STR("ALPHABET_JOB_NAME"), job->name);
    put_variable(launch, STR("ALPHABET_ATTEMPT"),
                 arena_printf(arena, "%" PRId64, execution->retry_count + 1));
    put_variable(launch, STR("ALPHABET_FENCE"), arena_printf(arena, "%" PRId64, execution->fence));
    put_variable(launch, STR("ALPHABET_SCHEDULED_FOR"), str_from_cstr(time));
    put_variable(launch, STR("ALPHABET_HANDLER"), handler->definition.name);
    put_variable(launch, STR("ALPHABET_METHOD"), launch->config.method);
}

static void put_parameter_variables(struct launch *launch) {
    struct buf name = buf_with_max(0);
    const char *key;
    json_t *value;
    json_object_foreach(launch->merged, key, value) {
        struct str text = json_str_of(value);
        if (str_is_absent(text)) text = json_dump(&launch->code_run->arena, value);
        if (text.len > LONGEST_VARIABLE || strlen(key) > MAX_ENVIRONMENT_NAME) continue;
        buf_reset(&name);
        buf_put(&name, STR("ALPHABET_PARAM_"));
        environment_put_safe_name(&name, str_from_cstr(key));
        put_variable(launch, buf_str(&name), text);
    }
    buf_free(&name);
}

static bool put_job_variables(struct launch *launch) {
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)launch->config.environment, name, value) {
        struct str text = STR_NONE;
        if (json_is_null(value)) continue;
        if (!expand(launch, json_str_of(value), &text))
            return err_wrap(&launch->err, "environment.%.60s", name);
        put_variable(launch, str_from_cstr(name), text);
    }
    return true;
}

/* --- files --- */

/* Below one of the handler's folders, whatever links lie there: the kernel keeps it inside. */
static bool open_folder(struct launch *launch) {
    const struct code_handler *handler = launch->config.handler;
    struct str path = STR_NONE, below = STR("");
    size_t index = 0;
    if (str_is_absent(launch->config.folder) && handler->folder_count == 0) {
        launch->folder = code_handlers_root(launch->code_run->owner->options.handlers);
        return true;
    }
    if (!str_is_absent(launch->config.folder)) {
        if (!expand(launch, launch->config.folder, &path)) return false;
        if (!code_config_find_folder(handler, path, &index, &below))
            return err_set(&launch->err, ERR_INVALID,
                           "workingDirectory is not one of the handler's WorkingDirectories, nor "
                           "below one");
    }
    if (below.len == 0) {
        launch->folder = handler->folders[index];
        return true;
    }
    struct open_how how = {.flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
                           .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS};
    const char *name = arena_copy(&launch->code_run->arena, below).ptr;
    launch->folder = (int)syscall(SYS_openat2, handler->folders[index], name, &how, sizeof how);
    if (launch->folder >= 0) return true;
    return err_set(&launch->err, ERR_INVALID, "workingDirectory cannot be entered");
}

/* The descriptor is closed before the script begins, so that what it starts has 0, 1 and 2. */
static bool make_script(struct launch *launch) {
    if (launch->config.handler->kind != CODE_SHELL) return true;
    struct buf text = buf_with_max(0);
    buf_put(&text, STR("exec 3<&-; "));
    buf_put(&text, launch->config.script);
    launch->script = memory_file("script", buf_str(&text), &launch->err);
    buf_free(&text);
    return launch->script >= 0;
}

static const char *const *make_arguments(const struct launch *launch) {
    const struct code_handler *handler = launch->config.handler;
    const char *const *given = handler->definition.arguments;
    size_t count = 0, at = 0;
    while (given && given[count]) count++;
    const char **arguments = ARENA_ARRAY(&launch->code_run->arena, count + 3, const char *);
    arguments[at++] = handler->path ? handler->path : handler->definition.name.ptr;
    if (handler->kind == CODE_SHELL) arguments[at++] = "/proc/self/fd/3";
    for (size_t i = 0; i < count; i++) arguments[at++] = given[i];
    return arguments;
}

static struct process_spec make_spec(const struct launch *launch) {
    const struct code_handler *handler = launch->config.handler;
    const struct code_execution_options *options = &launch->code_run->owner->options;
    struct process_spec spec = {
        .program = launch->file.fd,
        .file = -1,
        .folder = launch->folder,
        .rules = launch->rules,
        .is_filtered = code_handlers_sandbox(options->handlers)->has_filter,
        .has_no_sockets = !handler->definition.network,
        .changes_user = handler->changes_user,
        .uid = handler->uid,
        .gid = handler->gid,
        .limits = handler->definition.limits,
        .grace_ms = options->grace_ms,
        .arguments = make_arguments(launch),
        .environment = launch->variables,
        .input = buf_str(&launch->input),
    };
    if (handler->kind == CODE_LIBRARY) {
        spec.program = code_handlers_library_host(options->handlers);
        spec.file = launch->file.fd;
    } else if (handler->kind == CODE_SHELL) {
        spec.file = launch->script;
    } else if (launch->file.is_script) { // the kernel hands the script to its interpreter as 3
        spec.program = -1;
        spec.file = launch->file.fd;
    }
    return spec;
}

/* --- start --- */

static bool read_config(struct launch *launch, const json_t *json) {
    struct code_run *code_run = launch->code_run;
    struct variables_known known = {0};
    struct faults *faults = ARENA_NEW(&code_run->arena, struct faults);
    faults->arena = &code_run->arena;
    if (code_config_read(json, code_run->owner->options.handlers, &known, &code_run->arena,
                         &launch->config, faults))
        return true;
    return err_set(&launch->err, ERR_INVALID, "%.*s: %.*s", STR_ARG(faults->items[0].field),
                   STR_ARG(faults->items[0].message));
}

static bool prepare(struct launch *launch, const json_t *json, json_t *of_trigger) {
    if (!read_config(launch, json)) return false;
    launch->code_run->handler = launch->config.handler;
    launch->context.defaults = launch->config.parameters;
    put_own_variables(launch);
    if (!merge_parameters(launch, of_trigger) || !put_job_variables(launch)) return false;
    put_parameter_variables(launch);
    return code_handlers_open(launch->code_run->owner->options.handlers, launch->config.handler,
                              &launch->file, &launch->rules, &launch->err) &&
           open_folder(launch) && make_script(launch);
}

static void close_launch(struct launch *launch) {
    const struct code_handler *handler = launch->config.handler;
    const struct code_handlers *handlers = launch->code_run->owner->options.handlers;
    bool is_own_folder = launch->folder >= 0 && launch->folder != code_handlers_root(handlers);
    for (size_t i = 0; handler && i < handler->folder_count; i++)
        is_own_folder = is_own_folder && launch->folder != handler->folders[i];
    if (is_own_folder) (void)close(launch->folder);
    if (launch->script >= 0) (void)close(launch->script);
    if (handler && handler->path && launch->file.fd >= 0) (void)close(launch->file.fd);
    if (handler && launch->rules >= 0 && launch->rules != handler->rules)
        (void)close(launch->rules);
    json_decref(launch->merged);
    if (launch->input.ptr) sodium_memzero(launch->input.ptr, launch->input.cap);
    buf_free(&launch->input);
}

static void start(struct handler *handler, struct run *run) {
    struct code_execution *self = self_of(handler);
    struct code_run *code_run = xcalloc(1, sizeof *code_run);
    code_run->owner = self;
    code_run->run = run;
    run->state = code_run;
    capture_reset(&code_run->capture, (size_t)run->max_output_bytes);
    struct launch launch = {.code_run = code_run,
                            .file = {.fd = -1},
                            .rules = -1,
                            .folder = -1,
                            .script = -1,
                            .err = ERR_INIT};
    json_t *json = json_read(run->job->configuration, &launch.err);
    json_t *of_trigger =
        run->execution->parameters.len > 0 ? json_read(run->execution->parameters, NULL) : NULL;
    launch.context = (struct variables_context){.execution = run->execution,
                                                .job = run->job,
                                                .now = run->now,
                                                .machine_name = self->options.machine_name,
                                                .secrets = self->options.secrets,
                                                .parameters = of_trigger,
                                                .redactor = &code_run->redactor};
    bool ok = json && prepare(&launch, json, of_trigger);
    enum error_type type = ERROR_CONFIGURATION;
    if (ok) {
        struct process_spec spec = make_spec(&launch);
        struct process_events events = {
            .output = on_output, .ended = on_ended, .context = code_run};
        code_run->process = process_start(self->processes, &spec, &events, &launch.err);
        type = ERROR_PROCESS;
    }
    close_launch(&launch);
    json_decref(json);
    json_decref(of_trigger);
    if (!code_run->process) finish_failed(code_run, type, str_from_cstr(launch.err.msg));
}

static void stop(struct handler *handler, struct run *run) {
    (void)handler;
    struct code_run *code_run = run->state;
    if (code_run && code_run->process) process_stop(code_run->process);
}

/* --- the handler --- */

static void validate(const struct handler *handler, const json_t *configuration,
                     struct faults *faults) {
    code_execution_validate(&((const struct code_execution *)(const void *)handler)->options,
                            configuration, faults);
}

static void free_handler(struct handler *handler) {
    struct code_execution *self = self_of(handler);
    processes_free(self->processes);
    free(self);
}

struct handler *code_execution_new(uv_loop_t *loop, const struct code_execution_options *options,
                                   struct err *err) {
    struct processes *processes = processes_new(loop, err);
    if (!processes) return NULL;
    struct code_execution *self = xcalloc(1, sizeof *self);
    self->handler = (struct handler){.type = JOB_CODE_EXECUTION,
                                     .validate = validate,
                                     .start = start,
                                     .stop = stop,
                                     .free = free_handler};
    self->options = *options;
    if (self->options.grace_ms == 0) self->options.grace_ms = GRACE_MS;
    self->processes = processes;
    return &self->handler;
}

void code_execution_validate(const struct code_execution_options *options,
                             const json_t *configuration, struct faults *faults) {
    struct variables_known known = {.secrets = options->secrets};
    struct code_config config;
    struct arena arena = {0};
    (void)!code_config_read(configuration, options->handlers, &known, &arena, &config, faults);
    arena_free(&arena);
}

bool code_execution_is_for_admins(const struct code_execution_options *options,
                                  const json_t *configuration) {
    struct str name = json_str_of(json_object_get(configuration, "handlerType"));
    const struct code_handler *handler = code_handlers_find(options->handlers, name);
    return handler && handler->kind == CODE_SHELL;
}
