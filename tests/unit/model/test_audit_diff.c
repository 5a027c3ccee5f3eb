/* What a change changed. */
#include "good_job.h"

#include "model/audit_diff.h"

static void test_only_changed_fields_stand_there(void **state) {
    (void)state;
    struct bench bench = bench_open();
    struct job job = made(&bench, JOB_CREATE, NULL, STR("{}"));
    struct job changed =
        made(&bench, JOB_REPLACE, &job,
             STR("{\"name\":\"x\",\"misfirePolicy\":\"Skip\",\"isEnabled\":false,\"maxRuns\":3,"
                 "\"endAt\":\"2027-01-01T00:00:00Z\",\"tags\":[\"t\"]}"));
    changed.next_run_at = at("2030-01-01T00:00:00Z"); // state, not definition
    changed.revision++;
    struct audit_diff diff = audit_diff(&bench.arena, &job, &changed);
    assert_str(diff.before, "{\"name\":\"Nightly report\",\"endAt\":null,\"maxRuns\":0,"
                            "\"misfirePolicy\":\"FireOnce\",\"isEnabled\":true,\"tags\":[]}");
    assert_str(diff.after, "{\"name\":\"x\",\"endAt\":\"2027-01-01T00:00:00.000Z\",\"maxRuns\":3,"
                           "\"misfirePolicy\":\"Skip\",\"isEnabled\":false,\"tags\":[\"t\"]}");
    bench_close(&bench);
}

static void test_no_change_is_no_text(void **state) {
    (void)state;
    struct bench bench = bench_open();
    struct job job = made(&bench, JOB_CREATE, NULL, STR("{}"));
    struct job same = job;
    same.consecutive_failures = 5;
    struct audit_diff diff = audit_diff(&bench.arena, &job, &same);
    assert_true(str_is_absent(diff.before));
    assert_true(str_is_absent(diff.after));
    bench_close(&bench);
}

static void test_secrets_are_masked_on_both_sides(void **state) {
    (void)state;
    struct bench bench = bench_open();
    struct job job = made(&bench, JOB_CREATE, NULL,
                          STR("{\"jobConfiguration\":{\"url\":\"u\",\"signingSecret\":\"one\"}}"));
    struct job changed =
        made(&bench, JOB_REPLACE, &job,
             STR("{\"jobConfiguration\":{\"url\":\"u\",\"signingSecret\":\"two\"}}"));
    struct audit_diff diff = audit_diff(&bench.arena, &job, &changed);
    assert_str(diff.before, "{\"jobConfiguration\":{\"url\":\"u\",\"signingSecret\":\"***\"}}");
    assert_str(diff.after, diff.before.ptr);
    bench_close(&bench);
}

static void test_created_and_erased_show_the_whole_definition(void **state) {
    (void)state;
    struct bench bench = bench_open();
    struct job job = made(&bench, JOB_CREATE, NULL, STR("{}"));
    struct audit_diff created = audit_diff(&bench.arena, NULL, &job);
    assert_true(str_is_absent(created.before));
    json_t *read = parsed(created.after);
    assert_int_equal(json_object_size(read), 32);
    assert_string_equal(json_string_value(json_object_get(read, "dstPolicy.gap")), "RunAfter");
    json_decref(read);
    struct audit_diff erased = audit_diff(&bench.arena, &job, NULL);
    assert_str(erased.before, created.after.ptr);
    assert_true(str_is_absent(erased.after));
    bench_close(&bench);
}
