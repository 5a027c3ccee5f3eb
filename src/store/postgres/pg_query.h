/* pg_query.h - running one statement: begin, bind, run or read rows, end.
 *
 * Parameters are bound in the order of their numbers ($1, $2, …), columns are read in the order of
 * the select list; each call takes the next one.
 *
 *     struct pg_query q;
 *     pg_begin(&q, tx, SQL_NODES);
 *     while (pg_row(&q)) name = pg_read_text(&q, arena);
 *     return pg_end(&q, err);
 *
 * One that answers nothing need not be waited for: pg_post sends it behind what was sent before,
 * and what is sent later runs after it. Should it fail, the next wait says so, at the latest the
 * committer's at the end of the write. So a write costs as many round trips as it has questions.
 *
 * A statement that fails ends the transaction of its write. What may well be (a name that is taken,
 * a row that is gone) is therefore asked for in the statement - `on conflict do nothing`, the
 * number of changed rows - and never left to an error.
 *
 *   Owns:    what is bound is borrowed until the statement is sent (pg_row, pg_run, pg_post); rows
 *            are read before pg_end.
 *   Threads: those of the transaction.
 *   Errors:  kept in the query and told by pg_end and pg_run; after one, pg_row is false.
 *   Units:   int8 in microseconds for struct utc; *_utc takes UTC_NONE as null, *_never takes
 *            UTC_NEVER as null. Guids are uuid, hashes bytea. Numbers are bound as int8 and read
 *            from int8, int4, int2 and boolean; a sum() must be cast to bigint.
 */
#ifndef ALPHABET_STORE_POSTGRES_PG_QUERY_H
#define ALPHABET_STORE_POSTGRES_PG_QUERY_H

#include "base/guid.h"
#include "store/postgres/pg_connection.h"

enum { PG_PARAMETERS = 48 };

struct pg_query {
    struct pg_connection *connection;
    enum sql_statement which;
    int parameters; // bound so far
    int column;     // read so far, of this row
    int row, rows;
    bool was_sent, has_failed;
    PGresult *result;
    struct err err;
    Oid types[PG_PARAMETERS];
    const char *values[PG_PARAMETERS];
    int lengths[PG_PARAMETERS], formats[PG_PARAMETERS];
    unsigned char numbers[PG_PARAMETERS][8];
    struct arena arena; // texts that had to be mended, arrays
};

void pg_begin(struct pg_query *q, struct store_tx *tx, enum sql_statement which);
/* The next row: false at the end and after a failure. The first call runs the statement. */
bool pg_row(struct pg_query *q);
/* False and err when it failed. */
WARN_UNUSED bool pg_end(struct pg_query *q, struct err *err);
/* Runs and ends. */
WARN_UNUSED bool pg_run(struct pg_query *q, struct err *err);
/* Likewise, and tells how many rows were changed. */
WARN_UNUSED bool pg_run_counting(struct pg_query *q, int64_t *changes, struct err *err);
/* Sends, and does not wait. */
void pg_post(struct pg_query *q);
/* Sends, to be read later: what is posted or sent in between runs behind it. pg_row then waits for
 * all of them. */
void pg_ask(struct pg_query *q);
/* How many rows the answer has; runs the statement. */
size_t pg_rows(struct pg_query *q);

/* Numbers that a statement answers, in an array in the arena. */
WARN_UNUSED bool pg_numbers(struct pg_query *q, struct arena *arena, int64_t **ret, size_t *count,
                            struct err *err);
/* The one number that a statement answers. */
WARN_UNUSED bool pg_number(struct pg_query *q, int64_t *ret, struct err *err);

/* ---- binding --------------------------------------------------------------------------------- */

void pg_i64(struct pg_query *q, int64_t value);
void pg_bool(struct pg_query *q, bool value);
void pg_utc(struct pg_query *q, struct utc t);   // UTC_NONE = null
void pg_never(struct pg_query *q, struct utc t); // UTC_NEVER = null
/* Absent = null. PostgreSQL takes no NUL in a text: it becomes U+FFFD, like what is no UTF-8. */
void pg_text(struct pg_query *q, struct str text);
/* The text as it will be stored; a copy in the arena when it had to be mended. */
struct str pg_fit_text(struct str text, struct arena *arena);
void pg_bytes(struct pg_query *q, const void *bytes, size_t size);
void pg_guid(struct pg_query *q, const struct guid *id); // zero = null

/* An array as one parameter, for statements that unnest: bigint[], text[] or uuid[]. Made element
 * by element, bound when it is whole. Two arrays may be made at the same time.
 *
 *     struct pg_array rows = pg_array_new(&q, PG_ARRAY_I64, count);
 *     for (…) pg_array_i64(&rows, items[i].row);
 *     pg_array_bind(&q, &rows);
 */
enum pg_array_type { PG_ARRAY_I64, PG_ARRAY_TEXT, PG_ARRAY_GUID, PG_ARRAY_BOOL };
struct pg_array {
    enum pg_array_type type;
    struct arena *arena;
    char *bytes;
    size_t len, room;
    uint32_t count;
    bool has_null;
};
struct pg_array pg_array_new(struct pg_query *q, enum pg_array_type type, size_t count);
void pg_array_i64(struct pg_array *array, int64_t value);
void pg_array_bool(struct pg_array *array, bool value);
void pg_array_utc(struct pg_array *array, struct utc t);
void pg_array_never(struct pg_array *array, struct utc t);
void pg_array_text(struct pg_array *array, struct str text);
void pg_array_guid(struct pg_array *array, const struct guid *id);
void pg_array_null(struct pg_array *array);
void pg_array_bind(struct pg_query *q, struct pg_array *array);
/* bigint[] of these. */
void pg_i64s(struct pg_query *q, const int64_t *values, size_t count);

/* ---- reading --------------------------------------------------------------------------------- */

bool pg_read_is_null(const struct pg_query *q); // the next column; does not take it
int64_t pg_read_i64(struct pg_query *q);        // null = 0
bool pg_read_bool(struct pg_query *q);
struct utc pg_read_utc(struct pg_query *q);                       // null = UTC_NONE
struct utc pg_read_never(struct pg_query *q);                     // null = UTC_NEVER
struct str pg_read_text(struct pg_query *q, struct arena *arena); // null = absent
void pg_read_bytes(struct pg_query *q, void *ret, size_t size);   // zeroes when it has another
struct guid pg_read_guid(struct pg_query *q);                     // null = zero

#endif
