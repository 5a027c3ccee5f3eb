/* test_alert.c - alerts as JSON and as sentences. */
#include "base/json_read.h"
#include "model/alert.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct alert some_alert(enum alert_kind kind) {
    return (struct alert){
        .id = {{1, 2, 3}},
        .kind = kind,
        .at = utc_from_seconds(1767323045),
        .job_id = {{4, 5, 6}},
        .job_name = STR("Nightly export"),
        .execution_id = {{7}},
        .consecutive_failures = 3,
        .error_message = STR("it \"failed\"\nbadly"),
        .scheduled_for = utc_from_seconds(1767323000),
        .limit_seconds = 60,
        .measured_ms = 61500,
        .usual_ms = 340,
    };
}

static void test_each_kind_in_words(void **state) {
    (void)state;
    static const struct {
        enum alert_kind kind;
        bool has_recovered;
        const char *sentence;
    } rows[] = {
        {ALERT_CONSECUTIVE_FAILURES, false, "Job \"Nightly export\" has failed 3 times in a row"},
        {ALERT_CONSECUTIVE_FAILURES, true,
         "Job \"Nightly export\" has recovered: it succeeded after 3 failures in a row"},
        {ALERT_NO_SUCCESS, false,
         "Job \"Nightly export\" has not succeeded for 60 s (expectedWithinSeconds)"},
        {ALERT_NO_SUCCESS, true, "Job \"Nightly export\" has recovered: it has succeeded again"},
        {ALERT_NOT_FINISHED, false,
         "Job \"Nightly export\" was not done 60 s after its due time 2026-01-02T03:03:20.000Z "
         "(finishBySeconds)"},
        {ALERT_NOT_FINISHED, true, "Job \"Nightly export\" has recovered: it is done again"},
        {ALERT_STARTED_LATE, false,
         "Job \"Nightly export\" started 61.5 s after its due time 2026-01-02T03:03:20.000Z "
         "(maxLatenessSeconds is 60)"},
        {ALERT_STARTED_LATE, true,
         "Job \"Nightly export\" has recovered: it started in time again"},
        {ALERT_TOO_SLOW, false,
         "Job \"Nightly export\" took 61.5 s, unlike the 340 ms that it usually takes"},
        {ALERT_TOO_FAST, true,
         "Job \"Nightly export\" has recovered: it took 61.5 s, about as long as usual"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct arena arena = {0};
        struct alert alert = some_alert(rows[i].kind);
        alert.has_recovered = rows[i].has_recovered;
        assert_string_equal(alert_sentence(&arena, &alert).ptr, rows[i].sentence);
        arena_free(&arena);
    }
}

static void test_control_characters_do_not_get_into_the_line(void **state) {
    (void)state;
    struct arena arena = {0};
    struct alert alert = some_alert(ALERT_NO_SUCCESS);
    alert.job_name = STR("a\r\nBcc: b\t\x7F");
    struct str line = alert_sentence(&arena, &alert);
    for (size_t i = 0; i < line.len; i++) assert_true(line.ptr[i] >= ' ' && line.ptr[i] != 0x7F);
    arena_free(&arena);
}

static void test_what_is_written_can_be_read(void **state) {
    (void)state;
    for (int kind = ALERT_CONSECUTIVE_FAILURES; kind <= ALERT_TOO_FAST; kind++) {
        struct arena arena = {0};
        struct err err = ERR_INIT;
        struct str delivered;
        struct alert alert = some_alert((enum alert_kind)kind), again;
        alert.has_recovered = kind % 2 == 0;
        if (kind == ALERT_NO_SUCCESS) {
            alert.execution_id = (struct guid){{0}};
            alert.error_message = STR_NONE;
            alert.scheduled_for = UTC_NONE;
            alert.measured_ms = alert.usual_ms = alert.limit_seconds = 0;
        }
        struct str text = alert_text(&arena, &alert, kind == 1 ? STR("[\"webhook\"]") : STR_NONE);
        assert_true(alert_parse(text, &arena, &again, &delivered, &err));
        assert_string_equal(delivered.ptr, kind == 1 ? "[\"webhook\"]" : "[]");
        struct str once_more =
            alert_text(&arena, &again, kind == 1 ? STR("[\"webhook\"]") : STR_NONE);
        assert_string_equal(once_more.ptr, text.ptr);
        arena_free(&arena);
    }
}

static void test_other_parameters_are_refused(void **state) {
    (void)state;
    static const char *const texts[] = {"", "[]", "{}", "{\"kind\":\"NoSuccess\"}", "{\"id\":7}"};
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct arena arena = {0};
        struct err err = ERR_INIT;
        struct alert alert;
        struct str delivered;
        assert_false(alert_parse(str_from_cstr(texts[i]), &arena, &alert, &delivered, &err));
        assert_int_equal(err.kind, ERR_INVALID);
        arena_free(&arena);
    }
}
