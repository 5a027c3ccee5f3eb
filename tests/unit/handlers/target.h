/* target.h - a small HTTP server in a thread of the test, with every bad habit a target can have.
 *
 *     struct target_server *server = target_start();
 *     … http://127.0.0.1:PORT/ok …                       // server->port
 *     target_stop(server);
 *
 * Paths: /ok  /echo (the request as text)  /status/503[/retry-after/7]  /redirect/302/URL  /loop
 *   /big/N  /endless  /headers (without end)  /silent  /cut  /nothing  /binary  /slow/MS
 *
 *   Owns:    its socket, its thread and its connections.   Threads: counters may be read from any.
 */
#ifndef ALPHABET_TESTS_HANDLERS_TARGET_H
#define ALPHABET_TESTS_HANDLERS_TARGET_H

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { TARGET_REQUEST = 65536, TARGET_DESCRIPTORS = 8192 };

struct target_connection {
    int fd;
    char *request;
    size_t len;
    int64_t left;         // bytes of filler still to send
    const char *filler;   // what it is made of
    bool close_after;     // when the filler is sent
    int64_t answer_at_ms; // of /slow; 0 = none
    bool is_pending;      // a request came in and has not been answered whole
};

struct target_server {
    uint16_t port;
    int listener, epoll, stop_pipe[2];
    pthread_t thread;
    struct target_connection *connections[TARGET_DESCRIPTORS];
    _Atomic int requests, open, pending, most_pending, aborted;
    char last[TARGET_REQUEST]; // the latest request, under the lock
    pthread_mutex_t lock;
};

static inline int64_t target_now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static inline void target_send(struct target_connection *c, const char *text, size_t len) {
    ssize_t sent = send(c->fd, text, len, MSG_NOSIGNAL);
    (void)sent; // the texts are small
}

static inline void target_set_pending(struct target_server *server, struct target_connection *c,
                                      bool pending) {
    if (c->is_pending == pending) return;
    c->is_pending = pending;
    int now = atomic_fetch_add(&server->pending, pending ? 1 : -1) + (pending ? 1 : -1);
    if (now > server->most_pending) server->most_pending = now;
}

static inline void target_answer(struct target_server *server, struct target_connection *c,
                                 const char *status, const char *headers, const char *body,
                                 size_t len) {
    char head[4096];
    int n = snprintf(head, sizeof head, "HTTP/1.1 %s\r\nContent-Length: %zu\r\n%s\r\n", status, len,
                     headers);
    target_set_pending(server, c, false);
    target_send(c, head, (size_t)n);
    if (len > 0) target_send(c, body, len);
}

static inline void target_drop(struct target_server *server, struct target_connection *c) {
    if (c->is_pending) atomic_fetch_add(&server->aborted, 1);
    target_set_pending(server, c, false);
    server->connections[c->fd] = NULL;
    (void)close(c->fd);
    atomic_fetch_sub(&server->open, 1);
    free(c->request);
    free(c);
}

static inline void target_fill(struct target_server *server, struct target_connection *c) {
    size_t size = strlen(c->filler);
    while (c->left > 0) {
        size_t part = c->left < (int64_t)size ? (size_t)c->left : size;
        ssize_t sent = send(c->fd, c->filler, part, MSG_NOSIGNAL);
        if (sent <= 0) {
            struct epoll_event event = {.events = EPOLLIN | EPOLLOUT, .data.fd = c->fd};
            epoll_ctl(server->epoll, EPOLL_CTL_MOD, c->fd, &event);
            return;
        }
        c->left -= sent;
    }
    struct epoll_event event = {.events = EPOLLIN, .data.fd = c->fd};
    epoll_ctl(server->epoll, EPOLL_CTL_MOD, c->fd, &event);
    target_set_pending(server, c, false);
    if (c->close_after) target_drop(server, c);
}

static inline const char *target_filler(void) {
    static char text[16385];
    if (!text[0]) memset(text, 'x', sizeof text - 1);
    return text;
}

