/* pg_job_lists.c - lists of jobs: pages with a filter, the failing ones, walks, what runs next. */
#include "store/postgres/pg_tables.h"

static int64_t not_below_zero(int64_t number) {
    return number < 0 ? 0 : number;
}

static void bind_filter(struct pg_query *q, const struct job_filter *filter) {
    pg_i64(q, filter->status);
    pg_i64(q, filter->type);
    pg_text(q, filter->queue);
    pg_text(q, filter->created_by);
    pg_text(q, filter->search);
    pg_text(q, filter->tag);
}

/* The page and the number of all there are, in one round trip. */
static bool page_of(struct pg_query *q, struct pg_query *count, struct arena *arena,
                    struct job_page *ret, struct err *err) {
    struct job_page page;
    pg_ask(q);
    bool ok = pg_number(count, &page.total, err);
    if (!pg_jobs_of_query(q, arena, &page.items, &page.count, ok ? err : NULL) || !ok) return false;
    *ret = page;
    return true;
}

bool postgres_job_list(struct store_tx *tx, const struct job_filter *filter, struct arena *arena,
                       struct job_page *ret, struct err *err) {
    struct pg_query q, count;
    pg_begin(&q, tx, SQL_JOB_LIST);
    bind_filter(&q, filter);
    pg_i64(&q, (int64_t)filter->sort);
    pg_bool(&q, filter->descending);
    pg_i64(&q, not_below_zero(filter->limit));
    pg_i64(&q, not_below_zero(filter->offset));
    pg_begin(&count, tx, SQL_JOB_LIST_COUNT);
    bind_filter(&count, filter);
    return page_of(&q, &count, arena, ret, err);
}

bool postgres_job_failed(struct store_tx *tx, int64_t threshold, int64_t limit, struct arena *arena,
                         struct job_page *ret, struct err *err) {
    bool any = threshold <= 0;
    struct pg_query q, count;
    pg_begin(&q, tx, any ? SQL_JOB_FAILED_ANY : SQL_JOB_FAILED);
    pg_i64(&q, threshold);
    pg_i64(&q, not_below_zero(limit));
    pg_begin(&count, tx, any ? SQL_JOB_FAILED_ANY_COUNT : SQL_JOB_FAILED_COUNT);
    pg_i64(&count, threshold);
    return page_of(&q, &count, arena, ret, err);
}

bool postgres_job_named(struct store_tx *tx, struct str name, int64_t after_row,
                        struct arena *arena, struct job *ret, bool *found, struct err *err) {
    struct pg_query q;
    struct job *jobs;
    size_t count;
    pg_begin(&q, tx, SQL_JOB_NAMED);
    pg_text(&q, str_is_absent(name) ? STR("") : name);
    pg_i64(&q, after_row);
    if (!pg_jobs_of_query(&q, arena, &jobs, &count, err)) return false;
    if (count > 0) *ret = jobs[0];
    *found = count > 0;
    return true;
}

bool postgres_job_walk(struct store_tx *tx, const struct job_walk *walk, struct arena *arena,
                       struct job **ret, size_t *count, struct err *err) {
    struct pg_query q;
    pg_begin(&q, tx, SQL_JOB_WALK);
    pg_i64(&q, walk->after_row);
    pg_i64(&q, walk->status);
    pg_bool(&q, walk->with_retention);
    pg_i64(&q, not_below_zero(walk->limit));
    return pg_jobs_of_query(&q, arena, ret, count, err);
}

bool postgres_jobs_next(struct store_tx *tx, int64_t limit, struct arena *arena,
                        struct next_job **ret, size_t *count, struct err *err) {
    struct pg_query q;
    pg_begin(&q, tx, SQL_JOBS_NEXT);
    pg_i64(&q, not_below_zero(limit));
    struct next_job *next = ARENA_ARRAY(arena, pg_rows(&q), struct next_job);
    size_t found = 0;
    while (pg_row(&q)) {
        next[found].id = pg_read_guid(&q);
        next[found].name = pg_read_text(&q, arena);
        next[found++].next_run_at = pg_read_never(&q);
    }
    if (!pg_end(&q, err)) return false;
    *ret = next;
    *count = found;
    return true;
}
