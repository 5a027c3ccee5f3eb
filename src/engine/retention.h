/* retention.h - what is thrown away when it has served: idempotency keys after JobExpirationDays.
 *
 * A part of each heartbeat's write, a small batch at a time, so that nothing waits for it.
 *
 *   Owns: nothing.   Threads: the committer's, inside a transaction.   Errors: the store's.
 */
#ifndef ALPHABET_ENGINE_RETENTION_H
#define ALPHABET_ENGINE_RETENTION_H

#include "store/store.h"

enum { RETENTION_BATCH = 500 };

/* `keep_keys` of 0: no key is removed. */
WARN_UNUSED bool retention_run(struct store_tx *tx, struct utc now, struct span keep_keys,
                               struct err *err);

#endif
