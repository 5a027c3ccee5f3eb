/* suite_workflows.c - workflows, which jobs they are made of, and their runs. */
#include "suite.h"

#include <string.h>

#define JOBS STR("[{\"jobId\":\"x\"}]")

static struct workflow sample_workflow(struct fixture *f, const char *name) {
    return (struct workflow){
        .id = next_guid(f),
        .revision = 1,
        .name = arena_copy(&f->arena, str_from_cstr(name)),
        .jobs = JOBS,
        .is_enabled = true,
        .created_by = STR("ann@example.org"),
        .last_modified_by = STR("ann@example.org"),
        .created_at = at(0),
        .updated_at = at(0),
    };
}

/* Made of `root` and, behind it, `leaf`. */
static bool insert_workflow(struct fixture *f, struct workflow *workflow, const struct job *root,
                            const struct job *leaf, struct err *err) {
    const struct workflow_member members[] = {{root->row, true}, {leaf->row, false}};
    return do_workflow_insert(f->store, workflow, members, 2, err);
}

static bool update_workflow(struct fixture *f, struct workflow *workflow, const struct job *root,
                            const struct job *leaf, struct err *err) {
    const struct workflow_member members[] = {{root->row, true}, {leaf->row, false}};
    workflow->revision++;
    return do_workflow_update(f->store, workflow, workflow->revision - 1, members,
                              workflow->is_deleted ? 0 : 2, err);
}

static struct workflow put_workflow(struct fixture *f, const char *name, const struct job *root,
                                    const struct job *leaf) {
    struct err err;
    struct workflow workflow = sample_workflow(f, name);
    assert_true(insert_workflow(f, &workflow, root, leaf, &err));
    assert_true(workflow.row > 0);
    return workflow;
}

static int64_t starts_workflow(struct fixture *f, const struct job *job) {
    return job_now(f, job).starts_workflow;
}

static struct workflow workflow_now(struct fixture *f, struct guid id) {
    struct err err;
    struct workflow found = {0};
    struct store_tx *tx = read_begin(f);
    assert_true(store_workflow_get(tx, id, &f->arena, &found, &err));
    read_end(f, tx);
    return found;
}

static void assert_same_workflow(const struct workflow *actual, const struct workflow *expected) {
    assert_int_equal(actual->row, expected->row);
    assert_guid(actual->id, expected->id);
    assert_int_equal(actual->revision, expected->revision);
    assert_same_str(actual->name, expected->name);
    assert_same_str(actual->description, expected->description);
    assert_same_str(actual->jobs, expected->jobs);
    assert_same_str(actual->schedule, expected->schedule);
    assert_int_equal(actual->is_enabled, expected->is_enabled);
    assert_int_equal(actual->is_deleted, expected->is_deleted);
    assert_int_equal(actual->schedule_job_row, expected->schedule_job_row);
    assert_same_str(actual->created_by, expected->created_by);
    assert_same_str(actual->last_modified_by, expected->last_modified_by);
    assert_time(actual->created_at, expected->created_at);
    assert_time(actual->updated_at, expected->updated_at);
}

/* ---- workflows ------------------------------------------------------------------------------- */

static void test_a_workflow_is_kept_whole(void **state) {
    struct fixture *f = *state;
    struct err err;
    struct job a = put_job(f, "a"), b = put_job(f, "b");
    struct workflow workflow = sample_workflow(f, "nightly");
    workflow.description = STR("all of it");
    workflow.schedule = STR("{\"scheduleType\":\"Cron\"}");
    workflow.schedule_job_row = b.row;
    assert_true(insert_workflow(f, &workflow, &a, &b, &err));
    struct workflow found = workflow_now(f, workflow.id);
    assert_same_workflow(&found, &workflow);
    struct workflow again = sample_workflow(f, "again");
    again.id = workflow.id;
    assert_error(insert_workflow(f, &again, &a, &b, &err), &err, ERR_CONFLICT);

    struct workflow changed = workflow;
    changed.name = STR("weekly");
    changed.description = changed.schedule = STR_NONE;
    changed.jobs = STR("[]");
    changed.schedule_job_row = 0;
    changed.is_enabled = false;
    changed.last_modified_by = STR("bob@example.org");
    changed.updated_at = at(100);
    changed.created_by = STR("mallory@example.org"); // stays as it was
    changed.created_at = at(-5);
    assert_true(update_workflow(f, &changed, &a, &b, &err));
    changed.created_by = workflow.created_by;
    changed.created_at = workflow.created_at;
    struct store_tx *tx = read_begin(f);
    assert_true(store_workflow_get_by_row(tx, workflow.row, &f->arena, &found, &err));
    read_end(f, tx);
    assert_same_workflow(&found, &changed);
}

