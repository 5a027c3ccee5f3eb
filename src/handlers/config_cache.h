/* config_cache.h - jobConfigurations already read, by job and revision.
 *
 *     struct http_config *config = config_cache_find(&cache, job->row, job->revision);
 *     if (!config) config_cache_keep(&cache, job->row, job->revision, config = …);
 *
 * A job has one place, CONFIG_CACHE_PLACES in all; a newcomer takes over the place. Large ones are
 * not kept, so the memory is bounded by places times CONFIG_CACHE_LARGEST.
 *
 *   Owns:    a reference to each kept configuration; results are shared references for the caller.
 *   Threads: one.   Errors: none.
 */
#ifndef ALPHABET_HANDLERS_CONFIG_CACHE_H
#define ALPHABET_HANDLERS_CONFIG_CACHE_H

#include "handlers/http_config.h"

enum { CONFIG_CACHE_PLACES = 1024, CONFIG_CACHE_LARGEST = 16 * 1024 };

struct config_cache {
    struct {
        int64_t job_row, revision;
        struct http_config *config;
    } places[CONFIG_CACHE_PLACES];
};

struct http_config *config_cache_find(struct config_cache *cache, int64_t job_row,
                                      int64_t revision);
void config_cache_keep(struct config_cache *cache, int64_t job_row, int64_t revision,
                       struct http_config *config);
void config_cache_clear(struct config_cache *cache);

#endif
