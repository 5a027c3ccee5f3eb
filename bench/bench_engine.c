/* bench_engine.c - how many executions a second does the engine take from due to settled, and how
 * late does it start them?
 *
 * The promises: 60,000 no-op executions a second on SQLite with the whole history kept and every
 * commit flushed; lateness p99 at most 5 ms for one job, 25 ms for 1,000 and 300 ms for 10,000 jobs
 * that are due in the same instant. The real engine with its thread, the real store, and a handler
 * that does nothing and notes when it was called.
 *
 *   throughput   jobs of one second interval, due evenly over the second, on a wall clock that runs
 *                several times as fast as the real one, so that more is due than can be done;
 *                counted are executions settled for each real second
 *   ceiling      in the same run, on a store of the same make: the same writes (plans born Running,
 *                their settlements), posted in batches of 1,024 by a loop that does nothing else
 *   lateness     from the due time to the call of the handler, over several rounds
 *
 *     bench_engine [SECONDS [FOLDER]]          // 5, $TMPDIR or /tmp
 *     bench_engine SECONDS FOLDER STORE        // throughput alone, on a new store and, in turns,
 * on
 *                                              // STORE, which keeps its history and grows by more
 */
#include "engine/engine.h"
#include "model/job_schedule.h"
#include "store/sqlite/sqlite_store.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    JOBS = 10000,
    SPEED = 12, // 120,000 due a second
    WORKERS = 4096,
    BATCH = 1024,
    INSERT_BATCH = 1000,
};

static NORETURN void fail(const char *what, const char *why) {
    (void)fprintf(stderr, "bench_engine: %s: %s\n", what, why);
    exit(1);
}

static void sleep_ms(int64_t ms) {
    struct timespec span = {.tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000) * 1000000};
    (void)nanosleep(&span, NULL);
}

/* ---- a wall clock that runs faster ----------------------------------------------------------- */

struct fast_clock {
    struct utc start;
    struct mono started;
    int64_t speed;
};

static struct utc fast_now(void *context) {
    const struct fast_clock *fast = context;
    struct span real = mono_diff(clock_mono(clock_system()), fast->started);
    return utc_add(fast->start, span_us(real.us * fast->speed));
}

static struct mono fast_mono(void *context) {
    (void)context;
    return clock_mono(clock_system());
}

/* ---- the handler that does nothing ----------------------------------------------------------- */

struct noop {
    struct handler handler;
    const struct clock *clock;
    int64_t *lateness; // microseconds; NULL = not measured
    size_t lateness_max;
    atomic_size_t started;
};

static void noop_start(struct handler *handler, struct run *run) {
    struct noop *noop = (struct noop *)(void *)handler;
    size_t index = atomic_fetch_add(&noop->started, 1);
    if (index < noop->lateness_max)
        noop->lateness[index] = utc_diff(clock_now(noop->clock), run->execution->scheduled_for).us;
    run_finish(run, &(struct run_result){.status = EXECUTION_SUCCEEDED});
}

static void noop_stop(struct handler *handler, struct run *run) {
    (void)handler;
    (void)run;
}

static void noop_free(struct handler *handler) {
    (void)handler;
}

static bool make_handlers(void *context, uv_loop_t *loop, struct handler *handlers[ENGINE_HANDLERS],
                          struct err *err) {
    (void)loop;
    (void)err;
    handlers[JOB_HTTP_CALL] = context;
    return true;
}

/* ---- a bench: a store, jobs, an engine ------------------------------------------------------- */

struct bench {
    const char *folder;
    char path[512];
    bool keep; // the store was there before
    struct store *store;
    struct zone_cache *zones;
    struct clock clock;
    struct fast_clock fast;
    struct noop noop;
    struct engine *engine;
};

static void remove_files(const struct bench *bench) {
    static const char *const suffixes[] = {"", "-wal", "-shm", ".lock"};
    for (size_t i = 0; i < COUNT_OF(suffixes); i++) {
        char path[600];
        (void)snprintf(path, sizeof path, "%s%s", bench->path, suffixes[i]);
        (void)unlink(path);
    }
}

