/* settle.c - batches and their second tries; see settle.h. */
#include "engine/settle.h"

#include "engine/dependencies.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { REFUSED_AGAIN_MS = 1000 };

struct settle_batch {
    struct store_write write;
    struct settler *settler;
    struct list node;
    struct arena arena;   // the items' texts
    struct arena scratch; // the committer's
    struct settlement *items;
    struct settle_about *about;
    size_t count, capacity;
    size_t window;                // the first so many are in the write
    size_t window_max;            // shrinks when the store refuses; 0 = no bound
    bool look_again;              // the write that is or was posted made something to be claimed
    bool uncertain;               // a write of it may have been committed without an answer
    struct mono not_before;       // the next try
    struct workflow_changes runs; // by the write that is or was posted
};

/* A retry of a job that was deleted while its run was going on would bring it back. */
static bool drop_retries_of_deleted(struct settle_batch *batch, struct store_tx *tx,
                                    struct err *err) {
    for (size_t i = 0; i < batch->window; i++) {
        struct settlement *item = &batch->items[i];
        if (item->retry == NULL) continue;
        struct job job;
        struct err reason = ERR_INIT;
        if (!store_job_get_by_row(tx, item->job_row, &batch->scratch, &job, &reason)) {
            if (reason.kind != ERR_NOT_FOUND) {
                *err = reason;
                return false;
            }
            item->retry = NULL;
        } else if (job.is_deleted && (int)job.type != JOB_ALERT) {
            item->retry = NULL;
        }
    }
    return true;
}

static bool raise_alerts(struct settle_batch *batch, struct store_tx *tx, struct err *err) {
    struct alerts *alerts = batch->settler->alerts;
    if (alerts == NULL) return true;
    size_t before = alerts->raised;
    for (size_t i = 0; i < batch->window; i++) {
        const struct settle_about *about = &batch->about[i];
        struct ended_execution ended = {.settlement = &batch->items[i],
                                        .execution_id = about->execution_id,
                                        .started_at = about->started_at,
                                        .scheduled_for = about->scheduled_for,
                                        .is_watched = about->is_watched};
        if (!alerts_settled(alerts, tx, &ended, &batch->scratch, err)) return false;
    }
    batch->look_again = batch->look_again || alerts->raised != before;
    return true;
}

/* Jobs that wait for those that ended: an end that is tried again is none yet. */
static bool release_dependants(struct settle_batch *batch, struct store_tx *tx, struct err *err) {
    size_t released = 0;
    for (size_t i = 0; i < batch->window; i++) {
        const struct settlement *item = &batch->items[i];
        bool has_ended = item->applied && execution_has_ended(item->status) && item->retry == NULL;
        if (has_ended && item->has_dependants &&
            !dependencies_ended(tx, batch->about[i].job_id, item->completed_at, &batch->scratch,
                                &released, err))
            return false;
    }
    batch->look_again = batch->look_again || released > 0;
    return true;
}

/* Few say how far they have come; theirs is written before the end makes it final. */
static bool write_progress(const struct settle_batch *batch, struct store_tx *tx, struct err *err) {
    for (size_t i = 0; i < batch->window; i++) {
        struct execution_progress progress = batch->about[i].progress;
        if (progress.execution_row != 0 && !store_execution_progress(tx, &progress, 1, err))
            return false;
    }
    return true;
}

/* What the results mean for the workflow runs they are of. */
static bool move_runs(struct settle_batch *batch, struct err *err) {
    for (size_t i = 0; i < batch->window; i++) {
        const struct settle_about *about = &batch->about[i];
        if (!workflows_settled(&batch->runs, about->workflow_run_id, about->execution_id,
                               &batch->items[i], err))
            return false;
    }
    return workflows_advance(&batch->runs, err);
}

static bool settle_run(struct store_tx *tx, void *context, struct err *err) {
    struct settle_batch *batch = context;
    arena_reset(&batch->scratch);
    batch->look_again = false;
    batch->runs = (struct workflow_changes){.tx = tx, .arena = &batch->scratch};
    if (batch->window > 0) batch->runs.now = batch->items[batch->window - 1].completed_at;
    return drop_retries_of_deleted(batch, tx, err) && write_progress(batch, tx, err) &&
           store_settle(tx, batch->items, batch->window, err) && move_runs(batch, err) &&
           release_dependants(batch, tx, err) && raise_alerts(batch, tx, err);
}

static void batch_written(struct store_write *write) {
    const struct settler *settler = LIST_ENTRY(write, struct settle_batch, write)->settler;
    settler->written(settler->context, write);
}

void settler_init(struct settler *settler, struct store *store,
                  void (*written)(void *context, struct store_write *write), void *context) {
    *settler = (struct settler){.store = store, .written = written, .context = context};
    list_init(&settler->ready);
    list_init(&settler->in_flight);
    list_init(&settler->idle);
}

static void free_batches(struct list *list) {
    struct list *node;
    while ((node = list_take_first(list))) {
        struct settle_batch *batch = LIST_ENTRY(node, struct settle_batch, node);
        arena_free(&batch->arena);
        arena_free(&batch->scratch);
        free(batch->items);
        free(batch->about);
        free(batch);
    }
}

void settler_free(struct settler *settler) {
    if (settler->open) list_append(&settler->ready, &settler->open->node);
    free_batches(&settler->ready);
    free_batches(&settler->in_flight);
    free_batches(&settler->idle);
}

