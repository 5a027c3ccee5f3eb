/* sqlite_fixture.h - a store in a folder of its own, and the few things that its tests write.
 *
 * Only the SQLite tests include this; what every back end must do is in tests/store/.
 */
#ifndef ALPHABET_TESTS_UNIT_STORE_SQLITE_FIXTURE_H
#define ALPHABET_TESTS_UNIT_STORE_SQLITE_FIXTURE_H

#include "store/sqlite/sqlite_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct place {
    char folder[64];
    char path[96];
};

static UNUSED struct place place_new(void) {
    struct place place = {.folder = "/tmp/alphabet-sqlite.XXXXXX"};
    assert_non_null(mkdtemp(place.folder));
    (void)snprintf(place.path, sizeof place.path, "%s/alphabet.db", place.folder);
    return place;
}

static UNUSED void place_remove(const struct place *place) {
    static const char *const tails[] = {"", "-wal", "-shm", ".lock"};
    for (size_t i = 0; i < COUNT_OF(tails); i++) {
        char path[128];
        (void)snprintf(path, sizeof path, "%s%s", place->path, tails[i]);
        (void)unlink(path);
    }
    assert_int_equal(rmdir(place->folder), 0);
}

static UNUSED struct store *open_at(const struct place *place) {
    struct err err = ERR_INIT;
    struct store *store =
        sqlite_store_open(&(struct sqlite_store_options){.path = place->path}, &err);
    if (!store) print_error("%s\n", err.msg);
    assert_non_null(store);
    return store;
}

static const int64_t noon = 1767268800; // 2026-01-01T12:00:00Z, in seconds

static UNUSED struct utc at(int64_t seconds) {
    return utc_from_seconds(noon + seconds);
}

static UNUSED struct job job_named(const char *name) {
    return (struct job){
        .id = guid_new(at(0)),
        .revision = 1,
        .name = str_from_cstr(name),
        .type = JOB_HTTP_CALL,
        .schedule_type = SCHEDULE_INTERVAL,
        .interval_seconds = 60,
        .interval_mode = INTERVAL_FIXED_RATE,
        .timezone = STR("UTC"),
        .configuration = STR("{}"),
        .retry_policy = STR("{}"),
        .tags = STR("[]"),
        .timeout_seconds = 300,
        .queue = STR("default"),
        .concurrency_policy = CONCURRENCY_ALLOW,
        .misfire_policy = MISFIRE_FIRE_ONCE,
        .gap_policy = GAP_RUN_AFTER,
        .overlap_policy = OVERLAP_AUTO,
        .is_enabled = true,
        .created_at = at(0),
        .updated_at = at(0),
        .next_run_at = at(60),
        .wake_at = at(60),
        .schedule_from = at(0),
    };
}

static UNUSED bool insert_job(struct store_tx *tx, void *context, struct err *err) {
    return store_job_insert(tx, context, err);
}

static UNUSED struct job put_job(struct store *store, const char *name) {
    struct err err = ERR_INIT;
    struct job job = job_named(name);
    assert_true(store_write_wait(store, insert_job, &job, &err));
    return job;
}

/* One that the schedule made, born Running on node "here". */
static UNUSED struct new_execution running(const struct job *job, struct utc due) {
    return (struct new_execution){
        .id = guid_new(due),
        .job_row = job->row,
        .status = EXECUTION_RUNNING,
        .queue = STR("default"),
        .trigger = TRIGGER_SCHEDULE,
        .scheduled_for = due,
        .created_at = due,
        .available_at = due,
        .started_at = due,
        .node_name = STR("here"),
    };
}

static UNUSED bool insert_execution(struct store_tx *tx, void *context, struct err *err) {
    return store_execution_insert(tx, context, err);
}

static UNUSED struct settlement succeeded(const struct new_execution *execution, struct utc end) {
    return (struct settlement){
        .execution_row = execution->row,
        .job_row = execution->job_row,
        .fence = execution->fence,
        .status = EXECUTION_SUCCEEDED,
        .completed_at = end,
    };
}

static UNUSED bool settle_one(struct store_tx *tx, void *context, struct err *err) {
    return store_settle(tx, context, 1, err);
}

static UNUSED struct totals totals_of(struct store *store) {
    struct err err = ERR_INIT;
    struct totals totals;
    struct store_tx *tx = store_read_begin(store, &err);
    assert_non_null(tx);
    assert_true(store_totals(tx, &totals, &err));
    store_read_end(tx);
    return totals;
}

#endif
