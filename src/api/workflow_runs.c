/* workflow_runs.c - runs of workflows: begun by hand, listed, shown, cancelled, taken up again. */
#include "api/workflow_context.h"

#include "base/json_read.h"
#include "engine/workflows.h"

/* ---- what workflows.c shares ----------------------------------------------------------------- */

struct str workflow_etag(struct arena *arena, const struct workflow *workflow) {
    return arena_printf(arena, "%lld", (long long)workflow->revision);
}

struct str workflow_audit_text(struct arena *arena, const struct workflow *workflow,
                               const struct workflow *other) {
    struct buf out = buf_with_max(0);
    struct json_writer w = json_writer(&out);
    json_object_begin(&w);
    if (other == NULL || !str_equal(workflow->name, other->name))
        json_field_str(&w, STR("name"), workflow->name);
    if (other == NULL || !str_equal(workflow->description, other->description))
        json_field_str(&w, STR("description"), workflow->description);
    if (other == NULL || workflow->is_enabled != other->is_enabled)
        json_field_bool(&w, STR("isEnabled"), workflow->is_enabled);
    if (other == NULL || workflow->is_deleted != other->is_deleted)
        json_field_bool(&w, STR("isDeleted"), workflow->is_deleted);
    if (other == NULL || !str_equal(workflow->jobs, other->jobs))
        json_field_raw(&w, STR("jobs"), workflow->jobs);
    if (other == NULL || !str_equal(workflow->schedule, other->schedule))
        json_field_raw(&w, STR("schedule"), workflow->schedule);
    json_object_end(&w);
    return api_take_json(arena, &out);
}

/* ---- trigger --------------------------------------------------------------------------------- */

struct run_request {
    struct guid workflow_id, run_id;
    struct str parameters;
    struct str reason;
    struct workflow_changes changes;
};

static struct workflow_changes changes_of(struct store_tx *tx, const struct api_write *write) {
    return (struct workflow_changes){.tx = tx, .arena = write->arena, .now = write->now};
}

static bool run_trigger(struct store_tx *tx, struct api_write *write, struct err *err) {
    struct run_request *asked = write->context;
    struct workflow workflow;
    bool inserted;
    asked->changes = changes_of(tx, write);
    if (!store_workflow_get(tx, asked->workflow_id, write->arena, &workflow, err)) return false;
    if (workflow.is_deleted) return err_set(err, ERR_NOT_FOUND, "this workflow was deleted");
    struct workflow_begin begin = {.workflow = &workflow,
                                   .trigger = TRIGGER_MANUAL,
                                   .triggered_by = api_actor(write->request).email,
                                   .scheduled_for = write->now,
                                   .parameters = asked->parameters};
    if (!workflows_begin(&asked->changes, &begin, &asked->run_id, &inserted, err) ||
        !workflows_advance(&asked->changes, err))
        return false;
    write->answer = (struct answer){
        .status = 202,
        .body = api_guid_json(write->arena, asked->run_id),
        .location = api_location(write->arena, "/api/v1/scheduler/workflows/runs", asked->run_id),
    };
    write->runs = &asked->changes;
    return api_audit(tx, write, "workflow.trigger", workflow.id, STR_NONE, write->answer.body, err);
}

void workflows_trigger(struct http_request *request, struct http_response *response,
                       void *context) {
    static const char *const known[] = {"parameters", NULL};
    struct run_request asked = {0};
    struct faults faults = {.arena = request->arena};
    json_t *body;
    if (!api_path_guid(request, response, "workflowId", &asked.workflow_id) ||
        !api_body_object(request, response, &body))
        return;
    if (body) {
        const json_t *parameters = json_object_get(body, "parameters");
        api_check_members(body, known, &faults);
        if (json_is_object(parameters))
            asked.parameters = json_dump(request->arena, parameters);
        else if (parameters && !json_is_null(parameters))
            faults_add(&faults, STR("parameters"), "must be an object");
    }
    if (!api_no_faults(request, response, &faults)) return;
    struct api_write write = {
        .api = context, .request = request, .run = run_trigger, .context = &asked, .poke = true};
    (void)api_write(&write, response);
}

/* ---- read ------------------------------------------------------------------------------------ */

