/* test_dependencies.c - what a job waits for: in, out, and judged. */
#include "base/json_read.h"
#include "model/dependencies.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define A "01900000-0000-7000-8000-00000000000a"
#define B "01900000-0000-7000-8000-00000000000b"

static size_t read(const char *json, struct arena *arena, struct dependencies *ret,
                   struct faults *faults) {
    json_t *root = json_read(str_from_cstr(json), NULL);
    assert_non_null(root);
    dependencies_read(root, STR("dependencies"), arena, ret, faults);
    json_decref(root);
    return faults->count;
}

static void test_canonical_text_is_read_as_it_was_written(void **state) {
    (void)state;
    static const struct {
        const char *in, *out; // NULL = absent
    } rows[] = {
        {"{}", NULL},
        {"{\"dependsOnJobIds\":[],\"condition\":\"AnySucceeded\"}", NULL},
        {"{\"dependsOnJobIds\":null}", NULL},
        {"{\"dependsOnJobIds\":[\"" A "\"]}",
         "{\"dependsOnJobIds\":[\"" A "\"],\"condition\":\"AllSucceeded\"}"},
        {"{\"condition\":\"anysucceeded\",\"dependsOnJobIds\":[\"" B
         "\",\"01900000-0000-7000-8000-00000000000A\"]}",
         "{\"dependsOnJobIds\":[\"" B "\",\"" A "\"],\"condition\":\"AnySucceeded\"}"},
        {"{\"condition\":3,\"dependsOnJobIds\":[\"" B "\"]}",
         "{\"dependsOnJobIds\":[\"" B "\"],\"condition\":\"AllCompleted\"}"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct arena arena = {0};
        struct faults faults = {.arena = &arena};
        struct dependencies dependencies = {0}, again;
        struct err err = ERR_INIT;
        assert_int_equal(read(rows[i].in, &arena, &dependencies, &faults), 0);
        struct str text = dependencies_text(&arena, &dependencies);
        assert_int_equal(str_is_absent(text), rows[i].out == NULL);
        if (rows[i].out) assert_string_equal(text.ptr, rows[i].out);
        assert_true(dependencies_parse(text, &arena, &again, &err));
        assert_int_equal(again.count, dependencies.count);
        assert_true(str_equal(dependencies_text(&arena, &again), text));
        arena_free(&arena);
    }
}

static void test_every_fault_is_named(void **state) {
    (void)state;
    struct arena arena = {0};
    struct faults faults = {.arena = &arena};
    struct dependencies dependencies = {.count = 7};
    assert_int_equal(read("{\"dependsOnJobIds\":[\"" A "\",\"nightly\",7,\"" A
                          "\"],\"condition\":\"Some\",\"jobs\":[]}",
                          &arena, &dependencies, &faults),
                     5);
    assert_int_equal(dependencies.count, 7);
    static const char *const fields[] = {
        "dependencies.jobs", "dependencies.condition", "dependencies.dependsOnJobIds[1]",
        "dependencies.dependsOnJobIds[2]", "dependencies.dependsOnJobIds[3]"};
    for (size_t i = 0; i < COUNT_OF(fields); i++)
        assert_true(str_equal(faults.items[i].field, str_from_cstr(fields[i])));
    assert_true(str_contains(faults.items[4].message, STR(A)));
    struct faults others = {.arena = &arena};
    assert_int_equal(read("[]", &arena, &dependencies, &others), 1);
    arena_free(&arena);
}

static void test_a_hundred_jobs_and_no_more(void **state) {
    (void)state;
    for (int count = DEPENDENCIES_MAX; count <= DEPENDENCIES_MAX + 1; count++) {
        struct arena arena = {0};
        struct faults faults = {.arena = &arena};
        struct dependencies dependencies;
        json_t *ids = json_array();
        for (int i = 0; i < count; i++)
            (void)json_array_append_new(
                ids, json_sprintf("01900000-0000-7000-8000-%012x", (unsigned)i + 1));
        json_t *root = json_pack("{s:o}", "dependsOnJobIds", ids);
        dependencies_read(root, STR("dependencies"), &arena, &dependencies, &faults);
        assert_int_equal(faults.count, count > DEPENDENCIES_MAX);
        if (faults.count == 0) assert_int_equal(dependencies.count, DEPENDENCIES_MAX);
        json_decref(root);
        arena_free(&arena);
    }
}

static void test_text_of_others_is_refused(void **state) {
    (void)state;
    static const char *const texts[] = {"[]", "{", "{\"dependsOnJobIds\":[1]}", "7"};
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct arena arena = {0};
        struct dependencies dependencies;
        struct err err = ERR_INIT;
        assert_false(dependencies_parse(str_from_cstr(texts[i]), &arena, &dependencies, &err));
        assert_int_equal(err.kind, ERR_INVALID);
        arena_free(&arena);
    }
}

