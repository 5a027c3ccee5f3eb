/* differential_workflows.c - dependencies, waiting runs and workflows in the random history: what
 * changes them and what is asked of them; see differential.h.
 */
#include "describe.h"
#include "differential.h"

/* ---- dependencies ---------------------------------------------------------------------------- */

bool release_some(struct step *step, struct store_tx *tx, struct err *err) {
    struct waiting_filter filter = {0};
    if (draw(step, 2)) filter.depends_on = some_job(step);
    struct waiting_run *runs;
    size_t count;
    if (!store_waiting(tx, &filter, step->arena, &runs, &count, err)) return false;
    describe_waiting(step->said, runs, count);
    struct release *items = ARENA_ARRAY(step->arena, count + 1, struct release);
    size_t taken = 0;
    for (size_t i = 0; i < count && taken < 3; i++)
        if (draw(step, 2))
            items[taken++] = (struct release){
                .execution_row = runs[i].execution_row,
                .available_at = soon(step, 30),
                .still_waits = draw(step, 3),
                .inputs = draw(step, 2) ? STR("{\"b\":{\"result\":1}}") : STR_NONE};
    /* And one that may be anything. */
    struct execution other;
    if (store_execution_get(tx, some_execution(step), step->arena, &other, err))
        items[taken++] = (struct release){.execution_row = other.row, .available_at = step->now};
    return store_release(tx, items, taken, err);
}

bool ask_dependencies(struct step *step, struct store_tx *tx, struct err *err) {
    for (int64_t i = 0; i < 3; i++) {
        struct waiting_filter filter = {0};
        if (draw(step, 2)) filter.depends_on = some_job(step);
        if (draw(step, 3)) filter.job_row = row_of_job(step, tx, some_job(step));
        struct waiting_run *runs;
        size_t count;
        if (!store_waiting(tx, &filter, step->arena, &runs, &count, err)) return false;
        describe_waiting(step->said, runs, count);
    }
    for (int64_t i = 0; i < step->jobs + 2; i++) {
        const struct guid id = numbered_guid('j', i);
        struct job_end end;
        int64_t *rows;
        size_t count;
        if (!store_job_ends(tx, &id, 1, step->arena, &end, err) ||
            !store_dependants(tx, id, step->arena, &rows, &count, err))
            return false;
        describe_job_end(step->said, &end);
        for (size_t r = 0; r < count; r++) {
            struct job job;
            if (!store_job_get_by_row(tx, rows[r], step->arena, &job, err)) return false;
            buf_put(step->said, STR("is waited for by "));
            buf_put_guid(step->said, job.id);
            buf_put_char(step->said, '\n');
        }
    }
    return true;
}

/* ---- workflows ------------------------------------------------------------------------------- */

static struct guid some_workflow(struct step *step) {
    return numbered_guid('w', draw_below(step, step->workflows + 1));
}

static void draw_workflow(struct step *step, struct workflow *workflow) {
    static const struct str names[] = {STR_INIT("nightly"), STR_INIT("Weekly"), STR_INIT("%")};
    workflow->name = names[draw_below(step, 3)];
    workflow->description = draw(step, 2) ? STR("all the REPORTS") : STR_NONE;
    workflow->jobs = draw(step, 2) ? STR("[]") : STR("[{\"jobId\":\"a\"}]");
    workflow->schedule = draw(step, 3) ? STR("{\"scheduleType\":\"Cron\"}") : STR_NONE;
    workflow->is_enabled = !draw(step, 4);
    workflow->is_deleted = draw(step, 6);
    workflow->schedule_job_row = draw(step, 3) ? 7 : 0;
    workflow->last_modified_by = STR("ann@example.org");
    workflow->updated_at = step->now;
}

/* Some jobs that are there, each once, and once in a while one that is not. */
static size_t draw_members(struct step *step, struct store_tx *tx, struct workflow_member *ret) {
    int64_t number = draw_below(step, step->jobs + 1);
    size_t count = 0, wanted = (size_t)draw_below(step, 4);
    for (; count < wanted; number++) {
        struct job job;
        struct err err;
        bool found = store_job_get(tx, numbered_guid('j', number), step->arena, &job, &err);
        if (!found && number < step->jobs) continue;
        if (!found && !draw(step, 15)) break;
        ret[count++] = (struct workflow_member){found ? job.row : INT64_C(1) << 40, draw(step, 2)};
        if (!found) break;
    }
    return count;
}

