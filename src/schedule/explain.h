/* explain.h - what a cron pattern means and when it runs next, as JSON.
 *
 * One answer for the API (POST /cron/explain) and for the command line:
 *
 *     {"valid":true,"description":"at 02:30 on Monday to Friday",
 *      "next":[{"utc":"…Z","local":"2026-03-29T03:00:00+02:00","adjusted":true}]}
 *     {"valid":false,"error":"the minute must be 0 to 59, not 60","position":0}
 *
 * A pattern that can never match, and one that is over by `from`, is not valid: no job may have it.
 *
 *   Owns: nothing.   Threads: safe from any.
 *   Errors: about the zone only (INVALID with field "timezone", INTERNAL); a bad pattern is an
 *           answer, not an error. Nothing has been written when it returns false.
 */
#ifndef ALPHABET_SCHEDULE_EXPLAIN_H
#define ALPHABET_SCHEDULE_EXPLAIN_H

#include "base/err.h"
#include "base/json_write.h"
#include "schedule/dst.h"
#include "schedule/zone.h"

struct explain_request {
    struct str expression;
    struct str timezone; // absent or empty: UTC
    struct utc from;
    int count;             // of next runs, 0 to MAX_UPCOMING; checked by the caller
    struct dst_policy dst; // all zero is the default policy
    uint64_t hash_seed;    // what H resolves to; the hash of a job id, or 0
};

WARN_UNUSED bool cron_explain(struct json_writer *w, const struct explain_request *request,
                              struct zone_cache *zones, struct err *err);
/* An element of "next", as `upcoming` and `preview` of a job write it too. */
void json_occurrence(struct json_writer *w, const struct zone *zone, struct utc due, bool adjusted);

#endif
