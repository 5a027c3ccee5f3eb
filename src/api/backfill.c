/* backfill.c - due times of the past that never ran are queued; and what a definition would do. */
#include "api/context.h"

#include "model/job_schedule.h"
#include "model/occurrences.h"
#include "schedule/explain.h"

#include <assert.h>

enum { BACKFILL_MAX = 1000, PREVIEW_MAX = 1000 };

struct backfill {
    struct job job;
    struct utc from, to;
};

static bool insert_missed(struct store_tx *tx, struct api_write *write, const struct job *job,
                          const struct ledger *ledger, int64_t *ret_made, struct err *err) {
    *ret_made = 0;
    for (size_t i = 0; i < ledger->count; i++) {
        struct new_execution execution = {
            .id = guid_new(write->now),
            .job_row = job->row,
            .status = EXECUTION_PENDING,
            .queue = job->queue,
            .trigger = TRIGGER_CATCH_UP, // unique with its due time: asking twice makes none twice
            .triggered_by = api_actor(write->request).email,
            .scheduled_for = ledger->items[i].due,
            .created_at = write->now,
            .available_at = write->now,
        };
        if (!store_execution_insert(tx, &execution, err)) return false;
        if (execution.inserted) ++*ret_made;
    }
    return true;
}

static bool run_backfill(struct store_tx *tx, struct api_write *write, struct err *err) {
    const struct backfill *backfill = write->context;
    struct job job;
    struct execution *executions;
    size_t count;
    struct ledger ledger;
    if (!store_job_get_by_row(tx, backfill->job.row, write->arena, &job, err) ||
        !store_occurrences(tx, job.row, backfill->from, backfill->to, INT32_MAX, write->arena,
                           &executions, &count, err))
        return false;
    struct ledger_query query = {
        .job = &job,
        .from = backfill->from,
        .to = utc_min(backfill->to, write->now),
        .executions = executions,
        .execution_count = count,
        .limit = BACKFILL_MAX + 1,
        .before_creation = true,
        .only_not_run = true,
        .now = write->now,
    };
    if (!occurrences(&query, write->api->options.zones, write->arena, &ledger, err)) return false;
    if (ledger.cut || ledger.total > BACKFILL_MAX)
        return err_set_field(err, ERR_INVALID, "toDate",
                             "more than %d due times lie in this range; ask for a shorter one",
                             BACKFILL_MAX);
    int64_t made;
    if (!insert_missed(tx, write, &job, &ledger, &made, err)) return false;
    write->answer = (struct answer){
        .status = 202, .body = arena_printf(write->arena, "{\"count\":%lld}", (long long)made)};
    return api_audit(tx, write, "job.backfill", job.id, STR_NONE, write->answer.body, err);
}

static bool read_time(const json_t *body, const char *name, bool needed, struct utc *ret,
                      struct faults *faults) {
    const json_t *value = json_object_get(body, name);
    if (value == NULL || json_is_null(value)) {
        if (needed) faults_add(faults, str_from_cstr(name), "is needed");
        return false;
    }
    if (utc_parse(json_str_of(value), ret)) return true;
    faults_add(faults, str_from_cstr(name), "must be a time such as 2026-01-02T03:04:05Z");
    return false;
}

void runs_backfill(struct http_request *request, struct http_response *response, void *context) {
    struct api *api = context;
    static const char *const known[] = {"fromDate", "toDate", NULL};
    struct guid id;
    struct backfill backfill = {0};
    json_t *body;
    if (!api_path_guid(request, response, "jobId", &id) ||
        !api_body_object(request, response, &body))
        return;
    struct faults faults = {.arena = request->arena};
    api_check_members(body, known, &faults);
    bool both = read_time(body, "fromDate", true, &backfill.from, &faults);
    both = read_time(body, "toDate", true, &backfill.to, &faults) && both;
    if (both && utc_before(backfill.to, backfill.from))
        faults_add(&faults, STR("fromDate"), "must not be later than toDate");
    if (!api_no_faults(request, response, &faults) ||
        !api_read_job(api, request, response, id, &backfill.job))
        return;
    struct api_write write = {
        .api = api, .request = request, .run = run_backfill, .context = &backfill, .poke = true};
    (void)api_write(&write, response);
}

/* ---- preview ---- */

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
    (void)read_time(body, "from", false, &from, &faults);
    (void)read_time(body, "to", false, &to, &faults);
    if (utc_before(to, from)) faults_add(&faults, STR("from"), "must not be later than to");
    const json_t *definition = json_object_get(body, "job");
    if (!json_is_object(definition))
        faults_add(&faults, STR("job"), "must be a job");
    else if (!job_from_json(definition, JOB_CREATE, NULL, &defaults, request->arena, &job, &faults))
        assert(!faults_none(&faults));
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
