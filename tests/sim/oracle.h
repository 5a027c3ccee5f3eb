/* oracle.h - what the files of the oracle share.
 *
 *   oracle.c    after every commit
 *   rest.c      when all has come to rest: retries, runs against the witness, nothing left lying
 *   waiting.c   runs that wait for other jobs, groups, the bound of all nodes
 *   ledger.c    every due time has exactly one verdict, by an enumeration of its own
 */
#ifndef ALPHABET_TESTS_SIM_ORACLE_H
#define ALPHABET_TESTS_SIM_ORACLE_H

#include "world.h"

#include "model/alert.h"

struct snapshot {
    struct arena arena;
    struct execution *executions; // newest first
    size_t count;
    struct execution *alerts; // those of the server's own job, newest first; not in `executions`
    size_t alert_count;
    struct job *jobs; // as in world->jobs
};

void oracle_read(struct world *world, struct snapshot *ret);
void oracle_snapshot_free(struct snapshot *snapshot);
/* A first attempt that the schedule made. */
bool oracle_is_planned(const struct execution *execution);
size_t oracle_job_index(const struct world *world, int64_t row);

/* Since the check before, of all that waited then. */
void waiting_check(struct world *world, const struct snapshot *snapshot);
void waiting_check_limits(const struct world *world, const struct snapshot *snapshot);
void waiting_free(struct world *world);
/* It failed because what it waited for did not come: it was never started, and is not tried again.
 */
bool waiting_was_refused(const struct execution *execution);
void waiting_check_rest(struct world *world, const struct snapshot *snapshot);

/* One alert for a streak; returns how many were raised. */
size_t oracle_check_alerts(struct world *world, const struct snapshot *snapshot);
void ledger_check(struct world *world, const struct snapshot *snapshot, size_t job);

#endif
