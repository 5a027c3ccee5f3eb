/* forecast.c - see forecast.h.
 *
 * Most of a hundred thousand jobs share few patterns, or run at intervals. An interval is counted
 * by arithmetic as its job is added. A cron pattern without bounds or exclusions is walked once for
 * all jobs that have it in the same zone: the durations of its members are added up. What is left
 * is walked one by one, the members of the largest groups first, then the others in an order in
 * which every prefix is spread evenly over all of them (each 64th, those between, …), until the
 * steps are used up: the last finished round then stands for all.
 */
#include "model/forecast.h"

#include "base/hash.h"
#include "model/job_schedule.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { GROUPS_MAX = FORECAST_PATTERNS / 2, TABLE_SIZE = 32768, FIRST_ROUND = 64 };

struct member {
    int64_t job_row;
    int64_t mean_us;
};

/* One schedule, and the jobs that have it. */
struct pattern {
    struct job job;    // what job_schedule looks at; texts in the forecast's arena
    int64_t runs_left; // INT64_MAX = no limit
    bool overdue;
    int64_t members;
    int64_t sum_us; // of their mean durations
    struct member top[FORECAST_TOP];
    size_t top_count;
};

struct forecast {
    struct forecast_options options;
    struct arena arena;
    struct forecast_summary summary;
    struct forecast_bucket *buckets, *round; // of all; of the round that is under way
    uint32_t *counts;                        // of the pattern that is walked
    size_t *table;                           // of groups: index + 1; 0 = free
    struct pattern **groups;
    size_t group_count;
    struct pattern **singles;
    size_t single_count, singles_seen, singles_stride; // every stride-th that was seen is kept
    int64_t steps;
};

struct forecast *forecast_new(const struct forecast_options *options) {
    struct forecast *forecast = xcalloc(1, sizeof *forecast);
    size_t count = options->bucket_count;
    forecast->options = *options;
    forecast->buckets = ARENA_ARRAY(&forecast->arena, count, struct forecast_bucket);
    forecast->round = ARENA_ARRAY(&forecast->arena, count, struct forecast_bucket);
    forecast->counts = ARENA_ARRAY(&forecast->arena, count, uint32_t);
    forecast->table = ARENA_ARRAY(&forecast->arena, TABLE_SIZE, size_t);
    forecast->groups = ARENA_ARRAY(&forecast->arena, GROUPS_MAX, struct pattern *);
    forecast->singles = ARENA_ARRAY(&forecast->arena, FORECAST_PATTERNS, struct pattern *);
    forecast->singles_stride = 1;
    forecast->summary.sampled = 1;
    return forecast;
}

void forecast_free(struct forecast *forecast) {
    if (forecast == NULL) return;
    arena_free(&forecast->arena);
    free(forecast);
}

const struct forecast_bucket *forecast_buckets(const struct forecast *forecast) {
    return forecast->buckets;
}

/* ---- shares ---------------------------------------------------------------------------------- */

static void enter_share(struct forecast_bucket *bucket, struct forecast_share share) {
    size_t at = bucket->top_count;
    while (at > 0 && bucket->top[at - 1].workers < share.workers) at--;
    if (at == FORECAST_TOP) return;
    if (bucket->top_count < FORECAST_TOP) bucket->top_count++;
    memmove(&bucket->top[at + 1], &bucket->top[at],
            (bucket->top_count - 1 - at) * sizeof bucket->top[0]);
    bucket->top[at] = share;
}

static int64_t bucket_us(const struct forecast *forecast) {
    return forecast->options.bucket_seconds * 1000000;
}

/* Runs of one length that begin as `counts` says, into the buckets: a run that is longer than a
 * bucket goes on into the next ones. `job_row` 0: of many, and nobody's share. */
static void add_runs(const struct forecast *forecast, struct forecast_bucket *buckets,
                     const uint32_t *counts, int64_t length_us, int64_t job_row) {
    int64_t bucket = bucket_us(forecast), whole = length_us / bucket, rest = length_us % bucket;
    size_t full = whole > (int64_t)forecast->options.bucket_count ? forecast->options.bucket_count
                                                                  : (size_t)whole;
    uint64_t going_on = 0;
    for (size_t i = 0; i < forecast->options.bucket_count; i++) {
        going_on += counts[i];
        uint64_t last = i >= full ? counts[i - full] : 0; // those that end in this one
        going_on -= last;
        double workers = (double)going_on + (double)last * (double)rest / (double)bucket;
        if (workers <= 0) continue;
        buckets[i].workers += workers;
        if (job_row) enter_share(&buckets[i], (struct forecast_share){job_row, workers});
    }
}

