/* odbc_library.c - see odbc_library.h. One table for the process, as there is one library
 * in it; it is written once, by pthread_once, and only read afterwards. */
#include "handlers/procedures/odbc_library.h"

#include "base/library.h"

#include <assert.h>
#include <pthread.h>

#define SONAME "libodbc.so.2"

static struct {
    pthread_once_t once;
    bool is_loaded;
    char why[LIBRARY_WHY_SIZE]; // it is not
    struct odbc_library functions;
} loaded = {.once = PTHREAD_ONCE_INIT};

static void load(void) {
#define ODBC_FUNCTION(name) {#name, &loaded.functions.name},
    static const struct library_function functions[] = {ODBC_FUNCTIONS(ODBC_FUNCTION)};
    loaded.is_loaded =
        library_load(SONAME, functions, sizeof functions / sizeof *functions, loaded.why);
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