/* One letter a job: s it succeeded since then, f it failed since then, o it did either before that,
 * - it never ended, g it is gone, G it is gone and succeeded since. */
static struct dependency_end end_of(char letter) {
    static const struct utc before = {50}, after = {150};
    switch (letter) {
    case 's': return (struct dependency_end){false, after, after};
    case 'f': return (struct dependency_end){false, before, after};
    case 'o': return (struct dependency_end){false, before, before};
    case 'g': return (struct dependency_end){true, before, before};
    case 'G': return (struct dependency_end){true, after, after};
    default: return (struct dependency_end){0};
    }
}

static void test_the_verdict_and_whom_it_names(void **state) {
    (void)state;
    static const struct {
        enum dependency_condition condition;
        const char *ends;
        enum dependency_verdict verdict;
        const char *open; // digits: indexes
    } rows[] = {
        {DEPENDENCY_ALL_SUCCEEDED, "s", DEPENDENCY_MET, ""},
        {DEPENDENCY_ALL_SUCCEEDED, "ss", DEPENDENCY_MET, ""},
        {DEPENDENCY_ALL_SUCCEEDED, "sf", DEPENDENCY_WAITS, "1"},
        {DEPENDENCY_ALL_SUCCEEDED, "-so", DEPENDENCY_WAITS, "02"},
        {DEPENDENCY_ALL_SUCCEEDED, "Gs", DEPENDENCY_MET, ""},
        {DEPENDENCY_ALL_SUCCEEDED, "ogs", DEPENDENCY_IMPOSSIBLE, "1"},
        {DEPENDENCY_ANY_SUCCEEDED, "fs-", DEPENDENCY_MET, ""},
        {DEPENDENCY_ANY_SUCCEEDED, "f-g", DEPENDENCY_WAITS, "01"},
        {DEPENDENCY_ANY_SUCCEEDED, "gg", DEPENDENCY_IMPOSSIBLE, "01"},
        {DEPENDENCY_ANY_SUCCEEDED, "gG", DEPENDENCY_MET, ""},
        {DEPENDENCY_ALL_COMPLETED, "sf", DEPENDENCY_MET, ""},
        {DEPENDENCY_ALL_COMPLETED, "of", DEPENDENCY_WAITS, "0"},
        {DEPENDENCY_ALL_COMPLETED, "fg", DEPENDENCY_IMPOSSIBLE, "1"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct guid ids[8] = {0};
        struct dependency_end ends[8];
        size_t count = strlen(rows[i].ends), open[8], open_count = 99;
        for (size_t j = 0; j < count; j++) ends[j] = end_of(rows[i].ends[j]);
        struct dependencies dependencies = {ids, count, rows[i].condition};
        struct utc since = {100};
        assert_int_equal(dependencies_judge(&dependencies, ends, since, open, &open_count),
                         rows[i].verdict);
        assert_int_equal(open_count, strlen(rows[i].open));
        for (size_t j = 0; j < open_count; j++)
            assert_int_equal(open[j], (size_t)(rows[i].open[j] - '0'));
        assert_int_equal(dependencies_judge(&dependencies, ends, since, NULL, NULL),
                         rows[i].verdict);
    }
}

static void test_an_end_at_that_very_instant_does_not_count_and_without_one_all_do(void **state) {
    (void)state;
    struct guid id = {{1}};
    struct dependencies dependencies = {&id, 1, DEPENDENCY_ALL_SUCCEEDED};
    struct dependency_end end = {false, {100}, {100}};
    struct utc at = {100}, before = {99};
    assert_int_equal(dependencies_judge(&dependencies, &end, at, NULL, NULL), DEPENDENCY_WAITS);
    assert_int_equal(dependencies_judge(&dependencies, &end, before, NULL, NULL), DEPENDENCY_MET);
    assert_int_equal(dependencies_judge(&dependencies, &end, UTC_NONE, NULL, NULL), DEPENDENCY_MET);
}
