/* workflows.c - workflows: read, create, change, delete. Their runs are in workflow_runs.c.
 *
 * A workflow with a schedule has a hidden job that holds it (JOB_WORKFLOW), written in the same
 * transaction. What a request says is checked against the jobs as they are when it is read; what
 * may have changed until it is written (a job deleted, a root taken) is checked again there.
 */
#include "api/workflow_context.h"

#include "engine/inputs.h"
#include "model/job_schedule.h"
#include "model/workflow_json.h"

enum { TRIES = 8, CULPRITS_SHOWN = 5 };

/* ---- checking -------------------------------------------------------------------------------- */

bool workflow_find_job(void *context, struct guid id, struct workflow_job *ret) {
    struct workflow_lookup *lookup = context;
    struct job job;
    struct workflow other;
    struct err err = ERR_INIT;
    if (!store_job_get(lookup->tx, id, lookup->arena, &job, &err)) {
        if (err.kind != ERR_NOT_FOUND) lookup->err = err;
        return false;
    }
    *ret = (struct workflow_job){.name = job.name,
                                 .row = job.row,
                                 .is_deleted = job.is_deleted,
                                 .starts_workflow = job.starts_workflow};
    ret->mentions = inputs_mentioned(job.configuration, lookup->arena, &ret->mention_count);
    if (job.starts_workflow == 0) return true;
    if (store_workflow_get_by_row(lookup->tx, job.starts_workflow, lookup->arena, &other, &err))
        ret->started_name = other.name;
    else
        lookup->err = err;
    return true;
}

/* The definition that the body makes of `before` (NULL = a new one), unless it has faults. False:
 * it has answered. */
static bool read_definition(struct workflow_change *change, const json_t *body,
                            const struct workflow *before, const struct job *schedule,
                            struct workflow_definition *ret, struct faults *faults) {
    struct http_request *request = change->request;
    struct workflow_lookup lookup = {.arena = request->arena};
    struct job_defaults defaults = api_job_defaults(change->api, request, change->now);
    struct workflow_rules rules = {
        .job_defaults = &defaults, .find_job = workflow_find_job, .context = &lookup};
    lookup.tx = api_read(change->api, request, change->response);
    if (lookup.tx == NULL) return false;
    (void)!workflow_from_json(body, before ? JOB_REPLACE : JOB_CREATE, before, schedule, &rules,
                              request->arena, ret, faults);
    store_read_end(lookup.tx);
    if (lookup.err.kind != ERR_NONE) respond_err(request, change->response, &lookup.err);
    return lookup.err.kind == ERR_NONE;
}

/* The members, as they stand in this transaction. */
static bool take_members(struct store_tx *tx, const struct workflow_definition *definition,
                         struct arena *arena, struct workflow_member **ret, struct err *err) {
    size_t count = definition->graph.count;
    struct guid *ids = ARENA_ARRAY(arena, count, struct guid);
    struct job_end *jobs = ARENA_ARRAY(arena, count, struct job_end);
    struct workflow_member *members = ARENA_ARRAY(arena, count, struct workflow_member);
    for (size_t i = 0; i < count; i++) ids[i] = definition->graph.nodes[i].job_id;
    if (!store_job_ends(tx, ids, count, arena, jobs, err)) return false;
    for (size_t i = 0; i < count; i++) {
        if (jobs[i].row == 0 || jobs[i].is_deleted) {
            char id[GUID_LENGTH + 1];
            guid_format(ids[i], id);
            return err_set(err, ERR_CONFLICT, "job %s was deleted; take it out of `jobs`", id);
        }
        members[i] = (struct workflow_member){
            .job_row = jobs[i].row, .is_root = definition->graph.nodes[i].above_count == 0};
    }
    *ret = members;
    return true;
}

/* ---- the schedule's job ---------------------------------------------------------------------- */

