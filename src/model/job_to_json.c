/* job_to_json.c - a job as JSON, for pages of them; see job_json.h.
 *
 * Compound parts are kept as checked, canonical JSON and are put as they are. Names of fields need
 * no escaping, so each is one literal with its comma and colon, which the compiler measures.
 */
#include "model/execution.h"
#include "model/job_json.h"
#include "model/mask.h"
#include "model/put.h"

enum { USUAL_SIZE = 1536 };

static void put_schedule(struct buf *buf, const struct job *job) {
    buf_put(buf, STR("\"scheduleType\":"));
    put_name(buf, schedule_type_name(job->schedule_type));
    PUT_KEY(buf, "scheduleExpression");
    put_text(buf, job->schedule_expression);
    bool interval = job->schedule_type == SCHEDULE_INTERVAL;
    PUT_KEY(buf, "intervalSeconds");
    if (interval)
        buf_put_i64(buf, job->interval_seconds);
    else
        buf_put(buf, STR("null"));
    PUT_KEY(buf, "intervalMode");
    put_name(buf, interval ? interval_mode_name(job->interval_mode) : STR_NONE);
    PUT_KEY(buf, "runAt");
    put_utc(buf, job->run_at);
    PUT_KEY(buf, "timezone");
    put_text(buf, job->timezone);
    PUT_KEY(buf, "startAt");
    put_utc(buf, job->start_at);
    PUT_KEY(buf, "endAt");
    put_utc(buf, job->end_at);
    PUT_KEY(buf, "maxRuns");
    buf_put_i64(buf, job->max_runs);
    PUT_KEY(buf, "jitterSeconds");
    buf_put_i64(buf, job->jitter_seconds);
}

static void put_overlap(struct buf *buf, const struct job *job) {
    PUT_KEY(buf, "concurrencyPolicy");
    put_name(buf, concurrency_policy_name(job->concurrency_policy));
    PUT_KEY(buf, "misfirePolicy");
    put_name(buf, misfire_policy_name(job->misfire_policy));
    buf_put(buf, STR(",\"dstPolicy\":{\"gap\":"));
    put_name(buf, gap_policy_name(job->gap_policy));
    PUT_KEY(buf, "overlap");
    put_name(buf, overlap_policy_name(job->overlap_policy));
    buf_put_char(buf, '}');
}

static void put_policies(struct buf *buf, const struct job *job, bool with_state) {
    PUT_KEY(buf, "retryPolicy");
    put_raw(buf, job->retry_policy, STR("null"));
    PUT_KEY(buf, "timeoutSeconds");
    buf_put_i64(buf, job->timeout_seconds);
    PUT_KEY(buf, "queue");
    put_text(buf, job->queue);
    put_overlap(buf, job);
    PUT_KEY(buf, "isEnabled");
    put_bool(buf, job->is_enabled);
    PUT_KEY(buf, "isPaused");
    put_bool(buf, job->is_paused);
    PUT_KEY(buf, "pausedUntil");
    put_utc(buf, job->paused_until);
    if (with_state) {
        PUT_KEY(buf, "isDeleted");
        put_bool(buf, job->is_deleted);
    }
    PUT_KEY(buf, "tags");
    put_raw(buf, job->tags, STR("[]"));
    PUT_KEY(buf, "exclusions");
    put_raw(buf, job->exclusions, STR("null"));
    PUT_KEY(buf, "retention");
    put_raw(buf, job->retention, STR("null"));
    PUT_KEY(buf, "watches");
    put_raw(buf, job->watches, STR("null"));
    PUT_KEY(buf, "dependencies");
    put_raw(buf, job->dependencies, STR("null"));
    PUT_KEY(buf, "concurrencyGroup");
    put_text(buf, job->concurrency_group);
    PUT_KEY(buf, "concurrencyGroupLimit");
    if (str_is_absent(job->concurrency_group))
        buf_put(buf, STR("null"));
    else
        buf_put_i64(buf, job->concurrency_group_limit);
}

static void put_state(struct buf *buf, const struct job *job) {
    enum execution_status last = (enum execution_status)job->last_execution_status;
    PUT_KEY(buf, "currentStatus");
    put_name(buf, job_status_name(job_current_status(job)));
    PUT_KEY(buf, "nextRunAt");
    put_utc(buf, job->next_run_at);
    PUT_KEY(buf, "lastExecutedAt");
    put_utc(buf, job->last_executed_at);
    PUT_KEY(buf, "lastExecutionStatus");
    put_name(buf, execution_status_name(last));
    PUT_KEY(buf, "consecutiveFailures");
    buf_put_i64(buf, job->consecutive_failures);
    PUT_KEY(buf, "createdBy");
    put_text(buf, job->created_by);
    PUT_KEY(buf, "lastModifiedBy");
    put_text(buf, job->last_modified_by);
    PUT_KEY(buf, "createdAt");
    put_utc(buf, job->created_at);
    PUT_KEY(buf, "updatedAt");
    put_utc(buf, job->updated_at);
}

static void put_definition(struct buf *buf, const struct job *job, bool with_state) {
    buf_reserve(buf, USUAL_SIZE);
    buf_put(buf, STR("\"id\":\""));
    buf_put_guid(buf, job->id);
    buf_put_char(buf, '"');
    PUT_KEY(buf, "name");
    put_text(buf, job->name);
    PUT_KEY(buf, "description");
    put_text(buf, job->description);
    PUT_KEY(buf, "jobType");
    put_name(buf, job_type_name(job->type));
    buf_put_char(buf, ',');
    put_schedule(buf, job);
    PUT_KEY(buf, "jobConfiguration");
    if (job->configuration.len > 0)
        mask_put(buf, job->configuration);
    else
        buf_put(buf, STR("null"));
    put_policies(buf, job, with_state);
}

void job_schedule_to_json(struct json_writer *w, const struct job *job) {
    json_object_begin(w);
    put_schedule(w->out, job);
    put_overlap(w->out, job);
    PUT_KEY(w->out, "exclusions");
    put_raw(w->out, job->exclusions, STR("null"));
    json_object_end(w);
}

void job_to_json(struct json_writer *w, const struct job *job) {
    json_object_begin(w);
    put_definition(w->out, job, true);
    put_state(w->out, job);
    json_object_end(w);
}

void job_to_export_json(struct json_writer *w, const struct job *job) {
    json_object_begin(w);
    put_definition(w->out, job, false);
    PUT_KEY(w->out, "createdBy");
    put_text(w->out, job->created_by);
    json_object_end(w);
}
