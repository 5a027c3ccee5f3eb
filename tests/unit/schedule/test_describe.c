/* Patterns in words: the second column of the table of valid patterns. */
#include "schedule/describe.h"
#include "tests/unit/schedule/table.h"

static void test_table_of_words(void **state) {
    (void)state;
    struct table table = table_open("cron_valid.txt");
    struct str parts[2];
    while (table_next(&table, parts, 2)) {
        struct err err = ERR_INIT;
        struct cron cron;
        struct buf words = buf_with_max(0);
        assert_true(cron_parse(parts[0], 7, &cron, &err));
        cron_describe(&cron, &words);
        if (!str_equal(buf_str(&words), parts[1]))
            fail_msg("%.*s: %s", STR_ARG(parts[0]), words.ptr);
        buf_free(&words);
    }
    assert_true(table.rows > 100);
    table_close(&table);
}

static void test_every_pattern_has_words_and_they_end(void **state) {
    (void)state;
    struct table table = table_open("cron_next.txt");
    struct str parts[6];
    while (table_next(&table, parts, 6)) {
        struct err err = ERR_INIT;
        struct cron cron;
        struct buf words = buf_with_max(2000);
        assert_true(cron_parse(parts[0], 7, &cron, &err));
        cron_describe(&cron, &words);
        assert_true(words.len > 8 && !words.too_big);
        assert_false(str_contains(buf_str(&words), STR("  ")));
        assert_false(str_ends_with(buf_str(&words), STR(" ")));
        buf_free(&words);
    }
    table_close(&table);
}
