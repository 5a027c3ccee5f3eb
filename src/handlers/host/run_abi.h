/* run_abi.h - what process.c and the supervisor of one run (run.c) agree on: descriptors, arguments
 * and the report.
 *
 *   argv: "alphabet-run", one text of decimal numbers in the order of enum run_number, separated by
 *         commas, then the argv of the child.   Environment: the child's.
 *   0 the child's standard input, 1 and 2 its output, then enum run_fd.
 *
 *   Owns: nothing.   Threads: none; two programs.   Units: in the names.
 */
#ifndef ALPHABET_HANDLERS_HOST_RUN_ABI_H
#define ALPHABET_HANDLERS_HOST_RUN_ABI_H

#include <stdint.h>

enum run_fd {
    RUN_FD_FILE = 3, // stays open in the child: a script, or a library
    RUN_FD_REPORT,   // a pipe that takes struct run_report
    RUN_FD_PROGRAM,  // what is executed, unless it is RUN_FD_FILE
    RUN_FD_FOLDER,   // working directory
    RUN_FD_RULES,    // a Landlock ruleset
    RUN_FD_SELF,     // the supervisor's own program
    RUN_FD_END,
};

enum run_number {
    RUN_PARENT, // process id of the server
    RUN_FLAGS,  // enum run_flags
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
