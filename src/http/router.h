/* router.h - tables of routes, and which of them a request means.
 *
 *     static const struct http_route routes[] = {
 *         {HTTP_GET, "/api/v1/scheduler/jobs/{jobId}", jobs_show, .role = ROLE_VIEWER},
 *         {HTTP_POST, "/api/v1/scheduler/jobs", jobs_create, .flags = HTTP_MAY_BLOCK},
 *         {HTTP_GET, "/hangfire/{file*}", dashboard_file},
 *     };
 *     struct http_router *router = http_router_new();
 *     if (!http_router_add(router, routes, COUNT_OF(routes), app, &err)) ...
 *
 * A template is made of literal segments and {parameters}; `{name*}` as the last segment takes
 * everything that follows, slashes included. A literal wins over a parameter and a parameter over
 * `{name*}`, whatever their order in the table: segment by segment, from the left. A trailing slash
 * makes another path. GET answers HEAD too.
 *
 *   Owns:    the router owns its tree, not the tables, which must outlive it.
 *   Threads: filled by one; then immutable and safe from any.
 *   Errors:  http_router_add fails with INVALID for a template that is malformed or there twice.
 */
#ifndef ALPHABET_HTTP_ROUTER_H
#define ALPHABET_HTTP_ROUTER_H

#include "base/err.h"
#include "http/method.h"

#include <stddef.h>

struct http_request;
struct http_response;

/* Answers the request: fills the response by the functions of response.h, problem.h or sse.h.
 * `context` is the one given with the table. */
typedef void http_handler(struct http_request *request, struct http_response *response,
                          void *context);

enum http_route_flags {
    /* The handler may wait (for a commit, a lock, a disk): it runs on a worker thread. Without
     * this it runs on the thread that serves many connections and must be quick. */
    HTTP_MAY_BLOCK = 1 << 0,
    HTTP_NO_BODY = 1 << 1,       // a body is a 400; GET and HEAD never take one
    HTTP_BODY_OPTIONAL = 1 << 2, // JSON or nothing
    HTTP_ANY_BODY = 1 << 3,      // the body need not be JSON
    HTTP_CACHEABLE = 1 << 4,     // no Cache-Control: no-store; the handler says what holds
    HTTP_PAGE = 1 << 5,          // the handler sets its own Content-Security-Policy
    HTTP_COMPUTES = 1 << 6,      // with HTTP_MAY_BLOCK: costs much processor time (workers.h)
};

enum { HTTP_MAX_PARAMS = 6, HTTP_MAX_SEGMENTS = 16 };

struct http_route {
    enum http_method method;
    const char *path; // the template
    http_handler *handle;
    unsigned flags;  // of enum http_route_flags
    unsigned role;   // means something to the `before` hook only
    size_t max_body; // in bytes; 0 = that of the server
};

struct http_router;

struct http_router *http_router_new(void);
void http_router_free(struct http_router *router);
WARN_UNUSED bool http_router_add(struct http_router *router, const struct http_route *routes,
                                 size_t count, void *context, struct err *err);

/* How many routes were added, and the n-th (in the order they were added): for metrics and for the
 * test that holds them against openapi.yaml. */
size_t http_router_count(const struct http_router *router);
const struct http_route *http_router_at(const struct http_router *router, size_t index);

enum http_match_result { HTTP_MATCHED, HTTP_NO_SUCH_PATH, HTTP_NO_SUCH_METHOD, HTTP_BAD_PATH };

struct http_match {
    const struct http_route *route;
    size_t index; // of the route
    void *context;
    unsigned allowed; // bit 1 << method of each method this path knows
    struct str params[HTTP_MAX_PARAMS];
};

/* Finds the route of a path as it was sent (percent-encoded, without query). Parameters are decoded
 * once, into the arena only when they hold a `%`. A segment that decodes to something that is not
 * UTF-8, or holds a NUL or (outside of `{name*}`) a slash, is HTTP_BAD_PATH. */
enum http_match_result http_router_match(const struct http_router *router, enum http_method method,
                                         struct str path, struct arena *arena,
                                         struct http_match *ret);

/* "GET, HEAD, POST": the value of Allow for a set of methods. */
struct str http_allow_value(unsigned allowed, struct arena *arena);

#endif
