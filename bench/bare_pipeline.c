/* bare_pipeline.c - see bare_pipeline.h. Each connection gets a batch in turn, then all are read;
 * so every server process has work while the answers of another are taken. */
#include "bare_pipeline.h"

#include "base/postgres_library.h"

#include <stdio.h>
#include <stdlib.h>

enum { LANES = BARE_PIPELINE_LANES, BATCH = 64, OID_INT4 = 23, OID_TEXT = 25 };

static PGconn *connect_to(const char *url) {
    struct err err = ERR_INIT;
    if (!postgres_library_load(&err)) {
        (void)fprintf(stderr, "%s\n", err.msg);
        return NULL;
    }
    PGconn *connection = libpq()->PQconnectdb(url);
    if (libpq()->PQstatus(connection) == CONNECTION_OK) return connection;
    (void)fprintf(stderr, "%s\n", libpq()->PQerrorMessage(connection));
    libpq()->PQfinish(connection);
    return NULL;
}

bool bare_pipeline_prepare(const char *url, const char *sql) {
    PGconn *connection = connect_to(url);
    if (!connection) return false;
    PGresult *result = libpq()->PQexec(connection, sql);
    bool ok = libpq()->PQresultStatus(result) == PGRES_COMMAND_OK;
    if (!ok) (void)fprintf(stderr, "%s\n", libpq()->PQerrorMessage(connection));
    libpq()->PQclear(result);
    libpq()->PQfinish(connection);
    return ok;
}

int64_t bare_pipeline_count(const char *url, const char *sql) {
    int64_t count = -1;
    PGconn *connection = connect_to(url);
    if (!connection) return count;
    PGresult *result = libpq()->PQexec(connection, sql);
    if (libpq()->PQntuples(result) == 1 &&
        !str_parse_i64(str_from_cstr(libpq()->PQgetvalue(result, 0, 0)), &count))
        count = -1;
    libpq()->PQclear(result);
    libpq()->PQfinish(connection);
    return count;
}

static bool send_batch(PGconn *lane, int64_t calls) {
    static const char *const values[] = {BARE_PIPELINE_A, BARE_PIPELINE_B};
    bool ok = true;
    for (int64_t i = 0; ok && i < calls; i++)
        ok = libpq()->PQsendQueryPrepared(lane, "call", 2, values, NULL, NULL, 0) == 1 &&
             libpq()->PQpipelineSync(lane) == 1;
    return ok && libpq()->PQflush(lane) == 0;
}

static bool read_batch(PGconn *lane, int64_t calls) {
    bool ok = true;
    while (ok && calls > 0) {
        PGresult *result = libpq()->PQgetResult(lane);
        if (!result) continue; // the end of one statement
        ExecStatusType status = libpq()->PQresultStatus(result);
        if (status == PGRES_PIPELINE_SYNC) calls--;
        ok = status == PGRES_PIPELINE_SYNC || status == PGRES_COMMAND_OK ||
             status == PGRES_TUPLES_OK;
        libpq()->PQclear(result);
    }
    return ok;
}

static bool open_lane(const char *url, const char *statement, PGconn **ret) {
    static const Oid types[] = {OID_INT4, OID_TEXT};
    PGconn *lane = *ret = connect_to(url);
    return lane && libpq()->PQenterPipelineMode(lane) == 1 &&
           libpq()->PQsendPrepare(lane, "call", statement, 2, types) == 1 &&
           libpq()->PQpipelineSync(lane) == 1 && read_batch(lane, 1);
}

bool bare_pipeline_run(const char *url, const char *statement, int64_t calls) {
    PGconn *lanes[LANES] = {0};
    int64_t sent[LANES] = {0};
    bool ok = true;
    for (int i = 0; ok && i < LANES; i++) ok = open_lane(url, statement, &lanes[i]);
    for (int64_t left = calls, open = 1; ok && open > 0;) {
        open = 0;
        for (int i = 0; ok && i < LANES; i++) {
            if (sent[i] > 0) ok = read_batch(lanes[i], sent[i]);
            sent[i] = left < BATCH ? left : BATCH;
            left -= sent[i];
            if (ok && sent[i] > 0) ok = send_batch(lanes[i], sent[i]);
            open += sent[i];
        }
    }
    for (int i = 0; i < LANES; i++)
        if (lanes[i]) libpq()->PQfinish(lanes[i]);
    return ok;
}
