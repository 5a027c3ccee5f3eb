/* fuzz_url_query.c - no target breaks the decoding of paths and queries, and what comes out of it
 * is what handlers rely on: UTF-8 without NUL, names that are there once.
 *
 * The input is a request target: a path, `?`, a query; behind a line feed, a header value.
 */
#include "http/check.h"
#include "http/response.h"
#include "http/router.h"
#include "http/url.h"

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void nothing(struct http_request *request, struct http_response *response, void *context) {
    (void)request;
    (void)response;
    (void)context;
}

static const struct http_route routes[] = {
    {HTTP_GET, "/jobs/{id}", nothing, 0, 0, 0},
    {HTTP_GET, "/jobs/failed", nothing, 0, 0, 0},
    {HTTP_GET, "/jobs/{id}/history", nothing, 0, 0, 0},
    {HTTP_GET, "/{a}/{b}/{c}", nothing, 0, 0, 0},
    {HTTP_GET, "/hangfire/{file*}", nothing, 0, 0, 0},
};

static void assert_clean(struct str s) {
    assert(str_is_utf8(s));
    assert(s.len == 0 || memchr(s.ptr, '\0', s.len) == NULL);
}

static void match(struct str path, struct arena *arena) {
    struct err err = ERR_INIT;
    struct http_match found;
    struct http_router *router = http_router_new();
    bool added = http_router_add(router, routes, COUNT_OF(routes), NULL, &err);
    assert(added);
    if (http_router_match(router, HTTP_GET, path, arena, &found) == HTTP_MATCHED) {
        size_t params = 0;
        for (const char *p = found.route->path; *p; p++) params += *p == '{';
        for (size_t i = 0; i < params; i++) assert_clean(found.params[i]);
    }
    http_router_free(router);
}

static void parse(struct str text, struct arena *arena) {
    struct query query;
    struct faults faults = {.arena = arena};
    query_parse(text, arena, &query, &faults);
    assert(query.count <= QUERY_MAX_PARAMETERS);
    for (size_t i = 0; i < query.count; i++) {
        assert_clean(query.items[i].name);
        assert_clean(query.items[i].value);
        /* The one found by its name is this one: no name is there twice. */
        struct str value = query_find(&query, query.items[i].name);
        assert(value.ptr == query.items[i].value.ptr);
    }
    for (size_t i = 0; i < faults.count; i++) assert_clean(faults.items[i].field);
}

static void read_header(struct str value, struct arena *arena) {
    struct http_response response = {.arena = arena};
    (void)etag_listed(value, STR("7"), false);
    (void)is_json_type(value);
    (void)host_name(value);
    struct str trace = trace_id_of(value);
    assert(str_is_absent(trace) || trace.len == 32);
    if (!response_header(&response, "X-Echo", value)) return;
    for (const char *p = response.headers[0].value; *p; p++) assert(*p != '\r' && *p != '\n');
    assert(strlen(response.headers[0].value) == value.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct arena arena = {0};
    struct str header = {(const char *)data, size};
    struct str query = str_cut(&header, '\n');
    struct str path = str_cut(&query, '?');
    struct str decoded;
    if (url_decode(&arena, path, 0, &decoded)) assert_clean(decoded);
    match(path, &arena);
    parse(query, &arena);
    read_header(header, &arena);
    arena_free(&arena);
    return 0;
}
