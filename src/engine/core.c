/* core.c - the turn; see core.h.
 *
 * Each turn does, in this order, whatever is possible now:
 *
 *   notice the clock -> stop what has timed out -> post the next pass -> start runs -> post results
 *   -> post the next pass, if runs that ended at once have made room -> heartbeat -> housekeeping
 *   -> shutdown
 *
 * The first chance to post a pass comes before runs are started, so that the committer plans on
 * while the handlers are being called; the results that come out of that ride in the same group
 * commit as the pass that follows. A pass starts small (128 jobs, so that the first of a thousand
 * jobs due at once do not wait for the last) and doubles while there is more.
 *
 * Waiting is done on the monotonic clock; the wall clock is looked at again each second at the
 * latest, so that a jump is noticed.
 */
#include "engine/core_state.h"

#include "base/log.h"

#include <assert.h>
#include <stdlib.h>

enum {
    CLOCK_CHECK_MS = 1000,
    CLOCK_JUMP_MS = 1000,
    LOOK_AGAIN_BUSY_MS = 1000,   // requests to cancel, or a resume-all, that reached another node
    LOOK_AGAIN_BLOCKED_MS = 200, // a Pending one may hide a later one from wake_times
    LOOK_AGAIN_IDLE_MS = 5000,   // a net below pokes
    GIVE_UP_STOPPING_SECONDS = 30,
    GIVE_UP_SETTLING_SECONDS = 10,
    LEASE_HEARTBEATS = 3,
    RESULTS_WAIT_MAX = 2048,
    RESULTS_WAIT_US = 20000,
    HOUSEKEEPING_FIRST_MS = 1000, // and up to four seconds more
    HOUSEKEEPING_CLEAR_MS = 15,   // this long before something is due, no piece is posted
    HOUSEKEEPING_HELD_MS = 2000,  // so long a piece is held back while due work is behind
    HOUSEKEEPING_LOOK_MS = 20,
    /* Deliveries at once: one that hangs must not hold up the next. */
    ALERT_SLOTS = 4,
};

/* ---- life ------------------------------------------------------------------------------------ */

static void pass_written(struct store_write *write) {
    struct core *core = LIST_ENTRY(write, struct core, pass.write);
    core->io.written(core->io.context, write);
}

static void housekeeping_written(struct store_write *write) {
    struct core *core = LIST_ENTRY(write, struct core, housekeeping.write);
    core->io.written(core->io.context, write);
}

static void progress_written(struct store_write *write) {
    struct core *core = LIST_ENTRY(write, struct core, progress.write);
    core->io.written(core->io.context, write);
}

static void recovery_written(struct store_write *write) {
    struct core *core = LIST_ENTRY(write, struct core, recovery.write);
    core->io.written(core->io.context, write);
}

