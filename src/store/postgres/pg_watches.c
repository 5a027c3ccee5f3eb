/* pg_watches.c - when to look whether a job does what was expected of it; keyed by the job's row.
 */
#include "store/postgres/pg_tables.h"
#include "store/postgres/pg_writer.h"

void pg_watch_follow(struct store_tx *tx, const struct job *job, int64_t row) {
    bool is_watched = !str_is_absent(job->watches) && !job->is_deleted;
    struct pg_query q;
    pg_begin(&q, tx, is_watched ? SQL_WATCH_SET : SQL_WATCH_REMOVE);
    pg_i64(&q, row);
    if (is_watched) {
        pg_text(&q, job->watches);
        pg_never(&q, job->updated_at);
    }
    pg_post(&q);
}

static void read_watch(struct pg_query *q, struct watch *watch) {
    *watch = (struct watch){.job_row = pg_read_i64(q)};
    watch->check_at = pg_read_never(q);
    watch->raised = pg_read_i64(q);
    watch->last_execution = pg_read_guid(q);
}

bool postgres_watch_get(struct store_tx *tx, int64_t job_row, struct watch *ret, bool *found,
                        struct err *err) {
    struct pg_query q;
    pg_begin(&q, tx, pg_writer_of(tx) ? SQL_WATCH_GET_LOCKED : SQL_WATCH_GET);
    pg_i64(&q, job_row);
    struct watch watch;
    bool there = pg_row(&q);
    if (there) read_watch(&q, &watch);
    if (!pg_end(&q, err)) return false;
    if (there) *ret = watch;
    *found = there;
    return true;
}

bool postgres_watches_due(struct store_tx *tx, struct utc now, int64_t limit, struct arena *arena,
                          struct watch **ret, size_t *count, struct err *err) {
    struct pg_query q;
    pg_begin(&q, tx, pg_writer_of(tx) ? SQL_WATCHES_DUE_LOCKED : SQL_WATCHES_DUE);
    pg_i64(&q, now.us);
    pg_i64(&q, limit < 0 ? 0 : limit);
    size_t found = 0;
    struct watch *watches = ARENA_ARRAY(arena, pg_rows(&q), struct watch);
    while (pg_row(&q)) read_watch(&q, &watches[found++]);
    if (!pg_end(&q, err)) return false;
    *ret = watches;
    *count = found;
    return true;
}

bool postgres_watch_update(struct store_tx *tx, const struct watch *watch, struct err *err) {
    struct pg_query q;
    pg_begin(&q, tx, SQL_WATCH_UPDATE);
    pg_i64(&q, watch->job_row);
    pg_never(&q, watch->check_at);
    pg_i64(&q, watch->raised);
    pg_guid(&q, &watch->last_execution);
    int64_t changed;
    if (!pg_run_counting(&q, &changed, err)) return false;
    return changed > 0 || err_set(err, ERR_NOT_FOUND, "this job has no watches");
}
