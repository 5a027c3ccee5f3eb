/* bench_files.c - how quickly is a folder packed, beside `tar --zstd` of the same folder?
 *
 * The promise is at least 0.9 of its speed. Both write a tar.zst of the same files, warm in the
 * cache, in turns; the median of the ratios counts. The files hold lines as logs have them.
 *
 *     bench_files [MEGABYTES]        or ALPHABET_BENCH_MEGABYTES; 1024 for the promise as it stands
 */
#include "base/clock.h"
#include "handlers/file_operation.h"

#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MEGABYTES = 128, FILES = 64, TURNS = 5 };
#define PROMISED_RATIO 0.9
extern char **environ;

struct driver {
    uv_loop_t loop;
    struct handler *handler;
    struct run run;
    struct execution execution;
    struct job job;
    char folder[64];
    bool has_failed;
};

static void on_finish(struct run *run, const struct run_result *result) {
    struct driver *driver = (struct driver *)(void *)((char *)run - offsetof(struct driver, run));
    driver->has_failed = result->status != EXECUTION_SUCCEEDED;
    if (driver->has_failed) (void)fprintf(stderr, "%.*s\n", STR_ARG(result->error_message));
}

static double seconds_since(struct mono begin) {
    return (double)mono_diff(clock_mono(clock_system()), begin).us / 1e6;
}

static double processor_seconds(int who) {
    struct rusage use;
    (void)getrusage(who, &use);
    return (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) +
           (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1e6;
}

static void fill(const char *folder, long megabytes) {
    static const char *const words[] = {"accepted", "refused", "timeout", "GET /orders/", "user="};
    char path[128];
    unsigned random = 1;
    for (int i = 0; i < FILES; i++) {
        (void)snprintf(path, sizeof path, "%s/in/app-%02d.log", folder, i);
        FILE *file = fopen(path, "we");
        if (!file) abort();
        for (long bytes = 0; bytes < megabytes * 1024 * 1024 / FILES;) {
            random = random * 1664525 + 1013904223;
            bytes += fprintf(file, "2026-01-02T03:04:%02u.%03uZ INFO %s %08x in %u ms\n",
                             random >> 8 & 31, random >> 14 & 511, words[(random >> 24) % 5],
                             random * 2654435761U, random >> 22);
        }
        (void)fclose(file);
    }
}

static double pack(struct driver *driver) {
    struct mono begin = clock_mono(clock_system());
    driver->handler->start(driver->handler, &driver->run);
    (void)uv_run(&driver->loop, UV_RUN_DEFAULT);
    return seconds_since(begin);
}

/* With the flush of what it wrote, as the handler flushes. */
static double tar(struct driver *driver) {
    char archive[128];
    (void)snprintf(archive, sizeof archive, "%s/tar.tar.zst", driver->folder);
    char *const arguments[] = {"sh", "-c",    "tar --zstd -cf \"$1\" -C \"$2\" in && sync \"$1\"",
                               "sh", archive, driver->folder,
                               NULL};
    struct mono begin = clock_mono(clock_system());
    pid_t child;
    int status;
    if (posix_spawnp(&child, "sh", NULL, NULL, arguments, environ) != 0 ||
        waitpid(child, &status, 0) != child || status != 0)
        driver->has_failed = true;
    return seconds_since(begin);
}

static int by_size(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static long long size_of(const struct driver *driver, const char *name) {
    char path[128];
    struct stat status;
    (void)snprintf(path, sizeof path, "%s/%s", driver->folder, name);
    return stat(path, &status) == 0 ? (long long)status.st_size : 0;
}

static void measure(struct driver *driver, long megabytes) {
    double ratios[TURNS], own = 0, theirs = 0;
    (void)pack(driver); // the cache is warm from here on
    (void)tar(driver);
    double own_work = processor_seconds(RUSAGE_SELF),
           their_work = processor_seconds(RUSAGE_CHILDREN);
    for (int i = 0; i < TURNS && !driver->has_failed; i++) {
        double a = pack(driver), b = tar(driver);
        own += a;
        theirs += b;
        ratios[i] = b / a;
    }
    if (driver->has_failed) exit(1);
    own_work = processor_seconds(RUSAGE_SELF) - own_work;
    their_work = processor_seconds(RUSAGE_CHILDREN) - their_work;
    qsort(ratios, TURNS, sizeof ratios[0], by_size);
    double ratio = ratios[TURNS / 2];
    (void)printf("{\"what\":\"Compress to tar.zst beside tar --zstd\",\"megabytes\":%ld,"
                 "\"mb_per_second\":%.0f,\"tar_mb_per_second\":%.0f,\"processor_seconds\":%.2f,"
                 "\"tar_processor_seconds\":%.2f,\"bytes\":%lld,\"tar_bytes\":%lld,\"ratio\":%.2f,"
                 "\"promised\":%.2f,\"ok\":%s}\n",
                 megabytes, (double)megabytes * TURNS / own, (double)megabytes * TURNS / theirs,
                 own_work / TURNS, their_work / TURNS, size_of(driver, "own.tar.zst"),
                 size_of(driver, "tar.tar.zst"), ratio, PROMISED_RATIO,
                 ratio >= PROMISED_RATIO ? "true" : "false");
}

int main(int argc, char **argv) {
    const char *wanted = argc > 1 ? argv[1] : getenv("ALPHABET_BENCH_MEGABYTES");
    long megabytes = wanted ? strtol(wanted, NULL, 10) : MEGABYTES;
    struct driver driver = {.folder = "/tmp/alphabet-bench-XXXXXX"};
    char path[128], configuration[512];
    struct err err = ERR_INIT;
    if (megabytes < 1 || !mkdtemp(driver.folder)) return 1;
    (void)snprintf(path, sizeof path, "%s/in", driver.folder);
    if (mkdir(path, 0700) != 0) return 1;
    fill(driver.folder, megabytes);
    (void)snprintf(configuration, sizeof configuration,
                   "{\"operation\":\"Compress\",\"sourcePath\":\"%s/in\",\"archivePath\":"
                   "\"%s/own.tar.zst\",\"overwrite\":true}",
                   driver.folder, driver.folder);
    const char *const roots[] = {driver.folder, NULL};
    struct beneath *beneath = beneath_new(roots, &err);
    if (!beneath || uv_loop_init(&driver.loop) != 0) return 1;
    struct file_operation_options options = {.beneath = beneath, .machine_name = STR("box")};
    driver.handler = file_operation_new(&driver.loop, &options);
    driver.job = (struct job){.configuration = str_from_cstr(configuration)};
    driver.run = (struct run){.execution = &driver.execution,
                              .job = &driver.job,
                              .now = clock_now(clock_system()),
                              .max_output_bytes = 65536,
                              .finish = on_finish};
    measure(&driver, megabytes);
    driver.handler->free(driver.handler);
    (void)uv_loop_close(&driver.loop);
    beneath_free(beneath);
    char *const arguments[] = {"rm", "-rf", driver.folder, NULL};
    pid_t child;
    if (posix_spawnp(&child, "rm", NULL, NULL, arguments, environ) == 0)
        (void)waitpid(child, NULL, 0);
    return 0;
}
