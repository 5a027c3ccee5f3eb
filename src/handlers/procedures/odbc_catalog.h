/* odbc_catalog.h - what a driver says of a procedure: that it is there, and its parameters in their
 * order.
 *
 *     struct odbc_procedure procedure;
 *     if (!odbc_catalog_find(&session, parts, count, parameters, &procedure, &why)) ...
 *
 * Names are compared without regard to capitals, as databases fold them in different ways; of
 * parameters also without a leading `@`. Of several procedures with one name the one is taken whose
 * parameters have the names that are given.
 *
 *   Owns:    all lives in the session's arena.   Threads: one at a time.
 *   Errors:  false with a sentence for people: a driver that knows no procedures, one that is not
 *            there (and which are), parameters that do not fit.
 */
#ifndef ALPHABET_HANDLERS_PROCEDURES_ODBC_CATALOG_H
#define ALPHABET_HANDLERS_PROCEDURES_ODBC_CATALOG_H

#include "handlers/procedures/odbc_session.h"

#include <jansson.h>

enum { MAX_ODBC_PARAMETERS = 200 };

struct odbc_parameter {
    struct str name;       // without @; "$2" when it has none
    SQLSMALLINT direction; // SQL_PARAM_INPUT, SQL_PARAM_INPUT_OUTPUT, SQL_PARAM_OUTPUT
    SQLSMALLINT type;
    SQLULEN size;
    SQLSMALLINT digits;
    const json_t *value; // of an input
};

struct odbc_procedure {
    struct odbc_parameter parameters[MAX_ODBC_PARAMETERS];
    size_t count;
};

WARN_UNUSED bool odbc_catalog_find(struct odbc_session *session, const struct str *parts,
                                   size_t part_count, const json_t *parameters,
                                   struct odbc_procedure *ret, struct str *ret_why);

#endif
