/* slots.c - a fixed array with a stack of the free ones; see slots.h.
 *
 * The slot freed last is taken first: its memory is still in the cache, and a node with thousands
 * of slots touches only as many as it uses.
 */
#include "engine/slots.h"

#include <assert.h>
#include <stdlib.h>

void slots_init(struct slots *slots, size_t total, void *owner) {
    *slots = (struct slots){.items = xcalloc(total, sizeof(struct slot)), .total = total};
    list_init(&slots->busy);
    for (size_t i = total; i > 0; i--) {
        struct slot *slot = &slots->items[i - 1];
        slot->owner = owner;
        list_init(&slot->node);
        list_init(&slot->start);
        slot->next_free = slots->free;
        slots->free = slot;
    }
}

void slots_free(struct slots *slots) {
    for (size_t i = 0; i < slots->total; i++) arena_free(&slots->items[i].arena);
    free(slots->items);
    *slots = (struct slots){0};
}

static struct execution copy_execution(struct arena *arena, const struct execution *from) {
    struct execution copy = *from;
    copy.job_name = arena_copy(arena, from->job_name);
    copy.queue = arena_copy(arena, from->queue);
    copy.triggered_by = arena_copy(arena, from->triggered_by);
    copy.node_name = arena_copy(arena, from->node_name);
    copy.error_message = arena_copy(arena, from->error_message);
    copy.parameters = arena_copy(arena, from->parameters);
    copy.output = arena_copy(arena, from->output);
    return copy;
}

struct slot *slots_take(struct slots *slots, const struct execution *execution,
                        const struct job *job) {
    struct slot *slot = slots->free;
    if (slot == NULL) return NULL;
    slots->free = slot->next_free;
    slots->busy_count++;
    assert(slot->state == SLOT_FREE);
    slot->state = SLOT_WAITING;
    slot->execution = copy_execution(&slot->arena, execution);
    slot->job = job_copy(&slot->arena, job);
    slot->run = (struct run){.execution = &slot->execution, .job = &slot->job};
    slot->stop_message = STR_NONE;
    slot->waits_for = 0;
    list_append(&slots->busy, &slot->node);
    return slot;
}

void slots_release(struct slots *slots, struct slot *slot) {
    assert(slot->state != SLOT_FREE && slot->timeout.place == 0);
    slot->state = SLOT_FREE;
    list_remove(&slot->node);
    list_remove(&slot->start);
    arena_reset(&slot->arena);
    slot->next_free = slots->free;
    slots->free = slot;
    slots->busy_count--;
}

size_t slots_free_count(const struct slots *slots) {
    return slots->total - slots->busy_count;
}

struct slot *slots_find(const struct slots *slots, int64_t execution_row) {
    SLOTS_EACH(slot, slots) {
        if (slot->execution.row == execution_row) return slot;
    }
    return NULL;
}

struct slot *slot_of_run(struct run *run) {
    return LIST_ENTRY(run, struct slot, run);
}
