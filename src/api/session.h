/* session.h - requests that come with the cookie of a session instead of a bearer token.
 *
 * The cookie is HttpOnly, SameSite=Strict, Path=/, and under TLS Secure with the prefix __Host-. A
 * request by cookie must come from a page of this very server (Origin, Sec-Fetch-Site), and one
 * that changes something must carry the session's token in X-CSRF-Token. Programs send bearer
 * tokens and meet none of this.
 *
 *   Owns: nothing.   Threads: any.   Errors: FORBIDDEN says what was missing.
 */
#ifndef ALPHABET_API_SESSION_H
#define ALPHABET_API_SESSION_H

#include "http/request.h"
#include "http/response.h"
#include "identity/identity.h"

/* The secret that the browser sent; absent when there is no cookie. */
struct str session_secret(const struct http_request *request);
/* The bearer token, else the session's secret; absent when there is neither. */
struct str session_credential(const struct http_request *request);
/* False and FORBIDDEN when a browser says that another site made this request. */
WARN_UNUSED bool session_is_from_here(const struct http_request *request, struct err *err);
/* The same, and a change must carry the token. */
WARN_UNUSED bool session_allows(const struct http_request *request, const struct identity *identity,
                                const struct principal *who, struct err *err);
void session_give_cookie(const struct http_request *request, struct http_response *response,
                         const struct session *session);
void session_take_cookie(const struct http_request *request, struct http_response *response);

#endif
