/* What a definition may be, and that what was written can be read back. */
#include "good_job.h"

#include "tests/unit/schedule/table.h"

/* ---- what is refused ------------------------------------------------------------------------- */

static void check_fault(struct bench *bench, struct str patch, struct str field,
                        struct str message) {
    json_t *body = good_body(patch);
    struct faults faults = {.arena = &bench->arena};
    struct job job = {.row = 42};
    bool made_one =
        job_from_json(body, JOB_CREATE, NULL, &bench->defaults, &bench->arena, &job, &faults);
    json_decref(body);
    if (made_one) fail_msg("%.*s was accepted", STR_ARG(patch));
    assert_int_equal(job.row, 42); // untouched
    if (faults.count != 1 || !str_equal(faults.items[0].field, field) ||
        !str_equal(faults.items[0].message, message))
        fail_msg("%.*s: %zu faults, the first is %.*s: %.*s", STR_ARG(patch), faults.count,
                 STR_ARG(faults.items[0].field), STR_ARG(faults.items[0].message));
}

static void test_each_fault_has_its_field_and_message(void **state) {
    (void)state;
    struct bench bench = bench_open();
    struct table table = table_open("job_faults.txt");
    struct str parts[3];
    while (table_next(&table, parts, 3)) check_fault(&bench, parts[0], parts[1], parts[2]);
    assert_true(table.rows >= 100);
    table_close(&table);
    bench_close(&bench);
}

static void test_all_faults_come_at_once(void **state) {
    (void)state;
    struct bench bench = bench_open();
    json_t *body = parsed(STR("{\"name\":\"\",\"jobType\":\"X\",\"timeoutSeconds\":0,\"color\":1,"
                              "\"retryPolicy\":{\"maxAttempts\":0,\"jitter\":1},\"tags\":[1,2]}"));
    struct faults faults = {.arena = &bench.arena};
    struct job job;
    assert_false(
        job_from_json(body, JOB_CREATE, NULL, &bench.defaults, &bench.arena, &job, &faults));
    static const char *const expected[] = {"color",
                                           "name",
                                           "jobType",
                                           "scheduleType",
                                           "timeoutSeconds",
                                           "jobConfiguration",
                                           "retryPolicy.maxAttempts",
                                           "retryPolicy.jitter",
                                           "tags[0]",
                                           "tags[1]"};
    assert_int_equal(faults.count, COUNT_OF(expected));
    for (size_t i = 0; i < faults.count; i++) assert_str(faults.items[i].field, expected[i]);
    json_decref(body);
    bench_close(&bench);
}

static void test_a_body_that_is_no_object_is_refused(void **state) {
    (void)state;
    struct bench bench = bench_open();
    static const char *const bodies[] = {"[]", "\"job\"", "7", "null", "true"};
    for (size_t i = 0; i < COUNT_OF(bodies); i++) {
        json_t *body = parsed(str_from_cstr(bodies[i]));
        struct faults faults = {.arena = &bench.arena};
        struct job job;
        assert_false(
            job_from_json(body, JOB_CREATE, NULL, &bench.defaults, &bench.arena, &job, &faults));
        assert_str(faults.items[0].message, "a job must be a JSON object");
        json_decref(body);
    }
    bench_close(&bench);
}

/* ---- limits ---------------------------------------------------------------------------------- */

/* {"field":"xxx…"} with `count` times `piece`. */
static struct str long_text(struct bench *bench, const char *field, const char *piece,
                            size_t count) {
    struct buf out = buf_with_max(0);
    buf_printf(&out, "{\"%s\":\"", field);
    for (size_t i = 0; i < count; i++) buf_put(&out, str_from_cstr(piece));
    buf_put(&out, STR("\"}"));
    struct str text = arena_copy(&bench->arena, buf_str(&out));
    buf_free(&out);
    return text;
}

