/* commands.h - the commands that need no server of their own; each takes its own argc and argv and
 * answers with the exit code of the process.
 *
 *   Owns: nothing.   Threads: main only.   Errors: a sentence on standard error and a code below.
 */
#ifndef ALPHABET_CLI_COMMANDS_H
#define ALPHABET_CLI_COMMANDS_H

enum { EXIT_OK = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

int cli_cron(int argc, char **argv);
int cli_version(int argc, char **argv);

#endif
