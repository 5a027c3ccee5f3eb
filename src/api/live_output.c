/* live_output.c - see live_output.h.
 *
 * A list in the order in which they were heard of, the latest first: the ones that put out much are
 * found at once, and the last one is the one to forget.
 */
#include "api/live_output.h"

#include "base/buf.h"
#include "base/list.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct tail {
    struct list node;
    struct guid execution_id;
    struct buf text; // at most twice LIVE_OUTPUT_BYTES, so that cutting it is rare
    int64_t start;
};

struct live_output {
    pthread_mutex_t lock;
    struct list tails; // under lock
    _Atomic size_t count;
};

struct live_output *live_output_new(void) {
    struct live_output *live = xcalloc(1, sizeof *live);
    (void)pthread_mutex_init(&live->lock, NULL);
    list_init(&live->tails);
    return live;
}

/* With the lock held. */
static void forget(struct live_output *live, struct tail *tail) {
    list_remove(&tail->node);
    buf_free(&tail->text);
    free(tail);
    (void)atomic_fetch_sub(&live->count, 1);
}

void live_output_free(struct live_output *live) {
    if (live == NULL) return;
    for (struct list *node; (node = list_first(&live->tails)) != NULL;)
        forget(live, LIST_ENTRY(node, struct tail, node));
    (void)pthread_mutex_destroy(&live->lock);
    free(live);
}

static struct tail *find(struct live_output *live, struct guid execution_id) {
    for (struct list *node = live->tails.next; node != &live->tails; node = node->next) {
        struct tail *tail = LIST_ENTRY(node, struct tail, node);
        if (guid_equal(tail->execution_id, execution_id)) return tail;
    }
    return NULL;
}

static struct tail *make_tail(struct live_output *live, struct guid execution_id) {
    if (atomic_load(&live->count) == LIVE_OUTPUTS)
        forget(live, LIST_ENTRY(live->tails.prev, struct tail, node));
    struct tail *tail = xcalloc(1, sizeof *tail);
    tail->execution_id = execution_id;
    tail->text = buf_with_max(0);
    list_init(&tail->node);
    (void)atomic_fetch_add(&live->count, 1);
    return tail;
}

static void append(struct tail *tail, struct str more) {
    if (more.len > LIVE_OUTPUT_BYTES) {
        size_t skipped = more.len - LIVE_OUTPUT_BYTES;
        tail->start += (int64_t)(tail->text.len + skipped);
        buf_reset(&tail->text);
        more = str_slice(more, skipped, LIVE_OUTPUT_BYTES);
    } else if (tail->text.len + more.len > (size_t)2 * LIVE_OUTPUT_BYTES) {
        size_t kept = LIVE_OUTPUT_BYTES - more.len;
        size_t dropped = tail->text.len - kept;
        memmove(tail->text.ptr, tail->text.ptr + dropped, kept);
        tail->text.len = kept;
        tail->start += (int64_t)dropped;
    }
    buf_put(&tail->text, more);
}

void live_output_add(struct live_output *live, struct guid execution_id, struct str more) {
    if (more.len == 0) return;
    (void)pthread_mutex_lock(&live->lock);
    struct tail *tail = find(live, execution_id);
    if (tail == NULL) tail = make_tail(live, execution_id);
    list_remove(&tail->node);
    list_prepend(&live->tails, &tail->node);
    append(tail, more);
    (void)pthread_mutex_unlock(&live->lock);
}

bool live_output_read(struct live_output *live, struct guid execution_id, struct arena *arena,
                      struct live_tail *ret) {
    if (atomic_load(&live->count) == 0) return false;
    (void)pthread_mutex_lock(&live->lock);
    const struct tail *tail = find(live, execution_id);
    if (tail)
        *ret = (struct live_tail){.text = arena_copy(arena, buf_str(&tail->text)),
                                  .start = tail->start};
    (void)pthread_mutex_unlock(&live->lock);
    return tail != NULL;
}

void live_output_end(struct live_output *live, struct guid execution_id) {
    if (atomic_load(&live->count) == 0) return;
    (void)pthread_mutex_lock(&live->lock);
    struct tail *tail = find(live, execution_id);
    if (tail) forget(live, tail);
    (void)pthread_mutex_unlock(&live->lock);
}
