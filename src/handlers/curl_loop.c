/* curl_loop.c - see curl_loop.h.
 *
 * libcurl says which sockets it wants to hear of; they are kept in an epoll set of our own, which
 * hangs in the libuv loop as a single descriptor. A uv_poll_t for each socket would cost two system
 * calls for every change of interest and an allocation that can only be freed a turn later.
 *
 * A connection that becomes idle stays in the set, since the next request on it will want the same
 * event again: only when something does arrive on it unasked (its other end hangs up) is it taken
 * out. That makes a call over a kept connection free of epoll_ctl. It is done only for sockets that
 * we opened and whose closing we see; libcurl's own (its resolver's) are taken out at once.
 */
#include "handlers/curl_loop.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    EVENTS_A_TURN = 256,
    /* Connections kept, idle and in use together: beyond it, idle ones are closed. Above the number
     * of slow calls a node is expected to hold, or they would starve the fast ones of reuse. */
    MAX_CONNECTIONS = 8192,
};

struct socket_state {
    uint8_t wanted;     // EPOLLIN | EPOLLOUT that libcurl asked for
    uint8_t registered; // what the epoll set has
    bool is_ours;
};

struct curl_loop {
    uv_loop_t *loop;
    struct curl_loop_callbacks callbacks;
    CURLM *multi; // NULL until the first transfer
    int epoll;
    uv_poll_t poll;
    uv_timer_t timer; // libcurl's
    uv_timer_t wake;
    unsigned open_handles;        // of libuv; the memory goes with the last
    unsigned inside;              // depth of calls into libcurl
    size_t live;                  // transfers
    struct socket_state *sockets; // by descriptor
    size_t socket_count;
};

/* --- sockets --- */

static struct socket_state *state_of(struct curl_loop *curls, curl_socket_t fd) {
    size_t at = (size_t)fd;
    if (at >= curls->socket_count) {
        size_t count = curls->socket_count ? curls->socket_count : 64;
        while (count <= at) count *= 2;
        curls->sockets = xreallocarray(curls->sockets, count, sizeof *curls->sockets);
        memset(curls->sockets + curls->socket_count, 0,
               (count - curls->socket_count) * sizeof *curls->sockets);
        curls->socket_count = count;
    }
    return &curls->sockets[at];
}

static void unregister(struct curl_loop *curls, curl_socket_t fd, struct socket_state *state) {
    if (state->registered) (void)epoll_ctl(curls->epoll, EPOLL_CTL_DEL, fd, NULL);
    state->registered = 0;
}

static void register_wanted(struct curl_loop *curls, curl_socket_t fd, struct socket_state *state) {
    if (state->registered == state->wanted) return;
    struct epoll_event event = {.events = state->wanted, .data.fd = fd};
    int how = state->registered ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
    if (epoll_ctl(curls->epoll, how, fd, &event) != 0) {
        how = how == EPOLL_CTL_ADD ? EPOLL_CTL_MOD : EPOLL_CTL_ADD; // the number was used before
        if (epoll_ctl(curls->epoll, how, fd, &event) != 0) return;
    }
    state->registered = state->wanted;
}

static int on_curl_socket(CURL *easy, curl_socket_t fd, int what, void *context, void *unused) {
    (void)easy;
    (void)unused;
    struct curl_loop *curls = context;
    struct socket_state *state = state_of(curls, fd);
    state->wanted = 0;
    if (what == CURL_POLL_IN || what == CURL_POLL_INOUT) state->wanted |= EPOLLIN;
    if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT) state->wanted |= EPOLLOUT;
    if (state->wanted)
        register_wanted(curls, fd, state);
    else if (!state->is_ours)
        unregister(curls, fd, state);
    return 0;
}

curl_socket_t curl_loop_socket(struct curl_loop *curls, const struct curl_sockaddr *address) {
    int fd = socket(address->family, address->socktype | SOCK_CLOEXEC | SOCK_NONBLOCK,
                    address->protocol);
    if (fd < 0) return CURL_SOCKET_BAD;
    *state_of(curls, fd) = (struct socket_state){.is_ours = true};
    return fd;
}

static int on_curl_close(void *context, curl_socket_t fd) {
    struct curl_loop *curls = context;
    struct socket_state *state = state_of(curls, fd);
    unregister(curls, fd, state);
    *state = (struct socket_state){0};
    return close(fd);
}

void curl_loop_prepare_easy(struct curl_loop *curls, CURL *easy) {
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, on_curl_close);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, curls);
}

/* --- driving --- */

/* The loop stays alive for transfers, not for connections kept idle. */
static void count_live(struct curl_loop *curls, bool more) {
    if (more && curls->live++ == 0) {
        uv_ref((uv_handle_t *)&curls->poll);
        uv_ref((uv_handle_t *)&curls->timer);
    } else if (!more && --curls->live == 0) {
        uv_unref((uv_handle_t *)&curls->poll);
        uv_unref((uv_handle_t *)&curls->timer);
    }
}

/* Reports what has ended, then lets the owner act. */
static void settle(struct curl_loop *curls) {
    int left;
    CURLMsg *message;
    while ((message = curl_multi_info_read(curls->multi, &left))) {
        if (message->msg != CURLMSG_DONE) continue;
        CURL *easy = message->easy_handle;
        CURLcode code = message->data.result;
        curl_loop_remove(curls, easy);
        curls->callbacks.done(curls->callbacks.context, easy, code);
    }
    curls->callbacks.settle(curls->callbacks.context);
}

