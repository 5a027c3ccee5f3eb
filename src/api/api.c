/* api.c - life of the API, authentication of each request, and the helpers of context.h. */
#include "api/context.h"

#include "api/backfill_line.h"
#include "api/request_metrics.h"
#include "api/routes.h"
#include "api/session.h"
#include "base/json_read.h"

#include <stdlib.h>

static void check_configuration(void *context, enum job_type type, const json_t *configuration,
                                struct faults *faults) {
    struct api_caller *caller = context;
    const struct handlers_options *handlers = caller->api->options.handlers;
    handlers_validate(type, configuration, handlers, faults);
    if (caller->is_admin || !handlers_are_for_admins(type, configuration, handlers)) return;
    caller->was_refused = true;
    faults_add(faults, STR("jobConfiguration.handlerType"),
               "jobs with this handler are written by the role Admin alone");
}

/* ---- the listeners ---- */

static void listeners_tick(void *context) {
    struct api *api = context;
    struct engine *engine = atomic_load(&api->engine);
    if (engine) feed_tick(api->feed, engine_figures(engine).paused);
}

static void listeners_news(void *context, struct guid topic) {
    if (guid_is_zero(topic))
        events_news(context);
    else
        output_news(context, topic);
}

void api_on_event(void *context, const struct engine_event *event) {
    struct api *api = context;
    feed_execution(api->feed, event);
    output_on_event(api, event);
    if (execution_has_ended(event->status)) backfill_lines_look(api->backfill_lines, event->job_id);
}

void api_on_run(void *context, const struct engine_run_event *event) {
    struct api *api = context;
    feed_run(api->feed, event);
}

/* ---- life ---- */

struct api *api_new(const struct api_options *options, struct err *err) {
    struct api *api = xcalloc(1, sizeof *api);
    api->options = *options;
    api->defaults = (struct job_defaults){
        .zones = options->zones,
        .queues = options->queues,
        .queue_count = options->queue_count,
        .timeout_seconds = options->default_timeout_seconds,
        .retry = retry_policy_default(),
        .check_configuration = check_configuration,
    };
    api->defaults.retry.max_attempts = options->retry_max_attempts;
    api->defaults.retry.delay_seconds = options->retry_delay_seconds;
    api->job_pages = answer_cache_new();
    api->live_output = live_output_new();
    api->backfill_lines = backfill_lines_new(options->store, options->clock);
    size_t route_count;
    const struct http_route *routes = api_routes(&route_count);
    api->requests = request_metrics_new(routes, route_count);
    struct streams_options streams = {
        .clock = options->clock,
        .identity = options->identity,
        .tick = listeners_tick,
        .news = listeners_news,
        .context = api,
    };
    api->streams = streams_new(&streams, err);
    api->feed = feed_new(api->streams, options->clock);
    if (api->streams) return api;
    api_free(api);
    return NULL;
}

void api_free(struct api *api) {
    if (api == NULL) return;
    streams_free(api->streams);
    feed_free(api->feed);
    live_output_free(api->live_output);
    request_metrics_free(api->requests);
    backfill_lines_free(api->backfill_lines);
    answer_cache_free(api->job_pages);
    free(api);
}

void api_stop(struct api *api) {
    if (api) atomic_store(&api->stopping, true);
}

bool api_goes_on(struct api *api, struct err *err) {
    if (!atomic_load(&api->stopping)) return true;
    return err_set(err, ERR_UNAVAILABLE, "the server is stopping");
}

void api_set_engine(struct api *api, struct engine *engine) {
    atomic_store(&api->engine, engine);
    backfill_lines_set_engine(api->backfill_lines, engine);
}

bool api_add_routes(struct api *api, struct http_router *router, struct err *err) {
    size_t count;
    const struct http_route *table = api_routes(&count);
    return http_router_add(router, table, count, api, err);
}

/* ---- who is calling ---- */

bool api_before(struct http_request *request, struct http_response *response, void *context) {
    unsigned needed = request->route->role;
    return needed == API_OPEN || api_authenticate(context, request, response, needed);
}

