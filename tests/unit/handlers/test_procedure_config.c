/* What a job may say about a procedure, and what a connection string leads to. */
#include "base/json_read.h"
#include "handlers/procedures/procedure_config.h"

#include <stdio.h>
#include <string.h>

static const struct connection_string strings[] = {
    {STR_INIT("pg"), STR_INIT("postgresql://u:p%40ss%3Aword@db.example/x?sslmode=require")},
    {STR_INIT("Words"), STR_INIT(" host=/tmp user=u password='it''s \\'me' ")},
    {STR_INIT("lite"), STR_INIT("sqlite:/var/lib/x.db")},
    {STR_INIT("odbc"), STR_INIT("Driver={PostgreSQL Unicode};Server=h;UID=u;Pwd={a;b}}c}")},
    {STR_INIT("dsn"), STR_INIT("dsn=crm;password=quite-secret;")},
};

static struct procedure_connections *make(void) {
    struct err err = ERR_INIT;
    struct connection_string own[COUNT_OF(strings)];
    memcpy(own, strings, sizeof own);
    own[1].text = STR(" host=/tmp user=u password='it\\'s me' ");
    struct procedure_connections *all = procedure_connections_new(own, COUNT_OF(own), &err);
    if (!all) fail_msg("%s", err.msg);
    return all;
}

static void assert_hidden(struct procedure_connections *all, const char *name, const char *text,
                          const char *expected) {
    struct redactor redactor = {0};
    struct buf out = buf_with_max(0);
    const struct procedure_connection *one = procedure_connections_find(all, str_from_cstr(name));
    assert_non_null(one);
    procedure_connection_hide(one, &redactor);
    redactor_text(&redactor, str_from_cstr(text), &out);
    assert_string_equal(out.ptr, expected);
    buf_free(&out);
    redactor_free(&redactor);
}

static void test_what_a_string_looks_like_decides_its_kind(void **state) {
    (void)state;
    struct procedure_connections *all = make();
    static const enum connection_kind kinds[] = {CONNECTION_POSTGRES, CONNECTION_POSTGRES,
                                                 CONNECTION_SQLITE, CONNECTION_ODBC,
                                                 CONNECTION_ODBC};
    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        assert_int_equal(procedure_connections_at(all, i)->kind, kinds[i]);
    assert_string_equal(procedure_connections_at(all, 2)->path.ptr, "/var/lib/x.db");
    assert_ptr_equal(procedure_connections_find(all, STR("PG")), procedure_connections_at(all, 0));
    assert_null(procedure_connections_find(all, STR("p")));
    assert_null(procedure_connections_find(NULL, STR("p")));
    procedure_connections_free(all);
}

static void test_passwords_are_hidden_in_each_kind(void **state) {
    (void)state;
    struct procedure_connections *all = make();
    assert_hidden(all, "pg", "no p@ss:word here", "no *** here");
    assert_hidden(all, "pg", "no p%40ss%3Aword here", "no *** here");
    assert_hidden(all, "words", "(it's me)", "(***)");
    assert_hidden(all, "dsn", "quite-secret!", "***!");
    assert_hidden(all, "odbc", "a;b}}c", "***");
    procedure_connections_free(all);
}

static void assert_string_refused(const char *text, const char *expected) {
    struct err err = ERR_INIT;
    struct connection_string one = {STR("crm"), str_from_cstr(text)};
    assert_null(procedure_connections_new(&one, 1, &err));
    if (!strstr(err.msg, expected) || !strstr(err.msg, "ConnectionStrings:crm: "))
        fail_msg("for %s: %s", text, err.msg);
    assert_null(strstr(err.msg, "hidden"));
}

static void test_a_wrong_string_is_refused_without_being_quoted(void **state) {
    (void)state;
    assert_string_refused("", "must have 1 to");
    assert_string_refused("db.example", "must be postgresql://");
    assert_string_refused("sqlite:", "names no file");
    assert_string_refused("postgresql://u:hidden@h:port:1/x", "is no connection string that libpq");
    assert_string_refused("postgresql://u:hidden%zz@h/x", "is no connection string that libpq");
    assert_string_refused("postgresql://u:hidden/1@h/x", "is no connection string that libpq");
    assert_string_refused("host=h passwort=hidden", "is no connection string that libpq");
    assert_string_refused("service=crm", "names a service");
}

/* --- jobs --- */

