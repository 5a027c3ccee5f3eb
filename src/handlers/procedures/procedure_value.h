/* procedure_value.h - a JSON value as the text that a database is given.
 *
 * A text stands for itself; anything else is written as JSON. Numbers have as few digits as bring
 * the same number back: 19.99 and not 19.989999999999998.
 *
 *     struct str text = procedure_value_text(value, &arena);
 *
 *   Owns:    the result lives in the arena, or in the value.   Threads: pure.   Errors: none.
 */
#ifndef ALPHABET_HANDLERS_PROCEDURES_PROCEDURE_VALUE_H
#define ALPHABET_HANDLERS_PROCEDURES_PROCEDURE_VALUE_H

#include "base/buf.h"
#include "base/mem.h"

#include <jansson.h>

/* A finite number. */
void procedure_put_real(struct buf *out, double value);
struct str procedure_value_text(const json_t *value, struct arena *arena);
/* As JSON, a text too: with its quotes. */
struct str procedure_value_json(const json_t *value, struct arena *arena);

#endif
