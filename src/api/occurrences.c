/* occurrences.c - the due times of one job: those that lie ahead, and what became of the others. */
#include "api/context.h"

#include "engine/dependencies.h"
#include "model/job_schedule.h"
#include "model/occurrences.h"
#include "schedule/explain.h"

/* ---- upcoming ---- */

void runs_upcoming(struct http_request *request, struct http_response *response, void *context) {
    struct api *api = context;
    static const char *const known[] = {"count", NULL};
    struct guid id;
    struct job job;
    struct faults faults = {.arena = request->arena};
    query_check_known(request, known, &faults);
    int64_t wanted = query_i64(request, "count", 1, MAX_UPCOMING, 10, &faults);
    if (!api_no_faults(request, response, &faults) ||
        !api_path_guid(request, response, "jobId", &id) ||
        !api_read_job(api, request, response, id, &job))
        return;
    struct schedule_spec spec;
    struct err err = ERR_INIT;
    if (!job_schedule(&job, api->options.zones, request->arena, &spec, &err)) {
        respond_err(request, response, &err);
        return;
    }
    struct json_writer w = respond_json_begin(response, 200);
    json_array_begin(&w);
    /* What maxRuns still allows; a paused or disabled job has nothing ahead. */
    int64_t left = job.max_runs == 0 ? wanted : job.max_runs - job.run_count;
    if (left > wanted) left = wanted;
    if (job_is_scheduled(&job) && !utc_is_never(job.next_run_at)) {
        struct schedule_walk walk = schedule_walk(&spec, job.schedule_from);
        struct schedule_due due;
        for (int64_t i = 0; i < left && schedule_walk_next(&walk, &due); i++)
            json_occurrence(&w, spec.zone, due.utc, due.adjusted);
    }
    json_array_end(&w);
}

/* ---- occurrences: the decision ledger ---- */

struct range {
    struct utc from, to;
};

/* The last day until now, unless the query says otherwise. */
static struct range read_range(const struct http_request *request, struct utc now,
                               struct faults *faults) {
    struct range range = {.to = query_time(request, "toDate", now, faults)};
    range.from = query_time(request, "fromDate", utc_add(range.to, span_seconds(-86400)), faults);
    if (utc_before(range.to, range.from))
        faults_add(faults, STR("fromDate"), "must not be later than toDate");
    return range;
}

static void write_ledger_entry(struct json_writer *w, const struct schedule_spec *spec,
                               const struct ledger_entry *entry) {
    json_object_begin(w);
    json_field_utc(w, STR("due"), entry->due);
    struct buf local = buf_with_max(0);
    buf_put_local(&local, spec->zone, entry->due);
    json_field_str(w, STR("local"), buf_str(&local));
    buf_free(&local);
    json_field_bool(w, STR("adjusted"), entry->adjusted);
    json_field_str(w, STR("verdict"), ledger_verdict_name(entry->verdict));
    json_field_str(w, STR("reason"),
                   entry->reason ? skip_reason_name((enum skip_reason)entry->reason) : STR_NONE);
    json_field_guid(w, STR("executionId"),
                    entry->execution ? entry->execution->id : (struct guid){{0}});
    json_field_str(w, STR("status"),
                   entry->execution ? execution_status_name(entry->execution->status) : STR_NONE);
    if (entry->execution && !utc_is_none(entry->execution->started_at)) {
        json_field_i64(w, STR("lateMs"), entry->late_ms);
    } else {
        json_field_raw(w, STR("lateMs"), STR_NONE);
    }
    json_key(w, STR("waitingOn"));
    json_array_begin(w);
    for (size_t i = 0; entry->execution && i < entry->execution->waiting_on_count; i++)
        json_guid(w, entry->execution->waiting_on[i]);
    json_array_end(w);
    json_object_end(w);
}

static bool read_ledger(struct store_tx *tx, const struct job *job, struct range range,
                        struct page page, struct api *api, struct arena *arena, struct ledger *ret,
                        struct err *err) {
    enum { EXECUTIONS_MAX = 100000 };
    struct execution *executions;
    struct skip_range *ranges;
    size_t execution_count, range_count;
    if (!store_occurrences(tx, job->row, range.from, range.to, EXECUTIONS_MAX, arena, &executions,
                           &execution_count, err) ||
        !dependencies_waiting_on(tx, arena, executions, execution_count, err) ||
        !store_skips(tx, job->row, range.from, range.to, arena, &ranges, &range_count, err))
        return false;
    struct ledger_skip *skips = ARENA_ARRAY(arena, range_count + 1, struct ledger_skip);
    for (size_t i = 0; i < range_count; i++)
        skips[i] = (struct ledger_skip){ranges[i].from, ranges[i].to, ranges[i].reason};
    struct ledger_query query = {
        .job = job,
        .from = range.from,
        .to = range.to,
        .executions = executions,
        .execution_count = execution_count,
        .skips = skips,
        .skip_count = range_count,
        .offset = (size_t)page.offset,
        .limit = (size_t)page.size,
        .now = clock_now(api->options.clock),
    };
    return occurrences(&query, api->options.zones, arena, ret, err);
}

void runs_occurrences(struct http_request *request, struct http_response *response, void *context) {
    struct api *api = context;
    static const char *const known[] = {"fromDate", "toDate", "pageNumber", "pageSize", NULL};
    struct guid id;
    struct job job;
    struct faults faults = {.arena = request->arena};
    query_check_known(request, known, &faults);
    struct page page = api_query_page(request, &faults);
    struct range range = read_range(request, clock_now(api->options.clock), &faults);
    if (!api_no_faults(request, response, &faults) ||
        !api_path_guid(request, response, "jobId", &id) ||
        !api_read_job(api, request, response, id, &job))
        return;
    struct err err = ERR_INIT;
    struct schedule_spec spec;
    struct ledger ledger;
    struct store_tx *tx = api_read(api, request, response);
    if (tx == NULL) return;
    bool ok = job_schedule(&job, api->options.zones, request->arena, &spec, &err) &&
              read_ledger(tx, &job, range, page, api, request->arena, &ledger, &err);
    store_read_end(tx);
    if (!ok) {
        respond_err(request, response, &err);
        return;
    }
    struct json_writer w = api_page_begin(response);
    for (size_t i = 0; i < ledger.count; i++) write_ledger_entry(&w, &spec, &ledger.items[i]);
    api_page_end(&w, page, (int64_t)ledger.total);
}
