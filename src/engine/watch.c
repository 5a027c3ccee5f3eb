/* watch.c - see watch.h. */
#include "engine/watch.h"

#include "model/job_schedule.h"

enum { CHAIN_MAX = 200, DUE_TIMES_MAX = 100 };

/* ---- the rules ------------------------------------------------------------------------------- */

bool watch_rests(const struct job *job, bool is_paused) {
    if (is_paused || job->is_deleted || job->is_paused || !job->is_enabled) return true;
    bool is_over = utc_is_never(job->next_run_at) && job->live_count == 0;
    return is_over && job->last_execution_status != EXECUTION_FAILED;
}

struct utc watch_since(const struct job *job, struct utc resumed_at) {
    return utc_max(utc_max(job->last_success_at, job->updated_at), resumed_at);
}

static int64_t larger(int64_t a, int64_t b) {
    return a > b ? a : b;
}

int64_t watch_duration(const struct durations *before, struct span length) {
    if (before->count < WATCH_HISTORY_MIN) return 0;
    int64_t allowed = larger(larger(4 * before->deviation_us, before->mean_us / 2), 1000000);
    int64_t difference = length.us - before->mean_us;
    if (difference > allowed) return ALERT_TOO_SLOW;
    return difference < -allowed ? ALERT_TOO_FAST : 0;
}

/* ---- raising and taking back ----------------------------------------------------------------- */

static int64_t bit_of(enum alert_kind kind) {
    return INT64_C(1) << kind;
}

static bool is_raised(const struct watch *watch, enum alert_kind kind) {
    return (watch->raised & bit_of(kind)) != 0;
}

/* Makes `kind` raised or not; tells of it when that is a change. `about` holds what is to be told
 * beside the job. */
static bool turn(const struct watching *watching, struct watch *watch, const struct job *job,
                 bool raised, const struct alert *about, struct err *err) {
    if (is_raised(watch, about->kind) == raised) return true;
    struct alert alert = *about;
    alert.has_recovered = !raised;
    alert.at = watching->now;
    alert.job_id = job->id;
    alert.job_name = job->name;
    alert.consecutive_failures = job->consecutive_failures;
    watch->raised ^= bit_of(about->kind);
    if (raised) watch->last_execution = about->execution_id;
    return alerts_raise(watching->alerts, watching->tx, &alert, watching->arena, err);
}

/* ---- expectedWithinSeconds ------------------------------------------------------------------- */

static bool check_success(const struct watching *watching, struct watch *watch,
                          const struct job *job, const struct watches *watches, struct utc *next,
                          struct err *err) {
    struct span within = span_seconds(watches->expected_within_seconds);
    struct alert about = {.kind = ALERT_NO_SUCCESS,
                          .limit_seconds = watches->expected_within_seconds};
    if (within.us == 0) return true;
    struct utc again = utc_add(watching->now, within);
    if (watch_rests(job, watching->is_paused)) {
        *next = utc_min(*next, again);
        return true;
    }
    struct utc deadline = utc_add(watch_since(job, watching->resumed_at), within);
    bool is_late = !utc_before(watching->now, deadline);
    bool has_succeeded = !utc_is_none(job->last_success_at) &&
                         utc_before(watching->now, utc_add(job->last_success_at, within));
    *next = utc_min(*next, is_late ? again : deadline);
    if (is_late) return turn(watching, watch, job, true, &about, err);
    return !has_succeeded || turn(watching, watch, job, false, &about, err);
}

/* ---- finishBySeconds ------------------------------------------------------------------------- */

/* The latest attempt of a chain. */
static bool last_attempt(const struct watching *watching, const struct execution *first,
                         struct execution *ret, struct err *err) {
    *ret = *first;
    for (int i = 0; i < CHAIN_MAX; i++) {
        struct execution *retries;
        size_t count;
        if (!store_execution_retries(watching->tx, ret->id, watching->arena, &retries, &count, err))
            return false;
        if (count == 0) return true;
        *ret = retries[count - 1];
    }
    return true;
}

