/* archive_library.c - see archive_library.h. One table for the process, as there is one library in
 * it; it is written once, by pthread_once, and only read afterwards. */
#include "handlers/archive_library.h"

#include "base/library.h"

#include <assert.h>
#include <pthread.h>

#define SONAME "libarchive.so.13"

static struct {
    pthread_once_t once;
    bool is_loaded;
    char why[LIBRARY_WHY_SIZE]; // it is not
    struct archive_library functions;
} loaded = {.once = PTHREAD_ONCE_INIT};

static void load(void) {
#define ARCHIVE_FUNCTION(name) {#name, &loaded.functions.name},
    static const struct library_function functions[] = {ARCHIVE_FUNCTIONS(ARCHIVE_FUNCTION)};
    loaded.is_loaded =
        library_load(SONAME, functions, sizeof functions / sizeof *functions, loaded.why);
}

bool archive_library_load(struct err *err) {
    (void)pthread_once(&loaded.once, load);
    if (loaded.is_loaded) return true;
    return err_set(err, ERR_UNAVAILABLE, "archives need %s (Debian: libarchive13): %s", SONAME,
                   loaded.why);
}

const struct archive_library *libarchive(void) {
    assert(loaded.is_loaded);
    return &loaded.functions;
}
