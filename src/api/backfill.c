/* backfill.c - due times of the past that never ran are queued: all at once, or a few at a time. */
#include "api/context.h"

#include "api/backfill_line.h"

#include "engine/dependencies.h"
#include "model/occurrences.h"

enum { BACKFILL_MAX = 1000, CONCURRENT_MAX = 1000 };

struct backfill {
    struct job job;
    struct utc from, to;
    int64_t max_concurrent; // 0 = all at once
};

static bool insert_all(struct store_tx *tx, struct api_write *write, const struct job *job,
                       const struct utc *due, size_t count, struct err *err) {
    struct str inputs;
    if (!dependencies_inputs(tx, job, write->arena, &inputs, err)) return false;
    for (size_t i = 0; i < count; i++) {
        struct new_execution execution = {
            .id = guid_new(write->now),
            .job_row = job->row,
            .status = EXECUTION_PENDING,
            .queue = job->queue,
            .trigger = TRIGGER_CATCH_UP, // unique with its due time: asking twice makes none twice
            .triggered_by = api_actor(write->request).email,
            .scheduled_for = due[i],
            .created_at = write->now,
            .available_at = write->now,
            .inputs = inputs,
        };
        if (!store_execution_insert(tx, &execution, err)) return false;
    }
    return true;
}

/* Those that are in no line yet, into the line or into the queue. */
static bool queue_missed(struct store_tx *tx, struct api_write *write, const struct job *job,
                         const struct ledger *ledger, size_t *ret_count, struct err *err) {
    const struct backfill *backfill = write->context;
    struct utc *due = ARENA_ARRAY(write->arena, ledger->count + 1, struct utc), *added;
    for (size_t i = 0; i < ledger->count; i++) due[i] = ledger->items[i].due;
    struct backfill_addition addition = {
        .job = job,
        .max_concurrent = backfill->max_concurrent,
        .by = api_actor(write->request).email,
        .due = due,
        .count = ledger->count,
        .now = write->now,
    };
    return backfill_line_add(tx, &addition, write->arena, &added, ret_count, err) &&
           (backfill->max_concurrent > 0 || insert_all(tx, write, job, added, *ret_count, err));
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
    size_t made;
    if (!queue_missed(tx, write, &job, &ledger, &made, err)) return false;
    write->answer =
        (struct answer){.status = 202, .body = arena_printf(write->arena, "{\"count\":%zu}", made)};
    return api_audit(tx, write, "job.backfill", job.id, STR_NONE, write->answer.body, err);
}

static void read_limit(const json_t *body, int64_t *ret, struct faults *faults) {
    const json_t *value = json_object_get(body, "maxConcurrent");
    if (value == NULL || json_is_null(value)) return;
    *ret = json_integer_value(value);
    if (!json_is_integer(value) || *ret < 1 || *ret > CONCURRENT_MAX)
        faults_add(faults, STR("maxConcurrent"), "must be a whole number from 1 to %d",
                   CONCURRENT_MAX);
}

void runs_backfill(struct http_request *request, struct http_response *response, void *context) {
    struct api *api = context;
    static const char *const known[] = {"fromDate", "toDate", "maxConcurrent", NULL};
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
    read_limit(body, &backfill.max_concurrent, &faults);
    if (!api_no_faults(request, response, &faults) ||
        !api_read_job(api, request, response, id, &backfill.job))
        return;
    struct api_write write = {
        .api = api, .request = request, .run = run_backfill, .context = &backfill, .poke = true};
    if (api_write(&write, response) && backfill.max_concurrent > 0)
        backfill_lines_watch(api->backfill_lines, backfill.job.id);
}
