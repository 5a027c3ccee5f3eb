/* parameters.h - what --parameter gives for {{Parameters.NAME}} of a run.
 *
 *   Owns:    the caller owns *ret, an object (empty when none was given).   Threads: main only.
 *   Errors:  EXIT_USAGE after a complaint.
 */
#ifndef ALPHABET_CLI_PARAMETERS_H
#define ALPHABET_CLI_PARAMETERS_H

#include "cli/arguments.h"

#include <jansson.h>

/* NAME=VALUE gives a text; NAME:=VALUE JSON, for numbers and the like. */
WARN_UNUSED int parameters_given(const struct invocation *invocation, json_t **ret);

#endif
