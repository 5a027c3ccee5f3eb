/* moment.h - times as people say them, in the zone of a job.
 *
 *     struct moment moment;
 *     if (!moment_parse(STR("yesterday 02:00"), zone, now, &moment, &err)) …
 *     // every instant in [moment.from, moment.to] is "yesterday 02:00"
 *
 * Understood: RFC 3339 ("2026-11-22T02:00:00Z", any offset); "2026-11-22 02:00"; "today 02:00",
 * "yesterday 02:00", "tomorrow 02:00"; "02:00", which is the last one that has come. Seconds may be
 * given; without them the whole minute is meant.
 *
 *   Owns:    nothing.   Threads: pure.   Units: struct utc.
 *   Errors:  INVALID with what is understood.
 */
#ifndef ALPHABET_CLI_MOMENT_H
#define ALPHABET_CLI_MOMENT_H

#include "base/err.h"
#include "schedule/zone.h"

struct moment {
    struct utc from, to; // both included
    enum zone_local_kind kind;
    struct utc again; // ZONE_LOCAL_TWICE: when the same clock time comes a second time
};

WARN_UNUSED bool moment_parse(struct str text, const struct zone *zone, struct utc now,
                              struct moment *ret, struct err *err);

#endif
