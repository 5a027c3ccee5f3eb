/* request_metrics.c - see request_metrics.h. What was never asked for is not written. */
#include "api/request_metrics.h"

#include "api/metric_text.h"
#include "base/mem.h"

#include <stdatomic.h>
#include <stdlib.h>

/* The statuses there are; any other one counts as the first: the connection broke before. */
static const int statuses[] = {0,   200, 201, 202, 204, 206, 302, 304, 400, 401,
                               403, 404, 405, 406, 408, 409, 412, 413, 414, 415,
                               421, 422, 429, 431, 500, 501, 503, 505};

static const int64_t duration_bounds[] = {250,   500,   1000,   2500,   5000,    10000,
                                          25000, 50000, 100000, 500000, 2500000, 10000000};

struct route_counts {
    _Atomic uint64_t by_status[COUNT_OF(statuses)];
    struct histogram duration_us;
};

struct request_metrics {
    const struct http_route *routes;
    size_t count;
    struct route_counts items[]; // one for each route, and one for none
};

struct request_metrics *request_metrics_new(const struct http_route *routes, size_t count) {
    struct request_metrics *requests =
        xcalloc(1, sizeof *requests + (count + 1) * sizeof requests->items[0]);
    requests->routes = routes;
    requests->count = count;
    for (size_t i = 0; i <= count; i++)
        histogram_init(&requests->items[i].duration_us, duration_bounds, COUNT_OF(duration_bounds));
    return requests;
}

void request_metrics_free(struct request_metrics *requests) {
    free(requests);
}

static size_t index_of_status(int status) {
    for (size_t i = 1; i < COUNT_OF(statuses); i++)
        if (statuses[i] == status) return i;
    return 0;
}

void request_metrics_count(struct request_metrics *requests, const struct http_done *done,
                           bool timed) {
    const struct http_route *route = done->route;
    bool ours = route && route >= requests->routes && route < requests->routes + requests->count;
    struct route_counts *counts =
        &requests->items[ours ? (size_t)(route - requests->routes) : requests->count];
    (void)atomic_fetch_add_explicit(&counts->by_status[index_of_status(done->status)], 1,
                                    memory_order_relaxed);
    if (timed) histogram_add(&counts->duration_us, done->duration.us);
}

static void label(const struct request_metrics *requests, size_t index,
                  struct metric_label labels[2]) {
    bool none = index == requests->count;
    const struct http_route *route = &requests->routes[index];
    labels[0] = (struct metric_label){"route", none ? STR("none") : str_from_cstr(route->path)};
    labels[1] = (struct metric_label){
        "method", none ? STR("any") : str_from_cstr(http_method_name(route->method))};
}

static bool was_timed(const struct route_counts *counts) {
    uint64_t sum = 0;
    for (size_t i = 0; i <= counts->duration_us.bound_count; i++)
        sum += atomic_load_explicit(&counts->duration_us.counts[i], memory_order_relaxed);
    return sum > 0;
}

void request_metrics_write(const struct request_metrics *requests, struct buf *out) {
    const char *total = "alphabet_http_requests_total";
    const char *duration = "alphabet_http_request_duration_seconds";
    struct metric_label labels[3];
    metric_family(out, total, "counter",
                  "Requests answered, by route; status 0: the connection broke before an answer.");
    for (size_t i = 0; i <= requests->count; i++) {
        label(requests, i, labels);
        for (size_t s = 0; s < COUNT_OF(statuses); s++) {
            uint64_t count =
                atomic_load_explicit(&requests->items[i].by_status[s], memory_order_relaxed);
            if (count == 0) continue;
            char text[12];
            (void)snprintf(text, sizeof text, "%d", statuses[s]);
            labels[2] = (struct metric_label){"status", str_from_cstr(text)};
            metric_i64(out, total, labels, 3, (int64_t)count);
        }
    }
    metric_family(out, duration, "histogram",
                  "From the head of a request to the end of its answer, without event streams.");
    for (size_t i = 0; i <= requests->count; i++) {
        if (!was_timed(&requests->items[i])) continue;
        label(requests, i, labels);
        metric_histogram(out, duration, labels, 2, &requests->items[i].duration_us, true);
    }
}
