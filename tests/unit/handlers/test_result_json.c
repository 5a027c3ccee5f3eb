/* test_result_json.c - what counts as the result of a run, and what does not. */
#include "handlers/result_json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_one_json_value_and_nothing_else(void **state) {
    (void)state;
    static const struct {
        const char *in, *out; // NULL = absent
    } rows[] = {
        {"{\"a\":0.1}\n", "{\"a\":0.1}"},
        {" [1, 2]", "[1, 2]"},
        {"7", "7"},
        {"\"[[[[\\\"{{{{\"", "\"[[[[\\\"{{{{\""},
        {"null", "null"},
        {"", NULL},
        {"done", NULL},
        {"{} {}", NULL},
        {"{\"a\":1,\"a\":2}", NULL},
        {"{\"a\":", NULL},
    };
    struct arena arena = {0};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct str json = result_json(str_from_cstr(rows[i].in), &arena);
        assert_int_equal(str_is_absent(json), rows[i].out == NULL);
        if (rows[i].out) assert_string_equal(json.ptr, rows[i].out);
    }
    arena_free(&arena);
}

static struct str repeated(struct buf *out, const char *begin, char piece, size_t count,
                           char end_piece, size_t end_count) {
    buf_reset(out);
    buf_put(out, str_from_cstr(begin));
    for (size_t i = 0; i < count; i++) buf_put_char(out, piece);
    for (size_t i = 0; i < end_count; i++) buf_put_char(out, end_piece);
    return buf_str(out);
}

static void test_size_and_depth_are_bounded(void **state) {
    (void)state;
    struct arena arena = {0};
    struct buf out = buf_with_max(0);
    assert_false(
        str_is_absent(result_json(repeated(&out, "\"", 'x', MAX_RESULT - 2, '"', 1), &arena)));
    assert_true(
        str_is_absent(result_json(repeated(&out, "\"", 'x', MAX_RESULT - 1, '"', 1), &arena)));
    size_t deep = RESULT_DEPTH_MAX;
    assert_false(str_is_absent(result_json(repeated(&out, "", '[', deep, ']', deep), &arena)));
    deep++;
    assert_true(str_is_absent(result_json(repeated(&out, "", '[', deep, ']', deep), &arena)));
    buf_free(&out);
    arena_free(&arena);
}

/* The last result of a text that comes in pieces of so many bytes. */
static struct str of_pieces(const char *text, size_t size, struct arena *arena) {
    struct result_lines lines = {0};
    struct str rest = str_from_cstr(text);
    while (rest.len > 0) {
        result_lines_feed(&lines, str_slice(rest, 0, size));
        rest = str_slice(rest, size, rest.len);
    }
    struct str last = result_lines_end(&lines, arena);
    result_lines_free(&lines);
    return last;
}

static void test_the_last_line_that_is_json_counts(void **state) {
    (void)state;
    static const struct {
        const char *in, *out;
    } rows[] = {
        {"::result 1\n", "1"},
        {"a\n::result {\"a\": 1}\nb\n", "{\"a\": 1}"},
        {"::result 1\n::result 2", "2"},
        {"::result 1\n::result oops\n", "1"},
        {"::result 1\r\n", "1"},
        {"x ::result 1\n", NULL},
        {"::result\n", NULL},
        {"::results 1\n", NULL},
        {"::result \n", NULL},
        {":\n::\n::resul\n::result 3\n:", "3"},
        {"", NULL},
    };
    struct arena arena = {0};
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        for (size_t size = 1; size < 24; size++) {
            struct str last = of_pieces(rows[i].in, size, &arena);
            assert_int_equal(str_is_absent(last), rows[i].out == NULL);
            if (rows[i].out) assert_string_equal(last.ptr, rows[i].out);
        }
    arena_free(&arena);
}

static void test_a_line_that_is_too_long_is_none(void **state) {
    (void)state;
    struct arena arena = {0};
    struct buf out = buf_with_max(0);
    for (size_t length = MAX_RESULT - 2; length <= MAX_RESULT + 7000; length += 3501) {
        struct result_lines lines = {0};
        result_lines_feed(&lines, STR("::result \""));
        struct str piece = repeated(&out, "", 'x', 700, 'x', 0);
        for (size_t left = length; left > 0;) {
            struct str part = str_slice(piece, 0, left);
            result_lines_feed(&lines, part);
            left -= part.len;
        }
        result_lines_feed(&lines, STR("\"\n"));
        struct str last = result_lines_end(&lines, &arena);
        assert_int_equal(str_is_absent(last), length > MAX_RESULT - 2);
        assert_true(lines.line.cap < 2 * MAX_RESULT + 4096);
        result_lines_free(&lines);
    }
    buf_free(&out);
    arena_free(&arena);
}
