/* run_parameters.c - see run_parameters.h. */
#include "handlers/run_parameters.h"

#include "base/json_read.h"

#include <sodium.h>

struct expansion {
    const struct variables_context *context;
    size_t left; // bytes that may still be put out
    struct err *err;
};

static json_t *expand_text(struct expansion *expansion, const json_t *value) {
    struct str text = json_str_of(value);
    if (!variables_present(text)) return json_deep_copy(value);
    struct buf out = buf_with_max(expansion->left + 1);
    json_t *copy = NULL;
    if (variables_expand(text, VARIABLES_TEXT, expansion->context, &out, expansion->err)) {
        copy = json_stringn(out.len ? out.ptr : "", out.len);
        expansion->left -= out.len < expansion->left ? out.len : expansion->left;
        if (!copy) (void)err_set(expansion->err, ERR_INVALID, "is not UTF-8 or holds a NUL");
    }
    if (out.ptr) sodium_memzero(out.ptr, out.cap);
    buf_free(&out);
    return copy;
}

/* A copy of value with the variables in its texts replaced; NULL with err. */
static json_t *expand(struct expansion *expansion, const json_t *value) {
    if (json_is_string(value)) return expand_text(expansion, value);
    if (!json_is_array(value) && !json_is_object(value)) return json_deep_copy(value);
    json_t *copy = json_is_array(value) ? json_array() : json_object(), *each;
    const char *name;
    size_t i;
    bool ok = true;
    if (json_is_array(value)) {
        json_array_foreach(value, i, each) {
            ok = ok && json_array_append_new(copy, expand(expansion, each)) == 0;
        }
    } else {
        json_object_foreach((json_t *)(uintptr_t)value, name, each) {
            ok = ok && json_object_set_new(copy, name, expand(expansion, each)) == 0;
        }
    }
    if (ok) return copy;
    json_decref(copy);
    return NULL;
}

json_t *run_parameters(const json_t *of_job, json_t *of_trigger,
                       const struct variables_context *context, size_t limit, struct err *err) {
    struct expansion expansion = {context, limit, err};
    json_t *merged = json_object(), *value;
    const char *name;
    json_object_foreach((json_t *)(uintptr_t)of_job, name, value) {
        bool is_replaced = json_object_get(of_trigger, name) != NULL;
        if (json_is_null(value) || is_replaced) continue;
        json_t *expanded = expand(&expansion, value);
        if (!expanded) {
            (void)err_wrap(err, "parameters.%.60s", name);
            run_parameters_wipe(merged);
            return NULL;
        }
        (void)json_object_set_new(merged, name, expanded);
    }
    json_object_foreach(of_trigger, name, value) {
        (void)json_object_set(merged, name, value);
    }
    return merged;
}

static void wipe(json_t *value) {
    const char *name;
    json_t *each;
    size_t i;
    if (json_is_string(value))
        sodium_memzero((char *)(uintptr_t)json_string_value(value), json_string_length(value));
    json_object_foreach(value, name, each) {
        wipe(each);
    }
    json_array_foreach(value, i, each) {
        wipe(each);
    }
}

void run_parameters_wipe(json_t *parameters) {
    if (!parameters) return;
    wipe(parameters);
    json_decref(parameters);
}
