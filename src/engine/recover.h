/* recover.h - heartbeats, and what dead nodes left Running.
 *
 * One write, posted at the start until nothing of this node is left, then once a heartbeat:
 *   - says that this node is alive, and until when its lease holds;
 *   - settles executions that are still Running though nobody runs them: at the start those of this
 *     node's own name (the process before), later those of nodes whose lease has run out. They
 *     become Failed with errorType Orphaned and follow the retry policy (OrphanPolicy Retry), or
 *     Cancelled, with the reason that was given, when that had been asked for.
 *
 *     recovery.at_start = true;
 *     store_submit(store, &recovery.write);        // recovery_run
 *     ...                                          // done: recovery.settled, recovery.more
 *
 *   Owns:    an arena with the answer, valid until the next write.
 *   Threads: engine thread, except recovery_run.   Errors: the store's; nothing was done then.
 */
#ifndef ALPHABET_ENGINE_RECOVER_H
#define ALPHABET_ENGINE_RECOVER_H

#include "engine/alerts.h"
#include "engine/workflows.h"
#include "schedule/zone.h"
#include "store/store.h"

enum { RECOVERY_BATCH = 256 };

struct recovery {
    struct store_write write;
    /* constant */
    const struct clock *clock;
    struct zone_cache *zones;
    struct alerts *alerts; // the committer's
    struct str node_name, version;
    struct span lease;
    bool retry_orphans;
    struct utc started_at;
    /* the question */
    bool at_start;
    /* Leases that ended before this are looked for; UTC_NONE: not now. It is the time of the
     * question: were the clock set before the answer, every lease would seem to have run out. */
    struct utc lease_before;
    int64_t workers_busy, workers_total;
    uint64_t random;
    /* the answer */
    struct arena arena;
    struct utc now;
    bool paused; // pause-all is on
    struct execution *orphans;
    enum job_type *job_types; // one an orphan
    struct workflow_changes runs;
    struct settlement *settled; // one an orphan
    size_t count;
    bool more;
};

/* The store_write's run; context is the recovery. */
WARN_UNUSED bool recovery_run(struct store_tx *tx, void *context, struct err *err);

#endif
