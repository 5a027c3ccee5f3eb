/* suite_audit.c - the audit chain: kept, filtered, walked, verified. */
#include "store/audit_hash.h"
#include "suite.h"

#include <string.h>

static struct audit_entry append(struct fixture *f, struct guid subject, const char *action,
                                 struct str before, struct str after) {
    struct err err;
    struct audit_entry entry = {.at = at(10),
                                .actor = STR("ann@example.org"),
                                .address = STR("192.0.2.1"),
                                .action = str_from_cstr(action),
                                .subject = subject,
                                .before = before,
                                .after = after};
    assert_true(do_audit_append(f->store, &entry, &err));
    assert_true(entry.row > 0);
    return entry;
}

static void list_audit(struct fixture *f, struct guid subject, int64_t offset, int64_t limit,
                       struct audit_entry **ret, size_t *count, int64_t *total) {
    struct err err;
    struct store_tx *tx = read_begin(f);
    struct audit_filter filter = {.subject = subject, .offset = offset, .limit = limit};
    bool ok = store_audit_list(tx, &filter, &f->arena, ret, count, total, &err);
    read_end(f, tx);
    assert_true(ok);
}

static void test_audit_entries_are_kept_newest_first(void **state) {
    struct fixture *f = *state;
    struct guid job = next_guid(f), other = next_guid(f), none = {0};
    struct audit_entry first = append(f, job, "job.create", STR_NONE, STR("{\"name\":\"a\"}"));
    (void)append(f, other, "job.create", STR_NONE, STR("{}"));
    struct audit_entry last = append(f, job, "job.update", STR("{\"name\":\"a\"}"), STR(""));
    struct audit_entry *entries;
    size_t count;
    int64_t total;
    list_audit(f, none, 0, 10, &entries, &count, &total);
    assert_int_equal(count, 3);
    assert_int_equal(total, 3);
    list_audit(f, job, 0, 10, &entries, &count, &total);
    assert_int_equal(count, 2);
    assert_int_equal(total, 2);
    assert_int_equal(entries[0].row, last.row);
    assert_time(entries[0].at, at(10));
    assert_str(entries[0].actor, "ann@example.org");
    assert_str(entries[0].address, "192.0.2.1");
    assert_str(entries[0].action, "job.update");
    assert_guid(entries[0].subject, job);
    assert_str(entries[0].before, "{\"name\":\"a\"}");
    assert_str(entries[0].after, "");
    assert_memory_equal(entries[0].hash, last.hash, sizeof last.hash);
    assert_int_equal(entries[1].row, first.row);
    assert_true(str_is_absent(entries[1].before));
    list_audit(f, none, 1, 1, &entries, &count, &total);
    assert_int_equal(count, 1);
    assert_int_equal(total, 3);
    assert_guid(entries[0].subject, other);
}

static void test_the_audit_chain_holds_through_failures_and_restarts(void **state) {
    struct fixture *f = *state;
    struct guid none = {0};
    struct err err;
    enum { MANY = 6 };
    for (size_t i = 0; i < MANY; i++) {
        (void)append(f, next_guid(f), "user.lock", STR("{\"a\":1}"), STR_NONE);
        struct job unknown = sample_job(f, "x");
        unknown.row = 999;
        assert_false(do_job_update(f->store, &unknown, 1, &err));
        if (i == 2) suite_restart(f);
    }
    struct audit_entry *entries;
    size_t count;
    int64_t total;
    list_audit(f, none, 0, 100, &entries, &count, &total);
    assert_int_equal(count, MANY);
    unsigned char previous[AUDIT_HASH_SIZE] = {0};
    for (size_t i = MANY; i-- > 0;) {
        unsigned char hash[AUDIT_HASH_SIZE];
        audit_hash(previous, &entries[i], hash);
        assert_memory_equal(entries[i].hash, hash, sizeof hash);
        memcpy(previous, hash, sizeof previous);
        if (i + 1 < MANY) assert_true(entries[i].row > entries[i + 1].row);
    }
}

/* ---- filters --------------------------------------------------------------------------------- */

static void append_of(struct fixture *f, const char *actor, const char *action, struct guid subject,
                      struct utc when) {
    struct err err;
    struct audit_entry entry = {.at = when,
                                .actor = str_from_cstr(actor),
                                .action = str_from_cstr(action),
                                .subject = subject};
    assert_true(do_audit_append(f->store, &entry, &err));
}

/* Listed are the rows given, newest first. */
static void assert_entries(struct fixture *f, struct audit_filter filter, const int64_t *rows,
                           size_t expected, int64_t expected_total) {
    struct err err;
    struct audit_entry *entries;
    size_t count;
    int64_t total;
    if (filter.limit == 0) filter.limit = 100;
    struct store_tx *tx = read_begin(f);
    assert_true(store_audit_list(tx, &filter, &f->arena, &entries, &count, &total, &err));
    read_end(f, tx);
    assert_int_equal(count, expected);
    assert_int_equal(total, expected_total);
    for (size_t i = 0; i < count; i++) assert_int_equal(entries[i].row, rows[i]);
}
#define ROWS(...) \
    (const int64_t[]){__VA_ARGS__}, COUNT_OF(((const int64_t[]){__VA_ARGS__})), \
        COUNT_OF(((const int64_t[]){__VA_ARGS__}))

