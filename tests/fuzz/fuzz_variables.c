/* fuzz_variables.c - any text with variables: what variables_check accepts can be expanded (a
 * parameter or secret that is missing aside) in every place, within its bounds; what it refuses
 * cannot; a value inside a JSON string never ends that string. */
#include "base/json_read.h"
#include "handlers/variables.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_OUTPUT = 1024 * 1024 };

static bool expand(struct str text, enum variables_place place, struct buf *out) {
    static struct execution execution;
    static struct job job;
    static json_t *parameters;
    if (!parameters) parameters = json_pack("{s:s}", "a", "x\"},{\"y");
    execution.triggered_by = STR("q\"\\\n{{Today}}");
    execution.scheduled_for = utc_from_seconds(1767323045);
    job.name = STR("n\"}\xc3\xa9");
    struct variables_context context = {.execution = &execution,
                                        .job = &job,
                                        .now = utc_from_ms(1767323045678),
                                        .machine_name = STR("m\t"),
                                        .parameters = parameters};
    struct err err = ERR_INIT;
    bool ok = variables_expand(text, place, &context, out, &err);
    assert(ok || err.msg[0] != '\0');
    return ok || strstr(err.msg, "no parameter") || strstr(err.msg, "no secret") ||
           strstr(err.msg, "leaves the years") || err.kind == ERR_LIMIT;
}

/* {"k":"TEXT"} stays an object with that one string. */
static void check_inside_json(struct arena *arena, struct str text) {
    if (!str_is_utf8(text) || memchr(text.ptr, 0, text.len)) return;
    json_t *whole = json_pack("{s:s%}", "k", text.ptr, text.len);
    struct buf out = buf_with_max(MAX_OUTPUT);
    if (whole && expand(json_dump(arena, whole), VARIABLES_JSON, &out) && !out.too_big) {
        struct err err = ERR_INIT;
        json_t *back = json_read(buf_str(&out), &err);
        if (back) assert(json_object_size(back) == 1 && json_is_string(json_object_get(back, "k")));
        json_decref(back);
    }
    json_decref(whole);
    buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct arena arena = {0};
    struct faults *faults = ARENA_NEW(&arena, struct faults);
    faults->arena = &arena;
    char *bytes = xmalloc(size + 1); // exact bounds for the sanitizer
    if (size > 0) memcpy(bytes, data, size);
    bytes[size] = '\0';
    struct str text = {bytes, size};
    struct variables_known known = {0};
    variables_check(text, &known, STR("field"), faults);
    for (int place = VARIABLES_TEXT; place <= VARIABLES_URL; place++) {
        struct buf out = buf_with_max(MAX_OUTPUT);
        bool sound = expand(text, (enum variables_place)place, &out);
        assert(sound || !faults_none(faults));
        assert(out.len <= MAX_OUTPUT);
        if (!variables_present(text)) assert(str_equal(buf_str(&out), text));
        buf_free(&out);
    }
    (void)variables_use_secret(text);
    if (faults_none(faults)) check_inside_json(&arena, text);
    free(bytes);
    arena_free(&arena);
    return 0;
}
