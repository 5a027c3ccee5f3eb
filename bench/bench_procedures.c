/* bench_procedures.c - how many StoredProcedure executions a second does the whole path make on
 * PostgreSQL: due in the store, planned, started, called, settled, every commit flushed?
 *
 * The promise is at least 0.3 of a program that does nothing but call the same procedure of the
 * same server with libpq, prepared, in pipelines, each call a transaction of its own as a job's is
 * (bare_pipeline.h). Twice: a procedure that writes a row, which is what the promise is about, and
 * a function that only computes, which shows what the path itself costs. A turn is a new store on
 * disk with JOBS jobs that are due, an engine that starts on it, and the time until the last of
 * them is recorded as Succeeded; then the same number of bare calls. The median of the ratios of
 * the turns counts. The server is one of its own, set up as it comes: it flushes each commit, and
 * so do we. Both sides have as many connections.
 *
 *     bench_procedures [JOBS [FOLDER]]        // 10000, $TMPDIR or /tmp
 */
#include "bare_pipeline.h"
#include "engine/engine.h"
#include "handlers/registry.h"
#include "store/sqlite/sqlite_store.h"
#include "support/postgres_server.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    JOBS = 10000,
    WORKERS = 256,
    CONNECTIONS = BARE_PIPELINE_LANES,
    TURNS = 5,
    INSERT_BATCH = 5000,
    WAIT_SECONDS = 120
};
#define PROMISED_RATIO 0.3

static NORETURN void fail(const char *what, const char *why) {
    (void)fprintf(stderr, "bench_procedures: %s: %s\n", what, why);
    exit(1);
}

/* ---- jobs that are due ----------------------------------------------------------------------- */

struct fill {
    struct utc due;
    struct str configuration;
    int64_t left;
};

static bool insert_jobs(struct store_tx *tx, void *context, struct err *err) {
    struct fill *fill = context;
    for (int i = 0; i < INSERT_BATCH && fill->left > 0; i++, fill->left--) {
        struct job job = {
            .id = guid_new(fill->due),
            .revision = 1,
            .name = STR("procedure"),
            .type = JOB_STORED_PROCEDURE,
            .schedule_type = SCHEDULE_ONE_TIME,
            .run_at = fill->due,
            .timezone = STR("UTC"),
            .configuration = fill->configuration,
            .retry_policy = STR("{\"maxAttempts\":1}"),
            .tags = STR("[]"),
            .timeout_seconds = 300,
            .queue = STR("default"),
            .concurrency_policy = CONCURRENCY_ALLOW,
            .misfire_policy = MISFIRE_FIRE_ONCE,
            .gap_policy = GAP_RUN_AFTER,
            .overlap_policy = OVERLAP_AUTO,
            .is_enabled = true,
            .created_by = STR("ann@example.org"),
            .created_at = fill->due,
            .updated_at = fill->due,
            .next_run_at = fill->due,
            .wake_at = fill->due,
            .schedule_from = utc_add(fill->due, span_us(-1)),
        };
        if (!store_job_insert(tx, &job, err)) return false;
    }
    return true;
}

/* What is called, on both sides. */
struct workload {
    const char *procedure; // of the job
    const char *statement; // of the bare loop
};

static const struct workload writing = {"bench.add", "CALL bench.add(a => $1, b => $2)"};
static const struct workload computing = {"bench.total",
                                          "SELECT * FROM bench.total(a => $1, b => $2)"};
static const char schema[] =
    "create schema bench;"
    "create table bench.rows (id bigserial primary key, a int, b text);"
    "create procedure bench.add(a int, b text) language plpgsql as"
    " $$ begin insert into bench.rows (a, b) values (add.a, add.b); end $$;"
    "create function bench.total(a int, b text) returns int language plpgsql as"
    " $$ begin return a + length(b); end $$;";

