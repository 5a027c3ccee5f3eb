/* housekeeping.h - what is thrown away when it has served, and what is put in order behind runs.
 *
 *   idempotency keys          older than JobExpirationDays
 *   refresh tokens            that have expired
 *   ended executions, and     created before Scheduler:Retention:ExecutionDays (0 = never), unless
 *   ranges of the ledger      their job has a retention of its own
 *   workflow runs             that ended, likewise
 *   executions of jobs that   by that one (model/retention.h); the latest Failed one stays
 *   have one
 *   texts of executions       are taken into the index that answers searches
 *
 * All of it is done in pieces, each a write of its own, so small that whatever else waits for the
 * committer waits a few milliseconds at most: the size of the next piece follows from what the last
 * one took. The pieces of a round go through the chores one after the other; the core says when a
 * piece may be posted (one is in flight at a time, pauses between them, none while due work is
 * behind).
 *
 *     housekeeping.sweep = true;
 *     store_submit(store, &housekeeping.write);        // housekeeping_run
 *     ...                                              // done: housekeeping.more_to_sweep
 *
 *   Owns:    an arena for the time of a piece.
 *   Threads: engine thread, except housekeeping_run.   Errors: the store's; the piece did nothing
 *            then, and the round is begun anew.
 */
#ifndef ALPHABET_ENGINE_HOUSEKEEPING_H
#define ALPHABET_ENGINE_HOUSEKEEPING_H

#include "store/store.h"

enum chore {
    CHORE_KEYS,
    CHORE_TOKENS,
    CHORE_EXECUTIONS,
    CHORE_SKIPS,
    CHORE_RUNS,
    CHORE_JOBS,
    CHORES,
    CHORE_INDEX = CHORES // not of the round
};

struct housekeeping {
    struct store_write write;
    /* constant */
    const struct clock *clock;
    struct span keep_keys, keep_executions; // 0 = for ever
    /* the question: one of the two */
    bool sweep; // go on with the round
    bool index; // take texts into the index
    /* where the round stands */
    enum chore chore;
    int64_t after_row;          // of the chore: executions, or jobs, that were looked at
    int64_t limits[CHORES + 1]; // by chore: how much the next piece takes
    /* the answer */
    bool more_to_sweep, more_to_index;
    struct span took;
    /* while it runs */
    struct arena arena;
};

void housekeeping_init(struct housekeeping *housekeeping, const struct clock *clock,
                       struct span keep_keys, struct span keep_executions);
void housekeeping_free(struct housekeeping *housekeeping);
/* From the first chore on. */
void housekeeping_begin_round(struct housekeeping *housekeeping);
/* The store_write's run; context is the housekeeping. */
WARN_UNUSED bool housekeeping_run(struct store_tx *tx, void *context, struct err *err);

#endif
