/* What is thrown away, and what is not yet. */
#include "engine/retention.h"
#include "store/memory/memory_store.h"

static const struct utc now = {INT64_C(1790000000000000)};

static bool put_keys(struct store_tx *tx, void *context, struct err *err) {
    (void)context;
    static const int64_t ages[] = {29, 31}; // days
    static const struct str keys[] = {STR_INIT("young"), STR_INIT("old")};
    for (size_t i = 0; i < COUNT_OF(ages); i++) {
        struct idempotency entry = {.scope = STR("s"),
                                    .key = keys[i],
                                    .status = 201,
                                    .body = STR("{}"),
                                    .created_at = utc_add(now, span_seconds(-86400 * ages[i]))};
        if (!store_idempotency_put(tx, &entry, err)) return false;
    }
    return true;
}

static bool expire(struct store_tx *tx, void *context, struct err *err) {
    return retention_run(tx, now, *(const struct span *)context, err);
}

static bool is_there(struct store *store, struct str key) {
    struct err err = ERR_INIT;
    struct arena arena = {0};
    struct idempotency found;
    struct store_tx *tx = store_read_begin(store, &err);
    bool ok = store_idempotency_get(tx, STR("s"), key, UTC_NONE, &arena, &found, &err);
    store_read_end(tx);
    arena_free(&arena);
    return ok;
}

static void test_keys_go_after_their_days_and_not_before(void **state) {
    (void)state;
    struct err err = ERR_INIT;
    struct span never = {0}, month = span_seconds(86400 * 30);
    struct store *store = memory_store_new(&(struct memory_store_options){0});
    assert_true(store_write_wait(store, put_keys, NULL, &err));
    assert_true(store_write_wait(store, expire, &never, &err));
    assert_true(is_there(store, STR("old")));
    assert_true(store_write_wait(store, expire, &month, &err));
    assert_false(is_there(store, STR("old")));
    assert_true(is_there(store, STR("young")));
    store_close(store);
}
