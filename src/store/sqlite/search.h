/* search.h - the list of executions in which words stand, by the index of texts and names.
 *
 *     if (!search_list(tx, filter, queue, arena, &apt, &page, err)) return false;
 *     if (!apt) ...                         // this search is better done row by row
 *
 *   Owns: the page lives in the arena.   Threads: those of the transaction.   Errors: of SQLite.
 */
#ifndef ALPHABET_STORE_SQLITE_SEARCH_H
#define ALPHABET_STORE_SQLITE_SEARCH_H

#include "store/sqlite/query.h"

/* `queue` is the names.id of filter->queue, 0 when no execution was ever in it. */
WARN_UNUSED bool search_list(struct store_tx *tx, const struct execution_filter *filter,
                             int64_t queue, struct arena *arena, bool *apt,
                             struct execution_page *ret, struct err *err);

#endif
