/* Which route a path means. */
#include "http/router.h"

#include <string.h>

static void nothing(struct http_request *request, struct http_response *response, void *context) {
    (void)request;
    (void)response;
    (void)context;
}

static const struct http_route routes[] = {
    {HTTP_GET, "/", nothing, 0, 0, 0},
    {HTTP_GET, "/api/jobs", nothing, 0, 0, 0},
    {HTTP_POST, "/api/jobs", nothing, 0, 0, 0},
    {HTTP_GET, "/api/jobs/{jobId}", nothing, 0, 0, 0},
    {HTTP_DELETE, "/api/jobs/{jobId}", nothing, 0, 0, 0},
    {HTTP_GET, "/api/jobs/failed", nothing, 0, 0, 0},
    {HTTP_GET, "/api/jobs/{jobId}/history", nothing, 0, 0, 0},
    {HTTP_GET, "/api/{kind}/{id}/{part}", nothing, 0, 0, 0},
    {HTTP_GET, "/hangfire", nothing, 0, 0, 0},
    {HTTP_GET, "/hangfire/{file*}", nothing, 0, 0, 0},
    {HTTP_GET, "/hangfire/api/stats", nothing, 0, 0, 0},
};

static struct http_router *make(void) {
    struct err err = ERR_INIT;
    struct http_router *router = http_router_new();
    assert_true(http_router_add(router, routes, COUNT_OF(routes), NULL, &err));
    return router;
}

static void test_paths_find_their_routes(void **state) {
    (void)state;
    static const struct {
        enum http_method method;
        const char *path;
        const char *route; // NULL = no such path
        const char *first, *second;
    } rows[] = {
        {HTTP_GET, "/", "/", NULL, NULL},
        {HTTP_GET, "/api/jobs", "/api/jobs", NULL, NULL},
        {HTTP_POST, "/api/jobs", "/api/jobs", NULL, NULL},
        {HTTP_GET, "/api/jobs/failed", "/api/jobs/failed", NULL, NULL},
        {HTTP_GET, "/api/jobs/%66ailed", "/api/jobs/failed", NULL, NULL},
        {HTTP_GET, "/api/jobs/fail", "/api/jobs/{jobId}", "fail", NULL},
        {HTTP_HEAD, "/api/jobs/7", "/api/jobs/{jobId}", "7", NULL},
        {HTTP_GET, "/api/jobs/a%20b%C3%A4", "/api/jobs/{jobId}", "a bä", NULL},
        {HTTP_GET, "/api/jobs/a+b", "/api/jobs/{jobId}", "a+b", NULL},
        {HTTP_GET, "/api/jobs/failed/history", "/api/jobs/{jobId}/history", "failed", NULL},
        {HTTP_GET, "/api/jobs/7/other", "/api/{kind}/{id}/{part}", "jobs", "7"},
        {HTTP_GET, "/api/%2541/b/c", "/api/{kind}/{id}/{part}", "%41", "b"},
        {HTTP_GET, "/hangfire", "/hangfire", NULL, NULL},
        {HTTP_GET, "/hangfire/", "/hangfire/{file*}", "", NULL},
        {HTTP_GET, "/hangfire/js/a%2eb.js", "/hangfire/{file*}", "js/a.b.js", NULL},
        {HTTP_GET, "/hangfire/api/stats", "/hangfire/api/stats", NULL, NULL},
        {HTTP_GET, "/hangfire/api/other", "/hangfire/{file*}", "api/other", NULL},
        {HTTP_GET, "/hangfire/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17/18/19/20",
         "/hangfire/{file*}", "1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17/18/19/20", NULL},
        {HTTP_GET, "/api", NULL, NULL, NULL},
        {HTTP_GET, "/api/jobs/", NULL, NULL, NULL},
        {HTTP_GET, "/api//jobs", NULL, NULL, NULL},
        {HTTP_GET, "/API/jobs", NULL, NULL, NULL},
        {HTTP_GET, "/api/jobs/1/2/3", NULL, NULL, NULL},
    };
    struct http_router *router = make();
    struct arena arena = {0};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct http_match match;
        enum http_match_result result =
            http_router_match(router, rows[i].method, str_from_cstr(rows[i].path), &arena, &match);
        if (rows[i].route == NULL) {
            assert_int_equal(result, HTTP_NO_SUCH_PATH);
            continue;
        }
        assert_int_equal(result, HTTP_MATCHED);
        assert_string_equal(match.route->path, rows[i].route);
        assert_ptr_equal(http_router_at(router, match.index), match.route);
        if (rows[i].first) assert_true(str_equal(match.params[0], str_from_cstr(rows[i].first)));
        if (rows[i].second) assert_true(str_equal(match.params[1], str_from_cstr(rows[i].second)));
    }
    arena_free(&arena);
    http_router_free(router);
}

