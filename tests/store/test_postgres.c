/* test_postgres.c - the suite on PostgreSQL, each test in a schema of its own that is removed
 * behind it. The times of the suite are made up, so leases go by them.
 */
#include "postgres_schema.h"
#include "store/postgres/postgres_store.h"
#include "suite.h"

#include <string.h>

static void postgres_open(struct fixture *f) {
    struct err err = ERR_INIT;
    if (!f->own) f->own = postgres_schema_new();
    f->store = postgres_store_open(
        &(struct postgres_store_options){.connection = postgres_schema_connection(f->own),
                                         .leases_by_caller = true},
        &err);
    if (!f->store) print_error("cannot open the store: %s\n", err.msg);
}

static void postgres_close(struct fixture *f) {
    store_close(f->store);
}

static void postgres_remove(struct fixture *f) {
    postgres_schema_remove(f->own);
}

const struct back_end back_end_under_test = {postgres_open, postgres_close, postgres_remove};

/* ---- what only this one has ------------------------------------------------------------------ */

static void test_a_connection_that_is_lost_comes_back(void **state) {
    struct fixture *f = *state;
    struct job job = put_job(f, "a");
    for (int i = 0; i < 5; i++) {
        postgres_schema_run(f->own, "select pg_terminate_backend(pid) from pg_stat_activity "
                                    "where application_name = 'alphabet'");
        (void)put_manual(f, &job, at(i)); // the group is run again on a new connection
        postgres_schema_run(f->own, "select pg_terminate_backend(pid) from pg_stat_activity "
                                    "where application_name = 'alphabet'");
        assert_int_equal(job_now(f, &job).live_count, i + 1);
    }
    assert_counters_equal_recount(f);
}

static void assert_refused(struct fixture *f, const char *why) {
    struct err err = ERR_INIT;
    struct store *store = postgres_store_open(
        &(struct postgres_store_options){.connection = postgres_schema_connection(f->own)}, &err);
    assert_null(store);
    assert_int_equal(err.kind, ERR_INVALID);
    assert_non_null(strstr(err.msg, why));
}

static void test_the_schema_of_a_newer_version_is_refused(void **state) {
    struct fixture *f = *state;
    postgres_schema_run(f->own, "update meta set value = '9999' where name = 'schema_version'");
    assert_refused(f, "newer version");
}

static void test_the_tables_of_another_program_are_refused(void **state) {
    struct fixture *f = *state;
    postgres_schema_run(f->own, "update meta set value = 'other' where name = 'application'");
    assert_refused(f, "another program");
}

static void test_two_stores_share_a_database(void **state) {
    struct fixture *f = *state;
    struct err err = ERR_INIT;
    struct job job = put_job(f, "a");
    struct new_execution first = sample_execution(f, &job, at(60)), again = first;
    again.id = next_guid(f);
    struct store *one = f->store;
    f->store = NULL;
    postgres_open(f);
    assert_non_null(f->store);
    assert_true(do_execution_insert(f->store, &first, &err));
    assert_true(do_execution_insert(one, &again, &err));
    assert_true(first.inserted);
    assert_false(again.inserted); // a due time runs once
    struct execution *claimed;
    size_t count;
    claim_all(f, at(100), &claimed, &count);
    assert_int_equal(count, 1);
    struct settlement item = settlement_of(&claimed[0], EXECUTION_SUCCEEDED, at(110));
    struct settlement late = item;
    assert_true(do_settle(one, &item, 1, &err));
    assert_true(do_settle(f->store, &late, 1, &err));
    assert_true(item.applied);
    assert_false(late.applied);
    store_close(one);
    assert_counters_equal_recount(f);
}