static void test_a_workflow_that_changed_meanwhile_is_stale(void **state) {
    struct fixture *f = *state;
    struct err err;
    struct job a = put_job(f, "a"), b = put_job(f, "b");
    struct workflow workflow = put_workflow(f, "w", &a, &b), mine = workflow;
    assert_true(update_workflow(f, &workflow, &a, &b, &err));
    assert_error(update_workflow(f, &mine, &b, &a, &err), &err, ERR_STALE);
    assert_int_equal(starts_workflow(f, &a), workflow.row);
    struct workflow unknown = sample_workflow(f, "unknown");
    unknown.row = 77;
    assert_error(update_workflow(f, &unknown, &a, &b, &err), &err, ERR_NOT_FOUND);
    struct store_tx *tx = read_begin(f);
    assert_error(store_workflow_get(tx, unknown.id, &f->arena, &unknown, &err), &err,
                 ERR_NOT_FOUND);
    assert_error(store_workflow_get_by_row(tx, 77, &f->arena, &unknown, &err), &err, ERR_NOT_FOUND);
    read_end(f, tx);
}

static void test_a_root_starts_its_workflow_while_that_has_no_schedule(void **state) {
    struct fixture *f = *state;
    struct err err;
    struct job a = put_job(f, "a"), b = put_job(f, "b");
    struct workflow workflow = put_workflow(f, "w", &a, &b);
    assert_int_equal(starts_workflow(f, &a), workflow.row);
    assert_int_equal(starts_workflow(f, &b), 0);
    struct due_job *due;
    size_t count;
    struct store_tx *tx = read_begin(f);
    assert_true(store_due_jobs(tx, at(60), 10, &f->arena, &due, &count, &err));
    read_end(f, tx);
    assert_int_equal(count, 2);
    assert_int_equal(due[0].starts_workflow, workflow.row);
    assert_int_equal(due[1].starts_workflow, 0);

    workflow.schedule = STR("{\"scheduleType\":\"Cron\"}");
    assert_true(update_workflow(f, &workflow, &a, &b, &err));
    assert_int_equal(starts_workflow(f, &a), 0);
    workflow.schedule = STR_NONE;
    assert_true(update_workflow(f, &workflow, &b, &a, &err));
    assert_int_equal(starts_workflow(f, &a), 0);
    assert_int_equal(starts_workflow(f, &b), workflow.row);
    workflow.is_enabled = false;
    assert_true(update_workflow(f, &workflow, &b, &a, &err));
    assert_int_equal(starts_workflow(f, &b), 0);
    workflow.is_enabled = true;
    assert_true(update_workflow(f, &workflow, &b, &a, &err));
    assert_int_equal(starts_workflow(f, &b), workflow.row);
    workflow.is_deleted = true;
    assert_true(update_workflow(f, &workflow, &b, &a, &err));
    assert_int_equal(starts_workflow(f, &b), 0);
    assert_true(workflow_now(f, workflow.id).is_deleted);
}

static void test_a_job_starts_one_workflow(void **state) {
    struct fixture *f = *state;
    struct err err;
    struct job a = put_job(f, "load \"it\""), b = put_job(f, "b");
    struct workflow first = put_workflow(f, "first", &a, &b), second = sample_workflow(f, "second");
    assert_error(insert_workflow(f, &second, &a, &b, &err), &err, ERR_CONFLICT);
    assert_non_null(strstr(err.msg, "load \"it\""));
    assert_non_null(strstr(err.msg, "first"));
    second.is_enabled = false;
    assert_true(insert_workflow(f, &second, &a, &b, &err));
    second.is_enabled = true;
    assert_error(update_workflow(f, &second, &a, &b, &err), &err, ERR_CONFLICT);
    second.revision = 1;
    assert_int_equal(starts_workflow(f, &a), first.row);
    assert_false(workflow_now(f, second.id).is_enabled);
    first.is_deleted = true;
    assert_true(update_workflow(f, &first, &a, &b, &err));
    assert_true(update_workflow(f, &second, &a, &b, &err));
    assert_int_equal(starts_workflow(f, &a), second.row);
}

