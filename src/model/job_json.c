/* job_json.c - a job from JSON; see job_json.h. The way out is in job_to_json.c.
 *
 * Every part of the body is read by a function of its own that adds its faults and goes on, so that
 * one answer names them all. What two fields must agree on is checked behind, by check_together,
 * and only where both could be read.
 *
 * A definition that was good when it was written must stay writable: what rests on the time or on
 * the settings (a year that has gone by, a queue that is no longer configured) is checked only when
 * that field changes.
 */
#include "model/job_json.h"

#include "base/bounds.h"
#include "base/json_read.h"
#include "model/dependencies.h"
#include "model/exclusions.h"
#include "model/fields.h"
#include "model/job_configuration.h"
#include "model/job_schedule.h"
#include "model/retention.h"
#include "model/watches.h"

struct reader {
    struct fields fields;
    enum job_body kind;
    const struct job *base; // NULL = a new job
    const struct job_defaults *defaults;
    struct arena *arena;
    struct job job; // what has been read so far
};

static const struct str known_fields[] = {
    STR_INIT("name"),
    STR_INIT("description"),
    STR_INIT("jobType"),
    STR_INIT("scheduleType"),
    STR_INIT("scheduleExpression"),
    STR_INIT("intervalSeconds"),
    STR_INIT("intervalMode"),
    STR_INIT("runAt"),
    STR_INIT("timezone"),
    STR_INIT("startAt"),
    STR_INIT("endAt"),
    STR_INIT("maxRuns"),
    STR_INIT("jitterSeconds"),
    STR_INIT("jobConfiguration"),
    STR_INIT("retryPolicy"),
    STR_INIT("timeoutSeconds"),
    STR_INIT("queue"),
    STR_INIT("concurrencyPolicy"),
    STR_INIT("misfirePolicy"),
    STR_INIT("dstPolicy"),
    STR_INIT("isEnabled"),
    STR_INIT("isPaused"),
    STR_INIT("tags"),
    STR_INIT("exclusions"),
    STR_INIT("retention"),
    STR_INIT("watches"),
    STR_INIT("dependencies"),
    STR_INIT("concurrencyGroup"),
    STR_INIT("concurrencyGroupLimit"),
    STR_INIT("createdBy"),
    /* What an answer carries and nobody may set: */
    STR_INIT("id"),
    STR_INIT("pausedUntil"),
    STR_INIT("isDeleted"),
    STR_INIT("currentStatus"),
    STR_INIT("nextRunAt"),
    STR_INIT("lastExecutedAt"),
    STR_INIT("lastExecutionStatus"),
    STR_INIT("consecutiveFailures"),
    STR_INIT("lastModifiedBy"),
    STR_INIT("createdAt"),
    STR_INIT("updatedAt"),
};

static struct str keep(const struct reader *reader, struct str text) {
    return arena_copy(reader->arena, text);
}

static size_t fault_count(const struct faults *faults) {
    return faults->count + faults->more;
}

/* True when the field is there; else, when the job has no value for it yet, a fault. */
static bool require(const struct reader *reader, struct str name, bool has_value) {
    if (fields_has(&reader->fields, name)) return true;
    if (!has_value) fields_fault(&reader->fields, name, "is required");
    return false;
}

/* ---- names and texts ------------------------------------------------------------------------- */

static void read_names(struct reader *reader) {
    const struct fields *fields = &reader->fields;
    struct job *job = &reader->job;
    struct str text;
    if (require(reader, STR("name"), job->name.len > 0) &&
        fields_str(fields, STR("name"), TEXT_LINE, 1, MAX_NAME, &text))
        job->name = keep(reader, text);
    if (fields_str(fields, STR("description"), TEXT_PAGE, 0, MAX_DESCRIPTION, &text))
        job->description = text.len > 0 ? keep(reader, text) : STR_NONE;
    if (reader->kind != JOB_REPLACE &&
        fields_str(fields, STR("createdBy"), TEXT_LINE, 0, MAX_EMAIL, &text) && text.len > 0)
        job->created_by = keep(reader, text);
}