/* `path` NULL: a new store. */
static void bench_open(struct bench *bench, const char *folder, const char *path, int64_t speed) {
    *bench = (struct bench){.folder = folder, .keep = path != NULL};
    if (path)
        (void)snprintf(bench->path, sizeof bench->path, "%s", path);
    else
        (void)snprintf(bench->path, sizeof bench->path, "%s/bench_engine_%ld.db", folder,
                       (long)getpid());
    if (!bench->keep) remove_files(bench);
    struct err err = ERR_INIT;
    bench->store = sqlite_store_open(&(struct sqlite_store_options){.path = bench->path}, &err);
    if (bench->store == NULL) fail("cannot open the store", err.msg);
    bench->zones = zone_cache_new(STR("/usr/share/zoneinfo"));
    bench->fast = (struct fast_clock){
        .start = clock_now(clock_system()), .started = clock_mono(clock_system()), .speed = speed};
    bench->clock = (struct clock){.now = fast_now, .mono = fast_mono, .context = &bench->fast};
    bench->noop = (struct noop){.handler = {.type = JOB_HTTP_CALL,
                                            .start = noop_start,
                                            .stop = noop_stop,
                                            .free = noop_free},
                                .clock = &bench->clock};
}

static void bench_close(struct bench *bench) {
    store_close(bench->store);
    zone_cache_free(bench->zones);
    free(bench->noop.lateness);
    if (!bench->keep) remove_files(bench);
}

struct fill {
    struct bench *bench;
    int64_t first, count, of;
    struct utc anchor;
    int64_t interval_seconds;
    bool spread; // over the interval; else all at once
};

static bool insert_jobs(struct store_tx *tx, void *context, struct err *err) {
    const struct fill *fill = context;
    for (int64_t i = fill->first; i < fill->first + fill->count; i++) {
        char name[40];
        int length = snprintf(name, sizeof name, "job number %lld", (long long)i);
        int64_t phase = fill->spread ? i * fill->interval_seconds * 1000000 / fill->of : 0;
        struct job job = {
            .id = guid_new(clock_now(clock_system())),
            .revision = 1,
            .name = {name, (size_t)length},
            .type = JOB_HTTP_CALL,
            .schedule_type = SCHEDULE_INTERVAL,
            .interval_seconds = fill->interval_seconds,
            .interval_mode = INTERVAL_FIXED_RATE,
            .timezone = STR("UTC"),
            .start_at = utc_add(fill->anchor, span_us(phase)),
            .configuration = STR("{\"url\":\"https://example.org/\",\"method\":\"GET\"}"),
            .retry_policy = STR("{\"maxAttempts\":3,\"delaySeconds\":60,\"backoff\":\"Fixed\","
                                "\"maxDelaySeconds\":3600,\"jitter\":true,"
                                "\"retryOnStatusCodes\":[],\"retryOnErrorTypes\":[]}"),
            .tags = STR("[]"),
            .timeout_seconds = 300,
            .queue = STR("default"),
            .concurrency_policy = CONCURRENCY_ALLOW,
            .misfire_policy = MISFIRE_FIRE_ALL,
            .gap_policy = GAP_RUN_AFTER,
            .overlap_policy = OVERLAP_AUTO,
            .is_enabled = true,
            .created_by = STR("bench@example.org"),
            .created_at = fill->anchor,
            .updated_at = fill->anchor,
        };
        if (!job_plan_first(&job, fill->bench->zones, clock_now(&fill->bench->clock), err) ||
            !store_job_insert(tx, &job, err))
            return false;
    }
    return true;
}

static void add_jobs(struct bench *bench, int64_t count, struct utc anchor,
                     int64_t interval_seconds, bool spread) {
    for (int64_t first = 0; first < count; first += INSERT_BATCH) {
        struct fill fill = {.bench = bench,
                            .first = first,
                            .count = count - first < INSERT_BATCH ? count - first : INSERT_BATCH,
                            .of = count,
                            .anchor = anchor,
                            .interval_seconds = interval_seconds,
                            .spread = spread};
        struct err err = ERR_INIT;
        if (!store_write_wait(bench->store, insert_jobs, &fill, &err))
            fail("cannot add jobs", err.msg);
    }
}

static void start_engine(struct bench *bench, int64_t workers) {
    static const struct str queues[] = {STR_INIT("critical"), STR_INIT("default"),
                                        STR_INIT("background")};
    struct err err = ERR_INIT;
    bench->engine = engine_start(
        &(struct engine_options){
            .store = bench->store,
            .clock = &bench->clock,
            .zones = bench->zones,
            .node_name = STR("bench"),
            .version = STR("bench"),
            .worker_count = workers,
            .queues = queues,
            .queue_count = COUNT_OF(queues),
            .max_output_bytes = 65536,
            .heartbeat = span_seconds(30),
            .shutdown_grace = span_seconds(1),
            .retry_orphans = true,
            .seed = 1,
            .make_handlers = make_handlers,
            .handlers_context = &bench->noop,
        },
        &err);
    if (bench->engine == NULL) fail("cannot start the engine", err.msg);
}

/* ---- throughput ------------------------------------------------------------------------------ */

