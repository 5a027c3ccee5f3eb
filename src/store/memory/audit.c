/* audit.c - the audit chain: appended, listed, walked. */
#include "store/audit_hash.h"
#include "store/memory/memory.h"

#include <string.h>

bool memory_audit_append(struct store_tx *tx, struct audit_entry *entry, struct err *err) {
    (void)err;
    struct tables *tables = tables_to_change(tx);
    unsigned char previous[AUDIT_HASH_SIZE] = {0};
    size_t count = tables_count(tables, TABLE_AUDIT);
    if (count > 0) {
        const struct audit_entry *last = tables_at(tables, TABLE_AUDIT, count - 1);
        memcpy(previous, last->hash, sizeof previous);
    }
    entry->row = tables_next_row(tables, TABLE_AUDIT);
    audit_hash(previous, entry, entry->hash);
    tables_put(tables, TABLE_AUDIT, entry->row, entry);
    return true;
}

static bool action_passes(struct str action, struct str wanted) {
    return str_equal(action, wanted) ||
           (str_ends_with(wanted, STR(".")) && str_starts_with(action, wanted));
}

static bool entry_passes(const struct audit_entry *entry, const struct audit_filter *filter) {
    if (!guid_is_zero(filter->subject) && !guid_equal(entry->subject, filter->subject))
        return false;
    if (!str_is_absent(filter->actor) && !str_equal_nocase(entry->actor, filter->actor))
        return false;
    if (!str_is_absent(filter->action) && !action_passes(entry->action, filter->action))
        return false;
    if (!utc_is_none(filter->from) && utc_before(entry->at, filter->from)) return false;
    return utc_is_none(filter->to) || !utc_before(filter->to, entry->at);
}

static void read_entries(const struct selection *selection, struct arena *arena,
                         struct audit_entry **ret, size_t *count) {
    struct audit_entry *entries = ARENA_ARRAY(arena, selection->count, struct audit_entry);
    for (size_t i = 0; i < selection->count; i++)
        tables_copy_out(TABLE_AUDIT, selection->items[i], arena, &entries[i]);
    *ret = entries;
    *count = selection->count;
}

bool memory_audit_list(struct store_tx *tx, const struct audit_filter *filter, struct arena *arena,
                       struct audit_entry **ret, size_t *count, int64_t *total, struct err *err) {
    (void)err;
    const struct tables *tables = tables_of(tx);
    struct selection found = selection_new(tables, TABLE_AUDIT, arena);
    for (size_t i = tables_count(tables, TABLE_AUDIT); i-- > 0;) {
        const struct audit_entry *entry = tables_at(tables, TABLE_AUDIT, i);
        if (entry_passes(entry, filter)) selection_add(&found, entry);
    }
    *total = (int64_t)found.count;
    selection_page(&found, filter->offset, filter->limit);
    read_entries(&found, arena, ret, count);
    return true;
}

bool memory_audit_walk(struct store_tx *tx, int64_t after_row, int64_t limit, struct arena *arena,
                       struct audit_entry **ret, size_t *count, struct err *err) {
    (void)err;
    const struct tables *tables = tables_of(tx);
    struct selection found = selection_new(tables, TABLE_AUDIT, arena);
    for (size_t i = 0; i < tables_count(tables, TABLE_AUDIT); i++)
        if (tables_row_at(tables, TABLE_AUDIT, i) > after_row)
            selection_add(&found, tables_at(tables, TABLE_AUDIT, i));
    selection_page(&found, 0, limit);
    read_entries(&found, arena, ret, count);
    return true;
}
