/* cron.c - POST /cron/explain. */
#include "api/context.h"

#include "schedule/explain.h"

void cron_explain_pattern(struct http_request *request, struct http_response *response,
                          void *context) {
    struct api *api = context;
    static const char *const known[] = {"expression", "timezone", "from", "count", NULL};
    json_t *body;
    if (!api_body_object(request, response, &body)) return;
    struct faults faults = {.arena = request->arena};
    api_check_members(body, known, &faults);
    struct explain_request ask = {.from = clock_now(api->options.clock), .count = 5};
    ask.expression = api_member_text(body, "expression", true, &faults);
    ask.timezone = api_member_text(body, "timezone", false, &faults);
    struct str from = api_member_text(body, "from", false, &faults);
    if (!str_is_absent(from) && !utc_parse(from, &ask.from))
        faults_add(&faults, STR("from"), "must be a time such as 2026-01-02T03:04:05Z");
    const json_t *count = json_object_get(body, "count");
    if (count && !json_is_null(count)) {
        json_int_t wanted = json_is_integer(count) ? json_integer_value(count) : -1;
        if (wanted < 1 || wanted > MAX_UPCOMING) {
            faults_add(&faults, STR("count"), "must be a whole number from 1 to %d", MAX_UPCOMING);
        } else {
            ask.count = (int)wanted;
        }
    }
    if (!api_no_faults(request, response, &faults)) return;
    struct err err = ERR_INIT;
    struct json_writer w = respond_json_begin(response, 200);
    if (!cron_explain(&w, &ask, api->options.zones, &err)) respond_err(request, response, &err);
}
