/* Handlers that wait hold up nobody but their own client. */
#include "http/workers.h"
#include "tests/unit/http/harness.h"

#include <poll.h>
#include <pthread.h>

struct gate {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int waiting;
    bool open;
};

static struct gate gate = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static void gate_reset(void) {
    gate.waiting = 0;
    gate.open = false;
}

static void gate_open(void) {
    pthread_mutex_lock(&gate.lock);
    gate.open = true;
    pthread_cond_broadcast(&gate.changed);
    pthread_mutex_unlock(&gate.lock);
}

static void gate_wait_for(int waiting) {
    pthread_mutex_lock(&gate.lock);
    while (gate.waiting < waiting) pthread_cond_wait(&gate.changed, &gate.lock);
    pthread_mutex_unlock(&gate.lock);
}

static void wait_at_gate(struct http_request *request, struct http_response *response,
                         void *context) {
    (void)context;
    pthread_mutex_lock(&gate.lock);
    gate.waiting++;
    pthread_cond_broadcast(&gate.changed);
    while (!gate.open) pthread_cond_wait(&gate.changed, &gate.lock);
    pthread_mutex_unlock(&gate.lock);
    respond_text(response, 200, request->body.len ? request->body : STR("waited"));
}

static void quick(struct http_request *request, struct http_response *response, void *context) {
    (void)request;
    (void)context;
    respond_text(response, 200, STR("quick"));
}

static const struct http_route routes[] = {
    {HTTP_GET, "/wait", wait_at_gate, HTTP_MAY_BLOCK, 0, 0},
    {HTTP_POST, "/wait", wait_at_gate, HTTP_MAY_BLOCK | HTTP_ANY_BODY, 0, 0},
    {HTTP_GET, "/compute", wait_at_gate, HTTP_MAY_BLOCK | HTTP_COMPUTES, 0, 0},
    {HTTP_GET, "/commit", quick, HTTP_MAY_BLOCK, 0, 0},
    {HTTP_GET, "/quick", quick, 0, 0, 0},
};

static const char wait_request[] = "GET /wait HTTP/1.1\r\nHost: a\r\n\r\n";

enum { WAITING = 8 };

static void test_quick_answers_do_not_wait_for_slow_ones(void **state) {
    (void)state;
    /* One serving thread: a handler that waited on it would stop everything. */
    struct http_server *server =
        serve(&(struct http_server_options){.threads = 1, .workers = WAITING}, routes,
              COUNT_OF(routes), NULL);
    int fds[WAITING];
    gate_reset();
    for (size_t i = 0; i < WAITING; i++) {
        fds[i] = dial(server);
        assert_true(say(fds[i], wait_request, sizeof wait_request - 1));
    }
    gate_wait_for(WAITING); // every worker is taken
    for (int i = 0; i < 100; i++) assert_string_equal(get(server, "/quick")->body, "quick");
    gate_open();
    for (size_t i = 0; i < WAITING; i++) {
        assert_string_equal(listen_for(fds[i], false)->body, "waited");
        close(fds[i]);
    }
    unserve(server);
}

static void test_more_requests_than_workers_queue_up(void **state) {
    (void)state;
    struct http_server *server =
        serve(&(struct http_server_options){.workers = 2}, routes, COUNT_OF(routes), NULL);
    int fds[WAITING];
    gate_reset();
    for (size_t i = 0; i < WAITING; i++) {
        fds[i] = dial(server);
        assert_true(say(fds[i], wait_request, sizeof wait_request - 1));
    }
    gate_wait_for(2);
    gate_open();
    for (size_t i = 0; i < WAITING; i++) {
        assert_string_equal(listen_for(fds[i], false)->body, "waited");
        close(fds[i]);
    }
    unserve(server);
}

