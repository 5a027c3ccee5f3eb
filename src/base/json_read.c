/* json_read.c - see json_read.h. */
#include "base/json_read.h"

#include "base/buf.h"

#include "base/bounds.h"

#include <stdlib.h>
#include <string.h>

/* The deepest nesting of brackets outside of strings, or where it first passes the limit. */
static bool depth_is_bounded(struct str text, size_t *at) {
    int depth = 0;
    bool in_string = false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (in_string) {
            if (c == '\\') {
                i++;
            } else if (c == '"') {
                in_string = false;
            }
            continue;
        }
        if (c == '"') in_string = true;
        if (c == '{' || c == '[') depth++;
        if (c == '}' || c == ']') depth--;
        if (depth > MAX_JSON_DEPTH) {
            *at = i;
            return false;
        }
    }
    return true;
}

json_t *json_read(struct str text, struct err *err) {
    size_t at = 0;
    if (str_trim(text).len == 0) {
        err_set(err, ERR_INVALID, "the body is empty; JSON is expected");
        return NULL;
    }
    if (!depth_is_bounded(text, &at)) {
        err_set_at(err, (int)at, "nested deeper than %d levels", MAX_JSON_DEPTH);
        return NULL;
    }
    json_error_t fault;
    json_t *root = json_loadb(text.ptr, text.len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &fault);
    if (root == NULL)
        err_set_at(err, fault.position, "not valid JSON at line %d, column %d: %s", fault.line,
                   fault.column, fault.text);
    return root;
}

struct str json_str_of(const json_t *value) {
    if (!json_is_string(value)) return STR_NONE;
    return (struct str){json_string_value(value), json_string_length(value)};
}

static int append(const char *bytes, size_t size, void *context) {
    buf_put(context, (struct str){bytes, size});
    return 0;
}

struct str json_dump(struct arena *arena, const json_t *value) {
    struct buf out = buf_with_max(0);
    (void)json_dump_callback(value, append, &out, JSON_COMPACT | JSON_ENCODE_ANY);
    struct str copy = arena_copy(arena, buf_str(&out));
    buf_free(&out);
    return copy;
}
