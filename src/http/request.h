/* request.h - one request as a handler sees it: complete, decoded, within all limits.
 *
 *     struct faults faults = {.arena = request->arena};
 *     static const char *const known[] = {"pageNumber", "pageSize", NULL};
 *     query_check_known(request, known, &faults);
 *     int64_t size = query_i64(request, "pageSize", 1, MAX_PAGE_SIZE, 20, &faults);
 *     if (!faults_none(&faults)) return respond_faults(request, response, &faults);
 *
 *   Owns:    everything lives as long as the request, in its arena or in the server's buffers;
 *            copy what must live longer. The tree of request_json is freed by the server.
 *   Threads: the one that runs the handler.
 *   Errors:  a malformed query, path or content type is answered by the server before the handler.
 */
#ifndef ALPHABET_HTTP_REQUEST_H
#define ALPHABET_HTTP_REQUEST_H

#include "base/bounds.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/json_read.h"
#include "http/method.h"
#include "http/router.h"
#include "http/url.h"

struct http_header {
    struct str name;
    struct str value;
};

struct http_request {
    enum http_method method; // HEAD stays HEAD, though a GET route answers it
    struct str path;         // as sent, without query
    struct str query_text;   // as sent; absent without `?`
    const struct http_route *route;
    struct str params[HTTP_MAX_PARAMS]; // decoded, in the order of the template
    struct query query;                 // decoded
    struct str body;                    // complete; absent when there is none
    struct str id;                      // X-Request-Id: the client's when sane, else a new guid
    struct str trace_id;                // of traceparent when there is a valid one, else id
    struct str client;                  // numeric address, behind trusted proxies the forwarded one
    bool secure;                        // TLS, here or at a trusted proxy
    struct utc received_at;
    struct arena *arena; // reset when the answer is out
    void *user;          // for the `before` hook to hand something to the handlers

    /* Of the server. */
    struct http_header headers[MAX_HEADERS];
    size_t header_count;
    json_t *json;
};

/* The value of a header, by its name in any case; absent when it was not sent. Of a header that was
 * sent several times, the first. */
struct str request_header(const struct http_request *request, struct str name);
/* A path parameter by its name in the template; asserts that the template has it. */
struct str request_param(const struct http_request *request, const char *name);
/* A cookie's value without quotes; absent when there is none. */
struct str request_cookie(const struct http_request *request, struct str name);
/* The token of `Authorization: Bearer …`; absent when there is none. */
struct str request_bearer(const struct http_request *request);
/* True when Accept names this media type itself, not by a wildcard. */
bool request_accepts(const struct http_request *request, struct str media_type);
/* The body as JSON; NULL and INVALID when it is not. NULL and ERR_NONE when the body is empty and
 * the route has HTTP_BODY_OPTIONAL. Parsed once; the server frees it. */
json_t *request_json(struct http_request *request, struct err *err);

/* Query parameters. One that is absent or empty gives `fallback`; one that is wrong adds a fault
 * under its name and gives `fallback`. */
int64_t query_i64(const struct http_request *request, const char *name, int64_t min, int64_t max,
                  int64_t fallback, struct faults *faults);
bool query_bool(const struct http_request *request, const char *name, bool fallback,
                struct faults *faults);
struct utc query_time(const struct http_request *request, const char *name, struct utc fallback,
                      struct faults *faults);
/* At most max_points code points, no control characters. Absent when not given or empty. */
struct str query_str(const struct http_request *request, const char *name, size_t max_points,
                     struct faults *faults);
/* A fault for each parameter that is not among the names (NULL-terminated), naming those that are.
 */
void query_check_known(const struct http_request *request, const char *const *names,
                       struct faults *faults);

#endif
