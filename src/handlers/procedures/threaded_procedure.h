/* threaded_procedure.h - procedures of a database whose library waits: each run on a thread.
 *
 * What SQLite and ODBC have in common: who waits until one of the MaxConnectionsPerName is free, a
 * thread for each run (blocking_threads.h), what it says while it works, how it is stopped. A kind
 * brings what is done on the thread:
 *
 *     static const struct threaded_kind kind = {.task_size = sizeof(struct sqlite_task),
 *                                               .work = work, .interrupt = interrupt, …};
 *     struct procedure_back_end *back_end = threaded_procedure_new(loop, &kind, &options, &err);
 *
 * With confirm_seconds, a thread that does not come back in that time after it was stopped is
 * abandoned, and the record says so; without, it is waited for.
 *
 *   Owns:    the back end, until back_end->free.   Threads: the loop's, but work on its own.
 *   Errors:  INTERNAL of blocking_threads_new.
 */
#ifndef ALPHABET_HANDLERS_PROCEDURES_THREADED_PROCEDURE_H
#define ALPHABET_HANDLERS_PROCEDURES_THREADED_PROCEDURE_H

#include "handlers/procedures/blocking_threads.h"
#include "handlers/procedures/procedure_rows.h"
#include "handlers/procedures/procedure_run.h"

#include <pthread.h>
#include <stdatomic.h>

/* How a task ended; the rows beside it. */
struct threaded_end {
    bool succeeded;
    bool was_stopped; // it did not end by itself
    enum error_type error_type;
    struct str message; // of a failure, or how it was stopped; in the task's arena
    int64_t affected;   // -1 = not known
    bool has_result;
    struct str shown;   // the procedure, for the output
    struct str outputs; // a JSON object; absent: none
};

struct threaded_kind;
struct threaded_procedure;

struct threaded_task {
    struct blocking_task blocking; // first
    /* set before the work begins, then the thread's alone */
    struct arena arena;
    struct str name; // of the procedure
    struct str name_parts[MAX_NAME_PARTS];
    size_t name_count;
    struct str string;  // of the connection; for SQLite its path
    json_t *parameters; // a copy
    const struct threaded_kind *kind;
    const void *options; // of the kind; lives as long as the back end
    int64_t connect_seconds;
    struct procedure_rows rows;
    struct threaded_end end;
    /* both sides */
    atomic_bool is_stopped;
    pthread_mutex_t lock;
    struct buf said; // under the lock: not yet shown
    /* the loop's */
    struct list waiting;
    struct procedure_run *run; // NULL: abandoned
    struct threaded_procedure *owner;
    size_t place; // of its connection
    bool has_begun;
    uv_timer_t *confirm;
};

struct threaded_kind {
    size_t task_size;                              // of what begins with a struct threaded_task
    void (*work)(struct threaded_task *task);      // on the thread; fills in end
    void (*interrupt)(struct threaded_task *task); // on the loop, while work runs; must not wait
    int confirm_seconds;                           // 0: waited for
    const char *unconfirmed;                       // what the record says then
};

struct threaded_options {
    const struct procedure_connections *connections;
    int64_t max_connections, connect_seconds;
    const void *of_kind; // task->options
};

WARN_UNUSED struct procedure_back_end *
threaded_procedure_new(uv_loop_t *loop, const struct threaded_kind *kind,
                       const struct threaded_options *options, struct err *err);
/* From work: to the output, at once. */
void threaded_say(struct threaded_task *task, struct str text);

#endif
