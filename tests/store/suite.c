/* suite.c - the fixture of the store suite: setting up, samples, comparisons and the recount. */
#include "suite.h"

#include <stdlib.h>

int suite_setup(void **state) {
    struct fixture *f = xcalloc(1, sizeof *f);
    back_end_under_test.open(f);
    *state = f;
    return f->store ? 0 : -1;
}

int suite_teardown(void **state) {
    struct fixture *f = *state;
    for (size_t i = 0; i < COUNT_OF(f->reads); i++)
        store_read_end(f->reads[i]); // of a test that failed in between
    back_end_under_test.close(f);
    back_end_under_test.remove(f);
    arena_free(&f->arena);
    free(f);
    return 0;
}

void suite_restart(struct fixture *f) {
    back_end_under_test.close(f);
    back_end_under_test.open(f);
    assert_non_null(f->store);
}

struct store_tx *read_begin(struct fixture *f) {
    struct err err = ERR_INIT;
    struct store_tx *tx = store_read_begin(f->store, &err);
    if (!tx) print_error("cannot read: %s\n", err.msg);
    assert_non_null(tx);
    for (size_t i = 0; i < COUNT_OF(f->reads); i++) {
        if (f->reads[i]) continue;
        f->reads[i] = tx;
        return tx;
    }
    fail_msg("%s", "too many reads at once");
    return NULL;
}

void read_end(struct fixture *f, struct store_tx *tx) {
    for (size_t i = 0; i < COUNT_OF(f->reads); i++)
        if (f->reads[i] == tx) f->reads[i] = NULL;
    store_read_end(tx);
}

/* ---- making things --------------------------------------------------------------------------- */

struct guid next_guid(struct fixture *f) {
    uint32_t number = ++f->guids;
    struct guid id = {{0x01, 0x9a, 0, 0, 0, 0, 0x70, 0, 0x80}};
    for (size_t i = 0; i < 4; i++) id.bytes[15 - i] = (unsigned char)(number >> (8 * i));
    return id;
}

struct utc at(int64_t seconds) {
    return utc_from_seconds(1767225600 + seconds); // 2026-01-01T00:00:00Z
}

struct job sample_job(struct fixture *f, const char *name) {
    return (struct job){
        .id = next_guid(f),
        .revision = 1,
        .name = arena_copy(&f->arena, str_from_cstr(name)),
        .type = JOB_HTTP_CALL,
        .schedule_type = SCHEDULE_INTERVAL,
        .interval_seconds = 60,
        .interval_mode = INTERVAL_FIXED_RATE,
        .timezone = STR("UTC"),
        .configuration = STR("{\"url\":\"https://example.org/\"}"),
        .retry_policy = STR("{\"maxAttempts\":3}"),
        .tags = STR("[]"),
        .timeout_seconds = 300,
        .queue = STR("default"),
        .concurrency_policy = CONCURRENCY_ALLOW,
        .misfire_policy = MISFIRE_FIRE_ONCE,
        .gap_policy = GAP_RUN_AFTER,
        .overlap_policy = OVERLAP_AUTO,
        .is_enabled = true,
        .created_by = STR("ann@example.org"),
        .last_modified_by = STR("ann@example.org"),
        .created_at = at(0),
        .updated_at = at(0),
        .next_run_at = at(60),
        .wake_at = at(60),
        .schedule_from = at(0),
    };
}

struct job put_job(struct fixture *f, const char *name) {
    struct err err;
    struct job job = sample_job(f, name);
    assert_true(do_job_insert(f->store, &job, &err));
    return job;
}

struct str depends_on(struct fixture *f, const struct job *const *jobs, size_t count) {
    struct buf text = buf_with_max(0);
    buf_put(&text, STR("{\"dependsOnJobIds\":["));
    for (size_t i = 0; i < count; i++) {
        buf_put(&text, i == 0 ? STR("\"") : STR(",\""));
        buf_put_guid(&text, jobs[i]->id);
        buf_put(&text, STR("\""));
    }
    buf_put(&text, STR("],\"condition\":\"AllSucceeded\"}"));
    struct str kept = arena_copy(&f->arena, buf_str(&text));
    buf_free(&text);
    return kept;
}

