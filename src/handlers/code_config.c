/* code_config.c - see code_config.h.
 *
 * The same code reads a configuration when a job is written and when it runs, because the operator
 * may have changed a handler in between: what is not allowed any more does not run. */
#include "handlers/code_config.h"

#include "base/json_read.h"
#include "handlers/environment_rules.h"

#include <string.h>

struct reader {
    const struct code_handlers *handlers;
    const struct variables_known *known;
    struct arena *arena;
    struct faults *faults;
    struct code_config config;
};

static struct str field_of(const struct reader *r, const char *name) {
    return arena_printf(r->faults->arena, "jobConfiguration.%s", name);
}

/* null equals absent. */
static const json_t *get(const json_t *json, const char *name) {
    const json_t *value = json_object_get(json, name);
    return json_is_null(value) ? NULL : value;
}

static void find_unknown(struct reader *r, const json_t *json) {
    static const struct str known[] = {STR_INIT("handlerType"), STR_INIT("methodName"),
                                       STR_INIT("parameters"), STR_INIT("environment"),
                                       STR_INIT("workingDirectory")};
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)json, name, value) {
        bool is_known = false;
        for (size_t i = 0; i < COUNT_OF(known); i++)
            is_known = is_known || str_equal(str_from_cstr(name), known[i]);
        if (!is_known)
            faults_add(r->faults, arena_printf(r->faults->arena, "jobConfiguration.%.100s", name),
                       "there is no such field; a CodeExecution has handlerType, methodName, "
                       "parameters, environment and workingDirectory");
    }
}

/* --- handlerType and methodName --- */

static void read_handler(struct reader *r, const json_t *value) {
    struct str field = field_of(r, "handlerType"), name = json_str_of(value);
    struct buf names = buf_with_max(4096);
    code_handlers_put_names(r->handlers, &names);
    struct str all = buf_str(&names);
    if (!value)
        faults_add(r->faults, field, "is required; there are: %.*s", STR_ARG(all));
    else if (str_is_absent(name))
        faults_add(r->faults, field, "must be a string");
    else
        r->config.handler = code_handlers_find(r->handlers, name);
    if (!str_is_absent(name) && !r->config.handler) {
        if (str_equal_nocase(name, STR("Shell")))
            faults_add(r->faults, field,
                       "Shell is switched off (Scheduler:Handlers:Shell:Enabled); there are: %.*s",
                       STR_ARG(all));
        else
            faults_add(r->faults, field, "there is no handler %.*s; there are: %.*s",
                       STR_ARG(str_slice(name, 0, 100)), STR_ARG(all));
    }
    buf_free(&names);
}

static bool is_method_name(struct str name) {
    bool fine = name.len > 0 && name.len <= MAX_METHOD_NAME;
    for (size_t i = 0; fine && i < name.len; i++) {
        char c = name.ptr[i];
        fine = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_' || c == '.' || c == '-';
    }
    return fine;
}

static void read_method(struct reader *r, const json_t *value) {
    const char *const *methods = r->config.handler->definition.methods;
    bool has_methods = methods && methods[0];
    struct str field = field_of(r, "methodName"), name = json_str_of(value);
    r->config.method = STR("");
    if (!value) {
        if (has_methods && strcmp(methods[0], "*") != 0)
            r->config.method = str_from_cstr(methods[0]);
        return;
    }
    struct buf names = buf_with_max(2048);
    bool takes_any = false;
    for (size_t i = 0; has_methods && methods[i]; i++) {
        takes_any = takes_any || strcmp(methods[i], "*") == 0;
        buf_printf(&names, "%s%s", i > 0 ? ", " : "", methods[i]);
        if (str_equal(name, str_from_cstr(methods[i])))
            r->config.method = str_from_cstr(methods[i]);
    }
    bool is_listed = r->config.method.len > 0;
    if (!is_method_name(name))
        faults_add(r->faults, field,
                   "must be a text of letters, digits, '_', '.' and '-', at most %d",
                   MAX_METHOD_NAME);
    else if (!is_listed && takes_any)
        r->config.method = arena_copy(r->arena, name);
    else if (!is_listed && has_methods)
        faults_add(r->faults, field, "there is no method %.*s; there are: %.*s", STR_ARG(name),
                   STR_ARG(buf_str(&names)));
    else if (!is_listed)
        faults_add(r->faults, field, "this handler has no methods; leave it out");
    buf_free(&names);
}

/* --- parameters --- */

static void check_texts(struct reader *r, struct str field, const json_t *value) {
    const char *name;
    const json_t *each;
    size_t i;
    if (json_is_string(value)) {
        variables_check(json_str_of(value), r->known, field, r->faults);
    } else if (json_is_array(value)) {
        json_array_foreach(value, i, each) {
            check_texts(r, arena_printf(r->faults->arena, "%.*s[%zu]", STR_ARG(field), i), each);
        }
    } else if (json_is_object(value)) {
        json_object_foreach((json_t *)(uintptr_t)value, name, each) {
            check_texts(r, arena_printf(r->faults->arena, "%.*s.%.100s", STR_ARG(field), name),
                        each);
        }
    }
}

