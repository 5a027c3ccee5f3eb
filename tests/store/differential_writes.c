/* differential_writes.c - the operations that change something; see differential.h. */
#include "describe.h"
#include "differential.h"

#include <string.h>

bool draw(struct step *step, int64_t one_in) {
    return random_below(&step->random, one_in) == 0;
}

int64_t draw_below(struct step *step, int64_t limit) {
    return random_below(&step->random, limit);
}

struct guid numbered_guid(char kind, int64_t number) {
    struct guid id = {{0x01, 0x9a, 0, 0, 0, (unsigned char)kind, 0x70, 0, 0x80}};
    for (size_t i = 0; i < 4; i++) id.bytes[15 - i] = (unsigned char)((uint64_t)number >> (8 * i));
    return id;
}

struct guid some_job(struct step *step) {
    return numbered_guid('j', draw_below(step, step->jobs + 1));
}

struct guid some_execution(struct step *step) {
    return numbered_guid('e', draw_below(step, step->executions + 1));
}

static bool find_job(struct step *step, struct store_tx *tx, struct guid id, struct job *ret) {
    struct err err;
    return store_job_get(tx, id, step->arena, ret, &err);
}

int64_t row_of_job(struct step *step, struct store_tx *tx, struct guid id) {
    struct job job;
    return find_job(step, tx, id, &job) ? job.row : INT64_C(1) << 40;
}

static const struct str queues[] = {STR_INIT("critical"), STR_INIT("default"), STR_INIT("other")};
static const struct str people[] = {STR_INIT("ann@example.org"), STR_INIT("bob@example.org")};
static const struct str tags[] = {STR_INIT("[]"), STR_INIT("[\"a\"]"), STR_INIT("[\"a\",\"b c\"]"),
                                  STR_INIT("[\"\xc3\xa9\",\"b\"]")};
#define DRAW_OF(step, array) ((array)[draw_below((step), (int64_t)COUNT_OF(array))])

struct utc soon(struct step *step, int64_t seconds) {
    return utc_add(step->now, span_seconds(draw_below(step, seconds)));
}

/* ---- jobs ------------------------------------------------------------------------------------ */

static const struct str watches[] = {STR_INIT("{\"a\":1}"), STR_INIT("{\"a\":2}"), {NULL, 0}};

static const struct str groups[] = {STR_INIT("reports"), STR_INIT("mails")};

/* Jobs that may be there, be there later or be gone; sometimes a text that names none. */
static struct str draw_dependencies(struct step *step) {
    if (draw(step, 20)) return STR("{\"dependsOnJobIds\":[],\"condition\":\"AllSucceeded\"}");
    char first[GUID_LENGTH + 1], second[GUID_LENGTH + 1];
    int64_t number = draw_below(step, step->jobs + 2);
    guid_format(numbered_guid('j', number), first);
    guid_format(numbered_guid('j', number + 1 + draw_below(step, 3)), second);
    if (draw(step, 2))
        return arena_printf(step->arena,
                            "{\"dependsOnJobIds\":[\"%s\"],\"condition\":\"AnySucceeded\"}", first);
    return arena_printf(step->arena,
                        "{\"dependsOnJobIds\":[\"%s\",\"%s\"],\"condition\":\"AllCompleted\"}",
                        first, second);
}

