/* suite_facts.c - idempotency keys and facts by name. */
#include "suite.h"

/* ---- idempotency keys ------------------------------------------------------------------------ */

static struct idempotency sample_key(const char *key, struct utc created_at) {
    return (struct idempotency){.scope = STR("ann POST /jobs"),
                                .key = str_from_cstr(key),
                                .request_hash = {1, 2, 3, [31] = 255},
                                .status = 201,
                                .location = STR("/api/v1/scheduler/jobs/1"),
                                .body = STR("{\"id\":1}"),
                                .created_at = created_at};
}

static bool key_is_kept(struct fixture *f, const char *key, struct utc not_before,
                        struct idempotency *ret) {
    struct err err;
    struct store_tx *tx = read_begin(f);
    bool found = store_idempotency_get(tx, STR("ann POST /jobs"), str_from_cstr(key), not_before,
                                       &f->arena, ret, &err);
    read_end(f, tx);
    if (!found) assert_int_equal(err.kind, ERR_NOT_FOUND);
    return found;
}

static void test_the_first_answer_is_kept_under_its_key(void **state) {
    struct fixture *f = *state;
    struct err err;
    struct idempotency entry = sample_key("k", at(100)), found;
    assert_true(do_idempotency_put(f->store, &entry, &err));
    assert_true(key_is_kept(f, "k", at(100), &found));
    assert_same_str(found.scope, entry.scope);
    assert_same_str(found.key, entry.key);
    assert_memory_equal(found.request_hash, entry.request_hash, sizeof found.request_hash);
    assert_int_equal(found.status, 201);
    assert_same_str(found.location, entry.location);
    assert_same_str(found.body, entry.body);
    assert_time(found.created_at, at(100));
    assert_false(key_is_kept(f, "k", at(101), &found)); // too old
    assert_false(key_is_kept(f, "K", at(1), &found));
    struct store_tx *tx = read_begin(f);
    assert_false(
        store_idempotency_get(tx, STR("bob POST /jobs"), STR("k"), at(1), &f->arena, &found, &err));
    read_end(f, tx);
}

static void test_an_expired_key_is_replaced(void **state) {
    struct fixture *f = *state;
    struct err err;
    struct idempotency entry = sample_key("k", at(100)), found;
    assert_true(do_idempotency_put(f->store, &entry, &err));
    entry.created_at = at(200);
    entry.status = 202;
    entry.location = STR_NONE;
    assert_true(do_idempotency_put(f->store, &entry, &err));
    assert_true(key_is_kept(f, "k", at(150), &found));
    assert_int_equal(found.status, 202);
    assert_true(str_is_absent(found.location));
}

static void test_old_keys_are_deleted_in_batches(void **state) {
    struct fixture *f = *state;
    struct err err;
    const char *const keys[] = {"a", "b", "c", "d"};
    struct idempotency found;
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        struct idempotency entry = sample_key(keys[i], at((int64_t)i));
        assert_true(do_idempotency_put(f->store, &entry, &err));
    }
    int64_t deleted = 0;
    assert_true(do_idempotency_expire(f->store, at(3), 2, &deleted, &err));
    assert_int_equal(deleted, 2);
    assert_true(do_idempotency_expire(f->store, at(3), 2, &deleted, &err));
    assert_int_equal(deleted, 1);
    assert_true(do_idempotency_expire(f->store, at(3), 2, &deleted, &err));
    assert_int_equal(deleted, 0);
    assert_false(key_is_kept(f, "c", UTC_NONE, &found));
    assert_true(key_is_kept(f, "d", UTC_NONE, &found));
}

/* ---- small facts ----------------------------------------------------------------------------- */

static struct str fact(struct fixture *f, const char *name) {
    struct err err;
    struct str value = STR("untouched");
    struct store_tx *tx = read_begin(f);
    bool ok = store_meta_get(tx, str_from_cstr(name), &f->arena, &value, &err);
    read_end(f, tx);
    assert_true(ok);
    return value;
}

static void test_facts_are_set_changed_and_taken_back(void **state) {
    struct fixture *f = *state;
    struct err err;
    assert_true(str_is_absent(fact(f, "paused_all")));
    assert_true(do_meta_set(f->store, STR("paused_all"), STR("1"), &err));
    assert_true(do_meta_set(f->store, STR("colour"), STR(""), &err));
    assert_str(fact(f, "paused_all"), "1");
    assert_str(fact(f, "colour"), "");
    suite_restart(f);
    assert_true(do_meta_set(f->store, STR("paused_all"), STR("0"), &err));
    assert_str(fact(f, "paused_all"), "0");
    assert_true(do_meta_set(f->store, STR("paused_all"), STR_NONE, &err));
    assert_true(str_is_absent(fact(f, "paused_all")));
    assert_true(do_meta_set(f->store, STR("paused_all"), STR_NONE, &err));
    assert_str(fact(f, "colour"), "");
}
