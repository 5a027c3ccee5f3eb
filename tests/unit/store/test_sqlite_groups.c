/* Groups, savepoints, snapshots, and what runs long. */
#include "sqlite_fixture.h"

#include <pthread.h>
#include <stdatomic.h>

/* ---- a failing write among others ------------------------------------------------------------ */

struct gate {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool open;
    int answered;
};

static struct gate gate_closed(void) {
    return (struct gate){PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false, 0};
}

struct step {
    struct store_write write; // first
    struct gate *gate;
    struct job job;
    bool fails;
    int64_t jobs_seen;
};

static void note_answer(struct store_write *write) {
    struct gate *gate = ((struct step *)(void *)write)->gate;
    (void)pthread_mutex_lock(&gate->lock);
    gate->answered++;
    (void)pthread_cond_broadcast(&gate->changed);
    (void)pthread_mutex_unlock(&gate->lock);
}

/* Holds the committer until everything is posted, so that the rest becomes one group. */
static bool wait_at_gate(struct store_tx *tx, void *context, struct err *err) {
    (void)tx;
    (void)err;
    struct gate *gate = context;
    (void)pthread_mutex_lock(&gate->lock);
    while (!gate->open) (void)pthread_cond_wait(&gate->changed, &gate->lock);
    (void)pthread_mutex_unlock(&gate->lock);
    return true;
}

static bool take_step(struct store_tx *tx, void *context, struct err *err) {
    struct step *step = context;
    struct totals totals;
    if (!store_job_insert(tx, &step->job, err) || !store_totals(tx, &totals, err)) return false;
    step->jobs_seen = totals.jobs;
    struct new_execution execution = running(&step->job, at(60));
    execution.queue = STR("a queue that is new here");
    if (!store_execution_insert(tx, &execution, err)) return false;
    struct settlement end = succeeded(&execution, at(61));
    if (!store_settle(tx, &end, 1, err)) return false;
    return !step->fails || err_set(err, ERR_INVALID, "so it was wanted");
}

static void test_a_failing_write_harms_no_other_of_its_group(void **state) {
    (void)state;
    enum { STEPS = 5 };
    struct place place = place_new();
    struct store *store = open_at(&place);
    struct gate gate = gate_closed();
    struct step first = {.write = {.run = wait_at_gate, .done = note_answer, .context = &gate},
                         .gate = &gate};
    store_submit(store, &first.write);
    struct step steps[STEPS];
    for (int i = 0; i < STEPS; i++) {
        steps[i] = (struct step){.gate = &gate, .job = job_named("step"), .fails = i % 2 == 0};
        steps[i].write =
            (struct store_write){.run = take_step, .done = note_answer, .context = &steps[i]};
        store_submit(store, &steps[i].write);
    }
    (void)pthread_mutex_lock(&gate.lock);
    gate.open = true;
    (void)pthread_cond_broadcast(&gate.changed);
    while (gate.answered < 1 + STEPS) (void)pthread_cond_wait(&gate.changed, &gate.lock);
    (void)pthread_mutex_unlock(&gate.lock);
    for (int i = 0; i < STEPS; i++) {
        assert_int_equal(steps[i].write.ok, !steps[i].fails);
        assert_int_equal(steps[i].jobs_seen, i / 2 + 1); // those that stayed, and its own
        if (steps[i].fails) assert_string_equal(steps[i].write.err.msg, "so it was wanted");
    }
    struct totals totals = totals_of(store);
    assert_int_equal(totals.jobs, STEPS / 2);
    assert_int_equal(totals.succeeded, STEPS / 2);
    assert_int_equal(totals.executions, STEPS / 2);
    struct err err = ERR_INIT;
    struct arena arena = {0};
    struct execution_page page;
    struct store_tx *tx = store_read_begin(store, &err);
    struct execution_filter filter = {.queue = STR("a queue that is new here"), .limit = 10};
    assert_true(store_execution_list(tx, &filter, &arena, &page, &err));
    assert_int_equal(page.total, STEPS / 2);
    struct timeline_bucket bucket;
    assert_true(store_timeline(tx, at(60), 2, 1, &bucket, &err));
    assert_int_equal(bucket.succeeded, STEPS / 2);
    store_read_end(tx);
    arena_free(&arena);
    store_close(store);
    place_remove(&place);
}

