/* alerts.c - see alerts.h. */
#include "engine/alerts.h"

#include "engine/watch.h"
#include "model/retry.h"

enum {
    /* A day and night of trying, soon at first: 5 s, 10 s, … an hour. */
    ATTEMPTS = 30,
    FIRST_DELAY_SECONDS = 5,
    LONGEST_DELAY_SECONDS = 3600,
    /* The handler has a time of its own for each channel; this is a net below it. */
    TIMEOUT_SECONDS = 900,
};

#define META_ALERT_JOB STR("alert_job")

static struct job own_job(struct utc now, struct arena *arena) {
    struct retry_policy policy = retry_policy_default();
    policy.max_attempts = ATTEMPTS;
    policy.delay_seconds = FIRST_DELAY_SECONDS;
    policy.max_delay_seconds = LONGEST_DELAY_SECONDS;
    policy.backoff = BACKOFF_EXPONENTIAL;
    return (struct job){
        .id = guid_new(now),
        .revision = 1,
        .name = STR("Alerts"),
        .type = (enum job_type)JOB_ALERT,
        .schedule_type = SCHEDULE_ONE_TIME,
        .interval_mode = INTERVAL_FIXED_RATE,
        .run_at = now,
        .timezone = STR("UTC"),
        .configuration = STR("{}"),
        .retry_policy = retry_policy_text(arena, &policy),
        .tags = STR("[]"),
        .timeout_seconds = TIMEOUT_SECONDS,
        .queue = ALERT_QUEUE,
        .concurrency_policy = CONCURRENCY_ALLOW,
        .misfire_policy = MISFIRE_SKIP,
        .gap_policy = GAP_RUN_AFTER,
        .overlap_policy = OVERLAP_AUTO,
        .is_enabled = true,
        .is_deleted = true,
        .created_by = STR("system"),
        .last_modified_by = STR("system"),
        .created_at = now,
        .updated_at = now,
        .next_run_at = UTC_NEVER,
        .wake_at = UTC_NEVER,
        .schedule_from = now,
    };
}

bool alerts_begin(struct alerts *alerts, struct store_tx *tx, struct utc now, struct arena *arena,
                  struct err *err) {
    struct str known;
    if (alerts->threshold == 0) return true;
    if (!store_meta_get(tx, META_ALERT_JOB, arena, &known, err)) return false;
    if (!str_is_absent(known)) {
        int64_t row;
        if (!str_parse_i64(known, &row))
            return err_set(err, ERR_INTERNAL, "the job of alerts is no number: %.*s",
                           STR_ARG(known));
        alerts->job_row = row;
        return true;
    }
    struct job job = own_job(now, arena);
    if (!store_job_insert(tx, &job, err) ||
        !store_meta_set(tx, META_ALERT_JOB, arena_printf(arena, "%lld", (long long)job.row), err))
        return false;
    alerts->job_row = job.row;
    return true;
}

bool alerts_raise(struct alerts *alerts, struct store_tx *tx, struct alert *alert,
                  struct arena *arena, struct err *err) {
    alert->id = guid_new(alert->at);
    struct new_execution execution = {
        .id = alert->id,
        .job_row = alerts->job_row,
        .status = EXECUTION_PENDING,
        .queue = ALERT_QUEUE,
        .trigger = TRIGGER_ALERT,
        .triggered_by = STR("system"),
        .scheduled_for = alert->at,
        .created_at = alert->at,
        .available_at = alert->at,
        .parameters = alert_text(arena, alert, STR_NONE),
    };
    alerts->raised++;
    return store_execution_insert(tx, &execution, err);
}

/* As much of a message as an alert repeats, never half a character. */
static struct str shortened(struct str message) {
    if (message.len <= ALERT_ERROR_MAX) return message;
    size_t len = ALERT_ERROR_MAX;
    while (len > 0 && ((unsigned char)message.ptr[len] & 0xC0) == 0x80) len--;
    return str_slice(message, 0, len);
}

static bool raise_streak(struct alerts *alerts, struct store_tx *tx,
                         const struct ended_execution *ended, bool has_recovered,
                         struct arena *arena, struct err *err) {
    const struct settlement *settlement = ended->settlement;
    struct job job;
    if (!store_job_get_by_row(tx, settlement->job_row, arena, &job, err)) return false;
    struct alert alert = {
        .kind = ALERT_CONSECUTIVE_FAILURES,
        .has_recovered = has_recovered,
        .at = settlement->completed_at,
        .job_id = job.id,
        .job_name = job.name,
        .execution_id = ended->execution_id,
        .consecutive_failures =
            has_recovered ? settlement->failures_before : settlement->failures_after,
        .error_message = shortened(settlement->error_message),
        .scheduled_for = ended->scheduled_for,
    };
    return alerts_raise(alerts, tx, &alert, arena, err);
}

bool alerts_settled(struct alerts *alerts, struct store_tx *tx, const struct ended_execution *ended,
                    struct arena *arena, struct err *err) {
    const struct settlement *settlement = ended->settlement;
    if (!alerts_are_on(alerts) || !settlement->applied || settlement->job_row == alerts->job_row)
        return true;
    bool was_failing = settlement->failures_before >= alerts->threshold;
    bool is_failing = settlement->failures_after >= alerts->threshold;
    if (settlement->status == EXECUTION_PENDING) return true;
    if (was_failing != is_failing && !raise_streak(alerts, tx, ended, was_failing, arena, err))
        return false;
    bool watched = ended->is_watched && settlement->status == EXECUTION_SUCCEEDED;
    return !watched || watch_succeeded(alerts, tx, ended, arena, err);
}
