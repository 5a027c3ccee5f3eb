/* fuzz_job_json - a body as JOB_CREATE, as JOB_REPLACE of a job with secrets, as a reschedule.
 *
 * Whatever comes in: either there is a fault, or the job can be shown, what is shown is JSON, and
 * it can be sent back without changing anything. A fault names no more than it should: its texts
 * are UTF-8 and short. */
#include "base/json_read.h"
#include "model/audit_diff.h"
#include "model/job_json.h"
#include "model/job_schedule.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LONGEST_FAULT = 1024 };

static struct zone_cache *zones;

static struct job_defaults defaults_of_test(void) {
    static const struct str queues[] = {STR_INIT("default"), STR_INIT("critical")};
    if (zones == NULL) zones = zone_cache_new(STR("/usr/share/zoneinfo"));
    return (struct job_defaults){
        .zones = zones,
        .queues = queues,
        .queue_count = COUNT_OF(queues),
        .timeout_seconds = 300,
        .retry = retry_policy_default(),
        .created_by = STR("ada@example.com"),
        .now = utc_from_seconds(1781524800),
    };
}

static void check_faults(const struct faults *faults) {
    assert(faults->count > 0);
    for (size_t i = 0; i < faults->count; i++) {
        assert(str_is_utf8(faults->items[i].field) && str_is_utf8(faults->items[i].message));
        assert(faults->items[i].message.len > 0 && faults->items[i].message.len < LONGEST_FAULT);
    }
}

static struct str shown(struct arena *arena, const struct job *job) {
    struct buf out = buf_with_max(0);
    struct json_writer w = json_writer(&out);
    job_to_json(&w, job);
    struct str text = arena_copy(arena, buf_str(&out));
    buf_free(&out);
    return text;
}

static void check_round_trip(struct arena *arena, const struct job_defaults *defaults,
                             const struct job *job) {
    struct str text = shown(arena, job);
    struct err err = ERR_INIT;
    json_t *body = json_read(text, &err);
    assert(body != NULL);
    struct faults faults = {.arena = arena};
    struct job again;
    bool good = job_from_json(body, JOB_REPLACE, job, defaults, arena, &again, &faults);
    assert(good);
    assert(str_equal(shown(arena, &again), text));
    assert(str_is_absent(audit_diff(arena, job, &again).after));
    json_decref(body);
}

static void check_plan(const struct job_defaults *defaults, struct job *job) {
    job->id = (struct guid){{1, 2, 3}};
    job->created_at = job->updated_at = defaults->now;
    struct err err = ERR_INIT;
    if (!job_plan_first(job, zones, defaults->now, &err)) return; // an H that falls nowhere
    assert(utc_before(job->schedule_from, job->next_run_at));
    assert(!utc_before(job->wake_at, defaults->now));
}

static struct job stored_job(struct arena *arena, const struct job_defaults *defaults) {
    json_t *body =
        json_pack("{s:s,s:s,s:s,s:s,s:{s:s,s:s}}", "name", "n", "jobType", "HttpCall",
                  "scheduleType", "Cron", "scheduleExpression", "H 2 * * *", "jobConfiguration",
                  "url", "https://example.com/", "signingSecret", "s3cret");
    struct faults faults = {.arena = arena};
    struct job job;
    bool good = job_from_json(body, JOB_CREATE, NULL, defaults, arena, &job, &faults);
    assert(good);
    json_decref(body);
    return job;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct err err = ERR_INIT;
    json_t *body = json_read((struct str){(const char *)data, size}, &err);
    if (body == NULL) return 0;
    struct arena arena = {0};
    struct job_defaults defaults = defaults_of_test();
    struct job base = stored_job(&arena, &defaults), job;
    struct faults faults[4];
    for (size_t i = 0; i < COUNT_OF(faults); i++) faults[i] = (struct faults){.arena = &arena};

    if (job_from_json(body, JOB_CREATE, NULL, &defaults, &arena, &job, &faults[0])) {
        check_plan(&defaults, &job);
        check_round_trip(&arena, &defaults, &job);
    } else {
        check_faults(&faults[0]);
    }
    if (job_from_json(body, JOB_REPLACE, &base, &defaults, &arena, &job, &faults[1]))
        check_round_trip(&arena, &defaults, &job);
    else
        check_faults(&faults[1]);
    if (job_from_json(body, JOB_IMPORT, &base, &defaults, &arena, &job, &faults[2]))
        check_round_trip(&arena, &defaults, &job);
    else
        check_faults(&faults[2]);
    if (!job_reschedule_from_json(body, &base, &defaults, &arena, &job, &faults[3]))
        check_faults(&faults[3]);
    json_decref(body);
    arena_free(&arena);
    return 0;
}