static void add_pattern(const struct forecast *forecast, struct forecast_bucket *buckets,
                        const struct pattern *pattern) {
    for (size_t i = 0; i < forecast->options.bucket_count; i++)
        buckets[i].executions += (double)forecast->counts[i] * (double)pattern->members;
    bool single = pattern->members == 1;
    if (pattern->sum_us == 0) return;
    /* The lengths of a group may be added up because none is longer than a bucket. */
    if (single) {
        add_runs(forecast, buckets, forecast->counts, pattern->sum_us, pattern->top[0].job_row);
        return;
    }
    for (size_t i = 0; i < forecast->options.bucket_count; i++) {
        double count = forecast->counts[i], bucket = (double)bucket_us(forecast);
        if (forecast->counts[i] == 0) continue;
        buckets[i].workers += count * (double)pattern->sum_us / bucket;
        for (size_t t = 0; t < pattern->top_count; t++)
            enter_share(&buckets[i],
                        (struct forecast_share){pattern->top[t].job_row,
                                                count * (double)pattern->top[t].mean_us / bucket});
    }
}

/* ---- intervals ------------------------------------------------------------------------------- */

static int64_t end_us(const struct forecast *forecast) {
    return forecast->options.from.us +
           (int64_t)forecast->options.bucket_count * bucket_us(forecast);
}

/* Due at first, first + every, … up to `last`, from `now` on. */
static void count_interval(struct forecast *forecast, int64_t first, int64_t every, int64_t last) {
    int64_t length = bucket_us(forecast), from = forecast->options.from.us;
    int64_t done = 0; // how many were due before this bucket
    for (size_t i = 0; i < forecast->options.bucket_count; i++) {
        int64_t end = from + (int64_t)(i + 1) * length; // the first instant behind it
        if (end > last + 1) end = last + 1;
        int64_t due = end <= first ? 0 : (end - first - 1) / every + 1;
        forecast->counts[i] = due > done ? (uint32_t)(due - done) : 0;
        if (due > done) done = due;
    }
}

/* ---- keeping patterns ------------------------------------------------------------------------ */

static void clear_counts(struct forecast *forecast) {
    memset(forecast->counts, 0, forecast->options.bucket_count * sizeof forecast->counts[0]);
}

static void add_member(struct pattern *pattern, const struct job *job) {
    pattern->members++;
    pattern->sum_us += job->durations.mean_us;
    size_t at = pattern->top_count;
    while (at > 0 && pattern->top[at - 1].mean_us < job->durations.mean_us) at--;
    if (at == FORECAST_TOP) return;
    if (pattern->top_count < FORECAST_TOP) pattern->top_count++;
    memmove(&pattern->top[at + 1], &pattern->top[at],
            (pattern->top_count - 1 - at) * sizeof pattern->top[0]);
    pattern->top[at] = (struct member){job->row, job->durations.mean_us};
}

static int64_t runs_left(const struct job *job) {
    return job->max_runs == 0 ? INT64_MAX : job->max_runs - job->run_count;
}

static bool is_overdue(const struct forecast *forecast, const struct job *job) {
    return !utc_before(forecast->options.now, job->next_run_at);
}

static struct pattern *new_pattern(struct forecast *forecast, const struct job *job) {
    struct arena *arena = &forecast->arena;
    struct pattern *pattern = ARENA_NEW(arena, struct pattern);
    pattern->job = (struct job){
        .id = job->id,
        .schedule_type = job->schedule_type,
        .schedule_expression = arena_copy(arena, job->schedule_expression),
        .interval_seconds = job->interval_seconds,
        .interval_mode = job->interval_mode,
        .run_at = job->run_at,
        .timezone = arena_copy(arena, job->timezone),
        .start_at = job->start_at,
        .end_at = job->end_at,
        .gap_policy = job->gap_policy,
        .overlap_policy = job->overlap_policy,
        .exclusions = arena_copy(arena, job->exclusions),
        .created_at = job->created_at,
    };
    pattern->runs_left = runs_left(job);
    pattern->overdue = is_overdue(forecast, job);
    add_member(pattern, job);
    return pattern;
}

