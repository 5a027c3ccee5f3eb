/* plan_cache.c - two generations of an open-addressing table; see plan_cache.h.
 *
 * No entry is ever removed by itself, so there are no tombstones and no lists: a whole generation
 * goes at once, with its arena.
 */
#include "engine/plan_cache.h"

#include "base/hash.h"

#include <stdlib.h>
#include <string.h>

enum { TABLE_SIZE = 2 * PLAN_CACHE_JOBS }; // at most half full

struct plan_cache plan_cache_new(struct zone_cache *zones) {
    return (struct plan_cache){.zones = zones};
}

static void generation_free(struct plan_generation *generation) {
    free(generation->table);
    arena_free(&generation->arena);
    *generation = (struct plan_generation){0};
}

void plan_cache_free(struct plan_cache *cache) {
    generation_free(&cache->young);
    generation_free(&cache->old);
}

/* Where the job is, or where it would go. */
static struct planned_job **place(const struct plan_generation *generation, int64_t row,
                                  int64_t revision) {
    uint64_t hash = hash_bytes(&row, sizeof row, (uint64_t)revision);
    for (size_t i = (size_t)hash % TABLE_SIZE;; i = (i + 1) % TABLE_SIZE) {
        struct planned_job *found = generation->table[i];
        if (found == NULL || (found->job.row == row && found->job.revision == revision))
            return &generation->table[i];
    }
}

static struct planned_job *lookup(const struct plan_generation *generation, int64_t row,
                                  int64_t revision) {
    return generation->table ? *place(generation, row, revision) : NULL;
}

void plan_cache_begin(struct plan_cache *cache) {
    if (cache->young.table && cache->young.count < PLAN_CACHE_JOBS &&
        cache->young.arena.total < PLAN_CACHE_BYTES)
        return;
    if (cache->young.table) {
        generation_free(&cache->old);
        cache->old = cache->young;
        cache->young = (struct plan_generation){0};
    }
    cache->young.table = xcalloc(TABLE_SIZE, sizeof(struct planned_job *));
}

static const struct planned_job *add(struct plan_cache *cache, struct planned_job *entry) {
    struct err err = ERR_INIT;
    if (!job_schedule(&entry->job, cache->zones, &cache->young.arena, &entry->schedule, &err)) {
        entry->unreadable = true;
        memcpy(entry->error, err.msg, sizeof entry->error);
    }
    struct planned_job **at = place(&cache->young, entry->job.row, entry->job.revision);
    if (*at == NULL) cache->young.count++;
    *at = entry;
    return entry;
}

bool plan_cache_read(struct plan_cache *cache, struct store_tx *tx, int64_t row,
                     const struct planned_job **ret, struct err *err) {
    struct planned_job *entry = ARENA_NEW(&cache->young.arena, struct planned_job);
    if (!store_job_get_by_row(tx, row, &cache->young.arena, &entry->job, err)) return false;
    *ret = add(cache, entry);
    return true;
}

bool plan_cache_get(struct plan_cache *cache, struct store_tx *tx, int64_t row, int64_t revision,
                    const struct planned_job **ret, struct err *err) {
    const struct planned_job *found = lookup(&cache->young, row, revision);
    if (found) {
        *ret = found;
        return true;
    }
    const struct planned_job *aging = lookup(&cache->old, row, revision);
    if (aging == NULL) return plan_cache_read(cache, tx, row, ret, err);
    struct planned_job *entry = ARENA_NEW(&cache->young.arena, struct planned_job);
    entry->job = job_copy(&cache->young.arena, &aging->job);
    *ret = add(cache, entry);
    return true;
}
