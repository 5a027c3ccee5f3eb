/* alerts.h - alerts as executions of a job of the server's own.
 *
 * To raise an alert is to insert a Pending execution of that job, in the very transaction that
 * shows the reason: so it is raised exactly as often as the reason is committed, survives whatever
 * happens next, is tried again by its retry policy, and is seen in /executions like any other run.
 * Its queue is ALERT_QUEUE, which only the reserved slots serve (slots.h), so that it does not wait
 * behind busy workers.
 *
 *     struct alerts alerts = {.threshold = 3};
 *     if (!alerts_begin(&alerts, tx, now, &arena, &err)) ...        // at the start of a node
 *     if (!alerts_settled(&alerts, tx, &ended, &arena, &err)) ...   // after each store_settle
 *     if (alerts.raised != before) ...                              // look for work now
 *
 * A streak raises one alert when it reaches `threshold` failures in a row, and one when the job
 * succeeds after that. The alerts of the alert job itself are its failed executions; it raises
 * none.
 *
 *   Owns:    nothing.
 *   Threads: the committer's, inside a transaction.
 *   Errors:  the store's.
 */
#ifndef ALPHABET_ENGINE_ALERTS_H
#define ALPHABET_ENGINE_ALERTS_H

#include "model/alert.h"
#include "store/store.h"

struct alerts {
    int64_t threshold; // 0 = nothing is ever raised, and nothing is watched
    int64_t job_row;   // the server's own job; 0 = not begun
    size_t raised;     // counted up with each
};

/* Finds the server's own job, or makes it. Hidden: it is deleted from its beginning. */
WARN_UNUSED bool alerts_begin(struct alerts *alerts, struct store_tx *tx, struct utc now,
                              struct arena *arena, struct err *err);

static inline bool alerts_are_on(const struct alerts *alerts) {
    return alerts->threshold > 0 && alerts->job_row > 0;
}

/* Sets alert->id and inserts its execution, available at alert->at. */
WARN_UNUSED bool alerts_raise(struct alerts *alerts, struct store_tx *tx, struct alert *alert,
                              struct arena *arena, struct err *err);

/* An execution that was just settled. */
struct ended_execution {
    const struct settlement *settlement; // with its answer
    struct guid execution_id;
    struct utc started_at, scheduled_for;
    bool is_watched; // its job had watches when it started
};

WARN_UNUSED bool alerts_settled(struct alerts *alerts, struct store_tx *tx,
                                const struct ended_execution *ended, struct arena *arena,
                                struct err *err);

#endif
