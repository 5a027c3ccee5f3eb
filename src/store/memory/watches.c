/* watches.c - when to look whether a job does what was expected of it; keyed by the job's row. */
#include "store/memory/memory.h"

void keep_watch(struct tables *tables, const struct job *old, const struct job *job) {
    const struct watch *watch = tables_get(tables, TABLE_WATCHES, job->row);
    if (str_is_absent(job->watches) || job->is_deleted) {
        if (watch) tables_delete(tables, TABLE_WATCHES, job->row);
        return;
    }
    if (watch && old && str_equal(old->watches, job->watches)) return;
    const struct watch fresh = {.job_row = job->row, .check_at = job->updated_at};
    tables_put(tables, TABLE_WATCHES, job->row, &fresh);
}

bool memory_watch_get(struct store_tx *tx, int64_t job_row, struct watch *ret, bool *found,
                      struct err *err) {
    (void)err;
    const struct watch *watch = tables_get(tables_of(tx), TABLE_WATCHES, job_row);
    if (watch) *ret = *watch;
    *found = watch != NULL;
    return true;
}

static int earliest_first(const void *a, const void *b, void *context) {
    (void)context;
    const struct watch *left = a, *right = b;
    int order = compare_i64(left->check_at.us, right->check_at.us);
    return order != 0 ? order : compare_i64(left->job_row, right->job_row);
}

bool memory_watches_due(struct store_tx *tx, struct utc now, int64_t limit, struct arena *arena,
                        struct watch **ret, size_t *count, struct err *err) {
    (void)err;
    const struct tables *tables = tables_of(tx);
    struct selection found = selection_new(tables, TABLE_WATCHES, arena);
    for (size_t i = 0; i < tables_count(tables, TABLE_WATCHES); i++) {
        const struct watch *watch = tables_at(tables, TABLE_WATCHES, i);
        if (!utc_is_never(watch->check_at) && !utc_before(now, watch->check_at))
            selection_add(&found, watch);
    }
    selection_sort(&found, earliest_first, NULL);
    selection_page(&found, 0, limit);
    struct watch *watches = ARENA_ARRAY(arena, found.count, struct watch);
    for (size_t i = 0; i < found.count; i++) watches[i] = *(const struct watch *)found.items[i];
    *ret = watches;
    *count = found.count;
    return true;
}

bool memory_watch_update(struct store_tx *tx, const struct watch *watch, struct err *err) {
    struct tables *tables = tables_to_change(tx);
    if (!tables_get(tables, TABLE_WATCHES, watch->job_row))
        return err_set(err, ERR_NOT_FOUND, "this job has no watches");
    tables_put(tables, TABLE_WATCHES, watch->job_row, watch);
    return true;
}
