/* postgres_library.c - see postgres_library.h. One table for the process, as there is one library
 * in it; it is written once, by pthread_once, and only read afterwards. */
#include "base/postgres_library.h"

#include <assert.h>
#include <dlfcn.h>
#include <pthread.h>
#include <string.h>

#define SONAME "libpq.so.5"

static struct {
    pthread_once_t once;
    bool is_loaded;
    char why[200]; // it is not
    struct postgres_library functions;
} loaded = {.once = PTHREAD_ONCE_INIT};

/* ISO C knows no way from void * to a function; POSIX says that this one works. */
static bool find(void *library, const char *name, void *ret, size_t size) {
    void *address = dlsym(library, name);
    assert(size == sizeof address);
    memcpy(ret, &address, size);
    return address != NULL;
}

static void load(void) {
    void *library = dlopen(SONAME, RTLD_NOW | RTLD_LOCAL);
    bool ok = library != NULL;
#define POSTGRES_FIND(name) \
    ok = ok && find(library, #name, &loaded.functions.name, sizeof loaded.functions.name);
    POSTGRES_FUNCTIONS(POSTGRES_FIND)
    const char *why = ok ? NULL : dlerror();
    if (why) {
        size_t len = strlen(why);
        if (len >= sizeof loaded.why) len = sizeof loaded.why - 1;
        memcpy(loaded.why, why, len);
    }
    loaded.is_loaded = ok;
}

bool postgres_library_load(struct err *err) {
    (void)pthread_once(&loaded.once, load);
    if (loaded.is_loaded) return true;
    return err_set(err, ERR_UNAVAILABLE, "PostgreSQL needs %s (Debian: libpq5): %s", SONAME,
                   loaded.why);
}

const struct postgres_library *libpq(void) {
    assert(loaded.is_loaded);
    return &loaded.functions;
}
