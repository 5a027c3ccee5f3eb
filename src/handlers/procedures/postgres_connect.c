/* postgres_connect.c - opening a connection: see postgres_connection.h.
 *
 * libpq looks names up on the spot, and an answer may take half a minute. So names are looked up
 * here, on the thread pool, and libpq is handed addresses: each host of the string as often as it
 * has addresses, with its own name beside each, which TLS and the password file go by. */
#include "handlers/procedures/postgres_connection.h"

#include "base/mem.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { MAX_HOSTS = 16, MAX_ADDRESSES = 32, KEYWORDS = 24, CHECK_SECONDS = 5 };

struct host {
    const char *name; // "" = the default socket
    const char *port;
};

struct lookup {
    uv_getaddrinfo_t request;
    struct postgres_connect *connect; // NULL: nobody waits for it any more
};

struct postgres_connect {
    struct postgres_connection *connection;
    struct arena arena;
    struct host hosts[MAX_HOSTS];
    size_t host_count, next_host;
    struct buf names, addresses, ports; // lists with commas, in step
    size_t address_count;
    bool is_resolved_by_user; // hostaddr was given
    const char *options;      // of the string
    struct lookup *lookup;
    char why[200]; // the last name could not be looked up
};

/* --- failing --- */

static bool is_code(const char *text) {
    for (int i = 0; i < 5; i++)
        if (!((text[i] >= '0' && text[i] <= '9') || (text[i] >= 'A' && text[i] <= 'Z')))
            return false;
    return strncmp(text + 5, ": ", 2) == 0;
}

/* `…: FATAL:  28P01: password authentication failed for user "x"`, then lines about source code. */
void postgres_failure_read(const char *message, struct postgres_failure *ret) {
    *ret = (struct postgres_failure){0};
    struct buf text = buf_with_max(sizeof ret->message);
    struct str rest = str_trim(str_from_cstr(message));
    for (const char *at = strstr(message, ":  "); at; at = strstr(at + 1, ":  ")) {
        if (!is_code(at + 3)) continue;
        memcpy(ret->sqlstate, at + 3, 5);
        size_t length = strcspn(at, "\n");
        rest = str_slice((struct str){message, (size_t)(at - message) + length}, 0, SIZE_MAX);
        break;
    }
    rest = str_slice(rest, 0, sizeof ret->message - 1);
    for (size_t i = 0; i < rest.len; i++) {
        char c = rest.ptr[i];
        bool is_blank = c == '\n' || c == '\t' || c == '\r';
        bool again = text.len > 0 && text.ptr[text.len - 1] == ' ';
        if (!is_blank || !again) buf_put_char(&text, is_blank ? ' ' : c);
    }
    if (text.len > 0) memcpy(ret->message, text.ptr, text.len < 511 ? text.len : 511);
    buf_free(&text);
}

static void fail(struct postgres_connect *connect, const char *why) {
    struct postgres_connection *connection = connect->connection;
    struct postgres_failure failure;
    postgres_failure_read(why, &failure);
    postgres_connection_unwatch(connection);
    (void)uv_timer_stop(&connection->timer);
    connection->options.opened(connection->options.context, connection, &failure);
}

static void on_late(uv_timer_t *timer) {
    struct postgres_connection *connection = timer->data;
    char why[100];
    (void)snprintf(why, sizeof why, "no answer within %lld s",
                   (long long)connection->options.seconds);
    fail(connection->connect, why);
}

/* --- libpq --- */

static void advance(struct postgres_connect *connect);

static void on_ready(uv_poll_t *poll, int status, int events) {
    (void)status;
    (void)events;
    struct postgres_connection *connection = poll->data;
    advance(connection->connect);
}

