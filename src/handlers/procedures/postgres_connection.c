/* postgres_connection.c - see postgres_connection.h; postgres_connect.c opens it.
 *
 * libpq's pipeline mode lets a call, the sync that ends it, and what tidies up behind it go out in
 * one write. What comes back is a list of results for each statement with a NULL at its end, and a
 * PGRES_PIPELINE_SYNC for each sync; after an error all that stands before the next sync is left
 * out by the server. */
#include "handlers/procedures/postgres_connection.h"

#include "base/hash.h"
#include "base/mem.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* What cannot fail and costs little is done behind each call; each a prepared statement. */
static const struct {
    const char *name, *sql;
} tidying[] = {
    {"alphabet_reset", "RESET ALL"}, // settings
    {"alphabet_close", "CLOSE ALL"}, // cursors
    {"alphabet_unlisten", "UNLISTEN *"},
};
static const char LEFT_NAME[] = "alphabet_left";
/* Embedded from postgres_left.sql. */
extern const unsigned char postgres_left_sql[];

/* --- watching the socket --- */

static void free_handle(uv_handle_t *handle) {
    free(handle);
}

void postgres_connection_unwatch(struct postgres_connection *self) {
    if (!self->poll) return;
    (void)uv_poll_stop(self->poll);
    uv_close((uv_handle_t *)self->poll, free_handle);
    self->poll = NULL;
    self->watched = 0;
}

void postgres_connection_watch(struct postgres_connection *self, int events, uv_poll_cb on) {
    if (!self->poll) {
        self->poll = xcalloc(1, sizeof *self->poll);
        self->poll->data = self;
        if (uv_poll_init(self->loop, self->poll, libpq()->PQsocket(self->pg)) != 0) abort();
    }
    if (self->watched == events) return;
    self->watched = events;
    (void)uv_poll_start(self->poll, events, on);
}

/* --- what comes in --- */

static void lose(struct postgres_connection *self) {
    if (self->phase == POSTGRES_OPENING) {
        struct postgres_failure failure;
        postgres_failure_read(libpq()->PQerrorMessage(self->pg), &failure);
        postgres_connection_unwatch(self);
        self->options.opened(self->options.context, self, &failure);
        return;
    }
    const struct postgres_events *events = self->events;
    char why[256] = "";
    struct str said = str_trim(str_from_cstr(libpq()->PQerrorMessage(self->pg)));
    said = str_slice(said, 0, sizeof why - 1);
    if (said.len > 0) memcpy(why, said.ptr, said.len);
    for (char *at = why; *at; at++)
        if (*at == '\n' || *at == '\t') *at = ' ';
    postgres_connection_unwatch(self);
    self->events = NULL;
    if (events)
        events->lost(self->context, why);
    else
        self->options.lost(self->options.context, self);
}

static bool send_discard(struct postgres_connection *self);

/* Each sync ends the transaction of what stands before it, so PostgreSQL leaves none open; what
 * only speaks its protocol may. */
static bool is_in_transaction(const struct postgres_connection *self) {
    PGTransactionStatusType status = libpq()->PQtransactionStatus(self->pg);
    return status == PQTRANS_INTRANS || status == PQTRANS_INERROR;
}

static void become_idle(struct postgres_connection *self) {
    self->phase = POSTGRES_IDLE;
    self->options.idle(self->options.context, self);
}

void postgres_connection_rest(struct postgres_connection *self) {
    assert(self->phase == POSTGRES_QUERY && self->syncs == 0);
    become_idle(self);
}

