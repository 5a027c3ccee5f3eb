/* Sizes and times that a client cannot exceed. */
#include "tests/unit/http/harness.h"

static void handle(struct http_request *request, struct http_response *response, void *context) {
    (void)context;
    char text[32];
    int length = snprintf(text, sizeof text, "%zu", request->body.len);
    respond_text(response, 200, (struct str){text, (size_t)length});
}

static void large(struct http_request *request, struct http_response *response, void *context) {
    (void)request;
    (void)context;
    struct buf body = buf_with_max(0);
    buf_reserve(&body, 64 * 1024 * 1024);
    for (int i = 0; i < 64 * 1024 * 1024 / 16; i++) buf_put(&body, STR("0123456789abcdef"));
    respond_bytes(response, 200, "application/octet-stream", &body);
}

static const struct http_route routes[] = {
    {HTTP_GET, "/a", handle, 0, 0, 0},
    {HTTP_POST, "/a", handle, HTTP_ANY_BODY, 0, 0},
    {HTTP_POST, "/import", handle, HTTP_ANY_BODY, 0, 100000},
    {HTTP_GET, "/large", large, HTTP_MAY_BLOCK, 0, 0},
};

static struct http_server *start(void) {
    return serve(&(struct http_server_options){.max_body = 1000}, routes, COUNT_OF(routes), NULL);
}

/* Sends head, count times `fill`, and tail. */
static int ask_filled(const struct http_server *server, const char *head, const char *fill,
                      size_t count, const char *tail, struct reply **ret) {
    struct buf request = buf_with_max(0);
    buf_put(&request, str_from_cstr(head));
    for (size_t i = 0; i < count; i++) buf_put(&request, str_from_cstr(fill));
    buf_put(&request, str_from_cstr(tail));
    int fd = dial(server);
    (void)say(fd, request.ptr, request.len);
    buf_free(&request);
    *ret = (struct reply *)(uintptr_t)listen_for(fd, false);
    return fd;
}

static void test_bodies_have_a_limit_of_their_route(void **state) {
    (void)state;
    static const struct {
        const char *target;
        size_t size;
        int status;
    } rows[] = {
        {"/a", 0, 200},           {"/a", 1000, 200},      {"/a", 1001, 413},
        {"/a", 9000000, 413},     {"/import", 1001, 200}, {"/import", 100000, 200},
        {"/import", 100001, 413},
    };
    struct http_server *server = start();
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char head[256];
        struct reply *reply;
        (void)snprintf(head, sizeof head,
                       "POST %s HTTP/1.1\r\nHost: a\r\nContent-Length: %zu\r\n\r\n", rows[i].target,
                       rows[i].size);
        int fd = ask_filled(server, head, "x", rows[i].size, "", &reply);
        assert_int_equal(reply->status, rows[i].status);
        if (reply->status == 413) {
            assert_string_equal(reply_header(reply, "Connection"), "close");
            assert_true(hung_up(fd));
        } else {
            assert_int_equal(strtoul(reply->body, NULL, 10), rows[i].size);
        }
        close(fd);
    }
    unserve(server);
}

static void test_a_body_too_large_is_refused_before_it_is_sent(void **state) {
    (void)state;
    struct http_server *server = start();
    const struct reply *reply =
        ask(server, "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\n"
                    "Expect: 100-continue\r\n\r\n");
    assert_int_equal(reply->status, 413);
    unserve(server);
}

static void test_leave_to_send_is_given_when_the_head_is_sound(void **state) {
    (void)state;
    struct http_server *server = start();
    int fd = dial(server);
    static const char head[] = "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n"
                               "Expect: 100-continue\r\n\r\n";
    assert_true(say(fd, head, sizeof head - 1));
    assert_int_equal(listen_for(fd, false)->status, 100);
    assert_true(say(fd, "hello", 5));
    const struct reply *reply = listen_for(fd, false);
    assert_int_equal(reply->status, 200);
    assert_string_equal(reply->body, "5");
    close(fd);
    unserve(server);
}

static void test_a_chunked_body_meets_the_same_limit(void **state) {
    (void)state;
    static const char head[] = "POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    struct http_server *server = start();
    struct reply *reply;
    int fd = ask_filled(server, head, "a\r\n0123456789\r\n", 100, "0\r\n\r\n", &reply);
    assert_int_equal(reply->status, 200);
    assert_string_equal(reply->body, "1000");
    close(fd);
    /* The end never comes: the answer does not wait for it. */
    fd = ask_filled(server, head, "a\r\n0123456789\r\n", 101, "", &reply);
    assert_int_equal(reply->status, 413);
    assert_string_equal(reply_header(reply, "Content-Type"), "application/problem+json");
    assert_non_null(reply_header(reply, "X-Request-Id"));
    assert_true(hung_up(fd));
    close(fd);
    unserve(server);
}

