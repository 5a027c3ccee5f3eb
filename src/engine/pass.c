/* pass.c - the transaction of a pass; see pass.h.
 *
 * Everything that the answer holds is made in the pass's own arena, so a pass of a thousand jobs
 * costs a handful of allocations, and forgetting it costs none.
 */
#include "engine/pass.h"

#include "engine/watch.h"
#include "engine/workflow_plan.h"

#include <stdlib.h>
#include <string.h>

enum { UNREADABLE_AGAIN_SECONDS = 60, RECONCILE_EXTRA = 1024 };

void pass_init(struct pass *pass, const struct clock *clock, struct zone_cache *zones,
               struct str node_name, const struct str *queues, size_t queue_count) {
    *pass = (struct pass){
        .clock = clock,
        .node_name = node_name,
        .cache = plan_cache_new(zones),
        .queues = queues_new(queues, queue_count),
        .write.run = pass_run,
        .write.context = pass,
    };
}

void pass_free(struct pass *pass) {
    plan_cache_free(&pass->cache);
    arena_free(&pass->arena);
    free(pass->starts);
    free(pass->events);
    free(pass->replaced);
}

static void forget_answer(struct pass *pass) {
    arena_reset(&pass->arena);
    pass->start_count = pass->event_count = pass->replaced_count = 0;
    pass->cancel_count = pass->mine_count = pass->handed_back = 0;
    pass->due_count = pass->claim_count = pass->unreadable_count = 0;
    pass->paused = pass->cut = pass->look_again = false;
    pass->pause = (struct plan_pause){UTC_NONE, UTC_NONE};
}

void pass_ask(struct pass *pass) {
    forget_answer(pass);
    plan_cache_begin(&pass->cache);
    pass->ask_cancels = pass->reconcile = false;
    pass->held = NULL;
    pass->held_count = 0;
}

/* Room for one more in an array that is kept from pass to pass. */
static void *grow(void *items, size_t count, size_t *capacity, size_t size) {
    if (count < *capacity) return items;
    *capacity = *capacity ? *capacity * 2 : 64;
    return xreallocarray(items, *capacity, size);
}

struct pass_start *pass_add_start(struct pass *pass) {
    pass->starts =
        grow(pass->starts, pass->start_count, &pass->start_capacity, sizeof *pass->starts);
    return &pass->starts[pass->start_count++];
}

static void add_event(struct pass *pass, struct guid job_id, enum job_type job_type,
                      struct guid execution_id, enum execution_status status) {
    pass->events =
        grow(pass->events, pass->event_count, &pass->event_capacity, sizeof *pass->events);
    pass->events[pass->event_count++] = (struct pass_event){job_id, execution_id, job_type, status};
}

static void add_ended(struct pass *pass, struct guid job_id, enum job_type job_type,
                      struct guid execution_id) {
    add_event(pass, job_id, job_type, execution_id, EXECUTION_CANCELLED);
}

static void add_replaced(struct pass *pass, int64_t execution_row) {
    pass->replaced = grow(pass->replaced, pass->replaced_count, &pass->replaced_capacity,
                          sizeof *pass->replaced);
    pass->replaced[pass->replaced_count++] = execution_row;
}

/* ---- reconcile ---- */

static int compare_held(const void *a, const void *b) {
    const struct held_execution *left = a, *right = b;
    return (left->row > right->row) - (left->row < right->row);
}

static bool is_held(const struct pass *pass, const struct execution *execution) {
    struct held_execution key = {.row = execution->row};
    return pass->held_count &&
           bsearch(&key, pass->held, pass->held_count, sizeof key, compare_held) != NULL;
}

/* What the record of one that was cancelled before it started says. */
static struct str unstarted(struct pass *pass, struct str reason) {
    if (str_is_absent(reason)) return STR("cancelled before it started");
    return arena_printf(&pass->arena, "%.*s: it had not been started", STR_ARG(reason));
}

/* Those that were cancelled, for the workflow runs they are of. */
static bool move_handed_back(struct pass *pass, const struct execution *mine, size_t count,
                             const struct settlement *back, struct err *err) {
    for (size_t i = 0, at = 0; i < count && at < pass->handed_back; i++) {
        if (mine[i].row != back[at].execution_row) continue;
        if (!workflows_settled(&pass->runs, mine[i].workflow_run_id, mine[i].id, &back[at++], err))
            return false;
    }
    return true;
}

