/* good_job.h - a job that every rule is content with, for tests that change one thing about it.
 *
 *     struct bench bench = bench_open();
 *     json_t *body = good_body("{\"name\":\"\"}");          // the good one with fields replaced
 *     ...
 *     bench_close(&bench);
 *
 *   Owns: the bench owns zones and arena.   Threads: one.   Errors: a failed assertion.
 */
#ifndef ALPHABET_TESTS_MODEL_GOOD_JOB_H
#define ALPHABET_TESTS_MODEL_GOOD_JOB_H

#include "base/json_read.h"
#include "model/job_json.h"
#include "model/job_schedule.h"

#include <stdlib.h>
#include <string.h>

static const struct str bench_queues[] = {STR_INIT("critical"), STR_INIT("default"),
                                          STR_INIT("background")};

/* Stands for the handlers: an HttpCall needs a url; nothing else is asked. */
static UNUSED void bench_check(void *context, enum job_type type, const json_t *configuration,
                               struct faults *faults) {
    (void)context;
    if (type == JOB_HTTP_CALL && !json_is_string(json_object_get(configuration, "url")))
        faults_add(faults, STR("jobConfiguration.url"), "is required");
}

struct bench {
    struct arena arena;
    struct zone_cache *zones;
    struct job_defaults defaults;
    struct utc now;
};

static UNUSED struct utc at(const char *text) {
    struct utc t;
    assert_true(utc_parse(str_from_cstr(text), &t));
    return t;
}

static UNUSED struct bench bench_open(void) {
    struct bench bench = {
        .zones = zone_cache_new(STR("/usr/share/zoneinfo")),
        .now = at("2026-06-15T12:00:00Z"),
    };
    bench.defaults = (struct job_defaults){
        .zones = bench.zones,
        .queues = bench_queues,
        .queue_count = COUNT_OF(bench_queues),
        .timeout_seconds = 300,
        .retry = retry_policy_default(),
        .created_by = STR("ada@example.com"),
        .now = bench.now,
        .check_configuration = bench_check,
    };
    return bench;
}

static UNUSED void bench_close(struct bench *bench) {
    zone_cache_free(bench->zones);
    arena_free(&bench->arena);
}

static UNUSED json_t *parsed(struct str text) {
    struct err err = ERR_INIT;
    json_t *root = json_read(text, &err);
    if (root == NULL) fail_msg("%.*s: %s", STR_ARG(text), err.msg);
    return root;
}

static UNUSED json_t *good_body(struct str patch) {
    json_t *body = parsed(STR("{\"name\":\"Nightly report\",\"jobType\":\"HttpCall\","
                              "\"scheduleType\":\"Cron\",\"scheduleExpression\":\"30 2 * * *\","
                              "\"jobConfiguration\":{\"url\":\"https://example.com/\"}}"));
    json_t *changes = parsed(patch);
    assert_int_equal(json_object_update(body, changes), 0);
    json_decref(changes);
    return body;
}

/* The job that a body makes; the test fails with the first fault when it makes none. */
static UNUSED struct job made(struct bench *bench, enum job_body kind, const struct job *base,
                              struct str patch) {
    json_t *body = kind == JOB_REPLACE ? parsed(patch) : good_body(patch);
    struct faults faults = {.arena = &bench->arena};
    struct job job = {0};
    if (!job_from_json(body, kind, base, &bench->defaults, &bench->arena, &job, &faults))
        fail_msg("%.*s: %.*s %.*s", STR_ARG(patch), STR_ARG(faults.items[0].field),
                 STR_ARG(faults.items[0].message));
    json_decref(body);
    if (base == NULL) {
        job.id = guid_new(bench->now);
        job.created_at = job.updated_at = bench->now;
    }
    return job;
}

static UNUSED struct str shown(struct bench *bench, const struct job *job) {
    struct buf out = buf_with_max(0);
    struct json_writer w = json_writer(&out);
    job_to_json(&w, job);
    struct str text = arena_copy(&bench->arena, buf_str(&out));
    buf_free(&out);
    return text;
}

static UNUSED void assert_str(struct str actual, const char *expected) {
    struct str wanted = str_from_cstr(expected);
    if (!str_equal(actual, wanted))
        fail_msg("got \"%.*s\", expected \"%s\"", STR_ARG(actual), expected);
}

#endif
