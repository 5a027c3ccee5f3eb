/* sim.c - the real core on a fake clock and the memory store, from a seed.
 *
 *     sim                                  the seeds of the test suite
 *     sim --seeds 1..100000                more
 *     sim --seed 7 --steps 120 --verbose   one history again, step by step
 *
 * Each seed is a history of random jobs, people, faults and jumps of the clock; the oracle checks
 * it on the way and at the end. A failure prints the seed and the command that repeats it.
 */
#include "world.h"

#include "base/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ENOUGH_SEEDS = 200 }; // for every kind of stop to have happened

struct arguments {
    int64_t first, last, steps;
    bool verbose;
};

static int usage(void) {
    (void)fprintf(stderr, "usage: sim [--seed N | --seeds A..B] [--steps M] [--verbose]\n");
    return 2;
}

static bool read_seeds(struct str text, struct arguments *ret) {
    struct str rest = text;
    struct str first = str_cut(&rest, '.');
    if (!str_parse_i64(first, &ret->first)) return false;
    if (str_is_absent(rest)) {
        ret->last = ret->first;
        return true;
    }
    return str_starts_with(rest, STR(".")) &&
           str_parse_i64(str_slice(rest, 1, rest.len), &ret->last);
}

static bool read_arguments(int argc, char **argv, struct arguments *ret) {
    for (int i = 1; i < argc; i++) {
        struct str name = str_from_cstr(argv[i]);
        if (str_equal(name, STR("--verbose"))) {
            ret->verbose = true;
            continue;
        }
        if (i + 1 == argc) return false;
        struct str value = str_from_cstr(argv[++i]);
        bool ok = str_equal(name, STR("--steps")) ? str_parse_i64(value, &ret->steps)
                  : str_equal(name, STR("--seed")) || str_equal(name, STR("--seeds"))
                      ? read_seeds(value, ret)
                      : false;
        if (!ok) return false;
    }
    return ret->first <= ret->last && ret->steps > 0;
}

/* What all the histories together have seen. */
struct coverage {
    size_t runs, alerts, released, refused, stops[STOP_FENCED + 1];
};

static void live_one(uint64_t seed, const struct arguments *arguments, struct coverage *coverage) {
    struct world *world = world_new(seed, arguments->verbose);
    workload_begin(world);
    for (int64_t step = 0; step < arguments->steps; step++) {
        workload_step(world);
        if (step % 4 == 0) oracle_check(world);
    }
    workload_end(world);
    world_rest(world);
    oracle_check_rest(world);
    coverage->runs += world->witness_count;
    coverage->alerts += world->alerts_raised;
    coverage->released += world->released;
    coverage->refused += world->refused;
    for (size_t i = 0; i < COUNT_OF(coverage->stops); i++) coverage->stops[i] += world->stops[i];
    world_free(world);
}

int main(int argc, char **argv) {
    struct arguments arguments = {.first = 1, .last = 300, .steps = 150};
    if (!read_arguments(argc, argv, &arguments)) return usage();
    log_set_level(arguments.verbose ? LOG_LEVEL_DEBUG : LOG_LEVEL_ERROR + 1);
    struct coverage coverage = {0};
    for (int64_t seed = arguments.first; seed <= arguments.last; seed++)
        live_one((uint64_t)seed, &arguments, &coverage);
    int64_t seeds = arguments.last - arguments.first + 1;
    for (size_t reason = STOP_CANCEL; reason <= STOP_FENCED; reason++)
        if (seeds >= ENOUGH_SEEDS && coverage.stops[reason] == 0) {
            (void)printf("not ok - no run was stopped for reason %zu in %lld seeds\n", reason,
                         (long long)seeds);
            return 1;
        }
    if (seeds >= ENOUGH_SEEDS && coverage.alerts == 0) {
        (void)printf("not ok - no alert was raised in %lld seeds\n", (long long)seeds);
        return 1;
    }
    if (seeds >= ENOUGH_SEEDS && (coverage.released == 0 || coverage.refused == 0)) {
        (void)printf("not ok - %zu runs that waited for other jobs were released, %zu refused\n",
                     coverage.released, coverage.refused);
        return 1;
    }
    (void)printf("ok - %lld seeds, %zu runs, %zu alerts, %zu released by other jobs, %zu not: "
                 "every due time has its verdict\n",
                 (long long)seeds, coverage.runs, coverage.alerts, coverage.released,
                 coverage.refused);
    return 0;
}
