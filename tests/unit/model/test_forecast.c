/* The forecast: exact against a walk of every schedule, spread over long runs, sampled beyond the
 * bound. */
#include "good_job.h"

#include "model/forecast.h"

#include "../cpu_time.h"

static struct forecast_options options_of(struct bench *bench, int64_t hours, int64_t minutes) {
    return (struct forecast_options){
        .zones = bench->zones,
        .now = bench->now,
        .from = bench->now,
        .bucket_seconds = minutes * 60,
        .bucket_count = (size_t)(hours * 60 / minutes),
        .steps_max = 1000000,
    };
}

static struct job job_of(struct bench *bench, const char *patch, int64_t row, int64_t mean_us) {
    struct job job = made(bench, JOB_CREATE, NULL, str_from_cstr(patch));
    assert_true(job_plan_first(&job, bench->zones, bench->now, NULL));
    job.row = row;
    job.durations = (struct durations){.count = mean_us > 0, .mean_us = mean_us};
    return job;
}

static double sum_of(const struct forecast *forecast, size_t count) {
    double sum = 0;
    for (size_t i = 0; i < count; i++) sum += forecast_buckets(forecast)[i].executions;
    return sum;
}

static bool is_near(double a, double b) {
    return a - b < 1e-6 && b - a < 1e-6;
}

static const char *const patches[] = {
    "{\"scheduleExpression\":\"*/7 * * * *\",\"timezone\":\"Europe/Berlin\"}",
    "{\"scheduleExpression\":\"30 3 * * *\",\"timezone\":\"Asia/Kathmandu\"}",
    "{\"scheduleExpression\":\"H * * * *\"}",
    "{\"scheduleExpression\":\"0 * * * *\",\"maxRuns\":5}",
    "{\"scheduleExpression\":\"0 * * * *\",\"endAt\":\"2026-06-15T15:00:00Z\"}",
    "{\"scheduleExpression\":\"0 * * * *\",\"exclusions\":{\"excludedDaysOfWeek\":[\"Tuesday\"]}}",
    "{\"scheduleType\":\"Interval\",\"scheduleExpression\":null,\"intervalSeconds\":977}",
    "{\"scheduleType\":\"Interval\",\"scheduleExpression\":null,\"intervalSeconds\":5000,"
    "\"startAt\":\"2026-06-15T14:00:01Z\",\"endAt\":\"2026-06-16T01:00:00Z\"}",
    "{\"scheduleType\":\"Interval\",\"scheduleExpression\":null,\"intervalSeconds\":60,\"maxRuns\":"
    "90}",
    "{\"scheduleType\":\"OneTime\",\"scheduleExpression\":null,\"runAt\":\"2026-06-15T20:10:00Z\"}",
};

/* Bucket by bucket what a plain walk of the schedule finds. */
static void test_it_is_what_the_schedules_say(void **state) {
    (void)state;
    struct bench bench = bench_open();
    enum { BUCKETS = 96 };
    for (size_t p = 0; p < COUNT_OF(patches); p++) {
        struct job job = job_of(&bench, patches[p], 1, 0);
        struct forecast_options options = options_of(&bench, 24, 15);
        struct forecast *forecast = forecast_new(&options);
        forecast_add(forecast, &job);
        forecast_add(forecast, &job); // shares the pattern, or is counted by itself
        struct forecast_summary summary = forecast_finish(forecast);
        assert_int_equal(summary.sampled, 1);
        int64_t expected[BUCKETS] = {0}, left = job.max_runs ? job.max_runs : INT64_MAX;
        struct schedule_spec spec;
        assert_true(job_schedule(&job, bench.zones, &bench.arena, &spec, NULL));
        struct schedule_walk walk = schedule_walk(&spec, job.schedule_from);
        for (struct schedule_due due; left-- > 0 && schedule_walk_next(&walk, &due);) {
            int64_t bucket = utc_diff(due.utc, bench.now).us / 900000000;
            if (bucket >= BUCKETS) break;
            expected[bucket]++;
        }
        for (size_t i = 0; i < BUCKETS; i++)
            if (!is_near(forecast_buckets(forecast)[i].executions, 2.0 * (double)expected[i]))
                fail_msg("%s bucket %zu: %f, not 2 x %lld", patches[p], i,
                         forecast_buckets(forecast)[i].executions, (long long)expected[i]);
        forecast_free(forecast);
    }
    bench_close(&bench);
}

static void test_a_run_longer_than_a_bucket_goes_on_in_the_next(void **state) {
    (void)state;
    struct bench bench = bench_open();
    struct forecast_options options = options_of(&bench, 6, 60);
    struct forecast *forecast = forecast_new(&options);
    struct job job = job_of(&bench, "{\"scheduleExpression\":\"10 14 * * *\"}", 7, 5400000000);
    forecast_add(forecast, &job);
    assert_int_equal(forecast_finish(forecast).unmeasured, 0);
    const double expected[] = {0, 0, 1, 0.5, 0, 0};
    for (size_t i = 0; i < 6; i++)
        assert_true(is_near(forecast_buckets(forecast)[i].workers, expected[i]));
    assert_int_equal(forecast_buckets(forecast)[3].top[0].job_row, 7);
    assert_int_equal(forecast_buckets(forecast)[4].top_count, 0);
    forecast_free(forecast);
    bench_close(&bench);
}

/* Seven jobs at the full hour: what they ask for adds up, and the five that ask for most are named,
 * those that share a pattern and those that do not. */
