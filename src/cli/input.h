/* input.h - what a command reads: files, standard input, passwords.
 *
 *   Owns:    the caller owns what comes back.   Threads: main only.
 *   Errors:  an exit code after a complaint that names the file.
 */
#ifndef ALPHABET_CLI_INPUT_H
#define ALPHABET_CLI_INPUT_H

#include "cli/arguments.h"

#include <jansson.h>

enum { INPUT_LARGEST = 128 * 1024 * 1024 };

/* The whole of a file; "-" is standard input. */
WARN_UNUSED int input_read(const struct invocation *invocation, const char *path,
                           struct buf *ret_text);
/* The same as JSON, with the file, line and column of a fault. */
WARN_UNUSED int input_read_json(const struct invocation *invocation, const char *path,
                                json_t **ret);
/* One line, asked for on the terminal; without one EXIT_USAGE and `otherwise` says what to give. */
WARN_UNUSED int input_ask(struct invocation *invocation, const char *question,
                          const char *otherwise, struct str *ret);
/* A password: with --password-stdin the first line of standard input, else asked for on the
 * terminal without showing it; `twice` when it is a new one. Wipe it with input_wipe. */
WARN_UNUSED int input_password(const struct invocation *invocation, bool twice, char **ret);
void input_wipe(char *password); // NULL is fine

#endif
