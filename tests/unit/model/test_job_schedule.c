/* When a job runs next, after it was made, changed, paused, resumed and run. */
#include "good_job.h"

/* A job of the bench, planned at the bench's now (2026-06-15T12:00:00Z, a Monday). */
static struct job planned(struct bench *bench, struct str patch) {
    struct job job = made(bench, JOB_CREATE, NULL, patch);
    assert_true(job_plan_first(&job, bench->zones, bench->now, NULL));
    return job;
}

static void assert_utc(struct utc actual, const char *expected) {
    char text[RFC3339_LENGTH + 1] = "never";
    if (!utc_is_never(actual)) utc_format(actual, text);
    if (strcmp(text, expected) != 0) fail_msg("got %s, expected %s", text, expected);
}

/* The job after `patch` came in by PUT at `now`. */
static struct job changed(struct bench *bench, const struct job *before, struct str patch,
                          const char *now, struct passed_over *passed) {
    struct job job = made(bench, JOB_REPLACE, before, patch);
    job.revision++;
    struct err err = ERR_INIT;
    if (!job_plan_change(before, &job, bench->zones, at(now), passed, &err))
        fail_msg("%s", err.msg);
    return job;
}

static void test_the_first_run_of_each_type(void **state) {
    (void)state;
    static const struct {
        const char *patch, *next, *wake;
    } table[] = {
        {"{}", "2026-06-16T02:30:00.000Z", "2026-06-16T02:30:00.000Z"},
        {"{\"timezone\":\"Europe/Berlin\"}", "2026-06-16T00:30:00.000Z",
         "2026-06-16T00:30:00.000Z"},
        {"{\"startAt\":\"2026-07-01T02:30:00Z\"}", "2026-07-01T02:30:00.000Z",
         "2026-07-01T02:30:00.000Z"},
        {"{\"endAt\":\"2026-06-16T00:00:00Z\"}", "never", "never"},
        {"{\"exclusions\":{\"excludedDates\":[\"2026-06-16\"]}}", "2026-06-17T02:30:00.000Z",
         "2026-06-17T02:30:00.000Z"},
        {"{\"isEnabled\":false}", "never", "never"},
        {"{\"isPaused\":true}", "never", "never"},
        {"{\"scheduleType\":2,\"scheduleExpression\":null,\"intervalSeconds\":90}",
         "2026-06-15T12:01:30.000Z", "2026-06-15T12:01:30.000Z"},
        {"{\"scheduleType\":2,\"scheduleExpression\":null,\"intervalSeconds\":3600,"
         "\"startAt\":\"2026-06-15T08:15:00Z\"}",
         "2026-06-15T12:15:00.000Z", "2026-06-15T12:15:00.000Z"},
        {"{\"scheduleType\":2,\"scheduleExpression\":null,\"intervalSeconds\":3600,"
         "\"startAt\":\"2026-06-20T08:15:00Z\"}",
         "2026-06-20T08:15:00.000Z", "2026-06-20T08:15:00.000Z"},
        {"{\"scheduleType\":2,\"scheduleExpression\":null,\"intervalSeconds\":90,"
         "\"intervalMode\":2}",
         "2026-06-15T12:01:30.000Z", "2026-06-15T12:01:30.000Z"},
        {"{\"scheduleType\":3,\"scheduleExpression\":null,\"runAt\":\"2026-06-15T18:00:00Z\"}",
         "2026-06-15T18:00:00.000Z", "2026-06-15T18:00:00.000Z"},
        /* A runAt in the past runs at once, under its own time. */
        {"{\"scheduleType\":3,\"scheduleExpression\":null,\"runAt\":\"2026-06-01T18:00:00Z\"}",
         "2026-06-01T18:00:00.000Z", "2026-06-15T12:00:00.000Z"},
    };
    struct bench bench = bench_open();
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        struct job job = planned(&bench, str_from_cstr(table[i].patch));
        assert_utc(job.next_run_at, table[i].next);
        assert_utc(job.wake_at, table[i].wake);
        assert_true(utc_before(job.schedule_from, job.next_run_at));
    }
    bench_close(&bench);
}

static void test_a_schedule_that_cannot_be_read_leaves_the_job_alone(void **state) {
    (void)state;
    struct bench bench = bench_open();
    struct job job = planned(&bench, STR("{}"));
    job.timezone = STR("Mars/Olympus");
    struct err err = ERR_INIT;
    assert_false(job_plan_first(&job, bench.zones, at("2026-08-01T00:00:00Z"), &err));
    assert_int_equal(err.kind, ERR_INVALID);
    assert_utc(job.next_run_at, "2026-06-16T02:30:00.000Z");
    bench_close(&bench);
}

/* ---- changes --------------------------------------------------------------------------------- */