static void fill_store(struct store *store, const struct workload *workload, int64_t jobs) {
    char configuration[256];
    int length = snprintf(configuration, sizeof configuration,
                          "{\"databaseConnectionStringName\":\"bench\",\"storedProcedureName\":"
                          "\"%s\",\"parameters\":{\"a\":%s,\"b\":\"%s\"}}",
                          workload->procedure, BARE_PIPELINE_A, BARE_PIPELINE_B);
    struct fill fill = {.due = clock_now(clock_system()),
                        .configuration = {configuration, (size_t)length},
                        .left = jobs};
    struct err err = ERR_INIT;
    while (fill.left > 0)
        if (!store_write_wait(store, insert_jobs, &fill, &err)) fail("insert jobs", err.msg);
}

/* ---- one turn of the whole path -------------------------------------------------------------- */

struct finish_line {
    pthread_mutex_t lock;
    pthread_cond_t reached;
    int64_t left, failed; // under lock
};

static void on_event(void *context, const struct engine_event *event) {
    struct finish_line *line = context;
    if (!execution_has_ended(event->status)) return;
    (void)pthread_mutex_lock(&line->lock);
    if (event->status != EXECUTION_SUCCEEDED) line->failed++;
    if (--line->left == 0) (void)pthread_cond_signal(&line->reached);
    (void)pthread_mutex_unlock(&line->lock);
}

static bool wait_for_all(struct finish_line *line) {
    struct timespec limit;
    (void)clock_gettime(CLOCK_REALTIME, &limit);
    limit.tv_sec += WAIT_SECONDS;
    int result = 0;
    (void)pthread_mutex_lock(&line->lock);
    while (line->left > 0 && result == 0)
        result = pthread_cond_timedwait(&line->reached, &line->lock, &limit);
    (void)pthread_mutex_unlock(&line->lock);
    return result == 0;
}

/* What the store says has been done: the events alone prove nothing. */
static void check_totals(struct store *store, int64_t jobs) {
    struct err err = ERR_INIT;
    struct totals totals = {0};
    struct store_tx *tx = store_read_begin(store, &err);
    if (tx == NULL || !store_totals(tx, &totals, &err)) fail("totals", err.msg);
    store_read_end(tx);
    if (totals.succeeded != jobs || totals.executions != jobs)
        fail("totals", "not every job has one execution that succeeded");
}

static void remove_files(const char *path) {
    static const char *const suffixes[] = {"", "-wal", "-shm", ".lock"};
    for (size_t i = 0; i < COUNT_OF(suffixes); i++) {
        char name[600];
        (void)snprintf(name, sizeof name, "%s%s", path, suffixes[i]);
        (void)unlink(name);
    }
}

static double run_engine(struct store *store, const char *url, int64_t jobs) {
    struct err err = ERR_INIT;
    struct guard *guard = guard_new(&(struct guard_options){0}, &err);
    struct connection_string string = {STR("bench"), str_from_cstr(url)};
    struct procedure_connections *connections = procedure_connections_new(&string, 1, &err);
    if (connections == NULL) fail("connection string", err.msg);
    struct handlers_options handlers = {
        .http = {.guard = guard, .clock = clock_system(), .machine_name = STR("bench")},
        .procedures = {.rules = {.connections = connections},
                       .clock = clock_system(),
                       .machine_name = STR("bench"),
                       .max_connections = CONNECTIONS,
                       .scripts = -1}};
    struct zone_cache *zones = zone_cache_new(STR("/usr/share/zoneinfo"));
    struct finish_line line = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, jobs, 0};
    const struct str queues[] = {STR_INIT("default")};
    struct engine_options options = {
        .store = store,
        .clock = clock_system(),
        .zones = zones,
        .node_name = STR("bench"),
        .version = STR("bench"),
        .worker_count = WORKERS,
        .queues = queues,
        .queue_count = COUNT_OF(queues),
        .max_output_bytes = 65536,
        .heartbeat = span_seconds(30),
        .shutdown_grace = span_seconds(5),
        .make_handlers = handlers_make,
        .handlers_context = &handlers,
        .on_event = on_event,
        .event_context = &line,
    };
    struct mono start = clock_mono(clock_system());
    struct engine *engine = engine_start(&options, &err);
    if (engine == NULL) fail("start the engine", err.msg);
    bool all = wait_for_all(&line);
    double seconds = (double)mono_diff(clock_mono(clock_system()), start).us / 1e6;
    engine_stop(engine);
    zone_cache_free(zones);
    procedure_connections_free(connections);
    guard_free(guard);
    if (!all || line.failed > 0) fail("the executions", all ? "some failed" : "not all ended");
    return (double)jobs / seconds;
}

