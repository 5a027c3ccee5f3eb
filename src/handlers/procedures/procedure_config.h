/* procedure_config.h - the jobConfiguration of a StoredProcedure: read once, checked whole.
 *
 *   storedProcedureName            an identifier, or several with dots between them; required.
 *                                  PostgreSQL: name or schema.name; SQLite: name (of NAME.sql);
 *                                  ODBC: up to catalog.schema.name
 *   databaseConnectionStringName   a name of ConnectionStrings; required
 *   parameters{}                   by name (`$1`, `$2`: those that have none); any JSON; variables
 *                                  in their texts are replaced
 *   commandTimeoutSeconds          1 to MAX_TIMEOUT_SECONDS; none unless given
 *
 * A part of a name is an identifier: a letter, `_` or a sign beyond ASCII, then also digits, `$`,
 * `#` and `@`; 1 to 63 bytes of UTF-8, nothing invisible. No variable is looked for in it.
 *
 *     struct procedure_config config;
 *     if (!procedure_config_read(json, &rules, &known, &config, &faults)) ...
 *
 *   Owns:    texts and parameters belong to `json`.   Threads: safe from any.
 *   Errors:  faults with fields "jobConfiguration.storedProcedureName".
 */
#ifndef ALPHABET_HANDLERS_PROCEDURES_PROCEDURE_CONFIG_H
#define ALPHABET_HANDLERS_PROCEDURES_PROCEDURE_CONFIG_H

#include "handlers/procedures/procedure_connections.h"
#include "handlers/variables.h"

#include <jansson.h>

enum { MAX_IDENTIFIER = 63, MAX_NAME_PARTS = 3, MAX_PROCEDURE_PARAMETERS = 100 };

struct procedure_name {
    struct str whole;
    struct str parts[MAX_NAME_PARTS]; // the name last
    size_t count;
};

struct procedure_config {
    struct procedure_name name;
    const struct procedure_connection *connection;
    const json_t *parameters;        // NULL = none
    int64_t command_timeout_seconds; // 0 = none
};

/* What the operator allows. */
struct procedure_rules {
    const struct procedure_connections *connections;
    /* Scheduler:Procedures:Allowed, NULL-terminated: names, or beginnings with `*` at the end.
     * NULL or empty: all but those of PostgreSQL's own schemas. */
    const char *const *allowed;
};

/* known may be NULL: variables were checked when the job was written. */
WARN_UNUSED bool procedure_config_read(const json_t *json, const struct procedure_rules *rules,
                                       const struct variables_known *known,
                                       struct procedure_config *ret, struct faults *faults);
/* One identifier. */
bool procedure_is_identifier(struct str name);
/* Is a procedure of that whole name one that jobs may call? */
bool procedure_is_allowed(const struct procedure_rules *rules, struct str name);

#endif