static void test_a_change_beside_the_schedule_leaves_the_plan_alone(void **state) {
    (void)state;
    struct bench bench = bench_open();
    static const char *const jobs[] = {
        "{\"scheduleExpression\":\"*/5 * * * *\"}",
        "{\"scheduleType\":2,\"scheduleExpression\":null,\"intervalSeconds\":90}",
        ("{\"scheduleType\":2,\"scheduleExpression\":null,\"intervalSeconds\":90,"
         "\"intervalMode\":2}"),
        "{\"scheduleType\":3,\"scheduleExpression\":null,\"runAt\":\"2026-06-01T18:00:00Z\"}",
    };
    for (size_t i = 0; i < COUNT_OF(jobs); i++) {
        struct job job = planned(&bench, str_from_cstr(jobs[i]));
        /* Long after the run was due: the engine has not come to it yet. It must not be lost. */
        struct passed_over passed = {.reason = 99};
        struct job after = changed(
            &bench, &job,
            STR("{\"name\":\"other\",\"timeoutSeconds\":5,\"jitterSeconds\":3,\"tags\":[\"x\"],"
                "\"misfirePolicy\":\"Skip\",\"concurrencyPolicy\":\"Skip\"}"),
            "2026-06-15T13:00:00Z", &passed);
        assert_true(utc_equal(after.next_run_at, job.next_run_at));
        assert_true(utc_equal(after.wake_at, job.wake_at));
        assert_true(utc_equal(after.schedule_from, job.schedule_from));
        assert_int_equal(passed.reason, 0);
    }
    bench_close(&bench);
}

static void test_the_whole_job_sent_back_leaves_the_plan_alone(void **state) {
    (void)state;
    struct bench bench = bench_open();
    struct job job = planned(&bench, STR("{\"exclusions\":{\"excludedDates\":[\"2026-06-16\"]}}"));
    struct job after = changed(&bench, &job, shown(&bench, &job), "2026-06-16T12:00:00Z", NULL);
    assert_true(utc_equal(after.next_run_at, job.next_run_at));
    assert_true(utc_equal(after.schedule_from, job.schedule_from));
    bench_close(&bench);
}

static void test_a_new_schedule_counts_from_now(void **state) {
    (void)state;
    struct bench bench = bench_open();
    struct job job = planned(&bench, STR("{}"));
    /* 10:00 has been today already: it must not run at once, but tomorrow. */
    struct job after = changed(&bench, &job, STR("{\"scheduleExpression\":\"0 10 * * *\"}"),
                               "2026-06-15T12:30:00Z", NULL);
    assert_utc(after.next_run_at, "2026-06-16T10:00:00.000Z");
    assert_utc(after.schedule_from, "2026-06-15T12:30:00.000Z");
    after =
        changed(&bench, &after, STR("{\"timezone\":\"Asia/Tokyo\"}"), "2026-06-15T12:40:00Z", NULL);
    assert_utc(after.next_run_at, "2026-06-16T01:00:00.000Z");
    after = changed(&bench, &after,
                    STR("{\"scheduleType\":2,\"intervalSeconds\":3600,"
                        "\"startAt\":\"2026-06-15T10:10:00Z\"}"),
                    "2026-06-15T12:50:00Z", NULL);
    assert_utc(after.next_run_at, "2026-06-15T13:10:00.000Z");
    after = changed(&bench, &after,
                    STR("{\"scheduleType\":3,\"startAt\":\"\",\"runAt\":\"2026-06-01T00:00:00Z\"}"),
                    "2026-06-15T12:55:00Z", NULL);
    assert_utc(after.next_run_at, "2026-06-01T00:00:00.000Z");
    assert_utc(after.wake_at, "2026-06-15T12:55:00.000Z");
    bench_close(&bench);
}

static void test_new_bounds_keep_what_is_owed_and_owe_nothing_new(void **state) {
    (void)state;
    struct bench bench = bench_open();
    struct job job = planned(&bench, STR("{\"scheduleExpression\":\"0 * * * *\"}"));
    assert_utc(job.next_run_at, "2026-06-15T13:00:00.000Z");
    /* 13:00 is due and not planned yet. */
    struct str exclusions = STR("{\"exclusions\":{\"excludedDaysOfWeek\":[\"Sunday\"]}}");
    struct job after = changed(&bench, &job, exclusions, "2026-06-15T13:00:00.5Z", NULL);
    assert_utc(after.next_run_at, "2026-06-15T13:00:00.000Z");
    assert_utc(after.wake_at, "2026-06-15T13:00:00.500Z");
    /* What is excluded from now on is not. */
    after = changed(&bench, &job, STR("{\"exclusions\":{\"excludedDaysOfWeek\":[\"Monday\"]}}"),
                    "2026-06-15T13:00:00.5Z", NULL);
    assert_utc(after.next_run_at, "2026-06-16T00:00:00.000Z");
    /* A schedule that had ended and goes on owes nothing for the time between. */
    job = planned(&bench, STR("{\"scheduleExpression\":\"0 * * * *\","
                              "\"endAt\":\"2026-06-15T12:30:00Z\"}"));
    assert_utc(job.next_run_at, "never");
    after = changed(&bench, &job, STR("{\"endAt\":\"2026-07-01T00:00:00Z\"}"),
                    "2026-06-15T18:20:00Z", NULL);
    assert_utc(after.next_run_at, "2026-06-15T19:00:00.000Z");
    bench_close(&bench);
}

