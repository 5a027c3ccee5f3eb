/* occurrences.h - the decision ledger: what became of each due time of a job.
 *
 * The due times follow from the schedule; what became of them, from the executions that the
 * schedule made and from the ranges that were decided against. Both are looked up together, so that
 * nothing has to be written for a due time that was passed over one by one.
 *
 *     struct ledger_query query = {.job = &job, .from = from, .to = to, .limit = 200, ...};
 *     struct ledger ledger;
 *     if (!occurrences(&query, zones, arena, &ledger, &err)) return false;
 *
 *   Owns:    the list lives in `arena`; entries point into query.executions.
 *   Threads: pure.   Units: struct utc; milliseconds for lateness.
 *   Errors:  INVALID when the job's zone or pattern cannot be read.
 *   Bound:   at most `limit` entries are kept and LEDGER_MAX_DUE due times are counted.
 */
#ifndef ALPHABET_MODEL_OCCURRENCES_H
#define ALPHABET_MODEL_OCCURRENCES_H

#include "base/err.h"
#include "model/execution.h"
#include "model/job.h"
#include "schedule/zone.h"

enum { LEDGER_MAX_DUE = 1000000 };

enum ledger_verdict {
    LEDGER_FIRED,    // an execution was made for it
    LEDGER_SKIPPED,  // decided against, for `reason`
    LEDGER_UPCOMING, // not due yet, or due and not decided yet
    LEDGER_NO_RECORD // in the past and neither fired nor skipped: the job had another schedule then
};
struct str ledger_verdict_name(enum ledger_verdict verdict); // "Fired", "Skipped", ...

/* Due times decided against: from < due <= to. */
struct ledger_skip {
    struct utc from, to;
    enum skip_reason reason;
};

struct ledger_query {
    const struct job *job;
    struct utc from, to;                // both included
    const struct execution *executions; // the schedule's first attempts in it, by scheduled_for
    size_t execution_count;
    const struct ledger_skip *skips; // in any order; the last one that covers a due time counts
    size_t skip_count;
    size_t offset, limit; // which of the entries are kept
    bool before_creation; // also the due times before the job was made (for backfill)
    bool only_not_run;    // keep only due times without an execution (for backfill)
    struct utc now;
};

struct ledger_entry {
    struct utc due;
    bool adjusted; // moved by daylight saving
    enum ledger_verdict verdict;
    int64_t reason;                    // enum skip_reason, 0 = none
    const struct execution *execution; // NULL = none
    int64_t late_ms;                   // start after due; 0 until it has started
};
struct ledger {
    struct ledger_entry *items;
    size_t count;
    size_t total; // exact, unless cut
    bool cut;     // more than LEDGER_MAX_DUE due times: the rest was not looked at
};

WARN_UNUSED bool occurrences(const struct ledger_query *query, struct zone_cache *zones,
                             struct arena *arena, struct ledger *ret, struct err *err);

#endif
