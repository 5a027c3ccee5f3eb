/* pg_connection.c - connecting, the pipeline, and what the server's errors mean to callers; see
 * pg_connection.h.
 *
 * The socket does not block: while answers are awaited it is read and written as it allows, so that
 * neither side can stand before a full buffer, and nothing is awaited for longer than the server
 * was told to work on a statement, and some. After that the connection counts as lost.
 */
#include "store/postgres/pg_connection.h"

#include <assert.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

enum { OLDEST_SERVER = 130000, GRACE_MS = 10000 };

/* ---- errors ---------------------------------------------------------------------------------- */

static struct str first_line(const char *text) {
    struct str rest = str_from_cstr(text ? text : "");
    return str_trim(str_cut(&rest, '\n'));
}

static void note_failure(struct pg_connection *connection, const struct err *err) {
    if (connection->failed.kind == ERR_NONE) connection->failed = *err;
}

/* The connection is of no more use. */
static void lose(struct pg_connection *connection, const char *why) {
    struct err err = ERR_INIT;
    struct str line = first_line(why);
    (void)err_set(&err, ERR_UNAVAILABLE, "the PostgreSQL server cannot be reached: %.*s",
                  STR_ARG(line));
    connection->is_lost = true;
    note_failure(connection, &err);
}

static bool begins(const char *state, const char *with) {
    return strncmp(state, with, strlen(with)) == 0;
}

static bool is(const char *state, const char *one) {
    return strcmp(state, one) == 0;
}

/* Does this SQLSTATE say that the whole server, or this session, is of no use for now? */
static bool ends_session(const char *state) {
    return begins(state, "08") || begins(state, "57P") || is(state, "25006") || is(state, "25P03");
}

static enum err_kind kind_of(const char *state) {
    if (begins(state, "23")) return ERR_CONFLICT;
    if (begins(state, "08") || begins(state, "53") || begins(state, "57") || begins(state, "58") ||
        begins(state, "40") || is(state, "55P03") || is(state, "25006"))
        return ERR_UNAVAILABLE;
    return ERR_INTERNAL;
}

static void note_bad_result(struct pg_connection *connection, const PGresult *result) {
    const char *state = libpq()->PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *message = libpq()->PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    if (!state) {
        lose(connection, libpq()->PQresultErrorMessage(result));
        return;
    }
    struct err err = ERR_INIT;
    struct str line = first_line(message);
    enum err_kind kind = kind_of(state);
    if (kind == ERR_CONFLICT)
        (void)err_set(&err, kind, "there is one like this already");
    else
        (void)err_set(&err, kind, "the database says: %.*s (%s)", STR_ARG(line), state);
    if (is(state, "40001") || is(state, "40P01")) connection->must_run_again = true;
    if (ends_session(state) && connection->writer) connection->is_lost = true;
    note_failure(connection, &err);
}

static void note_notice(void *context, const PGresult *notice) {
    struct pg_connection *connection = context;
    const char *severity = libpq()->PQresultErrorField(notice, PG_DIAG_SEVERITY_NONLOCALIZED);
    if (severity && strcmp(severity, "WARNING") == 0) connection->warned = true;
}

/* ---- connecting ------------------------------------------------------------------------------ */

struct pg_connection *pg_connection_new(const struct pg_target *target) {
    struct pg_connection *connection = xcalloc(1, sizeof *connection);
    connection->tx.ops = target->ops;
    connection->target = target;
    return connection;
}

void pg_disconnect(struct pg_connection *connection) {
    if (connection->conn) libpq()->PQfinish(connection->conn);
    connection->conn = NULL;
    connection->in_transaction = connection->is_lost = connection->must_run_again = false;
    connection->failed.kind = ERR_NONE;
    connection->sent_count = 0;
    memset(connection->prepared, 0, sizeof connection->prepared);
}

void pg_connection_close(struct pg_connection *connection) {
    if (!connection) return;
    pg_disconnect(connection);
    free(connection->sent);
    free(connection);
}

bool pg_plain(struct pg_connection *connection, const char *text, int64_t *ret, struct err *err) {
    PGresult *result = libpq()->PQexec(connection->conn, text);
    ExecStatusType status = libpq()->PQresultStatus(result);
    bool ok = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
    int64_t number = 0;
    if (ok && status == PGRES_TUPLES_OK && libpq()->PQntuples(result) > 0)
        number = strtoll(libpq()->PQgetvalue(result, 0, 0), NULL, 10);
    if (ok && ret) *ret = number;
    if (!ok) note_bad_result(connection, result);
    libpq()->PQclear(result);
    if (ok) return true;
    if (err) *err = connection->failed;
    connection->failed.kind = ERR_NONE;
    return false;
}

