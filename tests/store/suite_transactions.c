/* suite_transactions.c - what a write is: alone in its failure, whole, ordered, unseen until done.
 */
#include "suite.h"

#include <pthread.h>

/* Writes that are posted together and answered one by one. */
struct posted {
    struct store_write write; // first: done gets its address
    struct batch *batch;
    struct job job;
    bool fail;
};

struct batch {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    size_t answered;
    struct posted *order[512]; // as they were answered
};

static void note_posted(struct store_write *write) {
    struct posted *posted = (struct posted *)(void *)write;
    struct batch *batch = posted->batch;
    (void)pthread_mutex_lock(&batch->lock);
    batch->order[batch->answered++] = posted;
    (void)pthread_cond_signal(&batch->changed);
    (void)pthread_mutex_unlock(&batch->lock);
}

/* Inserts a job, an execution and a fact; then fails where it was told to. */
static bool insert_then_maybe_fail(struct store_tx *tx, void *context, struct err *err) {
    struct posted *posted = context;
    if (!store_job_insert(tx, &posted->job, err)) return false;
    struct new_execution execution = {.id = posted->job.id,
                                      .job_row = posted->job.row,
                                      .status = EXECUTION_RUNNING,
                                      .queue = STR("default"),
                                      .trigger = TRIGGER_SCHEDULE,
                                      .scheduled_for = at(1),
                                      .created_at = at(1),
                                      .available_at = at(1),
                                      .started_at = at(1),
                                      .node_name = STR("node-1")};
    if (!store_execution_insert(tx, &execution, err)) return false;
    if (!store_meta_set(tx, STR("last"), posted->job.name, err)) return false;
    struct job found;
    struct arena arena = {0};
    bool seen = store_job_get(tx, posted->job.id, &arena, &found, err) && found.live_count == 1;
    arena_free(&arena);
    if (!seen) return err_set(err, ERR_INTERNAL, "a write does not see what it wrote");
    return !posted->fail || err_set(err, ERR_LIMIT, "told to fail");
}

static struct posted *post(struct fixture *f, struct batch *batch, const char *name, bool fail) {
    struct posted *posted = arena_alloc(&f->arena, sizeof *posted);
    *posted = (struct posted){.batch = batch, .job = sample_job(f, name), .fail = fail};
    posted->write =
        (struct store_write){.run = insert_then_maybe_fail, .done = note_posted, .context = posted};
    store_submit(f->store, &posted->write);
    return posted;
}