static bool list_holds(const struct str *list, size_t count, struct str text) {
    for (size_t i = 0; i < count; i++)
        if (str_equal(list[i], text)) return true;
    return false;
}

/* The tags, each once, in the order given. False when there is a fault. */
static bool collect_tags(const struct reader *reader, const json_t *array, struct str *tags,
                         size_t *ret_count) {
    const struct fields *fields = &reader->fields;
    size_t before = fault_count(fields->faults), count = 0;
    for (size_t i = 0; i < json_array_size(array); i++) {
        struct str name = arena_printf(fields->faults->arena, "tags[%zu]", i);
        /* A list is read like an object with one field, to have one set of rules and messages. */
        json_t *item = json_pack("{s:O}", "tag", json_array_get(array, i));
        struct faults own = {.arena = fields->faults->arena};
        struct fields one = {.object = item, .faults = &own};
        struct str tag = STR_NONE;
        if (json_is_null(json_array_get(array, i)))
            faults_add(fields->faults, name, "must be a string");
        else if (!fields_str(&one, STR("tag"), TEXT_LINE, 1, MAX_TAG, &tag))
            faults_add(fields->faults, name, "%.*s", STR_ARG(own.items[0].message));
        else if (!list_holds(tags, count, tag))
            tags[count++] = keep(reader, tag);
        json_decref(item);
    }
    *ret_count = count;
    return fault_count(fields->faults) == before;
}

static void read_tags(struct reader *reader) {
    const json_t *array = fields_array(&reader->fields, STR("tags"));
    if (array == NULL) return;
    if (json_array_size(array) > MAX_TAGS) {
        fields_fault(&reader->fields, STR("tags"), "must hold at most %d tags, not %zu", MAX_TAGS,
                     json_array_size(array));
        return;
    }
    struct str tags[MAX_TAGS];
    size_t count;
    if (!collect_tags(reader, array, tags, &count)) return;
    struct buf out = buf_with_max(0);
    struct json_writer w = json_writer(&out);
    json_array_begin(&w);
    for (size_t i = 0; i < count; i++) json_str(&w, tags[i]);
    json_array_end(&w);
    reader->job.tags = keep(reader, buf_str(&out));
    buf_free(&out);
}

static bool is_queue_name(struct str name) {
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!letter && !(c >= '0' && c <= '9') && c != '_' && c != '-') return false;
    }
    return name.len > 0 && name.len <= MAX_QUEUE_NAME;
}

static void fault_unknown_queue(const struct reader *reader, struct str name) {
    const struct job_defaults *defaults = reader->defaults;
    struct buf list = buf_with_max(256);
    for (size_t i = 0; i < defaults->queue_count; i++) {
        if (i > 0) buf_put(&list, STR(", "));
        buf_put(&list, defaults->queues[i]);
    }
    struct str names = buf_str(&list);
    fields_fault(&reader->fields, STR("queue"), "\"%.*s\" is not configured; the queues are %.*s",
                 STR_ARG(name), STR_ARG(names));
    buf_free(&list);
}

static void read_queue(struct reader *reader) {
    struct str name;
    if (!fields_str(&reader->fields, STR("queue"), TEXT_LINE, 0, 10 * MAX_QUEUE_NAME, &name) ||
        name.len == 0)
        return;
    bool unchanged = reader->base != NULL && str_equal(name, reader->base->queue);
    if (!is_queue_name(name))
        fields_fault(&reader->fields, STR("queue"),
                     "must be 1 to %d letters, digits, hyphens or underscores", MAX_QUEUE_NAME);
    else if (!unchanged &&
             !list_holds(reader->defaults->queues, reader->defaults->queue_count, name))
        fault_unknown_queue(reader, name);
    else
        reader->job.queue = keep(reader, name);
}

/* ---- numbers, choices, policies -------------------------------------------------------------- */

