/* bench_search.c - how quickly are executions found by their words, and what does the index cost?
 *
 * The promise: with 10,000,000 executions, all of which have said something, a search for words
 * that few of them share takes at most 50 ms (p99), with whatever filter; and taking the texts in,
 * 500 at a time, never holds up other writes for more than 20 ms.
 *
 * A tenth of the executions fail, with a message; all have an output of ten words. Words are drawn
 * so that some are in every tenth execution and some in one of a million. Then everything is
 * indexed, each call timed in itself and with its commit, and searched on one reading connection. A
 * store that is there already is searched again as it is.
 *
 *     bench_search [EXECUTIONS [JOBS [STORE]]]    // 1000000, 100000, a new one in $TMPDIR or /tmp
 */
#include "store/sqlite/sqlite_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { BATCH = 5000, WORDS = 10, AT_ONCE = 500, SEARCHES = 400, DAYS = 30 };

static const int64_t end_us = 1767225600000000; // 2026-01-01: the history ends here

struct bench {
    struct store *store;
    int64_t jobs, executions, done;
    uint64_t random;
    struct buf texts[BATCH];
    struct settlement settlements[BATCH];
    bool more;
    double call_ms, call_cpu_ms; // the latest call of store_search_index, without its commit
};

static NORETURN void fail(const char *what, const char *why) {
    (void)fprintf(stderr, "bench_search: %s: %s\n", what, why);
    exit(1);
}

static uint64_t next_random(uint64_t *state) {
    *state = *state * 6364136223846793005ULL + 1442695040888963407ULL;
    return *state >> 33;
}

static double ms_since(struct mono start) {
    return (double)mono_diff(clock_mono(clock_system()), start).us / 1e3;
}

static double cpu_ms(void) { // of this thread
    struct timespec used;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    return (double)used.tv_sec * 1e3 + (double)used.tv_nsec / 1e6;
}

static int by_size(const void *a, const void *b) {
    const double *left = a, *right = b;
    return (*left > *right) - (*left < *right);
}

static double percentile(double *values, size_t count, double part) {
    qsort(values, count, sizeof *values, by_size);
    size_t index = (size_t)(part * (double)count);
    return values[index < count ? index : count - 1];
}

/* ---- a history that has said something ------------------------------------------------------- */

static bool insert_jobs(struct store_tx *tx, void *context, struct err *err) {
    struct bench *bench = context;
    for (int i = 0; i < BATCH && bench->done < bench->jobs; i++, bench->done++) {
        char name[48];
        int length = snprintf(name, sizeof name, "Nightly report %lld", (long long)bench->done);
        struct job job = {
            .id = guid_new((struct utc){end_us}),
            .revision = 1,
            .name = {name, (size_t)length},
            .type = JOB_HTTP_CALL,
            .schedule_type = SCHEDULE_INTERVAL,
            .interval_seconds = 86400,
            .interval_mode = INTERVAL_FIXED_RATE,
            .timezone = STR("UTC"),
            .configuration = STR("{\"url\":\"https://reports.example.org/\"}"),
            .retry_policy = STR("{}"),
            .tags = STR("[]"),
            .timeout_seconds = 300,
            .queue = STR("default"),
            .concurrency_policy = CONCURRENCY_ALLOW,
            .misfire_policy = MISFIRE_FIRE_ONCE,
            .gap_policy = GAP_RUN_AFTER,
            .overlap_policy = OVERLAP_AUTO,
            .is_enabled = true,
            .created_at = {end_us},
            .updated_at = {end_us},
            .next_run_at = UTC_NEVER,
            .wake_at = UTC_NEVER,
            .schedule_from = {end_us},
        };
        if (!store_job_insert(tx, &job, err)) return false;
    }
    return true;
}

/* Each decade of rarity is as likely as the next: w0 to w9, w10 to w99, ... */
static uint64_t draw_word(struct bench *bench) {
    uint64_t most = 10;
    for (uint64_t decade = next_random(&bench->random) % 6; decade > 0; decade--) most *= 10;
    return next_random(&bench->random) % most;
}

