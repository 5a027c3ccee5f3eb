/* runs.c - the life of a run on this node: taken into a slot, started, stopped, ended.
 *
 * A run may end at any time a handler is called, start and stop included, so after each such call
 * the slot may be another's. Ending copies what the handler says into a settlement and frees the
 * slot at once; what is left is the settler's business.
 */
#include "engine/core_state.h"

#include "base/log.h"
#include "engine/outcome.h"

#include <assert.h>

enum { STOP_PATIENCE_SECONDS = 10 };

uint64_t core_random(struct core *core) {
    core->random += 0x9E3779B97F4A7C15U;
    uint64_t z = core->random;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31);
}

void core_event(struct core *core, struct guid job_id, enum job_type job_type,
                struct guid execution_id, enum execution_status status) {
    if (core->options.on_event == NULL) return;
    struct engine_event event = {.job_id = job_id,
                                 .execution_id = execution_id,
                                 .job_type = job_type,
                                 .status = status,
                                 .at = core->now};
    core->options.on_event(core->options.event_context, &event);
}

/* ---- ending ---------------------------------------------------------------------------------- */

/* Runs that waited for this one to end may be started now. */
static void release_waiting(struct core *core, int64_t execution_row) {
    if (core->waiting_for_another == 0) return;
    SLOTS_EACH(slot, &core->slots) {
        if (slot->state != SLOT_WAITING || slot->waits_for != execution_row) continue;
        slot->waits_for = 0;
        core->waiting_for_another--;
        list_append(&core->to_start, &slot->start);
    }
}

static void settle_run_of(struct core *core, struct slot *slot, const struct run_result *result) {
    struct ending ending = {.execution = &slot->execution,
                            .job = &slot->job,
                            .reason = slot->run.stop_reason,
                            .stop_message = slot->stop_message,
                            .result = result,
                            .now = clock_now(core->io.clock),
                            .random = core_random(core)};
    struct settle_entry entry = settle_add(&core->settler);
    *entry.settlement = outcome_of(&ending, core->options.zones, entry.arena);
    *entry.about = (struct settle_about){.job_id = slot->job.id,
                                         .execution_id = slot->execution.id,
                                         .job_type = slot->job.type,
                                         .started_at = slot->execution.started_at,
                                         .scheduled_for = slot->execution.scheduled_for,
                                         .workflow_run_id = slot->execution.workflow_run_id,
                                         .is_watched = !str_is_absent(slot->job.watches),
                                         .progress = progress_last(slot, entry.arena)};
    if (entry.settlement->status == EXECUTION_PENDING) core->handing_back++;
}

static void end(struct core *core, struct slot *slot, const struct run_result *result) {
    assert(slot->state != SLOT_FREE);
    timeouts_clear(&core->timeouts, &slot->timeout);
    int64_t row = slot->execution.row;
    if (slot->waits_for != 0) core->waiting_for_another--;
    if (slot->run.stop_reason == STOP_FENCED)
        log_warn("result dropped", "execution=%lld reason=\"another node has settled it\"",
                 (long long)row);
    else
        settle_run_of(core, slot, result);
    slots_release(&core->slots, slot);
    release_waiting(core, row);
    core->line_is_blocked = false;
    if (!core->in_turn) core->io.wake_at(core->io.context, clock_mono(core->io.clock));
}

static void run_finished(struct run *run, const struct run_result *result) {
    struct slot *slot = slot_of_run(run);
    assert(slot->state == SLOT_RUNNING || slot->state == SLOT_STOPPING);
    end(slot->owner, slot, result);
}

static void end_unstarted(struct core *core, struct slot *slot, int64_t error_type,
                          struct str message) {
    struct run_result result = {.status = EXECUTION_FAILED,
                                .error_type = error_type,
                                .error_message = message,
                                .never_retry = true};
    end(core, slot, &result);
}

/* ---- starting -------------------------------------------------------------------------------- */

static void run_has_output(struct run *run, struct str more) {
    const struct core *core = slot_of_run(run)->owner;
    core->options.on_output(core->options.output_context, run->execution->id, more);
}

static void run_tells_progress(struct run *run, int percent, struct str text) {
    struct slot *slot = slot_of_run(run);
    progress_note(slot->owner, slot, percent, text);
}

/* concurrencyPolicy Replace: a run of the job that is being stopped and has not ended yet. */
static const struct slot *replaced_run(const struct core *core, const struct slot *newer) {
    if (newer->job.concurrency_policy != CONCURRENCY_REPLACE) return NULL;
    SLOTS_EACH(slot, &core->slots) {
        if (slot != newer && slot->execution.job_row == newer->execution.job_row &&
            slot->state == SLOT_STOPPING)
            return slot;
    }
    return NULL;
}