static double cpu_seconds(void) {
    struct timespec used;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return (double)used.tv_sec + (double)used.tv_nsec / 1e9;
}

static double measure_throughput(const char *folder, const char *path, int64_t seconds,
                                 int64_t workers, double *cpus) {
    struct bench bench;
    bench_open(&bench, folder, path, SPEED);
    struct utc anchor = utc_add(clock_now(&bench.clock), span_seconds(1));
    add_jobs(&bench, JOBS, anchor, 1, true);
    start_engine(&bench, workers);
    sleep_ms(500); // until the caches are warm and there is a backlog
    struct mono start = clock_mono(clock_system());
    double used = cpu_seconds();
    int64_t before = engine_figures(bench.engine).succeeded;
    sleep_ms(seconds * 1000);
    int64_t done = engine_figures(bench.engine).succeeded - before;
    double took = (double)mono_diff(clock_mono(clock_system()), start).us / 1e6;
    *cpus = (cpu_seconds() - used) / took;
    engine_stop(bench.engine);
    bench_close(&bench);
    return (double)done / took;
}

/* ---- the ceiling: the same writes, and nothing else ------------------------------------------ */

struct ceiling {
    struct bench *bench;
    struct arena arena;
    struct settlement *settlements;
    size_t settlement_count;
};

static bool settle_and_plan(struct store_tx *tx, void *context, struct err *err) {
    struct ceiling *ceiling = context;
    if (ceiling->settlement_count > 0 &&
        !store_settle(tx, ceiling->settlements, ceiling->settlement_count, err))
        return false;
    arena_reset(&ceiling->arena);
    struct utc now = clock_now(&ceiling->bench->clock);
    struct due_job *due;
    size_t count;
    if (!store_due_jobs(tx, UTC_NEVER, BATCH, &ceiling->arena, &due, &count, err)) return false;
    struct plan_item *items = ARENA_ARRAY(&ceiling->arena, count, struct plan_item);
    struct new_execution *executions = ARENA_ARRAY(&ceiling->arena, count, struct new_execution);
    for (size_t i = 0; i < count; i++) {
        struct utc next = utc_add(due[i].next_run_at, span_seconds(1));
        executions[i] = (struct new_execution){.id = guid_new(now),
                                               .job_row = due[i].row,
                                               .status = EXECUTION_RUNNING,
                                               .queue = STR("default"),
                                               .trigger = TRIGGER_SCHEDULE,
                                               .scheduled_for = due[i].next_run_at,
                                               .created_at = now,
                                               .available_at = due[i].next_run_at,
                                               .started_at = now,
                                               .node_name = STR("bench")};
        items[i] = (struct plan_item){.job_row = due[i].row,
                                      .revision = due[i].revision,
                                      .old_wake_at = due[i].wake_at,
                                      .next_run_at = next,
                                      .wake_at = next,
                                      .schedule_from = due[i].next_run_at,
                                      .run_count = due[i].run_count + 1,
                                      .executions = &executions[i],
                                      .execution_count = 1};
    }
    if (!store_plan_apply(tx, items, count, err)) return false;
    ceiling->settlements = ARENA_ARRAY(&ceiling->arena, count, struct settlement);
    ceiling->settlement_count = count;
    for (size_t i = 0; i < count; i++)
        ceiling->settlements[i] = (struct settlement){.execution_row = executions[i].row,
                                                      .job_row = executions[i].job_row,
                                                      .fence = executions[i].fence,
                                                      .status = EXECUTION_SUCCEEDED,
                                                      .completed_at = now};
    return true;
}

static double measure_ceiling(const char *folder, int64_t seconds) {
    struct bench bench;
    bench_open(&bench, folder, NULL, 1);
    add_jobs(&bench, JOBS, utc_add(clock_now(&bench.clock), span_seconds(1)), 1, true);
    struct ceiling ceiling = {.bench = &bench};
    struct mono start = clock_mono(clock_system());
    int64_t done = 0;
    double took = 0;
    while (took < (double)seconds) {
        struct err err = ERR_INIT;
        if (!store_write_wait(bench.store, settle_and_plan, &ceiling, &err))
            fail("a write failed", err.msg);
        done += (int64_t)ceiling.settlement_count;
        took = (double)mono_diff(clock_mono(clock_system()), start).us / 1e6;
    }
    arena_free(&ceiling.arena);
    bench_close(&bench);
    return (double)done / took;
}

/* ---- lateness -------------------------------------------------------------------------------- */

struct lateness {
    double p50_ms, p99_ms, max_ms;
};

