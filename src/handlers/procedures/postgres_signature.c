/* postgres_signature.c - see postgres_signature.h.
 *
 * A name is quoted here and not by libpq: it is UTF-8 from the catalogue of the very server that
 * will read it, with every double quote doubled, and the client's encoding is always UTF8. */
#include "handlers/procedures/postgres_signature.h"

#include "base/buf.h"
#include "base/json_read.h"
#include "handlers/procedures/procedure_value.h"

#include <stdlib.h>
#include <string.h>

enum {
    OID_TEXT = 25,
    OID_JSON = 114,
    OID_JSONB = 3802,
    OID_JSON_ARRAY = 199,
    OID_JSONB_ARRAY = 3807
};

/* --- reading the catalogue --- */

static bool mode_is(const json_t *argument, char mode) {
    return str_equal(json_str_of(json_object_get(argument, "mode")), (struct str){&mode, 1});
}

static struct postgres_argument read_argument(const json_t *json, size_t position,
                                              struct arena *arena) {
    struct postgres_argument argument = {
        .name = arena_copy(arena, json_str_of(json_object_get(json, "name"))),
        .type_name = arena_copy(arena, json_str_of(json_object_get(json, "typeName"))),
        .type = (uint32_t)json_integer_value(json_object_get(json, "type")),
        .element = (uint32_t)json_integer_value(json_object_get(json, "element")),
        .is_variadic = mode_is(json, 'v'),
        .is_output = mode_is(json, 'o'),
    };
    argument.key = argument.name.len ? argument.name : arena_printf(arena, "$%zu", position);
    argument.is_json = argument.type == OID_JSON || argument.type == OID_JSONB;
    if (json_is_true(json_object_get(json, "isPseudo"))) argument.type = 0;
    return argument;
}

static void show(struct postgres_signature *signature) {
    struct buf text = buf_with_max(0);
    buf_put(&text, signature->whole);
    buf_put_char(&text, '(');
    for (size_t i = 0; i < signature->count; i++) {
        const struct postgres_argument *each = &signature->arguments[i];
        buf_printf(&text, "%s%s%.*s%s%.*s", i > 0 ? ", " : "",
                   each->is_output     ? "OUT "
                   : each->is_variadic ? "VARIADIC "
                                       : "",
                   STR_ARG(each->name), each->name.len ? " " : "", STR_ARG(each->type_name));
    }
    buf_put_char(&text, ')');
    signature->shown = arena_copy(&signature->arena, buf_str(&text));
    buf_free(&text);
}

static struct postgres_signature *read_signature(const json_t *json) {
    struct postgres_signature *self = xcalloc(1, sizeof *self);
    const json_t *all = json_object_get(json, "arguments"), *each;
    size_t i, inputs = 0;
    int64_t defaults = json_integer_value(json_object_get(json, "defaults"));
    self->schema = arena_copy(&self->arena, json_str_of(json_object_get(json, "schema")));
    self->name = arena_copy(&self->arena, json_str_of(json_object_get(json, "name")));
    self->whole =
        arena_printf(&self->arena, "%.*s.%.*s", STR_ARG(self->schema), STR_ARG(self->name));
    self->is_procedure = str_equal(json_str_of(json_object_get(json, "kind")), STR("p"));
    self->is_void = json_is_true(json_object_get(json, "isVoid"));
    self->arguments = ARENA_ARRAY(&self->arena, json_array_size(all) + 1, struct postgres_argument);
    json_array_foreach(all, i, each) {
        bool comes_back = mode_is(each, 't') || (mode_is(each, 'o') && !self->is_procedure);
        if (comes_back) continue;
        struct postgres_argument argument = read_argument(each, self->count + 1, &self->arena);
        self->arguments[self->count++] = argument;
        if (!argument.is_output) inputs++;
    }
    /* The last so many of those that go in have defaults. */
    for (i = self->count; i-- > 0 && defaults > 0;) {
        if (self->arguments[i].is_output) continue;
        self->arguments[i].has_default = true;
        defaults--;
    }
    show(self);
    return self;
}

void postgres_signature_free(struct postgres_signature *signature) {
    if (!signature) return;
    arena_free(&signature->arena);
    free(signature);
}

/* --- choosing --- */

static const struct postgres_argument *find(const struct postgres_signature *signature,
                                            struct str key) {
    for (size_t i = 0; i < signature->count; i++)
        if (str_equal(signature->arguments[i].key, key)) return &signature->arguments[i];
    return NULL;
}

