/* http_request.c - from a configuration and a run to a request: see http_exchange.h.
 *
 * A handle keeps what libcurl was told between calls, so for a configuration without variables a
 * further call only rewrites the text of its own headers in place: they are list nodes inside the
 * exchange, linked ahead of the configuration's list, and libcurl reads the list anew each time. */
#include "base/bounds.h"
#include "base/hash.h"
#include "base/json_read.h"
#include "handlers/http_exchange.h"
#include "handlers/signature.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

static const struct str own_names[OWN_HEADERS] = {
    [OWN_EXECUTION_ID] = STR_INIT("X-Alphabet-Execution-Id: "),
    [OWN_JOB_ID] = STR_INIT("X-Alphabet-Job-Id: "),
    [OWN_ATTEMPT] = STR_INIT("X-Alphabet-Attempt: "),
    [OWN_FENCE] = STR_INIT("X-Alphabet-Fence: "),
    [OWN_TRACEPARENT] = STR_INIT("traceparent: "),
    [OWN_IDEMPOTENCY_KEY] = STR_INIT("Idempotency-Key: "),
    [OWN_SIGNATURE] = STR_INIT("X-Alphabet-Signature: "),
};

/* --- variables --- */

/* Where the path of a URL begins: what stands ahead of it is put in as it is, what stands behind
 * is percent-encoded. A URL whose scheme is a variable has no such place. */
static size_t authority_end(struct str url) {
    const char *scheme = memmem(url.ptr, url.len, "://", 3);
    if (!scheme) return url.len;
    size_t at = (size_t)(scheme - url.ptr) + 3;
    while (at < url.len && url.ptr[at] != '/' && url.ptr[at] != '?' && url.ptr[at] != '#') at++;
    return at;
}

static bool prepare_url(struct http_exchange *exchange, const struct variables_context *context,
                        const struct guard *guard, struct err *err) {
    struct str url = exchange->config->url;
    size_t end = authority_end(url);
    struct buf text = buf_with_max(MAX_URL);
    bool ok = variables_expand(str_slice(url, 0, end), VARIABLES_TEXT, context, &text, err) &&
              variables_expand(str_slice(url, end, url.len), VARIABLES_URL, context, &text, err) &&
              guard_read_url(guard, buf_str(&text), &exchange->target, err);
    exchange->has_own_target = ok;
    buf_free(&text);
    return ok ? true : err_wrap(err, "jobConfiguration.url");
}

static bool prepare_body(struct http_exchange *exchange, const struct variables_context *context,
                         struct err *err) {
    struct http_config *config = exchange->config;
    exchange->body = config->body;
    if (!config->body_has_variables) return true;
    buf_reset(&exchange->expanded_body);
    exchange->expanded_body.max = MAX_EXPANDED_BODY;
    enum variables_place place = config->body_is_json ? VARIABLES_JSON : VARIABLES_TEXT;
    if (!variables_expand(config->body, place, context, &exchange->expanded_body, err))
        return err_wrap(err, "jobConfiguration.body");
    exchange->body = buf_str(&exchange->expanded_body);
    return true;
}

static bool is_safe_header(struct str value) {
    return value.len == 0 ||
           (!memchr(value.ptr, '\r', value.len) && !memchr(value.ptr, '\n', value.len) &&
            !memchr(value.ptr, '\0', value.len));
}

/* The configured headers, expanded, as a list in the exchange's arena. */
static bool make_headers(struct http_exchange *exchange, const struct variables_context *context,
                         struct curl_slist **ret, struct err *err) {
    const struct http_config *config = exchange->config;
    struct curl_slist *list = NULL;
    struct buf value = buf_with_max(MAX_HTTP_HEADER_VALUE * 2), line = buf_with_max(0);
    bool ok = true;
    for (size_t i = config->header_count; ok && i-- > 0;) {
        const struct http_header *header = &config->headers[i];
        if (exchange->headers_are_dropped && header->is_private) continue;
        if (exchange->body_is_dropped && str_equal_nocase(header->name, STR("Content-Type")))
            continue;
        buf_reset(&value);
        ok = variables_expand(header->value, VARIABLES_TEXT, context, &value, err);
        if (ok && !is_safe_header(buf_str(&value)))
            ok = err_set(err, ERR_INVALID, "its value holds a line break or a NUL");
        if (!ok) {
            (void)err_wrap(err, "jobConfiguration.headers.%.*s",
                           STR_ARG(str_slice(header->name, 0, 60)));
            break;
        }
        buf_reset(&line);
        http_header_put(&line, header->name, buf_str(&value));
        struct curl_slist *node = ARENA_NEW(&exchange->arena, struct curl_slist);
        node->data = (char *)(uintptr_t)arena_copy(&exchange->arena, buf_str(&line)).ptr;
        node->next = list;
        list = node;
    }
    buf_free(&value);
    buf_free(&line);
    if (ok) *ret = list;
    return ok;
}