bool change_workflows(struct step *step, struct store_tx *tx, struct err *err) {
    struct workflow_member members[4];
    size_t count = draw_members(step, tx, members);
    struct workflow workflow = {.revision = 1};
    if (draw(step, 2)) {
        draw_workflow(step, &workflow);
        workflow.id = draw(step, 20) ? some_workflow(step) : numbered_guid('w', step->workflows++);
        workflow.created_by = STR("bob@example.org");
        workflow.created_at = step->now;
        return store_workflow_insert(tx, &workflow, members, count, err);
    }
    if (!store_workflow_get(tx, some_workflow(step), step->arena, &workflow, err)) {
        workflow.row = INT64_C(1) << 40;
    }
    int64_t expected = workflow.revision + (draw(step, 8) ? 1 : 0);
    draw_workflow(step, &workflow);
    workflow.revision = expected + 1;
    return store_workflow_update(tx, &workflow, expected, members, count, err);
}

/* ---- runs ------------------------------------------------------------------------------------ */

static struct guid some_run(struct step *step) {
    return numbered_guid('r', draw_below(step, step->runs + 1));
}

static void draw_outcome(struct step *step, struct workflow_run *run) {
    run->status = (enum execution_status)(EXECUTION_RUNNING + draw_below(step, 4));
    run->completed_at = run->status == EXECUTION_RUNNING ? UTC_NONE : step->now;
    run->error_message = draw(step, 2) ? STR_NONE : STR("it failed");
    run->retry_count = draw_below(step, 3);
}

static void draw_step(struct step *step, struct workflow_step *ret) {
    ret->status = (enum execution_status)(EXECUTION_PENDING + draw_below(step, 5));
    ret->execution_id = draw(step, 2) ? (struct guid){{0}} : some_execution(step);
    ret->started_at = draw(step, 2) ? UTC_NONE : step->now;
    ret->completed_at = draw(step, 2) ? UTC_NONE : step->now;
    ret->error_message = draw(step, 2) ? STR_NONE : STR("it broke");
}

static bool insert_run(struct step *step, struct store_tx *tx, struct err *err) {
    static const enum trigger triggers[] = {TRIGGER_SCHEDULE, TRIGGER_SCHEDULE, TRIGGER_CATCH_UP,
                                            TRIGGER_MANUAL};
    struct workflow workflow = {.row = INT64_C(1) << 40};
    struct err unknown;
    if (!store_workflow_get(tx, some_workflow(step), step->arena, &workflow, &unknown))
        workflow.row = INT64_C(1) << 40;
    struct workflow_run run = {
        .id = draw(step, 20) ? some_run(step) : numbered_guid('r', step->runs++),
        .workflow_row = workflow.row,
        .trigger = triggers[draw_below(step, 4)],
        .triggered_by = draw(step, 2) ? STR_NONE : STR("ann@example.org"),
        .scheduled_for = utc_from_seconds(utc_seconds(step->now) / 60 * 60),
        .created_at = utc_add(step->now, span_seconds(-draw_below(step, 300))),
        .jobs = STR("[{\"jobId\":\"a\"}]"),
        .parameters = draw(step, 2) ? STR_NONE : STR("{\"n\":1}"),
    };
    draw_outcome(step, &run);
    struct workflow_step steps[3] = {{0}};
    size_t count = (size_t)draw_below(step, 4);
    for (size_t i = 0; i < count; i++) {
        steps[i].position = (int64_t)(count - i);
        steps[i].job_id = some_job(step);
        steps[i].job_row = draw(step, 8) ? 0 : row_of_job(step, tx, steps[i].job_id);
        draw_step(step, &steps[i]);
    }
    bool inserted;
    if (!store_run_insert(tx, &run, steps, count, &inserted, err)) return false;
    buf_printf(step->said, "run inserted %d row %d\n", inserted, run.row != 0);
    return true;
}

