/* The status of a job, and copies. */
#include "good_job.h"

#include "model/execution.h"

static void test_the_first_status_that_holds_counts(void **state) {
    (void)state;
    struct job job = {.is_enabled = true, .next_run_at = at("2026-07-01T00:00:00Z")};
    assert_int_equal(job_current_status(&job), JOB_ACTIVE);
    job.last_execution_status = EXECUTION_FAILED;
    assert_int_equal(job_current_status(&job), JOB_FAILED);
    job.last_execution_status = EXECUTION_CANCELLED;
    assert_int_equal(job_current_status(&job), JOB_ACTIVE);
    job.next_run_at = UTC_NEVER;
    assert_int_equal(job_current_status(&job), JOB_COMPLETED);
    job.live_count = 1;
    assert_int_equal(job_current_status(&job), JOB_ACTIVE);
    job.last_execution_status = EXECUTION_FAILED;
    assert_int_equal(job_current_status(&job), JOB_FAILED);
    job.live_count = 0;
    assert_int_equal(job_current_status(&job), JOB_COMPLETED);
    job.is_paused = true;
    assert_int_equal(job_current_status(&job), JOB_PAUSED);
    job.is_enabled = false;
    assert_int_equal(job_current_status(&job), JOB_DISABLED);
    job.is_deleted = true;
    assert_int_equal(job_current_status(&job), JOB_DELETED);
}

/* The bytes that a copy came from may go: every text must have moved. */
static void test_a_copy_owns_its_texts(void **state) {
    (void)state;
    struct bench bench = bench_open();
    struct job job = made(&bench, JOB_CREATE, NULL,
                          STR("{\"description\":\"d\",\"tags\":[\"t\"],\"createdBy\":\"eve\","
                              "\"exclusions\":{\"excludedDaysOfWeek\":[\"Monday\"]}}"));
    job.last_modified_by = arena_copy(&bench.arena, STR("mallory"));
    char *before = xstr_dup(shown(&bench, &job));
    struct arena other = {0};
    struct job copy = job_copy(&other, &job);
    /* Arena blocks are freed here; a text that still points into them is caught by the sanitizer.
     */
    arena_free(&bench.arena);
    assert_str(shown(&bench, &copy), before);
    free(before);
    arena_free(&other);
    bench_close(&bench);
}
