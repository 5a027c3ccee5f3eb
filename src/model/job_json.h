/* job_json.h - a job as JSON: checked on the way in, complete and fast on the way out.
 *
 *     struct faults faults = {.arena = arena};
 *     if (!job_from_json(body, JOB_CREATE, NULL, &defaults, arena, &job, &faults))
 *         return problem_faults(...);                       // every fault at once
 *     job.id = guid_new(now);                               // then job_plan_first, and store it
 *     job_to_json(&writer, &job);
 *
 * In:  fields of SPEC "Job"; an unknown one is a fault that proposes the nearest name; null equals
 *      absent; what nobody may set (id, createdAt, currentStatus, ...) is ignored, so that what was
 *      read can be sent back; likewise a schedule field of another scheduleType that is null, empty
 *      or 0. Enumerations by name in any case or by number. A secret that reads "***" keeps the
 *      stored value.
 * Out: every field, in the order of the specification; secrets masked (model/mask.h).
 *
 *   Owns:    texts of *ret live in `arena`, or are those of `base`.
 *   Threads: pure; the zone cache has a lock of its own.
 *   Errors:  false when a fault was added; *ret is untouched then.
 *   Source:  SPEC "API conventions" and "Job"; limits in base/bounds.h.
 */
#ifndef ALPHABET_MODEL_JOB_JSON_H
#define ALPHABET_MODEL_JOB_JSON_H

#include "base/err.h"
#include "base/json_write.h"
#include "model/job.h"
#include "model/retry.h"
#include "schedule/zone.h"

#include <jansson.h>

enum job_body {
    JOB_CREATE,
    JOB_REPLACE, // PUT: fields left out stay as in `base`
    JOB_IMPORT,  // an exported job; `base` is the one it replaces, or NULL
};

/* What a definition is checked against, and what it gets where it says nothing. */
struct job_defaults {
    struct zone_cache *zones;
    const struct str *queues; // the configured ones
    size_t queue_count;
    int64_t timeout_seconds; // Scheduler:Jobs:DefaultTimeoutSeconds
    struct retry_policy retry;
    struct str created_by; // the caller
    struct utc now;        // a pattern whose last year has gone by is refused
    /* Checks jobConfiguration, which is an object; fields named "jobConfiguration.url". NULL = not
     * checked. */
    void (*check_configuration)(void *context, enum job_type type, const json_t *configuration,
                                struct faults *faults);
    void *check_context;
};

/* `base` is NULL for a new job. Sets the definition; of a new job also everything else to its first
 * value: the caller sets id, created_at, updated_at, last_modified_by and the plan. Of an existing
 * one the caller sets revision, updated_at, last_modified_by and the plan. */
WARN_UNUSED bool job_from_json(const json_t *body, enum job_body kind, const struct job *base,
                               const struct job_defaults *defaults, struct arena *arena,
                               struct job *ret, struct faults *faults);
/* PATCH …/reschedule: scheduleType, scheduleExpression, intervalSeconds, runAt, timezone,
 * effectiveFrom (from when on the new schedule counts: it becomes startAt). */
WARN_UNUSED bool job_reschedule_from_json(const json_t *body, const struct job *base,
                                          const struct job_defaults *defaults, struct arena *arena,
                                          struct job *ret, struct faults *faults);
/* The body of …/exclusions, checked; *ret is the canonical text for job->exclusions, absent when it
 * excludes nothing. `path` goes before the fields in faults; absent for a body of its own. */
WARN_UNUSED bool job_exclusions_from_json(const json_t *body, struct str path, struct arena *arena,
                                          struct str *ret, struct faults *faults);

/* What says when something runs, as an object of its own: scheduleType to dstPolicy, given as a
 * whole. `path` goes before the fields in faults. `base` is what it replaces, or NULL. */
WARN_UNUSED bool job_schedule_from_json(const json_t *object, struct str path,
                                        const struct job *base, const struct job_defaults *defaults,
                                        struct arena *arena, struct job *ret,
                                        struct faults *faults);
void job_schedule_to_json(struct json_writer *w, const struct job *job);

void job_to_json(struct json_writer *w, const struct job *job);
/* What JOB_IMPORT takes: the definition and the id, without state. Secrets masked as well. */
void job_to_export_json(struct json_writer *w, const struct job *job);

#endif
