/* server.c - starting and stopping; see server.h.
 *
 * The listening socket is made here, not by libmicrohttpd, so that a failure can say what failed
 * and the port is known. libmicrohttpd then runs a pool of epoll threads; each connection stays
 * with one of them. Beside them: the workers (handlers that may wait) and the keeper (deadlines,
 * heartbeats).
 */
#include "http/server.h"

#include "base/log.h"
#include "http/connection.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    DEFAULT_THREADS = 2,
    DEFAULT_WORKERS = 16,
    DEFAULT_CONNECTIONS = 1000,
    DEFAULT_REQUEST_SECONDS = 30,
    DEFAULT_HEADER_SECONDS = 10,
    DEFAULT_GRACE_SECONDS = 30,
    /* A target of MAX_URI, headers of MAX_HEADER_BYTES, and 16 KiB for libmicrohttpd's own lists
     * and the head of the answer; what is larger still meets its own 414 and 431. It is wiped with
     * every request, so more of it costs time. */
    CONNECTION_MEMORY = 40 * 1024,
    BACKLOG = 511,
};

static const char tls_priorities[] =
    "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-RSA:-AES-128-CBC:-AES-256-CBC:"
    "-CAMELLIA-128-CBC:-CAMELLIA-256-CBC:-SHA1:-3DES-CBC:%SERVER_PRECEDENCE";

static unsigned or_default(unsigned value, unsigned fallback) {
    return value ? value : fallback;
}

static void on_complaint(void *context, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));

/* The starting thread's last complaint is kept for the error; those of other threads are about
 * single clients, and may come before the start is over. */
static void on_complaint(void *context, const char *format, va_list args) {
    struct http_server *server = context;
    char text[256];
    (void)vsnprintf(text, sizeof text, format, args);
    if (pthread_equal(pthread_self(), server->starter)) {
        memcpy(server->complaint, text, sizeof text);
    } else {
        struct str line = str_trim(str_from_cstr(text));
        log_debug("http library", "text=\"%.*s\"", STR_ARG(line));
    }
}

static char **copy_hosts(const char *const *hosts) {
    size_t count = 0;
    if (hosts == NULL) return NULL;
    while (hosts[count]) count++;
    char **copy = xcalloc(count + 1, sizeof *copy);
    for (size_t i = 0; i < count; i++) copy[i] = xstrdup(hosts[i]);
    return copy;
}

static void server_free(struct http_server *server) {
    if (server == NULL) return;
    address_list_free(server->proxies);
    cors_free(server->cors);
    rate_free(server->rate);
    for (char **host = server->hosts; host && *host; host++) free(*host);
    free(server->hosts);
    free(server);
}

static struct http_server *server_new(const struct http_server_options *options,
                                      const struct http_router *router, struct err *err) {
    struct http_server *server = xcalloc(1, sizeof *server);
    server->starter = pthread_self();
    server->router = router;
    server->clock = options->clock ? options->clock : clock_system();
    server->before = options->before;
    server->done = options->done;
    server->context = options->context;
    server->header_timeout = or_default(options->header_timeout_seconds, DEFAULT_HEADER_SECONDS);
    server->request_timeout = or_default(options->request_timeout_seconds, DEFAULT_REQUEST_SECONDS);
    server->stop_grace = or_default(options->stop_grace_seconds, DEFAULT_GRACE_SECONDS);
    server->max_body = options->max_body ? options->max_body : MAX_BODY;
    server->tls = options->tls_certificate != NULL;
    server->strict_layout = strcmp(MHD_get_version(), "0.9.75") == 0;
    server->hosts = copy_hosts(options->allowed_hosts);
    if (options->rate_limit_per_minute) server->rate = rate_new(options->rate_limit_per_minute);
    server->proxies = address_list_new(options->trusted_proxies, err);
    if (server->proxies) server->cors = cors_new(options->allowed_origins, err);
    if (server->cors) return server;
    server_free(server);
    return NULL;
}

/* --- The listening socket --- */

