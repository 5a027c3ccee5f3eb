/* A range of time is found in a history longer than one block, whatever clocks did to the order of
 * its rows: against a recount of what was put in. */
#include "sqlite_fixture.h"

enum { EXECUTIONS = 12000, AT_ONCE = 2000, LIVE = 40 };

struct history {
    const struct job *job;
    struct new_execution executions[EXECUTIONS];
    enum execution_status statuses[EXECUTIONS];
    size_t count;
    uint64_t random;
};

static int64_t draw_below(struct history *history, int64_t limit) {
    history->random = history->random * 6364136223846793005ULL + 1442695040888963407ULL;
    return (int64_t)((history->random >> 33) % (uint64_t)limit);
}

/* Mostly in the order of time; some waited long, and twice the clock was set. */
static struct utc draw_start(struct history *history, int64_t number) {
    int64_t second = number * 10;
    if (number > 3000 && number < 3500) second -= 20000;
    if (number > 8000) second += 5000;
    if (draw_below(history, 100) == 0) second += draw_below(history, 50000);
    return at(second);
}

static enum execution_status draw_end(struct history *history) {
    if (draw_below(history, 10) == 0) return EXECUTION_FAILED;
    return EXECUTION_SUCCEEDED;
}

static bool put_some(struct store_tx *tx, void *context, struct err *err) {
    struct history *history = context;
    for (size_t end = history->count + AT_ONCE; history->count < end; history->count++) {
        struct new_execution *execution = &history->executions[history->count];
        *execution = running(history->job, draw_start(history, (int64_t)history->count));
        execution->trigger = TRIGGER_MANUAL;
        bool waits = history->count % (EXECUTIONS / LIVE) == 7;
        if (waits) execution->status = EXECUTION_PENDING;
        if (!store_execution_insert(tx, execution, err)) return false;
        history->statuses[history->count] = execution->status;
        if (waits) continue;
        struct settlement item = succeeded(execution, utc_add(execution->started_at, span_ms(5)));
        item.status = history->statuses[history->count] = draw_end(history);
        if (!store_settle(tx, &item, 1, err)) return false;
    }
    return true;
}

/* What waits starts at last, and ends. */
static bool end_live(struct store_tx *tx, void *context, struct err *err) {
    struct history *history = context;
    struct arena arena = {0};
    struct execution *claimed;
    size_t count = 0;
    const struct claim_queue queue = {STR("default"), EXECUTIONS};
    const struct claim claim = {.node_name = STR("here"),
                                .now = at(180000),
                                .queues = &queue,
                                .queue_count = 1,
                                .limit = EXECUTIONS};
    bool ok = store_claim(tx, &claim, &arena, &claimed, &count, err);
    for (size_t i = 0, next = 0; ok && i < count; i++) {
        while (history->executions[next].row != claimed[i].row) next = (next + 1) % EXECUTIONS;
        history->executions[next].started_at = claim.now;
        history->executions[next].fence = claimed[i].fence;
        struct settlement item = succeeded(&history->executions[next], at(190000));
        history->statuses[next] = EXECUTION_SUCCEEDED;
        ok = store_settle(tx, &item, 1, err);
    }
    arena_free(&arena);
    return ok && count == LIVE;
}

static bool follow(struct store_tx *tx, void *context, struct err *err) {
    return store_search_index(tx, 100, context, err);
}

static bool passes(const struct history *history, size_t i, const struct execution_filter *filter) {
    struct utc started = history->executions[i].started_at;
    if (filter->status != 0 && (int64_t)history->statuses[i] != filter->status) return false;
    if (!utc_is_none(filter->from) && utc_before(started, filter->from)) return false;
    return utc_is_none(filter->to) || !utc_before(filter->to, started);
}

static void assert_listed(struct store *store, const struct history *history,
                          const struct execution_filter *filter) {
    struct err err = ERR_INIT;
    struct arena arena = {0};
    struct execution_page page;
    struct store_tx *tx = store_read_begin(store, &err);
    assert_non_null(tx);
    assert_true(store_execution_list(tx, filter, &arena, &page, &err));
    store_read_end(tx);
    int64_t total = 0;
    size_t count = 0;
    for (size_t i = history->count; i-- > 0;) {
        if (!passes(history, i, filter)) continue;
        if (total >= filter->offset && (int64_t)count < filter->limit) {
            assert_true(count < page.count);
            assert_int_equal(page.items[count].row, history->executions[i].row);
            count++;
        }
        total++;
    }
    assert_int_equal(page.count, count);
    assert_int_equal(page.total, total);
    arena_free(&arena);
}

static void assert_lists(struct store *store, struct history *history) {
    static const int64_t statuses[] = {0, EXECUTION_SUCCEEDED, EXECUTION_FAILED, EXECUTION_PENDING};
    for (int i = 0; i < 100; i++) {
        struct execution_filter filter = {.status = statuses[i % 4],
                                          .offset = draw_below(history, 50),
                                          .limit = draw_below(history, 30)};
        int64_t first = draw_below(history, 190000);
        if (i % 5 != 0) filter.from = at(first);
        if (i % 7 != 0) filter.to = at(first + draw_below(history, 10000));
        assert_listed(store, history, &filter);
    }
}

static void follow_all(struct store *store) {
    struct err err = ERR_INIT;
    for (bool more = true; more;) assert_true(store_write_wait(store, follow, &more, &err));
    for (int i = 0; i < LIVE; i++) { // open blocks are looked at in turns
        bool more;
        assert_true(store_write_wait(store, follow, &more, &err));
    }
}

static void test_ranges_of_time_are_found_among_many_rows(void **state) {
    (void)state;
    struct err err = ERR_INIT;
    struct place place = place_new();
    struct store *store = open_at(&place);
    struct job job = put_job(store, "a");
    struct history *history = xcalloc(1, sizeof *history);
    history->job = &job;
    while (history->count < EXECUTIONS) {
        assert_true(store_write_wait(store, put_some, history, &err));
        assert_lists(store, history);
        follow_all(store);
        assert_lists(store, history);
    }
    assert_true(store_write_wait(store, end_live, history, &err));
    assert_lists(store, history);
    follow_all(store);
    assert_lists(store, history);
    store_close(store);
    free(history);
    place_remove(&place);
}
