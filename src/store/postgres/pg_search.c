/* pg_search.c - executions in which words stand, in any mix of job name, output and error message,
 * and the index that makes that fast.
 *
 * queries/search.sql says how they are found. The words of texts are cut by the server (words_of in
 * the schema), those that are searched for here: by the same rule, that of words.h.
 */
#include "store/postgres/pg_lists.h"
#include "store/words.h"

bool pg_search_is_needed(const struct execution_filter *filter) {
    struct str rest = filter->search;
    return words_next(&rest).len > 0;
}

static struct str folded(struct str word, struct arena *arena) {
    char *bytes = arena_alloc(arena, word.len);
    for (size_t i = 0; i < word.len; i++) {
        char c = word.ptr[i];
        bytes[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
    return (struct str){bytes, word.len};
}

/* Each word once, as it would be stored. */
static size_t cut(struct str search, struct arena *arena, struct str words[SEARCH_WORDS]) {
    size_t count = 0;
    for (struct str word = words_next(&search); word.len > 0; word = words_next(&search)) {
        struct str stored = folded(pg_fit_text(word, arena), arena);
        size_t i = 0;
        while (i < count && !str_equal(words[i], stored)) i++;
        if (i == count) words[count++] = stored;
    }
    return count;
}

static void bind_words(struct pg_query *q, struct str search) {
    struct arena arena = {0};
    struct str words[SEARCH_WORDS];
    size_t count = cut(search, &arena, words);
    struct pg_array array = pg_array_new(q, PG_ARRAY_TEXT, count);
    for (size_t i = 0; i < count; i++) pg_array_text(&array, words[i]);
    pg_array_bind(q, &array);
    arena_free(&arena);
}

/* The rows of a search: the total, then an execution; none on a page behind the last one. */
static bool read_page(struct pg_query *q, struct arena *arena, struct execution_page *ret,
                      struct err *err) {
    struct execution_page page = {.items = ARENA_ARRAY(arena, pg_rows(q), struct execution)};
    while (pg_row(q)) {
        page.total = pg_read_i64(q);
        if (!pg_read_is_null(q)) pg_read_execution(q, arena, &page.items[page.count++]);
    }
    if (!pg_end(q, err)) return false;
    *ret = page;
    return true;
}

bool pg_search(struct store_tx *tx, const struct execution_filter *filter, struct arena *arena,
               struct execution_page *ret, struct err *err) {
    struct pg_query q;
    bool of_words_only = filter->status == 0 && utc_is_none(filter->from) &&
                         utc_is_none(filter->to) && str_is_absent(filter->queue);
    pg_begin(&q, tx, SQL_FILTERED_SEARCH);
    pg_bind_filter(&q, filter);
    bind_words(&q, filter->search);
    pg_i64(&q, filter->limit < 0 ? 0 : filter->limit);
    pg_i64(&q, filter->offset);
    pg_bool(&q, of_words_only);
    return read_page(&q, arena, ret, err);
}

bool postgres_search_index(struct store_tx *tx, int64_t limit, bool *more, struct err *err) {
    struct pg_query q;
    int64_t taken;
    pg_begin(&q, tx, SQL_SEARCH_INDEX);
    pg_i64(&q, limit < 0 ? 0 : limit);
    if (!pg_number(&q, &taken, err)) return false;
    *more = limit > 0 && taken == limit;
    return true;
}