/* By the bearer token; without one by the cookie of a session. */
static bool find_caller(struct api *api, const struct http_request *request, struct principal *ret,
                        struct err *err) {
    struct identity *identity = api->options.identity;
    struct str bearer = request_bearer(request), secret = session_secret(request);
    if (str_starts_with(bearer, SESSION_TOKEN_PREFIX))
        return err_set(err, ERR_UNAUTHENTICATED, "the secret of a session is no bearer token");
    if (!str_is_absent(bearer)) return identity_authenticate(identity, bearer, ret, err);
    if (!str_is_absent(secret))
        return identity_session_authenticate(identity, secret, ret, err) &&
               session_allows(request, identity, ret, err);
    return err_set(err, ERR_UNAUTHENTICATED,
                   "send an access token: Authorization: Bearer …, from POST /api/v1/auth/login");
}

bool api_authenticate(struct api *api, struct http_request *request, struct http_response *response,
                      unsigned role) {
    struct err err = ERR_INIT;
    struct principal *who = ARENA_NEW(request->arena, struct principal);
    if (!find_caller(api, request, who, &err)) {
        respond_err(request, response, &err);
        return false;
    }
    if ((unsigned)who->role < role) {
        err_set(&err, ERR_FORBIDDEN, "this needs the role %.*s; the token has %.*s",
                STR_ARG(role_name((enum role)role)), STR_ARG(role_name(who->role)));
        respond_err(request, response, &err);
        return false;
    }
    request->user = who;
    return true;
}

const struct principal *api_principal(const struct http_request *request) {
    return request->user;
}

struct actor api_actor(const struct http_request *request) {
    const struct principal *who = api_principal(request);
    return (struct actor){
        .email = who ? str_from_cstr(who->email) : STR("anonymous"),
        .address = request->client,
    };
}

/* ---- reading ---- */

struct store_tx *api_read(struct api *api, struct http_request *request,
                          struct http_response *response) {
    struct err err = ERR_INIT;
    struct store_tx *tx = store_read_begin(api->options.store, &err);
    if (tx == NULL) respond_err(request, response, &err);
    return tx;
}

bool api_path_guid(const struct http_request *request, struct http_response *response,
                   const char *name, struct guid *ret) {
    if (guid_parse(request_param(request, name), ret)) return true;
    struct faults faults = {.arena = request->arena};
    faults_add(&faults, str_from_cstr(name), "must be a GUID");
    respond_faults(request, response, &faults);
    return false;
}

bool api_read_job(struct api *api, struct http_request *request, struct http_response *response,
                  struct guid id, struct job *ret) {
    struct store_tx *tx = api_read(api, request, response);
    if (tx == NULL) return false;
    struct err err = ERR_INIT;
    struct job job;
    bool ok = store_job_get(tx, id, request->arena, &job, &err);
    store_read_end(tx);
    if (ok && job.is_deleted) ok = err_set(&err, ERR_NOT_FOUND, "this job was deleted");
    if (!ok) {
        respond_err(request, response, &err);
        return false;
    }
    *ret = job;
    return true;
}

struct page api_query_page(const struct http_request *request, struct faults *faults) {
    struct page page = {
        .number = query_i64(request, "pageNumber", 1, 1000000000, 1, faults),
        .size = query_i64(request, "pageSize", 1, MAX_PAGE_SIZE, 20, faults),
    };
    page.offset = (page.number - 1) * page.size;
    return page;
}

struct json_writer api_page_begin(struct http_response *response) {
    struct json_writer w = respond_json_begin(response, 200);
    json_object_begin(&w);
    json_key(&w, STR("items"));
    json_array_begin(&w);
    return w;
}

void api_page_end(struct json_writer *w, struct page page, int64_t total) {
    json_array_end(w);
    json_field_i64(w, STR("totalCount"), total);
    json_field_i64(w, STR("pageNumber"), page.number);
    json_field_i64(w, STR("pageSize"), page.size);
    json_object_end(w);
}

bool api_no_faults(const struct http_request *request, struct http_response *response,
                   const struct faults *faults) {
    if (faults_none(faults)) return true;
    respond_faults(request, response, faults);
    return false;
}

bool api_no_query(const struct http_request *request, struct http_response *response) {
    static const char *const none[] = {NULL};
    struct faults faults = {.arena = request->arena};
    if (request->query.count == 0) return true;
    query_check_known(request, none, &faults);
    return api_no_faults(request, response, &faults);
}

bool api_body_object(struct http_request *request, struct http_response *response, json_t **ret) {
    struct err err = ERR_INIT;
    if (!api_no_query(request, response)) return false;
    json_t *root = request_json(request, &err);
    if (root == NULL && err.kind != ERR_NONE) {
        respond_err(request, response, &err);
        return false;
    }
    if (root && !json_is_object(root)) {
        struct faults faults = {.arena = request->arena};
        faults_add(&faults, STR(""), "the body must be a JSON object");
        respond_faults(request, response, &faults);
        return false;
    }
    *ret = root;
    return true;
}

