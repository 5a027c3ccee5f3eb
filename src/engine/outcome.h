/* outcome.h - what an execution becomes when its run has ended: the settlement.
 *
 *   stop reason   the execution becomes                        tried again
 *   none          what the handler says                        if Failed and the policy says so
 *   Cancel        Cancelled, whatever the handler says         never
 *   Timeout       Failed, errorType Timeout                    by the policy
 *   Shutdown      Pending again: handed back, no attempt lost  (it is the same attempt)
 *
 * A run that succeeded although it was asked to stop for a shutdown was done before it heard: it is
 * Succeeded, since handing it back would do the work twice. A retry is a new execution that is not
 * available before its delay has passed; it keeps the due time, the queue and the parameters. The
 * end of a FixedDelay run that is not tried again gives the job its next due time.
 *
 *     struct settlement settlement = outcome_of(&ending, zones, &arena);
 *
 *   Owns:    nothing; texts are copied into the arena.   Threads: pure, but for the zone cache's
 * lock and the random ids of retries. Errors:  none; a retry policy that cannot be read means no
 * retry.
 */
#ifndef ALPHABET_ENGINE_OUTCOME_H
#define ALPHABET_ENGINE_OUTCOME_H

#include "handlers/handler.h"
#include "schedule/zone.h"
#include "store/store.h"

struct ending {
    const struct execution *execution;
    const struct job
        *job; // as it was when the run started; run_count and schedule_from of then too
    enum stop_reason reason;
    struct str stop_message; // for Cancel: why; absent = by a person
    const struct run_result *result;
    struct utc now;
    uint64_t random; // for the jitter of the retry delay
};

struct settlement outcome_of(const struct ending *ending, struct zone_cache *zones,
                             struct arena *arena);

#endif
