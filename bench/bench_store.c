/* bench_store.c - how many scheduled executions a second does the SQLite store take from due to
 * settled, and how many reads does it answer?
 *
 * The promise: 60,000 a second, the whole history kept, every commit flushed. The store is driven
 * as the engine drives it: a group is the settlement of one batch and the plan of the next (due
 * jobs -> executions born Running), one commit for both. Measured with the jobs due in the order of
 * their rows ("aligned": all at the full second) and in an order that has nothing to do with it
 * ("scattered"). Beside it, in the same run, raw SQLite: the same batches, one insert of a row of
 * that shape and one update for each execution, and nothing else; the best that any design on
 * SQLite can reach. Reads: one thread, random executions by id, and first pages of 20 jobs.
 *
 *     bench_store [JOBS [SECONDS [FOLDER]]]        // 100000, 3, $TMPDIR or /tmp
 *     bench_store JOBS SECONDS postgresql://…      // likewise in that empty database, scattered
 */
#include "store/postgres/postgres_store.h"
#include "store/sqlite/sqlite_store.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { BATCH = 1024, INTERVAL_US = 1000000, IDS_KEPT = 65536, INSERT_BATCH = 5000 };

static const struct clock *clock_of_bench;
static const int64_t start_us = 1767225600000000; // 2026-01-01

static NORETURN void fail(const char *what, const char *why) {
    (void)fprintf(stderr, "bench_store: %s: %s\n", what, why);
    exit(1);
}

static double seconds_since(struct mono start) {
    return (double)mono_diff(clock_mono(clock_of_bench), start).us / 1e6;
}

static uint64_t next_random(uint64_t *state) {
    *state = *state * 6364136223846793005ULL + 1442695040888963407ULL;
    return *state >> 33;
}

/* ---- jobs ------------------------------------------------------------------------------------ */

struct fill {
    int64_t first, count;
    bool scattered;
    uint64_t random;
};

static bool insert_jobs(struct store_tx *tx, void *context, struct err *err) {
    struct fill *fill = context;
    for (int64_t i = fill->first; i < fill->first + fill->count; i++) {
        char name[40];
        int length = snprintf(name, sizeof name, "job number %lld", (long long)i);
        int64_t phase = fill->scattered ? (int64_t)(next_random(&fill->random) % INTERVAL_US) : 0;
        struct utc due = {start_us + phase};
        struct job job = {
            .id = guid_new((struct utc){start_us}),
            .revision = 1,
            .name = {name, (size_t)length},
            .type = JOB_HTTP_CALL,
            .schedule_type = SCHEDULE_INTERVAL,
            .interval_seconds = 1,
            .interval_mode = INTERVAL_FIXED_RATE,
            .timezone = STR("UTC"),
            .configuration = STR("{\"url\":\"https://example.org/path\",\"method\":\"GET\"}"),
            .retry_policy = STR("{\"maxAttempts\":3,\"delaySeconds\":60}"),
            .tags = STR("[]"),
            .timeout_seconds = 300,
            .queue = STR("default"),
            .concurrency_policy = CONCURRENCY_ALLOW,
            .misfire_policy = MISFIRE_FIRE_ONCE,
            .gap_policy = GAP_RUN_AFTER,
            .overlap_policy = OVERLAP_AUTO,
            .is_enabled = true,
            .created_by = STR("ann@example.org"),
            .created_at = {start_us},
            .updated_at = {start_us},
            .next_run_at = due,
            .wake_at = due,
            .schedule_from = {start_us - 1},
        };
        if (!store_job_insert(tx, &job, err)) return false;
    }
    return true;
}

static void fill_store(struct store *store, int64_t jobs, bool scattered) {
    struct fill fill = {.scattered = scattered, .random = 42};
    struct err err = ERR_INIT;
    for (; fill.first < jobs; fill.first += INSERT_BATCH) {
        fill.count = jobs - fill.first < INSERT_BATCH ? jobs - fill.first : INSERT_BATCH;
        if (!store_write_wait(store, insert_jobs, &fill, &err)) fail("insert jobs", err.msg);
    }
}

/* ---- due to settled -------------------------------------------------------------------------- */

struct batch {
    struct plan_item items[BATCH];
    struct new_execution executions[BATCH];
    struct settlement settlements[BATCH];
    size_t count;
    struct arena arena;
};

struct round {
    struct batch *planned, *running; // what is planned now, what is settled now
    struct guid *ids;                // of the executions made last, for the reads
    size_t id_count;
};

