/* bench_history.c - what does it cost to read the history of one job, and to clear away that of
 * all?
 *
 * The promise: pages 1 and 500 (of 20) of a job with 20,000 executions take 2 ms at most (p99), in
 * a store that holds a million; clearing goes in pieces that hold up the committer for some
 * milliseconds each. The job's executions are spread evenly over those of the others.
 *
 *     bench_history [EXECUTIONS [OF_ONE_JOB [FOLDER]]]      // 1000000, 20000, $TMPDIR or /tmp
 */
#include "store/sqlite/sqlite_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { JOBS = 1000, BATCH = 2000, READS = 2000, PIECE = 1000, PAGE_SIZE = 20 };

static const int64_t start_us = 1767225600000000; // 2026-01-01

static NORETURN void fail(const char *what, const char *why) {
    (void)fprintf(stderr, "bench_history: %s: %s\n", what, why);
    exit(1);
}

static void write_or_fail(struct store *store, const char *what,
                          bool (*run)(struct store_tx *, void *, struct err *), void *context) {
    struct err err = ERR_INIT;
    if (!store_write_wait(store, run, context, &err)) fail(what, err.msg);
}

/* ---- filling --------------------------------------------------------------------------------- */

static bool insert_jobs(struct store_tx *tx, void *context, struct err *err) {
    int64_t *rows = context;
    for (size_t i = 0; i < JOBS; i++) {
        struct job job = {
            .id = guid_new((struct utc){start_us}),
            .revision = 1,
            .name = STR("a job"),
            .type = JOB_HTTP_CALL,
            .schedule_type = SCHEDULE_INTERVAL,
            .interval_seconds = 1,
            .interval_mode = INTERVAL_FIXED_RATE,
            .timezone = STR("UTC"),
            .configuration = STR("{}"),
            .retry_policy = STR("{}"),
            .tags = STR("[]"),
            .timeout_seconds = 300,
            .queue = STR("default"),
            .concurrency_policy = CONCURRENCY_ALLOW,
            .misfire_policy = MISFIRE_FIRE_ONCE,
            .gap_policy = GAP_RUN_AFTER,
            .overlap_policy = OVERLAP_AUTO,
            .is_enabled = true,
            .created_at = {start_us},
            .updated_at = {start_us},
            .next_run_at = UTC_NEVER,
            .wake_at = UTC_NEVER,
        };
        if (!store_job_insert(tx, &job, err)) return false;
        rows[i] = job.row;
    }
    return true;
}

struct fill {
    const int64_t *jobs;
    int64_t from, every; // each so many is of the first job
};

static bool insert_executions(struct store_tx *tx, void *context, struct err *err) {
    const struct fill *fill = context;
    struct settlement *items = xcalloc(BATCH, sizeof *items);
    bool ok = true;
    for (int64_t i = 0; ok && i < BATCH; i++) {
        int64_t number = fill->from + i;
        struct utc due = {start_us + number * 1000};
        struct new_execution execution = {
            .id = guid_new(due),
            .job_row = fill->jobs[number % fill->every == 0 ? 0 : 1 + number % (JOBS - 1)],
            .status = EXECUTION_RUNNING,
            .queue = STR("default"),
            .trigger = TRIGGER_SCHEDULE,
            .scheduled_for = due,
            .created_at = due,
            .available_at = due,
            .started_at = due,
            .node_name = STR("here"),
        };
        ok = store_execution_insert(tx, &execution, err);
        items[i] = (struct settlement){
            .execution_row = execution.row,
            .job_row = execution.job_row,
            .fence = execution.fence,
            .status = number % 50 == 0 ? EXECUTION_FAILED : EXECUTION_SUCCEEDED,
            .completed_at = utc_add(due, span_ms(5)),
            .output = STR("wrote 42 rows"),
        };
    }
    ok = ok && store_settle(tx, items, BATCH, err);
    free(items);
    return ok;
}

/* ---- measuring ------------------------------------------------------------------------------- */

