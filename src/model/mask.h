/* mask.h - secrets inside a jobConfiguration: shown as "***", kept when "***" comes back.
 *
 * A value is a secret when its key says so (signingSecret, Authorization, apiKey, password, ...).
 * A reference to a secret, `{{Secret.NAME}}`, alone or behind "Bearer " or "Basic ", is none: it is
 * shown as it is. So are null, true and false.
 *
 *     json_key(w, STR("jobConfiguration"));
 *     mask_put(w->out, job->configuration);            // compact JSON in, compact JSON out
 *
 *   Owns:    nothing.   Threads: pure.   Errors: faults for a "***" that stands for nothing.
 *   Cost:    text without a key of that kind is copied in one piece, after one pass over its
 * colons.
 */
#ifndef ALPHABET_MODEL_MASK_H
#define ALPHABET_MODEL_MASK_H

#include "base/buf.h"
#include "base/err.h"

#include <jansson.h>

bool mask_is_secret_name(struct str key);
bool mask_is_reference(struct str value); // "{{Secret.NAME}}", "Bearer {{Secret.NAME}}"
/* Puts `json`, an object or array as json_dump writes it, with its secrets masked. */
void mask_put(struct buf *buf, struct str json);
/* Puts back into `value` the secrets that read "***", from the stored value (NULL = there is none).
 * `path` names `value` in the faults. */
void mask_restore(json_t *value, const json_t *stored, struct str path, struct faults *faults);

#endif
