/* suite_job_lists.c - jobs filtered, sorted, paged; the jobs that fail. */
#include "suite.h"

/* The names of the jobs on the page, in order, each followed by a blank. */
static void assert_jobs_listed(struct fixture *f, struct job_filter filter, const char *names,
                               int64_t total) {
    struct err err;
    struct job_page page = {0};
    struct buf found = {0};
    if (filter.limit == 0) filter.limit = 100;
    struct store_tx *tx = read_begin(f);
    bool ok = store_job_list(tx, &filter, &f->arena, &page, &err);
    read_end(f, tx);
    assert_true(ok);
    for (size_t i = 0; i < page.count; i++)
        buf_printf(&found, "%.*s ", STR_ARG(page.items[i].name));
    struct str text = arena_copy(&f->arena, buf_str(&found));
    buf_free(&found);
    assert_string_equal(text.len ? text.ptr : "", names);
    assert_int_equal(page.total, total);
}

static struct job put_changed(struct fixture *f, const char *name,
                              void (*change)(struct job *job)) {
    struct err err;
    struct job job = sample_job(f, name);
    change(&job);
    assert_true(do_job_insert(f->store, &job, &err));
    return job;
}

static void make_file_operation(struct job *job) {
    job->type = JOB_FILE_OPERATION;
    job->queue = STR("critical");
    job->created_by = STR("bob@example.org");
    job->tags = STR("[\"night\",\"a \\\"b\\\" \xc3\xa9\"]");
    job->description = STR("Moves 100% of_the Reports");
}

static void make_nightly(struct job *job) {
    job->tags = STR("[\"nightly\",\"x\"]");
    job->description = STR("reports");
}

static void test_jobs_are_filtered(void **state) {
    struct fixture *f = *state;
    (void)put_job(f, "Alpha");
    (void)put_changed(f, "Beta", make_file_operation);
    (void)put_changed(f, "Gamma", make_nightly);
    assert_jobs_listed(f, (struct job_filter){0}, "Alpha Beta Gamma ", 3);
    assert_jobs_listed(f, (struct job_filter){.type = JOB_FILE_OPERATION}, "Beta ", 1);
    assert_jobs_listed(f, (struct job_filter){.type = JOB_CODE_EXECUTION}, "", 0);
    assert_jobs_listed(f, (struct job_filter){.queue = STR("critical")}, "Beta ", 1);
    assert_jobs_listed(f, (struct job_filter){.queue = STR("crit")}, "", 0);
    assert_jobs_listed(f, (struct job_filter){.created_by = STR("ann@example.org")}, "Alpha Gamma ",
                       2);
    assert_jobs_listed(f, (struct job_filter){.tag = STR("night")}, "Beta ", 1);
    assert_jobs_listed(f, (struct job_filter){.tag = STR("nightly")}, "Gamma ", 1);
    assert_jobs_listed(f, (struct job_filter){.tag = STR("a \"b\" \xc3\xa9")}, "Beta ", 1);
    assert_jobs_listed(f, (struct job_filter){.tag = STR("Night")}, "", 0);
    assert_jobs_listed(
        f, (struct job_filter){.queue = STR("default"), .tag = STR("x"), .search = STR("gam")},
        "Gamma ", 1);
}

static void test_search_finds_part_of_name_or_description(void **state) {
    struct fixture *f = *state;
    (void)put_job(f, "Alpha");
    (void)put_changed(f, "Beta", make_file_operation);
    (void)put_changed(f, "Gamma", make_nightly);
    assert_jobs_listed(f, (struct job_filter){.search = STR("LPH")}, "Alpha ", 1);
    assert_jobs_listed(f, (struct job_filter){.search = STR("report")}, "Beta Gamma ", 2);
    /* What has a meaning in a pattern has none here. */
    assert_jobs_listed(f, (struct job_filter){.search = STR("100%")}, "Beta ", 1);
    assert_jobs_listed(f, (struct job_filter){.search = STR("of_the")}, "Beta ", 1);
    assert_jobs_listed(f, (struct job_filter){.search = STR("a%a")}, "", 0);
    assert_jobs_listed(f, (struct job_filter){.search = STR("_lpha")}, "", 0);
    assert_jobs_listed(f, (struct job_filter){.search = STR("'")}, "", 0);
    assert_jobs_listed(f, (struct job_filter){.search = STR("\\")}, "", 0);
}

