/* tally.c - a hash of places in an array, twice as large as the array; see tally.h. */
#include "store/sqlite/tally.h"

#include <string.h>

static size_t first_slot(int64_t key) {
    return (size_t)(((uint64_t)key * UINT64_C(0x9e3779b97f4a7c15)) >> 32) % TALLY_SLOTS;
}

bool tally_add(struct tally *tally, int64_t key, int64_t change) {
    size_t slot = first_slot(key);
    for (; tally->slots[slot] != 0; slot = (slot + 1) % TALLY_SLOTS) {
        size_t place = (size_t)tally->slots[slot] - 1;
        if (tally->entries[place].key != key) continue;
        tally->entries[place].change += change;
        return true;
    }
    if (tally->count == TALLY_KEYS) return false;
    tally->entries[tally->count].key = key;
    tally->entries[tally->count].change = change;
    tally->slots[slot] = (uint16_t)++tally->count;
    return true;
}

void tally_clear(struct tally *tally) {
    if (tally->count == 0) return;
    memset(tally->slots, 0, sizeof tally->slots);
    tally->count = 0;
}
