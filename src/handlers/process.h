/* process.h - one run as a process of its own: shut in, bounded, stopped for good.
 *
 *     struct process_spec spec = {.program = fd, .file = -1, .folder = cwd, .rules = -1,
 *                                 .arguments = argv, .environment = envp, .input = json};
 *     struct process_events events = {.output = on_output, .ended = on_ended, .context = self};
 *     struct process *process = process_start(processes, &spec, &events, &err);
 *     process_stop(process);                    // SIGTERM, after the grace SIGKILL
 *     static void on_ended(void *context, const struct process_end *end) { ... }
 *
 * Between server and child stands a supervisor (supervisors.h, host/run.c): it starts the child in
 * a session of its own with limits, without privileges and behind the rules of sandbox.h, and it is
 * the parent of whatever the child leaves behind. It reports the end when no process of the run is
 * left. A
 * child has descriptors 0, 1 and 2 (and 3, when there is a `file`); 1 and 2 are one pipe. When the
 * server dies, every child dies.
 *
 *   Owns:    processes_new borrows the loop; a process frees itself after `ended`. Descriptors of
 *            the spec stay the caller's. processes_free: no process is live; then the loop must
 * run. Threads: the loop's. `output` and `ended` are never called from inside process_start;
 * `ended` comes once, after the last output. Errors:  UNAVAILABLE: no process, descriptor or memory
 * for it. What the kernel refuses later, the program included, comes as process_end.start_error.
 *   Units:   in the names; a limit of 0 is none.
 */
#ifndef ALPHABET_HANDLERS_PROCESS_H
#define ALPHABET_HANDLERS_PROCESS_H

#include "base/err.h"

#include <sys/types.h>
#include <uv.h>

struct process_limits {
    int64_t cpu_seconds, memory_bytes, file_bytes, open_files; // of each process
    int64_t processes;                                         // of the run
    int64_t user_processes; // of the user, all runs together: the kernel's bound on a fork bomb
};

struct process_spec {
    int program; // what is executed; -1: `file` is
    int file;    // descriptor 3 of the child: a script, a library; -1: none
    int folder;  // working directory
    int rules;   // of sandbox.h; -1: none
    bool is_filtered, has_no_sockets;
    bool changes_user;
    uid_t uid;
    gid_t gid;
    struct process_limits limits;
    int64_t grace_ms;             // between SIGTERM and SIGKILL
    const char *const *arguments; // argv, NULL-terminated
    const char *const *environment;
    struct str input; // standard input, whole
};

struct process_end {
    const char *start_error; // NULL, or where starting the child failed; `error` says why
    int error;               // errno
    int status;              // of waitpid; meaningful without start_error
    bool was_asked;          // SIGTERM was sent
    bool was_killed;         // SIGKILL was, after the grace or at once
    bool had_too_many;       // more than limits.processes
    bool left_behind;        // others of the run outlived the child, and were killed
    bool none_left;          // the kernel confirmed that no process of the run is left
    unsigned killed;         // processes that got SIGKILL
};

struct process_events {
    void (*output)(void *context, struct str piece);
    void (*ended)(void *context, const struct process_end *end);
    void *context;
};

struct processes;
struct process;

WARN_UNUSED struct processes *processes_new(uv_loop_t *loop, struct err *err);
void processes_free(struct processes *processes);
WARN_UNUSED struct process *process_start(struct processes *processes,
                                          const struct process_spec *spec,
                                          const struct process_events *events, struct err *err);
void process_stop(struct process *process);
void process_kill(struct process *process); // SIGKILL for all of it, at once
#endif
