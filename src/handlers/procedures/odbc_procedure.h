/* odbc_procedure.h - procedures of any database with an ODBC driver, by {call …}, on a thread.
 *
 *     struct threaded_options options = {.connections = connections, …};
 *     back_end = threaded_procedure_new(loop, &odbc_procedure, &options, &err);
 *
 * Each run has a connection of its own, closed behind it. Parameters go in the order that the
 * driver names them in, bound, by name. A stop sends SQLCancel from a thread of its own, since some
 * drivers wait in it; a driver that does not come back within three seconds is left to itself.
 *
 *   Owns, Threads: as threaded_procedure.h.   Errors: a run's own failure is data.
 */
#ifndef ALPHABET_HANDLERS_PROCEDURES_ODBC_PROCEDURE_H
#define ALPHABET_HANDLERS_PROCEDURES_ODBC_PROCEDURE_H

#include "handlers/procedures/threaded_procedure.h"

extern const struct threaded_kind odbc_procedure;

#endif
