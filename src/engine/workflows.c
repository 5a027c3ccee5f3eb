/* workflows.c - how a run moves; see workflows.h. How it begins, and what people do to it, is in
 * workflow_begin.c.
 *
 * The runs that a transaction touches are read once and kept open until workflows_advance, which
 * asks model/workflow.h what follows until nothing new does: a step that cannot start (its job is
 * gone) fails at once, and more may follow from that. Then what changed is written.
 */
#include "engine/workflows.h"

#include "engine/dependencies.h"
#include "engine/inputs.h"
#include "engine/workflow_run.h"

/* ---- open runs ------------------------------------------------------------------------------- */

bool workflow_run_add(struct workflow_changes *changes, const struct workflow_run *run,
                      struct workflow_step *steps, size_t count, struct open_run **ret,
                      struct err *err) {
    struct open_run *open = ARENA_NEW(changes->arena, struct open_run);
    *open = (struct open_run){.next = changes->open, .run = *run, .steps = steps};
    if (!workflow_graph_parse(run->jobs, changes->arena, &open->graph, err))
        return err_set(err, ERR_INTERNAL, "a workflow run in the store cannot be read");
    bool fits = count == open->graph.count;
    for (size_t i = 0; fits && i < count; i++) fits = steps[i].position == (int64_t)i;
    if (!fits) return err_set(err, ERR_INTERNAL, "the steps of a workflow run are not its jobs");
    open->changed = ARENA_ARRAY(changes->arena, count, bool);
    changes->open = open;
    *ret = open;
    return true;
}

bool workflow_run_open(struct workflow_changes *changes, struct guid run_id, struct open_run **ret,
                       struct err *err) {
    struct workflow_run run;
    struct workflow_step *steps;
    size_t count;
    struct err reason = ERR_INIT;
    for (struct open_run *open = changes->open; open; open = open->next) {
        if (!guid_equal(open->run.id, run_id)) continue;
        *ret = open;
        return true;
    }
    *ret = NULL;
    if (!store_run_get(changes->tx, run_id, changes->arena, &run, &reason)) {
        if (reason.kind == ERR_NOT_FOUND) return true;
        *err = reason;
        return false;
    }
    return store_run_steps(changes->tx, run.row, changes->arena, &steps, &count, err) &&
           workflow_run_add(changes, &run, steps, count, ret, err);
}

void workflow_tell(struct workflow_changes *changes, const struct workflow_run *run) {
    struct workflow_news *news = ARENA_NEW(changes->arena, struct workflow_news);
    *news = (struct workflow_news){.next = changes->news,
                                   .event = {.workflow_id = run->workflow_id,
                                             .run_id = run->id,
                                             .status = run->status,
                                             .at = changes->now}};
    changes->news = news;
}

/* ---- steps ----------------------------------------------------------------------------------- */

void workflow_step_end(struct workflow_changes *changes, struct open_run *open, size_t position,
                       enum execution_status status, struct str error_message) {
    struct workflow_step *step = &open->steps[position];
    step->status = status;
    step->completed_at = changes->now;
    step->error_message = error_message;
    open->changed[position] = open->advance = true;
}

/* It may be what runs of other jobs wait for. */
static bool note_ended(struct workflow_changes *changes, const struct execution *execution,
                       struct err *err) {
    struct workflow_ended *ended = ARENA_NEW(changes->arena, struct workflow_ended);
    struct job job;
    if (!store_job_get_by_row(changes->tx, execution->job_row, changes->arena, &job, err) ||
        !dependencies_ended(changes->tx, execution->job_id, changes->now, changes->arena,
                            &changes->made, err))
        return false;
    *ended = (struct workflow_ended){changes->ended, *execution, job.type};
    changes->ended = ended;
    return true;
}

static void note_stop(struct workflow_changes *changes, int64_t row, struct str reason) {
    struct workflow_stop *stop = ARENA_NEW(changes->arena, struct workflow_stop);
    *stop = (struct workflow_stop){changes->stops, row, reason};
    changes->stops = stop;
}

bool workflow_step_cancel(struct workflow_changes *changes, struct open_run *open, size_t position,
                          struct str reason, struct err *err) {
    enum cancel_result result;
    struct execution execution;
    struct err why = ERR_INIT;
    if (!store_execution_cancel(changes->tx, open->steps[position].execution_id, reason,
                                changes->now, changes->arena, &result, &execution, &why)) {
        if (why.kind == ERR_NOT_FOUND) {
            workflow_step_end(changes, open, position, EXECUTION_CANCELLED, reason);
            return true;
        }
        *err = why;
        return false;
    }
    switch (result) {
    case CANCEL_DONE:
        workflow_step_end(changes, open, position, EXECUTION_CANCELLED, reason);
        return note_ended(changes, &execution, err) &&
               dependencies_ended(changes->tx, execution.job_id, changes->now, changes->arena,
                                  &changes->made, err);
    case CANCEL_REQUESTED: note_stop(changes, execution.row, reason); break;
    case CANCEL_TOO_LATE:
        workflow_step_end(changes, open, position, execution.status, execution.error_message);
        break;
    }
    return true;
}

