/* job.h - a job: what runs, when, and how often it is tried again; and what it did last.
 *
 * A plain value that travels between the API, the store and the engine. Compound parts that only
 * their own module understands (configuration, retry policy, exclusions, tags) travel as canonical
 * JSON text, checked when the job was written.
 *
 *   Owns:    nothing; every struct str points into the arena of whoever read or parsed the job.
 *   Threads: a plain value.   Units: named in each field; instants are struct utc.
 *   Errors:  none here; model/job_json.h parses and validates.
 */
#ifndef ALPHABET_MODEL_JOB_H
#define ALPHABET_MODEL_JOB_H

#include "base/clock.h"
#include "base/guid.h"
#include "base/mem.h"
#include "model/names.h"

/* How long the successful executions of a job take: a mean and a mean deviation that follow the
 * latest ones, as round-trip times are estimated in TCP (RFC 6298). Kept in whole microseconds. */
struct durations {
    int64_t count;        // executions that Succeeded
    int64_t mean_us;      // 0 while count is 0
    int64_t deviation_us; // mean absolute difference from the mean
};
/* One more: the first sets the mean and half of it as deviation; each further one moves both by an
 * eighth of the difference, cut towards zero: deviation first, against the mean before. */
void durations_add(struct durations *durations, struct span length);

struct job {
    int64_t row; // the store's integer key; 0 = not stored yet
    struct guid id;
    int64_t revision; // 1 when created, grows with each change of the definition; the ETag

    /* definition */
    struct str name;
    struct str description; // absent when there is none
    enum job_type type;
    enum schedule_type schedule_type;
    struct str schedule_expression; // Cron only
    int64_t interval_seconds;       // Interval only
    enum interval_mode interval_mode;
    struct utc run_at; // OneTime only
    struct str timezone;
    struct utc start_at; // UTC_NONE = unbounded
    struct utc end_at;   // UTC_NONE = unbounded
    int64_t max_runs;    // 0 = no limit
    int64_t jitter_seconds;
    struct str configuration; // JSON object
    struct str retry_policy;  // JSON object, canonical names; see model/retry.h
    struct str exclusions;    // JSON object; absent when there are none
    struct str tags;          // JSON array of strings, "[]" when there are none
    struct str watches;       // JSON object, canonical; absent when there are none; model/watches.h
    struct str dependencies;  // JSON object, canonical; absent when there are none; dependencies.h
    struct str retention;     // JSON object, canonical; absent = the server's; model/retention.h
    int64_t timeout_seconds;
    struct str queue;
    enum concurrency_policy concurrency_policy;
    struct str concurrency_group;    // absent = none; shared by all jobs that name it
    int64_t concurrency_group_limit; // starts only while fewer of its group run; 0 without a group
    enum misfire_policy misfire_policy;
    enum gap_policy gap_policy;
    enum overlap_policy overlap_policy;
    bool is_enabled;
    bool is_paused;
    struct utc paused_until; // UTC_NONE = until resumed
    bool is_deleted;
    struct str created_by;
    struct str last_modified_by;
    struct utc created_at;
    struct utc updated_at;

    /* state: changed by the engine, never through a definition; not part of the revision */
    struct utc next_run_at; // nominal due time; UTC_NEVER = no further run (or paused, disabled)
    struct utc wake_at;     // when the engine looks at the job next, for whatever reason; UTC_NEVER
    struct utc schedule_from;    // due times up to here are decided; the next one is strictly later
    struct utc last_executed_at; // start of the latest execution; UTC_NONE
    int64_t last_execution_status; // enum execution_status, 0 = never executed
    int64_t consecutive_failures;
    int64_t run_count;            // executions made by the schedule, for max_runs
    int64_t live_count;           // executions Pending or Running now
    struct utc last_success_at;   // completedAt of the latest one that Succeeded; UTC_NONE
    struct utc last_completed_at; // when a run of it last came to its end, whatever that was, and
                                  // no retry followed; UTC_NONE
    struct utc
        last_run_created_at;    // createdAt of the latest first attempt that was to run; UTC_NONE
    int64_t starts_workflow;    // the workflow that its own schedule starts; 0 = none
    struct durations durations; // how long its successful executions take
};

/* Deleted, Disabled, Paused, Completed (no further run, nothing live), Failed (the latest execution
 * failed), else Active; the first that holds. */
enum job_status job_current_status(const struct job *job);
/* A copy whose texts live in `arena`. */
struct job job_copy(struct arena *arena, const struct job *job);

#endif
