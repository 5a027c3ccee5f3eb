/* progress_lines.h - finds `::progress 40 copying files` among the lines of an output.
 *
 *     struct progress_lines lines = {0};
 *     if (progress_lines_feed(&lines, piece)) use(lines.percent, lines.text);
 *
 * A line counts when it begins with "::progress ", then a number from 0 to 100 (a fraction is cut
 * off), then nothing or a blank and a text. Any other line is just output. Lines may come in pieces
 * of any size; what is longer than the room is not looked at to its end.
 *
 *   Owns:    nothing.   Threads: one at a time.   Errors: none.
 */
#ifndef ALPHABET_HANDLERS_PROGRESS_LINES_H
#define ALPHABET_HANDLERS_PROGRESS_LINES_H

#include "base/str.h"

enum { PROGRESS_LINE = 256 };

struct progress_lines {
    char line[PROGRESS_LINE]; // as far as it has come
    size_t len;
    bool is_other; // this line is no progress, or longer than the room
    bool is_known; // there was a line of progress
    int percent;   // of the last one
    char text[PROGRESS_LINE];
};

/* True when progress was read. */
bool progress_lines_feed(struct progress_lines *lines, struct str piece);

#endif
