/* workers.h - threads for handlers that may wait.
 *
 *     workers_post(workers, &exchange->work);      // a worker calls run(&exchange->work)
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
/* False when the workers have been stopped: the work will not run. */
WARN_UNUSED bool workers_post(struct workers *workers, struct list *work);
/* Runs what is queued to the end, then ends the threads. */
void workers_stop(struct workers *workers);
void workers_free(struct workers *workers); // after workers_stop; NULL is fine

#endif