/* The socket may be another one after each step, so it is watched anew. */
static void advance(struct postgres_connect *connect) {
    struct postgres_connection *connection = connect->connection;
    postgres_connection_unwatch(connection);
    switch (libpq()->PQconnectPoll(connection->pg)) {
    case PGRES_POLLING_READING:
        postgres_connection_watch(connection, UV_READABLE | UV_DISCONNECT, on_ready);
        return;
    case PGRES_POLLING_WRITING:
        postgres_connection_watch(connection, UV_WRITABLE | UV_DISCONNECT, on_ready);
        return;
    case PGRES_POLLING_OK: postgres_connection_begin(connection); return;
    default: fail(connect, libpq()->PQerrorMessage(connection->pg)); return;
    }
}

/* What stands before the string are defaults, what stands behind it overrides it. */
static void connect_now(struct postgres_connect *connect) {
    struct postgres_connection *connection = connect->connection;
    const char *keys[KEYWORDS], *values[KEYWORDS];
    char options[1200];
    int count = 0;
#define ADD(key, value) (keys[count] = (key), values[count] = (value), count++)
    ADD("application_name", "alphabet");
    ADD("keepalives_idle", "30");
    ADD("keepalives_interval", "10");
    ADD("keepalives_count", "3");
    ADD("tcp_user_timeout", "30000");
    ADD("dbname", connection->options.string);
    ADD("client_encoding", "UTF8");
    if (!connection->options.is_unwatched) {
        /* Dates in one form; and the server notices within seconds that we are gone, and stops
         * what it does for us. */
        (void)snprintf(options, sizeof options,
                       "%.1000s -c datestyle=ISO -c client_connection_check_interval=%ds",
                       connect->options ? connect->options : "", CHECK_SECONDS);
        ADD("options", options);
    }
    if (connect->address_count > 0) {
        ADD("host", connect->names.ptr);
        ADD("hostaddr", connect->addresses.ptr);
        ADD("port", connect->ports.ptr);
    }
    keys[count] = values[count] = NULL;
#undef ADD
    connection->pg = libpq()->PQconnectStartParams(keys, values, 1);
    if (!connection->pg) abort(); // out of memory
    if (libpq()->PQstatus(connection->pg) == CONNECTION_BAD) {
        fail(connect, libpq()->PQerrorMessage(connection->pg));
        return;
    }
    (void)libpq()->PQsetErrorVerbosity(connection->pg, PQERRORS_VERBOSE);
    postgres_connection_watch(connection, UV_WRITABLE | UV_DISCONNECT, on_ready);
}

/* --- names --- */

static void add_address(struct postgres_connect *connect, const struct host *host,
                        const char *address) {
    if (connect->address_count == MAX_ADDRESSES) return;
    const char *comma = connect->address_count++ > 0 ? "," : "";
    buf_printf(&connect->names, "%s%s", comma, host->name);
    buf_printf(&connect->addresses, "%s%s", comma, address);
    buf_printf(&connect->ports, "%s%s", comma, host->port);
}

static void look_up_next(struct postgres_connect *connect);

static void on_found(uv_getaddrinfo_t *request, int status, struct addrinfo *found) {
    struct lookup *lookup = request->data;
    struct postgres_connect *connect = lookup->connect;
    if (connect) {
        const struct host *host = &connect->hosts[connect->next_host++];
        connect->lookup = NULL;
        if (status != 0)
            (void)snprintf(connect->why, sizeof connect->why,
                           "the name %.100s could not be resolved", host->name);
        for (const struct addrinfo *each = status == 0 ? found : NULL; each; each = each->ai_next) {
            char text[NI_MAXHOST];
            if (getnameinfo(each->ai_addr, each->ai_addrlen, text, sizeof text, NULL, 0,
                            NI_NUMERICHOST) == 0)
                add_address(connect, host, text);
        }
    }
    if (found) uv_freeaddrinfo(found);
    free(lookup);
    if (connect) look_up_next(connect);
}

static bool needs_lookup(const char *name) {
    unsigned char bytes[sizeof(struct in6_addr)];
    return name[0] != '\0' && name[0] != '/' && name[0] != '@' &&
           inet_pton(AF_INET, name, bytes) != 1 && inet_pton(AF_INET6, name, bytes) != 1;
}