static void plan_one(struct batch *batch, size_t i, const struct due_job *due) {
    batch->executions[i] = (struct new_execution){
        .id = guid_new(due->wake_at),
        .job_row = due->row,
        .status = EXECUTION_RUNNING,
        .queue = STR("default"),
        .trigger = TRIGGER_SCHEDULE,
        .scheduled_for = due->next_run_at,
        .created_at = due->wake_at,
        .available_at = due->wake_at,
        .started_at = due->wake_at,
        .node_name = STR("node-1"),
    };
    struct utc next = utc_add(due->next_run_at, span_us(INTERVAL_US));
    batch->items[i] = (struct plan_item){
        .job_row = due->row,
        .revision = due->revision,
        .old_wake_at = due->wake_at,
        .next_run_at = next,
        .wake_at = next,
        .schedule_from = due->next_run_at,
        .run_count = due->run_count + 1,
        .executions = &batch->executions[i],
        .execution_count = 1,
    };
}

static bool plan(struct store_tx *tx, void *context, struct err *err) {
    struct batch *batch = context;
    struct due_job *due;
    arena_reset(&batch->arena);
    if (!store_due_jobs(tx, (struct utc){INT64_MAX - 1}, BATCH, &batch->arena, &due, &batch->count,
                        err))
        return false;
    for (size_t i = 0; i < batch->count; i++) plan_one(batch, i, &due[i]);
    return store_plan_apply(tx, batch->items, batch->count, err);
}

static bool settle(struct store_tx *tx, void *context, struct err *err) {
    struct batch *batch = context;
    for (size_t i = 0; i < batch->count; i++) {
        const struct new_execution *execution = &batch->executions[i];
        batch->settlements[i] = (struct settlement){
            .execution_row = execution->row,
            .job_row = execution->job_row,
            .fence = execution->fence,
            .status = EXECUTION_SUCCEEDED,
            .completed_at = utc_add(execution->started_at, span_ms(20)),
        };
    }
    return store_settle(tx, batch->settlements, batch->count, err);
}

struct gate {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int open;
};

struct gated_write {
    struct store_write write; // first
    struct gate *gate;
};

static void count_down(struct store_write *write) {
    struct gate *gate = ((struct gated_write *)(void *)write)->gate;
    if (!write->ok) fail("write", write->err.msg);
    (void)pthread_mutex_lock(&gate->lock);
    gate->open--;
    (void)pthread_cond_signal(&gate->changed);
    (void)pthread_mutex_unlock(&gate->lock);
}

/* Settles what runs and plans the next batch, in one group as far as the committer sees both. */
static void do_round(struct store *store, struct round *round) {
    struct gate gate = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 2};
    struct gated_write settling = {{.run = settle, .done = count_down, .context = round->running},
                                   &gate};
    struct gated_write planning = {{.run = plan, .done = count_down, .context = round->planned},
                                   &gate};
    store_submit(store, &settling.write);
    store_submit(store, &planning.write);
    (void)pthread_mutex_lock(&gate.lock);
    while (gate.open > 0) (void)pthread_cond_wait(&gate.changed, &gate.lock);
    (void)pthread_mutex_unlock(&gate.lock);
    for (size_t i = 0; i < round->running->count; i++) {
        if (!round->running->settlements[i].applied) fail("settle", "not applied");
        round->ids[round->id_count++ % IDS_KEPT] = round->running->executions[i].id;
    }
    struct batch *settled = round->running;
    round->running = round->planned;
    round->planned = settled;
}

static double run_rounds(struct store *store, struct round *round, double seconds,
                         double *ret_cpu_micros) {
    int64_t settled = 0;
    clock_t cpu = clock();
    struct mono start = clock_mono(clock_of_bench);
    do {
        do_round(store, round);
        settled += (int64_t)round->running->count;
    } while (seconds_since(start) < seconds);
    *ret_cpu_micros = (double)(clock() - cpu) * 1e6 / CLOCKS_PER_SEC / (double)settled;
    return (double)settled / seconds_since(start);
}

/* ---- reads ----------------------------------------------------------------------------------- */

