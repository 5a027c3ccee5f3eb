/* code_execution.h - the CodeExecution job type: a registered handler, run as a process of its own.
 *
 *     struct code_execution_options options = {.handlers = handlers, .secrets = secrets,
 *                                              .clock = clock, .machine_name = STR("web1")};
 *     struct handler *handler = code_execution_new(loop, &options, &err);
 *     code_execution_validate(&options, configuration, &faults);   // without a handler
 *
 * The handler gets its parameters as a JSON object on standard input (those of the trigger over
 * those of the job), and as variables what stands in its way least: ALPHABET_EXECUTION_ID, _JOB_ID,
 * _JOB_NAME, _ATTEMPT, _FENCE, _SCHEDULED_FOR, _HANDLER, _METHOD ALPHABET_PARAM_NAME     each
 * parameter up to 32 KiB, its name in capitals, other signs as `_` PATH, LANG, HOME, USER, and the
 * environment of the job Its argv is the operator's. What it writes to standard output and error is
 * the output; a line
 * `::progress 40 text` sets the progress. Exit status 0 is success; anything else is
 * Failed/Process with "exit status 3" or "signal 9 (Killed)".
 *
 * stop sends SIGTERM to the process group, and SIGKILL after five seconds; the message says how it
 * ended and that no process is left. What a handler leaves running is killed when it ends.
 *
 *   Owns:    the handler, until handler->free; what the options point to is borrowed until then.
 *   Threads: the loop's; code_execution_validate from any.
 *   Errors:  code_execution_new: UNAVAILABLE. A run's own failure is its result.
 */
#ifndef ALPHABET_HANDLERS_CODE_EXECUTION_H
#define ALPHABET_HANDLERS_CODE_EXECUTION_H

#include "base/clock.h"
#include "handlers/code_handlers.h"
#include "handlers/handler.h"
#include "handlers/secrets.h"

#include <uv.h>

struct code_execution_options {
    const struct code_handlers *handlers; // NULL: the job type is not offered
    struct secrets *secrets;              // NULL: no job can use one
    const struct clock *clock;
    struct str machine_name;
    int64_t grace_ms; // between SIGTERM and SIGKILL; 0: five seconds
};

WARN_UNUSED struct handler *
code_execution_new(uv_loop_t *loop, const struct code_execution_options *options, struct err *err);
void code_execution_validate(const struct code_execution_options *options,
                             const json_t *configuration, struct faults *faults);
/* Only an administrator may write a job with this configuration: its handlerType is Shell. */
bool code_execution_is_for_admins(const struct code_execution_options *options,
                                  const json_t *configuration);

#endif
