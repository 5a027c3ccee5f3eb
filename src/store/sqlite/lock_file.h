/* lock_file.h - one process at a time: a file that is locked while the store is open, and says by
 * whom.
 *
 *   Owns:    the descriptor that it returns, until lock_file_release.   Threads: any, one at a
 * time. Errors:  UNAVAILABLE, naming the process that holds the lock when the file says it. Source:
 * open file description locks, fcntl(2): they go with the descriptor, kill -9 included.
 */
#ifndef ALPHABET_STORE_SQLITE_LOCK_FILE_H
#define ALPHABET_STORE_SQLITE_LOCK_FILE_H

#include "base/err.h"

/* The descriptor; -1 and err. */
WARN_UNUSED int lock_file_take(const char *path, struct err *err);
void lock_file_release(int descriptor); // -1 is fine

#endif
