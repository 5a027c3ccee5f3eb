/* plan.c - decides due times; see plan.h for the rules.
 *
 * The due times up to now fall into two stretches. Those before `boundary` (now less a grace and
 * the whole jitter) are old: there may be millions, so they are only counted out with
 * schedule_last, or walked up to MAX_FIRE_ALL. Those behind it are recent, few, and looked at one
 * by one: each is ripe when its own jitter has passed, and the first that is not ends the walk and
 * is the job's next run.
 */
#include "engine/plan.h"

#include "base/bounds.h"

enum { GRACE_SECONDS = 1 };

/* Where the parts of a plan are put together. */
struct planner {
    const struct plan_request *request;
    struct arena *arena;
    struct plan plan;
    size_t execution_capacity, skip_capacity;
    int64_t live, waiting;
    int64_t runs_left;     // INT64_MAX without a limit
    bool skipped_last;     // the due time before was skipped, for whatever reason
    struct utc skipped_to; // the latest one that was
};

static struct new_execution *add_execution(struct planner *planner) {
    struct plan_item *item = &planner->plan.item;
    if (item->execution_count == planner->execution_capacity) {
        size_t capacity = planner->execution_capacity ? planner->execution_capacity * 4 : 1;
        struct new_execution *larger = ARENA_ARRAY(planner->arena, capacity, struct new_execution);
        for (size_t i = 0; i < item->execution_count; i++) larger[i] = item->executions[i];
        item->executions = larger;
        planner->execution_capacity = capacity;
    }
    return &item->executions[item->execution_count++];
}

/* The due times from `first` to `last`, both included, do not run. */
static void skip(struct planner *planner, struct utc first, struct utc last,
                 enum skip_reason reason) {
    struct plan_item *item = &planner->plan.item;
    struct skip_range *before = item->skip_count ? &item->skips[item->skip_count - 1] : NULL;
    bool adjoins = planner->skipped_last && before && utc_equal(before->to, planner->skipped_to);
    planner->skipped_to = utc_max(planner->skipped_to, last);
    if (adjoins && before->reason == reason) {
        before->to = last;
        return;
    }
    if (item->skip_count == planner->skip_capacity) {
        size_t capacity = planner->skip_capacity ? planner->skip_capacity * 4 : 2;
        struct skip_range *larger = ARENA_ARRAY(planner->arena, capacity, struct skip_range);
        for (size_t i = 0; i < item->skip_count; i++) larger[i] = item->skips[i];
        item->skips = larger;
        planner->skip_capacity = capacity;
    }
    item->skips[item->skip_count++] = (struct skip_range){
        .job_row = item->job_row,
        .from = utc_add(first, span_us(-1)),
        .to = last,
        .reason = reason,
        .decided_at = planner->request->now,
    };
    planner->skipped_last = true;
}

/* Does pause-all account for it that this missed due time did not run? It does when the time came
 * in the pause, and when the pause came before the time was missed. `ret_end` is the last instant
 * for which the answer is the same. */
static bool is_of_the_pause(const struct planner *planner, struct utc due, struct utc *ret_end) {
    const struct plan_request *request = planner->request;
    struct span grace = span_seconds(GRACE_SECONDS + request->schedule->jitter_seconds);
    struct utc from = utc_add(request->pause.from, span_us(-grace.us));
    struct utc until = request->pause.until;
    *ret_end = UTC_NEVER;
    if (utc_is_none(request->pause.from) || !utc_before(from, until)) return false;
    if (!utc_before(due, until)) return false;
    bool before = utc_before(due, from);
    *ret_end = utc_add(before ? from : until, span_us(-1));
    return !before;
}

/* The missed due times from `first` to `last`, both included, do not run. */
static void skip_missed(struct planner *planner, struct utc first, struct utc last) {
    const struct schedule_spec *schedule = planner->request->schedule;
    struct utc end;
    for (struct utc due = first; !utc_before(last, due); due = schedule_next(schedule, end)) {
        bool paused = is_of_the_pause(planner, due, &end);
        enum skip_reason reason = paused ? SKIP_PAUSED : SKIP_MISFIRE;
        if (!utc_before(end, last)) {
            skip(planner, due, last, reason);
            return;
        }
        struct utc to = schedule_last(schedule, utc_add(due, span_us(-1)), end);
        skip(planner, due, utc_is_never(to) ? due : to, reason);
    }
}

static struct new_execution *execute(struct planner *planner, struct utc due,
                                     enum trigger trigger) {
    const struct plan_request *request = planner->request;
    struct new_execution *execution = add_execution(planner);
    *execution = (struct new_execution){
        .id = guid_new(request->now),
        .job_row = request->due->row,
        .status = EXECUTION_PENDING,
        .queue = request->job->queue,
        .trigger = trigger,
        .scheduled_for = due,
        .created_at = request->now,
        .available_at = utc_add(due, schedule_jitter(request->schedule, due)),
    };
    planner->skipped_last = false;
    return execution;
}