static void test_what_a_job_starts_survives_its_update(void **state) {
    struct fixture *f = *state;
    struct err err;
    struct job a = put_job(f, "a"), b = put_job(f, "b");
    struct workflow workflow = put_workflow(f, "w", &a, &b);
    int64_t generation = store_jobs_generation(f->store);
    a.revision = 2;
    assert_true(do_job_update(f->store, &a, 1, &err));
    assert_int_equal(starts_workflow(f, &a), workflow.row);
    workflow.is_deleted = true;
    assert_true(update_workflow(f, &workflow, &a, &b, &err));
    assert_true(store_jobs_generation(f->store) > generation);
}

static void test_the_list_of_workflows(void **state) {
    struct fixture *f = *state;
    struct err err;
    struct job a = put_job(f, "a"), b = put_job(f, "b"), c = put_job(f, "c");
    struct workflow zeta = put_workflow(f, "zeta", &a, &b), gone = put_workflow(f, "gone", &c, &b);
    struct workflow alpha = sample_workflow(f, "Alpha"), alpha_too = sample_workflow(f, "Alpha");
    alpha.description = STR("like ZETA");
    alpha.is_enabled = alpha_too.is_enabled = false;
    assert_true(insert_workflow(f, &alpha, &c, &b, &err));
    assert_true(insert_workflow(f, &alpha_too, &b, &c, &err));
    gone.is_deleted = true;
    assert_true(update_workflow(f, &gone, &c, &b, &err));
    const struct {
        struct workflow_filter filter;
        int64_t total;
        size_t count;
        int64_t rows[3];
    } table[] = {
        {{.limit = 10}, 3, 3, {alpha.row, alpha_too.row, zeta.row}},
        {{.limit = 1, .offset = 1}, 3, 1, {alpha_too.row}},
        {{.limit = 10, .search = STR("zEt")}, 2, 2, {alpha.row, zeta.row}},
        {{.limit = 10, .search = STR("nothing")}, 0, 0, {0}},
        {{.limit = 10, .job_row = a.row}, 1, 1, {zeta.row}},
        {{.limit = 10, .job_row = c.row}, 2, 2, {alpha.row, alpha_too.row}},
        {{.limit = 10, .job_row = c.row, .search = STR("zeta")}, 1, 1, {alpha.row}},
        {{.limit = 0}, 3, 0, {0}},
    };
    struct store_tx *tx = read_begin(f);
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct workflow_page page;
        assert_true(store_workflow_list(tx, &table[i].filter, &f->arena, &page, &err));
        assert_int_equal(page.total, table[i].total);
        assert_int_equal(page.count, table[i].count);
        for (size_t r = 0; r < page.count; r++)
            assert_int_equal(page.items[r].row, table[i].rows[r]);
    }
    read_end(f, tx);
    assert_true(do_job_erase(f->store, a.row, &err));
    tx = read_begin(f);
    struct workflow_page page;
    const struct workflow_filter of_a = {.job_row = a.row, .limit = 10};
    assert_true(store_workflow_list(tx, &of_a, &f->arena, &page, &err));
    assert_int_equal(page.total, 0);
    read_end(f, tx);
}

/* ---- runs ------------------------------------------------------------------------------------ */

static struct workflow_run sample_run(struct fixture *f, const struct workflow *workflow,
                                      struct utc due, enum trigger trigger) {
    return (struct workflow_run){.id = next_guid(f),
                                 .workflow_row = workflow->row,
                                 .status = EXECUTION_RUNNING,
                                 .trigger = trigger,
                                 .scheduled_for = due,
                                 .created_at = due,
                                 .jobs = workflow->jobs};
}

