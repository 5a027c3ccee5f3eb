/* watches.c - when to look whether a job does what was expected of it: one narrow row a job, by its
 * time. The row keeps the definition that it was made for, so that writing a job does not need to
 * read what its watches were. */
#include "store/sqlite/tables.h"

bool watch_follow(struct store_tx *tx, const struct job *job, int64_t row, struct err *err) {
    if (str_is_absent(job->watches) || job->is_deleted) return watch_remove(tx, row, err);
    struct query q = query_begin(tx, SQL_WATCH_SET);
    query_i64(&q, row);
    query_text(&q, job->watches);
    query_never(&q, job->updated_at);
    return query_run(&q, err);
}

bool watch_remove(struct store_tx *tx, int64_t row, struct err *err) {
    struct query q = query_begin(tx, SQL_WATCH_REMOVE);
    query_i64(&q, row);
    return query_run(&q, err);
}

static void read_watch(struct query *q, struct watch *watch) {
    watch->job_row = read_i64(q);
    watch->check_at = read_never(q);
    watch->raised = read_i64(q);
    watch->last_execution = read_guid(q);
}

bool sqlite_watch_get(struct store_tx *tx, int64_t job_row, struct watch *ret, bool *found,
                      struct err *err) {
    struct query q = query_begin(tx, SQL_WATCH_GET);
    query_i64(&q, job_row);
    struct watch watch = {0};
    bool there = query_row(&q);
    if (there) read_watch(&q, &watch);
    if (!query_end(&q, err)) return false;
    if (there) *ret = watch;
    *found = there;
    return true;
}

bool sqlite_watches_due(struct store_tx *tx, struct utc now, int64_t limit, struct arena *arena,
                        struct watch **ret, size_t *count, struct err *err) {
    size_t found = 0, room = 0;
    struct watch *watches = ARENA_ARRAY(arena, 0, struct watch);
    struct query q = query_begin(tx, SQL_WATCHES_DUE);
    query_i64(&q, now.us);
    query_i64(&q, limit < 0 ? 0 : limit);
    while (query_row(&q)) {
        if (found == room) {
            room = room ? room * 2 : 32;
            struct watch *larger = ARENA_ARRAY(arena, room, struct watch);
            memcpy(larger, watches, found * sizeof *watches);
            watches = larger;
        }
        read_watch(&q, &watches[found++]);
    }
    if (!query_end(&q, err)) return false;
    *ret = watches;
    *count = found;
    return true;
}

bool sqlite_watch_update(struct store_tx *tx, const struct watch *watch, struct err *err) {
    struct query q = query_begin(tx, SQL_WATCH_UPDATE);
    query_never(&q, watch->check_at);
    query_i64(&q, watch->raised);
    query_guid(&q, &watch->last_execution);
    query_i64(&q, watch->job_row);
    if (!query_run(&q, err)) return false;
    return query_changes(&q) > 0 || err_set(err, ERR_NOT_FOUND, "this job has no watches");
}