static inline void target_redirect(struct target_server *server, struct target_connection *c,
                                   const char *rest) {
    char headers[2048], status[32];
    int code = 0, used = 0;
    sscanf(rest, "%d/%n", &code, &used);
    snprintf(status, sizeof status, "%d Moved", code);
    snprintf(headers, sizeof headers, "Location: %.*s\r\n", (int)strcspn(rest + used, " "),
             rest + used);
    target_answer(server, c, status, headers, "moved", 5);
}

static inline void target_status(struct target_server *server, struct target_connection *c,
                                 const char *rest) {
    char headers[128] = "", status[32];
    int code = 0, after = 0;
    if (sscanf(rest, "%d/retry-after/%d", &code, &after) == 2)
        snprintf(headers, sizeof headers, "Retry-After: %d\r\n", after);
    snprintf(status, sizeof status, "%d Whatever", code);
    target_answer(server, c, status, headers, "details", code == 204 || code == 304 ? 0 : 7);
}

/* The connection may be gone afterwards. */
static inline void target_serve(struct target_server *server, struct target_connection *c) {
    const char *path = strchr(c->request, ' ');
    path = path ? path + 1 : "/";
    int64_t number = 0;
    if (strncmp(path, "/echo", 5) == 0) {
        target_answer(server, c, "200 OK", "", c->request, c->len);
    } else if (strncmp(path, "/status/", 8) == 0) {
        target_status(server, c, path + 8);
    } else if (strncmp(path, "/loop", 5) == 0) {
        target_redirect(server, c, "302//loop ");
    } else if (strncmp(path, "/redirect/", 10) == 0) {
        target_redirect(server, c, path + 10);
    } else if (sscanf(path, "/big/%ld", &number) == 1) {
        char head[128];
        int n = snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\nContent-Length: %ld\r\n\r\n",
                         number + 8);
        target_send(c, head, (size_t)n);
        target_send(c, "headhead", 8);
        c->left = number;
        c->filler = target_filler();
        target_fill(server, c);
    } else if (strncmp(path, "/endless", 8) == 0) {
        target_send(c, "HTTP/1.1 200 OK\r\n\r\n", 19);
        c->left = INT64_MAX;
        c->filler = target_filler();
        target_fill(server, c);
    } else if (strncmp(path, "/headers", 8) == 0) {
        target_send(c, "HTTP/1.1 200 OK\r\n", 17);
        c->left = INT64_MAX;
        c->filler = "X-Header: abcdefghijklmnopqrstuvwxyz\r\n";
        target_fill(server, c);
    } else if (strncmp(path, "/cut", 4) == 0) {
        target_send(c, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this", 50);
        target_set_pending(server, c, false);
        target_drop(server, c);
    } else if (strncmp(path, "/nothing", 8) == 0) {
        target_set_pending(server, c, false);
        target_drop(server, c);
    } else if (strncmp(path, "/binary", 7) == 0) {
        target_answer(server, c, "200 OK", "", "a\xff\xfe\0b\xc3\xa9", 7);
    } else if (sscanf(path, "/slow/%ld", &number) == 1) {
        c->answer_at_ms = target_now_ms() + number;
    } else if (strncmp(path, "/silent", 7) != 0) {
        target_answer(server, c, "200 OK", "", "hello", 5);
    }
}

static inline bool target_is_complete(struct target_connection *c) {
    c->request[c->len] = '\0';
    const char *end = strstr(c->request, "\r\n\r\n");
    if (!end) return false;
    const char *length = strcasestr(c->request, "\r\nContent-Length:");
    size_t body = length && length < end ? (size_t)atol(length + 17) : 0; // a test's own peer
    return c->len >= (size_t)(end + 4 - c->request) + body;
}

