/* ledger.c - every due time has exactly one verdict: a run, or a skip that gives a lawful reason.
 *
 * Independent of schedule/: the jobs of the simulation repeat every so many seconds from some
 * origin, so their due times are plain arithmetic here. A job's life is cut into segments, one a
 * schedule; the API's changes cut them, as do pauses that end by themselves.
 */
#include "oracle.h"

#include "model/job_schedule.h"

#include <stdlib.h>

/* ---- segments -------------------------------------------------------------------------------- */

static void add_segment(struct world *world, struct sim_job *job, const struct job *definition,
                        struct utc open, struct utc close, bool rest) {
    if (job->segment_count == job->segment_capacity) {
        job->segment_capacity = job->segment_capacity ? job->segment_capacity * 2 : 4;
        job->segments = xreallocarray(job->segments, job->segment_capacity, sizeof *job->segments);
    }
    job->segments[job->segment_count++] =
        (struct segment){job_copy(&world->arena, definition), open, close, rest};
}

static void close_segment(struct sim_job *job, struct utc at) {
    struct segment *last = &job->segments[job->segment_count - 1];
    if (utc_is_never(last->close)) last->close = at;
}

void oracle_new_job(struct world *world, const struct job *job, int64_t max_attempts) {
    if (world->job_count == world->job_capacity) {
        world->job_capacity = world->job_capacity ? world->job_capacity * 2 : 8;
        world->jobs = xreallocarray(world->jobs, world->job_capacity, sizeof *world->jobs);
    }
    struct sim_job *own = &world->jobs[world->job_count++];
    *own = (struct sim_job){.row = job->row,
                            .id = job->id,
                            .revision = job->revision,
                            .max_attempts = max_attempts,
                            .last = job_copy(&world->arena, job)};
    add_segment(world, own, job, job->schedule_from, UTC_NEVER, false);
}

struct resumed {
    int64_t row;
    struct utc from, to;
    bool found;
};

