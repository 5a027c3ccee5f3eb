/* spans.h - where in the history to look for a range of time.
 *
 * Rows are given out as time goes by, but not every execution starts when it is made, and clocks
 * are set. So for each block of rows it is kept when its executions started, at the earliest and
 * the latest, once all have ended: that changes never again. A block with one that is still live,
 * and the newest blocks, count as matching any time.
 *
 *     spans_follow(tx, &more, &err);                  // behind the settlements, a few blocks a
 * call spans_list(tx, &filter, queue, arena, &page, &err);
 *
 *   Owns:    the page lives in the arena.   Threads: spans_follow is the committer's.
 *   Errors:  those of SQLite.
 */
#ifndef ALPHABET_STORE_SQLITE_SPANS_H
#define ALPHABET_STORE_SQLITE_SPANS_H

#include "store/sqlite/query.h"

/* *more: there are more blocks to go through soon. */
WARN_UNUSED bool spans_follow(struct store_tx *tx, bool *more, struct err *err);
/* The list for a filter of from or to, without job and search, for what has any status or has
 * ended; `queue` is the names.id of filter->queue, 0 when no execution was ever in it. */
WARN_UNUSED bool spans_list(struct store_tx *tx, const struct execution_filter *filter,
                            int64_t queue, struct arena *arena, struct execution_page *ret,
                            struct err *err);

#endif
