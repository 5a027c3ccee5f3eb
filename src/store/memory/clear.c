/* clear.c - clearing away history: of all jobs by age, of one job by number and age, and of the
 * ledger. What is cleared is gone from every count, because the counts are recounts.
 */
#include "store/memory/memory.h"

#include <stdlib.h>

static bool is_spared(const struct tables *tables, const struct execution *execution) {
    const struct job *job = tables_get(tables, TABLE_JOBS, execution->job_row);
    return !str_is_absent(job->retention);
}

bool memory_executions_clear(struct store_tx *tx, struct clear *clear, struct err *err) {
    (void)err;
    struct tables *tables = tables_to_change(tx);
    size_t i = 0;
    clear->deleted = 0;
    for (int64_t looked = 0; looked < clear->limit; looked++) {
        while (i < tables_count(tables, TABLE_EXECUTIONS) &&
               tables_row_at(tables, TABLE_EXECUTIONS, i) <= clear->after_row)
            i++;
        if (i == tables_count(tables, TABLE_EXECUTIONS)) break;
        const struct execution *execution = tables_at(tables, TABLE_EXECUTIONS, i);
        clear->after_row = execution->row;
        if (!execution_has_ended(execution->status) ||
            !utc_before(execution->created_at, clear->created_before) ||
            (clear->spare_own_retention && is_spared(tables, execution)))
            continue;
        tables_delete(tables, TABLE_EXECUTIONS, execution->row);
        clear->deleted++;
    }
    size_t count = tables_count(tables, TABLE_EXECUTIONS);
    clear->done = true;
    for (i = 0; i < count && clear->done; i++) {
        const struct execution *execution = tables_at(tables, TABLE_EXECUTIONS, i);
        clear->done = execution->row <= clear->after_row ||
                      !utc_before(execution->created_at, clear->created_before);
    }
    return true;
}

/* Newest first, those of the job that `trim` does away with. */
static struct selection too_many(const struct tables *tables, const struct trim *trim,
                                 struct arena *arena) {
    struct selection found = selection_new(tables, TABLE_EXECUTIONS, arena);
    int64_t ended = 0;
    bool latest_failed = true;
    for (size_t i = tables_count(tables, TABLE_EXECUTIONS); i-- > 0;) {
        const struct execution *execution = tables_at(tables, TABLE_EXECUTIONS, i);
        if (execution->job_row != trim->job_row || !execution_has_ended(execution->status))
            continue;
        bool beyond = trim->keep > 0 && ++ended > trim->keep;
        bool old = !utc_is_none(trim->created_before) &&
                   utc_before(execution->created_at, trim->created_before);
        bool spared = execution->status == EXECUTION_FAILED && latest_failed;
        if (execution->status == EXECUTION_FAILED) latest_failed = false;
        if ((beyond || old) && !spared) selection_add(&found, execution);
    }
    return found;
}

bool memory_executions_trim(struct store_tx *tx, struct trim *trim, struct err *err) {
    (void)err;
    struct tables *tables = tables_to_change(tx);
    struct arena arena = {0};
    struct selection found = too_many(tables, trim, &arena);
    trim->deleted = 0;
    while (found.count > 0 && trim->deleted < trim->limit) {
        const struct execution *oldest = found.items[--found.count];
        tables_delete(tables, TABLE_EXECUTIONS, oldest->row);
        trim->deleted++;
    }
    trim->done = found.count == 0;
    arena_free(&arena);
    return true;
}

static int order_by_end(const void *a, const void *b, void *context) {
    const struct tables *tables = context;
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    const struct skip_range *of_left = tables_get(tables, TABLE_SKIPS, left);
    const struct skip_range *of_right = tables_get(tables, TABLE_SKIPS, right);
    int order = compare_i64(of_left->to.us, of_right->to.us);
    return order != 0 ? order : compare_i64(left, right);
}

bool memory_skips_clear(struct store_tx *tx, struct utc before, int64_t limit, int64_t *ret,
                        struct err *err) {
    (void)err;
    struct tables *tables = tables_to_change(tx);
    struct arena arena = {0};
    size_t found = 0, deleted = 0, count = tables_count(tables, TABLE_SKIPS);
    int64_t *rows = ARENA_ARRAY(&arena, count, int64_t);
    for (size_t i = 0; i < count; i++) {
        const struct skip_range *skip = tables_at(tables, TABLE_SKIPS, i);
        if (utc_before(skip->to, before)) rows[found++] = tables_row_at(tables, TABLE_SKIPS, i);
    }
    if (found > 1) qsort_r(rows, found, sizeof *rows, order_by_end, tables);
    for (; deleted < found && (int64_t)deleted < limit; deleted++)
        tables_delete(tables, TABLE_SKIPS, rows[deleted]);
    arena_free(&arena);
    *ret = (int64_t)deleted;
    return true;
}
