/* test_histogram.c - which bucket a value goes to. */
#include "base/histogram.h"

static void test_a_value_goes_to_the_first_bound_that_is_not_below_it(void **state) {
    (void)state;
    struct histogram histogram;
    histogram_init(&histogram, histogram_sizes, HISTOGRAM_SIZES);
    histogram_add(&histogram, 0);
    histogram_add(&histogram, 1);
    histogram_add(&histogram, 3);
    histogram_add(&histogram, 4);
    histogram_add(&histogram, 5000);
    assert_int_equal(histogram.counts[0], 2);
    assert_int_equal(histogram.counts[1], 0);
    assert_int_equal(histogram.counts[2], 2);
    assert_int_equal(histogram.counts[HISTOGRAM_SIZES], 1);
    assert_int_equal(histogram.sum, 5008);
}

static void test_the_bounds_ascend(void **state) {
    (void)state;
    for (size_t i = 1; i < HISTOGRAM_DURATIONS; i++)
        assert_true(histogram_durations[i - 1] < histogram_durations[i]);
    for (size_t i = 1; i < HISTOGRAM_SIZES; i++)
        assert_true(histogram_sizes[i - 1] < histogram_sizes[i]);
}
