/* plan_cache.h - jobs with their compiled schedules, by (row, revision), so that a job that is due
 * every second is not read and parsed every second.
 *
 *     plan_cache_begin(&cache);                     // once a pass
 *     const struct planned_job *job;
 *     if (!plan_cache_get(&cache, tx, due->row, due->revision, &job, &err)) return false;
 *     if (job->unreadable) ...                    // the zone is gone, say
 *
 * Two generations: what is looked up moves to the young one; when that is full it becomes the old
 * one and the old one is forgotten. So about twice PLAN_CACHE_JOBS are kept, those used last. That
 * happens in plan_cache_begin alone: what was looked up stays valid until the next but one.
 *
 *   Owns:    the entries and all they point to, until plan_cache_free.
 *   Threads: belongs to the one pass in flight: the committer's thread while it runs, else the
 *            engine's.
 *   Errors:  those of store_job_get_by_row. A schedule that cannot be compiled is no error here.
 */
#ifndef ALPHABET_ENGINE_PLAN_CACHE_H
#define ALPHABET_ENGINE_PLAN_CACHE_H

#include "model/job_schedule.h"
#include "store/store.h"

enum { PLAN_CACHE_JOBS = 16384, PLAN_CACHE_BYTES = 32 * 1024 * 1024 };

struct planned_job {
    struct job job; // state fields as they were when it was read: not to be used
    struct schedule_spec schedule;
    bool unreadable; // the schedule could not be compiled; `error` says why
    char error[256];
};

struct plan_generation {
    struct planned_job **table; // open addressing; a power of two
    size_t count;
    struct arena arena;
};

struct plan_cache {
    struct zone_cache *zones;
    struct plan_generation young, old;
};

struct plan_cache plan_cache_new(struct zone_cache *zones);
void plan_cache_free(struct plan_cache *cache);
/* At most PLAN_CACHE_JOBS - 1 jobs may be looked up until the next call. */
void plan_cache_begin(struct plan_cache *cache);
WARN_UNUSED bool plan_cache_get(struct plan_cache *cache, struct store_tx *tx, int64_t row,
                                int64_t revision, const struct planned_job **ret, struct err *err);
/* Reads the job whatever is cached, for when its revision is not known. */
WARN_UNUSED bool plan_cache_read(struct plan_cache *cache, struct store_tx *tx, int64_t row,
                                 const struct planned_job **ret, struct err *err);

#endif
