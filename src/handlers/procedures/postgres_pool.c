/* postgres_pool.c - see postgres_pool.h.
 *
 * One timer does all that comes with time: the next attempt to connect, those who have waited too
 * long, and connections that were idle too long. It does not keep the loop alive. */
#include "handlers/procedures/postgres_pool.h"

#include "base/log.h"
#include "base/mem.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TICK_MS = 100, FIRST_DELAY_MS = 100, LONGEST_DELAY_MS = 3000 };

struct postgres_pool {
    uv_loop_t *loop;
    const struct procedure_connection *connection;
    struct postgres_options options;
    uv_timer_t *timer;
    struct list opening, idle, busy; // connections
    struct list requests;            // that wait, oldest first
    int64_t count, opening_count, open_count;
    int failures;             // of opening, in a row
    struct mono next_attempt; // not before
    bool is_unwatched;        // the server does not take client_connection_check_interval
    char why[600];            // it could not be opened last
};

static void serve(struct postgres_pool *self);
static void on_tick(uv_timer_t *timer);

static struct mono now_of(const struct postgres_pool *self) {
    return clock_mono(self->options.clock);
}

/* --- connections come and go --- */

static bool can_mend_itself(const struct postgres_failure *failure) {
    static const char *const transient[] = {"57P03", "57P01", "57P02", "53300",
                                            "08006", "08000", "08001", "08004"};
    if (!failure->sqlstate[0]) return true;
    for (size_t i = 0; i < COUNT_OF(transient); i++)
        if (strcmp(failure->sqlstate, transient[i]) == 0) return true;
    return false;
}

/* Some servers and poolers take no setting that they do not know. */
static bool dislikes_the_watch(const struct postgres_failure *failure) {
    return strcmp(failure->sqlstate, "42704") == 0 || strcmp(failure->sqlstate, "08P01") == 0 ||
           strstr(failure->message, "startup parameter") != NULL;
}

static void fail_all(struct postgres_pool *self) {
    struct list *node;
    while ((node = list_take_first(&self->requests))) {
        struct postgres_request *request = LIST_ENTRY(node, struct postgres_request, node);
        request->failed(request, self->why);
    }
}

/* libpq quotes no password; a server, or whoever answers in its place, may. */
static void hide(struct postgres_pool *self, const char *message) {
    struct redactor redactor = {0};
    struct buf clean = buf_with_max(0);
    procedure_connection_hide(self->connection, &redactor);
    redactor_text(&redactor, str_from_cstr(message), &clean);
    (void)snprintf(self->why, sizeof self->why, "%.*s", STR_ARG(buf_str(&clean)));
    buf_free(&clean);
    redactor_free(&redactor);
}

static void note_failure(struct postgres_pool *self, const struct postgres_failure *failure) {
    hide(self, failure->message);
    if (!self->is_unwatched && dislikes_the_watch(failure)) {
        self->is_unwatched = true;
        return;
    }
    if (!can_mend_itself(failure)) {
        fail_all(self);
        return;
    }
    int64_t delay = FIRST_DELAY_MS << (self->failures < 5 ? self->failures : 5);
    if (delay > LONGEST_DELAY_MS) delay = LONGEST_DELAY_MS;
    delay = delay / 2 + randombytes_uniform((uint32_t)delay);
    if (self->failures++ == 0)
        log_warn("database cannot be reached", "connection=%.*s why=\"%s\"",
                 STR_ARG(self->connection->name), self->why);
    self->next_attempt = mono_add(now_of(self), span_ms(delay));
}

static void close_one(struct postgres_pool *self, struct postgres_connection *connection) {
    self->count--;
    postgres_connection_close(connection);
}

static void on_opened(void *context, struct postgres_connection *connection,
                      const struct postgres_failure *failure) {
    struct postgres_pool *self = context;
    self->opening_count--;
    if (failure) {
        note_failure(self, failure);
        close_one(self, connection);
    } else {
        if (self->failures > 0)
            log_info("database is reached again", "connection=%.*s attempts=%d",
                     STR_ARG(self->connection->name), self->failures);
        self->failures = 0;
        self->next_attempt = (struct mono){0};
        self->open_count++;
        connection->idle_since = now_of(self);
        list_remove(&connection->node);
        list_prepend(&self->idle, &connection->node);
    }
    serve(self);
}

static void on_idle(void *context, struct postgres_connection *connection) {
    struct postgres_pool *self = context;
    connection->idle_since = now_of(self);
    list_remove(&connection->node);
    list_prepend(&self->idle, &connection->node);
    serve(self);
}

static void on_lost(void *context, struct postgres_connection *connection) {
    struct postgres_pool *self = context;
    self->open_count--;
    close_one(self, connection);
    serve(self);
}

static void open_one(struct postgres_pool *self) {
    struct postgres_connection_options options = {
        .string = self->connection->string.ptr,
        .seconds = self->options.connect_seconds,
        .is_unwatched = self->is_unwatched,
        .opened = on_opened,
        .idle = on_idle,
        .lost = on_lost,
        .context = self,
    };
    struct postgres_connection *connection = postgres_connection_open(self->loop, &options);
    list_append(&self->opening, &connection->node);
    self->count++;
    self->opening_count++;
}

