/* harness.h - a real server on a free port, and a client that sends exactly the bytes it is given.
 *
 *     struct http_server *server = serve(&(struct http_server_options){0}, routes,
 * COUNT_OF(routes)); struct reply reply = ask(server, "GET /x HTTP/1.1\r\nHost: a\r\n\r\n");
 *     assert_int_equal(reply.status, 200);
 *     unserve(server);
 *
 * Nothing sleeps: reads wait for what must come, at most PATIENCE_SECONDS.
 */
#ifndef ALPHABET_TESTS_HTTP_HARNESS_H
#define ALPHABET_TESTS_HTTP_HARNESS_H

#include "http/problem.h"
#include "http/server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { PATIENCE_SECONDS = 10, REPLY_MAX = 512 * 1024 };

static struct http_router *harness_router;

UNUSED static struct http_server *serve(const struct http_server_options *options,
                                        const struct http_route *routes, size_t count,
                                        void *context) {
    struct err err = ERR_INIT;
    harness_router = http_router_new();
    assert_true(http_router_add(harness_router, routes, count, context, &err));
    struct http_server *server = http_server_start(options, harness_router, &err);
    if (server == NULL) fail_msg("%s", err.msg);
    return server;
}

UNUSED static void unserve(struct http_server *server) {
    http_server_stop(server);
    http_router_free(harness_router);
}

UNUSED static int dial(const struct http_server *server) {
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(http_server_port(server)),
                                  .sin_addr = {htonl(INADDR_LOOPBACK)}};
    struct timeval patience = {.tv_sec = PATIENCE_SECONDS};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_not_equal(fd, -1);
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

/* What was sent before the server closed; false when it no longer listens. */
UNUSED static bool say(int fd, const void *bytes, size_t size) {
    const char *p = bytes;
    while (size > 0) {
        ssize_t sent = send(fd, p, size, MSG_NOSIGNAL);
        if (sent <= 0) return false;
        p += sent;
        size -= (size_t)sent;
    }
    return true;
}

struct reply {
    int status; // 0 = the connection ended without an answer
    char text[REPLY_MAX];
    size_t length;
    const char *body; // behind the empty line
};

/* Reads until the text has `until` in it, or the connection ends. */
UNUSED static bool read_until(int fd, struct reply *reply, const char *until) {
    for (;;) {
        reply->text[reply->length] = '\0';
        if (until && strstr(reply->text, until)) return true;
        if (reply->length + 1 == sizeof reply->text) return false;
        ssize_t got =
            recv(fd, reply->text + reply->length, sizeof reply->text - 1 - reply->length, 0);
        if (got <= 0) return false;
        reply->length += (size_t)got;
    }
}

UNUSED static const char *reply_header(const struct reply *reply, const char *name) {
    static char value[1024];
    char wanted[128];
    (void)snprintf(wanted, sizeof wanted, "\r\n%s: ", name);
    const char *found = strcasestr(reply->text, wanted);
    if (found == NULL || (reply->body && found >= reply->body)) return NULL;
    found += strlen(wanted);
    (void)snprintf(value, sizeof value, "%.*s", (int)strcspn(found, "\r"), found);
    return value;
}

static struct reply *reply_new(void) {
    static struct reply reply;
    memset(&reply, 0, offsetof(struct reply, text) + 1);
    reply.length = 0;
    reply.body = NULL;
    return &reply;
}

/* One answer with its Content-Length; what came behind it stays unread only by luck, so send one
 * request at a time. A HEAD has no body. */
UNUSED static const struct reply *listen_for(int fd, bool is_head) {
    struct reply *reply = reply_new();
    if (!read_until(fd, reply, "\r\n\r\n")) return reply;
    reply->body = strstr(reply->text, "\r\n\r\n") + 4;
    (void)sscanf(reply->text, "HTTP/1.1 %d", &reply->status);
    const char *length = reply_header(reply, "Content-Length");
    size_t wanted = length && !is_head ? strtoul(length, NULL, 10) : 0;
    while (reply->length - (size_t)(reply->body - reply->text) < wanted) {
        ssize_t got =
            recv(fd, reply->text + reply->length, sizeof reply->text - 1 - reply->length, 0);
        if (got <= 0) break;
        reply->length += (size_t)got;
        reply->text[reply->length] = '\0';
    }
    return reply;
}

/* True when the server has closed (or resets) the connection and sends nothing more. */
UNUSED static bool hung_up(int fd) {
    char byte;
    return recv(fd, &byte, 1, 0) <= 0;
}

UNUSED static const struct reply *ask_bytes(const struct http_server *server, const void *bytes,
                                            size_t size) {
    int fd = dial(server);
    (void)say(fd, bytes, size);
    const struct reply *reply = listen_for(fd, strncmp(bytes, "HEAD", 4) == 0);
    close(fd);
    return reply;
}

UNUSED static const struct reply *ask(const struct http_server *server, const char *request) {
    return ask_bytes(server, request, strlen(request));
}

UNUSED static const struct reply *get(const struct http_server *server, const char *target) {
    char request[1024];
    (void)snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: a\r\n\r\n", target);
    return ask(server, request);
}

#endif
