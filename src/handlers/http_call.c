/* http_call.c - the HttpCall job type: see http_call.h, and http_exchange.h for the states.
 *
 * Exchanges are pooled with their easy handles, last in first out, so that the next call finds a
 * handle that is warm and often already set up for its job. libcurl forbids adding and removing
 * transfers from inside its callbacks; what is decided there, and every result of stop, waits for
 * on_settle, which runs outside.
 *
 * The guard sits where a socket is opened: refusing there is the last word, because the address is
 * the one libcurl is about to connect to, whoever named it and whenever it was looked up. */
#include "handlers/http_call.h"

#include "base/json_read.h"
#include "handlers/config_cache.h"
#include "handlers/curl_loop.h"
#include "handlers/http_exchange.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

enum {
    POOLED_EXCHANGES = 1024, // idle ones beyond it are freed
    WAITING_TICK_MS = 100,   // how often the deadlines of calls that wait for a name are looked at
    RECEIVE_BUFFER = 8192,   // thousands of slow calls hold one each
};

struct http_call {
    struct handler handler; // first: the engine's view
    struct http_call_options options;
    uv_loop_t *loop;
    struct curl_loop *curls;
    struct config_cache cache;
    struct resolve_gate gate;
    uv_timer_t tick;
    struct http_exchange *idle; // the pool
    size_t idle_count;
    struct http_exchange *stopped; // their results are due
};

static struct http_call *self_of(struct handler *handler) {
    return (struct http_call *)(void *)handler;
}

static uint64_t now_ms(const struct http_call *self) {
    return uv_now(self->loop);
}

/* --- libcurl's callbacks --- */

/* Live output goes as far as the head that is kept. */
static void put_into_run(void *context, struct str piece) {
    struct http_exchange *exchange = context;
    int64_t room = (int64_t)exchange->capture.max - exchange->capture.total;
    capture_add(&exchange->capture, piece);
    if (exchange->run->progress && room > 0)
        exchange->run->progress(exchange->run, str_slice(piece, 0, (size_t)room));
}

static size_t on_body(char *bytes, size_t size, size_t count, void *context) {
    struct http_exchange *exchange = context;
    size_t len = size * count;
    if (exchange->state != EXCHANGE_RUNNING) return 0; // stopped from inside: ends the transfer
    exchange->body_bytes += (int64_t)len;
    if (exchange->body_bytes > exchange->owner->options.max_response_bytes) {
        exchange->cut = CUT_BODY_TOO_LONG;
        return 0;
    }
    long status = 0;
    if (exchange->config->follow_redirects)
        (void)curl_easy_getinfo(exchange->easy, CURLINFO_RESPONSE_CODE, &status);
    if (!http_result_is_redirect(exchange->config, status))
        redactor_feed(&exchange->redactor, (struct str){bytes, len}, put_into_run, exchange);
    return len;
}

static size_t on_header(char *bytes, size_t size, size_t count, void *context) {
    (void)bytes;
    struct http_exchange *exchange = context;
    exchange->header_bytes += size * count;
    if (exchange->header_bytes <= MAX_RESPONSE_HEADER_BYTES) return size * count;
    exchange->cut = CUT_HEADERS_TOO_LONG;
    return 0;
}

static curl_socket_t on_open_socket(void *context, curlsocktype purpose,
                                    struct curl_sockaddr *address) {
    (void)purpose;
    struct http_exchange *exchange = context;
    struct http_call *self = exchange->owner;
    gate_news(&self->gate, &exchange->pass, GATE_KNOWN, now_ms(self));
    struct str host = str_from_cstr(exchange_target(exchange)->host);
    if (!guard_allows(self->options.guard, host, &address->addr)) {
        exchange->saw_blocked = true;
        return CURL_SOCKET_BAD;
    }
    curl_socket_t fd = curl_loop_socket(self->curls, address);
    if (fd != CURL_SOCKET_BAD) exchange->opened_socket = true;
    return fd;
}

/* Just before the request goes out, on a new connection and on a reused one. */
static int on_connected(void *context, char *remote, char *local, int remote_port, int local_port) {
    (void)remote, (void)local, (void)remote_port, (void)local_port;
    struct http_exchange *exchange = context;
    struct http_call *self = exchange->owner;
    gate_news(&self->gate, &exchange->pass, GATE_NOT_NEEDED, now_ms(self));
    return CURL_PREREQFUNC_OK;
}

/* --- exchanges --- */