static void complete_schedule(struct job *schedule, const struct workflow *workflow,
                              struct arena *arena) {
    char id[GUID_LENGTH + 1];
    struct retry_policy once = retry_policy_default();
    once.max_attempts = 1;
    guid_format(workflow->id, id);
    schedule->configuration = arena_printf(arena, "{\"workflowId\":\"%s\"}", id);
    schedule->retry_policy = retry_policy_text(arena, &once);
    schedule->created_by = workflow->created_by;
    schedule->last_modified_by = workflow->last_modified_by;
    schedule->updated_at = workflow->updated_at;
}

static bool insert_schedule(struct store_tx *tx, struct api_write *write,
                            struct workflow_definition *definition, struct err *err) {
    struct job *schedule = &definition->schedule;
    schedule->row = 0;
    schedule->id = guid_new(write->now);
    schedule->revision = 1;
    schedule->created_at = write->now;
    complete_schedule(schedule, &definition->workflow, write->arena);
    if (!job_plan_first(schedule, write->api->options.zones, write->now, err) ||
        !store_job_insert(tx, schedule, err))
        return false;
    definition->workflow.schedule_job_row = schedule->row;
    return true;
}

static bool update_schedule(struct store_tx *tx, struct api_write *write,
                            struct workflow_definition *definition, struct err *err) {
    struct job *schedule = &definition->schedule;
    struct job fresh;
    if (!store_job_get_by_row(tx, definition->workflow.schedule_job_row, write->arena, &fresh, err))
        return false;
    complete_schedule(schedule, &definition->workflow, write->arena);
    schedule->run_count = fresh.run_count;
    schedule->revision = fresh.revision + 1;
    return job_plan_change(&fresh, schedule, write->api->options.zones, write->now, NULL, err) &&
           store_job_update(tx, schedule, fresh.revision, err);
}

/* ---- create ---------------------------------------------------------------------------------- */

static bool insert(struct store_tx *tx, struct api_write *write, struct workflow_change *change,
                   struct err *err) {
    struct workflow_definition *after = &change->after;
    struct workflow *workflow = &after->workflow;
    struct workflow_member *members;
    workflow->id = guid_new(write->now);
    workflow->created_at = workflow->updated_at = write->now;
    workflow->last_modified_by = api_actor(write->request).email;
    workflow->schedule_job_row = 0;
    if (!take_members(tx, after, write->arena, &members, err) ||
        (after->has_schedule && !insert_schedule(tx, write, after, err)) ||
        !store_workflow_insert(tx, workflow, members, after->graph.count, err))
        return false;
    struct str shown = workflow_audit_text(write->arena, workflow, NULL);
    return api_audit(tx, write, change->action, workflow->id, STR_NONE, shown, err);
}

static bool run_create(struct store_tx *tx, struct api_write *write, struct err *err) {
    struct workflow_change *change = write->context;
    const struct workflow *workflow = &change->after.workflow;
    if (!insert(tx, write, change, err)) return false;
    write->answer = (struct answer){
        .status = 200,
        .body = api_guid_json(write->arena, workflow->id),
        .location = api_location(write->arena, "/api/v1/scheduler/workflows", workflow->id),
        .etag = workflow_etag(write->arena, workflow),
    };
    return true;
}

static bool run_refuse(struct store_tx *tx, struct api_write *write, struct err *err) {
    (void)tx;
    (void)write;
    return err_set(err, ERR_INVALID, "the workflow is not valid");
}

void workflows_create(struct http_request *request, struct http_response *response, void *context) {
    struct api *api = context;
    struct workflow_change change = {
        .action = "workflow.create", .api = api, .request = request, .response = response};
    struct faults faults = {.arena = request->arena};
    json_t *body;
    if (!api_body_object(request, response, &body)) return;
    /* To the millisecond, as it is shown: an interval counts from this instant. */
    change.now = utc_from_ms(utc_ms(clock_now(api->options.clock)));
    if (!read_definition(&change, body, NULL, NULL, &change.after, &faults)) return;
    struct api_write write = {.api = api,
                              .request = request,
                              .now = change.now,
                              .run = run_create,
                              .context = &change,
                              .poke = true};
    if (faults_none(&faults)) {
        (void)api_write(&write, response);
        return;
    }
    /* The workflow that the same request made before may be what speaks against it now: its
     * Idempotency-Key gives that answer again. */
    struct err err = ERR_INIT;
    write.run = run_refuse;
    if (api_write_quietly(&write, &err))
        api_answer(response, &write.answer);
    else if (err.kind == ERR_INVALID)
        (void)api_no_faults(request, response, &faults);
    else
        respond_err(request, response, &err);
}

