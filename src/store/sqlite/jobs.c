/* jobs.c - definitions of jobs and their state: insert, update, erase, get.
 *
 * The definition is in `jobs`, what runs change is in `job_state`, the tags are also in `job_tags`.
 * job_state.status is job_current_status() of the whole, kept with every change (job_state.h).
 */
#include "base/buf.h"
#include "store/sqlite/groups.h"
#include "store/sqlite/search_index.h"
#include "store/sqlite/tables.h"

bool no_such_job(struct err *err) {
    return err_set(err, ERR_NOT_FOUND, "there is no such job");
}

/* ---- writing --------------------------------------------------------------------------------- */

static void bind_definition_but_guid(struct query *q, const struct job *job) {
    query_text(q, str_is_absent(job->name) ? STR("") : job->name);
    query_text(q, job->description);
    query_i64(q, (int64_t)job->type);
    query_i64(q, (int64_t)job->schedule_type);
    query_text(q, job->schedule_expression);
    query_i64(q, job->interval_seconds);
    query_i64(q, (int64_t)job->interval_mode);
    query_utc(q, job->run_at);
    query_text(q, job->timezone);
    query_utc(q, job->start_at);
    query_utc(q, job->end_at);
    query_i64(q, job->max_runs);
    query_i64(q, job->jitter_seconds);
    query_text(q, job->retry_policy);
    query_text(q, job->exclusions);
    query_text(q, job->tags);
    query_i64(q, job->timeout_seconds);
    query_text(q, job->queue);
    query_i64(q, (int64_t)job->concurrency_policy);
    query_i64(q, (int64_t)job->misfire_policy);
    query_i64(q, (int64_t)job->gap_policy);
    query_i64(q, (int64_t)job->overlap_policy);
    query_i64(q, job->is_enabled);
    query_i64(q, job->is_paused);
    query_utc(q, job->paused_until);
    query_i64(q, job->is_deleted);
    query_text(q, job->created_by);
    query_text(q, job->last_modified_by);
    query_utc(q, job->created_at);
    query_utc(q, job->updated_at);
    query_text(q, job->configuration);
    query_text(q, job->watches);
    query_text(q, job->retention);
    query_text(q, job->dependencies);
    query_text(q, job->concurrency_group);
    query_i64(q, job->concurrency_group_limit);
}

static bool has_tags(const struct job *job) {
    return !str_is_absent(job->tags) && !str_equal(job->tags, STR("")) &&
           !str_equal(job->tags, STR("[]"));
}

static bool add_tags(struct store_tx *tx, const struct job *job, int64_t row, struct err *err) {
    if (!has_tags(job)) return true;
    struct query q = query_begin(tx, SQL_JOB_TAGS_ADD);
    query_i64(&q, row);
    query_text(&q, job->tags);
    return query_run(&q, err);
}

static bool remove_tags(struct store_tx *tx, int64_t row, struct err *err) {
    struct query q = query_begin(tx, SQL_JOB_TAGS_REMOVE);
    query_i64(&q, row);
    return query_run(&q, err);
}

static bool insert_state(struct store_tx *tx, const struct job *job, int64_t row, struct err *err) {
    struct job fresh = *job;
    fresh.live_count = 0;
    struct job_state state = {
        .row = row,
        .revision = job->revision,
        .status = job_current_status(&fresh),
        .wake_at = job->wake_at,
        .next_run_at = job->next_run_at,
        .last_executed_at = job->last_executed_at,
        .last_execution_status = job->last_execution_status,
        .consecutive_failures = job->consecutive_failures,
        .last_success_at = job->last_success_at,
        .durations = job->durations,
        .last_completed_at = job->last_completed_at,
        .last_run_created_at = job->last_run_created_at,
    };
    if (!lane_of(tx, job, &state.lane, err) ||
        !dependants_count(tx, job->id, &state.dependant_count, err))
        return false;
    struct query q = query_begin(tx, SQL_JOB_STATE_INSERT);
    query_i64(&q, row);
    query_i64(&q, job->revision);
    query_i64(&q, (int64_t)state.status);
    query_i64(&q, (int64_t)job->concurrency_policy);
    query_never(&q, job->wake_at);
    query_never(&q, job->next_run_at);
    query_utc(&q, job->schedule_from);
    query_i64(&q, job->run_count);
    query_utc(&q, job->last_executed_at);
    query_i64(&q, job->last_execution_status);
    query_i64(&q, job->consecutive_failures);
    query_utc(&q, job->last_success_at);
    query_i64(&q, job->durations.count);
    query_i64(&q, job->durations.mean_us);
    query_i64(&q, job->durations.deviation_us);
    query_utc(&q, state.last_completed_at);
    query_utc(&q, state.last_run_created_at);
    const struct job_state untied = {.row = row};
    return query_run(&q, err) && job_state_tie(tx, &untied, &state, err) &&
           job_state_note(tx, NULL, &state, err);
}

