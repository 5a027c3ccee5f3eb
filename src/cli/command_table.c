/* command_table.c - THE table of commands; see commands.h. What is not here does not exist.
 *
 * Help, man page and completions print these texts: one line a summary, one line an option.
 */
#include "base/bounds.h"
#include "cli/commands.h"

#include <string.h>

#define NUMBER(name, letter, least, most, meaning) \
    { name, letter, "N", least, most, meaning }
#define VALUE(name, letter, value, meaning) \
    { name, letter, value, 0, 0, meaning }
#define FLAG(name, meaning) \
    { name, 0, NULL, 0, 0, meaning }
#define END_OF_OPTIONS \
    { 0 }

#define LIMIT NUMBER("--limit", 'n', 1, 1000000, "at most N of them (50)")
#define ALL FLAG("--all", "all of them, however many there are")
#define PASSWORD_STDIN FLAG("--password-stdin", "take the password from standard input")

static const struct command_option connection_options[] = {
    VALUE("--server", 's', "URL", "address of the server (ALPHABET_SERVER, else the last login)"),
    VALUE("--token-file", 0, "FILE",
          "file with the token to use (else ALPHABET_TOKEN, else the login)"),
    VALUE("--ca-file", 0, "FILE",
          "authority that signed the server's certificate (ALPHABET_CA_FILE)"),
    NUMBER("--timeout", 0, 1, 3600, "seconds to wait for an answer (60)"),
    FLAG("--allow-plain-http", "send the token unencrypted to another machine"),
    END_OF_OPTIONS,
};

static const struct command_option output_options[] = {
    VALUE("--output", 'o', "table|json", "text for people, or the JSON of the API"),
    END_OF_OPTIONS,
};

static const struct command_option server_options[] = {
    VALUE("--config", 0, "FILE", "settings file (appsettings.json in this folder, if it is there)"),
    VALUE("--data", 0, "FOLDER", "data folder (Data:Directory)"),
    VALUE("--address", 0, "ADDRESS", "address to listen on (Server:Address)"),
    NUMBER("--port", 0, 0, 65535, "port, 0 = any free one (Server:Port)"),
    NUMBER("--workers", 0, 1, 10000, "executions at once (Scheduler:Hangfire:WorkerCount)"),
    VALUE("--log-level", 0, "debug|info|warn|error", "least level that is logged (Logging:Level)"),
    VALUE("--set", 0, "KEY=VALUE", "any setting by its key, such as Server:MaxConnections=5000"),
    END_OF_OPTIONS,
};

static const struct command_option jobs_list_options[] = {
    VALUE("--status", 0, "active|paused|disabled|failed|completed", "only jobs in this state"),
    VALUE("--tag", 0, "TAG", "only jobs with this tag"),
    VALUE("--queue", 0, "QUEUE", "only jobs of this queue"),
    VALUE("--search", 0, "TEXT", "only jobs with this text in their name or description"),
    VALUE("--by", 0, "EMAIL", "only jobs that this account created"),
    VALUE("--type", 0, "TYPE", "only jobs of this type, such as HttpCall"),
    VALUE("--sort", 0, "name|createdAt|updatedAt|nextRunAt|lastExecutedAt",
          "what to sort by (createdAt)"),
    FLAG("--descending", "the last ones first"),
    LIMIT,
    ALL,
    END_OF_OPTIONS,
};

static const struct command_option jobs_create_options[] = {
    VALUE("--file", 'f', "FILE",
          "the definition in JSON, or an array of them; - is standard input"),
    END_OF_OPTIONS,
};

static const struct command_option jobs_update_options[] = {
    VALUE("--file", 'f', "FILE", "the fields to change in JSON; - is standard input"),
    END_OF_OPTIONS,
};

static const struct command_option jobs_delete_options[] = {
    FLAG("--hard", "remove definition and history for good"),
    END_OF_OPTIONS,
};

static const struct command_option jobs_pause_options[] = {
    VALUE("--until", 0, "TIME", "when it ends by itself, such as 2026-01-02T03:04:05Z"),
    END_OF_OPTIONS,
};

#define WAIT FLAG("--wait", "wait for its end; the exit code says whether it succeeded")
#define FOLLOW FLAG("--follow", "the same, and print its output as it comes")