/* What no job can change, told once a handle. */
static void set_constants(struct http_call *self, struct http_exchange *exchange) {
    CURL *easy = exchange->easy;
    curl_easy_setopt(easy, CURLOPT_PRIVATE, exchange);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, exchange->error);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L); // never joins a resolver's thread
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "Alphabet-Scheduler/" ALPHABET_VERSION);
    curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, (long)RECEIVE_BUFFER);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, (long)self->options.connect_seconds);
    if (self->options.ca_file) curl_easy_setopt(easy, CURLOPT_CAINFO, self->options.ca_file);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, exchange);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, exchange);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, exchange);
    curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_connected);
    curl_easy_setopt(easy, CURLOPT_PREREQDATA, exchange);
    curl_loop_prepare_easy(self->curls, easy);
}

static struct http_exchange *exchange_take(struct http_call *self, struct run *run) {
    struct http_exchange *exchange = self->idle;
    if (exchange) {
        self->idle = exchange->next;
        self->idle_count--;
    } else {
        exchange = xcalloc(1, sizeof *exchange);
        exchange->owner = self;
        exchange->easy = curl_easy_init();
        if (!exchange->easy) abort();
        list_init(&exchange->pass.node);
        set_constants(self, exchange);
    }
    exchange->run = run;
    run->state = exchange;
    capture_reset(&exchange->capture, (size_t)run->max_output_bytes);
    return exchange;
}

static void exchange_free(struct http_exchange *exchange) {
    curl_easy_cleanup(exchange->easy);
    capture_free(&exchange->capture);
    buf_free(&exchange->expanded_body);
    arena_free(&exchange->arena);
    free(exchange);
}

/* Forgets the run. An expanded body and masks may hold secrets: they are wiped. */
static void exchange_give_back(struct http_exchange *exchange) {
    struct http_call *self = exchange->owner;
    if (exchange->has_own_target) target_free(&exchange->target);
    if (exchange->expanded_body.ptr) {
        memset(exchange->expanded_body.ptr, 0, exchange->expanded_body.cap);
        buf_free(&exchange->expanded_body);
    }
    if (exchange->redactor.count > 0) redactor_free(&exchange->redactor);
    if (exchange->arena.head) arena_free(&exchange->arena);
    http_config_release(exchange->config);
    exchange->config = NULL;
    exchange->run = NULL;
    exchange->state = EXCHANGE_IDLE;
    exchange->has_own_target = exchange->body_is_dropped = exchange->headers_are_dropped = false;
    exchange->saw_blocked = exchange->opened_socket = false;
    exchange->redirects = 0;
    exchange->header_bytes = 0;
    exchange->body_bytes = 0;
    exchange->cut = CUT_NONE;
    if (self->idle_count >= POOLED_EXCHANGES) {
        exchange_free(exchange);
        return;
    }
    exchange->next = self->idle;
    self->idle = exchange;
    self->idle_count++;
}

static void finish(struct http_exchange *exchange, const struct run_result *result) {
    struct run *run = exchange->run;
    run->state = NULL;
    run_finish(run, result);
    exchange_give_back(exchange);
}

static void finish_failed(struct http_exchange *exchange, enum error_type type,
                          struct str message) {
    struct run_result result = http_result_failed(exchange, type, message);
    finish(exchange, &result);
}

/* --- a hop: through the gate, into libcurl --- */

static bool is_address(const char *host) {
    unsigned char bytes[16];
    return inet_pton(AF_INET, host, bytes) == 1 || strchr(host, ':') != NULL;
}

static void send_hop(struct http_exchange *exchange) {
    struct http_call *self = exchange->owner;
    if (exchange->deadline > 0) {
        uint64_t now = now_ms(self);
        uint64_t left = exchange->deadline > now ? exchange->deadline - now : 1;
        curl_easy_setopt(exchange->easy, CURLOPT_TIMEOUT_MS, (long)left);
    }
    exchange->error[0] = '\0';
    exchange->state = EXCHANGE_RUNNING;
    exchange->is_in_multi = true;
    curl_loop_add(self->curls, exchange->easy);
}

static void on_tick(uv_timer_t *timer);

static void begin_hop(struct http_exchange *exchange) {
    struct http_call *self = exchange->owner;
    struct err err = ERR_INIT;
    if (!http_request_set(exchange, &self->options, &err)) {
        finish_failed(exchange, ERROR_CONFIGURATION, str_from_cstr(err.msg));
        return;
    }
    const struct target *target = exchange_target(exchange);
    exchange->state = EXCHANGE_WAITING;
    bool goes = is_address(target->host) ||
                gate_enter(&self->gate, &exchange->pass, str_from_cstr(target->host), target->port,
                           now_ms(self));
    if (goes && !curl_loop_is_inside(self->curls)) {
        send_hop(exchange);
    } else if (goes) { // libcurl is busy: the first thing on_settle does
        list_append(&self->gate.ready, &exchange->pass.node);
        curl_loop_wake(self->curls);
    } else if (!uv_is_active((uv_handle_t *)&self->tick)) {
        uv_timer_start(&self->tick, on_tick, WAITING_TICK_MS, WAITING_TICK_MS);
    }
}

