/* problem.h - errors as application/problem+json.
 *
 *     if (!store_job(store, id, &job, &err)) return respond_err(request, response, &err);
 *     return respond_problem(request, response, 404, "no job has the id %.*s", STR_ARG(id));
 *
 * gives {type, title, status, detail, instance, traceId} and, for faults, `errors`: all of them,
 * by field. The status of a struct err comes from its kind (base/err.h).
 *
 *   Owns:    nothing.   Threads: the one that runs the handler.   Source: RFC 9457.
 */
#ifndef ALPHABET_HTTP_PROBLEM_H
#define ALPHABET_HTTP_PROBLEM_H

#include "base/err.h"
#include "http/request.h"
#include "http/response.h"

void respond_problem(const struct http_request *request, struct http_response *response, int status,
                     const char *format, ...) PRINTF_LIKE(4, 5);
/* 401 carries WWW-Authenticate: Bearer; 429 and 503 carry Retry-After (5 s unless one was set). The
 * field of the err, when it has one, goes into `errors`. */
void respond_err(const struct http_request *request, struct http_response *response,
                 const struct err *err);
/* 400 with every fault. Asserts that there is one. */
void respond_faults(const struct http_request *request, struct http_response *response,
                    const struct faults *faults);

/* "Not Found" of 404: the reason phrase. */
const char *http_reason(int status);

#endif
