/* job_schedule.h - from a job to its schedule, and to the moment the engine looks at it next.
 *
 * A job's plan is three instants: schedule_from (due times up to here are decided), next_run_at
 * (the first due time later than that) and wake_at (when the engine looks). Whoever changes a job
 * calls one of the functions below before storing it:
 *
 *     created        job_plan_first(&job, zones, now, &err)
 *     changed        job_plan_change(&before, &job, zones, now, &passed, &err)
 *                    // update, reschedule, pause, resume, enable, disable, delete, exclusions
 *     a run ended    job_plan_after_end(&job, zones, ended_at, &err)        // FixedDelay only
 *
 * A change that does not touch the schedule leaves the plan alone: it neither moves nor repeats the
 * next run. A change of the schedule counts from now. A OneTime job in the past runs at once.
 *
 *   Owns:    nothing; a schedule_spec borrows the cache's zone; its pattern and excluded dates live
 *            in the arena that was passed in.
 *   Threads: pure; the zone cache has a lock of its own.
 *   Errors:  INVALID when the zone or pattern of the job cannot be read (any more); job untouched.
 *   Units:   struct utc. The id must be set: `H` and jitter come from it.
 */
#ifndef ALPHABET_MODEL_JOB_SCHEDULE_H
#define ALPHABET_MODEL_JOB_SCHEDULE_H

#include "base/err.h"
#include "model/job.h"
#include "schedule/next.h"
#include "schedule/zone.h"

/* A stable hash of the job's id. */
uint64_t job_hash_seed(struct guid id);
/* The schedule as the definition says it, whatever the state (paused, disabled, runs used up). */
WARN_UNUSED bool job_schedule(const struct job *job, struct zone_cache *zones, struct arena *arena,
                              struct schedule_spec *ret, struct err *err);
/* May it run by schedule at all now: not deleted, disabled or paused, and runs left? */
bool job_is_scheduled(const struct job *job);
/* Why job_is_scheduled says no. */
enum skip_reason job_rest_reason(const struct job *job);
/* When the execution for `due` may start: due plus the job's jitter for it. */
struct utc job_available_at(const struct job *job, struct utc due);

/* The plan of a new job: nothing is decided yet. */
WARN_UNUSED bool job_plan_first(struct job *job, struct zone_cache *zones, struct utc now,
                                struct err *err);

/* Due times that a change passes over: from < due <= to. For the decision ledger. */
struct passed_over {
    int64_t reason; // enum skip_reason; 0 = nothing was passed over
    struct utc from, to;
};
/* The plan of `job` after it changed from `before`. `ret_passed` may be NULL. */
WARN_UNUSED bool job_plan_change(const struct job *before, struct job *job,
                                 struct zone_cache *zones, struct utc now,
                                 struct passed_over *ret_passed, struct err *err);
/* FixedDelay: the next run counts from the end of this one. Other jobs stay as they are. */
WARN_UNUSED bool job_plan_after_end(struct job *job, struct zone_cache *zones, struct utc ended_at,
                                    struct err *err);

#endif
