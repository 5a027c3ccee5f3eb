/* workflows.h - what workflows.c and workflow_runs.c share.
 *
 *   Owns:    the caller owns what comes back (json_decref, client_close).   Threads: main only.
 *   Errors:  an exit code after a complaint.
 */
#ifndef ALPHABET_CLI_WORKFLOWS_H
#define ALPHABET_CLI_WORKFLOWS_H

#include "cli/client.h"

/* The workflow with this id, or the only one of this name. */
WARN_UNUSED int workflow_find(struct client *client, const char *id_or_name, json_t **ret);
/* Opens the client and finds the first argument's workflow. */
WARN_UNUSED int workflow_begin(struct invocation *invocation, struct client **client,
                               json_t **workflow);
struct str workflow_path(struct invocation *invocation, const json_t *workflow, const char *rest);

#endif
