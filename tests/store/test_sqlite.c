/* test_sqlite.c - the suite on SQLite, each test in a folder of its own that is removed behind it.
 */
#include "store/sqlite/sqlite_store.h"
#include "suite.h"
#include "temporary.h"

static void sqlite_open(struct fixture *f) {
    struct err err = ERR_INIT;
    if (!f->own) f->own = temporary_folder_new();
    struct str path = arena_printf(&f->arena, "%s/alphabet.db", (const char *)f->own);
    f->store = sqlite_store_open(&(struct sqlite_store_options){.path = path.ptr}, &err);
    if (!f->store) print_error("cannot open the store: %s\n", err.msg);
}

static void sqlite_close(struct fixture *f) {
    store_close(f->store);
}

static void sqlite_remove(struct fixture *f) {
    temporary_folder_remove(f->own);
}

const struct back_end back_end_under_test = {sqlite_open, sqlite_close, sqlite_remove};
