/* odbc_library.c - see odbc_library.h. One table for the process, as there is one library
 * in it; it is written once, by pthread_once, and only read afterwards. */
#include "handlers/procedures/odbc_library.h"

#include <assert.h>
#include <dlfcn.h>
#include <pthread.h>
#include <string.h>

#define SONAME "libodbc.so.2"

static struct {
    pthread_once_t once;
    bool is_loaded;
    char why[200]; // it is not
    struct odbc_library functions;
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
#define ODBC_FIND(name) \
    ok = ok && find(library, #name, &loaded.functions.name, sizeof loaded.functions.name);
    ODBC_FUNCTIONS(ODBC_FIND)
    const char *why = ok ? NULL : dlerror();
    if (why) {
        size_t len = strlen(why);
        if (len >= sizeof loaded.why) len = sizeof loaded.why - 1;
        memcpy(loaded.why, why, len);
    }
    loaded.is_loaded = ok;
}

bool odbc_library_load(struct err *err) {
    (void)pthread_once(&loaded.once, load);
    if (loaded.is_loaded) return true;
    return err_set(err, ERR_UNAVAILABLE, "ODBC needs %s (Debian: libodbc2): %s", SONAME,
                   loaded.why);
}

const struct odbc_library *odbc(void) {
    assert(loaded.is_loaded);
    return &loaded.functions;
}
