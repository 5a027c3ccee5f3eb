/* watches.c - see watches.h. */
#include "model/watches.h"

#include "base/json_read.h"
#include "base/json_write.h"
#include "model/fields.h"

static const struct str known_fields[] = {
    STR_INIT("expectedWithinSeconds"),
    STR_INIT("finishBySeconds"),
    STR_INIT("maxLatenessSeconds"),
    STR_INIT("unusualDuration"),
};

void watches_from_json(const json_t *object, struct str path, struct watches *ret,
                       struct faults *faults) {
    struct fields fields = {.object = object, .path = path, .faults = faults};
    size_t before = faults->count + faults->more;
    struct watches watches = {0};
    fields_known(&fields, known_fields, COUNT_OF(known_fields));
    (void)fields_i64(&fields, STR("expectedWithinSeconds"), 1, MAX_WATCH_SECONDS,
                     &watches.expected_within_seconds);
    (void)fields_i64(&fields, STR("finishBySeconds"), 1, MAX_WATCH_SECONDS,
                     &watches.finish_by_seconds);
    (void)fields_i64(&fields, STR("maxLatenessSeconds"), 1, MAX_WATCH_SECONDS,
                     &watches.max_lateness_seconds);
    (void)fields_bool(&fields, STR("unusualDuration"), &watches.unusual_duration);
    if (faults->count + faults->more == before) *ret = watches;
}

static bool first_fault(const struct faults *faults, struct err *err) {
    if (faults_none(faults)) return true;
    return err_set(err, ERR_INVALID, "%.*s %.*s", STR_ARG(faults->items[0].field),
                   STR_ARG(faults->items[0].message));
}

bool watches_parse(struct str json, struct watches *ret, struct err *err) {
    if (json.len == 0) {
        *ret = (struct watches){0};
        return true;
    }
    json_t *root = json_read(json, err);
    if (root == NULL) return err_wrap(err, "the watches");
    struct arena arena = {0};
    struct faults faults = {.arena = &arena};
    if (json_is_object(root))
        watches_from_json(root, STR("watches"), ret, &faults);
    else
        faults_add(&faults, STR("watches"), "must be an object");
    json_decref(root);
    bool ok = first_fault(&faults, err);
    arena_free(&arena);
    return ok;
}

static void put_seconds(struct json_writer *w, struct str name, int64_t seconds) {
    if (seconds > 0) json_field_i64(w, name, seconds);
}

struct str watches_text(struct arena *arena, const struct watches *watches) {
    struct buf out = buf_with_max(0);
    struct json_writer w = json_writer(&out);
    json_object_begin(&w);
    put_seconds(&w, STR("expectedWithinSeconds"), watches->expected_within_seconds);
    put_seconds(&w, STR("finishBySeconds"), watches->finish_by_seconds);
    put_seconds(&w, STR("maxLatenessSeconds"), watches->max_lateness_seconds);
    if (watches->unusual_duration) json_field_bool(&w, STR("unusualDuration"), true);
    bool is_empty = !w.need_comma;
    json_object_end(&w);
    struct str text = is_empty ? STR_NONE : arena_copy(arena, buf_str(&out));
    buf_free(&out);
    return text;
}
