/* retention.h - how long a job's ended executions are kept, when the job says so itself.
 *
 *     { "days": 30, "count": 1000 }      // those older than 30 days go, and those beyond 1,000
 *
 * At least one of the two; null or absent, or an empty object: the server's setting counts. The
 * latest Failed execution is kept whatever the limits say.
 *
 *     struct retention retention;
 *     if (!retention_parse(job->retention, &retention, &err)) return false;
 *
 *   Owns:    nothing.   Threads: pure.   Units: days of 86,400 s.
 *   Errors:  requests give faults, one a field; retention_parse: INVALID, for text that this module
 *            did not write.
 */
#ifndef ALPHABET_MODEL_RETENTION_H
#define ALPHABET_MODEL_RETENTION_H

#include "base/err.h"
#include "base/mem.h"

#include <jansson.h>

enum { MAX_RETENTION_DAYS = 3650, MAX_RETENTION_COUNT = 1000000 };

struct retention {
    int64_t days;  // 0 = no limit
    int64_t count; // 0 = no limit
};

/* An object of a request. `path` goes before the fields in faults. Adds faults and leaves *ret
 * alone when there is one. */
void retention_from_json(const json_t *object, struct str path, struct retention *ret,
                         struct faults *faults);
/* The stored, canonical text; absent text sets no limit. */
WARN_UNUSED bool retention_parse(struct str json, struct retention *ret, struct err *err);
/* Canonical text; absent when there is no limit. */
struct str retention_text(struct arena *arena, const struct retention *retention);

#endif
