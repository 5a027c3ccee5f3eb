/* sqlite_procedure.h - scripts on a SQLite database: all of one in one transaction, on a thread.
 *
 *     struct sqlite_options sqlite = {.folder = folder};
 *     struct threaded_options options = {.connections = connections, .of_kind = &sqlite, …};
 *     back_end = threaded_procedure_new(loop, &sqlite_procedure, &options, &err);
 *
 * A script may read and write what is in the database, and nothing else: no ATTACH, no extension,
 * no PRAGMA that changes something, no transaction of its own. Foreign keys are enforced.
 *
 *   Owns, Threads: as threaded_procedure.h.   Errors: a run's own failure is data.
 */
#ifndef ALPHABET_HANDLERS_PROCEDURES_SQLITE_PROCEDURE_H
#define ALPHABET_HANDLERS_PROCEDURES_SQLITE_PROCEDURE_H

#include "handlers/procedures/threaded_procedure.h"

struct sqlite_options {
    int folder; // of the scripts, opened; -1 = none
};

extern const struct threaded_kind sqlite_procedure;

#endif