/* Beyond the bound every second one is let go, and of those to come as many. */
static void keep_single(struct forecast *forecast, const struct job *job) {
    if (forecast->singles_seen++ % forecast->singles_stride != 0) return;
    if (forecast->single_count == FORECAST_PATTERNS) {
        for (size_t i = 0; i < FORECAST_PATTERNS / 2; i++)
            forecast->singles[i] = forecast->singles[2 * i];
        forecast->single_count = FORECAST_PATTERNS / 2;
        forecast->singles_stride *= 2;
        if ((forecast->singles_seen - 1) % forecast->singles_stride != 0) return;
    }
    forecast->singles[forecast->single_count++] = new_pattern(forecast, job);
}

static bool is_same_schedule(const struct job *a, const struct job *b) {
    return a->gap_policy == b->gap_policy && a->overlap_policy == b->overlap_policy &&
           str_equal(a->schedule_expression, b->schedule_expression) &&
           str_equal(a->timezone, b->timezone);
}

/* `H` means another time for each job. */
static bool may_share(const struct forecast *forecast, const struct job *job) {
    return job->schedule_type == SCHEDULE_CRON && str_is_absent(job->exclusions) &&
           utc_is_none(job->start_at) && utc_is_none(job->end_at) && job->max_runs == 0 &&
           !is_overdue(forecast, job) && job->durations.mean_us <= bucket_us(forecast) &&
           !str_contains(job->schedule_expression, STR("H"));
}

static void keep_cron(struct forecast *forecast, const struct job *job) {
    uint64_t hash = hash_str(job->timezone, hash_str(job->schedule_expression, 0));
    size_t at = hash % TABLE_SIZE;
    for (; forecast->table[at] != 0; at = (at + 1) % TABLE_SIZE) {
        struct pattern *group = forecast->groups[forecast->table[at] - 1];
        if (!is_same_schedule(&group->job, job)) continue;
        add_member(group, job);
        return;
    }
    if (forecast->group_count == GROUPS_MAX) {
        keep_single(forecast, job);
        return;
    }
    forecast->groups[forecast->group_count++] = new_pattern(forecast, job);
    forecast->table[at] = forecast->group_count;
}

/* At a fixed rate, or after a fixed delay: then a run and its delay are one interval. */
static void add_interval(struct forecast *forecast, const struct job *job) {
    int64_t every = job->interval_seconds * 1000000;
    int64_t now = forecast->options.now.us, first = job->next_run_at.us;
    if (job->interval_mode == INTERVAL_FIXED_DELAY) every += job->durations.mean_us;
    if (first < now) first = now;
    int64_t last = end_us(forecast) - 1, left = runs_left(job);
    if (!utc_is_none(job->end_at) && job->end_at.us < last) last = job->end_at.us;
    if (left <= 0 || first > last) return;
    if (left - 1 < (last - first) / every) last = first + (left - 1) * every;
    count_interval(forecast, first, every, last);
    struct pattern pattern = {0};
    add_member(&pattern, job);
    add_pattern(forecast, forecast->buckets, &pattern);
}

void forecast_add(struct forecast *forecast, const struct job *job) {
    if (!job_is_scheduled(job) || utc_is_never(job->next_run_at)) return;
    if (job->next_run_at.us >= end_us(forecast)) return;
    forecast->summary.jobs++;
    forecast->summary.unmeasured += job->durations.count == 0;
    if (job->schedule_type == SCHEDULE_INTERVAL && str_is_absent(job->exclusions))
        add_interval(forecast, job);
    else if (may_share(forecast, job))
        keep_cron(forecast, job);
    else
        keep_single(forecast, job);
}

/* ---- walking --------------------------------------------------------------------------------- */

static size_t bucket_of(const struct forecast *forecast, struct utc at) {
    return (size_t)((at.us - forecast->options.from.us) / bucket_us(forecast));
}

/* A pattern with too many due times goes on as it was: so many in each bucket that is left. */
static void go_on(struct forecast *forecast, struct utc reached, int64_t walked) {
    double past = (double)(reached.us - forecast->options.now.us);
    double each = (double)walked * (double)bucket_us(forecast) / (past > 1 ? past : 1);
    for (size_t i = bucket_of(forecast, reached) + 1; i < forecast->options.bucket_count; i++)
        forecast->counts[i] = each > UINT32_MAX ? UINT32_MAX : (uint32_t)(each + 0.5);
    forecast->summary.extrapolated++;
}