static struct workflow_run put_run(struct fixture *f, const struct workflow *workflow,
                                   struct utc due, const struct job *first,
                                   const struct job *second) {
    struct err err;
    bool inserted;
    struct workflow_run run = sample_run(f, workflow, due, TRIGGER_MANUAL);
    struct workflow_step steps[] = {
        {.position = 0, .job_row = first->row, .status = EXECUTION_PENDING},
        {.position = 1, .job_row = second->row, .status = EXECUTION_PENDING}};
    assert_true(do_run_insert(f->store, &run, steps, 2, &inserted, &err));
    assert_true(inserted);
    assert_int_equal(steps[1].run_row, run.row);
    return run;
}

static struct workflow_run run_now(struct fixture *f, struct guid id) {
    struct err err;
    struct workflow_run found = {0};
    struct store_tx *tx = read_begin(f);
    assert_true(store_run_get(tx, id, &f->arena, &found, &err));
    read_end(f, tx);
    return found;
}

static size_t steps_now(struct fixture *f, const struct workflow_run *run,
                        struct workflow_step **ret) {
    struct err err;
    size_t count;
    struct store_tx *tx = read_begin(f);
    assert_true(store_run_steps(tx, run->row, &f->arena, ret, &count, &err));
    read_end(f, tx);
    return count;
}

static int64_t total_of_runs(struct fixture *f, int64_t workflow_row,
                             enum execution_status status) {
    struct err err;
    struct run_page page;
    const struct run_filter filter = {
        .workflow_row = workflow_row, .status = (int64_t)status, .limit = 1000};
    struct store_tx *tx = read_begin(f);
    assert_true(store_run_list(tx, &filter, &f->arena, &page, &err));
    read_end(f, tx);
    assert_int_equal(page.total, page.count);
    for (size_t i = 1; i < page.count; i++) assert_true(page.items[i].row < page.items[i - 1].row);
    return page.total;
}

static void finish_run(struct fixture *f, struct workflow_run *run, enum execution_status status,
                       struct utc completed_at) {
    struct err err;
    run->status = status;
    run->completed_at = completed_at;
    assert_true(do_run_update(f->store, run, &err));
}

static void test_a_run_is_kept_step_by_step(void **state) {
    struct fixture *f = *state;
    struct err err;
    bool inserted;
    struct job a = put_job(f, "a"), b = put_job(f, "b");
    struct workflow workflow = put_workflow(f, "w", &a, &b);
    struct workflow_run run = sample_run(f, &workflow, at(60), TRIGGER_MANUAL);
    run.triggered_by = STR("ann@example.org");
    run.parameters = STR("{\"n\":1}");
    run.created_at = at(61);
    struct workflow_step steps[] = {
        {.position = 1, .job_row = b.row, .status = EXECUTION_PENDING},
        {.position = 0, .job_row = a.row, .status = EXECUTION_RUNNING, .started_at = at(61)}};
    steps[1].execution_id = next_guid(f);
    assert_true(do_run_insert(f->store, &run, steps, 2, &inserted, &err));
    assert_true(inserted && run.row > 0);

    struct workflow_run found = run_now(f, run.id);
    assert_int_equal(found.row, run.row);
    assert_int_equal(found.workflow_row, workflow.row);
    assert_guid(found.workflow_id, workflow.id);
    assert_str(found.workflow_name, "w");
    assert_int_equal(found.status, EXECUTION_RUNNING);
    assert_int_equal(found.trigger, TRIGGER_MANUAL);
    assert_str(found.triggered_by, "ann@example.org");
    assert_time(found.scheduled_for, at(60));
    assert_time(found.created_at, at(61));
    assert_time(found.completed_at, UTC_NONE);
    assert_same_str(found.jobs, JOBS);
    assert_str(found.error_message, NULL);
    assert_str(found.parameters, "{\"n\":1}");

    struct workflow_step *kept;
    assert_int_equal(steps_now(f, &run, &kept), 2);
    assert_int_equal(kept[0].position, 0);
    assert_int_equal(kept[0].job_row, a.row);
    assert_guid(kept[0].job_id, a.id);
    assert_str(kept[0].job_name, "a");
    assert_int_equal(kept[0].status, EXECUTION_RUNNING);
    assert_guid(kept[0].execution_id, steps[1].execution_id);
    assert_time(kept[0].started_at, at(61));
    assert_guid(kept[1].execution_id, (struct guid){{0}});

    kept[0].status = EXECUTION_FAILED;
    kept[0].completed_at = at(70);
    kept[0].error_message = STR("it broke");
    kept[1].status = EXECUTION_CANCELLED;
    assert_true(do_steps_update(f->store, kept, 2, &err));
    run.retry_count = 1;
    run.error_message = STR("\"a\" failed");
    finish_run(f, &run, EXECUTION_FAILED, at(71));
    found = run_now(f, run.id);
    assert_int_equal(found.status, EXECUTION_FAILED);
    assert_time(found.completed_at, at(71));
    assert_int_equal(found.retry_count, 1);
    assert_str(found.error_message, "\"a\" failed");
    assert_same_str(found.jobs, JOBS);
    assert_int_equal(steps_now(f, &run, &kept), 2);
    assert_int_equal(kept[0].status, EXECUTION_FAILED);
    assert_time(kept[0].completed_at, at(70));
    assert_str(kept[0].error_message, "it broke");
    assert_int_equal(kept[1].status, EXECUTION_CANCELLED);
}