/* ---- readers beside the writer --------------------------------------------------------------- */

enum { READERS = 6, CONNECTIONS = 2 };

struct reading {
    struct store *store;
    atomic_bool *stop;
    int64_t rounds;
};

/* Two looks in one transaction see the same, and what they see belongs together. */
static void *read_all_the_time(void *context) {
    struct reading *reading = context;
    struct arena arena = {0};
    while (!atomic_load(reading->stop) || reading->rounds < 5) {
        struct err err = ERR_INIT;
        struct totals totals, again;
        struct execution_page page;
        struct store_tx *tx = store_read_begin(reading->store, &err);
        bool ok = tx && store_totals(tx, &totals, &err) &&
                  store_execution_list(tx, &(struct execution_filter){.from = at(-1), .limit = 1},
                                       &arena, &page, &err) &&
                  store_totals(tx, &again, &err);
        store_read_end(tx);
        if (!ok || page.total != totals.executions || again.executions != totals.executions) {
            reading->rounds = -1;
            break;
        }
        reading->rounds++;
        arena_reset(&arena);
    }
    arena_free(&arena);
    return NULL;
}

static void test_readers_see_whole_commits_while_others_write(void **state) {
    (void)state;
    struct place place = place_new();
    struct err err = ERR_INIT;
    struct store *store = sqlite_store_open(
        &(struct sqlite_store_options){.path = place.path,
                                       .read_connections = CONNECTIONS, // fewer than readers
                                       .checkpoint_pages = 10,
                                       .checkpoint_at_most = 20},
        &err);
    assert_non_null(store);
    struct job job = put_job(store, "a");
    atomic_bool stop = false;
    struct reading readings[READERS];
    pthread_t threads[READERS];
    for (int i = 0; i < READERS; i++) {
        readings[i] = (struct reading){store, &stop, 0};
        assert_int_equal(pthread_create(&threads[i], NULL, read_all_the_time, &readings[i]), 0);
    }
    for (int64_t i = 0; i < 200; i++) {
        struct new_execution execution = running(&job, at(60 + i));
        assert_true(store_write_wait(store, insert_execution, &execution, &err));
        struct settlement end = succeeded(&execution, at(61 + i));
        assert_true(store_write_wait(store, settle_one, &end, &err));
        /* What was written is seen at once by whoever wrote it. */
        assert_int_equal(totals_of(store).succeeded, i + 1);
    }
    atomic_store(&stop, true);
    for (int i = 0; i < READERS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_true(readings[i].rounds > 0);
    }
    store_close(store);
    place_remove(&place);
}

/* ---- what runs long -------------------------------------------------------------------------- */

enum { MANY = 9000 }; // more than two windows of the mark

struct many {
    const struct job *job;
    int64_t from;
};

static bool run_many(struct store_tx *tx, void *context, struct err *err) {
    const struct many *many = context;
    for (int64_t i = many->from; i < many->from + MANY; i++) {
        struct new_execution execution = running(many->job, at(1000 + i));
        if (!store_execution_insert(tx, &execution, err)) return false;
        struct settlement end = succeeded(&execution, at(1001 + i));
        if (!store_settle(tx, &end, 1, err)) return false;
    }
    return true;
}

struct claimed {
    struct execution *executions;
    size_t count;
    struct arena arena;
};

static bool claim_default(struct store_tx *tx, void *context, struct err *err) {
    struct claimed *claimed = context;
    struct claim_queue queue = {STR("default"), 10};
    struct claim claim = {STR("here"), at(100000), &queue, 1, 10};
    return store_claim(tx, &claim, &claimed->arena, &claimed->executions, &claimed->count, err);
}

