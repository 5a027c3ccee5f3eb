/* json_read.h - strict JSON from outside: bounded in depth, no duplicate keys, no NUL, UTF-8 only.
 *
 * jansson does the parsing; this adds what an open port needs before it: the depth is counted
 * first, so that nesting can never reach the C stack.
 *
 *     json_t *root = json_read(body, &err);       // NULL and err, with the position
 *     ...
 *     json_decref(root);
 *
 *   Owns:    the caller owns the returned tree (json_decref).   Threads: safe from any.
 *   Errors:  INVALID with line, column and what is wrong.
 */
#ifndef ALPHABET_BASE_JSON_READ_H
#define ALPHABET_BASE_JSON_READ_H

#include "base/err.h"

#include <jansson.h>

WARN_UNUSED json_t *json_read(struct str text, struct err *err);
/* The text of a JSON string value as a view into the tree; absent when value is no string. */
struct str json_str_of(const json_t *value);
/* value as compact JSON in the arena. */
struct str json_dump(struct arena *arena, const json_t *value);

#endif
