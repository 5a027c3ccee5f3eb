/* sqlite_script.h - a .sql file that is a procedure: read from its folder, and the names of the
 * parameters that stand in it.
 *
 *     struct sqlite_script script;
 *     if (!sqlite_script_read(folder, STR("clean_up"), &arena, &script, &err)) ...
 *     if (!sqlite_script_fits(&script, parameters, &err)) ...
 *
 * The file is opened beneath the folder, through no link; it is a plain file of at most
 * MAX_SCRIPT_BYTES of UTF-8. Parameters are written `:name`; other forms are refused. What stands
 * in texts, quoted names and comments is no parameter.
 *
 *   Owns:    all lives in the arena.   Threads: safe from any.
 *   Errors:  NOT_FOUND with the names of what is there; INVALID.
 */
#ifndef ALPHABET_HANDLERS_PROCEDURES_SQLITE_SCRIPT_H
#define ALPHABET_HANDLERS_PROCEDURES_SQLITE_SCRIPT_H

#include "base/err.h"

#include <jansson.h>

enum { MAX_SCRIPT_BYTES = 1024 * 1024, MAX_SCRIPT_PARAMETERS = 200 };

struct sqlite_script {
    struct str text; // with a NUL behind it
    struct str parameters[MAX_SCRIPT_PARAMETERS];
    size_t count;
};

WARN_UNUSED bool sqlite_script_read(int folder, struct str name, struct arena *arena,
                                    struct sqlite_script *ret, struct err *err);
/* The parameters that stand in a text. */
WARN_UNUSED bool sqlite_script_scan(struct str text, struct sqlite_script *ret, struct err *err);
/* Are all parameters given, and no other ones? */
WARN_UNUSED bool sqlite_script_fits(const struct sqlite_script *script, const json_t *parameters,
                                    struct err *err);

#endif