/* What stands before the operator's own text can be changed by it, what stands behind it cannot. */
static PGconn *open_connection(const char *text) {
    const char *const keywords[] = {"connect_timeout",     "keepalives_idle",
                                    "keepalives_interval", "keepalives_count",
                                    "tcp_user_timeout",    "target_session_attrs",
                                    "application_name",    "dbname",
                                    "client_encoding",     NULL};
    const char *const values[] = {"5",          "10",       "5",  "3",    "15000",
                                  "read-write", "alphabet", text, "UTF8", NULL};
    return libpq()->PQconnectdbParams(keywords, values, 1);
}

/* Index lookups only: a plan is made once for each session, maybe when a table was empty, and must
 * be right when it is full. What is committed is flushed, and replicated where that is asked for.
 */
static bool set_up_session(struct pg_connection *connection, struct err *err) {
    char timeouts[200];
    (void)snprintf(timeouts, sizeof timeouts,
                   "set statement_timeout = %lld; set idle_in_transaction_session_timeout = %lld",
                   (long long)connection->target->statement_timeout_ms,
                   (long long)connection->target->statement_timeout_ms);
    const char *const steps[] = {
        timeouts,
        "select set_config('synchronous_commit', 'on', false) "
        "where current_setting('synchronous_commit') in ('off', 'local', 'remote_write')",
        "set jit = off",
        "set standard_conforming_strings = on",
        connection->writer ? "set enable_seqscan = off; set enable_hashjoin = off; "
                             "set enable_mergejoin = off; set enable_material = off; "
                             "set plan_cache_mode = force_generic_plan"
                           : "set enable_seqscan = on",
    };
    for (size_t i = 0; i < COUNT_OF(steps); i++)
        if (!pg_plain(connection, steps[i], NULL, err)) return false;
    return true;
}

static bool check_server(struct pg_connection *connection, struct err *err) {
    int version = libpq()->PQserverVersion(connection->conn);
    if (version < OLDEST_SERVER)
        return err_set(err, ERR_INVALID,
                       "the PostgreSQL server is version %d; 13 or a later one is needed",
                       version / 10000);
    const char *encoding = libpq()->PQparameterStatus(connection->conn, "server_encoding");
    if (encoding && strcmp(encoding, "UTF8") != 0)
        return err_set(err, ERR_INVALID,
                       "the database is encoded in %s; make it with encoding UTF8", encoding);
    return true;
}

bool pg_connect(struct pg_connection *connection,
                bool (*before)(struct pg_connection *connection, struct err *err),
                struct err *err) {
    if (!postgres_library_load(err)) return false;
    pg_disconnect(connection);
    connection->conn = open_connection(connection->target->text);
    if (!connection->conn || libpq()->PQstatus(connection->conn) != CONNECTION_OK) {
        struct str why = first_line(libpq()->PQerrorMessage(connection->conn));
        (void)err_set(err, ERR_UNAVAILABLE, "the PostgreSQL server cannot be reached: %.*s",
                      STR_ARG(why));
        pg_disconnect(connection);
        return false;
    }
    (void)libpq()->PQsetNoticeReceiver(connection->conn, note_notice, connection);
    if (check_server(connection, err) && set_up_session(connection, err) &&
        (!before || before(connection, err)) &&
        (libpq()->PQenterPipelineMode(connection->conn) == 1 ||
         err_set(err, ERR_INTERNAL, "the connection refuses the pipeline mode")) &&
        (libpq()->PQsetnonblocking(connection->conn, 1) == 0 ||
         err_set(err, ERR_INTERNAL, "the connection refuses not to block")))
        return true;
    pg_disconnect(connection);
    return false;
}

/* ---- sending --------------------------------------------------------------------------------- */

static void note_sent(struct pg_connection *connection, struct pg_sent sent) {
    if (connection->sent_count == connection->sent_room) {
        connection->sent_room = connection->sent_room ? connection->sent_room * 2 : 32;
        connection->sent =
            xreallocarray(connection->sent, connection->sent_room, sizeof *connection->sent);
    }
    connection->sent[connection->sent_count++] = sent;
}

/* False when the connection is lost. */
static bool prepare(struct pg_connection *connection, enum sql_statement which,
                    const struct pg_values *values) {
    if (connection->prepared[which]) return true;
    if (!libpq()->PQsendPrepare(connection->conn, pg_statement_name(which),
                                pg_statement_text(which), values->count, values->types)) {
        lose(connection, libpq()->PQerrorMessage(connection->conn));
        return false;
    }
    connection->prepared[which] = true;
    note_sent(connection, (struct pg_sent){.what = PG_SENT_PREPARE, .which = which});
    return true;
}

void pg_send(struct pg_connection *connection, enum sql_statement which,
             const struct pg_values *values, PGresult **result) {
    if (result) *result = NULL;
    if (!connection->conn) lose(connection, "not connected");
    if (connection->is_lost) return;
    bool anew = pg_statement_is_planned_anew(which);
    if (!anew && !prepare(connection, which, values)) return;
    bool is_sent = anew ? libpq()->PQsendQueryParams(connection->conn, pg_statement_text(which),
                                                     values->count, values->types, values->values,
                                                     values->lengths, values->formats, 1) == 1
                        : libpq()->PQsendQueryPrepared(connection->conn, pg_statement_name(which),
                                                       values->count, values->values,
                                                       values->lengths, values->formats, 1) == 1;
    if (!is_sent) {
        lose(connection, libpq()->PQerrorMessage(connection->conn));
        return;
    }
    note_sent(connection,
              (struct pg_sent){.what = PG_SENT_QUERY, .which = which, .result = result});
}

