/* driver.c - answers questions about zones and patterns, for the scripts beside it.
 *
 *     driver DIRECTORY zones FROM TO < names       every change of offset with FROM <= instant < TO
 *     driver DIRECTORY runs < cases                the due times of each case
 *
 * A case is "pattern|zone|gap|overlap|from|to" with instants in seconds; the answer is one line of
 * the due times in (from, to], in seconds, those moved out of a gap marked with a star. The answer
 * about a zone is one line "name offset-at-FROM instant:offset instant:offset ...".
 */
#include "base/buf.h"
#include "schedule/dst.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int fail(const char *line, const struct err *err) {
    (void)fprintf(stderr, "driver: %s: %s\n", line, err->msg);
    return 1;
}

static int print_zones(struct zone_cache *cache, int64_t from, int64_t to) {
    char line[4096];
    while (fgets(line, sizeof line, stdin) != NULL) {
        struct err err = ERR_INIT;
        line[strcspn(line, "\n")] = '\0';
        const struct zone *zone = zone_cache_get(cache, str_from_cstr(line), &err);
        if (zone == NULL) return fail(line, &err);
        struct zone_piece piece = zone_piece_at(zone, from);
        printf("%s %d", line, piece.offset);
        while (piece.end < to) {
            piece = zone_piece_at(zone, piece.end);
            printf(" %lld:%d", (long long)piece.start, piece.offset);
        }
        printf("\n");
    }
    return 0;
}

static bool read_case(char *line, struct str parts[6]) {
    struct str rest = str_from_cstr(line);
    for (int i = 0; i < 6; i++) parts[i] = str_cut(&rest, '|');
    return !str_is_absent(parts[5]) && str_is_absent(rest);
}

static bool print_case(struct zone_cache *cache, char *line, struct err *err) {
    struct str parts[6];
    struct cron cron;
    struct dst_policy policy;
    int64_t from, to;
    if (!read_case(line, parts) || !dst_gap_parse(parts[2], &policy.gap) ||
        !dst_overlap_parse(parts[3], &policy.overlap) || !str_parse_i64(parts[4], &from) ||
        !str_parse_i64(parts[5], &to))
        return err_set(err, ERR_INVALID, "not a case");
    const struct zone *zone = zone_cache_get(cache, parts[1], err);
    if (zone == NULL || !cron_parse(parts[0], 0, &cron, err)) return false;
    struct utc at = utc_from_seconds(from);
    for (;;) {
        struct occurrence next = cron_next(&cron, zone, policy, at);
        if (!utc_before(at, next.due)) return err_set(err, ERR_INTERNAL, "not later");
        if (utc_is_never(next.due) || utc_seconds(next.due) > to) break;
        printf("%lld%s ", (long long)utc_seconds(next.due), next.adjusted ? "*" : "");
        at = next.due;
    }
    printf("\n");
    return true;
}

int main(int argc, char **argv) {
    char line[4096];
    if (argc < 3) return 2;
    struct zone_cache *cache = zone_cache_new(str_from_cstr(argv[1]));
    int status = 0;
    if (strcmp(argv[2], "zones") == 0 && argc == 5) {
        int64_t from, to;
        if (!str_parse_i64(str_from_cstr(argv[3]), &from) ||
            !str_parse_i64(str_from_cstr(argv[4]), &to))
            status = 2;
        else
            status = print_zones(cache, from, to);
    } else if (strcmp(argv[2], "runs") == 0) {
        while (status == 0 && fgets(line, sizeof line, stdin) != NULL) {
            struct err err = ERR_INIT;
            line[strcspn(line, "\n")] = '\0';
            if (!print_case(cache, line, &err)) status = fail(line, &err);
        }
    } else {
        status = 2;
    }
    zone_cache_free(cache);
    return status;
}
