/* slots.h - the worker slots: each holds one execution that is Running on this node.
 *
 *          slots_take        run starts          stop asked for
 *   FREE ------------> WAITING ---------> RUNNING ------------> STOPPING
 *     ^                   |                  |                      |
 *     +---- released -----+------------------+----------------------+
 *
 * WAITING: Running in the store, its handler is about to be started (or waits for the run that it
 * replaces to end).
 *
 *     struct slot *slot = slots_take(&slots, &execution, job);    // copies both
 *     slots_release(&slots, slot);
 *
 * Beside the worker slots there are a few reserved ones, which only executions of the server's own
 * job (JOB_ALERT) take, and which count as no workers: an alert must not wait behind busy workers.
 *
 *   Owns:    the slots and an arena in each, which is reset when the slot is released.
 *   Threads: engine thread only.   Errors: slots_take returns NULL when none is free.
 */
#ifndef ALPHABET_ENGINE_SLOTS_H
#define ALPHABET_ENGINE_SLOTS_H

#include "base/bounds.h"
#include "base/list.h"
#include "base/mem.h"
#include "engine/dependencies.h"
#include "engine/timeouts.h"
#include "handlers/handler.h"

enum slot_state { SLOT_FREE, SLOT_WAITING, SLOT_RUNNING, SLOT_STOPPING };

struct slot_progress { // as the run has said
    bool is_known;
    bool is_changed; // since it was last posted to the store
    int percent;
    size_t len;
    char text[MAX_PROGRESS_TEXT];
};

struct slot {
    struct run run; // what the handler sees
    void *owner;    // the core
    enum slot_state state;
    struct execution execution;
    struct job job;
    struct arena arena;
    struct timeout timeout;
    struct slot_progress progress;
    struct str stop_message;           // why it is being stopped; in the arena
    struct dependency_refusal refusal; // WAITING: it fails without being started; in the arena
    int64_t waits_for;                 // WAITING: the execution that must end before; 0 = none
    struct list node;                  // in `busy`
    struct list start; // in the list of those to be started; alone when it is not there
    bool is_reserved;
    struct slot *next_free;
};

struct slots {
    struct slot *items;
    size_t total;      // workers
    size_t reserved;   // beyond them
    size_t busy_count; // of both
    size_t reserved_busy;
    struct slot *free, *free_reserved;
    struct list busy; // oldest first
};

void slots_init(struct slots *slots, size_t total, size_t reserved, void *owner);
void slots_free(struct slots *slots);
struct slot *slots_take(struct slots *slots, const struct execution *execution,
                        const struct job *job);
void slots_release(struct slots *slots, struct slot *slot);
size_t slots_free_count(const struct slots *slots); // workers
size_t slots_workers_busy(const struct slots *slots);
size_t slots_reserved_free(const struct slots *slots);
/* The slot that holds this execution; NULL. */
struct slot *slots_find(const struct slots *slots, int64_t execution_row);
struct slot *slot_of_run(struct run *run);

#define SLOTS_EACH(slot, slots) \
    for (struct list *at_ = (slots)->busy.next, *next_ = at_->next; at_ != &(slots)->busy; \
         at_ = next_, next_ = at_->next) \
        for (struct slot *slot = LIST_ENTRY(at_, struct slot, node); slot; slot = NULL)

#endif
