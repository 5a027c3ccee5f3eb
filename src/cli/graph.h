/* graph.h - the graph of a workflow, or of a run of one, as indented text.
 *
 * Each job stands below one of those it waits for, the one furthest down, and further to the right;
 * the others are named beside it.
 *
 *     JOB        STATUS     TOOK   NOTE
 *     extract    Succeeded  1.2 s
 *       load     Running
 *       check    Failed     0.3 s  the target answered 500
 *         report Cancelled         also behind load; not started: job "check" failed
 *
 *   Owns:    nothing.   Threads: main only.   Errors: none.
 */
#ifndef ALPHABET_CLI_GRAPH_H
#define ALPHABET_CLI_GRAPH_H

#include "cli/arguments.h"

#include <jansson.h>

/* `jobs` as GET /workflows/{id} (is_run false) or GET /workflows/runs/{id} has them. */
void graph_print(struct invocation *invocation, const json_t *jobs, bool is_run);

#endif
