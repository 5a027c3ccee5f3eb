/* The decision ledger: a verdict for every due time. */
#include "good_job.h"

#include "model/execution.h"
#include "model/occurrences.h"

/* An hourly job made at 12:00; its plan stands at 18:00. */
static struct job hourly(struct bench *bench, struct str patch) {
    struct job job = made(bench, JOB_CREATE, NULL, patch);
    assert_true(job_plan_first(&job, bench->zones, bench->now, NULL));
    job.schedule_from = at("2026-06-15T18:00:00Z");
    job.next_run_at = at("2026-06-15T19:00:00Z");
    return job;
}

static struct execution ran(const char *due, const char *started) {
    return (struct execution){.status = EXECUTION_SUCCEEDED,
                              .scheduled_for = at(due),
                              .created_at = at(due),
                              .started_at = at(started),
                              .completed_at = utc_add(at(started), span_seconds(1))};
}

static struct ledger ledger_of(struct bench *bench, const struct ledger_query *query) {
    struct ledger ledger;
    struct err err = ERR_INIT;
    if (!occurrences(query, bench->zones, &bench->arena, &ledger, &err)) fail_msg("%s", err.msg);
    return ledger;
}

/* "13:00 Fired 250|14:00 Skipped Paused|…" */
static void assert_ledger(struct bench *bench, const struct ledger *ledger, const char *expected) {
    struct buf out = buf_with_max(0);
    for (size_t i = 0; i < ledger->count; i++) {
        const struct ledger_entry *entry = &ledger->items[i];
        char due[RFC3339_LENGTH + 1];
        utc_format(entry->due, due);
        struct str verdict = ledger_verdict_name(entry->verdict);
        buf_printf(&out, "%s%.5s %.*s", i > 0 ? "|" : "", due + 11, STR_ARG(verdict));
        struct str reason = skip_reason_name((enum skip_reason)entry->reason);
        if (reason.len > 0) buf_printf(&out, " %.*s", STR_ARG(reason));
        if (entry->late_ms > 0) buf_printf(&out, " %d", (int)entry->late_ms);
        if (entry->adjusted) buf_put(&out, STR(" moved"));
    }
    struct str text = arena_copy(&bench->arena, buf_str(&out));
    buf_free(&out);
    assert_str(text, expected);
}

static struct ledger_query query_of(struct bench *bench, const struct job *job) {
    (void)bench;
    return (struct ledger_query){.job = job,
                                 .from = at("2026-06-15T00:00:00Z"),
                                 .to = at("2026-06-15T23:30:00Z"),
                                 .limit = 100,
                                 .now = at("2026-06-15T18:30:00Z")};
}

static void test_every_due_time_has_a_verdict(void **state) {
    (void)state;
    struct bench bench = bench_open();
    struct job job =
        hourly(&bench, STR("{\"scheduleExpression\":\"0 * * * *\",\"exclusions\":{\"timeRange\":"
                           "{\"start\":\"15:00\",\"end\":\"16:00\"}}}"));
    struct execution executions[] = {
        ran("2026-06-15T13:00:00Z", "2026-06-15T13:00:00.250Z"),
        {.status = EXECUTION_CANCELLED, // recorded because the one before was still going
         .scheduled_for = at("2026-06-15T14:00:00Z"),
         .created_at = at("2026-06-15T14:00:00.1Z"),
         .completed_at = at("2026-06-15T14:00:00.1Z")},
        {.status = EXECUTION_PENDING,
         .scheduled_for = at("2026-06-15T18:00:00Z"),
         .created_at = at("2026-06-15T18:00:00Z")},
    };
    struct ledger_skip skips[] = {
        {at("2026-06-15T16:30:00Z"), at("2026-06-15T17:30:00Z"), SKIP_MISFIRE},
    };
    struct ledger_query query = query_of(&bench, &job);
    query.executions = executions;
    query.execution_count = COUNT_OF(executions);
    query.skips = skips;
    query.skip_count = COUNT_OF(skips);
    struct ledger ledger = ledger_of(&bench, &query);
    assert_ledger(&bench, &ledger,
                  "13:00 Fired 250|14:00 Skipped Overlap|15:00 Skipped Exclusion|16:00 NoRecord|"
                  "17:00 Skipped Misfire|18:00 Fired|19:00 Upcoming|20:00 Upcoming|"
                  "21:00 Upcoming|22:00 Upcoming|23:00 Upcoming");
    assert_int_equal(ledger.total, 11);
    assert_false(ledger.cut);
    assert_ptr_equal(ledger.items[0].execution, &executions[0]);

    query.offset = 1;
    query.limit = 2;
    ledger = ledger_of(&bench, &query);
    assert_ledger(&bench, &ledger, "14:00 Skipped Overlap|15:00 Skipped Exclusion");
    assert_int_equal(ledger.total, 11);
    bench_close(&bench);
}

