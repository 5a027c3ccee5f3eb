/* executions.c - executions, read: one, pages, the ledger of due times. Counters, too.
 *
 * Pages are found like those of jobs: a narrow statement answers ids, the rows are read by key. The
 * history of a job is its chain (see the migration); each statement on it stops walking as soon as
 * it has its page. The pages of a whole history begin at the page mark above them, so that the last
 * one is as near as the first.
 */
#include "store/sqlite/search.h"
#include "store/sqlite/spans.h"
#include "store/sqlite/tables.h"
#include "store/sqlite/writer.h"

bool no_such_execution(struct err *err) {
    return err_set(err, ERR_NOT_FOUND, "there is no such execution");
}

/* ---- one ------------------------------------------------------------------------------------- */

/* Clears what is only filler in this status. */
static void clear_fillers(struct execution *execution) {
    if (execution->status == EXECUTION_PENDING) {
        execution->started_at = UTC_NONE;
        execution->node_name = STR_NONE;
        execution->fence = 0;
    }
    if (!execution_has_ended(execution->status)) execution->completed_at = UTC_NONE;
}

static void read_execution(struct query *q, struct arena *arena, struct execution *execution) {
    execution->row = read_i64(q);
    execution->id = read_guid(q);
    execution->job_row = read_i64(q);
    execution->job_id = read_guid(q);
    execution->job_name = read_text(q, arena);
    execution->status = (enum execution_status)read_i64(q);
    execution->queue = read_text(q, arena);
    execution->trigger = (enum trigger)read_i64(q);
    execution->triggered_by = read_text(q, arena);
    execution->has_progress = read_bool(q);
    execution->progress_percent = read_i64(q);
    execution->progress_text = read_text(q, arena);
    execution->scheduled_for = read_utc(q);
    execution->created_at = read_utc(q);
    execution->available_at = read_utc(q);
    execution->started_at = read_utc(q);
    execution->completed_at = read_utc(q);
    execution->retry_count = read_i64(q);
    execution->retry_parent_id = read_guid(q);
    execution->node_name = read_text(q, arena);
    execution->fence = read_i64(q);
    execution->cancel_requested = read_bool(q);
    execution->error_type = read_i64(q);
    execution->error_message = read_text(q, arena);
    execution->parameters = read_text(q, arena);
    execution->output = read_text(q, arena);
    execution->output_truncated = read_bool(q);
    execution->result = read_text(q, arena);
    execution->workflow_run_id = read_guid(q);
    execution->inputs = read_text(q, arena);
    execution->waiting_since = read_utc(q);
    clear_fillers(execution);
}

static bool get(struct store_tx *tx, int64_t row, const struct guid *id, bool with_output,
                struct arena *arena, struct execution *ret, struct err *err) {
    struct query q = query_begin(tx, SQL_EXECUTION_GET);
    query_i64(&q, with_output);
    if (id) {
        query_null(&q);
        query_bytes(&q, id->bytes, sizeof id->bytes);
    } else {
        query_i64(&q, row);
        query_null(&q);
    }
    bool found = query_row(&q);
    struct execution execution = {0};
    if (found) read_execution(&q, arena, &execution);
    if (!query_end(&q, err)) return false;
    if (!found) return no_such_execution(err);
    *ret = execution;
    return true;
}

bool sqlite_execution_get(struct store_tx *tx, struct guid id, struct arena *arena,
                          struct execution *ret, struct err *err) {
    return get(tx, 0, &id, true, arena, ret, err);
}

bool execution_by_row(struct store_tx *tx, int64_t row, struct arena *arena, struct execution *ret,
                      struct err *err) {
    return get(tx, row, NULL, false, arena, ret, err);
}

bool executions_of_query(struct query *q, struct arena *arena, struct execution **ret,
                         size_t *count, struct err *err) {
    int64_t *rows;
    size_t found;
    if (!rows_of_query(q, arena, &rows, &found, err)) return false;
    struct execution *executions = ARENA_ARRAY(arena, found, struct execution);
    for (size_t i = 0; i < found; i++)
        if (!execution_by_row(&q->connection->tx, rows[i], arena, &executions[i], err))
            return false;
    *ret = executions;
    *count = found;
    return true;
}

/* ---- pages ----------------------------------------------------------------------------------- */

enum scope { SCOPE_ANY, SCOPE_PENDING, SCOPE_RUNNING, SCOPE_ENDED_BADLY, SCOPE_JOB };