static int open_socket(const struct addrinfo *info) {
    int on = 1, off = 0;
    int fd = socket(info->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return -1;
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (info->ai_family == AF_INET6)
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    if (bind(fd, info->ai_addr, info->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0) return fd;
    int reason = errno;
    (void)close(fd);
    errno = reason;
    return -1;
}

static int listen_at(const struct http_server_options *options, struct err *err) {
    char port[8];
    const char *address = options->address ? options->address : "127.0.0.1";
    const struct addrinfo hints = {.ai_family = AF_UNSPEC,
                                   .ai_socktype = SOCK_STREAM,
                                   .ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV};
    struct addrinfo *info = NULL;
    if (options->listen_fd > 2) return options->listen_fd;
    (void)snprintf(port, sizeof port, "%u", options->port);
    if (strcmp(address, "localhost") == 0) address = "127.0.0.1";
    int failed = getaddrinfo(address, port, &hints, &info);
    if (failed) {
        err_set(err, ERR_INVALID, "cannot listen at \"%s\": %s", address, gai_strerror(failed));
        return -1;
    }
    int fd = open_socket(info);
    freeaddrinfo(info);
    if (fd < 0)
        err_set(err, ERR_UNAVAILABLE, "cannot listen at %s port %u: %s", address, options->port,
                strerror(errno));
    return fd;
}

static uint16_t port_of(int fd) {
    struct sockaddr_storage address = {.ss_family = AF_UNSPEC};
    socklen_t size = sizeof address;
    if (getsockname(fd, (struct sockaddr *)(void *)&address, &size) != 0) return 0;
    if (address.ss_family == AF_INET)
        return ntohs(((struct sockaddr_in *)(void *)&address)->sin_port);
    if (address.ss_family == AF_INET6)
        return ntohs(((struct sockaddr_in6 *)(void *)&address)->sin6_port);
    return 0;
}

/* --- libmicrohttpd --- */

static struct MHD_Daemon *start_daemon(struct http_server *server,
                                       const struct http_server_options *options, int fd) {
    unsigned threads = or_default(options->threads, DEFAULT_THREADS);
    unsigned connections = or_default(options->max_connections, DEFAULT_CONNECTIONS);
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG |
                     MHD_USE_TURBO;
    struct MHD_OptionItem items[8];
    size_t n = 0;
    if (server->tls) {
        flags |= MHD_USE_TLS;
        items[n++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_CERT, 0,
                                             (void *)(uintptr_t)options->tls_certificate};
        items[n++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_KEY, 0,
                                             (void *)(uintptr_t)options->tls_key};
        items[n++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_PRIORITIES, 0,
                                             (void *)(uintptr_t)tls_priorities};
    }
    /* One thread is no pool for libmicrohttpd. */
    if (threads > 1)
        items[n++] = (struct MHD_OptionItem){MHD_OPTION_THREAD_POOL_SIZE, (intptr_t)threads, NULL};
    items[n] = (struct MHD_OptionItem){MHD_OPTION_END, 0, NULL};
    /* Where check.h sees the head, it refuses with our own answer; other versions refuse it. */
    int strict = server->strict_layout ? 0 : 1;
    return MHD_start_daemon(
        flags, 0, NULL, NULL, exchange_on_access, server, MHD_OPTION_EXTERNAL_LOGGER, on_complaint,
        server, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_STRICT_FOR_CLIENT, strict,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY, MHD_OPTION_CONNECTION_LIMIT,
        connections < threads ? threads : connections, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
        options->max_connections_per_address, MHD_OPTION_CONNECTION_TIMEOUT,
        server->request_timeout, MHD_OPTION_URI_LOG_CALLBACK, exchange_on_uri, server,
        MHD_OPTION_NOTIFY_COMPLETED, exchange_on_completed, server, MHD_OPTION_NOTIFY_CONNECTION,
        connection_notify, server, MHD_OPTION_ARRAY, items, MHD_OPTION_END);
}

static bool start_threads(struct http_server *server, const struct http_server_options *options,
                          int fd, struct err *err) {
    server->workers =
        workers_start(or_default(options->workers, DEFAULT_WORKERS), exchange_work, err);
    if (server->workers == NULL) return false;
    sse_hub_init(&server->hub, server->clock);
    if (keeper_start(&server->keeper, server->clock, &server->hub, err)) {
        struct MHD_Daemon *daemon = start_daemon(server, options, fd);
        server->daemon = daemon;
        if (daemon) return true;
        keeper_stop(&server->keeper);
        keeper_destroy(&server->keeper);
        struct str complaint = str_trim(str_from_cstr(server->complaint));
        err_set(err, server->tls ? ERR_INVALID : ERR_UNAVAILABLE,
                "the HTTP server cannot start%s: %.*s",
                server->tls ? " (certificate and key?)" : "", STR_ARG(complaint));
    }
    sse_hub_destroy(&server->hub);
    workers_stop(server->workers);
    workers_free(server->workers);
    return false;
}

struct http_server *http_server_start(const struct http_server_options *options,
                                      const struct http_router *router, struct err *err) {
    if ((options->tls_certificate == NULL) != (options->tls_key == NULL)) {
        err_set(err, ERR_INVALID, "TLS needs both a certificate and its key");
        return NULL;
    }
    struct http_server *server = server_new(options, router, err);
    if (server == NULL) return NULL;
    int fd = listen_at(options, err);
    if (fd >= 0) {
        server->port = port_of(fd);
        if (start_threads(server, options, fd, err)) return server;
        (void)close(fd);
    }
    server_free(server);
    return NULL;
}

uint16_t http_server_port(const struct http_server *server) {
    return server->port;
}

static void wait_for_answers(struct http_server *server) {
    const struct timespec tick = {.tv_nsec = 5 * 1000 * 1000};
    struct mono limit = mono_add(clock_mono(server->clock), span_seconds(server->stop_grace));
    while (atomic_load_explicit(&server->active, memory_order_acquire) > 0 &&
           mono_before(clock_mono(server->clock), limit))
        (void)nanosleep(&tick, NULL);
}

void http_server_stop(struct http_server *server) {
    if (server == NULL) return;
    atomic_store(&server->stopping, true);
    int listening = MHD_quiesce_daemon(server->daemon);
    /* Nobody gets in any more; the descriptor stays taken while a thread may still look at it. */
    if (listening >= 0) (void)shutdown(listening, SHUT_RDWR);
    sse_hub_close(&server->hub);
    wait_for_answers(server);
    /* No connection may be suspended when the daemon stops, so each handler must come back. */
    workers_stop(server->workers);
    keeper_stop(&server->keeper);
    keeper_cut_all(&server->keeper);
    MHD_stop_daemon(server->daemon);
    if (listening >= 0) (void)close(listening);
    workers_free(server->workers);
    keeper_destroy(&server->keeper);
    sse_hub_destroy(&server->hub);
    server_free(server);
}
