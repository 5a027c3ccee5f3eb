/* timeouts.h - deadlines of running executions, the earliest first.
 *
 * A min-heap whose entries sit inside what they belong to, so that one can be moved or taken out at
 * any time and nothing is allocated for each.
 *
 *     timeouts_set(&timeouts, &slot->timeout, mono_add(now, span_seconds(300)));
 *     while ((due = timeouts_take_due(&timeouts, now))) ...
 *
 *   Owns:    its array of pointers (timeouts_free); never the entries.
 *   Threads: engine thread only.   Errors: none.
 *   Units:   struct mono: a deadline must not move when the wall clock is set.
 */
#ifndef ALPHABET_ENGINE_TIMEOUTS_H
#define ALPHABET_ENGINE_TIMEOUTS_H

#include "base/clock.h"

struct timeout {
    struct mono at;
    size_t place; // in the heap, counted from 1; 0 = not set
};

struct timeouts { // zero is a valid empty one
    struct timeout **heap;
    size_t count, capacity;
};

/* Sets it, or moves it when it is set already. */
void timeouts_set(struct timeouts *timeouts, struct timeout *timeout, struct mono when);
void timeouts_clear(struct timeouts *timeouts, struct timeout *timeout); // not set: fine
/* Takes out the earliest that is not later than now; NULL when there is none. */
struct timeout *timeouts_take_due(struct timeouts *timeouts, struct mono now);
/* When the earliest is due; false when there is none. */
bool timeouts_next(const struct timeouts *timeouts, struct mono *ret);
void timeouts_free(struct timeouts *timeouts);

#endif
