/* watch.h - does a job do what was expected of it? When not, an alert is raised, once until it does
 * again; then one more says so.
 *
 *   expectedWithinSeconds   NoSuccess: no success for so long. Counted from the latest success, the
 *                           latest change of the job (resume included) or the end of the latest
 *                           pause-all, whichever came last. Recovers with a success.
 *   finishBySeconds         NotFinished: no attempt of a due time had Succeeded so long after it,
 *                           one that was Cancelled aside. Recovers with a success.
 *   maxLatenessSeconds      StartedLate: an execution made by the schedule started so long after
 * its due time and jitter (or the end of the latest pause-all). Recovers with one that does not.
 *   unusualDuration         TooSlow, TooFast: a success took, against the mean of those before, at
 *                           least ten, more or less by the largest of four mean deviations, half of
 *                           the mean, and a second. Recovers with one that does not.
 *
 * Nothing is raised by time while the job is paused, disabled or at its end, or everything is
 * paused.
 *
 * The two that time alone can raise are looked at when store's watch.check_at has come; the other
 * two when an execution starts or ends. check_at never lies behind the earliest instant at which
 * one of them may be raised: planning a run draws it near (watch_planned), a look sets it anew.
 *
 *     struct watching watching = {.alerts = &alerts, .tx = tx, .arena = &arena, .now = now};
 *     if (!watch_check_due(&watching, &err)) ...                 // each pass, when one is due
 *     if (!watch_planned(&watching, job, due, &err)) ...         // a run was made
 *     if (!watch_started(&watching, job, execution, &err)) ...
 *     if (!watch_succeeded(&alerts, tx, ended, &arena, &err)) ... // it ended
 *
 *   Owns:    nothing.   Threads: the committer's; watch_since, watch_duration: pure.
 *   Errors:  the store's. Watches that cannot be read watch nothing.
 */
#ifndef ALPHABET_ENGINE_WATCH_H
#define ALPHABET_ENGINE_WATCH_H

#include "engine/alerts.h"
#include "model/watches.h"

enum { WATCH_BATCH = 100, WATCH_HISTORY_MIN = 10 };

struct watching {
    struct alerts *alerts;
    struct store_tx *tx;
    struct arena *arena;
    struct utc now;
    bool is_paused;        // everything is
    struct utc resumed_at; // when the latest pause-all ended; UTC_NONE = there was none
};

WARN_UNUSED bool watch_check_due(const struct watching *watching, struct err *err);
/* A run for a due time was made. */
WARN_UNUSED bool watch_planned(const struct watching *watching, const struct job *job,
                               struct utc due, struct err *err);
/* paused_until has come: the job gets its chance from now on. */
WARN_UNUSED bool watch_resumed(const struct watching *watching, const struct job *job,
                               struct err *err);
WARN_UNUSED bool watch_started(const struct watching *watching, const struct job *job,
                               const struct execution *execution, struct err *err);
WARN_UNUSED bool watch_succeeded(struct alerts *alerts, struct store_tx *tx,
                                 const struct ended_execution *ended, struct arena *arena,
                                 struct err *err);

/* ---- the rules ---- */

/* Is it so that no success can be expected of the job now? */
bool watch_rests(const struct job *job, bool is_paused);
/* Since when a success is expected. */
struct utc watch_since(const struct job *job, struct utc resumed_at);
/* ALERT_TOO_SLOW, ALERT_TOO_FAST, or 0 when the length is nothing unusual. */
int64_t watch_duration(const struct durations *before, struct span length);

#endif
