/* follow.h - an execution until its end: its live output, and how it ended as an exit code.
 *
 *   Owns:    nothing.   Threads: main only.
 *   Errors:  EXIT_OK for Succeeded, EXIT_FAILED for Failed and Cancelled, else why it could not be
 *            followed.
 */
#ifndef ALPHABET_CLI_FOLLOW_H
#define ALPHABET_CLI_FOLLOW_H

#include "cli/client.h"

/* An execution that the command just made: prints its id; with --wait or --follow (which the
 * command must have) waits for its end, and says it. */
WARN_UNUSED int follow_new(struct client *client, struct str id);
/* Prints the output of an execution as it comes, and on standard error how it ended. */
WARN_UNUSED int follow_output(struct client *client, struct str id);

/* An execution for people, or as JSON. `execution` as the API gives it. */
void execution_print(const struct invocation *invocation, const json_t *execution);
/* Output of a job on standard output: as it is, but on a terminal nothing that would drive it. */
void output_print(struct str output);

#endif
