/* describe.c - see describe.h. */
#include "describe.h"

static void put_text(struct buf *out, const char *name, struct str text) {
    if (str_is_absent(text)) return;
    buf_printf(out, " %s=\"%.*s\"", name, STR_ARG(text));
}

static void put_time(struct buf *out, const char *name, struct utc t) {
    if (utc_is_none(t)) return;
    if (utc_is_never(t))
        buf_printf(out, " %s=never", name);
    else
        buf_printf(out, " %s=%lld", name, (long long)t.us);
}

static void put_number(struct buf *out, const char *name, int64_t number) {
    if (number != 0) buf_printf(out, " %s=%lld", name, (long long)number);
}

static void put_guid(struct buf *out, const char *name, struct guid id) {
    if (guid_is_zero(id)) return;
    buf_printf(out, " %s=", name);
    buf_put_guid(out, id);
}

static void put_hash(struct buf *out, const char *name, const unsigned char hash[32]) {
    buf_printf(out, " %s=", name);
    for (size_t i = 0; i < 32; i++) buf_printf(out, "%02x", hash[i]);
}

void describe_err(struct buf *out, const struct err *err) {
    buf_printf(out, "error %d\n", (int)err->kind);
}

void describe_durations(struct buf *out, const struct durations *durations) {
    put_number(out, "durations", durations->count);
    put_number(out, "mean", durations->mean_us);
    put_number(out, "deviation", durations->deviation_us);
}

void describe_job(struct buf *out, const struct job *job) {
    buf_put(out, STR("job"));
    put_guid(out, "id", job->id);
    put_number(out, "revision", job->revision);
    put_text(out, "name", job->name);
    put_text(out, "description", job->description);
    put_number(out, "type", (int64_t)job->type);
    put_number(out, "schedule", (int64_t)job->schedule_type);
    put_text(out, "expression", job->schedule_expression);
    put_number(out, "interval", job->interval_seconds);
    put_number(out, "mode", (int64_t)job->interval_mode);
    put_time(out, "run", job->run_at);
    put_text(out, "zone", job->timezone);
    put_time(out, "start", job->start_at);
    put_time(out, "end", job->end_at);
    put_number(out, "maxRuns", job->max_runs);
    put_number(out, "jitter", job->jitter_seconds);
    put_text(out, "configuration", job->configuration);
    put_text(out, "retry", job->retry_policy);
    put_text(out, "exclusions", job->exclusions);
    put_text(out, "tags", job->tags);
    put_text(out, "watches", job->watches);
    put_text(out, "retention", job->retention);
    put_number(out, "timeout", job->timeout_seconds);
    put_text(out, "queue", job->queue);
    put_number(out, "concurrency", (int64_t)job->concurrency_policy);
    put_text(out, "dependencies", job->dependencies);
    put_text(out, "group", job->concurrency_group);
    put_number(out, "limit", job->concurrency_group_limit);
    put_number(out, "misfire", (int64_t)job->misfire_policy);
    put_number(out, "gap", (int64_t)job->gap_policy);
    put_number(out, "overlap", (int64_t)job->overlap_policy);
    put_number(out, "enabled", job->is_enabled);
    put_number(out, "paused", job->is_paused);
    put_time(out, "until", job->paused_until);
    put_number(out, "deleted", job->is_deleted);
    put_text(out, "by", job->created_by);
    put_text(out, "modifiedBy", job->last_modified_by);
    put_time(out, "created", job->created_at);
    put_time(out, "updated", job->updated_at);
    put_time(out, "next", job->next_run_at);
    put_time(out, "wake", job->wake_at);
    put_time(out, "from", job->schedule_from);
    put_time(out, "executed", job->last_executed_at);
    put_number(out, "lastStatus", job->last_execution_status);
    put_number(out, "failures", job->consecutive_failures);
    put_number(out, "runs", job->run_count);
    put_number(out, "live", job->live_count);
    put_time(out, "succeeded", job->last_success_at);
    put_time(out, "ended", job->last_completed_at);
    put_time(out, "made", job->last_run_created_at);
    put_number(out, "starts", job->starts_workflow != 0);
    describe_durations(out, &job->durations);
    buf_put_char(out, '\n');
}

void describe_jobs(struct buf *out, const struct job_page *page) {
    buf_printf(out, "%zu of %lld\n", page->count, (long long)page->total);
    for (size_t i = 0; i < page->count; i++) describe_job(out, &page->items[i]);
}

static size_t fence_rank(const struct execution *items, size_t count, int64_t fence) {
    size_t rank = 0;
    for (size_t i = 0; i < count; i++)
        if (items[i].fence < fence) rank++;
    return rank;
}

