/* workflow.h - a graph of jobs, and one passage through it.
 *
 *     { "name": "nightly", "jobs": [ { "jobId": "…", "dependsOn": ["…"], "onFailure": "Stop" } ],
 *       "schedule": { "scheduleType": "Cron", "scheduleExpression": "0 3 * * *", … } }
 *
 * A workflow run keeps a step for each job, and the definition as it was when it began. A step is
 *
 *   Pending    some job above it has not ended well enough
 *   Running    its execution was made (which may be Pending, Running, or a retry that waits)
 *   Succeeded, Failed, Cancelled    as the last attempt of its execution ended
 *
 * workflow_advance decides what follows from the states of the steps; it is a pure function, the
 * engine carries out what it says in the transaction that settled the execution.
 *
 *   Owns:    nothing; texts point into the reader's arena.   Threads: plain values, pure functions.
 *   Units:   struct utc; UTC_NONE = not yet.
 */
#ifndef ALPHABET_MODEL_WORKFLOW_H
#define ALPHABET_MODEL_WORKFLOW_H

#include "base/clock.h"
#include "base/err.h"
#include "base/guid.h"
#include "base/mem.h"
#include "model/names.h"

enum { WORKFLOW_JOBS_MAX = 1000 };

struct workflow {
    int64_t row; // the store's; 0 = not stored yet
    struct guid id;
    int64_t revision; // 1 when created, grows with each change; the ETag
    struct str name;
    struct str description; // absent = none
    struct str jobs;        // canonical JSON array, see workflow_graph
    struct str schedule;    // canonical JSON object; absent = none
    bool is_enabled;        // false: neither its schedule nor that of a root job starts it
    bool is_deleted;
    int64_t schedule_job_row; // the hidden job (JOB_WORKFLOW) that holds the schedule; 0 = none
    struct str created_by, last_modified_by;
    struct utc created_at, updated_at;
};

/* The parsed `jobs`: node i is job jobs[i]; above[i] are indexes of the nodes it depends on. */
struct workflow_node {
    struct guid job_id;
    enum failure_policy on_failure;
    const size_t *above;
    size_t above_count;
};
struct workflow_graph {
    struct workflow_node *nodes;
    size_t count;
};
WARN_UNUSED bool workflow_graph_parse(struct str jobs, struct arena *arena,
                                      struct workflow_graph *ret, struct err *err);

struct workflow_run {
    int64_t row; // grows with creation
    struct guid id;
    int64_t workflow_row;
    struct guid workflow_id;
    struct str workflow_name;
    enum execution_status status; // Running, Succeeded, Failed, Cancelled
    enum trigger trigger;         // Schedule, CatchUp, Manual
    struct str triggered_by;      // absent for a schedule
    struct utc scheduled_for;
    struct utc created_at;
    struct utc completed_at; // of the last passage
    int64_t retry_count;     // how often it was resumed from where it failed
    struct str jobs;         // workflow->jobs as it was when the run began
    /* Why it Failed or was Cancelled; absent = none. While it is Running: it is being cancelled,
     * for this reason, and ends when the last of its executions has. */
    struct str error_message;
    struct str parameters; // JSON object for every job of the run; absent = none
};
static inline bool workflow_run_is_being_cancelled(const struct workflow_run *run) {
    return run->status == EXECUTION_RUNNING && !str_is_absent(run->error_message);
}

struct workflow_step {
    int64_t run_row;
    int64_t position; // index in run->jobs
    int64_t job_row;  // 0: the job was erased
    struct guid job_id;
    struct str job_name;
    enum execution_status status;
    struct guid execution_id; // of its latest attempt; zero = none yet
    struct utc started_at;    // when its execution was made
    struct utc completed_at;
    struct str error_message; // absent = none
};

/* What follows now. Call it after any step changed, until it says nothing new. */
struct workflow_moves {
    size_t *start; // positions of Pending steps whose execution is to be made now
    size_t start_count;
    size_t *cancel; // positions of Pending steps that will not run any more
    size_t cancel_count;
    enum execution_status run_status; // Running while any step is to be waited for
};
/* statuses[i] is of node i. A step starts when each job above it Succeeded, or ended otherwise
 * under Continue (of the job that failed); a job that was Cancelled counts as Failed here. When a
 * step Failed under Stop, no further step starts: what is Pending is cancelled, what is Running
 * goes on, and the run has ended when nothing is Running. The run Succeeded when every step did; it
 * Failed when a step Failed (also under Continue); it is Cancelled when `is_cancelled`. */
struct workflow_moves workflow_advance(const struct workflow_graph *graph,
                                       const enum execution_status *statuses, bool is_cancelled,
                                       struct arena *arena);

#endif
