/* Rows as JSON: typed, named once, and no more of them than there is room for. */
#include "base/json_read.h"
#include "handlers/procedures/procedure_rows.h"

#include <string.h>

static void add_rows(struct procedure_rows *rows, int count) {
    procedure_rows_begin(rows);
    procedure_rows_column(rows, STR("id"));
    procedure_rows_column(rows, STR("text"));
    for (int i = 0; i < count; i++) {
        if (procedure_rows_begin_row(rows)) {
            procedure_rows_value(rows, 0);
            json_i64(&rows->writer, i);
            procedure_rows_value(rows, 1);
            json_str(&rows->writer, STR("some text that takes its room"));
        }
        procedure_rows_end_row(rows);
    }
}

static json_t *write(const struct procedure_rows *rows, bool is_half, bool *ret_left_out,
                     size_t *ret_length) {
    struct procedure_document document = {
        .procedure = STR("p"), .affected = -1, .has_result = true};
    struct buf out = buf_with_max(0);
    struct err err = ERR_INIT;
    *ret_left_out = procedure_rows_write(rows, &document, is_half, &out);
    *ret_length = out.len;
    json_t *json = json_read(buf_str(&out), &err);
    if (!json) fail_msg("%s: %s", err.msg, out.ptr);
    buf_free(&out);
    return json;
}

static void test_the_first_rows_are_kept_whole_and_all_are_counted(void **state) {
    (void)state;
    struct procedure_rows rows = {.max = 4096};
    bool left_out;
    size_t length;
    add_rows(&rows, 1000);
    for (int is_half = 0; is_half < 2; is_half++) {
        json_t *json = write(&rows, is_half, &left_out, &length);
        size_t kept = json_array_size(json_object_get(json, "rows"));
        assert_true(left_out);
        assert_in_range(length, (is_half ? 2048 : 4096) - 600, is_half ? 2048 : 4096);
        assert_int_equal(json_integer_value(json_object_get(json, "rowCount")), 1000);
        assert_int_equal(json_integer_value(json_object_get(json, "rowsLeftOut")), 1000 - kept);
        json_decref(json);
    }
    procedure_rows_free(&rows);
}

static void test_a_row_that_is_too_long_ends_what_is_kept(void **state) {
    (void)state;
    struct procedure_rows rows = {.max = 2048};
    char text[4000];
    bool left_out;
    size_t length;
    memset(text, 'x', sizeof text);
    procedure_rows_begin(&rows);
    procedure_rows_column(&rows, STR("t"));
    for (size_t size = 10; size < sizeof text; size += 3900) {
        if (procedure_rows_begin_row(&rows)) {
            procedure_rows_value(&rows, 0);
            json_str(&rows.writer, (struct str){text, size});
        }
        procedure_rows_end_row(&rows);
    }
    json_t *json = write(&rows, false, &left_out, &length);
    assert_true(left_out);
    assert_int_equal(json_array_size(json_object_get(json, "rows")), 1);
    json_decref(json);
    procedure_rows_free(&rows);
}

static void test_a_later_result_takes_the_place_of_an_earlier_one(void **state) {
    (void)state;
    struct procedure_rows rows = {.max = 4096};
    bool left_out;
    size_t length;
    add_rows(&rows, 1000);
    add_rows(&rows, 2);
    json_t *json = write(&rows, false, &left_out, &length);
    assert_false(left_out);
    assert_int_equal(json_array_size(json_object_get(json, "rows")), 2);
    assert_null(json_object_get(json, "rowsLeftOut"));
    json_decref(json);
    procedure_rows_free(&rows);
}

static void test_each_column_has_a_name_of_its_own(void **state) {
    (void)state;
    struct procedure_rows rows = {.max = 4096};
    static const char *const names[] = {"a", "a", "", "a", "", "a_2"};
    static const char *const expected[] = {"a", "a_2", "column", "a_3", "column_2", "a_2_2"};
    procedure_rows_begin(&rows);
    for (size_t i = 0; i < COUNT_OF(names); i++)
        procedure_rows_column(&rows, str_from_cstr(names[i]));
    for (size_t i = 0; i < COUNT_OF(names); i++)
        assert_string_equal(rows.columns[i].ptr, expected[i]);
    procedure_rows_free(&rows);
}

static void test_numbers_are_numbers_only_where_json_has_them(void **state) {
    (void)state;
    static const char *const table[][2] = {
        {"0", "0"},
        {"-1.50", "-1.50"},
        {"1e+20", "1e+20"},
        {"NaN", "\"NaN\""},
        {"01", "\"01\""},
        {"-", "\"-\""},
        {"1.", "\"1.\""},
        {"", "\"\""},
        {"1e", "\"1e\""},
        {".5", "\".5\""},
        {"+1", "\"+1\""},
        {"1 ", "\"1 \""},
        {"12345678901234567890123.45", "12345678901234567890123.45"},
        {"Infinity", "\"Infinity\""}};
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        struct buf out = buf_with_max(0);
        struct json_writer w = json_writer(&out);
        procedure_put_number(&w, str_from_cstr(table[i][0]));
        assert_string_equal(out.ptr, table[i][1]);
        buf_free(&out);
    }
}
