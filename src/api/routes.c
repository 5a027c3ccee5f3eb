/* routes.c - see routes.h. A route that is not in this table does not exist. */
#include "api/routes.h"

#include "api/context.h"

#include "base/bounds.h"

#define V1 "/api/v1/scheduler"
#define AUTH "/api/v1/auth"
#define ADMIN "/api/v1/admin"

/* Reading is quick and runs on the serving thread; changing waits for its commit. */
#define READ(path, role, function) \
    { HTTP_GET, path, function, HTTP_NO_BODY, role, 0 }
#define SLOW_READ(path, role, function) \
    { HTTP_GET, path, function, HTTP_NO_BODY | HTTP_MAY_BLOCK, role, 0 }
#define WRITE(method, path, role, function) \
    { method, path, function, HTTP_MAY_BLOCK, role, 0 }
#define HASHES(path, role, function) \
    { HTTP_POST, path, function, HTTP_MAY_BLOCK | HTTP_COMPUTES, role, 0 }
#define WRITE_OPTIONAL_BODY(method, path, role, function) \
    { method, path, function, HTTP_MAY_BLOCK | HTTP_BODY_OPTIONAL, role, 0 }
#define WRITE_NO_BODY(method, path, role, function) \
    { method, path, function, HTTP_MAY_BLOCK | HTTP_NO_BODY, role, 0 }

