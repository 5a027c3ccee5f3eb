/* job_changes.c - what changes a job that exists: update, delete, reschedule, pause, resume,
 * exclusions, dependencies.
 *
 * All of them are one shape: read the job, make the new definition from it, and replace it in a
 * write that takes the state (next run, counts) fresh from the transaction, because the engine
 * moves it all the time. Two people changing one job: the second one's write finds another
 * revision; with If-Match that is a 412, without it the change is made again from what the job is
 * now.
 */
#include "api/context.h"

#include "engine/dependencies.h"
#include "model/audit_diff.h"
#include "model/job_schedule.h"

enum { TRIES = 8 };
enum shown { SHOW_JOB, SHOW_EXCLUSIONS, SHOW_DEPENDENCIES };

struct change {
    const char *action;
    /* Makes *after (a copy of before) what the request asks for. False: it has answered. */
    bool (*apply)(struct change *change, const struct job *before, struct job *after);
    struct api *api;
    struct http_request *request;
    struct http_response *response;
    json_t *body; // NULL = none
    struct utc now;

    struct job before, after;
    int status; // of the answer
    enum shown shown;
    struct str dependencies_field; // where the list of ids stands in the body
};

/* The engine's part of a job, as it stands in this transaction. */
static void take_state(struct job *to, const struct job *from) {
    to->next_run_at = from->next_run_at;
    to->wake_at = from->wake_at;
    to->schedule_from = from->schedule_from;
    to->last_executed_at = from->last_executed_at;
    to->last_execution_status = from->last_execution_status;
    to->consecutive_failures = from->consecutive_failures;
    to->run_count = from->run_count;
    to->live_count = from->live_count;
}

/* A deleted job starts nothing any more; what runs already ends on its own. */
static bool cancel_pending(struct store_tx *tx, struct api_write *write, int64_t job_row,
                           struct err *err) {
    struct execution *live;
    size_t count;
    if (!store_executions_live(tx, job_row, write->arena, &live, &count, err)) return false;
    for (size_t i = 0; i < count; i++) {
        if (live[i].status != EXECUTION_PENDING) continue;
        enum cancel_result result;
        struct execution cancelled;
        if (!store_execution_cancel(tx, live[i].id, STR("the job was deleted"), write->now,
                                    write->arena, &result, &cancelled, err) ||
            !api_execution_left(tx, write, &live[i], EXECUTION_FAILED,
                                STR("its job was deleted before the step could start"), err))
            return false;
    }
    return api_advance_runs(write, err);
}

bool api_replace_job(struct store_tx *tx, struct api_write *write, const struct job *fresh,
                     struct job *after, const char *action, struct arena *arena, struct err *err) {
    struct passed_over passed = {0};
    take_state(after, fresh);
    after->revision = fresh->revision + 1;
    after->updated_at = write->now;
    after->last_modified_by = api_actor(write->request).email;
    if (!job_plan_change(fresh, after, write->api->options.zones, write->now, &passed, err) ||
        !store_job_update(tx, after, fresh->revision, err))
        return false;
    if (passed.reason != 0) {
        struct skip_range range = {.job_row = after->row,
                                   .from = passed.from,
                                   .to = passed.to,
                                   .reason = (enum skip_reason)passed.reason,
                                   .decided_at = write->now};
        if (!store_skip_insert(tx, &range, err)) return false;
    }
    struct audit_diff diff = audit_diff(arena, fresh, after);
    return api_audit(tx, write, action, after->id, diff.before, diff.after, err);
}

static bool check_dependencies(struct store_tx *tx, struct api_write *write,
                               const struct job *fresh, const struct job *after, struct err *err) {
    const struct change *change = write->context;
    if (!api_check_dependencies(tx, fresh->id, after->name, fresh->dependencies,
                                after->dependencies, change->dependencies_field, &write->faults,
                                err))
        return false;
    return faults_none(&write->faults) || err_set(err, ERR_INVALID, "its dependencies");
}

/* Runs that wait for other jobs are judged anew: those of this job when what it depends on has
 * changed, those of others when this one is gone. */
static bool judge_waiting(struct store_tx *tx, struct api_write *write, const struct job *fresh,
                          const struct job *after, struct err *err) {
    size_t released = 0; // the engine is poked in any case
    if (!str_equal(fresh->dependencies, after->dependencies) &&
        !dependencies_changed(tx, after->row, write->now, write->arena, &released, err))
        return false;
    return !after->is_deleted ||
           dependencies_ended(tx, after->id, write->now, write->arena, &released, err);
}

