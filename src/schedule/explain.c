/* explain.c - see explain.h. */
#include "schedule/explain.h"

#include "schedule/describe.h"

#include <stdio.h>

void json_occurrence(struct json_writer *w, const struct zone *zone, struct utc due,
                     bool adjusted) {
    struct buf local = buf_with_max(0);
    buf_put_local(&local, zone, due);
    json_object_begin(w);
    json_field_utc(w, STR("utc"), due);
    json_field_str(w, STR("local"), buf_str(&local));
    json_field_bool(w, STR("adjusted"), adjusted);
    json_object_end(w);
    buf_free(&local);
}

static void write_fault(struct json_writer *w, const struct err *fault) {
    json_object_begin(w);
    json_field_bool(w, STR("valid"), false);
    json_field_str(w, STR("error"), str_from_cstr(fault->msg));
    json_field_i64(w, STR("position"), fault->position);
    json_object_end(w);
}

static void write_runs(struct json_writer *w, const struct cron *cron, const struct zone *zone,
                       const struct explain_request *request) {
    struct utc at = request->from;
    json_array_begin(w);
    for (int i = 0; i < request->count; i++) {
        struct occurrence next = cron_next(cron, zone, request->dst, at);
        if (utc_is_never(next.due)) break;
        json_occurrence(w, zone, next.due, next.adjusted);
        at = next.due;
    }
    json_array_end(w);
}

bool cron_explain(struct json_writer *w, const struct explain_request *request,
                  struct zone_cache *zones, struct err *err) {
    struct err fault = ERR_INIT;
    struct cron cron;
    struct str name = request->timezone.len == 0 ? STR("UTC") : request->timezone;
    const struct zone *zone = zone_cache_get(zones, name, err);
    if (zone == NULL) {
        if (err != NULL) (void)snprintf(err->field, sizeof err->field, "timezone");
        return false;
    }
    bool valid = cron_parse(request->expression, request->hash_seed, &cron, &fault);
    if (valid && utc_is_never(cron_next(&cron, zone, request->dst, request->from).due))
        valid =
            err_set_at(&fault, 0, "the pattern never matches up to the year %d", CRON_LAST_YEAR);
    if (!valid) {
        write_fault(w, &fault);
        return true;
    }
    struct buf words = buf_with_max(0);
    cron_describe(&cron, &words);
    json_object_begin(w);
    json_field_bool(w, STR("valid"), true);
    json_field_str(w, STR("description"), buf_str(&words));
    json_key(w, STR("next"));
    write_runs(w, &cron, zone, request);
    json_object_end(w);
    buf_free(&words);
    return true;
}