static void draw_definition(struct step *step, struct job *job) {
    static const struct str names[] = {STR_INIT("alpha"), STR_INIT("Beta"), STR_INIT("gamma ray"),
                                       STR_INIT("ALPHA two"), STR_INIT("%_'\\")};
    job->name = DRAW_OF(step, names);
    if (draw(step, 2))
        job->name = arena_printf(step->arena, "%.*s n%lld", STR_ARG(job->name),
                                 (long long)draw_below(step, 9));
    job->description = draw(step, 2) ? STR_NONE : STR("reports of the Night");
    job->type = (enum job_type)(1 + draw_below(step, 4));
    job->schedule_type = SCHEDULE_INTERVAL;
    job->interval_seconds = 1 + draw_below(step, 100);
    job->interval_mode = INTERVAL_FIXED_RATE;
    job->timezone = STR("UTC");
    job->configuration = STR("{}");
    job->retry_policy = STR("{\"maxAttempts\":3}");
    job->tags = DRAW_OF(step, tags);
    job->timeout_seconds = 300;
    job->queue = DRAW_OF(step, queues);
    job->concurrency_policy = draw(step, 3) ? CONCURRENCY_QUEUE : CONCURRENCY_ALLOW;
    job->misfire_policy = MISFIRE_FIRE_ONCE;
    job->gap_policy = GAP_RUN_AFTER;
    job->overlap_policy = OVERLAP_AUTO;
    job->is_enabled = !draw(step, 6);
    job->is_paused = draw(step, 6);
    job->paused_until = job->is_paused && draw(step, 2) ? soon(step, 500) : UTC_NONE;
    job->is_deleted = draw(step, 12);
    job->last_modified_by = DRAW_OF(step, people);
    job->updated_at = step->now;
    job->next_run_at = draw(step, 5) ? UTC_NEVER : soon(step, 200);
    job->wake_at = draw(step, 5) ? UTC_NEVER : soon(step, 100);
    job->schedule_from = step->now;
    job->consecutive_failures = draw(step, 4) ? draw_below(step, 5) : 0;
    job->watches = DRAW_OF(step, watches);
    job->dependencies = draw(step, 3) ? draw_dependencies(step) : STR_NONE;
    job->concurrency_group = draw(step, 2) ? DRAW_OF(step, groups) : STR_NONE;
    job->concurrency_group_limit =
        str_is_absent(job->concurrency_group) ? 0 : 1 + draw_below(step, 3);
    job->retention = draw(step, 4) ? STR("{\"executions\":5}") : STR_NONE;
}

static bool insert_job(struct step *step, struct store_tx *tx, struct err *err) {
    struct job job = {.revision = 1};
    draw_definition(step, &job);
    job.id = draw(step, 20) ? some_job(step) : numbered_guid('j', step->jobs++);
    job.created_by = DRAW_OF(step, people);
    job.created_at = step->now;
    return store_job_insert(tx, &job, err);
}

static bool update_job(struct step *step, struct store_tx *tx, struct err *err) {
    struct job job = {0};
    bool found = find_job(step, tx, some_job(step), &job);
    int64_t expected = job.revision + (draw(step, 8) ? 1 : 0);
    draw_definition(step, &job);
    if (!found) job.row = INT64_C(1) << 40;
    job.revision = expected + 1;
    return store_job_update(tx, &job, expected, err);
}

bool change_jobs(struct step *step, struct store_tx *tx, struct err *err) {
    switch (draw_below(step, 8)) {
    case 0: return store_job_erase(tx, row_of_job(step, tx, some_job(step)), err);
    case 1:
    case 2:
    case 3: return update_job(step, tx, err);
    default: return insert_job(step, tx, err);
    }
}

/* ---- executions ------------------------------------------------------------------------------ */

static struct new_execution draw_execution(struct step *step, int64_t job_row, struct utc due) {
    struct new_execution execution = {
        .id = draw(step, 60) ? some_execution(step) : numbered_guid('e', step->executions++),
        .job_row = job_row,
        .status = EXECUTION_PENDING,
        .queue = DRAW_OF(step, queues),
        .trigger = draw(step, 5) ? TRIGGER_CATCH_UP : TRIGGER_SCHEDULE,
        .scheduled_for = due,
        .created_at =
            draw(step, 8) ? utc_add(step->now, span_seconds(-draw_below(step, 900))) : step->now,
        .available_at = draw(step, 3) ? soon(step, 60) : step->now,
        .parameters = draw(step, 5) ? STR("{\"n\":1}") : STR_NONE,
        .inputs = draw(step, 8) ? STR("{\"a\":{\"output\":\"x\"}}") : STR_NONE,
    };
    if (draw(step, 6)) execution.workflow_run_id = numbered_guid('r', draw_below(step, 9));
    if (draw(step, 3)) {
        execution.waiting_since = utc_add(step->now, span_seconds(-draw_below(step, 9)));
        execution.available_at = soon(step, 200);
    }
    if (draw(step, 3)) {
        execution.status = EXECUTION_RUNNING;
        execution.started_at = step->now;
        execution.node_name = draw(step, 2) ? STR("node-1") : STR("node-2");
    } else if (draw(step, 6)) {
        execution.status = EXECUTION_CANCELLED;
        execution.completed_at = step->now;
        execution.error_message = STR("skipped: the one before is still going");
    }
    return execution;
}

static void describe_new(struct step *step, const struct new_execution *execution) {
    buf_printf(step->said, "inserted %d row %d fence %d\n", execution->inserted,
               execution->row != 0, execution->fence != 0);
}

