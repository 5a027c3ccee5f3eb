/* progress.h - how far the runs of this node have come, on the way to the store.
 *
 *     progress_note(core, slot, 40, STR("copying files"));     // a run has said so
 *     progress_post(core);                                     // in a turn: one write for all runs
 *     answer_progress(core);                                   // the write was answered
 *
 * At most one write a second, and none when nothing has changed. What a run said last goes with its
 * result, in the same transaction, so the record has it however it ended. It is not worth a second
 * try of its own: a write that failed is made up for by the next one.
 *
 *   Owns:    the write and its items, until answered.
 *   Threads: engine thread; while posted, the items are the committer's.   Errors: none.
 */
#ifndef ALPHABET_ENGINE_PROGRESS_H
#define ALPHABET_ENGINE_PROGRESS_H

#include "engine/slots.h"
#include "store/store.h"

struct core;

/* What the store does not need and those who listen do. */
struct progress_about {
    struct guid job_id, execution_id;
    enum job_type job_type;
};

struct progress_report {
    struct store_write write;
    struct execution_progress *items;
    struct progress_about *about;
    size_t count, capacity;
    struct arena arena; // the items' texts
    bool is_wanted, in_flight;
    struct mono not_before; // the next write
};

void progress_init(struct progress_report *report, void (*done)(struct store_write *write));
void progress_free(struct progress_report *report);
void progress_note(struct core *core, struct slot *slot, int percent, struct str text);
void progress_post(struct core *core);
void answer_progress(struct core *core);
/* When progress_post has something to do by time alone; false: nothing. */
bool progress_next(const struct core *core, struct mono *ret);
/* What a run said last, for its settlement: execution_row 0 = nothing. */
struct execution_progress progress_last(const struct slot *slot, struct arena *arena);

#endif
