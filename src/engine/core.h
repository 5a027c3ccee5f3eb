/* core.h - the engine as a state machine: no thread, no loop, no clock of its own.
 *
 * Things happen to it by calls that only take note; core_turn then acts on all of them, and says
 * when it wants to be called again at the latest. loop.c drives it with libuv, the simulation with
 * a clock of its own.
 *
 *     core = core_new(&options, &io, handlers);
 *     core_turn(core);                          // posts the recovery
 *     ...
 *     core_write_done(core, write);             // io.written was called for it: hand it over
 *     core_poke(core);
 *     core_turn(core);                          // and io.wake_at says when next
 *
 *               recovered                core_shutdown              all settled
 *   STARTING ------------> RUNNING --------------------> DRAINING -------------> STOPPED
 *       |  the store fails
 *       +------------> FAILED
 *
 *   Owns:    its slots, batches and caches. Borrows what options and handlers point to until
 *            core_free, which may be called when nothing is in flight: in STOPPED and FAILED, or
 *            when the store is dead (the simulation's crash).
 *   Threads: one, the engine's; io.written is called on the committer's.
 *   Errors:  core_failure tells why the state is FAILED.
 */
#ifndef ALPHABET_ENGINE_CORE_H
#define ALPHABET_ENGINE_CORE_H

#include "engine/engine.h"

struct core;

struct core_io {
    const struct clock *clock;
    /* Call core_turn at that instant or soon after; replaces the instant asked for before. */
    void (*wake_at)(void *context, struct mono at);
    /* A write was answered, on the committer's thread: bring it to core_write_done on the engine's.
     * `next` of the write may be used for the way. */
    void (*written)(void *context, struct store_write *write);
    void *context;
    struct engine_metrics *metrics; // counted here; outlives the core
};

enum core_state { CORE_STARTING, CORE_RUNNING, CORE_DRAINING, CORE_STOPPED, CORE_FAILED };

struct core *core_new(const struct engine_options *options, const struct core_io *io,
                      struct handler *const handlers[ENGINE_HANDLERS]);
void core_free(struct core *core); // NULL is fine

void core_turn(struct core *core);
void core_write_done(struct core *core, struct store_write *write);
void core_poke(struct core *core);
void core_cancel(struct core *core, int64_t execution_row, struct str reason);
/* All was paused, and that is committed: see core_pause_reached. Tickets grow. */
void core_pause(struct core *core, uint64_t ticket);
/* Claims no more; the grace begins. */
void core_shutdown(struct core *core);

enum core_state core_state(const struct core *core);
const struct err *core_failure(const struct core *core);
struct engine_figures core_figures(const struct core *core);
/* The highest ticket for which this holds: nothing that was claimed before that call of core_pause
 * is still to be started, and what was handed back instead is Pending in the store. */
uint64_t core_pause_reached(const struct core *core);
/* A handler has not ended its run though the shutdown gave up waiting. */
bool core_has_stuck_runs(const struct core *core);

#endif