static const struct command_option jobs_trigger_options[] = {
    VALUE("--parameter", 'p', "NAME=VALUE",
          "for {{Parameters.NAME}}; NAME:=VALUE gives a JSON value"),
    VALUE("--queue", 0, "QUEUE", "another queue for this run"),
    WAIT,
    FOLLOW,
    END_OF_OPTIONS,
};

static const struct command_option executions_list_options[] = {
    VALUE("--job", 0, "JOB", "only those of this job"),
    VALUE("--status", 0, "Pending|Running|Succeeded|Failed|Cancelled", "only those in this state"),
    VALUE("--queue", 0, "QUEUE", "only those of this queue"),
    VALUE("--search", 0, "TEXT", "only those with these words in job name, output or error"),
    VALUE("--from", 0, "TIME", "only those that started at this time or later"),
    VALUE("--to", 0, "TIME", "only those that started at this time or earlier"),
    LIMIT,
    ALL,
    END_OF_OPTIONS,
};

static const struct command_option executions_retry_options[] = {WAIT, FOLLOW, END_OF_OPTIONS};

static const struct command_option workflows_list_options[] = {
    VALUE("--search", 0, "TEXT", "only workflows with this text in their name or description"),
    VALUE("--job", 0, "JOB", "only workflows that this job is part of"),
    LIMIT,
    ALL,
    END_OF_OPTIONS,
};

static const struct command_option workflows_create_options[] = {
    VALUE("--file", 'f', "FILE", "the definition in JSON; - is standard input"),
    END_OF_OPTIONS,
};

#define FOLLOW_STEPS FLAG("--follow", "the same, and tell what becomes of each job")

static const struct command_option workflows_trigger_options[] = {
    VALUE("--parameter", 'p', "NAME=VALUE",
          "for {{Parameters.NAME}} of its jobs; NAME:=VALUE gives a JSON value"),
    WAIT,
    FOLLOW_STEPS,
    END_OF_OPTIONS,
};

static const struct command_option workflows_runs_options[] = {
    VALUE("--status", 0, "Running|Succeeded|Failed|Cancelled", "only those in this state"),
    LIMIT,
    ALL,
    END_OF_OPTIONS,
};

static const struct command_option workflows_retry_options[] = {WAIT, FOLLOW_STEPS, END_OF_OPTIONS};

static const struct command_option failed_options[] = {
    NUMBER("--threshold", 0, 1, 1000000, "failures in a row (3)"),
    END_OF_OPTIONS,
};

static const struct command_option timeline_options[] = {
    NUMBER("--hours", 0, 1, 8760, "how far back (24)"),
    NUMBER("--bucket", 0, 1, 10080, "minutes in one line (60; 5 up to 6 hours, 1440 beyond 336)"),
    END_OF_OPTIONS,
};

static const struct command_option forecast_options[] = {
    NUMBER("--hours", 0, 1, 168, "how far ahead (24)"),
    NUMBER("--bucket", 0, 1, 1440, "minutes in one line (60; 5 up to 6 hours)"),
    END_OF_OPTIONS,
};

static const struct command_option login_options[] = {PASSWORD_STDIN, END_OF_OPTIONS};

static const struct command_option user_create_options[] = {
    VALUE("--role", 0, "Viewer|User|Admin", "what the user may do (User)"),
    PASSWORD_STDIN,
    END_OF_OPTIONS,
};

static const struct command_option token_create_options[] = {
    VALUE("--role", 0, "Viewer|User|Admin", "at most your own, which it is unless given"),
    VALUE("--expires", 0, "TIME", "when it ends, such as 2030-12-31T23:59:59Z (never)"),
    END_OF_OPTIONS,
};

static const struct command_option pause_all_options[] = {
    FLAG("--cancel-running", "also cancel what runs"),
    VALUE("--reason", 0, "TEXT", "why, for people"),
    END_OF_OPTIONS,
};

static const struct command_option clear_logs_options[] = {
    NUMBER("--older-than", 0, 1, 36500, "from how many days of age on; there is no default"),
    END_OF_OPTIONS,
};

static const struct command_option export_options[] = {
    VALUE("--file", 'f', "FILE", "where to write it (standard output)"),
    END_OF_OPTIONS,
};

