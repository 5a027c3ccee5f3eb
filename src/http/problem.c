/* problem.c - see problem.h.
 *
 * The type is a URN made of the title's sense: clients compare it, nobody opens it. `errors` keeps
 * the order of the faults and gathers those of one field.
 */
#include "http/problem.h"

#include <assert.h>
#include <stdarg.h>

struct reason {
    int status;
    const char *phrase;
    const char *type; // behind urn:alphabet:problem:
};

static const struct reason reasons[] = {
    {200, "OK", ""},
    {201, "Created", ""},
    {202, "Accepted", ""},
    {204, "No Content", ""},
    {304, "Not Modified", ""},
    {400, "Bad Request", "invalid"},
    {401, "Unauthorized", "unauthenticated"},
    {403, "Forbidden", "forbidden"},
    {404, "Not Found", "not-found"},
    {405, "Method Not Allowed", "method-not-allowed"},
    {408, "Request Timeout", "timeout"},
    {409, "Conflict", "conflict"},
    {412, "Precondition Failed", "stale"},
    {413, "Content Too Large", "too-large"},
    {414, "URI Too Long", "uri-too-long"},
    {415, "Unsupported Media Type", "media-type"},
    {421, "Misdirected Request", "misdirected"},
    {429, "Too Many Requests", "too-many-requests"},
    {431, "Request Header Fields Too Large", "headers-too-large"},
    {500, "Internal Server Error", "internal"},
    {501, "Not Implemented", "not-implemented"},
    {503, "Service Unavailable", "unavailable"},
    {505, "HTTP Version Not Supported", "version"},
};

static const struct reason *reason_of(int status) {
    static const struct reason unknown = {0, "Error", "error"};
    for (size_t i = 0; i < COUNT_OF(reasons); i++)
        if (reasons[i].status == status) return &reasons[i];
    return &unknown;
}

const char *http_reason(int status) {
    return reason_of(status)->phrase;
}

static void write_errors(struct json_writer *w, const struct faults *faults) {
    json_key(w, STR("errors"));
    json_object_begin(w);
    for (size_t i = 0; i < faults->count; i++) {
        struct str field = faults->items[i].field;
        bool seen = false;
        for (size_t j = 0; j < i; j++) seen |= str_equal(faults->items[j].field, field);
        if (seen) continue;
        json_key(w, field);
        json_array_begin(w);
        for (size_t j = i; j < faults->count; j++)
            if (str_equal(faults->items[j].field, field)) json_str(w, faults->items[j].message);
        json_array_end(w);
    }
    json_object_end(w);
}

static void write_problem(const struct http_request *request, struct http_response *response,
                          int status, const char *title, struct str detail,
                          const struct faults *faults) {
    struct json_writer w = respond_json_begin(response, status);
    response->content_type = "application/problem+json";
    json_object_begin(&w);
    json_field_str(
        &w, STR("type"),
        arena_printf(response->arena, "urn:alphabet:problem:%s", reason_of(status)->type));
    json_field_str(&w, STR("title"), str_from_cstr(title));
    json_field_i64(&w, STR("status"), status);
    json_field_str(&w, STR("detail"), detail);
    json_field_str(&w, STR("instance"), request->path);
    json_field_str(&w, STR("traceId"), request->trace_id);
    if (faults && faults->count) write_errors(&w, faults);
    json_object_end(&w);
    bool retry_known = false;
    for (size_t i = 0; i < response->header_count; i++)
        retry_known |=
            str_equal_nocase(str_from_cstr(response->headers[i].name), STR("Retry-After"));
    if (status == 401) response_header(response, "WWW-Authenticate", STR("Bearer"));
    if ((status == 429 || status == 503) && !retry_known)
        response_header(response, "Retry-After", STR("5"));
}

void respond_problem(const struct http_request *request, struct http_response *response, int status,
                     const char *format, ...) {
    char detail[1024];
    va_list args;
    va_start(args, format);
    int length = vsnprintf(detail, sizeof detail, format, args);
    va_end(args);
    size_t kept = length < 0 ? 0 : (size_t)length;
    if (kept >= sizeof detail) kept = sizeof detail - 1;
    write_problem(request, response, status, http_reason(status), (struct str){detail, kept}, NULL);
}

void respond_err(const struct http_request *request, struct http_response *response,
                 const struct err *err) {
    int status = err_http_status(err->kind);
    /* An answer that says "no error" would hide a defect of the handler. */
    if (err->kind == ERR_NONE) status = 500;
    struct faults faults = {.arena = response->arena};
    if (err->field[0]) faults_add(&faults, str_from_cstr(err->field), "%s", err->msg);
    write_problem(request, response, status, err_title(status == 500 ? ERR_INTERNAL : err->kind),
                  str_from_cstr(err->msg), &faults);
}

void respond_faults(const struct http_request *request, struct http_response *response,
                    const struct faults *faults) {
    assert(!faults_none(faults));
    struct str detail = faults->count == 1 && faults->more == 0
                            ? STR("One value is not valid; see errors.")
                            : arena_printf(response->arena, "%zu values are not valid; see errors.",
                                           faults->count + faults->more);
    write_problem(request, response, 400, err_title(ERR_INVALID), detail, faults);
}
