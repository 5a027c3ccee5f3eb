/* audit_diff.h - what a change of a job's definition changed: the fields before and after, as JSON.
 *
 *     struct audit_diff diff = audit_diff(arena, &before, &after);
 *     if (!str_is_absent(diff.after)) ...          // goes into the audit entry
 *
 * Names and forms are those of the API. Secrets are masked; one that changed is there on both
 * sides, as "***". State that the engine keeps (nextRunAt, ...) is no part of it.
 *
 *   Owns: the texts live in `arena`.   Threads: pure.   Errors: none.
 */
#ifndef ALPHABET_MODEL_AUDIT_DIFF_H
#define ALPHABET_MODEL_AUDIT_DIFF_H

#include "base/mem.h"
#include "model/job.h"

struct audit_diff {
    struct str before; // absent when the job was created, or when nothing changed
    struct str after;  // absent when it was erased, or when nothing changed
};

/* `before` NULL: created; `after` NULL: erased; then the whole definition stands on the other side.
 */
struct audit_diff audit_diff(struct arena *arena, const struct job *before,
                             const struct job *after);

#endif
