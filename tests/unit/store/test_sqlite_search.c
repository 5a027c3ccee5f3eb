/* The index of words beside the rows: nothing stays in it of what is gone, and a store of an older
 * version is taken in. */
#include "sqlite_fixture.h"

#include <sqlite3.h>

static bool index_some(struct store_tx *tx, void *context, struct err *err) {
    bool *more = context;
    return store_search_index(tx, 10, more, err);
}

static void index_all(struct store *store) {
    struct err err = ERR_INIT;
    for (bool more = true; more;) assert_true(store_write_wait(store, index_some, &more, &err));
}

static void put_said(struct store *store, const struct job *job, int64_t second, const char *said) {
    struct err err = ERR_INIT;
    struct new_execution execution = running(job, at(second));
    assert_true(store_write_wait(store, insert_execution, &execution, &err));
    struct settlement item = succeeded(&execution, at(second + 1));
    item.output = str_from_cstr(said);
    assert_true(store_write_wait(store, settle_one, &item, &err));
}

static int64_t found(struct store *store, const char *search) {
    struct err err = ERR_INIT;
    struct arena arena = {0};
    struct execution_page page;
    const struct execution_filter filter = {.search = str_from_cstr(search), .limit = 1};
    struct store_tx *tx = store_read_begin(store, &err);
    assert_non_null(tx);
    assert_true(store_execution_list(tx, &filter, &arena, &page, &err));
    store_read_end(tx);
    arena_free(&arena);
    return page.total;
}