bool sqlite_job_insert(struct store_tx *tx, struct job *job, struct err *err) {
    struct query q = query_begin(tx, SQL_JOB_INSERT);
    query_bytes(&q, job->id.bytes, sizeof job->id.bytes);
    bind_definition_but_guid(&q, job);
    if (!query_run(&q, err)) return err_wrap(err, "the job cannot be stored");
    int64_t row = sqlite3_last_insert_rowid(q.connection->db);
    if (!insert_state(tx, job, row, err) || !add_tags(tx, job, row, err) ||
        !search_add_name(tx, row, job->name, err) ||
        (!str_is_absent(job->watches) && !watch_follow(tx, job, row, err)) ||
        (!str_is_absent(job->dependencies) && !dependencies_follow(tx, job, row, err)))
        return false;
    job->row = row;
    return true;
}

static bool update_state(struct store_tx *tx, const struct job *job, const struct job_state *before,
                         struct err *err) {
    struct job changed = *job;
    changed.live_count = before->live_count;
    changed.last_execution_status = before->last_execution_status;
    struct job_state state = *before;
    state.revision = job->revision;
    state.status = job_current_status(&changed);
    state.wake_at = job->wake_at;
    state.next_run_at = job->next_run_at;
    state.consecutive_failures = job->consecutive_failures;
    if (!lane_of(tx, job, &state.lane, err) ||
        (state.lane != before->lane && !lane_change(tx, before, state.lane, err)))
        return false;
    struct query q = query_begin(tx, SQL_JOB_STATE_UPDATE);
    query_i64(&q, job->revision);
    query_i64(&q, (int64_t)state.status);
    query_i64(&q, (int64_t)job->concurrency_policy);
    query_never(&q, job->wake_at);
    query_never(&q, job->next_run_at);
    query_utc(&q, job->schedule_from);
    query_i64(&q, job->run_count);
    query_i64(&q, job->consecutive_failures);
    query_i64(&q, job->row);
    return query_run(&q, err) && job_state_tie(tx, before, &state, err) &&
           job_state_note(tx, before, &state, err);
}

bool sqlite_job_update(struct store_tx *tx, const struct job *job, int64_t expected_revision,
                       struct err *err) {
    struct job_state state;
    if (!job_state_need(tx, job->row, &state, err)) return false;
    if (state.revision != expected_revision)
        return err_set(err, ERR_STALE, "the job has changed since it was read");
    if (!remove_tags(tx, job->row, err) || !search_change_name(tx, job->row, job->name, err))
        return false;
    struct query q = query_begin(tx, SQL_JOB_UPDATE);
    bind_definition_but_guid(&q, job);
    query_i64(&q, job->row);
    return query_run(&q, err) && add_tags(tx, job, job->row, err) &&
           watch_follow(tx, job, job->row, err) && update_state(tx, job, &state, err) &&
           dependencies_follow(tx, job, job->row, err);
}

/* ---- erasing --------------------------------------------------------------------------------- */

static bool run_for_job(struct store_tx *tx, enum sql_statement which, int64_t row,
                        struct err *err) {
    struct query q = query_begin(tx, which);
    query_i64(&q, row);
    return query_run(&q, err);
}

bool sqlite_job_erase(struct store_tx *tx, int64_t job_row, struct err *err) {
    static const enum sql_statement steps[] = {
        SQL_JOB_ERASE_MARKS, SQL_JOB_ERASE_SKIPS,   SQL_JOB_TAGS_REMOVE,
        SQL_JOB_ERASE_STATE, SQL_WATCH_REMOVE,      SQL_JOB_ERASE_WAITING,
        SQL_JOB_TIES_REMOVE, SQL_JOB_ERASE_MEMBERS, SQL_JOB_ERASE,
    };
    struct job_state state;
    if (!job_state_need(tx, job_row, &state, err)) return false;
    if (state.running_count > 0)
        return err_set(err, ERR_CONFLICT, "an execution of this job is running");
    if (!history_erase(tx, job_row, err) || !dependencies_remove(tx, job_row, err) ||
        !search_remove_name(tx, job_row, err))
        return false;
    for (size_t i = 0; i < COUNT_OF(steps); i++)
        if (!run_for_job(tx, steps[i], job_row, err)) return false;
    return job_state_note(tx, &state, NULL, err);
}

/* ---- reading --------------------------------------------------------------------------------- */

