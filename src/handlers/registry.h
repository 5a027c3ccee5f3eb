/* registry.h - which job types this server offers.
 *
 *     handlers_validate(job->type, configuration, &options, &faults);   // when a job is written
 *     engine_options.make_handlers = handlers_make;                     // when the engine starts
 *     engine_options.handlers_context = &options;
 *
 *   Owns:    handlers_make hands the handlers over; the engine frees each with handler->free and
 *            then lets the loop run until they are closed. The options are borrowed.
 *   Threads: handlers_validate from any; handlers_make on the loop's.
 *   Errors:  faults named by field; handlers_make: INTERNAL, and then no handler is left.
 *   One more: give its options a place below, and a line in each function of registry.c.
 */
#ifndef ALPHABET_HANDLERS_REGISTRY_H
#define ALPHABET_HANDLERS_REGISTRY_H

#include "handlers/alert_delivery.h"
#include "handlers/code_execution.h"
#include "handlers/file_operation.h"
#include "handlers/handler.h"
#include "handlers/http_call.h"
#include "handlers/stored_procedure.h"

#include <uv.h>

enum { HANDLERS = 8 }; // as many as the engine has places, indexed by enum job_type

struct handlers_options {
    struct http_call_options http;
    struct alert_options alerts;
    struct code_execution_options code;
    struct file_operation_options files;
    struct stored_procedure_options procedures;
};

void handlers_validate(enum job_type type, const json_t *configuration,
                       const struct handlers_options *options, struct faults *faults);
/* Only an administrator may write a job with this configuration. */
bool handlers_are_for_admins(enum job_type type, const json_t *configuration,
                             const struct handlers_options *options);
/* context is a const struct handlers_options *. */
WARN_UNUSED bool handlers_make(void *context, uv_loop_t *loop, struct handler *handlers[HANDLERS],
                               struct err *err);

#endif