void workflow_runs_list(struct http_request *request, struct http_response *response,
                        void *context) {
    static const char *const known[] = {"pageNumber", "pageSize", "status", NULL};
    struct faults faults = {.arena = request->arena};
    struct guid id;
    struct store_tx *tx;
    struct workflow workflow;
    struct run_page runs;
    struct err err = ERR_INIT;
    query_check_known(request, known, &faults);
    struct page page = api_query_page(request, &faults);
    struct run_filter filter = {.offset = page.offset, .limit = page.size};
    struct str text = query_str(request, "status", MAX_SEARCH, &faults);
    enum execution_status status = 0;
    if (!str_is_absent(text) &&
        (!execution_status_parse(text, &status) || status == EXECUTION_PENDING))
        faults_add(&faults, STR("status"), "must be one of: Running, Succeeded, Failed, Cancelled");
    filter.status = (int64_t)status;
    if (!api_no_faults(request, response, &faults) ||
        !api_path_guid(request, response, "workflowId", &id) ||
        !workflow_read(context, request, response, id, &tx, &workflow))
        return;
    filter.workflow_row = workflow.row;
    bool ok = store_run_list(tx, &filter, request->arena, &runs, &err);
    store_read_end(tx);
    if (!ok) {
        respond_err(request, response, &err);
        return;
    }
    struct json_writer w = api_page_begin(response);
    for (size_t i = 0; i < runs.count; i++) workflow_run_to_json(&w, &runs.items[i]);
    api_page_end(&w, page, runs.total);
}

static struct str run_text(struct store_tx *tx, struct guid id, struct arena *arena,
                           struct err *err) {
    struct workflow_run run;
    struct workflow_step *steps;
    struct workflow_graph graph;
    size_t count;
    if (!store_run_get(tx, id, arena, &run, err) ||
        !store_run_steps(tx, run.row, arena, &steps, &count, err) ||
        !workflow_graph_parse(run.jobs, arena, &graph, err))
        return STR_NONE;
    struct buf out = buf_with_max(0);
    struct json_writer w = json_writer(&out);
    workflow_run_to_json_with_steps(&w, &run, &graph, steps, count);
    return api_take_json(arena, &out);
}

void workflow_runs_show(struct http_request *request, struct http_response *response,
                        void *context) {
    struct guid id;
    struct err err = ERR_INIT;
    if (!api_path_guid(request, response, "runId", &id) || !api_no_query(request, response)) return;
    struct store_tx *tx = api_read(context, request, response);
    if (tx == NULL) return;
    struct answer answer = {.status = 200, .body = run_text(tx, id, request->arena, &err)};
    store_read_end(tx);
    if (str_is_absent(answer.body))
        respond_err(request, response, &err);
    else
        api_answer(response, &answer);
}

/* ---- cancel and retry ------------------------------------------------------------------------ */

static bool finish_change(struct store_tx *tx, struct api_write *write, const char *action,
                          struct err *err) {
    struct run_request *asked = write->context;
    struct workflow_run run;
    write->runs = &asked->changes;
    if (!workflows_advance(&asked->changes, err) ||
        !store_run_get(tx, asked->run_id, write->arena, &run, err))
        return false;
    write->answer =
        (struct answer){.status = 200, .body = run_text(tx, asked->run_id, write->arena, err)};
    return !str_is_absent(write->answer.body) &&
           api_audit(tx, write, action, run.workflow_id, STR_NONE,
                     api_guid_json(write->arena, run.id), err);
}

static bool run_cancel(struct store_tx *tx, struct api_write *write, struct err *err) {
    struct run_request *asked = write->context;
    asked->changes = changes_of(tx, write);
    return workflows_cancel(&asked->changes, asked->run_id, asked->reason, err) &&
           finish_change(tx, write, "workflow.cancel", err);
}

static bool run_retry(struct store_tx *tx, struct api_write *write, struct err *err) {
    struct run_request *asked = write->context;
    struct workflow_run run;
    struct workflow workflow;
    asked->changes = changes_of(tx, write);
    if (!store_run_get(tx, asked->run_id, write->arena, &run, err) ||
        !store_workflow_get_by_row(tx, run.workflow_row, write->arena, &workflow, err))
        return false;
    if (workflow.is_deleted) return err_set(err, ERR_CONFLICT, "its workflow was deleted");
    return workflows_retry(&asked->changes, asked->run_id, err) &&
           finish_change(tx, write, "workflow.retry", err);
}

static void change_run(struct http_request *request, struct http_response *response, void *context,
                       bool (*run)(struct store_tx *, struct api_write *, struct err *)) {
    struct run_request asked = {0};
    if (!api_path_guid(request, response, "runId", &asked.run_id) ||
        !api_body_empty(request, response))
        return;
    asked.reason =
        arena_printf(request->arena, "cancelled by %.*s", STR_ARG(api_actor(request).email));
    struct api_write write = {
        .api = context, .request = request, .run = run, .context = &asked, .poke = true};
    (void)api_write(&write, response);
}

void workflow_runs_cancel(struct http_request *request, struct http_response *response,
                          void *context) {
    change_run(request, response, context, run_cancel);
}

void workflow_runs_retry(struct http_request *request, struct http_response *response,
                         void *context) {
    change_run(request, response, context, run_retry);
}
