/* The earliest deadline first, whatever is set, moved and cleared in between. */
#include "engine/timeouts.h"

static struct mono after(int64_t us) {
    return (struct mono){us};
}

static void test_deadlines_come_in_their_order(void **state) {
    (void)state;
    enum { COUNT = 500 };
    struct timeouts timeouts = {0};
    struct timeout items[COUNT] = {0};
    uint32_t random = 1;
    for (size_t i = 0; i < COUNT; i++) {
        random = random * 1664525U + 1013904223U;
        timeouts_set(&timeouts, &items[i], after((int64_t)(random >> 8)));
    }
    for (size_t i = 0; i < COUNT; i += 3) timeouts_clear(&timeouts, &items[i]);
    for (size_t i = 1; i < COUNT; i += 3) {
        random = random * 1664525U + 1013904223U;
        timeouts_set(&timeouts, &items[i], after((int64_t)(random >> 8)));
    }
    size_t taken = 0;
    struct mono before = after(-1);
    for (struct timeout *due; (due = timeouts_take_due(&timeouts, after(INT64_MAX))); taken++) {
        assert_false(mono_before(due->at, before));
        assert_int_equal(due->place, 0);
        before = due->at;
    }
    assert_int_equal(taken, COUNT - (COUNT + 2) / 3);
    timeouts_free(&timeouts);
}

static void test_nothing_comes_before_its_time(void **state) {
    (void)state;
    struct timeouts timeouts = {0};
    struct timeout item = {0};
    struct mono next;
    assert_false(timeouts_next(&timeouts, &next));
    timeouts_set(&timeouts, &item, after(100));
    assert_true(timeouts_next(&timeouts, &next));
    assert_int_equal(next.us, 100);
    assert_null(timeouts_take_due(&timeouts, after(99)));
    assert_ptr_equal(timeouts_take_due(&timeouts, after(100)), &item);
    assert_null(timeouts_take_due(&timeouts, after(100)));
    timeouts_clear(&timeouts, &item);
    timeouts_free(&timeouts);
}
