/* dependencies.h - the part of the store that jobs which wait for other jobs need.
 *
 * A job's dependencies are part of its definition (job->dependencies, model/dependencies.h); the
 * store keeps them also the other way round, so that the end of a run finds who waits for it. A run
 * that has to wait is a Pending execution with waiting_since, whose available_at is its deadline:
 * it holds no worker, and nothing looks at it until it is released, cancelled, or its deadline
 * comes.
 *
 *     settlement.has_dependants            // answered by store_settle; if so, in the same write:
 *     store_waiting(tx, &(struct waiting_filter){.depends_on = job_row}, arena, &runs, &count,
 * err); store_job_ends(tx, ids, id_count, arena, ends, err);      // is what each waits for there?
 *     store_release(tx, &release, 1, now, err);
 *
 *   Owns, Threads, Errors, Units: as store.h says. Included by store.h.
 */
#ifndef ALPHABET_STORE_DEPENDENCIES_H
#define ALPHABET_STORE_DEPENDENCIES_H

#include "base/clock.h"
#include "base/err.h"
#include "base/guid.h"
#include "base/mem.h"

struct store_tx;

/* How a job last came to an end. */
struct job_end {
    struct guid id;
    int64_t row;                                   // 0: there is no such job (any more)
    struct str name;                               // absent when row is 0
    bool is_deleted;                               // or row is 0
    struct utc last_success_at, last_completed_at; // as in struct job
};
/* ret[i] is of ids[i]. By index. */
WARN_UNUSED bool store_job_ends(struct store_tx *tx, const struct guid *ids, size_t count,
                                struct arena *arena, struct job_end *ret, struct err *err);

/* The jobs, not deleted, whose dependencies name this one: rows, ascending. */
WARN_UNUSED bool store_dependants(struct store_tx *tx, struct guid job_id, struct arena *arena,
                                  int64_t **ret, size_t *count, struct err *err);

struct waiting_run {
    int64_t execution_row;
    struct guid execution_id;
    int64_t job_row;
    struct str dependencies; // of its job; absent when it has none any more
    struct utc waiting_since, available_at;
};
struct waiting_filter {
    int64_t job_row;        // runs of this job; 0 = not asked
    struct guid depends_on; // runs of jobs that depend on this one; zero = not asked
};
/* The runs that wait, that is Pending ones with waiting_since, oldest (row) first. */
WARN_UNUSED bool store_waiting(struct store_tx *tx, const struct waiting_filter *filter,
                               struct arena *arena, struct waiting_run **ret, size_t *count,
                               struct err *err);

struct release {
    int64_t execution_row;
    struct utc available_at;
    bool still_waits;  // true: only the deadline moves; false: it waits no more
    struct str inputs; // absent = as they are; not looked at while it still waits
};
/* Of runs that wait; others are left alone. */
WARN_UNUSED bool store_release(struct store_tx *tx, const struct release *items, size_t count,
                               struct err *err);

#endif
