/* table.h - the rows of the memory store: versions that never change, and an undo list.
 *
 * A table is an array of rows sorted by their key. A row points to its present version, a value
 * with its texts in one block of memory; changing a row makes a new version and notes the old one
 * in the undo list. So
 *
 *   - a savepoint is a position in that list, and rolling back walks the list backwards to it;
 *   - a snapshot is a copy of the arrays that holds a reference to each version;
 *   - committing is forgetting the list.
 *
 *     struct job job = *(const struct job *)tables_get(tables, TABLE_JOBS, row);
 *     job.is_paused = true;
 *     tables_put(tables, TABLE_JOBS, row, &job);            // texts are copied
 *
 *   Owns:    struct tables owns its rows until tables_free; values read from it are borrowed, and
 *            stay valid until the commit that follows their replacement.
 *   Threads: those of the structure that holds the tables (struct memory_data: under its lock).
 *   Errors:  none; memory that is out aborts.
 */
#ifndef ALPHABET_STORE_MEMORY_TABLE_H
#define ALPHABET_STORE_MEMORY_TABLE_H

#include "base/mem.h"

#include <stdbool.h>
#include <stdint.h>

enum table_id {
    TABLE_JOBS,        // struct job
    TABLE_EXECUTIONS,  // struct execution, without job_id and job_name
    TABLE_SKIPS,       // struct skip_range
    TABLE_NODES,       // struct node
    TABLE_IDEMPOTENCY, // struct idempotency
    TABLE_AUDIT,       // struct audit_entry
    TABLE_USERS,       // struct user
    TABLE_REFRESH,     // struct refresh_token
    TABLE_TOKENS,      // struct access_token, without user_email
    TABLE_META,        // struct meta
    TABLE_WATCHES,     // struct watch, by the job's row
    TABLE_WORKFLOWS,   // struct workflow
    TABLE_MEMBERS,     // struct member
    TABLE_RUNS,        // struct workflow_run, without workflow_id and workflow_name
    TABLE_STEPS,       // struct workflow_step, without job_name
    TABLE_COUNT
};

/* A small fact; the value that store_meta_set was given. */
struct meta {
    struct str name;
    struct str value;
};

/* A job of a workflow. */
struct member {
    int64_t workflow_row, job_row;
    bool is_root;
};

struct version;
struct table_row {
    int64_t row;
    struct version *version;
};
struct table {
    struct table_row *rows; // by row, ascending
    size_t count, capacity;
    int64_t last_row; // the highest key ever given out: keys are not used twice
};

struct undo {
    enum table_id table;
    int64_t row;
    struct version *old; // NULL: the row was not there
};

struct tables {
    struct table table[TABLE_COUNT];
    int64_t last_fence;
    /* what the open transaction has changed, oldest first; empty in a snapshot */
    struct undo *undo;
    size_t undo_count, undo_capacity;
};

struct savepoint {
    size_t undo_count;
    int64_t last_row[TABLE_COUNT];
    int64_t last_fence;
};

/* ---- reading ---- */

size_t tables_count(const struct tables *tables, enum table_id table);
/* The value at a position in the order of rows, and its key. */
const void *tables_at(const struct tables *tables, enum table_id table, size_t index);
int64_t tables_row_at(const struct tables *tables, enum table_id table, size_t index);
/* The value of a row; NULL when there is no such row. */
const void *tables_get(const struct tables *tables, enum table_id table, int64_t row);
/* A copy of `value` (of the type of `table`) whose texts live in the arena. */
void tables_copy_out(enum table_id table, const void *value, struct arena *arena, void *ret);

/* ---- writing, inside a transaction ---- */

/* The key for the next new row; given out when called. */
int64_t tables_next_row(struct tables *tables, enum table_id table);
/* Inserts or replaces. */
void tables_put(struct tables *tables, enum table_id table, int64_t row, const void *value);
void tables_delete(struct tables *tables, enum table_id table, int64_t row);

struct savepoint tables_savepoint(const struct tables *tables);
void tables_rollback(struct tables *tables, const struct savepoint *savepoint);
bool tables_changed(const struct tables *tables, enum table_id table); // since the last commit
void tables_commit(struct tables *tables);

/* ---- snapshots ---- */

/* Rows as they stand, unaffected by what follows; tables_free when done. */
void tables_snapshot(const struct tables *tables, struct tables *ret);
void tables_free(struct tables *tables);

#endif
