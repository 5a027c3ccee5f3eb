/* job_configuration.h - the jobConfiguration of a request: secrets put back, checked, made
 * canonical.
 *
 * What may stand in it is known to the handlers, whose check comes in through struct job_defaults.
 *
 *   Owns:    *ret lives in the arena.   Threads: pure, as far as the check is.
 *   Errors:  faults named "jobConfiguration...."; *ret is untouched then.
 */
#ifndef ALPHABET_MODEL_JOB_CONFIGURATION_H
#define ALPHABET_MODEL_JOB_CONFIGURATION_H

#include "model/job_json.h"

/* `type` 0 = not known, by a fault of its own. `base` is the job that is changed, or NULL: a secret
 * that reads "***" keeps its value there, as long as it goes to the same target. */
WARN_UNUSED bool job_configuration_from_json(const json_t *object, enum job_type type,
                                             const struct job *base,
                                             const struct job_defaults *defaults,
                                             struct arena *arena, struct str *ret,
                                             struct faults *faults);
/* A stored configuration against another type. */
void job_configuration_check(struct str stored, enum job_type type,
                             const struct job_defaults *defaults, struct faults *faults);

#endif
