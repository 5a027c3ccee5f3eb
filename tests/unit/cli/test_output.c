#include "cli/output.h"
#include "tests/unit/cli/cli.h"

static void check_visible(struct str given, const char *wanted) {
    struct buf buf = buf_with_max(0);
    buf_put(&buf, STR(""));
    buf_put_visible(&buf, given, VISIBLE_ONE_LINE);
    assert_string_equal(buf_str(&buf).len > 0 ? buf_str(&buf).ptr : "", wanted);
    buf_free(&buf);
}

static void test_what_drives_a_terminal_is_escaped_and_all_else_stays(void **state) {
    (void)state;
    check_visible(STR("plain ä 日本 🎉"), "plain ä 日本 🎉");
    check_visible(STR("\x1b[31m"), "\\x1b[31m");
    check_visible(STR("a\nb\tc\r"), "a\\nb\\tc\\x0d");
    check_visible(STR("\xc2\x9b"
                      "2J"),
                  "\\x9b2J");
    check_visible(STR("\xe2\x80\xae"
                      "x"),
                  "\\u202ex");
    check_visible(STR("\xf3\xa0\x81\x81"), "\\ue0041");
    check_visible(STR("a\xff"
                      "b\xe2\x80"),
                  "a\xef\xbf\xbd"
                  "b\xef\xbf\xbd\xef\xbf\xbd");
    check_visible(STR("\0"), "\\x00");
    check_visible(STR(""), "");
}

static void test_lines_stay_where_they_may(void **state) {
    (void)state;
    struct buf buf = buf_with_max(0);
    buf_put_visible(&buf, STR("a\n\tb\x1b"), VISIBLE_LINES);
    assert_string_equal(buf.ptr, "a\n\tb\\x1b");
    buf_free(&buf);
}

static void test_width_counts_columns(void **state) {
    (void)state;
    assert_int_equal(text_width(STR("abc")), 3);
    assert_int_equal(text_width(STR("äöü")), 3);
    assert_int_equal(text_width(STR("日本")), 4);
    assert_int_equal(text_width(STR("e\xcc\x81")), 1);
    assert_int_equal(text_width(STR("🎉")), 2);
    assert_int_equal(text_width(STR("")), 0);
}

static void check_relative(int64_t seconds, const char *wanted) {
    struct buf buf = buf_with_max(0);
    struct utc now = utc_from_seconds(1700000000);
    buf_put_relative(&buf, utc_add(now, span_seconds(seconds)), now);
    assert_string_equal(buf.ptr, wanted);
    buf_free(&buf);
}

static void test_relative_times(void **state) {
    (void)state;
    check_relative(0, "now");
    check_relative(5, "in 5 s");
    check_relative(-119, "119 s ago");
    check_relative(120, "in 2 min");
    check_relative(-7200, "2 h ago");
    check_relative(172800, "in 2 d");
    check_relative(-86400 * 400, "400 d ago");
}

static void check_length(int64_t ms, const char *wanted) {
    struct buf buf = buf_with_max(0);
    buf_put_length(&buf, ms);
    assert_string_equal(buf.ptr, wanted);
    buf_free(&buf);
}

static void test_lengths(void **state) {
    (void)state;
    check_length(0, "0 ms");
    check_length(999, "999 ms");
    check_length(1234, "1.2 s");
    check_length(60000, "1 min 0 s");
    check_length(3723000, "1 h 2 min");
    check_length(INT64_C(90061000), "1 d 1 h");
}
