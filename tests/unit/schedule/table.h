/* table.h - reads the text tables of tests/tables, one case a line, parts separated by |.
 *
 *     struct table table = table_open("cron_valid.txt");
 *     struct str parts[2];
 *     while (table_next(&table, parts, 2)) ...
 *     table_close(&table);
 *
 *   Owns: the text, until table_close.   Threads: one.   Errors: a missing or malformed file fails
 * the test.
 */
#ifndef ALPHABET_TESTS_SCHEDULE_TABLE_H
#define ALPHABET_TESTS_SCHEDULE_TABLE_H

#include "base/buf.h"
#include "base/str.h"

#include <stdio.h>

struct table {
    struct buf text;
    struct str rest;
    int rows;
};

static UNUSED struct table table_open(const char *name) {
    struct table table = {0};
    char path[1024], piece[4096];
    (void)snprintf(path, sizeof path, "%s/%s", TEST_TABLES, name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t got;
    while ((got = fread(piece, 1, sizeof piece, file)) > 0)
        buf_put(&table.text, (struct str){piece, got});
    (void)fclose(file);
    table.rest = buf_str(&table.text);
    return table;
}

/* The first count - 1 parts end at a |, the last one takes the rest of the line. */
static UNUSED bool table_next(struct table *table, struct str *parts, int count) {
    while (!str_is_absent(table->rest) && table->rest.len > 0) {
        struct str line = str_cut(&table->rest, '\n');
        if (str_starts_with(line, STR("#"))) continue;
        for (int i = 0; i < count - 1; i++) {
            parts[i] = str_cut(&line, '|');
            assert_false(str_is_absent(line));
        }
        parts[count - 1] = line;
        table->rows++;
        return true;
    }
    return false;
}

static UNUSED void table_close(struct table *table) {
    buf_free(&table->text);
}

#endif
