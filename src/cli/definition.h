/* definition.h - what would change if a job were written as a file says?
 *
 * Compared as the server understands it: only what the file names counts, enum names in any case or
 * by number, times by their instant, numbers by their value, days and tags in any order. A secret
 * that the server masks cannot be compared and counts as the same.
 *
 *     json_t *changes = definition_changes(wanted, job);      // [{"field", "from", "to"}], maybe
 * empty
 *
 *   Owns:    the caller owns the result.   Threads: pure.   Errors: none.
 */
#ifndef ALPHABET_CLI_DEFINITION_H
#define ALPHABET_CLI_DEFINITION_H

#include <jansson.h>

json_t *definition_changes(const json_t *wanted, const json_t *job);

#endif
