/* migrate.c - numbered steps from an empty file to the newest schema; see migrate.h.
 *
 * A file is ours when its application_id says so; an empty file becomes ours with the first step.
 * How far a file has come is in meta, as "schema_version", written in the transaction of the step.
 */
#include "store/sqlite/migrate.h"

#include "sqlite_migrations.inc"

enum { APPLICATION_ID = 0x416c7068 }; // "Alph"

struct migration {
    int64_t version;
    const char *name;
    const char *const *statements; // up to a NULL
};

static const struct migration migrations[] = {
#define MIGRATION(version, name, ...) {version, name, (const char *const[]){__VA_ARGS__, NULL}},
    SQL_MIGRATIONS(MIGRATION)
#undef MIGRATION
};

int64_t migrate_newest(void) {
    return migrations[COUNT_OF(migrations) - 1].version;
}

/* One number out of the file, before the statements of the store can be prepared. */
static bool ask(sqlite3 *db, const char *text, int64_t *ret, struct err *err) {
    sqlite3_stmt *statement = NULL;
    int result = sqlite3_prepare_v2(db, text, -1, &statement, NULL);
    if (result == SQLITE_OK) result = sqlite3_step(statement);
    bool ok = result == SQLITE_ROW;
    if (ok)
        *ret = sqlite3_column_int64(statement, 0);
    else
        (void)sqlite_failed(db, result, err);
    (void)sqlite3_finalize(statement);
    return ok;
}

static bool execute(sqlite3 *db, const char *text, struct err *err) {
    int result = sqlite3_exec(db, text, NULL, NULL, NULL);
    return result == SQLITE_OK || sqlite_failed(db, result, err);
}

bool migrate_version(sqlite3 *db, int64_t *ret, struct err *err) {
    int64_t application, tables;
    if (!ask(db, "pragma application_id", &application, err) ||
        !ask(db, "select count(*) from sqlite_schema", &tables, err))
        return false;
    if (application == APPLICATION_ID)
        return ask(db, "select value from meta where name = 'schema_version'", ret, err);
    if (tables > 0) return err_set(err, ERR_INVALID, "the database belongs to another program");
    *ret = 0;
    return true;
}

static bool record_version(sqlite3 *db, int64_t version, struct err *err) {
    sqlite3_stmt *statement = NULL;
    int result = sqlite3_prepare_v2(
        db, "replace into meta (name, value) values ('schema_version', ?)", -1, &statement, NULL);
    char text[24];
    (void)sqlite3_snprintf((int)sizeof text, text, "%lld", (long long)version);
    if (result == SQLITE_OK) result = sqlite3_bind_text(statement, 1, text, -1, SQLITE_TRANSIENT);
    if (result == SQLITE_OK) result = sqlite3_step(statement);
    bool ok = result == SQLITE_DONE || sqlite_failed(db, result, err);
    (void)sqlite3_finalize(statement);
    return ok;
}

static bool step(sqlite3 *db, const struct migration *migration, struct err *err) {
    char mark[48];
    (void)sqlite3_snprintf((int)sizeof mark, mark, "pragma application_id = %d", APPLICATION_ID);
    bool ok = execute(db, "begin immediate", err);
    for (const char *const *text = migration->statements; ok && *text; text++)
        ok = execute(db, *text, err);
    ok = ok && record_version(db, migration->version, err) && execute(db, mark, err) &&
         execute(db, "commit", err);
    if (ok) return true;
    (void)sqlite3_exec(db, "rollback", NULL, NULL, NULL);
    return err_wrap(err, "migration %s", migration->name);
}

/* How far the file has come, 0 for an empty one. */
static bool check(sqlite3 *db, int64_t *ret, struct err *err) {
    if (!migrate_version(db, ret, err)) return false;
    if (*ret <= migrate_newest()) return true;
    return err_set(err, ERR_INVALID,
                   "the database has schema version %lld, made by a newer version of this program, "
                   "which knows up to %lld",
                   (long long)*ret, (long long)migrate_newest());
}

bool migrate_check(struct connection *connection, struct err *err) {
    int64_t version = 0;
    return check(connection->db, &version, err);
}

bool migrate(struct connection *connection, struct err *err) {
    int64_t version = 0;
    if (!check(connection->db, &version, err)) return false;
    for (size_t i = 0; i < COUNT_OF(migrations); i++)
        if (migrations[i].version > version && !step(connection->db, &migrations[i], err))
            return false;
    return true;
}