static void settle_with_text(struct bench *bench, const struct new_execution *execution,
                             size_t at) {
    struct buf *text = &bench->texts[at];
    buf_reset(text);
    for (int i = 0; i < WORDS; i++)
        buf_printf(text, "%sw%llu", i == 0 ? "" : " ", (unsigned long long)draw_word(bench));
    bool failed = bench->done % 10 == 0;
    bench->settlements[at] = (struct settlement){
        .execution_row = execution->row,
        .job_row = execution->job_row,
        .fence = execution->fence,
        .status = failed ? EXECUTION_FAILED : EXECUTION_SUCCEEDED,
        .completed_at = utc_add(execution->started_at, span_ms(120)),
        .error_type = failed,
        .error_message = failed ? STR("Connection refused by db-1.example.org:5432") : STR_NONE,
        .output = buf_str(text),
    };
}

static bool insert_executions(struct store_tx *tx, void *context, struct err *err) {
    struct bench *bench = context;
    size_t count = 0;
    for (; count < BATCH && bench->done < bench->executions; count++, bench->done++) {
        int64_t age = DAYS * INT64_C(86400) * (bench->executions - bench->done);
        struct utc start = utc_add((struct utc){end_us}, span_seconds(-age / bench->executions));
        struct new_execution execution = {
            .id = guid_new(start),
            .job_row = 1 + bench->done * 7919 % bench->jobs,
            .status = EXECUTION_RUNNING,
            .queue = STR("default"),
            .trigger = TRIGGER_MANUAL,
            .created_at = start,
            .available_at = start,
            .started_at = start,
            .node_name = STR("node-1"),
        };
        if (!store_execution_insert(tx, &execution, err)) return false;
        settle_with_text(bench, &execution, count);
    }
    return store_settle(tx, bench->settlements, count, err);
}

static void write_all(struct bench *bench, int64_t count,
                      bool (*run)(struct store_tx *, void *, struct err *)) {
    struct err err = ERR_INIT;
    for (bench->done = 0; bench->done < count;)
        if (!store_write_wait(bench->store, run, bench, &err)) fail("write", err.msg);
}

/* ---- indexing -------------------------------------------------------------------------------- */

static bool index_some(struct store_tx *tx, void *context, struct err *err) {
    struct bench *bench = context;
    struct mono start = clock_mono(clock_system());
    double cpu = cpu_ms();
    bool ok = store_search_index(tx, AT_ONCE, &bench->more, err);
    bench->call_ms = ms_since(start);
    bench->call_cpu_ms = cpu_ms() - cpu;
    return ok;
}

static void measure_indexing(struct bench *bench) {
    struct err err = ERR_INIT;
    size_t room = (size_t)(bench->executions / AT_ONCE) * 2 + 1000, count = 0;
    double *calls = xcalloc(room, sizeof *calls), *commits = xcalloc(room, sizeof *commits);
    double *cpus = xcalloc(room, sizeof *cpus);
    struct mono start = clock_mono(clock_system());
    for (bench->more = true; bench->more && count < room; count++) {
        struct mono begin = clock_mono(clock_system());
        if (!store_write_wait(bench->store, index_some, bench, &err)) fail("index", err.msg);
        calls[count] = bench->call_ms;
        cpus[count] = bench->call_cpu_ms;
        commits[count] = ms_since(begin);
    }
    double seconds = ms_since(start) / 1e3;
    printf("{\"indexed\": %lld, \"perSecond\": %.0f, \"callP50Millis\": %.2f, "
           "\"callP99Millis\": %.2f, \"callMaxMillis\": %.2f, \"cpuP50Millis\": %.2f, "
           "\"cpuP99Millis\": %.2f, \"cpuMaxMillis\": %.2f, \"commitP99Millis\": %.2f, "
           "\"commitMaxMillis\": %.2f}\n",
           (long long)bench->executions, (double)bench->executions / seconds,
           percentile(calls, count, 0.5), percentile(calls, count, 0.99),
           percentile(calls, count, 1), percentile(cpus, count, 0.5), percentile(cpus, count, 0.99),
           percentile(cpus, count, 1), percentile(commits, count, 0.99),
           percentile(commits, count, 1));
    (void)fflush(stdout);
    free(calls);
    free(commits);
    free(cpus);
}

