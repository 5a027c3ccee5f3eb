/* exchange.c - the life of one request; see exchange.h for its states.
 *
 * libmicrohttpd 0.9.75 closes the connection behind an answer that is given before the body was
 * asked for, so answers wait for the second call of its access handler, except where closing is
 * what we want. Nothing on the way of a quick GET allocates but the answer's body and what
 * libmicrohttpd itself takes: the exchange and its arena stay with the connection.
 */
#include "http/exchange.h"

#include "http/check.h"
#include "http/connection.h"
#include "http/problem.h"
#include "http/send.h"

#include <string.h>

/* A body of an answered error that is read and thrown away to keep the connection. Bodies beyond
 * the usual limit, which single routes take, are held in memory at the same time by so many
 * requests. */
enum { MAX_DISCARD = 64 * 1024, KEPT_BODY_BUFFER = 64 * 1024, LARGE_BODIES_AT_ONCE = 2 };

struct exchange *exchange_of_request(struct http_request *request) {
    return (struct exchange *)(void *)((char *)request - offsetof(struct exchange, request));
}

static struct http_server *server_of(const struct exchange *exchange) {
    return exchange->connection->server;
}

void *exchange_on_uri(void *context, const char *uri, struct MHD_Connection *mhd) {
    struct http_server *server = context;
    struct connection *connection =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
    struct exchange *exchange = &connection->exchange;
    exchange->mhd = mhd;
    exchange->connection = connection;
    exchange->state = EXCHANGE_NEW;
    exchange->sent_status = 0;
    exchange->is_large = false;
    exchange->started = clock_mono(server->clock);
    exchange->match.route = NULL;
    exchange->response = (struct http_response){.arena = &exchange->arena};
    struct http_request *request = &exchange->request;
    request->arena = &exchange->arena;
    request->route = NULL;
    request->path = STR("");
    request->query_text = request->body = STR_NONE;
    request->id = request->trace_id = request->client = STR_NONE;
    request->query.count = 0;
    request->header_count = 0;
    request->user = NULL;
    request->json = NULL;
    /* libmicrohttpd takes the text apart in place. */
    struct str sent = str_from_cstr(uri);
    exchange->uri_end = sent.ptr + sent.len;
    exchange->uri = sent.len > MAX_URI ? STR_NONE : arena_copy(&exchange->arena, sent);
    connection_set_deadline(connection, exchange->started, server->header_timeout, 0);
    return exchange;
}

/* --- The head --- */

struct collector {
    struct exchange *exchange;
    const char *line_end; // of the line before
    size_t bytes;
    bool too_many;
    bool strange; // what was sent is not what was understood: see collect_headers
    bool strict;
};

static enum MHD_Result collect(void *context, enum MHD_ValueKind kind, const char *name,
                               size_t name_length, const char *value, size_t value_length) {
    struct collector *collector = context;
    struct http_request *request = &collector->exchange->request;
    (void)kind;
    collector->bytes += name_length + value_length + 4;
    if (request->header_count == MAX_HEADERS) {
        collector->too_many = true;
        return MHD_NO;
    }
    if (value == NULL) value = "";
    if (collector->strict && name != collector->line_end + 2) collector->strange = true;
    collector->line_end = value + value_length;
    request->headers[request->header_count++] =
        (struct http_header){{name, name_length}, str_trim((struct str){value, value_length})};
    return MHD_YES;
}

static bool host_is_ours(const struct http_server *server, const struct http_request *request) {
    if (server->hosts == NULL) return true;
    struct str name = host_name(request_header(request, STR("Host")));
    for (char **host = server->hosts; *host; host++)
        if (str_equal_nocase(str_from_cstr(*host), name)) return true;
    return false;
}

static void identify(struct exchange *exchange) {
    struct http_request *request = &exchange->request;
    struct http_server *server = server_of(exchange);
    struct str sent_id = STR_NONE, forwarded_proto = STR_NONE, trace = STR_NONE;
    for (size_t i = 0; i < request->header_count; i++) {
        struct str name = request->headers[i].name;
        if (name.len == 12 && str_equal_nocase(name, STR("X-Request-Id")))
            sent_id = request->headers[i].value;
        if (name.len == 11 && str_equal_nocase(name, STR("traceparent")))
            trace = request->headers[i].value;
        if (name.len == 17 && str_equal_nocase(name, STR("X-Forwarded-Proto")))
            forwarded_proto = request->headers[i].value;
    }
    request->received_at = clock_now(server->clock);
    if (is_request_id(sent_id)) {
        request->id = arena_copy(&exchange->arena, sent_id);
    } else {
        char *id = arena_alloc(&exchange->arena, GUID_LENGTH + 1);
        guid_format(guid_new(request->received_at), id);
        request->id = (struct str){id, GUID_LENGTH};
    }
    request->trace_id = trace_id_of(trace);
    if (str_is_absent(request->trace_id)) request->trace_id = request->id;
    struct str peer = str_from_cstr(exchange->connection->address);
    request->client = address_behind(server->proxies, peer, request);
    request->secure = server->tls || (address_listed(server->proxies, peer) &&
                                      str_equal_nocase(forwarded_proto, STR("https")));
}

