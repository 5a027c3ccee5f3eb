/* bench_code.c - how many CodeExecutions a second, beside a bare loop of posix_spawn and waitpid?
 *
 * The promise is at least 0.6 of the bare loop: what a supervisor, a session, limits, Landlock,
 * seccomp, the output and the proof that nothing is left may cost. Both run the same program with
 * the same number of children in flight, in turns; the median of the ratios counts. The bare loop
 * has no pipe and no input to make, which is to its advantage; but posix_spawn waits for each exec,
 * while our supervisors exec side by side, so a ratio above 1 is a matter of processors. The ratio
 * of processor time (bare by ours) knows no such thing, and is given too.
 *
 *     bench_code [RUNS]
 */
#include "base/clock.h"
#include "handlers/code_execution.h"

#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { IN_FLIGHT = 4, RUNS = 500, TURNS = 7 };
#define PROMISED_RATIO 0.6
static const char program[] = "/usr/bin/true";

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
    int started, done, failed, runs;
};

static void refill(uv_timer_t *timer) {
    struct driver *driver = timer->data;
    for (int i = 0; i < IN_FLIGHT && driver->started < driver->runs; i++) {
        struct slot *slot = &driver->slots[i];
        if (!slot->is_free) continue;
        slot->is_free = false;
        slot->execution.fence = ++driver->started;
        driver->handler->start(driver->handler, &slot->run);
    }
}

static void on_finish(struct run *run, const struct run_result *result) {
    struct slot *slot = (struct slot *)(void *)run; // its first member
    struct driver *driver = slot->driver;
    slot->is_free = true;
    if (result->status != EXECUTION_SUCCEEDED && driver->failed++ == 0)
        (void)fprintf(stderr, "%.*s\n", STR_ARG(result->error_message));
    if (++driver->done < driver->runs) (void)uv_timer_start(&driver->refill, refill, 0, 0);
}

static int run_handler(const struct code_handlers *handlers, int runs) {
    struct err err = ERR_INIT;
    struct code_execution_options options = {
        .handlers = handlers, .clock = clock_system(), .machine_name = STR("bench")};
    struct driver *driver = xcalloc(1, sizeof *driver);
    struct utc now = clock_now(clock_system());
    driver->runs = runs;
    (void)uv_loop_init(&driver->loop);
    driver->handler = code_execution_new(&driver->loop, &options, &err);
    if (!driver->handler) exit(1);
    driver->job = (struct job){.id = guid_new(now),
                               .type = JOB_CODE_EXECUTION,
                               .name = STR("bench"),
                               .configuration = STR("{\"handlerType\":\"Bench\"}")};
    for (int i = 0; i < IN_FLIGHT; i++)
        driver->slots[i] = (struct slot){.run = {.execution = &driver->slots[i].execution,
                                                 .job = &driver->job,
                                                 .now = now,
                                                 .max_output_bytes = 65536,
                                                 .finish = on_finish},
                                         .execution = {.id = guid_new(now)},
                                         .driver = driver,
                                         .is_free = true};
    (void)uv_timer_init(&driver->loop, &driver->refill);
    driver->refill.data = driver;
    (void)uv_timer_start(&driver->refill, refill, 0, 0);
    (void)uv_run(&driver->loop, UV_RUN_DEFAULT);
    driver->handler->free(driver->handler);
    uv_close((uv_handle_t *)&driver->refill, NULL);
    (void)uv_run(&driver->loop, UV_RUN_DEFAULT);
    int failed = driver->failed + (uv_loop_close(&driver->loop) != 0);
    free(driver);
    return failed;
}

/* --- the yardstick --- */

static int run_bare(int runs) {
    char *const arguments[] = {(char *)(uintptr_t)program, NULL};
    int failed = 0, in_flight = 0, status = 0;
    for (int started = 0; started < runs || in_flight > 0;) {
        pid_t id;
        if (started < runs && in_flight < IN_FLIGHT) {
            failed += posix_spawn(&id, program, NULL, NULL, arguments, environ) != 0;
            started++;
            in_flight++;
            continue;
        }
        failed += wait(&status) <= 0 || status != 0;
        in_flight--;
    }
    return failed;
}

