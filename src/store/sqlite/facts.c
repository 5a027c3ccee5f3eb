/* facts.c - idempotency keys and small facts by name. */
#include "store/sqlite/tables.h"
#include "store/sqlite/writer.h"

/* ---- idempotency keys ------------------------------------------------------------------------ */

bool sqlite_idempotency_get(struct store_tx *tx, struct str scope, struct str key,
                            struct utc not_before, struct arena *arena, struct idempotency *ret,
                            struct err *err) {
    struct query q = query_begin(tx, SQL_IDEMPOTENCY_GET);
    query_text(&q, scope);
    query_text(&q, key);
    query_i64(&q, not_before.us);
    bool found = query_row(&q);
    struct idempotency entry = {0};
    if (found) {
        entry.scope = read_text(&q, arena);
        entry.key = read_text(&q, arena);
        read_bytes(&q, entry.request_hash, sizeof entry.request_hash);
        entry.status = read_i64(&q);
        entry.location = read_text(&q, arena);
        entry.body = read_text(&q, arena);
        entry.created_at = read_utc(&q);
    }
    if (!query_end(&q, err)) return false;
    if (!found) return err_set(err, ERR_NOT_FOUND, "this key has not been used");
    *ret = entry;
    return true;
}

bool sqlite_idempotency_put(struct store_tx *tx, const struct idempotency *entry, struct err *err) {
    struct query q = query_begin(tx, SQL_IDEMPOTENCY_PUT);
    query_text(&q, entry->scope);
    query_text(&q, entry->key);
    query_bytes(&q, entry->request_hash, sizeof entry->request_hash);
    query_i64(&q, entry->status);
    query_text(&q, entry->location);
    query_text(&q, entry->body);
    query_i64(&q, entry->created_at.us);
    return query_run(&q, err);
}

bool sqlite_idempotency_expire(struct store_tx *tx, struct utc before, int64_t limit, int64_t *ret,
                               struct err *err) {
    struct query q = query_begin(tx, SQL_IDEMPOTENCY_EXPIRE);
    query_i64(&q, before.us);
    query_i64(&q, limit < 0 ? 0 : limit);
    if (!query_run(&q, err)) return false;
    *ret = query_changes(&q);
    return true;
}

/* ---- small facts ----------------------------------------------------------------------------- */

bool sqlite_meta_get(struct store_tx *tx, struct str name, struct arena *arena, struct str *ret,
                     struct err *err) {
    struct query q = query_begin(tx, SQL_META_GET);
    query_text(&q, name);
    struct str value = query_row(&q) ? read_text(&q, arena) : STR_NONE;
    if (!query_end(&q, err)) return false;
    *ret = value;
    return true;
}

bool sqlite_meta_set(struct store_tx *tx, struct str name, struct str value, struct err *err) {
    bool unset = str_is_absent(value);
    struct query q = query_begin(tx, unset ? SQL_META_DELETE : SQL_META_SET);
    query_text(&q, name);
    if (!unset) query_text(&q, value);
    if (!query_run(&q, err)) return false;
    if (str_equal(name, STR("paused_all"))) writer_of(tx)->paused_all = str_equal(value, STR("1"));
    return true;
}
