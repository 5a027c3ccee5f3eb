/* http_exchange.h - one HttpCall in flight: its easy handle, request, and what came back so far.
 * Internal to the HttpCall job type: http_call.c moves it, http_request.c fills the request,
 * http_result.c judges the outcome.
 *
 *   idle --start--> waiting --gate--> running --done--> (a redirect: waiting again) --> idle
 *                      \________________/ \-- stop --> stopped --settle--> idle
 *
 *   Owns:    everything below but run, owner, and texts said to be the config's.
 *   Threads: the loop's.
 */
#ifndef ALPHABET_HANDLERS_HTTP_EXCHANGE_H
#define ALPHABET_HANDLERS_HTTP_EXCHANGE_H

#include "base/list.h"
#include "handlers/capture.h"
#include "handlers/handler.h"
#include "handlers/http_call.h"
#include "handlers/http_config.h"
#include "handlers/redactor.h"
#include "handlers/resolve_gate.h"

#include <curl/curl.h>

struct http_call; // the handler

enum exchange_state { EXCHANGE_IDLE, EXCHANGE_WAITING, EXCHANGE_RUNNING, EXCHANGE_STOPPED };

/* Why we ended a transfer ourselves. */
enum exchange_cut { CUT_NONE, CUT_BODY_TOO_LONG, CUT_HEADERS_TOO_LONG };

/* The headers that differ from call to call. */
enum own_header {
    OWN_EXECUTION_ID,
    OWN_JOB_ID,
    OWN_ATTEMPT,
    OWN_FENCE,
    OWN_TRACEPARENT,
    OWN_IDEMPOTENCY_KEY,
    OWN_SIGNATURE, // last: left out when the call is not signed
    OWN_HEADERS,
};
enum { OWN_HEADER_ROOM = 160 };

struct http_exchange {
    struct http_exchange *next; // in the pool, or among the stopped
    struct http_call *owner;
    CURL *easy;
    uint64_t set_up_for; // number of the config the handle is set up for, 0 = none
    struct curl_slist own[OWN_HEADERS];
    char own_text[OWN_HEADERS][OWN_HEADER_ROOM];
    char error[CURL_ERROR_SIZE];

    /* from here on: of the run */
    enum exchange_state state;
    bool is_in_multi;
    struct run *run;
    struct http_config *config;
    struct gate_pass pass;
    struct arena arena;   // expanded headers, error texts
    struct target target; // of this hop, when it is not the config's
    bool has_own_target;
    bool body_is_dropped;     // after a redirect that turned the call into a GET
    bool headers_are_dropped; // the private ones: a redirect left the origin
    struct str body;          // what is sent: the config's text, or expanded
    struct buf expanded_body;
    struct redactor redactor;
    int64_t redirects;
    uint64_t began, deadline; // milliseconds of the loop's clock; 0 = none

    struct capture capture;
    size_t header_bytes;
    int64_t body_bytes;
    enum exchange_cut cut;
    bool saw_blocked, opened_socket;
};

static inline const struct target *exchange_target(const struct http_exchange *exchange) {
    return exchange->has_own_target ? &exchange->target : &exchange->config->target;
}

/* http_request.c */
/* Replaces variables; before the first hop. ERR_INVALID or ERR_LIMIT: Failed/Configuration. */
WARN_UNUSED bool http_request_prepare(struct http_exchange *exchange,
                                      const struct http_call_options *options, struct err *err);
/* Sets the easy handle up for the next hop. */
WARN_UNUSED bool http_request_set(struct http_exchange *exchange,
                                  const struct http_call_options *options, struct err *err);

/* http_result.c */
/* The result of a transfer that ended by itself; texts live in the exchange. */
struct run_result http_result_of(struct http_exchange *exchange, CURLcode code,
                                 const struct http_call_options *options);
/* After it was stopped, so long after its start. */
struct run_result http_result_stopped(struct http_exchange *exchange, uint64_t after_ms);
struct run_result http_result_failed(struct http_exchange *exchange, enum error_type type,
                                     struct str message);
/* Does this answer send us elsewhere, and do we go? */
bool http_result_is_redirect(const struct http_config *config, int64_t status);

#endif