bool insert_execution(struct step *step, struct store_tx *tx, struct err *err) {
    int64_t row = row_of_job(step, tx, some_job(step));
    struct utc due = utc_add(step->now, span_seconds(-draw_below(step, 30)));
    struct new_execution execution = draw_execution(step, row, due);
    if (draw(step, 2)) {
        execution.trigger = TRIGGER_MANUAL;
        execution.triggered_by = DRAW_OF(step, people);
    }
    bool ok = store_execution_insert(tx, &execution, err);
    if (ok) describe_new(step, &execution);
    return ok;
}

static struct plan_item draw_plan(struct step *step, const struct due_job *due) {
    struct plan_item item = {
        .job_row = due->row,
        .revision = due->revision + (draw(step, 12) ? 1 : 0),
        .old_wake_at = utc_add(due->wake_at, span_us(draw(step, 12) ? 1 : 0)),
        .next_run_at = draw(step, 10) ? UTC_NEVER : soon(step, 300),
        .schedule_from = step->now,
        .run_count = due->run_count + 1,
        .resume = draw(step, 4),
        .execution_count = (size_t)draw_below(step, 3),
        .skip_count = (size_t)draw_below(step, 2),
    };
    item.wake_at = item.next_run_at;
    item.executions = ARENA_ARRAY(step->arena, item.execution_count, struct new_execution);
    for (size_t i = 0; i < item.execution_count; i++)
        item.executions[i] = draw_execution(
            step, due->row, utc_add(due->wake_at, span_seconds(draw_below(step, 5))));
    item.skips = ARENA_ARRAY(step->arena, item.skip_count, struct skip_range);
    for (size_t i = 0; i < item.skip_count; i++)
        item.skips[i] = (struct skip_range){due->row, due->schedule_from, step->now,
                                            (enum skip_reason)(1 + draw_below(step, 7)), step->now};
    return item;
}

bool plan_due(struct step *step, struct store_tx *tx, struct err *err) {
    struct due_job *due;
    size_t count;
    if (!store_due_jobs(tx, step->now, 1 + draw_below(step, 5), step->arena, &due, &count, err))
        return false;
    struct plan_item *items = ARENA_ARRAY(step->arena, count, struct plan_item);
    for (size_t i = 0; i < count; i++) {
        buf_printf(step->said,
                   "due revision=%lld wake=%lld next=%lld from=%lld runs=%lld live=%lld "
                   "created=%lld starts=%d\n",
                   (long long)due[i].revision, (long long)due[i].wake_at.us,
                   (long long)due[i].next_run_at.us, (long long)due[i].schedule_from.us,
                   (long long)due[i].run_count, (long long)due[i].live_count,
                   (long long)due[i].last_run_created_at.us, due[i].starts_workflow != 0);
        items[i] = draw_plan(step, &due[i]);
    }
    if (!store_plan_apply(tx, items, count, err)) return false;
    for (size_t i = 0; i < count; i++) {
        buf_printf(step->said, "applied %d\n", items[i].applied);
        for (size_t e = 0; items[i].applied && e < items[i].execution_count; e++)
            describe_new(step, &items[i].executions[e]);
    }
    return true;
}

bool cancel_one(struct step *step, struct store_tx *tx, struct err *err) {
    enum cancel_result result;
    struct execution execution;
    if (!store_execution_cancel(tx, some_execution(step), STR("by ann"), step->now, step->arena,
                                &result, &execution, err))
        return false;
    buf_printf(step->said, "cancel %d status %d requested %d\n", (int)result, (int)execution.status,
               execution.cancel_requested);
    return true;
}

bool claim_some(struct step *step, struct store_tx *tx, struct err *err) {
    struct claim_queue wanted[3];
    size_t count = 1 + (size_t)draw_below(step, 3);
    int64_t first = draw_below(step, 3);
    for (size_t i = 0; i < count; i++)
        wanted[i] = (struct claim_queue){queues[(first + (int64_t)i) % 3], draw_below(step, 4)};
    if (draw(step, 2)) wanted[count - 1].name = STR_NONE;
    const struct claim claim = {.node_name = draw(step, 2) ? STR("node-1") : STR("node-3"),
                                .now = step->now,
                                .queues = wanted,
                                .queue_count = count,
                                .limit = draw_below(step, 6)};
    struct execution *claimed;
    int64_t room;
    if (!store_claim(tx, &claim, step->arena, &claimed, &count, err) ||
        !store_running_room(tx, 10, &room, err))
        return false;
    buf_printf(step->said, "room %lld\n", (long long)room);
    for (size_t i = 0; i < count; i++) {
        buf_put(step->said, STR("claimed "));
        buf_put_guid(step->said, claimed[i].id);
        if (!utc_is_none(claimed[i].waiting_since)) buf_put(step->said, STR(" that waits"));
        buf_printf(step->said, " fence grows %d node %.*s\n",
                   i == 0 || claimed[i].fence > claimed[i - 1].fence,
                   STR_ARG(claimed[i].node_name));
    }
    return true;
}

