/* config_cache.c - see config_cache.h. Rows count up, so row modulo places spreads them evenly. */
#include "handlers/config_cache.h"

struct http_config *config_cache_find(struct config_cache *cache, int64_t job_row,
                                      int64_t revision) {
    size_t place = (size_t)job_row % CONFIG_CACHE_PLACES;
    if (!cache->places[place].config || cache->places[place].job_row != job_row ||
        cache->places[place].revision != revision)
        return NULL;
    return http_config_share(cache->places[place].config);
}

void config_cache_keep(struct config_cache *cache, int64_t job_row, int64_t revision,
                       struct http_config *config) {
    if (config->size > CONFIG_CACHE_LARGEST || job_row <= 0) return;
    size_t place = (size_t)job_row % CONFIG_CACHE_PLACES;
    http_config_release(cache->places[place].config);
    cache->places[place].job_row = job_row;
    cache->places[place].revision = revision;
    cache->places[place].config = http_config_share(config);
}

void config_cache_clear(struct config_cache *cache) {
    for (size_t i = 0; i < CONFIG_CACHE_PLACES; i++) {
        http_config_release(cache->places[i].config);
        cache->places[i].config = NULL;
    }
}
