/* session.c - see session.h.
 *
 * SameSite=Strict keeps the cookie out of requests that other sites make, but another port of this
 * host is the same site. So where the browser says who asks (it always does for a change), it must
 * be this origin; the token is a second lock that does not depend on what browsers send.
 */
#include "api/session.h"

#include <sodium.h>

static struct str cookie_name(const struct http_request *request) {
    return request->secure ? STR("__Host-alphabet-session") : STR("alphabet-session");
}

struct str session_secret(const struct http_request *request) {
    struct str secret = request_cookie(request, cookie_name(request));
    return secret.len > 0 ? secret : STR_NONE;
}

struct str session_credential(const struct http_request *request) {
    struct str bearer = request_bearer(request);
    return str_is_absent(bearer) ? session_secret(request) : bearer;
}

static bool changes(const struct http_request *request) {
    return request->method != HTTP_GET && request->method != HTTP_HEAD;
}

/* "https://host:port" of the page, as the browser would write this server's. */
static bool is_own_origin(const struct http_request *request, struct str origin) {
    struct str scheme = request->secure ? STR("https://") : STR("http://");
    if (!str_starts_with(origin, scheme)) return false;
    struct str host = request_header(request, STR("Host"));
    return str_equal_nocase(str_slice(origin, scheme.len, origin.len), host);
}

bool session_is_from_here(const struct http_request *request, struct err *err) {
    struct str origin = request_header(request, STR("Origin"));
    struct str site = request_header(request, STR("Sec-Fetch-Site"));
    bool typed = str_equal(site, STR("none")) && !changes(request); // into the address bar
    if (!str_is_absent(site) && !str_equal(site, STR("same-origin")) && !typed)
        return err_set(err, ERR_FORBIDDEN,
                       "requests by cookie are taken from pages of this server alone; this one "
                       "came from another site (Sec-Fetch-Site: %.*s)",
                       STR_ARG(site));
    if (!str_is_absent(origin) && !is_own_origin(request, origin))
        return err_set(err, ERR_FORBIDDEN,
                       "requests by cookie are taken from pages of this server alone, not from "
                       "%.*s; a proxy in front must pass on Host",
                       STR_ARG(origin));
    return true;
}

bool session_allows(const struct http_request *request, const struct identity *identity,
                    const struct principal *who, struct err *err) {
    if (!session_is_from_here(request, err)) return false;
    if (!changes(request)) return true;
    char expected[SESSION_CSRF_SIZE];
    identity_session_csrf(identity, who, expected);
    struct str sent = request_header(request, STR("X-CSRF-Token"));
    if (sent.len == SESSION_CSRF_SIZE - 1 && sodium_memcmp(sent.ptr, expected, sent.len) == 0)
        return true;
    return err_set(err, ERR_FORBIDDEN,
                   "a change by cookie needs the header X-CSRF-Token with the csrfToken of this "
                   "session, from POST /api/v1/auth/login or GET /api/v1/auth/me");
}

static void set_cookie(const struct http_request *request, struct http_response *response,
                       const char *value, int64_t seconds) {
    struct str name = cookie_name(request);
    struct str cookie =
        arena_printf(request->arena, "%.*s=%s; Path=/; HttpOnly; SameSite=Strict; Max-Age=%lld%s",
                     STR_ARG(name), value, (long long)seconds, request->secure ? "; Secure" : "");
    (void)response_header(response, "Set-Cookie", cookie);
}

void session_give_cookie(const struct http_request *request, struct http_response *response,
                         const struct session *session) {
    struct span life = utc_diff(session->who.session_expires_at, session->who.session_seen_at);
    set_cookie(request, response, session->secret, life.us / 1000000);
}

void session_take_cookie(const struct http_request *request, struct http_response *response) {
    set_cookie(request, response, "", 0);
}
