/* test_memory.c - the suite on the in-memory store, and what only that store can do: steps by hand,
 * failing commits, lost answers, crashes, several nodes on the same data.
 */
#include "store/memory/memory_store.h"
#include "suite.h"

/* A store that never posts anything holds the data while the one under test is closed. */
static void memory_open(struct fixture *f) {
    if (!f->own) f->own = memory_store_new(&(struct memory_store_options){0});
    f->store = memory_store_new(&(struct memory_store_options){.share = f->own});
}

static void memory_close(struct fixture *f) {
    store_close(f->store);
}

static void memory_remove(struct fixture *f) {
    store_close(f->own);
}

const struct back_end back_end_under_test = {memory_open, memory_close, memory_remove};

struct manual_write {
    struct store_write write;
    struct job job;
    size_t runs, answers;
};

static bool run_manual(struct store_tx *tx, void *context, struct err *err) {
    struct manual_write *manual = context;
    manual->runs++;
    return store_job_insert(tx, &manual->job, err);
}

static void note_manual(struct store_write *write) {
    ((struct manual_write *)(void *)write)->answers++;
}

static void post_manual(struct fixture *f, struct store *store, struct manual_write *manual) {
    *manual =
        (struct manual_write){.write = {.run = run_manual, .done = note_manual, .context = manual},
                              .job = sample_job(f, "manual")};
    store_submit(store, &manual->write);
}

static int64_t jobs_in(struct store *store) {
    struct err err;
    struct totals totals = {0};
    struct store_tx *tx = store_read_begin(store, &err);
    assert_true(store_totals(tx, &totals, &err));
    store_read_end(tx);
    return totals.jobs;
}

static struct store *manual_store(struct store *share) {
    return memory_store_new(&(struct memory_store_options){.manual = true, .share = share});
}

static void test_by_hand_nothing_happens_before_a_step(void **state) {
    struct fixture *f = *state;
    struct store *store = manual_store(NULL);
    struct manual_write first, second;
    post_manual(f, store, &first);
    post_manual(f, store, &second);
    assert_int_equal(memory_store_pending(store), 2);
    assert_int_equal(first.runs, 0);
    assert_int_equal(memory_store_step(store), 2);
    assert_int_equal(first.answers + second.answers, 2);
    assert_true(first.write.ok && second.write.ok);
    assert_int_equal(memory_store_pending(store), 0);
    assert_int_equal(memory_store_step(store), 0);
    assert_int_equal(jobs_in(store), 2);
    store_close(store);
}

static void test_by_hand_a_read_keeps_its_state_over_a_step(void **state) {
    struct fixture *f = *state;
    struct store *store = manual_store(NULL);
    struct manual_write write;
    struct totals totals;
    struct err err = ERR_INIT;
    struct store_tx *tx = store_read_begin(store, &err);
    post_manual(f, store, &write);
    (void)memory_store_step(store);
    assert_true(store_totals(tx, &totals, &err));
    assert_int_equal(totals.jobs, 0);
    store_read_end(tx);
    assert_int_equal(jobs_in(store), 1);
    store_close(store);
}

static void test_a_commit_that_fails_leaves_no_trace(void **state) {
    struct fixture *f = *state;
    struct store *store = manual_store(NULL);
    struct manual_write writes[3];
    memory_store_fail_next(store, 2);
    for (size_t i = 0; i < 3; i++) {
        int64_t generation = store_jobs_generation(store);
        post_manual(f, store, &writes[i]);
        (void)memory_store_step(store);
        assert_int_equal(writes[i].runs, 1);
        assert_int_equal(writes[i].answers, 1);
        assert_int_equal(writes[i].write.ok, i == 2);
        assert_int_equal(store_jobs_generation(store) != generation, i == 2);
        if (i < 2) assert_int_equal(writes[i].write.err.kind, ERR_UNAVAILABLE);
        assert_int_equal(jobs_in(store), i == 2);
    }
    store_close(store);
}

static void test_a_lost_answer_is_a_commit_all_the_same(void **state) {
    struct fixture *f = *state;
    struct store *store = manual_store(NULL);
    struct manual_write lost, answered;
    memory_store_lose_answer_next(store, 1);
    post_manual(f, store, &lost);
    (void)memory_store_step(store);
    assert_false(lost.write.ok);
    assert_int_equal(lost.write.err.kind, ERR_UNAVAILABLE);
    assert_int_equal(jobs_in(store), 1);
    post_manual(f, store, &answered);
    (void)memory_store_step(store);
    assert_true(answered.write.ok);
    assert_int_equal(jobs_in(store), 2);
    store_close(store);
}

static void test_a_crash_drops_what_was_posted_and_keeps_what_was_committed(void **state) {
    struct fixture *f = *state;
    struct store *before = manual_store(NULL);
    struct manual_write committed, dropped, later;
    post_manual(f, before, &committed);
    (void)memory_store_step(before);
    post_manual(f, before, &dropped);
    memory_store_crash(before);
    assert_int_equal(memory_store_pending(before), 0);
    struct store *after = manual_store(before);
    store_close(before);
    assert_int_equal(dropped.runs + dropped.answers, 0);
    assert_int_equal(jobs_in(after), 1);
    post_manual(f, after, &later);
    (void)memory_store_step(after);
    assert_true(later.write.ok);
    assert_int_equal(jobs_in(after), 2);
    store_close(after);
}

static void test_nodes_share_data_but_not_queue_and_faults(void **state) {
    struct fixture *f = *state;
    struct store *one = manual_store(NULL), *two = manual_store(one);
    struct manual_write of_one, of_two;
    memory_store_fail_next(one, 1);
    post_manual(f, one, &of_one);
    post_manual(f, two, &of_two);
    assert_int_equal(memory_store_step(two), 1);
    assert_true(of_two.write.ok);
    assert_int_equal(jobs_in(one), 1);
    assert_int_equal(memory_store_step(one), 1);
    assert_false(of_one.write.ok);
    assert_int_equal(jobs_in(two), 1);
    struct err err;
    struct job job = sample_job(f, "x");
    struct manual_write *direct = &of_one;
    *direct = (struct manual_write){.job = job};
    assert_true(memory_store_write(one, run_manual, direct, &err));
    assert_int_equal(jobs_in(two), 2);
    store_close(one);
    assert_int_equal(jobs_in(two), 2);
    store_close(two);
}
