/* library.c - see library.h. */
#include "base/library.h"

#include <dlfcn.h>
#include <string.h>

/* ISO C knows no way from void * to a function; POSIX says that this one works. */
static bool find(void *library, const struct library_function *function) {
    void *address = dlsym(library, function->name);
    memcpy(function->place, &address, sizeof address);
    return address != NULL;
}

bool library_load(const char *soname, const struct library_function *functions, size_t count,
                  char why[LIBRARY_WHY_SIZE]) {
    void *library = dlopen(soname, RTLD_NOW | RTLD_LOCAL);
    bool ok = library != NULL;
    for (size_t i = 0; ok && i < count; i++) ok = find(library, &functions[i]);
    const char *error = ok ? NULL : dlerror();
    size_t len = error ? strlen(error) : 0;
    if (len >= LIBRARY_WHY_SIZE) len = LIBRARY_WHY_SIZE - 1;
    memcpy(why, error ? error : "", len);
    why[len] = '\0';
    return ok;
}
