/* workflow_index.h - from the id of a job to its place in a list of jobs.
 *
 *     struct workflow_index index = workflow_index_new(&arena, ids, count);
 *     if (workflow_index_find(&index, id, &position)) ...
 *
 * Of an id that is in the list twice the first place is found.
 *
 *   Owns: nothing; it lives in the arena and borrows `ids`.   Threads: pure.   Errors: none.
 */
#ifndef ALPHABET_MODEL_WORKFLOW_INDEX_H
#define ALPHABET_MODEL_WORKFLOW_INDEX_H

#include "base/guid.h"
#include "base/mem.h"

struct workflow_index {
    const struct guid *ids;
    size_t *slots; // a hash table of places + 1; 0 = free
    size_t mask;
};
struct workflow_index workflow_index_new(struct arena *arena, const struct guid *ids, size_t count);
bool workflow_index_find(const struct workflow_index *index, struct guid id, size_t *ret);

#endif