static double measure_engine(const char *folder, const char *url, const struct workload *workload,
                             int64_t jobs) {
    char path[512];
    (void)snprintf(path, sizeof path, "%s/bench_procedures_%ld.db", folder, (long)getpid());
    remove_files(path);
    struct err err = ERR_INIT;
    struct store *store = sqlite_store_open(&(struct sqlite_store_options){.path = path}, &err);
    if (store == NULL) fail(path, err.msg);
    fill_store(store, workload, jobs);
    double rate = run_engine(store, url, jobs);
    check_totals(store, jobs);
    store_close(store);
    remove_files(path);
    return rate;
}

static double measure_bare(const char *url, const struct workload *workload, int64_t calls) {
    struct mono start = clock_mono(clock_system());
    if (!bare_pipeline_run(url, workload->statement, calls)) fail("bare libpq", "calls failed");
    return (double)calls * 1e6 / (double)mono_diff(clock_mono(clock_system()), start).us;
}

/* ---- all of it ------------------------------------------------------------------------------- */

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values) {
    qsort(values, TURNS, sizeof *values, compare);
    return values[TURNS / 2];
}

struct figures {
    double engine[TURNS], bare[TURNS], ratios[TURNS];
};

static void measure(struct figures *figures, int turn, const char *folder, const char *url,
                    const struct workload *workload, int64_t jobs) {
    figures->engine[turn] = measure_engine(folder, url, workload, jobs);
    figures->bare[turn] = measure_bare(url, workload, jobs);
    figures->ratios[turn] = figures->engine[turn] / figures->bare[turn];
}

int main(int argc, char **argv) {
    int64_t jobs = JOBS;
    struct figures write, compute;
    if (argc > 1 && !str_parse_i64(str_from_cstr(argv[1]), &jobs)) fail(argv[1], "not a number");
    const char *folder = argc > 2 ? argv[2] : getenv("TMPDIR");
    if (!folder) folder = "/tmp";
    struct postgres_server *server = postgres_server_start_flushing();
    if (!server) fail("a PostgreSQL server", "none was started");
    const char *url = postgres_server_url(server);
    if (!bare_pipeline_prepare(url, schema)) fail("the schema", "could not be made");
    for (int turn = 0; turn < TURNS; turn++) {
        measure(&write, turn, folder, url, &writing, jobs);
        measure(&compute, turn, folder, url, &computing, jobs);
    }
    int64_t rows = bare_pipeline_count(url, "select count(*) from bench.rows");
    if (rows != 2 * jobs * TURNS) fail("the rows", "not every call was made once");
    postgres_server_stop(server);
    double ratio = median(write.ratios), computing_ratio = median(compute.ratios); // sort
    printf("{\"executions\": %lld, \"workers\": %d, \"connections\": %d, \"turns\": %d, "
           "\"executionsPerSecond\": %.0f, \"bareLibpqPerSecond\": %.0f, \"ratio\": %.3f, "
           "\"lowestRatio\": %.3f, \"highestRatio\": %.3f, \"computingPerSecond\": %.0f, "
           "\"bareComputingPerSecond\": %.0f, \"computingRatio\": %.3f, \"limit\": %.1f, "
           "\"ok\": %s}\n",
           (long long)jobs, WORKERS, CONNECTIONS, TURNS, median(write.engine), median(write.bare),
           ratio, write.ratios[0], write.ratios[TURNS - 1], median(compute.engine),
           median(compute.bare), computing_ratio, PROMISED_RATIO,
           ratio >= PROMISED_RATIO ? "true" : "false");
    return 0;
}