static bool find_step(const struct open_run *open, struct guid execution_id, size_t *ret) {
    for (size_t i = 0; i < open->graph.count; i++) {
        if (open->steps[i].status != EXECUTION_RUNNING ||
            !guid_equal(open->steps[i].execution_id, execution_id))
            continue;
        *ret = i;
        return true;
    }
    return false;
}

bool workflows_ended(struct workflow_changes *changes, const struct workflow_end *end,
                     struct err *err) {
    struct open_run *open;
    size_t position;
    if (guid_is_zero(end->run_id) || end->status == EXECUTION_PENDING) return true;
    if (!workflow_run_open(changes, end->run_id, &open, err)) return false;
    if (open == NULL || !find_step(open, end->execution_id, &position)) return true;
    if (guid_is_zero(end->retry_id)) {
        workflow_step_end(changes, open, position, end->status, end->error_message);
        return true;
    }
    open->steps[position].execution_id = end->retry_id;
    open->changed[position] = true;
    /* The request to cancel came when it had just failed. */
    return !workflow_run_is_being_cancelled(&open->run) ||
           workflow_step_cancel(changes, open, position, open->run.error_message, err);
}

bool workflows_settled(struct workflow_changes *changes, struct guid run_id,
                       struct guid execution_id, const struct settlement *settlement,
                       struct err *err) {
    struct workflow_end end = {.run_id = run_id,
                               .execution_id = execution_id,
                               .status = settlement->status,
                               .error_message = settlement->error_message};
    if (settlement->retry) end.retry_id = settlement->retry->id;
    return !settlement->applied || workflows_ended(changes, &end, err);
}

bool workflows_lost(struct workflow_changes *changes, struct guid run_id, struct guid execution_id,
                    struct err *err) {
    struct open_run *open;
    size_t position;
    if (!workflow_run_open(changes, run_id, &open, err)) return false;
    if (open == NULL || !find_step(open, execution_id, &position)) return true;
    open->steps[position].status = EXECUTION_PENDING;
    open->steps[position].execution_id = (struct guid){{0}};
    open->changed[position] = open->advance = true;
    return true;
}

/* ---- starting a step ------------------------------------------------------------------------- */

static void mark_above(const struct workflow_graph *graph, size_t position, bool *marked) {
    const struct workflow_node *node = &graph->nodes[position];
    for (size_t i = 0; i < node->above_count; i++) {
        size_t above = node->above[i];
        if (marked[above]) continue;
        marked[above] = true;
        mark_above(graph, above, marked); // (no deeper than WORKFLOW_JOBS_MAX)
    }
}

/* What the jobs above it in this very run hand on to it. */
static bool collect_inputs(struct workflow_changes *changes, const struct open_run *open,
                           size_t position, const struct job *job, struct str *ret,
                           struct err *err) {
    size_t count = 0, all = open->graph.count;
    *ret = STR_NONE;
    if (!inputs_are_mentioned(job->configuration)) return true;
    bool *above = ARENA_ARRAY(changes->arena, all, bool);
    struct input_job *jobs = ARENA_ARRAY(changes->arena, all, struct input_job);
    mark_above(&open->graph, position, above);
    for (size_t i = 0; i < all; i++) {
        const struct workflow_step *step = &open->steps[i];
        if (!above[i] || guid_is_zero(step->execution_id)) continue;
        jobs[count++] = (struct input_job){.id = step->job_id,
                                           .name = step->job_name,
                                           .row = step->job_row,
                                           .execution_id = step->execution_id};
    }
    return inputs_collect(changes->tx, job->configuration, jobs, count, changes->arena, ret, err);
}

static bool read_job(struct workflow_changes *changes, const struct workflow_step *step,
                     struct job *ret, bool *found, struct err *err) {
    struct err reason = ERR_INIT;
    *found = step->job_row != 0 &&
             store_job_get_by_row(changes->tx, step->job_row, changes->arena, ret, &reason);
    if (*found || step->job_row == 0 || reason.kind == ERR_NOT_FOUND) return true;
    *err = reason;
    return false;
}

static bool start_step(struct workflow_changes *changes, struct open_run *open, size_t position,
                       struct err *err) {
    struct workflow_step *step = &open->steps[position];
    const struct workflow_run *run = &open->run;
    struct job job;
    bool found;
    if (!read_job(changes, step, &job, &found, err)) return false;
    if (!found || job.is_deleted) {
        workflow_step_end(changes, open, position, EXECUTION_FAILED,
                          found ? STR("its job was deleted before the step could start")
                                : STR("its job was erased before the step could start"));
        return true;
    }
    struct new_execution execution = {
        .id = guid_new(changes->now),
        .job_row = job.row,
        .status = EXECUTION_PENDING,
        .queue = job.queue,
        .trigger = TRIGGER_WORKFLOW,
        .triggered_by = run->triggered_by,
        .scheduled_for = run->scheduled_for,
        .created_at = changes->now,
        .available_at = changes->now,
        .parameters = run->parameters,
        .workflow_run_id = run->id,
    };
    if (!collect_inputs(changes, open, position, &job, &execution.inputs, err) ||
        !store_execution_insert(changes->tx, &execution, err))
        return false;
    step->status = EXECUTION_RUNNING;
    step->execution_id = execution.id;
    step->started_at = changes->now;
    step->completed_at = UTC_NONE;
    step->error_message = STR_NONE;
    open->changed[position] = true;
    changes->made++;
    return true;
}

