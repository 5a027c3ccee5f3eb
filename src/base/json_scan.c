/* json_scan.c - see json_scan.h. Nesting costs no stack: a value inside is passed over by counting
 * its brackets. */
#include "base/json_scan.h"

#include <string.h>

static bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void skip_spaces(struct json_scan *scan) {
    while (scan->at < scan->text.len && is_space(scan->text.ptr[scan->at])) scan->at++;
}

static bool fail(const struct json_scan *scan, const char *what, struct err *err) {
    return err_set_at(err, (int)scan->at, "not valid JSON at character %zu: %s", scan->at + 1,
                      what);
}

static char here(const struct json_scan *scan) {
    return scan->at < scan->text.len ? scan->text.ptr[scan->at] : '\0';
}

/* Past the string that begins at `at`; false when it does not end. */
static bool skip_string(struct json_scan *scan) {
    const char *end = scan->text.ptr + scan->text.len;
    const char *p = scan->text.ptr + scan->at + 1;
    while (p < end) {
        if (*p == '"') {
            scan->at = (size_t)(p - scan->text.ptr) + 1;
            return true;
        }
        p += *p == '\\' ? 2 : 1;
    }
    return false;
}

/* Past an object or array; false when it does not end. */
static bool skip_nested(struct json_scan *scan) {
    size_t depth = 0;
    while (scan->at < scan->text.len) {
        char c = scan->text.ptr[scan->at];
        if (c == '"') {
            if (!skip_string(scan)) return false;
            continue;
        }
        scan->at++;
        if (c == '{' || c == '[') depth++;
        if ((c == '}' || c == ']') && --depth == 0) return true;
    }
    return false;
}

static bool is_end_of_word(char c) {
    return is_space(c) || c == ',' || c == ']' || c == '}' || c == ':' || c == '"' || c == '[' ||
           c == '{';
}

static bool take_value(struct json_scan *scan, struct str *ret, struct err *err) {
    size_t from = scan->at;
    char c = here(scan);
    if (c == '"') {
        if (!skip_string(scan)) return fail(scan, "this string has no end", err);
    } else if (c == '{' || c == '[') {
        if (!skip_nested(scan)) {
            scan->at = from;
            return fail(scan, "this bracket is not closed", err);
        }
    } else {
        while (scan->at < scan->text.len && !is_end_of_word(scan->text.ptr[scan->at])) scan->at++;
        if (scan->at == from) return fail(scan, "a value is expected", err);
    }
    *ret = str_slice(scan->text, from, scan->at - from);
    return true;
}

bool json_scan_begin(struct str text, char open, struct json_scan *ret, struct err *err) {
    struct json_scan scan = {.text = text, .is_object = open == '{'};
    skip_spaces(&scan);
    if (here(&scan) != open)
        return fail(&scan, open == '{' ? "an object is expected" : "an array is expected", err);
    scan.at++;
    *ret = scan;
    return true;
}

static bool end(struct json_scan *scan, struct err *err) {
    scan->at++;
    skip_spaces(scan);
    if (scan->at < scan->text.len) return fail(scan, "nothing may follow here", err);
    err->kind = ERR_NONE;
    return false;
}

bool json_scan_next(struct json_scan *scan, struct str *ret_name, struct str *ret_value,
                    struct err *err) {
    struct str name = STR_NONE, value;
    char close = scan->is_object ? '}' : ']';
    skip_spaces(scan);
    if (here(scan) == close) return end(scan, err);
    if (scan->begun) {
        if (here(scan) != ',') return fail(scan, "a comma or the end is expected", err);
        scan->at++;
        skip_spaces(scan);
    }
    if (scan->is_object) {
        if (here(scan) != '"') return fail(scan, "the name of a member is expected", err);
        if (!take_value(scan, &name, err)) return false;
        name = str_slice(name, 1, name.len - 2);
        skip_spaces(scan);
        if (here(scan) != ':') return fail(scan, "a colon is expected", err);
        scan->at++;
        skip_spaces(scan);
    }
    if (!take_value(scan, &value, err)) return false;
    scan->begun = true;
    if (ret_name != NULL) *ret_name = name;
    *ret_value = value;
    return true;
}

/* ---- what a string means --------------------------------------------------------------------- */

static bool hex4(struct str text, size_t at, uint32_t *ret) {
    uint32_t value = 0;
    if (at + 4 > text.len) return false;
    for (size_t i = at; i < at + 4; i++) {
        char c = text.ptr[i];
        uint32_t digit;
        if (c >= '0' && c <= '9') {
            digit = (uint32_t)(c - '0');
        } else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f') {
            digit = (uint32_t)((c | 0x20) - 'a') + 10;
        } else {
            return false;
        }
        value = value << 4 | digit;
    }
    *ret = value;
    return true;
}

static void put_code_point(struct buf *out, uint32_t c) {
    char bytes[4];
    size_t count = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const unsigned char lead[] = {0, 0x00, 0xC0, 0xE0, 0xF0};
    for (size_t i = count; i-- > 1; c >>= 6) bytes[i] = (char)(0x80 | (c & 0x3F));
    bytes[0] = (char)(lead[count] | c);
    buf_put(out, (struct str){bytes, count});
}

/* \uXXXX, and the second half of a pair, at *at behind the backslash. */
static bool put_unicode(struct str text, size_t *at, struct buf *out) {
    uint32_t c, low;
    if (!hex4(text, *at + 1, &c) || c == 0 || (c >= 0xDC00 && c <= 0xDFFF)) return false;
    *at += 5;
    if (c >= 0xD800 && c <= 0xDBFF) {
        if (*at + 1 >= text.len || text.ptr[*at] != '\\' || text.ptr[*at + 1] != 'u' ||
            !hex4(text, *at + 2, &low) || low < 0xDC00 || low > 0xDFFF)
            return false;
        *at += 6;
        c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
    }
    put_code_point(out, c);
    return true;
}

/* One escape, at *at behind the backslash. */
static bool put_escape(struct str text, size_t *at, struct buf *out) {
    static const char codes[] = "\"\\/bfnrt";
    static const char meant[] = "\"\\/\b\f\n\r\t";
    if (*at >= text.len || text.ptr[*at] == '\0') return false;
    if (text.ptr[*at] == 'u') return put_unicode(text, at, out);
    const char *code = strchr(codes, text.ptr[*at]);
    if (code == NULL) return false;
    buf_put_char(out, meant[code - codes]);
    ++*at;
    return true;
}

bool json_scan_string(struct str value, struct buf *out, struct err *err) {
    struct json_scan scan = {.text = value};
    if (here(&scan) != '"' || !skip_string(&scan) || scan.at != value.len)
        return fail(&scan, "a string is expected", err);
    struct str text = str_slice(value, 1, value.len - 2);
    size_t from = out->len;
    buf_reserve(out, text.len); // an escape is never shorter than what it stands for
    for (size_t at = 0; at < text.len;) {
        size_t run = at;
        while (run < text.len && text.ptr[run] != '\\' && (unsigned char)text.ptr[run] >= ' ')
            run++;
        buf_put(out, str_slice(text, at, run - at));
        at = run;
        if (at == text.len) break;
        bool is_escape = text.ptr[at] == '\\';
        scan.at = at + 1;
        if (is_escape) at++;
        if (!is_escape || !put_escape(text, &at, out))
            return fail(&scan, is_escape ? "this escape means nothing" : "a control character",
                        err);
    }
    struct str meant = buf_str(out);
    if (str_is_utf8(str_slice(meant, from, meant.len - from))) return true;
    return err_set(err, ERR_INVALID, "the text is not UTF-8");
}
