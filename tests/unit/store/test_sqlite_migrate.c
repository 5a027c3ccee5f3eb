/* A store that was made by version 1 of the schema, with what it holds: version 2 counts it. */
#include "sqlite_fixture.h"

#include <sqlite3.h>

enum { EXECUTIONS = 400, SECONDS = 1767268800 };

/* Three jobs; of the first one so many executions that ended, one each second: each third Failed,
 * the others took as many microseconds as their number squared. Two of the second wait, one runs.
 * The clock stood an hour ahead while the hundredth was made. */
static const char *const history =
    "insert into jobs values"
    " (1, x'01', 'a', null, 1, 2, null, 60, 1, null, 'UTC', null, null, 0, 0, '{}', null, '[]', "
    "300,"
    "  'default', 1, 1, 1, 1, 1, 0, null, 0, null, null, 1, 1, '{}'),"
    " (2, x'02', 'b', null, 1, 2, null, 60, 1, null, 'UTC', null, null, 0, 0, '{}', null, '[]', "
    "300,"
    "  'default', 1, 1, 1, 1, 1, 0, null, 0, null, null, 1, 1, '{}'),"
    " (3, x'03', 'c', null, 1, 2, null, 60, 1, null, 'UTC', null, null, 0, 0, '{}', null, '[]', "
    "300,"
    "  'default', 1, 1, 1, 1, 0, 0, null, 0, null, null, 1, 1, '{}');"
    "insert into job_state values"
    " (1, 1, 1, 1, 1767268860000000, 1767268860000000, 1, 400, 0, 0, 1, 3, 0, 400, 403),"
    " (2, 1, 1, 1, 1767268920000000, 1767268920000000, 1, 0, 3, 1, null, 0, 0, 3, 3),"
    " (3, 1, 3, 1, null, null, 1, 0, 0, 0, null, 0, 0, 0, 0);"
    "insert into names values (1, 'default'), (2, 'critical'), (3, 'here');"
    "insert into executions values"
    " (1, x'0001', 2, 0, 1, 2, 0, 1, 1, 0, null, 1767268800000000, 1767268800000000, 1, 1, 0),"
    " (2, x'0002', 2, 1, 1, 2, 0, 2, 2, 0, null, 1767268800000000, 1767268801000000, 1, 1, 0),"
    " (3, x'0003', 2, 2, 2, 2, 0, 1, 3, 1, null, 1767268800000000, 1767268800000000,"
    "  1767268800000000, 1767268800000000, 0);"
    "insert into pending values (1, 1767268800000000, 1, 2), (2, 1767268801000000, 2, 2);"
    "with recursive n (i) as (values (1) union all select i + 1 from n where i < 400)"
    " insert into executions select i + 3, cast('e' || (1000 + i) as blob), 1,"
    "  case i when 1 then 0 else i + 2 end, case when i % 3 = 0 then 4 else 3 end, 1, 0, 1, 3, i + "
    "1,"
    "  1767268800000000 + i * 1000000,"
    "  1767268800000000 + i * 1000000 + case i when 100 then 3600000000 else 0 end,"
    "  1767268800000000, 1767268800000000 + i * 1000000,"
    "  1767268800000000 + i * 1000000 + i * i, 0 from n;"
    "insert into ended_badly select status, id from executions where status = 4;"
    "insert into timeline select completed_at / 60000000, sum(status = 3), sum(status = 4), 0"
    " from executions where status in (3, 4) group by 1;"
    "update totals set jobs = 3, jobs_enabled = 2, executions = 403, pending = 2, running = 1,"
    " succeeded = 267, failed = 133, fence = 401, last_execution = 403;";

static char *text_of(const char *path) {
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    char *text = calloc(1, 65536);
    assert_true(fread(text, 1, 65535, file) > 0);
    assert_int_equal(fclose(file), 0);
    return text;
}

static void execute(sqlite3 *db, const char *sql) {
    char *why = NULL;
    if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK) fail_msg("%s", why);
}

