/* query.h - running one prepared statement: bind, step, read, end.
 *
 * Parameters are bound in the order in which their names first appear in the statement, columns are
 * read in the order of the select list; each call takes the next one.
 *
 *     struct query q = query_begin(tx, SQL_NODES);
 *     while (query_row(&q)) name = read_text(&q, arena);
 *     return query_end(&q, err);
 *
 *   Owns:    bound texts are borrowed until query_end.   Threads: those of the transaction.
 *   Errors:  kept in the query and told by query_end; after one, query_row is false.
 *   Units:   struct utc as integers; *_utc takes UTC_NONE as null, *_never takes UTC_NEVER as null.
 */
#ifndef ALPHABET_STORE_SQLITE_QUERY_H
#define ALPHABET_STORE_SQLITE_QUERY_H

#include "base/guid.h"
#include "store/sqlite/connection.h"

#include <string.h>

struct query {
    struct connection *connection;
    sqlite3_stmt *statement; // NULL when it could not be prepared
    int parameter;           // bound so far
    int column;              // read so far, of this row
    int result;              // of the latest SQLite call that matters
};

struct query query_begin(struct store_tx *tx, enum sql_statement which);
/* The next row: false at the end and after a failure. */
bool query_row(struct query *q);
/* Makes the statement ready for its next use. False and err when it failed. */
WARN_UNUSED bool query_end(struct query *q, struct err *err);
/* For statements that answer no rows: runs and ends. */
WARN_UNUSED bool query_run(struct query *q, struct err *err);
/* Numbers that a statement answers, in an array in the arena. */
WARN_UNUSED bool rows_of_query(struct query *q, struct arena *arena, int64_t **ret, size_t *count,
                               struct err *err);
/* The one number that a statement answers. */
WARN_UNUSED bool number_of_query(struct query *q, int64_t *ret, struct err *err);
/* How many rows the latest insert, update or delete changed. */
int64_t query_changes(const struct query *q);

static inline void query_i64(struct query *q, int64_t value) {
    (void)sqlite3_bind_int64(q->statement, ++q->parameter, value);
}

static inline void query_null(struct query *q) {
    (void)sqlite3_bind_null(q->statement, ++q->parameter);
}

static inline void query_utc(struct query *q, struct utc t) {
    if (utc_is_none(t))
        query_null(q);
    else
        query_i64(q, t.us);
}

static inline void query_never(struct query *q, struct utc t) {
    if (utc_is_never(t))
        query_null(q);
    else
        query_i64(q, t.us);
}

static inline void query_text(struct query *q, struct str text) { // absent = null
    (void)sqlite3_bind_text64(q->statement, ++q->parameter, text.ptr, text.len, SQLITE_STATIC,
                              SQLITE_UTF8);
}

static inline void query_bytes(struct query *q, const void *bytes, size_t size) {
    (void)sqlite3_bind_blob64(q->statement, ++q->parameter, bytes, size, SQLITE_STATIC);
}

static inline void query_guid(struct query *q, const struct guid *id) { // zero = null
    if (guid_is_zero(*id))
        query_null(q);
    else
        query_bytes(q, id->bytes, sizeof id->bytes);
}

static inline bool read_is_null(const struct query *q) { // the next column; does not take it
    return sqlite3_column_type(q->statement, q->column) == SQLITE_NULL;
}

static inline int64_t read_i64(struct query *q) { // null = 0
    return sqlite3_column_int64(q->statement, q->column++);
}

static inline bool read_bool(struct query *q) {
    return read_i64(q) != 0;
}

static inline struct utc read_utc(struct query *q) { // null = UTC_NONE
    return (struct utc){read_i64(q)};
}

static inline struct utc read_never(struct query *q) { // null = UTC_NEVER
    if (!read_is_null(q)) return (struct utc){read_i64(q)};
    q->column++;
    return UTC_NEVER;
}

static inline struct str read_text(struct query *q, struct arena *arena) { // null = absent
    const unsigned char *text = sqlite3_column_text(q->statement, q->column);
    size_t size = (size_t)sqlite3_column_bytes(q->statement, q->column++);
    return arena_copy(arena, (struct str){(const char *)text, size});
}

/* Exactly `size` bytes; zeroes when the column is null or of another length. */
static inline void read_bytes(struct query *q, void *ret, size_t size) {
    const void *bytes = sqlite3_column_blob(q->statement, q->column);
    bool fits = bytes && (size_t)sqlite3_column_bytes(q->statement, q->column) == size;
    q->column++;
    if (fits)
        memcpy(ret, bytes, size);
    else
        memset(ret, 0, size);
}

static inline struct guid read_guid(struct query *q) {
    struct guid id;
    read_bytes(q, id.bytes, sizeof id.bytes);
    return id;
}

#endif
