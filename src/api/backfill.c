/* backfill.c - due times of the past that never ran are queued. */
#include "api/context.h"

#include "model/occurrences.h"

enum { BACKFILL_MAX = 1000 };

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
    bool both = api_member_time(body, "fromDate", true, &backfill.from, &faults);
    both = api_member_time(body, "toDate", true, &backfill.to, &faults) && both;
    if (both && utc_before(backfill.to, backfill.from))
        faults_add(&faults, STR("fromDate"), "must not be later than toDate");
    if (!api_no_faults(request, response, &faults) ||
        !api_read_job(api, request, response, id, &backfill.job))
        return;
    struct api_write write = {
        .api = api, .request = request, .run = run_backfill, .context = &backfill, .poke = true};
    (void)api_write(&write, response);
}
