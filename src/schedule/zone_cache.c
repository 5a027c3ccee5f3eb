/* zone_cache.c - each zone read once, shared by all threads; see zone.h.
 *
 * A hash table of linked entries under one mutex. Zones are handed out as plain pointers, so one
 * that a refresh replaces is kept, at the end of the cache's list of the retired, until the cache
 * ends. The number of names is bounded by the files of the directory.
 */
#include "base/hash.h"
#include "base/mem.h"
#include "schedule/zone.h"

#include <pthread.h>
#include <stdlib.h>

enum { BUCKETS = 256 };

struct entry {
    struct zone *zone;
    struct entry *next;
};

struct zone_cache {
    char *directory; // does not change
    /* shared, under lock */
    pthread_mutex_t lock;
    struct entry *buckets[BUCKETS];
    struct entry *retired;
};

struct zone_cache *zone_cache_new(struct str directory) {
    struct zone_cache *cache = xcalloc(1, sizeof *cache);
    cache->directory = xstr_dup(directory);
    (void)pthread_mutex_init(&cache->lock, NULL);
    return cache;
}

static void free_entries(struct entry *entry) {
    while (entry != NULL) {
        struct entry *next = entry->next;
        zone_free(entry->zone);
        free(entry);
        entry = next;
    }
}

void zone_cache_free(struct zone_cache *cache) {
    if (cache == NULL) return;
    for (size_t i = 0; i < BUCKETS; i++) free_entries(cache->buckets[i]);
    free_entries(cache->retired);
    (void)pthread_mutex_destroy(&cache->lock);
    free(cache->directory);
    free(cache);
}

/* Holds the lock. */
static const struct zone *get_locked(struct zone_cache *cache, struct str name, struct err *err) {
    struct entry **bucket = &cache->buckets[hash_str(name, 0) % BUCKETS];
    for (struct entry *entry = *bucket; entry != NULL; entry = entry->next)
        if (str_equal(zone_name(entry->zone), name)) return entry->zone;
    struct zone *zone = zone_load(str_from_cstr(cache->directory), name, err);
    if (zone == NULL) return NULL;
    struct entry *entry = xmalloc(sizeof *entry);
    *entry = (struct entry){.zone = zone, .next = *bucket};
    *bucket = entry;
    return zone;
}

const struct zone *zone_cache_get(struct zone_cache *cache, struct str name, struct err *err) {
    /* Needs no file, so that a machine without tzdata can still run jobs. */
    if (str_equal(name, STR("UTC")) || str_equal(name, STR("Etc/UTC"))) return zone_utc();
    (void)pthread_mutex_lock(&cache->lock);
    const struct zone *zone = get_locked(cache, name, err);
    (void)pthread_mutex_unlock(&cache->lock);
    return zone;
}

/* Holds the lock. */
static bool refresh_entry(struct zone_cache *cache, struct entry *entry) {
    struct err ignored = ERR_INIT;
    struct zone *fresh =
        zone_load(str_from_cstr(cache->directory), zone_name(entry->zone), &ignored);
    if (fresh == NULL) return false;
    if (zone_equal(fresh, entry->zone)) {
        zone_free(fresh);
        return false;
    }
    struct entry *old = xmalloc(sizeof *old);
    *old = (struct entry){.zone = entry->zone, .next = cache->retired};
    cache->retired = old;
    entry->zone = fresh;
    return true;
}

size_t zone_cache_refresh(struct zone_cache *cache) {
    size_t changed = 0;
    (void)pthread_mutex_lock(&cache->lock);
    for (size_t i = 0; i < BUCKETS; i++)
        for (struct entry *entry = cache->buckets[i]; entry != NULL; entry = entry->next)
            if (refresh_entry(cache, entry)) changed++;
    (void)pthread_mutex_unlock(&cache->lock);
    return changed;
}