void runs_adopt(struct core *core, const struct pass_start *start) {
    struct slot *slot = slots_take(&core->slots, &start->execution, &start->job->job);
    assert(slot); // a pass is given no more than the free slots
    if (!utc_is_none(start->next_run_at)) {
        slot->job.next_run_at = start->next_run_at;
        slot->job.schedule_from = start->schedule_from;
        slot->job.run_count = start->run_count;
    }
    slot->refusal = (struct dependency_refusal){
        .error_type = start->refusal.error_type,
        .message = arena_copy(&slot->arena, start->refusal.message),
    };
    list_append(&core->to_start, &slot->start);
    core_event(core, slot->job.id, slot->job.type, slot->execution.id, EXECUTION_RUNNING);
}

static void note_lateness(struct core *core, const struct slot *slot) {
    const struct execution *execution = &slot->execution;
    if (execution->trigger != TRIGGER_SCHEDULE) return;
    int64_t late = utc_diff(slot->run.now, execution->available_at).us;
    histogram_add(&core->io.metrics->lateness_us, late > 0 ? late : 0);
}

static void start(struct core *core, struct slot *slot) {
    if (!str_is_absent(slot->refusal.message)) {
        end_unstarted(core, slot, slot->refusal.error_type, slot->refusal.message);
        return;
    }
    const struct slot *replaced = replaced_run(core, slot);
    if (replaced) {
        slot->waits_for = replaced->execution.row;
        core->waiting_for_another++;
        return;
    }
    int64_t row = slot->execution.row;
    unsigned type = (unsigned)slot->job.type;
    struct handler *handler = type < ENGINE_HANDLERS ? core->handlers[type] : NULL;
    slot->run.now = clock_now(core->io.clock);
    slot->run.max_output_bytes = core->options.max_output_bytes;
    slot->run.finish = run_finished;
    slot->run.progress = core->options.on_output ? run_has_output : NULL;
    slot->run.tell_progress = run_tells_progress;
    core->figures.started++;
    note_lateness(core, slot);
    if (handler == NULL) {
        end_unstarted(core, slot, ERROR_CONFIGURATION,
                      STR("this job type is not available on this node"));
        return;
    }
    slot->state = SLOT_RUNNING;
    handler->start(handler, &slot->run);
    if (slot->state != SLOT_RUNNING || slot->execution.row != row) return; // it has ended already
    int64_t seconds = slot->job.timeout_seconds;
    if (seconds > 0)
        timeouts_set(&core->timeouts, &slot->timeout,
                     mono_add(clock_mono(core->io.clock), span_seconds(seconds)));
}

void runs_start(struct core *core) {
    struct list *node;
    while ((node = list_take_first(&core->to_start)))
        start(core, LIST_ENTRY(node, struct slot, start));
}

/* ---- stopping -------------------------------------------------------------------------------- */

void runs_stop(struct core *core, struct slot *slot, enum stop_reason reason, struct str message) {
    if (slot->state == SLOT_STOPPING) {
        /* Who lost the lease may not write, whatever it was stopped for before. */
        if (reason == STOP_FENCED) slot->run.stop_reason = STOP_FENCED;
        return;
    }
    slot->run.stop_reason = reason;
    slot->stop_message = arena_copy(&slot->arena, message);
    if (slot->state == SLOT_WAITING) {
        end_unstarted(core, slot, 0, STR("it had not been started"));
        return;
    }
    slot->state = SLOT_STOPPING;
    timeouts_set(&core->timeouts, &slot->timeout,
                 mono_add(clock_mono(core->io.clock), span_seconds(STOP_PATIENCE_SECONDS)));
    struct handler *handler = core->handlers[slot->job.type];
    handler->stop(handler, &slot->run);
}

void runs_hand_back_unstarted(struct core *core) {
    SLOTS_EACH(slot, &core->slots) {
        if (slot->state == SLOT_WAITING) runs_stop(core, slot, STOP_SHUTDOWN, STR_NONE);
    }
}

void runs_stop_all(struct core *core, enum stop_reason reason) {
    SLOTS_EACH(slot, &core->slots) {
        runs_stop(core, slot, reason, STR_NONE);
    }
}

void runs_expire(struct core *core) {
    struct timeout *due;
    while ((due = timeouts_take_due(&core->timeouts, core->mono))) {
        struct slot *slot = LIST_ENTRY(due, struct slot, timeout);
        if (slot->state == SLOT_RUNNING)
            runs_stop(core, slot, STOP_TIMEOUT, STR_NONE);
        else
            log_warn("run does not stop", "execution=%lld job=%lld seconds=%d",
                     (long long)slot->execution.row, (long long)slot->execution.job_row,
                     STOP_PATIENCE_SECONDS);
    }
}
