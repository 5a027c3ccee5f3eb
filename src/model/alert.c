/* alert.c - see alert.h. */
#include "model/alert.h"

#include "base/json_read.h"

#include <inttypes.h>

/* ---- sentences ------------------------------------------------------------------------------- */

/* "12.5 s", "340 ms". */
static struct str length_text(struct arena *arena, int64_t ms) {
    if (ms < 1000) return arena_printf(arena, "%" PRId64 " ms", ms);
    return arena_printf(arena, "%" PRId64 ".%" PRId64 " s", ms / 1000, ms % 1000 / 100);
}

static struct str what_is_wrong(struct arena *arena, const struct alert *alert) {
    struct str measured = length_text(arena, alert->measured_ms);
    char due[RFC3339_LENGTH + 1];
    utc_format(alert->scheduled_for, due);
    switch (alert->kind) {
    case ALERT_CONSECUTIVE_FAILURES:
        if (alert->consecutive_failures == 1) return STR("has failed");
        return arena_printf(arena, "has failed %" PRId64 " times in a row",
                            alert->consecutive_failures);
    case ALERT_NO_SUCCESS:
        return arena_printf(arena, "has not succeeded for %" PRId64 " s (expectedWithinSeconds)",
                            alert->limit_seconds);
    case ALERT_NOT_FINISHED:
        return arena_printf(arena,
                            "was not done %" PRId64 " s after its due time %s (finishBySeconds)",
                            alert->limit_seconds, due);
    case ALERT_STARTED_LATE:
        return arena_printf(
            arena, "started %.*s after its due time %s (maxLatenessSeconds is %" PRId64 ")",
            STR_ARG(measured), due, alert->limit_seconds);
    case ALERT_TOO_SLOW:
    case ALERT_TOO_FAST:
        return arena_printf(arena, "took %.*s, unlike the %.*s that it usually takes",
                            STR_ARG(measured), STR_ARG(length_text(arena, alert->usual_ms)));
    }
    return STR_NONE;
}

static struct str what_is_well_again(struct arena *arena, const struct alert *alert) {
    switch (alert->kind) {
    case ALERT_CONSECUTIVE_FAILURES:
        return arena_printf(arena,
                            "has recovered: it succeeded after %" PRId64 " failures in a row",
                            alert->consecutive_failures);
    case ALERT_NO_SUCCESS: return STR("has recovered: it has succeeded again");
    case ALERT_NOT_FINISHED: return STR("has recovered: it is done again");
    case ALERT_STARTED_LATE: return STR("has recovered: it started in time again");
    case ALERT_TOO_SLOW:
    case ALERT_TOO_FAST:
        return arena_printf(arena, "has recovered: it took %.*s, about as long as usual",
                            STR_ARG(length_text(arena, alert->measured_ms)));
    }
    return STR_NONE;
}

struct str alert_sentence(struct arena *arena, const struct alert *alert) {
    struct str what =
        alert->has_recovered ? what_is_well_again(arena, alert) : what_is_wrong(arena, alert);
    struct str line =
        arena_printf(arena, "Job \"%.*s\" %.*s", STR_ARG(alert->job_name), STR_ARG(what));
    char *text = (char *)(uintptr_t)line.ptr; // just made, and ours
    for (size_t i = 0; i < line.len; i++)
        if ((unsigned char)text[i] < ' ' || text[i] == 0x7F) text[i] = ' ';
    return line;
}

/* ---- out ------------------------------------------------------------------------------------- */

static void put_number(struct json_writer *w, struct str key, int64_t value) {
    json_key(w, key);
    if (value == 0)
        json_write_null(w);
    else
        json_i64(w, value);
}

static void put_fields(struct json_writer *w, const struct alert *alert) {
    struct arena arena = {0};
    json_field_guid(w, STR("id"), alert->id);
    json_field_str(w, STR("kind"), alert_kind_name(alert->kind));
    json_field_str(w, STR("state"), alert->has_recovered ? STR("Recovered") : STR("Raised"));
    json_field_str(w, STR("text"), alert_sentence(&arena, alert));
    json_field_utc(w, STR("at"), alert->at);
    json_field_guid(w, STR("jobId"), alert->job_id);
    json_field_str(w, STR("jobName"), alert->job_name);
    json_field_guid(w, STR("executionId"), alert->execution_id);
    json_field_i64(w, STR("consecutiveFailures"), alert->consecutive_failures);
    json_field_str(w, STR("errorMessage"), alert->error_message);
    json_field_utc(w, STR("scheduledFor"), alert->scheduled_for);
    put_number(w, STR("limitSeconds"), alert->limit_seconds);
    put_number(w, STR("measuredMs"), alert->measured_ms);
    put_number(w, STR("usualMs"), alert->usual_ms);
    arena_free(&arena);
}

void alert_to_json(struct json_writer *w, const struct alert *alert) {
    json_object_begin(w);
    put_fields(w, alert);
    json_object_end(w);
}

struct str alert_text(struct arena *arena, const struct alert *alert, struct str delivered) {
    struct buf out = buf_with_max(0);
    struct json_writer w = json_writer(&out);
    json_object_begin(&w);
    put_fields(&w, alert);
    if (!str_is_absent(delivered)) json_field_raw(&w, STR("delivered"), delivered);
    json_object_end(&w);
    struct str text = arena_copy(arena, buf_str(&out));
    buf_free(&out);
    return text;
}

/* ---- in -------------------------------------------------------------------------------------- */

static struct str text_of(const json_t *object, const char *name, struct arena *arena) {
    return arena_copy(arena, json_str_of(json_object_get(object, name)));
}

static bool read_alert(const json_t *object, struct arena *arena, struct alert *alert) {
    struct guid none = {{0}};
    alert->job_name = text_of(object, "jobName", arena);
    alert->error_message = text_of(object, "errorMessage", arena);
    alert->has_recovered =
        str_equal(json_str_of(json_object_get(object, "state")), STR("Recovered"));
    alert->consecutive_failures =
        json_integer_value(json_object_get(object, "consecutiveFailures"));
    alert->limit_seconds = json_integer_value(json_object_get(object, "limitSeconds"));
    alert->measured_ms = json_integer_value(json_object_get(object, "measuredMs"));
    alert->usual_ms = json_integer_value(json_object_get(object, "usualMs"));
    alert->scheduled_for = UTC_NONE;
    alert->execution_id = none;
    (void)!utc_parse(json_str_of(json_object_get(object, "scheduledFor")), &alert->scheduled_for);
    (void)!guid_parse(json_str_of(json_object_get(object, "executionId")), &alert->execution_id);
    return alert_kind_parse(json_str_of(json_object_get(object, "kind")), &alert->kind) &&
           guid_parse(json_str_of(json_object_get(object, "id")), &alert->id) &&
           guid_parse(json_str_of(json_object_get(object, "jobId")), &alert->job_id) &&
           utc_parse(json_str_of(json_object_get(object, "at")), &alert->at);
}

bool alert_parse(struct str parameters, struct arena *arena, struct alert *ret,
                 struct str *ret_delivered, struct err *err) {
    json_t *root = json_read(parameters, err);
    if (root == NULL) return err_wrap(err, "the alert");
    struct alert alert;
    bool ok = json_is_object(root) && read_alert(root, arena, &alert);
    const json_t *delivered = json_object_get(root, "delivered");
    if (ok) {
        *ret = alert;
        *ret_delivered = json_is_array(delivered) ? json_dump(arena, delivered) : STR("[]");
    }
    json_decref(root);
    return ok || err_set(err, ERR_INVALID, "the alert cannot be read");
}