/* The one number that this answers, asked of the file by somebody else. */
static int64_t ask(const struct place *place, const char *sql) {
    sqlite3 *db = NULL;
    sqlite3_stmt *statement = NULL;
    assert_int_equal(sqlite3_open(place->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    int64_t number = sqlite3_column_int64(statement, 0);
    (void)sqlite3_finalize(statement);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    return number;
}

static bool erase_job(struct store_tx *tx, void *context, struct err *err) {
    const struct job *job = context;
    return store_job_erase(tx, job->row, err);
}

static void test_an_erased_job_leaves_no_words(void **state) {
    (void)state;
    struct err err = ERR_INIT;
    struct place place = place_new();
    struct store *store = open_at(&place);
    struct job job = put_job(store, "Nightly load"), other = put_job(store, "other");
    put_said(store, &job, 1, "word #1");
    put_said(store, &other, 2, "word");
    index_all(store);
    put_said(store, &job, 3, "word");
    static const char indexed[] =
        "select count(*) from execution_words where execution_words match 'word'";
    assert_int_equal(found(store, "word"), 3);
    assert_true(store_write_wait(store, erase_job, &job, &err));
    assert_int_equal(found(store, "word"), 1);
    index_all(store);
    store_close(store);
    assert_int_equal(ask(&place, indexed), 1);
    assert_int_equal(ask(&place, "select count(*) from job_words"), 1);
    assert_int_equal(ask(&place, "select count(*) from to_index"), 0);
    place_remove(&place);
}

static bool index_and_fail(struct store_tx *tx, void *context, struct err *err) {
    return index_some(tx, context, err) && err_set(err, ERR_CONFLICT, "told to fail");
}

static bool clear_before(struct store_tx *tx, void *context, struct err *err) {
    struct clear clear = {.created_before = *(const struct utc *)context, .limit = 100};
    return store_executions_clear(tx, &clear, err);
}

static void test_cleared_history_leaves_no_words(void **state) {
    (void)state;
    struct err err = ERR_INIT;
    struct place place = place_new();
    struct store *store = open_at(&place);
    struct job job = put_job(store, "a");
    struct utc limit = at(25);
    for (int64_t i = 0; i < 20; i++) put_said(store, &job, i, "word");
    index_all(store);
    for (int64_t i = 20; i < 40; i++) put_said(store, &job, i, "word");
    assert_int_equal(found(store, "word"), 40);
    assert_true(store_write_wait(store, clear_before, &limit, &err));
    assert_int_equal(found(store, "word"), 15);
    index_all(store);
    assert_int_equal(found(store, "word"), 15);
    store_close(store);
    assert_int_equal(
        ask(&place, "select count(*) from execution_words where execution_words match 'word'"), 15);
    place_remove(&place);
}

static void test_a_write_that_fails_leaves_the_index_as_it_was(void **state) {
    (void)state;
    struct err err = ERR_INIT;
    struct place place = place_new();
    struct store *store = open_at(&place);
    struct job job = put_job(store, "a");
    put_said(store, &job, 1, "word");
    bool more;
    assert_false(store_write_wait(store, index_and_fail, &more, &err));
    put_said(store, &job, 2, "word");
    assert_int_equal(found(store, "word"), 2);
    index_all(store);
    assert_int_equal(found(store, "word"), 2);
    store_close(store);
    store = open_at(&place);
    put_said(store, &job, 3, "word");
    assert_int_equal(found(store, "word"), 3);
    store_close(store);
    assert_int_equal(ask(&place, "select execution from search_mark"), 2);
    place_remove(&place);
}

/* ---- upgrading ------------------------------------------------------------------------------- */

static void run_file(sqlite3 *db, const char *path) {
    FILE *file = fopen(path, "r");
    if (!file) fail_msg("%s cannot be read", path);
    char *text = NULL, *why = NULL;
    size_t size = 0;
    ssize_t length = getdelim(&text, &size, '\0', file);
    assert_true(length > 0);
    assert_int_equal(fclose(file), 0);
    if (sqlite3_exec(db, text, NULL, NULL, &why) != SQLITE_OK) fail_msg("%s: %s", path, why);
    free(text);
}

static void test_a_store_of_the_first_version_is_searched_after_its_upgrade(void **state) {
    (void)state;
    struct place place = place_new();
    sqlite3 *db = NULL;
    char *why = NULL;
    assert_int_equal(sqlite3_open(place.path, &db), SQLITE_OK);
    run_file(db, TEST_TABLES "/../../src/store/sqlite/migrations/0001_start.sql");
    static const char rows[] =
        "pragma application_id = 1097625704;"
        "insert into meta values ('schema_version', '1');"
        "insert into names values (1, 'default');"
        "insert into jobs (id, guid, name, type, schedule_type, interval_seconds, interval_mode,"
        " max_runs, jitter_seconds, timeout_seconds, queue, concurrency_policy, misfire_policy,"
        " gap_policy, overlap_policy, is_enabled, is_paused, is_deleted)"
        " values (7, randomblob(16), 'Nightly Load', 1, 2, 60, 1, 0, 0, 300, 'default', 1, 1, 1, 1,"
        " 1, 0, 0);"
        "insert into job_state (id, revision, status, concurrency_policy, run_count, live_count,"
        " running_count, last_execution_status, consecutive_failures, execution_count,"
        " last_execution) values (7, 1, 1, 1, 1, 0, 0, 3, 0, 1, 3);"
        "insert into executions values (3, randomblob(16), 7, 0, 3, 2, 0, 1, 1, 1, 60000000,"
        " 60000000, 60000000, 60000000, 61000000, 1);"
        "insert into execution_details (id, output) values (3, 'moved 42 rows');"
        "update totals set jobs = 1, jobs_enabled = 1, executions = 1, succeeded = 1, fence = 1,"
        " last_execution = 3;"
        "insert into timeline values (1, 1, 0, 0);";
    if (sqlite3_exec(db, rows, NULL, NULL, &why) != SQLITE_OK) fail_msg("%s", why);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    struct store *store = open_at(&place);
    for (int turn = 0; turn < 2; turn++) {
        assert_int_equal(found(store, "42"), 1);
        assert_int_equal(found(store, "nightly"), 1);
        assert_int_equal(found(store, "load 42"), 1);
        assert_int_equal(found(store, "load 43"), 0);
        index_all(store);
    }
    store_close(store);
    assert_int_equal(ask(&place, "select execution from search_mark"), 3);
    place_remove(&place);
}
