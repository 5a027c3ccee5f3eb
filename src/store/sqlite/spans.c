/* spans.c - see spans.h.
 *
 * A block is 1,024 rows (the number is in the statements). What is 4,096 rows behind the newest has
 * mostly ended; a block that has not is open, and looked at again and again, some of them at a
 * time.
 */
#include "store/sqlite/spans.h"

#include "store/sqlite/newest.h"
#include "store/sqlite/tables.h"
#include "store/sqlite/writer.h"

enum { BLOCK = 1024, BEHIND = 4096, NEW_AT_ONCE = 8, OPEN_AT_ONCE = 4 };

static bool run_on(struct store_tx *tx, enum sql_statement which, int64_t block, struct err *err) {
    struct query q = query_begin(tx, which);
    query_i64(&q, block);
    return query_run(&q, err);
}

static bool follow_newest(struct store_tx *tx, bool *more, struct err *err) {
    int64_t block;
    int64_t end = (writer_of(tx)->last_execution - BEHIND) / BLOCK; // the first that is too new
    struct query q = query_begin(tx, SQL_SPANS_NEXT);
    if (!number_of_query(&q, &block, err)) return false;
    for (int i = 0; i < NEW_AT_ONCE && block < end; i++)
        if (!run_on(tx, SQL_SPAN_PUT, block++, err)) return false;
    *more = block < end;
    return true;
}

/* Some of the open ones, in turns. */
static bool follow_open(struct store_tx *tx, struct err *err) {
    struct writer *writer = writer_of(tx);
    struct arena arena = {0};
    int64_t *blocks;
    size_t count;
    struct query q = query_begin(tx, SQL_SPANS_OPEN);
    query_i64(&q, writer->span_looked_at);
    query_i64(&q, OPEN_AT_ONCE);
    bool ok = rows_of_query(&q, &arena, &blocks, &count, err);
    for (size_t i = 0; ok && i < count; i++) ok = run_on(tx, SQL_SPAN_PUT, blocks[i], err);
    if (ok) writer->span_looked_at = count == OPEN_AT_ONCE ? blocks[count - 1] : -1;
    arena_free(&arena);
    return ok;
}

bool spans_follow(struct store_tx *tx, bool *more, struct err *err) {
    struct query q = query_begin(tx, SQL_SPANS_CUT);
    return query_run(&q, err) && follow_open(tx, err) && follow_newest(tx, more, err);
}

bool spans_list(struct store_tx *tx, const struct execution_filter *filter, int64_t queue,
                struct arena *arena, struct execution_page *ret, struct err *err) {
    bool badly = filter->status == EXECUTION_FAILED || filter->status == EXECUTION_CANCELLED;
    struct newest newest = newest_for(filter->offset, filter->limit);
    struct query q =
        query_begin(tx, badly ? SQL_EXECUTION_SPANS_ENDED_BADLY : SQL_EXECUTION_SPANS_ANY);
    query_utc(&q, filter->from);
    query_utc(&q, filter->to);
    query_i64(&q, filter->status);
    if (str_is_absent(filter->queue))
        query_null(&q);
    else
        query_i64(&q, queue);
    bool ok = newest_keep_all(&newest, &q, err) && newest_page(tx, &newest, arena, ret, err);
    newest_free(&newest);
    return ok;
}
