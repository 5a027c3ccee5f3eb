/* names.h - texts that many rows share (queues, nodes, people) as small integers.
 *
 * The table `names` has each text once; the committer remembers the ids that it used lately.
 *
 *   Owns:    copies of short texts, inside the struct.   Threads: the committer's.
 *   Errors:  those of SQLite.
 */
#ifndef ALPHABET_STORE_SQLITE_NAMES_H
#define ALPHABET_STORE_SQLITE_NAMES_H

#include "store/backend.h"

enum { NAMES_REMEMBERED = 64, NAME_REMEMBERED_LENGTH = 56 };

struct names {
    struct {
        int64_t id; // 0 = empty
        size_t length;
        char text[NAME_REMEMBERED_LENGTH];
    } slots[NAMES_REMEMBERED];
};

/* The id of `text`, which is entered when it is new. An absent text is entered as empty. */
WARN_UNUSED bool name_id(struct store_tx *tx, struct str text, int64_t *ret, struct err *err);
/* The id of `text`, 0 when there is none. From any connection. */
WARN_UNUSED bool name_find(struct store_tx *tx, struct str text, int64_t *ret, struct err *err);
/* After an undone write: what it had entered is gone. */
void names_forget(struct names *names);

#endif
