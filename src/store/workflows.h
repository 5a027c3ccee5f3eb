/* workflows.h - the part of the store that workflows and their runs need.
 *
 * The store keeps rows; what follows from what is decided by model/workflow.h and carried out by
 * the engine, in the write that settles an execution.
 *
 * Promises beyond those of store.h:
 *   - (workflow, scheduled_for) is unique among runs that a schedule began (TRIGGER_SCHEDULE and
 *     TRIGGER_CATCH_UP): a due time begins one run, ever;
 *   - a job is a root of at most one workflow that has no schedule, is enabled and not deleted;
 *     job->starts_workflow says which.
 *
 *   Owns, Threads, Errors, Units: as store.h says. Included by store.h.
 */
#ifndef ALPHABET_STORE_WORKFLOWS_H
#define ALPHABET_STORE_WORKFLOWS_H

#include "model/workflow.h"

struct store_tx;

/* Which jobs a workflow is made of, for the way from a job to its workflows. */
struct workflow_member {
    int64_t job_row;
    bool is_root; // depends on no other job of the workflow
};
/* Sets workflow->row. CONFLICT when a root starts another workflow already: the message names the
 * job and that workflow. NOT_FOUND for a member that is no job. */
WARN_UNUSED bool store_workflow_insert(struct store_tx *tx, struct workflow *workflow,
                                       const struct workflow_member *members, size_t count,
                                       struct err *err);
/* Everything but row, id, created_by and created_at. STALE when the stored revision is not
 * `expected_revision`; NOT_FOUND; CONFLICT as above. To delete: is_deleted, with no members. */
WARN_UNUSED bool store_workflow_update(struct store_tx *tx, const struct workflow *workflow,
                                       int64_t expected_revision,
                                       const struct workflow_member *members, size_t count,
                                       struct err *err);
/* Also finds deleted ones. NOT_FOUND. */
WARN_UNUSED bool store_workflow_get(struct store_tx *tx, struct guid id, struct arena *arena,
                                    struct workflow *ret, struct err *err);
WARN_UNUSED bool store_workflow_get_by_row(struct store_tx *tx, int64_t row, struct arena *arena,
                                           struct workflow *ret, struct err *err);

struct workflow_filter {
    struct str search; // absent = any; part of name or description, ASCII case folded
    int64_t job_row;   // those it is a member of; 0 = any
    int64_t offset, limit;
};
struct workflow_page {
    struct workflow *items;
    size_t count;
    int64_t total; // exact
};
/* Not deleted, by name, then row. */
WARN_UNUSED bool store_workflow_list(struct store_tx *tx, const struct workflow_filter *filter,
                                     struct arena *arena, struct workflow_page *ret,
                                     struct err *err);

/* Sets run->row. *inserted false: this due time has its run already; nothing was written. Steps get
 * run_row; position and job_row are theirs, and job_id where there is no such job. */
WARN_UNUSED bool store_run_insert(struct store_tx *tx, struct workflow_run *run,
                                  struct workflow_step *steps, size_t count, bool *inserted,
                                  struct err *err);
/* In a write transaction nobody else changes the run or its steps until it ends. NOT_FOUND. */
WARN_UNUSED bool store_run_get(struct store_tx *tx, struct guid id, struct arena *arena,
                               struct workflow_run *ret, struct err *err);
/* By position. Job names are those of today. */
WARN_UNUSED bool store_run_steps(struct store_tx *tx, int64_t run_row, struct arena *arena,
                                 struct workflow_step **ret, size_t *count, struct err *err);
/* status, completed_at, retry_count, error_message. NOT_FOUND. */
WARN_UNUSED bool store_run_update(struct store_tx *tx, const struct workflow_run *run,
                                  struct err *err);
/* status, execution_id, started_at, completed_at, error_message. NOT_FOUND for a step there is not.
 */
WARN_UNUSED bool store_steps_update(struct store_tx *tx, const struct workflow_step *steps,
                                    size_t count, struct err *err);

struct run_filter {
    int64_t workflow_row; // 0 = any
    int64_t status;       // enum execution_status, 0 = any
    int64_t offset, limit;
};
struct run_page {
    struct workflow_run *items; // without `jobs`, newest (row) first
    size_t count;
    int64_t total; // exact
};
WARN_UNUSED bool store_run_list(struct store_tx *tx, const struct run_filter *filter,
                                struct arena *arena, struct run_page *ret, struct err *err);
/* Runs that ended and were created before a time, oldest (created_at, row) first, with their steps;
 * at most `limit`. */
WARN_UNUSED bool store_runs_clear(struct store_tx *tx, struct utc created_before, int64_t limit,
                                  int64_t *ret, struct err *err);

#endif