struct job put_dependent(struct fixture *f, const char *name, const struct job *upstream) {
    struct err err;
    struct job job = sample_job(f, name);
    if (upstream) job.dependencies = depends_on(f, &upstream, 1);
    assert_true(do_job_insert(f->store, &job, &err));
    return job;
}

struct job put_grouped(struct fixture *f, const char *name, struct str group, int64_t limit) {
    struct err err;
    struct job job = sample_job(f, name);
    job.concurrency_group = group;
    job.concurrency_group_limit = limit;
    assert_true(do_job_insert(f->store, &job, &err));
    return job;
}

void update_job(struct fixture *f, struct job *job) {
    struct err err;
    job->revision++;
    assert_true(do_job_update(f->store, job, job->revision - 1, &err));
}

struct new_execution sample_execution(struct fixture *f, const struct job *job, struct utc due) {
    return (struct new_execution){
        .id = next_guid(f),
        .job_row = job->row,
        .status = EXECUTION_PENDING,
        .queue = job->queue,
        .trigger = TRIGGER_SCHEDULE,
        .scheduled_for = due,
        .created_at = due,
        .available_at = due,
    };
}

struct new_execution put_execution(struct fixture *f, const struct job *job, struct utc due) {
    struct err err;
    struct new_execution execution = sample_execution(f, job, due);
    assert_true(do_execution_insert(f->store, &execution, &err));
    assert_true(execution.inserted);
    return execution;
}

struct new_execution put_manual(struct fixture *f, const struct job *job, struct utc available_at) {
    struct err err;
    struct new_execution execution = sample_execution(f, job, available_at);
    execution.trigger = TRIGGER_MANUAL;
    execution.triggered_by = STR("ann@example.org");
    assert_true(do_execution_insert(f->store, &execution, &err));
    assert_true(execution.inserted);
    return execution;
}

struct execution put_running(struct fixture *f, const struct job *job, struct utc started_at) {
    struct err err;
    struct new_execution execution = sample_execution(f, job, started_at);
    execution.trigger = TRIGGER_MANUAL;
    execution.status = EXECUTION_RUNNING;
    execution.started_at = started_at;
    execution.node_name = STR("node-1");
    assert_true(do_execution_insert(f->store, &execution, &err));
    assert_true(execution.inserted);
    return execution_now(f, execution.id);
}

struct settlement settlement_of(const struct execution *execution, enum execution_status status,
                                struct utc completed_at) {
    return (struct settlement){
        .execution_row = execution->row,
        .job_row = execution->job_row,
        .fence = execution->fence,
        .status = status,
        .completed_at = completed_at,
    };
}

void end_execution(struct fixture *f, const struct execution *execution,
                   enum execution_status status, struct utc completed_at) {
    struct err err;
    struct settlement item = settlement_of(execution, status, completed_at);
    assert_true(do_settle(f->store, &item, 1, &err));
    assert_true(item.applied);
}

void claim_all(struct fixture *f, struct utc now, struct execution **ret, size_t *count) {
    struct err err;
    const struct claim_queue any = {.name = STR_NONE, .limit = 1000};
    const struct claim claim = {
        .node_name = STR("node-1"), .now = now, .queues = &any, .queue_count = 1, .limit = 1000};
    assert_true(do_claim(f->store, &claim, &f->arena, ret, count, &err));
}

/* ---- looking --------------------------------------------------------------------------------- */

struct job job_now(struct fixture *f, const struct job *job) {
    struct err err;
    struct job found = {0};
    struct store_tx *tx = read_begin(f);
    bool ok = store_job_get(tx, job->id, &f->arena, &found, &err);
    read_end(f, tx);
    assert_true(ok);
    return found;
}

struct execution execution_now(struct fixture *f, struct guid id) {
    struct err err;
    struct execution found = {0};
    struct store_tx *tx = read_begin(f);
    bool ok = store_execution_get(tx, id, &f->arena, &found, &err);
    read_end(f, tx);
    assert_true(ok);
    return found;
}

