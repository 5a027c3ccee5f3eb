/* workflow_run.h - a run that is being changed; for workflows.c and workflow_begin.c only.
 *
 *   Owns, Threads, Errors: as workflows.h says.
 */
#ifndef ALPHABET_ENGINE_WORKFLOW_RUN_H
#define ALPHABET_ENGINE_WORKFLOW_RUN_H

#include "engine/workflows.h"

struct open_run {
    struct open_run *next;
    struct workflow_run run;
    struct workflow_graph graph;
    struct workflow_step *steps; // one a node
    bool *changed;               // likewise: to be written
    bool run_changed;
    bool advance; // something happened to it
};

/* Reads it, unless it is open already. *ret is NULL when there is no such run (any more). */
WARN_UNUSED bool workflow_run_open(struct workflow_changes *changes, struct guid run_id,
                                   struct open_run **ret, struct err *err);
/* Adds one that is in the store as `run` and `steps` say. */
WARN_UNUSED bool workflow_run_add(struct workflow_changes *changes, const struct workflow_run *run,
                                  struct workflow_step *steps, size_t count, struct open_run **ret,
                                  struct err *err);
void workflow_step_end(struct workflow_changes *changes, struct open_run *open, size_t position,
                       enum execution_status status, struct str error_message);
/* Of a step that is Running. */
WARN_UNUSED bool workflow_step_cancel(struct workflow_changes *changes, struct open_run *open,
                                      size_t position, struct str reason, struct err *err);
void workflow_tell(struct workflow_changes *changes, const struct workflow_run *run);

#endif
