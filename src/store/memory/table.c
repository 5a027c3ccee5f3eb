/* table.c - versions, undo list and snapshots; see table.h.
 *
 * One description per type (its size and where its texts are) serves every table, so that no field
 * can be forgotten in one of several copies of the same loop.
 */
#include "store/memory/table.h"

#include "store/store.h"

#include <assert.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

struct version {
    size_t references; // from a table, from the undo list, from snapshots
    _Alignas(max_align_t) unsigned char value[];
};

struct value_type {
    size_t size;
    const size_t *texts; // offsets of the struct str members
    size_t text_count;
};

#define TEXTS(tag, ...) static const size_t tag##_texts[] = {__VA_ARGS__}
TEXTS(job, offsetof(struct job, name), offsetof(struct job, description),
      offsetof(struct job, schedule_expression), offsetof(struct job, timezone),
      offsetof(struct job, configuration), offsetof(struct job, retry_policy),
      offsetof(struct job, exclusions), offsetof(struct job, tags), offsetof(struct job, queue),
      offsetof(struct job, created_by), offsetof(struct job, last_modified_by),
      offsetof(struct job, watches), offsetof(struct job, dependencies),
      offsetof(struct job, retention), offsetof(struct job, concurrency_group));
TEXTS(execution, offsetof(struct execution, job_name), offsetof(struct execution, queue),
      offsetof(struct execution, triggered_by), offsetof(struct execution, node_name),
      offsetof(struct execution, error_message), offsetof(struct execution, parameters),
      offsetof(struct execution, output), offsetof(struct execution, progress_text),
      offsetof(struct execution, result), offsetof(struct execution, inputs));
TEXTS(node, offsetof(struct node, name), offsetof(struct node, version));
TEXTS(idempotency, offsetof(struct idempotency, scope), offsetof(struct idempotency, key),
      offsetof(struct idempotency, location), offsetof(struct idempotency, body));
TEXTS(audit, offsetof(struct audit_entry, actor), offsetof(struct audit_entry, address),
      offsetof(struct audit_entry, action), offsetof(struct audit_entry, before),
      offsetof(struct audit_entry, after));
TEXTS(user, offsetof(struct user, email), offsetof(struct user, password_hash));
TEXTS(token, offsetof(struct access_token, user_email), offsetof(struct access_token, prefix),
      offsetof(struct access_token, name));
TEXTS(workflow, offsetof(struct workflow, name), offsetof(struct workflow, description),
      offsetof(struct workflow, jobs), offsetof(struct workflow, schedule),
      offsetof(struct workflow, created_by), offsetof(struct workflow, last_modified_by));
TEXTS(run, offsetof(struct workflow_run, workflow_name),
      offsetof(struct workflow_run, triggered_by), offsetof(struct workflow_run, jobs),
      offsetof(struct workflow_run, error_message), offsetof(struct workflow_run, parameters));
TEXTS(step, offsetof(struct workflow_step, job_name),
      offsetof(struct workflow_step, error_message));
TEXTS(meta, offsetof(struct meta, name), offsetof(struct meta, value));

