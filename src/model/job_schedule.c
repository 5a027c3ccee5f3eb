/* job_schedule.c - see job_schedule.h.
 *
 * Whatever changes a job comes down to one question: from when on are its due times still open?
 *
 *   - Nothing of the schedule changed and the job was running by it: the plan stays as it is.
 *   - The schedule changed, or the job runs by it again after a pause: from now on. What was due
 *     meanwhile is passed over and reported, so that the ledger can say why.
 *   - Only bounds or exclusions changed, and a due time has come that the engine has not planned
 * yet: from that due time on; it is still owed.
 *   - A OneTime job whose runAt is still open: from just before runAt, so that it runs, at once
 * when runAt has passed.
 */
#include "model/job_schedule.h"

#include "base/hash.h"
#include "model/exclusions.h"

uint64_t job_hash_seed(struct guid id) {
    return hash_bytes(id.bytes, sizeof id.bytes, 0);
}

static struct dst_policy dst_policy_of(const struct job *job) {
    struct dst_policy policy = {.gap = DST_GAP_RUN_AFTER, .overlap = DST_OVERLAP_AUTO};
    switch (job->gap_policy) {
    case GAP_RUN_AFTER: policy.gap = DST_GAP_RUN_AFTER; break;
    case GAP_SHIFT: policy.gap = DST_GAP_SHIFT; break;
    case GAP_SKIP: policy.gap = DST_GAP_SKIP; break;
    }
    switch (job->overlap_policy) {
    case OVERLAP_AUTO: policy.overlap = DST_OVERLAP_AUTO; break;
    case OVERLAP_FIRST: policy.overlap = DST_OVERLAP_FIRST; break;
    case OVERLAP_LAST: policy.overlap = DST_OVERLAP_LAST; break;
    case OVERLAP_BOTH: policy.overlap = DST_OVERLAP_BOTH; break;
    }
    return policy;
}

/* The part of the schedule that is peculiar to its type. */
static bool set_kind(const struct job *job, struct arena *arena, struct schedule_spec *spec,
                     struct err *err) {
    switch (job->schedule_type) {
    case SCHEDULE_CRON: {
        struct cron *cron = ARENA_NEW(arena, struct cron);
        if (!cron_parse(job->schedule_expression, spec->seed, cron, err)) return false;
        spec->kind = SCHEDULE_BY_CRON;
        spec->cron = cron;
        return true;
    }
    case SCHEDULE_INTERVAL:
        spec->kind = SCHEDULE_BY_INTERVAL;
        spec->interval_seconds = job->interval_seconds;
        spec->interval_base =
            job->interval_mode == INTERVAL_FIXED_DELAY ? INTERVAL_FROM_END : INTERVAL_FROM_DUE;
        spec->anchor = utc_is_none(job->start_at) ? job->created_at : job->start_at;
        return true;
    case SCHEDULE_ONE_TIME:
        spec->kind = SCHEDULE_BY_DATE;
        spec->run_at = job->run_at;
        return true;
    }
    return err_set(err, ERR_INVALID, "scheduleType %d is unknown", (int)job->schedule_type);
}

bool job_schedule(const struct job *job, struct zone_cache *zones, struct arena *arena,
                  struct schedule_spec *ret, struct err *err) {
    struct str timezone = job->timezone.len == 0 ? STR("UTC") : job->timezone;
    struct schedule_spec spec = {
        .dst = dst_policy_of(job),
        .start_at = job->start_at,
        .end_at = job->end_at,
        .jitter_seconds = job->jitter_seconds,
        .seed = job_hash_seed(job->id),
    };
    spec.zone = zone_cache_get(zones, timezone, err);
    if (spec.zone == NULL) return false;
    if (!set_kind(job, arena, &spec, err)) return false;
    if (!exclusions_parse(job->exclusions, arena, &spec.exclusion, err)) return false;
    *ret = spec;
    return true;
}

/* A workflow's schedule is a job that is hidden, not gone. */
static bool is_gone(const struct job *job) {
    return job->is_deleted && (int)job->type != JOB_WORKFLOW;
}

bool job_is_scheduled(const struct job *job) {
    bool has_runs_left = job->max_runs == 0 || job->run_count < job->max_runs;
    return !is_gone(job) && job->is_enabled && !job->is_paused && has_runs_left;
}

enum skip_reason job_rest_reason(const struct job *job) {
    if (is_gone(job) || !job->is_enabled) return SKIP_DISABLED;
    if (job->is_paused) return SKIP_PAUSED;
    return SKIP_END_OF_SCHEDULE;
}

struct utc job_available_at(const struct job *job, struct utc due) {
    if (job->jitter_seconds == 0) return due;
    struct schedule_spec spec = {
        .jitter_seconds = job->jitter_seconds,
        .seed = job_hash_seed(job->id),
    };
    return utc_add(due, schedule_jitter(&spec, due));
}

/* ---- plans ----------------------------------------------------------------------------------- */

/* No run by schedule; the engine looks again only when a pause has an end. */
static void stand_still(struct job *job) {
    bool paused = !is_gone(job) && job->is_enabled && job->is_paused;
    bool wakes = paused && !utc_is_none(job->paused_until);
    job->next_run_at = UTC_NEVER;
    job->wake_at = wakes ? job->paused_until : UTC_NEVER;
}

