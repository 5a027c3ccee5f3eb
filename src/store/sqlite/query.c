/* query.c - the statement cache, and the steps of a query; see query.h.
 *
 * A statement is prepared when it is first used and kept as long as its connection. Resetting it is
 * all that is needed between two uses: every parameter is bound anew each time, which the assert in
 * query_row holds us to.
 */
#include "store/sqlite/query.h"

#include <assert.h>

static sqlite3_stmt *prepare(struct connection *connection, enum sql_statement which, int *result) {
    sqlite3_stmt **statement = &connection->statements[which];
    *result = sqlite3_prepare_v3(connection->db, sql_statement_text(which), -1,
                                 SQLITE_PREPARE_PERSISTENT, statement, NULL);
    return *statement;
}

struct query query_begin(struct store_tx *tx, enum sql_statement which) {
    struct connection *connection = connection_of(tx);
    struct query q = {
        .connection = connection, .statement = connection->statements[which], .result = SQLITE_OK};
    if (!connection->in_transaction) {
        assert(!connection->writer); // the committer begins those
        connection->snapshot = atomic_load(connection->commits);
        connection->in_transaction = true;
        struct query begin = query_begin(tx, SQL_BEGIN);
        if (!query_run(&begin, NULL)) q.result = begin.result;
    }
    if (!q.statement && q.result == SQLITE_OK) q.statement = prepare(connection, which, &q.result);
    return q;
}

bool query_row(struct query *q) {
    if (q->result != SQLITE_OK && q->result != SQLITE_ROW) return false;
    assert(q->parameter == sqlite3_bind_parameter_count(q->statement));
    q->column = 0;
    q->result = sqlite3_step(q->statement);
    return q->result == SQLITE_ROW;
}

bool query_end(struct query *q, struct err *err) {
    int result = q->result;
    /* Before the reset, which would overwrite the message. */
    bool ok = result == SQLITE_OK || result == SQLITE_ROW || result == SQLITE_DONE ||
              sqlite_failed(q->connection->db, result, err);
    (void)sqlite3_reset(q->statement);
    return ok;
}

bool query_run(struct query *q, struct err *err) {
    (void)query_row(q);
    return query_end(q, err);
}

int64_t query_changes(const struct query *q) {
    return sqlite3_changes64(q->connection->db);
}

void connection_end_read(struct connection *connection) {
    if (!connection->in_transaction) return;
    struct query commit = query_begin(&connection->tx, SQL_COMMIT);
    bool ended = query_run(&commit, NULL);
    /* A reading transaction has nothing to lose: it cannot fail to end. */
    assert(ended);
    connection->in_transaction = !ended;
}

/* ---- answers of one shape -------------------------------------------------------------------- */

bool rows_of_query(struct query *q, struct arena *arena, int64_t **ret, size_t *count,
                   struct err *err) {
    size_t found = 0, room = 0;
    int64_t *rows = ARENA_ARRAY(arena, 0, int64_t);
    while (query_row(q)) {
        if (found == room) {
            room = room ? room * 2 : 32;
            int64_t *larger = ARENA_ARRAY(arena, room, int64_t);
            memcpy(larger, rows, found * sizeof *rows);
            rows = larger;
        }
        rows[found++] = read_i64(q);
    }
    if (!query_end(q, err)) return false;
    *ret = rows;
    *count = found;
    return true;
}

bool number_of_query(struct query *q, int64_t *ret, struct err *err) {
    int64_t number = query_row(q) ? read_i64(q) : 0;
    if (!query_end(q, err)) return false;
    *ret = number;
    return true;
}
