/* Heads that two parsers could understand differently, and everything else that is malformed. */
#include "http/check.h"
#include "tests/unit/http/harness.h"

static int reached; // how often a handler ran

static void handle(struct http_request *request, struct http_response *response, void *context) {
    (void)request;
    (void)context;
    __atomic_add_fetch(&reached, 1, __ATOMIC_SEQ_CST);
    respond_text(response, 200, STR("reached"));
}

static void admin(struct http_request *request, struct http_response *response, void *context) {
    (void)request;
    (void)context;
    respond_text(response, 200, STR("SMUGGLED"));
}

static const struct http_route routes[] = {{HTTP_GET, "/a", handle, 0, 0, 0},
                                           {HTTP_POST, "/a", handle, HTTP_ANY_BODY, 0, 0},
                                           {HTTP_GET, "/admin", admin, 0, 0, 0}};

#define SECOND "GET /admin HTTP/1.1\r\nHost: a\r\n\r\n"
#define POST "POST /a HTTP/1.1\r\nHost: a\r\n"
#define BYTES(text) text, sizeof(text) - 1

struct row {
    const char *bytes;
    size_t size;
    int status;
};

/* Each is refused, its connection closed, and what stands behind it is never taken for a request.
 */
static const struct row refused[] = {
    {BYTES(POST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" SECOND), 400},
    {BYTES(POST "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n" SECOND), 400},
    {BYTES(POST "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello" SECOND), 400},
    {BYTES(POST "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello" SECOND), 400},
    {BYTES(POST "Content-Length: +5\r\n\r\nhello" SECOND), 400},
    {BYTES(POST "Content-Length: -5\r\n\r\nhello" SECOND), 400},
    {BYTES(POST "Content-Length: 5,5\r\n\r\nhello" SECOND), 400},
    {BYTES(POST "Content-Length: 0x5\r\n\r\nhello" SECOND), 400},
    {BYTES(POST "Content-Length: 5 5\r\n\r\nhello" SECOND), 400},
    {BYTES(POST "Content-Length:\r\n\r\nhello" SECOND), 400},
    {BYTES(POST "Content-Length: 18446744073709551616\r\n\r\nhello" SECOND), 413},
    {BYTES(POST "Content-Length: 99999999999999999999999\r\n\r\nhello" SECOND), 413},
    {BYTES(POST "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" SECOND), 400},
    {BYTES(POST "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n" SECOND), 400},
    {BYTES(POST "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n" SECOND), 400},
    {BYTES(POST "Transfer-Encoding: identity\r\n\r\n0\r\n\r\n" SECOND), 501},
    {BYTES(POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" SECOND),
     400},
    {BYTES(POST "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n" SECOND), 400},
    {BYTES(POST " Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" SECOND), 400},
    {BYTES(POST "Transfer-Encoding: \x0b"
                "chunked\r\n\r\n0\r\n\r\n" SECOND),
     400},
    {BYTES("POST /a HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" SECOND), 400},
    {BYTES("GET /a HTTP/1.1\r\nHost: a\r\nX: b\nY: c\r\n\r\n" SECOND), 400},
    {BYTES("GET /a HTTP/1.1\nHost: a\r\nX: b\r\n\r\n" SECOND), 400},
    {BYTES("GET /a HTTP/1.1\r\nHost: a\r\nX: b\nTransfer-Encoding: chunked\r\n\r\n" SECOND), 400},
    {BYTES("GET /a HTTP/1.1\r\nHost: a\r\nX: b\rY: c\r\nZ: 1\r\n\r\n" SECOND), 400},
    {BYTES("GET /a HTTP/1.1\r\nHost: a\r\nX: b\r\n folded\r\nY: c\r\n\r\n" SECOND), 400},
    {BYTES("GET /a HTTP/1.1\r\nHost: a\r\nX: b\r\n folded\r\n\r\n" SECOND), 400},
    {BYTES("GET /a HTTP/1.1\r\nHost: a\r\nX: b\0c\r\nY: d\r\n\r\n" SECOND), 400},
    {BYTES("GET /a\0b HTTP/1.1\r\nHost: a\r\n\r\n" SECOND), 400},
    {BYTES("GET /a HTTP/1.1\r\nHost: a\r\nX Y: b\r\n\r\n" SECOND), 400},
    {BYTES("GET /a HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n" SECOND), 400},
    {BYTES("GET /a HTTP/1.1\r\nHost: a\r\n:\r\n\r\n" SECOND), 400},
    {BYTES("GET /a HTTP/1.1\r\nHost: a\r\n: b\r\n" SECOND), 400},
    {BYTES("GET /a HTTP/1.1\r\nHost: a\r\n:\r\nX: y\r\n\r\n" SECOND), 400},
    {BYTES("GET /a HTTP/1.1\r\n: b\r\nHost: a\r\n\r\n" SECOND), 400},
    {BYTES("GET /a HTTP/1.1\r\nHost: a\r\nX: b\n\r\n" SECOND), 400},
    {BYTES("GET /a HTTP/1.1\r\nHost: a\r\nX: b\n\n" SECOND), 400},
    {BYTES("GET /a HTTP/1.1\r\nHost: a\r\nX: b\0c\r\n\r\n" SECOND), 400},
    {BYTES("GET /a HTTP/1.0\n\n" SECOND), 400},
    {BYTES("GET /a HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n" SECOND), 400},
    {BYTES("GET /a HTTP/1.1\r\n\r\n" SECOND), 400},
    {BYTES("GET /a HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n" SECOND), 400},
    {BYTES("GET /a HTTP/1.1\r\nHost: a b\r\n\r\n" SECOND), 400},
    {BYTES("GET http://evil/a HTTP/1.1\r\nHost: a\r\n\r\n" SECOND), 400},
    {BYTES("GET a HTTP/1.1\r\nHost: a\r\n\r\n" SECOND), 400},
    {BYTES("GET * HTTP/1.1\r\nHost: a\r\n\r\n" SECOND), 400},
    {BYTES("GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n" SECOND), 400},
    {BYTES("GET /a b HTTP/1.1\r\nHost: a\r\n\r\n" SECOND), 400},
    {BYTES("GET /\xc3\xa4 HTTP/1.1\r\nHost: a\r\n\r\n" SECOND), 400},
    {BYTES("GET /a HTTP/2.0\r\nHost: a\r\n\r\n" SECOND), 505},
    {BYTES("\x16\x03\x01 hello\r\n\r\n" SECOND), 400},
    {BYTES(POST "Transfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n" SECOND), 400},
    {BYTES(POST "Transfer-Encoding: chunked\r\n\r\n10000000000000005\r\nhello\r\n0\r\n\r\n" SECOND),
     413},
    {BYTES(POST "Transfer-Encoding: chunked\r\n\r\n5\r\nhelloX\r\n0\r\n\r\n" SECOND), 400},
};

static void test_what_two_parsers_could_read_differently_is_refused(void **state) {
    (void)state;
    struct http_server *server =
        serve(&(struct http_server_options){0}, routes, COUNT_OF(routes), NULL);
    for (size_t i = 0; i < COUNT_OF(refused); i++) {
        reached = 0;
        int fd = dial(server);
        (void)say(fd, refused[i].bytes, refused[i].size);
        struct reply *reply = reply_new();
        (void)read_until(fd, reply, NULL); // until the server hangs up
        (void)sscanf(reply->text, "HTTP/1.1 %d", &reply->status);
        close(fd);
        if (reply->status != refused[i].status || strstr(reply->text, "SMUGGLED"))
            fail_msg("row %zu: %s\n-->\n%s", i, refused[i].bytes, reply->text);
        assert_int_equal(reached, 0);
    }
    unserve(server);
}

static void test_what_is_only_unusual_is_taken(void **state) {
    (void)state;
    static const char *const taken[] = {
        "GET http://A/a HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /a HTTP/1.1\r\nhOST:a\r\nX:\r\nY: \t b \t\r\n\r\n",
        "GET /a HTTP/1.0\r\n\r\n",
        "\r\n\r\nGET /a HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /a? HTTP/1.1\r\nHost: a\r\nCookie: a=b; c=d\r\nContent-Length: 0\r\n\r\n",
        "POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: CHUNKED\r\n\r\n5;x=y\r\nhello\r\n0\r\n"
        "Host: evil\r\nAuthorization: x\r\n\r\n",
        "GET /a HTTP/1.1\r\nHost: a\r\nUpgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\n"
        "HTTP2-Settings: x\r\n\r\n",
    };
    struct http_server *server =
        serve(&(struct http_server_options){0}, routes, COUNT_OF(routes), NULL);
    for (size_t i = 0; i < COUNT_OF(taken); i++) {
        const struct reply *reply = ask(server, taken[i]);
        if (reply->status != 200) fail_msg("%s\n-->\n%s", taken[i], reply->text);
    }
    unserve(server);
}

static void test_request_ids_and_traces_have_a_shape(void **state) {
    (void)state;
    char long_id[130];
    memset(long_id, 'a', sizeof long_id);
    assert_true(is_request_id((struct str){long_id, 128}));
    assert_false(is_request_id((struct str){long_id, 129}));
    assert_false(is_request_id(STR("")));
    assert_false(is_request_id(STR("a/b")));
    assert_true(
        str_equal(trace_id_of(STR("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")),
                  STR("0af7651916cd43dd8448eb211c80319c")));
    static const char *const bad[] = {"", "00-00000000000000000000000000000000-b7ad6b7169203331-01",
                                      "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                                      "00-0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                                      "00-0af7651916cd43dd8448eb211c80319c-b7ad6b716920333-01"};
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_true(str_is_absent(trace_id_of(str_from_cstr(bad[i]))));
}
