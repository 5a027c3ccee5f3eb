/* job.c - what a job is now, and copies of it; see job.h. */
#include "model/job.h"

#include "model/execution.h"

/* A job has completed when its schedule has nothing left to give and nothing of it is still going.
 * One that never ran is not done but idle, say with a pattern that lies outside of startAt and
 * endAt; it has completed all the same: there is nothing to wait for. */
static bool has_completed(const struct job *job) {
    return utc_is_never(job->next_run_at) && job->live_count == 0;
}

enum job_status job_current_status(const struct job *job) {
    if (job->is_deleted) return JOB_DELETED;
    if (!job->is_enabled) return JOB_DISABLED;
    if (job->is_paused) return JOB_PAUSED;
    if (has_completed(job)) return JOB_COMPLETED;
    if (job->last_execution_status == EXECUTION_FAILED) return JOB_FAILED;
    return JOB_ACTIVE;
}

struct job job_copy(struct arena *arena, const struct job *job) {
    struct job copy = *job;
    struct str *const texts[] = {
        &copy.name,          &copy.description,  &copy.schedule_expression, &copy.timezone,
        &copy.configuration, &copy.retry_policy, &copy.exclusions,          &copy.tags,
        &copy.watches,       &copy.dependencies, &copy.concurrency_group,   &copy.retention,
        &copy.queue,         &copy.created_by,   &copy.last_modified_by,
    };
    for (size_t i = 0; i < COUNT_OF(texts); i++) *texts[i] = arena_copy(arena, *texts[i]);
    return copy;
}

void durations_add(struct durations *durations, struct span length) {
    enum { WEIGHT = 8 };
    int64_t us = length.us < 0 ? 0 : length.us;
    if (durations->count++ == 0) {
        durations->mean_us = us;
        durations->deviation_us = us / 2;
        return;
    }
    int64_t difference = us - durations->mean_us;
    int64_t distance = difference < 0 ? -difference : difference;
    durations->deviation_us += (distance - durations->deviation_us) / WEIGHT;
    durations->mean_us += difference / WEIGHT;
}
