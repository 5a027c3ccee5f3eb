/* inputs.h - what other jobs hand on to a run: its execution->inputs.
 *
 * A configuration that mentions {{Jobs.NAME.Output}} or {{Jobs.NAME.Result}} gets the texts that it
 * mentions, and only those, from the executions of the jobs that may hand something on to it: those
 * that its job depends on, or the steps above it in a workflow run. They are copied when the run is
 * made or released, so that what it reads stays the same through its retries, and when the history
 * of those jobs is cleared.
 *
 *     struct input_job above = {.id = job.id, .name = job.name, .row = job.row,
 *                               .execution_id = step.execution_id};
 *     if (!inputs_collect(tx, job->configuration, &above, 1, &arena, &execution.inputs, &err)) ...
 *
 * NAME is written as the configuration writes it: the name of a job, or its id. Of several jobs of
 * one name the first in the list counts. What is mentioned and cannot be handed on is left out: the
 * handler then fails the run and says so (handlers/job_variables.h).
 *
 *   Owns:    the text lives in the arena.   Threads: those of the transaction.
 *   Errors:  the store's. A configuration that cannot be read mentions nothing.
 */
#ifndef ALPHABET_ENGINE_INPUTS_H
#define ALPHABET_ENGINE_INPUTS_H

#include "store/store.h"

struct input_job {
    struct guid id;
    struct str name;
    int64_t row; // 0: it was erased
    /* Whose output and result; zero = of the latest execution of the job that Succeeded. */
    struct guid execution_id;
};

/* Does it mention what any job hands on? Cheap: for most configurations nothing has to be read. */
bool inputs_are_mentioned(struct str configuration);
/* The NAMEs that stand in it, each once. */
const struct str *inputs_mentioned(struct str configuration, struct arena *arena, size_t *count);
/* *ret is absent when nothing is mentioned. */
WARN_UNUSED bool inputs_collect(struct store_tx *tx, struct str configuration,
                                const struct input_job *jobs, size_t count, struct arena *arena,
                                struct str *ret, struct err *err);

#endif
