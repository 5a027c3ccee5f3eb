/* variables.c - see variables.h.
 *
 * A text is read as pieces, literal or variable, by one function, so that what was accepted when
 * the job was written is read the same way when it runs. Values that come from a person (names,
 * parameters, secrets) are put out once and never read again: no value can bring a variable in.
 *
 * In JSON the place of a variable matters: inside a string its value is escaped, outside it must be
 * a value of its own, so a text gets quotes there and can never add a field. */
#include "handlers/variables.h"

#include "base/json_read.h"
#include "base/json_write.h"
#include "handlers/date_format.h"

#include <stdlib.h>
#include <string.h>

static const struct str opening = STR_INIT("{{"), closing = STR_INIT("}}");

enum kind {
    TODAY,
    NOW,
    SCHEDULED_FOR,
    JOB_ID,
    JOB_NAME,
    EXECUTION_ID,
    ATTEMPT,
    MACHINE_NAME,
    USER_EMAIL,
    PARAMETER, // from here on a name follows
    SECRET,
    HANDED_ON,
};

static const struct {
    struct str name;
    enum kind kind;
} names[] = {
    {STR_INIT("Today"), TODAY},
    {STR_INIT("Now"), NOW},
    {STR_INIT("Execution.ScheduledFor"), SCHEDULED_FOR},
    {STR_INIT("Job.Id"), JOB_ID},
    {STR_INIT("Job.Name"), JOB_NAME},
    {STR_INIT("Execution.Id"), EXECUTION_ID},
    {STR_INIT("Execution.Attempt"), ATTEMPT},
    {STR_INIT("Environment.MachineName"), MACHINE_NAME},
    {STR_INIT("User.Email"), USER_EMAIL},
};

struct variable {
    enum kind kind;
    struct str name;    // of a parameter or secret
    struct str offsets; // of an instant: "-1d"
    struct str format;  // absent: the usual one
    struct job_variable handed_on;
};

struct piece {
    bool is_variable;
    struct str literal;
    struct variable variable;
};

/* --- reading --- */

static bool is_name_char(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
}

static bool read_name(struct str text, struct str prefix, struct variable *ret, struct err *err) {
    ret->name = str_slice(text, prefix.len, text.len);
    bool sound = ret->name.len > 0 && ret->name.len <= MAX_SECRET_NAME;
    for (size_t i = 0; sound && i < ret->name.len; i++) sound = is_name_char(ret->name.ptr[i]);
    if (sound && ret->kind == SECRET) sound = secrets_name_is_valid(ret->name);
    if (sound) return true;
    return err_set(err, ERR_INVALID,
                   "the name after \"%.*s\" is 1 to %d letters, digits, '_', '.' or '-'",
                   STR_ARG(prefix), MAX_SECRET_NAME);
}

static bool read_instant(struct str text, struct str name, struct variable *ret, struct err *err) {
    struct str format = str_slice(text, name.len, text.len);
    struct str offsets = str_trim(str_cut(&format, ':'));
    struct utc ignored;
    if (!date_offset(utc_from_seconds(1000000000), offsets, &ignored, err)) return false;
    if (!str_is_absent(format) && !date_format_check(format, err)) return false;
    ret->offsets = offsets;
    ret->format = format;
    return true;
}

/* text stands between the braces, without blanks around it. */
static bool read_variable(struct str text, struct variable *ret, struct err *err) {
    struct str parameters = STR("Parameters."), secret = STR("Secret."), jobs = STR("Jobs.");
    if (str_starts_with(text, parameters)) {
        ret->kind = PARAMETER;
        return read_name(text, parameters, ret, err);
    }
    if (str_starts_with(text, secret)) {
        ret->kind = SECRET;
        return read_name(text, secret, ret, err);
    }
    if (str_starts_with(text, jobs)) {
        ret->kind = HANDED_ON;
        return job_variable_parse(str_slice(text, jobs.len, text.len), &ret->handed_on, err);
    }
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (!str_starts_with(text, names[i].name)) continue;
        ret->kind = names[i].kind;
        bool is_instant = ret->kind == TODAY || ret->kind == NOW || ret->kind == SCHEDULED_FOR;
        char next = text.len > names[i].name.len ? text.ptr[names[i].name.len] : '\0';
        if (text.len == names[i].name.len) return true;
        if (is_instant && (next == ':' || next == '+' || next == '-' || next == ' '))
            return read_instant(text, names[i].name, ret, err);
    }
    return err_set(err, ERR_INVALID, "there is no variable {{%.*s}}",
                   STR_ARG(str_slice(text, 0, 60)));
}

