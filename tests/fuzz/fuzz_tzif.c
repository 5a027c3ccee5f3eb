/* fuzz_tzif.c - no bytes break the reader of zone files, and a zone that it makes is coherent.
 *
 * Stretches join without a hole, their neighbours differ, a local time leads back to its instant,
 * and a pattern can be searched in it to the end.
 */
#include "schedule/dst.h"
#include "schedule/zone.h"

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_pieces(const struct zone *zone) {
    struct zone_piece piece = zone_piece_at(zone, -86400);
    for (int i = 0; i < 300 && piece.end != INT64_MAX; i++) {
        struct zone_piece next = zone_piece_at(zone, piece.end);
        assert(next.start == piece.end && next.offset_before == piece.offset);
        assert(next.offset == piece.offset_after && next.offset != piece.offset);
        piece = next;
    }
}

static void check_locals(const struct zone *zone) {
    for (int64_t utc = 0; utc < 7000000000; utc += 123456789) {
        struct zone_local back = zone_from_local(zone, utc + zone_offset(zone, utc));
        assert(back.kind != ZONE_LOCAL_GAP);
        assert(back.first <= utc && utc <= back.last);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct err err = ERR_INIT;
    struct zone *zone = zone_from_bytes((struct str){(const char *)data, size}, STR("Fuzz"), &err);
    if (zone == NULL) {
        assert(err.kind == ERR_INTERNAL && err.msg[0] != '\0');
        return 0;
    }
    check_pieces(zone);
    check_locals(zone);
    struct cron cron;
    struct utc at = utc_from_seconds(1774700000);
    assert(cron_parse(STR("30 2 * * *"), 0, &cron, &err));
    for (int i = 0; i < 30; i++) {
        struct occurrence next = cron_next(&cron, zone, (struct dst_policy){0}, at);
        assert(utc_before(at, next.due));
        if (utc_is_never(next.due)) break;
        at = next.due;
    }
    zone_free(zone);
    return 0;
}
