/* search.c - executions in which words stand, in any mix of job name, output and error message.
 *
 * Names change, texts do not: so texts are indexed once (search_index.h), and names are looked up
 * at present. Three sorts of executions are found, none of them twice:
 *
 *   named    those of the jobs whose names have every word, along the chain of each job;
 *   indexed  others, by the index of texts. It holds "#JOB" for the job of each text, so that
 *            `"refused" AND ("nightly" OR "#7" OR "#12")` also finds what job 7, "Nightly load",
 * said about "refused". A word that is in many names is not spelt out like that; the texts that the
 * other words find are looked at instead; waiting  others whose texts are not in the index yet, one
 * by one.
 *
 * The total is exact, so each match is met once anyway; what is kept of them is the page. Words
 * that are in the names of very many jobs, and searches among what is Pending or Running, go the
 * plain way: row by row, newest first.
 */
#include "store/sqlite/search.h"

#include "store/sqlite/newest.h"
#include "store/sqlite/tables.h"
#include "store/words.h"

enum {
    FEW_JOBS = 32,   // are spelt out in a query of the index
    MANY_JOBS = 1000 // are too many to follow the whole chain of each
};

/* ---- what is asked --------------------------------------------------------------------------- */

/* A word and the jobs that have it in their names: `few` of them, or more than are spelt out. */
struct word {
    struct str text; // in lower case
    int64_t *jobs;
    size_t job_count;
    bool few;
};

struct search {
    struct store_tx *tx;
    struct arena *arena; // scratch
    const struct execution_filter *filter;
    int64_t queue; // names.id
    struct word words[SEARCH_WORDS];
    size_t word_count;
    bool some_named; // there are jobs whose names have every word
    struct newest newest;
};