#define TYPE(type, tag) \
    { sizeof(type), tag##_texts, COUNT_OF(tag##_texts) }
static const struct value_type value_types[TABLE_COUNT] = {
    [TABLE_JOBS] = TYPE(struct job, job),
    [TABLE_EXECUTIONS] = TYPE(struct execution, execution),
    [TABLE_SKIPS] = {sizeof(struct skip_range), NULL, 0},
    [TABLE_NODES] = TYPE(struct node, node),
    [TABLE_IDEMPOTENCY] = TYPE(struct idempotency, idempotency),
    [TABLE_AUDIT] = TYPE(struct audit_entry, audit),
    [TABLE_USERS] = TYPE(struct user, user),
    [TABLE_REFRESH] = {sizeof(struct refresh_token), NULL, 0},
    [TABLE_TOKENS] = TYPE(struct access_token, token),
    [TABLE_META] = TYPE(struct meta, meta),
    [TABLE_WATCHES] = {sizeof(struct watch), NULL, 0},
    [TABLE_WORKFLOWS] = TYPE(struct workflow, workflow),
    [TABLE_MEMBERS] = {sizeof(struct member), NULL, 0},
    [TABLE_RUNS] = TYPE(struct workflow_run, run),
    [TABLE_STEPS] = TYPE(struct workflow_step, step),
};

/* ---- versions -------------------------------------------------------------------------------- */

static struct str *text_at(void *value, size_t offset) {
    return (struct str *)(void *)((unsigned char *)value + offset);
}

static struct version *version_new(enum table_id table, const void *value) {
    const struct value_type *type = &value_types[table];
    size_t size = type->size;
    for (size_t i = 0; i < type->text_count; i++)
        size += ((const struct str *)(const void *)((const unsigned char *)value + type->texts[i]))
                    ->len;
    struct version *version = xmalloc(sizeof *version + size);
    version->references = 1;
    memcpy(version->value, value, type->size);
    char *free_space = (char *)version->value + type->size;
    for (size_t i = 0; i < type->text_count; i++) {
        struct str *text = text_at(version->value, type->texts[i]);
        if (str_is_absent(*text)) continue;
        if (text->len > 0) memcpy(free_space, text->ptr, text->len);
        text->ptr = free_space;
        free_space += text->len;
    }
    return version;
}

static void version_release(struct version *version) {
    assert(version->references > 0);
    if (--version->references == 0) free(version);
}

void tables_copy_out(enum table_id table, const void *value, struct arena *arena, void *ret) {
    const struct value_type *type = &value_types[table];
    memmove(ret, value, type->size);
    for (size_t i = 0; i < type->text_count; i++) {
        struct str *text = text_at(ret, type->texts[i]);
        *text = arena_copy(arena, *text);
    }
}

/* ---- rows ------------------------------------------------------------------------------------ */

/* Where the row is, or where it would be inserted. */
static size_t position_of(const struct table *table, int64_t row) {
    size_t low = 0, high = table->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (table->rows[middle].row < row)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool is_at(const struct table *table, size_t position, int64_t row) {
    return position < table->count && table->rows[position].row == row;
}

size_t tables_count(const struct tables *tables, enum table_id table) {
    return tables->table[table].count;
}

const void *tables_at(const struct tables *tables, enum table_id table, size_t index) {
    assert(index < tables->table[table].count);
    return tables->table[table].rows[index].version->value;
}

int64_t tables_row_at(const struct tables *tables, enum table_id table, size_t index) {
    assert(index < tables->table[table].count);
    return tables->table[table].rows[index].row;
}

const void *tables_get(const struct tables *tables, enum table_id table, int64_t row) {
    const struct table *t = &tables->table[table];
    size_t position = position_of(t, row);
    return is_at(t, position, row) ? t->rows[position].version->value : NULL;
}

int64_t tables_next_row(struct tables *tables, enum table_id table) {
    return ++tables->table[table].last_row;
}

/* Makes `version` the present one of the row (NULL: the row goes) and returns the one before. */
static struct version *exchange(struct table *table, int64_t row, struct version *version) {
    size_t position = position_of(table, row);
    if (is_at(table, position, row)) {
        struct version *old = table->rows[position].version;
        table->rows[position].version = version;
        if (version) return old;
        table->count--;
        memmove(&table->rows[position], &table->rows[position + 1],
                (table->count - position) * sizeof *table->rows);
        return old;
    }
    if (!version) return NULL;
    if (table->count == table->capacity) {
        table->capacity = table->capacity ? 2 * table->capacity : 16;
        table->rows = xreallocarray(table->rows, table->capacity, sizeof *table->rows);
    }
    memmove(&table->rows[position + 1], &table->rows[position],
            (table->count - position) * sizeof *table->rows);
    table->rows[position] = (struct table_row){.row = row, .version = version};
    table->count++;
    return NULL;
}

static void change(struct tables *tables, enum table_id table, int64_t row,
                   struct version *version) {
    if (tables->undo_count == tables->undo_capacity) {
        tables->undo_capacity = tables->undo_capacity ? 2 * tables->undo_capacity : 16;
        tables->undo = xreallocarray(tables->undo, tables->undo_capacity, sizeof *tables->undo);
    }
    struct version *old = exchange(&tables->table[table], row, version);
    tables->undo[tables->undo_count++] = (struct undo){.table = table, .row = row, .old = old};
}

void tables_put(struct tables *tables, enum table_id table, int64_t row, const void *value) {
    change(tables, table, row, version_new(table, value));
}

void tables_delete(struct tables *tables, enum table_id table, int64_t row) {
    change(tables, table, row, NULL);
}

/* ---- transactions ---------------------------------------------------------------------------- */

struct savepoint tables_savepoint(const struct tables *tables) {
    struct savepoint savepoint = {.undo_count = tables->undo_count,
                                  .last_fence = tables->last_fence};
    for (size_t i = 0; i < TABLE_COUNT; i++) savepoint.last_row[i] = tables->table[i].last_row;
    return savepoint;
}

void tables_rollback(struct tables *tables, const struct savepoint *savepoint) {
    while (tables->undo_count > savepoint->undo_count) {
        const struct undo *undo = &tables->undo[--tables->undo_count];
        struct version *undone = exchange(&tables->table[undo->table], undo->row, undo->old);
        if (undone) version_release(undone);
    }
    for (size_t i = 0; i < TABLE_COUNT; i++) tables->table[i].last_row = savepoint->last_row[i];
    tables->last_fence = savepoint->last_fence;
}

bool tables_changed(const struct tables *tables, enum table_id table) {
    for (size_t i = 0; i < tables->undo_count; i++)
        if (tables->undo[i].table == table) return true;
    return false;
}

void tables_commit(struct tables *tables) {
    for (size_t i = 0; i < tables->undo_count; i++)
        if (tables->undo[i].old) version_release(tables->undo[i].old);
    tables->undo_count = 0;
}

/* ---- snapshots ------------------------------------------------------------------------------- */

void tables_snapshot(const struct tables *tables, struct tables *ret) {
    *ret = (struct tables){.last_fence = tables->last_fence};
    for (size_t i = 0; i < TABLE_COUNT; i++) {
        const struct table *from = &tables->table[i];
        struct table *to = &ret->table[i];
        *to = (struct table){
            .count = from->count, .capacity = from->count, .last_row = from->last_row};
        if (from->count == 0) continue;
        to->rows = xreallocarray(NULL, from->count, sizeof *to->rows);
        for (size_t r = 0; r < from->count; r++) {
            to->rows[r] = from->rows[r];
            to->rows[r].version->references++;
        }
    }
}

void tables_free(struct tables *tables) {
    tables_commit(tables);
    free(tables->undo);
    for (size_t i = 0; i < TABLE_COUNT; i++) {
        struct table *table = &tables->table[i];
        for (size_t r = 0; r < table->count; r++) version_release(table->rows[r].version);
        free(table->rows);
    }
    *tables = (struct tables){0};
}
