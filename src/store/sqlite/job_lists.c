/* job_lists.c - pages of jobs by filter and order.
 *
 * Which statement answers depends on what can help: the index of the order (name, createdAt,
 * updatedAt), the index of the tags, or job_state alone, which is narrow. Each answers ids in
 * order; the jobs of the page are then read by key.
 */
#include "store/sqlite/tables.h"

static bool has_definition_filter(const struct job_filter *filter) {
    return filter->type != 0 || !str_is_absent(filter->search) || !str_is_absent(filter->queue) ||
           !str_is_absent(filter->created_by);
}

static void bind_filter(struct query *q, const struct job_filter *filter) {
    query_i64(q, filter->status);
    query_i64(q, filter->type);
    query_text(q, filter->queue);
    query_text(q, filter->created_by);
    query_text(q, filter->search);
}

static void bind_page(struct query *q, const struct job_filter *filter) {
    query_i64(q, filter->limit < 0 ? 0 : filter->limit);
    query_i64(q, filter->offset);
}

static struct query list_by_index(struct store_tx *tx, const struct job_filter *filter) {
    static const enum sql_statement lists[][2] = {
        [JOB_SORT_NAME] = {SQL_JOB_LIST_NAME_ASC, SQL_JOB_LIST_NAME_DESC},
        [JOB_SORT_CREATED_AT] = {SQL_JOB_LIST_CREATED_AT_ASC, SQL_JOB_LIST_CREATED_AT_DESC},
        [JOB_SORT_UPDATED_AT] = {SQL_JOB_LIST_UPDATED_AT_ASC, SQL_JOB_LIST_UPDATED_AT_DESC},
    };
    struct query q = query_begin(tx, lists[filter->sort][filter->descending]);
    bind_filter(&q, filter);
    bind_page(&q, filter);
    return q;
}

static struct query list_sorted(struct store_tx *tx, const struct job_filter *filter) {
    static const enum sql_statement tagged[] = {SQL_JOB_LIST_TAGGED_ASC, SQL_JOB_LIST_TAGGED_DESC};
    static const enum sql_statement filtered[] = {SQL_JOB_LIST_FILTERED_ASC,
                                                  SQL_JOB_LIST_FILTERED_DESC};
    static const enum sql_statement by_state[] = {SQL_JOB_LIST_STATE_ASC, SQL_JOB_LIST_STATE_DESC};
    bool by_tag = !str_is_absent(filter->tag), by_definition = has_definition_filter(filter);
    const enum sql_statement *lists = by_tag ? tagged : by_definition ? filtered : by_state;
    struct query q = query_begin(tx, lists[filter->descending]);
    if (by_tag) query_text(&q, filter->tag);
    if (by_tag || by_definition)
        bind_filter(&q, filter);
    else
        query_i64(&q, filter->status);
    query_i64(&q, (int64_t)filter->sort);
    bind_page(&q, filter);
    return q;
}

static bool count(struct store_tx *tx, const struct job_filter *filter, int64_t *ret,
                  struct err *err) {
    if (!str_is_absent(filter->tag)) {
        struct query q = query_begin(tx, SQL_JOB_COUNT_TAGGED);
        query_text(&q, filter->tag);
        bind_filter(&q, filter);
        return number_of_query(&q, ret, err);
    }
    if (has_definition_filter(filter)) {
        struct query q = query_begin(tx, SQL_JOB_COUNT);
        bind_filter(&q, filter);
        return number_of_query(&q, ret, err);
    }
    struct totals totals;
    if (!sqlite_totals(tx, &totals, err)) return false;
    bool known = filter->status >= JOB_ACTIVE && filter->status <= JOB_DELETED;
    *ret = filter->status == 0 ? totals.jobs : known ? totals.jobs_by_status[filter->status] : 0;
    return true;
}

bool sqlite_job_list(struct store_tx *tx, const struct job_filter *filter, struct arena *arena,
                     struct job_page *ret, struct err *err) {
    struct job_page page;
    bool by_index = str_is_absent(filter->tag) && filter->sort <= JOB_SORT_UPDATED_AT;
    struct query q = by_index ? list_by_index(tx, filter) : list_sorted(tx, filter);
    if (!jobs_of_query(&q, arena, &page.items, &page.count, err)) return false;
    if (!count(tx, filter, &page.total, err)) return false;
    *ret = page;
    return true;
}

bool sqlite_job_failed(struct store_tx *tx, int64_t threshold, int64_t limit, struct arena *arena,
                       struct job_page *ret, struct err *err) {
    struct query q =
        query_begin(tx, threshold > 0 ? SQL_JOB_FAILED_LIST_STREAKS : SQL_JOB_FAILED_LIST);
    query_i64(&q, threshold);
    query_i64(&q, INT64_MAX);
    int64_t *rows;
    struct job_page page;
    if (!rows_of_query(&q, arena, &rows, &page.count, err)) return false;
    page.total = (int64_t)page.count;
    if (limit < page.total) page.count = limit < 0 ? 0 : (size_t)limit;
    page.items = ARENA_ARRAY(arena, page.count, struct job);
    for (size_t i = 0; i < page.count; i++)
        if (!sqlite_job_get_by_row(tx, rows[i], arena, &page.items[i], err)) return false;
    *ret = page;
    return true;
}

bool sqlite_job_named(struct store_tx *tx, struct str name, int64_t after_row, struct arena *arena,
                      struct job *ret, bool *found, struct err *err) {
    struct query q = query_begin(tx, SQL_JOB_NAMED);
    query_text(&q, name);
    query_i64(&q, after_row);
    int64_t row = query_row(&q) ? read_i64(&q) : 0;
    if (!query_end(&q, err)) return false;
    if (row != 0 && !sqlite_job_get_by_row(tx, row, arena, ret, err)) return false;
    *found = row != 0;
    return true;
}

bool sqlite_job_walk(struct store_tx *tx, const struct job_walk *walk, struct arena *arena,
                     struct job **ret, size_t *count, struct err *err) {
    struct query q = query_begin(tx, walk->with_retention ? SQL_JOB_WALK_RETENTION : SQL_JOB_WALK);
    query_i64(&q, walk->after_row);
    query_i64(&q, walk->status);
    query_i64(&q, walk->limit < 0 ? 0 : walk->limit);
    return jobs_of_query(&q, arena, ret, count, err);
}

bool sqlite_jobs_next(struct store_tx *tx, int64_t limit, struct arena *arena,
                      struct next_job **ret, size_t *count, struct err *err) {
    struct query q = query_begin(tx, SQL_JOBS_NEXT);
    query_i64(&q, limit < 0 ? 0 : limit);
    struct next_job *next = NULL;
    size_t found = 0, room = 0;
    while (query_row(&q)) {
        if (found == room) {
            struct next_job *more = ARENA_ARRAY(arena, room = room * 2 + 16, struct next_job);
            if (found > 0) memcpy(more, next, found * sizeof *next);
            next = more;
        }
        next[found].id = read_guid(&q);
        next[found].name = read_text(&q, arena);
        next[found++].next_run_at = read_never(&q);
    }
    if (!query_end(&q, err)) return false;
    *ret = next;
    *count = found;
    return true;
}
