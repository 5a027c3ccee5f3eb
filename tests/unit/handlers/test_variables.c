/* test_variables.c - what each variable becomes, where it stands, and what is refused. */
#include "base/json_read.h"
#include "handlers/date_format.h"
#include "handlers/variables.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct execution execution;
static struct job job;
static struct variables_context context;
static json_t *parameters;

static void prepare(void) {
    assert_true(guid_parse(STR("0190a000-0000-7000-8000-000000000001"), &execution.id));
    assert_true(guid_parse(STR("0190a000-0000-7000-8000-000000000002"), &execution.job_id));
    execution.retry_count = 1;
    execution.triggered_by = STR("ann@example.org");
    execution.scheduled_for = utc_from_ms(1772323199000); // 2026-02-28T23:59:59Z
    job.name = STR("say \"hi\"\n");
    job.created_by = STR("author@example.org");
    execution.inputs = STR("{\"Nightly export\":{\"output\":\"4 "
                           "\\\"rows\\\"\\n\",\"result\":{\"rows\":4,\"file\":\"a b\","
                           "\"parts\":[{\"Output\":\"x\"},\"y\"],\"none\":null}},"
                           "\"v1.2 of A.Output\":{\"output\":\"dots\"},"
                           "\"0190a000-0000-7000-8000-00000000000a\":{\"result\":[1,2]}}");
    parameters = json_pack("{s:s, s:i, s:{s:b}, s:s}", "text", "a\"b", "count", 7, "deep", "x", 1,
                           "odd", "{{Today}}");
    context = (struct variables_context){.execution = &execution,
                                         .job = &job,
                                         .now = utc_from_ms(1767323045678),
                                         .machine_name = STR("box7"),
                                         .parameters = parameters};
}

static void expect(const char *text, enum variables_place place, const char *expected) {
    struct buf out = buf_with_max(0);
    struct err err = ERR_INIT;
    prepare();
    if (!variables_expand(str_from_cstr(text), place, &context, &out, &err))
        fail_msg("%s: %s", text, err.msg);
    assert_string_equal(buf_str(&out).ptr, expected);
    buf_free(&out);
    json_decref(parameters);
}