/* --- signature --- */

static bool sign(struct http_exchange *exchange, const struct variables_context *context,
                 struct utc now, struct err *err) {
    struct buf secret = buf_with_max(MAX_SECRET_BYTES * 2);
    if (!variables_expand(exchange->config->signing_secret, VARIABLES_TEXT, context, &secret,
                          err)) {
        buf_free(&secret);
        return err_wrap(err, "jobConfiguration.signingSecret");
    }
    redactor_add(&exchange->redactor, buf_str(&secret));
    char text[SIGNATURE_ROOM];
    signature_write(buf_str(&secret), now, exchange->body_is_dropped ? STR_NONE : exchange->body,
                    text);
    size_t at = own_names[OWN_SIGNATURE].len;
    (void)snprintf(exchange->own_text[OWN_SIGNATURE] + at, OWN_HEADER_ROOM - at, "%s", text);
    sodium_memzero(secret.ptr, secret.cap);
    buf_free(&secret);
    return true;
}

/* --- headers of our own --- */

/* Once a handle: the names stay, only what follows them is rewritten. */
static void link_own_headers(struct http_exchange *exchange) {
    if (exchange->own[0].data) return;
    for (size_t i = 0; i < OWN_HEADERS; i++) {
        memcpy(exchange->own_text[i], own_names[i].ptr, own_names[i].len);
        exchange->own[i].data = exchange->own_text[i];
        if (i + 1 < OWN_HEADERS) exchange->own[i].next = &exchange->own[i + 1];
    }
}

static char *own_value(struct http_exchange *exchange, enum own_header which, size_t *room) {
    *room = OWN_HEADER_ROOM - own_names[which].len;
    return exchange->own_text[which] + own_names[which].len;
}

static void write_traceparent(struct http_exchange *exchange) {
    const struct execution *execution = exchange->run->execution;
    uint64_t span =
        hash_bytes(execution->id.bytes, sizeof execution->id.bytes, (uint64_t)execution->fence);
    size_t room;
    char *out = own_value(exchange, OWN_TRACEPARENT, &room);
    char trace[2 * sizeof execution->id.bytes + 1];
    sodium_bin2hex(trace, sizeof trace, execution->id.bytes, sizeof execution->id.bytes);
    (void)snprintf(out, room, "00-%s-%016" PRIx64 "-01", trace, span ? span : 1);
}

static void write_own_headers(struct http_exchange *exchange) {
    const struct execution *execution = exchange->run->execution;
    size_t room;
    link_own_headers(exchange);
    guid_format(execution->id, own_value(exchange, OWN_EXECUTION_ID, &room));
    guid_format(execution->job_id, own_value(exchange, OWN_JOB_ID, &room));
    char *out = own_value(exchange, OWN_ATTEMPT, &room);
    (void)snprintf(out, room, "%" PRId64, execution->retry_count + 1);
    out = own_value(exchange, OWN_FENCE, &room);
    (void)snprintf(out, room, "%" PRId64, execution->fence);
    write_traceparent(exchange);
    out = own_value(exchange, OWN_IDEMPOTENCY_KEY, &room);
    guid_format(execution->job_id, out);
    if (guid_is_zero(execution->workflow_run_id)) {
        (void)snprintf(out + GUID_LENGTH, room - GUID_LENGTH, "-%" PRId64,
                       execution->scheduled_for.us);
        return;
    }
    /* Two workflows, or a workflow and the job itself, may be due at the same instant. */
    out[GUID_LENGTH] = '-';
    guid_format(execution->workflow_run_id, out + GUID_LENGTH + 1);
}

