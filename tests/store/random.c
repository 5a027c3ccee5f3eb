/* random.c - see random.h. */
#include "random.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

struct random random_from_environment(void) {
    const char *given = getenv("SEED");
    uint64_t seed = given ? strtoull(given, NULL, 10) : randombytes_random();
    (void)printf("# SEED=%llu\n", (unsigned long long)seed);
    return (struct random){seed};
}

int64_t random_below(struct random *random, int64_t limit) {
    random->state += 0x9e3779b97f4a7c15u;
    uint64_t z = random->state;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (int64_t)((z ^ (z >> 31)) % (uint64_t)limit);
}
