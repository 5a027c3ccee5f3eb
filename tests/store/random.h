/* random.h - numbers that look random and repeat from a printed seed.
 *
 *     struct random random = random_from_environment();   // SEED=… in the environment, or a new
 * one int64_t n = random_below(&random, 10);              // 0 to 9
 *
 *   Owns: nothing.   Source: the SplitMix64 generator.
 */
#ifndef ALPHABET_TESTS_STORE_RANDOM_H
#define ALPHABET_TESTS_STORE_RANDOM_H

#include <stdint.h>

struct random {
    uint64_t state;
};

struct random random_from_environment(void); // prints the seed
int64_t random_below(struct random *random, int64_t limit);

#endif