static inline void target_read(struct target_server *server, struct target_connection *c) {
    for (;;) {
        ssize_t got = recv(c->fd, c->request + c->len, TARGET_REQUEST - 1 - c->len, 0);
        if (got < 0 && errno == EAGAIN) return;
        if (got <= 0) {
            target_drop(server, c);
            return;
        }
        c->len += (size_t)got;
        if (c->request[0] == 0x16) { // the start of a TLS handshake
            target_send(c, "HTTP/1.1 400 Bad Request\r\n\r\n", 28);
            target_drop(server, c);
            return;
        }
        if (!target_is_complete(c)) continue;
        atomic_fetch_add(&server->requests, 1);
        pthread_mutex_lock(&server->lock);
        memcpy(server->last, c->request, c->len + 1);
        pthread_mutex_unlock(&server->lock);
        target_set_pending(server, c, true);
        int fd = c->fd;
        target_serve(server, c);
        if (server->connections[fd] != c) return;
        c->len = 0;
    }
}

static inline void target_accept(struct target_server *server) {
    int fd, one = 1;
    while ((fd = accept4(server->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        if (fd >= TARGET_DESCRIPTORS) {
            (void)close(fd);
            continue;
        }
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        struct target_connection *c = calloc(1, sizeof *c);
        c->fd = fd;
        c->request = malloc(TARGET_REQUEST);
        server->connections[fd] = c;
        atomic_fetch_add(&server->open, 1);
        struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
        epoll_ctl(server->epoll, EPOLL_CTL_ADD, fd, &event);
    }
}

static inline void target_answer_slow(struct target_server *server) {
    int64_t now = target_now_ms();
    for (size_t i = 0; i < TARGET_DESCRIPTORS; i++) {
        struct target_connection *c = server->connections[i];
        if (!c || c->answer_at_ms == 0 || c->answer_at_ms > now) continue;
        c->answer_at_ms = 0;
        target_answer(server, c, "200 OK", "", "slow", 4);
    }
}

static inline void *target_loop(void *context) {
    struct target_server *server = context;
    struct epoll_event events[256];
    for (;;) {
        int count = epoll_wait(server->epoll, events, 256, 20);
        for (int i = 0; i < count; i++) {
            int fd = events[i].data.fd;
            if (fd == server->stop_pipe[0]) return NULL;
            if (fd == server->listener) {
                target_accept(server);
                continue;
            }
            if (server->connections[fd] && events[i].events & EPOLLOUT)
                target_fill(server, server->connections[fd]);
            if (server->connections[fd] && events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR))
                target_read(server, server->connections[fd]);
        }
        target_answer_slow(server);
    }
}

static inline struct target_server *target_start(void) {
    struct target_server *server = calloc(1, sizeof *server);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    server->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (bind(server->listener, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(server->listener, 4096) != 0 ||
        getsockname(server->listener, (struct sockaddr *)&address, &size) != 0 ||
        pipe2(server->stop_pipe, O_CLOEXEC) != 0)
        abort();
    server->port = ntohs(address.sin_port);
    server->epoll = epoll_create1(EPOLL_CLOEXEC);
    pthread_mutex_init(&server->lock, NULL);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = server->listener};
    epoll_ctl(server->epoll, EPOLL_CTL_ADD, server->listener, &event);
    event.data.fd = server->stop_pipe[0];
    epoll_ctl(server->epoll, EPOLL_CTL_ADD, server->stop_pipe[0], &event);
    pthread_create(&server->thread, NULL, target_loop, server);
    return server;
}

static inline void target_stop(struct target_server *server) {
    ssize_t written = write(server->stop_pipe[1], "", 1);
    (void)written;
    pthread_join(server->thread, NULL);
    for (size_t i = 0; i < TARGET_DESCRIPTORS; i++)
        if (server->connections[i]) target_drop(server, server->connections[i]);
    (void)close(server->listener);
    (void)close(server->epoll);
    (void)close(server->stop_pipe[0]);
    (void)close(server->stop_pipe[1]);
    pthread_mutex_destroy(&server->lock);
    free(server);
}

#endif