static bool make_answer(struct store_tx *tx, struct api_write *write, const struct job *after,
                        struct err *err) {
    const struct change *change = write->context;
    write->answer =
        (struct answer){.status = change->status, .etag = api_job_etag(write->arena, after)};
    if (change->status == 204) return true;
    switch (change->shown) {
    case SHOW_DEPENDENCIES:
        return api_dependencies_json(tx, after, write->arena, &write->answer.body, err);
    case SHOW_EXCLUSIONS:
        write->answer.body = str_is_absent(after->exclusions) ? STR("{}") : after->exclusions;
        return true;
    case SHOW_JOB: write->answer.body = api_job_json(write->arena, after); return true;
    }
    return true;
}

static bool run_change(struct store_tx *tx, struct api_write *write, struct err *err) {
    struct change *change = write->context;
    struct job fresh;
    if (!store_job_get_by_row(tx, change->before.row, write->arena, &fresh, err)) return false;
    if (fresh.revision != change->before.revision)
        return err_set(err, ERR_STALE, "somebody else has changed this job meanwhile");
    struct job after = change->after;
    if (after.is_deleted && !api_job_is_free(tx, write->arena, &fresh, err)) return false;
    if (!check_dependencies(tx, write, &fresh, &after, err) ||
        !api_replace_job(tx, write, &fresh, &after, change->action, write->arena, err) ||
        (after.is_deleted && !cancel_pending(tx, write, after.row, err)) ||
        !judge_waiting(tx, write, &fresh, &after, err))
        return false;
    return make_answer(tx, write, &after, err);
}

/* If-Match, when it is there, must name the revision. */
static bool is_fresh(struct change *change, bool *ret_conditional) {
    struct str if_match = request_header(change->request, STR("If-Match"));
    *ret_conditional = !str_is_absent(if_match);
    if (!*ret_conditional) return true;
    if (etag_listed(if_match, api_job_etag(change->request->arena, &change->before), false))
        return true;
    struct err err = ERR_INIT;
    err_set(&err, ERR_STALE, "the job is at revision %lld now; read it again",
            (long long)change->before.revision);
    respond_err(change->request, change->response, &err);
    return false;
}

static void make_change(struct change *change) {
    struct guid id;
    if (!api_path_guid(change->request, change->response, "jobId", &id)) return;
    struct err err = ERR_INIT;
    for (int i = 0; i < TRIES; i++) {
        bool conditional;
        if (!api_read_job(change->api, change->request, change->response, id, &change->before) ||
            !is_fresh(change, &conditional))
            return;
        change->after = change->before;
        change->now = clock_now(change->api->options.clock);
        if (!change->apply(change, &change->before, &change->after)) return;
        struct api_write write = {.api = change->api,
                                  .request = change->request,
                                  .now = change->now,
                                  .run = run_change,
                                  .context = change,
                                  .poke = true};
        if (api_write_quietly(&write, &err)) {
            api_answer(change->response, &write.answer);
            return;
        }
        if (err.kind == ERR_STALE && !conditional) continue;
        api_respond_failed(&write, change->response, &err);
        return;
    }
    respond_err(change->request, change->response, &err);
}

static struct change new_change(const char *action, struct http_request *request,
                                struct http_response *response, void *context) {
    return (struct change){.action = action,
                           .api = context,
                           .request = request,
                           .response = response,
                           .status = 200,
                           .dependencies_field = STR("dependencies.dependsOnJobIds")};
}

/* ---- update and reschedule ---- */

static bool apply_update(struct change *change, const struct job *before, struct job *after) {
    struct faults faults = {.arena = change->request->arena};
    if (!api_may_write_job(change->api, change->request, change->response, before)) return false;
    struct job_defaults defaults = api_job_defaults(change->api, change->request, change->now);
    bool good = job_from_json(change->body, JOB_REPLACE, before, &defaults, change->request->arena,
                              after, &faults);
    if (!api_find_dependency_faults(change->api, change->request, change->response, before,
                                    json_object_get(change->body, "dependencies"),
                                    STR("dependencies"), &faults))
        return false;
    if (good && faults_none(&faults)) return true;
    api_respond_job_faults(change->request, change->response, &defaults, &faults);
    return false;
}