static const struct command_option import_options[] = {
    VALUE("--file", 'f', "FILE", "what to read (standard input)"),
    VALUE("--from", 0, "export|crontab", "what it is (export)"),
    VALUE("--on-conflict", 0, "duplicate|skip|replace",
          "what becomes of a job whose name is there (duplicate)"),
    FLAG("--partial", "import the good jobs when others are wrong"),
    FLAG("--dry-run", "check and count only"),
    VALUE("--timezone", 0, "ZONE", "of a crontab (its CRON_TZ, else that of this machine)"),
    FLAG("--with-user", "a crontab whose commands have a user's name in front"),
    END_OF_OPTIONS,
};

static const struct command_option apply_options[] = {
    VALUE("--file", 'f', "FOLDER",
          "the folder; each .json in it and below holds a job or an array"),
    FLAG("--prune", "delete jobs that apply has written and no file names any more"),
    FLAG("--dry-run", "show what would be done"),
    VALUE("--owner", 0, "NAME", "whose jobs they are, when several folders are applied (default)"),
    END_OF_OPTIONS,
};

static const struct command_option audit_options[] = {
    VALUE("--by", 0, "EMAIL", "only what this person did"),
    VALUE("--job", 0, "JOB", "only what concerns this job"),
    VALUE("--action", 0, "ACTION", "only this action, such as job.update; all of a kind: user."),
    VALUE("--from", 0, "TIME", "only entries of this time or later"),
    VALUE("--to", 0, "TIME", "only entries of this time or earlier"),
    LIMIT,
    ALL,
    END_OF_OPTIONS,
};

static const struct command_option list_options[] = {LIMIT, ALL, END_OF_OPTIONS};

static const struct command_option cron_options[] = {
    VALUE("--timezone", 0, "ZONE", "IANA name of the zone (UTC)"),
    VALUE("--from", 0, "TIME", "times later than this (now)"),
    NUMBER("--count", 0, 1, MAX_UPCOMING, "how many times (5)"),
    END_OF_OPTIONS,
};

static const struct command_option help_options[] = {
    FLAG("--man", "everything, as a manual page"),
    END_OF_OPTIONS,
};

enum { ASKS = COMMAND_CONNECTS | COMMAND_PRINTS };