static bool update_run(struct step *step, struct store_tx *tx, struct err *err) {
    struct workflow_run run;
    struct workflow_step *steps;
    size_t count;
    if (!store_run_get(tx, some_run(step), step->arena, &run, err) ||
        !store_run_steps(tx, run.row, step->arena, &steps, &count, err))
        return false;
    draw_outcome(step, &run);
    for (size_t i = 0; i < count; i++) draw_step(step, &steps[i]);
    if (count > 0 && draw(step, 20)) steps[count - 1].position = 99;
    return store_run_update(tx, &run, err) && store_steps_update(tx, steps, count, err);
}

bool change_runs(struct step *step, struct store_tx *tx, struct err *err) {
    int64_t cleared;
    switch (draw_below(step, 6)) {
    case 0:
        if (!store_runs_clear(tx, utc_add(step->now, span_seconds(-draw_below(step, 900))),
                              draw_below(step, 4), &cleared, err))
            return false;
        buf_printf(step->said, "runs cleared %lld\n", (long long)cleared);
        return true;
    case 1:
    case 2: return update_run(step, tx, err);
    default: return insert_run(step, tx, err);
    }
}

/* ---- asking ---------------------------------------------------------------------------------- */

static int64_t row_of_workflow(struct step *step, struct store_tx *tx, struct guid id) {
    struct workflow workflow;
    struct err err;
    return store_workflow_get(tx, id, step->arena, &workflow, &err) ? workflow.row
                                                                    : INT64_C(1) << 40;
}

static bool ask_lists(struct step *step, struct store_tx *tx, struct err *err) {
    struct workflow_page workflows;
    struct workflow_filter some = {.offset = draw_below(step, 2), .limit = draw_below(step, 9)};
    if (draw(step, 2)) some.search = draw(step, 2) ? STR("reports") : STR("NIGHT");
    if (draw(step, 3)) some.job_row = row_of_job(step, tx, some_job(step));
    if (!store_workflow_list(tx, &some, step->arena, &workflows, err)) return false;
    buf_printf(step->said, "%zu of %lld workflows\n", workflows.count, (long long)workflows.total);
    for (size_t i = 0; i < workflows.count; i++) describe_workflow(step->said, &workflows.items[i]);
    struct run_page runs;
    struct run_filter filter = {.offset = draw_below(step, 3), .limit = draw_below(step, 20)};
    if (draw(step, 2)) filter.workflow_row = row_of_workflow(step, tx, some_workflow(step));
    if (draw(step, 2)) filter.status = EXECUTION_RUNNING + draw_below(step, 4);
    if (!store_run_list(tx, &filter, step->arena, &runs, err)) return false;
    buf_printf(step->said, "%zu of %lld runs\n", runs.count, (long long)runs.total);
    for (size_t i = 0; i < runs.count; i++) describe_run(step->said, &runs.items[i]);
    return true;
}

static bool ask_run(struct step *step, struct store_tx *tx, struct guid id, struct err *err) {
    struct workflow_run run;
    struct workflow_step *steps;
    size_t count;
    if (!store_run_get(tx, id, step->arena, &run, err)) {
        describe_err(step->said, err);
        return true;
    }
    describe_run(step->said, &run);
    if (!store_run_steps(tx, run.row, step->arena, &steps, &count, err)) return false;
    describe_steps(step->said, steps, count);
    return true;
}

/* Which workflow each job starts. */
static bool ask_starts(struct step *step, struct store_tx *tx, struct err *err) {
    for (int64_t i = 0; i < step->jobs; i++) {
        struct job job;
        struct workflow workflow;
        if (!store_job_get(tx, numbered_guid('j', i), step->arena, &job, err)) continue;
        if (job.starts_workflow == 0) continue;
        if (!store_workflow_get_by_row(tx, job.starts_workflow, step->arena, &workflow, err))
            return false;
        buf_put(step->said, STR("is started by a job: "));
        describe_workflow(step->said, &workflow);
    }
    return true;
}

bool ask_workflows(struct step *step, struct store_tx *tx, struct err *err) {
    for (int64_t i = 0; i < step->runs; i++)
        if (!ask_run(step, tx, numbered_guid('r', i), err)) return false;
    for (int64_t i = 0; i < 3; i++)
        if (!ask_lists(step, tx, err)) return false;
    return ask_starts(step, tx, err);
}