static void test_a_pause_passes_over_what_was_due(void **state) {
    (void)state;
    struct bench bench = bench_open();
    struct job job = planned(&bench, STR("{\"scheduleExpression\":\"0 * * * *\"}"));
    struct passed_over passed;
    struct job paused =
        changed(&bench, &job, STR("{\"isPaused\":true}"), "2026-06-15T12:10:00Z", &passed);
    assert_utc(paused.next_run_at, "never");
    assert_utc(paused.wake_at, "never");
    assert_int_equal(passed.reason, 0);
    /* A change while it is paused does not start it. */
    struct job renamed =
        changed(&bench, &paused, STR("{\"name\":\"x\"}"), "2026-06-15T12:20:00Z", &passed);
    assert_utc(renamed.next_run_at, "never");
    struct job resumed =
        changed(&bench, &renamed, STR("{\"isPaused\":false}"), "2026-06-15T15:30:00Z", &passed);
    assert_utc(resumed.next_run_at, "2026-06-15T16:00:00.000Z");
    assert_int_equal(passed.reason, SKIP_PAUSED);
    assert_utc(passed.from, "2026-06-15T12:00:00.000Z");
    assert_utc(passed.to, "2026-06-15T15:30:00.000Z");
    bench_close(&bench);
}

static void test_a_pause_with_an_end_wakes_the_engine(void **state) {
    (void)state;
    struct bench bench = bench_open();
    struct job job = planned(&bench, STR("{}")), paused = job;
    paused.is_paused = true;
    paused.paused_until = at("2026-06-20T00:00:00Z");
    assert_true(job_plan_change(&job, &paused, bench.zones, bench.now, NULL, NULL));
    assert_utc(paused.next_run_at, "never");
    assert_utc(paused.wake_at, "2026-06-20T00:00:00.000Z");
    /* Disabled as well: nothing to wake up for. */
    struct job disabled =
        changed(&bench, &paused, STR("{\"isEnabled\":false}"), "2026-06-15T13:00:00Z", NULL);
    assert_utc(disabled.wake_at, "never");
    bench_close(&bench);
}

static void test_disabled_and_deleted_jobs_stand_still(void **state) {
    (void)state;
    struct bench bench = bench_open();
    struct job job = planned(&bench, STR("{\"scheduleExpression\":\"0 * * * *\"}"));
    struct passed_over passed;
    struct job disabled =
        changed(&bench, &job, STR("{\"isEnabled\":false}"), "2026-06-15T12:10:00Z", &passed);
    assert_utc(disabled.next_run_at, "never");
    struct job enabled =
        changed(&bench, &disabled, STR("{\"isEnabled\":true}"), "2026-06-15T14:10:00Z", &passed);
    assert_utc(enabled.next_run_at, "2026-06-15T15:00:00.000Z");
    assert_int_equal(passed.reason, SKIP_DISABLED);
    struct job deleted = enabled;
    deleted.is_deleted = true;
    assert_true(job_plan_change(&enabled, &deleted, bench.zones, bench.now, NULL, NULL));
    assert_utc(deleted.next_run_at, "never");
    assert_utc(deleted.wake_at, "never");
    bench_close(&bench);
}

static void test_a_one_time_job_runs_once(void **state) {
    (void)state;
    struct bench bench = bench_open();
    struct str one_time = STR("{\"scheduleType\":3,\"scheduleExpression\":null,"
                              "\"runAt\":\"2026-06-15T13:00:00Z\"}");
    struct job job = planned(&bench, one_time);
    /* Paused over its time: it has not run, and does so when it is resumed. */
    struct job paused =
        changed(&bench, &job, STR("{\"isPaused\":true}"), "2026-06-15T12:10:00Z", NULL);
    struct job resumed =
        changed(&bench, &paused, STR("{\"isPaused\":false}"), "2026-06-15T14:00:00Z", NULL);
    assert_utc(resumed.next_run_at, "2026-06-15T13:00:00.000Z");
    assert_utc(resumed.wake_at, "2026-06-15T14:00:00.000Z");
    /* After its run neither a pause nor a change of bounds brings it back; a new runAt does. */
    struct job done = resumed;
    done.schedule_from = done.run_at;
    done.next_run_at = done.wake_at = UTC_NEVER;
    paused = changed(&bench, &done, STR("{\"isPaused\":true}"), "2026-06-15T15:00:00Z", NULL);
    resumed = changed(&bench, &paused, STR("{\"isPaused\":false}"), "2026-06-15T16:00:00Z", NULL);
    assert_utc(resumed.next_run_at, "never");
    resumed =
        changed(&bench, &done, STR("{\"timezone\":\"Asia/Tokyo\"}"), "2026-06-15T16:00:00Z", NULL);
    assert_utc(resumed.next_run_at, "never");
    resumed = changed(&bench, &done, STR("{\"runAt\":\"2026-06-15T13:30:00Z\"}"),
                      "2026-06-15T16:00:00Z", NULL);
    assert_utc(resumed.next_run_at, "2026-06-15T13:30:00.000Z");
    bench_close(&bench);
}