static void test_lengths_count_code_points(void **state) {
    (void)state;
    struct bench bench = bench_open();
    struct job job = made(&bench, JOB_CREATE, NULL, long_text(&bench, "name", "\xE2\x82\xAC", 200));
    assert_int_equal(job.name.len, 600);
    check_fault(&bench, long_text(&bench, "name", "\xE2\x82\xAC", 201), STR("name"),
                STR("must be at most 200 characters, not 201"));
    job = made(&bench, JOB_CREATE, NULL, long_text(&bench, "description", "\\n", 2000));
    assert_int_equal(job.description.len, 2000);
    check_fault(&bench, long_text(&bench, "description", "x", 2001), STR("description"),
                STR("must be at most 2000 characters, not 2001"));
    check_fault(&bench, long_text(&bench, "scheduleExpression", "*", 257),
                STR("scheduleExpression"), STR("must be at most 256 characters, not 257"));
    check_fault(&bench, long_text(&bench, "timezone", "x", 65), STR("timezone"),
                STR("must be at most 64 characters, not 65"));
    check_fault(&bench, long_text(&bench, "queue", "x", 51), STR("queue"),
                STR("must be 1 to 50 letters, digits, hyphens or underscores"));
    check_fault(&bench, long_text(&bench, "createdBy", "x", 255), STR("createdBy"),
                STR("must be at most 254 characters, not 255"));
    bench_close(&bench);
}

static void test_lists_have_limits(void **state) {
    (void)state;
    struct bench bench = bench_open();
    struct buf out = buf_with_max(0);
    for (size_t count = 50; count <= 51; count++) {
        buf_reset(&out);
        buf_put(&out, STR("{\"tags\":["));
        for (size_t i = 0; i < count; i++) buf_printf(&out, "%s\"t%zu\"", i > 0 ? "," : "", i);
        buf_put(&out, STR("]}"));
        if (count == 50)
            (void)made(&bench, JOB_CREATE, NULL, buf_str(&out));
        else
            check_fault(&bench, buf_str(&out), STR("tags"),
                        STR("must hold at most 50 tags, not 51"));
    }
    buf_reset(&out);
    buf_put(&out, STR("{\"exclusions\":{\"excludedDates\":["));
    for (size_t i = 0; i < 1001; i++) buf_printf(&out, "%s\"2027-01-01\"", i > 0 ? "," : "");
    buf_put(&out, STR("]}}"));
    check_fault(&bench, buf_str(&out), STR("exclusions.excludedDates"),
                STR("must hold at most 1000 dates"));
    buf_reset(&out);
    buf_put(&out, STR("{\"retryPolicy\":{\"retryOnStatusCodes\":["));
    for (size_t i = 0; i < 51; i++) buf_printf(&out, "%s503", i > 0 ? "," : "");
    buf_put(&out, STR("]}}"));
    check_fault(&bench, buf_str(&out), STR("retryPolicy.retryOnStatusCodes"),
                STR("must hold at most 50 status codes"));
    buf_free(&out);
    bench_close(&bench);
}

static void test_a_configuration_has_a_limit(void **state) {
    (void)state;
    struct bench bench = bench_open();
    struct buf out = buf_with_max(0);
    buf_put(&out, STR("{\"jobConfiguration\":{\"url\":\"https://example.com/\",\"body\":\""));
    for (size_t i = 0; i < 256 * 1024; i++) buf_put_char(&out, 'x');
    buf_put(&out, STR("\"}}"));
    check_fault(&bench, buf_str(&out), STR("jobConfiguration"),
                STR("must be at most 262144 bytes, not 262184"));
    buf_free(&out);
    bench_close(&bench);
}

/* ---- what is taken --------------------------------------------------------------------------- */

static void test_a_new_job_has_the_defaults(void **state) {
    (void)state;
    struct bench bench = bench_open();
    struct job job = made(&bench, JOB_CREATE, NULL, STR("{}"));
    assert_int_equal(job.type, JOB_HTTP_CALL);
    assert_int_equal(job.schedule_type, SCHEDULE_CRON);
    assert_str(job.timezone, "UTC");
    assert_str(job.queue, "default");
    assert_str(job.tags, "[]");
    assert_str(job.created_by, "ada@example.com");
    assert_int_equal(job.timeout_seconds, 300);
    assert_int_equal(job.revision, 1);
    assert_int_equal(job.concurrency_policy, CONCURRENCY_ALLOW);
    assert_int_equal(job.misfire_policy, MISFIRE_FIRE_ONCE);
    assert_true(job.is_enabled);
    assert_false(job.is_paused);
    assert_true(str_is_absent(job.description));
    assert_true(str_is_absent(job.exclusions));
    assert_str(job.retry_policy, "{\"maxAttempts\":3,\"delaySeconds\":60,\"backoff\":\"Fixed\","
                                 "\"maxDelaySeconds\":3600,\"jitter\":true,"
                                 "\"retryOnStatusCodes\":[],\"retryOnErrorTypes\":[]}");
    bench_close(&bench);
}