static void test_targets_and_headers_have_limits(void **state) {
    (void)state;
    static const struct {
        const char *head, *fill;
        size_t count;
        const char *tail;
        int status;
    } rows[] = {
        {"GET /a?", "a", MAX_URI - 3, " HTTP/1.1\r\nHost: a\r\n\r\n", 200},
        {"GET /a?", "a", MAX_URI - 2, " HTTP/1.1\r\nHost: a\r\n\r\n", 414},
        {"GET /a?", "a", 9000, " HTTP/1.1\r\nHost: a\r\n\r\n", 414},
        {"GET /a HTTP/1.1\r\nHost: a\r\n", "X: y\r\n", MAX_HEADERS - 1, "\r\n", 200},
        {"GET /a HTTP/1.1\r\nHost: a\r\n", "X: y\r\n", MAX_HEADERS, "\r\n", 431},
        {"GET /a HTTP/1.1\r\nHost: a\r\nX: ", "y", 16000, "\r\n\r\n", 200},
        {"GET /a HTTP/1.1\r\nHost: a\r\nX: ", "y", 17000, "\r\n\r\n", 431},
    };
    struct http_server *server = start();
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct reply *reply;
        int fd =
            ask_filled(server, rows[i].head, rows[i].fill, rows[i].count, rows[i].tail, &reply);
        if (reply->status != rows[i].status) fail_msg("row %zu: %s", i, reply->text);
        if (reply->status != 200) {
            assert_true(hung_up(fd));
            assert_non_null(reply_header(reply, "X-Request-Id"));
        }
        close(fd);
    }
    unserve(server);
}

static void test_heads_beyond_all_measure_are_refused_too(void **state) {
    (void)state;
    struct http_server *server = start();
    struct reply *reply;
    close(ask_filled(server, "GET /", "a", 200000, " HTTP/1.1\r\nHost: a\r\n\r\n", &reply));
    assert_true(reply->status == 414 || reply->status == 431 || reply->status == 0);
    close(ask_filled(server, "GET /a HTTP/1.1\r\nHost: a\r\nX: ", "a", 200000, "\r\n\r\n", &reply));
    assert_true(reply->status == 431 || reply->status == 0);
    assert_int_equal(get(server, "/a")->status, 200);
    unserve(server);
}

static struct http_server *start_impatient(unsigned threads) {
    return serve(&(struct http_server_options){.threads = threads,
                                               .header_timeout_seconds = 1,
                                               .request_timeout_seconds = 1},
                 routes, COUNT_OF(routes), NULL);
}

/* Sends a byte whenever the server has been silent for a tenth of a second, which would start
 * libmicrohttpd's own timeout anew each time. True when the server hangs up. */
static bool drip(int fd, const char *byte, int tenths) {
    struct timeval short_patience = {.tv_usec = 100 * 1000};
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &short_patience, sizeof short_patience);
    for (int i = 0; i < tenths; i++) {
        char got;
        if (!say(fd, byte, 1)) return true;
        ssize_t count = recv(fd, &got, 1, 0);
        if (count == 0 || (count < 0 && errno != EAGAIN)) return true;
    }
    return false;
}

static void test_headers_that_drip_are_cut(void **state) {
    (void)state;
    struct http_server *server = start_impatient(2);
    int fd = dial(server);
    assert_true(say(fd, "GET /a HTTP/1.1\r\nX: ", 20));
    assert_true(drip(fd, "y", 50));
    close(fd);
    assert_int_equal(get(server, "/a")->status, 200);
    unserve(server);
}

static void test_a_body_that_drips_is_cut(void **state) {
    (void)state;
    static const char head[] = "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n";
    struct http_server *server = start_impatient(1);
    int fd = dial(server);
    assert_true(say(fd, head, sizeof head - 1));
    assert_true(drip(fd, "y", 50));
    close(fd);
    unserve(server);
}

static void test_an_answer_that_is_not_taken_is_given_up(void **state) {
    (void)state;
    struct http_server *server = start_impatient(1);
    int fd = dial(server);
    static const char request[] = "GET /large HTTP/1.1\r\nHost: a\r\n\r\n";
    assert_true(say(fd, request, sizeof request - 1));
    /* Nothing is read until the server has given up: then less than all of it is there. */
    struct timeval patience = {.tv_sec = PATIENCE_SECONDS};
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    while (send(fd, "\r\n", 2, MSG_NOSIGNAL) > 0) (void)usleep(20 * 1000);
    static char piece[1024 * 1024];
    size_t total = 0;
    for (ssize_t got; (got = recv(fd, piece, sizeof piece, 0)) > 0;) total += (size_t)got;
    assert_true(total < 64u * 1024 * 1024);
    close(fd);
    unserve(server);
}

static void test_connections_of_one_address_are_limited(void **state) {
    (void)state;
    struct http_server *server =
        serve(&(struct http_server_options){.max_connections_per_address = 3, .threads = 1}, routes,
              COUNT_OF(routes), NULL);
    static const char request[] = "GET /a HTTP/1.1\r\nHost: a\r\n\r\n";
    int fds[3];
    for (size_t i = 0; i < COUNT_OF(fds); i++) {
        fds[i] = dial(server);
        assert_true(say(fds[i], request, sizeof request - 1));
        assert_int_equal(listen_for(fds[i], false)->status, 200);
    }
    int fourth = dial(server);
    (void)say(fourth, request, sizeof request - 1);
    assert_int_equal(listen_for(fourth, false)->status, 0);
    close(fourth);
    for (size_t i = 0; i < COUNT_OF(fds); i++) close(fds[i]);
    unserve(server);
}
