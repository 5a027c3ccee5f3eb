/* resolve_gate.h - how many calls may look a name up at the same time.
 *
 * libcurl resolves a name in a thread of its own for each transfer that finds it in no cache. A
 * thousand jobs due at midnight for one host would be a thousand threads. So only GATE_A_HOST calls
 * to a host whose address is not known go ahead; the others wait, and go when it is known, fail
 * when it cannot be, or take the place of one that ended otherwise.
 *
 *     if (!gate_enter(&gate, &pass, host, port, now)) ...        // it waits
 *     gate_news(&gate, &pass, GATE_KNOWN, now);                  // from the call that went ahead
 *     while ((ready = gate_next(&gate))) ...                     // those that wait no more
 *
 *   States:  a pass is outside, waiting, or ahead (holding a place).
 *   Owns:    its hosts; the passes are the caller's.   Threads: one.   Errors: none.
 *   Units:   `now` in milliseconds of the loop's clock. Known for GATE_FRESH_MS, less than
 * libcurl's cache keeps it (60 s).
 */
#ifndef ALPHABET_HANDLERS_RESOLVE_GATE_H
#define ALPHABET_HANDLERS_RESOLVE_GATE_H

#include "base/list.h"
#include "base/str.h"

#include <stdint.h>

enum { GATE_A_HOST = 8, GATE_IN_ALL = 64, GATE_FRESH_MS = 50000, GATE_BUCKETS = 256 };

struct gate_host;

struct gate_pass {
    struct list node; // among the waiting, or the ready
    struct gate_host *host;
    bool is_ahead;
    bool has_failed; // of a ready pass: the name has no address
};

struct resolve_gate {
    struct list buckets[GATE_BUCKETS];
    struct list waiting; // of all hosts, oldest first
    struct list ready;
    size_t ahead, host_count;
};

enum gate_news {
    GATE_KNOWN,      // the name has an address, and libcurl has cached it
    GATE_NOT_NEEDED, // a connection was reused: nothing is known about the name
    GATE_FAILED,     // the name has no address
    GATE_LEFT,       // the call ended otherwise
};

void gate_init(struct resolve_gate *gate);
void gate_free(struct resolve_gate *gate); // nobody waits or is ahead
/* False: the pass waits. A host that is an address needs no pass. */
WARN_UNUSED bool gate_enter(struct resolve_gate *gate, struct gate_pass *pass, struct str host,
                            uint16_t port, uint64_t now);
/* News of a pass that was entered, waiting or not; a pass that has told its news is ignored. */
void gate_news(struct resolve_gate *gate, struct gate_pass *pass, enum gate_news news,
               uint64_t now);
/* The next pass that waits no longer; it is ahead now, unless it has_failed. */
struct gate_pass *gate_next(struct resolve_gate *gate, uint64_t now);

#endif