static void read_state(struct reader *reader) {
    const struct fields *fields = &reader->fields;
    struct job *job = &reader->job;
    (void)fields_bool(fields, STR("isEnabled"), &job->is_enabled);
    (void)fields_bool(fields, STR("isPaused"), &job->is_paused);
    if (reader->kind == JOB_IMPORT)
        (void)fields_utc(fields, STR("pausedUntil"), &job->paused_until);
    if (!job->is_paused) job->paused_until = UTC_NONE;
}

static void read_numbers(struct reader *reader) {
    const struct fields *fields = &reader->fields;
    struct job *job = &reader->job;
    (void)fields_i64(fields, STR("maxRuns"), 0, MAX_RUNS, &job->max_runs);
    (void)fields_i64(fields, STR("jitterSeconds"), 0, MAX_JITTER_SECONDS, &job->jitter_seconds);
    (void)fields_concurrency_policy(fields, STR("concurrencyPolicy"), &job->concurrency_policy);
    (void)fields_misfire_policy(fields, STR("misfirePolicy"), &job->misfire_policy);
}

static void read_dst_policy(struct reader *reader) {
    static const struct str known[] = {STR_INIT("gap"), STR_INIT("overlap")};
    const json_t *object = fields_object(&reader->fields, STR("dstPolicy"));
    if (object == NULL) return;
    struct fields fields = {object, fields_path(&reader->fields, STR("dstPolicy")),
                            reader->fields.faults};
    fields_known(&fields, known, COUNT_OF(known));
    (void)fields_gap_policy(&fields, STR("gap"), &reader->job.gap_policy);
    (void)fields_overlap_policy(&fields, STR("overlap"), &reader->job.overlap_policy);
}

static void read_retry_policy(struct reader *reader) {
    const json_t *object = fields_object(&reader->fields, STR("retryPolicy"));
    struct retry_policy policy = reader->defaults->retry;
    /* Stored text that cannot be read any more must not stand in the way of writing it anew. */
    if (reader->job.retry_policy.len > 0)
        (void)!retry_policy_parse(reader->job.retry_policy, &policy, NULL);
    if (object != NULL)
        retry_policy_from_json(object, STR("retryPolicy"), &policy, &policy, reader->fields.faults);
    if (object != NULL || reader->job.retry_policy.len == 0)
        reader->job.retry_policy = retry_policy_text(reader->arena, &policy);
}

static void read_exclusions(struct reader *reader) {
    const json_t *object = fields_object(&reader->fields, STR("exclusions"));
    if (object == NULL) return;
    (void)!job_exclusions_from_json(object, fields_path(&reader->fields, STR("exclusions")),
                                    reader->arena, &reader->job.exclusions, reader->fields.faults);
}

bool job_exclusions_from_json(const json_t *body, struct str path, struct arena *arena,
                              struct str *ret, struct faults *faults) {
    size_t before = fault_count(faults);
    struct exclusion exclusion = {0};
    if (json_is_object(body))
        exclusions_from_json(body, path, arena, &exclusion, faults);
    else
        faults_add(faults, path, "must be an object");
    if (fault_count(faults) != before) return false;
    *ret = exclusions_text(arena, &exclusion);
    return true;
}

static void read_retention(struct reader *reader) {
    const json_t *object = fields_object(&reader->fields, STR("retention"));
    struct faults *faults = reader->fields.faults;
    size_t before = fault_count(faults);
    struct retention retention = {0};
    if (object == NULL) return;
    retention_from_json(object, STR("retention"), &retention, faults);
    if (fault_count(faults) == before)
        reader->job.retention = retention_text(reader->arena, &retention);
}

/* Given as a whole: {} watches nothing any more. */
static void read_watches(struct reader *reader) {
    const json_t *object = fields_object(&reader->fields, STR("watches"));
    if (object == NULL) return;
    struct watches watches = {0};
    watches_from_json(object, STR("watches"), &watches, reader->fields.faults);
    reader->job.watches = watches_text(reader->arena, &watches);
}