static void test_a_due_time_begins_one_run(void **state) {
    struct fixture *f = *state;
    struct err err;
    bool inserted;
    struct job a = put_job(f, "a"), b = put_job(f, "b");
    struct workflow workflow = put_workflow(f, "w", &a, &b), other = put_workflow(f, "o", &b, &a);
    struct workflow_run first = sample_run(f, &workflow, at(60), TRIGGER_SCHEDULE),
                        again = sample_run(f, &workflow, at(60), TRIGGER_CATCH_UP),
                        manual = sample_run(f, &workflow, at(60), TRIGGER_MANUAL),
                        elsewhere = sample_run(f, &other, at(60), TRIGGER_SCHEDULE),
                        later = sample_run(f, &workflow, at(120), TRIGGER_CATCH_UP);
    assert_true(do_run_insert(f->store, &first, NULL, 0, &inserted, &err));
    assert_true(inserted);
    struct workflow_step step = {.job_row = a.row, .status = EXECUTION_PENDING};
    assert_true(do_run_insert(f->store, &again, &step, 1, &inserted, &err));
    assert_false(inserted);
    assert_int_equal(total_of_runs(f, 0, 0), 1);
    struct workflow_run *others[] = {&manual, &elsewhere, &later};
    for (size_t i = 0; i < 3; i++) {
        assert_true(do_run_insert(f->store, others[i], NULL, 0, &inserted, &err));
        assert_true(inserted);
    }
    finish_run(f, &first, EXECUTION_CANCELLED, at(70));
    assert_true(do_run_insert(f->store, &again, NULL, 0, &inserted, &err));
    assert_false(inserted);
    assert_int_equal(total_of_runs(f, workflow.row, 0), 3);
}

static void test_what_is_unknown_is_not_found(void **state) {
    struct fixture *f = *state;
    struct err err;
    bool inserted;
    struct job a = put_job(f, "a"), b = put_job(f, "b");
    struct workflow workflow = put_workflow(f, "w", &a, &b), nowhere = sample_workflow(f, "x");
    nowhere.row = 99;
    struct workflow_run run = put_run(f, &workflow, at(10), &a, &b), none = run,
                        lost = sample_run(f, &nowhere, at(10), TRIGGER_MANUAL);
    assert_error(do_run_insert(f->store, &lost, NULL, 0, &inserted, &err), &err, ERR_NOT_FOUND);
    none.row = 99;
    assert_error(do_run_update(f->store, &none, &err), &err, ERR_NOT_FOUND);
    struct workflow_step step = {.run_row = run.row, .position = 2, .status = EXECUTION_RUNNING};
    assert_error(do_steps_update(f->store, &step, 1, &err), &err, ERR_NOT_FOUND);
    struct store_tx *tx = read_begin(f);
    assert_error(store_run_get(tx, next_guid(f), &f->arena, &none, &err), &err, ERR_NOT_FOUND);
    read_end(f, tx);
    struct workflow_run twice = sample_run(f, &workflow, at(20), TRIGGER_MANUAL);
    twice.id = run.id;
    assert_error(do_run_insert(f->store, &twice, NULL, 0, &inserted, &err), &err, ERR_CONFLICT);
    assert_int_equal(total_of_runs(f, 0, 0), 1);
}

