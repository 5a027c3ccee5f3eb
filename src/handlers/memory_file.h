/* memory_file.h - a file in memory that nobody can change any more: a program, a script, long
 * texts.
 *
 *     int fd = memory_file("script", text, &err);     // -1 with err
 *
 *   Owns:    the caller closes it.   Threads: safe from any.
 *   Errors:  UNAVAILABLE: no descriptor or no memory.
 */
#ifndef ALPHABET_HANDLERS_MEMORY_FILE_H
#define ALPHABET_HANDLERS_MEMORY_FILE_H

#include "base/err.h"

WARN_UNUSED int memory_file(const char *name, struct str bytes, struct err *err);

#endif
