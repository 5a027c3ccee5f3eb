/* postgres_schema.c - see postgres_schema.h. The server is stopped when the program ends. */
#include "postgres_schema.h"

#include "base/buf.h"
#include "base/postgres_library.h"
#include "support/postgres_server.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct postgres_schema {
    char *name, *connection;
};

static struct postgres_server *server;

static void stop(void) {
    postgres_server_stop(server);
}

static void give_up(const char *what, const char *why) {
    (void)fprintf(stderr, "%s: %s\n", what, why);
    exit(1);
}

static const char *url(void) {
    struct err err = ERR_INIT;
    if (!server) {
        if (!postgres_library_load(&err)) give_up("PostgreSQL", err.msg);
        server = postgres_server_start();
        if (!server) give_up("PostgreSQL", "no server");
        (void)atexit(stop);
    }
    return postgres_server_url(server);
}

static void run_at(const char *where, const char *sql) {
    PGconn *connection = libpq()->PQconnectdb(where);
    PGresult *result = libpq()->PQexec(connection, sql);
    ExecStatusType status = libpq()->PQresultStatus(result);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
        give_up(sql, libpq()->PQerrorMessage(connection));
    libpq()->PQclear(result);
    libpq()->PQfinish(connection);
}

static void run(const char *what, const char *name) {
    struct buf text = {0};
    buf_printf(&text, "set client_min_messages = warning; %s%s", what, name);
    const char *where = url(); // loads the library
    run_at(where, text.ptr);
    buf_free(&text);
}

void postgres_schema_run(const struct postgres_schema *schema, const char *sql) {
    run_at(schema->connection, sql);
}

struct postgres_schema *postgres_schema_new(void) {
    static int count;
    struct postgres_schema *schema = xcalloc(1, sizeof *schema);
    struct buf text = {0};
    buf_printf(&text, "test_%d_%d", (int)getpid(), ++count);
    schema->name = buf_take(&text);
    run("create schema ", schema->name);
    buf_printf(&text, "%s?options=-csearch_path%%3D%s", url(), schema->name);
    schema->connection = buf_take(&text);
    return schema;
}

const char *postgres_schema_connection(const struct postgres_schema *schema) {
    return schema->connection;
}

void postgres_schema_remove(struct postgres_schema *schema) {
    if (!schema) return;
    struct buf text = {0};
    buf_printf(&text, "%s cascade", schema->name);
    run("drop schema ", text.ptr);
    buf_free(&text);
    free(schema->name);
    free(schema->connection);
    free(schema);
}
