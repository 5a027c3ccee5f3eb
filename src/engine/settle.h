/* settle.h - results on their way to the store: gathered into batches, written until they are in.
 *
 *     struct settle_entry entry = settle_add(&settler);
 *     *entry.settlement = outcome_of(&ending, zones, entry.arena);
 *     settle_flush(&settler, now);                       // posts, a few batches at a time
 *     ...
 *     settle_answered(&settler, write, now, each, context);   // done: each item that is in
 *
 * A result is never dropped. A batch whose write fails is posted again after a while; when the
 * store can be reached but refuses it, it is posted in ever smaller pieces, so that one bad item
 * cannot hold up the others. A batch whose answer was lost is posted again too: its items then come
 * back as not applied, which is as good.
 *
 *   Owns:    batches with their texts, until they are answered (settler_free).
 *   Threads: engine thread; a batch that is posted belongs to the committer until it is answered.
 *   Errors:  settle_answered says what the store said.
 */
#ifndef ALPHABET_ENGINE_SETTLE_H
#define ALPHABET_ENGINE_SETTLE_H

#include "base/list.h"
#include "engine/alerts.h"
#include "engine/pass.h"
#include "engine/workflows.h"
#include "store/store.h"

enum { SETTLE_MAX = 1024, SETTLE_IN_FLIGHT = 3 };

struct settle_about { // what the store does not need and the engine does
    struct guid job_id, execution_id;
    struct guid workflow_run_id; // zero = of none
    enum job_type job_type;
    struct utc started_at, scheduled_for;
    bool is_watched;                    // its job has watches
    struct execution_progress progress; // what it said last; execution_row 0 = nothing
};

struct settle_entry {
    struct settlement *settlement;
    struct settle_about *about;
    struct arena *arena;
};

struct settler {
    struct store *store;
    struct alerts *alerts; // the committer's; NULL = none is raised
    void (*written)(void *context, struct store_write *write); // committer's thread
    void *context;
    struct list ready, in_flight, idle; // of batches
    struct settle_batch *open;          // being filled; NULL
    size_t in_flight_count, waiting;    // batches; items not yet answered
    bool look_again; // settling has raised alerts or released runs; the reader sets it back
};

void settler_init(struct settler *settler, struct store *store,
                  void (*written)(void *context, struct store_write *write), void *context);
void settler_free(struct settler *settler);
struct settle_entry settle_add(struct settler *settler);
/* Posts what waits, unless too many batches are in flight or a failed one has to wait longer. */
void settle_flush(struct settler *settler, struct mono now);
bool settle_is_empty(const struct settler *settler);
/* When settle_flush has something to do by time alone; false: nothing. */
bool settle_next(const struct settler *settler, struct mono *ret);

typedef void settle_each(void *context, const struct settlement *settlement,
                         const struct settle_about *about, bool uncertain);
typedef void settle_runs(void *context, const struct workflow_changes *changes);
/* Takes an answered write; `each` gets every item that is in or was refused, and `runs` what that
 * did to workflow runs. Returns write->ok.
 * `uncertain`: an earlier try may have written it, so `applied` may be false though it is in. */
bool settle_answered(struct settler *settler, struct store_write *write, struct mono now,
                     settle_each *each, settle_runs *runs, void *context);
/* Appends every execution that is not yet answered. `held` has room for settler->waiting more. */
size_t settle_held(const struct settler *settler, struct held_execution *held);

#endif