static void test_what_computes_leaves_workers_to_the_others(void **state) {
    (void)state;
    static const char request[] = "GET /compute HTTP/1.1\r\nHost: a\r\n\r\n";
    enum { MANY = MAX_COMPUTING_LINE + 2 };
    struct http_server *server = serve(&(struct http_server_options){.threads = 2, .workers = 4},
                                       routes, COUNT_OF(routes), NULL);
    int fds[MANY];
    gate_reset();
    for (size_t i = 0; i < MANY; i++) {
        fds[i] = dial(server);
        assert_true(say(fds[i], request, sizeof request - 1));
        if (i == 0) gate_wait_for(1); // the one of four workers that computes
    }
    /* The gate is shut: who is answered now is the one too many, and all are in by then. */
    struct pollfd polled[MANY];
    for (size_t i = 0; i < MANY; i++) polled[i] = (struct pollfd){.fd = fds[i], .events = POLLIN};
    assert_true(poll(polled, MANY, PATIENCE_SECONDS * 1000) > 0);
    for (int i = 0; i < 20; i++) assert_string_equal(get(server, "/commit")->body, "quick");
    assert_int_equal(gate.waiting, 1);
    gate_open();
    int refused = 0;
    for (size_t i = 0; i < MANY; i++) {
        const struct reply *reply = listen_for(fds[i], false);
        if (reply->status == 200) {
            assert_string_equal(reply->body, "waited");
        } else {
            assert_int_equal(reply->status, 503);
            assert_non_null(strstr(reply->text, "Retry-After: "));
            refused++;
        }
        close(fds[i]);
    }
    assert_int_equal(refused, 1);
    unserve(server);
}

static void test_a_client_that_leaves_while_it_waits_harms_nobody(void **state) {
    (void)state;
    struct http_server *server =
        serve(&(struct http_server_options){.threads = 1}, routes, COUNT_OF(routes), NULL);
    gate_reset();
    int fd = dial(server);
    assert_true(say(fd, wait_request, sizeof wait_request - 1));
    gate_wait_for(1);
    close(fd);
    gate_open();
    assert_string_equal(get(server, "/quick")->body, "quick");
    unserve(server);
}

static void test_a_pipelined_request_waits_its_turn(void **state) {
    (void)state;
    struct http_server *server =
        serve(&(struct http_server_options){.threads = 1}, routes, COUNT_OF(routes), NULL);
    static const char both[] = "POST /wait HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nfirst"
                               "GET /quick HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    gate_reset();
    int fd = dial(server);
    assert_true(say(fd, both, sizeof both - 1));
    gate_wait_for(1);
    gate_open();
    struct reply *reply = reply_new();
    (void)read_until(fd, reply, NULL);
    const char *first = strstr(reply->text, "\r\n\r\nfirst");
    const char *second = strstr(reply->text, "\r\n\r\nquick");
    assert_non_null(first);
    assert_non_null(second);
    assert_true(first < second);
    close(fd);
    unserve(server);
}

static void *open_later(void *context) {
    const struct http_server *server = context;
    /* The server is stopping once its port no longer takes anyone. */
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(http_server_port(server)),
                                  .sin_addr = {htonl(INADDR_LOOPBACK)}};
    for (int taken = 0; taken == 0;) {
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        taken = connect(fd, (struct sockaddr *)&address, sizeof address);
        close(fd);
    }
    gate_open();
    return NULL;
}

static void test_stopping_lets_handlers_finish(void **state) {
    (void)state;
    struct http_server *server =
        serve(&(struct http_server_options){0}, routes, COUNT_OF(routes), NULL);
    pthread_t opener;
    gate_reset();
    int fd = dial(server), idle = dial(server);
    assert_true(say(fd, wait_request, sizeof wait_request - 1));
    gate_wait_for(1);
    assert_int_equal(pthread_create(&opener, NULL, open_later, server), 0);
    unserve(server);
    const struct reply *reply = listen_for(fd, false);
    assert_string_equal(reply->body, "waited");
    assert_string_equal(reply_header(reply, "Connection"), "close");
    assert_true(hung_up(fd));
    assert_true(hung_up(idle));
    pthread_join(opener, NULL);
    close(fd);
    close(idle);
}
