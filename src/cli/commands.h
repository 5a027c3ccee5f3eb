/* commands.h - the command line: the table of all commands, and what picks one.
 *
 * Help, the manual page, the completions and the checks of what was typed are all made from this
 * one table, so that they cannot disagree.
 *
 *     return cli_main(argc, argv);                        // everything but what needs app/
 *     help_of_command(stdout, command_find("serve"));     // --help of such a one
 *
 *   Owns:    nothing; the table is constant.   Threads: main only.
 *   Errors:  a sentence on standard error and a code below.
 */
#ifndef ALPHABET_CLI_COMMANDS_H
#define ALPHABET_CLI_COMMANDS_H

#include "base/attr.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* X(name, code, meaning): what the process ends with. */
#define EXIT_CODES(X) \
    X(EXIT_OK, 0, "done") \
    X(EXIT_FAILED, 1, "it failed, or what was asked about is not well") \
    X(EXIT_USAGE, 2, "wrong usage, settings or file; nothing was done") \
    X(EXIT_NOT_FOUND, 3, "there is no such job, execution, workflow, user or token") \
    X(EXIT_NOT_ALLOWED, 4, "not logged in, or not allowed") \
    X(EXIT_CONFLICT, 5, "not possible in this state, or a name that several jobs have") \
    X(EXIT_UNREACHABLE, 6, "the server cannot be reached, or is too busy") \
    X(EXIT_REFUSED, 7, "the server found the request invalid; it says what and where")

enum exit_code {
#define X(name, code, meaning) name = (code),
    EXIT_CODES(X)
#undef X
};

struct invocation;

struct command_option {
    const char *name;  // "--limit"
    char letter;       // 'f': also -f; 0 = no short form
    const char *value; // "N"; "A|B": one of these; NULL: the option stands alone
    int64_t min, max;  // of a whole number; both 0: it is none
    const char *meaning;
};

enum command_flags {
    COMMAND_CONNECTS = 1, // takes the options of the connection too
    COMMAND_PRINTS = 2,   // takes --output
};

struct command {
    const char *name;      // "jobs list"
    const char *arguments; // "JOB TIME...", "[JOB]": brackets: may be left out, dots: one or more
    const char *summary;   // one line
    const char *details;   // further sentences; NULL = none
    const char *example;   // without "alphabet "; NULL = none
    const struct command_option *options; // up to a row without a name; NULL = none
    unsigned flags;
    int (*run)(struct invocation *invocation); // NULL: app/ runs it and parses for itself
};

const struct command *command_table(size_t *count);
const struct command *command_find(const char *name); // NULL when there is none
/* The options that COMMAND_CONNECTS and COMMAND_PRINTS add. */
const struct command_option *command_connection_options(void);
const struct command_option *command_output_options(void);
/* The options of a command, its own first: *at counts from 0; NULL at the end. */
const struct command_option *command_next_option(const struct command *command, size_t *at);

/* Runs what argv[1…] names; the exit code of the process. */
int cli_main(int argc, char **argv);

void help_of_command(FILE *out, const struct command *command);
void help_of_group(FILE *out, const char *group); // "jobs"
void help_of_all(FILE *out);

/* The commands; which is which is in command_table.c. */
int cli_apply(struct invocation *invocation);
int cli_audit(struct invocation *invocation);
int cli_audit_verify(struct invocation *invocation);
int cli_clear_logs(struct invocation *invocation);
int cli_completion(struct invocation *invocation);
int cli_cron_explain(struct invocation *invocation);
int cli_executions_cancel(struct invocation *invocation);
int cli_executions_list(struct invocation *invocation);
int cli_executions_retry(struct invocation *invocation);
int cli_executions_show(struct invocation *invocation);
int cli_executions_tail(struct invocation *invocation);
int cli_export(struct invocation *invocation);
int cli_failed(struct invocation *invocation);
int cli_forecast(struct invocation *invocation);
int cli_help(struct invocation *invocation);
int cli_import(struct invocation *invocation);
int cli_jobs_create(struct invocation *invocation);
int cli_jobs_delete(struct invocation *invocation);
int cli_jobs_list(struct invocation *invocation);
int cli_jobs_pause(struct invocation *invocation);
int cli_jobs_resume(struct invocation *invocation);
int cli_jobs_show(struct invocation *invocation);
int cli_jobs_trigger(struct invocation *invocation);
int cli_jobs_update(struct invocation *invocation);
int cli_login(struct invocation *invocation);
int cli_logout(struct invocation *invocation);
int cli_pause_all(struct invocation *invocation);
int cli_resume_all(struct invocation *invocation);
int cli_stats(struct invocation *invocation);
int cli_timeline(struct invocation *invocation);
int cli_token_create(struct invocation *invocation);
int cli_token_list(struct invocation *invocation);
int cli_token_revoke(struct invocation *invocation);
int cli_user_create(struct invocation *invocation);
int cli_user_delete(struct invocation *invocation);
int cli_user_list(struct invocation *invocation);
int cli_user_lock(struct invocation *invocation);
int cli_user_password(struct invocation *invocation);
int cli_user_role(struct invocation *invocation);
int cli_user_unlock(struct invocation *invocation);
int cli_version(struct invocation *invocation);
int cli_why(struct invocation *invocation);
int cli_workflows_cancel(struct invocation *invocation);
int cli_workflows_create(struct invocation *invocation);
int cli_workflows_delete(struct invocation *invocation);
int cli_workflows_list(struct invocation *invocation);
int cli_workflows_retry(struct invocation *invocation);
int cli_workflows_run(struct invocation *invocation);
int cli_workflows_runs(struct invocation *invocation);
int cli_workflows_show(struct invocation *invocation);
int cli_workflows_trigger(struct invocation *invocation);
int cli_workflows_update(struct invocation *invocation);

#endif