static void describe_execution(struct buf *out, const struct execution *execution, size_t rank) {
    buf_put(out, STR("execution"));
    put_guid(out, "id", execution->id);
    put_guid(out, "job", execution->job_id);
    put_text(out, "name", execution->job_name);
    put_number(out, "status", (int64_t)execution->status);
    put_text(out, "queue", execution->queue);
    put_number(out, "trigger", (int64_t)execution->trigger);
    put_text(out, "by", execution->triggered_by);
    put_time(out, "for", execution->scheduled_for);
    put_time(out, "created", execution->created_at);
    put_time(out, "available", execution->available_at);
    put_time(out, "started", execution->started_at);
    put_time(out, "completed", execution->completed_at);
    put_number(out, "retry", execution->retry_count);
    put_guid(out, "parent", execution->retry_parent_id);
    put_text(out, "node", execution->node_name);
    put_number(out, "fenced", execution->fence != 0);
    put_number(out, "fenceRank", (int64_t)rank);
    put_number(out, "cancel", execution->cancel_requested);
    put_number(out, "errorType", execution->error_type);
    put_text(out, "error", execution->error_message);
    put_text(out, "parameters", execution->parameters);
    put_text(out, "output", execution->output);
    put_text(out, "result", execution->result);
    put_guid(out, "run", execution->workflow_run_id);
    put_time(out, "waits", execution->waiting_since);
    put_text(out, "inputs", execution->inputs);
    put_number(out, "truncated", execution->output_truncated);
    put_number(out, "hasProgress", execution->has_progress);
    put_number(out, "percent", execution->progress_percent);
    put_text(out, "progress", execution->progress_text);
    buf_put_char(out, '\n');
}

void describe_executions(struct buf *out, const struct execution *items, size_t count) {
    buf_printf(out, "%zu executions\n", count);
    for (size_t i = 0; i < count; i++)
        describe_execution(out, &items[i], fence_rank(items, count, items[i].fence));
}

void describe_skips(struct buf *out, const struct skip_range *items, size_t count) {
    for (size_t i = 0; i < count; i++) {
        buf_put(out, STR("skip"));
        put_time(out, "from", items[i].from);
        put_time(out, "to", items[i].to);
        put_number(out, "reason", (int64_t)items[i].reason);
        put_time(out, "at", items[i].decided_at);
        buf_put_char(out, '\n');
    }
}

void describe_nodes(struct buf *out, const struct node *items, size_t count) {
    for (size_t i = 0; i < count; i++) {
        buf_put(out, STR("node"));
        put_text(out, "name", items[i].name);
        put_text(out, "version", items[i].version);
        put_time(out, "started", items[i].started_at);
        put_time(out, "heartbeat", items[i].heartbeat_at);
        put_time(out, "lease", items[i].lease_until);
        put_number(out, "busy", items[i].workers_busy);
        put_number(out, "total", items[i].workers_total);
        buf_put_char(out, '\n');
    }
}

void describe_audit(struct buf *out, const struct audit_entry *items, size_t count) {
    for (size_t i = 0; i < count; i++) {
        buf_put(out, STR("audit"));
        put_time(out, "at", items[i].at);
        put_text(out, "actor", items[i].actor);
        put_text(out, "address", items[i].address);
        put_text(out, "action", items[i].action);
        put_guid(out, "subject", items[i].subject);
        put_text(out, "before", items[i].before);
        put_text(out, "after", items[i].after);
        put_hash(out, "hash", items[i].hash);
        buf_put_char(out, '\n');
    }
}

void describe_user(struct buf *out, const struct user *user) {
    buf_put(out, STR("user"));
    put_guid(out, "id", user->id);
    put_text(out, "email", user->email);
    put_text(out, "password", user->password_hash);
    put_number(out, "role", (int64_t)user->role);
    put_number(out, "locked", user->is_locked);
    put_time(out, "until", user->locked_until);
    put_number(out, "failed", user->failed_logins);
    put_number(out, "generation", user->token_generation);
    put_time(out, "created", user->created_at);
    put_time(out, "login", user->last_login_at);
    buf_put_char(out, '\n');
}

void describe_refresh(struct buf *out, const struct refresh_token *token) {
    buf_put(out, STR("refresh"));
    put_hash(out, "hash", token->hash);
    put_guid(out, "family", token->family);
    put_time(out, "created", token->created_at);
    put_time(out, "expires", token->expires_at);
    put_time(out, "used", token->used_at);
    put_time(out, "revoked", token->revoked_at);
    buf_put_char(out, '\n');
}

void describe_tokens(struct buf *out, const struct access_token *items, size_t count) {
    for (size_t i = 0; i < count; i++) {
        buf_put(out, STR("token"));
        put_guid(out, "id", items[i].id);
        put_text(out, "user", items[i].user_email);
        put_hash(out, "hash", items[i].hash);
        put_text(out, "prefix", items[i].prefix);
        put_text(out, "name", items[i].name);
        put_number(out, "role", (int64_t)items[i].role);
        put_time(out, "created", items[i].created_at);
        put_time(out, "expires", items[i].expires_at);
        put_time(out, "used", items[i].last_used_at);
        put_time(out, "revoked", items[i].revoked_at);
        buf_put_char(out, '\n');
    }
}

