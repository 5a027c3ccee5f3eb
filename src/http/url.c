/* url.c - percent-encoding and query strings; see url.h.
 *
 * Text without `%` (and without `+`, where that counts) is the usual case and is returned as it
 * stands: nothing is copied.
 */
#include "http/url.h"

#include <string.h>

static int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

static bool is_plain(struct str s, bool plus_is_space) {
    if (s.len == 0) return true;
    return memchr(s.ptr, '%', s.len) == NULL && !(plus_is_space && memchr(s.ptr, '+', s.len));
}

/* Writes the decoded bytes to out, which is as long as s; false for a broken escape. */
static bool decode_bytes(struct str s, bool plus_is_space, char *out, size_t *length) {
    size_t n = 0;
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        if (c == '%') {
            if (s.len - i < 3) return false;
            int high = hex_digit(s.ptr[i + 1]), low = hex_digit(s.ptr[i + 2]);
            if (high < 0 || low < 0) return false;
            c = (char)(high << 4 | low);
            i += 2;
        } else if (c == '+' && plus_is_space) {
            c = ' ';
        }
        out[n++] = c;
    }
    *length = n;
    return true;
}

bool url_decode(struct arena *arena, struct str encoded, unsigned flags, struct str *ret) {
    bool plus_is_space = (flags & URL_PLUS_IS_SPACE) != 0;
    struct str decoded = encoded;
    if (!is_plain(encoded, plus_is_space)) {
        char *out = arena_alloc(arena, encoded.len + 1);
        decoded.ptr = out;
        if (!decode_bytes(encoded, plus_is_space, out, &decoded.len)) return false;
    }
    if (decoded.len && memchr(decoded.ptr, '\0', decoded.len)) return false;
    if (!str_is_utf8(decoded)) return false;
    *ret = decoded;
    return true;
}

/* A parameter's name for a message: as sent, cut, and with what is not printable left out. */
static struct str name_for_people(struct arena *arena, struct str name) {
    char *out = arena_alloc(arena, 65);
    size_t n = 0;
    for (size_t i = 0; i < name.len && n < 64; i++)
        if (name.ptr[i] > ' ' && name.ptr[i] < 127) out[n++] = name.ptr[i];
    return (struct str){out, n};
}

static void add_parameter(struct str pair, struct arena *arena, struct query *query,
                          struct faults *faults) {
    struct str rest = pair;
    struct str raw_name = str_cut(&rest, '=');
    struct query_parameter item;
    if (!url_decode(arena, raw_name, URL_PLUS_IS_SPACE, &item.name)) {
        faults_add(faults, name_for_people(arena, raw_name),
                   "the name of this query parameter is not percent-encoded UTF-8");
        return;
    }
    if (!url_decode(arena, rest, URL_PLUS_IS_SPACE, &item.value)) {
        faults_add(faults, name_for_people(arena, raw_name), "must be percent-encoded UTF-8");
        return;
    }
    if (item.value.ptr == NULL) item.value = STR(""); // `?a` is `?a=`
    if (!str_is_absent(query_find(query, item.name))) {
        faults_add(faults, name_for_people(arena, raw_name), "is given more than once");
        return;
    }
    query->items[query->count++] = item;
}

void query_parse(struct str text, struct arena *arena, struct query *query, struct faults *faults) {
    query->count = 0;
    struct str rest = text;
    while (rest.len > 0) {
        struct str pair = str_cut(&rest, '&');
        if (pair.len == 0) continue;
        if (query->count == QUERY_MAX_PARAMETERS) {
            faults_add(faults, STR(""), "more than %d query parameters", QUERY_MAX_PARAMETERS);
            return;
        }
        add_parameter(pair, arena, query, faults);
    }
}

struct str query_find(const struct query *query, struct str name) {
    for (size_t i = 0; i < query->count; i++)
        if (str_equal(query->items[i].name, name)) return query->items[i].value;
    return STR_NONE;
}
