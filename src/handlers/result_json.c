/* result_json.c - see result_json.h.
 *
 * Most outputs name no result: a line is given up at its first byte that does not fit, and the rest
 * of it is skipped by memchr, as in progress_lines.c. */
#include "handlers/result_json.h"

#include "base/json_read.h"

#include <string.h>

static const struct str marker = STR_INIT("::result ");

/* Brackets outside of strings; what is no JSON at all json_read finds. */
static bool is_too_deep(struct str text) {
    int depth = 0;
    bool in_string = false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (in_string && c == '\\')
            i++;
        else if (c == '"')
            in_string = !in_string;
        else if (!in_string && (c == '{' || c == '['))
            depth++;
        else if (!in_string && (c == '}' || c == ']'))
            depth--;
        if (depth > RESULT_DEPTH_MAX) return true;
    }
    return false;
}

struct str result_json(struct str text, struct arena *arena) {
    text = str_trim(text);
    if (text.len == 0 || text.len > MAX_RESULT || is_too_deep(text)) return STR_NONE;
    json_t *value = json_read(text, NULL);
    if (value == NULL) return STR_NONE;
    json_decref(value);
    return arena_copy(arena, text); // as it is: numbers keep their digits
}

static void end_line(struct result_lines *lines) {
    struct arena scratch = {0};
    struct str line = buf_str(&lines->line);
    if (!lines->is_other && line.len > marker.len) {
        struct str json = result_json(str_slice(line, marker.len, line.len), &scratch);
        if (!str_is_absent(json)) {
            buf_reset(&lines->last);
            buf_put(&lines->last, json);
            lines->is_known = true;
        }
    }
    arena_free(&scratch);
    buf_reset(&lines->line);
    lines->is_other = false;
}

/* Takes what belongs to the line that has begun; returns how many bytes of the piece. */
static size_t take(struct result_lines *lines, struct str piece) {
    const char *end = memchr(piece.ptr, '\n', piece.len);
    size_t length = end ? (size_t)(end - piece.ptr) : piece.len;
    for (size_t i = 0; i < length && !lines->is_other; i++) {
        size_t at = lines->line.len;
        if (at >= marker.len) {
            struct str rest = str_slice(piece, i, length - i);
            lines->is_other = at + rest.len > marker.len + MAX_RESULT;
            if (!lines->is_other) buf_put(&lines->line, rest);
            break;
        }
        lines->is_other = piece.ptr[i] != marker.ptr[at];
        buf_put_char(&lines->line, piece.ptr[i]);
    }
    if (end) end_line(lines);
    return end ? length + 1 : length;
}

void result_lines_feed(struct result_lines *lines, struct str piece) {
    while (piece.len > 0) {
        size_t taken = take(lines, piece);
        piece = str_slice(piece, taken, piece.len);
    }
}

struct str result_lines_end(struct result_lines *lines, struct arena *arena) {
    end_line(lines);
    return lines->is_known ? arena_copy(arena, buf_str(&lines->last)) : STR_NONE;
}

void result_lines_free(struct result_lines *lines) {
    buf_free(&lines->line);
    buf_free(&lines->last);
}
