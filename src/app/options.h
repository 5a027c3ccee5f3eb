/* options.h - the flags that `serve` and `config` share, and the settings they lead to.
 *
 *   Owns:    settings_free on *ret.   Threads: main only.
 *   Errors:  complaints and usage go to standard error; the exit code says which.
 */
#ifndef ALPHABET_APP_OPTIONS_H
#define ALPHABET_APP_OPTIONS_H

#include "app/settings.h"

/* `command` names the row of the command table (cli/commands.h) that --help prints.
 * EXIT codes: 0 = go on, else leave with that code; -1 = --help was printed, leave with 0. */
int options_load(int argc, char **argv, const char *command, struct settings *ret);

#endif
