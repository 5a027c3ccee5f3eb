/* result_json.h - the result that a run names: one JSON value, which other jobs may use
 * ({{Jobs.NAME.Result}}) and the execution shows.
 *
 *     result.result = result_json(text, &arena);       // absent: it is no JSON, or too much
 *
 *     struct result_lines lines = {0};                 // `::result {"rows": 4}` among an output
 *     result_lines_feed(&lines, piece);
 *     result.result = result_lines_end(&lines, &arena);
 *     result_lines_free(&lines);
 *
 * A line counts when it begins with "::result " and is JSON from there to its end; the last one
 * counts. Lines may come in pieces of any size.
 *
 *   Owns:    texts live in the arena; result_lines owns the line until it is freed.
 *   Threads: one at a time.   Errors: none.
 *   Units:   at most MAX_RESULT bytes, RESULT_DEPTH_MAX levels.
 */
#ifndef ALPHABET_HANDLERS_RESULT_JSON_H
#define ALPHABET_HANDLERS_RESULT_JSON_H

#include "base/bounds.h"
#include "base/buf.h"
#include "base/mem.h"

/* So that what is made of it (an execution's inputs) can be read as JSON too. */
enum { RESULT_DEPTH_MAX = MAX_JSON_DEPTH - 4 };

struct str result_json(struct str text, struct arena *arena);

struct result_lines {
    struct buf line; // as far as it has come
    bool is_other;   // this line is no result, or longer than one may be
    struct buf last; // behind the marker; of the latest line that was JSON
    bool is_known;
};
void result_lines_feed(struct result_lines *lines, struct str piece);
/* The output is over: a last line without its end counts too. */
struct str result_lines_end(struct result_lines *lines, struct arena *arena);
void result_lines_free(struct result_lines *lines);

#endif