/* --- measuring --- */

static double per_second(struct mono began, int runs) {
    return runs * 1e6 / (double)mono_diff(clock_mono(clock_system()), began).us;
}

/* Processor time of this process and of all children it has waited for, in microseconds. */
static double cpu_us(void) {
    struct rusage self, children;
    (void)getrusage(RUSAGE_SELF, &self);
    (void)getrusage(RUSAGE_CHILDREN, &children);
    const struct timeval times[] = {self.ru_utime, self.ru_stime, children.ru_utime,
                                    children.ru_stime};
    double sum = 0;
    for (size_t i = 0; i < COUNT_OF(times); i++)
        sum += (double)times[i].tv_sec * 1e6 + (double)times[i].tv_usec;
    return sum;
}

static int by_value(const void *a, const void *b) {
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

static double median(double *values) {
    qsort(values, TURNS, sizeof *values, by_value);
    return values[TURNS / 2];
}

int main(int argc, char **argv) {
    int64_t wanted;
    bool given = argc > 1 && str_parse_i64(str_from_cstr(argv[1]), &wanted) && wanted > 0;
    int runs = given ? (int)wanted : RUNS, failed = 0;
    struct code_definition definition = {
        .name = STR("Bench"),
        .executable = program,
        .limits = {.cpu_seconds = 60,
                   .memory_bytes = 1 << 30,
                   .file_bytes = 1 << 30,
                   .open_files = 256,
                   .processes = 16},
    };
    struct code_handlers_options options = {.worker_count = IN_FLIGHT};
    struct err err = ERR_INIT;
    struct code_handlers *handlers = code_handlers_new(&options, &definition, 1, &err);
    if (!handlers) {
        (void)fprintf(stderr, "%s\n", err.msg);
        return 1;
    }
    double ours[TURNS], bare[TURNS], ratios[TURNS], our_cpu[TURNS], bare_cpu[TURNS];
    for (int turn = 0; turn < TURNS; turn++) {
        struct mono began = clock_mono(clock_system());
        double cpu_began = cpu_us();
        failed += run_bare(runs);
        bare[turn] = per_second(began, runs);
        bare_cpu[turn] = (cpu_us() - cpu_began) / runs;
        began = clock_mono(clock_system());
        cpu_began = cpu_us();
        failed += run_handler(handlers, runs);
        ours[turn] = per_second(began, runs);
        our_cpu[turn] = (cpu_us() - cpu_began) / runs;
        ratios[turn] = ours[turn] / bare[turn];
    }
    double ratio = median(ratios), our_micros = median(our_cpu), bare_micros = median(bare_cpu);
    const struct sandbox *sandbox = code_handlers_sandbox(handlers);
    (void)printf("{\"executionsPerSecond\": %.0f, \"bareSpawnsPerSecond\": %.0f, \"ratio\": %.2f, "
                 "\"promisedRatio\": %.1f, \"lowestRatio\": %.2f, \"highestRatio\": %.2f, ",
                 median(ours), median(bare), ratio, PROMISED_RATIO, ratios[0], ratios[TURNS - 1]);
    (void)printf("\"cpuMicros\": %.0f, \"bareCpuMicros\": %.0f, \"cpuRatio\": %.2f, \"inFlight\": "
                 "%d, \"landlock\": %d, "
                 "\"seccomp\": %s, \"failed\": %d, \"ok\": %s}\n",
                 our_micros, bare_micros, bare_micros / our_micros, IN_FLIGHT, sandbox->landlock,
                 sandbox->has_filter ? "true" : "false", failed,
                 ratio >= PROMISED_RATIO && failed == 0 ? "true" : "false");
    code_handlers_free(handlers);
    return failed > 0;
}