struct execution_page executions_where(struct fixture *f, struct execution_filter filter) {
    struct err err;
    struct execution_page page = {0};
    if (filter.limit == 0) filter.limit = 1000;
    struct store_tx *tx = read_begin(f);
    bool ok = store_execution_list(tx, &filter, &f->arena, &page, &err);
    read_end(f, tx);
    assert_true(ok);
    return page;
}

struct totals totals_now(struct fixture *f) {
    struct err err;
    struct totals totals = {0};
    struct store_tx *tx = read_begin(f);
    bool ok = store_totals(tx, &totals, &err);
    read_end(f, tx);
    assert_true(ok);
    return totals;
}

void assert_same_str(struct str actual, struct str expected) {
    if (str_is_absent(actual) == str_is_absent(expected) && str_equal(actual, expected)) return;
    print_error("is \"%.*s\"%s, not \"%.*s\"%s\n", STR_ARG(actual),
                str_is_absent(actual) ? " (absent)" : "", STR_ARG(expected),
                str_is_absent(expected) ? " (absent)" : "");
    fail();
}

void assert_str(struct str actual, const char *expected) {
    assert_same_str(actual, str_from_cstr(expected));
}

void assert_time(struct utc actual, struct utc expected) {
    if (!utc_equal(actual, expected))
        print_error("%lld us after what is expected\n", (long long)(actual.us - expected.us));
    assert_true(utc_equal(actual, expected));
}

void assert_guid(struct guid actual, struct guid expected) {
    assert_memory_equal(actual.bytes, expected.bytes, sizeof actual.bytes);
}

static void assert_same_definition(const struct job *actual, const struct job *expected) {
    assert_same_str(actual->name, expected->name);
    assert_same_str(actual->description, expected->description);
    assert_int_equal(actual->type, expected->type);
    assert_int_equal(actual->schedule_type, expected->schedule_type);
    assert_same_str(actual->schedule_expression, expected->schedule_expression);
    assert_int_equal(actual->interval_seconds, expected->interval_seconds);
    assert_int_equal(actual->interval_mode, expected->interval_mode);
    assert_time(actual->run_at, expected->run_at);
    assert_same_str(actual->timezone, expected->timezone);
    assert_time(actual->start_at, expected->start_at);
    assert_time(actual->end_at, expected->end_at);
    assert_int_equal(actual->max_runs, expected->max_runs);
    assert_int_equal(actual->jitter_seconds, expected->jitter_seconds);
    assert_same_str(actual->configuration, expected->configuration);
    assert_same_str(actual->retry_policy, expected->retry_policy);
    assert_same_str(actual->exclusions, expected->exclusions);
    assert_same_str(actual->tags, expected->tags);
    assert_int_equal(actual->timeout_seconds, expected->timeout_seconds);
    assert_same_str(actual->queue, expected->queue);
    assert_int_equal(actual->concurrency_policy, expected->concurrency_policy);
    assert_same_str(actual->dependencies, expected->dependencies);
    assert_same_str(actual->concurrency_group, expected->concurrency_group);
    assert_int_equal(actual->concurrency_group_limit, expected->concurrency_group_limit);
    assert_int_equal(actual->misfire_policy, expected->misfire_policy);
    assert_int_equal(actual->gap_policy, expected->gap_policy);
    assert_int_equal(actual->overlap_policy, expected->overlap_policy);
    assert_int_equal(actual->is_enabled, expected->is_enabled);
    assert_int_equal(actual->is_paused, expected->is_paused);
    assert_time(actual->paused_until, expected->paused_until);
    assert_int_equal(actual->is_deleted, expected->is_deleted);
    assert_same_str(actual->created_by, expected->created_by);
    assert_same_str(actual->last_modified_by, expected->last_modified_by);
    assert_time(actual->created_at, expected->created_at);
    assert_time(actual->updated_at, expected->updated_at);
}

