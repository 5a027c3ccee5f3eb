/* A real server: what a well-behaved client sees. */
#include "tests/unit/http/harness.h"

static void echo(struct http_request *request, struct http_response *response, void *context) {
    (void)context;
    struct json_writer w = respond_json_begin(response, 200);
    json_object_begin(&w);
    json_field_str(&w, STR("method"), str_from_cstr(http_method_name(request->method)));
    json_field_str(&w, STR("path"), request->path);
    json_field_str(&w, STR("client"), request->client);
    json_field_str(&w, STR("trace"), request->trace_id);
    json_field_bool(&w, STR("secure"), request->secure);
    json_field_str(&w, STR("q"), query_find(&request->query, STR("q")));
    json_field_i64(&w, STR("bodyLength"), (int64_t)request->body.len);
    json_object_end(&w);
}

static void show(struct http_request *request, struct http_response *response, void *context) {
    (void)context;
    respond_text(response, 200, request_param(request, "id"));
}

static void parse(struct http_request *request, struct http_response *response, void *context) {
    (void)context;
    struct err err = ERR_INIT;
    json_t *body = request_json(request, &err);
    if (body == NULL && err.kind != ERR_NONE) {
        respond_err(request, response, &err);
        return;
    }
    struct json_writer w = respond_json_begin(response, 200);
    json_raw(&w, body ? json_dump(request->arena, body) : STR("null"));
}

static void silent(struct http_request *request, struct http_response *response, void *context) {
    (void)request;
    (void)response;
    (void)context;
}

static void evil(struct http_request *request, struct http_response *response, void *context) {
    (void)context;
    respond_empty(response, 204);
    struct str value = query_find(&request->query, STR("q"));
    if (!response_header(response, "Location", value))
        respond_problem(request, response, 400, "not a header value");
}

static void page(struct http_request *request, struct http_response *response, void *context) {
    (void)request;
    (void)context;
    respond_fixed(response, 200, "text/html; charset=utf-8", STR("<!doctype html>"));
    response_header(response, "Content-Security-Policy", STR("default-src 'self'"));
    response_header(response, "Cache-Control", STR("max-age=60"));
}

struct counter {
    char left[200000];
    size_t length;
    int done;
};

static long read_some(void *context, char *out, size_t size) {
    struct counter *counter = context;
    size_t count = counter->length < size ? counter->length : size;
    memset(out, 'z', count);
    counter->length -= count;
    return (long)count;
}

static struct counter counter;

static void stream_done(void *context) {
    __atomic_add_fetch(&((struct counter *)context)->done, 1, __ATOMIC_SEQ_CST);
}

static void stream(struct http_request *request, struct http_response *response, void *context) {
    (void)request;
    (void)context;
    counter.length = 100000;
    respond_stream(response, 200, "text/plain; charset=utf-8", read_some, stream_done, &counter);
}

static const struct http_route routes[] = {
    {HTTP_GET, "/echo", echo, 0, 0, 0},
    {HTTP_GET, "/jobs/{id}", show, 0, 0, 0},
    {HTTP_POST, "/echo", echo, HTTP_ANY_BODY, 0, 0},
    {HTTP_POST, "/json", parse, 0, 0, 0},
    {HTTP_PUT, "/json", parse, HTTP_MAY_BLOCK, 0, 0},
    {HTTP_POST, "/optional", parse, HTTP_BODY_OPTIONAL, 0, 0},
    {HTTP_POST, "/none", echo, HTTP_NO_BODY, 0, 0},
    {HTTP_GET, "/silent", silent, 0, 0, 0},
    {HTTP_GET, "/evil", evil, 0, 0, 0},
    {HTTP_GET, "/page", page, HTTP_PAGE | HTTP_CACHEABLE, 0, 0},
    {HTTP_GET, "/stream", stream, 0, 0, 0},
    {HTTP_GET, "/admin", echo, 0, 7, 0},
};

static struct http_server *start(void) {
    return serve(&(struct http_server_options){0}, routes, COUNT_OF(routes), NULL);
}

