/* The parameters that stand in a script, and what of its file is taken. */
#include "base/buf.h"
#include "base/json_read.h"
#include "handlers/procedures/sqlite_script.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void check(const char *text, const char *expected) {
    struct sqlite_script script;
    struct err err = ERR_INIT;
    struct buf found = buf_with_max(0);
    if (!sqlite_script_scan(str_from_cstr(text), &script, &err)) {
        buf_put(&found, str_from_cstr(err.msg));
    } else {
        for (size_t i = 0; i < script.count; i++)
            buf_printf(&found, "%s%.*s", i ? " " : "", STR_ARG(script.parameters[i]));
    }
    if (!str_equal(buf_str(&found), str_from_cstr(expected)))
        fail_msg("%s\nexpected: %s\nfound:    %.*s", text, expected, STR_ARG(buf_str(&found)));
    buf_free(&found);
}

static void test_parameters_are_found_where_sqlite_has_them_and_nowhere_else(void **state) {
    (void)state;
    check("", "");
    check("select :a, :b_2, :a;", "a b_2");
    check("select ':a', \":b\", `:c`, [:d], 'it''s :e', \"q\"\"uote :f\" from t where x = :g", "g");
    check("-- :a\nselect :b -- :c", "b");
    check("/* :a */ select /* :b\n * :c */ :d /* :e", "d");
    check("select a$b, x:y", "y");
    check("select ':a", "");
    check("select x[:a]", "");
    check("select :größe", "größe");
    check("select a -> '$.b' ->> '$.c'", "");
    check("select : a", "");
    check("select ?", "has a parameter that begins with ?; write :name");
    check("select @a", "has a parameter that begins with @; write :name");
    check("select $a", "has a parameter that begins with $; write :name");
}

static void test_parameters_must_be_those_of_the_script(void **state) {
    (void)state;
    struct sqlite_script script;
    struct err err = ERR_INIT;
    assert_true(sqlite_script_scan(STR("select :a, :b"), &script, &err));
    static const char *const table[][2] = {
        {"{\"a\":1,\"b\":null}", ""},
        {"{\"a\":1}", "the parameter b of the script is missing"},
        {"{\"a\":1,\"b\":2,\"c\":3}", "there is no parameter c in the script; it has: a, b"}};
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        json_t *parameters = json_read(str_from_cstr(table[i][0]), NULL);
        err.msg[0] = '\0';
        assert_int_equal(sqlite_script_fits(&script, parameters, &err), table[i][1][0] == '\0');
        assert_string_equal(err.msg, table[i][1]);
        json_decref(parameters);
    }
}

static void write_file(int folder, const char *name, const char *bytes, size_t size, mode_t mode) {
    int file = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL, 0600);
    assert_true(file >= 0);
    assert_int_equal(write(file, bytes, size), size);
    assert_int_equal(fchmod(file, mode), 0);
    close(file);
}

static void test_only_plain_files_of_the_folder_are_read(void **state) {
    (void)state;
    char path[] = "/tmp/scripts-XXXXXX";
    assert_non_null(mkdtemp(path));
    int folder = open(path, O_PATH | O_DIRECTORY);
    struct sqlite_script script;
    struct arena arena = {0};
    write_file(folder, "good.sql", "select 1", 8, 0600);
    write_file(folder, "empty.sql", "", 0, 0600);
    write_file(folder, "nul.sql", "a\0b", 3, 0600);
    write_file(folder, "latin.sql", "\xe9", 1, 0600);
    write_file(folder, "open.sql", "x", 1, 0666);
    assert_int_equal(symlinkat("good.sql", folder, "link.sql"), 0);
    assert_int_equal(mkfifoat(folder, "fifo.sql", 0600), 0);
    assert_int_equal(mkdirat(folder, "folder.sql", 0700), 0);
    static const char *const table[][2] = {
        {"good", ""},
        {"empty", ""},
        {"nul", "nul.sql is not UTF-8"},
        {"latin", "latin.sql is not UTF-8"},
        {"open", "everybody may write to open.sql"},
        {"link", "link.sql cannot be opened"},
        {"fifo", "fifo.sql is no plain file"},
        {"folder", "folder.sql is no plain file"},
        {"none", "there is no none.sql in Scheduler:Procedures:Directory; there are: "}};
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        struct err err = ERR_INIT;
        bool ok = sqlite_script_read(folder, str_from_cstr(table[i][0]), &arena, &script, &err);
        assert_int_equal(ok, table[i][1][0] == '\0');
        if (!strstr(err.msg, table[i][1])) fail_msg("%s: %s", table[i][0], err.msg);
        if (!ok) continue;
        assert_int_equal(script.text.ptr[script.text.len], '\0');
    }
    struct err err = ERR_INIT;
    assert_false(sqlite_script_read(-1, STR("good"), &arena, &script, &err));
    assert_non_null(strstr(err.msg, "Scheduler:Procedures:Directory is not set"));
    static const char *const names[] = {"good", "empty", "nul", "latin", "open", "link", "fifo"};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        char name[32];
        snprintf(name, sizeof name, "%s.sql", names[i]);
        assert_int_equal(unlinkat(folder, name, 0), 0);
    }
    assert_int_equal(unlinkat(folder, "folder.sql", AT_REMOVEDIR), 0);
    close(folder);
    assert_int_equal(rmdir(path), 0);
    arena_free(&arena);
}
