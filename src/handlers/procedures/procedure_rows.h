/* procedure_rows.h - the first rows of a result as JSON, as many as there is room for; all counted.
 *
 *     struct procedure_rows rows = {.max = 65536};
 *     procedure_rows_begin(&rows);                        // a result; an earlier one is forgotten
 *     procedure_rows_column(&rows, STR("id"));
 *     if (procedure_rows_begin_row(&rows)) {              // false: no room for one more
 *         procedure_rows_value(&rows, 0);                 // then json_str(&rows.writer, …), …
 *         json_i64(&rows.writer, 7);
 *     }
 *     procedure_rows_end_row(&rows);
 *     procedure_rows_write(&rows, &document, most, &out); // {"procedure":…,"rows":[{"id":7}]}
 *     procedure_rows_free(&rows);
 *
 *   Owns:    its texts.   Threads: one at a time.   Errors: none: what has no room is left out, and
 *            the document says how many rows those are.
 *   Units:   max in bytes of JSON.
 */
#ifndef ALPHABET_HANDLERS_PROCEDURES_PROCEDURE_ROWS_H
#define ALPHABET_HANDLERS_PROCEDURES_PROCEDURE_ROWS_H

#include "base/json_write.h"
#include "base/mem.h"

enum { MAX_RESULT_COLUMNS = 1664 }; // PostgreSQL's own limit

struct procedure_rows {
    size_t max;
    struct arena arena; // names of columns
    struct str *columns;
    size_t column_count;
    struct buf text; // rows with commas between them
    struct buf row;  // the one that is being written
    struct json_writer writer;
    bool is_writing, is_full;
    int64_t count, kept;
    /* What fits into half of max, for an output that holds other things too. */
    size_t half_len;
    int64_t half_kept;
};

/* What is said beside the rows. */
struct procedure_document {
    struct str procedure;
    int64_t affected;   // -1: not known
    bool has_result;    // there is something to say of rows
    struct str outputs; // a JSON object; absent: none
};

void procedure_rows_begin(struct procedure_rows *rows);
/* A name that is there already gets _2, _3, …, since a JSON object has each name once. */
void procedure_rows_column(struct procedure_rows *rows, struct str name);
WARN_UNUSED bool procedure_rows_begin_row(struct procedure_rows *rows);
void procedure_rows_value(struct procedure_rows *rows, size_t column);
void procedure_rows_end_row(struct procedure_rows *rows);
void procedure_rows_free(struct procedure_rows *rows);

/* `text` as a number where JSON can write it as one, else as a string. */
void procedure_put_number(struct json_writer *w, struct str text);
void procedure_put_hex(struct json_writer *w, const void *bytes, size_t len); // "\\x00ff"

/* True: rows were left out. is_half: it shall take half of the room. */
bool procedure_rows_write(const struct procedure_rows *rows,
                          const struct procedure_document *document, bool is_half, struct buf *out);

#endif