/* --- redirects --- */

static bool redirect_target(struct http_exchange *exchange, struct target *ret, struct err *err) {
    char *url = NULL;
    (void)curl_easy_getinfo(exchange->easy, CURLINFO_REDIRECT_URL, &url);
    if (!url) return err_set(err, ERR_INVALID, "the target redirects without a usable Location");
    struct target target;
    if (!guard_read_url(exchange->owner->options.guard, str_from_cstr(url), &target, err))
        return err_wrap(err, "the target redirects to a URL that is not followed: it");
    if (exchange_target(exchange)->is_tls && !target.is_tls) {
        target_free(&target);
        return err_set(err, ERR_INVALID,
                       "the target redirects from https to http, which is not followed");
    }
    *ret = target;
    return true;
}

static void follow(struct http_exchange *exchange, int64_t status) {
    struct err err = ERR_INIT;
    struct target target = {0};
    bool may = exchange->redirects < exchange->config->max_redirects;
    if (!may) (void)err_set(&err, ERR_INVALID, "the target redirects too often");
    if (!may || !redirect_target(exchange, &target, &err)) {
        struct run_result result =
            http_result_failed(exchange, ERROR_HTTP_STATUS, str_from_cstr(err.msg));
        result.http_status = status;
        result.never_retry = !http_config_may_retry(exchange->config, status);
        finish(exchange, &result);
        return;
    }
    if (!target_same_origin(exchange_target(exchange), &target))
        exchange->headers_are_dropped = true;
    bool is_post = str_equal(exchange->config->method, STR("POST"));
    bool is_head = str_equal(exchange->config->method, STR("HEAD"));
    if ((status == 303 && !is_head) || ((status == 301 || status == 302) && is_post))
        exchange->body_is_dropped = true;
    if (exchange->has_own_target) target_free(&exchange->target);
    exchange->target = target;
    exchange->has_own_target = true;
    exchange->redirects++;
    exchange->header_bytes = 0;
    exchange->saw_blocked = exchange->opened_socket = false;
    begin_hop(exchange);
}

/* --- outside of libcurl --- */

static void on_done(void *context, CURL *easy, CURLcode code) {
    struct http_call *self = context;
    struct http_exchange *exchange = NULL;
    (void)curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&exchange);
    gate_news(&self->gate, &exchange->pass,
              code == CURLE_COULDNT_RESOLVE_HOST ? GATE_FAILED : GATE_LEFT, now_ms(self));
    exchange->is_in_multi = false;
    if (exchange->state == EXCHANGE_STOPPED) return; // its result is due in on_settle
    long status = 0;
    (void)curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    if (code == CURLE_OK && http_result_is_redirect(exchange->config, status)) {
        follow(exchange, status);
        return;
    }
    struct run_result result = http_result_of(exchange, code, &self->options);
    finish(exchange, &result);
}

static void settle_stopped(struct http_call *self) {
    while (self->stopped) {
        struct http_exchange *exchange = self->stopped;
        self->stopped = exchange->next;
        struct run_result result = http_result_stopped(exchange, now_ms(self) - exchange->began);
        if (exchange->is_in_multi) curl_loop_remove(self->curls, exchange->easy);
        exchange->is_in_multi = false;
        finish(exchange, &result);
    }
}

static void on_settle(void *context) {
    struct http_call *self = context;
    settle_stopped(self);
    struct gate_pass *pass;
    while ((pass = gate_next(&self->gate, now_ms(self)))) {
        struct http_exchange *exchange = LIST_ENTRY(pass, struct http_exchange, pass);
        if (!pass->has_failed) {
            send_hop(exchange);
            continue;
        }
        pass->has_failed = false;
        struct run_result result =
            http_result_of(exchange, CURLE_COULDNT_RESOLVE_HOST, &self->options);
        finish(exchange, &result);
    }
}

/* Calls that wait for a name keep their own timeout here; in libcurl they have none yet. */
static void on_tick(uv_timer_t *timer) {
    struct http_call *self = timer->data;
    uint64_t now = now_ms(self);
    for (struct list *node = self->gate.waiting.next; node != &self->gate.waiting;) {
        struct gate_pass *pass = LIST_ENTRY(node, struct gate_pass, node);
        struct http_exchange *exchange = LIST_ENTRY(pass, struct http_exchange, pass);
        node = node->next;
        if (exchange->deadline == 0 || exchange->deadline > now) continue;
        gate_news(&self->gate, pass, GATE_LEFT, now);
        finish_failed(exchange, ERROR_TIMEOUT,
                      STR("the name of the target was not resolved within timeoutSeconds"));
        node = self->gate.waiting.next; // finish may have changed the list
    }
    if (list_is_empty(&self->gate.waiting)) uv_timer_stop(timer);
}