static void act(struct curl_loop *curls, curl_socket_t fd, int events) {
    int running;
    curls->inside++;
    (void)curl_multi_socket_action(curls->multi, fd, events, &running);
    curls->inside--;
}

static void on_ready(uv_poll_t *poll, int status, int unused) {
    (void)status;
    (void)unused;
    struct curl_loop *curls = poll->data;
    struct epoll_event events[EVENTS_A_TURN];
    int count = epoll_wait(curls->epoll, events, EVENTS_A_TURN, 0);
    if (count <= 0 || !curls->multi) return;
    for (int i = 0; i < count; i++) {
        curl_socket_t fd = events[i].data.fd;
        struct socket_state *state = state_of(curls, fd);
        if (!state->wanted) {
            unregister(curls, fd, state);
            continue;
        }
        int what = 0;
        if (events[i].events & EPOLLIN) what |= CURL_CSELECT_IN;
        if (events[i].events & EPOLLOUT) what |= CURL_CSELECT_OUT;
        if (events[i].events & (EPOLLERR | EPOLLHUP)) what |= CURL_CSELECT_ERR;
        act(curls, fd, what);
    }
    settle(curls);
}

static void on_timer(uv_timer_t *timer) {
    struct curl_loop *curls = timer->data;
    if (!curls->multi) return;
    act(curls, CURL_SOCKET_TIMEOUT, 0);
    settle(curls);
}

static void on_wake(uv_timer_t *timer) {
    struct curl_loop *curls = timer->data;
    uv_unref((uv_handle_t *)timer);
    if (curls->multi)
        settle(curls);
    else
        curls->callbacks.settle(curls->callbacks.context);
}

static int on_curl_timer(CURLM *multi, long timeout_ms, void *context) {
    (void)multi;
    struct curl_loop *curls = context;
    if (timeout_ms < 0) return uv_timer_stop(&curls->timer);
    return uv_timer_start(&curls->timer, on_timer, (uint64_t)timeout_ms, 0);
}

static void start_multi(struct curl_loop *curls) {
    if (curls->multi) return;
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) abort();
    curls->multi = curl_multi_init();
    if (!curls->multi) abort();
    curl_multi_setopt(curls->multi, CURLMOPT_SOCKETFUNCTION, on_curl_socket);
    curl_multi_setopt(curls->multi, CURLMOPT_SOCKETDATA, curls);
    curl_multi_setopt(curls->multi, CURLMOPT_TIMERFUNCTION, on_curl_timer);
    curl_multi_setopt(curls->multi, CURLMOPT_TIMERDATA, curls);
    curl_multi_setopt(curls->multi, CURLMOPT_MAXCONNECTS, (long)MAX_CONNECTIONS);
}

void curl_loop_add(struct curl_loop *curls, CURL *easy) {
    start_multi(curls);
    count_live(curls, true);
    if (curl_multi_add_handle(curls->multi, easy) != CURLM_OK) abort();
}

void curl_loop_remove(struct curl_loop *curls, CURL *easy) {
    count_live(curls, false);
    curls->inside++; // it may close sockets and end a transfer's callbacks
    if (curl_multi_remove_handle(curls->multi, easy) != CURLM_OK) abort();
    curls->inside--;
}

bool curl_loop_is_inside(const struct curl_loop *curls) {
    return curls->inside > 0;
}

void curl_loop_wake(struct curl_loop *curls) {
    uv_ref((uv_handle_t *)&curls->wake);
    uv_timer_start(&curls->wake, on_wake, 0, 0);
}

/* --- life --- */

struct curl_loop *curl_loop_new(uv_loop_t *loop, const struct curl_loop_callbacks *callbacks,
                                struct err *err) {
    int set = epoll_create1(EPOLL_CLOEXEC);
    struct curl_loop *curls = xcalloc(1, sizeof *curls);
    if (set < 0 || uv_poll_init(loop, &curls->poll, set) != 0) {
        (void)err_set(err, ERR_INTERNAL, "no event set for HTTP calls: %s", strerrordesc_np(errno));
        if (set >= 0) (void)close(set);
        free(curls);
        return NULL;
    }
    curls->loop = loop;
    curls->callbacks = *callbacks;
    curls->epoll = set;
    uv_timer_init(loop, &curls->timer);
    uv_timer_init(loop, &curls->wake);
    curls->poll.data = curls->timer.data = curls->wake.data = curls;
    uv_poll_start(&curls->poll, UV_READABLE, on_ready);
    uv_unref((uv_handle_t *)&curls->poll);
    uv_unref((uv_handle_t *)&curls->timer);
    uv_unref((uv_handle_t *)&curls->wake);
    curls->open_handles = 3;
    return curls;
}

static void on_closed(uv_handle_t *handle) {
    struct curl_loop *curls = handle->data;
    if (--curls->open_handles > 0) return;
    (void)close(curls->epoll);
    free(curls->sockets);
    free(curls);
}

void curl_loop_free(struct curl_loop *curls) {
    if (!curls) return;
    if (curls->multi) {
        curl_multi_cleanup(curls->multi);
        curl_global_cleanup();
        curls->multi = NULL;
    }
    uv_poll_stop(&curls->poll);
    uv_close((uv_handle_t *)&curls->poll, on_closed);
    uv_close((uv_handle_t *)&curls->timer, on_closed);
    uv_close((uv_handle_t *)&curls->wake, on_closed);
}
