/* pg_committer.h - the thread that owns the writing connection: group commit.
 *
 * As in every store, a group is what was posted since the last commit, in one transaction, each
 * write in a savepoint of its own. What is special here:
 *   - the server may give a transaction up in favour of another one (a deadlock, a serialization
 *     failure): the group is run again, so `run` of a write may be called more than once;
 *   - a commit whose answer is lost is in doubt: the committer connects again, waits until the old
 *     session is gone, and reads whether the token of the group is there;
 *   - a commit that came with a warning (it was not replicated as it should) is in doubt until a
 *     later one has come without;
 *   - while the server cannot be reached, what is posted is answered UNAVAILABLE at once.
 *
 *   Owns:    the writing connection and what it knows (pg_writer.h).
 *   Threads: pg_committer_post from any; the rest from the thread that opens and closes.
 *   Errors:  a write's own stays with that write; when the group cannot be committed, each of its
 *            writes is answered UNAVAILABLE.
 */
#ifndef ALPHABET_STORE_POSTGRES_PG_COMMITTER_H
#define ALPHABET_STORE_POSTGRES_PG_COMMITTER_H

#include "store/postgres/pg_writer.h"
#include "store/write_queue.h"

struct pg_committer {
    struct pg_connection *connection;
    struct pg_writer writer;
    struct write_queue queue;
    struct mono try_again; // to connect: not before
    int64_t failures;      // to connect, in a row
    struct err failure;    // why there is no connection
};

/* Connects, migrates, starts the thread. */
WARN_UNUSED bool pg_committer_start(struct pg_committer *committer, const struct pg_target *target,
                                    struct err *err);
/* Does what was posted, then ends the thread and closes the connection. */
void pg_committer_stop(struct pg_committer *committer);
void pg_committer_post(struct pg_committer *committer, struct store_write *write);

#endif
