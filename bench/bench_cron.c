/* bench_cron.c - how many next runs a second does cron_next find?
 *
 * The promise (src/schedule/README.md) is 2,000,000 a second for common patterns. Two orders of
 * asking are measured: walking from run to run, as a preview does, and asking from scattered
 * instants of twenty years, as an engine with many jobs does. Of each the best of some short rounds
 * counts, since a busy machine can only slow it down; the slower of the two is reported. One line
 * for each pattern, and a last one with the slowest of all that are promised.
 */
#include "base/clock.h"
#include "schedule/dst.h"

#include <stdio.h>

enum { LIMIT = 2000000, ROUNDS = 8, ROUND_MS = 20, BLOCK = 2000 };

static int64_t walk(const struct cron *cron, const struct zone *zone, uint64_t *sum) {
    const struct utc start = utc_from_seconds(1767225600); // 2026-01-01
    struct utc at = start;
    for (int i = 0; i < BLOCK; i++) {
        if (utc_is_never(at)) at = start;
        at = cron_next(cron, zone, (struct dst_policy){0}, at).due;
        *sum += (uint64_t)at.us;
    }
    return BLOCK;
}

static int64_t scatter(const struct cron *cron, const struct zone *zone, uint64_t *sum) {
    uint64_t state = 88172645463325252ULL;
    for (int i = 0; i < BLOCK; i++) {
        state = state * 6364136223846793005ULL + 1442695040888963407ULL;
        struct utc at = utc_from_seconds(1767225600 + (int64_t)((state >> 33) % 631152000));
        *sum += (uint64_t)cron_next(cron, zone, (struct dst_policy){0}, at).due.us;
    }
    return BLOCK;
}

typedef int64_t measured(const struct cron *cron, const struct zone *zone, uint64_t *sum);

static double round_rate(measured *function, const struct cron *cron, const struct zone *zone) {
    const struct clock *clock = clock_system();
    static volatile uint64_t sink; // keeps the compiler from dropping the work
    uint64_t sum = 0;
    int64_t done = 0;
    struct mono start = clock_mono(clock);
    struct span spent;
    do {
        done += function(cron, zone, &sum);
        spent = mono_diff(clock_mono(clock), start);
    } while (spent.us < ROUND_MS * 1000);
    sink = sum;
    (void)sink;
    return (double)done * 1e6 / (double)spent.us;
}

static double rate(measured *function, const struct cron *cron, const struct zone *zone) {
    double best = 0;
    for (int i = 0; i < ROUNDS; i++) {
        double one = round_rate(function, cron, zone);
        if (one > best) best = one;
    }
    return best;
}

int main(void) {
    static const char *const patterns[] = {"*/5 * * * *", "30 2 * * MON-FRI", "0 0 1 * *",
                                           "0 12 L * *",  "* * * * * *",      "0 0 29 2 *"};
    static const char *const zones[] = {"UTC", "Europe/Berlin"};
    struct zone_cache *cache = zone_cache_new(STR("/usr/share/zoneinfo"));
    double slowest = 1e18;
    int failures = 0;
    for (size_t z = 0; z < COUNT_OF(zones); z++) {
        struct err err = ERR_INIT;
        const struct zone *zone = zone_cache_get(cache, str_from_cstr(zones[z]), &err);
        if (zone == NULL) {
            (void)fprintf(stderr, "%s\n", err.msg);
            failures++;
            continue;
        }
        for (size_t p = 0; p < COUNT_OF(patterns); p++) {
            struct cron cron;
            if (!cron_parse(str_from_cstr(patterns[p]), 0, &cron, &err)) return 1;
            double walked = rate(walk, &cron, zone), scattered = rate(scatter, &cron, zone);
            double slower = walked < scattered ? walked : scattered;
            /* The last of the patterns runs once in four years; it is shown, not promised. */
            bool promised = p + 1 < COUNT_OF(patterns);
            printf("{\"bench\":\"cron_next\",\"pattern\":\"%s\",\"zone\":\"%s\","
                   "\"per_second\":%.0f,\"limit\":%d}\n",
                   patterns[p], zones[z], slower, promised ? LIMIT : 0);
            if (promised && slower < slowest) slowest = slower;
        }
    }
    zone_cache_free(cache);
    printf("{\"bench\":\"cron_next\",\"slowestPerSecond\":%.0f,\"limit\":%d}\n", slowest, LIMIT);
    return failures == 0 && slowest >= LIMIT ? 0 : 1;
}
