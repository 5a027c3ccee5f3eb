/* answer_cache.c - see answer_cache.h. A slot for each hash, the latest answer in it: there are few
 * such pages, and one that is pushed out costs what it cost without a cache. */
#include "api/answer_cache.h"

#include "base/hash.h"
#include "base/mem.h"

#include <pthread.h>
#include <stdlib.h>

enum { SLOT_BYTES = ANSWER_CACHE_BYTES / ANSWER_CACHE_SLOTS };

struct slot {
    char *text; // key, then answer; NULL = empty
    size_t key_len, answer_len;
    int64_t generation;
};

struct answer_cache {
    pthread_mutex_t lock;
    struct slot slots[ANSWER_CACHE_SLOTS]; // under lock
};

struct answer_cache *answer_cache_new(void) {
    struct answer_cache *cache = xcalloc(1, sizeof *cache);
    (void)pthread_mutex_init(&cache->lock, NULL);
    return cache;
}

void answer_cache_free(struct answer_cache *cache) {
    if (cache == NULL) return;
    for (size_t i = 0; i < ANSWER_CACHE_SLOTS; i++) free(cache->slots[i].text);
    (void)pthread_mutex_destroy(&cache->lock);
    free(cache);
}

static struct slot *slot_of(struct answer_cache *cache, struct str key) {
    return &cache->slots[hash_str(key, 0) % ANSWER_CACHE_SLOTS];
}

bool answer_cache_find(struct answer_cache *cache, struct str key, int64_t generation,
                       struct buf *out) {
    (void)pthread_mutex_lock(&cache->lock);
    const struct slot *slot = slot_of(cache, key);
    bool found = slot->text && slot->generation == generation &&
                 str_equal(key, (struct str){slot->text, slot->key_len});
    if (found) buf_put(out, (struct str){slot->text + slot->key_len, slot->answer_len});
    (void)pthread_mutex_unlock(&cache->lock);
    return found;
}

void answer_cache_keep(struct answer_cache *cache, struct str key, int64_t generation,
                       struct str answer) {
    if (key.len >= SLOT_BYTES || answer.len > SLOT_BYTES - key.len) return;
    char *text = xmalloc(key.len + answer.len + 1);
    if (key.len) memcpy(text, key.ptr, key.len);
    if (answer.len) memcpy(text + key.len, answer.ptr, answer.len);
    struct slot fresh = {text, key.len, answer.len, generation};
    (void)pthread_mutex_lock(&cache->lock);
    struct slot *slot = slot_of(cache, key);
    char *old = slot->text;
    *slot = fresh;
    (void)pthread_mutex_unlock(&cache->lock);
    free(old);
}
