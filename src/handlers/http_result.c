/* http_result.c - from what came back to a run's result: see http_exchange.h.
 *
 * A message names host and port, the status, or libcurl's own reason; never the URL, whose query
 * may hold what nobody should see. All of it passes the mask. */
#include "handlers/http_exchange.h"

#include "base/bounds.h"
#include "handlers/result_json.h"

#include <inttypes.h>
#include <string.h>

/* The usual reason phrases; what the server wrote there is not trusted. */
static const struct {
    int64_t status;
    const char *phrase;
} phrases[] = {
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {413, "Content Too Large"},
    {415, "Unsupported Media Type"},
    {422, "Unprocessable Content"},
    {429, "Too Many Requests"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
};

static const char *phrase_of(int64_t status) {
    for (size_t i = 0; i < COUNT_OF(phrases); i++)
        if (phrases[i].status == status) return phrases[i].phrase;
    return "";
}

bool http_result_is_redirect(const struct http_config *config, int64_t status) {
    return config->follow_redirects &&
           (status == 301 || status == 302 || status == 303 || status == 307 || status == 308);
}

static void put_into_capture(void *context, struct str s) {
    capture_add(context, s);
}

/* Is it said to be JSON: application/json, or any type that ends in +json? */
static bool is_json(const struct http_exchange *exchange) {
    char *value = NULL;
    if (curl_easy_getinfo(exchange->easy, CURLINFO_CONTENT_TYPE, &value) != CURLE_OK) return false;
    struct str type = str_from_cstr(value);
    type = str_trim(str_cut(&type, ';'));
    size_t suffix = type.len < 5 ? 0 : type.len - 5;
    return str_equal_nocase(type, STR("application/json")) ||
           str_equal_nocase(str_slice(type, suffix, 5), STR("+json"));
}

/* Fills in the output, and error texts cleaned of secrets. */
static struct run_result complete(struct http_exchange *exchange, struct run_result result) {
    redactor_end(&exchange->redactor, put_into_capture, &exchange->capture);
    if (exchange->capture.total > 0) {
        result.output = capture_finish(&exchange->capture);
        result.output_truncated = exchange->capture.is_truncated;
    }
    if (result.status == EXECUTION_SUCCEEDED && !result.output_truncated && is_json(exchange))
        result.result = result_json(result.output, &exchange->arena);
    if (!str_is_absent(result.error_message)) {
        struct buf clean = buf_with_max(0), text = buf_with_max(0);
        redactor_text(&exchange->redactor, result.error_message, &clean);
        buf_put_utf8(&text, str_slice(buf_str(&clean), 0, MAX_ERROR_MESSAGE - 3));
        result.error_message = arena_copy(&exchange->arena, buf_str(&text));
        buf_free(&clean);
        buf_free(&text);
    }
    return result;
}

struct run_result http_result_failed(struct http_exchange *exchange, enum error_type type,
                                     struct str message) {
    return complete(exchange, (struct run_result){.status = EXECUTION_FAILED,
                                                  .error_type = type,
                                                  .error_message = message,
                                                  .never_retry = type == ERROR_CONFIGURATION});
}

struct run_result http_result_stopped(struct http_exchange *exchange, uint64_t after_ms) {
    int64_t type = exchange->run->stop_reason == STOP_TIMEOUT    ? ERROR_TIMEOUT
                   : exchange->run->stop_reason == STOP_SHUTDOWN ? ERROR_SHUTDOWN
                                                                 : 0;
    struct str message =
        arena_printf(&exchange->arena, "request aborted after %.1f s: %s", (double)after_ms / 1000,
                     exchange->opened_socket || exchange->is_in_multi
                         ? "its connection was closed before the answer was complete"
                         : "it had not been sent");
    return complete(exchange, (struct run_result){.status = EXECUTION_FAILED,
                                                  .error_type = type,
                                                  .error_message = message});
}

/* --- an answer --- */

static struct run_result judge_answer(struct http_exchange *exchange, int64_t status,
                                      struct utc now) {
    const struct http_config *config = exchange->config;
    if (http_config_is_success(config, status))
        return (struct run_result){.status = EXECUTION_SUCCEEDED, .http_status = status};
    struct run_result result = {.status = EXECUTION_FAILED,
                                .error_type = ERROR_HTTP_STATUS,
                                .http_status = status,
                                .never_retry = !http_config_may_retry(config, status)};
    result.error_message = arena_printf(&exchange->arena, "the target answered %" PRId64 " %s",
                                        status, phrase_of(status));
    result.error_message = str_trim(result.error_message);
    curl_off_t retry_after = 0;
    if (status == 429 || status == 503)
        (void)curl_easy_getinfo(exchange->easy, CURLINFO_RETRY_AFTER, &retry_after);
    if (retry_after > 0) {
        if (retry_after > MAX_RETRY_DELAY_SECONDS) retry_after = MAX_RETRY_DELAY_SECONDS;
        result.retry_not_before = utc_add(now, span_seconds(retry_after));
    }
    return result;
}

/* --- no answer --- */

static bool is_tls_error(CURLcode code) {
    switch (code) {
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_SSL_ENGINE_NOTFOUND:
    case CURLE_SSL_ENGINE_SETFAILED: return true;
    default: return false;
    }
}

/* libcurl's words for this transfer, or its general ones. */
static const char *reason_of(const struct http_exchange *exchange, CURLcode code) {
    return exchange->error[0] ? exchange->error : curl_easy_strerror(code);
}

static struct str describe(struct http_exchange *exchange, CURLcode code) {
    const struct target *target = exchange_target(exchange);
    struct arena *arena = &exchange->arena;
    const char *reason = reason_of(exchange, code);
    if (is_tls_error(code))
        return arena_printf(arena, "no secure connection to %s:%d: %s", target->host, target->port,
                            reason);
    switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
        return arena_printf(arena, "the name %s could not be resolved", target->host);
    case CURLE_COULDNT_CONNECT:
        return arena_printf(arena, "no connection to %s:%d: %s", target->host, target->port,
                            reason);
    case CURLE_GOT_NOTHING:
        return arena_printf(arena, "%s:%d closed the connection without an answer", target->host,
                            target->port);
    case CURLE_PARTIAL_FILE:
    case CURLE_RECV_ERROR:
        return arena_printf(arena, "the answer of %s:%d ended before it was complete: %s",
                            target->host, target->port, reason);
    default:
        return arena_printf(arena, "the call to %s:%d failed: %s", target->host, target->port,
                            reason);
    }
}