/* Given as a whole: {} depends on none any more. That there are such jobs the caller checks. */
static void read_dependencies(struct reader *reader) {
    const json_t *value = fields_get(&reader->fields, STR("dependencies"));
    bool is_empty = json_is_array(value) && json_array_size(value) == 0;
    struct dependencies dependencies = {0};
    struct faults *faults = reader->fields.faults;
    size_t before = fault_count(faults);
    if (value == NULL) return;
    if (!is_empty)
        dependencies_read(value, STR("dependencies"), reader->arena, &dependencies, faults);
    if (fault_count(faults) == before)
        reader->job.dependencies = dependencies_text(reader->arena, &dependencies);
}

/* ---- jobConfiguration ------------------------------------------------------------------------ */

static void read_configuration(struct reader *reader) {
    struct str name = STR("jobConfiguration");
    struct faults *faults = reader->fields.faults;
    struct job *job = &reader->job;
    if (require(reader, name, job->configuration.len > 0)) {
        const json_t *object = fields_object(&reader->fields, name);
        if (object != NULL)
            (void)!job_configuration_from_json(object, job->type, reader->base, reader->defaults,
                                               reader->arena, &job->configuration, faults);
        return;
    }
    /* A configuration that stays must also suit a jobType that changes. */
    bool stays = job->configuration.len > 0 && job->type != reader->base->type;
    if (stays) job_configuration_check(job->configuration, job->type, reader->defaults, faults);
}

/* ---- schedule -------------------------------------------------------------------------------- */

/* What generated clients send for "nothing": "", 0, and the first instant of .NET's calendar. */
static bool says_nothing(const json_t *value) {
    if (json_is_number(value)) return json_number_value(value) == 0;
    struct str text = json_str_of(value);
    if (str_is_absent(text)) return false;
    return str_trim(text).len == 0 || str_starts_with(text, STR("0001-01-01T00:00:00"));
}

static void refuse_foreign(const struct reader *reader, struct str name, enum schedule_type owner) {
    const json_t *value = fields_get(&reader->fields, name);
    if (value == NULL || says_nothing(value)) return;
    fields_fault(&reader->fields, name, "belongs to scheduleType %.*s; that of this job is %.*s",
                 STR_ARG(schedule_type_name(owner)),
                 STR_ARG(schedule_type_name(reader->job.schedule_type)));
}

static const struct zone *read_zone(struct reader *reader) {
    struct str name;
    struct err err = ERR_INIT;
    if (fields_str(&reader->fields, STR("timezone"), TEXT_LINE, 0, MAX_ZONE_NAME, &name))
        reader->job.timezone = name.len > 0 ? keep(reader, name) : STR("UTC");
    const struct zone *zone = zone_cache_get(reader->defaults->zones, reader->job.timezone, &err);
    if (zone == NULL) fields_fault(&reader->fields, STR("timezone"), "%s", err.msg);
    return zone;
}

static uint64_t seed_of(const struct reader *reader) {
    return job_hash_seed(reader->job.id);
}

static void check_pattern(const struct reader *reader, struct str pattern,
                          const struct zone *zone) {
    struct str name = STR("scheduleExpression");
    struct cron cron;
    struct err err = ERR_INIT;
    if (!cron_parse(pattern, seed_of(reader), &cron, &err)) {
        if (err.position >= 0)
            fields_fault(&reader->fields, name, "character %d: %s", err.position + 1, err.msg);
        else
            fields_fault(&reader->fields, name, "%s", err.msg);
        return;
    }
    const struct job *base = reader->base;
    if (base != NULL && str_equal(pattern, base->schedule_expression)) return;
    int64_t now = utc_seconds(reader->defaults->now);
    int64_t local = now + (zone != NULL ? zone_offset(zone, now) : 0);
    if (cron_never_matches(&cron, local))
        fields_fault(&reader->fields, name, "never matches: there is no such date from now on");
}

