/* pg_jobs.c - definitions of jobs and their state: insert, update, erase, get.
 *
 * The definition is in `jobs`, what runs change is in `job_state`, the tags are also in `job_tags`,
 * the words of the name in `job_words`.
 */
#include "base/json_read.h"
#include "model/dependencies.h"
#include "store/postgres/pg_tables.h"
#include "store/postgres/pg_writer.h"
#include "store/words.h"

#include <string.h>

bool pg_no_such_job(struct err *err) {
    return err_set(err, ERR_NOT_FOUND, "there is no such job");
}

/* ---- writing --------------------------------------------------------------------------------- */

static void bind_definition_but_guid(struct pg_query *q, const struct job *job) {
    pg_text(q, str_is_absent(job->name) ? STR("") : job->name);
    pg_text(q, job->description);
    pg_i64(q, (int64_t)job->type);
    pg_i64(q, (int64_t)job->schedule_type);
    pg_text(q, job->schedule_expression);
    pg_i64(q, job->interval_seconds);
    pg_i64(q, (int64_t)job->interval_mode);
    pg_utc(q, job->run_at);
    pg_text(q, job->timezone);
    pg_utc(q, job->start_at);
    pg_utc(q, job->end_at);
    pg_i64(q, job->max_runs);
    pg_i64(q, job->jitter_seconds);
    pg_text(q, job->retry_policy);
    pg_text(q, job->exclusions);
    pg_text(q, job->tags);
    pg_i64(q, job->timeout_seconds);
    pg_text(q, job->queue);
    pg_i64(q, (int64_t)job->concurrency_policy);
    pg_i64(q, (int64_t)job->misfire_policy);
    pg_i64(q, (int64_t)job->gap_policy);
    pg_i64(q, (int64_t)job->overlap_policy);
    pg_bool(q, job->is_enabled);
    pg_bool(q, job->is_paused);
    pg_utc(q, job->paused_until);
    pg_bool(q, job->is_deleted);
    pg_text(q, job->created_by);
    pg_text(q, job->last_modified_by);
    pg_utc(q, job->created_at);
    pg_utc(q, job->updated_at);
    pg_text(q, job->configuration);
    pg_text(q, job->watches);
    pg_text(q, job->retention);
    pg_text(q, job->dependencies);
    pg_text(q, job->concurrency_group);
    pg_i64(q, job->concurrency_group_limit);
}

static void post_for_job(struct store_tx *tx, enum sql_statement which, int64_t row) {
    struct pg_query q;
    pg_begin(&q, tx, which);
    pg_i64(&q, row);
    pg_post(&q);
}

static void add_tags(struct store_tx *tx, const struct job *job, int64_t row) {
    json_t *tags = json_read(job->tags, NULL);
    size_t count = json_array_size(tags);
    if (count > 0) {
        struct pg_query q;
        pg_begin(&q, tx, SQL_JOB_TAGS_ADD);
        pg_i64(&q, row);
        struct pg_array column = pg_array_new(&q, PG_ARRAY_TEXT, count);
        for (size_t i = 0; i < count; i++)
            pg_array_text(&column, json_str_of(json_array_get(tags, i)));
        pg_array_bind(&q, &column);
        pg_post(&q);
    }
    json_decref(tags);
}

