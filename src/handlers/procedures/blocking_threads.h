/* blocking_threads.h - work that waits for somebody else, each on a thread of its own, with its
 * news told on the loop.
 *
 * A call of a database may take hours. On libuv's pool, which has four threads, a handful of them
 * would hold up every lookup of a name and every file operation; a thread of its own holds up
 * nobody, costs a few microseconds to make, and nothing while there is no such work.
 *
 *     struct blocking_threads *threads = blocking_threads_new(loop, &err);
 *     task->work = …; task->told = …; task->ended = …;
 *     if (!blocking_start(threads, task)) ...      // no thread is to be had
 *     blocking_tell(task);                         // from work: told(task) follows on the loop
 *     blocking_abandon(task, free_task);           // from the loop: it will not be waited for
 *     blocking_threads_free(threads);
 *
 *   Owns:    the caller owns a task until it was abandoned; then it is freed when its work returns,
 *            also after blocking_threads_free.
 *   Threads: work on the task's own, told and ended on the loop's. What both touch is the task's
 *            to guard.
 *   Errors:  blocking_threads_new: INTERNAL.
 */
#ifndef ALPHABET_HANDLERS_PROCEDURES_BLOCKING_THREADS_H
#define ALPHABET_HANDLERS_PROCEDURES_BLOCKING_THREADS_H

#include "base/err.h"
#include "base/list.h"

#include <uv.h>

struct blocking_threads;

struct blocking_task {
    void (*work)(struct blocking_task *task);
    void (*told)(struct blocking_task *task);  // on the loop, once for one or more blocking_tell
    void (*ended)(struct blocking_task *task); // on the loop, the last of it
    /* the machinery's */
    struct list node;
    struct blocking_threads *threads;
    bool has_news, has_ended; // under its lock
    void (*abandoned)(struct blocking_task *task);
};

WARN_UNUSED struct blocking_threads *blocking_threads_new(uv_loop_t *loop, struct err *err);
WARN_UNUSED bool blocking_start(struct blocking_threads *threads, struct blocking_task *task);
void blocking_tell(struct blocking_task *task);
void blocking_abandon(struct blocking_task *task, void (*free_task)(struct blocking_task *task));
/* All tasks that are left have been abandoned. */
void blocking_threads_free(struct blocking_threads *threads);

#endif