static void read_cron(struct reader *reader, const struct zone *zone) {
    struct str name = STR("scheduleExpression"), pattern;
    if (!require(reader, name, reader->job.schedule_expression.len > 0)) return;
    if (!fields_str(&reader->fields, name, TEXT_PAGE, 1, MAX_CRON_PATTERN, &pattern)) return;
    check_pattern(reader, pattern, zone);
    reader->job.schedule_expression = keep(reader, pattern);
}

static void read_interval(struct reader *reader) {
    const struct fields *fields = &reader->fields;
    if (require(reader, STR("intervalSeconds"), reader->job.interval_seconds > 0))
        (void)fields_i64(fields, STR("intervalSeconds"), 1, MAX_INTERVAL_SECONDS,
                         &reader->job.interval_seconds);
    (void)fields_interval_mode(fields, STR("intervalMode"), &reader->job.interval_mode);
}

static void read_run_at(struct reader *reader) {
    struct str name = STR("runAt");
    bool has_value = !utc_is_none(reader->job.run_at);
    if (!require(reader, name, has_value)) return;
    struct utc run_at;
    if (!fields_utc(&reader->fields, name, &run_at)) return;
    if (utc_is_none(run_at))
        fields_fault(&reader->fields, name, "is required");
    else
        reader->job.run_at = run_at;
}

/* The mode of an interval says nothing when it is the default. */
static void refuse_interval_mode(const struct reader *reader) {
    const json_t *value = fields_get(&reader->fields, STR("intervalMode"));
    enum interval_mode mode;
    bool is_default = json_is_string(value) && interval_mode_parse(json_str_of(value), &mode) &&
                      mode == INTERVAL_FIXED_RATE;
    bool is_default_number =
        json_is_integer(value) && json_integer_value(value) == INTERVAL_FIXED_RATE;
    if (!is_default && !is_default_number)
        refuse_foreign(reader, STR("intervalMode"), SCHEDULE_INTERVAL);
}

/* Fields of the other types are refused in the body and dropped from the job. */
static void leave_other_types(struct reader *reader) {
    struct job *job = &reader->job;
    if (job->schedule_type != SCHEDULE_CRON) {
        refuse_foreign(reader, STR("scheduleExpression"), SCHEDULE_CRON);
        job->schedule_expression = STR_NONE;
    }
    if (job->schedule_type != SCHEDULE_INTERVAL) {
        refuse_foreign(reader, STR("intervalSeconds"), SCHEDULE_INTERVAL);
        refuse_interval_mode(reader);
        job->interval_seconds = 0;
        job->interval_mode = INTERVAL_FIXED_RATE;
    }
    if (job->schedule_type != SCHEDULE_ONE_TIME) {
        refuse_foreign(reader, STR("runAt"), SCHEDULE_ONE_TIME);
        job->run_at = UTC_NONE;
    }
}

static void read_schedule(struct reader *reader) {
    const struct zone *zone = read_zone(reader);
    if (!fields_schedule_type(&reader->fields, STR("scheduleType"), &reader->job.schedule_type)) {
        (void)require(reader, STR("scheduleType"), reader->job.schedule_type != 0);
        if (reader->job.schedule_type == 0) return; // nothing to hold the other fields against
    }
    switch (reader->job.schedule_type) {
    case SCHEDULE_CRON: read_cron(reader, zone); break;
    case SCHEDULE_INTERVAL: read_interval(reader); break;
    case SCHEDULE_ONE_TIME: read_run_at(reader); break;
    }
    leave_other_types(reader);
}

/* An empty name leaves the group. */
static void read_concurrency_group(struct reader *reader) {
    struct str group = STR("concurrencyGroup"), limit = STR("concurrencyGroupLimit"), name;
    const struct fields *fields = &reader->fields;
    struct job *job = &reader->job;
    size_t before = fault_count(fields->faults);
    if (fields_str(fields, group, TEXT_LINE, 0, MAX_CONCURRENCY_GROUP, &name)) {
        if (name.len > 0 && str_trim(name).len == 0)
            fields_fault(fields, group, "must not be blank");
        job->concurrency_group = name.len > 0 ? keep(reader, name) : STR_NONE;
    }
    if (fault_count(fields->faults) != before) return;
    if (!str_is_absent(job->concurrency_group)) {
        if (require(reader, limit, job->concurrency_group_limit > 0))
            (void)fields_i64(fields, limit, 1, MAX_CONCURRENCY_GROUP_LIMIT,
                             &job->concurrency_group_limit);
        return;
    }
    const json_t *value = fields_get(fields, limit);
    if (value != NULL && !says_nothing(value))
        fields_fault(fields, limit, "is the limit of a concurrencyGroup, and the job has none");
    job->concurrency_group_limit = 0;
}

