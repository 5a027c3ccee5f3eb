/* pg_migrate.c - see pg_migrate.h.
 *
 * All steps that are missing run in one transaction under a lock, so that a start that is killed in
 * between leaves nothing. How far a schema has come is in meta, as "schema_version".
 */
#include "store/postgres/pg_migrate.h"

#include "postgres_migrations.inc"

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

int64_t pg_migrate_newest(void) {
    return migrations[COUNT_OF(migrations) - 1].version;
}

static bool ask(struct pg_connection *connection, const char *text, int64_t *ret, struct err *err) {
    return pg_plain(connection, text, ret, err);
}

bool pg_migrate_version(struct pg_connection *connection, int64_t *ret, struct err *err) {
    int64_t has_schema, tables, has_meta, is_ours = 0;
    if (!ask(connection, "select (current_schema() is not null)::int", &has_schema, err) ||
        !ask(connection, "select count(*) from pg_tables where schemaname = current_schema()",
             &tables, err) ||
        !ask(connection,
             "select count(*) from information_schema.columns where table_schema = "
             "current_schema() and table_name = 'meta' and column_name in ('name', 'value')",
             &has_meta, err))
        return false;
    if (!has_schema)
        return err_set(err, ERR_INVALID,
                       "the database has no schema to keep tables in: create the one that "
                       "search_path names");
    *ret = 0;
    if (tables == 0) return true;
    if (has_meta == 2 &&
        !ask(connection,
             "select count(*) from meta where name = 'application' and value = 'alphabet'",
             &is_ours, err))
        return false;
    if (!is_ours)
        return err_set(err, ERR_INVALID,
                       "the tables in the database belong to another program: name an empty "
                       "database or schema");
    return ask(connection, "select value from meta where name = 'schema_version'", ret, err);
}

static bool step(struct pg_connection *connection, const struct migration *migration,
                 struct err *err) {
    bool ok = true;
    for (const char *const *text = migration->statements; ok && *text; text++)
        ok = pg_plain(connection, *text, NULL, err);
    char record[160];
    (void)snprintf(record, sizeof record,
                   "insert into meta (name, value) values ('schema_version', '%lld') "
                   "on conflict (name) do update set value = excluded.value",
                   (long long)migration->version);
    ok = ok && pg_plain(connection, record, NULL, err);
    return ok || err_wrap(err, "migration %s", migration->name);
}

static bool take_steps(struct pg_connection *connection, struct err *err) {
    int64_t version = 0;
    if (!pg_migrate_version(connection, &version, err)) return false;
    if (version > pg_migrate_newest())
        return err_set(err, ERR_INVALID,
                       "the database has schema version %lld, made by a newer version of this "
                       "program, which knows up to %lld",
                       (long long)version, (long long)pg_migrate_newest());
    for (size_t i = 0; i < COUNT_OF(migrations); i++)
        if (migrations[i].version > version && !step(connection, &migrations[i], err)) return false;
    return true;
}

bool pg_migrate(struct pg_connection *connection, struct err *err) {
    if (!pg_plain(connection, "begin", NULL, err) ||
        !pg_plain(connection,
                  "select pg_advisory_xact_lock(hashtext('alphabet ' || current_schema()), 1003)",
                  NULL, err))
        return false;
    bool ok = take_steps(connection, err) && pg_plain(connection, "commit", NULL, err);
    if (ok) return true;
    bool undone = pg_plain(connection, "rollback", NULL, NULL);
    (void)undone; // otherwise the server does it when the connection is closed
    return false;
}
