/* suite_jobs.c - definitions: what is written is read, revisions guard updates, erasing is whole.
 */
#include "suite.h"

/* Every field with a value that no other has. */
static struct job full_job(struct fixture *f) {
    struct job job = sample_job(f, "full \"name\" \xc3\xa9");
    job.revision = 7;
    job.description = STR("it's a; description\n");
    job.type = JOB_FILE_OPERATION;
    job.schedule_type = SCHEDULE_CRON;
    job.schedule_expression = STR("0 2 * * *");
    job.interval_seconds = 11;
    job.interval_mode = INTERVAL_FIXED_DELAY;
    job.run_at = at(12);
    job.timezone = STR("Europe/Berlin");
    job.start_at = at(13);
    job.end_at = at(14);
    job.max_runs = 15;
    job.jitter_seconds = 16;
    job.exclusions = STR("{\"excludedDates\":[\"2026-12-25\"]}");
    job.tags = STR("[\"one\",\"two\"]");
    job.timeout_seconds = 17;
    job.queue = STR("critical");
    job.concurrency_policy = CONCURRENCY_REPLACE;
    job.misfire_policy = MISFIRE_FIRE_ALL;
    job.gap_policy = GAP_SHIFT;
    job.overlap_policy = OVERLAP_BOTH;
    job.is_paused = true;
    job.paused_until = at(18);
    job.created_by = STR("bob@example.org");
    job.last_modified_by = STR("cid@example.org");
    job.created_at = at(19);
    job.updated_at = (struct utc){at(20).us + 123456};
    job.next_run_at = at(21);
    job.wake_at = at(22);
    job.schedule_from = at(23);
    job.consecutive_failures = 24;
    job.run_count = 25;
    return job;
}

static void test_every_field_of_a_job_is_kept(void **state) {
    struct fixture *f = *state;
    struct err err;
    struct job job = full_job(f), found = {0};
    assert_true(do_job_insert(f->store, &job, &err));
    assert_true(job.row > 0);
    found = job_now(f, &job);
    assert_same_job(&found, &job);
    struct store_tx *tx = read_begin(f);
    assert_true(store_job_get_by_row(tx, job.row, &f->arena, &found, &err));
    read_end(f, tx);
    assert_same_job(&found, &job);
}

static void test_absent_texts_and_times_stay_absent(void **state) {
    struct fixture *f = *state;
    struct err err;
    struct job job = sample_job(f, "plain");
    job.next_run_at = job.wake_at = UTC_NEVER;
    assert_true(do_job_insert(f->store, &job, &err));
    struct job found = job_now(f, &job);
    assert_same_job(&found, &job);
    assert_true(str_is_absent(found.description));
    assert_true(utc_is_never(found.next_run_at));
    assert_true(utc_is_none(found.last_executed_at));
}

static void test_rows_of_jobs_grow_and_are_never_given_out_again(void **state) {
    struct fixture *f = *state;
    struct err err;
    struct job first = put_job(f, "first"), second = put_job(f, "second");
    assert_true(second.row > first.row);
    assert_true(do_job_erase(f->store, second.row, &err));
    struct job third = put_job(f, "third");
    /* Others remember jobs by row and revision. */
    assert_true(third.row > second.row);
}

static void test_a_job_id_is_unique(void **state) {
    struct fixture *f = *state;
    struct err err;
    struct job job = put_job(f, "one"), other = sample_job(f, "other");
    other.id = job.id;
    assert_error(do_job_insert(f->store, &other, &err), &err, ERR_CONFLICT);
    assert_int_equal(totals_now(f).jobs, 1);
}

static void test_an_unknown_job_is_not_found(void **state) {
    struct fixture *f = *state;
    struct err err;
    struct job found = {.row = 4711}, job = sample_job(f, "nobody's");
    job.row = 99;
    struct store_tx *tx = read_begin(f);
    assert_error(store_job_get(tx, job.id, &f->arena, &found, &err), &err, ERR_NOT_FOUND);
    assert_error(store_job_get_by_row(tx, 99, &f->arena, &found, &err), &err, ERR_NOT_FOUND);
    read_end(f, tx);
    assert_int_equal(found.row, 4711);
    assert_error(do_job_update(f->store, &job, 1, &err), &err, ERR_NOT_FOUND);
    assert_error(do_job_erase(f->store, 99, &err), &err, ERR_NOT_FOUND);
}

static void test_an_update_replaces_the_definition_and_keeps_the_history(void **state) {
    struct fixture *f = *state;
    struct err err;
    struct job job = put_job(f, "before");
    struct execution execution = put_running(f, &job, at(100));
    end_execution(f, &execution, EXECUTION_FAILED, at(101));
    (void)put_manual(f, &job, at(200));
    struct job changed = full_job(f);
    changed.row = job.row;
    changed.id = job.id;
    changed.revision = 2;
    changed.last_executed_at = at(9999);
    changed.last_execution_status = EXECUTION_SUCCEEDED;
    changed.live_count = changed.starts_workflow = 42;
    changed.last_completed_at = changed.last_run_created_at = at(9999);
    assert_true(do_job_update(f->store, &changed, 1, &err));
    changed.last_executed_at = at(100);
    changed.last_execution_status = EXECUTION_FAILED;
    changed.live_count = 1;
    changed.starts_workflow = 0;
    changed.last_completed_at = at(101);
    changed.last_run_created_at = at(200);
    struct job found = job_now(f, &job);
    assert_same_job(&found, &changed);
}

