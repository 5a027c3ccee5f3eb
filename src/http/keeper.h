/* keeper.h - the thread that watches the time: it cuts connections that are past their deadline
 * (slow headers, slow bodies, answers that are not taken) and sends the streams' heartbeats.
 *
 *   Owns:    its thread and the list, not the connections.   Threads: add and remove from any.
 *   Errors:  start fails with UNAVAILABLE when no thread can be made.
 */
#ifndef ALPHABET_HTTP_KEEPER_H
#define ALPHABET_HTTP_KEEPER_H

#include "base/clock.h"
#include "base/err.h"
#include "base/list.h"
#include "http/sse_stream.h"

#include <pthread.h>

struct keeper {
    pthread_mutex_t lock;
    pthread_cond_t stop;
    struct list connections; // under lock
    bool stopping;           // under lock
    const struct clock *clock;
    struct sse_hub *hub;
    pthread_t thread;
};

WARN_UNUSED bool keeper_start(struct keeper *keeper, const struct clock *clock, struct sse_hub *hub,
                              struct err *err);
void keeper_add(struct keeper *keeper, struct list *connection);
void keeper_remove(struct keeper *keeper, struct list *connection);
void keeper_cut_all(struct keeper *keeper); // shuts every socket down
void keeper_stop(struct keeper *keeper);    // the thread; the lists still work
void keeper_destroy(struct keeper *keeper);

#endif