static void on_synced(struct postgres_connection *self) {
    enum postgres_phase phase = self->phase;
    if (self->syncs > 0 && phase == POSTGRES_CALL) self->phase = POSTGRES_TIDY;
    switch (phase) {
    case POSTGRES_IDLE: return;
    case POSTGRES_OPENING:
        if (self->is_dirty) {
            lose(self);
        } else {
            self->phase = POSTGRES_IDLE;
            self->options.opened(self->options.context, self, NULL);
        }
        return;
    case POSTGRES_QUERY:
    case POSTGRES_CALL:
        if (self->events) self->events->synced(self->context);
        return;
    case POSTGRES_TIDY: {
        struct str login =
            str_from_cstr(libpq()->PQparameterStatus(self->pg, "session_authorization"));
        bool is_dirty = self->is_dirty || !str_equal(login, self->login) || is_in_transaction(self);
        if (is_dirty && !send_discard(self))
            lose(self);
        else if (!is_dirty)
            become_idle(self);
        return;
    }
    case POSTGRES_DISCARD:
        if (self->syncs > 0) return;
        if (self->is_dirty)
            lose(self);
        else
            become_idle(self);
        return;
    }
}

static void on_result(struct postgres_connection *self, const PGresult *result) {
    ExecStatusType status = libpq()->PQresultStatus(result);
    bool has_failed = status == PGRES_FATAL_ERROR || status == PGRES_PIPELINE_ABORTED;
    switch (self->phase) {
    case POSTGRES_IDLE: return;
    case POSTGRES_QUERY:
        if (self->events) self->events->result(self->context, result, true);
        return;
    case POSTGRES_CALL:
        if (self->is_preparing && !has_failed) return;
        if (self->is_preparing && self->prepared[self->preparing_place].sql) {
            free(self->prepared[self->preparing_place].sql);
            self->prepared[self->preparing_place].sql = NULL;
        }
        if (self->events && status != PGRES_PIPELINE_ABORTED)
            self->events->result(self->context, result, self->is_preparing);
        return;
    case POSTGRES_OPENING:
    case POSTGRES_DISCARD: self->is_dirty = self->is_dirty || has_failed; return;
    case POSTGRES_TIDY:
        if (has_failed || (status == PGRES_TUPLES_OK && libpq()->PQntuples(result) == 1 &&
                           strcmp(libpq()->PQgetvalue(result, 0, 0), "t") == 0))
            self->is_dirty = true;
        return;
    }
}

static void process(struct postgres_connection *self) {
    bool was_null = false;
    while (!self->is_closed && self->syncs > 0 && !libpq()->PQisBusy(self->pg)) {
        PGresult *result = libpq()->PQgetResult(self->pg);
        if (!result && was_null) break; // nothing more, though something was expected
        was_null = !result;
        if (!result) {
            if (self->phase == POSTGRES_CALL && self->is_preparing) {
                self->is_preparing = false;
                (void)libpq()->PQsetSingleRowMode(self->pg);
            }
            continue;
        }
        bool is_end = libpq()->PQstatus(self->pg) == CONNECTION_BAD &&
                      !libpq()->PQresultErrorField(result, PG_DIAG_SQLSTATE);
        if (is_end) { // libpq's own words, not the server's
            libpq()->PQclear(result);
            break;
        }
        if (libpq()->PQresultStatus(result) == PGRES_PIPELINE_SYNC) {
            self->syncs--;
            on_synced(self);
        } else {
            on_result(self, result);
        }
        libpq()->PQclear(result);
    }
}

static void on_notice(void *context, const PGresult *notice) {
    struct postgres_connection *self = context;
    if (self->phase == POSTGRES_CALL && self->events) self->events->notice(self->context, notice);
}

/* Of a procedure that listens; libpq would keep them all. */
static void forget_notifications(struct postgres_connection *self) {
    PGnotify *each;
    while ((each = libpq()->PQnotifies(self->pg))) libpq()->PQfreemem(each);
}

static void on_ready(uv_poll_t *poll, int status, int events) {
    struct postgres_connection *self = poll->data;
    bool is_alive = status == 0;
    if (is_alive && (events & (UV_READABLE | UV_DISCONNECT)))
        is_alive = libpq()->PQconsumeInput(self->pg) == 1;
    int left = is_alive ? libpq()->PQflush(self->pg) : 0;
    if (left < 0) is_alive = false;
    process(self);
    if (self->is_closed) return;
    forget_notifications(self);
    if (!is_alive || libpq()->PQstatus(self->pg) == CONNECTION_BAD)
        lose(self);
    else
        postgres_connection_watch(self, UV_READABLE | (left > 0 ? UV_WRITABLE : 0), on_ready);
}