static void test_an_update_from_an_old_revision_is_stale(void **state) {
    struct fixture *f = *state;
    struct err err;
    struct job job = put_job(f, "mine"), changed = job;
    changed.revision = 2;
    changed.name = STR("theirs");
    assert_true(do_job_update(f->store, &changed, 1, &err));
    changed.name = STR("mine again");
    assert_error(do_job_update(f->store, &changed, 1, &err), &err, ERR_STALE);
    assert_str(job_now(f, &job).name, "theirs");
    assert_true(do_job_update(f->store, &changed, 2, &err));
    assert_str(job_now(f, &job).name, "mine again");
}

static void test_a_soft_deleted_job_is_found_and_not_listed(void **state) {
    struct fixture *f = *state;
    struct err err;
    struct job job = put_job(f, "gone");
    job.is_deleted = true;
    job.next_run_at = job.wake_at = UTC_NEVER;
    job.revision = 2;
    assert_true(do_job_update(f->store, &job, 1, &err));
    assert_true(job_now(f, &job).is_deleted);
    assert_int_equal(totals_now(f).jobs, 0);
    struct store_tx *tx = read_begin(f);
    struct job_page page;
    struct job_filter filter = {.limit = 10};
    assert_true(store_job_list(tx, &filter, &f->arena, &page, &err));
    assert_int_equal(page.total, 0);
    filter.status = JOB_DELETED;
    assert_true(store_job_list(tx, &filter, &f->arena, &page, &err));
    assert_int_equal(page.total, 1);
    read_end(f, tx);
}

static void test_erasing_removes_executions_ledger_and_counts(void **state) {
    struct fixture *f = *state;
    struct err err;
    struct job job = put_job(f, "doomed"), other = put_job(f, "other");
    struct execution ended = put_running(f, &job, at(60)), kept = put_running(f, &other, at(60));
    end_execution(f, &ended, EXECUTION_SUCCEEDED, at(61));
    end_execution(f, &kept, EXECUTION_SUCCEEDED, at(61));
    struct new_execution pending = put_execution(f, &job, at(120));
    const struct skip_range skip = {job.row, at(0), at(59), SKIP_MISFIRE, at(60)};
    assert_true(do_skip_insert(f->store, &skip, &err));
    struct audit_entry entry = {.at = at(60),
                                .actor = STR("ann@example.org"),
                                .action = STR("job.create"),
                                .subject = job.id};
    assert_true(do_audit_append(f->store, &entry, &err));

    assert_true(do_job_erase(f->store, job.row, &err));
    struct store_tx *tx = read_begin(f);
    struct job found;
    struct execution execution;
    struct skip_range *skips;
    struct audit_entry *entries;
    size_t count;
    int64_t total;
    assert_error(store_job_get(tx, job.id, &f->arena, &found, &err), &err, ERR_NOT_FOUND);
    assert_error(store_execution_get(tx, ended.id, &f->arena, &execution, &err), &err,
                 ERR_NOT_FOUND);
    assert_error(store_execution_get(tx, pending.id, &f->arena, &execution, &err), &err,
                 ERR_NOT_FOUND);
    assert_true(store_skips(tx, job.row, at(0), at(1000), &f->arena, &skips, &count, &err));
    assert_int_equal(count, 0);
    assert_true(store_audit_list(tx, &(struct audit_filter){.subject = job.id, .limit = 10},
                                 &f->arena, &entries, &count, &total, &err));
    assert_int_equal(total, 1); // audit entries stay
    read_end(f, tx);
    assert_int_equal(totals_now(f).executions, 1);
    assert_counters_equal_recount(f);
}

static void test_a_job_with_a_running_execution_is_not_erased(void **state) {
    struct fixture *f = *state;
    struct err err;
    struct job job = put_job(f, "busy");
    struct execution execution = put_running(f, &job, at(60));
    assert_error(do_job_erase(f->store, job.row, &err), &err, ERR_CONFLICT);
    assert_int_equal(execution_now(f, execution.id).status, EXECUTION_RUNNING);
    end_execution(f, &execution, EXECUTION_SUCCEEDED, at(61));
    assert_true(do_job_erase(f->store, job.row, &err));
}

static void test_the_generation_tells_when_jobs_have_changed(void **state) {
    struct fixture *f = *state;
    struct err err;
    int64_t before = store_jobs_generation(f->store);
    struct job job = put_job(f, "a");
    int64_t inserted = store_jobs_generation(f->store);
    assert_true(inserted != before);
    job.revision = 2;
    assert_true(do_job_update(f->store, &job, 1, &err));
    int64_t updated = store_jobs_generation(f->store);
    assert_true(updated != inserted);
    struct execution execution = put_running(f, &job, at(60));
    int64_t running = store_jobs_generation(f->store);
    end_execution(f, &execution, EXECUTION_FAILED, at(61));
    int64_t failed = store_jobs_generation(f->store);
    assert_true(failed != running);
    assert_true(do_job_erase(f->store, job.row, &err));
    assert_true(store_jobs_generation(f->store) != failed);
}