void assert_same_job(const struct job *actual, const struct job *expected) {
    assert_int_equal(actual->row, expected->row);
    assert_guid(actual->id, expected->id);
    assert_int_equal(actual->revision, expected->revision);
    assert_same_definition(actual, expected);
    assert_time(actual->next_run_at, expected->next_run_at);
    assert_time(actual->wake_at, expected->wake_at);
    assert_time(actual->schedule_from, expected->schedule_from);
    assert_time(actual->last_executed_at, expected->last_executed_at);
    assert_int_equal(actual->last_execution_status, expected->last_execution_status);
    assert_int_equal(actual->consecutive_failures, expected->consecutive_failures);
    assert_int_equal(actual->run_count, expected->run_count);
    assert_int_equal(actual->live_count, expected->live_count);
    assert_time(actual->last_success_at, expected->last_success_at);
    assert_time(actual->last_completed_at, expected->last_completed_at);
    assert_time(actual->last_run_created_at, expected->last_run_created_at);
    assert_int_equal(actual->starts_workflow, expected->starts_workflow);
    assert_int_equal(actual->durations.count, expected->durations.count);
    assert_int_equal(actual->durations.mean_us, expected->durations.mean_us);
    assert_int_equal(actual->durations.deviation_us, expected->durations.deviation_us);
}

void assert_same_execution(const struct execution *actual, const struct execution *expected) {
    assert_int_equal(actual->row, expected->row);
    assert_guid(actual->id, expected->id);
    assert_int_equal(actual->job_row, expected->job_row);
    assert_guid(actual->job_id, expected->job_id);
    assert_same_str(actual->job_name, expected->job_name);
    assert_int_equal(actual->status, expected->status);
    assert_same_str(actual->queue, expected->queue);
    assert_int_equal(actual->trigger, expected->trigger);
    assert_same_str(actual->triggered_by, expected->triggered_by);
    assert_time(actual->scheduled_for, expected->scheduled_for);
    assert_time(actual->created_at, expected->created_at);
    assert_time(actual->available_at, expected->available_at);
    assert_time(actual->started_at, expected->started_at);
    assert_time(actual->completed_at, expected->completed_at);
    assert_int_equal(actual->retry_count, expected->retry_count);
    assert_guid(actual->retry_parent_id, expected->retry_parent_id);
    assert_same_str(actual->node_name, expected->node_name);
    assert_int_equal(actual->fence, expected->fence);
    assert_int_equal(actual->cancel_requested, expected->cancel_requested);
    assert_int_equal(actual->error_type, expected->error_type);
    assert_same_str(actual->error_message, expected->error_message);
    assert_same_str(actual->parameters, expected->parameters);
    assert_same_str(actual->output, expected->output);
    assert_int_equal(actual->output_truncated, expected->output_truncated);
    assert_int_equal(actual->has_progress, expected->has_progress);
    assert_int_equal(actual->progress_percent, expected->progress_percent);
    assert_same_str(actual->progress_text, expected->progress_text);
    assert_same_str(actual->result, expected->result);
    assert_guid(actual->workflow_run_id, expected->workflow_run_id);
    assert_time(actual->waiting_since, expected->waiting_since);
    assert_same_str(actual->inputs, expected->inputs);
}

/* ---- the recount ----------------------------------------------------------------------------- */

static void assert_totals_equal_recount(const struct totals *totals,
                                        const struct execution_page *page) {
    int64_t by_status[EXECUTION_CANCELLED + 1] = {0};
    for (size_t i = 0; i < page->count; i++) by_status[page->items[i].status]++;
    assert_int_equal(totals->executions, page->total);
    assert_int_equal(totals->pending, by_status[EXECUTION_PENDING]);
    assert_int_equal(totals->running, by_status[EXECUTION_RUNNING]);
    assert_int_equal(totals->succeeded, by_status[EXECUTION_SUCCEEDED]);
    assert_int_equal(totals->failed, by_status[EXECUTION_FAILED]);
    assert_int_equal(totals->cancelled, by_status[EXECUTION_CANCELLED]);
}

