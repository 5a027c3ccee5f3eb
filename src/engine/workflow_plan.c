/* workflow_plan.c - see workflow_plan.h.
 *
 * The runs come first in the transaction and the plan behind them, because the execution of a root
 * has to carry the id of its run, and (workflow, due time) being unique says whether there is one.
 */
#include "engine/workflow_plan.h"

#include "base/json_read.h"

enum { REPLACED_AT_ONCE = 1000 };

static bool is_schedule(const struct job *job) {
    return (int)job->type == JOB_WORKFLOW;
}

/* *found is false when it was deleted. */
static bool found_or_gone(bool read, const struct workflow *workflow, const struct err *reason,
                          bool *found, struct err *err) {
    *found = read && !workflow->is_deleted && workflow->is_enabled;
    if (read || reason->kind == ERR_NOT_FOUND) return true;
    *err = *reason;
    return false;
}

static bool scheduled_workflow(struct workflow_changes *changes, const struct job *job,
                               struct workflow *ret, bool *found, struct err *err) {
    struct guid id = {{0}};
    struct err reason = ERR_INIT;
    json_t *root = json_read(job->configuration, NULL);
    bool good = guid_parse(json_str_of(json_object_get(root, "workflowId")), &id);
    json_decref(root);
    if (!good) return err_set(err, ERR_INTERNAL, "the schedule of a workflow names none");
    bool read = store_workflow_get(changes->tx, id, changes->arena, ret, &reason);
    return found_or_gone(read, ret, &reason, found, err);
}

static struct run_filter running(const struct workflow *workflow, int64_t limit) {
    return (struct run_filter){
        .workflow_row = workflow->row, .status = EXECUTION_RUNNING, .limit = limit};
}

bool workflow_plan_counts(struct workflow_changes *changes, const struct job *job,
                          struct due_job *due, struct err *err) {
    struct workflow workflow;
    struct run_page page;
    bool found;
    if (!is_schedule(job) || job->concurrency_policy == CONCURRENCY_ALLOW) return true;
    if (!scheduled_workflow(changes, job, &workflow, &found, err)) return false;
    if (!found) return true;
    struct run_filter filter = running(&workflow, 1);
    if (!store_run_list(changes->tx, &filter, changes->arena, &page, err)) return false;
    due->live_count = page.total;
    return true;
}

static bool cancel_running(struct workflow_changes *changes, const struct workflow *workflow,
                           struct err *err) {
    struct run_page page;
    struct run_filter filter = running(workflow, REPLACED_AT_ONCE);
    if (!store_run_list(changes->tx, &filter, changes->arena, &page, err)) return false;
    for (size_t i = 0; i < page.count; i++)
        if (!workflows_cancel(changes, page.items[i].id, STR("replaced by a newer run"), err))
            return false;
    return true;
}

static bool begin_by_schedule(struct workflow_changes *changes, const struct job *job,
                              struct plan *plan, struct err *err) {
    struct workflow workflow;
    bool found;
    size_t count = plan->item.execution_count;
    bool replaces = plan->replaces;
    plan->item.execution_count = plan->startable = 0;
    plan->replaces = false;
    if (count == 0) return true;
    if (!scheduled_workflow(changes, job, &workflow, &found, err)) return false;
    if (!found) return true;
    if (replaces && !cancel_running(changes, &workflow, err)) return false;
    for (size_t i = 0; i < count; i++) {
        const struct new_execution *planned = &plan->item.executions[i];
        struct workflow_begin begin = {.workflow = &workflow,
                                       .trigger = planned->trigger,
                                       .scheduled_for = planned->scheduled_for};
        struct guid run;
        bool inserted;
        if (planned->status == EXECUTION_CANCELLED) begin.skipped = planned->error_message;
        if (!workflows_begin(changes, &begin, &run, &inserted, err)) return false;
    }
    return true;
}

static bool begin_by_root(struct workflow_changes *changes, const struct job *job,
                          const struct workflow *workflow, struct new_execution *planned,
                          struct err *err) {
    struct workflow_begin begin = {.workflow = workflow,
                                   .trigger = planned->trigger,
                                   .scheduled_for = planned->scheduled_for,
                                   .job_id = job->id,
                                   .execution_id = planned->id};
    bool inserted;
    if (planned->status != EXECUTION_PENDING) return true;
    if (!workflows_begin(changes, &begin, &planned->workflow_run_id, &inserted, err)) return false;
    if (inserted) return true;
    planned->status = EXECUTION_CANCELLED;
    planned->completed_at = changes->now;
    planned->error_message =
        arena_printf(changes->arena,
                     "skipped: another job had begun the run of workflow \"%.*s\" for this due "
                     "time, and that run starts this job",
                     STR_ARG(workflow->name));
    return true;
}

bool workflow_plan_begin(struct workflow_changes *changes, const struct job *job,
                         const struct due_job *due, struct plan *plan, struct err *err) {
    struct workflow workflow;
    struct err reason = ERR_INIT;
    bool found;
    if (is_schedule(job)) return begin_by_schedule(changes, job, plan, err);
    if (due->starts_workflow == 0) return true;
    bool read = store_workflow_get_by_row(changes->tx, due->starts_workflow, changes->arena,
                                          &workflow, &reason);
    if (!found_or_gone(read, &workflow, &reason, &found, err)) return false;
    if (!found) return true;
    plan->startable = 0;
    for (size_t i = 0; i < plan->item.execution_count; i++)
        if (!begin_by_root(changes, job, &workflow, &plan->item.executions[i], err)) return false;
    return true;
}

bool workflow_plan_applied(struct workflow_changes *changes, const struct plan_item *item,
                           struct err *err) {
    for (size_t i = 0; i < item->execution_count; i++) {
        const struct new_execution *made = &item->executions[i];
        if (guid_is_zero(made->workflow_run_id) || (item->applied && made->inserted)) continue;
        if (!workflows_lost(changes, made->workflow_run_id, made->id, err)) return false;
    }
    return true;
}