static double read_executions(struct store *store, const struct round *round, double seconds) {
    size_t known = round->id_count < IDS_KEPT ? round->id_count : IDS_KEPT;
    struct arena arena = {0};
    uint64_t random = 7;
    int64_t done = 0;
    struct mono start = clock_mono(clock_of_bench);
    do {
        for (int i = 0; i < 200; i++, done++) {
            struct err err;
            struct execution execution;
            struct store_tx *tx = store_read_begin(store, &err);
            if (!tx || !store_execution_get(tx, round->ids[next_random(&random) % known], &arena,
                                            &execution, &err))
                fail("execution_get", err.msg);
            store_read_end(tx);
            arena_reset(&arena);
        }
    } while (seconds_since(start) < seconds);
    arena_free(&arena);
    return (double)done / seconds_since(start);
}

static double list_jobs(struct store *store, double seconds) {
    struct arena arena = {0};
    int64_t done = 0;
    struct mono start = clock_mono(clock_of_bench);
    do {
        struct err err;
        struct job_page page;
        struct store_tx *tx = store_read_begin(store, &err);
        if (!tx || !store_job_list(tx, &(struct job_filter){.limit = 20}, &arena, &page, &err) ||
            page.count != 20)
            fail("job_list", err.msg);
        store_read_end(tx);
        arena_reset(&arena);
        done++;
    } while (seconds_since(start) < seconds);
    arena_free(&arena);
    return (double)done / seconds_since(start);
}

/* ---- raw SQLite ------------------------------------------------------------------------------ */

static sqlite3_stmt *prepare(sqlite3 *db, const char *text) {
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(db, text, -1, &statement, NULL) != SQLITE_OK)
        fail(text, sqlite3_errmsg(db));
    return statement;
}

static void step(sqlite3 *db, sqlite3_stmt *statement) {
    int result = sqlite3_step(statement);
    if (result != SQLITE_DONE && result != SQLITE_ROW) fail("raw SQLite", sqlite3_errmsg(db));
    (void)sqlite3_reset(statement);
}

static void execute(sqlite3 *db, const char *text) {
    if (sqlite3_exec(db, text, NULL, NULL, NULL) != SQLITE_OK) fail(text, sqlite3_errmsg(db));
}

static void raw_batch(sqlite3 *db, sqlite3_stmt *insert, sqlite3_stmt *update, int64_t *row) {
    execute(db, "begin immediate");
    for (int i = 0; i < BATCH; i++, ++*row) {
        struct guid id = guid_new((struct utc){start_us + *row});
        (void)sqlite3_bind_blob(insert, 1, id.bytes, sizeof id.bytes, SQLITE_STATIC);
        (void)sqlite3_bind_int64(insert, 2, *row % 100000);
        for (int column = 3; column <= 8; column++)
            (void)sqlite3_bind_int64(insert, column, start_us + *row);
        step(db, insert);
        (void)sqlite3_bind_int64(update, 1, start_us + *row + 20000);
        (void)sqlite3_bind_int64(update, 2, *row > BATCH ? *row - BATCH : 1);
        step(db, update);
    }
    execute(db, "commit");
}

static double raw_rate(const char *folder, double seconds, double *ret_cpu_micros) {
    char path[512];
    (void)snprintf(path, sizeof path, "%s/raw.db", folder);
    sqlite3 *db = NULL;
    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
                        NULL) != SQLITE_OK)
        fail(path, sqlite3_errmsg(db));
    execute(db, "pragma journal_mode = wal; pragma synchronous = full; pragma cache_size = -16384;"
                "pragma temp_store = memory; pragma secure_delete = fast;"
                "create table executions (id integer primary key, guid blob unique, job integer,"
                " scheduled_for integer, created_at integer, available_at integer,"
                " started_at integer, completed_at integer, fence integer, status integer)");
    sqlite3_stmt *insert = prepare(
        db,
        "insert into executions (guid, job, scheduled_for, created_at, available_at, started_at,"
        " completed_at, fence, status) values (?, ?, ?, ?, ?, ?, ?, ?, 2)");
    sqlite3_stmt *update =
        prepare(db, "update executions set status = 3, completed_at = ? where id = ?");
    int64_t row = 1, before = row;
    clock_t cpu = clock();
    struct mono start = clock_mono(clock_of_bench);
    do {
        raw_batch(db, insert, update, &row);
    } while (seconds_since(start) < seconds);
    double rate = (double)(row - before) / seconds_since(start);
    *ret_cpu_micros = (double)(clock() - cpu) * 1e6 / CLOCKS_PER_SEC / (double)(row - before);
    (void)sqlite3_finalize(insert);
    (void)sqlite3_finalize(update);
    (void)sqlite3_close(db);
    return rate;
}

/* ---- all of it ------------------------------------------------------------------------------- */