/* The cell of the bucket that this execution is counted in; NULL while Pending. */
static int64_t *cell_of(struct timeline_bucket *bucket, enum execution_status status) {
    switch (status) {
    case EXECUTION_RUNNING: return &bucket->running;
    case EXECUTION_SUCCEEDED: return &bucket->succeeded;
    case EXECUTION_FAILED: return &bucket->failed;
    case EXECUTION_CANCELLED: return &bucket->cancelled;
    case EXECUTION_PENDING: break;
    }
    return NULL;
}

static void assert_timeline_equals_recount(struct fixture *f, struct store_tx *tx, struct utc from,
                                           int64_t minutes, size_t count,
                                           const struct execution_page *page) {
    enum { BUCKETS = 40 };
    struct err err;
    struct timeline_bucket kept[BUCKETS], counted[BUCKETS] = {0};
    (void)f;
    assert_true(count <= BUCKETS);
    assert_true(store_timeline(tx, from, minutes, count, kept, &err));
    int64_t start = utc_seconds(from) / 60 * 60;
    for (size_t i = 0; i < page->count; i++) {
        const struct execution *execution = &page->items[i];
        struct utc t = execution->status == EXECUTION_RUNNING ? execution->started_at
                                                              : execution->completed_at;
        int64_t index = (utc_seconds(t) - start) / (60 * minutes);
        if (utc_seconds(t) < start || index >= (int64_t)count) continue;
        int64_t *cell = cell_of(&counted[index], execution->status);
        if (cell) (*cell)++;
        if (execution->status == EXECUTION_SUCCEEDED || execution->status == EXECUTION_FAILED)
            counted[index].duration_us += utc_diff(t, execution->started_at).us;
    }
    for (size_t i = 0; i < count; i++) {
        assert_time(kept[i].start, utc_from_seconds(start + (int64_t)i * 60 * minutes));
        assert_int_equal(kept[i].succeeded, counted[i].succeeded);
        assert_int_equal(kept[i].failed, counted[i].failed);
        assert_int_equal(kept[i].cancelled, counted[i].cancelled);
        assert_int_equal(kept[i].running, counted[i].running);
        assert_int_equal(kept[i].duration_us, counted[i].duration_us);
    }
}

static void assert_jobs_equal_recount(const struct totals *totals, const struct job_page *jobs,
                                      const struct execution_page *executions) {
    int64_t enabled = 0;
    for (size_t i = 0; i < jobs->count; i++) {
        const struct job *job = &jobs->items[i];
        int64_t live = 0;
        for (size_t e = 0; e < executions->count; e++)
            if (executions->items[e].job_row == job->row &&
                !execution_has_ended(executions->items[e].status))
                live++;
        assert_int_equal(job->live_count, live);
        if (job->is_enabled && !job->is_paused) enabled++;
    }
    assert_int_equal(totals->jobs, jobs->total);
    assert_int_equal(totals->jobs_enabled, enabled);
}

static void assert_statuses_equal_recount(struct store_tx *tx, const struct totals *totals,
                                          struct fixture *f) {
    struct err err;
    for (int64_t status = JOB_ACTIVE; status <= JOB_DELETED; status++) {
        struct job_page page;
        const struct job_filter filter = {.status = status, .limit = 100000};
        assert_true(store_job_list(tx, &filter, &f->arena, &page, &err));
        assert_int_equal(page.total, page.count);
        assert_int_equal(totals->jobs_by_status[status], page.count);
    }
}

static void assert_due_equals_recount(struct store_tx *tx, const struct job_page *jobs) {
    struct err err;
    for (int64_t seconds = -120; seconds <= 7200; seconds += 30) {
        int64_t kept, counted = 0;
        for (size_t i = 0; i < jobs->count; i++) {
            struct utc next = jobs->items[i].next_run_at;
            if (!utc_is_never(next) && utc_seconds(next) / 60 * 60 < utc_seconds(at(seconds)))
                counted++;
        }
        assert_true(store_jobs_due(tx, at(seconds), &kept, &err));
        assert_int_equal(kept, counted);
    }
}