/* --- those who wait --- */

static struct postgres_connection *take_idle(struct postgres_pool *self) {
    struct list *node;
    while ((node = list_take_first(&self->idle))) {
        struct postgres_connection *connection = LIST_ENTRY(node, struct postgres_connection, node);
        if (!postgres_connection_is_broken(connection)) {
            list_append(&self->busy, &connection->node);
            return connection;
        }
        self->open_count--;
        close_one(self, connection);
    }
    return NULL;
}

static bool may_open(const struct postgres_pool *self) {
    return self->count < self->options.max_connections &&
           !mono_before(now_of(self), self->next_attempt);
}

static int64_t count_waiting(struct postgres_pool *self, int64_t most) {
    int64_t count = 0;
    for (struct list *at = self->requests.next; at != &self->requests && count < most;
         at = at->next)
        count++;
    return count;
}

static void set_timer(struct postgres_pool *self) {
    bool is_needed = !list_is_empty(&self->requests) || !list_is_empty(&self->idle);
    bool runs = uv_is_active((uv_handle_t *)self->timer) != 0;
    uint64_t every = list_is_empty(&self->requests) ? 1000 : TICK_MS;
    if (!is_needed && runs)
        (void)uv_timer_stop(self->timer);
    else if (is_needed && (!runs || uv_timer_get_repeat(self->timer) > every))
        (void)uv_timer_start(self->timer, on_tick, every, every);
}

/* After a failure one attempt is made at a time. */
static void serve(struct postgres_pool *self) {
    while (!list_is_empty(&self->requests)) {
        struct postgres_connection *connection = take_idle(self);
        if (!connection) break;
        struct list *node = list_take_first(&self->requests);
        struct postgres_request *request = LIST_ENTRY(node, struct postgres_request, node);
        request->ready(request, connection);
    }
    int64_t wanted = count_waiting(self, self->options.max_connections);
    if (self->failures > 0 && wanted > 1) wanted = 1;
    while (self->opening_count < wanted && may_open(self)) open_one(self);
    set_timer(self);
}

static void fail_late(struct postgres_pool *self) {
    struct mono limit = mono_add(now_of(self), span_seconds(-self->options.connect_seconds));
    while (self->open_count == 0 && self->failures > 0) {
        struct list *node = list_first(&self->requests);
        if (!node) return;
        struct postgres_request *request = LIST_ENTRY(node, struct postgres_request, node);
        if (mono_before(limit, request->asked_at)) return;
        list_remove(node);
        request->failed(request, self->why);
    }
}

static void close_old(struct postgres_pool *self) {
    struct mono limit = mono_add(now_of(self), span_seconds(-self->options.idle_seconds));
    while (!list_is_empty(&self->idle)) { // the longest idle is the last
        struct postgres_connection *oldest =
            LIST_ENTRY(self->idle.prev, struct postgres_connection, node);
        if (mono_before(limit, oldest->idle_since)) return;
        self->open_count--;
        close_one(self, oldest);
    }
}

static void on_tick(uv_timer_t *timer) {
    struct postgres_pool *self = timer->data;
    fail_late(self);
    close_old(self);
    serve(self);
}

void postgres_pool_ask(struct postgres_pool *self, struct postgres_request *request) {
    request->asked_at = now_of(self);
    list_append(&self->requests, &request->node);
    serve(self);
}

void postgres_pool_forget(struct postgres_pool *self, struct postgres_request *request) {
    list_remove(&request->node);
    set_timer(self);
}

/* --- those who had one --- */

void postgres_pool_release(struct postgres_pool *self, struct postgres_connection *connection) {
    postgres_connection_listen(connection, NULL, NULL);
    if (connection->is_tainted)
        postgres_pool_drop(self, connection);
    else if (connection->phase == POSTGRES_QUERY)
        postgres_connection_rest(connection);
}

void postgres_pool_drop(struct postgres_pool *self, struct postgres_connection *connection) {
    self->open_count--;
    close_one(self, connection);
    serve(self);
}

/* --- the pool --- */

static void free_timer(uv_handle_t *timer) {
    free(timer);
}

struct postgres_pool *postgres_pool_new(uv_loop_t *loop,
                                        const struct procedure_connection *connection,
                                        const struct postgres_options *options) {
    struct postgres_pool *self = xcalloc(1, sizeof *self);
    self->loop = loop;
    self->connection = connection;
    self->options = *options;
    list_init(&self->opening);
    list_init(&self->idle);
    list_init(&self->busy);
    list_init(&self->requests);
    self->timer = xcalloc(1, sizeof *self->timer);
    self->timer->data = self;
    (void)uv_timer_init(loop, self->timer);
    uv_unref((uv_handle_t *)self->timer);
    return self;
}

void postgres_pool_free(struct postgres_pool *self) {
    struct list *all[] = {&self->opening, &self->idle, &self->busy};
    for (size_t i = 0; i < COUNT_OF(all); i++)
        while (!list_is_empty(all[i]))
            close_one(self, LIST_ENTRY(list_first(all[i]), struct postgres_connection, node));
    (void)uv_timer_stop(self->timer);
    uv_close((uv_handle_t *)self->timer, free_timer);
    free(self);
}
