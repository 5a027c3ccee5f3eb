/* postgres_schema.h - an empty schema for each test, in a throw-away PostgreSQL server that all
 * tests of a program share.
 *
 *     struct postgres_schema *schema = postgres_schema_new();
 *     ... postgres_schema_connection(schema) ...      // what postgres_store_open takes
 *     postgres_schema_remove(schema);                 // after the store was closed
 *
 *   Owns: the caller owns the schema.   Threads: one.   Errors: ends the program, with the reason.
 */
#ifndef ALPHABET_TESTS_STORE_POSTGRES_SCHEMA_H
#define ALPHABET_TESTS_STORE_POSTGRES_SCHEMA_H

struct postgres_schema;

struct postgres_schema *postgres_schema_new(void);
const char *postgres_schema_connection(const struct postgres_schema *schema);
/* Runs SQL in it, by a connection of its own. */
void postgres_schema_run(const struct postgres_schema *schema, const char *sql);
void postgres_schema_remove(struct postgres_schema *schema); // NULL is fine

#endif
