/* queues.h - who gets the free worker slots: queues in order of priority, none starved.
 *
 * While there is room for all, the order does not matter. When slots are short, the queues are
 * served in their order, but each lower queue is owed a small share of all slots that were handed
 * out while it may have been waiting: a tenth each (less when there are more than five lower
 * queues: half of the slots together). What is owed is handed out first.
 *
 *     queues_owed(&queues, free_slots, limits);        // first round: at most limits[i] each
 *     ...                                              // second round: in order, what is left
 *     queues_served(&queues, served);                  // only when the slots ran out
 *
 * Index `count` stands for every queue that is not named.
 *
 *   Owns:    nothing; the names are borrowed.   Threads: one at a time.   Errors: none.
 */
#ifndef ALPHABET_ENGINE_QUEUES_H
#define ALPHABET_ENGINE_QUEUES_H

#include "base/str.h"

enum { QUEUES_MAX = 64, QUEUES_PLACES = QUEUES_MAX + 1 };

struct queues {
    const struct str *names;     // in order of priority
    size_t count;                // at most QUEUES_MAX; further ones count as not named
    int64_t owed[QUEUES_PLACES]; // thousandths of a slot
};

struct queues queues_new(const struct str *names, size_t count);
size_t queues_index(const struct queues *queues, struct str name);
/* Writes count + 1 limits: how many of `slots` each queue is owed before the priority counts. */
void queues_owed(const struct queues *queues, int64_t slots, int64_t *limits);
/* Accounts for slots that were handed out while they were short; count + 1 numbers. */
void queues_served(struct queues *queues, const int64_t *served);

#endif
