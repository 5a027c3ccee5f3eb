/* suite_search.c - the search for words: the same before and after the index has taken texts in. */
#include "store/words.h"
#include "suite.h"

static void index_all(struct fixture *f) {
    struct err err;
    bool more = true;
    for (size_t turns = 0; more; turns++) {
        assert_true(do_search_index(f->store, 3, &more, &err));
        assert_true(turns < 1000);
    }
}

/* An execution that has ended with these texts (NULL = none). */
static struct execution put_said(struct fixture *f, const struct job *job, const char *output,
                                 const char *error) {
    struct err err;
    struct execution execution = put_running(f, job, at(60));
    struct settlement item =
        settlement_of(&execution, error ? EXECUTION_FAILED : EXECUTION_SUCCEEDED, at(70));
    if (output) item.output = str_from_cstr(output);
    if (error) item.error_message = str_from_cstr(error);
    assert_true(do_settle(f->store, &item, 1, &err));
    return execution;
}

static int64_t found(struct fixture *f, const char *search) {
    return executions_where(f, (struct execution_filter){.search = str_from_cstr(search)}).total;
}

static void test_words_of_name_output_and_error_mix(void **state) {
    struct fixture *f = *state;
    struct job nightly = put_job(f, "Nightly load"), other = put_job(f, "other");
    for (int turn = 0; turn < 2; turn++) {
        (void)put_said(f, &nightly, "42 rows", "connection refused");
        (void)put_said(f, &other, "nightly: 42 rows", NULL);
        (void)put_said(f, &nightly, NULL, NULL);
        (void)put_manual(f, &nightly, at(90));
        int64_t n = turn + 1; // on the second turn half of it is indexed
        assert_int_equal(found(f, "nightly"), 4 * n);
        assert_int_equal(found(f, "NIGHTLY load"), 3 * n);
        assert_int_equal(found(f, "nightly 42"), 2 * n);
        assert_int_equal(found(f, "refused load rows"), n);
        assert_int_equal(found(f, "other refused"), 0);
        assert_int_equal(found(f, "rows rows ROWS"), 2 * n);
        assert_int_equal(found(f, ""), 4 * n);
        assert_int_equal(found(f, "-- #"), 4 * n);
        index_all(f);
        assert_int_equal(found(f, "nightly"), 4 * n);
        assert_int_equal(found(f, "NIGHTLY load"), 3 * n);
        assert_int_equal(found(f, "nightly 42"), 2 * n);
        assert_int_equal(found(f, "refused load rows"), n);
        assert_int_equal(found(f, "other refused"), 0);
        assert_int_equal(found(f, "rows rows ROWS"), 2 * n);
        suite_restart(f);
    }
}

static void test_what_ends_behind_the_index_is_found(void **state) {
    struct fixture *f = *state;
    struct err err;
    struct job job = put_job(f, "a");
    struct execution running = put_running(f, &job, at(1));
    struct new_execution pending = put_manual(f, &job, at(90));
    (void)put_said(f, &job, "first", NULL);
    index_all(f); // passes over what has not ended
    struct settlement item = settlement_of(&running, EXECUTION_SUCCEEDED, at(2));
    item.output = STR("late");
    assert_true(do_settle(f->store, &item, 1, &err));
    enum cancel_result result;
    struct execution cancelled;
    assert_true(do_execution_cancel(f->store, pending.id, STR("late, by ann"), at(3), &f->arena,
                                    &result, &cancelled, &err));
    assert_int_equal(found(f, "late"), 2);
    index_all(f);
    assert_int_equal(found(f, "late"), 2);
    assert_int_equal(found(f, "ann"), 1);
}

static void test_the_reason_of_a_request_to_cancel_is_found_while_it_runs(void **state) {
    struct fixture *f = *state;
    struct err err;
    struct job job = put_job(f, "a");
    struct execution before = put_running(f, &job, at(1)), after = put_running(f, &job, at(1));
    enum cancel_result result;
    struct execution asked;
    assert_true(do_execution_cancel(f->store, before.id, STR("unwanted"), at(2), &f->arena, &result,
                                    &asked, &err));
    index_all(f);
    assert_true(do_execution_cancel(f->store, after.id, STR("unwanted"), at(3), &f->arena, &result,
                                    &asked, &err));
    for (int turn = 0; turn < 2; turn++) {
        assert_int_equal(found(f, "unwanted"), 2);
        index_all(f);
    }
    struct settlement items[] = {settlement_of(&before, EXECUTION_CANCELLED, at(4)),
                                 settlement_of(&after, EXECUTION_SUCCEEDED, at(4))};
    items[0].error_message = STR("unwanted, stopped");
    items[1].output = STR("done");
    assert_true(do_settle(f->store, items, 2, &err));
    for (int turn = 0; turn < 2; turn++) {
        assert_int_equal(found(f, "unwanted"), 1);
        assert_int_equal(found(f, "stopped"), 1);
        assert_int_equal(found(f, "done"), 1);
        index_all(f);
    }
}

static void test_search_goes_by_the_present_name(void **state) {
    struct fixture *f = *state;
    struct err err;
    struct job job = put_job(f, "before");
    (void)put_said(f, &job, "done", NULL);
    index_all(f);
    job.name = STR("after");
    job.revision = 2;
    assert_true(do_job_update(f->store, &job, 1, &err));
    assert_int_equal(found(f, "before"), 0);
    assert_int_equal(found(f, "after done"), 1);
    assert_true(do_job_erase(f->store, job.row, &err));
    assert_int_equal(found(f, "after"), 0);
    assert_int_equal(found(f, "done"), 0);
}

