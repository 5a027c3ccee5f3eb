/* watches.h - what is expected of a job, between JSON and a plain value.
 *
 *     { "expectedWithinSeconds": 90000,      no success in that time
 *       "finishBySeconds": 3600,             not done that long after a due time
 *       "maxLatenessSeconds": 60,            started that late
 *       "unusualDuration": true }            too slow or too fast against its own history
 *
 *     struct watches watches;
 *     if (!watches_parse(job->watches, &watches, &err)) return false;
 *
 *   Owns:    nothing; struct watches is a plain value.   Threads: pure.   Units: seconds.
 *   Errors:  requests give faults, one a field; watches_parse: INVALID, for text that this module
 *            did not write.
 *   Source:  SPEC "Monitoring and admin"; when each raises an alert: engine/watch.h.
 */
#ifndef ALPHABET_MODEL_WATCHES_H
#define ALPHABET_MODEL_WATCHES_H

#include "base/err.h"

#include <jansson.h>

enum { MAX_WATCH_SECONDS = 31536000 };

struct watches { // 0 = not watched
    int64_t expected_within_seconds;
    int64_t finish_by_seconds;
    int64_t max_lateness_seconds;
    bool unusual_duration;
};

/* An object of a request; `path` goes before the fields in faults. Adds faults and leaves *ret
 * alone when there is one. */
void watches_from_json(const json_t *object, struct str path, struct watches *ret,
                       struct faults *faults);
/* The stored, canonical text; absent text watches nothing. */
WARN_UNUSED bool watches_parse(struct str json, struct watches *ret, struct err *err);
/* Canonical text: what is watched and nothing else; absent when nothing is. */
struct str watches_text(struct arena *arena, const struct watches *watches);

#endif
