/* Opening: one process at a time, no foreign file touched, nothing readable for others. */
#include "sqlite_fixture.h"

#include <sqlite3.h>
#include <sys/stat.h>

static struct store *try_open(const struct place *place, struct err *err) {
    return sqlite_store_open(&(struct sqlite_store_options){.path = place->path}, err);
}

static void write_file(const char *path, const char *text) {
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void change_file(const struct place *place, const char *sql) {
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(place->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void test_a_second_opening_is_refused_and_names_the_process(void **state) {
    (void)state;
    struct place place = place_new();
    struct store *store = open_at(&place);
    struct err err = ERR_INIT;
    assert_null(try_open(&place, &err));
    assert_int_equal(err.kind, ERR_UNAVAILABLE);
    char pid[24];
    (void)snprintf(pid, sizeof pid, "process %ld ", (long)getpid());
    assert_non_null(strstr(err.msg, pid));
    store_close(store);
    store_close(open_at(&place));
    place_remove(&place);
}

static void test_what_is_no_database_is_refused(void **state) {
    (void)state;
    struct place place = place_new();
    write_file(place.path,
               "These are the notes of somebody else, and they are longer than a header "
               "of an SQLite file, which has a hundred bytes.\n");
    struct err err = ERR_INIT;
    assert_null(try_open(&place, &err));
    assert_int_equal(err.kind, ERR_INVALID);
    assert_non_null(strstr(err.msg, "not an SQLite database"));
    place_remove(&place);
}

static void test_the_database_of_another_program_is_left_alone(void **state) {
    (void)state;
    struct place place = place_new();
    change_file(&place, "create table theirs (a); insert into theirs values (1)");
    struct err err = ERR_INIT;
    assert_null(try_open(&place, &err));
    assert_int_equal(err.kind, ERR_INVALID);
    assert_non_null(strstr(err.msg, "another program"));
    /* It is still as it was: one table, not in the mode of ours. */
    sqlite3 *db = NULL;
    sqlite3_stmt *statement = NULL;
    assert_int_equal(sqlite3_open(place.path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, "pragma journal_mode", -1, &statement, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    assert_string_equal((const char *)sqlite3_column_text(statement, 0), "delete");
    assert_int_equal(sqlite3_finalize(statement), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    place_remove(&place);
}

static void test_a_newer_schema_is_refused(void **state) {
    (void)state;
    struct place place = place_new();
    store_close(open_at(&place));
    change_file(&place, "update meta set value = '9999' where name = 'schema_version'");
    struct err err = ERR_INIT;
    assert_null(try_open(&place, &err));
    assert_int_equal(err.kind, ERR_INVALID);
    assert_non_null(strstr(err.msg, "9999"));
    assert_non_null(strstr(err.msg, "newer version"));
    place_remove(&place);
}

static void test_a_folder_that_is_not_there_is_an_error(void **state) {
    (void)state;
    struct err err = ERR_INIT;
    struct sqlite_store_options options = {.path = "/nonexistent/folder/alphabet.db"};
    assert_null(sqlite_store_open(&options, &err));
    assert_int_equal(err.kind, ERR_UNAVAILABLE);
}

static void assert_mode(const struct place *place, const char *tail, mode_t mode) {
    char path[128];
    struct stat found;
    (void)snprintf(path, sizeof path, "%s%s", place->path, tail);
    assert_int_equal(stat(path, &found), 0);
    assert_int_equal(found.st_mode & 0777, mode);
}

static void test_files_are_for_their_owner_alone(void **state) {
    (void)state;
    struct place place = place_new();
    mode_t before = umask(0);
    struct store *store = open_at(&place);
    (void)put_job(store, "a");
    assert_mode(&place, "", 0600);
    assert_mode(&place, "-wal", 0600);
    assert_mode(&place, "-shm", 0600);
    assert_mode(&place, ".lock", 0600);
    store_close(store);
    (void)umask(before);
    place_remove(&place);
}

static void test_closing_leaves_one_file_and_the_lock(void **state) {
    (void)state;
    struct place place = place_new();
    struct store *store = open_at(&place);
    (void)put_job(store, "a");
    assert_int_equal(totals_of(store).jobs, 1); // a read connection is open, too
    store_close(store);
    char path[128];
    (void)snprintf(path, sizeof path, "%s-wal", place.path);
    assert_int_not_equal(access(path, F_OK), 0);
    store = open_at(&place);
    assert_int_equal(totals_of(store).jobs, 1);
    store_close(store);
    place_remove(&place);
}
