/* core_state.h - the inside of the core, for core.c, answers.c and runs.c only.
 *
 *   core.c     the turn: what to post to the store, and when to wake
 *   answers.c  what the store answered
 *   runs.c     starting, stopping and ending runs
 *
 *   Owns, Threads, Errors: as core.h says.
 */
#ifndef ALPHABET_ENGINE_CORE_STATE_H
#define ALPHABET_ENGINE_CORE_STATE_H

#include "engine/alerts.h"
#include "engine/core.h"
#include "engine/housekeeping.h"
#include "engine/pass.h"
#include "engine/progress.h"
#include "engine/recover.h"
#include "engine/settle.h"
#include "engine/slots.h"
#include "engine/timeouts.h"

/* Longer and longer waits while something fails. */
struct holdoff {
    int failures;
    struct mono until;
};

struct core {
    struct engine_options options;
    struct core_io io;
    struct handler *handlers[ENGINE_HANDLERS];
    enum core_state state;
    struct err failure;
    struct engine_figures figures; // the counters of it
    uint64_t random;
    bool in_turn;

    /* the time of this turn, and that of the turn before to notice jumps of the wall clock */
    struct utc now, now_before;
    struct mono mono, mono_before;

    /* runs */
    struct slots slots;
    struct timeouts timeouts;
    struct list to_start;       // slots
    size_t waiting_for_another; // WAITING slots that are in no list, until another run ends
    struct settler settler;
    struct progress_report progress;
    struct alerts alerts; // but for the threshold the committer's

    /* passes */
    struct pass pass;
    bool pass_in_flight;
    bool poked;    // look now
    bool more;     // the last pass was full
    bool in_burst; // the pass in flight follows one that was full
    struct mono results_wait_since;
    bool reconcile;          // an answer was lost, or our lease had run out
    bool line_is_blocked;    // what is Pending now was passed over; a settlement may change that
    struct utc steady_since; // UTC_NEVER: there was a gap and we have not caught up
    int64_t plan_limit;
    struct wake_times wake; // what the store said last
    struct mono looked_at;  // when the last pass was answered
    struct holdoff pass_holdoff;
    struct held_execution *held;
    size_t held_capacity;

    /* pause-all: tickets of those who wait for it */
    uint64_t pause_asked, pause_posted; // the latest; and that before the pass in flight was posted
    uint64_t pause_seen, pause_reached; // a pass has seen it; and what it led to is in the store
    size_t handing_back;                // executions that are going to be Pending again

    /* recovery and heartbeats */
    struct recovery recovery;
    bool recovery_in_flight;
    struct mono heartbeat_at, lease_until;
    /* Leases of others are wall-clock times: after a jump, and at the start, when there may have
     * been one, every live node is given the time to renew its own. */
    struct mono trust_leases_at;

    /* housekeeping */
    struct housekeeping housekeeping;
    bool housekeeping_in_flight;
    bool index_wanted;               // executions have ended since texts were indexed
    struct mono sweep_at, index_at;  // not before
    struct mono housekeeping_due_at; // since when a piece has been held back; 0 = it is not
    struct span longest_piece;       // of this round

    struct holdoff store_holdoff; // the store cannot be reached

    /* shutdown */
    struct mono stop_at, give_up_at;
    bool stopped_all;
};

/* ---- runs.c ---- */
void runs_adopt(struct core *core, const struct pass_start *start);
void runs_start(struct core *core); // those in to_start
void runs_stop(struct core *core, struct slot *slot, enum stop_reason reason, struct str message);
/* What has a slot and is not started yet becomes Pending again. */
void runs_hand_back_unstarted(struct core *core);
void runs_stop_all(struct core *core, enum stop_reason reason);
void runs_expire(struct core *core); // timeouts
void core_event(struct core *core, struct guid job_id, enum job_type job_type,
                struct guid execution_id, enum execution_status status);
uint64_t core_random(struct core *core);

/* ---- answers.c ---- */
void answer_pass(struct core *core);
void answer_recovery(struct core *core);
void answer_housekeeping(struct core *core);
void answer_settle(struct core *core, struct store_write *write);
void note_answer(struct core *core, const struct store_write *write, const char *what);
bool holdoff_is_over(const struct holdoff *holdoff, struct mono now);

#endif
