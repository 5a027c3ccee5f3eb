/* outcome.c - see outcome.h for the table that this file spells out. */
#include "engine/outcome.h"

#include "model/job_schedule.h"
#include "model/retry.h"

static void judge(const struct ending *ending, struct arena *arena, struct settlement *settlement) {
    const struct run_result *result = ending->result;
    struct str said = result->error_message;
    switch (ending->reason) {
    case STOP_NONE:
    case STOP_FENCED:
        settlement->status = result->status;
        settlement->error_type = result->error_type;
        settlement->error_message = arena_copy(arena, said);
        return;
    case STOP_CANCEL: {
        struct str why =
            str_is_absent(ending->stop_message) ? STR("cancelled") : ending->stop_message;
        settlement->status = EXECUTION_CANCELLED;
        settlement->error_message =
            str_is_absent(said) ? arena_copy(arena, why)
                                : arena_printf(arena, "%.*s: %.*s", STR_ARG(why), STR_ARG(said));
        return;
    }
    case STOP_TIMEOUT:
        settlement->status = EXECUTION_FAILED;
        settlement->error_type = ERROR_TIMEOUT;
        settlement->error_message = arena_printf(
            arena, "stopped after %lld s (timeoutSeconds)%s%.*s",
            (long long)ending->job->timeout_seconds, said.len ? ": " : "", STR_ARG(said));
        return;
    case STOP_SHUTDOWN:
        if (result->status == EXECUTION_SUCCEEDED) {
            settlement->status = EXECUTION_SUCCEEDED;
            return;
        }
        settlement->status = EXECUTION_PENDING;
        settlement->error_type = ERROR_SHUTDOWN;
        settlement->error_message = STR("handed back: the node was shut down");
        return;
    }
}

static void add_retry(const struct ending *ending, struct arena *arena,
                      struct settlement *settlement) {
    const struct execution *execution = ending->execution;
    struct retry_policy policy;
    struct err err = ERR_INIT;
    if (!retry_policy_parse(ending->job->retry_policy, &policy, &err)) return;
    struct retry_failure failure = {
        .retry_count = execution->retry_count,
        .error_type = settlement->error_type,
        .http_status = ending->result->http_status,
        .never_retry = ending->result->never_retry,
        .ended_at = ending->now,
        .retry_not_before = ending->result->retry_not_before,
    };
    struct retry_decision decision = retry_decide(&policy, &failure, ending->random);
    if (!decision.again) return;
    struct str left = ending->result->retry_parameters;
    settlement->retry = ARENA_NEW(arena, struct new_execution);
    *settlement->retry = (struct new_execution){
        .id = guid_new(ending->now),
        .job_row = execution->job_row,
        .status = EXECUTION_PENDING,
        .queue = arena_copy(arena, execution->queue),
        .trigger = TRIGGER_RETRY,
        .triggered_by = arena_copy(arena, execution->triggered_by),
        .scheduled_for = execution->scheduled_for,
        .created_at = ending->now,
        .available_at = decision.available_at,
        .retry_count = execution->retry_count + 1,
        .retry_parent_id = execution->id,
        .workflow_run_id = execution->workflow_run_id,
        .parameters = arena_copy(arena, str_is_absent(left) ? execution->parameters : left),
        .inputs = arena_copy(arena, execution->inputs),
    };
}

static void add_next_run(const struct ending *ending, struct zone_cache *zones,
                         struct settlement *settlement) {
    struct job job = *ending->job;
    struct err err = ERR_INIT;
    /* A delay is elapsed time, which a clock that was set back must not lengthen; but before the
     * anchor the first due time would come once more. */
    struct utc anchor = utc_is_none(job.start_at) ? job.created_at : job.start_at;
    if (!utc_before(ending->now, anchor)) job.schedule_from = UTC_NONE;
    if (job.schedule_type != SCHEDULE_INTERVAL || job.interval_mode != INTERVAL_FIXED_DELAY ||
        !job_is_scheduled(&job) || !job_plan_after_end(&job, zones, ending->now, &err))
        return;
    settlement->reschedule = true;
    settlement->revision = job.revision;
    settlement->next_run_at = job.next_run_at;
    settlement->wake_at = job.wake_at;
}

struct settlement outcome_of(const struct ending *ending, struct zone_cache *zones,
                             struct arena *arena) {
    const struct execution *execution = ending->execution;
    struct settlement settlement = {
        .execution_row = execution->row,
        .job_row = execution->job_row,
        .fence = execution->fence,
        .completed_at = ending->now,
    };
    judge(ending, arena, &settlement);
    if (settlement.status == EXECUTION_PENDING) return settlement;
    settlement.output = arena_copy(arena, ending->result->output);
    settlement.output_truncated = ending->result->output_truncated;
    if (settlement.status == EXECUTION_SUCCEEDED)
        settlement.result = arena_copy(arena, ending->result->result);
    if (settlement.status == EXECUTION_FAILED) add_retry(ending, arena, &settlement);
    if (settlement.retry == NULL) add_next_run(ending, zones, &settlement);
    return settlement;
}