static enum scope scope_of(const struct execution_filter *filter) {
    if (filter->job_row != 0) return SCOPE_JOB;
    switch (filter->status) {
    case EXECUTION_PENDING: return SCOPE_PENDING;
    case EXECUTION_RUNNING: return SCOPE_RUNNING;
    case EXECUTION_FAILED:
    case EXECUTION_CANCELLED: return SCOPE_ENDED_BADLY;
    default: return SCOPE_ANY;
    }
}

void bind_execution_scope(struct query *q, const struct execution_filter *filter, int64_t queue) {
    query_i64(q, filter->status);
    query_utc(q, filter->from);
    query_utc(q, filter->to);
    if (str_is_absent(filter->queue))
        query_null(q);
    else
        query_i64(q, queue);
}

void bind_execution_filter(struct query *q, const struct execution_filter *filter, int64_t queue) {
    if (filter->job_row != 0) query_i64(q, filter->job_row);
    bind_execution_scope(q, filter, queue);
    query_text(q, filter->search);
}

static void bind_page(struct query *q, const struct execution_filter *filter) {
    query_i64(q, filter->limit < 0 ? 0 : filter->limit);
    query_i64(q, filter->offset);
}

/* Does the filter ask for nothing but a job or a status? Then a counter has the total. */
static bool is_plain(const struct execution_filter *filter) {
    return utc_is_none(filter->from) && utc_is_none(filter->to) && str_is_absent(filter->search) &&
           str_is_absent(filter->queue) && (filter->job_row == 0 || filter->status == 0);
}

static bool plain_total(struct store_tx *tx, const struct execution_filter *filter, int64_t *ret,
                        struct err *err) {
    if (filter->job_row != 0) {
        struct query q = query_begin(tx, SQL_EXECUTION_COUNT_JOB_PAGE);
        query_i64(&q, filter->job_row);
        return number_of_query(&q, ret, err);
    }
    struct totals totals;
    if (!sqlite_totals(tx, &totals, err)) return false;
    switch (filter->status) {
    case 0: *ret = totals.executions; break;
    case EXECUTION_PENDING: *ret = totals.pending; break;
    case EXECUTION_RUNNING: *ret = totals.running; break;
    case EXECUTION_SUCCEEDED: *ret = totals.succeeded; break;
    case EXECUTION_FAILED: *ret = totals.failed; break;
    case EXECUTION_CANCELLED: *ret = totals.cancelled; break;
    default: *ret = 0; break;
    }
    return true;
}

/* Where to begin walking a job's chain: at the mark next to the page (0 = none: at the newest), and
 * how many to pass over from there. */
static bool find_mark(struct store_tx *tx, const struct execution_filter *filter, int64_t *mark,
                      int64_t *pass_over, struct err *err) {
    enum { NEAR = 128 }; // no mark is worth looking for
    *mark = 0;
    *pass_over = filter->offset;
    if (filter->offset < NEAR) return true;
    struct query q = query_begin(tx, SQL_HISTORY_MARK_NEAR);
    query_i64(&q, filter->offset);
    query_i64(&q, filter->job_row);
    if (query_row(&q)) {
        *mark = read_i64(&q);
        *pass_over = filter->offset - read_i64(&q);
    }
    return query_end(&q, err);
}

static bool list_job(struct store_tx *tx, const struct execution_filter *filter,
                     struct arena *arena, struct execution_page *page, struct err *err) {
    int64_t mark, pass_over;
    if (!find_mark(tx, filter, &mark, &pass_over, err)) return false;
    struct query q = query_begin(tx, SQL_EXECUTION_LIST_JOB_PAGE);
    if (mark != 0)
        query_i64(&q, mark);
    else
        query_null(&q);
    query_i64(&q, filter->job_row);
    query_i64(&q, filter->limit < 0 ? 0 : filter->limit);
    query_i64(&q, pass_over);
    return executions_of_query(&q, arena, &page->items, &page->count, err) &&
           plain_total(tx, filter, &page->total, err);
}

static bool list_plain(struct store_tx *tx, const struct execution_filter *filter,
                       struct arena *arena, struct execution_page *page, struct err *err) {
    if (filter->job_row != 0) return list_job(tx, filter, arena, page, err);
    struct query q = query_begin(tx, SQL_EXECUTION_PAGE);
    bind_page(&q, filter);
    return executions_of_query(&q, arena, &page->items, &page->count, err) &&
           plain_total(tx, filter, &page->total, err);
}