static void test_searches_are_filtered_and_paged(void **state) {
    struct fixture *f = *state;
    struct job job = put_job(f, "a"), other = put_job(f, "b");
    struct guid ids[5];
    for (size_t i = 0; i < COUNT_OF(ids); i++) {
        ids[i] = put_said(f, &job, "report", i % 2 ? "broken" : NULL).id;
        (void)put_said(f, &other, "report", NULL);
        if (i == 2) index_all(f);
    }
    struct execution_filter filter = {.search = STR("report"), .job_row = job.row, .limit = 2};
    struct execution_page page = executions_where(f, filter);
    assert_int_equal(page.total, 5);
    assert_int_equal(page.count, 2);
    assert_guid(page.items[0].id, ids[4]);
    assert_guid(page.items[1].id, ids[3]);
    filter.offset = 4;
    page = executions_where(f, filter);
    assert_int_equal(page.count, 1);
    assert_guid(page.items[0].id, ids[0]);
    filter.offset = 5;
    assert_int_equal(executions_where(f, filter).count, 0);
    assert_int_equal(executions_where(f, filter).total, 5);
    filter = (struct execution_filter){.search = STR("report"), .status = EXECUTION_FAILED};
    page = executions_where(f, filter);
    assert_int_equal(page.total, 2);
    assert_guid(page.items[0].id, ids[3]);
    filter.from = at(61);
    assert_int_equal(executions_where(f, filter).total, 0);
    filter = (struct execution_filter){.search = STR("report"), .queue = STR("nowhere")};
    assert_int_equal(executions_where(f, filter).total, 0);
}

/* Words of very many names are answered another way than words of few. */
static void test_words_of_many_names_are_found(void **state) {
    struct fixture *f = *state;
    enum { MANY = 40 };
    for (int64_t i = 0; i < MANY; i++) {
        struct str name = arena_printf(&f->arena, "sync no%lld", (long long)i);
        struct job job = put_job(f, name.ptr);
        (void)put_said(f, &job, i % 2 ? "moved 5 rows" : NULL, NULL);
    }
    struct job other = put_job(f, "other");
    (void)put_said(f, &other, "sync done", NULL);
    for (int turn = 0; turn < 2; turn++) {
        assert_int_equal(found(f, "sync"), MANY + 1);
        assert_int_equal(found(f, "sync rows"), MANY / 2);
        assert_int_equal(found(f, "sync no7"), 1);
        assert_int_equal(found(f, "sync no7 rows"), 1);
        assert_int_equal(found(f, "sync no8 rows"), 0);
        assert_int_equal(found(f, "sync other"), 1);
        struct execution_filter filter = {.search = STR("sync"), .offset = 1, .limit = 2};
        struct execution_page page = executions_where(f, filter);
        assert_int_equal(page.count, 2);
        assert_str(page.items[0].job_name, "sync no39");
        assert_str(page.items[1].job_name, "sync no38");
        filter.status = EXECUTION_SUCCEEDED;
        assert_int_equal(executions_where(f, filter).total, MANY + 1);
        filter.offset = MANY;
        page = executions_where(f, filter);
        assert_int_equal(page.count, 1);
        assert_str(page.items[0].job_name, "sync no0");
        index_all(f);
    }
}

/* Between two letters each byte joins or parts; the index and the reading of texts must agree. */
static void test_every_byte_cuts_words_alike(void **state) {
    struct fixture *f = *state;
    struct job job = put_job(f, "job");
    int64_t joined[256], parted[256];
    for (int turn = 0; turn < 2; turn++) {
        for (int byte = 1; byte < 256; byte++) {
            char text[16] = {'n',
                             (char)('0' + byte / 100),
                             (char)('0' + byte / 10 % 10),
                             (char)('0' + byte % 10),
                             ' ',
                             'x',
                             (char)byte,
                             'Y',
                             '\0'};
            char words[16] = {'N', text[1], text[2], text[3], ' ', 'y', '\0'};
            if (turn == 0) (void)put_said(f, &job, text, NULL);
            int64_t apart = found(f, words), whole = found(f, text);
            if (turn == 0) parted[byte] = apart;
            if (turn == 0) joined[byte] = whole;
            assert_int_equal(apart, parted[byte]);
            assert_int_equal(whole, joined[byte]);
            assert_int_equal(whole, 1);
            bool letter = byte >= 0x80 || (byte >= '0' && byte <= '9') ||
                          (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
            assert_int_equal(apart, letter ? 0 : 1);
        }
        index_all(f);
    }
}

static void test_too_many_words_are_refused(void **state) {
    struct fixture *f = *state;
    struct err err;
    struct execution_page page = {.total = 4711};
    struct store_tx *tx = read_begin(f);
    struct execution_filter filter = {.search = STR("1 2 3 4 5 6 7 8"), .limit = 1};
    assert_true(store_execution_list(tx, &filter, &f->arena, &page, &err));
    assert_int_equal(page.total, 0);
    page.total = 4711;
    filter.search = STR("1 2 3 4 5 6 7 8 9");
    assert_error(store_execution_list(tx, &filter, &f->arena, &page, &err), &err, ERR_INVALID);
    char *longest = arena_alloc(&f->arena, SEARCH_WORD_BYTES + 1);
    for (size_t i = 0; i <= SEARCH_WORD_BYTES; i++) longest[i] = 'a';
    filter.search = (struct str){longest, SEARCH_WORD_BYTES + 1};
    assert_error(store_execution_list(tx, &filter, &f->arena, &page, &err), &err, ERR_INVALID);
    assert_int_equal(page.total, 4711);
    read_end(f, tx);
}
