/* yaml_json.h - a YAML file as a JSON tree.
 *
 * Takes what JSON can say: mappings with unique text keys, sequences, scalars by the JSON schema of
 * YAML 1.2 (null, true, false, numbers; everything else, and everything quoted, is text), and
 * aliases. Tags and further documents are refused.
 *
 *     json_t *root = yaml_json_read("api/openapi.yaml", &err);
 *
 *   Owns: the caller owns the tree.   Threads: one.   Errors: INVALID with file, line and column.
 *   Source: YAML 1.2.2, 10.2; libyaml parses.
 */
#ifndef ALPHABET_TOOLS_YAML_JSON_H
#define ALPHABET_TOOLS_YAML_JSON_H

#include "base/err.h"

#include <jansson.h>

WARN_UNUSED json_t *yaml_json_read(const char *path, struct err *err);

#endif