static void test_enumerations_come_as_names_in_any_case_or_numbers(void **state) {
    (void)state;
    struct bench bench = bench_open();
    struct job job =
        made(&bench, JOB_CREATE, NULL,
             STR("{\"jobType\":3,\"scheduleType\":\"INTERVAL\",\"scheduleExpression\":\"\","
                 "\"intervalSeconds\":60.0,\"intervalMode\":\"fixeddelay\",\"runAt\":null,"
                 "\"concurrencyPolicy\":4,\"misfirePolicy\":\"skip\","
                 "\"dstPolicy\":{\"gap\":\"shift\",\"overlap\":4}}"));
    assert_int_equal(job.type, JOB_CODE_EXECUTION);
    assert_int_equal(job.schedule_type, SCHEDULE_INTERVAL);
    assert_int_equal(job.interval_seconds, 60);
    assert_int_equal(job.interval_mode, INTERVAL_FIXED_DELAY);
    assert_int_equal(job.concurrency_policy, CONCURRENCY_REPLACE);
    assert_int_equal(job.misfire_policy, MISFIRE_SKIP);
    assert_int_equal(job.gap_policy, GAP_SHIFT);
    assert_int_equal(job.overlap_policy, OVERLAP_BOTH);
    bench_close(&bench);
}

static void test_what_says_nothing_is_taken_for_other_schedule_types(void **state) {
    (void)state;
    struct bench bench = bench_open();
    (void)made(&bench, JOB_CREATE, NULL,
               STR("{\"intervalSeconds\":0,\"intervalMode\":\"FixedRate\",\"runAt\":\"\"}"));
    (void)made(&bench, JOB_CREATE, NULL,
               STR("{\"intervalMode\":1,\"runAt\":\"0001-01-01T00:00:00\"}"));
    (void)made(&bench, JOB_CREATE, NULL,
               STR("{\"scheduleType\":3,\"scheduleExpression\":\" \",\"intervalSeconds\":0,"
                   "\"runAt\":\"2027-01-01T01:00:00+01:00\"}"));
    bench_close(&bench);
}

static void test_tags_are_kept_once_in_their_order(void **state) {
    (void)state;
    struct bench bench = bench_open();
    struct job job =
        made(&bench, JOB_CREATE, NULL, STR("{\"tags\":[\"b\",\"a\",\"b\",\"\\\"q\\\"\",\"A\"]}"));
    assert_str(job.tags, "[\"b\",\"a\",\"\\\"q\\\"\",\"A\"]");
    bench_close(&bench);
}

static void test_exclusions_are_kept_sorted_and_with_full_names(void **state) {
    (void)state;
    struct bench bench = bench_open();
    struct job job = made(
        &bench, JOB_CREATE, NULL,
        STR("{\"exclusions\":{\"excludedDates\":[\"2026-12-26\",\"2026-12-25\",\"2026-12-26\"],"
            "\"excludedDaysOfWeek\":[6,\"sunday\"],"
            "\"timeRange\":{\"start\":\"22:00\",\"end\":\"06:00\"}}}"));
    assert_str(job.exclusions, "{\"excludedDates\":[\"2026-12-25\",\"2026-12-26\"],"
                               "\"excludedDaysOfWeek\":[\"Sunday\",\"Saturday\"],"
                               "\"timeRange\":{\"start\":\"22:00\",\"end\":\"06:00\"}}");
    /* An empty object takes them away. */
    job = made(&bench, JOB_REPLACE, &job, STR("{\"exclusions\":{}}"));
    assert_true(str_is_absent(job.exclusions));
    bench_close(&bench);
}

static void test_a_default_queue_that_is_not_configured_gives_way(void **state) {
    (void)state;
    struct bench bench = bench_open();
    static const struct str queues[] = {STR_INIT("fast"), STR_INIT("slow")};
    bench.defaults.queues = queues;
    bench.defaults.queue_count = COUNT_OF(queues);
    assert_str(made(&bench, JOB_CREATE, NULL, STR("{}")).queue, "fast");
    bench_close(&bench);
}

