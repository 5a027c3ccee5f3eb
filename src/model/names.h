/* names.h - every enumeration of the API, with its names and the numbers .NET clients send.
 *
 * One X-macro a life cycle or choice; from it come the enum, NAME_name() (for output) and
 * NAME_parse() (any case, aliases, numbers). The numbers are also what the store keeps, so they
 * never change.
 *
 *     enum job_type type;
 *     if (!job_type_parse(STR("httpcall"), &type)) ...
 *     json_str(w, job_type_name(type));
 *
 *   Owns: nothing.   Threads: pure.   Errors: parse returns false and leaves its output alone.
 */
#ifndef ALPHABET_MODEL_NAMES_H
#define ALPHABET_MODEL_NAMES_H

#include "base/str.h"

/* X(constant, number, "Name") */
#define JOB_TYPES(X) \
    X(JOB_HTTP_CALL, 1, "HttpCall") \
    X(JOB_STORED_PROCEDURE, 2, "StoredProcedure") \
    X(JOB_CODE_EXECUTION, 3, "CodeExecution") \
    X(JOB_FILE_OPERATION, 4, "FileOperation")

#define SCHEDULE_TYPES(X) \
    X(SCHEDULE_CRON, 1, "Cron") \
    X(SCHEDULE_INTERVAL, 2, "Interval") \
    X(SCHEDULE_ONE_TIME, 3, "OneTime")

#define EXECUTION_STATUSES(X) \
    X(EXECUTION_PENDING, 1, "Pending") \
    X(EXECUTION_RUNNING, 2, "Running") \
    X(EXECUTION_SUCCEEDED, 3, "Succeeded") \
    X(EXECUTION_FAILED, 4, "Failed") \
    X(EXECUTION_CANCELLED, 5, "Cancelled")

#define JOB_STATUSES(X) \
    X(JOB_ACTIVE, 1, "Active") \
    X(JOB_PAUSED, 2, "Paused") \
    X(JOB_DISABLED, 3, "Disabled") \
    X(JOB_FAILED, 4, "Failed") \
    X(JOB_COMPLETED, 5, "Completed") \
    X(JOB_DELETED, 6, "Deleted")

#define BACKOFFS(X) \
    X(BACKOFF_FIXED, 1, "Fixed") \
    X(BACKOFF_LINEAR, 2, "Linear") \
    X(BACKOFF_EXPONENTIAL, 3, "Exponential")

#define TRIGGERS(X) \
    X(TRIGGER_SCHEDULE, 1, "Schedule") \
    X(TRIGGER_MANUAL, 2, "Manual") \
    X(TRIGGER_RETRY, 3, "Retry") \
    X(TRIGGER_DEPENDENCY, 4, "Dependency") \
    X(TRIGGER_WORKFLOW, 5, "Workflow") \
    X(TRIGGER_CATCH_UP, 6, "CatchUp") \
    X(TRIGGER_ALERT, 7, "Alert")

#define ERROR_TYPES(X) \
    X(ERROR_TIMEOUT, 1, "Timeout") \
    X(ERROR_HTTP_STATUS, 2, "HttpStatus") \
    X(ERROR_CONNECTION, 3, "Connection") \
    X(ERROR_PROCESS, 4, "Process") \
    X(ERROR_DATABASE, 5, "Database") \
    X(ERROR_FILE, 6, "File") \
    X(ERROR_ORPHANED, 7, "Orphaned") \
    X(ERROR_SHUTDOWN, 8, "Shutdown") \
    X(ERROR_CONFIGURATION, 9, "Configuration")

#define INTERVAL_MODES(X) \
    X(INTERVAL_FIXED_RATE, 1, "FixedRate") \
    X(INTERVAL_FIXED_DELAY, 2, "FixedDelay")

#define MISFIRE_POLICIES(X) \
    X(MISFIRE_FIRE_ONCE, 1, "FireOnce") \
    X(MISFIRE_SKIP, 2, "Skip") \
    X(MISFIRE_FIRE_ALL, 3, "FireAll")

#define CONCURRENCY_POLICIES(X) \
    X(CONCURRENCY_ALLOW, 1, "Allow") \
    X(CONCURRENCY_SKIP, 2, "Skip") \
    X(CONCURRENCY_QUEUE, 3, "Queue") \
    X(CONCURRENCY_REPLACE, 4, "Replace")