/* ---- read ------------------------------------------------------------------------------------ */

static bool put_workflow(struct store_tx *tx, const struct workflow *workflow, struct arena *arena,
                         struct json_writer *w, struct err *err) {
    struct workflow_state state = {.next_run_at = UTC_NEVER};
    struct workflow_graph graph;
    struct job schedule;
    struct run_page runs;
    struct run_filter filter = {.workflow_row = workflow->row, .limit = 1};
    if (!workflow_graph_parse(workflow->jobs, arena, &graph, err) ||
        !store_run_list(tx, &filter, arena, &runs, err))
        return false;
    struct guid *ids = ARENA_ARRAY(arena, graph.count, struct guid);
    struct job_end *jobs = ARENA_ARRAY(arena, graph.count, struct job_end);
    struct str *names = ARENA_ARRAY(arena, graph.count, struct str);
    for (size_t i = 0; i < graph.count; i++) ids[i] = graph.nodes[i].job_id;
    if (!store_job_ends(tx, ids, graph.count, arena, jobs, err)) return false;
    for (size_t i = 0; i < graph.count; i++) names[i] = jobs[i].name;
    if (workflow->schedule_job_row != 0) {
        if (!store_job_get_by_row(tx, workflow->schedule_job_row, arena, &schedule, err))
            return false;
        state.next_run_at = schedule.next_run_at;
    }
    state.job_names = names;
    if (runs.count > 0) state.last_run = &runs.items[0];
    workflow_to_json(w, workflow, &graph, &state);
    return true;
}

bool workflow_read(struct api *api, struct http_request *request, struct http_response *response,
                   struct guid id, struct store_tx **ret_tx, struct workflow *ret) {
    struct err err = ERR_INIT;
    struct store_tx *tx = api_read(api, request, response);
    if (tx == NULL) return false;
    if (store_workflow_get(tx, id, request->arena, ret, &err)) {
        if (!ret->is_deleted) {
            *ret_tx = tx;
            return true;
        }
        err_set(&err, ERR_NOT_FOUND, "this workflow was deleted");
    }
    store_read_end(tx);
    respond_err(request, response, &err);
    return false;
}

static struct str text_of(struct store_tx *tx, const struct workflow *workflow, struct arena *arena,
                          struct err *err) {
    struct buf out = buf_with_max(0);
    struct json_writer w = json_writer(&out);
    bool ok = put_workflow(tx, workflow, arena, &w, err);
    struct str text = api_take_json(arena, &out);
    return ok ? text : STR_NONE;
}

void workflows_show(struct http_request *request, struct http_response *response, void *context) {
    struct guid id;
    struct store_tx *tx;
    struct workflow workflow;
    struct err err = ERR_INIT;
    if (!api_path_guid(request, response, "workflowId", &id) || !api_no_query(request, response) ||
        !workflow_read(context, request, response, id, &tx, &workflow))
        return;
    struct answer answer = {.status = 200,
                            .body = text_of(tx, &workflow, request->arena, &err),
                            .etag = workflow_etag(request->arena, &workflow)};
    store_read_end(tx);
    if (str_is_absent(answer.body))
        respond_err(request, response, &err);
    else
        api_answer(response, &answer);
}

static bool put_page(struct store_tx *tx, const struct workflow_filter *filter, struct arena *arena,
                     struct json_writer *w, struct workflow_page *page, struct err *err) {
    if (!store_workflow_list(tx, filter, arena, page, err)) return false;
    json_array_begin(w);
    for (size_t i = 0; i < page->count; i++)
        if (!put_workflow(tx, &page->items[i], arena, w, err)) return false;
    json_array_end(w);
    return true;
}