static int compare(const void *a, const void *b) {
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

static struct lateness measure_lateness(const char *folder, int64_t jobs, int64_t rounds,
                                        int64_t interval_seconds) {
    struct bench bench;
    bench_open(&bench, folder, NULL, 1);
    size_t all = (size_t)(jobs * rounds);
    bench.noop.lateness = calloc(all, sizeof(int64_t));
    bench.noop.lateness_max = all;
    start_engine(&bench, jobs < WORKERS ? WORKERS : jobs);
    int64_t lead = jobs / 5000 + 2; // seconds to write the jobs in
    struct utc first = utc_from_seconds(utc_seconds(clock_now(&bench.clock)) + lead);
    add_jobs(&bench, jobs, first, interval_seconds, false);
    engine_poke(bench.engine);
    while (atomic_load(&bench.noop.started) < all) sleep_ms(20);
    engine_stop(bench.engine);
    qsort(bench.noop.lateness, all, sizeof(int64_t), compare);
    if (bench.noop.lateness[0] < 0) fail("lateness", "a run was early");
    struct lateness lateness = {
        .p50_ms = (double)bench.noop.lateness[all / 2] / 1e3,
        .p99_ms = (double)bench.noop.lateness[all * 99 / 100] / 1e3,
        .max_ms = (double)bench.noop.lateness[all - 1] / 1e3,
    };
    bench_close(&bench);
    return lateness;
}

/* ---- with a past ----------------------------------------------------------------------------- */

enum { ROUNDS = 3 };

static int compare_rates(const void *a, const void *b) {
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

/* In turns, because the machine is not the same from one minute to the next. */
static void compare_with_past(const char *folder, const char *path, int64_t seconds) {
    double with[ROUNDS], without[ROUNDS], ratios[ROUNDS], cpus;
    for (size_t i = 0; i < ROUNDS; i++) {
        without[i] = measure_throughput(folder, NULL, seconds, WORKERS, &cpus);
        with[i] = measure_throughput(folder, path, seconds, WORKERS, &cpus);
        ratios[i] = with[i] / without[i];
        (void)fprintf(stderr, "engine: %.0f executions/s, with a past %.0f\n", without[i], with[i]);
    }
    qsort(with, ROUNDS, sizeof *with, compare_rates);
    qsort(without, ROUNDS, sizeof *without, compare_rates);
    qsort(ratios, ROUNDS, sizeof *ratios, compare_rates);
    (void)printf("{\"executionsPerSecond\":%.0f,\"emptyPerSecond\":%.0f,\"ratio\":%.2f}\n",
                 with[ROUNDS / 2], without[ROUNDS / 2], ratios[ROUNDS / 2]);
}

int main(int argc, char **argv) {
    int64_t seconds = argc > 1 ? atoll(argv[1]) : 5;
    const char *folder = argc > 2 ? argv[2] : getenv("TMPDIR");
    if (folder == NULL) folder = "/tmp";
    if (argc > 3) {
        compare_with_past(folder, argv[3], seconds);
        return 0;
    }
    double cpus, cpus_few;
    double ceiling = measure_ceiling(folder, seconds);
    (void)fprintf(stderr, "ceiling: %.0f executions/s\n", ceiling);
    double throughput = measure_throughput(folder, NULL, seconds, WORKERS, &cpus);
    (void)fprintf(stderr, "engine: %.0f executions/s, %.2f processors\n", throughput, cpus);
    double few = measure_throughput(folder, NULL, seconds, 20, &cpus_few);
    (void)fprintf(stderr, "engine with 20 workers: %.0f executions/s\n", few);
    struct lateness one = measure_lateness(folder, 1, 10, 1);
    struct lateness thousand = measure_lateness(folder, 1000, 4, 2);
    struct lateness ten_thousand = measure_lateness(folder, 10000, 3, 3);
    (void)printf("{\"executionsPerSecond\":%.0f,\"ceilingPerSecond\":%.0f,\"ofCeiling\":%.2f,"
                 "\"processors\":%.2f,\"executionsPerSecond20Workers\":%.0f,"
                 "\"latenessMs1\":{\"p50\":%.2f,\"p99\":%.2f,\"max\":%.2f},"
                 "\"latenessMs1000\":{\"p50\":%.2f,\"p99\":%.2f,\"max\":%.2f},"
                 "\"latenessMs10000\":{\"p50\":%.2f,\"p99\":%.2f,\"max\":%.2f}}\n",
                 throughput, ceiling, throughput / ceiling, cpus, few, one.p50_ms, one.p99_ms,
                 one.max_ms, thousand.p50_ms, thousand.p99_ms, thousand.max_ms, ten_thousand.p50_ms,
                 ten_thousand.p99_ms, ten_thousand.max_ms);
    return 0;
}