/* ---- waiting --------------------------------------------------------------------------------- */

static int64_t now_us(void) {
    return clock_mono(clock_system()).us;
}

/* Until an answer can be read without waiting. */
static bool await_answer(struct pg_connection *connection, int64_t until_us) {
    int unsent = libpq()->PQflush(connection->conn);
    while (unsent == 1 || libpq()->PQisBusy(connection->conn)) {
        int64_t left_ms = (until_us - now_us()) / 1000;
        if (left_ms <= 0) {
            lose(connection, "it does not answer");
            return false;
        }
        struct pollfd fd = {.fd = libpq()->PQsocket(connection->conn),
                            .events = (short)(POLLIN | (unsent == 1 ? POLLOUT : 0))};
        (void)poll(&fd, 1, left_ms > 60000 ? 60000 : (int)left_ms);
        if ((fd.revents & (POLLIN | POLLERR | POLLHUP)) &&
            !libpq()->PQconsumeInput(connection->conn))
            unsent = -1;
        if (unsent == 1) unsent = libpq()->PQflush(connection->conn);
        if (unsent < 0) {
            lose(connection, libpq()->PQerrorMessage(connection->conn));
            return false;
        }
    }
    return true;
}

static void keep(struct pg_connection *connection, const struct pg_sent *sent, PGresult *result) {
    switch (libpq()->PQresultStatus(result)) {
    case PGRES_COMMAND_OK:
    case PGRES_TUPLES_OK:
        if (!sent->result) break;
        libpq()->PQclear(*sent->result);
        *sent->result = result;
        return;
    case PGRES_PIPELINE_SYNC: break;
    case PGRES_PIPELINE_ABORTED: // one before it has failed
        if (sent->what == PG_SENT_PREPARE) connection->prepared[sent->which] = false;
        break;
    default:
        if (sent->what == PG_SENT_PREPARE) connection->prepared[sent->which] = false;
        note_bad_result(connection, result);
        break;
    }
    libpq()->PQclear(result);
}

/* The answers to one thing that was sent, up to the NULL behind them; a synchronisation point has
 * none. */
static bool read_answer(struct pg_connection *connection, const struct pg_sent *sent,
                        int64_t until_us) {
    for (;;) {
        if (!await_answer(connection, until_us)) return false;
        PGresult *result = libpq()->PQgetResult(connection->conn);
        if (!result) {
            if (sent->what != PG_SENT_SYNC) return true;
            lose(connection, libpq()->PQerrorMessage(connection->conn));
            return false;
        }
        bool is_sync = libpq()->PQresultStatus(result) == PGRES_PIPELINE_SYNC;
        assert(!is_sync || sent->what == PG_SENT_SYNC || connection->is_lost);
        keep(connection, sent, result);
        if (libpq()->PQstatus(connection->conn) == CONNECTION_BAD) {
            lose(connection, libpq()->PQerrorMessage(connection->conn));
            return false;
        }
        if (is_sync) return true;
    }
}

static void forget_results(struct pg_connection *connection) {
    for (size_t i = 0; i < connection->sent_count; i++) {
        PGresult **result = connection->sent[i].result;
        if (!result) continue;
        libpq()->PQclear(*result);
        *result = NULL;
    }
}

void pg_flush(struct pg_connection *connection) {
    size_t count = connection->sent_count;
    if (connection->is_lost || count == 0) return;
    if (connection->sent[count - 1].what == PG_SENT_SYNC) return;
    if (libpq()->PQpipelineSync(connection->conn))
        note_sent(connection, (struct pg_sent){.what = PG_SENT_SYNC});
    else
        lose(connection, libpq()->PQerrorMessage(connection->conn));
}

bool pg_wait(struct pg_connection *connection, struct err *err) {
    bool was_lost = connection->is_lost;
    pg_flush(connection);
    int64_t until = now_us() + (connection->target->statement_timeout_ms + GRACE_MS) * 1000;
    /* A session that the server has ended still gives the answers up to that. */
    bool reading = !was_lost;
    for (size_t i = 0; reading && i < connection->sent_count; i++)
        reading = read_answer(connection, &connection->sent[i], until);
    bool ok = connection->failed.kind == ERR_NONE && !connection->is_lost;
    if (!ok) {
        forget_results(connection);
        if (connection->failed.kind == ERR_NONE) lose(connection, "the connection was lost");
        if (err) *err = connection->failed;
        connection->failed.kind = ERR_NONE;
    }
    connection->sent_count = 0;
    return ok;
}