static void make_version_1(const struct place *place) {
    char *schema = text_of(TEST_TABLES "/../../src/store/sqlite/migrations/0001_start.sql");
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(place->path, &db), SQLITE_OK);
    execute(db, schema);
    execute(db,
            "pragma application_id = 0x416c7068; insert into meta values ('schema_version', 1)");
    execute(db, history);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    free(schema);
}

static void check_counters(struct store_tx *tx, struct arena *arena) {
    struct err err;
    struct totals totals;
    int64_t due;
    assert_true(store_totals(tx, &totals, &err));
    assert_int_equal(totals.jobs, 3);
    assert_int_equal(totals.jobs_by_status[JOB_ACTIVE], 2);
    assert_int_equal(totals.jobs_by_status[JOB_DISABLED], 1);
    assert_true(store_jobs_due(tx, at(61), &due, &err));
    assert_int_equal(due, 1);
    assert_true(store_jobs_due(tx, UTC_NEVER, &due, &err));
    assert_int_equal(due, 2);
    struct queue_figures *queues;
    size_t count;
    assert_true(store_queues(tx, arena, &queues, &count, &err));
    assert_int_equal(count, 2);
    assert_true(str_equal(queues[0].name, STR("critical")));
    assert_int_equal(queues[0].pending, 1);
    assert_true(utc_equal(queues[0].oldest, at(1)));
}

static void check_durations(struct store_tx *tx, struct arena *arena) {
    struct err err;
    struct durations expected = {0};
    int64_t sum = 0;
    for (int64_t i = 1; i <= EXECUTIONS; i++) {
        sum += i * i;
        if (i % 3 != 0) durations_add(&expected, span_us(i * i));
    }
    struct job job;
    assert_true(store_job_get_by_row(tx, 1, arena, &job, &err));
    assert_true(str_is_absent(job.watches) && str_is_absent(job.retention));
    assert_int_equal(job.durations.count, expected.count);
    assert_int_equal(job.durations.mean_us, expected.mean_us);
    assert_int_equal(job.durations.deviation_us, expected.deviation_us);
    assert_int_equal(job.last_success_at.us, at(EXECUTIONS).us + EXECUTIONS * EXECUTIONS);
    struct timeline_bucket bucket;
    assert_true(store_timeline(tx, at(0), 60, 1, &bucket, &err));
    assert_int_equal(bucket.succeeded + bucket.failed, EXECUTIONS);
    assert_int_equal(bucket.duration_us, sum);
    assert_true(store_job_get_by_row(tx, 2, arena, &job, &err));
    assert_int_equal(job.durations.count, 0);
    assert_true(utc_is_none(job.last_success_at));
}

/* The pages of job 1, whose rows are `oldest` to `newest`, at any depth. */
static void check_pages(struct store_tx *tx, struct arena *arena, int64_t oldest, int64_t newest) {
    struct err err;
    for (int64_t offset = 0; offset < newest - oldest + 10; offset += 7) {
        struct execution_page page;
        const struct execution_filter filter = {.job_row = 1, .offset = offset, .limit = 3};
        assert_true(store_execution_list(tx, &filter, arena, &page, &err));
        assert_int_equal(page.total, newest - oldest + 1);
        for (int64_t i = 0; i < 3; i++) {
            if (newest - offset - i < oldest) {
                assert_true(page.count <= (size_t)i);
                break;
            }
            assert_int_equal(page.items[i].row, newest - offset - i);
        }
    }
}

static bool clear(struct store_tx *tx, void *context, struct err *err) {
    return store_executions_clear(tx, context, err);
}