static void run(struct planner *planner, struct utc due, enum trigger trigger) {
    (void)execute(planner, due, trigger);
    planner->live++;
    planner->runs_left--;
    planner->plan.item.run_count++;
}

static void record_overlap(struct planner *planner, struct utc due, enum trigger trigger) {
    bool skipped_before = planner->skipped_last;
    struct new_execution *execution = execute(planner, due, trigger);
    planner->skipped_last = skipped_before; // its due time goes to the same range
    execution->status = EXECUTION_CANCELLED;
    execution->completed_at = planner->request->now;
    execution->error_message =
        STR("skipped: the run before was still going (concurrencyPolicy Skip)");
    skip(planner, due, due, SKIP_OVERLAP);
}

/* A due time that is to run, unless the run before is in the way. */
static void decide(struct planner *planner, struct utc due, enum trigger trigger) {
    struct plan *plan = &planner->plan;
    size_t before = plan->item.execution_count;
    switch (planner->request->job->concurrency_policy) {
    case CONCURRENCY_SKIP:
        if (planner->live > 0) {
            record_overlap(planner, due, trigger);
            return;
        }
        break;
    case CONCURRENCY_QUEUE:
        if (planner->live > 0 && planner->waiting > 0) {
            skip(planner, due, due, SKIP_OVERLAP);
            return;
        }
        if (planner->live > 0) {
            planner->waiting++;
            run(planner, due, trigger);
            return; // not startable
        }
        break;
    case CONCURRENCY_REPLACE:
        /* Of several that come at once the last replaces the others before they began. */
        if (before > 0) {
            struct utc replaced = plan->item.executions[before - 1].scheduled_for;
            plan->item.execution_count--;
            plan->item.run_count--;
            planner->runs_left++;
            planner->skipped_last = plan->item.skip_count > 0;
            skip(planner, replaced, replaced, SKIP_OVERLAP);
        }
        plan->replaces = planner->request->due->live_count > 0;
        run(planner, due, trigger);
        plan->startable = plan->item.execution_count;
        return;
    case CONCURRENCY_ALLOW: break;
    }
    run(planner, due, trigger);
    plan->startable = plan->item.execution_count;
}

static struct utc next_due(const struct planner *planner, struct utc after) {
    return planner->runs_left > 0 ? schedule_next(planner->request->schedule, after) : UTC_NEVER;
}

static bool is_ripe(const struct planner *planner, struct utc due) {
    if (utc_is_never(due) || utc_before(planner->request->now, due)) return false;
    struct utc start = utc_add(due, schedule_jitter(planner->request->schedule, due));
    return !utc_before(planner->request->now, start);
}

/* Missed due times from `first` to `last` under FireAll. */
static void fire_all(struct planner *planner, struct utc first, struct utc last) {
    struct utc due = first;
    for (int fired = 0; fired < MAX_FIRE_ALL && !utc_is_never(due) && !utc_before(last, due);
         fired++) {
        decide(planner, due, TRIGGER_CATCH_UP);
        due = next_due(planner, due);
    }
    if (!utc_is_never(due) && !utc_before(last, due)) skip_missed(planner, due, last);
}

static void finish(struct planner *planner, struct utc decided, struct utc next) {
    struct plan_item *item = &planner->plan.item;
    item->schedule_from = utc_max(item->schedule_from, decided);
    item->next_run_at = planner->runs_left > 0 ? next : UTC_NEVER;
    item->wake_at = utc_is_never(item->next_run_at)
                        ? UTC_NEVER
                        : utc_add(next, schedule_jitter(planner->request->schedule, next));
}

/* The recent due times from `due` on, as they are. */
static void plan_recent(struct planner *planner, struct utc due, struct utc decided) {
    while (is_ripe(planner, due)) {
        decide(planner, due, TRIGGER_SCHEDULE);
        decided = due;
        due = next_due(planner, due);
    }
    finish(planner, decided, due);
}

/* The latest ripe due time from `due` on; UTC_NEVER when that one is not ripe. */
static struct utc last_ripe(const struct planner *planner, struct utc due) {
    struct utc last = UTC_NEVER;
    for (; is_ripe(planner, due); due = next_due(planner, due)) last = due;
    return last;
}

/* Old due times from `first` to `last`, of which at least one is missed. */
static void plan_missed(struct planner *planner, struct utc first, struct utc last) {
    struct utc recent = next_due(planner, last);
    switch (planner->request->job->misfire_policy) {
    case MISFIRE_FIRE_ONCE: {
        struct utc latest = last_ripe(planner, recent);
        if (utc_is_never(latest)) latest = last;
        if (utc_before(first, latest)) {
            struct utc before =
                schedule_last(planner->request->schedule, utc_add(first, span_us(-1)),
                              utc_add(latest, span_us(-1)));
            skip_missed(planner, first, utc_is_never(before) ? first : before);
        }
        decide(planner, latest, TRIGGER_CATCH_UP);
        finish(planner, latest, next_due(planner, latest));
        return;
    }
    case MISFIRE_SKIP: skip_missed(planner, first, last); break;
    case MISFIRE_FIRE_ALL:
        fire_all(planner, first, last);
        recent = next_due(planner, last);
        break;
    }
    plan_recent(planner, recent, last);
}

