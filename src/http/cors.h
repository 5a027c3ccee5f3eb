/* cors.h - which other origins may read answers in a browser.
 *
 * Origins are compared as whole texts; "*" in the list means any. Credentials are never allowed:
 * scripts of other origins use tokens, not cookies.
 *
 *   Owns:    the list owns copies of its texts.   Threads: immutable once made.
 *   Errors:  INVALID for an origin that is not scheme://host[:port].
 *   Source:  the fetch standard, 3.3.
 */
#ifndef ALPHABET_HTTP_CORS_H
#define ALPHABET_HTTP_CORS_H

#include "base/err.h"
#include "http/request.h"
#include "http/response.h"

struct cors;

struct cors *cors_new(const char *const *origins, struct err *err);
void cors_free(struct cors *cors);
/* Adds the headers that an allowed origin needs, and Vary. */
void cors_apply(const struct cors *cors, const struct http_request *request,
                struct http_response *response);
/* Answers OPTIONS: 204 with Allow, and for an allowed origin what a preflight asks. */
void cors_preflight(const struct cors *cors, const struct http_request *request, unsigned allowed,
                    struct http_response *response);

#endif
