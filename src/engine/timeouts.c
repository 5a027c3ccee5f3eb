/* timeouts.c - a binary heap, counted from 1; see timeouts.h.
 *
 * Each entry knows its place, so that clearing one costs a climb and not a search.
 */
#include "engine/timeouts.h"

#include "base/mem.h"

#include <assert.h>
#include <stdlib.h>

static void put(struct timeouts *timeouts, size_t place, struct timeout *timeout) {
    timeouts->heap[place - 1] = timeout;
    timeout->place = place;
}

static struct timeout *at(const struct timeouts *timeouts, size_t place) {
    return timeouts->heap[place - 1];
}

static void rise(struct timeouts *timeouts, size_t place) {
    struct timeout *moving = at(timeouts, place);
    while (place > 1 && mono_before(moving->at, at(timeouts, place / 2)->at)) {
        put(timeouts, place, at(timeouts, place / 2));
        place /= 2;
    }
    put(timeouts, place, moving);
}

static void sink(struct timeouts *timeouts, size_t place) {
    struct timeout *moving = at(timeouts, place);
    for (size_t child = place * 2; child <= timeouts->count; child = place * 2) {
        if (child < timeouts->count &&
            mono_before(at(timeouts, child + 1)->at, at(timeouts, child)->at))
            child++;
        if (!mono_before(at(timeouts, child)->at, moving->at)) break;
        put(timeouts, place, at(timeouts, child));
        place = child;
    }
    put(timeouts, place, moving);
}

void timeouts_set(struct timeouts *timeouts, struct timeout *timeout, struct mono when) {
    timeouts_clear(timeouts, timeout);
    if (timeouts->count == timeouts->capacity) {
        timeouts->capacity = timeouts->capacity ? timeouts->capacity * 2 : 64;
        timeouts->heap =
            xreallocarray(timeouts->heap, timeouts->capacity, sizeof(struct timeout *));
    }
    timeout->at = when;
    timeouts->count++;
    put(timeouts, timeouts->count, timeout);
    rise(timeouts, timeouts->count);
}

void timeouts_clear(struct timeouts *timeouts, struct timeout *timeout) {
    size_t place = timeout->place;
    if (place == 0) return;
    assert(at(timeouts, place) == timeout);
    struct timeout *last = at(timeouts, timeouts->count);
    timeouts->count--;
    timeout->place = 0;
    if (last == timeout) return;
    put(timeouts, place, last);
    rise(timeouts, place);
    sink(timeouts, last->place);
}

struct timeout *timeouts_take_due(struct timeouts *timeouts, struct mono now) {
    if (timeouts->count == 0) return NULL;
    struct timeout *first = at(timeouts, 1);
    if (mono_before(now, first->at)) return NULL;
    timeouts_clear(timeouts, first);
    return first;
}

bool timeouts_next(const struct timeouts *timeouts, struct mono *ret) {
    if (timeouts->count == 0) return false;
    *ret = at(timeouts, 1)->at;
    return true;
}

void timeouts_free(struct timeouts *timeouts) {
    free(timeouts->heap);
    *timeouts = (struct timeouts){0};
}