static void test_runs_that_are_used_up_end_the_schedule(void **state) {
    (void)state;
    struct bench bench = bench_open();
    struct job job = planned(&bench, STR("{\"maxRuns\":2}"));
    job.run_count = 2;
    struct job after =
        changed(&bench, &job, STR("{\"timezone\":\"Asia/Tokyo\"}"), "2026-06-15T13:00:00Z", NULL);
    assert_utc(after.next_run_at, "never");
    assert_int_equal(job_rest_reason(&after), SKIP_END_OF_SCHEDULE);
    after = changed(&bench, &after, STR("{\"maxRuns\":3}"), "2026-06-20T13:00:00Z", NULL);
    assert_utc(after.next_run_at, "2026-06-20T17:30:00.000Z");
    bench_close(&bench);
}

static void test_a_fixed_delay_counts_from_the_end_of_the_run(void **state) {
    (void)state;
    struct bench bench = bench_open();
    struct job job = planned(&bench, STR("{\"scheduleType\":2,\"scheduleExpression\":null,"
                                         "\"intervalSeconds\":60,\"intervalMode\":2}"));
    /* The engine has planned the run: until its end there is no next one. */
    job.schedule_from = job.next_run_at;
    job.next_run_at = job.wake_at = UTC_NEVER;
    job.live_count = 1;
    struct job ended = job;
    assert_true(job_plan_after_end(&ended, bench.zones, at("2026-06-15T12:09:30Z"), NULL));
    assert_utc(ended.next_run_at, "2026-06-15T12:10:30.000Z");
    /* Changed while the run goes on: it still has a next run. */
    struct job renamed =
        changed(&bench, &job, STR("{\"name\":\"x\"}"), "2026-06-15T12:05:00Z", NULL);
    assert_utc(renamed.next_run_at, "2026-06-15T12:06:00.000Z");
    /* Other jobs are not moved by the end of a run. */
    struct job cron = planned(&bench, STR("{}")), same = cron;
    assert_true(job_plan_after_end(&same, bench.zones, at("2026-06-15T20:00:00Z"), NULL));
    assert_true(utc_equal(same.next_run_at, cron.next_run_at));
    bench_close(&bench);
}

/* ---- hash and jitter ------------------------------------------------------------------------- */

static void test_jitter_is_stable_and_bounded(void **state) {
    (void)state;
    struct bench bench = bench_open();
    struct job job = planned(&bench, STR("{\"jitterSeconds\":30}"));
    struct utc due = job.next_run_at;
    assert_true(utc_equal(job_available_at(&job, due), job_available_at(&job, due)));
    int64_t most = 0;
    for (int i = 0; i < 500; i++) {
        struct utc t = utc_add(due, span_seconds(i * 86400));
        int64_t late = utc_diff(job_available_at(&job, t), t).us;
        assert_in_range(late, 0, span_seconds(30).us);
        most = late > most ? late : most;
    }
    assert_true(most > span_seconds(25).us);
    job.jitter_seconds = 0;
    assert_true(utc_equal(job_available_at(&job, due), due));
    bench_close(&bench);
}

static void test_h_follows_from_the_id(void **state) {
    (void)state;
    struct bench bench = bench_open();
    struct job job = made(&bench, JOB_CREATE, NULL, STR("{\"scheduleExpression\":\"H H * * *\"}"));
    assert_true(guid_parse(STR("0190f0f0-1111-7222-8333-444455556666"), &job.id));
    assert_true(job_plan_first(&job, bench.zones, bench.now, NULL));
    struct job same = job;
    assert_true(job_plan_first(&same, bench.zones, bench.now, NULL));
    assert_true(utc_equal(same.next_run_at, job.next_run_at));
    size_t different = 0;
    for (unsigned char i = 0; i < 20; i++) {
        same.id.bytes[15] = i;
        assert_true(job_plan_first(&same, bench.zones, bench.now, NULL));
        different += !utc_equal(same.next_run_at, job.next_run_at);
    }
    assert_true(different >= 18);
    bench_close(&bench);
}
