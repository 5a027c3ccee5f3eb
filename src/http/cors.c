/* cors.c - see cors.h. */
#include "http/cors.h"

#include <stdlib.h>

struct cors {
    size_t count;
    bool any;
    char *origins[];
};

static bool is_origin(struct str s) {
    struct str host = STR_NONE;
    if (str_starts_with(s, STR("https://"))) host = str_slice(s, 8, s.len);
    if (str_starts_with(s, STR("http://"))) host = str_slice(s, 7, s.len);
    for (size_t i = 0; i < host.len; i++)
        if (host.ptr[i] <= ' ' || host.ptr[i] >= 127 || host.ptr[i] == '/') return false;
    return host.len > 0;
}

struct cors *cors_new(const char *const *origins, struct err *err) {
    size_t count = 0;
    while (origins && origins[count]) count++;
    struct cors *cors = xcalloc(1, sizeof *cors + count * sizeof(char *));
    for (; cors->count < count; cors->count++) {
        struct str origin = str_from_cstr(origins[cors->count]);
        bool any = str_equal(origin, STR("*"));
        if (!any && !is_origin(origin)) {
            err_set(err, ERR_INVALID, "\"%s\" is no origin such as https://example.com",
                    origin.ptr);
            cors_free(cors);
            return NULL;
        }
        cors->any |= any;
        cors->origins[cors->count] = xstr_dup(origin);
    }
    return cors;
}

void cors_free(struct cors *cors) {
    if (cors == NULL) return;
    for (size_t i = 0; i < cors->count; i++) free(cors->origins[i]);
    free(cors);
}

/* What Access-Control-Allow-Origin says; absent when the origin is not allowed. */
static struct str allowed_origin(const struct cors *cors, struct str origin) {
    if (str_is_absent(origin)) return STR_NONE;
    for (size_t i = 0; i < cors->count; i++)
        if (str_equal(str_from_cstr(cors->origins[i]), origin)) return origin;
    return cors->any ? STR("*") : STR_NONE;
}

void cors_apply(const struct cors *cors, const struct http_request *request,
                struct http_response *response) {
    if (cors->count == 0) return;
    struct str allow = allowed_origin(cors, request_header(request, STR("Origin")));
    response_header(response, "Vary", STR("Origin"));
    if (str_is_absent(allow)) return;
    response_header(response, "Access-Control-Allow-Origin", allow);
    response_header(response, "Access-Control-Expose-Headers",
                    STR("ETag, Location, Retry-After, X-Request-Id, Content-Disposition"));
}

void cors_preflight(const struct cors *cors, const struct http_request *request, unsigned allowed,
                    struct http_response *response) {
    struct str methods = http_allow_value(allowed, request->arena);
    respond_empty(response, 204);
    response_header(response, "Allow", methods);
    struct str asked = request_header(request, STR("Access-Control-Request-Method"));
    struct str allow = allowed_origin(cors, request_header(request, STR("Origin")));
    if (str_is_absent(allow) || str_is_absent(asked)) return;
    response_header(response, "Access-Control-Allow-Methods", methods);
    response_header(response, "Access-Control-Allow-Headers",
                    STR("Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, "
                        "Last-Event-ID, X-Request-Id, traceparent"));
    response_header(response, "Access-Control-Max-Age", STR("600"));
}
