/* clock.h - time that cannot be mixed up.
 *
 * Wall-clock instants (struct utc), instants of a clock that only moves forward (struct mono) and
 * lengths (struct span) are different types, added and compared only by the functions below, which
 * saturate at NEVER instead of overflowing. Only clock.c reads the clocks of the system; everyone
 * else is handed a `const struct clock *`, which the simulation replaces.
 *
 *     struct utc deadline = utc_add(clock_now(clock), span_seconds(30));
 *
 *   Units:   microseconds; utc since 1970-01-01T00:00:00Z (no leap seconds), mono since some start.
 *   Owns:    nothing.   Threads: pure, and a clock may be read from any.   Errors: none.
 */
#ifndef ALPHABET_BASE_CLOCK_H
#define ALPHABET_BASE_CLOCK_H

#include "base/attr.h"
#include "base/buf.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

struct utc {
    int64_t us;
};
struct mono {
    int64_t us;
};
struct span {
    int64_t us;
};

#define UTC_NEVER ((struct utc){INT64_MAX})
#define UTC_NONE ((struct utc){0}) // "not set", in fields where 1970 cannot occur

struct clock {
    struct utc (*now)(void *context);
    struct mono (*mono)(void *context);
    void *context;
};

const struct clock *clock_system(void);
struct utc clock_now(const struct clock *clock);
struct mono clock_mono(const struct clock *clock);

struct span span_us(int64_t us);
struct span span_ms(int64_t ms);
struct span span_seconds(int64_t seconds);
struct utc utc_from_seconds(int64_t seconds);
struct utc utc_from_ms(int64_t ms);
int64_t utc_seconds(struct utc t); // floor
int64_t utc_ms(struct utc t);      // floor
struct utc utc_add(struct utc t, struct span s);
struct span utc_diff(struct utc later, struct utc earlier); // later - earlier
bool utc_before(struct utc a, struct utc b);                // a < b
bool utc_is_never(struct utc t);
bool utc_is_none(struct utc t);
bool utc_equal(struct utc a, struct utc b);
struct utc utc_min(struct utc a, struct utc b);
struct utc utc_max(struct utc a, struct utc b);
struct mono mono_add(struct mono t, struct span s);
struct span mono_diff(struct mono later, struct mono earlier);
bool mono_before(struct mono a, struct mono b);

/* Proleptic Gregorian calendar. */
struct civil {
    int32_t year;
    int32_t month;  // 1-12
    int32_t day;    // 1-31
    int32_t hour;   // 0-23
    int32_t minute; // 0-59
    int32_t second; // 0-59
};
int64_t civil_to_days(int32_t year, int32_t month, int32_t day); // days since 1970-01-01
void civil_from_days(int64_t days, int32_t *year, int32_t *month, int32_t *day);
int64_t civil_to_seconds(struct civil c); // seconds since 1970-01-01T00:00:00, of any clock face
struct civil civil_from_seconds(int64_t seconds);
int32_t civil_weekday(int64_t days); // 0 = Sunday
int32_t civil_days_in_month(int32_t year, int32_t month);

/* RFC 3339. Output is UTC with milliseconds: 2026-01-02T03:04:05.678Z, 24 characters. */
enum { RFC3339_LENGTH = 24 };
void utc_format(struct utc t, char out[RFC3339_LENGTH + 1]);
void buf_put_utc(struct buf *buf, struct utc t);
/* Takes any offset ("Z", "+02:00"), any number of fraction digits, a leap second (as the next
 * minute), and years 1970 to 2199. False when s is anything else. */
WARN_UNUSED bool utc_parse(struct str s, struct utc *ret);

#endif
