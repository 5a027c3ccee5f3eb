/* preview.c - what a definition would do; nothing is stored. */
#include "api/context.h"

#include "model/job_schedule.h"
#include "schedule/explain.h"

#include <assert.h>

enum { PREVIEW_MAX = 1000 };

static void write_preview(struct json_writer *w, const struct schedule_spec *spec, struct utc from,
                          struct utc to) {
    json_object_begin(w);
    json_key(w, STR("items"));
    json_array_begin(w);
    struct schedule_walk walk = schedule_walk(spec, utc_add(from, span_us(-1)));
    struct schedule_due due;
    int64_t count = 0;
    bool more = false;
    while (schedule_walk_next(&walk, &due) && !utc_before(to, due.utc)) {
        more = count == PREVIEW_MAX;
        if (more) break;
        json_occurrence(w, spec->zone, due.utc, due.adjusted);
        count++;
    }
    json_array_end(w);
    json_field_i64(w, STR("count"), count);
    json_field_bool(w, STR("more"), more);
    json_object_end(w);
}

void jobs_preview(struct http_request *request, struct http_response *response, void *context) {
    struct api *api = context;
    static const char *const known[] = {"job", "from", "to", NULL};
    json_t *body;
    if (!api_body_object(request, response, &body)) return;
    struct utc now = clock_now(api->options.clock);
    struct utc from = now, to = utc_add(now, span_seconds(86400));
    struct faults faults = {.arena = request->arena};
    struct job_defaults defaults = api_job_defaults(api, request, now);
    struct job job = {0};
    api_check_members(body, known, &faults);
    (void)api_member_time(body, "from", false, &from, &faults);
    (void)api_member_time(body, "to", false, &to, &faults);
    if (utc_before(to, from)) faults_add(&faults, STR("from"), "must not be later than to");
    const json_t *definition = json_object_get(body, "job");
    if (!json_is_object(definition))
        faults_add(&faults, STR("job"), "must be a job");
    else if (!job_from_json(definition, JOB_CREATE, NULL, &defaults, request->arena, &job, &faults))
        assert(!faults_none(&faults));
    if (!api_find_dependency_faults(api, request, response, NULL,
                                    json_object_get(definition, "dependencies"),
                                    STR("dependencies"), &faults))
        return;
    if (!api_no_faults(request, response, &faults)) return;
    job.id = guid_new(now);
    job.created_at = utc_min(now, from);
    struct schedule_spec spec;
    struct err err = ERR_INIT;
    if (!job_schedule(&job, api->options.zones, request->arena, &spec, &err)) {
        respond_err(request, response, &err);
        return;
    }
    struct json_writer w = respond_json_begin(response, 200);
    write_preview(&w, &spec, from, to);
}
