/* answers.c - what the store answered, and what follows from it.
 *
 * A failed write is either refused (it has changed nothing) or its fate is unknown (UNAVAILABLE:
 * the answer may have been lost behind the commit). After an unknown pass, executions may be
 * Running in the store that nobody holds: the next pass reconciles. After an unknown settlement the
 * same settlement is written again; the fence sees to it that it counts once.
 */
#include "engine/core_state.h"

#include "base/log.h"

#include <stdlib.h>

enum {
    BACKOFF_FIRST_MS = 100,
    BACKOFF_MAX_MS = 5000,
    PIECE_PAUSE_MS = 200, // between two pieces of housekeeping
    INDEX_PAUSE_MS = 300, // executions that end in this time are indexed together
    ROUND_PAUSE_MS = 20000,
    ROUND_SPREAD_MS = 20000,
    LONG_PIECE_SHARE = 1000, // of the time after a piece that took too long
};

bool holdoff_is_over(const struct holdoff *holdoff, struct mono now) {
    return holdoff->failures == 0 || !mono_before(now, holdoff->until);
}

/* Writes that fail together, in one group commit, are one failure. */
static void hold_off(struct holdoff *holdoff, struct mono now) {
    if (!holdoff_is_over(holdoff, now)) return;
    int64_t ms = BACKOFF_FIRST_MS << (holdoff->failures < 6 ? holdoff->failures : 6);
    holdoff->failures++;
    holdoff->until = mono_add(now, span_ms(ms < BACKOFF_MAX_MS ? ms : BACKOFF_MAX_MS));
}

/* Every answer says whether the store can be reached. */
void note_answer(struct core *core, const struct store_write *write, const char *what) {
    char quoted[300];
    if (!write->ok && write->err.kind == ERR_UNAVAILABLE) {
        if (core->store_holdoff.failures == 0)
            log_error("store cannot be reached", "while=%s error=%s", what,
                      log_quote(str_from_cstr(write->err.msg), quoted, sizeof quoted));
        hold_off(&core->store_holdoff, core->mono);
        core->steady_since = UTC_NEVER;
        return;
    }
    if (core->store_holdoff.failures > 0)
        log_info("store can be reached again", "failures=%d unsettled=%zu",
                 core->store_holdoff.failures, core->settler.waiting);
    core->store_holdoff.failures = 0;
    if (!write->ok)
        log_error("store refused a write", "write=%s error=%s", what,
                  log_quote(str_from_cstr(write->err.msg), quoted, sizeof quoted));
}

/* ---- passes ---------------------------------------------------------------------------------- */

static int compare_held(const void *a, const void *b) {
    const struct held_execution *left = a, *right = b;
    return (left->row > right->row) - (left->row < right->row);
}

/* What we hold and the store does not know as ours was settled by others: our lease ran out. */
static void stop_fenced(struct core *core) {
    const struct pass *pass = &core->pass;
    SLOTS_EACH(slot, &core->slots) {
        struct held_execution key = {.row = slot->execution.row};
        const struct held_execution *mine =
            pass->mine_count ? bsearch(&key, pass->mine, pass->mine_count, sizeof key, compare_held)
                             : NULL;
        if (mine && mine->fence == slot->execution.fence) continue;
        log_warn("fenced", "execution=%lld fence=%lld", (long long)slot->execution.row,
                 (long long)slot->execution.fence);
        runs_stop(core, slot, STOP_FENCED, STR_NONE);
    }
}

static void stop_asked(struct core *core, int64_t row, struct str reason) {
    struct slot *slot = slots_find(&core->slots, row);
    if (slot) runs_stop(core, slot, STOP_CANCEL, reason);
}

/* How much the next pass may plan. While there is more to run than slots, planning a lot would only
 * keep the slots waiting: then about as much as can be claimed. */
static int64_t next_plan_limit(const struct pass *pass, bool claim_more) {
    int64_t limit = pass->cut ? pass->plan_limit * 2 : (int64_t)pass->due_count * 2;
    if (limit < PASS_PLAN_MIN) limit = PASS_PLAN_MIN;
    if (claim_more && limit > pass->slots) limit = pass->slots;
    return limit < PASS_PLAN_MAX ? limit : PASS_PLAN_MAX;
}

static void adapt(struct core *core) {
    const struct pass *pass = &core->pass;
    int64_t claimable = pass->slots < PASS_CLAIM_MAX ? pass->slots : PASS_CLAIM_MAX;
    bool claim_more = claimable > 0 && (int64_t)pass->claim_count >= claimable;
    core->more = pass->cut;
    core->plan_limit = next_plan_limit(pass, claim_more);
    core->line_is_blocked =
        claimable > 0 && !pass->paused && !claim_more && !utc_before(pass->now, pass->wake.pending);
    if (pass->paused)
        core->steady_since = UTC_NEVER; // nothing is planned
    else if (!pass->cut && utc_is_never(core->steady_since))
        core->steady_since = pass->now;
}