static void make_paused(struct job *job) {
    job->is_paused = true;
}

static void make_disabled(struct job *job) {
    job->is_enabled = false;
    job->is_paused = true; // disabled is said first
}

static void make_completed(struct job *job) {
    job->next_run_at = job->wake_at = UTC_NEVER;
}

static void make_deleted(struct job *job) {
    job->is_deleted = true;
    job->is_enabled = false;
}

static void test_jobs_are_filtered_by_status(void **state) {
    struct fixture *f = *state;
    (void)put_job(f, "active");
    (void)put_changed(f, "paused", make_paused);
    (void)put_changed(f, "disabled", make_disabled);
    (void)put_changed(f, "completed", make_completed);
    (void)put_changed(f, "deleted", make_deleted);
    struct job failing = put_job(f, "failing"), once = put_changed(f, "once", make_completed);
    struct execution execution = put_running(f, &failing, at(60));
    end_execution(f, &execution, EXECUTION_FAILED, at(61));
    execution = put_running(f, &once, at(62)); // its last run is still going
    assert_jobs_listed(f, (struct job_filter){.status = JOB_ACTIVE}, "active once ", 2);
    assert_jobs_listed(f, (struct job_filter){.status = JOB_PAUSED}, "paused ", 1);
    assert_jobs_listed(f, (struct job_filter){.status = JOB_DISABLED}, "disabled ", 1);
    assert_jobs_listed(f, (struct job_filter){.status = JOB_COMPLETED}, "completed ", 1);
    assert_jobs_listed(f, (struct job_filter){.status = JOB_DELETED}, "deleted ", 1);
    assert_jobs_listed(f, (struct job_filter){.status = JOB_FAILED}, "failing ", 1);
    end_execution(f, &execution, EXECUTION_FAILED, at(63));
    assert_jobs_listed(f, (struct job_filter){.status = JOB_COMPLETED}, "completed once ", 2);
    assert_jobs_listed(f, (struct job_filter){0}, "active completed disabled failing once paused ",
                       6);
}

static struct job put_timed(struct fixture *f, const char *name, int64_t created, int64_t updated,
                            struct utc next, int64_t executed) {
    struct err err;
    struct job job = sample_job(f, name);
    job.created_at = at(created);
    job.updated_at = at(updated);
    job.next_run_at = next;
    assert_true(do_job_insert(f->store, &job, &err));
    if (executed > 0) {
        struct execution execution = put_running(f, &job, at(executed));
        end_execution(f, &execution, EXECUTION_SUCCEEDED, at(executed + 1));
    }
    return job;
}

static void test_jobs_are_sorted_with_absent_values_last(void **state) {
    struct fixture *f = *state;
    (void)put_timed(f, "b", 3, 10, UTC_NEVER, 500);
    (void)put_timed(f, "a", 2, 30, at(100), 0);
    (void)put_timed(f, "d", 1, 20, at(300), 400);
    (void)put_timed(f, "c", 2, 40, at(200), 0);
    struct job_filter by = {.sort = JOB_SORT_NAME};
    assert_jobs_listed(f, by, "a b c d ", 4);
    by.descending = true;
    assert_jobs_listed(f, by, "d c b a ", 4);
    by = (struct job_filter){.sort = JOB_SORT_CREATED_AT};
    assert_jobs_listed(f, by, "d a c b ", 4);
    by.descending = true;
    assert_jobs_listed(f, by, "b c a d ", 4);
    by = (struct job_filter){.sort = JOB_SORT_UPDATED_AT};
    assert_jobs_listed(f, by, "b d a c ", 4);
    by.descending = true;
    assert_jobs_listed(f, by, "c a d b ", 4);
    by = (struct job_filter){.sort = JOB_SORT_NEXT_RUN_AT};
    assert_jobs_listed(f, by, "a c d b ", 4);
    by.descending = true;
    assert_jobs_listed(f, by, "d c a b ", 4);
    by = (struct job_filter){.sort = JOB_SORT_LAST_EXECUTED_AT};
    assert_jobs_listed(f, by, "d b a c ", 4);
    by.descending = true;
    assert_jobs_listed(f, by, "b d c a ", 4);
}

