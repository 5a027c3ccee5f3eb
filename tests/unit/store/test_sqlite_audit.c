/* The audit chain tells when somebody has changed the file behind its back, and where. */
#include "sqlite_fixture.h"

#include <sqlite3.h>

enum { ENTRIES = 600 }; // more than what is verified at a time

static bool append_entries(struct store_tx *tx, void *context, struct err *err) {
    (void)context;
    for (int64_t i = 0; i < ENTRIES; i++) {
        struct audit_entry entry = {.at = at(i),
                                    .actor = STR("ann@example.org"),
                                    .address = STR("192.0.2.1"),
                                    .action = i % 3 == 0 ? STR("job.create") : STR("job.update"),
                                    .subject = {{(unsigned char)(1 + i % 7)}},
                                    .before = i % 2 == 0 ? STR_NONE : STR("{\"name\":\"a\"}"),
                                    .after = STR("{\"name\":\"b\"}")};
        if (!store_audit_append(tx, &entry, err)) return false;
    }
    return true;
}

static void change_file(const struct place *place, const char *sql) {
    sqlite3 *db = NULL;
    char *why = NULL;
    assert_int_equal(sqlite3_open(place->path, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK) fail_msg("%s: %s", sql, why);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static struct audit_check verify(struct store *store) {
    struct err err = ERR_INIT;
    struct audit_check check = {0};
    struct store_tx *tx = store_read_begin(store, &err);
    assert_non_null(tx);
    assert_true(store_audit_verify(tx, &check, &err));
    store_read_end(tx);
    return check;
}

/* What verification says after this was done to the file, beside the server that has it open. */
static struct audit_check after(const char *tampering) {
    struct err err = ERR_INIT;
    struct place place = place_new();
    struct store *store = open_at(&place);
    assert_true(store_write_wait(store, append_entries, NULL, &err));
    assert_int_equal(verify(store).broken_row, 0);
    assert_int_equal(verify(store).checked, ENTRIES);
    store_close(store);
    change_file(&place, tampering);
    store = open_at(&place);
    struct audit_check check = verify(store);
    store_close(store);
    place_remove(&place);
    return check;
}

static void test_a_changed_field_is_found(void **state) {
    (void)state;
    static const char *const changes[] = {
        "update audit set at = at + 1 where id = 300",
        "update audit set actor = 'bob@example.org' where id = 300",
        "update audit set actor = null where id = 300",
        "update audit set address = '192.0.2.2' where id = 300",
        "update audit set action = 'job.delete' where id = 300",
        "update audit set subject = null where id = 300",
        "update audit set before = '' where id = 300",
        "update audit set after = null where id = 300",
        "update audit set after = '{}' where id = 300",
        "update audit set hash = zeroblob(32) where id = 300",
        "update audit set hash = x'00' where id = 300",
        /* From one field to the next. */
        "update audit set actor = actor || '1', address = substr(address, 2) where id = 300",
    };
    for (size_t i = 0; i < COUNT_OF(changes); i++) {
        struct audit_check check = after(changes[i]);
        assert_int_equal(check.broken_row, 300);
        assert_int_equal(check.checked, 300);
    }
}

static void test_a_deleted_entry_is_found(void **state) {
    (void)state;
    assert_int_equal(after("delete from audit where id = 300").broken_row, 301);
    assert_int_equal(after("delete from audit where id <= 10").broken_row, 11);
    assert_int_equal(after("delete from audit where id = 300;"
                           "update audit set id = id - 1 where id > 300")
                         .broken_row,
                     300);
}

static void test_swapped_entries_are_found(void **state) {
    (void)state;
    assert_int_equal(after("update audit set id = -1 where id = 300;"
                           "update audit set id = 300 where id = 301;"
                           "update audit set id = 301 where id = -1")
                         .broken_row,
                     300);
}

static void test_an_inserted_entry_is_found(void **state) {
    (void)state;
    assert_int_equal(after("insert into audit select 601, at, actor, address, action, subject,"
                           " before, after, hash from audit where id = 600")
                         .broken_row,
                     601);
    assert_int_equal(after("insert into audit select 700, at, actor, address, action, subject,"
                           " before, after, hash from audit where id = 600")
                         .broken_row,
                     700);
    assert_int_equal(after("insert into audit select 0, at, actor, address, action, subject,"
                           " before, after, hash from audit where id = 1")
                         .broken_row,
                     1); // where the chain should begin
}