static const struct http_route table[] = {
    WRITE(HTTP_POST, V1 "/jobs", ROLE_USER, jobs_create),
    READ(V1 "/jobs", ROLE_VIEWER, jobs_list),
    READ(V1 "/jobs/failed", ROLE_VIEWER, jobs_failed),
    WRITE(HTTP_POST, V1 "/jobs/preview", ROLE_USER, jobs_preview),
    READ(V1 "/jobs/{jobId}", ROLE_VIEWER, jobs_show),
    WRITE(HTTP_PUT, V1 "/jobs/{jobId}", ROLE_USER, jobs_update),
    WRITE_NO_BODY(HTTP_DELETE, V1 "/jobs/{jobId}", ROLE_USER, jobs_delete),
    WRITE(HTTP_PATCH, V1 "/jobs/{jobId}/reschedule", ROLE_USER, jobs_reschedule),
    WRITE_OPTIONAL_BODY(HTTP_POST, V1 "/jobs/{jobId}/pause", ROLE_USER, jobs_pause),
    WRITE_OPTIONAL_BODY(HTTP_POST, V1 "/jobs/{jobId}/resume", ROLE_USER, jobs_resume),
    WRITE_OPTIONAL_BODY(HTTP_POST, V1 "/jobs/{jobId}/trigger", ROLE_USER, runs_trigger),
    READ(V1 "/jobs/{jobId}/executions", ROLE_VIEWER, runs_list),
    READ(V1 "/jobs/{jobId}/history", ROLE_VIEWER, audit_of_job),
    READ(V1 "/jobs/{jobId}/upcoming", ROLE_VIEWER, runs_upcoming),
    SLOW_READ(V1 "/jobs/{jobId}/occurrences", ROLE_VIEWER, runs_occurrences),
    WRITE(HTTP_POST, V1 "/jobs/{jobId}/backfill", ROLE_USER, runs_backfill),
    WRITE(HTTP_POST, V1 "/jobs/{jobId}/exclusions", ROLE_USER, exclusions_set),
    READ(V1 "/jobs/{jobId}/exclusions", ROLE_VIEWER, exclusions_show),
    WRITE_NO_BODY(HTTP_DELETE, V1 "/jobs/{jobId}/exclusions", ROLE_USER, exclusions_clear),
    WRITE(HTTP_POST, V1 "/jobs/{jobId}/dependencies", ROLE_USER, dependencies_set),
    READ(V1 "/jobs/{jobId}/dependencies", ROLE_VIEWER, dependencies_show),
    WRITE_NO_BODY(HTTP_DELETE, V1 "/jobs/{jobId}/dependencies", ROLE_USER, dependencies_clear),

    SLOW_READ(V1 "/executions", ROLE_VIEWER, executions_list),
    READ(V1 "/executions/timeline", ROLE_VIEWER, executions_timeline),
    READ(V1 "/executions/{executionId}", ROLE_VIEWER, executions_show),
    READ(V1 "/executions/{executionId}/output", ROLE_VIEWER, executions_output),
    WRITE_OPTIONAL_BODY(HTTP_POST, V1 "/executions/{executionId}/cancel", ROLE_USER,
                        executions_cancel),
    WRITE_OPTIONAL_BODY(HTTP_POST, V1 "/executions/{executionId}/retry", ROLE_USER,
                        executions_retry),

    WRITE(HTTP_POST, V1 "/workflows", ROLE_USER, workflows_create),
    READ(V1 "/workflows", ROLE_VIEWER, workflows_list),
    READ(V1 "/workflows/{workflowId}", ROLE_VIEWER, workflows_show),
    WRITE(HTTP_PUT, V1 "/workflows/{workflowId}", ROLE_USER, workflows_update),
    WRITE_NO_BODY(HTTP_DELETE, V1 "/workflows/{workflowId}", ROLE_USER, workflows_delete),
    WRITE_OPTIONAL_BODY(HTTP_POST, V1 "/workflows/{workflowId}/trigger", ROLE_USER,
                        workflows_trigger),
    READ(V1 "/workflows/{workflowId}/runs", ROLE_VIEWER, workflow_runs_list),
    READ(V1 "/workflows/runs/{runId}", ROLE_VIEWER, workflow_runs_show),
    WRITE_OPTIONAL_BODY(HTTP_POST, V1 "/workflows/runs/{runId}/cancel", ROLE_USER,
                        workflow_runs_cancel),
    WRITE_OPTIONAL_BODY(HTTP_POST, V1 "/workflows/runs/{runId}/retry", ROLE_USER,
                        workflow_runs_retry),

    READ(V1 "/dashboard/stats", ROLE_VIEWER, dashboard_stats),
    SLOW_READ(V1 "/forecast", ROLE_VIEWER, forecast_show),
    READ(V1 "/events", ROLE_VIEWER, events_stream),

    {HTTP_POST, V1 "/cron/explain", cron_explain_pattern, 0, ROLE_USER, 0},

    WRITE_OPTIONAL_BODY(HTTP_POST, V1 "/admin/pause-all", ROLE_ADMIN, admin_pause_all),
    WRITE_OPTIONAL_BODY(HTTP_POST, V1 "/admin/resume-all", ROLE_ADMIN, admin_resume_all),
    WRITE_OPTIONAL_BODY(HTTP_DELETE, V1 "/admin/clear-logs", ROLE_ADMIN, admin_clear_logs),
    SLOW_READ(V1 "/admin/export", ROLE_ADMIN, admin_export),
    {HTTP_POST, V1 "/admin/import", admin_import, HTTP_MAY_BLOCK, ROLE_ADMIN, MAX_IMPORT_BODY},
    SLOW_READ(V1 "/admin/audit", ROLE_ADMIN, audit_list),
    SLOW_READ(V1 "/admin/audit/verify", ROLE_ADMIN, audit_verify),
    READ(V1 "/admin/nodes", ROLE_ADMIN, admin_nodes),
    READ(V1 "/admin/queues", ROLE_ADMIN, admin_queues),

    HASHES(AUTH "/login", API_OPEN, auth_login),
    WRITE(HTTP_POST, AUTH "/refresh-token", API_OPEN, auth_refresh),
    WRITE_OPTIONAL_BODY(HTTP_POST, AUTH "/logout", ROLE_VIEWER, auth_logout),
    READ(AUTH "/me", ROLE_VIEWER, auth_me),
    WRITE(HTTP_POST, AUTH "/tokens", ROLE_VIEWER, tokens_create),
    READ(AUTH "/tokens", ROLE_VIEWER, tokens_list),
    WRITE_NO_BODY(HTTP_DELETE, AUTH "/tokens/{tokenId}", ROLE_VIEWER, tokens_revoke),

    HASHES(ADMIN "/users", ROLE_ADMIN, users_create),
    READ(ADMIN "/users", ROLE_ADMIN, users_list),
    READ(ADMIN "/users/{userId}", ROLE_ADMIN, users_show),
    WRITE_OPTIONAL_BODY(HTTP_POST, ADMIN "/users/{userId}/lock", ROLE_ADMIN, users_lock),
    WRITE_OPTIONAL_BODY(HTTP_POST, ADMIN "/users/{userId}/unlock", ROLE_ADMIN, users_unlock),
    HASHES(ADMIN "/users/{userId}/reset-password", ROLE_ADMIN, users_set_password),
    WRITE(HTTP_PUT, ADMIN "/users/{userId}/roles", ROLE_ADMIN, users_set_roles),
    WRITE_NO_BODY(HTTP_DELETE, ADMIN "/users/{userId}", ROLE_ADMIN, users_delete),

    READ("/healthz", API_OPEN, service_health),
    READ("/readyz", API_OPEN, service_ready),
    READ("/version", API_OPEN, service_version),
    SLOW_READ("/metrics", API_OPEN, service_metrics),
    {HTTP_GET, "/openapi.json", service_openapi, HTTP_NO_BODY | HTTP_CACHEABLE, API_OPEN, 0},
    {HTTP_GET, "/docs", service_docs, HTTP_NO_BODY | HTTP_CACHEABLE | HTTP_PAGE, API_OPEN, 0},
};

const struct http_route *api_routes(size_t *count) {
    *count = COUNT_OF(table);
    return table;
}
