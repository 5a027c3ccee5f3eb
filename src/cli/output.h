/* output.h - text for people: tables, times, and nothing that could drive the terminal.
 *
 *     struct table *table = table_new();
 *     table_column(table, "NAME", TABLE_SHRINKS);
 *     table_column(table, "RUNS", TABLE_RIGHT);
 *     table_cell(table, STYLE_NONE, name);                 // row by row, cell by cell
 *     table_print(table, stdout);                          // and frees it
 *
 * Names, messages and outputs come from others. Whatever could move the cursor, change colours or
 * turn the direction of writing is printed as an escape such as \x1b or \u202e.
 *
 *   Owns:    table_print frees the table.   Threads: main only.   Units: columns of a terminal.
 *   Errors:  none. Colours are used when standard output is a terminal, NO_COLOR is not set and
 * TERM is not "dumb".
 */
#ifndef ALPHABET_CLI_OUTPUT_H
#define ALPHABET_CLI_OUTPUT_H

#include "base/buf.h"
#include "base/clock.h"
#include "schedule/zone.h"

#include <jansson.h>
#include <stdio.h>

enum visible_flags {
    VISIBLE_ONE_LINE = 0, // line breaks and tabs are escaped too
    VISIBLE_LINES = 1,    // they stay
};
/* Puts s with everything that is not plain text as an escape; broken UTF-8 becomes U+FFFD. */
void buf_put_visible(struct buf *buf, struct str s, enum visible_flags flags);
/* How many columns s takes, s being UTF-8 without control characters. */
size_t text_width(struct str s);
/* s on standard output, made visible. */
void print_visible(struct str s, enum visible_flags flags);
/* JSON as it came, but without a byte that a terminal would obey: such characters are escaped,
 * which does not change its meaning. With a line break. */
void print_json_text(struct str json);
void print_json(const json_t *value);

enum style { STYLE_NONE, STYLE_BOLD, STYLE_DIM, STYLE_GOOD, STYLE_BAD, STYLE_WARNING };
bool output_has_colour(void);
const char *style_begin(enum style style); // "" without colours
const char *style_end(enum style style);
enum style style_of_status(struct str status); // of a job or an execution

enum table_flags { TABLE_LEFT = 0, TABLE_RIGHT = 1, TABLE_SHRINKS = 2 };
struct table;
struct table *table_new(void);
void table_column(struct table *table, const char *title, unsigned flags);
void table_cell(struct table *table, enum style style, struct str text);
void table_cell_number(struct table *table, int64_t number);
void table_print(struct table *table, FILE *out);

/* "key      value" lines, the keys of one block aligned. */
void print_field(const char *key, struct str value);

/* "in 5 min", "3 h ago", "now". */
void buf_put_relative(struct buf *buf, struct utc t, struct utc now);
/* "2026-11-24 02:30:00Z (in 5 min)"; "-" for JSON null. */
void buf_put_time(struct buf *buf, const json_t *time, struct utc now);
/* "1.5 s", "3 min 20 s". */
void buf_put_length(struct buf *buf, int64_t ms);
/* The instant of a JSON string; UTC_NONE when it is none. */
struct utc utc_of_json(const json_t *value);

#endif