/* ---- searching ------------------------------------------------------------------------------- */

enum kind { RARE, TWO, WITH_NAME, FAILED, IN_A_DAY, OF_A_JOB, NAME, MIDDLING, KINDS };
static const char *const kinds[KINDS] = {"rare",   "two",    "withName", "failed",
                                         "inADay", "ofAJob", "name",     "middling"};

/* A word of one of ten million words, and what else the kind asks for. */
static void draw_search(struct bench *bench, enum kind kind, struct buf *words,
                        struct execution_filter *filter) {
    unsigned long long rare = 100000 + next_random(&bench->random) % 900000;
    long long job = (long long)(next_random(&bench->random) % (uint64_t)bench->jobs);
    unsigned long long often = next_random(&bench->random) % 10;
    buf_reset(words);
    *filter = (struct execution_filter){.limit = 20};
    switch (kind) {
    case TWO: buf_printf(words, "w%llu w%llu", rare, often); break;
    case WITH_NAME: buf_printf(words, "refused %lld w%llu", job, often); break;
    case NAME: buf_printf(words, "%lld", job); break;
    case MIDDLING: buf_printf(words, "w%llu", 1000 + rare % 9000); break;
    default: buf_printf(words, "w%llu", rare); break;
    }
    if (kind == FAILED) filter->status = EXECUTION_FAILED;
    if (kind == OF_A_JOB) filter->job_row = 1 + job;
    if (kind == IN_A_DAY) {
        int64_t day = (int64_t)(next_random(&bench->random) % DAYS);
        filter->to = (struct utc){end_us - day * 86400 * 1000000};
        filter->from = utc_add(filter->to, span_seconds(-86400));
    }
    filter->search = buf_str(words);
}

static double measure_kind(struct bench *bench, enum kind kind) {
    struct err err = ERR_INIT;
    struct buf words = buf_with_max(0);
    double times[SEARCHES], cpus[SEARCHES];
    int64_t found = 0;
    for (size_t i = 0; i < SEARCHES; i++) {
        struct arena arena = {0};
        struct execution_filter filter;
        struct execution_page page;
        draw_search(bench, kind, &words, &filter);
        struct mono start = clock_mono(clock_system());
        double cpu = cpu_ms();
        struct store_tx *tx = store_read_begin(bench->store, &err);
        if (!tx || !store_execution_list(tx, &filter, &arena, &page, &err)) fail("search", err.msg);
        store_read_end(tx);
        times[i] = ms_since(start);
        cpus[i] = cpu_ms() - cpu;
        found += page.total;
        arena_free(&arena);
    }
    buf_free(&words);
    double p99 = percentile(times, SEARCHES, 0.99);
    printf("{\"search\": \"%s\", \"found\": %.1f, \"p50Millis\": %.2f, \"p99Millis\": %.2f, "
           "\"maxMillis\": %.2f, \"cpuP50Millis\": %.2f, \"cpuP99Millis\": %.2f}\n",
           kinds[kind], (double)found / SEARCHES, percentile(times, SEARCHES, 0.5), p99,
           percentile(times, SEARCHES, 1), percentile(cpus, SEARCHES, 0.5),
           percentile(cpus, SEARCHES, 0.99));
    (void)fflush(stdout);
    return p99;
}

/* ---- clearing: what goes is taken out of the index ---------------------------------------------
 */

struct clearing {
    struct clear clear;
    double call_ms, call_cpu_ms;
};