static void look_up_next(struct postgres_connect *connect) {
    for (; connect->next_host < connect->host_count; connect->next_host++) {
        const struct host *host = &connect->hosts[connect->next_host];
        if (!needs_lookup(host->name)) {
            bool is_socket = host->name[0] == '\0' || host->name[0] == '/' || host->name[0] == '@';
            add_address(connect, host, is_socket ? "" : host->name);
            continue;
        }
        static const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
        connect->lookup = xcalloc(1, sizeof *connect->lookup);
        connect->lookup->connect = connect;
        connect->lookup->request.data = connect->lookup;
        if (uv_getaddrinfo(connect->connection->loop, &connect->lookup->request, on_found,
                           host->name, NULL, &hints) == 0)
            return;
        free(connect->lookup);
        connect->lookup = NULL;
    }
    if (connect->host_count > 0 && connect->address_count == 0)
        fail(connect, connect->why[0] ? connect->why : "no host could be looked up");
    else
        connect_now(connect);
}

/* host=a,b port=1,2: a port alone counts for all. */
static void read_hosts(struct postgres_connect *connect, const char *host, const char *port) {
    struct str hosts = str_from_cstr(host), ports = str_from_cstr(port ? port : "");
    bool has_one_port = memchr(ports.ptr, ',', ports.len) == NULL;
    while (!str_is_absent(hosts) && connect->host_count < MAX_HOSTS) {
        struct str name = str_trim(str_cut(&hosts, ','));
        struct str own = has_one_port || str_is_absent(ports) ? ports : str_cut(&ports, ',');
        connect->hosts[connect->host_count++] =
            (struct host){arena_copy(&connect->arena, name.len ? name : STR("")).ptr,
                          arena_copy(&connect->arena, own.len ? own : STR("")).ptr};
    }
}

static void read_string(struct postgres_connect *connect) {
    PQconninfoOption *all = libpq()->PQconninfoParse(connect->connection->options.string, NULL);
    const char *host = NULL, *port = NULL;
    for (const PQconninfoOption *each = all; each && each->keyword; each++) {
        if (!each->val) continue;
        if (strcmp(each->keyword, "host") == 0) host = each->val;
        if (strcmp(each->keyword, "port") == 0) port = each->val;
        if (strcmp(each->keyword, "hostaddr") == 0) connect->is_resolved_by_user = true;
        if (strcmp(each->keyword, "options") == 0)
            connect->options = arena_copy(&connect->arena, str_from_cstr(each->val)).ptr;
    }
    if (!host) host = getenv("PGHOST");
    if (!port) port = getenv("PGPORT");
    if (!connect->options) connect->options = getenv("PGOPTIONS");
    if (host && !connect->is_resolved_by_user) read_hosts(connect, host, port);
    libpq()->PQconninfoFree(all);
}

/* --- start and end --- */

/* The first step comes from the loop, so that whoever opens has the connection before it is told.
 */
static void begin(uv_timer_t *timer) {
    struct postgres_connection *connection = timer->data;
    struct postgres_connect *connect = connection->connect;
    (void)uv_timer_start(timer, on_late, (uint64_t)connection->options.seconds * 1000, 0);
    read_string(connect);
    look_up_next(connect);
}

struct postgres_connect *postgres_connect_start(struct postgres_connection *connection) {
    struct postgres_connect *connect = xcalloc(1, sizeof *connect);
    connect->connection = connection;
    connect->names = connect->addresses = connect->ports = buf_with_max(0);
    (void)uv_timer_start(&connection->timer, begin, 0, 0);
    return connect;
}

void postgres_connect_end(struct postgres_connect *connect) {
    if (!connect) return;
    if (connect->lookup) {
        connect->lookup->connect = NULL;
        (void)uv_cancel((uv_req_t *)&connect->lookup->request);
    }
    buf_free(&connect->names);
    buf_free(&connect->addresses);
    buf_free(&connect->ports);
    arena_free(&connect->arena);
    free(connect);
}