static void read_script(struct reader *r) {
    const json_t *script = json_object_get(r->config.parameters, "script");
    struct str field = field_of(r, "parameters.script");
    r->config.script = json_str_of(script);
    if (!script)
        faults_add(r->faults, field, "is required: the script for /bin/sh");
    else if (r->config.script.len == 0)
        faults_add(r->faults, field, "must be a text that is not empty");
}

static void read_parameters(struct reader *r, const json_t *value) {
    struct str field = field_of(r, "parameters");
    bool is_shell = r->config.handler && r->config.handler->kind == CODE_SHELL;
    if (value && !json_is_object(value)) {
        faults_add(r->faults, field, "must be an object");
        return;
    }
    r->config.parameters = value;
    const char *name;
    const json_t *each;
    json_object_foreach((json_t *)(uintptr_t)value, name, each) {
        if (is_shell && strcmp(name, "script") == 0) continue;
        check_texts(r, arena_printf(r->faults->arena, "%.*s.%.100s", STR_ARG(field), name), each);
    }
    if (is_shell) read_script(r);
}

/* --- environment --- */

static void read_environment(struct reader *r, const json_t *value) {
    if (!value) return;
    if (!json_is_object(value) || json_object_size(value) > MAX_ENVIRONMENT) {
        faults_add(r->faults, field_of(r, "environment"),
                   "must be an object of names and texts, at most %d", MAX_ENVIRONMENT);
        return;
    }
    r->config.environment = value;
    const char *name;
    const json_t *each;
    json_object_foreach((json_t *)(uintptr_t)value, name, each) {
        struct str field =
            arena_printf(r->faults->arena, "jobConfiguration.environment.%.100s", name);
        struct str why, text = json_str_of(each);
        const struct code_handler *handler = r->config.handler;
        if (handler &&
            !environment_allows(str_from_cstr(name), handler->definition.environment, &why))
            faults_add(r->faults, field, "%.*s", STR_ARG(why));
        if (json_is_null(each)) continue;
        if (str_is_absent(text))
            faults_add(r->faults, field, "must be a string");
        else if (text.len > MAX_ENVIRONMENT_VALUE)
            faults_add(r->faults, field, "must be at most %d bytes", MAX_ENVIRONMENT_VALUE);
        else
            variables_check(text, r->known, field, r->faults);
    }
}

/* --- workingDirectory --- */

bool code_config_find_folder(const struct code_handler *handler, struct str path, size_t *ret,
                             struct str *ret_below) {
    for (size_t i = 0; i < handler->folder_count; i++) {
        struct str folder = str_from_cstr(handler->definition.folders[i]);
        while (folder.len > 1 && folder.ptr[folder.len - 1] == '/') folder.len--;
        struct str below = str_slice(path, folder.len, path.len);
        if (!str_starts_with(path, folder) || (below.len > 0 && below.ptr[0] != '/')) continue;
        while (str_starts_with(below, STR("/"))) below = str_slice(below, 1, below.len);
        *ret = i;
        *ret_below = below;
        return true;
    }
    return false;
}

static void read_folder(struct reader *r, const json_t *value) {
    if (!value) return;
    struct str field = field_of(r, "workingDirectory"), path = json_str_of(value);
    if (str_is_absent(path) || path.len >= 4096) {
        faults_add(r->faults, field, "must be a string of at most 4095 bytes");
        return;
    }
    size_t before = r->faults->count + r->faults->more, index;
    struct str below;
    variables_check(path, r->known, field, r->faults);
    r->config.folder = path;
    if (!r->config.handler || r->faults->count + r->faults->more > before) return;
    if (variables_present(path) || code_config_find_folder(r->config.handler, path, &index, &below))
        return;
    if (r->config.handler->folder_count == 0)
        faults_add(r->faults, field,
                   "this handler has no working directories; the operator lists them in "
                   "Scheduler:Handlers:%.*s:WorkingDirectories",
                   STR_ARG(r->config.handler->definition.name));
    else
        faults_add(r->faults, field,
                   "must be one of the handler's WorkingDirectories, or below one");
}

bool code_config_read(const json_t *json, const struct code_handlers *handlers,
                      const struct variables_known *known, struct arena *arena,
                      struct code_config *ret, struct faults *faults) {
    struct reader r = {.handlers = handlers, .known = known, .arena = arena, .faults = faults};
    size_t before = faults->count + faults->more;
    if (!json_is_object(json)) {
        faults_add(faults, STR("jobConfiguration"), "must be an object");
        return false;
    }
    find_unknown(&r, json);
    read_handler(&r, get(json, "handlerType"));
    if (r.config.handler) read_method(&r, get(json, "methodName"));
    read_parameters(&r, get(json, "parameters"));
    read_environment(&r, get(json, "environment"));
    read_folder(&r, get(json, "workingDirectory"));
    if (faults->count + faults->more > before) return false;
    *ret = r.config;
    return true;
}