static const json_t *value_of(const struct postgres_argument *argument, const json_t *parameters) {
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)parameters, name, value) {
        if (str_equal(str_from_cstr(name), argument->key)) return value;
    }
    return NULL;
}

/* Does it take these parameters, and have all it needs? Says what is wrong when it does not. */
static bool fits(const struct postgres_signature *signature, const json_t *parameters,
                 struct err *err) {
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)parameters, name, value) {
        const struct postgres_argument *argument = find(signature, str_from_cstr(name));
        if (!argument)
            return err_set(err, ERR_INVALID, "there is no parameter %.63s in %.*s", name,
                           STR_ARG(str_slice(signature->shown, 0, 140)));
        if (argument->is_output)
            return err_set(err, ERR_INVALID,
                           "%.63s of %.*s only comes back and cannot be a parameter", name,
                           STR_ARG(str_slice(signature->shown, 0, 130)));
    }
    for (size_t i = 0; i < signature->count; i++) {
        const struct postgres_argument *each = &signature->arguments[i];
        bool is_needed = !each->has_default && !each->is_output && !each->is_variadic;
        if (is_needed && !value_of(each, parameters))
            return err_set(err, ERR_INVALID, "the parameter %.*s is missing: %.*s",
                           STR_ARG(each->key), STR_ARG(str_slice(signature->shown, 0, 150)));
    }
    return true;
}

static bool say_none(struct str asked, struct str others, struct err *err) {
    if (others.len == 0)
        return err_set(err, ERR_NOT_FOUND,
                       "there is no procedure or function %.*s that this login can see; names are "
                       "taken as they are written, capitals too",
                       STR_ARG(asked));
    return err_set(err, ERR_NOT_FOUND, "there is no procedure or function %.*s; there are: %.*s",
                   STR_ARG(asked), STR_ARG(str_slice(others, 0, 150)));
}

static bool say_ambiguous(const struct postgres_signature *a, const struct postgres_signature *b,
                          struct err *err) {
    return err_set(err, ERR_INVALID,
                   "these parameters fit more than one: %.*s and %.*s; name parameters that only "
                   "one of them has",
                   STR_ARG(str_slice(a->shown, 0, 80)), STR_ARG(str_slice(b->shown, 0, 80)));
}

struct postgres_signature *postgres_signature_choose(const json_t *found, struct str others,
                                                     struct str asked, const json_t *parameters,
                                                     struct err *err) {
    struct postgres_signature *chosen = NULL;
    struct err why = ERR_INIT;
    bool is_ambiguous = false;
    size_t i, count = json_array_size(found);
    const json_t *each;
    if (count == 0) {
        (void)say_none(asked, others, err);
        return NULL;
    }
    json_array_foreach(found, i, each) {
        struct err misfit = ERR_INIT;
        struct postgres_signature *candidate = read_signature(each);
        bool does_fit = fits(candidate, parameters, &misfit);
        /* They come in the order of the search path: one in an earlier schema goes first. */
        if (does_fit && !chosen) {
            chosen = candidate;
            continue;
        }
        if (does_fit && !is_ambiguous && str_equal(chosen->schema, candidate->schema)) {
            is_ambiguous = true;
            (void)say_ambiguous(chosen, candidate, &why);
        }
        if (!does_fit && i == 0) why = misfit;
        postgres_signature_free(candidate);
    }
    if (chosen && !is_ambiguous) return chosen;
    if (!chosen && count > 1)
        (void)err_set(&why, ERR_INVALID, "none of the %zu procedures %.*s takes these parameters",
                      count, STR_ARG(asked));
    postgres_signature_free(chosen);
    if (err) *err = why;
    return NULL;
}

/* --- values --- */

static bool is_json_type(uint32_t type) {
    return type == OID_JSON || type == OID_JSONB;
}

/* {1,NULL,"a \"quoted\" text",{…}} */
static void put_array(struct buf *out, const json_t *array, bool of_json, struct arena *arena) {
    const json_t *each;
    size_t i;
    buf_put_char(out, '{');
    json_array_foreach(array, i, each) {
        if (i > 0) buf_put_char(out, ',');
        if (json_is_array(each) && !of_json) {
            put_array(out, each, of_json, arena);
        } else if (json_is_null(each)) {
            buf_put(out, STR("NULL"));
        } else {
            struct str text =
                of_json ? procedure_value_json(each, arena) : procedure_value_text(each, arena);
            buf_put_char(out, '"');
            for (size_t at = 0; at < text.len; at++) {
                if (text.ptr[at] == '"' || text.ptr[at] == '\\') buf_put_char(out, '\\');
                buf_put_char(out, text.ptr[at]);
            }
            buf_put_char(out, '"');
        }
    }
    buf_put_char(out, '}');
}

