/* pg_migrate.h - numbered steps from an empty schema to the newest; see migrations/.
 *
 *   Owns: nothing.   Threads: the one that opens the store.
 *   Errors: INVALID when the tables belong to another program, or were made by a newer version of
 *           this one; otherwise those of the server.
 */
#ifndef ALPHABET_STORE_POSTGRES_PG_MIGRATE_H
#define ALPHABET_STORE_POSTGRES_PG_MIGRATE_H

#include "store/postgres/pg_connection.h"

/* On a connection that is not in a pipeline yet. Nodes that start together wait for the first. */
WARN_UNUSED bool pg_migrate(struct pg_connection *connection, struct err *err);
/* How far the schema has come, 0 for an empty one. */
WARN_UNUSED bool pg_migrate_version(struct pg_connection *connection, int64_t *ret,
                                    struct err *err);
int64_t pg_migrate_newest(void);

#endif