static struct settle_batch *take_idle(struct settler *settler) {
    struct list *node = list_take_first(&settler->idle);
    if (node) return LIST_ENTRY(node, struct settle_batch, node);
    struct settle_batch *batch = xcalloc(1, sizeof *batch);
    list_init(&batch->node);
    batch->write.run = settle_run;
    batch->write.done = batch_written;
    batch->settler = settler;
    batch->write.context = batch;
    return batch;
}

static void seal(struct settler *settler) {
    if (settler->open == NULL) return;
    list_append(&settler->ready, &settler->open->node);
    settler->open = NULL;
}

struct settle_entry settle_add(struct settler *settler) {
    if (settler->open && settler->open->count == SETTLE_MAX) seal(settler);
    if (settler->open == NULL) settler->open = take_idle(settler);
    struct settle_batch *batch = settler->open;
    if (batch->count == batch->capacity) {
        batch->capacity = batch->capacity ? batch->capacity * 4 : 16;
        batch->items = xreallocarray(batch->items, batch->capacity, sizeof *batch->items);
        batch->about = xreallocarray(batch->about, batch->capacity, sizeof *batch->about);
    }
    settler->waiting++;
    size_t index = batch->count++;
    return (struct settle_entry){&batch->items[index], &batch->about[index], &batch->arena};
}

static void post(struct settler *settler, struct settle_batch *batch) {
    batch->window = batch->count;
    if (batch->window_max && batch->window_max < batch->window) batch->window = batch->window_max;
    list_append(&settler->in_flight, &batch->node);
    settler->in_flight_count++;
    store_submit(settler->store, &batch->write);
}

void settle_flush(struct settler *settler, struct mono now) {
    if (settler->open && settler->open->count > 0 && settler->in_flight_count < SETTLE_IN_FLIGHT)
        seal(settler);
    struct list *node = settler->ready.next;
    while (node != &settler->ready && settler->in_flight_count < SETTLE_IN_FLIGHT) {
        struct settle_batch *batch = LIST_ENTRY(node, struct settle_batch, node);
        node = node->next;
        if (mono_before(now, batch->not_before)) continue;
        list_remove(&batch->node);
        post(settler, batch);
    }
}

bool settle_is_empty(const struct settler *settler) {
    return settler->waiting == 0;
}

bool settle_next(const struct settler *settler, struct mono *ret) {
    bool found = false;
    for (const struct list *node = settler->ready.next; node != &settler->ready;
         node = node->next) {
        const struct settle_batch *batch = LIST_ENTRY(node, struct settle_batch, node);
        if (!found || mono_before(batch->not_before, *ret)) *ret = batch->not_before;
        found = true;
    }
    return found && settler->in_flight_count < SETTLE_IN_FLIGHT;
}

static void remove_window(struct settle_batch *batch) {
    size_t left = batch->count - batch->window;
    memmove(batch->items, batch->items + batch->window, left * sizeof *batch->items);
    memmove(batch->about, batch->about + batch->window, left * sizeof *batch->about);
    batch->count = left;
}

static void retire(struct settler *settler, struct settle_batch *batch) {
    arena_reset(&batch->arena);
    batch->window_max = 0;
    batch->uncertain = false;
    batch->not_before = (struct mono){0};
    list_append(&settler->idle, &batch->node);
}

/* The store can be reached and refuses the batch: try smaller pieces, and put an item that is
 * refused alone behind the others. */
static void isolate(struct settle_batch *batch, struct mono now) {
    batch->window_max = batch->window > 1 ? batch->window / 2 : 1;
    if (batch->window > 1) return;
    struct settlement item = batch->items[0];
    struct settle_about about = batch->about[0];
    batch->window = 1;
    remove_window(batch);
    batch->items[batch->count] = item;
    batch->about[batch->count] = about;
    batch->count++;
    batch->not_before = mono_add(now, span_ms(REFUSED_AGAIN_MS));
}

bool settle_answered(struct settler *settler, struct store_write *write, struct mono now,
                     settle_each *each, settle_runs *runs, void *context) {
    struct settle_batch *batch = LIST_ENTRY(write, struct settle_batch, write);
    list_remove(&batch->node);
    settler->in_flight_count--;
    if (!write->ok) {
        if (write->err.kind == ERR_UNAVAILABLE)
            batch->uncertain = true;
        else
            isolate(batch, now);
        list_prepend(&settler->ready, &batch->node);
        return false;
    }
    settler->look_again = settler->look_again || batch->look_again;
    for (size_t i = 0; i < batch->window; i++)
        each(context, &batch->items[i], &batch->about[i], batch->uncertain);
    runs(context, &batch->runs);
    settler->waiting -= batch->window;
    remove_window(batch);
    if (batch->count > 0)
        list_prepend(&settler->ready, &batch->node);
    else
        retire(settler, batch);
    return true;
}

static size_t held_of(const struct list *list, struct held_execution *held) {
    size_t count = 0;
    for (const struct list *node = list->next; node != list; node = node->next) {
        const struct settle_batch *batch = LIST_ENTRY(node, struct settle_batch, node);
        for (size_t i = 0; i < batch->count; i++)
            held[count++] =
                (struct held_execution){batch->items[i].execution_row, batch->items[i].fence};
    }
    return count;
}

size_t settle_held(const struct settler *settler, struct held_execution *held) {
    size_t count = held_of(&settler->ready, held);
    count += held_of(&settler->in_flight, held + count);
    for (size_t i = 0; settler->open && i < settler->open->count; i++)
        held[count++] = (struct held_execution){settler->open->items[i].execution_row,
                                                settler->open->items[i].fence};
    return count;
}