/* Who waited for what just ended may be claimed now. */
static bool release_dependants(struct pass *pass, struct store_tx *tx, struct guid job_id,
                               struct err *err) {
    size_t released = 0;
    if (!dependencies_ended(tx, job_id, pass->now, &pass->arena, &released, err)) return false;
    pass->look_again = pass->look_again || released > 0;
    return true;
}

/* Of those that reconciling has settled. */
static bool release_cancelled(struct pass *pass, struct store_tx *tx,
                              const struct settlement *settled, struct err *err) {
    for (size_t i = 0; i < pass->handed_back; i++) {
        struct job job;
        if (settled[i].status != EXECUTION_CANCELLED || !settled[i].has_dependants) continue;
        if (!store_job_get_by_row(tx, settled[i].job_row, &pass->arena, &job, err) ||
            !release_dependants(pass, tx, job.id, err))
            return false;
    }
    return true;
}

static bool reconcile(struct pass *pass, struct store_tx *tx, struct err *err) {
    struct execution *mine;
    size_t count;
    int64_t limit = (int64_t)pass->held_count + RECONCILE_EXTRA;
    if (!store_orphans(tx, pass->node_name, UTC_NONE, limit, &pass->arena, &mine, &count, err))
        return false;
    pass->mine_is_cut = (int64_t)count == limit;
    struct settlement *back = ARENA_ARRAY(&pass->arena, count, struct settlement);
    pass->mine = ARENA_ARRAY(&pass->arena, count, struct held_execution);
    for (size_t i = 0; i < count; i++) {
        pass->mine[pass->mine_count++] = (struct held_execution){mine[i].row, mine[i].fence};
        if (is_held(pass, &mine[i])) continue;
        bool cancel = mine[i].cancel_requested;
        back[pass->handed_back++] = (struct settlement){
            .execution_row = mine[i].row,
            .job_row = mine[i].job_row,
            .fence = mine[i].fence,
            .status = cancel ? EXECUTION_CANCELLED : EXECUTION_PENDING,
            .completed_at = pass->now,
            .error_message = cancel ? unstarted(pass, mine[i].error_message) : STR_NONE,
        };
        struct job job;
        if (!cancel) continue;
        if (!store_job_get_by_row(tx, mine[i].job_row, &pass->arena, &job, err)) return false;
        add_ended(pass, job.id, job.type, mine[i].id);
    }
    qsort(pass->mine, pass->mine_count, sizeof *pass->mine, compare_held);
    if (pass->handed_back == 0) return true;
    return store_settle(tx, back, pass->handed_back, err) &&
           move_handed_back(pass, mine, count, back, err) && release_cancelled(pass, tx, back, err);
}

/* ---- plan ---- */

static bool read_time(struct pass *pass, struct store_tx *tx, struct str name, struct utc *ret,
                      struct err *err) {
    struct str value;
    if (!store_meta_get(tx, name, &pass->arena, &value, err)) return false;
    *ret = UTC_NONE;
    return str_is_absent(value) || utc_parse(value, ret) ||
           err_set(err, ERR_INTERNAL, "%.*s is no time: %.*s", STR_ARG(name), STR_ARG(value));
}

/* Is all paused, and when was it the last time? */
static bool read_paused(struct pass *pass, struct store_tx *tx, struct err *err) {
    struct str value;
    if (!store_meta_get(tx, STR("paused_all"), &pass->arena, &value, err)) return false;
    pass->paused = str_equal(value, STR("1"));
    if (pass->paused) return true;
    return read_time(pass, tx, STR("paused_all_from"), &pass->pause.from, err) &&
           read_time(pass, tx, STR("paused_all_until"), &pass->pause.until, err);
}

