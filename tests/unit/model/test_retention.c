/* How long executions are kept, in and out. */
#include "base/json_read.h"
#include "model/retention.h"

static size_t read(const char *json, struct retention *retention, struct arena *arena) {
    struct faults faults = {.arena = arena};
    json_t *root = json_read(str_from_cstr(json), NULL);
    assert_non_null(root);
    retention_from_json(root, STR("retention"), retention, &faults);
    json_decref(root);
    return faults.count;
}

static void test_canonical_text_holds_the_limits(void **state) {
    (void)state;
    static const struct {
        const char *in, *out; // NULL = absent
        int64_t days, count;
    } rows[] = {
        {"{}", NULL, 0, 0},
        {"{\"days\":null,\"count\":null}", NULL, 0, 0},
        {"{\"days\":7}", "{\"days\":7}", 7, 0},
        {"{\"count\":1000000,\"days\":null}", "{\"count\":1000000}", 0, 1000000},
        {"{\"count\":5,\"days\":3650}", "{\"days\":3650,\"count\":5}", 3650, 5},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct arena arena = {0};
        struct err err = ERR_INIT;
        struct retention retention = {.days = 99}, again = {0};
        assert_int_equal(read(rows[i].in, &retention, &arena), 0);
        assert_int_equal(retention.days, rows[i].days);
        assert_int_equal(retention.count, rows[i].count);
        struct str text = retention_text(&arena, &retention);
        struct str expected = rows[i].out ? str_from_cstr(rows[i].out) : STR_NONE;
        assert_true(str_equal(text, expected));
        assert_int_equal(str_is_absent(text), rows[i].out == NULL);
        assert_true(retention_parse(text, &again, &err));
        assert_memory_equal(&again, &retention, sizeof again);
        arena_free(&arena);
    }
}

static void test_faults_leave_the_limits_alone(void **state) {
    (void)state;
    struct arena arena = {0};
    struct retention retention = {.days = 4, .count = 5};
    assert_int_equal(read("{\"days\":0,\"count\":1000001,\"weeks\":3}", &retention, &arena), 3);
    assert_int_equal(retention.days, 4);
    assert_int_equal(retention.count, 5);
    arena_free(&arena);
}

static void test_text_of_others_is_refused(void **state) {
    (void)state;
    static const char *const texts[] = {"", "[]", "{\"days\":-1}", "{\"days\":", "7"};
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct err err = ERR_INIT;
        struct retention retention = {.days = 4};
        assert_false(retention_parse(str_from_cstr(texts[i]), &retention, &err));
        assert_int_equal(err.kind, ERR_INVALID);
        assert_int_equal(retention.days, 4);
    }
}