static void test_one_connection_carries_many_requests(void **state) {
    (void)state;
    struct http_server *server = start();
    int fd = dial(server);
    static const char request[] = "GET /jobs/a%20b?q=1 HTTP/1.1\r\nHost: a\r\n\r\n";
    static const char put[] = "PUT /json HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                              "Content-Length: 7\r\n\r\n{\"a\":1}";
    for (int i = 0; i < 50; i++) {
        assert_true(say(fd, request, sizeof request - 1));
        const struct reply *reply = listen_for(fd, false);
        assert_int_equal(reply->status, 200);
        assert_string_equal(reply->body, "a b");
        assert_true(say(fd, put, sizeof put - 1));
        reply = listen_for(fd, false);
        assert_int_equal(reply->status, 200);
        assert_string_equal(reply->body, "{\"a\":1}");
    }
    close(fd);
    unserve(server);
}

static void test_pipelined_requests_are_answered_in_order(void **state) {
    (void)state;
    struct http_server *server = start();
    int fd = dial(server);
    static const char both[] = "GET /jobs/1 HTTP/1.1\r\nHost: a\r\n\r\n"
                               "GET /jobs/2 HTTP/1.1\r\nHost: a\r\n\r\n"
                               "GET /jobs/3 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    assert_true(say(fd, both, sizeof both - 1));
    struct reply *reply = reply_new();
    (void)read_until(fd, reply, NULL);
    const char *one = strstr(reply->text, "\r\n\r\n1HTTP/1.1 200");
    const char *two = strstr(reply->text, "\r\n\r\n2HTTP/1.1 200");
    assert_non_null(one);
    assert_non_null(two);
    assert_true(one < two);
    assert_string_equal(reply->text + reply->length - 5, "\r\n\r\n3");
    close(fd);
    unserve(server);
}

static void test_every_answer_has_the_protecting_headers(void **state) {
    (void)state;
    static const char *const targets[] = {"/echo", "/nothing",      "/silent",
                                          "/%zz",  "/echo?a=1&a=2", "/stream"};
    static const char *const names[] = {"X-Content-Type-Options: nosniff",
                                        "Referrer-Policy: no-referrer",
                                        ("Content-Security-Policy: default-src 'none'; "
                                         "frame-ancestors 'none'"),
                                        "Cross-Origin-Opener-Policy: same-origin",
                                        "Cross-Origin-Resource-Policy: same-origin",
                                        "Cache-Control: no-store",
                                        "X-Request-Id: "};
    struct http_server *server = start();
    for (size_t i = 0; i < COUNT_OF(targets); i++) {
        const struct reply *reply = get(server, targets[i]);
        assert_int_not_equal(reply->status, 0);
        for (size_t n = 0; n < COUNT_OF(names); n++) assert_non_null(strstr(reply->text, names[n]));
        assert_null(reply_header(reply, "Server"));
        assert_null(reply_header(reply, "Strict-Transport-Security"));
    }
    unserve(server);
}

static void test_a_page_brings_its_own_policy(void **state) {
    (void)state;
    struct http_server *server = start();
    const struct reply *reply = get(server, "/page");
    assert_string_equal(reply_header(reply, "Content-Security-Policy"), "default-src 'self'");
    assert_string_equal(reply_header(reply, "Cache-Control"), "max-age=60");
    assert_string_equal(reply->body, "<!doctype html>");
    unserve(server);
}

static void test_request_ids_are_taken_over_when_sane(void **state) {
    (void)state;
    static const struct {
        const char *sent;
        bool taken;
    } rows[] = {{"abc.DEF_1-2", true}, {"a b", false}, {"<script>", false}, {"\xc3\xa4", false}};
    struct http_server *server = start();
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char request[256];
        (void)snprintf(request, sizeof request,
                       "GET /echo HTTP/1.1\r\nHost: a\r\nX-Request-Id: %s\r\n\r\n", rows[i].sent);
        const char *id = reply_header(ask(server, request), "X-Request-Id");
        assert_non_null(id);
        assert_int_equal(strcmp(id, rows[i].sent) == 0, rows[i].taken);
        if (!rows[i].taken) assert_int_equal(strlen(id), GUID_LENGTH);
    }
    unserve(server);
}

static void test_the_trace_of_a_caller_is_kept(void **state) {
    (void)state;
    struct http_server *server = start();
    const struct reply *reply =
        ask(server, "GET /echo HTTP/1.1\r\nHost: a\r\ntraceparent: "
                    "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n\r\n");
    assert_non_null(strstr(reply->body, "\"trace\":\"0af7651916cd43dd8448eb211c80319c\""));
    unserve(server);
}