/* The pause that ended by itself left a range from where the schedule stood. */
static bool find_pause(struct store_tx *tx, struct resumed *resumed, struct err *err) {
    struct arena arena = {0};
    struct skip_range *skips;
    size_t count;
    if (!store_skips(tx, resumed->row, UTC_NONE, UTC_NEVER, &arena, &skips, &count, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (skips[i].reason != SKIP_PAUSED || !utc_equal(skips[i].from, resumed->from)) continue;
        resumed->to = skips[i].to;
        resumed->found = true;
    }
    arena_free(&arena);
    return true;
}

static void take_resume(struct world *world, struct sim_job *job, const struct job *stored,
                        const struct resumed *resumed) {
    struct job definition = job->last;
    definition.is_paused = false;
    definition.paused_until = UTC_NONE;
    if (resumed->found) add_segment(world, job, &definition, resumed->from, resumed->to, true);
    struct utc open = resumed->found ? resumed->to : resumed->from;
    add_segment(world, job, &definition, open, UTC_NEVER, false);
    job->revision = stored->revision;
    job->last = job_copy(&world->arena, &definition);
}

void oracle_notice_resume(struct world *world, struct store_tx *tx, struct sim_job *job,
                          const struct job *stored) {
    if (stored->revision == job->revision) return;
    if (stored->revision != job->revision + 1 || !job->last.is_paused || stored->is_paused)
        world_fail(world, "job %lld was changed by nobody", (long long)job->row);
    struct resumed resumed = {.row = job->row, .from = job->last.schedule_from};
    struct err err = ERR_INIT;
    if (!find_pause(tx, &resumed, &err)) world_fail(world, "no skips: %s", err.msg);
    take_resume(world, job, stored, &resumed);
}

void oracle_job_changed(struct world *world, const struct job *before, const struct job *after,
                        const struct passed_over *passed) {
    struct sim_job *job = &world->jobs[oracle_job_index(world, before->row)];
    bool moved = !utc_equal(before->schedule_from, after->schedule_from) ||
                 !utc_equal(before->next_run_at, after->next_run_at);
    if (utc_before(after->schedule_from, before->schedule_from)) job->rewound = true;
    if (moved) {
        close_segment(job, before->schedule_from);
        if (passed->reason) add_segment(world, job, before, passed->from, passed->to, true);
        if (job_is_scheduled(after))
            add_segment(world, job, after, after->schedule_from, UTC_NEVER, false);
    }
    job->revision = after->revision;
    job->last = job_copy(&world->arena, after);
}

/* ---- due times, by arithmetic ---------------------------------------------------------------- */

struct grid {
    int64_t origin, period; // microseconds; period 0: one time
};

static struct grid grid_of(const struct job *job) {
    static const struct {
        const char *pattern;
        int64_t seconds;
    } patterns[] = {{"* * * * * *", 1}, {"*/5 * * * * *", 5},  {"*/20 * * * * *", 20},
                    {"* * * * *", 60},  {"*/10 * * * *", 600}, {"0 * * * *", 3600}};
    if (job->schedule_type == SCHEDULE_ONE_TIME) return (struct grid){job->run_at.us, 0};
    if (job->schedule_type == SCHEDULE_INTERVAL) {
        struct utc anchor = utc_is_none(job->start_at) ? job->created_at : job->start_at;
        return (struct grid){anchor.us, job->interval_seconds * 1000000};
    }
    for (size_t i = 0; i < COUNT_OF(patterns); i++)
        if (str_equal(job->schedule_expression, str_from_cstr(patterns[i].pattern)))
            return (struct grid){0, patterns[i].seconds * 1000000};
    abort();
}

/* 12:05 to 12:20, the one exclusion that the workload gives. */
static bool is_excluded(const struct job *job, int64_t at) {
    if (str_is_absent(job->exclusions)) return false;
    int64_t second = at / 1000000 % 86400;
    return second >= 12 * 3600 + 5 * 60 && second < 12 * 3600 + 20 * 60;
}

static bool is_within(const struct job *job, int64_t at) {
    if (!utc_is_none(job->start_at) && at < job->start_at.us) return false;
    if (!utc_is_none(job->end_at) && at > job->end_at.us) return false;
    return !is_excluded(job, at);
}

static bool is_due(const struct job *job, int64_t at) {
    struct grid grid = grid_of(job);
    bool on_grid = grid.period == 0 ? at == grid.origin
                                    : at >= grid.origin && (at - grid.origin) % grid.period == 0;
    return on_grid && is_within(job, at);
}

/* The first grid point later than `after`; INT64_MAX. */
static int64_t next_on(const struct grid *grid, int64_t after) {
    if (after < grid->origin) return grid->origin;
    if (grid->period == 0) return INT64_MAX;
    return grid->origin + ((after - grid->origin) / grid->period + 1) * grid->period;
}

/* ---- verdicts -------------------------------------------------------------------------------- */

struct ledger {
    struct world *world;
    size_t index;
    const struct sim_job *job;
    const struct job *stored;
    const struct execution **planned; // by scheduled_for
    size_t planned_count;
    struct skip_range *skips; // by from
    size_t skip_count;
};

static int compare_due(const void *a, const void *b) {
    const struct execution *left = *(const struct execution *const *)a;
    const struct execution *right = *(const struct execution *const *)b;
    return (left->scheduled_for.us > right->scheduled_for.us) -
           (left->scheduled_for.us < right->scheduled_for.us);
}

static const struct execution *planned_for(const struct ledger *ledger, int64_t at) {
    struct execution key = {.scheduled_for = {at}};
    const struct execution *pointer = &key;
    const struct execution **found = bsearch(&pointer, ledger->planned, ledger->planned_count,
                                             sizeof *ledger->planned, compare_due);
    return found ? *found : NULL;
}

static bool records_overlap(const struct execution *execution) {
    return execution->status == EXECUTION_CANCELLED &&
           str_starts_with(execution->error_message, STR("skipped:"));
}

/* Paused is said of two things: the job was (a segment of rest), or all was. */
static bool is_of_rest(const struct ledger *ledger, const struct skip_range *skip) {
    if (skip->reason == SKIP_DISABLED || skip->reason == SKIP_END_OF_SCHEDULE) return true;
    for (size_t i = 0; skip->reason == SKIP_PAUSED && i < ledger->job->segment_count; i++) {
        const struct segment *segment = &ledger->job->segments[i];
        if (segment->rest && utc_equal(segment->open, skip->from) &&
            utc_equal(segment->close, skip->to))
            return true;
    }
    return false;
}

static int skips_of(const struct ledger *ledger, int64_t at, bool rest) {
    int covering = 0;
    for (size_t i = 0; i < ledger->skip_count; i++) {
        const struct skip_range *skip = &ledger->skips[i];
        if (is_of_rest(ledger, skip) == rest && skip->from.us < at && at <= skip->to.us) covering++;
    }
    return covering;
}

static void check_due(const struct ledger *ledger, const struct segment *segment, int64_t at) {
    const struct execution *planned = planned_for(ledger, at);
    int skips = skips_of(ledger, at, segment->rest);
    char text[RFC3339_LENGTH + 1];
    utc_format((struct utc){at}, text);
    long long row = (long long)ledger->job->row;
    if (segment->rest) {
        if (skips == 0)
            world_fail(ledger->world, "job %lld: due time %s while at rest is in no skip", row,
                       text);
        return;
    }
    bool runs = planned && !records_overlap(planned);
    if (!runs && skips == 0) world_fail(ledger->world, "job %lld: due time %s is lost", row, text);
    if (runs && skips > 0)
        world_fail(ledger->world, "job %lld: due time %s ran and was skipped", row, text);
    if (skips > 1) world_fail(ledger->world, "job %lld: due time %s was skipped twice", row, text);
}

static bool runs_are_used_up(const struct ledger *ledger, int64_t at) {
    const struct job *stored = ledger->stored;
    if (stored->max_runs == 0 || stored->run_count < stored->max_runs) return false;
    const struct execution *last = NULL;
    for (size_t i = 0; i < ledger->planned_count; i++)
        if (!records_overlap(ledger->planned[i])) last = ledger->planned[i];
    return last == NULL || at > last->scheduled_for.us;
}

static void check_segment(const struct ledger *ledger, const struct segment *segment) {
    struct grid grid = grid_of(&segment->job);
    int64_t end = utc_min(segment->close, ledger->stored->schedule_from).us;
    if (segment->rest) end = segment->close.us;
    for (int64_t at = next_on(&grid, segment->open.us); at <= end; at = next_on(&grid, at)) {
        if (runs_are_used_up(ledger, at)) return;
        if (is_within(&segment->job, at)) check_due(ledger, segment, at);
    }
}

static void check_no_phantom(const struct ledger *ledger, const struct execution *planned) {
    for (size_t i = 0; i < ledger->job->segment_count; i++) {
        const struct segment *segment = &ledger->job->segments[i];
        int64_t at = planned->scheduled_for.us;
        if (!segment->rest && segment->open.us < at && at <= segment->close.us &&
            is_due(&segment->job, at))
            return;
    }
    world_fail(ledger->world, "job %lld: execution %lld has no due time (S1)",
               (long long)ledger->job->row, (long long)planned->row);
}

/* ---- are the reasons lawful? ----------------------------------------------------------------- */

static bool caught_up_with(const struct ledger *ledger, const struct skip_range *skip) {
    for (size_t i = 0; i < ledger->planned_count; i++) {
        const struct execution *planned = ledger->planned[i];
        if (utc_equal(planned->created_at, skip->decided_at) &&
            utc_before(skip->to, planned->scheduled_for))
            return true;
    }
    for (size_t i = 0; i < ledger->skip_count; i++) {
        const struct skip_range *other = &ledger->skips[i];
        if (other->reason == SKIP_OVERLAP && utc_equal(other->decided_at, skip->decided_at))
            return true;
    }
    return false;
}

static void check_misfire(const struct ledger *ledger, const struct skip_range *skip) {
    const struct job *job = ledger->stored;
    long long row = (long long)ledger->job->row;
    int64_t late = utc_diff(skip->decided_at, skip->from).us;
    if (late <= 1000000)
        world_fail(ledger->world, "job %lld: skipped as missed though %lld us late", row,
                   (long long)late);
    if (job->misfire_policy == MISFIRE_FIRE_ONCE && !caught_up_with(ledger, skip))
        world_fail(ledger->world, "job %lld: FireOnce skipped and did not catch up", row);
    if (job->misfire_policy == MISFIRE_FIRE_ALL) {
        int64_t fired = 0;
        for (size_t i = 0; i < ledger->planned_count; i++)
            fired += utc_equal(ledger->planned[i]->created_at, skip->decided_at);
        for (size_t i = 0; i < ledger->skip_count; i++)
            if (ledger->skips[i].reason == SKIP_OVERLAP &&
                utc_equal(ledger->skips[i].decided_at, skip->decided_at))
                fired = 1000;
        if (fired < 1000)
            world_fail(ledger->world, "job %lld: FireAll skipped after %lld", row,
                       (long long)fired);
    }
}

/* What pause-all kept from running is said to be Paused, and nothing else is. */
static void check_pause_reason(const struct ledger *ledger, const struct skip_range *skip) {
    const struct world *world = ledger->world;
    if (world->was_set_back || world->pause_count == 0) {
        if (skip->reason == SKIP_PAUSED && world->pause_count == 0)
            world_fail(world, "job %lld: Paused though nothing was", (long long)ledger->job->row);
        return;
    }
    const struct plan_pause *last = NULL; // when it was decided
    for (size_t i = 0; i < world->pause_count; i++)
        if (!utc_before(skip->decided_at, world->pauses[i].until)) last = &world->pauses[i];
    struct span grace = span_seconds(1 + ledger->stored->jitter_seconds);
    bool within = last && !utc_before(skip->from, utc_add(last->from, span_us(-grace.us - 1))) &&
                  utc_before(skip->to, last->until);
    if (within != (skip->reason == SKIP_PAUSED))
        world_fail(world, "job %lld: skipped for reason %d, though it was %s a pause-all",
                   (long long)ledger->job->row, (int)skip->reason, within ? "in" : "not in");
}

static void check_reasons(const struct ledger *ledger) {
    enum concurrency_policy policy = ledger->stored->concurrency_policy;
    for (size_t i = 0; i < ledger->skip_count; i++) {
        const struct skip_range *skip = &ledger->skips[i];
        if (skip->reason == SKIP_MISFIRE ||
            (skip->reason == SKIP_PAUSED && !is_of_rest(ledger, skip))) {
            check_misfire(ledger, skip);
            check_pause_reason(ledger, skip);
        }
        if (skip->reason == SKIP_OVERLAP && policy == CONCURRENCY_ALLOW)
            world_fail(ledger->world, "job %lld: an overlap under Allow",
                       (long long)ledger->job->row);
    }
    for (size_t i = 0; i < ledger->planned_count; i++)
        if (ledger->planned[i]->trigger == TRIGGER_CATCH_UP &&
            ledger->stored->misfire_policy == MISFIRE_SKIP)
            world_fail(ledger->world, "job %lld: caught up under Skip",
                       (long long)ledger->job->row);
}

static void check_runs(const struct ledger *ledger) {
    int64_t runs = 0;
    for (size_t i = 0; i < ledger->planned_count; i++) {
        runs += !records_overlap(ledger->planned[i]);
        if (i > 0 && compare_due(&ledger->planned[i - 1], &ledger->planned[i]) == 0)
            world_fail(ledger->world, "job %lld: a due time ran twice",
                       (long long)ledger->job->row);
    }
    if (runs != ledger->stored->run_count && !ledger->job->rewound)
        world_fail(ledger->world, "job %lld: run_count %lld, recount %lld",
                   (long long)ledger->job->row, (long long)ledger->stored->run_count,
                   (long long)runs);
    if (ledger->stored->max_runs > 0 && runs > ledger->stored->max_runs)
        world_fail(ledger->world, "job %lld: more runs than maxRuns", (long long)ledger->job->row);
}

static bool read_skips(struct store_tx *tx, void *context, struct err *err) {
    struct ledger *ledger = context;
    oracle_notice_resume(ledger->world, tx, &ledger->world->jobs[ledger->index], ledger->stored);
    return store_skips(tx, ledger->job->row, UTC_NONE, UTC_NEVER, &ledger->world->arena,
                       &ledger->skips, &ledger->skip_count, err);
}

void ledger_check(struct world *world, const struct snapshot *snapshot, size_t index) {
    struct sim_job *job = &world->jobs[index];
    struct ledger ledger = {
        .world = world, .index = index, .job = job, .stored = &snapshot->jobs[index]};
    struct err err = ERR_INIT;
    if (!memory_store_write(world->api, read_skips, &ledger, &err))
        world_fail(world, "no skips: %s", err.msg);
    ledger.planned = xcalloc(snapshot->count, sizeof *ledger.planned);
    for (size_t i = 0; i < snapshot->count; i++)
        if (snapshot->executions[i].job_row == job->row &&
            oracle_is_planned(&snapshot->executions[i]))
            ledger.planned[ledger.planned_count++] = &snapshot->executions[i];
    qsort(ledger.planned, ledger.planned_count, sizeof *ledger.planned, compare_due);
    check_runs(&ledger);
    if (!job->rewound) check_reasons(&ledger);
    bool delayed = job->rewound; // was it ever a FixedDelay job? its due times come from its runs
    for (size_t i = 0; i < job->segment_count; i++)
        delayed = delayed || job->segments[i].job.interval_mode == INTERVAL_FIXED_DELAY;
    for (size_t i = 0; !delayed && i < job->segment_count; i++)
        check_segment(&ledger, &job->segments[i]);
    for (size_t i = 0; !delayed && i < ledger.planned_count; i++)
        check_no_phantom(&ledger, ledger.planned[i]);
    free(ledger.planned);
}