static void test_who_asks_for_most(void **state) {
    (void)state;
    struct bench bench = bench_open();
    struct forecast_options options = options_of(&bench, 2, 60);
    struct forecast *forecast = forecast_new(&options);
    static const char *const kinds[] = {
        "{\"scheduleExpression\":\"0 * * * *\"}",
        "{\"scheduleExpression\":\"0 * * * *\",\"maxRuns\":100}",
    };
    double sum = 0;
    for (int64_t i = 1; i <= 7; i++) {
        struct job job = job_of(&bench, kinds[i % 2], i, i * 360000000);
        forecast_add(forecast, &job);
        sum += (double)i * 0.1;
    }
    struct forecast_summary summary = forecast_finish(forecast);
    const struct forecast_bucket *bucket = &forecast_buckets(forecast)[1];
    assert_int_equal(summary.jobs, 7);
    assert_true(is_near(bucket->executions, 7));
    assert_true(is_near(bucket->workers, sum));
    assert_int_equal(bucket->top_count, FORECAST_TOP);
    for (size_t t = 0; t < FORECAST_TOP; t++) {
        assert_int_equal(bucket->top[t].job_row, 7 - (int64_t)t);
        assert_true(is_near(bucket->top[t].workers, 0.1 * (double)(7 - t)));
    }
    forecast_free(forecast);
    bench_close(&bench);
}

static void test_what_does_not_run_is_not_in_it(void **state) {
    (void)state;
    struct bench bench = bench_open();
    struct forecast_options options = options_of(&bench, 24, 60);
    struct forecast *forecast = forecast_new(&options);
    static const char *const kinds[] = {"{\"isEnabled\":false}", "{\"isPaused\":true}",
                                        "{\"scheduleExpression\":\"0 0 1 1 *\"}"};
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        struct job job = job_of(&bench, kinds[i], 1, 1000);
        if (i == 1) {
            job.is_paused = true;
            job.next_run_at = UTC_NEVER;
        }
        forecast_add(forecast, &job);
    }
    assert_int_equal(forecast_finish(forecast).jobs, 0);
    assert_true(is_near(sum_of(forecast, options.bucket_count), 0));
    forecast_free(forecast);
    bench_close(&bench);
}

/* A job that is due and was not planned yet runs now, once more than its schedule says. */
static void test_what_is_overdue_runs_now(void **state) {
    (void)state;
    struct bench bench = bench_open();
    struct forecast_options options = options_of(&bench, 3, 60);
    struct forecast *forecast = forecast_new(&options);
    struct job job = job_of(&bench, "{\"scheduleExpression\":\"0 13 * * *\"}", 1, 1000);
    job.next_run_at = utc_add(bench.now, span_seconds(-1));
    forecast_add(forecast, &job);
    (void)forecast_finish(forecast);
    assert_true(is_near(forecast_buckets(forecast)[0].executions, 1));
    assert_true(is_near(forecast_buckets(forecast)[1].executions, 1));
    forecast_free(forecast);
    bench_close(&bench);
}

/* A hundred thousand jobs, each with a minute of its own: what was looked at stands for the rest.
 */
static void test_beyond_the_bound_a_part_stands_for_all(void **state) {
    (void)state;
    struct bench bench = bench_open();
    enum { JOBS = 100000 };
    struct forecast_options options = options_of(&bench, 24, 60);
    struct forecast *forecast = forecast_new(&options);
    struct job job = job_of(&bench, "{\"scheduleExpression\":\"H/5 * * * *\"}", 1, 600000);
    int64_t before = cpu_us();
    for (int64_t i = 1; i <= JOBS; i++) {
        job.row = i;
        job.id.bytes[15] = (unsigned char)i;
        job.id.bytes[14] = (unsigned char)(i >> 8);
        job.id.bytes[13] = (unsigned char)(i >> 16);
        forecast_add(forecast, &job);
    }
    struct forecast_summary summary = forecast_finish(forecast);
    double took = (double)(cpu_us() - before) / 1e6, expected = (double)JOBS * 24 * 12;
    double sum = sum_of(forecast, options.bucket_count);
    print_message("%d jobs of their own: 1 in %lld, %.2f s\n", JOBS, (long long)summary.sampled,
                  took);
    assert_true(summary.sampled > 1);
    assert_int_equal(summary.jobs, JOBS);
    assert_true(sum > 0.97 * expected && sum < 1.03 * expected);
    forecast_free(forecast);
    bench_close(&bench);
}

static void test_a_hundred_thousand_jobs_of_few_patterns_are_exact(void **state) {
    (void)state;
    struct bench bench = bench_open();
    enum { JOBS = 100000 };
    struct forecast_options options = options_of(&bench, 168, 60);
    struct forecast *forecast = forecast_new(&options);
    struct job jobs[] = {
        job_of(&bench, "{\"scheduleExpression\":\"* * * * *\"}", 1, 600000),
        job_of(&bench, "{\"scheduleExpression\":\"*/5 * * * *\"}", 1, 600000),
        job_of(&bench,
               "{\"scheduleType\":\"Interval\",\"scheduleExpression\":null,\"intervalSeconds\":60}",
               1, 600000),
    };
    int64_t before = cpu_us();
    for (int64_t i = 0; i < JOBS; i++) {
        jobs[i % 3].row = i + 1;
        forecast_add(forecast, &jobs[i % 3]);
    }
    struct forecast_summary summary = forecast_finish(forecast);
    print_message("%d jobs of three patterns, a week: %.2f s\n", JOBS,
                  (double)(cpu_us() - before) / 1e6);
    assert_int_equal(summary.sampled, 1);
    double minutes = 168 * 60 - 1; // the one of this minute is over
    double expected = 33334 * minutes + 33333 * (168 * 12 - 1) + 33333 * minutes;
    assert_true(is_near(sum_of(forecast, options.bucket_count), expected));
    forecast_free(forecast);
    bench_close(&bench);
}
