/* look.c - what a file is, without opening it as a store. */
#include "store/sqlite/migrate.h"
#include "store/sqlite/sqlite_store.h"

bool sqlite_store_look(const char *path, struct sqlite_store_look *ret, struct err *err) {
    sqlite3 *db = NULL;
    int64_t version;
    sqlite_set_up();
    int result = sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL);
    bool ok = db != NULL && (result == SQLITE_OK || sqlite_failed(db, result, err)) &&
              migrate_version(db, &version, err);
    (void)sqlite3_close(db);
    if (ok) *ret = (struct sqlite_store_look){version, migrate_newest()};
    return ok;
}