static const struct command table[] = {
    {"serve", "", "run the server",
     "Every setting can also come from the environment: Scheduler__Hangfire__WorkerCount=20.",
     "serve --data /var/lib/alphabet --workers 20", server_options, 0, NULL},

    {"jobs list", "", "list jobs", NULL, "jobs list --status failed --sort name", jobs_list_options,
     ASKS, cli_jobs_list},
    {"jobs show", "JOB", "show one job with its next runs", NULL, "jobs show 'Nightly report'",
     NULL, ASKS, cli_jobs_show},
    {"jobs create", "", "create the job or jobs of a file", NULL, "jobs create -f report.json",
     jobs_create_options, ASKS, cli_jobs_create},
    {"jobs update", "JOB", "change the fields that a file names",
     "What the file leaves out stays as it is.", "jobs update 'Nightly report' -f change.json",
     jobs_update_options, ASKS, cli_jobs_update},
    {"jobs delete", "JOB...", "delete jobs; their history stays", NULL,
     "jobs delete 'Nightly report'", jobs_delete_options, ASKS, cli_jobs_delete},
    {"jobs pause", "JOB...", "start no run by schedule until resumed", NULL,
     "jobs pause 'Nightly report' --until 2026-12-27T00:00:00Z", jobs_pause_options, ASKS,
     cli_jobs_pause},
    {"jobs resume", "JOB...", "let the schedule go on", NULL, "jobs resume 'Nightly report'", NULL,
     ASKS, cli_jobs_resume},
    {"jobs trigger", "JOB", "run a job now", "Works on a paused or disabled job too.",
     "jobs trigger 'Nightly report' --parameter day=2026-11-22 --follow", jobs_trigger_options,
     ASKS, cli_jobs_trigger},

    {"executions list", "", "list executions, the newest first", NULL,
     "executions list --job 'Nightly report' --status Failed", executions_list_options, ASKS,
     cli_executions_list},
    {"executions show", "EXECUTION", "show one execution with its output", NULL,
     "executions show 01a20869-9b58-7000-af87-22b6f7af6a40", NULL, ASKS, cli_executions_show},
    {"executions tail", "EXECUTION", "print the output as it comes, until the end",
     "The output goes to standard output, how it ended to standard error; exit code 0 when it "
     "succeeded.",
     "executions tail 01a20869-9b58-7000-af87-22b6f7af6a40", NULL, COMMAND_CONNECTS,
     cli_executions_tail},
    {"executions cancel", "EXECUTION...", "stop executions that wait or run", NULL,
     "executions cancel 01a20869-9b58-7000-af87-22b6f7af6a40", NULL, ASKS, cli_executions_cancel},
    {"executions retry", "EXECUTION", "run one that has ended again", NULL,
     "executions retry 01a20869-9b58-7000-af87-22b6f7af6a40 --wait", executions_retry_options, ASKS,
     cli_executions_retry},

    {"workflows list", "", "list workflows", NULL, "workflows list --job 'Nightly report'",
     workflows_list_options, ASKS, cli_workflows_list},
    {"workflows show", "WORKFLOW", "show one workflow with its graph", NULL,
     "workflows show nightly", NULL, ASKS, cli_workflows_show},
    {"workflows create", "", "create the workflow of a file", NULL,
     "workflows create -f nightly.json", workflows_create_options, ASKS, cli_workflows_create},
    {"workflows update", "WORKFLOW", "change the fields that a file names",
     "What the file leaves out stays as it is.", "workflows update nightly -f change.json",
     jobs_update_options, ASKS, cli_workflows_update},
    {"workflows delete", "WORKFLOW...", "delete workflows; their jobs and runs stay", NULL,
     "workflows delete nightly", NULL, ASKS, cli_workflows_delete},
    {"workflows trigger", "WORKFLOW", "begin a run now", "Works on a disabled workflow too.",
     "workflows trigger nightly --parameter day=2026-11-22 --follow", workflows_trigger_options,
     ASKS, cli_workflows_trigger},
    {"workflows runs", "WORKFLOW", "list the runs of a workflow, the newest first", NULL,
     "workflows runs nightly --status Failed", workflows_runs_options, ASKS, cli_workflows_runs},
    {"workflows run", "RUN", "show one run with what became of each job", NULL,
     "workflows run 01a20869-9b58-7000-af87-22b6f7af6a40", NULL, ASKS, cli_workflows_run},
    {"workflows cancel", "RUN...", "stop runs: what runs in them, and what waits", NULL,
     "workflows cancel 01a20869-9b58-7000-af87-22b6f7af6a40", NULL, ASKS, cli_workflows_cancel},
    {"workflows retry", "RUN", "let a run that failed or was cancelled go on from there", NULL,
     "workflows retry 01a20869-9b58-7000-af87-22b6f7af6a40 --wait", workflows_retry_options, ASKS,
     cli_workflows_retry},

    {"stats", "", "how things stand", NULL, NULL, NULL, ASKS, cli_stats},
    {"timeline", "", "executions over time, as a chart", NULL, "timeline --hours 6",
     timeline_options, ASKS, cli_timeline},
    {"forecast", "", "what is planned, and where it is too much",
     "From the schedules and how long the jobs took.", "forecast --hours 48", forecast_options,
     ASKS, cli_forecast},
    {"failed", "", "jobs that keep failing, the worst first", NULL, "failed --threshold 1",
     failed_options, ASKS, cli_failed},
    {"why", "JOB TIME...", "why did it run, or not run, at that time?",
     "TIME is 02:00 (the last one), \"yesterday 02:00\", \"2026-11-22 02:00\" in the job's zone, "
     "or RFC 3339.",
     "why 'Nightly report' yesterday 02:30", NULL, ASKS, cli_why},

    {"pause-all", "", "start nothing any more, until resume-all",
     "Survives a restart. What runs finishes, unless asked otherwise.",
     "pause-all --reason 'the database is moved'", pause_all_options, ASKS, cli_pause_all},
    {"resume-all", "", "let everything go on, paused jobs too", NULL, NULL, NULL, ASKS,
     cli_resume_all},
    {"clear-logs", "", "delete old executions", "Never one that waits or runs.",
     "clear-logs --older-than 60", clear_logs_options, ASKS, cli_clear_logs},
    {"export", "", "write all jobs as JSON", "Secrets read ***; import takes the whole.",
     "export -f jobs.json", export_options, COMMAND_CONNECTS, cli_export},
    {"import", "", "create jobs from an export or a crontab",
     "All or nothing, unless --partial. Of a crontab, calls by curl or wget become jobs; no shell "
     "is run.",
     "import --from crontab -f /etc/cron.d/calls --with-user --dry-run", import_options, ASKS,
     cli_import},
    {"apply", "", "make the jobs be as the files of a folder say",
     "Jobs are matched by name. What a file leaves out stays as it is. Twice is the same as once.",
     "apply -f jobs/ --prune --dry-run", apply_options, ASKS, cli_apply},
    {"audit", "", "who did what, the newest first", NULL,
     "audit --by ann@example.com --action job.", audit_options, ASKS, cli_audit},
    {"audit verify", "", "was the audit record tampered with?", "The exit code is 1 when it was.",
     NULL, NULL, ASKS, cli_audit_verify},

    {"cron explain", "PATTERN", "what a cron pattern means, and when it runs next",
     "Needs no server. The exit code is 1 when the pattern is not valid.",
     "cron explain '30 2 * * MON-FRI' --timezone Europe/Berlin", cron_options, COMMAND_PRINTS,
     cli_cron_explain},

    {"user list", "", "list those who may log in", NULL, NULL, list_options, ASKS, cli_user_list},
    {"user create", "EMAIL", "add a user", NULL, "user create jo@example.com --role Viewer",
     user_create_options, ASKS, cli_user_create},
    {"user delete", "EMAIL", "delete a user and all tokens", NULL, NULL, NULL, ASKS,
     cli_user_delete},
    {"user lock", "EMAIL", "lock a user out", NULL, NULL, NULL, ASKS, cli_user_lock},
    {"user unlock", "EMAIL", "let a user in again", NULL, NULL, NULL, ASKS, cli_user_unlock},
    {"user role", "EMAIL Viewer|User|Admin", "set what a user may do", NULL,
     "user role jo@example.com User", NULL, ASKS, cli_user_role},
    {"user password", "EMAIL", "set a user's password", NULL, NULL, login_options, ASKS,
     cli_user_password},

    {"token list", "", "list your personal access tokens", NULL, NULL, NULL, ASKS, cli_token_list},
    {"token create", "NAME", "make a personal access token; it is shown this once",
     "Only the token is printed, so that it can go into a file.",
     "token create monitoring --role Viewer > token", token_create_options, ASKS, cli_token_create},
    {"token revoke", "TOKEN", "end a personal access token, by id or name", NULL,
     "token revoke monitoring", NULL, ASKS, cli_token_revoke},

    {"login", "[EMAIL]", "log in, and remember it",
     "The login is kept in ~/.config/alphabet/credentials.json, which only you may read.",
     "login admin@alphabet.local", login_options, COMMAND_CONNECTS, cli_login},
    {"logout", "", "end the login everywhere, and forget it", NULL, NULL, NULL, COMMAND_CONNECTS,
     cli_logout},

    {"config", "", "print the settings in force and where each came from", NULL, NULL,
     server_options, 0, NULL},
    {"doctor", "", "check this machine and its server, and say how to mend",
     "The exit code is 1 when something is wrong.", NULL, server_options, ASKS, NULL},
    {"completion", "bash|zsh|fish", "print the completions for a shell", NULL,
     "completion bash > /etc/bash_completion.d/alphabet", NULL, 0, cli_completion},
    {"help", "[COMMAND...]", "say how a command is used", NULL, "help jobs trigger", help_options,
     0, cli_help},
    {"version", "", "print the version", NULL, NULL, NULL, 0, cli_version},
};

const struct command *command_table(size_t *count) {
    *count = COUNT_OF(table);
    return table;
}

const struct command *command_find(const char *name) {
    for (size_t i = 0; i < COUNT_OF(table); i++)
        if (strcmp(table[i].name, name) == 0) return &table[i];
    return NULL;
}

const struct command_option *command_connection_options(void) {
    return connection_options;
}

const struct command_option *command_output_options(void) {
    return output_options;
}

static const struct command_option *nth(const struct command_option *options, size_t *n) {
    for (; options != NULL && options->name != NULL; options++)
        if ((*n)-- == 0) return options;
    return NULL;
}

const struct command_option *command_next_option(const struct command *command, size_t *at) {
    size_t n = (*at)++;
    const struct command_option *option = nth(command->options, &n);
    if (option == NULL && command->flags & COMMAND_PRINTS) option = nth(output_options, &n);
    if (option == NULL && command->flags & COMMAND_CONNECTS) option = nth(connection_options, &n);
    return option;
}