/* paused_until has come: the plan as after a resume by hand. */
static bool plan_resume(struct pass *pass, const struct due_job *due, const struct job *job,
                        struct plan_item *item, struct err *err) {
    struct job before = *job;
    before.next_run_at = due->next_run_at;
    before.wake_at = due->wake_at;
    before.schedule_from = due->schedule_from;
    before.run_count = due->run_count;
    before.live_count = due->live_count;
    struct job after = before;
    after.is_paused = false;
    after.paused_until = UTC_NONE;
    struct passed_over passed;
    if (!job_plan_change(&before, &after, pass->cache.zones, pass->now, &passed, err)) return false;
    *item = (struct plan_item){.job_row = due->row,
                               .revision = due->revision,
                               .old_wake_at = due->wake_at,
                               .next_run_at = after.next_run_at,
                               .wake_at = after.wake_at,
                               .schedule_from = after.schedule_from,
                               .run_count = after.run_count,
                               .resume = true};
    if (passed.reason) {
        item->skips = ARENA_NEW(&pass->arena, struct skip_range);
        item->skip_count = 1;
        *item->skips = (struct skip_range){.job_row = due->row,
                                           .from = passed.from,
                                           .to = passed.to,
                                           .reason = (enum skip_reason)passed.reason,
                                           .decided_at = pass->now};
    }
    return true;
}

/* A job that cannot be planned now is not decided: it is looked at again in a minute. */
static void put_off(struct pass *pass, const struct due_job *due, const struct planned_job *job,
                    const char *error, struct plan_item *item) {
    *item =
        (struct plan_item){.job_row = due->row,
                           .revision = due->revision,
                           .old_wake_at = due->wake_at,
                           .next_run_at = due->next_run_at,
                           .wake_at = utc_add(pass->now, span_seconds(UNREADABLE_AGAIN_SECONDS)),
                           .schedule_from = due->schedule_from,
                           .run_count = due->run_count};
    pass->unreadable_count++;
    pass->unreadable_job = job->job.id;
    memcpy(pass->unreadable_error, error, sizeof pass->unreadable_error);
}

/* How many executions of the job are Pending. */
static bool count_waiting(struct pass *pass, struct store_tx *tx, int64_t job_row, int64_t *ret,
                          struct err *err) {
    struct execution *live;
    size_t count;
    if (!store_executions_live(tx, job_row, &pass->arena, &live, &count, err)) return false;
    *ret = 0;
    for (size_t i = 0; i < count; i++) *ret += live[i].status == EXECUTION_PENDING;
    return true;
}

/* concurrencyPolicy Replace: what is Pending ends here, what is Running is asked to. */
static bool cancel_live(struct pass *pass, struct store_tx *tx, const struct job *job,
                        struct err *err) {
    struct execution *live;
    size_t count;
    if (!store_executions_live(tx, job->row, &pass->arena, &live, &count, err)) return false;
    for (size_t i = 0; i < count; i++) {
        enum cancel_result result;
        struct execution row;
        if (!store_execution_cancel(tx, live[i].id, STR("replaced by a newer run"), pass->now,
                                    &pass->arena, &result, &row, err))
            return false;
        if (result == CANCEL_DONE) {
            struct workflow_end end = {.run_id = row.workflow_run_id,
                                       .execution_id = row.id,
                                       .status = row.status,
                                       .error_message = row.error_message};
            add_ended(pass, job->id, job->type, live[i].id);
            if (!workflows_ended(&pass->runs, &end, err) ||
                !release_dependants(pass, tx, job->id, err))
                return false;
        }
        if (result == CANCEL_REQUESTED) add_replaced(pass, live[i].row);
    }
    return true;
}

/* What is being planned, between the due jobs and the one store_plan_apply. */
struct planning {
    const struct planned_job **jobs; // one an item
    struct plan_item *items;
    struct new_execution **startable;
    size_t startable_count, startable_capacity;
};

static void add_startable(struct planning *planning, struct pass *pass, const struct plan *plan) {
    for (size_t i = 0; i < plan->startable; i++) {
        const struct new_execution *execution = &plan->item.executions[i];
        if (execution->status != EXECUTION_PENDING || !utc_is_none(execution->waiting_since))
            continue;
        if (planning->startable_count == planning->startable_capacity) {
            size_t capacity = planning->startable_capacity * 2;
            struct new_execution **larger =
                ARENA_ARRAY(&pass->arena, capacity, struct new_execution *);
            memcpy(larger, planning->startable,
                   planning->startable_count * sizeof(struct new_execution *));
            planning->startable = larger;
            planning->startable_capacity = capacity;
        }
        planning->startable[planning->startable_count++] = &plan->item.executions[i];
    }
}