static bool clear_some(struct store_tx *tx, void *context, struct err *err) {
    struct clearing *clearing = context;
    struct mono start = clock_mono(clock_system());
    double cpu = cpu_ms();
    bool ok = store_executions_clear(tx, &clearing->clear, err);
    clearing->call_ms = ms_since(start);
    clearing->call_cpu_ms = cpu_ms() - cpu;
    return ok;
}

static void measure_clearing(struct bench *bench) {
    enum { CALLS = 200 };
    struct err err = ERR_INIT;
    double calls[CALLS], cpus[CALLS];
    struct clearing clearing = {.clear = {.created_before = {end_us}, .limit = AT_ONCE}};
    size_t count = 0;
    for (; count < CALLS && !clearing.clear.done; count++) {
        if (!store_write_wait(bench->store, clear_some, &clearing, &err)) fail("clear", err.msg);
        calls[count] = clearing.call_ms;
        cpus[count] = clearing.call_cpu_ms;
    }
    printf("{\"clearedAtOnce\": %d, \"callP50Millis\": %.2f, \"callMaxMillis\": %.2f, "
           "\"cpuP50Millis\": %.2f, \"cpuMaxMillis\": %.2f}\n",
           AT_ONCE, percentile(calls, count, 0.5), percentile(calls, count, 1),
           percentile(cpus, count, 0.5), percentile(cpus, count, 1));
}

/* ---- all ------------------------------------------------------------------------------------- */

static int64_t size_of(const char *path) {
    struct stat status;
    return stat(path, &status) == 0 ? (int64_t)status.st_size : 0;
}

static void open_store(struct bench *bench, const char *path) {
    struct err err = ERR_INIT;
    bench->store = sqlite_store_open(&(struct sqlite_store_options){.path = path}, &err);
    if (!bench->store) fail(path, err.msg);
}

static double build(struct bench *bench, const char *path) {
    open_store(bench, path);
    write_all(bench, bench->jobs, insert_jobs);
    write_all(bench, bench->executions, insert_executions);
    store_close(bench->store);
    int64_t before = size_of(path);
    open_store(bench, path);
    measure_indexing(bench);
    store_close(bench->store);
    return (double)(size_of(path) - before) / (double)bench->executions;
}

static void remove_store(const char *path) {
    static const char *const tails[] = {"", "-wal", "-shm", ".lock"};
    for (size_t i = 0; i < COUNT_OF(tails); i++) {
        char name[500];
        (void)snprintf(name, sizeof name, "%s%s", path, tails[i]);
        (void)unlink(name);
    }
}

int main(int argc, char **argv) {
    struct bench *bench = xcalloc(1, sizeof *bench);
    bench->executions = 1000000;
    bench->jobs = 100000;
    bench->random = 42;
    if (argc > 1 && !str_parse_i64(str_from_cstr(argv[1]), &bench->executions)) fail("?", argv[1]);
    if (argc > 2 && !str_parse_i64(str_from_cstr(argv[2]), &bench->jobs)) fail("?", argv[2]);
    const char *parent = getenv("TMPDIR");
    char path[400];
    (void)snprintf(path, sizeof path, "%s/bench_search.%ld.db", parent ? parent : "/tmp",
                   (long)getpid());
    const char *used = argc > 3 ? argv[3] : path;
    double bytes = access(used, F_OK) == 0 ? 0 : build(bench, used);
    open_store(bench, used);
    if (bytes == 0) measure_indexing(bench); // what an older version has left to do
    double worst = 0;
    for (int kind = 0; kind < KINDS; kind++) {
        double p99 = measure_kind(bench, (enum kind)kind);
        if (p99 > worst) worst = p99;
    }
    if (argc <= 3) measure_clearing(bench);
    store_close(bench->store);
    if (argc <= 3) remove_store(path);
    printf("{\"executions\": %lld, \"jobs\": %lld, \"indexBytesPerExecution\": %.1f, "
           "\"worstP99Millis\": %.2f, \"limitMillis\": 50, \"ok\": %s}\n",
           (long long)bench->executions, (long long)bench->jobs, bytes, worst,
           worst <= 50 ? "true" : "false");
    free(bench);
    return 0;
}
