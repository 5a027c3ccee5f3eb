/* fuzz_cron.c - no text breaks the parser of patterns, and what it takes can be searched and told.
 *
 * The first byte chooses the zone's rule and the policies; the rest is the pattern. For a pattern
 * that is taken: every next run is later than the instant asked about, and the words end.
 */
#include "schedule/describe.h"
#include "schedule/dst.h"

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0) return 0;
    struct err err = ERR_INIT;
    struct cron cron;
    struct dst_policy policy = {(enum dst_gap)(data[0] % 3), (enum dst_overlap)(data[0] / 3 % 4)};
    struct str pattern = {(const char *)data + 1, size - 1};
    if (!cron_parse(pattern, data[0], &cron, &err)) {
        assert(err.kind == ERR_INVALID && err.msg[0] != '\0');
        assert(err.position >= 0 && (size_t)err.position <= pattern.len);
        return 0;
    }
    struct utc at = utc_from_seconds(1774700000);
    for (int i = 0; i < 20; i++) {
        struct occurrence next = cron_next(&cron, zone_utc(), policy, at);
        if (utc_is_never(next.due)) break;
        assert(utc_before(at, next.due));
        int64_t local = utc_seconds(next.due);
        assert(cron_next_local(&cron, local) == local);
        at = next.due;
    }
    struct buf words = buf_with_max(0);
    cron_describe(&cron, &words);
    assert(words.len > 0);
    buf_free(&words);
    return 0;
}
