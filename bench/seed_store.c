/* seed_store.c - a store with a past, for the benchmarks that ask what a full one costs.
 *
 * Writes jobs that are not due for a year and, in turn for each job, executions that ended in the
 * last thirty days, oldest first; all of it through the contract (store/store.h), so that counters
 * and indexes are what a server would have left. A group is one commit of BATCH rows.
 *
 *     seed_store PATH [JOBS [EXECUTIONS]]        // 1000000, 1000000; the store must not be open
 *
 * The first job has one of 500 executions, so that its own history is long; one of 97 failed. Each
 * has an output with a word that about 100 share ("batch123"), the failed ones also an error.
 */
#include "store/sqlite/sqlite_store.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    BATCH = 5000,
    HISTORY_DAYS = 30,
    FIRST_RUN_DAYS = 365,
    OF_FIRST_JOB = 500,
    OF_FAILED = 97,
    OF_WORD = 100,
};

struct seed {
    struct utc now;
    int64_t jobs, executions;
    int64_t done; // of what is being written
    struct settlement settlements[BATCH];
    char outputs[BATCH][64];
};

static NORETURN void fail(const char *what, const char *why) {
    (void)fprintf(stderr, "seed_store: %s: %s\n", what, why);
    exit(1);
}

static struct utc days_from(struct utc time, int64_t days) {
    return utc_add(time, span_seconds(days * 86400));
}

static bool insert_job(struct store_tx *tx, const struct seed *seed, int64_t number,
                       struct err *err) {
    char name[48], url[96];
    int name_length = snprintf(name, sizeof name, "Nightly report %lld", (long long)number);
    int url_length = snprintf(url, sizeof url, "{\"url\":\"https://reports.example.org/run/%lld\"}",
                              (long long)number);
    struct utc first = utc_add(days_from(seed->now, FIRST_RUN_DAYS), span_seconds(number % 86400));
    struct job job = {
        .id = guid_new(seed->now),
        .revision = 1,
        .name = {name, (size_t)name_length},
        .type = JOB_HTTP_CALL,
        .schedule_type = SCHEDULE_INTERVAL,
        .interval_seconds = 86400,
        .interval_mode = INTERVAL_FIXED_RATE,
        .start_at = first,
        .timezone = STR("UTC"),
        .configuration = {url, (size_t)url_length},
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
        .created_at = seed->now,
        .updated_at = seed->now,
        .next_run_at = first,
        .wake_at = first,
        .schedule_from = seed->now,
    };
    return store_job_insert(tx, &job, err);
}

static bool insert_jobs(struct store_tx *tx, void *context, struct err *err) {
    struct seed *seed = context;
    for (int i = 0; i < BATCH && seed->done < seed->jobs; i++, seed->done++)
        if (!insert_job(tx, seed, seed->done, err)) return false;
    return true;
}

/* The rows of a new store count from 1. */
static bool insert_execution(struct store_tx *tx, struct seed *seed, int64_t number, size_t place,
                             struct err *err) {
    int64_t age = HISTORY_DAYS * INT64_C(86400) * (seed->executions - number) / seed->executions;
    struct utc start = utc_add(seed->now, span_seconds(-age));
    struct new_execution execution = {
        .id = guid_new(start),
        .job_row = number % OF_FIRST_JOB == 0 ? 1 : 1 + number % seed->jobs,
        .status = EXECUTION_RUNNING,
        .queue = STR("default"),
        .trigger = TRIGGER_MANUAL,
        .triggered_by = STR("ann@example.org"),
        .created_at = start,
        .available_at = start,
        .started_at = start,
        .node_name = STR("node-1"),
    };
    if (!store_execution_insert(tx, &execution, err)) return false;
    char *output = seed->outputs[place];
    int64_t word = number * INT64_C(7919) % (seed->executions / OF_WORD + 1);
    int length = snprintf(output, sizeof seed->outputs[place],
                          "{\"report\":\"done\",\"rows\":%lld,\"batch\":\"batch%lld\"}",
                          (long long)(number % 977), (long long)word);
    bool failed = number % OF_FAILED == 0;
    seed->settlements[place] = (struct settlement){
        .execution_row = execution.row,
        .job_row = execution.job_row,
        .fence = execution.fence,
        .status = failed ? EXECUTION_FAILED : EXECUTION_SUCCEEDED,
        .error_type = failed ? ERROR_HTTP_STATUS : 0,
        .error_message = failed ? STR("the answer was 503 Service Unavailable") : STR_NONE,
        .completed_at = utc_add(start, span_ms(120)),
        .output = {output, (size_t)length},
    };
    return true;
}

static bool insert_executions(struct store_tx *tx, void *context, struct err *err) {
    struct seed *seed = context;
    size_t count = 0;
    for (; count < BATCH && seed->done < seed->executions; count++, seed->done++)
        if (!insert_execution(tx, seed, seed->done, count, err)) return false;
    return store_settle(tx, seed->settlements, count, err);
}

static void write_all(struct store *store, struct seed *seed, int64_t count,
                      bool (*run)(struct store_tx *, void *, struct err *)) {
    struct err err = ERR_INIT;
    for (seed->done = 0; seed->done < count;)
        if (!store_write_wait(store, run, seed, &err)) fail("write", err.msg);
}

int main(int argc, char **argv) {
    struct seed *seed = xcalloc(1, sizeof *seed);
    struct err err = ERR_INIT;
    seed->now = clock_now(clock_system());
    seed->jobs = seed->executions = 1000000;
    if (argc < 2) fail("usage", "seed_store PATH [JOBS [EXECUTIONS]]");
    if (argc > 2 && !str_parse_i64(str_from_cstr(argv[2]), &seed->jobs)) fail(argv[2], "no number");
    if (argc > 3 && !str_parse_i64(str_from_cstr(argv[3]), &seed->executions))
        fail(argv[3], "no number");
    struct store *store = sqlite_store_open(&(struct sqlite_store_options){.path = argv[1]}, &err);
    if (store == NULL) fail(argv[1], err.msg);
    write_all(store, seed, seed->jobs, insert_jobs);
    write_all(store, seed, seed->executions, insert_executions);
    store_close(store);
    free(seed);
    return 0;
}
