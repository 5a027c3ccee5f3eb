/* execution.h - one run of a job, one attempt, from due to done.
 *
 *             +--------- cancel ---------+
 *             |                          v
 *  Pending --claim--> Running --ok--> Succeeded      (end states never change)
 *     ^                  |  \--error, timeout--> Failed --policy--> a new Pending, retry_count + 1
 *     |                  \------- cancel ------> Cancelled
 *     +-- available_at lies ahead (retry delay, jitter), or it waits for other jobs
 *
 * Two rarer moves: a Running one is handed back to Pending when its node shuts down, and a Pending
 * one fails without having run when it cannot start any more (its wait was too long, its job
 * unreadable).
 *
 *   Owns:    nothing; texts point into the reader's arena.   Threads: a plain value.
 *   Units:   struct utc; UTC_NONE = not yet.
 */
#ifndef ALPHABET_MODEL_EXECUTION_H
#define ALPHABET_MODEL_EXECUTION_H

#include "base/clock.h"
#include "base/guid.h"
#include "base/mem.h"
#include "model/names.h"

struct execution {
    int64_t row; // the store's integer key; grows with creation
    struct guid id;
    int64_t job_row;
    struct guid job_id;
    struct str job_name;
    enum execution_status status;
    struct str queue;
    enum trigger trigger;
    struct str triggered_by;  // e-mail of the person; absent for the schedule
    struct utc scheduled_for; // nominal due time; of the first attempt in a chain of retries
    struct utc created_at;
    struct utc available_at; // not claimed before
    struct utc started_at;
    struct utc completed_at;
    int64_t retry_count;         // 0 = first attempt
    struct guid retry_parent_id; // zero = none
    struct str node_name;        // absent until claimed
    int64_t fence;               // grows with each claim, over all jobs; 0 until claimed
    bool cancel_requested;
    int64_t error_type;       // enum error_type, 0 = none
    struct str error_message; // absent when there is none; for Cancelled the reason
    struct str parameters;    // JSON object that overrides for this run; absent when there is none
    struct str output;        // absent unless asked for
    struct str result;        // JSON that the job names as its result; absent unless asked for, and
                              // when it names none
    struct guid workflow_run_id; // zero = of no workflow run
    /* It waits for the jobs that its job depends on: for what they do after this instant
     * (model/dependencies.h). UTC_NONE = it waits for none. Until then available_at is the
     * deadline. */
    struct utc waiting_since;
    /* The jobs that it waits for now. Worked out when it is shown (engine/dependencies.h); no store
     * sets it. */
    const struct guid *waiting_on;
    size_t waiting_on_count;
    /* What other jobs hand on to it: {"NAME": {"output": text, "result": JSON}}; absent = nothing.
     */
    struct str inputs;
    bool output_truncated;
    bool has_progress;        // it has said how far it has come:
    int64_t progress_percent; // 0 to 100
    struct str progress_text; // absent = none; at most MAX_PROGRESS_TEXT bytes
};

bool execution_has_ended(enum execution_status status);
/* Is from -> to one of the moves above? */
bool execution_may_move(enum execution_status from, enum execution_status to);

#endif
