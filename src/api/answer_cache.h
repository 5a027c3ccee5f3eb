/* answer_cache.h - finished answers of pages that are asked for again and again, such as the list
 * of jobs that a dashboard polls.
 *
 *     int64_t generation = store_jobs_generation(store);      // before the store is read
 *     if (answer_cache_find(cache, request->query_text, generation, &response->body)) return;
 *     ... read the store, write the answer ...
 *     answer_cache_keep(cache, request->query_text, generation, buf_str(&response->body));
 *
 * An answer is good as long as the generation is the one it was made under. That is read before the
 * store: a change that comes in between leaves an answer that nobody is given again. Only for
 * answers that follow from key and store alone: not from the caller's role, not from the time.
 *
 *   Owns:    copies of key and answer, together at most ANSWER_CACHE_BYTES.
 *   Threads: any.   Errors: none; what is too long is not kept.
 */
#ifndef ALPHABET_API_ANSWER_CACHE_H
#define ALPHABET_API_ANSWER_CACHE_H

#include "base/buf.h"

enum { ANSWER_CACHE_SLOTS = 16, ANSWER_CACHE_BYTES = 1024 * 1024 };

struct answer_cache;

struct answer_cache *answer_cache_new(void);
void answer_cache_free(struct answer_cache *cache); // NULL is fine
/* Appends the answer to `out`; false when there is none for this key and generation. */
bool answer_cache_find(struct answer_cache *cache, struct str key, int64_t generation,
                       struct buf *out);
void answer_cache_keep(struct answer_cache *cache, struct str key, int64_t generation,
                       struct str answer);

#endif