static void test_a_wrong_method_names_the_right_ones(void **state) {
    (void)state;
    struct http_router *router = make();
    struct arena arena = {0};
    struct http_match match;
    assert_int_equal(http_router_match(router, HTTP_PUT, STR("/api/jobs"), &arena, &match),
                     HTTP_NO_SUCH_METHOD);
    assert_true(
        str_equal(http_allow_value(match.allowed, &arena), STR("GET, HEAD, POST, OPTIONS")));
    assert_int_equal(http_router_match(router, HTTP_OTHER, STR("/api/jobs/7"), &arena, &match),
                     HTTP_NO_SUCH_METHOD);
    assert_true(
        str_equal(http_allow_value(match.allowed, &arena), STR("GET, HEAD, DELETE, OPTIONS")));
    arena_free(&arena);
    http_router_free(router);
}

static void test_a_path_that_cannot_be_decoded_is_refused(void **state) {
    (void)state;
    static const char *const bad[] = {"/api/jobs/%",     "/api/jobs/%4",        "/api/jobs/%zz",
                                      "/api/jobs/a%00b", "/api/jobs/%ff",       "/api/jobs/%c0%af",
                                      "/api/jobs/a%2Fb", "/api/jobs/%ed%a0%80", "",
                                      "api/jobs",        "/hangfire/a/%00"};
    struct http_router *router = make();
    struct arena arena = {0};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct http_match match;
        assert_int_equal(http_router_match(router, HTTP_GET, str_from_cstr(bad[i]), &arena, &match),
                         HTTP_BAD_PATH);
    }
    arena_free(&arena);
    http_router_free(router);
}

static void test_a_malformed_table_is_refused(void **state) {
    (void)state;
    static const struct http_route bad[] = {
        {HTTP_GET, "jobs", nothing, 0, 0, 0},
        {HTTP_GET, "/a{b}", nothing, 0, 0, 0},
        {HTTP_GET, "/{b", nothing, 0, 0, 0},
        {HTTP_GET, "/{b*}/c", nothing, 0, 0, 0},
        {HTTP_GET, "/x/{}", nothing, 0, 0, 0},
        {HTTP_OTHER, "/x", nothing, 0, 0, 0},
        {HTTP_GET, "/x", NULL, 0, 0, 0},
        {HTTP_GET, "/{a}/{b}/{c}/{d}/{e}/{f}/{g}", nothing, 0, 0, 0},
    };
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct err err = ERR_INIT;
        struct http_router *router = http_router_new();
        assert_false(http_router_add(router, &bad[i], 1, NULL, &err));
        assert_int_equal(err.kind, ERR_INVALID);
        http_router_free(router);
    }
}

static void test_a_route_that_is_there_twice_is_refused(void **state) {
    (void)state;
    static const struct http_route twice[] = {{HTTP_GET, "/a/{b}", nothing, 0, 0, 0},
                                              {HTTP_GET, "/a/{c}", nothing, 0, 0, 0}};
    struct err err = ERR_INIT;
    struct http_router *router = http_router_new();
    assert_false(http_router_add(router, twice, 2, NULL, &err));
    assert_non_null(strstr(err.msg, "/a/{c}"));
    http_router_free(router);
}

static void test_tables_keep_their_contexts(void **state) {
    (void)state;
    static const struct http_route first[] = {{HTTP_GET, "/one", nothing, 0, 0, 0}};
    static const struct http_route second[] = {{HTTP_GET, "/two", nothing, 0, 0, 0}};
    int a, b;
    struct err err = ERR_INIT;
    struct arena arena = {0};
    struct http_match match;
    struct http_router *router = http_router_new();
    assert_true(http_router_add(router, first, 1, &a, &err));
    assert_true(http_router_add(router, second, 1, &b, &err));
    assert_int_equal(http_router_count(router), 2);
    assert_int_equal(http_router_match(router, HTTP_GET, STR("/two"), &arena, &match),
                     HTTP_MATCHED);
    assert_ptr_equal(match.context, &b);
    assert_int_equal(match.index, 1);
    arena_free(&arena);
    http_router_free(router);
}