/* Was something planning when this due time came? A one-time job that was written after its time
 * runs at once: it counts from its writing. */
static bool came_while_steady(const struct planner *planner, struct utc due) {
    const struct job *job = planner->request->job;
    if (job->schedule_type == SCHEDULE_ONE_TIME && !utc_before(job->updated_at, due)) return true;
    const struct plan_request *request = planner->request;
    struct utc steady_since = request->steady_since;
    /* (A pause that ends in the future: the clock was set back since.) */
    if (!utc_before(request->now, request->pause.until))
        steady_since = utc_max(steady_since, request->pause.until);
    return !utc_before(due, steady_since);
}

static bool is_fixed_delay(const struct job *job) {
    return job->schedule_type == SCHEDULE_INTERVAL && job->interval_mode == INTERVAL_FIXED_DELAY;
}

/* FixedDelay has one due time at a time. The next is counted from the end of the run, which writes
 * it; until then the job is looked at again one interval from now, in case that end is never
 * recorded. */
static void plan_fixed_delay(struct planner *planner, bool is_old) {
    const struct plan_request *request = planner->request;
    struct utc due = request->due->next_run_at;
    if (request->due->live_count == 0 && !is_ripe(planner, due)) {
        finish(planner, planner->plan.item.schedule_from, due);
        return;
    }
    if (request->due->live_count > 0) {
        due = planner->plan.item.schedule_from;
    } else if (!is_old || came_while_steady(planner, due)) {
        decide(planner, due, TRIGGER_SCHEDULE);
    } else if (request->job->misfire_policy == MISFIRE_SKIP) {
        skip_missed(planner, due, due);
    } else {
        decide(planner, due, TRIGGER_CATCH_UP);
    }
    /* Before the anchor (the clock was set back) the first due time would come once more. */
    struct utc after = request->now;
    if (utc_before(after, request->schedule->anchor)) after = utc_max(after, due);
    finish(planner, due, next_due(planner, after));
}

static void plan_due(struct planner *planner) {
    const struct plan_request *request = planner->request;
    const struct schedule_spec *schedule = request->schedule;
    struct utc first = request->due->next_run_at;
    struct span grace = span_seconds(GRACE_SECONDS + schedule->jitter_seconds);
    struct utc boundary = utc_add(request->now, span_us(-grace.us));
    if (is_fixed_delay(request->job)) {
        plan_fixed_delay(planner, utc_before(first, boundary));
        return;
    }
    if (!utc_before(first, boundary)) {
        plan_recent(planner, first, planner->plan.item.schedule_from);
        return;
    }
    struct utc last = schedule_last(schedule, first, utc_add(boundary, span_us(-1)));
    if (utc_is_never(last)) last = first;
    /* When the last of the old ones is the latest of all and came while we were steady, it is not
     * missed but late. */
    bool late = came_while_steady(planner, last) && !is_ripe(planner, next_due(planner, last));
    if (!late) {
        plan_missed(planner, first, last);
    } else if (utc_equal(first, last)) {
        plan_recent(planner, first, planner->plan.item.schedule_from);
    } else if (request->job->misfire_policy == MISFIRE_FIRE_ONCE) {
        plan_missed(planner, first, last);
    } else {
        struct utc before =
            schedule_last(schedule, utc_add(first, span_us(-1)), utc_add(last, span_us(-1)));
        plan_missed(planner, first, utc_is_never(before) ? first : before);
    }
}

struct plan plan_job(const struct plan_request *request, struct arena *arena) {
    const struct due_job *due = request->due;
    const struct job *job = request->job;
    struct planner planner = {
        .request = request,
        .arena = arena,
        .plan.item = {.job_row = due->row,
                      .revision = due->revision,
                      .old_wake_at = due->wake_at,
                      .next_run_at = due->next_run_at,
                      .wake_at = UTC_NEVER,
                      .schedule_from = due->schedule_from,
                      .run_count = due->run_count},
        .live = due->live_count,
        .waiting = request->waiting,
        .runs_left = job->max_runs > 0 ? job->max_runs - due->run_count : INT64_MAX,
    };
    if (job->is_paused && utc_before(request->now, job->paused_until))
        planner.plan.item.wake_at = job->paused_until;
    bool is_gone = job->is_deleted && (int)job->type != JOB_WORKFLOW;
    if (is_gone || job->is_paused || !job->is_enabled || utc_is_never(due->next_run_at)) {
        return planner.plan;
    }
    if (planner.runs_left <= 0) {
        planner.plan.item.next_run_at = UTC_NEVER;
    } else {
        plan_due(&planner);
    }
    return planner.plan;
}
