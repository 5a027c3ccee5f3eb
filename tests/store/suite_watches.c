/* suite_watches.c - watches: made and removed with what the job says, due, changed. */
#include "suite.h"

static bool watch_of(struct fixture *f, const struct job *job, struct watch *ret) {
    struct err err;
    bool found = false;
    struct store_tx *tx = read_begin(f);
    assert_true(store_watch_get(tx, job->row, ret, &found, &err));
    read_end(f, tx);
    return found;
}

static struct job put_watched(struct fixture *f, const char *name, struct utc updated_at) {
    struct err err;
    struct job job = sample_job(f, name);
    job.watches = STR("{\"maxLatenessSeconds\":5}");
    job.updated_at = updated_at;
    assert_true(do_job_insert(f->store, &job, &err));
    return job;
}

static void change(struct fixture *f, struct job *job, struct utc updated_at) {
    struct err err;
    job->updated_at = updated_at;
    job->revision++;
    assert_true(do_job_update(f->store, job, job->revision - 1, &err));
}

static void raise_alert(struct fixture *f, const struct job *job, struct utc check_at) {
    struct err err;
    const struct watch watch = {
        .job_row = job->row, .check_at = check_at, .raised = 5, .last_execution = next_guid(f)};
    assert_true(do_watch_update(f->store, &watch, &err));
}

static void test_a_job_with_watches_is_looked_at(void **state) {
    struct fixture *f = *state;
    struct watch watch = {.raised = 4711};
    struct job plain = put_job(f, "plain"), job = put_watched(f, "watched", at(10));
    assert_false(watch_of(f, &plain, &watch));
    assert_int_equal(watch.raised, 4711);
    assert_true(watch_of(f, &job, &watch));
    assert_int_equal(watch.job_row, job.row);
    assert_time(watch.check_at, at(10));
    assert_int_equal(watch.raised, 0);
    assert_true(guid_is_zero(watch.last_execution));
}

static void test_a_watch_begins_anew_when_its_definition_changes(void **state) {
    struct fixture *f = *state;
    struct watch watch;
    struct job job = put_watched(f, "a", at(10));
    raise_alert(f, &job, at(500));
    job.name = STR("renamed");
    change(f, &job, at(20));
    assert_true(watch_of(f, &job, &watch));
    assert_time(watch.check_at, at(500)); // as it was
    assert_int_equal(watch.raised, 5);
    job.watches = STR("{\"maxLatenessSeconds\":6}");
    change(f, &job, at(30));
    assert_true(watch_of(f, &job, &watch));
    assert_time(watch.check_at, at(30));
    assert_int_equal(watch.raised, 0);
    assert_true(guid_is_zero(watch.last_execution));
}

static void test_a_watch_goes_with_its_definition_and_its_job(void **state) {
    struct fixture *f = *state;
    struct err err;
    struct watch watch;
    struct job job = put_watched(f, "a", at(10)), other = put_watched(f, "b", at(10));
    struct str watches = job.watches;
    job.watches = STR_NONE;
    change(f, &job, at(20));
    assert_false(watch_of(f, &job, &watch));
    job.watches = watches;
    change(f, &job, at(30));
    assert_true(watch_of(f, &job, &watch));
    assert_time(watch.check_at, at(30));
    job.is_deleted = true;
    change(f, &job, at(40));
    assert_false(watch_of(f, &job, &watch));
    job.is_deleted = false;
    change(f, &job, at(50));
    assert_true(watch_of(f, &job, &watch));
    assert_time(watch.check_at, at(50));
    assert_true(do_job_erase(f->store, job.row, &err));
    assert_false(watch_of(f, &job, &watch));
    assert_true(watch_of(f, &other, &watch));
}

static struct utc next_watch(struct fixture *f) {
    struct err err;
    struct wake_times times;
    struct store_tx *tx = read_begin(f);
    assert_true(store_wake_times(tx, &times, &err));
    read_end(f, tx);
    return times.watch;
}

static void test_watches_are_due_by_their_time(void **state) {
    struct fixture *f = *state;
    struct err err;
    assert_time(next_watch(f), UTC_NEVER);
    struct job late = put_watched(f, "a", at(30)), early = put_watched(f, "b", at(20)),
               never = put_watched(f, "c", at(10));
    assert_time(next_watch(f), at(10));
    raise_alert(f, &never, UTC_NEVER);
    assert_time(next_watch(f), at(20));
    struct watch *due;
    size_t count;
    struct store_tx *tx = read_begin(f);
    assert_true(store_watches_due(tx, at(30), 10, &f->arena, &due, &count, &err));
    assert_int_equal(count, 2);
    assert_int_equal(due[0].job_row, early.row);
    assert_int_equal(due[1].job_row, late.row);
    assert_true(store_watches_due(tx, at(30), 1, &f->arena, &due, &count, &err));
    assert_int_equal(count, 1);
    assert_true(store_watches_due(tx, at(19), 10, &f->arena, &due, &count, &err));
    assert_int_equal(count, 0);
    read_end(f, tx);
    struct watch watch;
    suite_restart(f);
    assert_true(watch_of(f, &never, &watch));
    assert_time(watch.check_at, UTC_NEVER);
    assert_int_equal(watch.raised, 5);
    assert_false(guid_is_zero(watch.last_execution));
}

static void test_a_job_without_watches_has_none_to_change(void **state) {
    struct fixture *f = *state;
    struct err err;
    struct job plain = put_job(f, "plain");
    const struct watch watch = {.job_row = plain.row, .check_at = at(1)};
    struct watch found;
    assert_error(do_watch_update(f->store, &watch, &err), &err, ERR_NOT_FOUND);
    assert_false(watch_of(f, &plain, &found));
}
