/* postgres_procedure.h - procedures and functions of PostgreSQL, by libpq on the loop.
 *
 *     struct procedure_back_end *back_end = postgres_procedure_new(loop, &options, &err);
 *
 * A run waits for a connection (postgres_pool.h), looks its procedure up in the catalogue unless
 * that was done lately, calls it, and hands the connection back:
 *
 *     WAITING -> LOOKUP -> CALLING -> the end
 *         \----------------^   the signature is known
 *
 * stop sends a cancel to the server. The server's answer, SQLSTATE 57014, is the proof; when it
 * does not come within CONFIRM_SECONDS the connection is closed, and the record says so.
 *
 *   Owns:    the back end, until back_end->free; what the options point to is borrowed.
 *   Threads: the loop's.   Errors: UNAVAILABLE: libpq is not there.
 */
#ifndef ALPHABET_HANDLERS_PROCEDURES_POSTGRES_PROCEDURE_H
#define ALPHABET_HANDLERS_PROCEDURES_POSTGRES_PROCEDURE_H

#include "handlers/procedures/postgres_pool.h"
#include "handlers/procedures/procedure_run.h"

WARN_UNUSED struct procedure_back_end *
postgres_procedure_new(uv_loop_t *loop, const struct postgres_options *options, struct err *err);

#endif