static void assert_queues_equal_recount(struct fixture *f, struct store_tx *tx,
                                        const struct execution_page *page) {
    struct err err;
    struct queue_figures *queues;
    size_t count;
    int64_t pending = 0, in_queues = 0;
    assert_true(store_queues(tx, &f->arena, &queues, &count, &err));
    for (size_t i = 0; i < page->count; i++)
        if (page->items[i].status == EXECUTION_PENDING) pending++;
    for (size_t q = 0; q < count; q++) {
        int64_t counted = 0;
        struct utc oldest = UTC_NEVER;
        if (q > 0) assert_true(str_compare(queues[q - 1].name, queues[q].name) < 0);
        for (size_t i = 0; i < page->count; i++) {
            const struct execution *execution = &page->items[i];
            if (execution->status != EXECUTION_PENDING ||
                !str_equal(execution->queue, queues[q].name))
                continue;
            counted++;
            oldest = utc_min(oldest, execution->available_at);
        }
        assert_true(counted > 0);
        assert_int_equal(queues[q].pending, counted);
        assert_time(queues[q].oldest, oldest);
        in_queues += counted;
    }
    assert_int_equal(in_queues, pending);
}

/* The job's pages, read one after the other, are its executions among all of them. */
static void assert_pages_of_job(struct fixture *f, struct store_tx *tx, int64_t job_row,
                                const struct execution_page *all) {
    enum { SIZE = 7 };
    struct err err;
    struct execution_filter filter = {.job_row = job_row, .offset = -SIZE, .limit = SIZE};
    struct execution_page page = {0};
    size_t found = 0;
    for (size_t i = 0; i < all->count; i++) {
        if (all->items[i].job_row != job_row) continue;
        if (found % SIZE == 0) {
            filter.offset += SIZE;
            assert_true(store_execution_list(tx, &filter, &f->arena, &page, &err));
        }
        assert_true(found % SIZE < page.count);
        assert_int_equal(page.items[found % SIZE].row, all->items[i].row);
        found++;
    }
    filter.offset = (int64_t)found;
    assert_true(store_execution_list(tx, &filter, &f->arena, &page, &err));
    assert_int_equal(page.count, 0);
    assert_int_equal(page.total, found);
}

static void assert_fences_differ(const struct execution_page *page) {
    for (size_t i = 0; i < page->count; i++)
        for (size_t other = i + 1; other < page->count && page->items[i].fence != 0; other++)
            assert_int_not_equal(page->items[i].fence, page->items[other].fence);
}

void assert_counters_equal_recount(struct fixture *f) {
    struct err err;
    struct totals totals;
    struct execution_page executions;
    struct job_page jobs;
    struct store_tx *tx = read_begin(f);
    assert_true(store_totals(tx, &totals, &err));
    const struct execution_filter all = {.limit = 100000};
    assert_true(store_execution_list(tx, &all, &f->arena, &executions, &err));
    assert_int_equal(executions.count, executions.total);
    const struct job_filter kept = {.limit = 100000};
    assert_true(store_job_list(tx, &kept, &f->arena, &jobs, &err));
    assert_totals_equal_recount(&totals, &executions);
    assert_jobs_equal_recount(&totals, &jobs, &executions);
    assert_statuses_equal_recount(tx, &totals, f);
    assert_due_equals_recount(tx, &jobs);
    assert_queues_equal_recount(f, tx, &executions);
    for (size_t i = 0; i < jobs.count; i++)
        assert_pages_of_job(f, tx, jobs.items[i].row, &executions);
    assert_fences_differ(&executions);
    assert_timeline_equals_recount(f, tx, at(-600), 1, 40, &executions);
    assert_timeline_equals_recount(f, tx, at(-3601), 7, 40, &executions);
    assert_timeline_equals_recount(f, tx, at(30), 60, 40, &executions);
    assert_timeline_equals_recount(f, tx, at(30), 1440, 40, &executions);
    assert_timeline_equals_recount(f, tx, at(-601), 95, 1, &executions);
    assert_timeline_equals_recount(f, tx, at(-601), 9999, 1, &executions);
    read_end(f, tx);
}
