/* procedure_value.c - see procedure_value.h. */
#include "handlers/procedures/procedure_value.h"

#include "base/json_read.h"
#include "base/json_write.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

void procedure_put_real(struct buf *out, double value) {
    char text[40];
    for (int digits = 15; digits <= 17; digits++) {
        (void)snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value) break;
    }
    buf_put(out, str_from_cstr(text));
}

static void put(struct buf *out, const json_t *value) {
    const char *name;
    const json_t *each;
    size_t i;
    bool is_first = true;
    switch (json_typeof(value)) {
    case JSON_STRING: buf_put_json_str(out, json_str_of(value)); return;
    case JSON_INTEGER: buf_printf(out, "%" PRId64, (int64_t)json_integer_value(value)); return;
    case JSON_REAL: procedure_put_real(out, json_real_value(value)); return;
    case JSON_TRUE: buf_put(out, STR("true")); return;
    case JSON_FALSE: buf_put(out, STR("false")); return;
    case JSON_NULL: buf_put(out, STR("null")); return;
    case JSON_ARRAY:
        buf_put_char(out, '[');
        json_array_foreach(value, i, each) {
            if (i > 0) buf_put_char(out, ',');
            put(out, each);
        }
        buf_put_char(out, ']');
        return;
    case JSON_OBJECT: break;
    }
    buf_put_char(out, '{');
    json_object_foreach((json_t *)(uintptr_t)value, name, each) {
        if (!is_first) buf_put_char(out, ',');
        is_first = false;
        buf_put_json_str(out, str_from_cstr(name));
        buf_put_char(out, ':');
        put(out, each);
    }
    buf_put_char(out, '}');
}

struct str procedure_value_json(const json_t *value, struct arena *arena) {
    struct buf out = buf_with_max(0);
    put(&out, value);
    struct str copy = arena_copy(arena, buf_str(&out));
    buf_free(&out);
    return copy;
}

struct str procedure_value_text(const json_t *value, struct arena *arena) {
    return json_is_string(value) ? json_str_of(value) : procedure_value_json(value, arena);
}