static void test_head_is_get_without_the_body(void **state) {
    (void)state;
    struct http_server *server = start();
    int fd = dial(server);
    static const char request[] = "HEAD /jobs/abc HTTP/1.1\r\nHost: a\r\n\r\n";
    for (int i = 0; i < 2; i++) {
        assert_true(say(fd, request, sizeof request - 1));
        const struct reply *reply = listen_for(fd, true);
        assert_int_equal(reply->status, 200);
        assert_string_equal(reply_header(reply, "Content-Length"), "3");
        assert_string_equal(reply->body, "");
    }
    close(fd);
    unserve(server);
}

static void test_wrong_methods_are_405_with_allow(void **state) {
    (void)state;
    static const char *const methods[] = {"DELETE", "TRACE", "PATCH", "get", "BREW"};
    struct http_server *server = start();
    for (size_t i = 0; i < COUNT_OF(methods); i++) {
        char request[256];
        (void)snprintf(request, sizeof request, "%s /echo HTTP/1.1\r\nHost: a\r\n\r\n", methods[i]);
        const struct reply *reply = ask(server, request);
        assert_int_equal(reply->status, 405);
        assert_string_equal(reply_header(reply, "Allow"), "GET, HEAD, POST, OPTIONS");
        assert_string_equal(reply_header(reply, "Content-Type"), "application/problem+json");
    }
    assert_int_equal(ask(server, "CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n")->status, 405);
    assert_int_equal(ask(server, "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n")->status, 204);
    unserve(server);
}

static void test_a_handler_that_forgets_to_answer_is_a_500(void **state) {
    (void)state;
    struct http_server *server = start();
    assert_int_equal(get(server, "/silent")->status, 500);
    unserve(server);
}

static void test_a_malformed_query_never_reaches_the_handler(void **state) {
    (void)state;
    struct http_server *server = start();
    const struct reply *reply = get(server, "/echo?q=%zz&x=1&x=2");
    assert_int_equal(reply->status, 400);
    assert_non_null(strstr(reply->body, "\"q\":["));
    assert_non_null(strstr(reply->body, "\"x\":["));
    assert_non_null(strstr(get(server, "/echo?q=a%2Bb+c")->body, "\"q\":\"a+b c\""));
    unserve(server);
}

static void test_a_header_made_of_user_text_cannot_be_split(void **state) {
    (void)state;
    struct http_server *server = start();
    const struct reply *reply = get(server, "/evil?q=/x%0d%0aSet-Cookie:%20a=1");
    assert_int_equal(reply->status, 400);
    assert_null(reply_header(reply, "Set-Cookie"));
    assert_null(reply_header(reply, "Location"));
    assert_string_equal(reply_header(get(server, "/evil?q=/x"), "Location"), "/x");
    unserve(server);
}

static void test_bodies_must_be_json_where_json_is_meant(void **state) {
    (void)state;
    static const struct {
        const char *target, *headers, *body;
        int status;
    } rows[] = {
        {"/json", "Content-Type: application/json", "{}", 200},
        {"/json", "Content-Type: APPLICATION/JSON; charset=\"UTF-8\"", "{}", 200},
        {"/json", "Content-Type: application/merge-patch+json", "{}", 200},
        {"/json", "Content-Type: application/json; charset=latin1", "{}", 415},
        {"/json", "Content-Type: text/plain", "{}", 415},
        {"/json", "Content-Type: application/jsonx", "{}", 415},
        {"/json", "X: y", "{}", 415},
        {"/json", "Content-Type: application/json\r\nContent-Encoding: gzip", "{}", 415},
        {"/json", "Content-Type: application/json\r\nContent-Encoding: identity", "{}", 200},
        {"/json", "Content-Type: application/json", "", 400},
        {"/json", "Content-Type: application/json", "{\"a\":1,\"a\":2}", 400},
        {"/json", "Content-Type: application/json", "{\"a\":1e400}", 400},
        {"/json", "Content-Type: application/json", "[1,]", 400},
        {"/json", "Content-Type: application/json", "\"\xff\"", 400},
        {"/optional", "X: y", "", 200},
        {"/optional", "Content-Type: application/json", "{}", 200},
        {"/optional", "Content-Type: application/json", "{", 400},
        {"/none", "X: y", "", 200},
        {"/none", "Content-Type: application/json", "{}", 400},
        {"/echo", "Content-Type: application/zip", "PK", 200},
        {"/echo", "Content-Encoding: gzip", "PK", 415},
    };
    struct http_server *server = start();
    int fd = dial(server); // none of these faults is worth a new connection
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char request[512];
        int length = snprintf(request, sizeof request,
                              "POST %s HTTP/1.1\r\nHost: a\r\n%s\r\nContent-Length: %zu\r\n\r\n%s",
                              rows[i].target, rows[i].headers, strlen(rows[i].body), rows[i].body);
        assert_true(say(fd, request, (size_t)length));
        const struct reply *reply = listen_for(fd, false);
        if (reply->status != rows[i].status)
            fail_msg("row %zu: %d\n%s", i, reply->status, reply->text);
    }
    close(fd);
    unserve(server);
}