/* Counts the due times of a pattern by bucket. */
static bool walk(struct forecast *forecast, const struct pattern *pattern) {
    struct arena arena = {0};
    struct schedule_spec spec;
    struct err err = ERR_INIT;
    clear_counts(forecast);
    bool ok = job_schedule(&pattern->job, forecast->options.zones, &arena, &spec, &err);
    if (ok) {
        struct schedule_walk ahead = schedule_walk(&spec, forecast->options.now);
        struct schedule_due due;
        struct utc end = {end_us(forecast)}, reached = forecast->options.now;
        int64_t count = 0, left = pattern->runs_left;
        if (pattern->overdue && left > 0) {
            forecast->counts[bucket_of(forecast, forecast->options.now)]++;
            left--;
        }
        while (count < left && count < FORECAST_WALK && schedule_walk_next(&ahead, &due) &&
               utc_before(due.utc, end)) {
            forecast->counts[bucket_of(forecast, due.utc)]++;
            reached = due.utc;
            count++;
        }
        forecast->steps += count + 1;
        if (count == FORECAST_WALK && count < left) go_on(forecast, reached, count);
    }
    arena_free(&arena);
    return ok;
}

static bool has_steps(const struct forecast *forecast) {
    return forecast->steps < forecast->options.steps_max;
}

static int compare_groups(const void *a, const void *b) {
    const struct pattern *left = *(struct pattern *const *)a, *right = *(struct pattern *const *)b;
    return (left->members < right->members) - (left->members > right->members);
}

/* The largest groups, as far as half of the steps go; how many they were. */
static size_t walk_groups(struct forecast *forecast) {
    qsort(forecast->groups, forecast->group_count, sizeof(struct pattern *), compare_groups);
    size_t i = 0;
    for (; i < forecast->group_count && forecast->steps < forecast->options.steps_max / 2; i++)
        if (walk(forecast, forecast->groups[i]))
            add_pattern(forecast, forecast->buckets, forecast->groups[i]);
    return i;
}

static void merge(struct forecast_bucket *into, const struct forecast_bucket *from, size_t count,
                  double factor) {
    for (size_t i = 0; i < count; i++) {
        into[i].executions += from[i].executions * factor;
        into[i].workers += from[i].workers * factor;
        for (size_t t = 0; t < from[i].top_count; t++) enter_share(&into[i], from[i].top[t]);
    }
}

/* Walks items[first], items[first + step], … into forecast->round. False when the steps ran out. */
static bool walk_round(struct forecast *forecast, struct pattern *const *items, size_t count,
                       size_t first, size_t step, bool whatever_it_takes) {
    size_t buckets = forecast->options.bucket_count;
    memset(forecast->round, 0, buckets * sizeof forecast->round[0]);
    for (size_t i = first; i < count; i += step) {
        if (!whatever_it_takes && !has_steps(forecast)) return false;
        if (walk(forecast, items[i])) add_pattern(forecast, forecast->round, items[i]);
    }
    return true;
}

/* The first round walks each stride-th item; each further one those in the middle between. */
static void walk_rounds(struct forecast *forecast, struct pattern *const *items, size_t count,
                        double seen) {
    if (count == 0) return;
    size_t buckets = forecast->options.bucket_count, stride = 1;
    struct forecast_bucket *sum = ARENA_ARRAY(&forecast->arena, buckets, struct forecast_bucket);
    while (stride * FIRST_ROUND < count) stride *= 2;
    (void)walk_round(forecast, items, count, 0, stride, true);
    merge(sum, forecast->round, buckets, 1);
    for (; stride > 1; stride /= 2) {
        if (!walk_round(forecast, items, count, stride / 2, stride, false)) break;
        merge(sum, forecast->round, buckets, 1);
    }
    double walked = (double)((count + stride - 1) / stride);
    double factor = seen / walked;
    forecast->summary.sampled = factor < 1.5 ? 1 : (int64_t)(factor + 0.5);
    merge(forecast->buckets, sum, buckets, factor);
}

struct forecast_summary forecast_finish(struct forecast *forecast) {
    size_t done = walk_groups(forecast), left = forecast->group_count - done;
    size_t count = left + forecast->single_count;
    struct pattern **items = ARENA_ARRAY(&forecast->arena, count + 1, struct pattern *);
    memcpy(items, forecast->groups + done, left * sizeof(struct pattern *));
    memcpy(items + left, forecast->singles, forecast->single_count * sizeof(struct pattern *));
    walk_rounds(forecast, items, count, (double)(left + forecast->singles_seen));
    return forecast->summary;
}
