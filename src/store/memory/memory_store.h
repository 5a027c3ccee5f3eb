/* memory_store.h - a store without a disk: the fake of the simulation, and the model that the other
 * back ends are compared with.
 *
 * It keeps the contract of store/store.h, as simply as it can be written: counters are recounted
 * when asked for, searches are scans. It keeps nothing beyond the life of the process.
 *
 *     struct store *store = memory_store_new(&(struct memory_store_options){.manual = true});
 *     store_submit(store, &write);
 *     memory_store_step(store);             // one group: run, commit, done
 *     store_close(store);
 *
 * Two modes. Threaded: a committer of its own, a store like any other. Manual: nothing happens
 * until memory_store_step, on the caller's thread, so that the same calls give the same history
 * every time. (store_write_wait waits for a committer, so it does not fit the manual mode; use
 * memory_store_write there.)
 *
 * Several stores may share their data, each with a queue and faults of its own: the nodes of a
 * cluster, or the process before a crash and the one after it:
 *
 *     memory_store_crash(before);           // the process is dead; what it had committed stays
 *     struct store *after = memory_store_new(&(struct memory_store_options){.share = before});
 *     store_close(before);
 *
 *   Owns:    the data live until the last store that shares them is closed.
 *   Threads: as store.h; in manual mode every call comes from one thread.
 *   Errors:  UNAVAILABLE where a fault was asked for.
 */
#ifndef ALPHABET_STORE_MEMORY_MEMORY_STORE_H
#define ALPHABET_STORE_MEMORY_MEMORY_STORE_H

#include "store/store.h"

struct memory_store_options {
    bool manual;
    struct store *share; // a memory store whose data this one works on too; NULL = data of its own
};

struct store *memory_store_new(const struct memory_store_options *options);

/* ---- manual mode ---- */

/* Runs what was posted so far as one group and answers it; how many writes that were. */
size_t memory_store_step(struct store *store);
/* Posts the write, steps until it is answered. What was posted before goes with it. */
WARN_UNUSED bool memory_store_write(struct store *store,
                                    bool (*run)(struct store_tx *, void *, struct err *),
                                    void *context, struct err *err);
/* How many writes are posted and not yet run. Either mode. */
size_t memory_store_pending(struct store *store);

/* ---- faults, of this store alone ---- */

/* The next `groups` groups are run and then rolled back whole, as by a commit that fails: each
 * write is answered UNAVAILABLE and has left no trace. */
void memory_store_fail_next(struct store *store, size_t groups);
/* The `groups` groups after those are committed, and answered UNAVAILABLE all the same: the commit
 * whose answer was lost. */
void memory_store_lose_answer_next(struct store *store, size_t groups);
/* The process that uses the store is dead: its posted writes are dropped, done is not called for
 * them. What is committed stays. The store itself goes on working, for the process that follows. */
void memory_store_crash(struct store *store);

#endif
