/* data_folder.h - the folder that holds the database and the signing key, readable by its owner
 * only.
 *
 *   Owns:    *ret_key lives in the arena.   Threads: main only.
 *   Errors:  INVALID or UNAVAILABLE, with the path and what to do about it.
 */
#ifndef ALPHABET_APP_DATA_FOLDER_H
#define ALPHABET_APP_DATA_FOLDER_H

#include "base/err.h"
#include "base/mem.h"

/* Makes the folder (mode 0700) when it is not there; refuses one that others may write to. */
WARN_UNUSED bool data_folder_open(const char *path, struct err *err);
/* The key of access tokens, from PATH/jwt.key; made of 32 random bytes (mode 0600) at the first
 * start. Refuses a file that others may read. */
WARN_UNUSED bool data_folder_key(const char *path, struct arena *arena, struct str *ret_key,
                                 struct err *err);

#endif
