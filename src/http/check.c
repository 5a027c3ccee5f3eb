/* check.c - see check.h.
 *
 * libmicrohttpd 0.9.75 takes two Content-Length headers, Content-Length beside Transfer-Encoding,
 * any Transfer-Encoding and blanks before the colon; all of that ends here.
 */
#include "http/check.h"

#include <string.h>

static struct head refuse(int status, const char *why) {
    return (struct head){.status = status, .why = why};
}

static bool is_token_char(char c) {
    bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    return letter || (c >= '0' && c <= '9') || (c != '\0' && strchr("!#$%&'*+-.^_`|~", c));
}

static bool is_token(struct str s) {
    for (size_t i = 0; i < s.len; i++)
        if (!is_token_char(s.ptr[i])) return false;
    return s.len > 0;
}

static bool is_field_value(struct str s) {
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if ((c < ' ' && c != '\t') || c == 127) return false;
    }
    return true;
}

static bool is_visible(struct str s) {
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if (c <= ' ' || c >= 127 || c == '#') return false;
    }
    return true;
}

static bool parse_length(struct str s, uint64_t *ret) {
    uint64_t value = 0;
    if (s.len == 0 || s.len > 18) return false;
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] < '0' || s.ptr[i] > '9') return false;
        value = value * 10 + (uint64_t)(s.ptr[i] - '0');
    }
    *ret = value;
    return true;
}

/* The headers that may be there once only, found in one pass. */
struct singles {
    struct str host, length, coding;
    unsigned hosts, lengths, codings;
    bool expect;
};

static void note(struct singles *singles, const struct http_header *header) {
    switch (header->name.len) {
    case 4:
        if (!str_equal_nocase(header->name, STR("Host"))) break;
        singles->host = header->value;
        singles->hosts++;
        break;
    case 6:
        if (str_equal_nocase(header->name, STR("Expect"))) singles->expect = true;
        break;
    case 14:
        if (!str_equal_nocase(header->name, STR("Content-Length"))) break;
        singles->length = header->value;
        singles->lengths++;
        break;
    case 17:
        if (!str_equal_nocase(header->name, STR("Transfer-Encoding"))) break;
        singles->coding = header->value;
        singles->codings++;
        break;
    default: break;
    }
}

/* Splits the target; the host of an absolute one must be that of the Host header. */
static const char *check_target(struct http_request *request, struct str uri, struct str host) {
    struct str rest = uri;
    if (!is_visible(uri)) return "the target holds characters that must be percent-encoded";
    size_t scheme = str_starts_with(uri, STR("http://"))    ? 7
                    : str_starts_with(uri, STR("https://")) ? 8
                                                            : 0;
    if (scheme) {
        rest = str_slice(uri, scheme, uri.len);
        size_t end = 0;
        while (end < rest.len && rest.ptr[end] != '/' && rest.ptr[end] != '?') end++;
        if (!str_equal_nocase(str_slice(rest, 0, end), host))
            return "the target and the Host header name different hosts";
        rest = str_slice(rest, end, rest.len);
        if (rest.len == 0) rest = STR("/");
    }
    request->path = str_cut(&rest, '?');
    request->query_text = rest;
    if (request->path.len && request->path.ptr[0] == '/') return NULL;
    if (request->method == HTTP_OPTIONS && str_equal(request->path, STR("*"))) return NULL;
    if (request->method == HTTP_OTHER) return NULL; // CONNECT host:port ends as a 405
    return "the target does not begin with a slash";
}

static struct head check_framing(const struct singles *found, bool http_1_1) {
    struct head head = {.has_expect = found->expect};
    if (found->lengths > 1) return refuse(400, "Content-Length is given more than once");
    if (found->codings > 1) return refuse(400, "Transfer-Encoding is given more than once");
    if (found->lengths && found->codings)
        return refuse(400, "Content-Length and Transfer-Encoding are both given");
    if (found->lengths && !parse_length(found->length, &head.length))
        return refuse(400, "Content-Length is not a number of bytes");
    if (found->codings && !http_1_1)
        return refuse(400, "Transfer-Encoding is not part of HTTP/1.0");
    head.chunked = found->codings == 1;
    if (head.chunked && !str_equal_nocase(found->coding, STR("chunked")))
        return str_contains(found->coding, STR("chunked"))
                   ? refuse(400, "Transfer-Encoding is not exactly chunked")
                   : refuse(501, "this Transfer-Encoding is not known here");
    head.has_body = head.chunked || head.length > 0;
    return head;
}

struct head check_head(struct http_request *request, struct str version, struct str uri) {
    struct singles found = {0};
    bool http_1_1 = !str_equal(version, STR("HTTP/1.0"));
    request->path = STR("");
    for (size_t i = 0; i < request->header_count; i++) {
        const struct http_header *header = &request->headers[i];
        if (!is_token(header->name)) return refuse(400, "the name of a header is malformed");
        if (!is_field_value(header->value)) return refuse(400, "a header holds control characters");
        note(&found, header);
    }
    if (found.hosts > 1) return refuse(400, "Host is given more than once");
    if (found.hosts == 0 && http_1_1) return refuse(400, "the Host header is missing");
    if (found.hosts && !is_visible(found.host)) return refuse(400, "Host is malformed");
    const char *fault = check_target(request, uri, found.host);
    if (fault) {
        request->path = STR("");
        return refuse(400, fault);
    }
    return check_framing(&found, http_1_1);
}

bool is_json_type(struct str content_type) {
    struct str rest = content_type;
    struct str type = str_trim(str_cut(&rest, ';'));
    bool json = str_equal_nocase(type, STR("application/json"));
    if (!json && type.len > 17 && str_equal_nocase(str_slice(type, 0, 12), STR("application/")))
        json = str_equal_nocase(str_slice(type, type.len - 5, 5), STR("+json"));
    if (!json) return false;
    while (rest.len > 0) {
        struct str value = str_cut(&rest, ';');
        struct str name = str_trim(str_cut(&value, '='));
        if (!str_equal_nocase(name, STR("charset"))) continue;
        value = str_trim(value);
        if (value.len >= 2 && value.ptr[0] == '"') value = str_slice(value, 1, value.len - 2);
        if (!str_equal_nocase(value, STR("utf-8")) && !str_equal_nocase(value, STR("utf8")))
            return false;
    }
    return true;
}

struct str host_name(struct str host) {
    if (host.len && host.ptr[0] == '[') {
        const char *end = memchr(host.ptr, ']', host.len);
        return end ? (struct str){host.ptr + 1, (size_t)(end - host.ptr - 1)} : host;
    }
    struct str rest = host;
    return str_cut(&rest, ':');
}

bool is_request_id(struct str id) {
    for (size_t i = 0; i < id.len; i++) {
        char c = id.ptr[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!letter && !(c >= '0' && c <= '9') && c != '.' && c != '_' && c != '-') return false;
    }
    return id.len >= 1 && id.len <= 128;
}

struct str trace_id_of(struct str traceparent) {
    static const char shape[] = "hh-hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh-hhhhhhhhhhhhhhhh-hh";
    bool zero = true;
    if (traceparent.len < sizeof shape - 1) return STR_NONE;
    for (size_t i = 0; i < sizeof shape - 1; i++) {
        char c = traceparent.ptr[i];
        bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
        if (shape[i] == '-' ? c != '-' : !hex) return STR_NONE;
        if (i >= 3 && i < 35 && c != '0') zero = false;
    }
    if (zero || str_starts_with(traceparent, STR("ff"))) return STR_NONE;
    return str_slice(traceparent, 3, 32);
}
