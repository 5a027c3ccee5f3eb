/* tally.h - changes of counters that are kept by key, added up in memory before they are written.
 *
 *     if (!tally_add(&tally, minute, +1)) ...       // full: write it, clear it, add again
 *
 *   Owns:    nothing but itself.   Threads: its owner's.   Errors: none; tally_add tells of no
 * room.
 */
#ifndef ALPHABET_STORE_SQLITE_TALLY_H
#define ALPHABET_STORE_SQLITE_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TALLY_KEYS = 256, TALLY_SLOTS = 512 };

struct tally {
    size_t count;
    struct {
        int64_t key, change;
    } entries[TALLY_KEYS];       // in the order in which the keys came
    uint16_t slots[TALLY_SLOTS]; // by hash: place in entries + 1; 0 = free
};

/* False, and nothing done, when the key is new and there is no room for another one. */
bool tally_add(struct tally *tally, int64_t key, int64_t change);
void tally_clear(struct tally *tally);

#endif