static void test_each_variable(void **state) {
    (void)state;
    static const char *const rows[][2] = {
        {"no variable", "no variable"},
        {"", ""},
        {"{{Today}}", "2026-01-02"},
        {"{{ Today }}", "2026-01-02"},
        {"{{Today:yyyyMMdd}}", "20260102"},
        {"{{Today-1d}}", "2026-01-01"},
        {"{{Today-1d:dd.MM.yy}}", "01.01.26"},
        {"{{Today-2d+12h:yyyy-MM-ddTHH:mm}}", "2025-12-31T12:00"},
        {"{{Today+1M:MMM MMMM ddd dddd d M}}", "Feb February Mon Monday 2 2"},
        {"{{Today+1w}}/{{Today+1y}}", "2026-01-09/2027-01-02"},
        {"{{Now}}", "2026-01-02T03:04:05.678Z"},
        {"{{Now+90s:HH:mm:ss.fff}}", "03:05:35.678"},
        {"{{Now:h:mm tt 'at' fff ff f K zzz \\y}}", "3:04 AM at 678 67 6 Z +00:00 y"},
        {"{{Execution.ScheduledFor}}", "2026-02-28T23:59:59.000Z"},
        {"{{Execution.ScheduledFor+1m:yyyyMMdd}}", "20260301"},
        {"{{Execution.Id}}", "0190a000-0000-7000-8000-000000000001"},
        {"{{Job.Id}}", "0190a000-0000-7000-8000-000000000002"},
        {"{{Execution.Attempt}}", "2"},
        {"{{Job.Name}}", "say \"hi\"\n"},
        {"{{Environment.MachineName}}", "box7"},
        {"{{User.Email}}", "ann@example.org"},
        {"{{Parameters.text}}-{{Parameters.count}}", "a\"b-7"},
        {"{{Parameters.odd}}", "{{Today}}"}, // a value is never read again
        {"{{{{Today}}", "{{Today}}"},
        {"a }} b", "a }} b"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) expect(rows[i][0], VARIABLES_TEXT, rows[i][1]);
}

static void test_values_are_escaped_for_their_place(void **state) {
    (void)state;
    expect("{\"a\":\"x {{Job.Name}}\"}", VARIABLES_JSON, "{\"a\":\"x say \\\"hi\\\"\\n\"}");
    expect("{\"a\":{{Parameters.count}},\"b\":{{Parameters.text}}}", VARIABLES_JSON,
           "{\"a\":7,\"b\":\"a\\\"b\"}");
    expect("{\"a\":{{Parameters.deep}},\"b\":\"\\\"{{Parameters.deep}}\"}", VARIABLES_JSON,
           "{\"a\":{\"x\":true},\"b\":\"\\\"{\\\"x\\\":true}\"}");
    expect("/a/{{Parameters.text}}?b={{User.Email}}", VARIABLES_URL,
           "/a/a%22b?b=ann%40example.org");
}

static void test_what_other_jobs_hand_on(void **state) {
    (void)state;
    static const char *const rows[][2] = {
        {"{{Jobs.Nightly export.Output}}", "4 \"rows\"\n"},
        {"{{ Jobs.Nightly export.Result.rows }}", "4"},
        {"{{Jobs.Nightly export.Result.file}}", "a b"},
        {"{{Jobs.Nightly export.Result.parts.0.Output}}", "x"},
        {"{{Jobs.Nightly export.Result.parts.1}}", "y"},
        {"{{Jobs.Nightly export.Result.none}}", "null"},
        {"{{Jobs.v1.2 of A.Output.Output}}", "dots"},
        {"{{Jobs.0190a000-0000-7000-8000-00000000000a.Result}}", "[1,2]"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) expect(rows[i][0], VARIABLES_TEXT, rows[i][1]);
    expect("{\"a\":{{Jobs.Nightly export.Result.parts}},\"b\":{{Jobs.Nightly export.Output}},"
           "\"c\":\"{{Jobs.Nightly export.Output}}\"}",
           VARIABLES_JSON,
           "{\"a\":[{\"Output\":\"x\"},\"y\"],\"b\":\"4 \\\"rows\\\"\\n\","
           "\"c\":\"4 \\\"rows\\\"\\n\"}");
    expect("/{{Jobs.Nightly export.Result.file}}", VARIABLES_URL, "/a%20b");
}

static void test_what_was_not_handed_on_is_told(void **state) {
    (void)state;
    static const char *const rows[][2] = {
        {"{{Jobs.Other.Output}}", "\"Other\" has handed nothing on"},
        {"{{Jobs.v1.2 of A.Output.Result}}", "had no result"},
        {"{{Jobs.0190a000-0000-7000-8000-00000000000a.Output}}", "had no output"},
        {"{{Jobs.Nightly export.Result.parts.7}}", "nothing at \"parts.7\""},
        {"{{Jobs.Nightly export.Result.rows.deep}}", "nothing at \"rows.deep\""},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct buf out = buf_with_max(0);
        struct err err = ERR_INIT;
        prepare();
        assert_false(
            variables_expand(str_from_cstr(rows[i][0]), VARIABLES_TEXT, &context, &out, &err));
        if (!strstr(err.msg, rows[i][1])) fail_msg("%s: %s", rows[i][0], err.msg);
        assert_int_equal(err.kind, ERR_INVALID);
        execution.inputs = STR_NONE;
        err = (struct err)ERR_INIT;
        assert_false(
            variables_expand(str_from_cstr(rows[i][0]), VARIABLES_TEXT, &context, &out, &err));
        assert_non_null(strstr(err.msg, "has handed nothing on"));
        buf_free(&out);
        json_decref(parameters);
    }
}

static void add_name(void *list, const struct job_variable *variable) {
    struct buf *out = list;
    buf_put(out, variable->name);
    buf_put(out, variable->is_result ? STR("=") : STR("-"));
    buf_put(out, variable->path);
    buf_put_char(out, ';');
}

static void test_the_jobs_that_a_text_names(void **state) {
    (void)state;
    struct buf out = buf_with_max(0);
    variables_jobs(STR("{{Today}} {{Jobs.A b.Output}} {{{{Jobs.no.Output}} {{Jobs.A.Result.x.y}}"
                       "{{Jobs.A b.Result}} {{Jobs.broken}} {{Jobs.Results.Output}}"),
                   add_name, &out);
    assert_string_equal(buf_str(&out).ptr, "A b-;A=x.y;A b=;Results-;");
    buf_free(&out);
}

static void test_user_is_the_author_when_nobody_triggered(void **state) {
    (void)state;
    prepare();
    execution.triggered_by = STR_NONE;
    struct buf out = buf_with_max(0);
    assert_true(variables_expand(STR("{{User.Email}}"), VARIABLES_TEXT, &context, &out, NULL));
    assert_string_equal(out.ptr, "author@example.org");
    buf_free(&out);
    json_decref(parameters);
}

static void test_unknown_and_malformed_are_refused(void **state) {
    (void)state;
    static const char *const rows[] = {
        "{{Yesterday}}",     "{{today}}",          "{{}}",
        "{{Today",           "{{Today:}}",         "{{Today:yyy}}",
        "{{Today:'x}}",      "{{Today:q}}",        "{{Today-d}}",
        "{{Today-1}}",       "{{Today-1q}}",       "{{Today-1234567d}}",
        "{{Today-999999d}}", "{{Today+999999y}}",  "{{Job.Id:x}}",
        "{{Job.Id-1d}}",     "{{Parameters.}}",    "{{Parameters.a b}}",
        "{{Secret.}}",       "{{Secret...}}x{{",   "{{Secret.a/b}}",
        "{{Todayx}}",        "{{{Today}}}",        "{{Jobs}}",
        "{{Jobs.A}}",        "{{Jobs.Output}}",    "{{Jobs..Output}}",
        "{{Jobs. .Result}}", "{{Jobs.A.Result.}}", "{{Jobs.A.Result.x..y}}",
        "{{Jobs.A.output}}", "{{Jobs.A.Results}}",
    };
    struct arena arena = {0};
    struct variables_known known = {0};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct faults faults = {.arena = &arena};
        variables_check(str_from_cstr(rows[i]), &known, STR("f"), &faults);
        if (faults_none(&faults)) fail_msg("%s was accepted", rows[i]);
        struct buf out = buf_with_max(0);
        struct err err = ERR_INIT;
        prepare();
        if (variables_expand(str_from_cstr(rows[i]), VARIABLES_TEXT, &context, &out, &err))
            fail_msg("%s was expanded", rows[i]);
        assert_true(err.msg[0] != '\0');
        buf_free(&out);
        json_decref(parameters);
    }
    arena_free(&arena);
}

static void test_output_is_bounded(void **state) {
    (void)state;
    struct buf out = buf_with_max(10);
    struct err err = ERR_INIT;
    prepare();
    assert_false(variables_expand(STR("{{Execution.Id}}"), VARIABLES_TEXT, &context, &out, &err));
    assert_int_equal(err.kind, ERR_LIMIT);
    buf_free(&out);
    json_decref(parameters);
}

static void test_months_keep_the_day_or_take_the_last(void **state) {
    (void)state;
    static const char *const rows[][3] = {
        {"2026-01-31T10:00:00Z", "+1M", "20260228"}, {"2024-01-31T10:00:00Z", "+1M", "20240229"},
        {"2026-03-31T10:00:00Z", "-1M", "20260228"}, {"2026-01-15T10:00:00Z", "-1M", "20251215"},
        {"2024-02-29T10:00:00Z", "+1y", "20250228"}, {"2026-12-31T10:00:00Z", "+2M-1d", "20270227"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct utc t;
        struct buf out = buf_with_max(0);
        assert_true(utc_parse(str_from_cstr(rows[i][0]), &t));
        assert_true(date_offset(t, str_from_cstr(rows[i][1]), &t, NULL));
        date_format_put(&out, STR("yyyyMMdd"), t);
        assert_string_equal(out.ptr, rows[i][2]);
        buf_free(&out);
    }
}
