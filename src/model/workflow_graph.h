/* workflow_graph.h - the checks of a list of jobs that depend on each other, as a request gives it.
 * For workflow_json.c.
 *
 *   Owns: the arena holds what is made.   Threads: pure.   Errors: faults below `jobs`.
 */
#ifndef ALPHABET_MODEL_WORKFLOW_GRAPH_H
#define ALPHABET_MODEL_WORKFLOW_GRAPH_H

#include "model/workflow_json.h"

/* A fault for each circle, spelled out. */
void workflow_check_circles(const struct workflow_graph *graph, const struct workflow_job *jobs,
                            struct faults *faults);
/* A fault for each mention of a job that is not above the one that mentions it, or of a name that
 * several of those have. */
void workflow_check_mentions(const struct workflow_graph *graph, const struct workflow_job *jobs,
                             struct faults *faults);
/* A fault for each root that starts another workflow than `workflow_row` already. */
void workflow_check_roots(const struct workflow_graph *graph, const struct workflow_job *jobs,
                          int64_t workflow_row, struct faults *faults);
/* "\"name\" (id)", or the id alone while the name is not known. */
struct str workflow_describe_job(struct arena *arena, struct guid id, struct str name);

#endif