static void check_together(const struct reader *reader) {
    const struct job *job = &reader->job;
    bool has_start = !utc_is_none(job->start_at), has_end = !utc_is_none(job->end_at);
    if (has_start && has_end && !utc_before(job->start_at, job->end_at))
        fields_fault(&reader->fields, STR("endAt"), "must be later than startAt");
    if (job->schedule_type != SCHEDULE_ONE_TIME || utc_is_none(job->run_at)) return;
    if ((has_start && utc_before(job->run_at, job->start_at)) ||
        (has_end && utc_before(job->end_at, job->run_at)))
        fields_fault(&reader->fields, STR("runAt"), "must lie between startAt and endAt");
}

/* ---- the whole ------------------------------------------------------------------------------- */

static struct str default_queue(const struct job_defaults *defaults) {
    struct str usual = STR("default");
    bool configured = list_holds(defaults->queues, defaults->queue_count, usual);
    return configured || defaults->queue_count == 0 ? usual : defaults->queues[0];
}

static struct job new_job(const struct job_defaults *defaults) {
    return (struct job){
        .revision = 1,
        .interval_mode = INTERVAL_FIXED_RATE,
        .timezone = STR("UTC"),
        .tags = STR("[]"),
        .timeout_seconds = defaults->timeout_seconds,
        .queue = default_queue(defaults),
        .concurrency_policy = CONCURRENCY_ALLOW,
        .misfire_policy = MISFIRE_FIRE_ONCE,
        .gap_policy = GAP_RUN_AFTER,
        .overlap_policy = OVERLAP_AUTO,
        .is_enabled = true,
        .created_by = defaults->created_by,
        .next_run_at = UTC_NEVER,
        .wake_at = UTC_NEVER,
    };
}

/* An import that replaces a job brings a whole definition; who the job is and what it did stays. */
static struct job replaced_job(const struct job *base, const struct job_defaults *defaults) {
    struct job job = new_job(defaults);
    job.row = base->row;
    job.id = base->id;
    job.revision = base->revision;
    job.created_by = base->created_by;
    job.last_modified_by = base->last_modified_by;
    job.created_at = base->created_at;
    job.updated_at = base->updated_at;
    job.next_run_at = base->next_run_at;
    job.wake_at = base->wake_at;
    job.schedule_from = base->schedule_from;
    job.last_executed_at = base->last_executed_at;
    job.last_execution_status = base->last_execution_status;
    job.consecutive_failures = base->consecutive_failures;
    job.run_count = base->run_count;
    job.live_count = base->live_count;
    return job;
}

static struct reader reader_of(const json_t *body, enum job_body kind, const struct job *base,
                               const struct job_defaults *defaults, struct arena *arena,
                               struct faults *faults) {
    struct reader reader = {
        .fields = {.object = body, .faults = faults},
        .kind = kind,
        .base = base,
        .defaults = defaults,
        .arena = arena,
    };
    if (base == NULL)
        reader.job = new_job(defaults);
    else
        reader.job = kind == JOB_IMPORT ? replaced_job(base, defaults) : *base;
    return reader;
}

/* All that says when something runs. */
static void read_whole_schedule(struct reader *reader) {
    read_schedule(reader);
    (void)fields_utc(&reader->fields, STR("startAt"), &reader->job.start_at);
    (void)fields_utc(&reader->fields, STR("endAt"), &reader->job.end_at);
    read_numbers(reader);
    read_dst_policy(reader);
    read_exclusions(reader);
}