static struct str lower(struct str word, struct arena *arena) {
    char *copy = arena_alloc(arena, word.len + 1);
    for (size_t i = 0; i < word.len; i++) {
        char c = word.ptr[i];
        copy[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
    return (struct str){copy, word.len};
}

/* Words that are too long to be asked for are left out. */
static void add_words(struct store_tx *tx, const struct job *job, int64_t row) {
    struct pg_query q;
    pg_begin(&q, tx, SQL_JOB_WORDS_ADD);
    pg_i64(&q, row);
    struct pg_array column = pg_array_new(&q, PG_ARRAY_TEXT, 8);
    struct str rest = job->name;
    for (struct str word = words_next(&rest); word.len > 0; word = words_next(&rest))
        if (word.len <= SEARCH_WORD_BYTES) pg_array_text(&column, lower(word, &q.arena));
    if (column.count == 0) {
        arena_free(&q.arena);
        return;
    }
    pg_array_bind(&q, &column);
    pg_post(&q);
}

static struct str group_of(const struct job *job) { // absent = none
    return job->concurrency_group.len > 0 ? job->concurrency_group : STR_NONE;
}

static void set_group(struct store_tx *tx, const struct job *job, int64_t row) {
    struct pg_query q;
    pg_begin(&q, tx, SQL_JOB_GROUP_SET);
    pg_i64(&q, row);
    pg_text(&q, group_of(job));
    pg_i64(&q, job->concurrency_group_limit);
    pg_post(&q);
}

static bool parse_dependencies(const struct job *job, struct arena *arena, struct dependencies *ret,
                               struct err *err) {
    *ret = (struct dependencies){0};
    return str_is_absent(job->dependencies) ||
           dependencies_parse(job->dependencies, arena, ret, err);
}

static void add_dependencies(struct store_tx *tx, const struct job *job, int64_t row,
                             const struct dependencies *dependencies) {
    if (job->is_deleted || dependencies->count == 0) return;
    struct pg_query q;
    pg_begin(&q, tx, SQL_JOB_DEPENDENCIES_ADD);
    pg_i64(&q, row);
    struct pg_array column = pg_array_new(&q, PG_ARRAY_GUID, dependencies->count);
    for (size_t i = 0; i < dependencies->count; i++) pg_array_guid(&column, &dependencies->jobs[i]);
    pg_array_bind(&q, &column);
    pg_post(&q);
}

static void insert_state(struct store_tx *tx, const struct job *job, int64_t row) {
    struct job fresh = *job;
    fresh.live_count = 0;
    const struct pg_job_state state = {
        .status = job_current_status(&fresh),
        .next_run_at = job->next_run_at,
    };
    struct pg_query q;
    pg_begin(&q, tx, SQL_JOB_STATE_INSERT);
    pg_i64(&q, row);
    pg_i64(&q, job->revision);
    pg_i64(&q, (int64_t)state.status);
    pg_i64(&q, (int64_t)job->concurrency_policy);
    pg_never(&q, job->wake_at);
    pg_never(&q, job->next_run_at);
    pg_utc(&q, job->schedule_from);
    pg_i64(&q, job->run_count);
    pg_i64(&q, 0);
    pg_utc(&q, job->last_executed_at);
    pg_i64(&q, job->last_execution_status);
    pg_i64(&q, job->consecutive_failures);
    pg_utc(&q, job->last_success_at);
    pg_utc(&q, job->last_completed_at);
    pg_utc(&q, job->last_run_created_at);
    pg_i64(&q, 0); // starts_workflow: no workflow knows it
    pg_i64(&q, job->durations.count);
    pg_i64(&q, job->durations.mean_us);
    pg_i64(&q, job->durations.deviation_us);
    pg_post(&q);
    pg_job_count(tx, NULL, &state);
}

/* What stands beside a definition that was written. */
static void add_beside(struct store_tx *tx, const struct job *job, int64_t row,
                       const struct dependencies *dependencies) {
    add_tags(tx, job, row);
    add_words(tx, job, row);
    add_dependencies(tx, job, row, dependencies);
}

static bool insert(struct store_tx *tx, struct job *job, const struct dependencies *dependencies,
                   struct err *err) {
    struct pg_query q;
    pg_begin(&q, tx, SQL_JOB_INSERT);
    bind_definition_but_guid(&q, job);
    pg_guid(&q, &job->id);
    int64_t row = 0;
    if (!pg_number(&q, &row, err)) return err_wrap(err, "the job cannot be stored");
    if (row == 0) return err_set(err, ERR_CONFLICT, "this job exists already");
    insert_state(tx, job, row);
    if (!str_is_absent(group_of(job))) set_group(tx, job, row);
    add_beside(tx, job, row, dependencies);
    if (!str_is_absent(job->watches)) pg_watch_follow(tx, job, row);
    job->row = row;
    return true;
}

bool postgres_job_insert(struct store_tx *tx, struct job *job, struct err *err) {
    struct arena arena = {0};
    struct dependencies dependencies;
    bool ok =
        parse_dependencies(job, &arena, &dependencies, err) && insert(tx, job, &dependencies, err);
    arena_free(&arena);
    return ok;
}

static void update_state(struct pg_job_state *state, const struct job *job) {
    struct job changed = *job;
    changed.live_count = state->live_count;
    changed.last_execution_status = state->last_execution_status;
    state->revision = job->revision;
    state->concurrency_policy = job->concurrency_policy;
    state->group_limit = str_is_absent(group_of(job)) ? -1 : job->concurrency_group_limit;
    state->wake_at = job->wake_at;
    state->next_run_at = job->next_run_at;
    state->schedule_from = job->schedule_from;
    state->run_count = job->run_count;
    state->consecutive_failures = job->consecutive_failures;
    state->status = job_current_status(&changed);
}

static void write_update(struct store_tx *tx, const struct job *job,
                         const struct dependencies *dependencies) {
    static const enum sql_statement before[] = {SQL_JOB_TAGS_REMOVE, SQL_JOB_WORDS_REMOVE,
                                                SQL_JOB_DEPENDENCIES_REMOVE};
    struct pg_query q;
    pg_begin(&q, tx, SQL_JOB_UPDATE);
    bind_definition_but_guid(&q, job);
    pg_i64(&q, job->row);
    pg_post(&q);
    for (size_t i = 0; i < COUNT_OF(before); i++) post_for_job(tx, before[i], job->row);
    add_beside(tx, job, job->row, dependencies);
    set_group(tx, job, job->row);
    pg_watch_follow(tx, job, job->row);
}

bool postgres_job_update(struct store_tx *tx, const struct job *job, int64_t expected_revision,
                         struct err *err) {
    struct pg_job *locked = pg_job_need(tx, job->row, err);
    if (!locked) return false;
    if (locked->state.revision != expected_revision)
        return err_set(err, ERR_STALE, "the job has changed since it was read");
    struct arena arena = {0};
    struct dependencies dependencies;
    bool ok = parse_dependencies(job, &arena, &dependencies, err);
    if (ok) {
        write_update(tx, job, &dependencies);
        update_state(&locked->state, job);
        pg_jobs_write(tx);
        pg_writer_of(tx)->write_changed_jobs = true;
    }
    arena_free(&arena);
    return ok;
}

/* ---- erasing --------------------------------------------------------------------------------- */

static bool erase_pending(struct store_tx *tx, int64_t job_row, struct err *err) {
    struct pg_query q;
    struct arena arena = {0};
    pg_begin(&q, tx, SQL_JOB_ERASE_PENDING);
    pg_i64(&q, job_row);
    while (pg_row(&q)) {
        struct str queue = pg_read_text(&q, &arena);
        int64_t count = pg_read_i64(&q);
        pg_count_pending(tx, queue, -count);
        pg_count_executions(tx, EXECUTION_PENDING, -count);
    }
    arena_free(&arena);
    return pg_end(&q, err);
}

static bool erase_ended(struct store_tx *tx, int64_t job_row, struct err *err) {
    struct pg_query q;
    pg_begin(&q, tx, SQL_JOB_ERASE_ENDED);
    pg_i64(&q, job_row);
    while (pg_row(&q)) {
        enum execution_status status = (enum execution_status)pg_read_i64(&q);
        int64_t minute = pg_read_i64(&q);
        int64_t count = pg_read_i64(&q);
        int64_t duration_us = pg_read_i64(&q);
        pg_count_executions(tx, status, -count);
        pg_count_minute(tx, status, minute, -duration_us, -count);
    }
    return pg_end(&q, err);
}

bool postgres_job_erase(struct store_tx *tx, int64_t job_row, struct err *err) {
    static const enum sql_statement steps[] = {
        SQL_JOB_ERASE_SKIPS,         SQL_JOB_TAGS_REMOVE, SQL_JOB_WORDS_REMOVE,
        SQL_JOB_DEPENDENCIES_REMOVE, SQL_JOB_ERASE_WATCH, SQL_WORKFLOW_FORGET_JOB,
        SQL_JOB_ERASE_STATE,         SQL_JOB_ERASE,
    };
    struct pg_job *job = pg_job_need(tx, job_row, err);
    int64_t live = 0;
    if (!job || !erase_pending(tx, job_row, err)) return false;
    struct pg_query q;
    pg_begin(&q, tx, SQL_JOB_HAS_LIVE);
    pg_i64(&q, job_row);
    if (!pg_number(&q, &live, err)) return false;
    if (live > 0) return err_set(err, ERR_CONFLICT, "an execution of this job is running");
    if (!erase_ended(tx, job_row, err)) return false;
    for (size_t i = 0; i < COUNT_OF(steps); i++) post_for_job(tx, steps[i], job_row);
    pg_job_count(tx, &job->stored, NULL);
    pg_job_erased(job);
    return true;
}

/* ---- reading --------------------------------------------------------------------------------- */

static void read_definition(struct pg_query *q, struct arena *arena, struct job *job) {
    job->id = pg_read_guid(q);
    job->name = pg_read_text(q, arena);
    job->description = pg_read_text(q, arena);
    job->type = (enum job_type)pg_read_i64(q);
    job->schedule_type = (enum schedule_type)pg_read_i64(q);
    job->schedule_expression = pg_read_text(q, arena);
    job->interval_seconds = pg_read_i64(q);
    job->interval_mode = (enum interval_mode)pg_read_i64(q);
    job->run_at = pg_read_utc(q);
    job->timezone = pg_read_text(q, arena);
    job->start_at = pg_read_utc(q);
    job->end_at = pg_read_utc(q);
    job->max_runs = pg_read_i64(q);
    job->jitter_seconds = pg_read_i64(q);
    job->retry_policy = pg_read_text(q, arena);
    job->exclusions = pg_read_text(q, arena);
    job->tags = pg_read_text(q, arena);
    job->timeout_seconds = pg_read_i64(q);
    job->queue = pg_read_text(q, arena);
    job->concurrency_policy = (enum concurrency_policy)pg_read_i64(q);
    job->misfire_policy = (enum misfire_policy)pg_read_i64(q);
    job->gap_policy = (enum gap_policy)pg_read_i64(q);
    job->overlap_policy = (enum overlap_policy)pg_read_i64(q);
    job->is_enabled = pg_read_bool(q);
    job->is_paused = pg_read_bool(q);
    job->paused_until = pg_read_utc(q);
    job->is_deleted = pg_read_bool(q);
    job->created_by = pg_read_text(q, arena);
    job->last_modified_by = pg_read_text(q, arena);
    job->created_at = pg_read_utc(q);
    job->updated_at = pg_read_utc(q);
    job->configuration = pg_read_text(q, arena);
    job->watches = pg_read_text(q, arena);
    job->retention = pg_read_text(q, arena);
    job->dependencies = pg_read_text(q, arena);
    job->concurrency_group = pg_read_text(q, arena);
    job->concurrency_group_limit = pg_read_i64(q);
}

static void read_job(struct pg_query *q, struct arena *arena, struct job *job) {
    *job = (struct job){0};
    job->row = pg_read_i64(q);
    job->revision = pg_read_i64(q);
    read_definition(q, arena, job);
    job->next_run_at = pg_read_never(q);
    job->wake_at = pg_read_never(q);
    job->schedule_from = pg_read_utc(q);
    job->last_executed_at = pg_read_utc(q);
    job->last_execution_status = pg_read_i64(q);
    job->consecutive_failures = pg_read_i64(q);
    job->run_count = pg_read_i64(q);
    job->live_count = pg_read_i64(q);
    job->last_success_at = pg_read_utc(q);
    job->last_completed_at = pg_read_utc(q);
    job->last_run_created_at = pg_read_utc(q);
    job->starts_workflow = pg_read_i64(q);
    job->durations.count = pg_read_i64(q);
    job->durations.mean_us = pg_read_i64(q);
    job->durations.deviation_us = pg_read_i64(q);
}

static bool get_one(struct pg_query *q, struct arena *arena, struct job *ret, struct err *err) {
    struct job job;
    bool found = pg_row(q);
    if (found) read_job(q, arena, &job);
    if (!pg_end(q, err)) return false;
    if (!found) return pg_no_such_job(err);
    *ret = job;
    return true;
}

bool postgres_job_get(struct store_tx *tx, struct guid id, struct arena *arena, struct job *ret,
                      struct err *err) {
    struct pg_query q;
    pg_begin(&q, tx, SQL_JOB_GET);
    pg_guid(&q, &id);
    return get_one(&q, arena, ret, err);
}

bool postgres_job_get_by_row(struct store_tx *tx, int64_t row, struct arena *arena, struct job *ret,
                             struct err *err) {
    struct pg_query q;
    pg_begin(&q, tx, SQL_JOB_GET_BY_ROW);
    pg_i64(&q, row);
    return get_one(&q, arena, ret, err);
}

bool pg_jobs_of_query(struct pg_query *q, struct arena *arena, struct job **ret, size_t *count,
                      struct err *err) {
    size_t found = 0;
    struct job *jobs = ARENA_ARRAY(arena, pg_rows(q), struct job);
    while (pg_row(q)) read_job(q, arena, &jobs[found++]);
    if (!pg_end(q, err)) return false;
    *ret = jobs;
    *count = found;
    return true;
}