/* ---- round trips ----------------------------------------------------------------------------- */

static const char *const round_trips[] = {
    "{}",
    "{\"description\":\"one\\ntwo \\u00e9 "
    "\\\"three\\\"\",\"tags\":[\"a\",\"b\"],\"isPaused\":true}",
    "{\"scheduleType\":\"Interval\",\"scheduleExpression\":null,\"intervalSeconds\":90,"
    "\"intervalMode\":\"FixedDelay\",\"startAt\":\"2026-07-01T02:00:00+02:00\",\"maxRuns\":7}",
    "{\"scheduleType\":\"OneTime\",\"scheduleExpression\":null,"
    "\"runAt\":\"2027-01-01T00:00:00.123987Z\"}",
    "{\"timezone\":\"Europe/Berlin\",\"startAt\":\"2026-07-01T00:00:00Z\","
    "\"endAt\":\"2027-07-01T00:00:00Z\",\"jitterSeconds\":30,\"queue\":\"critical\","
    "\"concurrencyPolicy\":\"Queue\",\"misfirePolicy\":\"FireAll\","
    "\"dstPolicy\":{\"gap\":\"Skip\",\"overlap\":\"Last\"},\"isEnabled\":false,"
    "\"exclusions\":{\"excludedDaysOfWeek\":[\"Monday\"]},"
    "\"retryPolicy\":{\"maxAttempts\":5,\"backoff\":\"Exponential\",\"jitter\":false,"
    "\"retryOnStatusCodes\":[503,502],\"retryOnErrorTypes\":[\"Timeout\",\"HttpStatus\"]}}",
    "{\"jobConfiguration\":{\"url\":\"https://example.com/a:b\",\"signingSecret\":\"s3cret\","
    "\"headers\":{\"Authorization\":\"Bearer {{Secret.API}}\",\"X-Api-Key\":\"k\"},"
    "\"nested\":[{\"password\":[1,2]},{\"note\":\"plain\"}]}}",
};

/* What an answer shows can be sent back by PUT and changes nothing. */
static void test_an_answer_can_be_sent_back(void **state) {
    (void)state;
    struct bench bench = bench_open();
    for (size_t i = 0; i < COUNT_OF(round_trips); i++) {
        struct job job = made(&bench, JOB_CREATE, NULL, str_from_cstr(round_trips[i]));
        struct str text = shown(&bench, &job);
        struct job again = made(&bench, JOB_REPLACE, &job, text);
        assert_str(shown(&bench, &again), text.ptr);
        assert_str(again.configuration, job.configuration.ptr);
        assert_true(utc_equal(again.run_at, job.run_at));
    }
    bench_close(&bench);
}

/* An export makes the same job elsewhere, when its secrets are references. */
static void test_an_export_can_be_imported(void **state) {
    (void)state;
    struct bench bench = bench_open();
    for (size_t i = 0; i + 1 < COUNT_OF(round_trips); i++) {
        struct job job = made(&bench, JOB_CREATE, NULL, str_from_cstr(round_trips[i]));
        job.created_by = STR("grace@example.com");
        json_t *body = parsed(shown(&bench, &job));
        struct faults faults = {.arena = &bench.arena};
        struct job other;
        assert_true(
            job_from_json(body, JOB_IMPORT, NULL, &bench.defaults, &bench.arena, &other, &faults));
        json_decref(body);
        other.id = job.id;
        other.created_at = job.created_at;
        other.updated_at = job.updated_at;
        assert_str(shown(&bench, &other), shown(&bench, &job).ptr);
    }
    bench_close(&bench);
}