static void test_a_person_who_cancels_does_not_skip(void **state) {
    (void)state;
    struct bench bench = bench_open();
    struct job job = hourly(&bench, STR("{\"scheduleExpression\":\"0 13 * * *\"}"));
    struct execution execution = {.status = EXECUTION_CANCELLED,
                                  .scheduled_for = at("2026-06-15T13:00:00Z"),
                                  .created_at = at("2026-06-15T13:00:00Z"),
                                  .completed_at = at("2026-06-15T13:00:07Z")};
    struct ledger_query query = query_of(&bench, &job);
    query.executions = &execution;
    query.execution_count = 1;
    struct ledger ledger = ledger_of(&bench, &query);
    assert_ledger(&bench, &ledger, "13:00 Fired");
    bench_close(&bench);
}

static void test_the_last_range_that_covers_counts(void **state) {
    (void)state;
    struct bench bench = bench_open();
    struct job job = hourly(&bench, STR("{\"scheduleExpression\":\"0 * * * *\"}"));
    struct ledger_skip skips[] = {
        {at("2026-06-15T13:30:00Z"), at("2026-06-15T16:00:00Z"), SKIP_PAUSED},
        {at("2026-06-15T12:00:00Z"), at("2026-06-15T14:00:00Z"), SKIP_DISABLED},
        {at("2026-06-15T15:00:00Z"), at("2026-06-15T18:00:00Z"), SKIP_MISFIRE},
    };
    struct ledger_query query = query_of(&bench, &job);
    query.to = at("2026-06-15T18:30:00Z");
    query.skips = skips;
    query.skip_count = COUNT_OF(skips);
    struct ledger ledger = ledger_of(&bench, &query);
    assert_ledger(&bench, &ledger,
                  "13:00 Skipped Disabled|14:00 Skipped Disabled|15:00 Skipped Paused|"
                  "16:00 Skipped Misfire|17:00 Skipped Misfire|18:00 Skipped Misfire");
    bench_close(&bench);
}

static void test_a_stopped_job_says_why(void **state) {
    (void)state;
    struct bench bench = bench_open();
    struct job job = hourly(&bench, STR("{\"scheduleExpression\":\"0 * * * *\"}"));
    job.is_paused = true;
    struct ledger_query query = query_of(&bench, &job);
    query.from = at("2026-06-15T19:00:00Z");
    query.to = at("2026-06-15T20:00:00Z");
    struct ledger ledger = ledger_of(&bench, &query);
    assert_ledger(&bench, &ledger, "19:00 Skipped Paused|20:00 Skipped Paused");
    job.is_enabled = false;
    ledger = ledger_of(&bench, &query);
    assert_ledger(&bench, &ledger, "19:00 Skipped Disabled|20:00 Skipped Disabled");
    bench_close(&bench);
}

static void test_daylight_saving_is_told(void **state) {
    (void)state;
    struct bench bench = bench_open();
    bench.now = at("2026-03-20T00:00:00Z");
    struct str berlin = STR("{\"timezone\":\"Europe/Berlin\"}");
    struct job job = made(&bench, JOB_CREATE, NULL, berlin);
    job.schedule_from = at("2026-04-01T00:00:00Z");
    struct ledger_query query = {.job = &job,
                                 .from = at("2026-03-28T12:00:00Z"),
                                 .to = at("2026-03-30T12:00:00Z"),
                                 .limit = 10,
                                 .now = at("2026-04-01T00:00:00Z")};
    struct ledger ledger = ledger_of(&bench, &query);
    assert_ledger(&bench, &ledger, "01:00 NoRecord moved|00:30 NoRecord");
    job.gap_policy = GAP_SKIP;
    ledger = ledger_of(&bench, &query);
    assert_ledger(&bench, &ledger, "01:00 Skipped DaylightSaving|00:30 NoRecord");
    bench_close(&bench);
}