static struct str folded(struct arena *arena, struct str word) {
    char *bytes = arena_alloc(arena, word.len + 1);
    for (size_t i = 0; i < word.len; i++) {
        char c = word.ptr[i];
        bytes[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
    return (struct str){bytes, word.len};
}

static bool is_among(const struct search *s, struct str word) {
    for (size_t i = 0; i < s->word_count; i++)
        if (str_equal(s->words[i].text, word)) return true;
    return false;
}

/* The words of the filter, each once; not those of `given`. */
static void cut_words(struct search *s, struct str given) {
    struct str rest = s->filter->search;
    for (struct str word = words_next(&rest); word.len > 0; word = words_next(&rest)) {
        struct str text = folded(s->arena, word);
        if (s->word_count < COUNT_OF(s->words) && !is_among(s, text) && !words_have(given, text))
            s->words[s->word_count++].text = text;
    }
}

static bool look_up_names(struct search *s, struct err *err) {
    for (size_t i = 0; i < s->word_count; i++) {
        struct word *word = &s->words[i];
        struct query q = query_begin(s->tx, SQL_JOBS_WITH_WORD);
        query_text(&q, word->text);
        query_i64(&q, FEW_JOBS + 1);
        if (!rows_of_query(&q, s->arena, &word->jobs, &word->job_count, err)) return false;
        word->few = word->job_count <= FEW_JOBS;
    }
    return true;
}

static const struct word *rarest_word(const struct search *s) {
    const struct word *rarest = &s->words[0];
    for (size_t i = 1; i < s->word_count; i++)
        if (s->words[i].job_count < rarest->job_count) rarest = &s->words[i];
    return rarest;
}

/* ---- the three sorts ------------------------------------------------------------------------- */

static bool walk_whole_chain(struct search *s, int64_t job, struct err *err) {
    struct execution_filter filter = *s->filter;
    filter.job_row = job;
    filter.search = STR_NONE;
    struct query q = query_begin(s->tx, SQL_EXECUTION_LIST_JOB);
    bind_execution_filter(&q, &filter, s->queue);
    query_i64(&q, -1);
    query_i64(&q, 0);
    return newest_keep_all(&s->newest, &q, err);
}

/* From the newest execution of a job down, as far as the page may want to know. */
static bool walk_chain(struct search *s, int64_t head, struct err *err) {
    struct query q = query_begin(s->tx, SQL_SEARCH_CHAIN);
    query_i64(&q, head);
    query_i64(&q, (int64_t)s->newest.most);
    while (query_row(&q) && newest_keep(&s->newest, read_i64(&q))) continue;
    return query_end(&q, err);
}

/* With nothing else to ask, counters have the total, and the newest executions of all are among
 * those of the jobs that ran last. */
static bool find_named_by_counters(struct search *s, struct err *err) {
    struct newest heads = newest_for(0, (int64_t)s->newest.most);
    struct query q = query_begin(s->tx, SQL_SEARCH_HEADS);
    query_text(&q, rarest_word(s)->text);
    query_text(&q, s->filter->search);
    while (query_row(&q)) {
        (void)newest_keep(&heads, read_i64(&q));
        s->newest.total += read_i64(&q);
        s->some_named = true;
    }
    bool ok = query_end(&q, err);
    newest_sort(&heads);
    for (size_t i = 0; ok && i < heads.count; i++) ok = walk_chain(s, heads.rows[i], err);
    newest_free(&heads);
    return ok;
}

static bool is_plain(const struct execution_filter *filter) {
    return filter->status == 0 && utc_is_none(filter->from) && utc_is_none(filter->to) &&
           str_is_absent(filter->queue);
}

/* *apt: they were not too many to follow. */
static bool find_named(struct search *s, bool *apt, struct err *err) {
    if (is_plain(s->filter)) return find_named_by_counters(s, err);
    int64_t *jobs;
    size_t count;
    struct query q = query_begin(s->tx, SQL_JOBS_WITH_WORDS);
    query_text(&q, rarest_word(s)->text);
    query_text(&q, s->filter->search);
    query_i64(&q, MANY_JOBS + 1);
    if (!rows_of_query(&q, s->arena, &jobs, &count, err)) return false;
    *apt = count <= MANY_JOBS;
    s->some_named = count > 0;
    for (size_t i = 0; *apt && i < count; i++)
        if (!walk_whole_chain(s, jobs[i], err)) return false;
    return true;
}

static void put_word(struct buf *match, const struct word *word) {
    buf_printf(match, "(\"%.*s\"", STR_ARG(word->text));
    for (size_t i = 0; word->few && i < word->job_count; i++)
        buf_printf(match, " OR \"#%lld\"", (long long)word->jobs[i]);
    buf_put_char(match, ')');
}

/* The question to the index. *all: it is the whole question; otherwise what it finds is to be
 * looked at. A word alone is the whole question too: where a name has it, that is found as `named`.
 */
static void put_match(const struct search *s, struct buf *match, bool *all) {
    size_t few = 0;
    for (size_t i = 0; i < s->word_count; i++) few += s->words[i].few;
    *all = few == s->word_count || s->word_count == 1;
    if (s->filter->job_row != 0) buf_printf(match, "\"#%lld\" AND ", (long long)s->filter->job_row);
    bool first = true;
    for (size_t i = 0; i < s->word_count; i++) {
        if (few > 0 && !s->words[i].few) continue;
        if (!first) buf_put(match, few > 0 ? STR(" AND ") : STR(" OR "));
        put_word(match, &s->words[i]);
        first = false;
    }
}

static bool find_indexed(struct search *s, struct err *err) {
    struct buf match = buf_with_max(0);
    bool all;
    put_match(s, &match, &all);
    struct query q = query_begin(s->tx, SQL_SEARCH_INDEXED);
    query_text(&q, buf_str(&match));
    query_text(&q, s->some_named ? s->filter->search : STR_NONE);
    bind_execution_scope(&q, s->filter, s->queue);
    query_text(&q, all ? STR_NONE : s->filter->search);
    bool ok = newest_keep_all(&s->newest, &q, err);
    buf_free(&match);
    return ok;
}

static bool find_waiting(struct search *s, struct err *err) {
    struct query q = query_begin(s->tx, SQL_SEARCH_WAITING);
    query_i64(&q, s->filter->job_row);
    query_text(&q, s->some_named ? s->filter->search : STR_NONE);
    bind_execution_scope(&q, s->filter, s->queue);
    query_text(&q, s->filter->search);
    return newest_keep_all(&s->newest, &q, err);
}

/* ---- the way to go --------------------------------------------------------------------------- */

static bool has_words(struct str search) {
    return words_next(&search).len > 0;
}

/* Of one job: its name answers some of the words for all of its executions. */
static bool prepare_for_job(struct search *s, bool *apt, struct err *err) {
    struct query q = query_begin(s->tx, SQL_JOB_NAME);
    query_i64(&q, s->filter->job_row);
    struct str name = query_row(&q) ? read_text(&q, s->arena) : STR_NONE;
    if (!query_end(&q, err)) return false;
    cut_words(s, name);
    for (size_t i = 0; i < s->word_count; i++) s->words[i].few = true;
    *apt = s->word_count > 0;
    return true;
}

static bool prepare_for_all(struct search *s, bool *apt, struct err *err) {
    cut_words(s, STR_NONE);
    return look_up_names(s, err) && find_named(s, apt, err);
}

static bool search(struct search *s, struct arena *arena, bool *apt, struct execution_page *ret,
                   struct err *err) {
    const struct execution_filter *filter = s->filter;
    *apt = has_words(filter->search) && filter->status != EXECUTION_PENDING &&
           filter->status != EXECUTION_RUNNING;
    if (!*apt) return true;
    bool ok = filter->job_row != 0 ? prepare_for_job(s, apt, err) : prepare_for_all(s, apt, err);
    if (!ok || !*apt) return ok;
    return find_indexed(s, err) && find_waiting(s, err) &&
           newest_page(s->tx, &s->newest, arena, ret, err);
}

bool search_list(struct store_tx *tx, const struct execution_filter *filter, int64_t queue,
                 struct arena *arena, bool *apt, struct execution_page *ret, struct err *err) {
    struct arena scratch = {0};
    struct search s = {.tx = tx, .arena = &scratch, .filter = filter, .queue = queue};
    s.newest = newest_for(filter->offset, filter->limit);
    bool ok = search(&s, arena, apt, ret, err);
    newest_free(&s.newest);
    arena_free(&scratch);
    return ok;
}
