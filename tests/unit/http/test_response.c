/* Answers as values: headers, tags, problems. */
#include "http/problem.h"
#include "http/request.h"
#include "http/response.h"

#include <string.h>

static void test_a_header_cannot_break_its_line(void **state) {
    (void)state;
    static const struct str bad[] = {STR_INIT("a\r\nSet-Cookie: x=1"),
                                     STR_INIT("a\nb"),
                                     STR_INIT("a\rb"),
                                     STR_INIT("a\0b"),
                                     STR_INIT("a\x7f"),
                                     STR_INIT("\x1b[31m")};
    static const char *const names[] = {"Location",    "ETag",         "Allow",
                                        "Retry-After", "Content-Type", "Content-Disposition",
                                        "Set-Cookie",  "X-Request-Id"};
    struct arena arena = {0};
    struct http_response response = {.arena = &arena};
    for (size_t n = 0; n < COUNT_OF(names); n++)
        for (size_t i = 0; i < COUNT_OF(bad); i++)
            assert_false(response_header(&response, names[n], bad[i]));
    assert_false(response_header(&response, "X: y\r\nZ", STR("v")));
    assert_false(response_header(&response, "X Y", STR("v")));
    assert_false(response_header(&response, "", STR("v")));
    assert_false(response_etag(&response, STR("a\"b")));
    assert_int_equal(response.header_count, 0);
    arena_free(&arena);
}

static void test_a_header_is_replaced_but_cookies_add_up(void **state) {
    (void)state;
    struct arena arena = {0};
    struct http_response response = {.arena = &arena};
    assert_true(response_header(&response, "Location", STR("/a")));
    assert_true(response_header(&response, "location", STR("/b")));
    assert_true(response_header(&response, "Set-Cookie", STR("a=1")));
    assert_true(response_header(&response, "Set-Cookie", STR("b=2")));
    assert_int_equal(response.header_count, 3);
    assert_string_equal(response.headers[0].value, "/b");
    assert_true(response_etag(&response, STR("7")));
    assert_string_equal(response.headers[3].value, "\"7\"");
    while (response.header_count < RESPONSE_MAX_HEADERS)
        assert_true(response_header(&response, "Set-Cookie", STR("c=3")));
    assert_false(response_header(&response, "Set-Cookie", STR("c=3")));
    arena_free(&arena);
}

static void test_etags_are_compared_as_the_standard_says(void **state) {
    (void)state;
    static const struct {
        const char *value;
        bool strong, weak;
    } rows[] = {
        {NULL, false, false},           {"", false, false},
        {"\"7\"", true, true},          {"*", true, true},
        {"W/\"7\"", false, true},       {"\"8\", \"7\"", true, true},
        {"\"8\",W/\"7\"", false, true}, {"7", false, false},
        {"\"7", false, false},          {"\"77\"", false, false},
        {"\"8\" \"7\"", false, false},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct str value = str_from_cstr(rows[i].value);
        assert_int_equal(etag_listed(value, STR("7"), false), rows[i].strong);
        assert_int_equal(etag_listed(value, STR("7"), true), rows[i].weak);
    }
}

static void count_call(void *context) {
    ++*(int *)context;
}

static long read_nothing(void *context, char *out, size_t size) {
    (void)context;
    (void)out;
    (void)size;
    return 0;
}

static void test_an_answer_that_is_replaced_is_let_go_of(void **state) {
    (void)state;
    int done = 0;
    struct arena arena = {0};
    struct http_response response = {.arena = &arena};
    respond_text(&response, 200, STR("first"));
    respond_stream(&response, 200, "text/plain", read_nothing, count_call, &done);
    assert_int_equal(response.body.len, 0);
    respond_empty(&response, 204);
    assert_int_equal(done, 1);
    response_clear(&response);
    assert_int_equal(done, 1);
    assert_int_equal(response.status, 0);
    arena_free(&arena);
}

static json_t *body_of(const struct http_response *response) {
    struct err err = ERR_INIT;
    json_t *root = json_read(buf_str(&response->body), &err);
    assert_non_null(root);
    return root;
}

static const char *text_of(const json_t *root, const char *key) {
    return json_string_value(json_object_get(root, key));
}

static void test_a_problem_has_all_its_members(void **state) {
    (void)state;
    struct arena arena = {0};
    struct http_request request = {.path = STR("/x"), .trace_id = STR("t1"), .arena = &arena};
    struct http_response response = {.arena = &arena};
    respond_problem(&request, &response, 404, "no job \"%s\"", "a\n");
    assert_string_equal(response.content_type, "application/problem+json");
    json_t *root = body_of(&response);
    assert_string_equal(text_of(root, "type"), "urn:alphabet:problem:not-found");
    assert_string_equal(text_of(root, "title"), "Not Found");
    assert_string_equal(text_of(root, "detail"), "no job \"a\n\"");
    assert_string_equal(text_of(root, "instance"), "/x");
    assert_string_equal(text_of(root, "traceId"), "t1");
    assert_int_equal(json_integer_value(json_object_get(root, "status")), 404);
    assert_null(json_object_get(root, "errors"));
    json_decref(root);
    response_clear(&response);
    arena_free(&arena);
}

static void test_faults_are_gathered_by_field(void **state) {
    (void)state;
    struct arena arena = {0};
    struct http_request request = {.arena = &arena};
    struct http_response response = {.arena = &arena};
    struct faults faults = {.arena = &arena};
    faults_add(&faults, STR("a"), "one");
    faults_add(&faults, STR("b"), "two");
    faults_add(&faults, STR("a"), "three");
    respond_faults(&request, &response, &faults);
    assert_int_equal(response.status, 400);
    json_t *root = body_of(&response), *errors = json_object_get(root, "errors");
    assert_int_equal(json_object_size(errors), 2);
    assert_int_equal(json_array_size(json_object_get(errors, "a")), 2);
    assert_string_equal(json_string_value(json_array_get(json_object_get(errors, "a"), 1)),
                        "three");
    json_decref(root);
    response_clear(&response);
    arena_free(&arena);
}

static const char *header_of(const struct http_response *response, const char *name) {
    for (size_t i = 0; i < response->header_count; i++)
        if (strcmp(response->headers[i].name, name) == 0) return response->headers[i].value;
    return NULL;
}

static void test_each_kind_of_error_has_its_status_and_headers(void **state) {
    (void)state;
    struct arena arena = {0};
#define X(name, status, title) {name, status},
    static const struct {
        enum err_kind kind;
        int status;
    } rows[] = {ERR_KINDS(X)};
#undef X
    for (size_t i = 1; i < COUNT_OF(rows); i++) {
        struct http_request request = {.arena = &arena};
        struct http_response response = {.arena = &arena};
        struct err err = {.kind = rows[i].kind, .field = "name", .msg = "why"};
        respond_err(&request, &response, &err);
        assert_int_equal(response.status, rows[i].status);
        bool later = rows[i].status == 429 || rows[i].status == 503;
        assert_int_equal(header_of(&response, "Retry-After") != NULL, later);
        assert_int_equal(header_of(&response, "WWW-Authenticate") != NULL, rows[i].status == 401);
        json_t *root = body_of(&response);
        assert_string_equal(text_of(root, "title"), err_title(rows[i].kind));
        assert_non_null(json_object_get(json_object_get(root, "errors"), "name"));
        json_decref(root);
        response_clear(&response);
    }
    arena_free(&arena);
}
