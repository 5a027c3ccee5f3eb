/* dependencies.c - see dependencies.h.
 *
 * A run waits with the instant after which ends count. When the job has never had a run, every end
 * counts; since "no instant" means that a run does not wait, that is kept as EVER.
 *
 * The end of a job that hundreds of runs wait for is one write: the runs are those of few jobs, so
 * what a job depends on is looked up once for all of its runs.
 */
#include "engine/dependencies.h"

#include "engine/inputs.h"

#include <stdlib.h>

enum { NAMED_MAX = 5 };

static const struct utc ever = {1};

/* A job's dependencies, and what the jobs did. */
struct situation {
    struct dependencies dependencies;
    struct job_end *jobs; // one a dependency
    struct dependency_end *ends;
};

static bool look_up(struct store_tx *tx, struct str text, struct arena *arena,
                    struct situation *ret, struct err *err) {
    *ret = (struct situation){.dependencies.condition = DEPENDENCY_ALL_SUCCEEDED};
    struct err unreadable = ERR_INIT;
    struct dependencies *dependencies = &ret->dependencies;
    if (!dependencies_parse(text, arena, dependencies, &unreadable)) return true;
    size_t count = dependencies->count;
    ret->jobs = ARENA_ARRAY(arena, count, struct job_end);
    ret->ends = ARENA_ARRAY(arena, count, struct dependency_end);
    if (count > 0 && !store_job_ends(tx, dependencies->jobs, count, arena, ret->jobs, err))
        return false;
    for (size_t i = 0; i < count; i++)
        ret->ends[i] = (struct dependency_end){
            .is_gone = ret->jobs[i].row == 0 || ret->jobs[i].is_deleted,
            .last_success_at = ret->jobs[i].last_success_at,
            .last_completed_at = ret->jobs[i].last_completed_at,
        };
    return true;
}

static enum dependency_verdict judge(const struct situation *situation, struct utc since) {
    if (utc_equal(since, ever)) since = UTC_NONE;
    return dependencies_judge(&situation->dependencies, situation->ends, since, NULL, NULL);
}

static bool collect_inputs(struct store_tx *tx, struct str configuration,
                           const struct situation *situation, struct arena *arena, struct str *ret,
                           struct err *err) {
    *ret = STR_NONE;
    if (!inputs_are_mentioned(configuration)) return true;
    size_t count = situation->dependencies.count;
    struct input_job *jobs = ARENA_ARRAY(arena, count, struct input_job);
    for (size_t i = 0; i < count; i++)
        jobs[i] = (struct input_job){.id = situation->jobs[i].id,
                                     .name = situation->jobs[i].name,
                                     .row = situation->jobs[i].row};
    return inputs_collect(tx, configuration, jobs, count, arena, ret, err);
}

bool dependencies_inputs(struct store_tx *tx, const struct job *job, struct arena *arena,
                         struct str *ret, struct err *err) {
    struct situation situation;
    *ret = STR_NONE;
    if (str_is_absent(job->dependencies) || !inputs_are_mentioned(job->configuration)) return true;
    return look_up(tx, job->dependencies, arena, &situation, err) &&
           collect_inputs(tx, job->configuration, &situation, arena, ret, err);
}

/* ---- planned --------------------------------------------------------------------------------- */

/* Back to where the runs of the job that wait now began to. */
static bool wait_as_before(struct store_tx *tx, int64_t job_row, struct arena *arena,
                           struct utc *since, struct err *err) {
    struct waiting_filter filter = {.job_row = job_row};
    struct waiting_run *runs;
    size_t count;
    if (!store_waiting(tx, &filter, arena, &runs, &count, err)) return false;
    for (size_t i = 0; i < count; i++) *since = utc_min(*since, runs[i].waiting_since);
    return true;
}

bool dependencies_plan(struct store_tx *tx, const struct job *job, struct utc last_run_created_at,
                       bool replaces, struct span patience, struct utc now, struct plan_item *item,
                       struct arena *arena, bool *at_once, struct err *err) {
    struct situation situation;
    if (str_is_absent(job->dependencies) || item->execution_count == 0) return true;
    if (!look_up(tx, job->dependencies, arena, &situation, err)) return false;
    struct utc since = utc_is_none(last_run_created_at) ? ever : last_run_created_at;
    if (replaces && !wait_as_before(tx, item->job_row, arena, &since, err)) return false;
    for (size_t i = 0; i < item->execution_count; i++) {
        struct new_execution *execution = &item->executions[i];
        if (execution->status != EXECUTION_PENDING) continue;
        bool is_step = !guid_is_zero(execution->workflow_run_id);
        enum dependency_verdict verdict = is_step ? DEPENDENCY_MET : judge(&situation, since);
        if (verdict == DEPENDENCY_MET) {
            if (!collect_inputs(tx, job->configuration, &situation, arena, &execution->inputs, err))
                return false;
        } else {
            execution->waiting_since = since;
            execution->available_at = verdict == DEPENDENCY_WAITS ? utc_add(now, patience) : now;
            *at_once = *at_once || verdict == DEPENDENCY_IMPOSSIBLE;
        }
        since = execution->created_at;
    }
    return true;
}

