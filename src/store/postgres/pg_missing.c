/* pg_missing.c - what this back end cannot do yet, and says so. Who writes one takes it out of
 * here. */
#include "store/postgres/pg_tables.h"

static bool missing(struct err *err) {
    return err_set(err, ERR_UNAVAILABLE, "this is not on PostgreSQL yet");
}

bool postgres_execution_list(struct store_tx *tx, const struct execution_filter *filter,
                             struct arena *arena, struct execution_page *ret, struct err *err) {
    (void)tx;
    (void)filter;
    (void)arena;
    (void)ret;
    return missing(err);
}

bool postgres_search_index(struct store_tx *tx, int64_t limit, bool *more, struct err *err) {
    (void)tx;
    (void)limit;
    (void)more;
    return missing(err);
}

bool postgres_execution_retries(struct store_tx *tx, struct guid id, struct arena *arena,
                                struct execution **ret, size_t *count, struct err *err) {
    (void)tx;
    (void)id;
    (void)arena;
    (void)ret;
    (void)count;
    return missing(err);
}

bool postgres_occurrences(struct store_tx *tx, int64_t job_row, struct utc from, struct utc to,
                          int64_t limit, struct arena *arena, struct execution **ret, size_t *count,
                          struct err *err) {
    (void)tx;
    (void)job_row;
    (void)from;
    (void)to;
    (void)limit;
    (void)arena;
    (void)ret;
    (void)count;
    return missing(err);
}

bool postgres_executions_clear(struct store_tx *tx, struct clear *clear, struct err *err) {
    (void)tx;
    (void)clear;
    return missing(err);
}

bool postgres_executions_trim(struct store_tx *tx, struct trim *trim, struct err *err) {
    (void)tx;
    (void)trim;
    return missing(err);
}

bool postgres_skips_clear(struct store_tx *tx, struct utc before, int64_t limit, int64_t *ret,
                          struct err *err) {
    (void)tx;
    (void)before;
    (void)limit;
    (void)ret;
    return missing(err);
}