bool postgres_connection_is_broken(struct postgres_connection *self) {
    char byte;
    int socket = libpq()->PQsocket(self->pg);
    ssize_t got = recv(socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    if (got == 0) return true;
    return got < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR;
}

/* --- what goes out --- */

static bool flush(struct postgres_connection *self) {
    int left = libpq()->PQflush(self->pg);
    if (left < 0) return false;
    postgres_connection_watch(self, UV_READABLE | (left > 0 ? UV_WRITABLE : 0), on_ready);
    return true;
}

static bool sync_here(struct postgres_connection *self) {
    if (libpq()->PQpipelineSync(self->pg) != 1) return false;
    self->syncs++;
    return true;
}

static bool send_prepared(struct postgres_connection *self, const char *name) {
    return libpq()->PQsendQueryPrepared(self->pg, name, 0, NULL, NULL, NULL, 0) == 1;
}

static bool send_own_statements(struct postgres_connection *self) {
    const struct postgres_library *pq = libpq();
    for (size_t i = 0; i < COUNT_OF(tidying); i++)
        if (pq->PQsendPrepare(self->pg, tidying[i].name, tidying[i].sql, 0, NULL) != 1)
            return false;
    return pq->PQsendPrepare(self->pg, LEFT_NAME, (const char *)postgres_left_sql, 0, NULL) == 1 &&
           sync_here(self);
}

static bool send_tidying(struct postgres_connection *self) {
    for (size_t i = 0; i < COUNT_OF(tidying); i++)
        if (!send_prepared(self, tidying[i].name)) return false;
    return send_prepared(self, LEFT_NAME) && sync_here(self);
}

static void forget_prepared(struct postgres_connection *self) {
    for (size_t i = 0; i < MAX_PREPARED; i++) {
        free(self->prepared[i].sql);
        self->prepared[i].sql = NULL;
    }
}

static bool send_discard(struct postgres_connection *self) {
    forget_prepared(self);
    self->phase = POSTGRES_DISCARD;
    self->is_dirty = false;
    if (is_in_transaction(self) &&
        !(libpq()->PQsendQueryParams(self->pg, "ROLLBACK", 0, NULL, NULL, NULL, NULL, 0) == 1 &&
          sync_here(self)))
        return false;
    return libpq()->PQsendQueryParams(self->pg, "DISCARD ALL", 0, NULL, NULL, NULL, NULL, 0) == 1 &&
           sync_here(self) && send_own_statements(self) && flush(self);
}

bool postgres_connection_query(struct postgres_connection *self, const char *sql, int count,
                               const char *const *values) {
    assert(self->phase == POSTGRES_IDLE);
    self->phase = POSTGRES_QUERY;
    return libpq()->PQsendQueryParams(self->pg, sql, count, NULL, values, NULL, NULL, 0) == 1 &&
           sync_here(self) && flush(self);
}

static bool is_prepared(const struct postgres_connection *self, uint64_t hash, struct str sql,
                        size_t *ret) {
    for (size_t i = 0; i < MAX_PREPARED; i++) {
        if (!self->prepared[i].sql || self->prepared[i].hash != hash ||
            !str_equal(str_from_cstr(self->prepared[i].sql), sql))
            continue;
        *ret = i;
        return true;
    }
    return false;
}

static bool find_place(const struct postgres_connection *self, size_t *ret) {
    for (size_t i = 0; i < MAX_PREPARED; i++) {
        if (self->prepared[i].sql) continue;
        *ret = i;
        return true;
    }
    return false;
}

/* A call that is made for the first time on this connection is prepared on the way; beyond
 * MAX_PREPARED of them, they go out unprepared. */
bool postgres_connection_call(struct postgres_connection *self, struct str sql, int count,
                              const uint32_t *types, const char *const *values) {
    assert(self->phase == POSTGRES_IDLE || self->phase == POSTGRES_QUERY);
    const struct postgres_library *pq = libpq();
    uint64_t hash = hash_str(sql, (uint64_t)count);
    for (int i = 0; i < count; i++) hash = hash_bytes(&types[i], sizeof types[i], hash);
    char name[24] = "";
    size_t place;
    self->phase = POSTGRES_CALL;
    self->is_preparing = self->is_dirty = false;
    bool is_ready = is_prepared(self, hash, sql, &place);
    if (!is_ready && find_place(self, &place)) {
        self->prepared[place].hash = hash;
        self->prepared[place].sql = xstr_dup(sql);
        self->preparing_place = place;
        self->is_preparing = true;
        (void)snprintf(name, sizeof name, "call%zu", place);
        if (pq->PQsendPrepare(self->pg, name, self->prepared[place].sql, count, types) != 1)
            return false;
        is_ready = true;
    } else if (is_ready) {
        (void)snprintf(name, sizeof name, "call%zu", place);
    }
    int sent = is_ready
                   ? pq->PQsendQueryPrepared(self->pg, name, count, values, NULL, NULL, 0)
                   : pq->PQsendQueryParams(self->pg, sql.ptr, count, types, values, NULL, NULL, 0);
    if (sent != 1) return false;
    if (!self->is_preparing) (void)pq->PQsetSingleRowMode(self->pg);
    return sync_here(self) && send_tidying(self) && flush(self);
}

/* --- cancel --- */

static void *cancel_main(void *context) {
    char ignored[256];
    PGcancel *cancel = context;
    (void)libpq()->PQcancel(cancel, ignored, sizeof ignored);
    libpq()->PQfreeCancel(cancel);
    return NULL;
}

/* Whether it arrives is seen from what becomes of the statement; nobody waits for the thread. */
void postgres_connection_cancel(struct postgres_connection *self) {
    pthread_t thread;
    self->is_tainted = true;
    PGcancel *cancel = libpq()->PQgetCancel(self->pg);
    if (!cancel) return;
    if (pthread_create(&thread, NULL, cancel_main, cancel) == 0)
        (void)pthread_detach(thread);
    else
        libpq()->PQfreeCancel(cancel);
}

/* --- begin and end --- */

void postgres_connection_begin(struct postgres_connection *self) {
    (void)uv_timer_stop(&self->timer);
    postgres_connect_end(self->connect);
    self->connect = NULL;
    (void)libpq()->PQsetNoticeReceiver(self->pg, on_notice, self);
    self->login = (struct str){0};
    struct str login = str_from_cstr(libpq()->PQparameterStatus(self->pg, "session_authorization"));
    if (!str_is_absent(login)) self->login = (struct str){xstr_dup(login), login.len};
    bool ok = libpq()->PQsetnonblocking(self->pg, 1) == 0 &&
              libpq()->PQenterPipelineMode(self->pg) == 1 && send_own_statements(self) &&
              flush(self);
    if (!ok) lose(self);
}

struct postgres_connection *
postgres_connection_open(uv_loop_t *loop, const struct postgres_connection_options *options) {
    struct postgres_connection *self = xcalloc(1, sizeof *self);
    list_init(&self->node);
    self->options = *options;
    self->loop = loop;
    (void)uv_timer_init(loop, &self->timer);
    self->timer.data = self;
    self->connect = postgres_connect_start(self);
    return self;
}

void postgres_connection_listen(struct postgres_connection *self,
                                const struct postgres_events *events, void *context) {
    self->events = events;
    self->context = context;
}

static void on_closed(uv_handle_t *timer) {
    free(timer->data);
}

void postgres_connection_close(struct postgres_connection *self) {
    assert(!self->is_closed);
    self->is_closed = true;
    list_remove(&self->node);
    postgres_connection_unwatch(self);
    postgres_connect_end(self->connect);
    if (self->pg) libpq()->PQfinish(self->pg);
    forget_prepared(self);
    free((char *)(uintptr_t)self->login.ptr);
    (void)uv_timer_stop(&self->timer);
    uv_close((uv_handle_t *)&self->timer, on_closed);
}
