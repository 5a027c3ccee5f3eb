/* workflow_index.c - see workflow_index.h: open addressing, at most half full. */
#include "model/workflow_index.h"

#include "base/hash.h"

static size_t first_slot(const struct workflow_index *index, struct guid id) {
    return (size_t)hash_bytes(id.bytes, sizeof id.bytes, 0) & index->mask;
}

struct workflow_index workflow_index_new(struct arena *arena, const struct guid *ids,
                                         size_t count) {
    size_t size = 16;
    while (size < count * 2) size *= 2;
    struct workflow_index index = {ids, ARENA_ARRAY(arena, size, size_t), size - 1};
    for (size_t i = 0; i < count; i++) {
        size_t slot = first_slot(&index, ids[i]);
        while (index.slots[slot] && !guid_equal(ids[index.slots[slot] - 1], ids[i]))
            slot = (slot + 1) & index.mask;
        if (index.slots[slot] == 0) index.slots[slot] = i + 1;
    }
    return index;
}

bool workflow_index_find(const struct workflow_index *index, struct guid id, size_t *ret) {
    size_t slot = first_slot(index, id);
    for (; index->slots[slot]; slot = (slot + 1) & index->mask) {
        if (!guid_equal(index->ids[index->slots[slot] - 1], id)) continue;
        *ret = index->slots[slot] - 1;
        return true;
    }
    return false;
}
