/* What a handler can ask of its request. */
#include "http/request.h"

static struct arena arena;

static struct http_request make(const char *query) {
    struct faults faults = {.arena = &arena};
    struct http_request request = {.arena = &arena};
    query_parse(str_from_cstr(query), &arena, &request.query, &faults);
    return request;
}

static void add(struct http_request *request, const char *name, const char *value) {
    request->headers[request->header_count++] =
        (struct http_header){str_from_cstr(name), str_from_cstr(value)};
}

static void test_numbers_in_the_query_have_bounds(void **state) {
    (void)state;
    static const struct {
        const char *query;
        int64_t value;
        bool fault;
    } rows[] = {
        {"", 20, false},
        {"n=", 20, false},
        {"n=1", 1, false},
        {"n=200", 200, false},
        {"n=0", 20, true},
        {"n=-1", 20, true},
        {"n=201", 20, true},
        {"n=1.5", 20, true},
        {"n=1e9", 20, true},
        {"n=x", 20, true},
        {"n=+5", 20, true},
        {"n=0x5", 20, true},
        {"n=99999999999999999999", 20, true},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct http_request request = make(rows[i].query);
        struct faults faults = {.arena = &arena};
        assert_int_equal(query_i64(&request, "n", 1, 200, 20, &faults), rows[i].value);
        assert_int_equal(!faults_none(&faults), rows[i].fault);
    }
    arena_free(&arena);
}

static void test_times_booleans_and_texts_in_the_query(void **state) {
    (void)state;
    struct http_request request =
        make("t=2026-01-02T03%3A04%3A05%2B01%3A00&bad=tomorrow&b=TRUE&nob=yes&s=%C3%A4b&long=abcd&"
             "line=a%0Ab");
    struct faults faults = {.arena = &arena};
    char text[RFC3339_LENGTH + 1];
    utc_format(query_time(&request, "t", UTC_NONE, &faults), text);
    assert_string_equal(text, "2026-01-02T02:04:05.000Z");
    assert_true(query_bool(&request, "b", false, &faults));
    assert_true(query_bool(&request, "absent", true, &faults));
    assert_true(str_equal(query_str(&request, "s", 2, &faults), STR("äb")));
    assert_true(faults_none(&faults));
    assert_true(utc_is_none(query_time(&request, "bad", UTC_NONE, &faults)));
    assert_false(query_bool(&request, "nob", false, &faults));
    assert_true(str_is_absent(query_str(&request, "long", 3, &faults)));
    assert_true(str_is_absent(query_str(&request, "line", 9, &faults)));
    assert_int_equal(faults.count, 4);
    assert_true(str_equal(faults.items[0].field, STR("bad")));
    assert_true(str_equal(faults.items[3].field, STR("line")));
    arena_free(&arena);
}

static void test_an_unknown_parameter_is_told_the_known_ones(void **state) {
    (void)state;
    static const char *const names[] = {"pageNumber", "pageSize", NULL};
    static const char *const none[] = {NULL};
    struct http_request request = make("pageSize=1&pagesize=2&callback=x");
    struct faults faults = {.arena = &arena};
    query_check_known(&request, names, &faults);
    assert_int_equal(faults.count, 2);
    assert_true(str_equal(faults.items[0].field, STR("pagesize")));
    assert_true(str_contains(faults.items[0].message, STR("pageNumber, pageSize")));
    assert_true(str_equal(faults.items[1].field, STR("callback")));
    query_check_known(&request, none, &faults);
    assert_int_equal(faults.count, 5);
    assert_true(str_contains(faults.items[4].message, STR("none")));
    arena_free(&arena);
}

static void test_cookies_are_found_among_others(void **state) {
    (void)state;
    struct http_request request = make("");
    add(&request, "cookie", "a=1; session=\"x y\";b = 2");
    add(&request, "Cookie", "late=3; sessionx=4");
    assert_true(str_equal(request_cookie(&request, STR("a")), STR("1")));
    assert_true(str_equal(request_cookie(&request, STR("session")), STR("x y")));
    assert_true(str_equal(request_cookie(&request, STR("b")), STR("2")));
    assert_true(str_equal(request_cookie(&request, STR("late")), STR("3")));
    assert_true(str_is_absent(request_cookie(&request, STR("sess"))));
}

static void test_bearer_tokens_and_accept(void **state) {
    (void)state;
    struct http_request request = make("");
    assert_true(str_is_absent(request_bearer(&request)));
    add(&request, "authorization", "bearer abc.def");
    add(&request, "Accept", "text/html, text/event-stream;q=0.9, */*");
    assert_true(str_equal(request_bearer(&request), STR("abc.def")));
    assert_true(request_accepts(&request, STR("text/event-stream")));
    assert_false(request_accepts(&request, STR("application/json")));
    struct http_request basic = make("");
    add(&basic, "Authorization", "Basic abc");
    assert_true(str_is_absent(request_bearer(&basic)));
    struct http_request empty = make("");
    add(&empty, "Authorization", "Bearer ");
    assert_true(str_is_absent(request_bearer(&empty)));
}

static void test_parameters_go_by_the_names_in_the_template(void **state) {
    (void)state;
    static const struct http_route route = {HTTP_GET, "/{id}/x/{idea}/{rest*}", NULL, 0, 0, 0};
    struct http_request request = {.route = &route, .params = {STR("1"), STR("2"), STR("3/4")}};
    assert_true(str_equal(request_param(&request, "id"), STR("1")));
    assert_true(str_equal(request_param(&request, "idea"), STR("2")));
    assert_true(str_equal(request_param(&request, "rest"), STR("3/4")));
}

static void test_an_optional_body_may_be_empty(void **state) {
    (void)state;
    static const struct http_route optional = {HTTP_POST, "/x", NULL, HTTP_BODY_OPTIONAL, 0, 0};
    static const struct http_route needed = {HTTP_POST, "/x", NULL, 0, 0, 0};
    struct err err = ERR_INIT;
    struct http_request request = {.route = &optional};
    assert_null(request_json(&request, &err));
    assert_int_equal(err.kind, ERR_NONE);
    request.route = &needed;
    assert_null(request_json(&request, &err));
    assert_int_equal(err.kind, ERR_INVALID);
    request.body = STR("{\"a\":1}");
    json_t *tree = request_json(&request, &err);
    assert_non_null(tree);
    assert_ptr_equal(request_json(&request, &err), tree);
    json_decref(tree);
}