static void test_the_answer_is_in_the_order_of_the_specification(void **state) {
    (void)state;
    struct bench bench = bench_open();
    struct job job = made(&bench, JOB_CREATE, NULL, STR("{}"));
    assert_true(guid_parse(STR("0190f0f0-1111-7222-8333-444455556666"), &job.id));
    job.next_run_at = at("2026-06-16T02:30:00Z");
    job.last_execution_status = EXECUTION_SUCCEEDED;
    assert_str(
        shown(&bench, &job),
        "{\"id\":\"0190f0f0-1111-7222-8333-444455556666\",\"name\":\"Nightly report\","
        "\"description\":null,\"jobType\":\"HttpCall\",\"scheduleType\":\"Cron\","
        "\"scheduleExpression\":\"30 2 * * *\",\"intervalSeconds\":null,\"intervalMode\":null,"
        "\"runAt\":null,\"timezone\":\"UTC\",\"startAt\":null,\"endAt\":null,\"maxRuns\":0,"
        "\"jitterSeconds\":0,\"jobConfiguration\":{\"url\":\"https://example.com/\"},"
        "\"retryPolicy\":{\"maxAttempts\":3,\"delaySeconds\":60,\"backoff\":\"Fixed\","
        "\"maxDelaySeconds\":3600,\"jitter\":true,\"retryOnStatusCodes\":[],"
        "\"retryOnErrorTypes\":[]},\"timeoutSeconds\":300,\"queue\":\"default\","
        "\"concurrencyPolicy\":\"Allow\",\"misfirePolicy\":\"FireOnce\","
        "\"dstPolicy\":{\"gap\":\"RunAfter\",\"overlap\":\"Auto\"},\"isEnabled\":true,"
        "\"isPaused\":false,\"pausedUntil\":null,\"isDeleted\":false,\"tags\":[],"
        "\"exclusions\":null,\"retention\":null,\"watches\":null,\"dependencies\":null,"
        "\"concurrencyGroup\":null,\"concurrencyGroupLimit\":null,\"currentStatus\":\"Active\","
        "\"nextRunAt\":\"2026-06-16T02:30:00.000Z\",\"lastExecutedAt\":null,"
        "\"lastExecutionStatus\":\"Succeeded\",\"consecutiveFailures\":0,"
        "\"createdBy\":\"ada@example.com\",\"lastModifiedBy\":null,"
        "\"createdAt\":\"2026-06-15T12:00:00.000Z\",\"updatedAt\":\"2026-06-15T12:00:00.000Z\"}");
    bench_close(&bench);
}

static void test_an_answer_is_json_whatever_the_texts_hold(void **state) {
    (void)state;
    struct bench bench = bench_open();
    struct job job =
        made(&bench, JOB_CREATE, NULL, STR("{\"name\":\"<b>\\\"\\\\ \\u20ac \\ud83d\\ude00\"}"));
    json_t *read = parsed(shown(&bench, &job));
    assert_string_equal(json_string_value(json_object_get(read, "name")),
                        "<b>\"\\ \xE2\x82\xAC \xF0\x9F\x98\x80");
    json_decref(read);
    bench_close(&bench);
}

/* ---- dependencies and groups ---- */

static void test_dependencies_and_group_come_and_go(void **state) {
    (void)state;
    struct bench bench = bench_open();
    struct job job = made(
        &bench, JOB_CREATE, NULL,
        STR("{\"dependencies\":{\"dependsOnJobIds\":[\"0190AAAA-0000-7000-8000-000000000000\"],"
            "\"condition\":\"allcompleted\"},\"concurrencyGroup\":\"the ERP\","
            "\"concurrencyGroupLimit\":3}"));
    assert_str(job.dependencies, "{\"dependsOnJobIds\":[\"0190aaaa-0000-7000-8000-000000000000\"],"
                                 "\"condition\":\"AllCompleted\"}");
    assert_str(job.concurrency_group, "the ERP");
    assert_int_equal(job.concurrency_group_limit, 3);
    struct job kept = made(&bench, JOB_REPLACE, &job, STR("{\"concurrencyGroupLimit\":5}"));
    assert_str(kept.dependencies, job.dependencies.ptr);
    assert_str(kept.concurrency_group, "the ERP");
    assert_int_equal(kept.concurrency_group_limit, 5);
    struct job renamed = made(&bench, JOB_REPLACE, &job, STR("{\"concurrencyGroup\":\"x\"}"));
    assert_int_equal(renamed.concurrency_group_limit, 3);
    struct job left = made(&bench, JOB_REPLACE, &job,
                           STR("{\"concurrencyGroup\":\"\",\"concurrencyGroupLimit\":0,"
                               "\"dependencies\":{}}"));
    assert_true(str_is_absent(left.dependencies));
    assert_true(str_is_absent(left.concurrency_group));
    assert_int_equal(left.concurrency_group_limit, 0);
    left = made(&bench, JOB_REPLACE, &job, STR("{\"dependencies\":[]}"));
    assert_true(str_is_absent(left.dependencies));
    bench_close(&bench);
}