static void check(const char *json, const char *expected) {
    struct procedure_connections *all = make();
    const char *const allowed[] = {"app.*", "one", "db.app.two", NULL};
    struct procedure_rules rules = {.connections = all,
                                    .allowed = strstr(json, "\"listed\"") ? allowed : NULL};
    struct arena arena = {0};
    struct faults faults = {.arena = &arena};
    struct variables_known known = {0};
    struct procedure_config config;
    json_t *root = json_read(str_from_cstr(json), NULL);
    assert_non_null(root);
    (void)json_object_del(root, "listed");
    bool ok = procedure_config_read(root, &rules, &known, &config, &faults);
    assert_int_equal(ok, faults.count == 0);
    struct str found = STR("");
    if (faults.count > 0)
        found = arena_printf(&arena, "%.*s: %.*s", STR_ARG(faults.items[0].field),
                             STR_ARG(faults.items[0].message));
    if (faults.count > 1 || (expected[0] == '\0') != (found.len == 0) ||
        !str_contains(found, str_from_cstr(expected)))
        fail_msg("%s\nexpected: %s\nfound %zu: %.*s", json, expected, faults.count, STR_ARG(found));
    json_decref(root);
    arena_free(&arena);
    procedure_connections_free(all);
}

#define ON(connection, name, more) \
    "{\"databaseConnectionStringName\":\"" connection "\",\"storedProcedureName\":\"" name \
    "\"" more "}"

static void test_sound_configurations(void **state) {
    (void)state;
    check(ON("pg", "refresh", ""), "");
    check(ON("PG", "app.refresh_2$", ",\"parameters\":null,\"commandTimeoutSeconds\":null"), "");
    check(ON("lite", "Clean_up", ",\"parameters\":{\"day\":\"{{Today}}\",\"n\":[1,{\"x\":2}]}"),
          "");
    check(ON("odbc", "crm.dbo.Refresh#1", ",\"parameters\":{\"@day\":1,\"$1\":2}"), "");
    check(ON("pg", "größe.länge", ",\"commandTimeoutSeconds\":86400"), "");
    check(ON("pg", "app.x", ",\"listed\":1"), "");
    check(ON("pg", "anything", ",\"listed\":1"), ""); // whether it may is seen when it was found
    check(ON("lite", "one", ",\"listed\":1"), "");
    check(ON("odbc", "db.app.two", ",\"listed\":1"), "");
}

static void test_faults(void **state) {
    (void)state;
    static const char *const names[] = {
        "",          ".",
        "a.",        ".a",
        "a b",       "p; drop table jobs --",
        "1st",       "a-b",
        "a'b",       "a\\\"b",
        "a.b.c.d",   "{{Job.Name}}",
        "a\\u200bb", "a\\u202eb",
        "a\\u00a0b", "a\\ufeff",
        "a\\u0085",  "a(1)",
        "a\\tb",     "$a",
        "a*",        "abcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcd"};
    char json[300];
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        (void)snprintf(json, sizeof json, ON("pg", "%s", ""), names[i]);
        check(json, "storedProcedureName: must be a name such as");
    }
    check(ON("pg", "a.b.c", ""), "has too many parts; with pg it must be name or schema.name");
    check(ON("lite", "a.b", ""), "has too many parts; with lite it must be name, of a file");
    check(ON("pg", "pg_catalog.pg_sleep", ""), "not among the procedures that jobs may call");
    check(ON("pg", "information_schema.x", ""), "not among the procedures that jobs may call");
    check(ON("pg", "other.x", ",\"listed\":1"), "not among the procedures that jobs may call");
    check(ON("lite", "two", ",\"listed\":1"), "not among the procedures that jobs may call");
    check(ON("none", "a", ""), "there is no connection none in ConnectionStrings; there are: pg,");
    check(ON("pg", "a", ",\"parameters\":[]"), "parameters: must be an object");
    check(ON("pg", "a", ",\"parameters\":{\"a b\":1}"), "parameters.a b: must have the name of");
    check(ON("pg", "a", ",\"parameters\":{\"$0\":1}"), "parameters.$0: must have the name of");
    check(ON("pg", "a", ",\"parameters\":{\"$101\":1}"), "parameters.$101: must have the name of");
    check(ON("pg", "a", ",\"parameters\":{\"x\":[\"{{Nope}}\"]}"), "parameters.x[0]: ");
    check(ON("pg", "a", ",\"commandTimeoutSeconds\":0"), "whole number from 1 to 86400");
    check(ON("pg", "a", ",\"commandTimeoutSeconds\":1.5"), "whole number from 1 to 86400");
    check(ON("pg", "a", ",\"sql\":\"x\""), "jobConfiguration.sql: there is no such field");
    check("{\"databaseConnectionStringName\":\"pg\"}", "storedProcedureName: is required");
    check("{\"storedProcedureName\":\"a\"}", "databaseConnectionStringName: is required");
    check("[]", "jobConfiguration: must be an object");
}
