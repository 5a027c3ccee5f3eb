/* connection.c - opening a connection with everything switched off that a server does not need, and
 * what the result codes of SQLite mean to callers; see connection.h.
 *
 * Each connection is used by one thread at a time, so SQLite's own mutexes are left out (NOMUTEX).
 * The schema is not trusted: a file that somebody else wrote can hold no view or trigger that does
 * harm, nothing loads extensions, and the internals of the file cannot be written by SQL.
 */
#include "store/sqlite/connection.h"

#include "store/sqlite/words.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

enum { BUSY_MS = 5000 };

static void set_up_once(void) {
    /* Counting every allocation would take a process-wide mutex for each. Undone savepoints are
     * kept in memory: a temporary file for each group would cost more than the group. */
    (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    (void)sqlite3_config(SQLITE_CONFIG_STMTJRNL_SPILL, -1);
}

void sqlite_set_up(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, set_up_once);
}

static bool means_full(int cause) {
    return cause == ENOSPC || cause == EDQUOT || cause == EFBIG;
}

/* Only what was refused before anything was flushed: a flush that fails is never "full", whatever
 * its cause, because nobody knows then what is on the disk. SQLite does not keep the cause when it
 * fails inside a commit, but errno still has it. */
bool sqlite_is_full(sqlite3 *db, int result) {
    int cause = errno;
    if ((result & 0xff) == SQLITE_FULL) return true;
    if (result != SQLITE_IOERR_WRITE && result != SQLITE_IOERR_SHMSIZE) return false;
    return means_full(sqlite3_system_errno(db)) || means_full(cause);
}

bool sqlite_failed(sqlite3 *db, int result, struct err *err) {
    if (sqlite_is_full(db, result))
        return err_set(err, ERR_UNAVAILABLE, "there is no room left to store anything");
    switch (result & 0xff) {
    case SQLITE_CONSTRAINT: return err_set(err, ERR_CONFLICT, "there is one like this already");
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return err_set(err, ERR_UNAVAILABLE, "the database is busy");
    case SQLITE_IOERR:
        return err_set(err, ERR_UNAVAILABLE, "the disk under the database fails: %s",
                       sqlite3_errmsg(db));
    case SQLITE_CANTOPEN:
        return err_set(err, ERR_UNAVAILABLE, "the database cannot be opened: %s",
                       sqlite3_errmsg(db));
    case SQLITE_CORRUPT: return err_set(err, ERR_INTERNAL, "the database file is damaged");
    case SQLITE_NOTADB: return err_set(err, ERR_INVALID, "the file is not an SQLite database");
    default: break;
    }
    return err_set(err, ERR_INTERNAL, "the database says: %s", sqlite3_errmsg(db));
}

static bool pragma(sqlite3 *db, const char *text, struct err *err) {
    int result = sqlite3_exec(db, text, NULL, NULL, NULL);
    return result == SQLITE_OK || sqlite_failed(db, result, err);
}

static bool pragma_number(sqlite3 *db, const char *name, int64_t value, struct err *err) {
    char text[80];
    (void)sqlite3_snprintf((int)sizeof text, text, "pragma %s = %lld", name, (long long)value);
    return pragma(db, text, err);
}

static bool configure(sqlite3 *db, const struct connection_options *options, struct err *err) {
    (void)sqlite3_extended_result_codes(db, 1);
    (void)sqlite3_busy_timeout(db, BUSY_MS);
    (void)sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    (void)sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    (void)sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, NULL);
    (void)sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
    (void)sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
    (void)sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
    (void)sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0);
    if (!pragma(db, "pragma temp_store = memory", err) ||
        !pragma(db, "pragma synchronous = full", err) ||
        !pragma(db, "pragma secure_delete = fast", err) ||
        !pragma_number(db, "cache_size", -options->cache_kib, err))
        return false;
    if (options->max_pages > 0 && !pragma_number(db, "max_page_count", options->max_pages, err))
        return false;
    return words_register(db, err);
}

struct connection *connection_open(const struct connection_options *options, struct err *err) {
    struct connection *connection = xcalloc(1, sizeof *connection);
    connection->tx.ops = options->ops;
    connection->commits = options->commits;
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE |
                SQLITE_OPEN_EXRESCODE;
    int result = sqlite3_open_v2(options->path, &connection->db, flags, NULL);
    bool ok = connection->db != NULL &&
              (result == SQLITE_OK || sqlite_failed(connection->db, result, err));
    ok = ok && configure(connection->db, options, err) &&
         (!options->read_only || pragma(connection->db, "pragma query_only = 1", err));
    if (ok) return connection;
    connection_close(connection);
    return NULL;
}

void connection_close(struct connection *connection) {
    if (!connection) return;
    for (size_t i = 0; i < COUNT_OF(connection->statements); i++)
        (void)sqlite3_finalize(connection->statements[i]);
    (void)sqlite3_close(connection->db);
    free(connection);
}
