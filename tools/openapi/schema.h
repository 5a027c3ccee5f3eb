/* schema.h - a JSON schema in words, as HTML.
 *
 *   Owns: nothing.   Threads: one.   Errors: none.
 */
#ifndef ALPHABET_TOOLS_SCHEMA_H
#define ALPHABET_TOOLS_SCHEMA_H

#include "base/buf.h"

#include <jansson.h>

/* The text of a member; absent when it is not there. */
struct str member(json_t *object, const char *name);
/* What a {"$ref": "#/a/b"} stands for; the object itself when it is none. */
json_t *resolve(json_t *openapi, json_t *object);
/* "Job" of {"$ref": "#/components/schemas/Job"}; absent when it is none. */
struct str ref_name(json_t *object);

/* "text or null", "list of <a>Job</a>", … */
void schema_type(struct buf *out, json_t *openapi, json_t *schema);
/* "1 to 200 characters, default UTC", as a paragraph of its own; nothing when there is no limit. */
void schema_limits(struct buf *out, json_t *schema);
/* The fields of an object as a list of terms. */
void schema_fields(struct buf *out, json_t *openapi, json_t *schema);
void schema_example(struct buf *out, struct str title, json_t *value);

#endif