/* ---- released -------------------------------------------------------------------------------- */

/* One job's runs of the list, all judged by one look at the store. */
static bool release_runs(struct store_tx *tx, const struct waiting_run *runs, size_t count,
                         struct utc now, struct arena *arena, size_t *released, struct err *err) {
    struct situation situation;
    struct release *items = ARENA_ARRAY(arena, count, struct release);
    size_t item_count = 0;
    struct str inputs = STR_NONE;
    bool is_read = false;
    if (!look_up(tx, runs[0].dependencies, arena, &situation, err)) return false;
    for (size_t i = 0; i < count; i++) {
        enum dependency_verdict verdict = judge(&situation, runs[i].waiting_since);
        struct job job;
        if (verdict == DEPENDENCY_WAITS) continue;
        if (verdict == DEPENDENCY_MET && !is_read) {
            is_read = true;
            if (!store_job_get_by_row(tx, runs[i].job_row, arena, &job, err) ||
                !collect_inputs(tx, job.configuration, &situation, arena, &inputs, err))
                return false;
        }
        bool waits = verdict == DEPENDENCY_IMPOSSIBLE;
        items[item_count++] = (struct release){.execution_row = runs[i].execution_row,
                                               .available_at = now,
                                               .still_waits = waits,
                                               .inputs = waits ? STR_NONE : inputs};
    }
    *released += item_count;
    return item_count == 0 || store_release(tx, items, item_count, err);
}

/* Each job's runs together, the oldest first. */
static int compare_jobs(const void *a, const void *b) {
    const struct waiting_run *left = a, *right = b;
    if (left->job_row != right->job_row) return left->job_row < right->job_row ? -1 : 1;
    return (left->execution_row > right->execution_row) -
           (left->execution_row < right->execution_row);
}

static bool release(struct store_tx *tx, const struct waiting_filter *filter, struct utc now,
                    struct arena *arena, size_t *released, struct err *err) {
    struct waiting_run *runs;
    size_t count;
    if (!store_waiting(tx, filter, arena, &runs, &count, err)) return false;
    if (count > 1) qsort(runs, count, sizeof *runs, compare_jobs);
    for (size_t i = 0, together; i < count; i += together) {
        for (together = 1; i + together < count; together++)
            if (runs[i + together].job_row != runs[i].job_row) break;
        if (!release_runs(tx, &runs[i], together, now, arena, released, err)) return false;
    }
    return true;
}

bool dependencies_ended(struct store_tx *tx, struct guid job_id, struct utc now,
                        struct arena *arena, size_t *released, struct err *err) {
    return release(tx, &(struct waiting_filter){.depends_on = job_id}, now, arena, released, err);
}

bool dependencies_changed(struct store_tx *tx, int64_t job_row, struct utc now, struct arena *arena,
                          size_t *released, struct err *err) {
    return release(tx, &(struct waiting_filter){.job_row = job_row}, now, arena, released, err);
}

/* ---- refused --------------------------------------------------------------------------------- */

static void put_length(struct buf *out, struct span length) {
    int64_t seconds = length.us / 1000000;
    if (seconds >= 3600 && seconds % 3600 == 0)
        buf_printf(out, "%lld h", (long long)(seconds / 3600));
    else if (seconds >= 60 && seconds % 60 == 0)
        buf_printf(out, "%lld min", (long long)(seconds / 60));
    else
        buf_printf(out, "%lld s", (long long)seconds);
}

/* `the job "A" (id), the job "B" (id) and 7 more` */
static void put_jobs(struct buf *out, const struct situation *situation, const size_t *open,
                     size_t count) {
    for (size_t i = 0; i < count && i < NAMED_MAX; i++) {
        const struct job_end *job = &situation->jobs[open[i]];
        if (i > 0) buf_put(out, i + 1 == count ? STR(" and ") : STR(", "));
        if (job->row == 0)
            buf_put(out, STR("the job "));
        else
            buf_printf(out, "the job \"%.*s\" (", STR_ARG(job->name));
        buf_put_guid(out, situation->dependencies.jobs[open[i]]);
        if (job->row != 0) buf_put_char(out, ')');
    }
    if (count > NAMED_MAX) buf_printf(out, " and %zu more", count - NAMED_MAX);
}

