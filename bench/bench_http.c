/* bench_http.c - how many HttpCalls a second does one thread make, beside bare libcurl?
 *
 * The promise is at least 0.3 of a program that does nothing but reuse easy handles in a libcurl
 * multi loop on epoll: what variables, headers, guard, bounds and results may cost. Both call the
 * same local server (a child process that answers each request with a few bytes), with the same
 * number of calls in flight, in turns; the best turn of each counts.
 *
 *     bench_http [CALLS]
 *
 * The path through engine and store is bench_http_engine.c. A mode is a row in `modes`.
 */
#include "bare_curl.h"
#include "base/clock.h"
#include "handlers/http_call.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

enum { IN_FLIGHT = 64, CALLS = 60000, TURNS = 3 };
#define PROMISED_RATIO 0.3

/* --- the handler alone, driven as the engine drives it --- */

struct driver;
struct slot {
    struct run run;
    struct execution execution;
    struct driver *driver;
    bool is_free;
};
struct driver {
    uv_loop_t loop;
    uv_timer_t refill;
    struct handler *handler;
    struct job job;
    struct slot slots[IN_FLIGHT];
    int started, done, failed, calls;
};

static void refill(uv_timer_t *timer) {
    struct driver *driver = timer->data;
    for (int i = 0; i < IN_FLIGHT && driver->started < driver->calls; i++) {
        struct slot *slot = &driver->slots[i];
        if (!slot->is_free) continue;
        slot->is_free = false;
        slot->execution.id = guid_new(slot->run.now);
        slot->execution.fence = ++driver->started;
        driver->handler->start(driver->handler, &slot->run);
    }
}

static void on_finish(struct run *run, const struct run_result *result) {
    struct slot *slot = (struct slot *)(void *)run; // its first member
    struct driver *driver = slot->driver;
    slot->is_free = true;
    driver->failed +=
        result->status != EXECUTION_SUCCEEDED || !str_equal(result->output, STR("ok"));
    if (++driver->done == driver->calls)
        uv_stop(&driver->loop);
    else
        uv_timer_start(&driver->refill, refill, 0, 0);
}

static void prepare(struct driver *driver, struct str configuration) {
    struct utc now = clock_now(clock_system());
    driver->job = (struct job){.row = 1,
                               .id = guid_new(now),
                               .revision = 1,
                               .type = JOB_HTTP_CALL,
                               .name = STR("bench"),
                               .configuration = configuration};
    for (int i = 0; i < IN_FLIGHT; i++)
        driver->slots[i] =
            (struct slot){.run = {.execution = &driver->slots[i].execution,
                                  .job = &driver->job,
                                  .now = now,
                                  .max_output_bytes = 65536,
                                  .finish = on_finish},
                          .execution = {.job_id = driver->job.id, .scheduled_for = now},
                          .driver = driver,
                          .is_free = true};
    uv_timer_init(&driver->loop, &driver->refill);
    driver->refill.data = driver;
    uv_timer_start(&driver->refill, refill, 0, 0);
}

static int run_handler(const char *configuration, int calls) {
    struct guard_options allow = {.allow_private_networks = true};
    struct err err = ERR_INIT;
    struct guard *guard = guard_new(&allow, &err);
    struct http_call_options options = {
        .guard = guard, .clock = clock_system(), .machine_name = STR("bench")};
    struct driver *driver = xcalloc(1, sizeof *driver);
    driver->calls = calls;
    uv_loop_init(&driver->loop);
    driver->handler = http_call_new(&driver->loop, &options, &err);
    if (!driver->handler) exit(1);
    prepare(driver, str_from_cstr(configuration));
    uv_run(&driver->loop, UV_RUN_DEFAULT);
    driver->handler->free(driver->handler);
    uv_close((uv_handle_t *)&driver->refill, NULL);
    while (uv_run(&driver->loop, UV_RUN_DEFAULT)) {
    } // the stop may still be noted
    int failed = driver->failed + (uv_loop_close(&driver->loop) != 0);
    free(driver);
    guard_free(guard);
    return failed;
}

/* --- measuring --- */

static int bare(const char *url, int calls) {
    return bare_curl_run(url, calls, IN_FLIGHT);
}

static int plain(const char *url, int calls) {
    char text[256];
    (void)snprintf(text, sizeof text, "{\"url\":\"%s\"}", url);
    return run_handler(text, calls);
}

static int full(const char *url, int calls) {
    char text[512];
    (void)snprintf(text, sizeof text,
                   "{\"url\":\"%s{{Today:yyyy}}/{{Execution.Id}}\",\"method\":\"POST\","
                   "\"headers\":{\"X-Job\":\"{{Job.Name}}\"},\"signingSecret\":\"0123456789\","
                   "\"timeoutSeconds\":30,\"body\":{\"id\":\"{{Execution.Id}}\"}}",
                   url);
    return run_handler(text, calls);
}

static const struct mode {
    const char *name;
    int (*run)(const char *url, int calls); // returns how many failed
} modes[] = {
    {"bareCurlPerSecond", bare}, {"callsPerSecond", plain}, {"signedCallsPerSecond", full}};
enum { MODES = COUNT_OF(modes) };

int main(int argc, char **argv) {
    int64_t calls = CALLS;
    if (argc > 1 && !str_parse_i64(str_from_cstr(argv[1]), &calls)) return 2;
    double best[MODES] = {0};
    char url[64];
    pid_t target = bare_target_start(url, sizeof url);
    int failed = 0;
    curl_global_init(CURL_GLOBAL_DEFAULT);
    for (int turn = 0; turn < TURNS; turn++)
        for (size_t i = 0; i < MODES; i++) {
            struct mono start = clock_mono(clock_system());
            failed += modes[i].run(url, (int)calls);
            double took = (double)mono_diff(clock_mono(clock_system()), start).us / 1e6;
            if ((double)calls / took > best[i]) best[i] = (double)calls / took;
        }
    curl_global_cleanup();
    bare_target_stop(target);
    struct rusage usage;
    (void)getrusage(RUSAGE_SELF, &usage);
    double ratio = best[1] / best[0];
    printf("{");
    for (size_t i = 0; i < MODES; i++) printf("\"%s\":%.0f,", modes[i].name, best[i]);
    printf("\"ratioToBareCurl\":%.2f,\"promisedRatio\":%.1f,\"inFlight\":%d,\"failed\":%d,"
           "\"peakMemoryKib\":%ld}\n",
           ratio, PROMISED_RATIO, IN_FLIGHT, failed, usage.ru_maxrss);
    return failed == 0 && ratio >= PROMISED_RATIO ? 0 : 1;
}