/* --- together --- */

static struct variables_context context_of(struct http_exchange *exchange,
                                           const struct http_call_options *options,
                                           const json_t *parameters) {
    return (struct variables_context){.execution = exchange->run->execution,
                                      .job = exchange->run->job,
                                      .now = exchange->run->now,
                                      .machine_name = options->machine_name,
                                      .secrets = options->secrets,
                                      .parameters = parameters,
                                      .defaults = exchange->config->parameters,
                                      .redactor = &exchange->redactor};
}

/* The run's own parameters; NULL when it has none or they are no JSON object. */
static json_t *read_parameters(const struct run *run) {
    struct str text = run->execution->parameters;
    return text.len > 0 ? json_read(text, NULL) : NULL;
}

bool http_request_prepare(struct http_exchange *exchange, const struct http_call_options *options,
                          struct err *err) {
    const struct http_config *config = exchange->config;
    exchange->body = config->body;
    if (!config->url_has_variables && !config->body_has_variables) return true;
    json_t *parameters = read_parameters(exchange->run);
    struct variables_context context = context_of(exchange, options, parameters);
    bool ok =
        (!config->url_has_variables || prepare_url(exchange, &context, options->guard, err)) &&
        prepare_body(exchange, &context, err);
    json_decref(parameters);
    return ok;
}

/* The list for libcurl: ours, the signature when there is one, then the configured ones. */
static bool set_headers(struct http_exchange *exchange, const struct http_call_options *options,
                        struct err *err) {
    const struct http_config *config = exchange->config;
    struct curl_slist *configured = config->fixed_headers;
    bool is_signed = !str_is_absent(config->signing_secret);
    bool differ = config->headers_have_variables || exchange->headers_are_dropped ||
                  exchange->body_is_dropped;
    write_own_headers(exchange);
    if (differ || is_signed) {
        json_t *parameters = read_parameters(exchange->run);
        struct variables_context context = context_of(exchange, options, parameters);
        bool ok = (!differ || make_headers(exchange, &context, &configured, err)) &&
                  (!is_signed || sign(exchange, &context, clock_now(options->clock), err));
        json_decref(parameters);
        if (!ok) return false;
    }
    enum own_header last = is_signed ? OWN_SIGNATURE : OWN_IDEMPOTENCY_KEY;
    exchange->own[OWN_IDEMPOTENCY_KEY].next = &exchange->own[OWN_SIGNATURE];
    exchange->own[last].next = configured;
    return true;
}

static void set_method(struct http_exchange *exchange) {
    const struct http_config *config = exchange->config;
    CURL *easy = exchange->easy;
    struct str method = exchange->body_is_dropped ? STR("GET") : config->method;
    bool has_body = (config->has_body && !exchange->body_is_dropped) ||
                    str_equal(method, STR("POST")) || str_equal(method, STR("PUT")) ||
                    str_equal(method, STR("PATCH"));
    curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L); // also undoes the three others
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, NULL);
    if (str_equal(method, STR("HEAD"))) {
        curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
        return;
    }
    if (has_body) {
        struct str body = exchange->body;
        curl_easy_setopt(easy, CURLOPT_POST, 1L);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.len);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body.len > 0 ? body.ptr : "");
    }
    if (!str_equal(method, has_body ? STR("POST") : STR("GET")))
        curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method.ptr);
}

bool http_request_set(struct http_exchange *exchange, const struct http_call_options *options,
                      struct err *err) {
    const struct http_config *config = exchange->config;
    if (!set_headers(exchange, options, err)) return false;
    /* The first node never moves, so the handle holds the right list since it was made. */
    bool as_configured =
        !exchange->has_own_target && !config->body_has_variables && exchange->redirects == 0;
    if (as_configured && exchange->set_up_for == config->number) return true;
    exchange->set_up_for = as_configured ? config->number : 0;
    curl_easy_setopt(exchange->easy, CURLOPT_HTTPHEADER, exchange->own);
    curl_easy_setopt(exchange->easy, CURLOPT_URL, exchange_target(exchange)->url);
    curl_easy_setopt(exchange->easy, CURLOPT_TIMEOUT_MS, 0L);
    set_method(exchange);
    return true;
}
