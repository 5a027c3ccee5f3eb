/* test_json_scan.c - the outline of JSON text, without a tree. */
#include "base/json_scan.h"

#include <stdlib.h>
#include <string.h>

/* "name=value|" for each; "!" and the error's position where it is malformed. */
static void walk(struct buf *out, const char *text, char open) {
    struct json_scan scan;
    struct err err = ERR_INIT;
    struct str name, value;
    buf_reset(out);
    if (json_scan_begin(str_from_cstr(text), open, &scan, &err)) {
        while (json_scan_next(&scan, &name, &value, &err)) {
            if (open == '{') buf_printf(out, "%.*s=", STR_ARG(name));
            buf_printf(out, "%.*s|", STR_ARG(value));
        }
    }
    if (err.kind != ERR_NONE) buf_printf(out, "!%d", err.position);
}

static void test_members_and_elements_come_as_views_of_their_text(void **state) {
    (void)state;
    static const struct {
        const char *text;
        char open;
        const char *expected;
    } cases[] = {
        {"{}", '{', ""},
        {" [ ] \n", '[', ""},
        {"{\"a\":1, \"b\" : [1,2] ,\"c\":{\"d\":\"}\"}}", '{', "a=1|b=[1,2]|c={\"d\":\"}\"}|"},
        {"[true,null,-1.5e3,\"a\\\"]\",[[]],{}]", '[', "true|null|-1.5e3|\"a\\\"]\"|[[]]|{}|"},
        {"{\"\\u0061\":0}", '{', "\\u0061=0|"},
        {"", '{', "!0"},
        {"[]", '{', "!0"},
        {"[1 2]", '[', "1|!3"},
        {"[1,]", '[', "1|!3"},
        {"[,1]", '[', "!1"},
        {"[1", '[', "1|!2"},
        {"[\"a]", '[', "!1"},
        {"[\"a\\\"]", '[', "!1"},
        {"[[1]", '[', "[1]|!4"},
        {"[{\"a\":1]", '[', "{\"a\":1]|!8"},
        {"{\"a\"}", '{', "!4"},
        {"{\"a\":}", '{', "!5"},
        {"{a:1}", '{', "!1"},
        {"{\"a\":1}x", '{', "a=1|!7"},
        {"[1]]", '[', "1|!3"},
    };
    struct buf out = buf_with_max(0);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        walk(&out, cases[i].text, cases[i].open);
        assert_string_equal(out.ptr ? out.ptr : "", cases[i].expected);
    }
    buf_free(&out);
}

static void test_nesting_costs_no_stack(void **state) {
    (void)state;
    enum { DEEP = 1000000 };
    char *text = malloc(DEEP + 3);
    assert_non_null(text);
    memset(text, '[', DEEP);
    text[DEEP] = '\0';
    struct buf out = buf_with_max(0);
    walk(&out, text, '[');
    assert_string_equal(out.ptr, "!1");
    buf_free(&out);
    free(text);
}

static void test_a_string_is_what_its_escapes_mean(void **state) {
    (void)state;
    static const struct {
        const char *value, *expected; // NULL: refused
    } cases[] = {
        {"\"\"", ""},
        {"\"abc\"", "abc"},
        {"\"a\\n\\t\\\"\\\\\\/\\b\\f\\r\"", "a\n\t\"\\/\b\f\r"},
        {"\"\\u00e9\\u20AC\\ud83d\\ude00\"", "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80"},
        {"\"\xC3\xA9\"", "\xC3\xA9"},
        {"\"\\u0000\"", NULL},
        {"\"\\ud800\"", NULL},
        {"\"\\ud800\\u0041\"", NULL},
        {"\"\\udc00\"", NULL},
        {"\"\\u12\"", NULL},
        {"\"\\u12g4\"", NULL},
        {"\"\\x\"", NULL},
        {"\"a\nb\"", NULL},
        {"\"\xC3\"", NULL},
        {"\"a", NULL},
        {"\"a\\\"", NULL},
        {"\"a\"b", NULL},
        {"1", NULL},
        {"", NULL},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct buf out = buf_with_max(0);
        struct err err = ERR_INIT;
        bool good = json_scan_string(str_from_cstr(cases[i].value), &out, &err);
        assert_int_equal(good, cases[i].expected != NULL);
        if (good) assert_string_equal(out.ptr ? out.ptr : "", cases[i].expected);
        if (!good) assert_int_equal(err.kind, ERR_INVALID);
        buf_free(&out);
    }
}
