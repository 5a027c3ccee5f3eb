/* Requests are counted by route and status; what no route matched is one series. */
#include "api/request_metrics.h"

#include <string.h>

static void handle(struct http_request *request, struct http_response *response, void *context) {
    (void)request;
    (void)response;
    (void)context;
}

static const struct http_route routes[] = {
    {HTTP_GET, "/a", handle, 0, 0, 0},
    {HTTP_POST, "/b/{id}", handle, 0, 0, 0},
};

static void count(struct request_metrics *requests, const struct http_route *route, int status) {
    struct http_done done = {.route = route, .status = status, .duration = span_ms(3)};
    request_metrics_count(requests, &done, status != 206);
}

static void test_only_what_was_asked_for_is_written(void **state) {
    (void)state;
    static const struct http_route foreign = {HTTP_GET, "/elsewhere", handle, 0, 0, 0};
    struct request_metrics *requests = request_metrics_new(routes, 2);
    count(requests, &routes[1], 201);
    count(requests, &routes[1], 201);
    count(requests, &routes[1], 999); // a status that nobody knows
    count(requests, NULL, 404);
    count(requests, &foreign, 404);
    struct buf out = buf_with_max(0);
    request_metrics_write(requests, &out);
    assert_null(strstr(out.ptr, "route=\"/a\""));
    assert_non_null(
        strstr(out.ptr, "_total{route=\"/b/{id}\",method=\"POST\",status=\"201\"} 2\n"));
    assert_non_null(strstr(out.ptr, "_total{route=\"/b/{id}\",method=\"POST\",status=\"0\"} 1\n"));
    assert_non_null(strstr(out.ptr, "_total{route=\"none\",method=\"any\",status=\"404\"} 2\n"));
    assert_non_null(strstr(out.ptr, "_seconds_count{route=\"/b/{id}\",method=\"POST\"} 3\n"));
    assert_non_null(strstr(out.ptr, "_seconds_sum{route=\"/b/{id}\",method=\"POST\"} 0.009\n"));
    buf_free(&out);
    request_metrics_free(requests);
}

static void test_a_stream_is_counted_and_not_timed(void **state) {
    (void)state;
    struct request_metrics *requests = request_metrics_new(routes, 2);
    count(requests, &routes[0], 206);
    struct buf out = buf_with_max(0);
    request_metrics_write(requests, &out);
    assert_non_null(strstr(out.ptr, "status=\"206\"} 1\n"));
    assert_null(strstr(out.ptr, "_seconds_count{"));
    buf_free(&out);
    request_metrics_free(requests);
}
