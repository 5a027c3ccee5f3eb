/* library.h - a shared library that is loaded when it is first needed.
 *
 *     static const struct library_function functions[] = {{"PQfinish", &table.PQfinish}, …};
 *     loaded.is_loaded = library_load("libpq.so.5", functions, count, loaded.why);
 *
 *   Owns:    nothing; a library stays loaded. Threads: call it once for each library
 * (pthread_once). Errors:  false when the library or one of the functions is not there; `why` says
 * which.
 */
#ifndef ALPHABET_BASE_LIBRARY_H
#define ALPHABET_BASE_LIBRARY_H

#include "base/err.h"

enum { LIBRARY_WHY_SIZE = 200 };

struct library_function {
    const char *name;
    void *place; // of a pointer to the function
};
WARN_UNUSED bool library_load(const char *soname, const struct library_function *functions,
                              size_t count, char why[LIBRARY_WHY_SIZE]);

#endif
