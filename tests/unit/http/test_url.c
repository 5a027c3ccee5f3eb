/* Percent-encoding and query strings. */
#include "http/url.h"

#include <stdio.h>
#include <string.h>

static void test_what_is_encoded_is_decoded_once(void **state) {
    (void)state;
    static const struct {
        const char *in, *out; // NULL = refused
        unsigned flags;
    } rows[] = {
        {"", "", 0},
        {"plain", "plain", 0},
        {"a%20b", "a b", 0},
        {"%2525", "%25", 0},
        {"a+b", "a+b", 0},
        {"a+b%2B", "a b+", URL_PLUS_IS_SPACE},
        {"%C3%a4", "ä", 0},
        {"%", NULL, 0},
        {"%1", NULL, 0},
        {"%1g", NULL, 0},
        {"%00", NULL, 0},
        {"%80", NULL, 0},
        {"%f8%88%80%80%80", NULL, 0},
        {"\xff", NULL, 0},
    };
    struct arena arena = {0};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct str out = STR("untouched");
        bool ok = url_decode(&arena, str_from_cstr(rows[i].in), rows[i].flags, &out);
        assert_int_equal(ok, rows[i].out != NULL);
        assert_true(str_equal(out, str_from_cstr(rows[i].out ? rows[i].out : "untouched")));
    }
    arena_free(&arena);
}

static void test_a_query_is_split_and_decoded(void **state) {
    (void)state;
    struct arena arena = {0};
    struct query query;
    struct faults faults = {.arena = &arena};
    query_parse(STR("a=1&b=x%26y+z&&flag&empty=&c=d=e"), &arena, &query, &faults);
    assert_true(faults_none(&faults));
    assert_int_equal(query.count, 5);
    assert_true(str_equal(query_find(&query, STR("a")), STR("1")));
    assert_true(str_equal(query_find(&query, STR("b")), STR("x&y z")));
    assert_true(str_equal(query_find(&query, STR("c")), STR("d=e")));
    assert_false(str_is_absent(query_find(&query, STR("flag"))));
    assert_false(str_is_absent(query_find(&query, STR("empty"))));
    assert_true(str_is_absent(query_find(&query, STR("other"))));
    arena_free(&arena);
}

static void test_every_fault_of_a_query_is_named(void **state) {
    (void)state;
    struct arena arena = {0};
    struct query query;
    struct faults faults = {.arena = &arena};
    query_parse(STR("a=1&a=2&b=%zz&flag&flag&c=%ff&%00=x"), &arena, &query, &faults);
    assert_int_equal(faults.count, 5);
    assert_true(str_equal(faults.items[0].field, STR("a")));
    assert_true(str_contains(faults.items[0].message, STR("more than once")));
    assert_true(str_equal(faults.items[1].field, STR("b")));
    assert_true(str_equal(faults.items[2].field, STR("flag")));
    assert_true(str_equal(faults.items[3].field, STR("c")));
    assert_true(str_equal(faults.items[4].field, STR("%00")));
    arena_free(&arena);
}

static void test_too_many_parameters_are_a_fault(void **state) {
    (void)state;
    struct arena arena = {0};
    struct query query;
    struct faults faults = {.arena = &arena};
    char text[1024] = "";
    size_t length = 0;
    for (int i = 0; i < 100; i++)
        length += (size_t)snprintf(text + length, sizeof text - length, "p%d=1&", i);
    query_parse(str_from_cstr(text), &arena, &query, &faults);
    assert_int_equal(query.count, QUERY_MAX_PARAMETERS);
    assert_int_equal(faults.count, 1);
    arena_free(&arena);
}