static bool plan_one(struct pass *pass, struct store_tx *tx, const struct due_job *due,
                     struct planning *planning, size_t index, struct err *err) {
    const struct planned_job *job;
    if (!plan_cache_get(&pass->cache, tx, due->row, due->revision, &job, err)) return false;
    planning->jobs[index] = job;
    struct plan_item *item = &planning->items[index];
    if (job->unreadable) {
        put_off(pass, due, job, job->error, item);
        return true;
    }
    if (job->job.is_paused && !utc_is_none(job->job.paused_until) &&
        !utc_before(pass->now, job->job.paused_until)) {
        struct err reason = ERR_INIT;
        if (!plan_resume(pass, due, &job->job, item, &reason))
            put_off(pass, due, job, reason.msg, item);
        return true;
    }
    struct due_job counted = *due;
    if (!workflow_plan_counts(&pass->runs, &job->job, &counted, err)) return false;
    struct plan_request request = {.due = &counted,
                                   .job = &job->job,
                                   .schedule = &job->schedule,
                                   .now = pass->now,
                                   .steady_since = pass->steady_since,
                                   .pause = pass->pause};
    if (job->job.concurrency_policy == CONCURRENCY_QUEUE && due->live_count > 0 &&
        !count_waiting(pass, tx, due->row, &request.waiting, err))
        return false;
    struct plan plan = plan_job(&request, &pass->arena);
    if (!workflow_plan_begin(&pass->runs, &job->job, due, &plan, err)) return false;
    /* (The step of a workflow run does not wait.) */
    if (due->starts_workflow == 0 &&
        !dependencies_plan(tx, &job->job, due->last_run_created_at, plan.replaces,
                           pass->dependency_wait, pass->now, &plan.item, &pass->arena,
                           &pass->look_again, err))
        return false;
    *item = plan.item;
    add_startable(planning, pass, &plan);
    return !plan.replaces || cancel_live(pass, tx, &job->job, err);
}

/* Notes what the store made of the plan: what runs here now, and what ended at once. */
static void take_planned(struct pass *pass, const struct planning *planning, size_t count) {
    for (size_t i = 0; i < count; i++) {
        const struct plan_item *item = &planning->items[i];
        const struct job *job = &planning->jobs[i]->job;
        if (!item->applied) continue;
        for (size_t j = 0; j < item->execution_count; j++) {
            const struct new_execution *made = &item->executions[j];
            if (!made->inserted) continue;
            if (made->status == EXECUTION_CANCELLED) add_ended(pass, job->id, job->type, made->id);
            if (!utc_is_none(made->waiting_since))
                add_event(pass, job->id, job->type, made->id, EXECUTION_PENDING);
            if (made->status != EXECUTION_RUNNING || made->fence == 0) continue;
            *pass_add_start(pass) =
                (struct pass_start){.execution = {.row = made->row,
                                                  .id = made->id,
                                                  .job_row = made->job_row,
                                                  .job_id = job->id,
                                                  .job_name = job->name,
                                                  .status = EXECUTION_RUNNING,
                                                  .queue = made->queue,
                                                  .trigger = made->trigger,
                                                  .scheduled_for = made->scheduled_for,
                                                  .created_at = made->created_at,
                                                  .available_at = made->available_at,
                                                  .started_at = made->started_at,
                                                  .node_name = pass->node_name,
                                                  .fence = made->fence,
                                                  .inputs = made->inputs},
                                    .job = planning->jobs[i],
                                    .next_run_at = item->next_run_at,
                                    .schedule_from = item->schedule_from,
                                    .run_count = item->run_count};
        }
    }
}

static struct watching watching_of(struct pass *pass, struct store_tx *tx) {
    return (struct watching){.alerts = pass->alerts,
                             .tx = tx,
                             .arena = &pass->arena,
                             .now = pass->now,
                             .is_paused = pass->paused,
                             .resumed_at = pass->pause.until};
}

/* Runs that were made, and jobs whose pause has ended, change what their watches wait for. */
static bool watch_plan(struct pass *pass, struct store_tx *tx, const struct planning *planning,
                       size_t count, struct err *err) {
    struct watching watching = watching_of(pass, tx);
    if (!alerts_are_on(pass->alerts)) return true;
    for (size_t i = 0; i < count; i++) {
        const struct plan_item *item = &planning->items[i];
        const struct job *job = &planning->jobs[i]->job;
        if (!item->applied || str_is_absent(job->watches)) continue;
        if (item->resume && !watch_resumed(&watching, job, err)) return false;
        for (size_t j = 0; j < item->execution_count; j++)
            if (item->executions[j].inserted &&
                !watch_planned(&watching, job, item->executions[j].scheduled_for, err))
                return false;
    }
    return true;
}

