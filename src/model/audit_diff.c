/* audit_diff.c - see audit_diff.h.
 *
 * The definition is a table of fields; each is compared as it is kept and written as the API writes
 * it. A field that is not in the table is state, not definition.
 */
#include "model/audit_diff.h"

#include "base/json_write.h"
#include "model/mask.h"
#include "model/put.h"

#include <string.h>

enum form { TEXT, JSON, CONFIGURATION, NUMBER, FLAG, TIME, CHOICE };

struct audited {
    struct str key;
    enum form form;
    size_t offset; // in struct job
    struct str (*name)(int number);
};

#define CHOICE_NAME(tag) \
    static struct str tag##_choice(int number) { \
        return tag##_name((enum tag)number); \
    }
CHOICE_NAME(job_type)
CHOICE_NAME(schedule_type)
CHOICE_NAME(interval_mode)
CHOICE_NAME(concurrency_policy)
CHOICE_NAME(misfire_policy)
CHOICE_NAME(gap_policy)
CHOICE_NAME(overlap_policy)

#define FIELD(key, form, member) \
    { STR_INIT(key), form, offsetof(struct job, member), NULL }
#define CHOICE_OF(key, member, tag) \
    { STR_INIT(key), CHOICE, offsetof(struct job, member), tag##_choice }

static const struct audited definition[] = {
    FIELD("name", TEXT, name),
    FIELD("description", TEXT, description),
    CHOICE_OF("jobType", type, job_type),
    CHOICE_OF("scheduleType", schedule_type, schedule_type),
    FIELD("scheduleExpression", TEXT, schedule_expression),
    FIELD("intervalSeconds", NUMBER, interval_seconds),
    CHOICE_OF("intervalMode", interval_mode, interval_mode),
    FIELD("runAt", TIME, run_at),
    FIELD("timezone", TEXT, timezone),
    FIELD("startAt", TIME, start_at),
    FIELD("endAt", TIME, end_at),
    FIELD("maxRuns", NUMBER, max_runs),
    FIELD("jitterSeconds", NUMBER, jitter_seconds),
    FIELD("jobConfiguration", CONFIGURATION, configuration),
    FIELD("retryPolicy", JSON, retry_policy),
    FIELD("timeoutSeconds", NUMBER, timeout_seconds),
    FIELD("queue", TEXT, queue),
    CHOICE_OF("concurrencyPolicy", concurrency_policy, concurrency_policy),
    CHOICE_OF("misfirePolicy", misfire_policy, misfire_policy),
    CHOICE_OF("dstPolicy.gap", gap_policy, gap_policy),
    CHOICE_OF("dstPolicy.overlap", overlap_policy, overlap_policy),
    FIELD("isEnabled", FLAG, is_enabled),
    FIELD("isPaused", FLAG, is_paused),
    FIELD("pausedUntil", TIME, paused_until),
    FIELD("isDeleted", FLAG, is_deleted),
    FIELD("tags", JSON, tags),
    FIELD("exclusions", JSON, exclusions),
    FIELD("retention", JSON, retention),
    FIELD("watches", JSON, watches),
    FIELD("dependencies", JSON, dependencies),
    FIELD("concurrencyGroup", TEXT, concurrency_group),
    FIELD("concurrencyGroupLimit", NUMBER, concurrency_group_limit),
};

/* memcpy, because a table of offsets knows no types. */
#define DEFINE_READ(name, type) \
    static type read_##name(const struct job *job, const struct audited *field) { \
        type value; \
        memcpy(&value, (const char *)job + field->offset, sizeof value); \
        return value; \
    }
DEFINE_READ(text, struct str)
DEFINE_READ(number, int64_t)
DEFINE_READ(flag, bool)
DEFINE_READ(choice, int)

static bool is_same(const struct audited *field, const struct job *a, const struct job *b) {
    switch (field->form) {
    case TEXT:
    case JSON:
    case CONFIGURATION: return str_equal(read_text(a, field), read_text(b, field));
    case NUMBER:
    case TIME: return read_number(a, field) == read_number(b, field);
    case FLAG: return read_flag(a, field) == read_flag(b, field);
    case CHOICE: return read_choice(a, field) == read_choice(b, field);
    }
    return false;
}

static void put_configuration(struct buf *buf, struct str json) {
    if (json.len > 0)
        mask_put(buf, json);
    else
        buf_put(buf, STR("null"));
}

static void put_value(struct buf *buf, const struct audited *field, const struct job *job) {
    switch (field->form) {
    case TEXT: put_text(buf, read_text(job, field)); break;
    case JSON: put_raw(buf, read_text(job, field), STR("null")); break;
    case CONFIGURATION: put_configuration(buf, read_text(job, field)); break;
    case NUMBER: buf_put_i64(buf, read_number(job, field)); break;
    case FLAG: put_bool(buf, read_flag(job, field)); break;
    case TIME: put_utc(buf, (struct utc){read_number(job, field)}); break;
    case CHOICE: put_name(buf, field->name(read_choice(job, field))); break;
    }
}

/* The fields of `job` that differ from those of `other`; all of them when there is no other. */
static struct str changed_fields(struct arena *arena, const struct job *job,
                                 const struct job *other) {
    if (job == NULL) return STR_NONE;
    struct buf out = buf_with_max(0);
    struct json_writer w = json_writer(&out);
    size_t changed = 0;
    json_object_begin(&w);
    for (size_t i = 0; i < COUNT_OF(definition); i++) {
        const struct audited *field = &definition[i];
        if (other != NULL && is_same(field, job, other)) continue;
        json_key(&w, field->key);
        put_value(&out, field, job);
        w.need_comma = true; // the value was put past the writer
        changed++;
    }
    json_object_end(&w);
    struct str text = changed > 0 ? arena_copy(arena, buf_str(&out)) : STR_NONE;
    buf_free(&out);
    return text;
}

struct audit_diff audit_diff(struct arena *arena, const struct job *before,
                             const struct job *after) {
    return (struct audit_diff){
        .before = changed_fields(arena, before, after),
        .after = changed_fields(arena, after, before),
    };
}
