/* job_variables.c - see job_variables.h. */
#include "handlers/job_variables.h"

#include "base/bounds.h"
#include "base/json_read.h"

#include <string.h>

enum { QUOTED_MAX = 60 };

static const struct str output_suffix = STR_INIT(".Output"), result_suffix = STR_INIT(".Result");

/* ---- the form -------------------------------------------------------------------------------- */

/* Where the first ".Result" stands that is a word of its own; text.len when there is none. */
static size_t find_result(struct str text) {
    size_t at = 0;
    while (at + result_suffix.len <= text.len) {
        const char *found =
            memmem(text.ptr + at, text.len - at, result_suffix.ptr, result_suffix.len);
        if (found == NULL) break;
        at = (size_t)(found - text.ptr);
        size_t end = at + result_suffix.len;
        if (end == text.len || text.ptr[end] == '.') return at;
        at++;
    }
    return text.len;
}

static bool path_is_sound(struct str path) {
    while (!str_is_absent(path))
        if (str_cut(&path, '.').len == 0) return false;
    return true;
}

static bool read_parts(struct str text, struct job_variable *ret, struct err *err) {
    size_t at = find_result(text);
    if (at < text.len) {
        struct str rest = str_slice(text, at + result_suffix.len, text.len);
        ret->name = str_slice(text, 0, at);
        ret->is_result = true;
        if (rest.len > 0) ret->path = str_slice(rest, 1, rest.len);
        return path_is_sound(ret->path) ||
               err_set(err, ERR_INVALID,
                       "the path behind \".Result\" has a part without a name: \"%.*s\"",
                       STR_ARG(str_slice(ret->path, 0, QUOTED_MAX)));
    }
    if (!str_ends_with(text, output_suffix))
        return err_set(err, ERR_INVALID,
                       "{{Jobs.%.*s}} must end in .Output, .Result or .Result.FIELD",
                       STR_ARG(str_slice(text, 0, QUOTED_MAX)));
    ret->name = str_slice(text, 0, text.len - output_suffix.len);
    return true;
}

bool job_variable_parse(struct str text, struct job_variable *ret, struct err *err) {
    struct job_variable variable = {0};
    if (!read_parts(text, &variable, err)) return false;
    bool sound = str_trim(variable.name).len > 0 && str_utf8_count(variable.name) <= MAX_NAME;
    if (!sound)
        return err_set(
            err, ERR_INVALID,
            "between \"Jobs.\" and \".%s\" stands the name of a job, 1 to %d characters, "
            "or its id",
            variable.is_result ? "Result" : "Output", MAX_NAME);
    *ret = variable;
    return true;
}

/* ---- the value ------------------------------------------------------------------------------- */

static const json_t *step_into(const json_t *value, struct str part) {
    int64_t index;
    if (json_is_array(value) && str_parse_i64(part, &index) && index >= 0)
        return json_array_get(value, (size_t)index);
    return json_object_getn(value, part.ptr, part.len);
}

static const json_t *follow_path(const json_t *value, struct str path) {
    while (value != NULL && !str_is_absent(path)) value = step_into(value, str_cut(&path, '.'));
    return value;
}

bool job_variable_value(const struct job_variable *variable, const json_t *inputs,
                        struct arena *arena, struct str *ret_text, bool *ret_is_json,
                        struct err *err) {
    struct str name = variable->name, path = variable->path;
    const json_t *handed_on = json_object_getn(inputs, name.ptr, name.len);
    if (handed_on == NULL)
        return err_set(err, ERR_INVALID,
                       "the job \"%.*s\" has handed nothing on to this run: it has not succeeded, "
                       "or this job does not depend on it",
                       STR_ARG(str_slice(name, 0, QUOTED_MAX)));
    const json_t *value = json_object_get(handed_on, variable->is_result ? "result" : "output");
    if (value == NULL)
        return err_set(err, ERR_INVALID, "the run of the job \"%.*s\" had no %s",
                       STR_ARG(str_slice(name, 0, QUOTED_MAX)),
                       variable->is_result ? "result" : "output");
    value = follow_path(value, path);
    if (value == NULL)
        return err_set(err, ERR_INVALID, "the result of the job \"%.*s\" has nothing at \"%.*s\"",
                       STR_ARG(str_slice(name, 0, QUOTED_MAX)),
                       STR_ARG(str_slice(path, 0, QUOTED_MAX)));
    *ret_is_json = !json_is_string(value);
    *ret_text = *ret_is_json ? json_dump(arena, value) : json_str_of(value);
    return true;
}
