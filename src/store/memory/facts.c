/* facts.c - idempotency keys and small facts by name. */
#include "store/memory/memory.h"

/* ---- idempotency keys ------------------------------------------------------------------------ */

/* NULL, or the entry and its row. */
static const struct idempotency *find_key(const struct tables *tables, struct str scope,
                                          struct str key, int64_t *row) {
    for (size_t i = 0; i < tables_count(tables, TABLE_IDEMPOTENCY); i++) {
        const struct idempotency *entry = tables_at(tables, TABLE_IDEMPOTENCY, i);
        if (!str_equal(entry->scope, scope) || !str_equal(entry->key, key)) continue;
        *row = tables_row_at(tables, TABLE_IDEMPOTENCY, i);
        return entry;
    }
    return NULL;
}

bool memory_idempotency_get(struct store_tx *tx, struct str scope, struct str key,
                            struct utc not_before, struct arena *arena, struct idempotency *ret,
                            struct err *err) {
    int64_t row;
    const struct idempotency *entry = find_key(tables_of(tx), scope, key, &row);
    if (!entry || utc_before(entry->created_at, not_before))
        return err_set(err, ERR_NOT_FOUND, "this key has not been used");
    tables_copy_out(TABLE_IDEMPOTENCY, entry, arena, ret);
    return true;
}

bool memory_idempotency_put(struct store_tx *tx, const struct idempotency *entry, struct err *err) {
    (void)err;
    struct tables *tables = tables_to_change(tx);
    int64_t row;
    if (!find_key(tables, entry->scope, entry->key, &row))
        row = tables_next_row(tables, TABLE_IDEMPOTENCY);
    tables_put(tables, TABLE_IDEMPOTENCY, row, entry);
    return true;
}

/* The place of the oldest entry made before `before`; the count when there is none. */
static size_t oldest_before(struct tables *tables, struct utc before) {
    size_t count = tables_count(tables, TABLE_IDEMPOTENCY), oldest = count;
    for (size_t i = 0; i < count; i++) {
        const struct idempotency *entry = tables_at(tables, TABLE_IDEMPOTENCY, i);
        if (!utc_before(entry->created_at, before)) continue;
        before = entry->created_at;
        oldest = i;
    }
    return oldest;
}

bool memory_idempotency_expire(struct store_tx *tx, struct utc before, int64_t limit, int64_t *ret,
                               struct err *err) {
    (void)err;
    struct tables *tables = tables_to_change(tx);
    int64_t deleted = 0;
    for (; deleted < limit; deleted++) {
        size_t oldest = oldest_before(tables, before);
        if (oldest == tables_count(tables, TABLE_IDEMPOTENCY)) break;
        tables_delete(tables, TABLE_IDEMPOTENCY, tables_row_at(tables, TABLE_IDEMPOTENCY, oldest));
    }
    *ret = deleted;
    return true;
}

/* ---- small facts ----------------------------------------------------------------------------- */

static const struct meta *find_meta(const struct tables *tables, struct str name, int64_t *row) {
    for (size_t i = 0; i < tables_count(tables, TABLE_META); i++) {
        const struct meta *meta = tables_at(tables, TABLE_META, i);
        if (!str_equal(meta->name, name)) continue;
        *row = tables_row_at(tables, TABLE_META, i);
        return meta;
    }
    return NULL;
}

bool paused_all(const struct tables *tables) {
    int64_t row;
    const struct meta *meta = find_meta(tables, STR("paused_all"), &row);
    return meta && str_equal(meta->value, STR("1"));
}

bool memory_meta_get(struct store_tx *tx, struct str name, struct arena *arena, struct str *ret,
                     struct err *err) {
    (void)err;
    int64_t row;
    const struct meta *meta = find_meta(tables_of(tx), name, &row);
    *ret = meta ? arena_copy(arena, meta->value) : STR_NONE;
    return true;
}

bool memory_meta_set(struct store_tx *tx, struct str name, struct str value, struct err *err) {
    (void)err;
    struct tables *tables = tables_to_change(tx);
    int64_t row;
    const struct meta *old = find_meta(tables, name, &row);
    if (str_is_absent(value)) {
        if (old) tables_delete(tables, TABLE_META, row);
        return true;
    }
    if (!old) row = tables_next_row(tables, TABLE_META);
    const struct meta meta = {.name = name, .value = value};
    tables_put(tables, TABLE_META, row, &meta);
    return true;
}