bool api_body_empty(struct http_request *request, struct http_response *response) {
    static const char *const none[] = {NULL};
    struct faults faults = {.arena = request->arena};
    json_t *body;
    if (!api_body_object(request, response, &body)) return false;
    if (body) api_check_members(body, none, &faults);
    return api_no_faults(request, response, &faults);
}

bool api_member_time(const json_t *body, const char *name, bool needed, struct utc *ret,
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

void api_check_members(const json_t *object, const char *const *names, struct faults *faults) {
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)object, name, value) {
        bool known = false;
        for (size_t i = 0; names[i] && !known; i++)
            known = str_equal(str_from_cstr(names[i]), str_from_cstr(name));
        if (!known) faults_add(faults, str_from_cstr(name), "there is no such field");
    }
}

/* ---- what handlers write ---- */

bool api_audit(struct store_tx *tx, struct api_write *write, const char *action,
               struct guid subject, struct str before, struct str after, struct err *err) {
    struct actor actor = api_actor(write->request);
    struct audit_entry entry = {
        .at = write->now,
        .actor = actor.email,
        .address = actor.address,
        .action = str_from_cstr(action),
        .subject = subject,
        .before = before,
        .after = after,
    };
    if (!store_audit_append(tx, &entry, err)) return false;
    struct audited *audited = ARENA_NEW(write->arena, struct audited);
    *audited = (struct audited){write->audited, entry.action, subject};
    write->audited = audited;
    return true;
}

struct str api_take_json(struct arena *arena, struct buf *out) {
    struct str copy = arena_copy(arena, buf_str(out));
    buf_free(out);
    return copy;
}

struct str api_guid_json(struct arena *arena, struct guid id) {
    char text[GUID_LENGTH + 1];
    guid_format(id, text);
    return arena_printf(arena, "\"%s\"", text);
}

struct str api_location(struct arena *arena, const char *collection, struct guid id) {
    char text[GUID_LENGTH + 1];
    guid_format(id, text);
    return arena_printf(arena, "%s/%s", collection, text);
}

struct job_defaults api_job_defaults(struct api *api, const struct http_request *request,
                                     struct utc now) {
    const struct principal *who = api_principal(request);
    struct api_caller *caller = ARENA_NEW(request->arena, struct api_caller);
    *caller = (struct api_caller){.api = api, .is_admin = who && who->role == ROLE_ADMIN};
    struct job_defaults defaults = api->defaults;
    defaults.created_by = api_actor(request).email;
    defaults.now = now;
    defaults.check_context = caller;
    return defaults;
}

void api_respond_job_faults(const struct http_request *request, struct http_response *response,
                            const struct job_defaults *defaults, const struct faults *faults) {
    const struct api_caller *caller = defaults->check_context;
    struct err err = ERR_INIT;
    if (!caller->was_refused) {
        respond_faults(request, response, faults);
        return;
    }
    (void)err_set(&err, ERR_FORBIDDEN,
                  "jobs with this handlerType are written by the role Admin alone");
    respond_err(request, response, &err);
}

bool api_may_write_job(struct api *api, const struct http_request *request,
                       struct http_response *response, const struct job *job) {
    const struct principal *who = api_principal(request);
    if (job->type != JOB_CODE_EXECUTION || (who && who->role == ROLE_ADMIN)) return true;
    json_t *configuration = json_read(job->configuration, NULL);
    bool refused =
        handlers_are_for_admins((enum job_type)job->type, configuration, api->options.handlers);
    json_decref(configuration);
    struct err err = ERR_INIT;
    if (!refused) return true;
    (void)err_set(&err, ERR_FORBIDDEN,
                  "jobs with this handlerType are written by the role Admin alone");
    respond_err(request, response, &err);
    return false;
}

struct str api_job_json(struct arena *arena, const struct job *job) {
    struct buf out = buf_with_max(0);
    struct json_writer w = json_writer(&out);
    job_to_json(&w, job);
    return api_take_json(arena, &out);
}

struct str api_job_etag(struct arena *arena, const struct job *job) {
    return arena_printf(arena, "%lld", (long long)job->revision);
}