void jobs_update(struct http_request *request, struct http_response *response, void *context) {
    struct change change = new_change("job.update", request, response, context);
    change.apply = apply_update;
    if (api_body_object(request, response, &change.body)) make_change(&change);
}

static bool apply_reschedule(struct change *change, const struct job *before, struct job *after) {
    struct faults faults = {.arena = change->request->arena};
    if (!api_may_write_job(change->api, change->request, change->response, before)) return false;
    struct job_defaults defaults = api_job_defaults(change->api, change->request, change->now);
    if (job_reschedule_from_json(change->body, before, &defaults, change->request->arena, after,
                                 &faults))
        return true;
    api_respond_job_faults(change->request, change->response, &defaults, &faults);
    return false;
}

void jobs_reschedule(struct http_request *request, struct http_response *response, void *context) {
    struct change change = new_change("job.reschedule", request, response, context);
    change.apply = apply_reschedule;
    if (api_body_object(request, response, &change.body)) make_change(&change);
}

/* ---- pause and resume ---- */

static bool apply_pause(struct change *change, const struct job *before, struct job *after) {
    (void)before;
    struct faults faults = {.arena = change->request->arena};
    static const char *const known[] = {"until", NULL};
    after->is_paused = true;
    after->paused_until = UTC_NONE;
    if (change->body == NULL) return true;
    api_check_members(change->body, known, &faults);
    const json_t *until = json_object_get(change->body, "until");
    if (until && !json_is_null(until)) {
        if (!utc_parse(json_str_of(until), &after->paused_until)) {
            faults_add(&faults, STR("until"), "must be a time such as 2026-01-02T03:04:05Z");
        } else if (!utc_before(change->now, after->paused_until)) {
            faults_add(&faults, STR("until"), "must lie in the future");
        }
    }
    return api_no_faults(change->request, change->response, &faults);
}

void jobs_pause(struct http_request *request, struct http_response *response, void *context) {
    struct change change = new_change("job.pause", request, response, context);
    change.apply = apply_pause;
    if (api_body_object(request, response, &change.body)) make_change(&change);
}

static bool apply_resume(struct change *change, const struct job *before, struct job *after) {
    (void)change;
    (void)before;
    after->is_paused = false;
    after->paused_until = UTC_NONE;
    return true;
}

void jobs_resume(struct http_request *request, struct http_response *response, void *context) {
    struct change change = new_change("job.resume", request, response, context);
    change.apply = apply_resume;
    if (api_body_empty(request, response)) make_change(&change);
}

/* ---- exclusions ---- */

static bool apply_exclusions(struct change *change, const struct job *before, struct job *after) {
    (void)before;
    struct faults faults = {.arena = change->request->arena};
    if (change->body == NULL) {
        after->exclusions = STR_NONE;
        return true;
    }
    if (job_exclusions_from_json(change->body, STR_NONE, change->request->arena, &after->exclusions,
                                 &faults))
        return true;
    respond_faults(change->request, change->response, &faults);
    return false;
}

void exclusions_set(struct http_request *request, struct http_response *response, void *context) {
    struct change change = new_change("job.exclusions", request, response, context);
    change.apply = apply_exclusions;
    change.shown = SHOW_EXCLUSIONS;
    if (api_body_object(request, response, &change.body)) make_change(&change);
}

void exclusions_clear(struct http_request *request, struct http_response *response, void *context) {
    struct change change = new_change("job.exclusions", request, response, context);
    change.apply = apply_exclusions;
    change.shown = SHOW_EXCLUSIONS;
    if (api_no_query(request, response)) make_change(&change);
}

void exclusions_show(struct http_request *request, struct http_response *response, void *context) {
    struct guid id;
    struct job job;
    if (!api_path_guid(request, response, "jobId", &id) || !api_no_query(request, response) ||
        !api_read_job(context, request, response, id, &job))
        return;
    struct json_writer w = respond_json_begin(response, 200);
    json_raw(&w, str_is_absent(job.exclusions) ? STR("{}") : job.exclusions);
}

/* ---- dependencies ---- */