struct core *core_new(const struct engine_options *options, const struct core_io *io,
                      struct handler *const handlers[ENGINE_HANDLERS]) {
    struct core *core = xcalloc(1, sizeof *core);
    core->options = *options;
    core->io = *io;
    for (size_t i = 0; i < ENGINE_HANDLERS; i++) core->handlers[i] = handlers[i];
    core->random = options->seed;
    core->now = core->now_before = clock_now(io->clock);
    core->mono = core->mono_before = clock_mono(io->clock);
    core->steady_since = UTC_NEVER;
    core->plan_limit = PASS_PLAN_MIN;
    core->wake = (struct wake_times){UTC_NEVER, UTC_NEVER, UTC_NEVER};
    core->poked = true;
    list_init(&core->to_start);
    slots_init(&core->slots, (size_t)options->worker_count, ALERT_SLOTS, core);
    core->alerts.threshold = options->alert_on_failures;
    settler_init(&core->settler, options->store, io->written, io->context);
    core->settler.alerts = &core->alerts;
    progress_init(&core->progress, progress_written);
    pass_init(&core->pass, io->clock, options->zones, options->node_name, options->queues,
              options->queue_count);
    core->pass.write.done = pass_written;
    core->pass.alerts = &core->alerts;
    core->pass.dependency_wait = options->dependency_wait;
    core->pass.max_running = options->max_running;
    core->recovery = (struct recovery){
        .write = {.run = recovery_run, .done = recovery_written, .context = &core->recovery},
        .clock = io->clock,
        .zones = options->zones,
        .alerts = &core->alerts,
        .node_name = options->node_name,
        .version = options->version,
        .lease = span_us(options->heartbeat.us * LEASE_HEARTBEATS),
        .retry_orphans = options->retry_orphans,
        .started_at = core->now,
        .at_start = true,
        .workers_total = options->worker_count,
    };
    core->trust_leases_at = mono_add(core->mono, core->recovery.lease);
    housekeeping_init(&core->housekeeping, io->clock, options->keep_keys, options->keep_executions);
    core->housekeeping.write.done = housekeeping_written;
    core->index_wanted = true; // what the process before left
    core->index_at = mono_add(core->mono, span_ms(HOUSEKEEPING_FIRST_MS));
    core->sweep_at =
        mono_add(core->index_at, span_ms((int64_t)(core_random(core) % 4 * HOUSEKEEPING_FIRST_MS)));
    return core;
}

void core_free(struct core *core) {
    if (core == NULL) return;
    slots_free(&core->slots);
    timeouts_free(&core->timeouts);
    settler_free(&core->settler);
    progress_free(&core->progress);
    pass_free(&core->pass);
    arena_free(&core->recovery.arena);
    housekeeping_free(&core->housekeeping);
    free(core->held);
    free(core);
}

/* ---- what is noted --------------------------------------------------------------------------- */

static void tell_time(struct core *core) {
    core->now = clock_now(core->io.clock);
    core->mono = clock_mono(core->io.clock);
}

void core_write_done(struct core *core, struct store_write *write) {
    tell_time(core);
    bool was_in_turn = core->in_turn;
    core->in_turn = true; // what ends meanwhile needs no waking: core_turn follows
    if (write == &core->pass.write)
        answer_pass(core);
    else if (write == &core->progress.write)
        answer_progress(core);
    else if (write == &core->recovery.write)
        answer_recovery(core);
    else if (write == &core->housekeeping.write)
        answer_housekeeping(core);
    else
        answer_settle(core, write);
    core->in_turn = was_in_turn;
}

void core_poke(struct core *core) {
    core->poked = true;
}

void core_cancel(struct core *core, int64_t execution_row, struct str reason) {
    tell_time(core);
    struct slot *slot = slots_find(&core->slots, execution_row);
    /* Not here (yet): the request is in the store, and the next pass reads it. */
    if (slot)
        runs_stop(core, slot, STOP_CANCEL, reason);
    else
        core->poked = true;
}

void core_pause(struct core *core, uint64_t ticket) {
    core->pause_asked = ticket;
    core->poked = true;
}

uint64_t core_pause_reached(const struct core *core) {
    return core->pause_reached;
}

void core_shutdown(struct core *core) {
    tell_time(core);
    if (core->state == CORE_STARTING && !core->recovery_in_flight) core->state = CORE_STOPPED;
    if (core->state != CORE_RUNNING && core->state != CORE_STARTING) return;
    core->state = CORE_DRAINING;
    core->stop_at = mono_add(core->mono, core->options.shutdown_grace);
}

enum core_state core_state(const struct core *core) {
    return core->state;
}

const struct err *core_failure(const struct core *core) {
    return &core->failure;
}

struct engine_figures core_figures(const struct core *core) {
    struct engine_figures figures = core->figures;
    figures.workers_busy = (int64_t)slots_workers_busy(&core->slots);
    figures.workers_total = (int64_t)core->slots.total;
    figures.unsettled = (int64_t)core->settler.waiting;
    figures.store_away = core->store_holdoff.failures > 0;
    return figures;
}

