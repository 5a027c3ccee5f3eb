/* procedure_connections.c - see procedure_connections.h.
 *
 * Strings of libpq are parsed by libpq itself, at the start, so that a mistake stops the start and
 * no run; its own words about a mistake may quote the string and are not passed on. */
#include "handlers/procedures/procedure_connections.h"

#include "base/postgres_library.h"

#include <stdlib.h>
#include <string.h>

struct procedure_connections {
    struct arena arena;
    struct procedure_connection *items;
    size_t count;
};

static void add_secret(struct procedure_connection *connection, struct str secret) {
    if (secret.len >= REDACTOR_SHORTEST && connection->secret_count < MAX_CONNECTION_SECRETS)
        connection->secrets[connection->secret_count++] = secret;
}

/* --- ODBC: NAME=VALUE;NAME={VALUE};… --- */

static bool next_attribute(struct str *rest, struct str *ret_name, struct str *ret_value) {
    *rest = str_trim(*rest);
    while (str_starts_with(*rest, STR(";"))) *rest = str_trim(str_slice(*rest, 1, rest->len));
    const char *equals = rest->len ? memchr(rest->ptr, '=', rest->len) : NULL;
    if (!equals) return false;
    size_t at = (size_t)(equals - rest->ptr);
    *ret_name = str_trim(str_slice(*rest, 0, at));
    struct str value = str_slice(*rest, at + 1, rest->len);
    size_t length = 0;
    if (str_starts_with(value, STR("{"))) {
        for (length = 1; length < value.len; length++) {
            if (value.ptr[length] != '}') continue;
            if (length + 1 < value.len && value.ptr[length + 1] == '}')
                length++; // a brace in a brace
            else
                break;
        }
        *ret_value = str_slice(value, 1, length - 1);
    } else {
        while (length < value.len && value.ptr[length] != ';') length++;
        *ret_value = str_trim(str_slice(value, 0, length));
    }
    *rest = str_slice(value, length, value.len);
    if (str_starts_with(*rest, STR("}"))) *rest = str_slice(*rest, 1, rest->len);
    return true;
}

static bool is_odbc(struct str text) {
    struct str rest = text, name, value;
    while (next_attribute(&rest, &name, &value))
        if (str_equal_nocase(name, STR("DSN")) || str_equal_nocase(name, STR("Driver")) ||
            str_equal_nocase(name, STR("FileDSN")))
            return true;
    return false;
}

static void find_odbc_secrets(struct procedure_connection *connection) {
    static const struct str known[] = {STR_INIT("PWD"), STR_INIT("Password"), STR_INIT("Pass"),
                                       STR_INIT("AccessToken"), STR_INIT("Secret")};
    struct str rest = connection->string, name, value;
    while (next_attribute(&rest, &name, &value))
        for (size_t i = 0; i < COUNT_OF(known); i++)
            if (str_equal_nocase(name, known[i])) add_secret(connection, value);
}

/* --- PostgreSQL --- */

static bool say_unreadable(struct err *err) {
    return err_set(err, ERR_INVALID,
                   "is no connection string that libpq can read; in a URL, percent-encode what is "
                   "special (@ : / %%) in user and password");
}

static bool read_postgres(struct procedure_connection *connection, struct arena *arena,
                          struct err *err) {
    static const char *const known[] = {"password", "sslpassword"};
    if (!postgres_library_load(err)) return false;
    char *why = NULL;
    PQconninfoOption *options = libpq()->PQconninfoParse(connection->string.ptr, &why);
    if (why) libpq()->PQfreemem(why); // it may quote the string
    if (!options) return say_unreadable(err);
    bool has_service = false, has_port = true;
    for (const PQconninfoOption *each = options; each->keyword; each++) {
        if (!each->val) continue;
        if (strcmp(each->keyword, "service") == 0) has_service = true;
        if (strcmp(each->keyword, "port") == 0)
            has_port = strspn(each->val, "0123456789,") == strlen(each->val);
        for (size_t i = 0; i < COUNT_OF(known); i++)
            if (strcmp(each->keyword, known[i]) == 0)
                add_secret(connection, arena_copy(arena, str_from_cstr(each->val)));
    }
    libpq()->PQconninfoFree(options);
    /* A slash in an unencoded password makes a port of a part of it, and libpq would quote it. */
    if (!has_port) return say_unreadable(err);
    if (!has_service) return true;
    return err_set(err, ERR_INVALID, "names a service; write host, dbname and user here instead");
}