struct figures {
    double settled, cpu_micros, execution_gets, job_lists;
};

static struct store *open_file(const char *folder, bool scattered) {
    char path[512];
    (void)snprintf(path, sizeof path, "%s/%s.db", folder, scattered ? "scattered" : "aligned");
    struct err err = ERR_INIT;
    struct store *store = sqlite_store_open(&(struct sqlite_store_options){.path = path}, &err);
    if (!store) fail(path, err.msg);
    return store;
}

static struct store *open_database(const char *url) {
    struct err err = ERR_INIT;
    struct store *store =
        postgres_store_open(&(struct postgres_store_options){.connection = url}, &err);
    if (!store) fail("PostgreSQL", err.msg);
    return store;
}

static struct figures measure_store(struct store *store, int64_t jobs, bool scattered,
                                    double seconds) {
    fill_store(store, jobs, scattered);
    struct round round = {
        .planned = xcalloc(1, sizeof *round.planned),
        .running = xcalloc(1, sizeof *round.running),
        .ids = xcalloc(IDS_KEPT, sizeof *round.ids),
    };
    struct figures figures;
    figures.settled = run_rounds(store, &round, seconds, &figures.cpu_micros);
    figures.execution_gets = read_executions(store, &round, seconds / 3);
    figures.job_lists = list_jobs(store, seconds / 3);
    store_close(store);
    arena_free(&round.planned->arena);
    arena_free(&round.running->arena);
    free(round.planned);
    free(round.running);
    free(round.ids);
    return figures;
}

static void remove_folder(const char *folder) {
    static const char *const names[] = {"raw", "aligned", "scattered"};
    static const char *const tails[] = {".db", ".db-wal", ".db-shm", ".db.lock"};
    for (size_t i = 0; i < COUNT_OF(names); i++)
        for (size_t j = 0; j < COUNT_OF(tails); j++) {
            char path[512];
            (void)snprintf(path, sizeof path, "%s/%s%s", folder, names[i], tails[j]);
            (void)unlink(path);
        }
    (void)rmdir(folder);
}

int main(int argc, char **argv) {
    int64_t jobs = 100000, seconds = 3;
    if (argc > 1 && !str_parse_i64(str_from_cstr(argv[1]), &jobs)) fail(argv[1], "not a number");
    if (argc > 2 && !str_parse_i64(str_from_cstr(argv[2]), &seconds)) fail(argv[2], "not a number");
    clock_of_bench = clock_system();
    if (argc > 3 && strstr(argv[3], "://")) {
        struct figures figures = measure_store(open_database(argv[3]), jobs, true, (double)seconds);
        printf(
            "{\"jobs\": %lld, \"scatteredSettledPerSecond\": %.0f, \"scatteredCpuMicros\": %.1f, "
            "\"executionGetsPerSecond\": %.0f, \"jobListsOf20PerSecond\": %.0f}\n",
            (long long)jobs, figures.settled, figures.cpu_micros, figures.execution_gets,
            figures.job_lists);
        return 0;
    }
    const char *parent = argc > 3 ? argv[3] : getenv("TMPDIR");
    char folder[400];
    (void)snprintf(folder, sizeof folder, "%s/bench_store.XXXXXX", parent ? parent : "/tmp");
    if (!mkdtemp(folder)) fail(folder, "cannot be made");
    struct figures aligned = measure_store(open_file(folder, false), jobs, false, (double)seconds);
    struct figures scattered = measure_store(open_file(folder, true), jobs, true, (double)seconds);
    double raw_cpu; // last, so that it runs under the settings that the store made for the process
    double raw = raw_rate(folder, (double)seconds, &raw_cpu);
    remove_folder(folder);
    printf(
        "{\"jobs\": %lld, \"alignedSettledPerSecond\": %.0f, \"scatteredSettledPerSecond\": %.0f, "
        "\"rawSqlitePerSecond\": %.0f, \"ratioToRaw\": %.2f, \"alignedCpuMicros\": %.1f, "
        "\"scatteredCpuMicros\": %.1f, \"rawCpuMicros\": %.1f, \"executionGetsPerSecond\": %.0f, "
        "\"jobListsOf20PerSecond\": %.0f}\n",
        (long long)jobs, aligned.settled, scattered.settled, raw, aligned.settled / raw,
        aligned.cpu_micros, scattered.cpu_micros, raw_cpu, aligned.execution_gets,
        aligned.job_lists);
    return 0;
}
