/* dependencies.c - what a job depends on: checked before it is written, and shown. What changes it
 * is in job_changes.c. */
#include "api/context.h"

#include "engine/dependencies.h"

/* ---- checked --------------------------------------------------------------------------------- */

bool api_check_dependencies(struct store_tx *tx, struct guid job_id, struct str job_name,
                            struct str before, struct str after, struct str field,
                            struct faults *faults, struct err *err) {
    struct dependencies dependencies;
    if (str_is_absent(after) || str_equal(before, after)) return true;
    return dependencies_parse(after, faults->arena, &dependencies, err) &&
           dependencies_check(tx, job_id, job_name, before, &dependencies, field, faults, err);
}

bool api_find_dependency_faults(struct api *api, struct http_request *request,
                                struct http_response *response, const struct job *base,
                                const json_t *value, struct str path, struct faults *faults) {
    struct arena *arena = request->arena;
    struct faults malformed = {.arena = arena}; // told by whoever reads the definition
    struct dependencies dependencies;
    if (!json_is_object(value)) return true;
    dependencies_read(value, path, arena, &dependencies, &malformed);
    if (!faults_none(&malformed) || dependencies.count == 0) return true;
    struct str after = dependencies_text(arena, &dependencies);
    struct str list = path.len == 0 ? STR("dependsOnJobIds")
                                    : arena_printf(arena, "%.*s.dependsOnJobIds", STR_ARG(path));
    struct guid id = base ? base->id : (struct guid){{0}};
    struct str name = base ? base->name : STR_NONE, before = base ? base->dependencies : STR_NONE;
    struct store_tx *tx = api_read(api, request, response);
    struct err err = ERR_INIT;
    if (tx == NULL) return false;
    bool ok = api_check_dependencies(tx, id, name, before, after, list, faults, &err);
    store_read_end(tx);
    if (!ok) respond_err(request, response, &err);
    return ok;
}

/* ---- shown ----------------------------------------------------------------------------------- */

/* One of the jobs, and what it last did. */
static bool write_job(struct json_writer *w, struct store_tx *tx, struct guid id, bool is_open,
                      struct arena *arena, struct err *err) {
    struct job job;
    struct err reason = ERR_INIT;
    bool found = store_job_get(tx, id, arena, &job, &reason);
    if (!found && reason.kind != ERR_NOT_FOUND) {
        *err = reason;
        return false;
    }
    if (!found) job = (struct job){.id = id, .is_deleted = true};
    enum execution_status last = (enum execution_status)job.last_execution_status;
    json_object_begin(w);
    json_field_guid(w, STR("jobId"), id);
    json_field_str(w, STR("name"), job.name);
    json_field_bool(w, STR("isDeleted"), job.is_deleted);
    json_field_utc(w, STR("lastExecutedAt"), job.last_executed_at);
    json_field_str(w, STR("lastExecutionStatus"), execution_status_name(last));
    json_field_utc(w, STR("lastSuccessAt"), job.last_success_at);
    json_field_utc(w, STR("lastCompletedAt"), job.last_completed_at);
    json_field_bool(w, STR("isWaitedFor"), is_open);
    json_object_end(w);
    return true;
}

bool api_dependencies_json(struct store_tx *tx, const struct job *job, struct arena *arena,
                           struct str *ret, struct err *err) {
    struct dependency_state state;
    if (!dependencies_state(tx, job, arena, &state, err)) return false;
    struct buf out = buf_with_max(0);
    struct json_writer w = json_writer(&out);
    json_object_begin(&w);
    json_key(&w, STR("dependsOnJobIds"));
    json_array_begin(&w);
    for (size_t i = 0; i < state.dependencies.count; i++) json_guid(&w, state.dependencies.jobs[i]);
    json_array_end(&w);
    json_field_str(&w, STR("condition"), dependency_condition_name(state.dependencies.condition));
    json_field_bool(&w, STR("wouldWait"), state.verdict != DEPENDENCY_MET);
    json_key(&w, STR("jobs"));
    json_array_begin(&w);
    bool ok = true;
    for (size_t i = 0; ok && i < state.dependencies.count; i++)
        ok = write_job(&w, tx, state.dependencies.jobs[i], state.is_open[i], arena, err);
    json_array_end(&w);
    json_object_end(&w);
    if (ok) *ret = arena_copy(arena, buf_str(&out));
    buf_free(&out);
    return ok;
}

void dependencies_show(struct http_request *request, struct http_response *response,
                       void *context) {
    struct guid id;
    struct job job;
    if (!api_path_guid(request, response, "jobId", &id) || !api_no_query(request, response) ||
        !api_read_job(context, request, response, id, &job))
        return;
    struct store_tx *tx = api_read(context, request, response);
    if (tx == NULL) return;
    struct err err = ERR_INIT;
    struct str text;
    bool ok = api_dependencies_json(tx, &job, request->arena, &text, &err);
    store_read_end(tx);
    if (!ok) {
        respond_err(request, response, &err);
        return;
    }
    struct json_writer w = respond_json_begin(response, 200);
    json_raw(&w, text);
}