/* ---- changes --------------------------------------------------------------------------------- */

static void test_fields_left_out_stay_and_null_is_left_out(void **state) {
    (void)state;
    struct bench bench = bench_open();
    struct job job = made(&bench, JOB_CREATE, NULL,
                          STR("{\"description\":\"d\",\"retryPolicy\":{\"maxAttempts\":9},"
                              "\"endAt\":\"2027-01-01T00:00:00Z\"}"));
    struct job changed = made(&bench, JOB_REPLACE, &job,
                              STR("{\"name\":\"Other\",\"description\":null,\"endAt\":null,"
                                  "\"retryPolicy\":{\"delaySeconds\":5},\"createdBy\":\"eve\"}"));
    assert_str(changed.name, "Other");
    assert_str(changed.description, "d");
    assert_true(utc_equal(changed.end_at, job.end_at));
    assert_str(changed.created_by, "ada@example.com");
    struct retry_policy policy;
    assert_true(retry_policy_parse(changed.retry_policy, &policy, NULL));
    assert_int_equal(policy.max_attempts, 9);
    assert_int_equal(policy.delay_seconds, 5);
    /* The empty string takes away. */
    changed = made(&bench, JOB_REPLACE, &job, STR("{\"description\":\"\",\"endAt\":\"\"}"));
    assert_true(str_is_absent(changed.description));
    assert_true(utc_is_none(changed.end_at));
    bench_close(&bench);
}

static void test_another_schedule_type_drops_the_old_fields(void **state) {
    (void)state;
    struct bench bench = bench_open();
    struct job job = made(&bench, JOB_CREATE, NULL, STR("{}"));
    struct job changed = made(&bench, JOB_REPLACE, &job,
                              STR("{\"scheduleType\":\"Interval\",\"intervalSeconds\":60}"));
    assert_true(str_is_absent(changed.schedule_expression));
    assert_int_equal(changed.interval_seconds, 60);
    changed = made(&bench, JOB_REPLACE, &changed,
                   STR("{\"scheduleType\":\"OneTime\",\"runAt\":\"2027-01-01T00:00:00Z\"}"));
    assert_int_equal(changed.interval_seconds, 0);
    bench_close(&bench);
}

/* What was good when it was written must not stand in the way of a later change. */
static void test_an_old_definition_stays_writable(void **state) {
    (void)state;
    struct bench bench = bench_open();
    struct job job =
        made(&bench, JOB_CREATE, NULL,
             STR("{\"scheduleExpression\":\"0 0 0 1 12 * 2026\",\"queue\":\"background\"}"));
    bench.defaults.now = at("2027-02-01T00:00:00Z");
    bench.defaults.queue_count = 2; // background is gone
    json_t *all = parsed(shown(&bench, &job));
    json_object_set_new(all, "name", json_string("Renamed"));
    struct faults faults = {.arena = &bench.arena};
    struct job changed;
    assert_true(
        job_from_json(all, JOB_REPLACE, &job, &bench.defaults, &bench.arena, &changed, &faults));
    assert_str(changed.name, "Renamed");
    json_decref(all);
    bench_close(&bench);
}

static struct faults faults_of_change(struct bench *bench, const struct job *base,
                                      struct str patch) {
    json_t *body = parsed(patch);
    struct faults faults = {.arena = &bench->arena};
    struct job job;
    assert_false(
        job_from_json(body, JOB_REPLACE, base, &bench->defaults, &bench->arena, &job, &faults));
    json_decref(body);
    return faults;
}

static void test_a_stored_configuration_must_suit_a_new_job_type(void **state) {
    (void)state;
    struct bench bench = bench_open();
    struct job job = made(&bench, JOB_CREATE, NULL,
                          STR("{\"jobType\":\"FileOperation\",\"jobConfiguration\":{}}"));
    struct faults faults = faults_of_change(&bench, &job, STR("{\"jobType\":\"HttpCall\"}"));
    assert_int_equal(faults.count, 1);
    assert_str(faults.items[0].field, "jobConfiguration.url");
    bench_close(&bench);
}

