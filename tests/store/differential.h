/* differential.h - one random history, told to two stores: what the files of the differential test
 * share.
 *
 * A step is one write of one to three operations, which sometimes fails on purpose at its end. Both
 * stores are told the same step: it draws its numbers from a generator that is copied for each of
 * them, and names things by number (the n-th job ever made has the n-th guid), so that it never
 * depends on what a store answered - except where the answers were compared already.
 *
 *   Owns: nothing; texts and answers live in the step's arena.   Threads: a step runs on the
 *   committer of the store that it is told to, one at a time.
 */
#ifndef ALPHABET_TESTS_STORE_DIFFERENTIAL_H
#define ALPHABET_TESTS_STORE_DIFFERENTIAL_H

#include "base/buf.h"
#include "random.h"
#include "store/store.h"

struct step {
    struct random random;
    int64_t number;
    struct utc now;
    int64_t jobs, executions, users, tokens, workflows, runs; // made so far
    struct buf *said;                                         // every answer, described
    struct arena *arena;
};

/* One operation; false and err undoes the step. */
typedef bool operation(struct step *step, struct store_tx *tx, struct err *err);

operation change_jobs, plan_due, insert_execution, claim_some, settle_some, note_progress,
    cancel_one, note_node, note_fact, change_people, release_some, change_workflows, change_runs,
    change_watches, clear_some, index_some;

/* Everything a reader can ask, described: the lists whole, and some filters at random. */
bool ask_everything(struct step *step, struct store_tx *tx, struct err *err);

bool ask_dependencies(struct step *step, struct store_tx *tx, struct err *err); // likewise
bool ask_workflows(struct step *step, struct store_tx *tx, struct err *err);

bool draw(struct step *step, int64_t one_in); // true once in so many times
int64_t draw_below(struct step *step, int64_t limit);
struct guid numbered_guid(char kind, int64_t number);
struct guid some_job(struct step *step);             // one made earlier, or one unknown
struct guid some_execution(struct step *step);       // likewise
struct utc soon(struct step *step, int64_t seconds); // now, or less than so long after
int64_t row_of_job(struct step *step, struct store_tx *tx, struct guid id); // unknown: no row's

#endif
