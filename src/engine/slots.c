/* slots.c - a fixed array with a stack of the free ones; see slots.h.
 *
 * The slot freed last is taken first: its memory is still in the cache, and a node with thousands
 * of slots touches only as many as it uses.
 */
#include "engine/slots.h"

#include <assert.h>
#include <stdlib.h>

static struct slot **free_list(struct slots *slots, bool is_reserved) {
    return is_reserved ? &slots->free_reserved : &slots->free;
}

static void put_free(struct slots *slots, struct slot *slot) {
    struct slot **list = free_list(slots, slot->is_reserved);
    slot->next_free = *list;
    *list = slot;
}

void slots_init(struct slots *slots, size_t total, size_t reserved, void *owner) {
    *slots = (struct slots){.items = xcalloc(total + reserved, sizeof(struct slot)),
                            .total = total,
                            .reserved = reserved};
    list_init(&slots->busy);
    for (size_t i = total + reserved; i > 0; i--) {
        struct slot *slot = &slots->items[i - 1];
        slot->owner = owner;
        list_init(&slot->node);
        list_init(&slot->start);
        slot->is_reserved = i > total;
        put_free(slots, slot);
    }
}

void slots_free(struct slots *slots) {
    for (size_t i = 0; i < slots->total + slots->reserved; i++) arena_free(&slots->items[i].arena);
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
    copy.inputs = arena_copy(arena, from->inputs);
    return copy;
}

struct slot *slots_take(struct slots *slots, const struct execution *execution,
                        const struct job *job) {
    struct slot **list = free_list(slots, (int)job->type == JOB_ALERT);
    struct slot *slot = *list;
    if (slot == NULL) return NULL;
    *list = slot->next_free;
    slots->busy_count++;
    slots->reserved_busy += slot->is_reserved;
    assert(slot->state == SLOT_FREE);
    slot->state = SLOT_WAITING;
    slot->execution = copy_execution(&slot->arena, execution);
    slot->job = job_copy(&slot->arena, job);
    slot->run = (struct run){.execution = &slot->execution, .job = &slot->job};
    slot->progress.is_known = slot->progress.is_changed = false;
    slot->stop_message = STR_NONE;
    slot->refusal = (struct dependency_refusal){0};
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
    put_free(slots, slot);
    slots->busy_count--;
    slots->reserved_busy -= slot->is_reserved;
}

size_t slots_free_count(const struct slots *slots) {
    return slots->total - slots_workers_busy(slots);
}

size_t slots_workers_busy(const struct slots *slots) {
    return slots->busy_count - slots->reserved_busy;
}

size_t slots_reserved_free(const struct slots *slots) {
    return slots->reserved - slots->reserved_busy;
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