static void test_a_chunked_body_arrives_whole(void **state) {
    (void)state;
    struct http_server *server = start();
    const struct reply *reply =
        ask(server, "POST /json HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                    "Transfer-Encoding: chunked\r\n\r\n4\r\n[1, \r\n2\r\n2]\r\n0\r\n\r\n");
    assert_int_equal(reply->status, 200);
    assert_string_equal(reply->body, "[1,2]");
    unserve(server);
}

static void test_a_long_answer_is_streamed(void **state) {
    (void)state;
    struct http_server *server = start();
    counter.done = 0;
    int fd = dial(server);
    static const char request[] = "GET /stream HTTP/1.0\r\n\r\n";
    assert_true(say(fd, request, sizeof request - 1));
    struct reply *reply = reply_new();
    (void)read_until(fd, reply, NULL);
    const char *body = strstr(reply->text, "\r\n\r\n") + 4;
    assert_int_equal(strspn(body, "z"), 100000);
    close(fd);
    unserve(server);
    assert_int_equal(counter.done, 1);
}

static bool only_with_token(struct http_request *request, struct http_response *response,
                            void *context) {
    (void)context;
    if (request->route->role == 0) return true;
    if (str_equal(request_bearer(request), STR("good"))) return true;
    respond_problem(request, response, 401, "a token is needed");
    return false;
}

struct seen {
    size_t index;
    int status, count;
    enum http_method method;
    int64_t us;
};

static struct seen seen;

static void note_done(const struct http_done *done, void *context) {
    (void)context;
    seen.index = done->route_index;
    seen.status = done->status;
    seen.method = done->method;
    seen.us = done->duration.us;
    seen.count++;
}

static void test_hooks_run_before_and_after(void **state) {
    (void)state;
    struct http_server *server = serve(
        &(struct http_server_options){.before = only_with_token, .done = note_done, .threads = 1},
        routes, COUNT_OF(routes), NULL);
    memset(&seen, 0, sizeof seen);
    const struct reply *reply = get(server, "/admin");
    assert_int_equal(reply->status, 401);
    assert_string_equal(reply_header(reply, "WWW-Authenticate"), "Bearer");
    reply = ask(server, "GET /admin HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer good\r\n\r\n");
    assert_int_equal(reply->status, 200);
    assert_int_equal(get(server, "/nothing")->status, 404);
    unserve(server);
    assert_int_equal(seen.count, 3);
    assert_int_equal(seen.status, 404);
    assert_true(seen.index == SIZE_MAX);
    assert_int_equal(seen.method, HTTP_GET);
    assert_true(seen.us >= 0);
}

static void test_forwarded_headers_count_only_from_trusted_proxies(void **state) {
    (void)state;
    static const char request[] =
        "GET /echo HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 203.0.113.9\r\n"
        "X-Real-IP: 203.0.113.8\r\nForwarded: for=203.0.113.7\r\n"
        "X-Forwarded-Proto: https\r\n\r\n";
    static const char *const proxies[] = {"127.0.0.0/8", NULL};
    struct http_server *server = start();
    const struct reply *reply = ask(server, request);
    assert_non_null(strstr(reply->body, "\"client\":\"127.0.0.1\""));
    assert_non_null(strstr(reply->body, "\"secure\":false"));
    unserve(server);
    server = serve(&(struct http_server_options){.trusted_proxies = proxies}, routes,
                   COUNT_OF(routes), NULL);
    reply = ask(server, request);
    assert_non_null(strstr(reply->body, "\"client\":\"203.0.113.9\""));
    assert_non_null(strstr(reply->body, "\"secure\":true"));
    unserve(server);
}

static const struct reply *preflight(struct http_server *server, const char *origin) {
    char request[256];
    (void)snprintf(request, sizeof request,
                   "OPTIONS /json HTTP/1.1\r\nHost: a\r\nOrigin: %s\r\n"
                   "Access-Control-Request-Method: PUT\r\n\r\n",
                   origin);
    return ask(server, request);
}

static void test_cors_lets_only_listed_origins_in(void **state) {
    (void)state;
    static const char *const origins[] = {"https://good.example", NULL};
    static const char *const others[] = {"https://evil.example",      "null",
                                         "http://good.example",       "https://sub.good.example",
                                         "https://good.example.evil", "https://good.example:8"};
    struct http_server *server =
        serve(&(struct http_server_options){.allowed_origins = origins, .before = only_with_token},
              routes, COUNT_OF(routes), NULL);
    const struct reply *reply = preflight(server, "https://good.example");
    assert_int_equal(reply->status, 204);
    assert_string_equal(reply_header(reply, "Access-Control-Allow-Origin"), "https://good.example");
    assert_string_equal(reply_header(reply, "Access-Control-Allow-Methods"), "POST, PUT, OPTIONS");
    assert_non_null(strstr(reply_header(reply, "Access-Control-Allow-Headers"), "Authorization"));
    assert_string_equal(reply_header(reply, "Vary"), "Origin");
    assert_null(reply_header(reply, "Access-Control-Allow-Credentials"));
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        reply = preflight(server, others[i]);
        assert_int_equal(reply->status, 204);
        assert_null(reply_header(reply, "Access-Control-Allow-Origin"));
        assert_null(reply_header(reply, "Access-Control-Allow-Methods"));
    }
    reply = ask(server, "GET /admin HTTP/1.1\r\nHost: a\r\nOrigin: https://good.example\r\n\r\n");
    assert_int_equal(reply->status, 401); // and the script may read why
    assert_string_equal(reply_header(reply, "Access-Control-Allow-Origin"), "https://good.example");
    unserve(server);
}