/* Runs of an earlier schedule stand between the due times of the present one. */
static void test_runs_of_an_earlier_schedule_stay(void **state) {
    (void)state;
    struct bench bench = bench_open();
    struct job job = hourly(&bench, STR("{\"scheduleExpression\":\"0 13,15 * * *\"}"));
    struct execution executions[] = {ran("2026-06-15T12:30:00Z", "2026-06-15T12:30:00Z"),
                                     ran("2026-06-15T15:00:00Z", "2026-06-15T15:00:02Z"),
                                     ran("2026-06-15T15:30:00Z", "2026-06-15T15:30:00Z")};
    struct ledger_query query = query_of(&bench, &job);
    query.executions = executions;
    query.execution_count = COUNT_OF(executions);
    struct ledger ledger = ledger_of(&bench, &query);
    assert_ledger(&bench, &ledger, "12:30 Fired|13:00 NoRecord|15:00 Fired 2000|15:30 Fired");
    bench_close(&bench);
}

static void test_backfill_finds_what_never_ran(void **state) {
    (void)state;
    struct bench bench = bench_open();
    struct job job =
        hourly(&bench, STR("{\"scheduleExpression\":\"0 * * * *\",\"exclusions\":{\"timeRange\":"
                           "{\"start\":\"15:00\",\"end\":\"16:00\"}}}"));
    struct execution executions[] = {ran("2026-06-15T13:00:00Z", "2026-06-15T13:00:00Z"),
                                     ran("2026-06-15T18:00:00Z", "2026-06-15T18:00:00Z")};
    struct ledger_skip skips[] = {
        {at("2026-06-15T16:30:00Z"), at("2026-06-15T17:30:00Z"), SKIP_PAUSED}};
    struct ledger_query query = query_of(&bench, &job);
    query.from = at("2026-06-15T10:30:00Z");
    query.executions = executions;
    query.execution_count = COUNT_OF(executions);
    query.skips = skips;
    query.skip_count = COUNT_OF(skips);
    query.only_not_run = true;
    struct ledger ledger = ledger_of(&bench, &query);
    assert_ledger(&bench, &ledger, "14:00 NoRecord|16:00 NoRecord|17:00 Skipped Paused");
    query.before_creation = true;
    ledger = ledger_of(&bench, &query);
    assert_ledger(&bench, &ledger,
                  "11:00 NoRecord|12:00 NoRecord|14:00 NoRecord|16:00 NoRecord|"
                  "17:00 Skipped Paused");
    bench_close(&bench);
}

static void test_a_fixed_delay_knows_its_runs_and_the_next_one(void **state) {
    (void)state;
    struct bench bench = bench_open();
    struct job job = hourly(&bench, STR("{\"scheduleType\":2,\"scheduleExpression\":null,"
                                        "\"intervalSeconds\":60,\"intervalMode\":2}"));
    struct execution execution = ran("2026-06-15T13:00:00Z", "2026-06-15T13:00:00Z");
    struct ledger_query query = query_of(&bench, &job);
    query.executions = &execution;
    query.execution_count = 1;
    struct ledger ledger = ledger_of(&bench, &query);
    assert_ledger(&bench, &ledger, "13:00 Fired|19:00 Upcoming");
    query.to = at("2026-06-15T18:00:00Z");
    ledger = ledger_of(&bench, &query);
    assert_ledger(&bench, &ledger, "13:00 Fired");
    bench_close(&bench);
}

static void test_a_boundless_range_is_cut(void **state) {
    (void)state;
    struct bench bench = bench_open();
    struct job job = hourly(&bench, STR("{\"scheduleType\":2,\"scheduleExpression\":null,"
                                        "\"intervalSeconds\":1}"));
    struct ledger_query query = query_of(&bench, &job);
    query.to = at("2027-06-15T00:00:00Z");
    struct ledger ledger = ledger_of(&bench, &query);
    assert_true(ledger.cut);
    assert_int_equal(ledger.total, LEDGER_MAX_DUE);
    assert_int_equal(ledger.count, 100);
    bench_close(&bench);
}
