/* cpu_time.h - how much a piece of work costs, whatever else the machine is doing.
 *
 *     int64_t before = cpu_us();
 *     search();
 *     assert_true(cpu_us() - before < 500000);
 *
 *   Units: microseconds of processor time of the calling thread.
 */
#ifndef ALPHABET_TESTS_UNIT_CPU_TIME_H
#define ALPHABET_TESTS_UNIT_CPU_TIME_H

#include <stdint.h>
#include <time.h>

static inline int64_t cpu_us(void) {
    struct timespec used;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    return used.tv_sec * 1000000 + used.tv_nsec / 1000;
}

#endif
