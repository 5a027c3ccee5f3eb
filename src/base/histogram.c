/* histogram.c - see histogram.h. The bounds are few, so they are walked from the smallest on. */
#include "base/histogram.h"

#include <assert.h>

const int64_t histogram_durations[HISTOGRAM_DURATIONS] = {
    500,      1000,     2500,      5000,      10000,      25000,      50000,
    100000,   250000,   500000,    1000000,   2500000,    5000000,    10000000,
    30000000, 60000000, 300000000, 900000000, 3600000000, 86400000000};

const int64_t histogram_sizes[HISTOGRAM_SIZES] = {1,  2,   4,   8,   16,   32,
                                                  64, 128, 256, 512, 1024, 2048};

void histogram_init(struct histogram *histogram, const int64_t *bounds, size_t bound_count) {
    assert(bound_count <= HISTOGRAM_MAX);
    *histogram = (struct histogram){.bounds = bounds, .bound_count = bound_count};
}

void histogram_add(struct histogram *histogram, int64_t value) {
    size_t i = 0;
    while (i < histogram->bound_count && value > histogram->bounds[i]) i++;
    (void)atomic_fetch_add_explicit(&histogram->counts[i], 1, memory_order_relaxed);
    (void)atomic_fetch_add_explicit(&histogram->sum, value, memory_order_relaxed);
}