static bool bind_value(const struct postgres_argument *argument, const json_t *value,
                       struct arena *arena, const char **ret, struct err *err) {
    struct str text;
    bool takes_json = argument->is_json || argument->type == OID_TEXT || argument->type == 0;
    if (json_is_null(value)) {
        *ret = NULL;
        return true;
    }
    if (argument->is_json) {
        text = procedure_value_json(value, arena);
    } else if (json_is_array(value) && argument->element) {
        struct buf array = buf_with_max(0);
        put_array(&array, value, is_json_type(argument->element), arena);
        text = arena_copy(arena, buf_str(&array));
        buf_free(&array);
    } else if ((json_is_array(value) || json_is_object(value)) && !takes_json) {
        return err_set(err, ERR_INVALID, "the parameter %.*s is of type %.*s and cannot be %s",
                       STR_ARG(argument->key), STR_ARG(argument->type_name),
                       json_is_array(value) ? "an array" : "an object");
    } else {
        text = procedure_value_text(value, arena);
    }
    if (memchr(text.ptr, '\0', text.len))
        return err_set(err, ERR_INVALID, "the parameter %.*s holds a NUL byte",
                       STR_ARG(argument->key));
    *ret = arena_copy(arena, text).ptr;
    return true;
}

/* --- the call --- */

static void put_identifier(struct buf *out, struct str name) {
    buf_put_char(out, '"');
    for (size_t i = 0; i < name.len; i++) {
        if (name.ptr[i] == '"') buf_put_char(out, '"');
        buf_put_char(out, name.ptr[i]);
    }
    buf_put_char(out, '"');
}

/* What follows the last one given may be left to its default; what has no name stands in its
 * place, so all before it must be there. */
static bool needs_positions(const struct postgres_signature *signature, const json_t *parameters,
                            size_t *ret_count) {
    bool nameless = false;
    *ret_count = 0;
    for (size_t i = 0; i < signature->count; i++) {
        const struct postgres_argument *each = &signature->arguments[i];
        if (!each->is_output && !value_of(each, parameters)) continue;
        *ret_count = i + 1;
        nameless = nameless || each->name.len == 0;
    }
    return nameless;
}

bool postgres_signature_bind(const struct postgres_signature *signature, const json_t *parameters,
                             struct arena *arena, struct postgres_arguments *ret, struct err *err) {
    size_t last;
    bool by_position = needs_positions(signature, parameters, &last);
    struct postgres_arguments bound = {.values =
                                           ARENA_ARRAY(arena, signature->count + 1, const char *),
                                       .types = ARENA_ARRAY(arena, signature->count + 1, uint32_t)};
    struct buf sql = buf_with_max(0);
    bool ok = true, is_first = true;
    buf_put(&sql, signature->is_procedure ? STR("CALL ") : STR("SELECT * FROM "));
    put_identifier(&sql, signature->schema);
    buf_put_char(&sql, '.');
    put_identifier(&sql, signature->name);
    buf_put_char(&sql, '(');
    for (size_t i = 0; ok && i < last; i++) {
        const struct postgres_argument *each = &signature->arguments[i];
        const json_t *value = value_of(each, parameters);
        if (!value && !each->is_output) {
            if (by_position)
                ok = err_set(err, ERR_INVALID,
                             "the parameter %.*s is missing: one that stands behind it is given by "
                             "its place",
                             STR_ARG(each->key));
            continue;
        }
        if (!is_first) buf_put(&sql, STR(", "));
        is_first = false;
        if (each->is_variadic) buf_put(&sql, STR("VARIADIC "));
        if (!by_position) {
            put_identifier(&sql, each->name);
            buf_put(&sql, STR(" => "));
        }
        if (each->is_output) {
            buf_put(&sql, STR("NULL"));
            continue;
        }
        ok = bind_value(each, value, arena, &bound.values[bound.count], err);
        bound.types[bound.count++] = each->type;
        buf_printf(&sql, "$%zu", bound.count);
    }
    buf_put_char(&sql, ')');
    bound.sql = arena_copy(arena, buf_str(&sql));
    buf_free(&sql);
    if (ok) *ret = bound;
    return ok;
}
