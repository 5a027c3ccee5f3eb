/* procedure_connections.h - the connection strings of ConnectionStrings, by name.
 *
 * What a string looks like decides what it leads to:
 *
 *   sqlite:PATH                                    a SQLite database
 *   …DSN=… or …Driver=… among NAME=VALUE;…         a database behind an ODBC driver
 *   postgres://…, postgresql://…, host=… dbname=…  PostgreSQL, as libpq reads it
 *
 *     struct procedure_connections *all = procedure_connections_new(strings, count, &err);
 *     const struct procedure_connection *one = procedure_connections_find(all, STR("reports"));
 *
 * Each knows what in it is nobody's business (passwords, and the string as a whole), so that a run
 * can hide it in whatever it puts out.
 *
 *   Owns:    copies of the strings.   Threads: immutable, safe from any.
 *   Errors:  INVALID with the name, never with a part of the string.
 */
#ifndef ALPHABET_HANDLERS_PROCEDURES_PROCEDURE_CONNECTIONS_H
#define ALPHABET_HANDLERS_PROCEDURES_PROCEDURE_CONNECTIONS_H

#include "base/err.h"
#include "handlers/redactor.h"

enum connection_kind { CONNECTION_POSTGRES, CONNECTION_SQLITE, CONNECTION_ODBC };

enum { MAX_CONNECTION_STRING = 8192, MAX_CONNECTION_SECRETS = 8 };

struct procedure_connection {
    struct str name;
    enum connection_kind kind;
    struct str string; // with a NUL behind it
    struct str path;   // of SQLite
    size_t place;      // among all
    struct str secrets[MAX_CONNECTION_SECRETS];
    size_t secret_count;
};

struct connection_string {
    struct str name, text;
};

struct procedure_connections;

WARN_UNUSED struct procedure_connections *
procedure_connections_new(const struct connection_string *strings, size_t count, struct err *err);
void procedure_connections_free(struct procedure_connections *connections);
size_t procedure_connections_count(const struct procedure_connections *connections);
const struct procedure_connection *
procedure_connections_at(const struct procedure_connections *connections, size_t place);
/* By name, in any case of letters; NULL when there is none. NULL connections hold none. */
const struct procedure_connection *
procedure_connections_find(const struct procedure_connections *connections, struct str name);
/* "crm, reports", or "none". */
void procedure_connections_put_names(const struct procedure_connections *connections,
                                     struct buf *out);
void procedure_connection_hide(const struct procedure_connection *connection,
                               struct redactor *redactor);

#endif