static bool apply_dependencies(struct change *change, const struct job *before, struct job *after) {
    struct arena *arena = change->request->arena;
    struct faults faults = {.arena = arena};
    struct dependencies dependencies = {0};
    if (change->body != NULL)
        dependencies_read(change->body, STR_NONE, arena, &dependencies, &faults);
    if (change->body != NULL && json_object_get(change->body, "dependsOnJobIds") == NULL)
        faults_add(&faults, STR("dependsOnJobIds"), "is required");
    if (!api_find_dependency_faults(change->api, change->request, change->response, before,
                                    change->body, STR_NONE, &faults) ||
        !api_no_faults(change->request, change->response, &faults))
        return false;
    after->dependencies = dependencies_text(arena, &dependencies);
    return true;
}

void dependencies_set(struct http_request *request, struct http_response *response, void *context) {
    struct change change = new_change("job.dependencies", request, response, context);
    change.apply = apply_dependencies;
    change.shown = SHOW_DEPENDENCIES;
    change.dependencies_field = STR("dependsOnJobIds");
    if (api_body_object(request, response, &change.body)) make_change(&change);
}

void dependencies_clear(struct http_request *request, struct http_response *response,
                        void *context) {
    struct change change = new_change("job.dependencies", request, response, context);
    change.apply = apply_dependencies;
    change.shown = SHOW_DEPENDENCIES;
    if (api_no_query(request, response)) make_change(&change);
}

/* ---- delete ---- */

static bool apply_delete(struct change *change, const struct job *before, struct job *after) {
    (void)change;
    (void)before;
    after->is_deleted = true;
    return true;
}

/* Its executions vanish with it. */
static bool leave_runs(struct store_tx *tx, struct api_write *write, int64_t job_row,
                       struct err *err) {
    struct execution *live;
    size_t count;
    if (!store_executions_live(tx, job_row, write->arena, &live, &count, err)) return false;
    for (size_t i = 0; i < count; i++)
        if (!api_execution_left(tx, write, &live[i], EXECUTION_FAILED, STR("its job was erased"),
                                err))
            return false;
    return true;
}

static bool run_erase(struct store_tx *tx, struct api_write *write, struct err *err) {
    const struct job *job = write->context;
    struct audit_diff diff = audit_diff(write->arena, job, NULL);
    size_t released = 0;
    write->answer = (struct answer){.status = 204};
    return api_job_is_free(tx, write->arena, job, err) && leave_runs(tx, write, job->row, err) &&
           store_job_erase(tx, job->row, err) && api_advance_runs(write, err) &&
           dependencies_ended(tx, job->id, write->now, write->arena, &released, err) &&
           api_audit(tx, write, "job.erase", job->id, diff.before, diff.after, err);
}

/* Also takes away what was soft-deleted before. */
static void erase(struct http_request *request, struct http_response *response, struct api *api) {
    struct change change = new_change("job.erase", request, response, api);
    struct guid id;
    bool conditional;
    if (!api_path_guid(request, response, "jobId", &id)) return;
    struct store_tx *tx = api_read(api, request, response);
    if (tx == NULL) return;
    struct err err = ERR_INIT;
    bool found = store_job_get(tx, id, request->arena, &change.before, &err);
    store_read_end(tx);
    if (!found) {
        respond_err(request, response, &err);
        return;
    }
    int type = (int)change.before.type;
    if (type == JOB_ALERT || type == JOB_WORKFLOW) {
        err_set(&err, ERR_CONFLICT, "this job is the server's own: %s",
                type == JOB_ALERT ? "its executions deliver alerts"
                                  : "it holds the schedule of a workflow");
        respond_err(request, response, &err);
        return;
    }
    if (!is_fresh(&change, &conditional)) return;
    struct api_write write = {
        .api = api, .request = request, .run = run_erase, .context = &change.before, .poke = true};
    (void)api_write(&write, response);
}

void jobs_delete(struct http_request *request, struct http_response *response, void *context) {
    static const char *const known[] = {"hardDelete", NULL};
    struct faults faults = {.arena = request->arena};
    query_check_known(request, known, &faults);
    bool hard = query_bool(request, "hardDelete", false, &faults);
    if (!api_no_faults(request, response, &faults)) return;
    if (hard) {
        erase(request, response, context);
        return;
    }
    struct change change = new_change("job.delete", request, response, context);
    change.apply = apply_delete;
    change.status = 204;
    make_change(&change);
}
