/* file_glob.h - does a name fit a pattern such as `report-*.csv`?
 *
 *   *      any signs, also none          [a-z0]  one of these      [!a-z]  none of these
 *   ?      one sign (a code point)       \x      x itself
 *
 * A name that begins with a dot fits only a pattern that does. `**` as a whole part of a path
 * stands for any number of folders; who walks sees to that (file_walk.h).
 *
 *     if (file_glob_match("*.csv", "a.csv")) ...
 *
 *   Owns: nothing.   Threads: pure, safe from any.   Errors: none; a `[` without its end is itself.
 *   It takes at most pattern times name steps, whatever they are.
 */
#ifndef ALPHABET_HANDLERS_FILE_GLOB_H
#define ALPHABET_HANDLERS_FILE_GLOB_H

#include "base/str.h"

bool file_glob_match(const char *pattern, const char *name);
/* Has it a sign that stands for others? */
bool file_glob_present(struct str text);
size_t file_glob_count(struct str text); // of such signs

#endif
