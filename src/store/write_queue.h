/* write_queue.h - the queue of posted writes and the thread that does them in groups: what the
 * committers of all back ends have in common.
 *
 * The thread takes everything that was posted since it looked last, as one list, and hands it to
 * `do_group`, which runs each write, commits once and answers. Meanwhile the next group gathers.
 *
 *     write_queue_start(&queue, do_group, committer);
 *     write_queue_post(&queue, &write);
 *     write_queue_stop(&queue);
 *
 *   Owns:    its thread and lock; a write belongs to who posted it, from its answer on.
 *   Threads: write_queue_post from any; start and stop from the one that opens and closes; the rest
 *            from the thread of the queue.
 *   Errors:  none of its own.
 */
#ifndef ALPHABET_STORE_WRITE_QUEUE_H
#define ALPHABET_STORE_WRITE_QUEUE_H

#include "store/store.h"

#include <pthread.h>

struct write_queue {
    void (*do_group)(void *context, struct store_write *first);
    void *context;
    struct store_figures figures;
    pthread_t thread;
    /* under lock */
    pthread_mutex_t lock;
    pthread_cond_t posted;
    struct store_write *first, *last;
    bool stopping;
};

void write_queue_start(struct write_queue *queue,
                       void (*do_group)(void *context, struct store_write *first), void *context);
/* Does what was posted, then ends the thread. */
void write_queue_stop(struct write_queue *queue);
void write_queue_post(struct write_queue *queue, struct store_write *write);

/* What was posted since the group at hand was taken, without waiting; NULL when there is nothing.
 * For a committer that cannot go on and has to answer others meanwhile. */
struct store_write *write_queue_take(struct write_queue *queue);
bool write_queue_is_stopping(struct write_queue *queue);

/* Answers each of the list, as it is or with UNAVAILABLE and the message of `err`. */
void writes_answer(struct store_write *first);
void writes_answer_unavailable(struct store_write *first, const struct err *err);
/* A group of so many writes that was begun then is committed. */
void write_queue_note_commit(struct write_queue *queue, struct mono begun, int64_t writes);

#endif
