/* pg_clear.c - clearing away history: of all jobs by age, of one job by number and age, and of the
 * ledger.
 *
 * Each call is one statement, which also tells what went, summed up as the counters want it.
 */
#include "store/postgres/pg_counts.h"
#include "store/postgres/pg_tables.h"

/* The rows behind the first one: what went. Takes it out of the counters. */
static int64_t uncount(struct store_tx *tx, struct pg_query *q) {
    int64_t deleted = 0;
    while (pg_row(q)) {
        enum execution_status status = (enum execution_status)pg_read_i64(q);
        int64_t minute = pg_read_i64(q);
        int64_t count = pg_read_i64(q);
        int64_t duration_us = pg_read_i64(q);
        pg_count_executions(tx, status, -count);
        pg_count_minute(tx, status, minute, -duration_us, -count);
        deleted += count;
    }
    return deleted;
}

bool postgres_executions_clear(struct store_tx *tx, struct clear *clear, struct err *err) {
    struct pg_query q;
    pg_begin(&q, tx, SQL_HISTORY_CLEAR);
    pg_i64(&q, clear->after_row);
    pg_i64(&q, clear->limit < 0 ? 0 : clear->limit);
    pg_i64(&q, clear->created_before.us);
    pg_bool(&q, clear->spare_own_retention);
    int64_t last = clear->after_row;
    bool more = false;
    if (pg_row(&q)) {
        last = pg_read_i64(&q);
        more = pg_read_bool(&q);
    }
    int64_t deleted = uncount(tx, &q);
    if (!pg_end(&q, err)) return false;
    clear->after_row = last;
    clear->deleted = deleted;
    clear->done = !more;
    return true;
}

bool postgres_executions_trim(struct store_tx *tx, struct trim *trim, struct err *err) {
    enum { LOOK_FURTHER = 4096 };
    int64_t limit = trim->limit < 0 ? 0 : trim->limit;
    struct pg_query q;
    pg_begin(&q, tx, SQL_HISTORY_TRIM);
    pg_i64(&q, trim->job_row);
    pg_i64(&q, trim->keep);
    pg_utc(&q, trim->created_before);
    pg_i64(&q, limit);
    pg_i64(&q, limit + LOOK_FURTHER);
    bool more = false;
    if (pg_row(&q)) {
        (void)pg_read_i64(&q);
        more = pg_read_bool(&q);
    }
    int64_t deleted = uncount(tx, &q);
    if (!pg_end(&q, err)) return false;
    trim->deleted = deleted;
    trim->done = !more;
    return true;
}

bool postgres_skips_clear(struct store_tx *tx, struct utc before, int64_t limit, int64_t *ret,
                          struct err *err) {
    struct pg_query q;
    pg_begin(&q, tx, SQL_SKIPS_CLEAR);
    pg_i64(&q, before.us);
    pg_i64(&q, limit < 0 ? 0 : limit);
    return pg_run_counting(&q, ret, err);
}
