/* arguments.h - what was typed behind a command, checked against its row of the table.
 *
 *     const char *status = option_value(invocation, "--status");      // NULL when not given
 *     int64_t limit = option_number(invocation, "--limit", 50);
 *     for (size_t at = 0; (text = option_next(invocation, "--parameter", &at)); ) …
 *
 * Asking for an option that the table does not list is a defect, and asserted.
 *
 *   Owns:    the texts are those of argv; invocation_free ends the rest.   Threads: main only.
 *   Errors:  a complaint on standard error; the exit code comes back.
 */
#ifndef ALPHABET_CLI_ARGUMENTS_H
#define ALPHABET_CLI_ARGUMENTS_H

#include "base/clock.h"
#include "base/mem.h"
#include "cli/commands.h"

struct given_option {
    const struct command_option *option;
    const char *value; // NULL when it takes none
};

struct invocation {
    const struct command *command;
    const char **arguments;
    size_t argument_count;
    struct given_option *given;
    size_t given_count;
    struct arena arena; // for whatever the command makes
    const struct clock *clock;
    const char *own_server; // the one to talk to when nothing else names one; NULL = none
    bool json;              // --output json
    bool help;              // --help was asked for, and nothing else counts
};

/* Parses argv[0…] (behind the command's name). EXIT_OK or EXIT_USAGE; free it either way. */
WARN_UNUSED int invocation_parse(struct invocation *invocation, const struct command *command,
                                 int argc, char **argv);
void invocation_free(struct invocation *invocation);

bool option_given(const struct invocation *invocation, const char *name);
const char *option_value(const struct invocation *invocation, const char *name); // the last one
const char *option_next(const struct invocation *invocation, const char *name, size_t *at);
int64_t option_number(const struct invocation *invocation, const char *name, int64_t otherwise);
/* --name and a time in RFC 3339: absent gives an absent text; false after a complaint. */
WARN_UNUSED bool option_time(const struct invocation *invocation, const char *name,
                             struct str *ret);
/* The arguments from `first` on, with spaces between them. */
struct str arguments_joined(struct invocation *invocation, size_t first);

/* "alphabet jobs list: …" on standard error, control characters made visible; EXIT_USAGE. */
int complain_usage(const struct invocation *invocation, const char *format, ...) PRINTF_LIKE(2, 3);
/* The same with another code. */
int complain(const struct invocation *invocation, int code, const char *format, ...)
    PRINTF_LIKE(3, 4);

#endif
