/* pg_audit.c - the audit chain: appended, listed, walked.
 *
 * The hash of an entry covers the one before, so all nodes append one after the other: under a lock
 * that is held until the commit, and with the last entry asked for under it. Texts are hashed as
 * they will be stored, for what PostgreSQL takes no part of would break the chain.
 */
#include "store/audit_hash.h"
#include "store/postgres/pg_tables.h"

bool postgres_audit_append(struct store_tx *tx, struct audit_entry *entry, struct err *err) {
    unsigned char previous[AUDIT_HASH_SIZE] = {0};
    struct pg_query q;
    pg_begin(&q, tx, SQL_LOCK_AUDIT);
    pg_post(&q);
    pg_begin(&q, tx, SQL_AUDIT_LAST);
    int64_t last = pg_row(&q) ? pg_read_i64(&q) : 0;
    if (last != 0) pg_read_bytes(&q, previous, sizeof previous);
    if (!pg_end(&q, err)) return false;
    struct arena arena = {0};
    struct audit_entry stored = *entry;
    stored.row = last + 1;
    stored.actor = pg_fit_text(entry->actor, &arena);
    stored.address = pg_fit_text(entry->address, &arena);
    stored.action = pg_fit_text(entry->action, &arena);
    stored.before = pg_fit_text(entry->before, &arena);
    stored.after = pg_fit_text(entry->after, &arena);
    audit_hash(previous, &stored, stored.hash);
    pg_begin(&q, tx, SQL_AUDIT_APPEND);
    pg_i64(&q, stored.row);
    pg_i64(&q, stored.at.us);
    pg_text(&q, stored.actor);
    pg_text(&q, stored.address);
    pg_text(&q, stored.action);
    pg_guid(&q, &stored.subject);
    pg_text(&q, stored.before);
    pg_text(&q, stored.after);
    pg_bytes(&q, stored.hash, sizeof stored.hash);
    pg_post(&q);
    arena_free(&arena);
    entry->row = stored.row;
    memcpy(entry->hash, stored.hash, sizeof entry->hash);
    return true;
}

/* ---- reading --------------------------------------------------------------------------------- */

static void read_entry(struct pg_query *q, struct arena *arena, struct audit_entry *entry) {
    *entry = (struct audit_entry){.row = pg_read_i64(q)};
    entry->at = pg_read_utc(q);
    entry->actor = pg_read_text(q, arena);
    entry->address = pg_read_text(q, arena);
    entry->action = pg_read_text(q, arena);
    entry->subject = pg_read_guid(q);
    entry->before = pg_read_text(q, arena);
    entry->after = pg_read_text(q, arena);
    pg_read_bytes(q, entry->hash, sizeof entry->hash);
}

static bool entries_of_query(struct pg_query *q, struct arena *arena, struct audit_entry **ret,
                             size_t *count, struct err *err) {
    size_t found = 0;
    struct audit_entry *entries = ARENA_ARRAY(arena, pg_rows(q), struct audit_entry);
    while (pg_row(q)) read_entry(q, arena, &entries[found++]);
    if (!pg_end(q, err)) return false;
    *ret = entries;
    *count = found;
    return true;
}

static bool is_unfiltered(const struct audit_filter *filter) {
    return guid_is_zero(filter->subject) && str_is_absent(filter->actor) &&
           str_is_absent(filter->action) && utc_is_none(filter->from) && utc_is_none(filter->to);
}

/* The first text behind all that begin so: behind "job.", that is "job/". */
static struct str behind(struct str prefix, struct arena *arena) {
    struct str end = arena_copy(arena, prefix);
    ((char *)end.ptr)[end.len - 1]++;
    return end;
}

static void bind_filter(struct pg_query *q, const struct audit_filter *filter,
                        struct arena *arena) {
    bool is_group = str_ends_with(filter->action, STR("."));
    pg_guid(q, &filter->subject);
    pg_text(q, filter->actor);
    pg_text(q, is_group ? STR_NONE : filter->action);
    pg_text(q, is_group ? filter->action : STR_NONE);
    pg_text(q, is_group ? behind(filter->action, arena) : STR_NONE);
    pg_utc(q, filter->from);
    pg_utc(q, filter->to);
}

bool postgres_audit_list(struct store_tx *tx, const struct audit_filter *filter,
                         struct arena *arena, struct audit_entry **ret, size_t *count,
                         int64_t *total, struct err *err) {
    bool all = is_unfiltered(filter);
    struct pg_query list, number;
    pg_begin(&list, tx, SQL_FILTERED_AUDIT);
    bind_filter(&list, filter, arena);
    pg_i64(&list, filter->limit < 0 ? 0 : filter->limit);
    pg_i64(&list, filter->offset);
    pg_ask(&list);
    pg_begin(&number, tx, all ? SQL_AUDIT_COUNT_ALL : SQL_FILTERED_AUDIT_COUNT);
    if (!all) bind_filter(&number, filter, arena);
    pg_ask(&number);
    struct audit_entry *entries;
    size_t found;
    int64_t entry_count;
    bool listed = entries_of_query(&list, arena, &entries, &found, err);
    if (!pg_number(&number, &entry_count, listed ? err : NULL) || !listed) return false;
    *ret = entries;
    *count = found;
    *total = entry_count;
    return true;
}

bool postgres_audit_walk(struct store_tx *tx, int64_t after_row, int64_t limit, struct arena *arena,
                         struct audit_entry **ret, size_t *count, struct err *err) {
    struct pg_query q;
    pg_begin(&q, tx, SQL_AUDIT_WALK);
    pg_i64(&q, after_row);
    pg_i64(&q, limit < 0 ? 0 : limit);
    return entries_of_query(&q, arena, ret, count, err);
}
