/* context.h - what the handlers of the API share; nobody outside of api/ includes it.
 *
 * A handler is straight-line: parse, check, read or write, answer. The helpers below keep it so:
 * each answers the request itself when something is wrong and returns false, so that a handler
 * reads
 *
 *     struct guid id;
 *     if (!api_path_guid(request, response, "jobId", &id)) return;
 *
 *   Owns:    struct api belongs to api.c; everything else lives in the request's arena.
 *   Threads: any thread of the server.
 */
#ifndef ALPHABET_API_CONTEXT_H
#define ALPHABET_API_CONTEXT_H

#include "api/answer_cache.h"
#include "api/api.h"
#include "api/events.h"
#include "api/live_output.h"
#include "api/streams.h"
#include "engine/workflows.h"
#include "http/problem.h"

#include <stdatomic.h>

enum { API_OPEN = 0 }; // route.role: no token needed; else the least enum role

struct api {
    struct api_options options;
    _Atomic(struct engine *) engine;
    struct job_defaults defaults;   // without created_by and now
    struct answer_cache *job_pages; // of GET /jobs, by the query as it was sent
    struct streams *streams;        // everyone who listens
    struct feed *feed;              // what they hear from GET /events
    struct live_output *live_output;
    struct request_metrics *requests;
    struct backfill_lines *backfill_lines; // due times that wait to be queued
    _Atomic int exports;                   // that are being made or sent
    atomic_bool clears_logs;               // one at a time
    atomic_bool stopping;                  // what takes long ends early
};

enum { EXPORT_VERSION = 1 }; // of the format that export writes and import reads

/* ---- who is calling ---- */
/* Finds out by the bearer token. False when it has answered 401 or, below the role, 403. */
bool api_authenticate(struct api *api, struct http_request *request, struct http_response *response,
                      unsigned role);
/* What job_defaults.check_context points to: who writes the job that is checked. */
struct api_caller {
    struct api *api;
    bool is_admin;
    bool was_refused; // set by the check: the definition is for administrators
};
const struct principal *api_principal(const struct http_request *request); // of a route with a role
struct actor api_actor(const struct http_request *request);

/* ---- reading ---- */
/* 503 and NULL when the store cannot be read; end with store_read_end. */
struct store_tx *api_read(struct api *api, struct http_request *request,
                          struct http_response *response);
/* The path parameter as a GUID; 400 and false when it is none. */
bool api_path_guid(const struct http_request *request, struct http_response *response,
                   const char *name, struct guid *ret);
/* A job that is not deleted; 404 and false when there is none. */
bool api_read_job(struct api *api, struct http_request *request, struct http_response *response,
                  struct guid id, struct job *ret);
/* With output; 404 and false when there is none. */
bool api_read_execution(struct api *api, struct http_request *request,
                        struct http_response *response, struct guid id, struct execution *ret);

struct page {
    int64_t number, size, offset;
};
/* pageNumber and pageSize of the query. */
struct page api_query_page(const struct http_request *request, struct faults *faults);
/* {items: […], totalCount, pageNumber, pageSize}: begin, write the items, end. */
struct json_writer api_page_begin(struct http_response *response);
void api_page_end(struct json_writer *w, struct page page, int64_t total);
/* 400 with all faults and false, when there are any. */
bool api_no_faults(const struct http_request *request, struct http_response *response,
                   const struct faults *faults);
/* 400 and false when the query holds anything: for routes that know no parameter. */
bool api_no_query(const struct http_request *request, struct http_response *response);
/* The body as a JSON object; 400 and false when it is something else, or when there is a query,
 * which no route with a body knows. *ret is NULL for an empty optional body. */
bool api_body_object(struct http_request *request, struct http_response *response, json_t **ret);
/* The same for a route that takes no field: at most an empty object. */
bool api_body_empty(struct http_request *request, struct http_response *response);
/* A fault for each member of `object` that is not in `names` (NULL-terminated). */
void api_check_members(const json_t *object, const char *const *names, struct faults *faults);

/* A member that must be a text; absent when it is not there (a fault when it is needed). */
struct str api_member_text(const json_t *body, const char *name, bool needed,
                           struct faults *faults);
/* A member that must be a time. False when it is not there (a fault when it is needed) or wrong. */
bool api_member_time(const json_t *body, const char *name, bool needed, struct utc *ret,
                     struct faults *faults);

/* ---- writing ---- */

struct answer {
    int status;
    struct str body;     // JSON in the request's arena; absent = none
    struct str location; // absent = none
    struct str etag;     // absent = none
};

/* An entry that a change made in the audit. */
struct audited {
    struct audited *before;
    struct str action;
    struct guid subject;
};

/* One change: `run` does it in the transaction and fills the answer. */
struct api_write {
    struct api *api;
    struct http_request *request;
    struct arena *arena; // the request's
    struct utc now;
    bool (*run)(struct store_tx *tx, struct api_write *write, struct err *err);
    void *context;
    bool poke; // the engine should look at the store afterwards
    /* What `run` found to be wrong with the request: answered instead of err. Its arena is the
     * request's. */
    struct faults faults;
    /* What an Idempotency-Key stands for, 32 bytes; NULL = the SHA-256 of the body. */
    const unsigned char *fingerprint;

    struct answer answer;
    /* For the listeners, once it is committed: what was entered in the audit, the latest first, and
     * an execution that `run` changed (job_id zero = none). */
    struct audited *audited;
    struct engine_event execution;
    struct workflow_changes *runs; // what `run` did to workflow runs; NULL = nothing
};

/* Runs the change, under the request's Idempotency-Key when it is a POST that has one, and answers
 * with what came out, or with the error. True when it was done (also when an earlier answer was
 * given again). */