static bool plan_due_jobs(struct pass *pass, struct store_tx *tx, int64_t slots, struct err *err) {
    struct due_job *due;
    size_t count;
    if (!store_due_jobs(tx, pass->now, pass->plan_limit, &pass->arena, &due, &count, err))
        return false;
    pass->due_count = count;
    if (count == 0) return true;
    struct planning planning = {
        .jobs = ARENA_ARRAY(&pass->arena, count, const struct planned_job *),
        .items = ARENA_ARRAY(&pass->arena, count, struct plan_item),
        .startable = ARENA_ARRAY(&pass->arena, count, struct new_execution *),
        .startable_capacity = count};
    size_t planned = 0, made = 0, enough = (size_t)pass->plan_limit;
    for (; planned < count && made < enough; planned++) {
        if (!plan_one(pass, tx, &due[planned], &planning, planned, err)) return false;
        made += planning.items[planned].execution_count;
    }
    pass->cut = planned < count || (int64_t)count == pass->plan_limit;
    claim_planned(pass, slots, planning.startable, planning.startable_count);
    if (!store_plan_apply(tx, planning.items, planned, err)) return false;
    for (size_t i = 0; i < planned; i++)
        if (!workflow_plan_applied(&pass->runs, &planning.items[i], err)) return false;
    take_planned(pass, &planning, planned);
    return watch_plan(pass, tx, &planning, planned, err);
}

/* ---- the whole ---- */

static bool watch(struct pass *pass, struct store_tx *tx, struct utc check_at, struct err *err) {
    struct watching watching = watching_of(pass, tx);
    if (!alerts_are_on(pass->alerts)) return true;
    for (size_t i = 0; i < pass->start_count; i++) {
        const struct job *job = &pass->starts[i].job->job;
        if (!str_is_absent(job->watches) &&
            !watch_started(&watching, job, &pass->starts[i].execution, err))
            return false;
    }
    return utc_before(pass->now, check_at) || watch_check_due(&watching, err);
}

/* Scheduler:Jobs:MaxConcurrentJobs. */
static bool bound_by_all_nodes(const struct pass *pass, struct store_tx *tx, int64_t *slots,
                               struct err *err) {
    int64_t room;
    if (!store_running_room(tx, pass->max_running, &room, err)) return false;
    if (room < *slots) *slots = room;
    return true;
}

bool pass_run(struct store_tx *tx, void *context, struct err *err) {
    struct pass *pass = context;
    forget_answer(pass);
    pass->now = clock_now(pass->clock);
    pass->runs = (struct workflow_changes){.tx = tx, .arena = &pass->arena, .now = pass->now};
    if (pass->reconcile && !reconcile(pass, tx, err)) return false;
    struct wake_times before;
    if (!read_paused(pass, tx, err) || !store_wake_times(tx, &before, err)) return false;
    size_t raised = pass->alerts->raised;
    bool has_pending = !pass->paused && !utc_before(pass->now, before.pending);
    if (has_pending && pass->alert_slots > 0 && !claim_alerts(pass, tx, err)) return false;
    /* What waits was there first: it gets the slots before what has just become due. */
    int64_t left = pass->paused ? 0 : pass->slots;
    if (left > 0 && pass->max_running > 0 && !bound_by_all_nodes(pass, tx, &left, err))
        return false;
    if (left > 0 && has_pending) {
        int64_t limit = left < PASS_CLAIM_MAX ? left : PASS_CLAIM_MAX;
        if (!claim_pending(pass, tx, limit, err)) return false;
        left = (int64_t)pass->claim_count < limit ? left - (int64_t)pass->claim_count : 0;
    }
    if (!pass->paused && !plan_due_jobs(pass, tx, left, err)) return false;
    if (!workflows_advance(&pass->runs, err) || !watch(pass, tx, before.watch, err)) return false;
    pass->look_again = pass->look_again || pass->alerts->raised != raised;
    if (pass->ask_cancels && !store_cancel_requests(tx, pass->node_name, &pass->arena,
                                                    &pass->cancels, &pass->cancel_count, err))
        return false;
    return store_wake_times(tx, &pass->wake, err);
}
