/* rate.c - see rate.h.
 *
 * The hash of the address is seeded by random bytes: nobody outside can pick addresses that fall
 * into the place of another client. Two addresses with one 64-bit hash share a bucket.
 */
#include "http/rate.h"

#include "base/hash.h"
#include "base/mem.h"

#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>

enum { SHARDS = 16, SETS = 256, WAYS = 4, MINUTE_US = 60 * 1000 * 1000 };

struct bucket {
    uint64_t key;       // 0 = free
    int64_t full_at_us; // when the bucket will be full again: tokens and time in one number
};

struct shard {
    pthread_mutex_t lock;
    struct bucket sets[SETS][WAYS];
};

struct rate {
    unsigned per_minute;
    uint64_t seed;
    struct shard shards[SHARDS];
};

struct rate *rate_new(unsigned per_minute) {
    struct rate *rate = xcalloc(1, sizeof *rate);
    rate->per_minute = per_minute;
    randombytes_buf(&rate->seed, sizeof rate->seed);
    for (size_t i = 0; i < SHARDS; i++) pthread_mutex_init(&rate->shards[i].lock, NULL);
    return rate;
}

void rate_free(struct rate *rate) {
    if (rate == NULL) return;
    for (size_t i = 0; i < SHARDS; i++) pthread_mutex_destroy(&rate->shards[i].lock);
    free(rate);
}

/* The first four groups of an IPv6 address; addresses come from inet_ntop, so `::` may shorten. */
static struct str network_of(struct str address) {
    size_t groups = 0;
    for (size_t i = 0; i < address.len; i++) {
        if (address.ptr[i] != ':') continue;
        bool gap = i + 1 < address.len && address.ptr[i + 1] == ':';
        if (++groups == 4 || gap) return str_slice(address, 0, i);
    }
    return address;
}

static struct bucket *bucket_of(struct shard *shard, uint64_t key) {
    struct bucket *set = shard->sets[key / SHARDS % SETS];
    struct bucket *oldest = &set[0];
    for (size_t i = 0; i < WAYS; i++) {
        if (set[i].key == key) return &set[i];
        if (set[i].full_at_us < oldest->full_at_us) oldest = &set[i];
    }
    *oldest = (struct bucket){.key = key, .full_at_us = INT64_MIN};
    return oldest;
}

unsigned rate_take(struct rate *rate, struct str address, struct mono now) {
    uint64_t key = hash_str(network_of(address), rate->seed) | 1;
    /* The lowest bit marks a bucket in use; the shard comes from the bits above. */
    struct shard *shard = &rate->shards[key >> 60];
    int64_t per_token_us = MINUTE_US / (int64_t)rate->per_minute;
    if (per_token_us == 0) per_token_us = 1;
    unsigned wait = 0;
    pthread_mutex_lock(&shard->lock);
    struct bucket *bucket = bucket_of(shard, key);
    if (bucket->full_at_us < now.us) bucket->full_at_us = now.us;
    int64_t ahead = bucket->full_at_us - now.us; // time it takes to refill what was used
    if (ahead + per_token_us > MINUTE_US) {
        wait = (unsigned)((ahead + per_token_us - MINUTE_US + 999999) / 1000000);
    } else {
        bucket->full_at_us += per_token_us;
    }
    pthread_mutex_unlock(&shard->lock);
    return wait;
}