static struct str text_from(struct str text, size_t at) {
    return str_slice(text, at, text.len);
}

/* Where needle stands in text from `at` on; text.len when it does not. */
static size_t find(struct str text, size_t at, struct str needle) {
    if (at >= text.len) return text.len;
    const char *found = memmem(text.ptr + at, text.len - at, needle.ptr, needle.len);
    return found ? (size_t)(found - text.ptr) : text.len;
}

/* The piece at *at; moves *at behind it, also when it fails. */
static bool next_piece(struct str text, size_t *at, struct piece *ret, struct err *err) {
    *ret = (struct piece){0};
    size_t start = *at, open = find(text, start, opening);
    if (open > start) {
        ret->literal = str_slice(text, start, open - start);
        *at = open;
        return true;
    }
    if (str_starts_with(text_from(text, open + 2), opening)) { // {{{{
        ret->literal = opening;
        *at = open + 4;
        return true;
    }
    size_t close = find(text, open + 2, closing);
    if (close == text.len) {
        *at = text.len;
        return err_set(err, ERR_INVALID,
                       "\"{{\" has no \"}}\"; two braces that are meant as they are, are written "
                       "\"{{{{\"");
    }
    *at = close + 2;
    ret->is_variable = true;
    return read_variable(str_trim(str_slice(text, open + 2, close - open - 2)), &ret->variable,
                         err);
}

bool variables_present(struct str text) {
    return find(text, 0, opening) < text.len;
}

bool variables_use_secret(struct str text) {
    struct piece piece;
    for (size_t at = 0; at < text.len;)
        if (next_piece(text, &at, &piece, NULL) && piece.is_variable &&
            piece.variable.kind == SECRET)
            return true;
    return false;
}

void variables_jobs(struct str text,
                    void (*each)(void *context, const struct job_variable *variable),
                    void *context) {
    struct piece piece;
    for (size_t at = 0; at < text.len;)
        if (next_piece(text, &at, &piece, NULL) && piece.is_variable &&
            piece.variable.kind == HANDED_ON)
            each(context, &piece.variable.handed_on);
}

void variables_check(struct str text, const struct variables_known *known, struct str field,
                     struct faults *faults) {
    struct piece piece;
    struct arena arena = {0};
    for (size_t at = 0; at < text.len;) {
        struct err err = ERR_INIT;
        struct str ignored;
        if (!next_piece(text, &at, &piece, &err)) {
            faults_add(faults, field, "%s", err.msg);
        } else if (piece.is_variable && piece.variable.kind == SECRET && known->secrets &&
                   !secrets_find(known->secrets, piece.variable.name, &arena, &ignored, &err)) {
            faults_add(faults, field, "%s", err.msg);
        }
    }
    arena_free(&arena);
}

void variables_blank(struct str text, struct str placeholder, struct buf *out) {
    struct piece piece;
    for (size_t at = 0; at < text.len;) {
        if (!next_piece(text, &at, &piece, NULL) || piece.is_variable)
            buf_put(out, placeholder);
        else
            buf_put(out, piece.literal);
    }
}

/* --- writing --- */

/* A value on its way out: a text, or JSON that is no string (a number, true, an object). */
struct value {
    struct str text;
    bool is_json;
};

static void put_url(struct buf *out, struct str s) {
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        if (is_name_char(c) || c == '~')
            buf_put_char(out, c);
        else
            buf_printf(out, "%%%02X", (unsigned)(unsigned char)c);
    }
}

static void put_value(struct buf *out, enum variables_place place, bool in_string,
                      struct value value) {
    if (place == VARIABLES_URL)
        put_url(out, value.text);
    else if (place == VARIABLES_TEXT)
        buf_put(out, value.text);
    else if (in_string)
        buf_put_json_escaped(out, value.text);
    else if (value.is_json)
        buf_put(out, value.text);
    else
        buf_put_json_str(out, value.text);
}

static bool parameter_value(struct str name, const struct variables_context *context,
                            struct arena *arena, struct value *ret, struct err *err) {
    const json_t *found = json_object_getn(context->parameters, name.ptr, name.len);
    if (!found) found = json_object_getn(context->defaults, name.ptr, name.len);
    if (!found)
        return err_set(err, ERR_INVALID, "the run has no parameter named %.*s", STR_ARG(name));
    if (json_is_string(found))
        *ret = (struct value){.text = json_str_of(found)};
    else
        *ret = (struct value){.text = json_dump(arena, found), .is_json = true};
    return true;
}

