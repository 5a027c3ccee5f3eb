/* http_config.c - see http_config.h.
 *
 * A table of fields with a reader each; what is in the object but not in the table is a fault. The
 * same code reads a configuration when a job is written and when it runs, so what was accepted runs
 * as it was checked. */
#include "handlers/http_config.h"

#include "base/bounds.h"
#include "base/json_read.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static const struct str methods[] = {STR_INIT("GET"),   STR_INIT("POST"),   STR_INIT("PUT"),
                                     STR_INIT("PATCH"), STR_INIT("DELETE"), STR_INIT("HEAD")};

/* Set by the product or by the transport; a job that sets one would break what they promise. */
static const struct str reserved_headers[] = {
    STR_INIT("traceparent"),       STR_INIT("Idempotency-Key"), STR_INIT("User-Agent"),
    STR_INIT("Content-Length"),    STR_INIT("Connection"),      STR_INIT("Keep-Alive"),
    STR_INIT("Transfer-Encoding"), STR_INIT("Accept-Encoding"), STR_INIT("TE"),
    STR_INIT("Trailer"),           STR_INIT("Upgrade"),         STR_INIT("Expect"),
    STR_INIT("Proxy-Connection"),  STR_INIT("HTTP2-Settings"),  STR_INIT("Proxy-Authorization"),
    STR_INIT("Tracestate"),
};

struct reader {
    struct http_config *config;
    const struct guard *guard;
    const struct variables_known *known;
    struct faults *faults;
};

static struct str field_of(struct reader *r, const char *name) {
    return arena_printf(r->faults->arena, "jobConfiguration.%s", name);
}

/* A JSON string with its variables checked; absent, with a fault, when it is none. */
static struct str read_text(struct reader *r, struct str field, const json_t *value, size_t max) {
    struct str text = json_str_of(value);
    if (str_is_absent(text)) {
        faults_add(r->faults, field, "must be a string");
        return STR_NONE;
    }
    if (text.len > max) {
        faults_add(r->faults, field, "must be at most %zu bytes", max);
        return STR_NONE;
    }
    variables_check(text, r->known, field, r->faults);
    return text.len > 0 ? arena_copy(&r->config->arena, text) : STR("");
}

static int64_t read_number(struct reader *r, struct str field, const json_t *value, int64_t least,
                           int64_t most) {
    int64_t number = json_integer_value(value);
    if (json_is_integer(value) && number >= least && number <= most) return number;
    faults_add(r->faults, field, "must be a whole number from %" PRId64 " to %" PRId64, least,
               most);
    return least;
}

/* --- url --- */

/* Variables ahead of the path stand for a scheme or host, so what they are is known at run time
 * only; a blank that can be part of a host, a port and a path shows whether the rest is sound. */
static void check_url_form(struct reader *r, struct str field, struct str url) {
    struct buf blank = buf_with_max(0);
    struct err err = ERR_INIT;
    struct target target;
    struct guard_options anything = {.allow_private_networks = true};
    struct guard *open = guard_new(&anything, &err);
    variables_blank(url, STR("1"), &blank);
    bool starts_fixed = !str_starts_with(url, STR("{{"));
    if (open && starts_fixed) {
        if (!guard_read_url(open, buf_str(&blank), &target, &err))
            faults_add(r->faults, field, "%s", err.msg);
        else
            target_free(&target);
    }
    guard_free(open);
    buf_free(&blank);
}

static void read_url(struct reader *r, const json_t *value) {
    struct http_config *config = r->config;
    struct str field = field_of(r, "url");
    size_t faults_before = r->faults->count;
    struct str url = value ? read_text(r, field, value, MAX_URL) : STR_NONE;
    if (!value) faults_add(r->faults, field, "is required");
    if (r->faults->count > faults_before || str_is_absent(url)) return;
    config->url = url;
    config->url_has_variables = variables_present(url);
    if (config->url_has_variables) {
        check_url_form(r, field, url);
        return;
    }
    struct err err = ERR_INIT;
    if (!guard_read_url(r->guard, url, &config->target, &err))
        faults_add(r->faults, field, "%s", err.msg);
}

static void read_method(struct reader *r, const json_t *value) {
    r->config->method = methods[0];
    if (!value) return;
    struct str text = json_str_of(value);
    for (size_t i = 0; i < COUNT_OF(methods); i++) {
        if (!str_equal_nocase(text, methods[i])) continue;
        r->config->method = methods[i];
        return;
    }
    faults_add(r->faults, field_of(r, "method"),
               "must be one of GET, POST, PUT, PATCH, DELETE, HEAD");
}

/* --- headers --- */

static bool is_token(struct str name) {
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        bool fine = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                    (c != '\0' && strchr("!#$%&'*+-.^_`|~", c));
        if (!fine) return false;
    }
    return name.len > 0 && name.len <= 256;
}

static bool is_reserved(struct str name) {
    if (str_starts_with(name, STR("X-Alphabet-")) ||
        str_equal_nocase(str_slice(name, 0, 11), STR("X-Alphabet-")))
        return true;
    for (size_t i = 0; i < COUNT_OF(reserved_headers); i++)
        if (str_equal_nocase(name, reserved_headers[i])) return true;
    return false;
}

