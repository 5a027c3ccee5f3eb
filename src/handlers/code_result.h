/* code_result.h - from how a process ended to a run's result, in words an operator can use.
 *
 *     struct run_result result = code_result_of(&outcome, &arena);
 *
 *   exit status 0                          Succeeded
 *   "exit status 3", "signal 9 (Killed)"   Failed, errorType Process
 *   stopped                                the same words with what was sent, and the proof that no
 *                                          process is left; the engine knows the status by the
 * reason
 *
 *   Owns:    texts live in the arena.   Threads: pure.   Errors: none.
 */
#ifndef ALPHABET_HANDLERS_CODE_RESULT_H
#define ALPHABET_HANDLERS_CODE_RESULT_H

#include "handlers/handler.h"
#include "handlers/process.h"

struct code_outcome {
    const struct process_end *end;
    enum stop_reason stop_reason;
    int64_t flooded_at; // killed because it wrote more than this; 0 = no
    int64_t most_processes;
    int64_t grace_seconds;
};

struct run_result code_result_of(const struct code_outcome *outcome, struct arena *arena);
/* A line for the output of a run whose processes outlived the handler. */
struct str code_result_left_behind(const struct process_end *end, struct arena *arena);

#endif