bool core_has_stuck_runs(const struct core *core) {
    return core->slots.busy_count > 0;
}

/* ---- passes ---------------------------------------------------------------------------------- */

static int compare_held(const void *a, const void *b) {
    const struct held_execution *left = a, *right = b;
    return (left->row > right->row) - (left->row < right->row);
}

static void list_held(struct core *core) {
    size_t most = core->slots.busy_count + core->settler.waiting;
    if (most > core->held_capacity) {
        core->held_capacity = most * 2;
        core->held = xreallocarray(core->held, core->held_capacity, sizeof *core->held);
    }
    size_t count = settle_held(&core->settler, core->held);
    SLOTS_EACH(slot, &core->slots) {
        core->held[count++] = (struct held_execution){slot->execution.row, slot->execution.fence};
    }
    if (count > 1) qsort(core->held, count, sizeof *core->held, compare_held);
    core->pass.held = core->held;
    core->pass.held_count = count;
}

static bool may_claim(const struct core *core) {
    return !core->figures.paused && !core->line_is_blocked && slots_free_count(&core->slots) > 0;
}

/* Under pause-all what is due stays due, and is no reason to look. */
static bool has_due_work(const struct core *core) {
    return !core->figures.paused &&
           (!utc_before(core->now, core->wake.job) || !utc_before(core->now, core->wake.watch) ||
            (may_claim(core) && !utc_before(core->now, core->wake.pending)));
}

/* When to look whatever the store said. */
static struct mono look_again(const struct core *core) {
    bool busy = core->slots.busy_count > 0 || core->figures.paused;
    int64_t ms = core->line_is_blocked ? LOOK_AGAIN_BLOCKED_MS
                 : busy                ? LOOK_AGAIN_BUSY_MS
                                       : LOOK_AGAIN_IDLE_MS;
    return mono_add(core->looked_at, span_ms(ms));
}

static bool wants_pass(const struct core *core) {
    if (core->state != CORE_RUNNING || core->pass_in_flight) return false;
    if (!holdoff_is_over(&core->store_holdoff, core->mono) ||
        !holdoff_is_over(&core->pass_holdoff, core->mono))
        return false;
    return core->poked || core->more || core->reconcile || has_due_work(core) ||
           !mono_before(core->mono, look_again(core));
}

static void post_pass(struct core *core) {
    struct pass *pass = &core->pass;
    pass_ask(pass);
    pass->slots = (int64_t)slots_free_count(&core->slots);
    pass->alert_slots = (int64_t)slots_reserved_free(&core->slots);
    pass->plan_limit = core->plan_limit;
    pass->steady_since = core->steady_since;
    pass->ask_cancels = core->slots.busy_count > 0;
    pass->reconcile = core->reconcile;
    if (core->reconcile) list_held(core);
    core->pause_posted = core->pause_asked;
    core->in_burst = core->more;
    core->poked = core->more = core->reconcile = false;
    core->pass_in_flight = true;
    store_submit(core->options.store, &pass->write);
}

/* ---- the turn -------------------------------------------------------------------------------- */

static void notice_clock(struct core *core) {
    tell_time(core);
    int64_t wall = utc_diff(core->now, core->now_before).us;
    int64_t real = mono_diff(core->mono, core->mono_before).us;
    int64_t jump_ms = (wall - real) / 1000;
    core->now_before = core->now;
    core->mono_before = core->mono;
    if (jump_ms < CLOCK_JUMP_MS && jump_ms > -CLOCK_JUMP_MS) return;
    log_warn("the clock was set", "by_ms=%lld", (long long)jump_ms);
    core->poked = true;
    core->heartbeat_at = core->mono;
    core->trust_leases_at = mono_add(core->mono, core->recovery.lease);
    if (jump_ms > 0)
        core->steady_since = UTC_NEVER;
    else if (!utc_is_never(core->steady_since))
        core->steady_since = utc_min(core->steady_since, core->now);
}

