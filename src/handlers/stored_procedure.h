/* stored_procedure.h - the StoredProcedure job type: a procedure of a database is called.
 *
 *     struct stored_procedure_options options = {.rules = {.connections = connections}, …};
 *     struct handler *handler = stored_procedure_new(loop, &options);
 *     stored_procedure_validate(&options, configuration, &faults);   // without a handler
 *
 * The connection that the job names says what is done (procedures/README.md): PostgreSQL by libpq
 * on the loop, SQLite scripts and ODBC on threads of their own. The output holds what the database
 * said while it ran, and at the end a line of JSON: the procedure, rows affected, the first rows.
 * What docs/procedures.md promises holds for all of them.
 *
 *   Owns:    the handler, until handler->free; what the options point to is borrowed until then.
 *   Threads: the loop's; stored_procedure_validate from any.
 *   Errors:  none of its own. A run's own failure is its result.
 */
#ifndef ALPHABET_HANDLERS_STORED_PROCEDURE_H
#define ALPHABET_HANDLERS_STORED_PROCEDURE_H

#include "base/clock.h"
#include "handlers/handler.h"
#include "handlers/procedures/procedure_config.h"
#include "handlers/secrets.h"

#include <uv.h>

struct stored_procedure_options {
    struct procedure_rules rules;
    struct secrets *secrets; // NULL: no job can use one
    const struct clock *clock;
    struct str machine_name;
    int64_t max_connections; // of one name; 0: 10
    int64_t connect_seconds; // 0: 10
    int64_t idle_seconds;    // after which a connection is closed; 0: 60
    int scripts;             // the folder of the .sql files, opened; -1: none
};

struct handler *stored_procedure_new(uv_loop_t *loop,
                                     const struct stored_procedure_options *options);
void stored_procedure_validate(const struct stored_procedure_options *options,
                               const json_t *configuration, struct faults *faults);

#endif
