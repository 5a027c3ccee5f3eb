/* postgres_library.c - see postgres_library.h. One table for the process, as there is one library
 * in it; it is written once, by pthread_once, and only read afterwards. */
#include "base/postgres_library.h"

#include "base/library.h"

#include <assert.h>
#include <pthread.h>

#define SONAME "libpq.so.5"

static struct {
    pthread_once_t once;
    bool is_loaded;
    char why[LIBRARY_WHY_SIZE]; // it is not
    struct postgres_library functions;
} loaded = {.once = PTHREAD_ONCE_INIT};

static void load(void) {
#define POSTGRES_FUNCTION(name) {#name, &loaded.functions.name},
    static const struct library_function functions[] = {POSTGRES_FUNCTIONS(POSTGRES_FUNCTION)};
    loaded.is_loaded =
        library_load(SONAME, functions, sizeof functions / sizeof *functions, loaded.why);
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