static void test_version_2_counts_what_there_is(void **state) {
    (void)state;
    struct place place = place_new();
    struct err err = ERR_INIT;
    struct arena arena = {0};
    make_version_1(&place);
    struct store *store = open_at(&place);
    struct store_tx *tx = store_read_begin(store, &err);
    assert_non_null(tx);
    check_counters(tx, &arena);
    check_durations(tx, &arena);
    check_pages(tx, &arena, 4, EXECUTIONS + 3);
    store_read_end(tx);
    /* A new one is counted on from there, and clearing finds what was made after the clock step. */
    struct job job = {.row = 1};
    struct new_execution one = running(&job, at(5000));
    assert_true(store_write_wait(store, insert_execution, &one, &err));
    struct clear wanted = {.created_before = at(300), .limit = 120};
    int64_t deleted = 0;
    for (int64_t calls = 0; !wanted.done; calls++) {
        assert_true(calls < 100);
        assert_true(store_write_wait(store, clear, &wanted, &err));
        deleted += wanted.deleted;
    }
    assert_int_equal(deleted, 298); // all that were before, but for the hundredth
    tx = store_read_begin(store, &err);
    assert_non_null(tx);
    struct execution_page page;
    const struct execution_filter last = {.job_row = 1, .offset = 99, .limit = 9};
    assert_true(store_execution_list(tx, &last, &arena, &page, &err));
    assert_int_equal(page.total, EXECUTIONS + 1 - 298);
    assert_int_equal(page.count, page.total - 99);
    assert_int_equal(page.items[page.count - 1].row, 103);
    assert_int_equal(page.items[page.count - 2].row, 303);
    store_read_end(tx);
    store_close(store);
    arena_free(&arena);
    place_remove(&place);
}

struct claiming {
    struct arena *arena;
    struct job job;
    struct execution *claimed;
    size_t count;
};

static bool claim_all(struct store_tx *tx, void *context, struct err *err) {
    struct claiming *claiming = context;
    const struct claim_queue any = {.name = STR_NONE, .limit = 10};
    const struct claim claim = {
        .node_name = STR("here"), .now = at(1000), .queues = &any, .queue_count = 1, .limit = 10};
    return store_claim(tx, &claim, claiming->arena, &claiming->claimed, &claiming->count, err);
}

/* Puts job 2, one of whose executions runs and two wait, into a group that lets two run. */
static bool group_and_claim(struct store_tx *tx, void *context, struct err *err) {
    struct claiming *claiming = context;
    struct job *job = &claiming->job;
    if (!store_job_get_by_row(tx, 2, claiming->arena, job, err)) return false;
    job->revision++;
    job->concurrency_group = STR("few");
    job->concurrency_group_limit = 2;
    return store_job_update(tx, job, job->revision - 1, err) && claim_all(tx, context, err);
}

static void test_version_6_knows_how_runs_were_made_and_what_waits(void **state) {
    (void)state;
    struct place place = place_new();
    struct err err = ERR_INIT;
    struct arena arena = {0};
    make_version_1(&place);
    struct store *store = open_at(&place);
    struct store_tx *tx = store_read_begin(store, &err);
    struct job first, second, third;
    assert_true(store_job_get_by_row(tx, 1, &arena, &first, &err));
    assert_true(store_job_get_by_row(tx, 2, &arena, &second, &err));
    assert_true(store_job_get_by_row(tx, 3, &arena, &third, &err));
    store_read_end(tx);
    assert_int_equal(first.last_run_created_at.us, at(EXECUTIONS).us);
    assert_int_equal(first.last_completed_at.us, at(EXECUTIONS).us + EXECUTIONS * EXECUTIONS);
    assert_int_equal(second.last_run_created_at.us, at(0).us);
    assert_true(utc_is_none(second.last_completed_at)); // the latest one still runs
    assert_true(utc_is_none(third.last_run_created_at) && utc_is_none(third.last_completed_at));
    assert_true(str_is_absent(first.dependencies) && str_is_absent(first.concurrency_group));
    struct claiming claiming = {.arena = &arena};
    assert_true(store_write_wait(store, group_and_claim, &claiming, &err));
    assert_int_equal(claiming.count, 1);
    assert_int_equal(claiming.claimed[0].row, 1);
    assert_true(store_write_wait(store, claim_all, &claiming, &err));
    assert_int_equal(claiming.count, 0);
    store_close(store);
    arena_free(&arena);
    place_remove(&place);
}
