/* postgres_signature.h - which procedure or function of PostgreSQL is meant, and how it is called.
 *
 * The catalogue (postgres_catalog.sql) says what there is of a name; the names of the parameters
 * decide between several. What is called is then exactly that one: its name with its schema,
 * quoted, each argument by name and with its declared type.
 *
 *     struct postgres_signature *one = postgres_signature_choose(found, &name, parameters, &err);
 *     struct postgres_arguments arguments;
 *     if (!postgres_signature_bind(one, parameters, &arena, &arguments, &err)) ...
 *     // CALL "app"."refresh"("day" => $1), with arguments.values and .types
 *
 * JSON becomes text of the declared type: a number, true and a text as they are; for json and jsonb
 * every value as JSON; an array as an array where one is declared; an object as JSON for a text.
 *
 *   Owns:    a signature is the caller's (postgres_signature_free); arguments live in the arena.
 *   Threads: pure.
 *   Errors:  INVALID or NOT_FOUND: what is wrong and what there is instead.
 */
#ifndef ALPHABET_HANDLERS_PROCEDURES_POSTGRES_SIGNATURE_H
#define ALPHABET_HANDLERS_PROCEDURES_POSTGRES_SIGNATURE_H

#include "base/err.h"

#include <jansson.h>

struct postgres_argument {
    struct str name;      // "" = none
    struct str key;       // what a parameter must be called: the name, or "$2"
    struct str type_name; // "integer[]"
    uint32_t type;        // 0: to be inferred
    uint32_t element;     // of an array; 0 = it is none
    bool is_json;         // json or jsonb
    bool has_default, is_variadic;
    bool is_output; // of a procedure: NULL stands in its place
};

struct postgres_signature {
    struct arena arena;
    struct str schema, name;
    struct str whole; // schema.name
    struct str shown; // app.refresh(day date, force boolean)
    bool is_procedure, is_void;
    struct postgres_argument *arguments; // without those that only come back
    size_t count;
};

struct postgres_arguments {
    struct str sql;      // CALL … or SELECT * FROM …, with $1 …
    const char **values; // NULL entries are NULLs
    uint32_t *types;
    size_t count;
};

/* found: the first column of the catalogue, parsed. others: its second column, absent when NULL. */
WARN_UNUSED struct postgres_signature *
postgres_signature_choose(const json_t *found, struct str others, struct str asked_name,
                          const json_t *parameters, struct err *err);
WARN_UNUSED bool postgres_signature_bind(const struct postgres_signature *signature,
                                         const json_t *parameters, struct arena *arena,
                                         struct postgres_arguments *ret, struct err *err);
void postgres_signature_free(struct postgres_signature *signature);

#endif
