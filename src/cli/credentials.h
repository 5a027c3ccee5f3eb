/* credentials.h - the file that remembers who is logged in where.
 *
 * ~/.config/alphabet/credentials.json (XDG_CONFIG_HOME is honoured), mode 0600 in a folder of mode
 * 0700: {"current": "https://…", "servers": {"https://…": {"email", "accessToken", "expiresAt",
 * "refreshToken"}}}. A file or folder that others may read or write is refused.
 *
 *     struct credentials c;
 *     if (!credentials_lock(&c, &err)) …          // one process at a time from here on
 *     json_object_set_new(credentials_entry(&c, server), "accessToken", …);
 *     ok = credentials_save(&c, &err);
 *     credentials_unlock(&c);
 *
 *   Owns:    credentials_unlock frees all.   Threads: main only.
 *   Errors:  INVALID or UNAVAILABLE, with the path and what to do.
 */
#ifndef ALPHABET_CLI_CREDENTIALS_H
#define ALPHABET_CLI_CREDENTIALS_H

#include "base/err.h"

#include <jansson.h>

struct credentials {
    json_t *root;
    char *folder;
    int lock; // -1: not locked
};

/* Reads the file; without one, nothing is in it. Not locked: for looking only. */
WARN_UNUSED bool credentials_read(struct credentials *ret, struct err *err);
/* Waits until no other process holds it, then reads. Makes the folder when it is not there. */
WARN_UNUSED bool credentials_lock(struct credentials *ret, struct err *err);
/* Writes a new file beside the old one, flushes it and puts it in its place. */
WARN_UNUSED bool credentials_save(const struct credentials *credentials, struct err *err);
void credentials_unlock(struct credentials *credentials); // also after credentials_read

/* The entry of a server; NULL when there is none. It stays the file's. */
json_t *credentials_entry(const struct credentials *credentials, const char *server);
/* Sets or, with NULL, takes away the entry of a server; takes the reference. */
void credentials_set_entry(struct credentials *credentials, const char *server, json_t *entry);
/* The server that was logged in to last; NULL when there is none. */
const char *credentials_current(const struct credentials *credentials);

#endif
