/* groups.h - concurrency groups: lanes, what is Pending in them, how much of a group runs.
 *
 * The jobs of a group that have one limit share a lane (job_state.lane): they may all start now, or
 * none of them. Jobs without a group are in lane 0, which is never full and costs nothing here.
 * What is Pending is kept by lane, so that a claim passes over a full group at once. What runs is
 * counted by group, through the lane that the job is in now: a job that moves takes along what it
 * has Pending and Running.
 *
 *     if (!group_has_room(tx, state->lane, &may_run, err)) return false;
 *     ... make it Running, then: group_started(tx, state->lane, 1, err)
 *
 *   Owns:    nothing.   Threads: the committer's.   Errors: those of SQLite.
 */
#ifndef ALPHABET_STORE_SQLITE_GROUPS_H
#define ALPHABET_STORE_SQLITE_GROUPS_H

#include "store/sqlite/job_state.h"

/* The lane of a job by its definition, made when it is the first one in it. */
WARN_UNUSED bool lane_of(struct store_tx *tx, const struct job *job, int64_t *ret, struct err *err);
/* The job moves to this lane; its state is written by the caller. */
WARN_UNUSED bool lane_change(struct store_tx *tx, const struct job_state *before, int64_t lane,
                             struct err *err);
WARN_UNUSED bool group_has_room(struct store_tx *tx, int64_t lane, bool *ret, struct err *err);
/* `change` (1 or -1) executions more of a job in this lane are Running. */
WARN_UNUSED bool group_started(struct store_tx *tx, int64_t lane, int64_t change, struct err *err);

/* An execution of a job in this lane is Pending from now on, or no longer. */
WARN_UNUSED bool pending_add(struct store_tx *tx, int64_t lane, int64_t execution, struct err *err);
WARN_UNUSED bool pending_remove(struct store_tx *tx, int64_t lane, int64_t execution,
                                struct err *err);

#endif