/* In the midst of many due jobs results wait a moment, so that the commits that start runs need not
 * carry them too: until the burst is over, and never long. */
static bool results_may_wait(struct core *core) {
    if (core->settler.waiting == 0) core->results_wait_since = core->mono;
    if (!core->pass_in_flight || !core->in_burst || core->state != CORE_RUNNING) return false;
    return core->settler.waiting < RESULTS_WAIT_MAX &&
           mono_diff(core->mono, core->results_wait_since).us < RESULTS_WAIT_US;
}

static void flush(struct core *core) {
    if (holdoff_is_over(&core->store_holdoff, core->mono) && !results_may_wait(core))
        settle_flush(&core->settler, core->mono);
}

static void beat(struct core *core) {
    if (core->state == CORE_STOPPED || core->state == CORE_FAILED) return;
    if (core->recovery_in_flight || mono_before(core->mono, core->heartbeat_at)) return;
    if (!holdoff_is_over(&core->store_holdoff, core->mono)) return;
    struct recovery *recovery = &core->recovery;
    recovery->at_start = core->state == CORE_STARTING;
    recovery->workers_busy = (int64_t)slots_workers_busy(&core->slots);
    recovery->lease_before =
        recovery->at_start || mono_before(core->mono, core->trust_leases_at) ? UTC_NONE : core->now;
    recovery->random = core_random(core);
    core->recovery_in_flight = true;
    store_submit(core->options.store, &recovery->write);
}

/* ---- housekeeping ---------------------------------------------------------------------------- */

static struct mono housekeeping_at(const struct core *core) {
    bool index_first = core->index_wanted && mono_before(core->index_at, core->sweep_at);
    return index_first ? core->index_at : core->sweep_at;
}

/* Would a piece now make a run late? */
static bool is_behind(const struct core *core) {
    struct utc soon = utc_add(core->now, span_ms(HOUSEKEEPING_CLEAR_MS));
    bool due_soon = !core->figures.paused && !utc_before(soon, core->wake.job);
    return core->more || due_soon || has_due_work(core) || core->settler.waiting > SETTLE_MAX ||
           (core->pass_in_flight && core->in_burst);
}

static void housekeep(struct core *core) {
    if (core->state != CORE_RUNNING || core->housekeeping_in_flight) return;
    if (mono_before(core->mono, housekeeping_at(core))) return;
    if (!holdoff_is_over(&core->store_holdoff, core->mono)) return;
    if (core->housekeeping_due_at.us == 0) core->housekeeping_due_at = core->mono;
    if (is_behind(core) &&
        mono_diff(core->mono, core->housekeeping_due_at).us < span_ms(HOUSEKEEPING_HELD_MS).us)
        return;
    struct housekeeping *housekeeping = &core->housekeeping;
    housekeeping->sweep = !mono_before(core->mono, core->sweep_at);
    housekeeping->index =
        !housekeeping->sweep && core->index_wanted && !mono_before(core->mono, core->index_at);
    if (housekeeping->index) core->index_wanted = false;
    core->housekeeping_due_at = (struct mono){0};
    core->housekeeping_in_flight = true;
    store_submit(core->options.store, &housekeeping->write);
}

static void wake_for_housekeeping(const struct core *core, struct mono *at) {
    if (core->state != CORE_RUNNING || core->housekeeping_in_flight) return;
    struct mono when = housekeeping_at(core);
    if (core->housekeeping_due_at.us != 0)
        when = mono_add(core->mono, span_ms(HOUSEKEEPING_LOOK_MS));
    if (mono_before(when, *at)) *at = when;
}

/* ---- shutdown -------------------------------------------------------------------------------- */

static bool earlier(struct mono a, struct mono b) {
    return a.us == 0 || mono_before(b, a);
}