static const char *wanted(enum dependency_condition condition) {
    return condition == DEPENDENCY_ALL_COMPLETED ? "to end" : "to succeed";
}

static struct dependency_refusal refuse(const struct situation *situation,
                                        enum dependency_verdict verdict, const size_t *open,
                                        size_t count, struct span waited, struct arena *arena) {
    struct buf out = buf_with_max(0);
    bool any = situation->dependencies.condition == DEPENDENCY_ANY_SUCCEEDED;
    if (verdict == DEPENDENCY_IMPOSSIBLE) {
        buf_put(&out, STR("not started: "));
        put_jobs(&out, situation, open, count);
        buf_printf(&out, ", which it waits for, %s deleted", count > 1 ? "were" : "was");
    } else {
        buf_put(&out, STR("waited "));
        put_length(&out, waited);
        buf_printf(&out, " for %s", any && count > 1 ? "one of " : "");
        put_jobs(&out, situation, open, count);
        buf_printf(&out, " %s", wanted(situation->dependencies.condition));
    }
    bool timed_out = verdict == DEPENDENCY_WAITS;
    struct dependency_refusal refusal = {
        .error_type = timed_out ? ERROR_TIMEOUT : ERROR_CONFIGURATION,
        .message = arena_copy(arena, buf_str(&out)),
    };
    buf_free(&out);
    return refusal;
}

bool dependencies_claimed(struct store_tx *tx, const struct job *job, struct arena *arena,
                          struct execution *execution, struct dependency_refusal *ret,
                          struct err *err) {
    struct situation situation;
    *ret = (struct dependency_refusal){0};
    if (utc_is_none(execution->waiting_since)) return true;
    if (!look_up(tx, job->dependencies, arena, &situation, err)) return false;
    struct utc since = execution->waiting_since;
    if (utc_equal(since, ever)) since = UTC_NONE;
    size_t *open = ARENA_ARRAY(arena, situation.dependencies.count, size_t), count;
    enum dependency_verdict verdict =
        dependencies_judge(&situation.dependencies, situation.ends, since, open, &count);
    if (verdict != DEPENDENCY_MET) {
        struct span waited = utc_diff(execution->available_at, execution->created_at);
        *ret = refuse(&situation, verdict, open, count, waited, arena);
        return true;
    }
    execution->waiting_since = UTC_NONE;
    return collect_inputs(tx, job->configuration, &situation, arena, &execution->inputs, err);
}

/* ---- shown ----------------------------------------------------------------------------------- */

static bool show_waiting(struct store_tx *tx, struct arena *arena, struct execution *execution,
                         struct err *err) {
    struct job job;
    struct situation situation;
    struct err reason = ERR_INIT;
    if (!store_job_get_by_row(tx, execution->job_row, arena, &job, &reason)) {
        if (reason.kind == ERR_NOT_FOUND) return true;
        *err = reason;
        return false;
    }
    if (!look_up(tx, job.dependencies, arena, &situation, err)) return false;
    struct utc since = execution->waiting_since;
    if (utc_equal(since, ever)) since = UTC_NONE;
    size_t count, *open = ARENA_ARRAY(arena, situation.dependencies.count, size_t);
    (void)dependencies_judge(&situation.dependencies, situation.ends, since, open, &count);
    struct guid *ids = ARENA_ARRAY(arena, count, struct guid);
    for (size_t i = 0; i < count; i++) ids[i] = situation.dependencies.jobs[open[i]];
    execution->waiting_on = ids;
    execution->waiting_on_count = count;
    return true;
}

bool dependencies_waiting_on(struct store_tx *tx, struct arena *arena, struct execution *executions,
                             size_t count, struct err *err) {
    for (size_t i = 0; i < count; i++) {
        struct execution *execution = &executions[i];
        bool waits =
            execution->status == EXECUTION_PENDING && !utc_is_none(execution->waiting_since);
        if (waits && !show_waiting(tx, arena, execution, err)) return false;
    }
    return true;
}

bool dependencies_state(struct store_tx *tx, const struct job *job, struct arena *arena,
                        struct dependency_state *ret, struct err *err) {
    struct situation situation;
    if (!look_up(tx, job->dependencies, arena, &situation, err)) return false;
    size_t count = situation.dependencies.count, open_count;
    size_t *open = ARENA_ARRAY(arena, count, size_t);
    *ret = (struct dependency_state){.dependencies = situation.dependencies,
                                     .is_open = ARENA_ARRAY(arena, count, bool)};
    ret->verdict = dependencies_judge(&situation.dependencies, situation.ends,
                                      job->last_run_created_at, open, &open_count);
    for (size_t i = 0; i < open_count; i++) ret->is_open[open[i]] = true;
    return true;
}