static void test_pages_of_jobs_have_the_exact_total(void **state) {
    struct fixture *f = *state;
    const char *const names[] = {"a", "b", "c", "d", "e"};
    for (size_t i = 0; i < COUNT_OF(names); i++) (void)put_job(f, names[i]);
    assert_jobs_listed(f, (struct job_filter){.limit = 2}, "a b ", 5);
    assert_jobs_listed(f, (struct job_filter){.offset = 2, .limit = 2}, "c d ", 5);
    assert_jobs_listed(f, (struct job_filter){.offset = 4, .limit = 2}, "e ", 5);
    assert_jobs_listed(f, (struct job_filter){.offset = 5, .limit = 2}, "", 5);
    assert_jobs_listed(f, (struct job_filter){.search = STR("c"), .offset = 1, .limit = 2}, "", 1);
}

static void test_failing_jobs_come_worst_first(void **state) {
    struct fixture *f = *state;
    struct err err;
    const char *const names[] = {"none", "three", "five", "gone", "also three"};
    const int64_t failures[] = {0, 3, 5, 9, 3};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        struct job job = sample_job(f, names[i]);
        job.consecutive_failures = failures[i];
        job.is_deleted = failures[i] == 9;
        assert_true(do_job_insert(f->store, &job, &err));
    }
    struct job_page page;
    struct store_tx *tx = read_begin(f);
    assert_true(store_job_failed(tx, 3, 10, &f->arena, &page, &err));
    assert_int_equal(page.count, 3);
    assert_int_equal(page.total, 3);
    assert_str(page.items[0].name, "five");
    assert_str(page.items[1].name, "three");
    assert_str(page.items[2].name, "also three");
    assert_true(store_job_failed(tx, 1, 1, &f->arena, &page, &err));
    assert_int_equal(page.count, 1);
    assert_str(page.items[0].name, "five");
    assert_true(store_job_failed(tx, 6, 10, &f->arena, &page, &err));
    assert_int_equal(page.count, 0);
    read_end(f, tx);
}

static void test_jobs_of_one_name_are_found_one_behind_the_other(void **state) {
    struct fixture *f = *state;
    struct err err;
    const char *const names[] = {"twice", "Twice", "other", "twice", "twice"};
    int64_t rows[COUNT_OF(names)];
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        struct job job = sample_job(f, names[i]);
        job.is_deleted = i == 3;
        assert_true(do_job_insert(f->store, &job, &err));
        rows[i] = job.row;
    }
    struct job job;
    bool found;
    struct store_tx *tx = read_begin(f);
    assert_true(store_job_named(tx, STR("twice"), 0, &f->arena, &job, &found, &err));
    assert_true(found);
    assert_int_equal(job.row, rows[0]);
    assert_true(store_job_named(tx, STR("twice"), job.row, &f->arena, &job, &found, &err));
    assert_true(found);
    assert_int_equal(job.row, rows[4]);
    assert_str(job.name, "twice");
    assert_true(store_job_named(tx, STR("twice"), job.row, &f->arena, &job, &found, &err));
    assert_false(found);
    assert_true(store_job_named(tx, STR("twic"), 0, &f->arena, &job, &found, &err));
    assert_false(found);
    read_end(f, tx);
}