/* --- the handler --- */

/* A configuration that was accepted can still be refused: the server's settings have changed. */
static struct http_config *read_config(struct http_call *self, const struct job *job,
                                       struct arena *arena, struct str *problem) {
    struct http_config *config = config_cache_find(&self->cache, job->row, job->revision);
    if (config) return config;
    struct err err = ERR_INIT;
    struct faults *faults = ARENA_NEW(arena, struct faults);
    faults->arena = arena;
    json_t *json = json_read(job->configuration, &err);
    struct variables_known known = {0};
    if (json) config = http_config_new(json, self->options.guard, &known, faults);
    json_decref(json);
    if (!json)
        *problem = arena_printf(arena, "jobConfiguration: %s", err.msg);
    else if (!config)
        *problem = arena_printf(arena, "%.*s: %.*s", STR_ARG(faults->items[0].field),
                                STR_ARG(faults->items[0].message));
    else
        config_cache_keep(&self->cache, job->row, job->revision, config);
    return config;
}

static void start(struct handler *handler, struct run *run) {
    struct http_call *self = self_of(handler);
    struct http_exchange *exchange = exchange_take(self, run);
    struct str problem = STR_NONE;
    struct err err = ERR_INIT;
    exchange->config = read_config(self, run->job, &exchange->arena, &problem);
    if (exchange->config && !http_request_prepare(exchange, &self->options, &err))
        problem = str_from_cstr(err.msg);
    if (!str_is_absent(problem)) {
        finish_failed(exchange, ERROR_CONFIGURATION, problem);
        return;
    }
    int64_t timeout = exchange->config->timeout_seconds;
    exchange->began = now_ms(self);
    exchange->deadline = timeout > 0 ? now_ms(self) + (uint64_t)timeout * 1000 : 0;
    begin_hop(exchange);
}

static void stop(struct handler *handler, struct run *run) {
    struct http_call *self = self_of(handler);
    struct http_exchange *exchange = run->state;
    if (!exchange || exchange->state == EXCHANGE_STOPPED) return;
    gate_news(&self->gate, &exchange->pass, GATE_LEFT, now_ms(self));
    exchange->state = EXCHANGE_STOPPED;
    if (exchange->is_in_multi && !curl_loop_is_inside(self->curls)) {
        curl_loop_remove(self->curls, exchange->easy); // closes its connection
        exchange->is_in_multi = false;
    }
    exchange->next = self->stopped;
    self->stopped = exchange;
    curl_loop_wake(self->curls);
}

static void validate(const struct handler *handler, const json_t *configuration,
                     struct faults *faults) {
    http_call_validate(&((const struct http_call *)(const void *)handler)->options, configuration,
                       faults);
}

static void on_tick_closed(uv_handle_t *tick) {
    free(tick->data);
}

static void free_handler(struct handler *handler) {
    struct http_call *self = self_of(handler);
    while (self->idle) {
        struct http_exchange *next = self->idle->next;
        exchange_free(self->idle);
        self->idle = next;
    }
    config_cache_clear(&self->cache);
    gate_free(&self->gate);
    curl_loop_free(self->curls);
    uv_close((uv_handle_t *)&self->tick, on_tick_closed);
}

struct handler *http_call_new(uv_loop_t *loop, const struct http_call_options *options,
                              struct err *err) {
    struct http_call *self = xcalloc(1, sizeof *self);
    struct curl_loop_callbacks callbacks = {.done = on_done, .settle = on_settle, .context = self};
    self->curls = curl_loop_new(loop, &callbacks, err);
    if (!self->curls) {
        free(self);
        return NULL;
    }
    self->handler = (struct handler){.type = JOB_HTTP_CALL,
                                     .validate = validate,
                                     .start = start,
                                     .stop = stop,
                                     .free = free_handler};
    self->options = *options;
    if (self->options.max_response_bytes == 0)
        self->options.max_response_bytes = DEFAULT_RESPONSE_BYTES;
    if (self->options.connect_seconds == 0) self->options.connect_seconds = DEFAULT_CONNECT_SECONDS;
    self->loop = loop;
    gate_init(&self->gate);
    uv_timer_init(loop, &self->tick);
    self->tick.data = self;
    return &self->handler;
}

void http_call_validate(const struct http_call_options *options, const json_t *configuration,
                        struct faults *faults) {
    struct variables_known known = {.secrets = options->secrets};
    http_config_release(http_config_new(configuration, options->guard, &known, faults));
}
