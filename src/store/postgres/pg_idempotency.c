/* pg_idempotency.c - answers kept under the Idempotency-Key of their request. */
#include "store/postgres/pg_tables.h"
#include "store/postgres/pg_writer.h"

bool postgres_idempotency_get(struct store_tx *tx, struct str scope, struct str key,
                              struct utc not_before, struct arena *arena, struct idempotency *ret,
                              struct err *err) {
    struct pg_query q;
    if (pg_writer_of(tx)) {
        pg_begin(&q, tx, SQL_LOCK_IDEMPOTENCY);
        pg_text(&q, scope);
        pg_text(&q, key);
        pg_post(&q);
    }
    pg_begin(&q, tx, SQL_IDEMPOTENCY_GET);
    pg_text(&q, scope);
    pg_text(&q, key);
    pg_i64(&q, not_before.us);
    struct idempotency entry = {0};
    bool found = pg_row(&q);
    if (found) {
        entry.scope = pg_read_text(&q, arena);
        entry.key = pg_read_text(&q, arena);
        pg_read_bytes(&q, entry.request_hash, sizeof entry.request_hash);
        entry.status = pg_read_i64(&q);
        entry.location = pg_read_text(&q, arena);
        entry.body = pg_read_text(&q, arena);
        entry.created_at = pg_read_utc(&q);
    }
    if (!pg_end(&q, err)) return false;
    if (!found) return err_set(err, ERR_NOT_FOUND, "this key has not been used");
    *ret = entry;
    return true;
}

bool postgres_idempotency_put(struct store_tx *tx, const struct idempotency *entry,
                              struct err *err) {
    (void)err; // nothing is asked: what fails is told at the end of the write
    struct pg_query q;
    pg_begin(&q, tx, SQL_IDEMPOTENCY_PUT);
    pg_text(&q, entry->scope);
    pg_text(&q, entry->key);
    pg_bytes(&q, entry->request_hash, sizeof entry->request_hash);
    pg_i64(&q, entry->status);
    pg_text(&q, entry->location);
    pg_text(&q, entry->body);
    pg_i64(&q, entry->created_at.us);
    pg_post(&q);
    return true;
}

bool postgres_idempotency_expire(struct store_tx *tx, struct utc before, int64_t limit,
                                 int64_t *ret, struct err *err) {
    struct pg_query q;
    pg_begin(&q, tx, SQL_IDEMPOTENCY_EXPIRE);
    pg_i64(&q, before.us);
    pg_i64(&q, limit < 0 ? 0 : limit);
    return pg_run_counting(&q, ret, err);
}