static void report_pass(const struct pass *pass) {
    if (pass->handed_back > 0)
        log_warn("handed back", "executions=%zu reason=\"the answer to their claim was lost\"",
                 pass->handed_back);
    if (pass->unreadable_count > 0) {
        char id[GUID_LENGTH + 1], quoted[300];
        guid_format(pass->unreadable_job, id);
        log_error("jobs cannot be planned", "count=%zu job=%s error=%s", pass->unreadable_count, id,
                  log_quote(str_from_cstr(pass->unreadable_error), quoted, sizeof quoted));
    }
}

static void count_ended(struct core *core, enum job_type type, enum execution_status status) {
    unsigned place = (unsigned)type;
    if (!core->index_wanted) core->index_at = mono_add(core->mono, span_ms(INDEX_PAUSE_MS));
    core->index_wanted = true;
    if (place >= ENGINE_HANDLERS) return;
    (void)atomic_fetch_add_explicit(&core->io.metrics->ended[place][status], 1,
                                    memory_order_relaxed);
}

/* What a committed write did to workflow runs. */
static void runs_changed(void *context, const struct workflow_changes *changes) {
    struct core *core = context;
    if (changes->made > 0) core->poked = true;
    for (const struct workflow_ended *each = changes->ended; each; each = each->next) {
        count_ended(core, each->job_type, EXECUTION_CANCELLED);
        core_event(core, each->execution.job_id, each->job_type, each->execution.id,
                   EXECUTION_CANCELLED);
    }
    for (const struct workflow_stop *each = changes->stops; each; each = each->next)
        stop_asked(core, each->execution_row, each->reason);
    for (const struct workflow_news *each = changes->news; each; each = each->next) {
        enum execution_status status = each->event.status;
        if (status != EXECUTION_RUNNING)
            (void)atomic_fetch_add_explicit(&core->io.metrics->runs_ended[status], 1,
                                            memory_order_relaxed);
        if (core->options.on_run) core->options.on_run(core->options.event_context, &each->event);
    }
}

void answer_pass(struct core *core) {
    struct pass *pass = &core->pass;
    core->pass_in_flight = false;
    core->looked_at = core->mono;
    note_answer(core, &pass->write, "pass");
    if (!pass->write.ok) {
        core->poked = true;
        core->reconcile = core->reconcile || pass->reconcile;
        if (pass->write.err.kind == ERR_UNAVAILABLE)
            core->reconcile = true;
        else
            hold_off(&core->pass_holdoff, core->mono);
        return;
    }
    core->pass_holdoff.failures = 0;
    core->figures.paused = pass->paused;
    core->wake = pass->wake;
    if (core->alerts.threshold == 0) core->wake.watch = UTC_NEVER;
    if (pass->look_again) core->poked = true;
    adapt(core);
    report_pass(pass);
    if (pass->reconcile && pass->mine_is_cut)
        core->reconcile = true;
    else if (pass->reconcile)
        stop_fenced(core);
    for (size_t i = 0; i < pass->event_count; i++) {
        const struct pass_event *event = &pass->events[i];
        if (execution_has_ended(event->status)) count_ended(core, event->job_type, event->status);
        core_event(core, event->job_id, event->job_type, event->execution_id, event->status);
    }
    for (size_t i = 0; i < pass->replaced_count; i++)
        stop_asked(core, pass->replaced[i], STR("replaced by a newer run"));
    for (size_t i = 0; i < pass->start_count; i++) runs_adopt(core, &pass->starts[i]);
    runs_changed(core, &pass->runs);
    for (size_t i = 0; i < pass->cancel_count; i++)
        stop_asked(core, pass->cancels[i].row, pass->cancels[i].reason);
    /* The claims before it were answered before it: nothing else is on its way here. */
    if (pass->paused) runs_hand_back_unstarted(core);
    core->pause_seen = core->pause_posted;
}

/* ---- settlements ----------------------------------------------------------------------------- */

/* A run that ended as `status` says; Pending: it was handed back. */
static void count_run(struct core *core, enum job_type type, enum execution_status status,
                      struct utc started_at, struct utc completed_at) {
    core->figures.succeeded += status == EXECUTION_SUCCEEDED;
    core->figures.failed += status == EXECUTION_FAILED;
    core->figures.cancelled += status == EXECUTION_CANCELLED;
    if (status == EXECUTION_PENDING) return;
    count_ended(core, type, status);
    unsigned place = (unsigned)type;
    if (status == EXECUTION_CANCELLED || place >= ENGINE_HANDLERS) return;
    int64_t took = utc_diff(completed_at, started_at).us;
    histogram_add(&core->io.metrics->duration_us[place], took > 0 ? took : 0);
}

