/* exclusions.h - the times at which a job must not run, between JSON and schedule/exclusion.h.
 *
 *     { "excludedDates": ["2026-12-25"], "excludedDaysOfWeek": ["Saturday"],
 *       "timeRange": { "start": "22:00", "end": "06:00" } }
 *
 *     struct exclusion exclusion;
 *     if (!exclusions_parse(job->exclusions, arena, &exclusion, &err)) return false;
 *
 *   Owns:    the dates live in the arena.   Threads: pure.
 *   Errors:  requests give faults, one a field; exclusions_parse: INVALID, for text that this
 * module did not write. Source:  SPEC "Exclusions".
 */
#ifndef ALPHABET_MODEL_EXCLUSIONS_H
#define ALPHABET_MODEL_EXCLUSIONS_H

#include "base/err.h"
#include "base/json_write.h"
#include "schedule/exclusion.h"

#include <jansson.h>

/* An object of a request. `path` goes before the fields in faults ("exclusions"; absent for a body
 * of its own). Adds faults and leaves *ret alone when there is one. */
void exclusions_from_json(const json_t *object, struct str path, struct arena *arena,
                          struct exclusion *ret, struct faults *faults);
/* The stored, canonical text; absent text excludes nothing. */
WARN_UNUSED bool exclusions_parse(struct str json, struct arena *arena, struct exclusion *ret,
                                  struct err *err);
void exclusions_to_json(struct json_writer *w, const struct exclusion *exclusion);
/* Canonical text; absent when nothing is excluded. */
struct str exclusions_text(struct arena *arena, const struct exclusion *exclusion);

#endif
