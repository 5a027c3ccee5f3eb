/* dependencies.h - a job that runs only after other jobs have.
 *
 *     { "dependsOnJobIds": ["0190…", …], "condition": "AllSucceeded" }
 *
 * A due run starts when each of the jobs (for AnySucceeded one of them) has ended as wanted since
 * the job's previous run was created; when there was none, ever. Until then the run is Pending and
 * waits. A manual trigger, a retry, a backfill and a step of a workflow do not wait.
 *
 *   Owns:    the arena holds what is parsed.   Threads: pure.
 *   Errors:  faults, fields named below `field`; INVALID for stored text that cannot be read.
 */
#ifndef ALPHABET_MODEL_DEPENDENCIES_H
#define ALPHABET_MODEL_DEPENDENCIES_H

#include "base/clock.h"
#include "base/err.h"
#include "base/guid.h"
#include "base/mem.h"
#include "model/names.h"

#include <jansson.h>

enum { DEPENDENCIES_MAX = 100 };

struct dependencies {
    struct guid *jobs; // each once, in the order given
    size_t count;      // up to DEPENDENCIES_MAX; 0 = it depends on none
    enum dependency_condition condition;
};

/* From a request; an empty list depends on none. `ret` is set when no fault was added. Whether
 * there are such jobs, and whether they depend on each other in a circle, the store knows:
 * engine/dependencies.h. */
void dependencies_read(const json_t *value, struct str field, struct arena *arena,
                       struct dependencies *ret, struct faults *faults);
/* Canonical text, as it is stored and answered; absent when it depends on none. */
struct str dependencies_text(struct arena *arena, const struct dependencies *dependencies);
/* Absent text depends on none. */
WARN_UNUSED bool dependencies_parse(struct str text, struct arena *arena, struct dependencies *ret,
                                    struct err *err);

/* What one of the jobs did: its latest success, and its latest end of any kind. */
struct dependency_end {
    bool is_gone; // deleted: it will not run again
    struct utc last_success_at, last_completed_at;
};
enum dependency_verdict {
    DEPENDENCY_MET,
    DEPENDENCY_WAITS,
    DEPENDENCY_IMPOSSIBLE, // what it waits for can never come: jobs that are gone
};
/* ends[i] is of jobs[i]; ends count that came later than `since` (UTC_NONE: all). `open`, if not
 * NULL, has room for `count` and gets indexes, *open_count how many: of those that are waited for
 * when it WAITS, of those that are gone when it is IMPOSSIBLE, none when it is MET. */
enum dependency_verdict dependencies_judge(const struct dependencies *dependencies,
                                           const struct dependency_end *ends, struct utc since,
                                           size_t *open, size_t *open_count);

#endif