void workflows_list(struct http_request *request, struct http_response *response, void *context) {
    static const char *const known[] = {"pageNumber", "pageSize", "search", "jobId", NULL};
    struct faults faults = {.arena = request->arena};
    struct err err = ERR_INIT;
    query_check_known(request, known, &faults);
    struct page page = api_query_page(request, &faults);
    struct workflow_filter filter = {.offset = page.offset, .limit = page.size};
    filter.search = query_str(request, "search", MAX_SEARCH, &faults);
    struct str job_text = query_str(request, "jobId", MAX_SEARCH, &faults);
    struct guid job_id = {{0}};
    if (!str_is_absent(job_text) && !guid_parse(job_text, &job_id))
        faults_add(&faults, STR("jobId"), "must be a GUID");
    if (!api_no_faults(request, response, &faults)) return;
    if (!str_is_absent(job_text)) {
        struct job job;
        if (!api_read_job(context, request, response, job_id, &job)) return;
        filter.job_row = job.row;
    }
    struct store_tx *tx = api_read(context, request, response);
    if (tx == NULL) return;
    struct buf items = buf_with_max(0);
    struct json_writer w = json_writer(&items);
    struct workflow_page workflows;
    bool ok = put_page(tx, &filter, request->arena, &w, &workflows, &err);
    store_read_end(tx);
    if (ok) {
        struct json_writer out = respond_json_begin(response, 200);
        json_object_begin(&out);
        json_field_raw(&out, STR("items"), buf_str(&items));
        json_field_i64(&out, STR("totalCount"), workflows.total);
        json_field_i64(&out, STR("pageNumber"), page.number);
        json_field_i64(&out, STR("pageSize"), page.size);
        json_object_end(&out);
    } else {
        respond_err(request, response, &err);
    }
    buf_free(&items);
}

/* ---- change ---------------------------------------------------------------------------------- */

static bool write_schedule(struct store_tx *tx, struct api_write *write,
                           struct workflow_definition *after, int64_t *ret_gone, struct err *err) {
    int64_t row = after->workflow.schedule_job_row;
    *ret_gone = 0;
    if (after->has_schedule)
        return row ? update_schedule(tx, write, after, err)
                   : insert_schedule(tx, write, after, err);
    after->workflow.schedule_job_row = 0;
    *ret_gone = row;
    return true;
}

static bool update(struct store_tx *tx, struct api_write *write, struct workflow_change *change,
                   struct err *err) {
    struct workflow_definition *after = &change->after;
    struct workflow *workflow = &after->workflow;
    struct workflow_member *members = NULL;
    size_t count = workflow->is_deleted ? 0 : after->graph.count;
    int64_t gone;
    workflow->revision = change->before.revision + 1;
    workflow->updated_at = write->now;
    workflow->last_modified_by = api_actor(write->request).email;
    workflow->schedule_job_row = change->before.schedule_job_row;
    if ((count > 0 && !take_members(tx, after, write->arena, &members, err)) ||
        !write_schedule(tx, write, after, &gone, err) ||
        !store_workflow_update(tx, workflow, change->before.revision, members, count, err) ||
        (gone && !store_job_erase(tx, gone, err)))
        return false;
    struct str was = workflow_audit_text(write->arena, &change->before, workflow);
    struct str is = workflow->is_deleted
                        ? STR_NONE
                        : workflow_audit_text(write->arena, workflow, &change->before);
    return api_audit(tx, write, change->action, workflow->id, was, is, err);
}

bool workflow_write(struct store_tx *tx, struct api_write *write, struct workflow_change *change,
                    struct err *err) {
    return change->before.row ? update(tx, write, change, err) : insert(tx, write, change, err);
}

static bool run_update(struct store_tx *tx, struct api_write *write, struct err *err) {
    struct workflow_change *change = write->context;
    const struct workflow *workflow = &change->after.workflow;
    if (!update(tx, write, change, err)) return false;
    write->answer = (struct answer){.status = 204};
    if (workflow->is_deleted) return true;
    write->answer = (struct answer){.status = 200,
                                    .body = text_of(tx, workflow, write->arena, err),
                                    .etag = workflow_etag(write->arena, workflow)};
    return !str_is_absent(write->answer.body);
}