static const struct str outputs[] = {STR_INIT("wrote 42 rows of report.csv"),
                                     STR_INIT("wrote 7 rows, ALPHA#7 first"),
                                     STR_INIT("\xc3\xa9t\xc3\xa9 n3"), STR_INIT(""), STR_INIT("#")};
static const struct str errors[] = {STR_INIT("Connection refused"),
                                    STR_INIT("connection to gamma lost; 42 tries"),
                                    STR_INIT("#1 refused")};

static struct settlement draw_settlement(struct step *step, const struct execution *running,
                                         int64_t revision) {
    static const enum execution_status ends[] = {EXECUTION_SUCCEEDED, EXECUTION_SUCCEEDED,
                                                 EXECUTION_FAILED,    EXECUTION_FAILED,
                                                 EXECUTION_CANCELLED, EXECUTION_PENDING};
    struct settlement item = {
        .execution_row = running->row,
        .job_row = running->job_row,
        .fence = running->fence + (draw(step, 8) ? 100000 : 0),
        .status = DRAW_OF(step, ends),
        .completed_at = step->now,
        .revision = revision + (draw(step, 4) ? 1 : 0),
    };
    if (item.status == EXECUTION_PENDING) return item;
    item.reschedule = draw(step, 4);
    item.next_run_at = item.wake_at = soon(step, 100);
    if (draw(step, 2)) item.output = DRAW_OF(step, outputs);
    if (draw(step, 3)) item.result = STR("{\"rows\":42}");
    item.output_truncated = draw(step, 4);
    if (item.status == EXECUTION_SUCCEEDED) return item;
    item.error_type = 1 + draw_below(step, 9);
    item.error_message = DRAW_OF(step, errors);
    if (item.status == EXECUTION_CANCELLED || draw(step, 2)) return item;
    item.retry = ARENA_NEW(step->arena, struct new_execution);
    *item.retry = draw_execution(step, running->job_row, running->scheduled_for);
    item.retry->status = EXECUTION_PENDING;
    item.retry->error_message = STR_NONE;
    item.retry->completed_at = item.retry->started_at = UTC_NONE;
    item.retry->trigger = TRIGGER_RETRY;
    item.retry->retry_count = running->retry_count + 1;
    item.retry->retry_parent_id = running->id;
    return item;
}

bool settle_some(struct step *step, struct store_tx *tx, struct err *err) {
    struct execution_page page;
    const struct execution_filter running = {.status = EXECUTION_RUNNING,
                                             .limit = 1 + draw_below(step, 6)};
    if (!store_execution_list(tx, &running, step->arena, &page, err)) return false;
    struct settlement *items = ARENA_ARRAY(step->arena, page.count, struct settlement);
    for (size_t i = 0; i < page.count; i++) {
        struct job job;
        if (!store_job_get_by_row(tx, page.items[i].job_row, step->arena, &job, err)) return false;
        items[i] = draw_settlement(step, &page.items[i], job.revision);
    }
    if (!store_settle(tx, items, page.count, err)) return false;
    for (size_t i = 0; i < page.count; i++) {
        buf_printf(step->said, "settled %d\n", items[i].applied);
        if (items[i].applied && items[i].status != EXECUTION_PENDING)
            buf_printf(step->said, "failures %lld %lld dependants %d",
                       (long long)items[i].failures_before, (long long)items[i].failures_after,
                       items[i].has_dependants);
        if (items[i].applied && items[i].status == EXECUTION_SUCCEEDED)
            describe_durations(step->said, &items[i].durations_before);
        if (items[i].applied && items[i].retry) describe_new(step, items[i].retry);
    }
    return true;
}

