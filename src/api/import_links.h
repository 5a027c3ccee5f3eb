/* import_links.h - what the jobs of an import depend on: the ids that stand in the file become the
 * ids that its jobs get here.
 *
 * An id means the job of the same file that had it, else a job that is there. Some ids are settled
 * only in the write (a job that is skipped because there is one of its name), so the texts are
 * rewritten there.
 *
 *     struct import_link links[] = {{.index = 0, .file_id = …, .id = job.id, …}, …};
 *     struct import_links all = import_links(links, count, arena);
 *     if (!import_links_check(&all, tx, &faults, &err)) ...     // marks is_rejected
 *     text = import_links_text(&all, i, arena);                 // of link i, in the write
 *
 *   Owns:    nothing; tables live in the arena.   Threads: one at a time.
 *   Errors:  the store's; faults are named "jobs[3].dependencies.dependsOnJobIds[0]".
 */
#ifndef ALPHABET_API_IMPORT_LINKS_H
#define ALPHABET_API_IMPORT_LINKS_H

#include "store/store.h"

struct import_link {
    size_t index;            // of the job in the file
    struct guid file_id;     // what the file calls it; zero = it has no id there
    struct guid id;          // what it is here; may be set anew before import_links_text
    struct str name;         // for messages
    struct str dependencies; // canonical, with the ids of the file; absent = none
    bool is_rejected;        // answer
};

struct import_links {
    struct import_link *items;
    size_t count;
    size_t *table; // by file_id: index + 1, open addressing
    size_t slots;
};

struct import_links import_links(struct import_link *items, size_t count, struct arena *arena);
/* Rejects those that depend on what is neither in the file nor there, on what is rejected, on
 * themselves, or in a circle within the file. */
WARN_UNUSED bool import_links_check(struct import_links *links, struct store_tx *tx,
                                    struct faults *faults, struct err *err);
/* The job that the file calls `file_id`; false when it has none, or it was rejected. */
bool import_links_find(const struct import_links *links, struct guid file_id, struct guid *ret_id,
                       struct str *ret_name);
/* The dependencies of one, with the ids of here; absent = none. */
struct str import_links_text(const struct import_links *links, size_t at, struct arena *arena);

#endif