static int by_size(const void *a, const void *b) {
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

static int64_t at_rank(int64_t *times, size_t count, double rank) {
    qsort(times, count, sizeof *times, by_size);
    return times[(size_t)((double)(count - 1) * rank)];
}

static int64_t read_pages(struct store *store, int64_t job, int64_t page, int64_t *median) {
    const struct clock *clock = clock_system();
    int64_t *times = xcalloc(READS, sizeof *times);
    for (size_t i = 0; i < READS; i++) {
        struct err err = ERR_INIT;
        struct arena arena = {0};
        struct execution_page found;
        const struct execution_filter filter = {
            .job_row = job, .offset = (page - 1) * PAGE_SIZE, .limit = PAGE_SIZE};
        struct mono begun = clock_mono(clock);
        struct store_tx *tx = store_read_begin(store, &err);
        if (!tx || !store_execution_list(tx, &filter, &arena, &found, &err)) fail("page", err.msg);
        store_read_end(tx);
        times[i] = mono_diff(clock_mono(clock), begun).us;
        if (found.count == 0) fail("page", "it is empty");
        arena_free(&arena);
    }
    *median = at_rank(times, READS, 0.5);
    int64_t p99 = at_rank(times, READS, 0.99);
    free(times);
    return p99;
}

static bool clear_piece(struct store_tx *tx, void *context, struct err *err) {
    return store_executions_clear(tx, context, err);
}

struct cleared {
    int64_t p50, p99, deleted;
    double seconds;
};

static struct cleared clear_before(struct store *store, struct utc before, int64_t pieces) {
    const struct clock *clock = clock_system();
    int64_t *times = xcalloc((size_t)pieces + 2, sizeof *times), count = 0;
    struct clear clear = {.created_before = before, .limit = PIECE};
    struct cleared cleared = {0};
    struct mono start = clock_mono(clock);
    while (!clear.done && count < pieces + 2) {
        struct mono begun = clock_mono(clock);
        write_or_fail(store, "clear", clear_piece, &clear);
        times[count++] = mono_diff(clock_mono(clock), begun).us;
        cleared.deleted += clear.deleted;
    }
    cleared.seconds = (double)mono_diff(clock_mono(clock), start).us / 1e6;
    cleared.p50 = at_rank(times, (size_t)count, 0.5);
    cleared.p99 = at_rank(times, (size_t)count, 0.99);
    free(times);
    return cleared;
}

static void measure(struct store *store, int64_t executions, int64_t of_one) {
    int64_t jobs[JOBS], first_median, deep_median;
    write_or_fail(store, "jobs", insert_jobs, jobs);
    struct fill fill = {.jobs = jobs, .every = executions / of_one};
    for (; fill.from < executions; fill.from += BATCH)
        write_or_fail(store, "executions", insert_executions, &fill);
    int64_t first = read_pages(store, jobs[0], 1, &first_median);
    int64_t deep = read_pages(store, jobs[0], 500, &deep_median);
    struct utc half = {start_us + executions / 2 * 1000};
    struct cleared cleared = clear_before(store, half, executions / 2 / PIECE);
    (void)printf("{\"executions\": %lld, \"ofOneJob\": %lld, \"page1MedianMicros\": %lld, "
                 "\"page1P99Micros\": %lld, \"page500MedianMicros\": %lld, "
                 "\"page500P99Micros\": %lld, \"pageLimitMicros\": 2000, \"cleared\": %lld, "
                 "\"clearedPerSecond\": %.0f, \"clearOf1000MedianMicros\": %lld, "
                 "\"clearOf1000P99Micros\": %lld, \"ok\": %s}\n",
                 (long long)executions, (long long)of_one, (long long)first_median,
                 (long long)first, (long long)deep_median, (long long)deep,
                 (long long)cleared.deleted, (double)cleared.deleted / cleared.seconds,
                 (long long)cleared.p50, (long long)cleared.p99,
                 first <= 2000 && deep <= 2000 ? "true" : "false");
}

int main(int count, char **arguments) {
    int64_t executions = count > 1 ? strtoll(arguments[1], NULL, 10) : 1000000;
    int64_t of_one = count > 2 ? strtoll(arguments[2], NULL, 10) : 20000;
    const char *base = count > 3 ? arguments[3] : getenv("TMPDIR");
    char folder[512], path[600];
    (void)snprintf(folder, sizeof folder, "%s/bench-history.XXXXXX", base ? base : "/tmp");
    if (!mkdtemp(folder)) fail(folder, "cannot be made");
    (void)snprintf(path, sizeof path, "%s/alphabet.db", folder);
    struct err err = ERR_INIT;
    struct store *store = sqlite_store_open(&(struct sqlite_store_options){.path = path}, &err);
    if (!store) fail(path, err.msg);
    measure(store, executions, of_one);
    store_close(store);
    static const char *const tails[] = {"", ".lock", "-wal", "-shm"};
    for (size_t i = 0; i < COUNT_OF(tails); i++) {
        (void)snprintf(path, sizeof path, "%s/alphabet.db%s", folder, tails[i]);
        (void)unlink(path);
    }
    (void)rmdir(folder);
    return 0;
}