bool note_progress(struct step *step, struct store_tx *tx, struct err *err) {
    struct execution_page page;
    const struct execution_filter any = {.status = draw(step, 4) ? 0 : EXECUTION_RUNNING,
                                         .limit = 1 + draw_below(step, 6)};
    if (!store_execution_list(tx, &any, step->arena, &page, err)) return false;
    struct execution_progress *items =
        ARENA_ARRAY(step->arena, page.count, struct execution_progress);
    for (size_t i = 0; i < page.count; i++)
        items[i] = (struct execution_progress){
            .execution_row = page.items[i].row,
            .fence = page.items[i].fence + (draw(step, 8) ? 100000 : 0),
            .percent = draw_below(step, 101),
            .text = draw(step, 3) ? STR_NONE : DRAW_OF(step, outputs),
        };
    if (!store_execution_progress(tx, items, page.count, err)) return false;
    for (size_t i = 0; i < page.count; i++)
        buf_printf(step->said, "progress %d\n", items[i].applied);
    return true;
}

/* ---- clearing away --------------------------------------------------------------------------- */

static bool clear_all(struct step *step, struct store_tx *tx, struct err *err) {
    struct clear clear = {.created_before =
                              utc_add(step->now, span_seconds(-draw_below(step, 900))),
                          .spare_own_retention = draw(step, 3),
                          .limit = 1 + draw_below(step, 40)};
    for (int64_t calls = draw_below(step, 6); calls >= 0 && !clear.done; calls--) {
        if (!store_executions_clear(tx, &clear, err)) return false;
        buf_printf(step->said, "cleared %lld done %d\n", (long long)clear.deleted, clear.done);
    }
    return true;
}

static bool trim_one(struct step *step, struct store_tx *tx, struct err *err) {
    struct trim trim = {.job_row = row_of_job(step, tx, some_job(step)),
                        .keep = draw_below(step, 6),
                        .created_before = UTC_NONE,
                        .limit = draw_below(step, 6)};
    if (draw(step, 2))
        trim.created_before = utc_add(step->now, span_seconds(-draw_below(step, 300)));
    if (!store_executions_trim(tx, &trim, err)) return false;
    buf_printf(step->said, "trimmed %lld done %d\n", (long long)trim.deleted, trim.done);
    return true;
}

bool clear_some(struct step *step, struct store_tx *tx, struct err *err) {
    int64_t deleted;
    switch (draw_below(step, 5)) {
    case 0: return clear_all(step, tx, err);
    case 1:
        if (!store_skips_clear(tx, utc_add(step->now, span_seconds(-draw_below(step, 500))),
                               draw_below(step, 8), &deleted, err))
            return false;
        buf_printf(step->said, "skips %lld\n", (long long)deleted);
        return true;
    default: return trim_one(step, tx, err);
    }
}

/* ---- nodes, facts, people -------------------------------------------------------------------- */

bool note_node(struct step *step, struct store_tx *tx, struct err *err) {
    static const struct str names[] = {STR_INIT("node-1"), STR_INIT("node-2"), STR_INIT("node-3")};
    const struct node node = {.name = DRAW_OF(step, names),
                              .version = STR("1"),
                              .started_at = step->now,
                              .heartbeat_at = step->now,
                              .lease_until = soon(step, 90),
                              .workers_busy = draw_below(step, 5),
                              .workers_total = 5};
    return store_heartbeat(tx, &node, err);
}

static bool append_audit(struct step *step, struct store_tx *tx, struct err *err) {
    struct audit_entry entry = {.at = step->now,
                                .actor = DRAW_OF(step, people),
                                .address = draw(step, 2) ? STR_NONE : STR("192.0.2.1"),
                                .action = draw(step, 4) ? STR("user.lock") : STR("job.update"),
                                .subject = draw(step, 3) ? (struct guid){{0}} : some_job(step),
                                .before = draw(step, 2) ? STR_NONE : STR("{\"a\":1}"),
                                .after = STR("{}")};
    return store_audit_append(tx, &entry, err);
}

