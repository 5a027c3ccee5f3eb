/* key_lines.c - walks a JSON text that has been parsed already, keeping the path of keys; see
 * key_lines.h. Strings are compared undecoded: no key that we know needs an escape. */
#include "app/key_lines.h"

enum { PATH_DEPTH = 64 };

struct walker {
    struct str rest;
    int line;
    struct str keys[PATH_DEPTH]; // of the objects around, outermost first
    size_t depth;
};

static void advance(struct walker *w, size_t bytes) {
    for (size_t i = 0; i < bytes && i < w->rest.len; i++)
        if (w->rest.ptr[i] == '\n') w->line++;
    w->rest = str_slice(w->rest, bytes, w->rest.len);
}

/* The string that starts at the front, without its quotes; moves behind it. */
static struct str take_string(struct walker *w) {
    size_t i = 1;
    while (i < w->rest.len && w->rest.ptr[i] != '"') i += w->rest.ptr[i] == '\\' ? 2 : 1;
    struct str inside = str_slice(w->rest, 1, i - 1);
    advance(w, i + 1);
    return inside;
}

static bool path_matches(const struct walker *w, struct str path) {
    for (size_t i = 0; i < w->depth; i++) {
        if (str_is_absent(path)) return false;
        if (!str_equal_nocase(str_cut(&path, ':'), w->keys[i])) return false;
    }
    return str_is_absent(path);
}

int key_line(struct str json, struct str path) {
    struct walker w = {.rest = json, .line = 1};
    bool key_next = false; // a string here is a key
    bool in_object[PATH_DEPTH] = {false};
    size_t nesting = 0;
    while (w.rest.len > 0) {
        char c = w.rest.ptr[0];
        if (c == '"') {
            int line = w.line;
            struct str text = take_string(&w);
            if (!key_next) continue;
            w.keys[w.depth++] = text;
            key_next = false;
            if (path_matches(&w, path)) return line;
            continue;
        }
        if (c == '{' || c == '[') {
            if (nesting + 1 >= PATH_DEPTH || w.depth + 1 >= PATH_DEPTH) return 0;
            in_object[nesting++] = c == '{';
            key_next = c == '{';
        } else if (c == '}' || c == ']') {
            /* The last key of this object ends with it; an empty object had none. */
            if (nesting == 0) return 0;
            nesting--;
            if (c == '}' && !key_next && w.depth > 0) w.depth--;
            key_next = false;
        } else if (c == ',' && nesting > 0 && in_object[nesting - 1]) {
            if (w.depth > 0) w.depth--;
            key_next = true;
        }
        advance(&w, 1);
    }
    return 0;
}
