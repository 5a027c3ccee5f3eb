/* search_index.h - the index of the words of executions, as its writers see it.
 *
 * In it is what an execution has said by its end: error message and output. That changes never
 * again, so a text is put in once, by store_search_index, and taken out when the execution goes:
 *
 *     search_note_text(tx, row, &err);      // a text of this execution was written
 *     search_forget(tx, first, last, &err); // these are about to be deleted
 *
 *   Owns:    nothing.   Threads: the committer's.   Errors: those of SQLite.
 */
#ifndef ALPHABET_STORE_SQLITE_SEARCH_INDEX_H
#define ALPHABET_STORE_SQLITE_SEARCH_INDEX_H

#include "store/sqlite/query.h"

WARN_UNUSED bool search_note_text(struct store_tx *tx, int64_t execution, struct err *err);
/* Executions from `first` to `last`, about to be deleted: rows and details are still there. */
WARN_UNUSED bool search_forget(struct store_tx *tx, int64_t first, int64_t last, struct err *err);

/* The words of a job's name: of a new job; ahead of a change of the name; ahead of the end. */
WARN_UNUSED bool search_add_name(struct store_tx *tx, int64_t job_row, struct str name,
                                 struct err *err);
WARN_UNUSED bool search_change_name(struct store_tx *tx, int64_t job_row, struct str name,
                                    struct err *err);
WARN_UNUSED bool search_remove_name(struct store_tx *tx, int64_t job_row, struct err *err);

#endif
