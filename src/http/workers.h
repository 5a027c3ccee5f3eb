/* workers.h - threads for handlers that may wait.
 *
 *     workers_post(workers, &exchange->work, WORK_WAITS);   // a worker calls run(&exchange->work)
 *
 * Work that keeps a processor busy (a password's hash) has a line of its own, of bounded length,
 * and at most a quarter of the workers: two hundred logins at once hold up nobody else's change.
 *
 *   Owns:    its threads; a posted item stays the caller's and lives until it was run.
 *   Threads: workers_post from any.   Errors: start fails with UNAVAILABLE when no thread can be
 *            made.
 */
#ifndef ALPHABET_HTTP_WORKERS_H
#define ALPHABET_HTTP_WORKERS_H

#include "base/err.h"
#include "base/list.h"

struct workers;

struct workers *workers_start(unsigned count, void (*run)(struct list *work), struct err *err);
enum work_kind { WORK_WAITS, WORK_COMPUTES, WORK_KINDS };
enum { MAX_COMPUTING_LINE = 256 }; // 3 s of logins on two processors

enum workers_answer {
    WORKERS_TOOK_IT,
    WORKERS_FULL,    // too much that computes is in line; the work will not run
    WORKERS_STOPPED, // nor then
};
WARN_UNUSED enum workers_answer workers_post(struct workers *workers, struct list *work,
                                             enum work_kind kind);
/* Runs what is queued to the end, then ends the threads. */
void workers_stop(struct workers *workers);
void workers_free(struct workers *workers); // after workers_stop; NULL is fine

#endif