static struct run_result judge_cut(struct http_exchange *exchange, int64_t longest) {
    struct str message =
        exchange->cut == CUT_HEADERS_TOO_LONG
            ? arena_printf(&exchange->arena,
                           "the answer has more than %d bytes of headers; the call was aborted",
                           MAX_RESPONSE_HEADER_BYTES)
            : arena_printf(&exchange->arena,
                           "the answer is longer than %" PRId64 " bytes; the call was aborted",
                           longest);
    return (struct run_result){
        .status = EXECUTION_FAILED, .error_type = ERROR_CONNECTION, .error_message = message};
}

static struct run_result judge_failure(struct http_exchange *exchange, CURLcode code,
                                       int64_t longest) {
    if (exchange->cut != CUT_NONE) return judge_cut(exchange, longest);
    struct run_result result = {.status = EXECUTION_FAILED, .error_type = ERROR_CONNECTION};
    if (exchange->saw_blocked && !exchange->opened_socket) {
        /* Nothing was tried, so nothing is told about what listens there. */
        result.never_retry = true;
        result.error_message = arena_printf(
            &exchange->arena,
            "%s leads to a private or reserved address, which Scheduler:Http:AllowPrivateNetworks "
            "and AllowedHosts do not permit",
            exchange_target(exchange)->host);
    } else if (code == CURLE_OPERATION_TIMEDOUT) {
        curl_off_t connected = 0, took = 0;
        (void)curl_easy_getinfo(exchange->easy, CURLINFO_PRETRANSFER_TIME_T, &connected);
        (void)curl_easy_getinfo(exchange->easy, CURLINFO_TOTAL_TIME_T, &took);
        int64_t limit = exchange->config->timeout_seconds;
        bool ours = limit > 0 && (connected > 0 || took + 50000 >= limit * 1000000);
        if (ours || connected > 0) {
            result.error_type = ERROR_TIMEOUT;
            result.error_message = arena_printf(
                &exchange->arena, "no complete answer within the %" PRId64 " s of timeoutSeconds",
                limit);
        } else {
            result.error_message =
                arena_printf(&exchange->arena, "no connection to %s:%d in time",
                             exchange_target(exchange)->host, exchange_target(exchange)->port);
        }
    } else {
        result.error_message = describe(exchange, code);
    }
    return result;
}

struct run_result http_result_of(struct http_exchange *exchange, CURLcode code,
                                 const struct http_call_options *options) {
    if (code != CURLE_OK)
        return complete(exchange, judge_failure(exchange, code, options->max_response_bytes));
    long status = 0;
    (void)curl_easy_getinfo(exchange->easy, CURLINFO_RESPONSE_CODE, &status);
    return complete(exchange, judge_answer(exchange, status, clock_now(options->clock)));
}