/* Was what was due from `from` to `to` done? Raises when one of them was not. */
static bool check_finished(const struct watching *watching, struct watch *watch,
                           const struct job *job, const struct watches *watches, struct utc from,
                           struct utc to, struct err *err) {
    struct execution *first;
    size_t count;
    if (utc_before(to, from)) return true;
    if (!store_occurrences(watching->tx, job->row, from, to, DUE_TIMES_MAX, watching->arena, &first,
                           &count, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        struct execution last;
        if (!last_attempt(watching, &first[i], &last, err)) return false;
        if (last.status == EXECUTION_SUCCEEDED || last.status == EXECUTION_CANCELLED) continue;
        struct alert about = {.kind = ALERT_NOT_FINISHED,
                              .execution_id = last.id,
                              .error_message = last.error_message,
                              .scheduled_for = first[i].scheduled_for,
                              .limit_seconds = watches->finish_by_seconds};
        return turn(watching, watch, job, true, &about, err);
    }
    return true;
}

static bool check_finish(const struct watching *watching, struct watch *watch,
                         const struct job *job, const struct watches *watches, struct utc *next,
                         struct err *err) {
    struct span limit = span_seconds(watches->finish_by_seconds);
    if (limit.us == 0) return true;
    struct utc to = utc_add(watching->now, span_us(-limit.us));
    struct utc after = utc_add(to, span_us(1));
    bool is_first_look = utc_equal(watch->check_at, job->updated_at);
    if (!is_first_look && !watch_rests(job, watching->is_paused)) {
        struct utc from = utc_add(watch->check_at, span_us(-limit.us));
        if (!check_finished(watching, watch, job, watches, utc_max(from, watching->resumed_at), to,
                            err))
            return false;
    }
    struct execution *open;
    size_t count;
    if (!store_occurrences(watching->tx, job->row, after, UTC_NEVER, 1, watching->arena, &open,
                           &count, err))
        return false;
    if (count > 0) *next = utc_min(*next, utc_add(open[0].scheduled_for, limit));
    return true;
}

/* ---- by time --------------------------------------------------------------------------------- */

static bool check_one(const struct watching *watching, struct watch *watch, struct err *err) {
    struct job job;
    struct watches watches;
    struct utc next = UTC_NEVER;
    if (!store_job_get_by_row(watching->tx, watch->job_row, watching->arena, &job, err))
        return false;
    if (!watches_parse(job.watches, &watches, NULL)) watches = (struct watches){0};
    if (!check_success(watching, watch, &job, &watches, &next, err) ||
        !check_finish(watching, watch, &job, &watches, &next, err))
        return false;
    watch->check_at = next;
    return store_watch_update(watching->tx, watch, err);
}

bool watch_check_due(const struct watching *watching, struct err *err) {
    struct watch *due;
    size_t count;
    if (!store_watches_due(watching->tx, watching->now, WATCH_BATCH, watching->arena, &due, &count,
                           err))
        return false;
    for (size_t i = 0; i < count; i++)
        if (!check_one(watching, &due[i], err)) return false;
    return true;
}

/* ---- as it happens --------------------------------------------------------------------------- */

/* The watches of a job and what is known of them; false in *found when there are none. */
static bool read_watch(struct store_tx *tx, const struct job *job, struct watches *watches,
                       struct watch *watch, bool *found, struct err *err) {
    *found = false;
    if (str_is_absent(job->watches) || !watches_parse(job->watches, watches, NULL)) return true;
    return store_watch_get(tx, job->row, watch, found, err);
}

bool watch_planned(const struct watching *watching, const struct job *job, struct utc due,
                   struct err *err) {
    struct watches watches;
    struct watch watch;
    bool found;
    if (!read_watch(watching->tx, job, &watches, &watch, &found, err)) return false;
    if (!found || watches.finish_by_seconds == 0) return true;
    struct utc check_at = utc_add(due, span_seconds(watches.finish_by_seconds));
    if (!utc_before(check_at, watch.check_at)) return true;
    watch.check_at = check_at;
    return store_watch_update(watching->tx, &watch, err);
}

bool watch_resumed(const struct watching *watching, const struct job *job, struct err *err) {
    struct watches watches;
    struct watch watch;
    bool found;
    if (!read_watch(watching->tx, job, &watches, &watch, &found, err)) return false;
    if (!found || watches.expected_within_seconds == 0) return true;
    watch.check_at = utc_add(watching->now, span_seconds(watches.expected_within_seconds));
    return store_watch_update(watching->tx, &watch, err);
}

bool watch_started(const struct watching *watching, const struct job *job,
                   const struct execution *execution, struct err *err) {
    struct watches watches;
    struct watch watch;
    bool found;
    bool is_planned =
        execution->trigger == TRIGGER_SCHEDULE || execution->trigger == TRIGGER_CATCH_UP;
    if (!is_planned || execution->retry_count > 0) return true;
    if (!read_watch(watching->tx, job, &watches, &watch, &found, err)) return false;
    if (!found || watches.max_lateness_seconds == 0) return true;
    struct utc due = utc_max(job_available_at(job, execution->scheduled_for), watching->resumed_at);
    struct span late = utc_diff(execution->started_at, due);
    struct alert about = {.kind = ALERT_STARTED_LATE,
                          .execution_id = execution->id,
                          .scheduled_for = execution->scheduled_for,
                          .limit_seconds = watches.max_lateness_seconds,
                          .measured_ms = late.us / 1000};
    int64_t before = watch.raised;
    bool is_late = late.us > span_seconds(watches.max_lateness_seconds).us;
    return turn(watching, &watch, job, is_late, &about, err) &&
           (watch.raised == before || store_watch_update(watching->tx, &watch, err));
}

static bool turn_duration(const struct watching *watching, struct watch *watch,
                          const struct job *job, const struct ended_execution *ended,
                          struct err *err) {
    const struct settlement *settlement = ended->settlement;
    struct span length = utc_diff(settlement->completed_at, ended->started_at);
    int64_t verdict = watch_duration(&settlement->durations_before, length);
    struct alert about = {.execution_id = ended->execution_id,
                          .scheduled_for = ended->scheduled_for,
                          .measured_ms = length.us / 1000,
                          .usual_ms = settlement->durations_before.mean_us / 1000};
    struct alert slow = about, fast = about;
    slow.kind = ALERT_TOO_SLOW;
    fast.kind = ALERT_TOO_FAST;
    return turn(watching, watch, job, verdict == ALERT_TOO_SLOW, &slow, err) &&
           turn(watching, watch, job, verdict == ALERT_TOO_FAST, &fast, err);
}

bool watch_succeeded(struct alerts *alerts, struct store_tx *tx,
                     const struct ended_execution *ended, struct arena *arena, struct err *err) {
    const struct settlement *settlement = ended->settlement;
    struct watching watching = {
        .alerts = alerts, .tx = tx, .arena = arena, .now = settlement->completed_at};
    struct job job;
    struct watches watches;
    struct watch watch;
    bool found;
    if (!store_job_get_by_row(tx, settlement->job_row, arena, &job, err) ||
        !read_watch(tx, &job, &watches, &watch, &found, err))
        return false;
    if (!found) return true;
    struct alert success = {.kind = ALERT_NO_SUCCESS,
                            .execution_id = ended->execution_id,
                            .limit_seconds = watches.expected_within_seconds};
    struct alert finish = {.kind = ALERT_NOT_FINISHED,
                           .execution_id = ended->execution_id,
                           .scheduled_for = ended->scheduled_for,
                           .limit_seconds = watches.finish_by_seconds};
    int64_t before = watch.raised;
    if (!turn(&watching, &watch, &job, false, &success, err) ||
        !turn(&watching, &watch, &job, false, &finish, err) ||
        (watches.unusual_duration && !turn_duration(&watching, &watch, &job, ended, err)))
        return false;
    return watch.raised == before || store_watch_update(tx, &watch, err);
}
