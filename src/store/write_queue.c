/* write_queue.c - see write_queue.h. */
#include "store/write_queue.h"

#include "store/thread.h"

#include <assert.h>

/* ---- answers --------------------------------------------------------------------------------- */

void writes_answer(struct store_write *first) {
    while (first) {
        struct store_write *next = first->next; // done may free the write
        first->done(first);
        first = next;
    }
}

void writes_answer_unavailable(struct store_write *first, const struct err *err) {
    for (struct store_write *write = first; write; write = write->next) {
        write->ok = false;
        write->err = (struct err)ERR_INIT;
        (void)err_set(&write->err, ERR_UNAVAILABLE, "%s", err->msg);
    }
    writes_answer(first);
}

void write_queue_note_commit(struct write_queue *queue, struct mono begun, int64_t writes) {
    struct span took = mono_diff(clock_mono(clock_system()), begun);
    histogram_add(&queue->figures.commit_us, took.us);
    histogram_add(&queue->figures.commit_writes, writes);
}

/* ---- the thread ------------------------------------------------------------------------------ */

/* Call with the lock held. */
static struct store_write *take(struct write_queue *queue) {
    struct store_write *first = queue->first;
    queue->first = queue->last = NULL;
    return first;
}

struct store_write *write_queue_take(struct write_queue *queue) {
    (void)pthread_mutex_lock(&queue->lock);
    struct store_write *first = take(queue);
    (void)pthread_mutex_unlock(&queue->lock);
    return first;
}

bool write_queue_is_stopping(struct write_queue *queue) {
    (void)pthread_mutex_lock(&queue->lock);
    bool stopping = queue->stopping;
    (void)pthread_mutex_unlock(&queue->lock);
    return stopping;
}

/* NULL when there will be no more. */
static struct store_write *wait_for_group(struct write_queue *queue) {
    (void)pthread_mutex_lock(&queue->lock);
    while (!queue->first && !queue->stopping) (void)pthread_cond_wait(&queue->posted, &queue->lock);
    struct store_write *first = take(queue);
    (void)pthread_mutex_unlock(&queue->lock);
    return first;
}

static void *run(void *argument) {
    struct write_queue *queue = argument;
    struct store_write *first;
    while ((first = wait_for_group(queue)) != NULL) queue->do_group(queue->context, first);
    return NULL;
}

void write_queue_start(struct write_queue *queue,
                       void (*do_group)(void *context, struct store_write *first), void *context) {
    queue->do_group = do_group;
    queue->context = context;
    histogram_init(&queue->figures.commit_us, histogram_durations, HISTOGRAM_DURATIONS);
    histogram_init(&queue->figures.commit_writes, histogram_sizes, HISTOGRAM_SIZES);
    (void)pthread_mutex_init(&queue->lock, NULL);
    (void)pthread_cond_init(&queue->posted, NULL);
    thread_start(&queue->thread, run, queue);
}

void write_queue_stop(struct write_queue *queue) {
    (void)pthread_mutex_lock(&queue->lock);
    queue->stopping = true;
    (void)pthread_cond_signal(&queue->posted);
    (void)pthread_mutex_unlock(&queue->lock);
    (void)pthread_join(queue->thread, NULL);
    (void)pthread_cond_destroy(&queue->posted);
    (void)pthread_mutex_destroy(&queue->lock);
}

void write_queue_post(struct write_queue *queue, struct store_write *write) {
    write->next = NULL;
    (void)pthread_mutex_lock(&queue->lock);
    assert(!queue->stopping);
    if (queue->last)
        queue->last->next = write;
    else
        queue->first = write;
    queue->last = write;
    (void)pthread_cond_signal(&queue->posted);
    (void)pthread_mutex_unlock(&queue->lock);
}