/* --- all of them --- */

static bool is_postgres(struct str text) {
    return str_starts_with(text, STR("postgres://")) ||
           str_starts_with(text, STR("postgresql://")) ||
           (text.len > 0 && memchr(text.ptr, '=', text.len) != NULL);
}

static bool read_string(struct procedure_connection *connection, struct arena *arena,
                        struct err *err) {
    struct str text = connection->string;
    if (text.len == 0 || text.len > MAX_CONNECTION_STRING)
        return err_set(err, ERR_INVALID, "must have 1 to %d bytes", MAX_CONNECTION_STRING);
    if (str_starts_with(text, STR("sqlite:"))) {
        connection->kind = CONNECTION_SQLITE;
        connection->path = arena_copy(arena, str_slice(text, 7, text.len));
        return connection->path.len > 0 || err_set(err, ERR_INVALID, "names no file: sqlite:PATH");
    }
    add_secret(connection, text);
    if (is_odbc(text)) {
        connection->kind = CONNECTION_ODBC;
        find_odbc_secrets(connection);
        return true;
    }
    if (is_postgres(text)) {
        connection->kind = CONNECTION_POSTGRES;
        return read_postgres(connection, arena, err);
    }
    return err_set(err, ERR_INVALID,
                   "must be postgresql://…, NAME=VALUE … of libpq, sqlite:PATH, or NAME=VALUE;… of "
                   "ODBC with DSN or Driver");
}

struct procedure_connections *procedure_connections_new(const struct connection_string *strings,
                                                        size_t count, struct err *err) {
    struct procedure_connections *all = xcalloc(1, sizeof *all);
    all->items = ARENA_ARRAY(&all->arena, count + 1, struct procedure_connection);
    for (size_t i = 0; i < count; i++) {
        struct procedure_connection *each = &all->items[i];
        each->name = arena_copy(&all->arena, strings[i].name);
        each->string = arena_copy(&all->arena, str_trim(strings[i].text));
        each->place = i;
        if (!read_string(each, &all->arena, err)) {
            (void)err_wrap(err, "ConnectionStrings:%.*s", STR_ARG(each->name));
            procedure_connections_free(all);
            return NULL;
        }
        all->count++;
    }
    return all;
}

void procedure_connections_free(struct procedure_connections *connections) {
    if (!connections) return;
    arena_free(&connections->arena);
    free(connections);
}

size_t procedure_connections_count(const struct procedure_connections *connections) {
    return connections ? connections->count : 0;
}

const struct procedure_connection *
procedure_connections_at(const struct procedure_connections *connections, size_t place) {
    return &connections->items[place];
}

const struct procedure_connection *
procedure_connections_find(const struct procedure_connections *connections, struct str name) {
    for (size_t i = 0; i < procedure_connections_count(connections); i++)
        if (str_equal_nocase(connections->items[i].name, name)) return &connections->items[i];
    return NULL;
}

void procedure_connections_put_names(const struct procedure_connections *connections,
                                     struct buf *out) {
    size_t count = procedure_connections_count(connections);
    for (size_t i = 0; i < count; i++)
        buf_printf(out, "%s%.*s", i > 0 ? ", " : "", STR_ARG(connections->items[i].name));
    if (count == 0) buf_put(out, STR("none"));
}

void procedure_connection_hide(const struct procedure_connection *connection,
                               struct redactor *redactor) {
    for (size_t i = 0; i < connection->secret_count; i++)
        redactor_add(redactor, connection->secrets[i]);
}