static struct batch batch_new(void) {
    return (struct batch){.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
}

static void wait_for(struct batch *batch, size_t count) {
    (void)pthread_mutex_lock(&batch->lock);
    while (batch->answered < count) (void)pthread_cond_wait(&batch->changed, &batch->lock);
    (void)pthread_mutex_unlock(&batch->lock);
}

static bool job_exists(struct fixture *f, struct guid id) {
    struct err err;
    struct job found;
    struct store_tx *tx = read_begin(f);
    bool exists = store_job_get(tx, id, &f->arena, &found, &err);
    read_end(f, tx);
    return exists;
}

static void test_a_failing_write_leaves_no_trace(void **state) {
    struct fixture *f = *state;
    struct err err = ERR_INIT;
    struct posted posted = {.job = sample_job(f, "a"), .fail = true};
    assert_false(store_write_wait(f->store, insert_then_maybe_fail, &posted, &err));
    assert_int_equal(err.kind, ERR_LIMIT);
    assert_string_equal(err.msg, "told to fail");
    assert_false(job_exists(f, posted.job.id));
    assert_int_equal(totals_now(f).executions, 0);
    posted.fail = false;
    assert_true(store_write_wait(f->store, insert_then_maybe_fail, &posted, &err));
    assert_counters_equal_recount(f);
}

static void test_a_failing_write_harms_no_other_of_its_group(void **state) {
    struct fixture *f = *state;
    struct batch batch = batch_new();
    struct posted *writes[300];
    for (size_t i = 0; i < COUNT_OF(writes); i++)
        writes[i] = post(f, &batch, i % 2 ? "odd" : "even", i % 3 == 1);
    wait_for(&batch, COUNT_OF(writes));
    for (size_t i = 0; i < COUNT_OF(writes); i++) {
        assert_ptr_equal(batch.order[i], writes[i]); // answered in the order of posting
        assert_int_equal(writes[i]->write.ok, i % 3 != 1);
        if (!writes[i]->write.ok) assert_int_equal(writes[i]->write.err.kind, ERR_LIMIT);
        assert_int_equal(job_exists(f, writes[i]->job.id), i % 3 != 1);
    }
    assert_int_equal(totals_now(f).running, 200);
    assert_counters_equal_recount(f);
}

static void test_what_done_reports_is_there_after_a_restart(void **state) {
    struct fixture *f = *state;
    struct batch batch = batch_new();
    struct posted *kept = post(f, &batch, "kept", false), *failed = post(f, &batch, "failed", true);
    wait_for(&batch, 2);
    suite_restart(f);
    assert_true(job_exists(f, kept->job.id));
    assert_false(job_exists(f, failed->job.id));
    assert_counters_equal_recount(f);
}

static void test_closing_answers_what_was_posted(void **state) {
    struct fixture *f = *state;
    struct batch batch = batch_new();
    enum { MANY = 50 };
    struct posted *writes[MANY];
    for (size_t i = 0; i < MANY; i++) writes[i] = post(f, &batch, "a", false);
    suite_restart(f);
    assert_int_equal(batch.answered, MANY);
    for (size_t i = 0; i < MANY; i++) {
        assert_true(writes[i]->write.ok);
        assert_true(job_exists(f, writes[i]->job.id));
    }
}

static void test_a_read_sees_one_state_throughout(void **state) {
    struct fixture *f = *state;
    struct err err;
    struct job job = put_job(f, "before"), found;
    struct totals totals;
    struct store_tx *old = read_begin(f);
    assert_true(store_job_get(old, job.id, &f->arena, &found, &err));
    job.name = STR("after");
    job.revision = 2;
    assert_true(do_job_update(f->store, &job, 1, &err));
    (void)put_running(f, &job, at(60));
    struct store_tx *new = read_begin(f);
    assert_true(store_job_get(old, job.id, &f->arena, &found, &err));
    assert_str(found.name, "before");
    assert_int_equal(found.live_count, 0);
    assert_true(store_totals(old, &totals, &err));
    assert_int_equal(totals.running, 0);
    assert_true(store_job_get(new, job.id, &f->arena, &found, &err));
    assert_str(found.name, "after");
    assert_int_equal(found.live_count, 1);
    read_end(f, old);
    read_end(f, new);
}

/* Fails in its second part: what the first one wrote in the same call must go too. */
static bool settle_with_an_id_that_is_taken(struct store_tx *tx, void *context, struct err *err) {
    return store_settle(tx, context, 1, err);
}

static void test_a_settlement_whose_retry_fails_is_undone(void **state) {
    struct fixture *f = *state;
    struct err err = ERR_INIT;
    struct job job = put_job(f, "a");
    struct execution running = put_running(f, &job, at(60));
    struct new_execution retry = sample_execution(f, &job, at(60));
    retry.id = running.id;
    retry.trigger = TRIGGER_RETRY;
    retry.retry_count = 1;
    struct settlement item = settlement_of(&running, EXECUTION_FAILED, at(61));
    item.retry = &retry;
    assert_false(store_write_wait(f->store, settle_with_an_id_that_is_taken, &item, &err));
    assert_int_equal(err.kind, ERR_CONFLICT);
    struct execution found = execution_now(f, running.id);
    assert_same_execution(&found, &running);
    assert_int_equal(job_now(f, &job).consecutive_failures, 0);
    assert_counters_equal_recount(f);
    end_execution(f, &running, EXECUTION_SUCCEEDED, at(62));
}

/* ---- many threads ---------------------------------------------------------------------------- */

enum { WRITERS = 4, WRITES_EACH = 25 };

struct writer {
    struct fixture *f;
    struct posted writes[WRITES_EACH];
    size_t failed;
};

static void *write_and_read(void *context) {
    struct writer *writer = context;
    for (size_t i = 0; i < WRITES_EACH; i++) {
        struct err err = ERR_INIT;
        struct totals totals;
        if (!store_write_wait(writer->f->store, insert_then_maybe_fail, &writer->writes[i], &err))
            writer->failed++;
        struct store_tx *tx = store_read_begin(writer->f->store, &err);
        if (!tx || !store_totals(tx, &totals, &err) || totals.running != totals.jobs ||
            totals.running < (int64_t)i + 1)
            writer->failed++;
        store_read_end(tx);
    }
    return NULL;
}

static void test_threads_write_and_read_at_once(void **state) {
    struct fixture *f = *state;
    struct writer *writers = ARENA_ARRAY(&f->arena, WRITERS, struct writer);
    pthread_t threads[WRITERS];
    for (size_t i = 0; i < WRITERS; i++) {
        writers[i].f = f;
        for (size_t n = 0; n < WRITES_EACH; n++) writers[i].writes[n].job = sample_job(f, "a");
    }
    for (size_t i = 0; i < WRITERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, write_and_read, &writers[i]), 0);
    for (size_t i = 0; i < WRITERS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(writers[i].failed, 0);
    }
    assert_int_equal(totals_now(f).running, WRITERS * WRITES_EACH);
    assert_counters_equal_recount(f);
}