static void read_definition(struct query *q, struct arena *arena, struct job *job) {
    job->id = read_guid(q);
    job->name = read_text(q, arena);
    job->description = read_text(q, arena);
    job->type = (enum job_type)read_i64(q);
    job->schedule_type = (enum schedule_type)read_i64(q);
    job->schedule_expression = read_text(q, arena);
    job->interval_seconds = read_i64(q);
    job->interval_mode = (enum interval_mode)read_i64(q);
    job->run_at = read_utc(q);
    job->timezone = read_text(q, arena);
    job->start_at = read_utc(q);
    job->end_at = read_utc(q);
    job->max_runs = read_i64(q);
    job->jitter_seconds = read_i64(q);
    job->retry_policy = read_text(q, arena);
    job->exclusions = read_text(q, arena);
    job->tags = read_text(q, arena);
    job->timeout_seconds = read_i64(q);
    job->queue = read_text(q, arena);
    job->concurrency_policy = (enum concurrency_policy)read_i64(q);
    job->misfire_policy = (enum misfire_policy)read_i64(q);
    job->gap_policy = (enum gap_policy)read_i64(q);
    job->overlap_policy = (enum overlap_policy)read_i64(q);
    job->is_enabled = read_bool(q);
    job->is_paused = read_bool(q);
    job->paused_until = read_utc(q);
    job->is_deleted = read_bool(q);
    job->created_by = read_text(q, arena);
    job->last_modified_by = read_text(q, arena);
    job->created_at = read_utc(q);
    job->updated_at = read_utc(q);
    job->configuration = read_text(q, arena);
    job->watches = read_text(q, arena);
    job->retention = read_text(q, arena);
    job->dependencies = read_text(q, arena);
    job->concurrency_group = read_text(q, arena);
    job->concurrency_group_limit = read_i64(q);
}

static void read_job(struct query *q, struct arena *arena, struct job *job) {
    job->row = read_i64(q);
    job->revision = read_i64(q);
    read_definition(q, arena, job);
    job->next_run_at = read_never(q);
    job->wake_at = read_never(q);
    job->schedule_from = read_utc(q);
    job->last_executed_at = read_utc(q);
    job->last_execution_status = read_i64(q);
    job->consecutive_failures = read_i64(q);
    job->run_count = read_i64(q);
    job->live_count = read_i64(q);
    job->last_success_at = read_utc(q);
    job->durations.count = read_i64(q);
    job->durations.mean_us = read_i64(q);
    job->durations.deviation_us = read_i64(q);
    job->last_completed_at = read_utc(q);
    job->last_run_created_at = read_utc(q);
    job->starts_workflow = read_i64(q);
}

static bool get(struct store_tx *tx, int64_t row, const struct guid *id, struct arena *arena,
                struct job *ret, struct err *err) {
    struct query q = query_begin(tx, SQL_JOB_GET);
    if (id) {
        query_null(&q);
        query_bytes(&q, id->bytes, sizeof id->bytes);
    } else {
        query_i64(&q, row);
        query_null(&q);
    }
    struct job job = {0};
    bool found = query_row(&q);
    if (found) read_job(&q, arena, &job);
    if (!query_end(&q, err)) return false;
    if (!found) return no_such_job(err);
    *ret = job;
    return true;
}

bool sqlite_job_get(struct store_tx *tx, struct guid id, struct arena *arena, struct job *ret,
                    struct err *err) {
    return get(tx, 0, &id, arena, ret, err);
}

bool sqlite_job_get_by_row(struct store_tx *tx, int64_t row, struct arena *arena, struct job *ret,
                           struct err *err) {
    return get(tx, row, NULL, arena, ret, err);
}

/* One statement for all: to find and begin it again for each row costs as much as to read a row. */
static bool get_all(struct store_tx *tx, const int64_t *rows, size_t count, struct arena *arena,
                    struct job *ret, struct err *err) {
    struct buf ids = buf_with_max(0);
    for (size_t i = 0; i < count; i++) {
        buf_put_char(&ids, i == 0 ? '[' : ',');
        buf_put_i64(&ids, rows[i]);
    }
    buf_put_char(&ids, ']');
    struct query q = query_begin(tx, SQL_JOBS_GET);
    query_text(&q, buf_str(&ids));
    size_t found = 0;
    while (found < count && query_row(&q)) read_job(&q, arena, &ret[found++]);
    bool ok = query_end(&q, err);
    buf_free(&ids);
    if (!ok) return false;
    for (size_t i = 0; i < count; i++)
        if (i >= found || ret[i].row != rows[i]) return no_such_job(err);
    return true;
}

bool jobs_of_query(struct query *q, struct arena *arena, struct job **ret, size_t *count,
                   struct err *err) {
    int64_t *rows;
    size_t found;
    if (!rows_of_query(q, arena, &rows, &found, err)) return false;
    struct job *jobs = ARENA_ARRAY(arena, found, struct job);
    if (found > 0 && !get_all(&q->connection->tx, rows, found, arena, jobs, err)) return false;
    *ret = jobs;
    *count = found;
    return true;
}
