/* Which of the procedures that the catalogue names is meant, and the call that is made of it. */
#include "base/buf.h"
#include "base/json_read.h"
#include "handlers/procedures/postgres_signature.h"

#include <string.h>

#define ARGUMENT(name, mode, oid, type, more) \
    "{\"name\":\"" name "\",\"mode\":\"" mode "\",\"type\":" oid ",\"typeName\":\"" type \
    "\",\"element\":0" more "}"
#define PROCEDURE(schema, kind, defaults, arguments) \
    "{\"schema\":\"" schema "\",\"name\":\"p\\\"q\",\"kind\":\"" kind \
    "\",\"isVoid\":false,\"defaults\":" defaults ",\"arguments\":[" arguments "]}"
#define INT(name) ARGUMENT(name, "i", "23", "integer", "")
#define TEXT(name) ARGUMENT(name, "i", "25", "text", "")

/* The SQL and its values, with | between them; or the message of what is wrong. */
static void check(const char *found, const char *parameters, const char *expected) {
    struct err err = ERR_INIT;
    struct arena arena = {0};
    json_t *candidates = json_read(str_from_cstr(found), NULL);
    json_t *given = json_read(str_from_cstr(parameters), NULL);
    assert_non_null(candidates);
    assert_non_null(given);
    struct buf text = buf_with_max(0);
    struct postgres_arguments bound;
    struct postgres_signature *one =
        postgres_signature_choose(candidates, STR("app.a, app.b"), STR("app.p"), given, &err);
    if (one && postgres_signature_bind(one, given, &arena, &bound, &err)) {
        buf_put(&text, bound.sql);
        for (size_t i = 0; i < bound.count; i++)
            buf_printf(&text, "|%s", bound.values[i] ? bound.values[i] : "(null)");
    } else {
        buf_put(&text, str_from_cstr(err.msg));
    }
    if (!str_equal(buf_str(&text), str_from_cstr(expected)))
        fail_msg("for %s\nexpected: %s\nfound:    %s", parameters, expected, text.ptr);
    buf_free(&text);
    postgres_signature_free(one);
    json_decref(candidates);
    json_decref(given);
    arena_free(&arena);
}

static void test_calls_name_each_argument_and_quote_every_name(void **state) {
    (void)state;
    static const char procedure[] =
        "[" PROCEDURE("a\\\"b", "p", "1", INT("x") "," TEXT("Y\\\"z")) "]";
    check(procedure, "{\"x\":1,\"Y\\\"z\":\"t\"}",
          "CALL \"a\"\"b\".\"p\"\"q\"(\"x\" => $1, \"Y\"\"z\" => $2)|1|t");
    check(procedure, "{\"x\":null}", "CALL \"a\"\"b\".\"p\"\"q\"(\"x\" => $1)|(null)");
    static const char function[] = "[" PROCEDURE("s", "f", "0", "") "]";
    check(function, "{}", "SELECT * FROM \"s\".\"p\"\"q\"()");
}

static void test_what_only_comes_back_is_null_for_a_procedure_and_nothing_for_a_function(void **s) {
    (void)s;
#define OUT ARGUMENT("o", "o", "23", "integer", "")
    static const char procedure[] = "[" PROCEDURE("s", "p", "0", INT("x") "," OUT) "]";
    static const char function[] = "[" PROCEDURE("s", "f", "0", INT("x") "," OUT) "]";
    check(procedure, "{\"x\":1}", "CALL \"s\".\"p\"\"q\"(\"x\" => $1, \"o\" => NULL)|1");
    check(function, "{\"x\":1}", "SELECT * FROM \"s\".\"p\"\"q\"(\"x\" => $1)|1");
    check(procedure, "{\"x\":1,\"o\":2}",
          "o of s.p\"q(x integer, OUT o integer) only comes back and cannot be a parameter");
    check(function, "{\"x\":1,\"o\":2}", "there is no parameter o in s.p\"q(x integer)");
}

