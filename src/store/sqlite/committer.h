/* committer.h - the thread that owns the writing connection: group commit.
 *
 * It takes everything that was posted since its last commit, runs each write in a savepoint,
 * commits and flushes once, and then answers each. While it flushes, the next group gathers.
 *
 *   Owns:    the writing connection and what it knows (writer.h).
 *   Threads: committer_post from any; everything else from the thread that opens and closes.
 *   Errors:  a write's own stays with that write; when the group cannot be committed, each of its
 *            writes is answered UNAVAILABLE. A flush that fails stops the committer for good.
 */
#ifndef ALPHABET_STORE_SQLITE_COMMITTER_H
#define ALPHABET_STORE_SQLITE_COMMITTER_H

#include "store/sqlite/checkpointer.h"
#include "store/sqlite/writer.h"
#include "store/write_queue.h"

#include <stdatomic.h>

struct committer {
    struct connection *connection;
    struct writer writer;
    struct checkpointer checkpointer;
    void (*on_fatal)(void *context, const char *why);
    void *fatal_context;
    struct write_queue queue;
    int64_t log_pages;              // of the log after the latest commit; committer thread only
    atomic_int_fast64_t generation; // of the jobs
    atomic_uint_fast64_t commits;
    atomic_bool failed;
};

/* on_fatal, fatal_context and of the checkpointer limits and readers are set; the connections are
 * taken over. */
void committer_start(struct committer *committer, struct connection *writing,
                     struct connection *checkpointing);
/* Does what was posted, then ends the thread and closes the connections. */
void committer_stop(struct committer *committer);
void committer_post(struct committer *committer, struct store_write *write);

#endif
