/* search_index.c - filling the index of words, behind the settlements; see search_index.h.
 *
 * A settlement does not touch the index: it would make each of them dearer, and whoever searches
 * can wait. search_mark is an execution up to which all texts are in the index, but for those in
 * to_index: what has said something since the mark passed it, and what had when it did but has not
 * ended. The mark follows the newest row; to_index stays short, and what is behind the mark or in
 * to_index is read for each search.
 *
 * FTS5 writes a segment for each call, and would merge segments whenever it likes, the more the
 * larger they are. Here each call merges a few pages by itself, so that no write is long.
 */
#include "store/sqlite/search_index.h"

#include "store/sqlite/spans.h"
#include "store/sqlite/tables.h"
#include "store/sqlite/writer.h"

/* Together they bound how long a call takes. */
enum { BYTES_AT_ONCE = 256 * 1024, MERGE_PAGES = 32 };

bool search_note_text(struct store_tx *tx, int64_t execution, struct err *err) {
    if (execution > writer_of(tx)->search_mark) return true; // the mark will come by
    struct query q = query_begin(tx, SQL_TO_INDEX_ADD);
    query_i64(&q, execution);
    return query_run(&q, err);
}

/* ---- one text -------------------------------------------------------------------------------- */

struct said {
    int64_t execution, job_row;
    bool has_ended;
    struct str error_message, output;
};

static struct said read_said(struct query *q, struct arena *arena) {
    struct said said = {.execution = read_i64(q)};
    said.has_ended = execution_has_ended((enum execution_status)read_i64(q));
    said.job_row = read_i64(q);
    said.error_message = read_text(q, arena);
    said.output = read_text(q, arena);
    return said;
}

static bool says_something(const struct said *said) {
    return said->error_message.len > 0 || said->output.len > 0;
}

/* '#' is in no word, so a text loses none when it becomes a space. */
static void put_without_mark(struct buf *out, struct str text) {
    for (struct str part = str_cut(&text, '#');; part = str_cut(&text, '#')) {
        buf_put_char(out, ' ');
        buf_put(out, part);
        if (text.len == 0) return;
    }
}

/* Puts in or takes out; the text must be the same both times. */
static bool write_words(struct store_tx *tx, enum sql_statement which, const struct said *said,
                        struct err *err) {
    struct buf text = buf_with_max(0);
    buf_printf(&text, "#%lld", (long long)said->job_row);
    put_without_mark(&text, said->error_message);
    put_without_mark(&text, said->output);
    struct query q = query_begin(tx, which);
    query_i64(&q, said->execution);
    query_text(&q, buf_str(&text));
    bool ok = query_run(&q, err);
    buf_free(&text);
    return ok;
}

static bool find_said(struct store_tx *tx, int64_t execution, struct arena *arena, struct said *ret,
                      struct err *err) {
    struct query q = query_begin(tx, SQL_SEARCH_TEXT);
    query_i64(&q, execution);
    *ret = (struct said){0};
    if (query_row(&q)) *ret = read_said(&q, arena);
    return query_end(&q, err);
}

/* ---- filling --------------------------------------------------------------------------------- */

struct filling {
    struct store_tx *tx;
    int64_t left; // executions that may be looked at
    size_t bytes; // of text that were taken in
    struct arena arena;
};

static bool has_room(const struct filling *filling) {
    return filling->left > 0 && filling->bytes < BYTES_AT_ONCE;
}

static bool run_on_row(struct store_tx *tx, enum sql_statement which, int64_t row,
                       struct err *err) {
    struct query q = query_begin(tx, which);
    query_i64(&q, row);
    return query_run(&q, err);
}

static bool take_in(struct filling *filling, const struct said *said, struct err *err) {
    filling->left--;
    if (!says_something(said)) return true;
    if (!said->has_ended) return run_on_row(filling->tx, SQL_TO_INDEX_ADD, said->execution, err);
    filling->bytes += said->error_message.len + said->output.len;
    return write_words(filling->tx, SQL_SEARCH_ADD, said, err);
}