static void test_values_become_texts_of_their_type(void **state) {
    (void)state;
#define ONE(oid, type, element) \
    "[" PROCEDURE("s", "f", "0", \
                  "{\"name\":\"v\",\"mode\":\"i\",\"type\":" oid ",\"typeName\":\"" type \
                  "\",\"element\":" element "}") "]"
#define CALL "SELECT * FROM \"s\".\"p\"\"q\"(\"v\" => $1)|"
    check(ONE("1700", "numeric", "0"), "{\"v\":19.99}", CALL "19.99");
    check(ONE("1700", "numeric", "0"), "{\"v\":0.30000000000000004}", CALL "0.30000000000000004");
    check(ONE("20", "bigint", "0"), "{\"v\":-9223372036854775808}", CALL "-9223372036854775808");
    check(ONE("16", "boolean", "0"), "{\"v\":true}", CALL "true");
    check(ONE("25", "text", "0"), "{\"v\":\"\"}", CALL);
    check(ONE("25", "text", "0"), "{\"v\":{\"a\":[1.1]}}", CALL "{\"a\":[1.1]}");
    check(ONE("3802", "jsonb", "0"), "{\"v\":\"t\"}", CALL "\"t\"");
    check(ONE("114", "json", "0"), "{\"v\":[1,\"\\u00e9\"]}", CALL "[1,\"é\"]");
    check(ONE("1007", "integer[]", "23"), "{\"v\":[1,null,[2]]}", CALL "{\"1\",NULL,{\"2\"}}");
    check(ONE("1009", "text[]", "25"), "{\"v\":[\"a\\\"\\\\,{}\",\"\",true]}",
          CALL "{\"a\\\"\\\\,{}\",\"\",\"true\"}");
    check(ONE("3807", "jsonb[]", "3802"), "{\"v\":[{\"a\":1},[2]]}",
          CALL "{\"{\\\"a\\\":1}\",\"[2]\"}");
    check(ONE("1082", "date", "0"), "{\"v\":{}}",
          "the parameter v is of type date and cannot be an object");
}

static void test_arguments_without_names_stand_in_their_places(void **state) {
    (void)state;
    static const char function[] =
        "[" PROCEDURE("s", "f", "1", INT("") "," INT("b") "," TEXT("")) "]";
    check(function, "{\"$1\":1,\"b\":2,\"$3\":\"c\"}",
          "SELECT * FROM \"s\".\"p\"\"q\"($1, $2, $3)|1|2|c");
    check(function, "{\"$1\":1,\"b\":2}", "SELECT * FROM \"s\".\"p\"\"q\"($1, $2)|1|2");
    check(function, "{\"$1\":1}", "the parameter b is missing: s.p\"q(integer, b integer, text)");
}

static void test_names_decide_between_several(void **state) {
    (void)state;
    static const char both[] = "[" PROCEDURE("s", "f", "0", INT("a")) "," PROCEDURE(
        "s", "f", "0", INT("a") "," INT("b")) "]";
    check(both, "{\"a\":1}", "SELECT * FROM \"s\".\"p\"\"q\"(\"a\" => $1)|1");
    check(both, "{\"a\":1,\"b\":2}",
          "SELECT * FROM \"s\".\"p\"\"q\"(\"a\" => $1, \"b\" => $2)|1|2");
    check(both, "{\"c\":1}", "none of the 2 procedures app.p takes these parameters");
    static const char unclear[] =
        "[" PROCEDURE("s", "f", "0", INT("a")) "," PROCEDURE("s", "f", "0", TEXT("a")) "]";
    check(
        unclear, "{\"a\":1}",
        "these parameters fit more than one: s.p\"q(a integer) and s.p\"q(a text); name parameters "
        "that only one of them has");
    static const char path[] =
        "[" PROCEDURE("s", "f", "0", INT("a")) "," PROCEDURE("t", "f", "0", TEXT("a")) "]";
    check(path, "{\"a\":1}", "SELECT * FROM \"s\".\"p\"\"q\"(\"a\" => $1)|1");
    check("[]", "{}", "there is no procedure or function app.p; there are: app.a, app.b");
}
