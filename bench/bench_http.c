/* bench_http.c - how many HttpCalls a second does one thread make, beside bare libcurl?
 *
 * The promise is at least 0.3 of a program that does nothing but reuse easy handles in a libcurl
 * multi loop on epoll: what variables, headers, guard, bounds and results may cost. Both call the
 * same local server (a child process that answers each request with a few bytes), with the same
 * number of calls in flight, in turns; the best turn of each counts.
 *
 *     bench_http [CALLS]
 *
 * The path through engine and store is a figure of its own: a mode is a row in `modes`.
 */
#include "base/clock.h"
#include "handlers/http_call.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { IN_FLIGHT = 64, CALLS = 60000, TURNS = 3 };
#define PROMISED_RATIO 0.3

/* --- the target: one request a packet, which a local client's is --- */

static void answer(int fd) {
    static const char reply[] = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
                                "Content-Length: 2\r\n\r\nok";
    char request[16384];
    ssize_t got = recv(fd, request, sizeof request, 0);
    if (got <= 0 || send(fd, reply, sizeof reply - 1, MSG_NOSIGNAL) < 0) (void)close(fd);
}

static void serve(int listener) {
    struct epoll_event events[256], event = {.events = EPOLLIN, .data.fd = listener};
    int set = epoll_create1(0), one = 1;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    epoll_ctl(set, EPOLL_CTL_ADD, listener, &event);
    for (;;) {
        int count = epoll_wait(set, events, 256, -1);
        for (int i = 0; i < count; i++) {
            if (events[i].data.fd != listener) {
                answer(events[i].data.fd);
                continue;
            }
            int fd = accept(listener, NULL, NULL);
            setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
            event.data.fd = fd;
            epoll_ctl(set, EPOLL_CTL_ADD, fd, &event);
        }
    }
}

static pid_t start_target(char *url, size_t size) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(listener, 1024) != 0 ||
        getsockname(listener, (struct sockaddr *)&address, &len) != 0)
        exit(1);
    (void)snprintf(url, size, "http://127.0.0.1:%d/", ntohs(address.sin_port));
    pid_t child = fork();
    if (child == 0) serve(listener);
    (void)close(listener);
    return child;
}

/* --- bare libcurl --- */

static size_t drop(char *bytes, size_t size, size_t count, void *context) {
    (void)bytes, (void)context;
    return size * count;
}

struct bare {
    int epoll;
    long timeout;
};

static int on_bare_socket(CURL *easy, curl_socket_t fd, int what, void *context, void *known) {
    (void)easy;
    struct bare *bare = context;
    struct epoll_event event = {.data.fd = fd};
    if (what != CURL_POLL_OUT) event.events |= EPOLLIN;
    if (what != CURL_POLL_IN) event.events |= EPOLLOUT;
    int how = what == CURL_POLL_REMOVE ? EPOLL_CTL_DEL : EPOLL_CTL_MOD;
    if (epoll_ctl(bare->epoll, how, fd, &event) != 0 && errno == ENOENT)
        epoll_ctl(bare->epoll, EPOLL_CTL_ADD, fd, &event);
    (void)known;
    return 0;
}

static int on_bare_timer(CURLM *multi, long timeout, void *context) {
    (void)multi;
    ((struct bare *)context)->timeout = timeout;
    return 0;
}

static int bare_turn(CURLM *multi, const char *url, int calls, struct bare *bare) {
    CURL *easy[IN_FLIGHT];
    int started = 0, done = 0, failed = 0, running, left;
    for (int i = 0; i < IN_FLIGHT; i++, started++) {
        easy[i] = curl_easy_init();
        curl_easy_setopt(easy[i], CURLOPT_URL, url);
        curl_easy_setopt(easy[i], CURLOPT_WRITEFUNCTION, drop);
        curl_easy_setopt(easy[i], CURLOPT_NOSIGNAL, 1L);
        curl_multi_add_handle(multi, easy[i]);
    }
    while (done < calls) {
        struct epoll_event events[256];
        int count = epoll_wait(bare->epoll, events, 256, (int)bare->timeout);
        for (int i = 0; i < count; i++)
            curl_multi_socket_action(
                multi, events[i].data.fd,
                events[i].events & EPOLLIN ? CURL_CSELECT_IN : CURL_CSELECT_OUT, &running);
        if (bare->timeout >= 0 && (count == 0 || bare->timeout == 0))
            curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &running);
        CURLMsg *message;
        while ((message = curl_multi_info_read(multi, &left))) {
            CURL *ended = message->easy_handle;
            failed += message->data.result != CURLE_OK;
            done++;
            curl_multi_remove_handle(multi, ended);
            if (started++ < calls) curl_multi_add_handle(multi, ended);
        }
    }
    for (int i = 0; i < IN_FLIGHT; i++) {
        curl_multi_remove_handle(multi, easy[i]);
        curl_easy_cleanup(easy[i]);
    }
    return failed;
}

static int run_bare(const char *url, int calls) {
    struct bare bare = {.epoll = epoll_create1(0), .timeout = -1};
    CURLM *multi = curl_multi_init();
    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_bare_socket);
    curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, &bare);
    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_bare_timer);
    curl_multi_setopt(multi, CURLMOPT_TIMERDATA, &bare);
    int failed = bare_turn(multi, url, calls, &bare);
    curl_multi_cleanup(multi);
    (void)close(bare.epoll);
    return failed;
}

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
    return run_bare(url, calls);
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
    pid_t target = start_target(url, sizeof url);
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
    (void)kill(target, SIGKILL);
    (void)waitpid(target, NULL, 0);
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