/* If-Match, when it is there, must name the revision. */
static bool is_fresh(const struct workflow_change *change, bool *ret_conditional) {
    struct str if_match = request_header(change->request, STR("If-Match"));
    *ret_conditional = !str_is_absent(if_match);
    if (!*ret_conditional ||
        etag_listed(if_match, workflow_etag(change->request->arena, &change->before), false))
        return true;
    struct err err = ERR_INIT;
    err_set(&err, ERR_STALE, "the workflow is at revision %lld now; read it again",
            (long long)change->before.revision);
    respond_err(change->request, change->response, &err);
    return false;
}

/* The workflow as it stands, with its schedule's job. False: it has answered. */
static bool read_before(struct workflow_change *change, struct guid id, struct job *schedule) {
    struct store_tx *tx;
    struct err err = ERR_INIT;
    if (!workflow_read(change->api, change->request, change->response, id, &tx, &change->before))
        return false;
    bool ok = change->before.schedule_job_row == 0 ||
              store_job_get_by_row(tx, change->before.schedule_job_row, change->request->arena,
                                   schedule, &err);
    store_read_end(tx);
    if (!ok) respond_err(change->request, change->response, &err);
    return ok;
}

/* `body` is NULL to delete. */
static void make_change(struct workflow_change *change, const json_t *body) {
    struct guid id;
    struct err err = ERR_INIT;
    if (!api_path_guid(change->request, change->response, "workflowId", &id)) return;
    for (int i = 0; i < TRIES; i++) {
        bool conditional;
        struct job schedule;
        if (!read_before(change, id, &schedule) || !is_fresh(change, &conditional)) return;
        struct faults faults = {.arena = change->request->arena};
        bool has_schedule = change->before.schedule_job_row != 0;
        change->now = clock_now(change->api->options.clock);
        change->after = (struct workflow_definition){.workflow = change->before};
        change->after.workflow.is_deleted = body == NULL;
        if (body && (!read_definition(change, body, &change->before,
                                      has_schedule ? &schedule : NULL, &change->after, &faults) ||
                     !api_no_faults(change->request, change->response, &faults)))
            return;
        struct api_write write = {.api = change->api,
                                  .request = change->request,
                                  .now = change->now,
                                  .run = run_update,
                                  .context = change,
                                  .poke = true};
        if (api_write_quietly(&write, &err)) {
            api_answer(change->response, &write.answer);
            return;
        }
        if (err.kind != ERR_STALE || conditional) break;
    }
    respond_err(change->request, change->response, &err);
}

void workflows_update(struct http_request *request, struct http_response *response, void *context) {
    struct workflow_change change = {
        .action = "workflow.update", .api = context, .request = request, .response = response};
    json_t *body;
    if (api_body_object(request, response, &body)) make_change(&change, body);
}

void workflows_delete(struct http_request *request, struct http_response *response, void *context) {
    struct workflow_change change = {
        .action = "workflow.delete", .api = context, .request = request, .response = response};
    if (api_no_query(request, response)) make_change(&change, NULL);
}

/* ---- jobs that are members ------------------------------------------------------------------- */

bool api_job_is_free(struct store_tx *tx, struct arena *arena, const struct job *job,
                     struct err *err) {
    struct workflow_filter filter = {.job_row = job->row, .limit = CULPRITS_SHOWN};
    struct workflow_page page;
    if (!store_workflow_list(tx, &filter, arena, &page, err)) return false;
    if (page.count == 0) return true;
    struct buf names = buf_with_max(0);
    for (size_t i = 0; i < page.count; i++)
        buf_printf(&names, "%s\"%.*s\"", i ? ", " : "", STR_ARG(page.items[i].name));
    if (page.total > (int64_t)page.count)
        buf_printf(&names, " and %lld more", (long long)(page.total - (int64_t)page.count));
    struct str list = arena_copy(arena, buf_str(&names));
    buf_free(&names);
    return err_set(err, ERR_CONFLICT,
                   "this job is part of the workflow%s %.*s; take it out there first",
                   page.total == 1 ? "" : "s", STR_ARG(list));
}