static void test_audit_entries_are_filtered(void **state) {
    struct fixture *f = *state;
    struct guid job = next_guid(f), user = next_guid(f);
    append_of(f, "ann@example.org", "job.create", job, at(10));
    append_of(f, "Bob@example.org", "job.update", job, at(20));
    append_of(f, "ann@example.org", "user.lock", user, at(30));
    append_of(f, "ANN@example.org", "job.update", job, at(40));
    append_of(f, "system", "jobs.clear", (struct guid){{0}}, at(25)); // the clock went back
    append_of(f, "ann@example.org", "job.", job, at(60));

    assert_entries(f, (struct audit_filter){.subject = job}, ROWS(6, 4, 2, 1));
    assert_entries(f, (struct audit_filter){.actor = STR("Ann@Example.org")}, ROWS(6, 4, 3, 1));
    assert_entries(f, (struct audit_filter){.action = STR("job.update")}, ROWS(4, 2));
    assert_entries(f, (struct audit_filter){.action = STR("job.")}, ROWS(6, 4, 2, 1));
    assert_entries(f, (struct audit_filter){.from = at(25)}, ROWS(6, 5, 4, 3));
    assert_entries(f, (struct audit_filter){.to = at(25)}, ROWS(5, 2, 1));
    assert_entries(f, (struct audit_filter){.from = at(20), .to = at(30)}, ROWS(5, 3, 2));
    assert_entries(f, (struct audit_filter){.actor = STR("ann@example.org"), .action = STR("job.")},
                   ROWS(6, 4, 1));
    assert_entries(
        f, (struct audit_filter){.actor = STR("ann@example.org"), .action = STR("job.update")},
        ROWS(4));
    assert_entries(f,
                   (struct audit_filter){.subject = job,
                                         .actor = STR("ann@example.org"),
                                         .action = STR("job."),
                                         .from = at(11),
                                         .to = at(59)},
                   ROWS(4));
    assert_entries(f, (struct audit_filter){.action = STR("job.update"), .to = at(39)}, ROWS(2));
    assert_entries(f, (struct audit_filter){.action = STR("job")}, NULL, 0, 0);
    assert_entries(f, (struct audit_filter){.action = STR("")}, NULL, 0, 0);
    assert_entries(f, (struct audit_filter){.actor = STR("nobody")}, NULL, 0, 0);
    const int64_t second[] = {4};
    assert_entries(f,
                   (struct audit_filter){.actor = STR("ann@example.org"), .offset = 1, .limit = 1},
                   second, 1, 4);
    assert_entries(f, (struct audit_filter){.to = at(25), .offset = 3}, NULL, 0, 3);
}

/* So many entries that a back end may take another way to the page. */
static bool append_many(struct store_tx *tx, void *context, struct err *err) {
    struct audit_entry entry = {.action = STR("job.update")};
    for (int64_t i = 0; i < *(const int64_t *)context; i++) {
        entry.at = at(i);
        entry.actor = i % 100 == 99 ? STR("bob@example.org") : STR("ann@example.org");
        if (!store_audit_append(tx, &entry, err)) return false;
    }
    return true;
}

static void test_a_filter_that_most_entries_pass_is_paged(void **state) {
    struct fixture *f = *state;
    struct err err;
    int64_t many = 25000;
    assert_true(store_write_wait(f->store, append_many, &many, &err));
    const int64_t rows[] = {24998, 24997};
    assert_entries(f,
                   (struct audit_filter){.actor = STR("ANN@example.org"), .offset = 1, .limit = 2},
                   rows, 2, 24750);
    assert_entries(f, (struct audit_filter){.action = STR("job."), .offset = 2, .limit = 2}, rows,
                   2, 25000);
    assert_entries(f,
                   (struct audit_filter){.actor = STR("ann@example.org"),
                                         .action = STR("job.update"),
                                         .from = at(1),
                                         .offset = 1,
                                         .limit = 2},
                   rows, 2, 24749);
}

/* ---- walking and verifying ------------------------------------------------------------------- */

static void test_the_audit_log_is_walked_in_pieces(void **state) {
    struct fixture *f = *state;
    struct err err;
    struct audit_entry *entries;
    size_t count;
    for (size_t i = 0; i < 5; i++) (void)append(f, next_guid(f), "job.update", STR_NONE, STR("{}"));
    struct store_tx *tx = read_begin(f);
    assert_true(store_audit_walk(tx, 0, 2, &f->arena, &entries, &count, &err));
    assert_int_equal(count, 2);
    assert_int_equal(entries[0].row, 1);
    assert_str(entries[1].after, "{}");
    assert_true(store_audit_walk(tx, 3, 10, &f->arena, &entries, &count, &err));
    assert_int_equal(count, 2);
    assert_int_equal(entries[1].row, 5);
    assert_true(store_audit_walk(tx, 5, 10, &f->arena, &entries, &count, &err));
    assert_int_equal(count, 0);
    read_end(f, tx);
}

static void test_a_whole_audit_chain_verifies(void **state) {
    struct fixture *f = *state;
    struct err err;
    struct audit_check check = {.checked = 4711};
    enum { MANY = 600 }; // more than one piece
    for (size_t turn = 0; turn < 2; turn++) {
        struct store_tx *tx = read_begin(f);
        assert_true(store_audit_verify(tx, &check, &err));
        read_end(f, tx);
        assert_int_equal(check.checked, turn * MANY);
        assert_int_equal(check.broken_row, 0);
        for (size_t i = 0; i < MANY && turn == 0; i++)
            (void)append(f, next_guid(f), "job.update", STR("{}"), i % 2 ? STR_NONE : STR(""));
    }
}
