/* progress_lines.c - see progress_lines.h.
 *
 * Most outputs have no such line, so a line is given up at its first byte that does not fit, and
 * the rest of it is skipped by memchr. */
#include "handlers/progress_lines.h"

#include <string.h>

static const struct str marker = STR_INIT("::progress ");

static bool read_line(struct progress_lines *lines) {
    struct str rest =
        str_trim(str_slice((struct str){lines->line, lines->len}, marker.len, lines->len));
    struct str number = str_cut(&rest, ' ');
    number = str_cut(&number, '.');
    if (str_ends_with(number, STR("%"))) number.len--;
    int64_t percent;
    if (!str_parse_i64(number, &percent) || percent < 0 || percent > 100) return false;
    rest = str_trim(rest);
    lines->percent = (int)percent;
    if (rest.len > 0) memcpy(lines->text, rest.ptr, rest.len);
    lines->text[rest.len] = '\0';
    lines->is_known = true;
    return true;
}

bool progress_lines_feed(struct progress_lines *lines, struct str piece) {
    bool found = false;
    for (size_t i = 0; i < piece.len; i++) {
        char c = piece.ptr[i];
        if (lines->is_other && c != '\n') {
            const char *end = memchr(piece.ptr + i, '\n', piece.len - i);
            if (!end) return found;
            i = (size_t)(end - piece.ptr);
            c = '\n';
        }
        if (c == '\n') {
            if (!lines->is_other && lines->len > marker.len) found |= read_line(lines);
            lines->len = 0;
            lines->is_other = false;
            continue;
        }
        bool fits = lines->len < marker.len ? c == marker.ptr[lines->len]
                                            : lines->len < sizeof lines->line - 1;
        if (fits)
            lines->line[lines->len++] = c;
        else
            lines->is_other = true;
    }
    return found;
}