bool note_fact(struct step *step, struct store_tx *tx, struct err *err) {
    static const struct str keys[] = {STR_INIT("k1"), STR_INIT("k2"), STR_INIT("k3")};
    int64_t deleted;
    struct idempotency entry = {.scope = DRAW_OF(step, people),
                                .key = DRAW_OF(step, keys),
                                .request_hash = {(unsigned char)draw_below(step, 256)},
                                .status = 200 + draw_below(step, 3),
                                .location = draw(step, 2) ? STR_NONE : STR("/x"),
                                .body = STR("{}"),
                                .created_at = step->now};
    switch (draw_below(step, 7)) {
    case 0: return store_meta_set(tx, STR("paused_all"), STR("1"), err);
    case 1:
    case 2: return store_meta_set(tx, STR("paused_all"), STR_NONE, err);
    case 3: return store_idempotency_put(tx, &entry, err);
    case 4:
        if (!store_idempotency_expire(tx, utc_add(step->now, span_seconds(-300)), 2, &deleted, err))
            return false;
        buf_printf(step->said, "expired %lld\n", (long long)deleted);
        return true;
    default: return append_audit(step, tx, err);
    }
}

static bool insert_user(struct step *step, struct store_tx *tx, struct err *err) {
    struct user user = {
        .id = numbered_guid('u', step->users++),
        .email = arena_printf(step->arena, "user-%lld@example.org", (long long)draw_below(step, 8)),
        .password_hash = STR("$argon2id$x"),
        .role = (enum role)(1 + draw_below(step, 3)),
        .created_at = step->now};
    return store_user_insert(tx, &user, err);
}

static bool update_user(struct step *step, struct store_tx *tx, struct user *user,
                        struct err *err) {
    user->role = (enum role)(1 + draw_below(step, 3));
    user->is_locked = draw(step, 3);
    user->locked_until = draw(step, 2) ? UTC_NONE : soon(step, 300);
    user->failed_logins = draw_below(step, 5);
    user->token_generation++;
    user->last_login_at = step->now;
    return store_user_update(tx, user, err);
}

static bool insert_tokens(struct step *step, struct store_tx *tx, const struct user *user,
                          struct err *err) {
    int64_t number = step->tokens++;
    struct refresh_token refresh = {.user_row = user->row,
                                    .family = numbered_guid('f', number / 3),
                                    .created_at = step->now,
                                    .expires_at = soon(step, 1000)};
    struct access_token token = {.id = numbered_guid('t', number),
                                 .user_row = user->row,
                                 .prefix = STR("alp_"),
                                 .name = STR("script"),
                                 .role = user->role,
                                 .created_at = step->now,
                                 .expires_at = draw(step, 2) ? UTC_NEVER : soon(step, 1000)};
    memcpy(refresh.hash, &number, sizeof number);
    memcpy(token.hash, &number, sizeof number);
    return store_refresh_insert(tx, &refresh, err) && store_token_insert(tx, &token, err);
}

bool index_some(struct step *step, struct store_tx *tx, struct err *err) {
    bool more; // how much there is to do is the store's own affair
    return store_search_index(tx, draw_below(step, 8), &more, err);
}

bool change_watches(struct step *step, struct store_tx *tx, struct err *err) {
    const struct watch watch = {.job_row = row_of_job(step, tx, some_job(step)),
                                .check_at = draw(step, 4) ? UTC_NEVER : soon(step, 100),
                                .raised = draw_below(step, 8),
                                .last_execution = some_execution(step)};
    return store_watch_update(tx, &watch, err);
}

bool change_people(struct step *step, struct store_tx *tx, struct err *err) {
    struct user user = {0};
    int64_t number = draw_below(step, step->tokens + 1);
    unsigned char hash[TOKEN_HASH_SIZE] = {0};
    memcpy(hash, &number, sizeof number);
    int64_t which = draw_below(step, 12), deleted;
    if (which < 3) return insert_user(step, tx, err);
    if (!store_user_get(tx, numbered_guid('u', draw_below(step, step->users + 1)), step->arena,
                        &user, err))
        return false;
    switch (which) {
    case 3: return update_user(step, tx, &user, err);
    case 4: return !draw(step, 3) || store_user_delete(tx, user.row, err);
    case 5: return store_refresh_mark_used(tx, hash, step->now, err);
    case 6: return store_refresh_revoke_family(tx, numbered_guid('f', number / 3), step->now, err);
    case 7: return store_refresh_revoke_user(tx, user.row, step->now, err);
    case 8: return store_token_revoke(tx, user.row, numbered_guid('t', number), step->now, err);
    case 10:
        if (!store_refresh_expire(tx, soon(step, 600), 1 + draw_below(step, 3), &deleted, err))
            return false;
        buf_printf(step->said, "expired %lld\n", (long long)deleted);
        return true;
    case 9: return store_token_touch(tx, numbered_guid('t', number), step->now, err);
    default: return insert_tokens(step, tx, &user, err);
    }
}