#define GAP_POLICIES(X) \
    X(GAP_RUN_AFTER, 1, "RunAfter") \
    X(GAP_SHIFT, 2, "Shift") \
    X(GAP_SKIP, 3, "Skip")

#define OVERLAP_POLICIES(X) \
    X(OVERLAP_AUTO, 1, "Auto") \
    X(OVERLAP_FIRST, 2, "First") \
    X(OVERLAP_LAST, 3, "Last") \
    X(OVERLAP_BOTH, 4, "Both")

/* Why a due time did not run; kept in the decision ledger. */
#define SKIP_REASONS(X) \
    X(SKIP_OVERLAP, 1, "Overlap") \
    X(SKIP_EXCLUSION, 2, "Exclusion") \
    X(SKIP_PAUSED, 3, "Paused") \
    X(SKIP_DISABLED, 4, "Disabled") \
    X(SKIP_MISFIRE, 5, "Misfire") \
    X(SKIP_DAYLIGHT_SAVING, 6, "DaylightSaving") \
    X(SKIP_END_OF_SCHEDULE, 7, "EndOfSchedule")

/* What an alert tells: the streak of failures of any job, and the watches of one. */
#define ALERT_KINDS(X) \
    X(ALERT_CONSECUTIVE_FAILURES, 1, "ConsecutiveFailures") \
    X(ALERT_NO_SUCCESS, 2, "NoSuccess") \
    X(ALERT_NOT_FINISHED, 3, "NotFinished") \
    X(ALERT_STARTED_LATE, 4, "StartedLate") \
    X(ALERT_TOO_SLOW, 5, "TooSlow") \
    X(ALERT_TOO_FAST, 6, "TooFast")

#define DEPENDENCY_CONDITIONS(X) \
    X(DEPENDENCY_ALL_SUCCEEDED, 1, "AllSucceeded") \
    X(DEPENDENCY_ANY_SUCCEEDED, 2, "AnySucceeded") \
    X(DEPENDENCY_ALL_COMPLETED, 3, "AllCompleted")

/* What the failure of a job does to the rest of its workflow run. */
#define FAILURE_POLICIES(X) \
    X(FAILURE_STOP, 1, "Stop") \
    X(FAILURE_CONTINUE, 2, "Continue")

#define ROLES(X) \
    X(ROLE_VIEWER, 1, "Viewer") \
    X(ROLE_USER, 2, "User") \
    X(ROLE_ADMIN, 3, "Admin")

/* X(enum tag, list) */
#define MODEL_ENUMS(X) \
    X(job_type, JOB_TYPES) \
    X(schedule_type, SCHEDULE_TYPES) \
    X(execution_status, EXECUTION_STATUSES) \
    X(job_status, JOB_STATUSES) \
    X(backoff, BACKOFFS) \
    X(trigger, TRIGGERS) \
    X(error_type, ERROR_TYPES) \
    X(interval_mode, INTERVAL_MODES) \
    X(misfire_policy, MISFIRE_POLICIES) \
    X(concurrency_policy, CONCURRENCY_POLICIES) \
    X(gap_policy, GAP_POLICIES) \
    X(overlap_policy, OVERLAP_POLICIES) \
    X(skip_reason, SKIP_REASONS) \
    X(alert_kind, ALERT_KINDS) \
    X(dependency_condition, DEPENDENCY_CONDITIONS) \
    X(failure_policy, FAILURE_POLICIES) \
    X(role, ROLES)

#define MODEL_ENUM_VALUE(constant, number, name) constant = number,
#define MODEL_ENUM_DECLARE(tag, list) \
    enum tag { list(MODEL_ENUM_VALUE) }; \
    struct str tag##_name(enum tag value); /* absent for a number that has no name */ \
    WARN_UNUSED bool tag##_parse(struct str text, enum tag *ret); \
    WARN_UNUSED bool tag##_from_number(int64_t number, enum tag *ret); \
    const char *tag##_names(void); /* "HttpCall, StoredProcedure, …" for messages */
MODEL_ENUMS(MODEL_ENUM_DECLARE)

/* Job types of the server's own jobs, which nobody can ask for. They are hidden as deleted ones
 * are. JOB_ALERT     its executions deliver alerts JOB_WORKFLOW  the schedule of a workflow: where
 * another job gets an execution, the workflow gets a run; it never has executions of its own */
enum { JOB_ALERT = 5, JOB_WORKFLOW = 6 };

#endif