static void test_too_many_requests_are_told_when_to_come_back(void **state) {
    (void)state;
    struct http_server *server = serve(&(struct http_server_options){.rate_limit_per_minute = 3},
                                       routes, COUNT_OF(routes), NULL);
    for (int i = 0; i < 3; i++) assert_int_equal(get(server, "/echo")->status, 200);
    const struct reply *reply = get(server, "/echo");
    assert_int_equal(reply->status, 429);
    long seconds = strtol(reply_header(reply, "Retry-After"), NULL, 10);
    assert_true(seconds >= 1 && seconds <= 20);
    unserve(server);
}

static void test_a_server_may_answer_for_its_own_hosts_only(void **state) {
    (void)state;
    static const char *const hosts[] = {"localhost", "::1", NULL};
    struct http_server *server = serve(&(struct http_server_options){.allowed_hosts = hosts},
                                       routes, COUNT_OF(routes), NULL);
    assert_int_equal(ask(server, "GET /echo HTTP/1.1\r\nHost: LOCALHOST:8080\r\n\r\n")->status,
                     200);
    assert_int_equal(ask(server, "GET /echo HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n")->status, 200);
    assert_int_equal(ask(server, "GET /echo HTTP/1.1\r\nHost: evil\r\n\r\n")->status, 421);
    unserve(server);
}

static void test_options_that_cannot_be_are_explained(void **state) {
    (void)state;
    static const char *const bad_proxy[] = {"proxy.example", NULL};
    const struct http_server_options rows[] = {
        {.address = "not-an-address"},
        {.trusted_proxies = bad_proxy},
        {.allowed_origins = bad_proxy},
        {.tls_certificate = "x"},
        {.tls_certificate = "no PEM", .tls_key = "no PEM"},
    };
    struct http_router *router = http_router_new();
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct err err = ERR_INIT;
        assert_null(http_server_start(&rows[i], router, &err));
        assert_int_equal(err.kind, ERR_INVALID);
        assert_true(strlen(err.msg) > 0);
    }
    struct err err = ERR_INIT;
    struct http_server *server = http_server_start(&(struct http_server_options){0}, router, &err);
    assert_non_null(server);
    struct http_server_options taken = {.port = http_server_port(server)};
    assert_null(http_server_start(&taken, router, &err));
    assert_int_equal(err.kind, ERR_UNAVAILABLE);
    http_server_stop(server);
    http_router_free(router);
}