static void test_a_run_outlives_its_jobs(void **state) {
    struct fixture *f = *state;
    struct err err;
    struct job a = put_job(f, "a"), b = put_job(f, "b");
    struct workflow workflow = put_workflow(f, "w", &a, &b);
    struct workflow_run run = put_run(f, &workflow, at(10), &a, &b);
    b.name = STR("b of today");
    b.revision = 2;
    assert_true(do_job_update(f->store, &b, 1, &err));
    assert_true(do_job_erase(f->store, a.row, &err));
    struct workflow_step *steps;
    assert_int_equal(steps_now(f, &run, &steps), 2);
    assert_int_equal(steps[0].job_row, 0);
    assert_guid(steps[0].job_id, a.id);
    assert_str(steps[0].job_name, NULL);
    assert_str(steps[1].job_name, "b of today");
}

static void test_the_list_of_runs(void **state) {
    struct fixture *f = *state;
    struct err err;
    struct job a = put_job(f, "a"), b = put_job(f, "b");
    struct workflow one = put_workflow(f, "one", &a, &b), two = put_workflow(f, "two", &b, &a);
    struct workflow_run runs[6];
    for (size_t i = 0; i < 6; i++)
        runs[i] = put_run(f, i % 2 ? &one : &two, at((int64_t)i), &a, &b);
    finish_run(f, &runs[1], EXECUTION_SUCCEEDED, at(20));
    finish_run(f, &runs[2], EXECUTION_FAILED, at(20));
    finish_run(f, &runs[3], EXECUTION_SUCCEEDED, at(20));
    finish_run(f, &runs[2], EXECUTION_RUNNING, UTC_NONE); // tried again
    finish_run(f, &runs[2], EXECUTION_SUCCEEDED, at(30));
    assert_int_equal(total_of_runs(f, 0, 0), 6);
    assert_int_equal(total_of_runs(f, one.row, 0), 3);
    assert_int_equal(total_of_runs(f, 0, EXECUTION_SUCCEEDED), 3);
    assert_int_equal(total_of_runs(f, one.row, EXECUTION_SUCCEEDED), 2);
    assert_int_equal(total_of_runs(f, two.row, EXECUTION_FAILED), 0);
    assert_int_equal(total_of_runs(f, 99, 0), 0);
    struct run_page page;
    const struct run_filter filter = {.offset = 1, .limit = 2};
    struct store_tx *tx = read_begin(f);
    assert_true(store_run_list(tx, &filter, &f->arena, &page, &err));
    read_end(f, tx);
    assert_int_equal(page.total, 6);
    assert_int_equal(page.count, 2);
    assert_guid(page.items[0].id, runs[4].id);
    assert_guid(page.items[1].id, runs[3].id);
    assert_str(page.items[0].workflow_name, "two");
    assert_str(page.items[0].jobs, NULL);
}

static void test_clearing_runs(void **state) {
    struct fixture *f = *state;
    struct err err;
    struct job a = put_job(f, "a"), b = put_job(f, "b");
    struct workflow workflow = put_workflow(f, "w", &a, &b);
    struct workflow_run runs[5];
    for (size_t i = 0; i < 5; i++)
        runs[i] = put_run(f, &workflow, at((int64_t)(40 - 10 * i)), &a, &b);
    for (size_t i = 0; i < 4; i++) finish_run(f, &runs[i], EXECUTION_SUCCEEDED, at(100));
    int64_t cleared;
    assert_true(do_runs_clear(f->store, at(40), 2, &cleared, &err));
    assert_int_equal(cleared, 2); // those of 10 and 20; that of 0 runs
    assert_int_equal(total_of_runs(f, 0, 0), 3);
    struct workflow_step *steps;
    assert_int_equal(steps_now(f, &runs[3], &steps), 0);
    assert_int_equal(steps_now(f, &runs[2], &steps), 0);
    assert_int_equal(steps_now(f, &runs[1], &steps), 2);
    assert_true(do_runs_clear(f->store, at(40), 10, &cleared, &err));
    assert_int_equal(cleared, 1);
    assert_true(do_runs_clear(f->store, at(40), 10, &cleared, &err));
    assert_int_equal(cleared, 0);
    assert_int_equal(total_of_runs(f, workflow.row, EXECUTION_SUCCEEDED), 1);
    assert_int_equal(total_of_runs(f, 0, EXECUTION_RUNNING), 1);
}
