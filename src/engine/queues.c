/* queues.c - shares as debts in thousandths of a slot; see queues.h.
 *
 * Each slot handed out under shortage lends every lower queue its share, and a slot that a queue
 * gets pays its debt off. A debt is capped, so that a queue that was empty for a day does not come
 * back with a claim on everything.
 */
#include "engine/queues.h"

enum { SLOT = 1000, SHARE = 100, SHARE_OF_ALL = 500, OWED_MAX = 8 * SLOT };

struct queues queues_new(const struct str *names, size_t count) {
    return (struct queues){.names = names, .count = count < QUEUES_MAX ? count : QUEUES_MAX};
}

size_t queues_index(const struct queues *queues, struct str name) {
    for (size_t i = 0; i < queues->count; i++)
        if (str_equal(queues->names[i], name)) return i;
    return queues->count;
}

void queues_owed(const struct queues *queues, int64_t slots, int64_t *limits) {
    for (size_t i = 0; i <= queues->count; i++) {
        int64_t owed = queues->owed[i] / SLOT;
        limits[i] = owed < slots ? owed : slots;
        slots -= limits[i];
    }
}

void queues_served(struct queues *queues, const int64_t *served) {
    int64_t total = 0;
    for (size_t i = 0; i <= queues->count; i++) total += served[i];
    if (total == 0 || queues->count == 0) return;
    int64_t share = SHARE_OF_ALL / (int64_t)queues->count;
    if (share > SHARE) share = SHARE;
    /* The first one has the priority and is owed nothing. */
    for (size_t i = 1; i <= queues->count; i++) {
        int64_t owed = queues->owed[i] + total * share - served[i] * SLOT;
        queues->owed[i] = owed < 0 ? 0 : owed > OWED_MAX ? OWED_MAX : owed;
    }
}
