/* forecast.h - what the schedules of many jobs will do in the hours ahead, by bucket: how many
 * executions are planned, and how many workers they are expected to keep busy.
 *
 *     struct forecast *forecast = forecast_new(&options);
 *     for each job: forecast_add(forecast, &job);
 *     struct forecast_summary summary = forecast_finish(forecast);
 *     const struct forecast_bucket *buckets = forecast_buckets(forecast);
 *
 * A run is expected to take as long as the job's successful ones did (job.durations.mean_us),
 * counted from the beginning of its bucket; of a job that never succeeded it is taken to take no
 * time, and the job is counted as unmeasured. Retries, triggers by hand and what runs already are
 * not in it, nor is jitter.
 *
 *   Owns:    what it keeps of the jobs, of at most FORECAST_PATTERNS different ones.
 *   Threads: one at a time.   Units: workers as a mean over the bucket.
 *   Errors:  a job whose schedule cannot be read is passed over.
 *   Bound:   exact while walking the schedules takes at most `steps_max` due times; jobs that share
 *            a pattern and a zone are walked once, intervals not at all. Beyond it every k-th of
 * the patterns that few share is walked, and summary.sampled is k. A pattern with more than
 *            FORECAST_WALK due times in the range goes on at its rate so far.
 */
#ifndef ALPHABET_MODEL_FORECAST_H
#define ALPHABET_MODEL_FORECAST_H

#include "model/job.h"
#include "schedule/zone.h"

enum { FORECAST_PATTERNS = 20000, FORECAST_WALK = 20000, FORECAST_TOP = 5 };

struct forecast_options {
    struct zone_cache *zones;
    struct utc now;
    struct utc from; // start of the first bucket, at or before now
    int64_t bucket_seconds;
    size_t bucket_count;
    int64_t steps_max;
};

/* A job in a bucket, by the store's key. */
struct forecast_share {
    int64_t job_row;
    double workers;
};

struct forecast_bucket {
    double executions;
    double workers;
    struct forecast_share top[FORECAST_TOP]; // the most first
    size_t top_count;
};

struct forecast_summary {
    int64_t jobs;         // with a run ahead
    int64_t unmeasured;   // of these: never succeeded
    int64_t sampled;      // 1 = exact; k: about every k-th of some
    int64_t extrapolated; // patterns that went on at their rate
};

struct forecast;
struct forecast *forecast_new(const struct forecast_options *options);
void forecast_free(struct forecast *forecast); // NULL is fine
void forecast_add(struct forecast *forecast, const struct job *job);
struct forecast_summary forecast_finish(struct forecast *forecast);
const struct forecast_bucket *forecast_buckets(const struct forecast *forecast);

#endif
