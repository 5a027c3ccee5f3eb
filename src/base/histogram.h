/* histogram.h - counts of values by size, for metrics: one writer or many, read while they write.
 *
 *     struct histogram commit_us;
 *     histogram_init(&commit_us, histogram_durations, HISTOGRAM_DURATIONS);
 *     histogram_add(&commit_us, span.us);
 *
 * counts[i] holds the values <= bounds[i] and > bounds[i - 1]; counts[bound_count] those beyond the
 * last bound. A reader sees each number whole, but not all of them at one instant.
 *
 *   Owns:    nothing; bounds are borrowed and ascend.   Threads: any, without a lock.
 *   Units:   those of the bounds.   Errors: none.
 */
#ifndef ALPHABET_BASE_HISTOGRAM_H
#define ALPHABET_BASE_HISTOGRAM_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

enum { HISTOGRAM_MAX = 24, HISTOGRAM_DURATIONS = 20, HISTOGRAM_SIZES = 12 };

struct histogram {
    const int64_t *bounds;
    size_t bound_count; // <= HISTOGRAM_MAX
    _Atomic uint64_t counts[HISTOGRAM_MAX + 1];
    _Atomic int64_t sum;
};

/* Microseconds, from half a millisecond to a day. */
extern const int64_t histogram_durations[HISTOGRAM_DURATIONS];
/* Powers of two from 1 to 2,048. */
extern const int64_t histogram_sizes[HISTOGRAM_SIZES];

void histogram_init(struct histogram *histogram, const int64_t *bounds, size_t bound_count);
void histogram_add(struct histogram *histogram, int64_t value);

#endif
