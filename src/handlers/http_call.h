/* http_call.h - the HttpCall job type: one HTTP request, its answer the result.
 *
 *     struct http_call_options options = {.guard = guard, .secrets = secrets, .clock = clock,
 *                                         .machine_name = STR("web1")};
 *     struct handler *handler = http_call_new(loop, &options, &err);
 *     http_call_validate(&options, configuration, &faults);      // without a handler
 *
 * Every call carries
 *   X-Alphabet-Execution-Id, X-Alphabet-Job-Id   ids
 *   X-Alphabet-Attempt       1, 2, …
 *   X-Alphabet-Fence         grows with each claim: a target can refuse a late ghost
 *   traceparent              trace id = the execution's id, span id by (id, fence)
 *   Idempotency-Key          JOBID-MICROSECONDS of the due time: the same for all of its attempts
 *   X-Alphabet-Signature     with signingSecret: t=UNIXSECONDS,v1=HEX, where HEX is HMAC-SHA256
 *                            under the secret of "UNIXSECONDS.BODY"
 *
 * The result: the body is the output (head and tail of a long one). A status outside of
 * successStatusCodes is Failed/HttpStatus; no connection, no name, no TLS, or an answer cut short
 * is Failed/Connection; the configuration's timeoutSeconds is Failed/Timeout; what cannot be sent
 * at all is Failed/Configuration. stop closes the connection before it returns; the result then
 * says "request aborted" and comes on the next turn of the loop.
 *
 * Bounds: a body is read and dropped up to max_response_bytes, then the call is aborted as
 * Failed/Connection; response headers up to MAX_RESPONSE_HEADER_BYTES. HTTP/1.1, one call a
 * connection, no compression asked for, no proxy, no cookies, no netrc.
 * Redirects are followed by us: each hop is read and checked like the first, https never leads to
 * http, and headers with a secret, Authorization and Cookie stay with the origin they were meant
 * for.
 *
 *   Owns:    the handler, until handler->free; what the options point to is borrowed until then.
 *            After free the loop must run once more before it is closed.
 *   Threads: the loop's; http_call_validate from any.
 *   Errors:  http_call_new: INTERNAL. A call's own failure is its result.
 */
#ifndef ALPHABET_HANDLERS_HTTP_CALL_H
#define ALPHABET_HANDLERS_HTTP_CALL_H

#include "base/clock.h"
#include "handlers/guard.h"
#include "handlers/handler.h"
#include "handlers/secrets.h"

#include <uv.h>

enum {
    MAX_RESPONSE_HEADER_BYTES = 64 * 1024,
    MAX_EXPANDED_BODY = 1024 * 1024,
    DEFAULT_RESPONSE_BYTES = 64 * 1024 * 1024,
    DEFAULT_CONNECT_SECONDS = 30,
};

struct http_call_options {
    const struct guard *guard;
    struct secrets *secrets; // NULL: no job can use one
    const struct clock *clock;
    struct str machine_name;
    int64_t max_response_bytes; // 0: DEFAULT_RESPONSE_BYTES
    int64_t connect_seconds;    // name, connection and TLS together; 0: DEFAULT_CONNECT_SECONDS
    const char *ca_file;        // NULL: the system's certificates
};

WARN_UNUSED struct handler *http_call_new(uv_loop_t *loop, const struct http_call_options *options,
                                          struct err *err);
void http_call_validate(const struct http_call_options *options, const json_t *configuration,
                        struct faults *faults);

#endif
