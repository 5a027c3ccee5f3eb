/* secrets.h - values that a job may use and nobody may read.
 *
 * `{{Secret.NAME}}` is the file NAME in Scheduler:Secrets:Directory, or else the environment
 * variable ALPHABET_SECRET_NAME (NAME in capitals, `.` and `-` as `_`).
 *
 *     struct secrets *secrets = secrets_new(STR("/etc/alphabet/secrets"), clock);
 *     struct str token;
 *     if (!secrets_find(secrets, STR("crm.token"), &arena, &token, &err)) ...
 *     secrets_free(secrets);
 *
 *   Owns:    results are copied into the caller's arena.   Threads: safe from any.
 *   Errors:  NOT_FOUND, INVALID (name, or a file that is no plain file), LIMIT (above 64 KiB); the
 *            message holds the name, never the value.
 *   Units:   a value read is kept for SECRETS_KEEP_SECONDS, so that a run reads no file of late.
 *            The file is opened beneath the folder, never through a link out of it; one
 *            trailing newline is stripped.
 */
#ifndef ALPHABET_HANDLERS_SECRETS_H
#define ALPHABET_HANDLERS_SECRETS_H

#include "base/clock.h"
#include "base/err.h"

enum { MAX_SECRET_NAME = 100, MAX_SECRET_BYTES = 64 * 1024, SECRETS_KEEP_SECONDS = 10 };

struct secrets;

/* An absent or empty directory means: the environment only. */
struct secrets *secrets_new(struct str directory, const struct clock *clock);
void secrets_free(struct secrets *secrets);

bool secrets_name_is_valid(struct str name); // [A-Za-z0-9_.-]{1,100}, not "." or ".."
WARN_UNUSED bool secrets_find(struct secrets *secrets, struct str name, struct arena *arena,
                              struct str *ret, struct err *err);

#endif
