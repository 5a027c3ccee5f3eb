/* retention.c - see retention.h. */
#include "engine/retention.h"

bool retention_run(struct store_tx *tx, struct utc now, struct span keep_keys, struct err *err) {
    if (keep_keys.us == 0) return true;
    int64_t removed;
    return store_idempotency_expire(tx, utc_add(now, span_us(-keep_keys.us)), RETENTION_BATCH,
                                    &removed, err);
}
