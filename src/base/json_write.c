/* json_write.c - see json_write.h. */
#include "base/json_write.h"

#include "base/bounds.h"

#include <assert.h>
#include <math.h>
#include <string.h>

struct json_writer json_writer(struct buf *out) {
    return (struct json_writer){.out = out};
}

static void before_value(struct json_writer *w) {
    if (w->need_comma) buf_put_char(w->out, ',');
    w->need_comma = true;
}

static void begin(struct json_writer *w, char bracket) {
    before_value(w);
    buf_put_char(w->out, bracket);
    w->need_comma = false;
    w->depth++;
    assert(w->depth <= MAX_JSON_DEPTH + 16);
}

static void end(struct json_writer *w, char bracket) {
    assert(w->depth > 0);
    buf_put_char(w->out, bracket);
    w->need_comma = true;
    w->depth--;
}

void json_object_begin(struct json_writer *w) {
    begin(w, '{');
}

void json_object_end(struct json_writer *w) {
    end(w, '}');
}

void json_array_begin(struct json_writer *w) {
    begin(w, '[');
}

void json_array_end(struct json_writer *w) {
    end(w, ']');
}

/* Bytes that may stand in a JSON string as they are: everything but controls, '"' and '\'. DEL and
 * the line separators U+2028/9 are legal JSON and harmless in application/json. */
static bool is_plain(unsigned char c) {
    return c >= 0x20 && c != '"' && c != '\\' && c < 0x80;
}

static void put_escape(struct buf *buf, unsigned char c) {
    static const char hex[] = "0123456789abcdef";
    switch (c) {
    case '"': buf_put(buf, STR("\\\"")); return;
    case '\\': buf_put(buf, STR("\\\\")); return;
    case '\n': buf_put(buf, STR("\\n")); return;
    case '\r': buf_put(buf, STR("\\r")); return;
    case '\t': buf_put(buf, STR("\\t")); return;
    default: {
        char escape[] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};
        buf_put(buf, (struct str){escape, sizeof escape});
    }
    }
}

void buf_put_json_escaped(struct buf *buf, struct str s) {
    while (s.len > 0) {
        size_t plain = 0;
        while (plain < s.len) {
            unsigned char c = (unsigned char)s.ptr[plain];
            if (is_plain(c)) {
                plain++;
                continue;
            }
            size_t length = c < 0x80 ? 0 : str_utf8_length(str_slice(s, plain, s.len));
            if (length == 0) break;
            plain += length;
        }
        buf_put(buf, str_slice(s, 0, plain));
        s = str_slice(s, plain, s.len);
        if (s.len == 0) return;
        unsigned char c = (unsigned char)s.ptr[0];
        if (c < 0x80) {
            put_escape(buf, c);
        } else {
            buf_put(buf, STR("\xEF\xBF\xBD"));
        }
        s = str_slice(s, 1, s.len);
    }
}

void buf_put_json_str(struct buf *buf, struct str s) {
    buf_put_char(buf, '"');
    buf_put_json_escaped(buf, s);
    buf_put_char(buf, '"');
}

void json_key(struct json_writer *w, struct str key) {
    before_value(w);
    buf_put_json_str(w->out, key);
    buf_put_char(w->out, ':');
    w->need_comma = false;
}

void json_str(struct json_writer *w, struct str value) {
    if (str_is_absent(value)) {
        json_write_null(w);
        return;
    }
    before_value(w);
    buf_put_json_str(w->out, value);
}

void json_i64(struct json_writer *w, int64_t value) {
    before_value(w);
    buf_put_i64(w->out, value);
}

void json_double(struct json_writer *w, double value) {
    if (!isfinite(value)) {
        json_write_null(w);
        return;
    }
    before_value(w);
    buf_printf(w->out, "%.15g", value);
}

void json_bool(struct json_writer *w, bool value) {
    before_value(w);
    buf_put(w->out, value ? STR("true") : STR("false"));
}

void json_write_null(struct json_writer *w) {
    before_value(w);
    buf_put(w->out, STR("null"));
}

void json_utc(struct json_writer *w, struct utc t) {
    if (utc_is_none(t) || utc_is_never(t)) {
        json_write_null(w);
        return;
    }
    before_value(w);
    buf_put_char(w->out, '"');
    buf_put_utc(w->out, t);
    buf_put_char(w->out, '"');
}

void json_guid(struct json_writer *w, struct guid id) {
    if (guid_is_zero(id)) {
        json_write_null(w);
        return;
    }
    before_value(w);
    buf_put_char(w->out, '"');
    buf_put_guid(w->out, id);
    buf_put_char(w->out, '"');
}

void json_raw(struct json_writer *w, struct str json) {
    if (json.len == 0) {
        json_write_null(w);
        return;
    }
    before_value(w);
    buf_put(w->out, json);
}

void json_field_str(struct json_writer *w, struct str key, struct str value) {
    json_key(w, key);
    json_str(w, value);
}

void json_field_i64(struct json_writer *w, struct str key, int64_t value) {
    json_key(w, key);
    json_i64(w, value);
}

void json_field_bool(struct json_writer *w, struct str key, bool value) {
    json_key(w, key);
    json_bool(w, value);
}

void json_field_utc(struct json_writer *w, struct str key, struct utc t) {
    json_key(w, key);
    json_utc(w, t);
}

void json_field_guid(struct json_writer *w, struct str key, struct guid id) {
    json_key(w, key);
    json_guid(w, id);
}

void json_field_raw(struct json_writer *w, struct str key, struct str json) {
    json_key(w, key);
    json_raw(w, json);
}