/* Takes the headers over; notes what libmicrohttpd understood otherwise than it was sent.
 *
 * It leaves the lines where they came in and overwrites CR and LF by NULs. A name that does not
 * stand two bytes behind the line before tells what it hides from us: a bare LF, a NUL, a folded
 * line. A head that is not four bytes longer than its last line was ended by something else than an
 * empty line, such as a line that begins with a colon. */
static struct collector collect_headers(struct exchange *exchange, const char *method,
                                        const char *version) {
    struct collector collector = {.exchange = exchange, .line_end = version + strlen(version)};
    const union MHD_ConnectionInfo *head =
        MHD_get_connection_info(exchange->mhd, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    collector.strict = server_of(exchange)->strict_layout;
    collector.strange = collector.strict && version != exchange->uri_end + 1;
    (void)MHD_get_connection_values_n(exchange->mhd, MHD_HEADER_KIND, collect, &collector);
    if (collector.strict && !collector.too_many && head &&
        collector.line_end + 4 != method + head->header_size)
        collector.strange = true;
    return collector;
}

/* False when it has answered. */
static bool read_head(struct exchange *exchange, const char *method, const char *version,
                      struct head *head) {
    struct http_request *request = &exchange->request;
    struct http_response *response = &exchange->response;
    struct collector collector = collect_headers(exchange, method, version);
    identify(exchange);
    response->close = true; // whatever follows from here on is no longer to be trusted
    if (str_is_absent(exchange->uri)) {
        respond_problem(request, response, 414, "the target is longer than %d bytes", MAX_URI);
        return false;
    }
    if (collector.too_many || collector.bytes > MAX_HEADER_BYTES) {
        respond_problem(request, response, 431, "at most %d headers of together %d bytes are taken",
                        MAX_HEADERS, MAX_HEADER_BYTES);
        return false;
    }
    *head = check_head(request, str_from_cstr(version), exchange->uri);
    if (head->status == 0 && collector.strange)
        *head = (struct head){
            .status = 400,
            .why = "the head is malformed: a line without CR LF, a NUL, or a nameless header"};
    if (head->status) {
        respond_problem(request, response, head->status, "%s", head->why);
        return false;
    }
    response->close = false;
    return true;
}

/* --- From the head to the handler --- */

static bool pass_rate(struct exchange *exchange) {
    struct http_server *server = server_of(exchange);
    if (server->rate == NULL) return true;
    unsigned wait = rate_take(server->rate, exchange->request.client, exchange->started);
    if (wait == 0) return true;
    response_header_i64(&exchange->response, "Retry-After", wait);
    respond_problem(&exchange->request, &exchange->response, 429,
                    "too many requests from this address; try again in %u s", wait);
    return false;
}

/* Finds the route; false when it has answered. */
static bool route(struct exchange *exchange) {
    struct http_request *request = &exchange->request;
    struct http_response *response = &exchange->response;
    const struct http_server *server = server_of(exchange);
    unsigned every = (1U << HTTP_METHODS) - 1;
    bool any_path = request->method == HTTP_OTHER || str_equal(request->path, STR("*"));
    enum http_match_result result = http_router_match(
        server->router, request->method, request->path, &exchange->arena, &exchange->match);
    if (result != HTTP_MATCHED && any_path) {
        if (result != HTTP_NO_SUCH_METHOD) exchange->match.allowed = every;
        result = HTTP_NO_SUCH_METHOD;
    }
    if (request->method == HTTP_OPTIONS && result == HTTP_NO_SUCH_METHOD) {
        cors_preflight(server->cors, request, exchange->match.allowed, response);
        return false;
    }
    switch (result) {
    case HTTP_MATCHED:
        request->route = exchange->match.route;
        memcpy(request->params, exchange->match.params, sizeof request->params);
        return true;
    case HTTP_NO_SUCH_METHOD:
        response_header(response, "Allow",
                        http_allow_value(exchange->match.allowed, &exchange->arena));
        respond_problem(request, response, 405, "this path does not know the method");
        return false;
    case HTTP_BAD_PATH:
        respond_problem(request, response, 400, "the path is not percent-encoded UTF-8");
        return false;
    case HTTP_NO_SUCH_PATH: break;
    }
    respond_problem(request, response, 404, "there is nothing at this path");
    return false;
}

static bool take_query(struct exchange *exchange) {
    struct http_request *request = &exchange->request;
    if (request->query_text.len == 0) return true;
    struct faults faults;
    faults.arena = &exchange->arena;
    faults.count = faults.more = 0;
    query_parse(request->query_text, &exchange->arena, &request->query, &faults);
    if (faults_none(&faults)) return true;
    respond_faults(request, &exchange->response, &faults);
    return false;
}

/* May a body beyond the usual limit come now? What comes in chunks may become one. */
static bool take_large_place(struct exchange *exchange, const struct head *head) {
    struct http_server *server = server_of(exchange);
    bool may_be_large =
        exchange->max_body > server->max_body && (head->chunked || head->length > server->max_body);
    if (!may_be_large) return true;
    exchange->is_large = true;
    return atomic_fetch_add(&server->large_bodies, 1) < LARGE_BODIES_AT_ONCE;
}

static void leave_large_place(struct exchange *exchange) {
    if (exchange->is_large) atomic_fetch_sub(&server_of(exchange)->large_bodies, 1);
    exchange->is_large = false;
}

/* Is a body of this kind and size taken here? */
static bool accept_body(struct exchange *exchange, const struct head *head) {
    struct http_request *request = &exchange->request;
    struct http_response *response = &exchange->response;
    unsigned flags = request->route->flags;
    exchange->max_body =
        request->route->max_body ? request->route->max_body : server_of(exchange)->max_body;
    struct str encoding = request_header(request, STR("Content-Encoding"));
    bool takes_none = (flags & HTTP_NO_BODY) || request->route->method == HTTP_GET;
    if (!head->has_body) return true;
    if (head->length > exchange->max_body) {
        response->close = true;
        respond_problem(request, response, 413, "a body of at most %zu bytes is taken here",
                        exchange->max_body);
    } else if (takes_none) {
        respond_problem(request, response, 400, "no body is taken here");
    } else if (encoding.len && !str_equal_nocase(encoding, STR("identity"))) {
        respond_problem(request, response, 415, "encoded bodies are not taken");
    } else if (!(flags & HTTP_ANY_BODY) &&
               !is_json_type(request_header(request, STR("Content-Type")))) {
        respond_problem(request, response, 415, "the body must be application/json in UTF-8");
    } else if (!take_large_place(exchange, head)) {
        response->close = true;
        respond_problem(request, response, 503, "other large bodies are being taken; try again");
    } else {
        return true;
    }
    return false;
}

static void respond_stopping(struct exchange *exchange) {
    exchange->response.close = true;
    respond_problem(&exchange->request, &exchange->response, 503, "the server is stopping");
}

static bool begin(struct exchange *exchange, const char *method, const char *version,
                  struct head *head) {
    struct http_request *request = &exchange->request;
    struct http_response *response = &exchange->response;
    struct http_server *server = server_of(exchange);
    request->method = http_method_of(str_from_cstr(method));
    if (!read_head(exchange, method, version, head)) return false;
    if (atomic_load(&server->stopping)) {
        respond_stopping(exchange);
        return false;
    }
    if (!pass_rate(exchange)) return false;
    if (!host_is_ours(server, request)) {
        respond_problem(request, response, 421, "this server does not answer for that host");
        return false;
    }
    if (!route(exchange)) return false;
    if (server->before && !server->before(request, response, server->context)) return false;
    return take_query(exchange) && accept_body(exchange, head);
}

static void finish(struct exchange *exchange) {
    struct http_response *response = &exchange->response;
    if (response->status == 0)
        respond_problem(&exchange->request, response, 500, "the request was not answered");
    cors_apply(server_of(exchange)->cors, &exchange->request, response);
}

static void run_handler(struct exchange *exchange) {
    exchange->match.route->handle(&exchange->request, &exchange->response, exchange->match.context);
    finish(exchange);
}

void exchange_work(struct list *work) {
    struct exchange *exchange = LIST_ENTRY(work, struct exchange, work);
    run_handler(exchange);
    MHD_resume_connection(exchange->mhd);
}

/* --- The calls of libmicrohttpd --- */

static enum MHD_Result on_head(struct exchange *exchange, const char *method, const char *version) {
    struct head head = {0};
    struct http_server *server = server_of(exchange);
    /* Before the look at `stopping`: http_server_stop sets that, then waits for this to be 0. */
    atomic_fetch_add(&server->active, 1);
    if (begin(exchange, method, version, &head)) {
        exchange->state = EXCHANGE_BODY;
        if (head.has_body) {
            connection_set_deadline(exchange->connection, exchange->started,
                                    server->request_timeout, 0);
            if (!head.chunked) buf_reserve(&exchange->body, (size_t)head.length);
        }
        return MHD_YES;
    }
    finish(exchange);
    bool long_body = head.chunked || head.length > MAX_DISCARD || head.has_expect;
    if (!exchange->response.close && !(head.has_body && long_body)) {
        exchange->state = EXCHANGE_DISCARD;
        return MHD_YES;
    }
    exchange->response.close = true;
    return send_response(exchange);
}

static enum MHD_Result on_data(struct exchange *exchange, const char *data, size_t *size) {
    struct str piece = {data, *size};
    *size = 0;
    if (exchange->state != EXCHANGE_BODY) return MHD_YES;
    if (piece.len <= exchange->max_body - exchange->body.len) {
        buf_put(&exchange->body, piece);
        connection_set_deadline(exchange->connection, exchange->started,
                                server_of(exchange)->request_timeout, exchange->body.len);
        return MHD_YES;
    }
    respond_problem(&exchange->request, &exchange->response, 413,
                    "a body of at most %zu bytes is taken here", exchange->max_body);
    finish(exchange);
    send_raw(exchange);
    return MHD_NO;
}

static enum MHD_Result on_complete(struct exchange *exchange) {
    exchange->request.body = buf_str(&exchange->body);
    if (!(exchange->match.route->flags & HTTP_MAY_BLOCK)) {
        run_handler(exchange);
        return send_response(exchange);
    }
    exchange->state = EXCHANGE_WAITING;
    atomic_store(&exchange->connection->deadline_us, NO_DEADLINE);
    MHD_suspend_connection(exchange->mhd);
    enum work_kind kind = exchange->match.route->flags & HTTP_COMPUTES ? WORK_COMPUTES : WORK_WAITS;
    switch (workers_post(server_of(exchange)->workers, &exchange->work, kind)) {
    case WORKERS_TOOK_IT: return MHD_YES; // and may be gone by now
    case WORKERS_FULL:
        respond_problem(&exchange->request, &exchange->response, 503,
                        "too many such requests are waiting; try again later");
        break;
    case WORKERS_STOPPED: respond_stopping(exchange); break;
    }
    finish(exchange);
    MHD_resume_connection(exchange->mhd);
    return MHD_YES;
}

enum MHD_Result exchange_on_access(void *context, struct MHD_Connection *mhd, const char *url,
                                   const char *method, const char *version, const char *data,
                                   size_t *size, void **request_context) {
    (void)context;
    (void)mhd;
    (void)url;
    struct exchange *exchange = *request_context;
    switch (exchange->state) {
    case EXCHANGE_NEW: return on_head(exchange, method, version);
    case EXCHANGE_BODY:
        if (*size > 0) return on_data(exchange, data, size);
        return on_complete(exchange);
    case EXCHANGE_DISCARD:
        if (*size > 0) return on_data(exchange, data, size);
        return send_response(exchange);
    case EXCHANGE_WAITING: return send_response(exchange);
    case EXCHANGE_ANSWERED: break;
    }
    return MHD_NO;
}

void exchange_on_completed(void *context, struct MHD_Connection *mhd, void **request_context,
                           enum MHD_RequestTerminationCode code) {
    struct http_server *server = context;
    struct exchange *exchange = *request_context;
    (void)mhd;
    (void)code;
    if (exchange == NULL) return;
    struct mono now = clock_mono(server->clock);
    if (exchange->state != EXCHANGE_NEW) {
        if (server->done) {
            const struct http_done done = {
                .route = exchange->match.route,
                .route_index = exchange->match.route ? exchange->match.index : SIZE_MAX,
                .method = exchange->request.method,
                .status = exchange->sent_status,
                .duration = mono_diff(now, exchange->started),
                .path = exchange->request.path,
                .client = exchange->request.client,
                .request_id = exchange->request.id,
            };
            server->done(&done, server->context);
        }
        atomic_fetch_sub_explicit(&server->active, 1, memory_order_release);
    }
    leave_large_place(exchange);
    if (exchange->request.json) json_decref(exchange->request.json);
    exchange->request.json = NULL;
    response_clear(&exchange->response);
    buf_reset(&exchange->body);
    if (exchange->body.cap > KEPT_BODY_BUFFER) buf_free(&exchange->body);
    arena_reset(&exchange->arena);
    exchange->state = EXCHANGE_NEW;
    connection_set_deadline(exchange->connection, now, server->request_timeout, 0);
    *request_context = NULL;
}
