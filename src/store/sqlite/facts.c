/* facts.c - idempotency keys, the audit chain and small facts by name. */
#include "store/audit_hash.h"
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

/* ---- audit ----------------------------------------------------------------------------------- */

bool sqlite_audit_append(struct store_tx *tx, struct audit_entry *entry, struct err *err) {
    unsigned char previous[AUDIT_HASH_SIZE] = {0};
    struct query q = query_begin(tx, SQL_AUDIT_LAST);
    int64_t last = query_row(&q) ? read_i64(&q) : 0;
    if (last != 0) read_bytes(&q, previous, sizeof previous);
    if (!query_end(&q, err)) return false;
    struct audit_entry appended = *entry;
    appended.row = last + 1;
    audit_hash(previous, &appended, appended.hash);
    q = query_begin(tx, SQL_AUDIT_APPEND);
    query_i64(&q, appended.row);
    query_i64(&q, appended.at.us);
    query_text(&q, appended.actor);
    query_text(&q, appended.address);
    query_text(&q, appended.action);
    query_guid(&q, &appended.subject);
    query_text(&q, appended.before);
    query_text(&q, appended.after);
    query_bytes(&q, appended.hash, sizeof appended.hash);
    if (!query_run(&q, err)) return false;
    *entry = appended;
    return true;
}

static void read_entry(struct query *q, struct arena *arena, struct audit_entry *entry) {
    entry->row = read_i64(q);
    entry->at = read_utc(q);
    entry->actor = read_text(q, arena);
    entry->address = read_text(q, arena);
    entry->action = read_text(q, arena);
    entry->subject = read_guid(q);
    entry->before = read_text(q, arena);
    entry->after = read_text(q, arena);
    read_bytes(q, entry->hash, sizeof entry->hash);
}

static bool count_entries(struct store_tx *tx, const struct guid *subject, int64_t *ret,
                          struct err *err) {
    bool all = guid_is_zero(*subject);
    struct query q = query_begin(tx, all ? SQL_AUDIT_COUNT : SQL_AUDIT_COUNT_SUBJECT);
    if (!all) query_guid(&q, subject);
    return number_of_query(&q, ret, err);
}

bool sqlite_audit_list(struct store_tx *tx, const struct audit_filter *filter, struct arena *arena,
                       struct audit_entry **ret, size_t *count, int64_t *total, struct err *err) {
    struct guid subject = filter->subject;
    int64_t offset = filter->offset, limit = filter->limit;
    bool all = guid_is_zero(subject);
    struct query q = query_begin(tx, all ? SQL_AUDIT_LIST : SQL_AUDIT_LIST_SUBJECT);
    if (!all) query_guid(&q, &subject);
    query_i64(&q, limit < 0 ? 0 : limit);
    query_i64(&q, offset);
    size_t found = 0, room = 0;
    struct audit_entry *entries = ARENA_ARRAY(arena, 0, struct audit_entry);
    while (query_row(&q)) {
        if (found == room) {
            room = room ? room * 2 : 32;
            struct audit_entry *larger = ARENA_ARRAY(arena, room, struct audit_entry);
            memcpy(larger, entries, found * sizeof *entries);
            entries = larger;
        }
        read_entry(&q, arena, &entries[found++]);
    }
    int64_t all_in_all;
    if (!query_end(&q, err) || !count_entries(tx, &subject, &all_in_all, err)) return false;
    *ret = entries;
    *count = found;
    *total = all_in_all;
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
