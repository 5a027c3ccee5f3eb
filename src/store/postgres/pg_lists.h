/* pg_lists.h - what the lists of executions and the search in them share.
 *
 *     if (pg_search_is_needed(filter)) return pg_search(tx, filter, arena, &page, err);
 *
 *   Owns, Threads, Errors: as store_execution_list.
 */
#ifndef ALPHABET_STORE_POSTGRES_PG_LISTS_H
#define ALPHABET_STORE_POSTGRES_PG_LISTS_H

#include "store/postgres/pg_tables.h"

/* Binds job, status, from, to and queue of a filter, as $1 to $5. */
void pg_bind_filter(struct pg_query *q, const struct execution_filter *filter);

/* Are there words to search for? */
bool pg_search_is_needed(const struct execution_filter *filter);
WARN_UNUSED bool pg_search(struct store_tx *tx, const struct execution_filter *filter,
                           struct arena *arena, struct execution_page *ret, struct err *err);

#endif