/* ---- what follows ---------------------------------------------------------------------------- */

/* The step that a person should look at first. */
static const struct workflow_step *first_failed(const struct open_run *open) {
    const struct workflow_step *first = NULL;
    for (size_t i = 0; i < open->graph.count; i++) {
        const struct workflow_step *step = &open->steps[i];
        if (step->status == EXECUTION_FAILED &&
            (first == NULL || utc_before(step->completed_at, first->completed_at)))
            first = step;
    }
    for (size_t i = 0; first == NULL && i < open->graph.count; i++)
        if (open->steps[i].status == EXECUTION_CANCELLED) first = &open->steps[i];
    return first;
}

static struct str name_of(const struct workflow_step *step, struct arena *arena) {
    char id[GUID_LENGTH + 1];
    guid_format(step->job_id, id);
    return str_is_absent(step->job_name) ? arena_copy(arena, str_from_cstr(id)) : step->job_name;
}

static struct str why_failed(const struct open_run *open, struct arena *arena) {
    const struct workflow_step *step = first_failed(open);
    if (step == NULL) return STR("it failed");
    struct str name = name_of(step, arena);
    const char *what = step->status == EXECUTION_FAILED ? "failed" : "was cancelled";
    struct str said = str_is_absent(step->error_message) ? STR("") : step->error_message;
    return arena_printf(arena, "job \"%.*s\" %s%s%.*s", STR_ARG(name), what, said.len ? ": " : "",
                        STR_ARG(said));
}

static void end_run(struct workflow_changes *changes, struct open_run *open,
                    enum execution_status status) {
    struct workflow_run *run = &open->run;
    if (status == EXECUTION_FAILED) run->error_message = why_failed(open, changes->arena);
    run->status = status;
    run->completed_at = changes->now;
    open->run_changed = true;
    workflow_tell(changes, run);
}

static struct str why_not_started(const struct open_run *open, struct arena *arena) {
    if (workflow_run_is_being_cancelled(&open->run)) return open->run.error_message;
    const struct workflow_step *step = first_failed(open);
    if (step == NULL) return STR("not started");
    struct str name = name_of(step, arena);
    return arena_printf(arena, "not started: job \"%.*s\" %s", STR_ARG(name),
                        step->status == EXECUTION_FAILED ? "failed" : "was cancelled");
}

/* One look; open->advance says whether another is needed. */
static bool take_moves(struct workflow_changes *changes, struct open_run *open, struct err *err) {
    size_t count = open->graph.count;
    enum execution_status *statuses = ARENA_ARRAY(changes->arena, count, enum execution_status);
    for (size_t i = 0; i < count; i++) statuses[i] = open->steps[i].status;
    struct workflow_moves moves = workflow_advance(
        &open->graph, statuses, workflow_run_is_being_cancelled(&open->run), changes->arena);
    open->advance = false;
    for (size_t i = 0; i < moves.start_count; i++)
        if (!start_step(changes, open, moves.start[i], err)) return false;
    struct str why = moves.cancel_count ? why_not_started(open, changes->arena) : STR_NONE;
    for (size_t i = 0; i < moves.cancel_count; i++)
        workflow_step_end(changes, open, moves.cancel[i], EXECUTION_CANCELLED, why);
    if (moves.run_status == EXECUTION_RUNNING) return true;
    open->advance = false;
    end_run(changes, open, moves.run_status);
    return true;
}

static bool write_steps(struct workflow_changes *changes, const struct open_run *open,
                        struct err *err) {
    struct workflow_step *steps =
        ARENA_ARRAY(changes->arena, open->graph.count, struct workflow_step);
    size_t count = 0;
    for (size_t i = 0; i < open->graph.count; i++)
        if (open->changed[i]) steps[count++] = open->steps[i];
    return count == 0 || store_steps_update(changes->tx, steps, count, err);
}

bool workflows_advance(struct workflow_changes *changes, struct err *err) {
    for (struct open_run *open = changes->open; open; open = open->next) {
        while (open->advance && open->run.status == EXECUTION_RUNNING)
            if (!take_moves(changes, open, err)) return false;
        if (!write_steps(changes, open, err) ||
            (open->run_changed && !store_run_update(changes->tx, &open->run, err)))
            return false;
    }
    changes->open = NULL;
    return true;
}
