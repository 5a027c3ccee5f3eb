/* response.c - see response.h.
 *
 * Nothing here speaks to the network: a response is a value that send.c turns into bytes.
 */
#include "http/response.h"

#include "http/sse_stream.h"

#include <string.h>
#include <strings.h>

enum { USUAL_BODY = 1000 }; // one execution, most single resources

static void drop_body(struct http_response *response) {
    buf_free(&response->body);
    response->fixed_body = STR_NONE;
    if (response->read && response->read_done) response->read_done(response->read_context);
    response->read = NULL;
    response->read_done = NULL;
    if (response->stream) sse_stream_free(response->stream);
    response->stream = NULL;
    response->content_type = NULL;
}

void response_clear(struct http_response *response) {
    drop_body(response);
    response->status = 0;
    response->header_count = 0;
    response->close = false;
}

static void answer(struct http_response *response, int status, const char *content_type) {
    drop_body(response);
    response->status = status;
    response->content_type = content_type;
}

struct json_writer respond_json_begin(struct http_response *response, int status) {
    answer(response, status, "application/json");
    buf_reserve(&response->body, USUAL_BODY);
    return json_writer(&response->body);
}

void respond_bytes(struct http_response *response, int status, const char *content_type,
                   struct buf *body) {
    answer(response, status, content_type);
    response->body = *body;
    *body = (struct buf){.max = body->max};
}

void respond_json(struct http_response *response, int status, struct buf *body) {
    respond_bytes(response, status, "application/json", body);
}

void respond_text(struct http_response *response, int status, struct str text) {
    answer(response, status, "text/plain; charset=utf-8");
    buf_put(&response->body, text);
}

void respond_empty(struct http_response *response, int status) {
    answer(response, status, NULL);
}

void respond_fixed(struct http_response *response, int status, const char *content_type,
                   struct str bytes) {
    answer(response, status, content_type);
    response->fixed_body = bytes;
}

void respond_stream(struct http_response *response, int status, const char *content_type,
                    response_reader *read, void (*done)(void *context), void *context) {
    answer(response, status, content_type);
    response->read = read;
    response->read_done = done;
    response->read_context = context;
}

static bool is_token(const char *name) {
    static const char marks[] = "!#$%&'*+-.^_`|~";
    if (*name == '\0') return false;
    for (const char *p = name; *p; p++) {
        bool letter = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z');
        if (!letter && !(*p >= '0' && *p <= '9') && !strchr(marks, *p)) return false;
    }
    return true;
}

static bool is_line(struct str value) {
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.ptr[i];
        if (c < ' ' || c == 127) return false;
    }
    return true;
}

bool response_header(struct http_response *response, const char *name, struct str value) {
    if (!is_token(name) || !is_line(value)) return false;
    size_t at = 0;
    while (at < response->header_count && (strcasecmp(name, "Set-Cookie") == 0 ||
                                           strcasecmp(name, response->headers[at].name) != 0))
        at++;
    if (at == RESPONSE_MAX_HEADERS) return false;
    struct str copy = arena_copy(response->arena, value.ptr ? value : STR(""));
    response->headers[at].value = copy.ptr;
    if (at == response->header_count) {
        response->headers[at].name = arena_copy(response->arena, str_from_cstr(name)).ptr;
        response->header_count++;
    }
    return true;
}

bool response_header_i64(struct http_response *response, const char *name, int64_t value) {
    return response_header(response, name, arena_printf(response->arena, "%lld", (long long)value));
}

bool response_etag(struct http_response *response, struct str tag) {
    if (tag.len && memchr(tag.ptr, '"', tag.len)) return false;
    return response_header(response, "ETag",
                           arena_printf(response->arena, "\"%.*s\"", STR_ARG(tag)));
}

bool etag_listed(struct str header_value, struct str tag, bool weak) {
    struct str rest = str_trim(header_value);
    if (str_equal(rest, STR("*"))) return true;
    while (rest.len > 0) {
        bool is_weak = str_starts_with(rest, STR("W/"));
        if (is_weak) rest = str_slice(rest, 2, rest.len);
        if (rest.len == 0 || rest.ptr[0] != '"') return false;
        rest = str_slice(rest, 1, rest.len);
        struct str listed = str_cut(&rest, '"');
        if (str_is_absent(rest)) return false; // the quote never closes
        if ((weak || !is_weak) && str_equal(listed, tag)) return true;
        rest = str_trim(rest);
        if (rest.len && rest.ptr[0] != ',') return false;
        rest = str_trim(str_slice(rest, 1, rest.len));
    }
    return false;
}
