/* Server-sent events. */
#include "http/sse.h"
#include "tests/unit/http/harness.h"

#include <pthread.h>

/* A publisher as the product has one: a lock around its one subscriber. */
struct publisher {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct sse_stream *stream; // NULL = nobody, or closed
    int opened, closed;
    char last_id[64];
};

static struct publisher publisher = {.lock = PTHREAD_MUTEX_INITIALIZER,
                                     .changed = PTHREAD_COND_INITIALIZER};

static void on_close(void *context) {
    struct publisher *p = context;
    pthread_mutex_lock(&p->lock);
    p->stream = NULL;
    p->closed++;
    pthread_cond_broadcast(&p->changed);
    pthread_mutex_unlock(&p->lock);
}

static void subscribe(struct http_request *request, struct http_response *response, void *context) {
    struct publisher *p = context;
    pthread_mutex_lock(&p->lock);
    struct str id = sse_last_event_id(request);
    (void)snprintf(p->last_id, sizeof p->last_id, "%.*s", STR_ARG(id));
    p->stream = sse_open(request, response, on_close, p);
    p->opened++;
    pthread_cond_broadcast(&p->changed);
    pthread_mutex_unlock(&p->lock);
}

static void change_mind(struct http_request *request, struct http_response *response,
                        void *context) {
    subscribe(request, response, context);
    respond_problem(request, response, 403, "no");
}

static void quick(struct http_request *request, struct http_response *response, void *context) {
    (void)request;
    (void)context;
    respond_text(response, 200, STR("quick"));
}

static const struct http_route routes[] = {
    {HTTP_GET, "/events", subscribe, 0, 0, 0},
    {HTTP_GET, "/slow/events", subscribe, HTTP_MAY_BLOCK, 0, 0},
    {HTTP_GET, "/mind", change_mind, 0, 0, 0},
    {HTTP_GET, "/quick", quick, 0, 0, 0},
};

static struct http_server *start(void) {
    publisher.stream = NULL;
    publisher.opened = publisher.closed = 0;
    publisher.last_id[0] = '\0';
    return serve(&(struct http_server_options){.threads = 1}, routes, COUNT_OF(routes), &publisher);
}

static int open_events(const struct http_server *server, const char *target, const char *headers) {
    char request[256];
    int length = snprintf(request, sizeof request, "GET %s HTTP/1.0\r\n%s\r\n", target, headers);
    int fd = dial(server);
    assert_true(say(fd, request, (size_t)length));
    return fd;
}

static bool post(struct str event, struct str id, struct str data) {
    pthread_mutex_lock(&publisher.lock);
    bool posted = publisher.stream && sse_post(publisher.stream, event, id, data);
    pthread_mutex_unlock(&publisher.lock);
    return posted;
}

static void wait_for_close(int times) {
    pthread_mutex_lock(&publisher.lock);
    while (publisher.closed < times) pthread_cond_wait(&publisher.changed, &publisher.lock);
    pthread_mutex_unlock(&publisher.lock);
}

static void test_events_arrive_as_they_are_posted(void **state) {
    (void)state;
    static const char *const targets[] = {"/events", "/slow/events"};
    for (size_t i = 0; i < COUNT_OF(targets); i++) {
        struct http_server *server = start();
        int fd = open_events(server, targets[i], "");
        struct reply *reply = reply_new();
        assert_true(read_until(fd, reply, ":\n\n"));
        assert_non_null(strstr(reply->text, "200 OK"));
        assert_non_null(strstr(reply->text, "Content-Type: text/event-stream; charset=utf-8"));
        assert_non_null(strstr(reply->text, "Cache-Control: no-store"));
        assert_true(post(STR("job"), STR("7"), STR("{\"a\":1}")));
        assert_true(read_until(fd, reply, "id: 7\nevent: job\ndata: {\"a\":1}\n\n"));
        assert_true(post(STR_NONE, STR_NONE, STR("two\nlines\r\nand\rmore")));
        assert_true(read_until(fd, reply, "\n\ndata: two\ndata: lines\ndata: and\ndata: more\n\n"));
        assert_string_equal(get(server, "/quick")->body, "quick"); // the one thread is free
        close(fd);
        unserve(server);
        assert_int_equal(publisher.closed, 1);
    }
}

static void test_a_line_break_cannot_forge_a_field(void **state) {
    (void)state;
    struct http_server *server = start();
    int fd = open_events(server, "/events", "");
    struct reply *reply = reply_new();
    assert_true(read_until(fd, reply, ":\n\n"));
    assert_false(post(STR("a\nid: 9"), STR_NONE, STR("x")));
    assert_false(post(STR_NONE, STR("1\r2"), STR("x")));
    assert_true(post(STR_NONE, STR_NONE, STR("a\n\nevent: forged")));
    assert_true(read_until(fd, reply, "data: a\ndata: \ndata: event: forged\n\n"));
    close(fd);
    unserve(server);
}

static void test_the_last_event_id_is_passed_on(void **state) {
    (void)state;
    struct http_server *server = start();
    int fd = open_events(server, "/events?lastEventId=3", "Last-Event-ID: 41\r\n");
    assert_true(read_until(fd, reply_new(), ":\n\n"));
    assert_string_equal(publisher.last_id, "41");
    close(fd);
    fd = open_events(server, "/events?lastEventId=3", "");
    assert_true(read_until(fd, reply_new(), ":\n\n"));
    assert_string_equal(publisher.last_id, "3");
    close(fd);
    unserve(server);
    assert_int_equal(publisher.closed, 2);
}