static void test_masked_secrets_keep_their_value(void **state) {
    (void)state;
    struct bench bench = bench_open();
    struct job job = made(
        &bench, JOB_CREATE, NULL,
        STR("{\"jobConfiguration\":{\"url\":\"https://example.com/a\",\"signingSecret\":\"one\","
            "\"headers\":{\"Authorization\":\"two\"}}}"));
    struct job changed = made(
        &bench, JOB_REPLACE, &job,
        STR("{\"jobConfiguration\":{\"url\":\"https://example.com/b\",\"signingSecret\":\"***\","
            "\"headers\":{\"Authorization\":\"new\"}}}"));
    assert_str(changed.configuration,
               "{\"url\":\"https://example.com/b\",\"signingSecret\":\"one\","
               "\"headers\":{\"Authorization\":\"new\"}}");
    /* But not for another target, to which they would be handed over. */
    struct faults faults = faults_of_change(
        &bench, &job,
        STR("{\"jobConfiguration\":{\"url\":\"https://evil.example/a\",\"signingSecret\":\"***\","
            "\"headers\":{\"Authorization\":\"***\"}}}"));
    assert_int_equal(faults.count, 2);
    assert_str(faults.items[0].field, "jobConfiguration.signingSecret");
    bench_close(&bench);
}

static void test_an_import_that_replaces_keeps_who_the_job_is(void **state) {
    (void)state;
    struct bench bench = bench_open();
    struct job job = made(&bench, JOB_CREATE, NULL, STR("{\"description\":\"old\"}"));
    job.row = 7;
    job.revision = 4;
    job.run_count = 12;
    struct job changed = made(&bench, JOB_IMPORT, &job,
                              STR("{\"isPaused\":true,\"pausedUntil\":"
                                  "\"2026-07-01T00:00:00Z\"}"));
    assert_int_equal(changed.row, 7);
    assert_int_equal(changed.revision, 4);
    assert_int_equal(changed.run_count, 12);
    assert_true(guid_equal(changed.id, job.id));
    assert_true(str_is_absent(changed.description)); // a whole definition, not a patch
    assert_true(utc_equal(changed.paused_until, at("2026-07-01T00:00:00Z")));
    bench_close(&bench);
}

/* ---- reschedule ------------------------------------------------------------------------------ */

static bool reschedule(struct bench *bench, const struct job *base, struct str text,
                       struct job *ret, struct faults *faults) {
    json_t *body = parsed(text);
    *faults = (struct faults){.arena = &bench->arena};
    bool good = job_reschedule_from_json(body, base, &bench->defaults, &bench->arena, ret, faults);
    json_decref(body);
    return good;
}

static void test_reschedule_changes_the_schedule_alone(void **state) {
    (void)state;
    struct bench bench = bench_open();
    struct job job = made(&bench, JOB_CREATE, NULL, STR("{}")), changed;
    struct faults faults;
    assert_true(reschedule(&bench, &job,
                           STR("{\"scheduleType\":2,\"intervalSeconds\":30,"
                               "\"timezone\":\"Asia/Tokyo\",\"scheduleExpression\":\"\","
                               "\"effectiveFrom\":\"2026-08-01T00:00:00Z\"}"),
                           &changed, &faults));
    assert_int_equal(changed.schedule_type, SCHEDULE_INTERVAL);
    assert_int_equal(changed.interval_seconds, 30);
    assert_str(changed.timezone, "Asia/Tokyo");
    assert_true(utc_equal(changed.start_at, at("2026-08-01T00:00:00Z")));
    assert_str(changed.name, "Nightly report");
    bench_close(&bench);
}

static void test_reschedule_refuses_other_fields_and_nothing_at_all(void **state) {
    (void)state;
    struct bench bench = bench_open();
    struct job job = made(&bench, JOB_CREATE, NULL, STR("{}")), changed;
    struct faults faults;
    assert_false(reschedule(&bench, &job, STR("{\"name\":\"x\"}"), &changed, &faults));
    assert_int_equal(faults.count, 2);
    assert_str(faults.items[0].field, "name");
    assert_false(reschedule(&bench, &job, STR("{\"runAt\":null}"), &changed, &faults));
    assert_int_equal(faults.count, 1);
    assert_false(reschedule(&bench, &job, STR("[1]"), &changed, &faults));
    assert_false(reschedule(&bench, &job, STR("{\"scheduleExpression\":\"61 * * * *\"}"), &changed,
                            &faults));
    assert_str(faults.items[0].message, "character 1: the minute must be 0 to 59, not 61");
    bench_close(&bench);
}
