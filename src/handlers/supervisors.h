/* supervisors.h - the processes that stand between the server and what it runs (host/run.c).
 *
 *     struct supervisors *supervisors = supervisors_new(loop, &err);
 *     struct supervisor_order order = {.input = 0, .output = pipe, .folder = cwd, .file = -1, …};
 *     struct supervisor *supervisor = supervisors_order(supervisors, &order, &events, &err);
 *     supervisor_signal(supervisor, RUN_SIGNAL_STOP);
 *     static void on_report(void *context, const struct run_report *report) { ... }
 *
 * A supervisor that has ended its run as it should takes the next one; when there is none for a
 * second or two, it ends. One that was signalled, or whose run ended otherwise, takes no other.
 *
 *   Owns:    supervisors_new borrows the loop; a supervisor is the caller's from supervisors_order
 *            until a report of stage 0 or `gone`. Descriptors of the order stay the caller's.
 *            supervisors_free: no run is live; then the loop must run.
 *   Threads: the loop's, which must be the one thread that makes them: they die with it. No event
 *            comes from inside supervisors_order.
 *   Errors:  UNAVAILABLE: no process, descriptor or memory for it.
 */
#ifndef ALPHABET_HANDLERS_SUPERVISORS_H
#define ALPHABET_HANDLERS_SUPERVISORS_H

#include "base/err.h"
#include "handlers/host/run_abi.h"

#include <uv.h>

struct supervisor_order {
    int input, output;
    int file, program, folder, rules; // file, program and rules: -1 = none
    uint64_t numbers[RUN_NUMBERS];    // of run_abi.h; what follows from the above is added
    const char *const *arguments, *const *environment;
};

struct supervisor_events {
    void (*report)(void *context, const struct run_report *report);
    /* It died without the last report; its children have been killed if `none_left`. */
    void (*gone)(void *context, int status, unsigned killed, bool none_left);
    void *context;
};

struct supervisors;
struct supervisor;

WARN_UNUSED struct supervisors *supervisors_new(uv_loop_t *loop, struct err *err);
void supervisors_free(struct supervisors *supervisors);
WARN_UNUSED struct supervisor *supervisors_order(struct supervisors *supervisors,
                                                 const struct supervisor_order *order,
                                                 const struct supervisor_events *events,
                                                 struct err *err);
void supervisor_signal(struct supervisor *supervisor, int number);

#endif
