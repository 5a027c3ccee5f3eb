/* execution_control.c - what people do to an execution: cancel it, run it again. */
#include "api/context.h"

#include "engine/dependencies.h"
#include "model/execution_json.h"

/* ---- cancel ---- */

struct cancellation {
    struct guid id;
    struct str reason;
    enum cancel_result result;
    struct execution execution;
};

static bool run_cancel(struct store_tx *tx, struct api_write *write, struct err *err) {
    struct cancellation *cancellation = write->context;
    if (!store_execution_cancel(tx, cancellation->id, cancellation->reason, write->now,
                                write->arena, &cancellation->result, &cancellation->execution, err))
        return false;
    if (cancellation->result == CANCEL_TOO_LATE)
        return err_set(err, ERR_CONFLICT, "it has ended already: %.*s",
                       STR_ARG(execution_status_name(cancellation->execution.status)));
    struct execution *execution = &cancellation->execution;
    size_t released = 0;
    if (cancellation->result == CANCEL_DONE &&
        (!api_execution_left(tx, write, execution, EXECUTION_CANCELLED, execution->error_message,
                             err) ||
         !api_advance_runs(write, err)))
        return false;
    if (!dependencies_ended(tx, execution->job_id, write->now, write->arena, &released, err) ||
        !dependencies_waiting_on(tx, write->arena, execution, 1, err))
        return false;
    if (cancellation->result == CANCEL_DONE)
        write->execution = (struct engine_event){.job_id = execution->job_id,
                                                 .execution_id = execution->id,
                                                 .status = execution->status,
                                                 .at = write->now};
    struct buf out = buf_with_max(0);
    struct json_writer w = json_writer(&out);
    execution_to_json(&w, &cancellation->execution);
    write->answer = (struct answer){.status = 200, .body = api_take_json(write->arena, &out)};
    return api_audit(tx, write, "execution.cancel", cancellation->execution.job_id, STR_NONE,
                     api_guid_json(write->arena, cancellation->id), err);
}

void executions_cancel(struct http_request *request, struct http_response *response,
                       void *context) {
    struct api *api = context;
    struct cancellation cancellation = {0};
    if (!api_path_guid(request, response, "executionId", &cancellation.id) ||
        !api_body_empty(request, response))
        return;
    cancellation.reason =
        arena_printf(request->arena, "cancelled by %.*s", STR_ARG(api_actor(request).email));
    struct api_write write = {
        .api = api, .request = request, .run = run_cancel, .context = &cancellation, .poke = true};
    if (!api_write(&write, response)) return;
    struct engine *engine = atomic_load(&api->engine);
    if (cancellation.result == CANCEL_REQUESTED && engine)
        engine_cancel(engine, cancellation.execution.row, cancellation.reason);
}

/* ---- retry by hand ---- */

static bool run_retry(struct store_tx *tx, struct api_write *write, struct err *err) {
    const struct guid *id = write->context;
    struct execution parent;
    struct job job;
    if (!store_execution_get(tx, *id, write->arena, &parent, err) ||
        !store_job_get_by_row(tx, parent.job_row, write->arena, &job, err))
        return false;
    if (!execution_has_ended(parent.status))
        return err_set(err, ERR_CONFLICT, "it has not ended yet: %.*s",
                       STR_ARG(execution_status_name(parent.status)));
    if (job.is_deleted && (int)job.type != JOB_ALERT)
        return err_set(err, ERR_CONFLICT, "its job was deleted");
    struct new_execution execution = {
        .id = guid_new(write->now),
        .job_row = job.row,
        .status = EXECUTION_PENDING,
        .queue = parent.queue,
        .trigger = TRIGGER_RETRY,
        .triggered_by = api_actor(write->request).email,
        .scheduled_for = parent.scheduled_for,
        .created_at = write->now,
        .available_at = write->now,
        .retry_count = parent.retry_count + 1,
        .retry_parent_id = parent.id,
        .parameters = parent.parameters,
        .inputs = parent.inputs,
    };
    bool was_given = !str_is_absent(parent.inputs);
    if ((!was_given && !dependencies_inputs(tx, &job, write->arena, &execution.inputs, err)) ||
        !store_execution_insert(tx, &execution, err))
        return false;
    write->answer = (struct answer){
        .status = 202,
        .body = api_guid_json(write->arena, execution.id),
        .location = api_location(write->arena, "/api/v1/scheduler/executions", execution.id),
    };
    write->execution = (struct engine_event){.job_id = job.id,
                                             .execution_id = execution.id,
                                             .job_type = job.type,
                                             .status = EXECUTION_PENDING,
                                             .at = write->now};
    return api_audit(tx, write, "execution.retry", job.id, api_guid_json(write->arena, parent.id),
                     write->answer.body, err);
}

void executions_retry(struct http_request *request, struct http_response *response, void *context) {
    struct api *api = context;
    struct guid id;
    if (!api_path_guid(request, response, "executionId", &id) || !api_body_empty(request, response))
        return;
    struct api_write write = {
        .api = api, .request = request, .run = run_retry, .context = &id, .poke = true};
    (void)api_write(&write, response);
}