static bool list_filtered(struct store_tx *tx, const struct execution_filter *filter,
                          struct arena *arena, struct execution_page *page, struct err *err) {
    static const enum sql_statement lists[] = {
        SQL_EXECUTION_LIST_ANY,         SQL_EXECUTION_LIST_PENDING, SQL_EXECUTION_LIST_RUNNING,
        SQL_EXECUTION_LIST_ENDED_BADLY, SQL_EXECUTION_LIST_JOB,
    };
    static const enum sql_statement counts[] = {
        SQL_EXECUTION_COUNT_ANY,         SQL_EXECUTION_COUNT_PENDING, SQL_EXECUTION_COUNT_RUNNING,
        SQL_EXECUTION_COUNT_ENDED_BADLY, SQL_EXECUTION_COUNT_JOB,
    };
    int64_t queue = 0; // 0 is no queue's id: a queue that was never used has no executions
    if (!str_is_absent(filter->queue) && !name_find(tx, filter->queue, &queue, err)) return false;
    bool apt;
    if (!search_list(tx, filter, queue, arena, &apt, page, err)) return false;
    if (apt) return true;
    bool windowed = !utc_is_none(filter->from) || !utc_is_none(filter->to);
    enum scope scope = scope_of(filter);
    if (windowed && str_is_absent(filter->search) &&
        (scope == SCOPE_ANY || scope == SCOPE_ENDED_BADLY))
        return spans_list(tx, filter, queue, arena, page, err);
    struct query q = query_begin(tx, lists[scope]);
    bind_execution_filter(&q, filter, queue);
    bind_page(&q, filter);
    if (!executions_of_query(&q, arena, &page->items, &page->count, err)) return false;
    if (is_plain(filter)) return plain_total(tx, filter, &page->total, err);
    q = query_begin(tx, counts[scope]);
    bind_execution_filter(&q, filter, queue);
    return number_of_query(&q, &page->total, err);
}

bool sqlite_execution_list(struct store_tx *tx, const struct execution_filter *filter,
                           struct arena *arena, struct execution_page *ret, struct err *err) {
    struct execution_page page;
    bool whole = is_plain(filter) && filter->status == 0;
    if (whole ? !list_plain(tx, filter, arena, &page, err)
              : !list_filtered(tx, filter, arena, &page, err))
        return false;
    *ret = page;
    return true;
}

/* ---- of one job, of one chain of retries ----------------------------------------------------- */

bool sqlite_executions_live(struct store_tx *tx, int64_t job_row, struct arena *arena,
                            struct execution **ret, size_t *count, struct err *err) {
    struct execution *executions;
    size_t found;
    struct query q = query_begin(tx, SQL_EXECUTIONS_LIVE);
    query_i64(&q, job_row);
    if (!executions_of_query(&q, arena, &executions, &found, err)) return false;
    for (size_t i = 0; i < found / 2; i++) { // the chain has the newest first
        struct execution other = executions[i];
        executions[i] = executions[found - 1 - i];
        executions[found - 1 - i] = other;
    }
    *ret = executions;
    *count = found;
    return true;
}

bool sqlite_execution_retries(struct store_tx *tx, struct guid id, struct arena *arena,
                              struct execution **ret, size_t *count, struct err *err) {
    struct query q = query_begin(tx, SQL_EXECUTION_RETRIES);
    query_bytes(&q, id.bytes, sizeof id.bytes);
    return executions_of_query(&q, arena, ret, count, err);
}

/* A short history is walked along its chain; a long one is looked up in the due times of all jobs,
 * where those of the range stand together. Rows are given out as time goes by, so the distance
 * between the rows at both ends tells about how many due times that is. */
static bool chain_is_shorter(struct store_tx *tx, int64_t job_row, struct utc from, struct utc to,
                             bool *ret, struct err *err) {
    struct query q = query_begin(tx, SQL_OCCURRENCES_COST);
    query_i64(&q, job_row);
    query_i64(&q, from.us);
    query_i64(&q, to.us);
    bool found = query_row(&q);
    int64_t length = found ? read_i64(&q) : 0;
    int64_t first = found ? read_i64(&q) : 0;
    int64_t last = found ? read_i64(&q) : 0;
    *ret = length < (last > first ? last - first : first - last) / 4;
    return query_end(&q, err);
}

bool sqlite_occurrences(struct store_tx *tx, int64_t job_row, struct utc from, struct utc to,
                        int64_t limit, struct arena *arena, struct execution **ret, size_t *count,
                        struct err *err) {
    bool by_chain;
    if (!chain_is_shorter(tx, job_row, from, to, &by_chain, err)) return false;
    struct query q =
        query_begin(tx, by_chain ? SQL_OCCURRENCES_BY_CHAIN : SQL_OCCURRENCES_BY_DUE_TIME);
    query_i64(&q, job_row);
    query_i64(&q, from.us);
    query_i64(&q, to.us);
    query_i64(&q, limit < 0 ? 0 : limit);
    return executions_of_query(&q, arena, ret, count, err);
}