static void drain(struct core *core) {
    if (core->state != CORE_DRAINING) return;
    runs_hand_back_unstarted(core);
    if (!core->stopped_all && !mono_before(core->mono, core->stop_at)) {
        core->stopped_all = true;
        core->give_up_at = mono_add(core->mono, span_seconds(GIVE_UP_STOPPING_SECONDS));
        runs_stop_all(core, STOP_SHUTDOWN);
    }
    flush(core);
    if (core->pass_in_flight || core->recovery_in_flight || core->housekeeping_in_flight ||
        core->progress.in_flight || core->settler.in_flight_count > 0)
        return;
    bool idle = core->slots.busy_count == 0;
    if (idle && settle_is_empty(&core->settler)) {
        core->state = CORE_STOPPED;
        return;
    }
    struct mono patience = mono_add(core->mono, span_seconds(GIVE_UP_SETTLING_SECONDS));
    if (idle && earlier(core->give_up_at, patience)) core->give_up_at = patience;
    if (core->give_up_at.us != 0 && !mono_before(core->mono, core->give_up_at)) {
        log_error("stopped with unfinished work", "running=%zu unsettled=%zu",
                  core->slots.busy_count, core->settler.waiting);
        core->state = CORE_STOPPED;
    }
}

/* ---- when to wake ---------------------------------------------------------------------------- */

static void sooner(struct mono *at, struct mono other) {
    if (mono_before(other, *at)) *at = other;
}

static void sooner_utc(const struct core *core, struct mono *at, struct utc when) {
    if (utc_is_never(when)) return;
    int64_t wait = utc_diff(when, core->now).us;
    sooner(at, mono_add(core->mono, span_us(wait > 0 ? wait : 0)));
}

static void wake_for_passes(const struct core *core, struct mono *at) {
    if (core->state != CORE_RUNNING || core->pass_in_flight) return;
    struct mono next = look_again(core);
    if (core->poked || core->more || core->reconcile) next = core->mono;
    if (!core->figures.paused) sooner_utc(core, &next, utc_min(core->wake.job, core->wake.watch));
    if (may_claim(core)) sooner_utc(core, &next, core->wake.pending);
    if (!holdoff_is_over(&core->pass_holdoff, core->mono) &&
        mono_before(next, core->pass_holdoff.until))
        next = core->pass_holdoff.until;
    sooner(at, next);
}

static struct mono next_wake(const struct core *core) {
    struct mono at = mono_add(core->mono, span_ms(CLOCK_CHECK_MS));
    struct mono when;
    wake_for_passes(core, &at);
    wake_for_housekeeping(core, &at);
    if (!core->recovery_in_flight) sooner(&at, core->heartbeat_at);
    if (settle_next(&core->settler, &when)) sooner(&at, when);
    if (progress_next(core, &when)) sooner(&at, when);
    if (!holdoff_is_over(&core->store_holdoff, core->mono) &&
        mono_before(at, core->store_holdoff.until))
        at = core->store_holdoff.until;
    if (timeouts_next(&core->timeouts, &when)) sooner(&at, when);
    if (core->state == CORE_DRAINING && !core->stopped_all) sooner(&at, core->stop_at);
    if (core->give_up_at.us != 0) sooner(&at, core->give_up_at);
    if (!list_is_empty(&core->to_start)) at = core->mono;
    return at;
}

void core_turn(struct core *core) {
    core->in_turn = true;
    notice_clock(core);
    runs_expire(core);
    bool roomy = slots_free_count(&core->slots) * 2 >= core->slots.total;
    if (roomy && wants_pass(core)) post_pass(core);
    drain(core);
    runs_start(core);
    flush(core);
    progress_post(core);
    if (wants_pass(core)) post_pass(core);
    beat(core);
    housekeep(core);
    drain(core);
    if (core->handing_back == 0) core->pause_reached = core->pause_seen;
    core->in_turn = false;
    if (core->state == CORE_STOPPED || core->state == CORE_FAILED) return;
    core->io.wake_at(core->io.context, next_wake(core));
}