bool api_write(struct api_write *write, struct http_response *response);
/* The same without answering on success: the caller does. STALE comes back in err. */
bool api_write_quietly(struct api_write *write, struct err *err);
/* The same without a look at the Idempotency-Key: for one of several writes of a request. */
bool api_write_unkeyed(struct api_write *write, struct err *err);
void api_answer(struct http_response *response, const struct answer *answer);
/* False and UNAVAILABLE when the server is stopping: for work in many pieces. */
WARN_UNUSED bool api_goes_on(struct api *api, struct err *err);

/* Appends an audit entry with the caller as actor. */
WARN_UNUSED bool api_audit(struct store_tx *tx, struct api_write *write, const char *action,
                           struct guid subject, struct str before, struct str after,
                           struct err *err);
/* Makes a job that exists what `after` says: its definition; the state is taken from `fresh`, the
 * job as it stands in this transaction. With its plan, the ledger and an audit entry, whose texts
 * are made in `arena`. *after is what was stored then. */
WARN_UNUSED bool api_replace_job(struct store_tx *tx, struct api_write *write,
                                 const struct job *fresh, struct job *after, const char *action,
                                 struct arena *arena, struct err *err);
/* A Pending execution came to an end in this transaction, as `status` says: for the workflow run
 * that it is of. Then api_advance_runs, once, with what else the write does done. */
WARN_UNUSED bool api_execution_left(struct store_tx *tx, struct api_write *write,
                                    const struct execution *execution, enum execution_status status,
                                    struct str reason, struct err *err);
WARN_UNUSED bool api_advance_runs(struct api_write *write, struct err *err);
/* CONFLICT, naming them, for a job that workflows are made of. */
WARN_UNUSED bool api_job_is_free(struct store_tx *tx, struct arena *arena, const struct job *job,
                                 struct err *err);
/* 400 with the faults that a write found, else with err. */
void api_respond_failed(const struct api_write *write, struct http_response *response,
                        const struct err *err);
/* What the writer put into `out`, copied to the arena; `out` is freed. */
struct str api_take_json(struct arena *arena, struct buf *out);
/* "\"019a…\"": a guid as a JSON string. */
struct str api_guid_json(struct arena *arena, struct guid id);
struct str api_location(struct arena *arena, const char *collection, struct guid id);

/* The defaults that a definition is checked against, for this caller and this moment. */
struct job_defaults api_job_defaults(struct api *api, const struct http_request *request,
                                     struct utc now);
/* Is there what a definition is to depend on, and no circle? `after` is canonical; `before` what it
 * depended on until now. Faults under `field`, the name of the list. In the write that stores it.
 */
WARN_UNUSED bool api_check_dependencies(struct store_tx *tx, struct guid job_id,
                                        struct str job_name, struct str before, struct str after,
                                        struct str field, struct faults *faults, struct err *err);
/* The same beforehand, for the `dependencies` of a request, so that their faults are told with all
 * the others. False when it has answered. */
bool api_find_dependency_faults(struct api *api, struct http_request *request,
                                struct http_response *response, const struct job *base,
                                const json_t *value, struct str path, struct faults *faults);
/* What the job depends on, and how that stands. */
WARN_UNUSED bool api_dependencies_json(struct store_tx *tx, const struct job *job,
                                       struct arena *arena, struct str *ret, struct err *err);
/* 403 when the definition is one that only an administrator may write, else 400 with the faults. */
void api_respond_job_faults(const struct http_request *request, struct http_response *response,
                            const struct job_defaults *defaults, const struct faults *faults);
/* 403 and false for a stored job that only an administrator may change. */
bool api_may_write_job(struct api *api, const struct http_request *request,
                       struct http_response *response, const struct job *job);
struct str api_job_json(struct arena *arena, const struct job *job);
struct str api_job_etag(struct arena *arena, const struct job *job);

/* ---- the handlers, one file a resource; routes.c is the table ---- */
http_handler jobs_create, jobs_list, jobs_show, jobs_update, jobs_delete, jobs_reschedule;
http_handler jobs_pause, jobs_resume, jobs_preview, jobs_failed;
http_handler events_stream, forecast_show;
http_handler exclusions_set, exclusions_show, exclusions_clear;
http_handler dependencies_set, dependencies_show, dependencies_clear;
http_handler runs_trigger, runs_list, runs_upcoming, runs_occurrences, runs_backfill;
http_handler executions_list, executions_show, executions_output, executions_cancel;
http_handler executions_retry, executions_timeline, dashboard_stats;
http_handler cron_explain_pattern;
http_handler workflows_create, workflows_list, workflows_show, workflows_update, workflows_delete;
http_handler workflows_trigger, workflow_runs_list, workflow_runs_show, workflow_runs_cancel;
http_handler workflow_runs_retry;
http_handler audit_of_job, audit_list, audit_verify;
http_handler admin_export, admin_import;
http_handler admin_pause_all, admin_resume_all, admin_clear_logs, admin_nodes, admin_queues;
http_handler auth_login, auth_refresh, auth_logout, auth_me;
http_handler tokens_create, tokens_list, tokens_revoke;
http_handler users_create, users_list, users_show, users_lock, users_unlock, users_set_password;
http_handler users_set_roles, users_delete;
http_handler service_health, service_ready, service_version, service_openapi, service_docs;
http_handler service_metrics;

/* ---- what listeners are told; on the thread of the streams ---- */
void events_news(struct api *api);                           // events.c
void output_news(struct api *api, struct guid execution_id); // execution_output.c
/* An execution changed: those who follow its output are to be told. Short. */
void output_on_event(struct api *api, const struct engine_event *event);

#endif
