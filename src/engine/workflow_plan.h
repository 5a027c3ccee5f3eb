/* workflow_plan.h - where a schedule begins workflow runs: that of a workflow, which is a hidden
 * job (JOB_WORKFLOW), or that of a root job of a workflow without one (job->starts_workflow).
 *
 *     if (!workflow_plan_counts(&changes, job, &due, &err)) ...     // before plan_job
 *     if (!workflow_plan_begin(&changes, job, &due, &plan, &err)) ... // before store_plan_apply
 *     if (!workflow_plan_applied(&changes, &plan.item, &err)) ...   // behind it
 *
 * Of the hidden job no execution is made: each one planned becomes a run. A root's execution
 * becomes its step, and the other roots start with it. Neither is born Running: they are claimed.
 * When two roots are due at the same instant the first begins the run, and the other's execution
 * is recorded as Cancelled, since the run has started that job already.
 *
 *   Owns, Threads, Errors: as workflows.h says.
 */
#ifndef ALPHABET_ENGINE_WORKFLOW_PLAN_H
#define ALPHABET_ENGINE_WORKFLOW_PLAN_H

#include "engine/plan.h"
#include "engine/workflows.h"

/* What is live of a workflow are its runs: sets due->live_count. Other jobs stay as they are. */
WARN_UNUSED bool workflow_plan_counts(struct workflow_changes *changes, const struct job *job,
                                      struct due_job *due, struct err *err);
WARN_UNUSED bool workflow_plan_begin(struct workflow_changes *changes, const struct job *job,
                                     const struct due_job *due, struct plan *plan, struct err *err);
WARN_UNUSED bool workflow_plan_applied(struct workflow_changes *changes,
                                       const struct plan_item *item, struct err *err);

#endif
