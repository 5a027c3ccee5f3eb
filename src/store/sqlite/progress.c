/* progress.c - how far Running executions have come.
 *
 * Few executions say so, and those say it again and again: it is written beside the row, so that
 * the row of all others stays as short as it is, and counts nothing. */
#include "store/sqlite/tables.h"

static bool write_one(struct store_tx *tx, struct execution_progress *item, struct err *err) {
    struct query q = query_begin(tx, SQL_PROGRESS_MARK);
    query_i64(&q, item->execution_row);
    query_i64(&q, item->fence);
    if (!query_run(&q, err)) return false;
    item->applied = query_changes(&q) > 0;
    if (!item->applied) return true;
    q = query_begin(tx, SQL_PROGRESS_WRITE);
    query_i64(&q, item->execution_row);
    query_i64(&q, item->percent);
    query_text(&q, item->text);
    return query_run(&q, err);
}

bool sqlite_execution_progress(struct store_tx *tx, struct execution_progress *items, size_t count,
                               struct err *err) {
    for (size_t i = 0; i < count; i++)
        if (!write_one(tx, &items[i], err)) return false;
    return true;
}
