/* run_parameters.h - the parameters of a run: those of the job with their variables replaced, and
 * over them those of the trigger.
 *
 *     json_t *parameters = run_parameters(config.parameters, of_trigger, &context, limit, &err);
 *     ...
 *     run_parameters_wipe(parameters);
 *
 * The trigger's come from somebody who may not write the job: they are data, in which no variable
 * is looked for. A parameter that is null in the job is none; one that is null in the trigger is
 * null.
 *
 *   Owns:    the caller owns the object; wipe frees it too, its texts overwritten.
 *   Threads: safe from any.
 *   Errors:  INVALID of a variable, with the parameter; LIMIT.
 *   Units:   limit in bytes of all texts that had variables, replaced.
 */
#ifndef ALPHABET_HANDLERS_RUN_PARAMETERS_H
#define ALPHABET_HANDLERS_RUN_PARAMETERS_H

#include "handlers/variables.h"

/* of_job and of_trigger may be NULL. */
WARN_UNUSED json_t *run_parameters(const json_t *of_job, json_t *of_trigger,
                                   const struct variables_context *context, size_t limit,
                                   struct err *err);
void run_parameters_wipe(json_t *parameters); // NULL is fine

#endif
