/* test_watches.c - what is expected of a job, in and out. */
#include "base/json_read.h"
#include "model/watches.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static size_t read(const char *json, struct watches *watches, struct faults *faults) {
    json_t *root = json_read(str_from_cstr(json), NULL);
    assert_non_null(root);
    watches_from_json(root, STR("watches"), watches, faults);
    json_decref(root);
    return faults->count;
}

static void test_canonical_text_holds_what_is_watched(void **state) {
    (void)state;
    static const struct {
        const char *in, *out; // NULL = absent
    } rows[] = {
        {"{}", NULL},
        {"{\"unusualDuration\":false,\"finishBySeconds\":null}", NULL},
        {"{\"unusualDuration\":true}", "{\"unusualDuration\":true}"},
        {"{\"finishBySeconds\":1}", "{\"finishBySeconds\":1}"},
        {"{\"unusualDuration\":true,\"maxLatenessSeconds\":30,\"finishBySeconds\":31536000,"
         "\"expectedWithinSeconds\":90}",
         "{\"expectedWithinSeconds\":90,\"finishBySeconds\":31536000,\"maxLatenessSeconds\":30,"
         "\"unusualDuration\":true}"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct arena arena = {0};
        struct faults faults = {.arena = &arena};
        struct watches watches = {0}, again;
        struct err err = ERR_INIT;
        assert_int_equal(read(rows[i].in, &watches, &faults), 0);
        struct str text = watches_text(&arena, &watches);
        assert_int_equal(str_is_absent(text), rows[i].out == NULL);
        if (rows[i].out) assert_string_equal(text.ptr, rows[i].out);
        assert_true(watches_parse(text, &again, &err));
        assert_int_equal(again.expected_within_seconds, watches.expected_within_seconds);
        assert_int_equal(again.finish_by_seconds, watches.finish_by_seconds);
        assert_int_equal(again.max_lateness_seconds, watches.max_lateness_seconds);
        assert_int_equal(again.unusual_duration, watches.unusual_duration);
        arena_free(&arena);
    }
}

static void test_all_faults_at_once_and_nothing_is_changed(void **state) {
    (void)state;
    struct arena arena = {0};
    struct faults faults = {.arena = &arena};
    struct watches watches = {.finish_by_seconds = 7};
    assert_int_equal(read("{\"expectedWithinSeconds\":0,\"finishBySeconds\":31536001,"
                          "\"maxLatenessSeconds\":\"5\",\"unusualDuration\":1,\"late\":true}",
                          &watches, &faults),
                     5);
    assert_int_equal(watches.finish_by_seconds, 7);
    for (size_t i = 0; i < faults.count; i++)
        assert_true(str_starts_with(faults.items[i].field, STR("watches.")));
    arena_free(&arena);
}

static void test_text_of_others_is_refused(void **state) {
    (void)state;
    static const char *const texts[] = {"[]", "{", "{\"finishBySeconds\":-1}", "7"};
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct watches watches = {.finish_by_seconds = 7};
        struct err err = ERR_INIT;
        assert_false(watches_parse(str_from_cstr(texts[i]), &watches, &err));
        assert_int_equal(err.kind, ERR_INVALID);
        assert_int_equal(watches.finish_by_seconds, 7);
    }
}
