/* code_result.c - see code_result.h. */
#include "handlers/code_result.h"

#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

static struct str put_status(int status, struct arena *arena) {
    if (WIFEXITED(status)) return arena_printf(arena, "exit status %d", WEXITSTATUS(status));
    int number = WTERMSIG(status);
    const char *words = sigdescr_np(number);
    return arena_printf(arena, "signal %d (%s)%s", number, words ? words : "unknown",
                        number == SIGXCPU   ? ": the handler's CpuSeconds are used up"
                        : number == SIGXFSZ ? ": a file grew beyond the handler's FileSizeBytes"
                                            : "");
}

static const char *proof(const struct process_end *end) {
    return end->none_left ? "; no process is left" : "; whether a process is left is not known";
}

static struct str describe_stop(const struct code_outcome *outcome, struct arena *arena) {
    const struct process_end *end = outcome->end;
    struct str status = put_status(end->status, arena);
    if (end->was_killed)
        return arena_printf(arena,
                            "SIGTERM was not obeyed within %" PRId64
                            " s, then SIGKILL to %u process%s: %.*s%s",
                            outcome->grace_seconds, end->killed, end->killed == 1 ? "" : "es",
                            STR_ARG(status), proof(end));
    return arena_printf(arena, "ended by SIGTERM: %.*s%s", STR_ARG(status), proof(end));
}

static struct str describe_failure(const struct code_outcome *outcome, struct arena *arena) {
    const struct process_end *end = outcome->end;
    if (outcome->flooded_at > 0)
        return arena_printf(arena,
                            "killed: it wrote more than the %" PRId64
                            " bytes of output that the handler's OutputBytes allow%s",
                            outcome->flooded_at, proof(end));
    if (end->had_too_many)
        return arena_printf(arena,
                            "killed: it had more than the %" PRId64
                            " processes that the handler's Processes allow; %u were killed%s",
                            outcome->most_processes, end->killed, proof(end));
    return put_status(end->status, arena);
}

struct run_result code_result_of(const struct code_outcome *outcome, struct arena *arena) {
    const struct process_end *end = outcome->end;
    struct run_result result = {.status = EXECUTION_FAILED, .error_type = ERROR_PROCESS};
    if (end->start_error) {
        result.error_message = arena_printf(arena, "the handler could not be started: %s: %s",
                                            end->start_error, strerrordesc_np(end->error));
        return result;
    }
    if (outcome->stop_reason != STOP_NONE && end->was_asked) {
        bool ended_well = WIFEXITED(end->status) && WEXITSTATUS(end->status) == 0;
        if (ended_well && outcome->stop_reason == STOP_SHUTDOWN && !end->was_killed)
            return (struct run_result){.status = EXECUTION_SUCCEEDED};
        result.error_type = outcome->stop_reason == STOP_TIMEOUT    ? ERROR_TIMEOUT
                            : outcome->stop_reason == STOP_SHUTDOWN ? ERROR_SHUTDOWN
                                                                    : 0;
        result.error_message = describe_stop(outcome, arena);
        return result;
    }
    bool succeeded = outcome->flooded_at == 0 && !end->had_too_many && WIFEXITED(end->status) &&
                     WEXITSTATUS(end->status) == 0;
    if (succeeded) return (struct run_result){.status = EXECUTION_SUCCEEDED};
    result.error_message = describe_failure(outcome, arena);
    return result;
}

struct str code_result_left_behind(const struct process_end *end, struct arena *arena) {
    return arena_printf(arena, "\n… %u process%s outlived the handler and %s killed …\n",
                        end->killed, end->killed == 1 ? "" : "es",
                        end->killed == 1 ? "was" : "were");
}