static size_t orphans_here(struct store *store, int64_t *first_row) {
    struct arena arena = {0};
    struct err err = ERR_INIT;
    struct execution *orphans;
    size_t count;
    struct store_tx *tx = store_read_begin(store, &err);
    assert_true(store_orphans(tx, STR("here"), UTC_NONE, 100, &arena, &orphans, &count, &err));
    store_read_end(tx);
    *first_row = count > 0 ? orphans[0].row : 0;
    arena_free(&arena);
    return count;
}

static void test_what_runs_long_is_found_behind_many_newer_ones(void **state) {
    (void)state;
    struct place place = place_new();
    struct store *store = open_at(&place);
    struct err err = ERR_INIT;
    struct job job = put_job(store, "a");
    struct new_execution waiting = running(&job, at(1)), slow = running(&job, at(2));
    waiting.status = EXECUTION_PENDING;
    assert_true(store_write_wait(store, insert_execution, &waiting, &err));
    assert_true(store_write_wait(store, insert_execution, &slow, &err));
    assert_true(store_write_wait(store, run_many, &(struct many){&job, 0}, &err));
    assert_true(store_write_wait(store, run_many, &(struct many){&job, MANY}, &err));
    int64_t row;
    assert_int_equal(orphans_here(store, &row), 1);
    assert_int_equal(row, slow.row);
    /* Old, but only now claimed. */
    struct claimed claimed = {0};
    assert_true(store_write_wait(store, claim_default, &claimed, &err));
    assert_int_equal(claimed.count, 1);
    assert_int_equal(orphans_here(store, &row), 2);
    assert_int_equal(row, waiting.row);
    /* After a restart as well, when nothing is remembered of when they started. */
    store_close(store);
    store = open_at(&place);
    assert_int_equal(orphans_here(store, &row), 2);
    struct settlement end = succeeded(&slow, at(50));
    assert_true(store_write_wait(store, settle_one, &end, &err));
    assert_true(end.applied);
    end = (struct settlement){.execution_row = waiting.row,
                              .job_row = job.row,
                              .fence = claimed.executions[0].fence,
                              .status = EXECUTION_FAILED,
                              .completed_at = at(100001)};
    assert_true(store_write_wait(store, settle_one, &end, &err));
    assert_true(end.applied);
    assert_int_equal(orphans_here(store, &row), 0);
    struct totals totals = totals_of(store);
    assert_int_equal(totals.executions, 2 * MANY + 2);
    assert_int_equal(totals.running, 0);
    assert_int_equal(totals.failed, 1);
    arena_free(&claimed.arena);
    store_close(store);
    place_remove(&place);
}

/* The history of one job among many, looked up both ways: along its chain, and by due time. */
static void test_due_times_of_a_job_are_found_in_short_and_long_histories(void **state) {
    (void)state;
    struct place place = place_new();
    struct store *store = open_at(&place);
    struct err err = ERR_INIT;
    struct job busy = put_job(store, "busy"), rare = put_job(store, "rare");
    struct new_execution before = running(&rare, at(900)), after = running(&rare, at(20000));
    assert_true(store_write_wait(store, insert_execution, &before, &err));
    assert_true(store_write_wait(store, run_many, &(struct many){&busy, 0}, &err));
    assert_true(store_write_wait(store, insert_execution, &after, &err));
    struct arena arena = {0};
    struct execution *found;
    size_t count;
    struct store_tx *tx = store_read_begin(store, &err);
    assert_true(
        store_occurrences(tx, rare.row, at(0), at(30000), 10, &arena, &found, &count, &err));
    assert_int_equal(count, 2);
    assert_int_equal(found[0].row, before.row);
    assert_int_equal(found[1].row, after.row);
    assert_true(
        store_occurrences(tx, busy.row, at(1010), at(1012), 10, &arena, &found, &count, &err));
    assert_int_equal(count, 3);
    assert_int_equal(found[0].scheduled_for.us, at(1010).us);
    assert_int_equal(found[2].scheduled_for.us, at(1012).us);
    store_read_end(tx);
    arena_free(&arena);
    store_close(store);
    place_remove(&place);
}
