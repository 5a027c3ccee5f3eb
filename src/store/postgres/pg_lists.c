/* pg_lists.c - executions, listed: pages with exact totals, the retries of one, the ledger of due
 * times.
 *
 * The page and the total are asked for together. Where a filter asks for no more than a status, the
 * total is a counter's.
 */
#include "store/postgres/pg_lists.h"

#include "store/postgres/pg_counts.h"

void pg_bind_filter(struct pg_query *q, const struct execution_filter *filter) {
    pg_i64(q, filter->job_row);
    pg_i64(q, filter->status);
    pg_utc(q, filter->from);
    pg_utc(q, filter->to);
    pg_text(q, filter->queue);
}

static bool asks_for_status_only(const struct execution_filter *filter) {
    return filter->job_row == 0 && utc_is_none(filter->from) && utc_is_none(filter->to) &&
           str_is_absent(filter->queue);
}

static bool asks_for_job_and_success(const struct execution_filter *filter) {
    return filter->job_row != 0 && filter->status == EXECUTION_SUCCEEDED &&
           utc_is_none(filter->from) && utc_is_none(filter->to) && str_is_absent(filter->queue);
}

static int64_t counted(const struct totals *totals, int64_t status) {
    switch (status) {
    case 0: return totals->executions;
    case EXECUTION_PENDING: return totals->pending;
    case EXECUTION_RUNNING: return totals->running;
    case EXECUTION_SUCCEEDED: return totals->succeeded;
    case EXECUTION_FAILED: return totals->failed;
    case EXECUTION_CANCELLED: return totals->cancelled;
    default: return 0;
    }
}

static bool count_filtered(struct store_tx *tx, const struct execution_filter *filter, int64_t *ret,
                           struct err *err) {
    struct pg_query q;
    struct totals totals;
    if (asks_for_status_only(filter)) {
        if (!postgres_totals(tx, &totals, err)) return false;
        *ret = counted(&totals, filter->status);
        return true;
    }
    if (asks_for_job_and_success(filter)) {
        pg_begin(&q, tx, SQL_JOB_SUCCEEDED_COUNT);
        pg_i64(&q, filter->job_row);
    } else {
        pg_begin(&q, tx, SQL_FILTERED_EXECUTIONS_COUNT);
        pg_bind_filter(&q, filter);
    }
    return pg_number(&q, ret, err);
}

static bool list_filtered(struct store_tx *tx, const struct execution_filter *filter,
                          struct arena *arena, struct execution_page *ret, struct err *err) {
    struct pg_query q;
    pg_begin(&q, tx, SQL_FILTERED_EXECUTIONS);
    pg_bind_filter(&q, filter);
    pg_i64(&q, filter->limit < 0 ? 0 : filter->limit);
    pg_i64(&q, filter->offset);
    pg_ask(&q); // one round trip with the total
    struct execution_page page;
    bool is_counted = count_filtered(tx, filter, &page.total, err);
    bool ok = pg_executions(&q, arena, &page.items, &page.count, is_counted ? err : NULL);
    if (!ok || !is_counted) return false;
    *ret = page;
    return true;
}

bool postgres_execution_list(struct store_tx *tx, const struct execution_filter *filter,
                             struct arena *arena, struct execution_page *ret, struct err *err) {
    if (pg_search_is_needed(filter)) return pg_search(tx, filter, arena, ret, err);
    return list_filtered(tx, filter, arena, ret, err);
}

bool postgres_execution_retries(struct store_tx *tx, struct guid id, struct arena *arena,
                                struct execution **ret, size_t *count, struct err *err) {
    struct pg_query q;
    pg_begin(&q, tx, SQL_EXECUTION_RETRIES);
    pg_guid(&q, &id);
    return pg_executions(&q, arena, ret, count, err);
}

bool postgres_occurrences(struct store_tx *tx, int64_t job_row, struct utc from, struct utc to,
                          int64_t limit, struct arena *arena, struct execution **ret, size_t *count,
                          struct err *err) {
    struct pg_query q;
    pg_begin(&q, tx, SQL_FILTERED_OCCURRENCES);
    pg_i64(&q, job_row);
    pg_i64(&q, from.us);
    pg_i64(&q, to.us);
    pg_i64(&q, limit < 0 ? 0 : limit);
    return pg_executions(&q, arena, ret, count, err);
}
