/* newest.h - of executions that are met in any order: how many, and a page of them, newest first.
 *
 *     struct newest newest = newest_for(filter->offset, filter->limit);
 *     bool ok = newest_keep_all(&newest, &q, err) && newest_page(tx, &newest, arena, &page, err);
 *     newest_free(&newest);
 *
 * An exact total meets each of them anyway; what is kept in memory is the page and what is newer.
 *
 *   Owns:    its rows, until newest_free; the page lives in the arena.   Threads: one at a time.
 *   Errors:  those of SQLite.
 */
#ifndef ALPHABET_STORE_SQLITE_NEWEST_H
#define ALPHABET_STORE_SQLITE_NEWEST_H

#include "store/sqlite/query.h"

struct newest {
    int64_t *rows; // a heap, the oldest at its top
    size_t count, room, most;
    int64_t offset;
    int64_t total; // what the page will say; newest_keep leaves it alone
};

struct newest newest_for(int64_t offset, int64_t limit);
void newest_free(struct newest *newest);
/* False when the row, and so any older one, is not among the newest that are kept. */
bool newest_keep(struct newest *newest, int64_t row);
void newest_sort(struct newest *newest); // newest first; nothing can be kept any more
/* Each row of the query, counted. */
WARN_UNUSED bool newest_keep_all(struct newest *newest, struct query *q, struct err *err);
WARN_UNUSED bool newest_page(struct store_tx *tx, struct newest *newest, struct arena *arena,
                             struct execution_page *ret, struct err *err);

#endif