static bool has_control_character(struct str s) {
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if ((c < 0x20 && c != '\t') || c == 0x7f) return true;
    }
    return false;
}

static const struct http_header *find_header(const struct http_config *config, struct str name) {
    for (size_t i = 0; i < config->header_count; i++)
        if (str_equal_nocase(config->headers[i].name, name)) return &config->headers[i];
    return NULL;
}

static void read_header(struct reader *r, struct str name, const json_t *value) {
    struct http_config *config = r->config;
    struct str field = arena_printf(r->faults->arena, "jobConfiguration.headers.%.*s",
                                    STR_ARG(str_slice(name, 0, 100)));
    if (!is_token(name)) {
        faults_add(r->faults, field, "is no valid header name");
        return;
    }
    if (is_reserved(name)) {
        faults_add(r->faults, field, "is set by the scheduler and cannot be overridden");
        return;
    }
    if (find_header(config, name)) {
        faults_add(r->faults, field, "is given more than once (names differ in case only)");
        return;
    }
    struct str text = read_text(r, field, value, MAX_HTTP_HEADER_VALUE);
    if (has_control_character(text)) {
        faults_add(r->faults, field, "must not contain line breaks or control characters");
        return;
    }
    bool is_private = variables_use_secret(text) || str_equal_nocase(name, STR("Authorization")) ||
                      str_equal_nocase(name, STR("Cookie"));
    config->headers[config->header_count++] =
        (struct http_header){.name = arena_copy(&config->arena, name),
                             .value = text,
                             .has_variables = variables_present(text),
                             .is_private = is_private};
}

static void read_headers(struct reader *r, json_t *value) {
    /* Room for the default Content-Type too. */
    r->config->headers =
        ARENA_ARRAY(&r->config->arena, json_object_size(value) + 1, struct http_header);
    if (!value) return;
    struct str field = field_of(r, "headers");
    if (!json_is_object(value)) {
        faults_add(r->faults, field, "must be an object of names and texts");
        return;
    }
    if (json_object_size(value) > MAX_HTTP_HEADERS) {
        faults_add(r->faults, field, "must be at most %d headers", MAX_HTTP_HEADERS);
        return;
    }
    const char *name;
    json_t *text;
    json_object_foreach(value, name, text) {
        if (!json_is_null(text)) read_header(r, str_from_cstr(name), text);
    }
}

/* --- body --- */

static bool says_json(struct str content_type) {
    for (size_t i = 0; i + 4 <= content_type.len; i++)
        if (str_equal_nocase(str_slice(content_type, i, 4), STR("json"))) return true;
    return false;
}

/* `{{Today}}` at the start is a variable, no object. */
static bool begins_as_json(struct str text) {
    text = str_trim(text);
    return str_starts_with(text, STR("[")) ||
           (str_starts_with(text, STR("{")) && !str_starts_with(text, STR("{{")));
}

static void read_body(struct reader *r, const json_t *value) {
    struct http_config *config = r->config;
    if (!value) return;
    struct str field = field_of(r, "body");
    if (str_equal(config->method, STR("HEAD"))) {
        faults_add(r->faults, field, "cannot be sent with HEAD");
        return;
    }
    config->has_body = true;
    bool is_text = json_is_string(value);
    if (is_text) {
        config->body = read_text(r, field, value, MAX_JOB_CONFIGURATION);
    } else {
        config->body = json_dump(&config->arena, value);
        variables_check(config->body, r->known, field, r->faults);
    }
    config->body_has_variables = variables_present(config->body);
    const struct http_header *type = find_header(config, STR("Content-Type"));
    if (type)
        config->body_is_json = !is_text || says_json(type->value);
    else
        config->body_is_json = !is_text || begins_as_json(config->body);
    if (type) return;
    config->headers[config->header_count++] = (struct http_header){
        .name = STR("Content-Type"),
        .value = config->body_is_json ? STR("application/json") : STR("text/plain; charset=utf-8")};
}

/* --- the rest --- */

static void read_statuses(struct reader *r, const char *name, json_t *value,
                          struct status_set *set) {
    if (!value) return;
    struct str field = field_of(r, name);
    if (!json_is_array(value) || json_array_size(value) > 500) {
        faults_add(r->faults, field, "must be an array of status codes");
        return;
    }
    size_t i;
    json_t *each;
    json_array_foreach(value, i, each) {
        struct str item = arena_printf(r->faults->arena, "jobConfiguration.%s[%zu]", name, i);
        int64_t status = read_number(r, item, each, 100, 599);
        set->bits[status / 64] |= UINT64_C(1) << (status % 64);
        set->is_given = true;
    }
}

static void read_bool(struct reader *r, const char *name, const json_t *value, bool *ret) {
    if (!value) return;
    if (!json_is_boolean(value))
        faults_add(r->faults, field_of(r, name), "must be true or false");
    else
        *ret = json_is_true(value);
}