static bool instant_value(const struct variable *variable, const struct variables_context *context,
                          struct buf *scratch, struct err *err) {
    struct utc t = context->now;
    if (variable->kind == SCHEDULED_FOR) t = context->execution->scheduled_for;
    struct str format =
        variable->kind == TODAY ? STR("yyyy-MM-dd") : STR("yyyy-MM-ddTHH:mm:ss.fffZ");
    if (variable->kind == TODAY) t.us -= t.us % span_seconds(86400).us; // midnight
    if (!date_offset(t, variable->offsets, &t, err)) return false;
    date_format_put(scratch, str_is_absent(variable->format) ? format : variable->format, t);
    return true;
}

static bool secret_value(struct str name, const struct variables_context *context,
                         struct arena *arena, struct value *ret, struct err *err) {
    if (!context->secrets)
        return err_set(err, ERR_INVALID, "there is no secret named %.*s", STR_ARG(name));
    if (!secrets_find(context->secrets, name, arena, &ret->text, err)) return false;
    if (context->redactor) redactor_add(context->redactor, ret->text);
    return true;
}

static struct str user_email(const struct variables_context *context) {
    struct str triggered_by = context->execution->triggered_by;
    return triggered_by.len > 0 ? triggered_by : context->job->created_by;
}

/* What one call of variables_expand makes on its way. */
struct workspace {
    struct arena arena;
    struct buf scratch;
    json_t *inputs; // of the execution, once they were needed
};

static bool handed_on_value(const struct variable *variable,
                            const struct variables_context *context, struct workspace *workspace,
                            struct value *ret, struct err *err) {
    struct str inputs = context->execution->inputs;
    if (inputs.len > 0 && workspace->inputs == NULL) {
        workspace->inputs = json_read(inputs, err);
        if (workspace->inputs == NULL) return err_wrap(err, "what other jobs have handed on");
    }
    return job_variable_value(&variable->handed_on, workspace->inputs, &workspace->arena,
                              &ret->text, &ret->is_json, err);
}

static bool value_of(const struct variable *variable, const struct variables_context *context,
                     struct workspace *workspace, struct value *ret, struct err *err) {
    struct arena *arena = &workspace->arena;
    struct buf *scratch = &workspace->scratch;
    switch (variable->kind) {
    case TODAY:
    case NOW:
    case SCHEDULED_FOR:
        if (!instant_value(variable, context, scratch, err)) return false;
        break;
    case JOB_ID: buf_put_guid(scratch, context->execution->job_id); break;
    case EXECUTION_ID: buf_put_guid(scratch, context->execution->id); break;
    case ATTEMPT:
        buf_put_i64(scratch, context->execution->retry_count + 1);
        ret->is_json = true;
        break;
    case JOB_NAME: buf_put(scratch, context->job->name); break;
    case MACHINE_NAME: buf_put(scratch, context->machine_name); break;
    case USER_EMAIL: buf_put(scratch, user_email(context)); break;
    case PARAMETER: return parameter_value(variable->name, context, arena, ret, err);
    case SECRET: return secret_value(variable->name, context, arena, ret, err);
    case HANDED_ON: return handed_on_value(variable, context, workspace, ret, err);
    }
    ret->text = buf_str(scratch);
    return true;
}

/* Is the end of `literal` inside a JSON string, when its start is as told? */
static bool ends_in_string(struct str literal, bool in_string) {
    for (size_t i = 0; i < literal.len; i++) {
        if (in_string && literal.ptr[i] == '\\')
            i++;
        else if (literal.ptr[i] == '"')
            in_string = !in_string;
    }
    return in_string;
}

bool variables_expand(struct str text, enum variables_place place,
                      const struct variables_context *context, struct buf *out, struct err *err) {
    struct workspace workspace = {.scratch = buf_with_max(0)};
    struct piece piece;
    bool ok = true, in_string = false;
    for (size_t at = 0; ok && at < text.len;) {
        ok = next_piece(text, &at, &piece, err);
        if (!ok) break;
        if (!piece.is_variable) {
            buf_put(out, piece.literal);
            if (place == VARIABLES_JSON) in_string = ends_in_string(piece.literal, in_string);
            continue;
        }
        struct value value = {0};
        buf_reset(&workspace.scratch);
        ok = value_of(&piece.variable, context, &workspace, &value, err);
        if (ok) put_value(out, place, in_string, value);
    }
    if (ok && out->too_big)
        ok = err_set(err, ERR_LIMIT, "with its variables replaced it is longer than %zu bytes",
                     out->max);
    json_decref(workspace.inputs);
    buf_free(&workspace.scratch);
    arena_free(&workspace.arena);
    return ok;
}