void describe_idempotency(struct buf *out, const struct idempotency *entry) {
    buf_put(out, STR("key"));
    put_text(out, "scope", entry->scope);
    put_text(out, "key", entry->key);
    put_hash(out, "hash", entry->request_hash);
    put_number(out, "status", entry->status);
    put_text(out, "location", entry->location);
    put_text(out, "body", entry->body);
    put_time(out, "created", entry->created_at);
    buf_put_char(out, '\n');
}

void describe_totals(struct buf *out, const struct totals *totals) {
    buf_put(out, STR("totals"));
    put_number(out, "jobs", totals->jobs);
    put_number(out, "enabled", totals->jobs_enabled);
    put_number(out, "executions", totals->executions);
    put_number(out, "pending", totals->pending);
    put_number(out, "running", totals->running);
    put_number(out, "succeeded", totals->succeeded);
    put_number(out, "failed", totals->failed);
    put_number(out, "cancelled", totals->cancelled);
    for (size_t i = 0; i < COUNT_OF(totals->jobs_by_status); i++)
        buf_printf(out, " %lld", (long long)totals->jobs_by_status[i]);
    buf_put_char(out, '\n');
}

void describe_timeline(struct buf *out, const struct timeline_bucket *items, size_t count) {
    for (size_t i = 0; i < count; i++) {
        buf_put(out, STR("bucket"));
        put_time(out, "start", items[i].start);
        put_number(out, "succeeded", items[i].succeeded);
        put_number(out, "failed", items[i].failed);
        put_number(out, "cancelled", items[i].cancelled);
        put_number(out, "running", items[i].running);
        put_number(out, "duration", items[i].duration_us);
        buf_put_char(out, '\n');
    }
}

void describe_queues(struct buf *out, const struct queue_figures *items, size_t count) {
    for (size_t i = 0; i < count; i++) {
        put_text(out, "queue", items[i].name);
        put_number(out, "pending", items[i].pending);
        put_time(out, "oldest", items[i].oldest);
        buf_put_char(out, '\n');
    }
}

void describe_waiting(struct buf *out, const struct waiting_run *items, size_t count) {
    buf_printf(out, "%zu wait\n", count);
    for (size_t i = 0; i < count; i++) {
        buf_put(out, STR("waiting"));
        put_guid(out, "id", items[i].execution_id);
        put_text(out, "for", items[i].dependencies);
        put_time(out, "since", items[i].waiting_since);
        put_time(out, "until", items[i].available_at);
        buf_put_char(out, '\n');
    }
}

void describe_job_end(struct buf *out, const struct job_end *end) {
    buf_put(out, STR("end"));
    put_guid(out, "id", end->id);
    put_number(out, "there", end->row != 0);
    put_text(out, "name", end->name);
    put_number(out, "deleted", end->is_deleted);
    put_time(out, "succeeded", end->last_success_at);
    put_time(out, "ended", end->last_completed_at);
    buf_put_char(out, '\n');
}

void describe_workflow(struct buf *out, const struct workflow *workflow) {
    buf_put(out, STR("workflow"));
    put_guid(out, "id", workflow->id);
    put_number(out, "revision", workflow->revision);
    put_text(out, "name", workflow->name);
    put_text(out, "description", workflow->description);
    put_text(out, "jobs", workflow->jobs);
    put_text(out, "schedule", workflow->schedule);
    put_number(out, "enabled", workflow->is_enabled);
    put_number(out, "deleted", workflow->is_deleted);
    put_number(out, "hidden", workflow->schedule_job_row);
    put_text(out, "by", workflow->created_by);
    put_text(out, "modifiedBy", workflow->last_modified_by);
    put_time(out, "created", workflow->created_at);
    put_time(out, "updated", workflow->updated_at);
    buf_put_char(out, '\n');
}

void describe_run(struct buf *out, const struct workflow_run *run) {
    buf_put(out, STR("run"));
    put_guid(out, "id", run->id);
    put_guid(out, "workflow", run->workflow_id);
    put_text(out, "name", run->workflow_name);
    put_number(out, "status", (int64_t)run->status);
    put_number(out, "trigger", (int64_t)run->trigger);
    put_text(out, "by", run->triggered_by);
    put_time(out, "for", run->scheduled_for);
    put_time(out, "created", run->created_at);
    put_time(out, "completed", run->completed_at);
    put_number(out, "retry", run->retry_count);
    put_text(out, "jobs", run->jobs);
    put_text(out, "error", run->error_message);
    put_text(out, "parameters", run->parameters);
    buf_put_char(out, '\n');
}

void describe_steps(struct buf *out, const struct workflow_step *items, size_t count) {
    for (size_t i = 0; i < count; i++) {
        buf_put(out, STR("step"));
        put_number(out, "position", items[i].position);
        put_number(out, "there", items[i].job_row != 0);
        put_guid(out, "job", items[i].job_id);
        put_text(out, "name", items[i].job_name);
        put_number(out, "status", (int64_t)items[i].status);
        put_guid(out, "execution", items[i].execution_id);
        put_time(out, "started", items[i].started_at);
        put_time(out, "completed", items[i].completed_at);
        put_text(out, "error", items[i].error_message);
        buf_put_char(out, '\n');
    }
}