static void read_signing_secret(struct reader *r, const json_t *value) {
    if (!value) return;
    struct str field = field_of(r, "signingSecret");
    struct str text = read_text(r, field, value, MAX_SIGNING_SECRET);
    if (!str_is_absent(text) && text.len == 0) faults_add(r->faults, field, "must not be empty");
    r->config->signing_secret = text;
}

static void read_parameters(struct reader *r, json_t *value) {
    if (!value) return;
    if (!json_is_object(value))
        faults_add(r->faults, field_of(r, "parameters"), "must be an object");
    else
        r->config->parameters = json_deep_copy(value);
}

/* null equals absent. */
static json_t *get(const json_t *json, const char *name) {
    json_t *value = json_object_get(json, name);
    return json_is_null(value) ? NULL : value;
}

static void find_unknown(struct reader *r, const json_t *json) {
    static const char *const known[] = {"url",
                                        "method",
                                        "headers",
                                        "body",
                                        "timeoutSeconds",
                                        "signingSecret",
                                        "successStatusCodes",
                                        "retryOnStatusCodes",
                                        "followRedirects",
                                        "maxRedirects",
                                        "parameters"};
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)json, name, value) {
        bool found = false;
        for (size_t i = 0; i < COUNT_OF(known); i++) found = found || strcmp(known[i], name) == 0;
        if (!found)
            faults_add(r->faults, arena_printf(r->faults->arena, "jobConfiguration.%.100s", name),
                       "is no field of an HttpCall");
    }
}

static void make_fixed_headers(struct http_config *config) {
    for (size_t i = 0; i < config->header_count; i++)
        config->headers_have_variables |= config->headers[i].has_variables;
    if (config->headers_have_variables) return;
    struct buf line = buf_with_max(0);
    for (size_t i = config->header_count; i-- > 0;) {
        struct curl_slist *node = ARENA_NEW(&config->arena, struct curl_slist);
        buf_reset(&line);
        http_header_put(&line, config->headers[i].name, config->headers[i].value);
        node->data = (char *)(uintptr_t)arena_copy(&config->arena, buf_str(&line)).ptr;
        node->next = config->fixed_headers;
        config->fixed_headers = node;
    }
    buf_free(&line);
}

struct http_config *http_config_new(const json_t *json, const struct guard *guard,
                                    const struct variables_known *known, struct faults *faults) {
    static _Atomic uint64_t last_number;
    struct http_config *config = xcalloc(1, sizeof *config);
    struct reader r = {config, guard, known, faults};
    size_t faults_before = faults->count + faults->more;
    config->references = 1;
    config->number = atomic_fetch_add_explicit(&last_number, 1, memory_order_relaxed) + 1;
    config->max_redirects = DEFAULT_REDIRECTS;
    if (!json_is_object(json)) {
        faults_add(faults, STR("jobConfiguration"), "must be an object");
    } else {
        find_unknown(&r, json);
        read_url(&r, get(json, "url"));
        read_method(&r, get(json, "method"));
        read_headers(&r, get(json, "headers"));
        read_body(&r, get(json, "body"));
        json_t *timeout = get(json, "timeoutSeconds"), *redirects = get(json, "maxRedirects");
        if (timeout)
            config->timeout_seconds =
                read_number(&r, field_of(&r, "timeoutSeconds"), timeout, 1, MAX_TIMEOUT_SECONDS);
        if (redirects)
            config->max_redirects =
                read_number(&r, field_of(&r, "maxRedirects"), redirects, 0, MAX_REDIRECTS);
        read_statuses(&r, "successStatusCodes", get(json, "successStatusCodes"), &config->success);
        read_statuses(&r, "retryOnStatusCodes", get(json, "retryOnStatusCodes"), &config->retry);
        read_bool(&r, "followRedirects", get(json, "followRedirects"), &config->follow_redirects);
        read_signing_secret(&r, get(json, "signingSecret"));
        read_parameters(&r, get(json, "parameters"));
        make_fixed_headers(config);
    }
    config->size = sizeof *config + config->arena.total;
    if (faults->count + faults->more == faults_before) return config;
    http_config_release(config);
    return NULL;
}

struct http_config *http_config_share(struct http_config *config) {
    config->references++;
    return config;
}

void http_config_release(struct http_config *config) {
    if (!config || --config->references > 0) return;
    target_free(&config->target);
    json_decref(config->parameters);
    arena_free(&config->arena);
    free(config);
}

static bool set_has(const struct status_set *set, int64_t status) {
    return status >= 100 && status <= 599 &&
           (set->bits[status / 64] >> (status % 64) & UINT64_C(1)) != 0;
}

bool http_config_is_success(const struct http_config *config, int64_t status) {
    if (config->success.is_given) return set_has(&config->success, status);
    return status >= 200 && status <= 299;
}

bool http_config_may_retry(const struct http_config *config, int64_t status) {
    return !config->retry.is_given || set_has(&config->retry, status);
}

void http_header_put(struct buf *out, struct str name, struct str value) {
    buf_put(out, name);
    buf_put_char(out, value.len > 0 ? ':' : ';');
    if (value.len > 0) {
        buf_put_char(out, ' ');
        buf_put(out, value);
    }
}
