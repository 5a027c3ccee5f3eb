/* pg_statements.h - one constant for each statement of queries/, and its text.
 *
 *   Owns: nothing; the texts are constants.   Threads: pure.   Source: queries/, tools/embed-sql.
 */
#ifndef ALPHABET_STORE_POSTGRES_PG_STATEMENTS_H
#define ALPHABET_STORE_POSTGRES_PG_STATEMENTS_H

#include "postgres_queries.inc"

#include <stdbool.h>

#define SQL_STATEMENT_CONSTANT(constant, name, text) constant,
enum sql_statement { SQL_STATEMENTS(SQL_STATEMENT_CONSTANT) SQL_STATEMENT_COUNT };
#undef SQL_STATEMENT_CONSTANT

const char *pg_statement_name(enum sql_statement statement);
const char *pg_statement_text(enum sql_statement statement);
/* Is its plan to be made anew each time, for the values at hand? Of those whose names begin with
 * "filtered_". */
bool pg_statement_is_planned_anew(enum sql_statement statement);

#endif