static bool finish(const struct reader *reader, size_t faults_before, struct job *ret) {
    if (fault_count(reader->fields.faults) != faults_before) return false;
    *ret = reader->job;
    return true;
}

bool job_from_json(const json_t *body, enum job_body kind, const struct job *base,
                   const struct job_defaults *defaults, struct arena *arena, struct job *ret,
                   struct faults *faults) {
    size_t before = fault_count(faults);
    if (!json_is_object(body)) {
        faults_add(faults, STR(""), "a job must be a JSON object");
        return false;
    }
    struct reader reader = reader_of(body, kind, base, defaults, arena, faults);
    fields_known(&reader.fields, known_fields, COUNT_OF(known_fields));
    read_names(&reader);
    if (!fields_job_type(&reader.fields, STR("jobType"), &reader.job.type))
        (void)require(&reader, STR("jobType"), reader.job.type != 0);
    read_whole_schedule(&reader);
    (void)fields_i64(&reader.fields, STR("timeoutSeconds"), 1, MAX_TIMEOUT_SECONDS,
                     &reader.job.timeout_seconds);
    read_configuration(&reader);
    read_retry_policy(&reader);
    read_queue(&reader);
    read_state(&reader);
    read_tags(&reader);
    read_retention(&reader);
    read_watches(&reader);
    read_dependencies(&reader);
    read_concurrency_group(&reader);
    check_together(&reader);
    return finish(&reader, before, ret);
}

bool job_reschedule_from_json(const json_t *body, const struct job *base,
                              const struct job_defaults *defaults, struct arena *arena,
                              struct job *ret, struct faults *faults) {
    static const struct str known[] = {
        STR_INIT("scheduleType"), STR_INIT("scheduleExpression"), STR_INIT("intervalSeconds"),
        STR_INIT("runAt"),        STR_INIT("timezone"),           STR_INIT("effectiveFrom"),
    };
    size_t before = fault_count(faults);
    if (!json_is_object(body)) {
        faults_add(faults, STR(""), "a schedule must be a JSON object");
        return false;
    }
    struct reader reader = reader_of(body, JOB_REPLACE, base, defaults, arena, faults);
    fields_known(&reader.fields, known, COUNT_OF(known));
    bool says_something = false;
    for (size_t i = 0; i < COUNT_OF(known); i++)
        says_something = says_something || fields_has(&reader.fields, known[i]);
    if (!says_something)
        faults_add(faults, STR(""),
                   "nothing to change; give one of scheduleType, "
                   "scheduleExpression, intervalSeconds, runAt, timezone, "
                   "effectiveFrom");
    read_schedule(&reader);
    (void)fields_utc(&reader.fields, STR("effectiveFrom"), &reader.job.start_at);
    check_together(&reader);
    return finish(&reader, before, ret);
}

bool job_schedule_from_json(const json_t *object, struct str path, const struct job *base,
                            const struct job_defaults *defaults, struct arena *arena,
                            struct job *ret, struct faults *faults) {
    static const struct str known[] = {
        STR_INIT("scheduleType"),
        STR_INIT("scheduleExpression"),
        STR_INIT("intervalSeconds"),
        STR_INIT("intervalMode"),
        STR_INIT("runAt"),
        STR_INIT("timezone"),
        STR_INIT("startAt"),
        STR_INIT("endAt"),
        STR_INIT("maxRuns"),
        STR_INIT("jitterSeconds"),
        STR_INIT("exclusions"),
        STR_INIT("misfirePolicy"),
        STR_INIT("concurrencyPolicy"),
        STR_INIT("dstPolicy"),
    };
    size_t before = fault_count(faults);
    struct reader reader = reader_of(object, JOB_IMPORT, base, defaults, arena, faults);
    reader.fields.path = path;
    fields_known(&reader.fields, known, COUNT_OF(known));
    read_whole_schedule(&reader);
    check_together(&reader);
    return finish(&reader, before, ret);
}
