/* migrate.h - brings a file to the newest schema: each migration in a transaction of its own.
 *
 *   Owns: nothing.   Threads: before the store starts.
 *   Errors: INVALID when the file is not ours, or was made by a newer version of the program.
 */
#ifndef ALPHABET_STORE_SQLITE_MIGRATE_H
#define ALPHABET_STORE_SQLITE_MIGRATE_H

#include "store/sqlite/connection.h"

/* Is the file empty or ours, and not newer than the program? Changes nothing. */
WARN_UNUSED bool migrate_check(struct connection *connection, struct err *err);
WARN_UNUSED bool migrate(struct connection *connection, struct err *err);
/* How far the file has come; 0 when it is empty. INVALID when it is another program's. */
WARN_UNUSED bool migrate_version(sqlite3 *db, int64_t *ret, struct err *err);
/* The version that this program knows. */
int64_t migrate_newest(void);

#endif
