/* A flush that fails: the owner is told once, and nothing is acknowledged after it. */
#include "sqlite_fixture.h"

#include <sqlite3.h>
#include <stdatomic.h>

/* ---- a file system that fails to flush when it is told to -------------------------------------
 */

/* The files of the ordinary one, with one method of our own. Every file has the same methods, as
 * far as they are of the same version, so that one table for each pair is enough. */
static atomic_bool flush_fails;
static sqlite3_vfs shim;
static sqlite3_vfs *ordinary;
static const sqlite3_io_methods *theirs;
static sqlite3_io_methods ours;

static int sync_or_fail(sqlite3_file *file, int flags) {
    return atomic_load(&flush_fails) ? SQLITE_IOERR_FSYNC : theirs->xSync(file, flags);
}

static int open_ours(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags,
                     int *ret_flags) {
    (void)vfs;
    int result = ordinary->xOpen(ordinary, name, file, flags, ret_flags);
    if (result != SQLITE_OK || !(flags & SQLITE_OPEN_WAL)) return result;
    theirs = file->pMethods;
    ours = *theirs;
    ours.xSync = sync_or_fail;
    file->pMethods = &ours;
    return result;
}

static void install(void) {
    ordinary = sqlite3_vfs_find(NULL);
    assert_non_null(ordinary);
    shim = *ordinary;
    shim.zName = "failing-flush";
    shim.xOpen = open_ours;
    assert_int_equal(sqlite3_vfs_register(&shim, 1), SQLITE_OK);
}

/* ---- the test -------------------------------------------------------------------------------- */

struct told {
    int times;
    char why[256];
};

static void be_told(void *context, const char *why) {
    struct told *told = context;
    told->times++;
    (void)snprintf(told->why, sizeof told->why, "%s", why);
}

static void test_a_failed_flush_ends_all_writing(void **state) {
    (void)state;
    install();
    struct place place = place_new();
    struct told told = {0};
    struct err err = ERR_INIT;
    struct store *store = sqlite_store_open(&(struct sqlite_store_options){.path = place.path,
                                                                           .on_fatal = be_told,
                                                                           .fatal_context = &told},
                                            &err);
    assert_non_null(store);
    struct job kept = put_job(store, "kept");
    atomic_store(&flush_fails, true);
    struct job lost = job_named("lost"), refused = job_named("refused");
    assert_false(store_write_wait(store, insert_job, &lost, &err));
    assert_int_equal(err.kind, ERR_UNAVAILABLE);
    assert_int_equal(told.times, 1);
    assert_non_null(strstr(told.why, "disk"));
    /* Even when the disk has come to its senses: it is not known what it holds. */
    atomic_store(&flush_fails, false);
    assert_false(store_write_wait(store, insert_job, &refused, &err));
    assert_int_equal(err.kind, ERR_UNAVAILABLE);
    assert_int_equal(told.times, 1);
    /* Reading goes on. */
    assert_int_equal(totals_of(store).jobs, 1);
    store_close(store);
    store = open_at(&place);
    struct arena arena = {0};
    struct job found;
    struct store_tx *tx = store_read_begin(store, &err);
    assert_true(store_job_get(tx, kept.id, &arena, &found, &err));
    assert_false(store_job_get(tx, refused.id, &arena, &found, &err));
    store_read_end(tx);
    arena_free(&arena);
    store_close(store);
    place_remove(&place);
    assert_int_equal(sqlite3_vfs_unregister(&shim), SQLITE_OK);
}