static void settled(void *context, const struct settlement *settlement,
                    const struct settle_about *about, bool uncertain) {
    struct core *core = context;
    if (settlement->status == EXECUTION_PENDING) core->handing_back--;
    if (!settlement->applied && !uncertain) {
        log_warn("fenced", "execution=%lld fence=%lld", (long long)settlement->execution_row,
                 (long long)settlement->fence);
        return;
    }
    count_run(core, about->job_type, settlement->status, about->started_at,
              settlement->completed_at);
    core_event(core, about->job_id, about->job_type, about->execution_id, settlement->status);
    if (settlement->retry)
        core->wake.pending = utc_min(core->wake.pending, settlement->retry->available_at);
    if (settlement->reschedule) core->wake.job = utc_min(core->wake.job, settlement->wake_at);
    if (settlement->status == EXECUTION_PENDING || uncertain) core->poked = true;
    core->line_is_blocked = false;
}

void answer_settle(struct core *core, struct store_write *write) {
    note_answer(core, write, "settle");
    (void)settle_answered(&core->settler, write, core->mono, settled, runs_changed, core);
    if (core->settler.look_again) core->poked = true;
    core->settler.look_again = false;
}

/* ---- recovery -------------------------------------------------------------------------------- */

static void recovered(struct core *core) {
    const struct recovery *recovery = &core->recovery;
    struct mono now = core->mono;
    /* A lease that had run out before it was renewed may have cost us our runs. */
    if (!recovery->at_start && mono_before(core->lease_until, now)) core->reconcile = true;
    core->lease_until = mono_add(now, recovery->lease);
    core->heartbeat_at = recovery->more ? now : mono_add(now, core->options.heartbeat);
    for (size_t i = 0; i < recovery->count; i++) {
        const struct settlement *settled = &recovery->settled[i];
        const struct execution *orphan = &recovery->orphans[i];
        if (!settled->applied) continue;
        count_run(core, recovery->job_types[i], settled->status, orphan->started_at,
                  settled->completed_at);
        core_event(core, orphan->job_id, recovery->job_types[i], orphan->id, settled->status);
    }
    runs_changed(core, &recovery->runs);
    if (recovery->count == 0) return;
    log_warn("orphans settled", "executions=%zu own=%d", recovery->count, recovery->at_start);
    core->poked = true;
}

void answer_recovery(struct core *core) {
    struct recovery *recovery = &core->recovery;
    core->recovery_in_flight = false;
    note_answer(core, &recovery->write, "heartbeat");
    if (recovery->write.ok) {
        recovered(core);
        if (core->state == CORE_STARTING) core->figures.paused = recovery->paused;
        if (core->state == CORE_STARTING && !recovery->more) core->state = CORE_RUNNING;
    } else if (core->state == CORE_STARTING) {
        core->state = CORE_FAILED;
        core->failure = recovery->write.err;
    } else if (recovery->write.err.kind != ERR_UNAVAILABLE) {
        core->heartbeat_at = mono_add(core->mono, span_seconds(1));
    }
}

/* ---- housekeeping ---------------------------------------------------------------------------- */

static void end_round(struct core *core) {
    int64_t pause_ms = ROUND_PAUSE_MS + (int64_t)(core_random(core) % ROUND_SPREAD_MS);
    struct span rest = span_us(core->longest_piece.us * LONG_PIECE_SHARE);
    if (rest.us < span_ms(pause_ms).us) rest = span_ms(pause_ms);
    core->sweep_at = mono_add(core->mono, rest);
    core->longest_piece = span_us(0);
    housekeeping_begin_round(&core->housekeeping);
}

void answer_housekeeping(struct core *core) {
    struct housekeeping *housekeeping = &core->housekeeping;
    bool ok = housekeeping->write.ok;
    core->housekeeping_in_flight = false;
    note_answer(core, &housekeeping->write, "housekeeping");
    if (housekeeping->index) {
        core->index_wanted = core->index_wanted || !ok || housekeeping->more_to_index;
        core->index_at = mono_add(core->mono, span_ms(ok ? INDEX_PAUSE_MS : ROUND_PAUSE_MS));
    }
    if (ok && housekeeping->took.us > core->longest_piece.us)
        core->longest_piece = housekeeping->took;
    if (!housekeeping->sweep) return;
    if (ok && housekeeping->more_to_sweep)
        core->sweep_at = mono_add(core->mono, span_ms(PIECE_PAUSE_MS));
    else
        end_round(core);
}
