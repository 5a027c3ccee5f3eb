/* bare_curl.c - see bare_curl.h. */
#include "bare_curl.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* --- the target: one request a packet, which a local client's is --- */

static void answer(int fd) {
    static const char reply[] = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
                                "Content-Length: 2\r\n\r\nok";
    char request[16384];
    ssize_t got = recv(fd, request, sizeof request, 0);
    if (got <= 0 || send(fd, reply, sizeof reply - 1, MSG_NOSIGNAL) < 0) (void)close(fd);
}

static void serve(int listener) {
    struct epoll_event events[256], event = {.events = EPOLLIN, .data.fd = listener};
    int set = epoll_create1(0), one = 1;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    epoll_ctl(set, EPOLL_CTL_ADD, listener, &event);
    for (;;) {
        int count = epoll_wait(set, events, 256, -1);
        for (int i = 0; i < count; i++) {
            if (events[i].data.fd != listener) {
                answer(events[i].data.fd);
                continue;
            }
            int fd = accept(listener, NULL, NULL);
            setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
            event.data.fd = fd;
            epoll_ctl(set, EPOLL_CTL_ADD, fd, &event);
        }
    }
}

pid_t bare_target_start(char *url, size_t size) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(listener, 1024) != 0 ||
        getsockname(listener, (struct sockaddr *)&address, &len) != 0)
        exit(1);
    (void)snprintf(url, size, "http://127.0.0.1:%d/", ntohs(address.sin_port));
    pid_t child = fork();
    if (child == 0) serve(listener);
    (void)close(listener);
    return child;
}

void bare_target_stop(pid_t target) {
    (void)kill(target, SIGKILL);
    (void)waitpid(target, NULL, 0);
}

/* --- bare libcurl --- */

static size_t drop(char *bytes, size_t size, size_t count, void *context) {
    (void)bytes, (void)context;
    return size * count;
}

struct bare {
    CURLM *multi;
    int epoll;
    long timeout;
    int in_flight;
};

static int on_bare_socket(CURL *easy, curl_socket_t fd, int what, void *context, void *known) {
    (void)easy;
    struct bare *bare = context;
    struct epoll_event event = {.data.fd = fd};
    if (what != CURL_POLL_OUT) event.events |= EPOLLIN;
    if (what != CURL_POLL_IN) event.events |= EPOLLOUT;
    int how = what == CURL_POLL_REMOVE ? EPOLL_CTL_DEL : EPOLL_CTL_MOD;
    if (epoll_ctl(bare->epoll, how, fd, &event) != 0 && errno == ENOENT)
        epoll_ctl(bare->epoll, EPOLL_CTL_ADD, fd, &event);
    (void)known;
    return 0;
}

static int on_bare_timer(CURLM *multi, long timeout, void *context) {
    (void)multi;
    ((struct bare *)context)->timeout = timeout;
    return 0;
}

static int bare_calls(struct bare *bare, const char *url, int calls) {
    CURLM *multi = bare->multi;
    CURL **easy = calloc((size_t)bare->in_flight, sizeof(CURL *));
    if (easy == NULL) exit(1);
    int started = 0, done = 0, failed = 0, running, left;
    for (int i = 0; i < bare->in_flight; i++, started++) {
        easy[i] = curl_easy_init();
        curl_easy_setopt(easy[i], CURLOPT_URL, url);
        curl_easy_setopt(easy[i], CURLOPT_WRITEFUNCTION, drop);
        curl_easy_setopt(easy[i], CURLOPT_NOSIGNAL, 1L);
        curl_multi_add_handle(multi, easy[i]);
    }
    while (done < calls) {
        struct epoll_event events[256];
        int count = epoll_wait(bare->epoll, events, 256, (int)bare->timeout);
        for (int i = 0; i < count; i++)
            curl_multi_socket_action(
                multi, events[i].data.fd,
                events[i].events & EPOLLIN ? CURL_CSELECT_IN : CURL_CSELECT_OUT, &running);
        if (bare->timeout >= 0 && (count == 0 || bare->timeout == 0))
            curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &running);
        CURLMsg *message;
        while ((message = curl_multi_info_read(multi, &left))) {
            CURL *ended = message->easy_handle;
            failed += message->data.result != CURLE_OK;
            done++;
            curl_multi_remove_handle(multi, ended);
            if (started++ < calls) curl_multi_add_handle(multi, ended);
        }
    }
    for (int i = 0; i < bare->in_flight; i++) {
        curl_multi_remove_handle(multi, easy[i]);
        curl_easy_cleanup(easy[i]);
    }
    free(easy);
    return failed;
}

int bare_curl_run(const char *url, int calls, int in_flight) {
    CURLM *multi = curl_multi_init();
    struct bare bare = {
        .multi = multi, .epoll = epoll_create1(0), .timeout = -1, .in_flight = in_flight};
    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_bare_socket);
    curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, &bare);
    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_bare_timer);
    curl_multi_setopt(multi, CURLMOPT_TIMERDATA, &bare);
    int failed = bare_calls(&bare, url, calls);
    curl_multi_cleanup(multi);
    (void)close(bare.epoll);
    return failed;
}