static void set_next(struct job *job, struct utc next, struct utc now) {
    job->next_run_at = next;
    job->wake_at = utc_is_never(next) ? UTC_NEVER : utc_max(next, now);
}

/* Due times up to `from` are decided. */
static bool plan_from(struct job *job, struct zone_cache *zones, struct utc from, struct utc now,
                      struct err *err) {
    struct arena arena = {0};
    struct schedule_spec spec;
    bool good = job_schedule(job, zones, &arena, &spec, err);
    if (good) {
        job->schedule_from = from;
        if (job_is_scheduled(job))
            set_next(job, schedule_next(&spec, from), now);
        else
            stand_still(job);
    }
    arena_free(&arena);
    return good;
}

/* Now, or just before the one run of a job that has not had it yet. */
static struct utc from_now_on(const struct job *job, bool run_is_open, struct utc now) {
    if (job->schedule_type != SCHEDULE_ONE_TIME || !run_is_open) return now;
    return utc_min(now, utc_add(job->run_at, span_us(-1)));
}

bool job_plan_first(struct job *job, struct zone_cache *zones, struct utc now, struct err *err) {
    return plan_from(job, zones, from_now_on(job, true, now), now, err);
}

static bool has_new_schedule(const struct job *a, const struct job *b) {
    return a->schedule_type != b->schedule_type ||
           !str_equal(a->schedule_expression, b->schedule_expression) ||
           a->interval_seconds != b->interval_seconds || a->interval_mode != b->interval_mode ||
           !utc_equal(a->run_at, b->run_at) || !str_equal(a->timezone, b->timezone) ||
           !utc_equal(a->start_at, b->start_at) || a->gap_policy != b->gap_policy ||
           a->overlap_policy != b->overlap_policy;
}

static bool has_new_bounds(const struct job *a, const struct job *b) {
    return !utc_equal(a->end_at, b->end_at) || !str_equal(a->exclusions, b->exclusions);
}

static struct passed_over passed_between(int64_t reason, struct utc from, struct utc to) {
    if (!utc_before(from, to)) return (struct passed_over){0};
    return (struct passed_over){.reason = reason, .from = from, .to = to};
}

/* The run of a OneTime job is open when its time is a new one, or was not decided yet. */
static bool run_is_open(const struct job *before, const struct job *job) {
    return before->schedule_type != SCHEDULE_ONE_TIME || !utc_equal(before->run_at, job->run_at) ||
           utc_before(before->schedule_from, job->run_at);
}

/* While a FixedDelay run goes on its job has no next run; the end of the run gives it one. But that
 * end counts only for the definition it began with, so after a change the job is given one here. */
static bool needs_next_run(const struct job *job) {
    return job->schedule_type == SCHEDULE_INTERVAL && job->interval_mode == INTERVAL_FIXED_DELAY &&
           utc_is_never(job->next_run_at);
}

static void keep_plan(const struct job *before, struct job *job) {
    job->next_run_at = before->next_run_at;
    job->wake_at = before->wake_at;
    job->schedule_from = before->schedule_from;
}

bool job_plan_change(const struct job *before, struct job *job, struct zone_cache *zones,
                     struct utc now, struct passed_over *ret_passed, struct err *err) {
    bool ran = job_is_scheduled(before), runs = job_is_scheduled(job);
    bool renewed = has_new_schedule(before, job);
    bool owes = ran && !utc_before(now, before->next_run_at);
    /* A clock that was set back must not open decided due times again. */
    struct utc from = renewed ? now : utc_max(now, before->schedule_from);
    struct utc open = from_now_on(job, run_is_open(before, job), from);
    struct passed_over passed = {0};
    struct job planned = *job;
    keep_plan(before, &planned);

    if (!runs && !renewed) {
        stand_still(&planned);
    } else if (!ran || renewed) {
        if (!plan_from(&planned, zones, open, now, err)) return false;
        if (!ran) {
            passed = passed_between(job_rest_reason(before), before->schedule_from, open);
        } else if (owes) {
            struct utc last_decided = utc_add(before->next_run_at, span_us(-1));
            passed = passed_between(SKIP_END_OF_SCHEDULE, last_decided, open);
        }
    } else if (has_new_bounds(before, job)) {
        struct utc owed = utc_add(before->next_run_at, span_us(-1));
        if (!plan_from(&planned, zones, owes ? owed : open, now, err)) return false;
    } else if (needs_next_run(&planned)) {
        if (!plan_from(&planned, zones, now, now, err)) return false;
    }
    *job = planned;
    if (ret_passed != NULL) *ret_passed = passed;
    return true;
}

bool job_plan_after_end(struct job *job, struct zone_cache *zones, struct utc ended_at,
                        struct err *err) {
    if (job->schedule_type != SCHEDULE_INTERVAL || job->interval_mode != INTERVAL_FIXED_DELAY)
        return true;
    return plan_from(job, zones, utc_max(ended_at, job->schedule_from), ended_at, err);
}
