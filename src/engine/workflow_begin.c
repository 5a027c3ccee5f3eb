/* workflow_begin.c - how a run begins, and what people do to it; see workflows.h. */
#include "engine/workflow_run.h"

/* A step for each job, as it stands today. */
static bool make_steps(struct workflow_changes *changes, const struct workflow_graph *graph,
                       const struct workflow_begin *begin, struct workflow_step **ret,
                       struct err *err) {
    size_t count = graph->count;
    bool skipped = !str_is_absent(begin->skipped);
    struct guid *ids = ARENA_ARRAY(changes->arena, count, struct guid);
    struct job_end *jobs = ARENA_ARRAY(changes->arena, count, struct job_end);
    struct workflow_step *steps = ARENA_ARRAY(changes->arena, count, struct workflow_step);
    for (size_t i = 0; i < count; i++) ids[i] = graph->nodes[i].job_id;
    if (!store_job_ends(changes->tx, ids, count, changes->arena, jobs, err)) return false;
    for (size_t i = 0; i < count; i++) {
        steps[i] =
            (struct workflow_step){.position = (int64_t)i,
                                   .job_row = jobs[i].row,
                                   .job_id = ids[i],
                                   .job_name = jobs[i].name,
                                   .status = skipped ? EXECUTION_CANCELLED : EXECUTION_PENDING,
                                   .completed_at = skipped ? changes->now : UTC_NONE};
        if (guid_is_zero(begin->execution_id) || !guid_equal(ids[i], begin->job_id)) continue;
        steps[i].status = EXECUTION_RUNNING;
        steps[i].execution_id = begin->execution_id;
        steps[i].started_at = changes->now;
    }
    *ret = steps;
    return true;
}

bool workflows_begin(struct workflow_changes *changes, const struct workflow_begin *begin,
                     struct guid *ret_run, bool *inserted, struct err *err) {
    const struct workflow *workflow = begin->workflow;
    bool skipped = !str_is_absent(begin->skipped);
    struct workflow_run run = {
        .id = guid_new(changes->now),
        .workflow_row = workflow->row,
        .workflow_id = workflow->id,
        .workflow_name = workflow->name,
        .status = skipped ? EXECUTION_CANCELLED : EXECUTION_RUNNING,
        .trigger = begin->trigger,
        .triggered_by = begin->triggered_by,
        .scheduled_for = begin->scheduled_for,
        .created_at = changes->now,
        .completed_at = skipped ? changes->now : UTC_NONE,
        .jobs = workflow->jobs,
        .error_message = begin->skipped,
        .parameters = begin->parameters,
    };
    struct workflow_graph graph;
    struct workflow_step *steps;
    struct open_run *open;
    if (!workflow_graph_parse(workflow->jobs, changes->arena, &graph, err) ||
        !make_steps(changes, &graph, begin, &steps, err) ||
        !store_run_insert(changes->tx, &run, steps, graph.count, inserted, err))
        return false;
    if (!*inserted) return true;
    *ret_run = run.id;
    workflow_tell(changes, &run);
    if (skipped) return true;
    if (!workflow_run_add(changes, &run, steps, graph.count, &open, err)) return false;
    open->advance = true;
    return true;
}

static bool open_existing(struct workflow_changes *changes, struct guid run_id,
                          struct open_run **ret, struct err *err) {
    if (!workflow_run_open(changes, run_id, ret, err)) return false;
    return *ret != NULL || err_set(err, ERR_NOT_FOUND, "there is no such workflow run");
}

bool workflows_cancel(struct workflow_changes *changes, struct guid run_id, struct str reason,
                      struct err *err) {
    struct open_run *open;
    if (!open_existing(changes, run_id, &open, err)) return false;
    if (open->run.status != EXECUTION_RUNNING)
        return err_set(err, ERR_CONFLICT, "it has ended already: %.*s",
                       STR_ARG(execution_status_name(open->run.status)));
    if (workflow_run_is_being_cancelled(&open->run)) return true;
    open->run.error_message = reason;
    open->run_changed = open->advance = true;
    for (size_t i = 0; i < open->graph.count; i++)
        if (open->steps[i].status == EXECUTION_RUNNING &&
            !workflow_step_cancel(changes, open, i, reason, err))
            return false;
    return true;
}

bool workflows_retry(struct workflow_changes *changes, struct guid run_id, struct err *err) {
    struct open_run *open;
    if (!open_existing(changes, run_id, &open, err)) return false;
    struct workflow_run *run = &open->run;
    if (run->status != EXECUTION_FAILED && run->status != EXECUTION_CANCELLED)
        return err_set(err, ERR_CONFLICT,
                       "only a run that Failed or was Cancelled can go on; this one is %.*s",
                       STR_ARG(execution_status_name(run->status)));
    for (size_t i = 0; i < open->graph.count; i++) {
        struct workflow_step *step = &open->steps[i];
        if (step->status == EXECUTION_SUCCEEDED) continue;
        step->status = EXECUTION_PENDING;
        step->execution_id = (struct guid){{0}};
        step->started_at = step->completed_at = UTC_NONE;
        step->error_message = STR_NONE;
        open->changed[i] = true;
    }
    run->status = EXECUTION_RUNNING;
    run->completed_at = UTC_NONE;
    run->error_message = STR_NONE;
    run->retry_count++;
    open->run_changed = open->advance = true;
    workflow_tell(changes, run);
    return true;
}
