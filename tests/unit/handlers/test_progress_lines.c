/* Lines of progress among others, in pieces of every size. */
#include "handlers/progress_lines.h"

#include <string.h>

static void check(const char *output, int percent, const char *text) {
    for (size_t size = 1; size <= strlen(output); size++) {
        struct progress_lines lines = {0};
        bool found = false;
        struct str rest = str_from_cstr(output);
        for (size_t at = 0; at < rest.len; at += size)
            found |= progress_lines_feed(&lines, str_slice(rest, at, size));
        if (found != (percent >= 0) || lines.is_known != found ||
            (found && (lines.percent != percent || strcmp(lines.text, text) != 0)))
            fail_msg("\"%s\" in pieces of %zu: %d \"%s\"", output, size, lines.percent, lines.text);
    }
}

static void test_lines_that_count(void **state) {
    (void)state;
    check("::progress 40 copying files\n", 40, "copying files");
    check("::progress 0\n", 0, "");
    check("::progress 100 \r\n", 100, "");
    check("::progress 40% half\n", 40, "half");
    check("::progress 40.7 x\n", 40, "x");
    check("some output\n\n::progress 7 a\nmore\n::progress 8 b\nend", 8, "b");
}

static void test_lines_that_do_not(void **state) {
    (void)state;
    check("::progress 101 x\n", -1, "");
    check("::progress -1 x\n", -1, "");
    check("::progress x\n", -1, "");
    check("::progress\n", -1, "");
    check("::progress 40 no line end", -1, "");
    check(" ::progress 40\n", -1, "");
    check("x::progress 40\n", -1, "");
    check("::Progress 40\n", -1, "");
    check("\n\n\n", -1, "");
}

static void test_a_line_longer_than_the_room_is_skipped(void **state) {
    (void)state;
    struct progress_lines lines = {0};
    char text[2 * PROGRESS_LINE];
    memset(text, 'x', sizeof text);
    memcpy(text, "::progress 5 ", 13);
    assert_false(progress_lines_feed(&lines, (struct str){text, sizeof text}));
    assert_false(progress_lines_feed(&lines, STR("\n")));
    assert_true(progress_lines_feed(&lines, STR("::progress 6\n")));
    assert_int_equal(lines.percent, 6);
}
