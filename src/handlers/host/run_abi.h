/* run_abi.h - what supervisors.c and a supervisor (run.c) agree on: descriptors, orders and
 * reports.
 *
 *   argv: "alphabet-run" and the process id of the server.   Environment: none.
 *   It has one descriptor, RUN_FD_CHANNEL, a SOCK_SEQPACKET. A message to it is an order, one run:
 *         struct run_order, then the texts, and with them the descriptors 0 to RUN_FD_RULES but for
 *         the channel itself, each of which the kernel gives the lowest number that is free. One
 *         that the run does not have is RUN_FD_FOLDER once more. Messages from it are reports: at
 *         most one with a stage, then one that says how the run ended, and it waits for an order.
 *         When the channel is closed, it ends.
 *   Texts: the argv of the child and its environment: first, for each text and for the end of each
 *         list, its offset within the texts (0 = the end), then the texts, each with its NUL.
 *
 *   Owns: nothing.   Threads: none; two programs.   Units: in the names.
 */
#ifndef ALPHABET_HANDLERS_HOST_RUN_ABI_H
#define ALPHABET_HANDLERS_HOST_RUN_ABI_H

#include <stdint.h>

enum run_fd {
    RUN_FD_INPUT,
    RUN_FD_OUTPUT,
    RUN_FD_ERRORS,  // the same pipe
    RUN_FD_FILE,    // stays open in the child: a script, or a library
    RUN_FD_CHANNEL, // the supervisor's own
    RUN_FD_PROGRAM, // what is executed, unless it is RUN_FD_FILE
    RUN_FD_FOLDER,  // working directory
    RUN_FD_RULES,   // a Landlock ruleset
    RUN_FD_TEXTS,   // with RUN_HAS_LONG_TEXTS
    RUN_FD_END,
};

enum run_number {
    RUN_FLAGS, // enum run_flags
    RUN_UID,
    RUN_GID,
    RUN_GRACE_MS,       // between SIGTERM and SIGKILL
    RUN_CPU_SECONDS,    // this and the following: 0 = no limit
    RUN_MEMORY_BYTES,   // address space of each process
    RUN_FILE_BYTES,     // largest file
    RUN_OPEN_FILES,     // descriptors of each process
    RUN_USER_PROCESSES, // of the user, everything counted: what the kernel keeps
    RUN_PROCESSES,      // of this run: what the supervisor keeps
    RUN_NUMBERS,
};

enum run_flags {
    RUN_HAS_FILE = 1,
    RUN_EXECUTES_FILE = 2, // RUN_FD_FILE is the program
    RUN_HAS_RULES = 4,
    RUN_FILTERS = 8,     // seccomp
    RUN_NO_SOCKETS = 16, // with RUN_FILTERS
    RUN_CHANGES_USER = 32,
    RUN_HAS_LONG_TEXTS = 64, // more than RUN_TEXT_BYTES, in the file RUN_FD_TEXTS
};

enum { RUN_TEXT_BYTES = 32 * 1024 };

/* To a supervisor with a run: SIGUSR1 and SIGHUP. The first is no SIGTERM because that may come
 * from others, at any time; who is sent one of these gets no other order. */
enum { RUN_SIGNAL_STOP = 10, RUN_SIGNAL_KILL = 1 };

struct run_order {
    uint64_t numbers[RUN_NUMBERS];
    uint64_t arguments; // how many; the environment follows them
    uint64_t texts;     // bytes
};

/* Where starting the child failed; texts in process.c. */
enum run_stage {
    RUN_STAGE_NONE,
    RUN_STAGE_FORK,
    RUN_STAGE_SESSION,
    RUN_STAGE_FOLDER,
    RUN_STAGE_LIMITS,
    RUN_STAGE_USER,
    RUN_STAGE_PRIVILEGES,
    RUN_STAGE_RULES,
    RUN_STAGE_FILTER,
    RUN_STAGE_EXECUTE,
};

enum run_report_flags {
    RUN_WAS_ASKED = 1,   // SIGTERM was sent
    RUN_WAS_KILLED = 2,  // SIGKILL was sent after the grace
    RUN_TOO_MANY = 4,    // more processes than allowed
    RUN_LEFT_BEHIND = 8, // the child had ended, others of the run had not
    RUN_NONE_LEFT = 16,  // the kernel says so: no child, and orphans become children
};

struct run_report {
    int32_t stage, error; // the child could not be started; 0 otherwise
    int32_t status;       // of wait4
    uint32_t flags;       // enum run_report_flags
    uint32_t killed;      // processes that got SIGKILL
    uint32_t reserved;
};

#endif
