/* runs.c - a job is run now. (Its executions are listed by executions.c.) */
#include "api/context.h"

#include "engine/dependencies.h"

struct trigger_request {
    const struct job *job;
    struct str parameters;
    struct str queue;
};

static bool run_trigger(struct store_tx *tx, struct api_write *write, struct err *err) {
    const struct trigger_request *trigger = write->context;
    struct new_execution execution = {
        .id = guid_new(write->now),
        .job_row = trigger->job->row,
        .status = EXECUTION_PENDING,
        .queue = trigger->queue,
        .trigger = TRIGGER_MANUAL,
        .triggered_by = api_actor(write->request).email,
        .scheduled_for = write->now,
        .created_at = write->now,
        .available_at = write->now,
        .parameters = trigger->parameters,
    };
    struct job fresh;
    if (!store_job_get_by_row(tx, trigger->job->row, write->arena, &fresh, err)) return false;
    if (fresh.is_deleted) return err_set(err, ERR_NOT_FOUND, "this job was deleted");
    if (!dependencies_inputs(tx, &fresh, write->arena, &execution.inputs, err) ||
        !store_execution_insert(tx, &execution, err) ||
        !api_audit(tx, write, "job.trigger", fresh.id, STR_NONE,
                   api_guid_json(write->arena, execution.id), err))
        return false;
    write->execution = (struct engine_event){.job_id = fresh.id,
                                             .execution_id = execution.id,
                                             .job_type = fresh.type,
                                             .status = EXECUTION_PENDING,
                                             .at = write->now};
    write->answer = (struct answer){
        .status = 202,
        .body = api_guid_json(write->arena, execution.id),
        .location = api_location(write->arena, "/api/v1/scheduler/executions", execution.id),
    };
    return true;
}

static bool is_known_queue(const struct api *api, struct str queue) {
    for (size_t i = 0; i < api->options.queue_count; i++)
        if (str_equal(api->options.queues[i], queue)) return true;
    return false;
}

static void read_trigger(const struct api *api, const json_t *body, struct arena *arena,
                         struct trigger_request *trigger, struct faults *faults) {
    static const char *const known[] = {"parameters", "queue", NULL};
    if (body == NULL) return;
    api_check_members(body, known, faults);
    const json_t *parameters = json_object_get(body, "parameters");
    if (parameters && !json_is_null(parameters)) {
        if (json_is_object(parameters)) {
            trigger->parameters = json_dump(arena, parameters);
        } else {
            faults_add(faults, STR("parameters"), "must be an object");
        }
    }
    const json_t *queue = json_object_get(body, "queue");
    if (queue && !json_is_null(queue)) {
        struct str name = json_str_of(queue);
        if (is_known_queue(api, name)) {
            trigger->queue = arena_copy(arena, name);
        } else {
            faults_add(faults, STR("queue"), "must be one of the configured queues");
        }
    }
}

void runs_trigger(struct http_request *request, struct http_response *response, void *context) {
    struct api *api = context;
    struct guid id;
    struct job job;
    json_t *body;
    if (!api_path_guid(request, response, "jobId", &id) ||
        !api_body_object(request, response, &body) ||
        !api_read_job(api, request, response, id, &job))
        return;
    struct trigger_request trigger = {.job = &job, .queue = job.queue};
    struct faults faults = {.arena = request->arena};
    read_trigger(api, body, request->arena, &trigger, &faults);
    if (!api_no_faults(request, response, &faults)) return;
    struct api_write write = {
        .api = api, .request = request, .run = run_trigger, .context = &trigger, .poke = true};
    (void)api_write(&write, response);
}