static void test_the_end_comes_after_what_was_posted(void **state) {
    (void)state;
    struct http_server *server = start();
    int fd = open_events(server, "/events", "");
    struct reply *reply = reply_new();
    assert_true(read_until(fd, reply, ":\n\n"));
    pthread_mutex_lock(&publisher.lock);
    assert_true(sse_post(publisher.stream, STR_NONE, STR_NONE, STR("last")));
    sse_end(publisher.stream);
    assert_false(sse_post(publisher.stream, STR_NONE, STR_NONE, STR("too late")));
    pthread_mutex_unlock(&publisher.lock);
    assert_false(read_until(fd, reply, NULL));
    assert_non_null(strstr(reply->text, "data: last\n\n"));
    assert_null(strstr(reply->text, "too late"));
    wait_for_close(1);
    close(fd);
    unserve(server);
    assert_int_equal(publisher.closed, 1);
}

static void test_a_client_that_does_not_read_is_dropped(void **state) {
    (void)state;
    struct http_server *server = start();
    int fd = open_events(server, "/events", "");
    assert_true(read_until(fd, reply_new(), ":\n\n"));
    static char data[16 * 1024];
    memset(data, 'x', sizeof data);
    size_t posted = 0;
    /* What the sockets hold is bounded too, so this ends. */
    while (post(STR_NONE, STR_NONE, (struct str){data, sizeof data})) posted++;
    assert_true(posted >= SSE_MAX_QUEUED / sizeof data - 1);
    wait_for_close(1);
    assert_false(post(STR_NONE, STR_NONE, STR("x")));
    assert_string_equal(get(server, "/quick")->body, "quick");
    close(fd);
    unserve(server);
    assert_int_equal(publisher.closed, 1);
}

static void test_a_client_that_left_is_noticed_by_a_post(void **state) {
    (void)state;
    struct http_server *server = start();
    int fd = open_events(server, "/events", "");
    assert_true(read_until(fd, reply_new(), ":\n\n"));
    close(fd);
    while (post(STR_NONE, STR_NONE, STR("anyone?"))) (void)sched_yield();
    wait_for_close(1);
    unserve(server);
    assert_int_equal(publisher.closed, 1);
}

static void test_stopping_ends_every_stream(void **state) {
    (void)state;
    struct http_server *server = start();
    int fds[5];
    for (size_t i = 0; i < COUNT_OF(fds); i++) {
        fds[i] = open_events(server, "/events", "");
        assert_true(read_until(fds[i], reply_new(), ":\n\n"));
    }
    unserve(server);
    assert_int_equal(publisher.closed, 5);
    for (size_t i = 0; i < COUNT_OF(fds); i++) {
        assert_true(hung_up(fds[i]));
        close(fds[i]);
    }
}

static void test_a_stream_that_is_not_sent_is_closed_too(void **state) {
    (void)state;
    struct http_server *server = start();
    assert_int_equal(get(server, "/mind")->status, 403);
    unserve(server);
    assert_int_equal(publisher.closed, 1);
}

struct ticking {
    _Atomic int64_t us;
};

static struct utc ticking_now(void *context) {
    (void)context;
    return utc_from_seconds(1700000000);
}

static struct mono ticking_mono(void *context) {
    return (struct mono){((struct ticking *)context)->us};
}

static void test_a_quiet_stream_is_kept_alive(void **state) {
    (void)state;
    struct ticking ticking = {1};
    struct clock clock = {ticking_now, ticking_mono, &ticking};
    publisher.stream = NULL;
    publisher.opened = publisher.closed = 0;
    struct http_server *server =
        serve(&(struct http_server_options){.clock = &clock}, routes, COUNT_OF(routes), &publisher);
    int fd = open_events(server, "/events", "");
    struct reply *reply = reply_new();
    assert_true(read_until(fd, reply, ":\n\n"));
    assert_true(post(STR_NONE, STR_NONE, STR("x")));
    assert_true(read_until(fd, reply, "data: x\n\n"));
    ticking.us += span_seconds(SSE_HEARTBEAT_SECONDS).us;
    assert_true(read_until(fd, reply, "data: x\n\n:\n\n"));
    close(fd);
    unserve(server);
}

static void test_a_burst_arrives_whole_and_in_order(void **state) {
    (void)state;
    struct http_server *server = start();
    int fd = open_events(server, "/events", "");
    struct reply *reply = reply_new();
    assert_true(read_until(fd, reply, ":\n\n"));
    for (int i = 0; i < 5000; i++) {
        char data[16];
        int length = snprintf(data, sizeof data, "<%d>", i);
        assert_true(post(STR_NONE, STR_NONE, (struct str){data, (size_t)length}));
    }
    assert_true(read_until(fd, reply, "<4999>"));
    const char *at = reply->text;
    for (int i = 0; i < 5000; i++) {
        char data[16];
        (void)snprintf(data, sizeof data, "<%d>", i);
        at = strstr(at, data);
        assert_non_null(at);
    }
    close(fd);
    unserve(server);
}