static bool take_waiting(struct filling *filling, struct err *err) {
    int64_t *rows;
    size_t count;
    struct arena list = {0};
    struct query q = query_begin(filling->tx, SQL_TO_INDEX_ENDED);
    query_i64(&q, filling->left);
    bool ok = rows_of_query(&q, &list, &rows, &count, err);
    for (size_t i = 0; ok && i < count && has_room(filling); i++) {
        struct said said;
        arena_reset(&filling->arena);
        ok = find_said(filling->tx, rows[i], &filling->arena, &said, err) &&
             take_in(filling, &said, err) &&
             run_on_row(filling->tx, SQL_TO_INDEX_REMOVE, rows[i], err);
    }
    arena_free(&list);
    return ok;
}

static bool move_mark(struct filling *filling, int64_t mark, struct err *err) {
    struct writer *writer = writer_of(filling->tx);
    if (mark == writer->search_mark) return true;
    writer->search_mark = mark;
    return run_on_row(filling->tx, SQL_SEARCH_MARK_SET, mark, err);
}

static bool take_behind_mark(struct filling *filling, struct err *err) {
    struct writer *writer = writer_of(filling->tx);
    int64_t mark = writer->search_mark;
    struct query q = query_begin(filling->tx, SQL_SEARCH_TEXTS_BEHIND);
    query_i64(&q, mark);
    query_i64(&q, filling->left);
    bool ok = true;
    while (ok && has_room(filling) && query_row(&q)) {
        arena_reset(&filling->arena);
        struct said said = read_said(&q, &filling->arena);
        mark = said.execution;
        ok = take_in(filling, &said, err);
    }
    bool all = has_room(filling);
    ok = query_end(&q, ok ? err : NULL) && ok;
    return ok && move_mark(filling, all ? writer->last_execution : mark, err);
}

bool sqlite_search_index(struct store_tx *tx, int64_t limit, bool *more, struct err *err) {
    struct filling filling = {.tx = tx, .left = limit < 0 ? 0 : limit};
    bool more_spans = false;
    bool ok =
        take_waiting(&filling, err) && (!has_room(&filling) || take_behind_mark(&filling, err)) &&
        run_on_row(tx, SQL_SEARCH_MERGE, MERGE_PAGES, err) && spans_follow(tx, &more_spans, err);
    arena_free(&filling.arena);
    if (ok) *more = more_spans || !has_room(&filling);
    return ok;
}

/* ---- forgetting ------------------------------------------------------------------------------ */

static struct query between(struct store_tx *tx, enum sql_statement which, int64_t first,
                            int64_t last) {
    struct query q = query_begin(tx, which);
    query_i64(&q, first);
    query_i64(&q, last);
    return q;
}

static bool forget_indexed(struct store_tx *tx, int64_t first, int64_t last, struct err *err) {
    struct arena arena = {0};
    struct query q = between(tx, SQL_SEARCH_TEXTS_INDEXED, first, last);
    bool ok = true;
    while (ok && query_row(&q)) {
        arena_reset(&arena);
        struct said said = read_said(&q, &arena);
        if (says_something(&said) && said.has_ended)
            ok = write_words(tx, SQL_SEARCH_DELETE, &said, err);
    }
    arena_free(&arena);
    return query_end(&q, ok ? err : NULL) && ok;
}

bool search_forget(struct store_tx *tx, int64_t first, int64_t last, struct err *err) {
    if (first > writer_of(tx)->search_mark) return true;
    if (!forget_indexed(tx, first, last, err)) return false;
    struct query q = between(tx, SQL_TO_INDEX_FORGET, first, last);
    return query_run(&q, err);
}

/* ---- names of jobs --------------------------------------------------------------------------- */

bool search_add_name(struct store_tx *tx, int64_t job_row, struct str name, struct err *err) {
    struct query q = query_begin(tx, SQL_JOB_WORDS_ADD);
    query_i64(&q, job_row);
    query_text(&q, name);
    return query_run(&q, err);
}

bool search_remove_name(struct store_tx *tx, int64_t job_row, struct err *err) {
    return run_on_row(tx, SQL_JOB_WORDS_REMOVE, job_row, err);
}

bool search_change_name(struct store_tx *tx, int64_t job_row, struct str name, struct err *err) {
    int64_t same;
    struct query q = query_begin(tx, SQL_JOB_IS_NAMED);
    query_text(&q, str_is_absent(name) ? STR("") : name);
    query_i64(&q, job_row);
    if (!number_of_query(&q, &same, err)) return false;
    return same ||
           (search_remove_name(tx, job_row, err) && search_add_name(tx, job_row, name, err));
}
