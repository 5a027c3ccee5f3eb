/* test_postgres.c - the suite on PostgreSQL, each test in a schema of its own that is removed
 * behind it. The times of the suite are made up, so leases go by them.
 */
#include "postgres_schema.h"
#include "store/postgres/postgres_store.h"
#include "suite.h"

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
