/* clock.c - instants, lengths, the calendar and RFC 3339; see clock.h.
 *
 * The calendar functions count days in eras of 400 years that start on 1 March, so that the leap
 * day is the last day of its year and needs no special case.
 */
#include "base/clock.h"

#include <time.h>

static int64_t read_clock(clockid_t id) {
    struct timespec ts;
    (void)clock_gettime(id, &ts);
    return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

static struct utc system_now(void *context UNUSED) {
    return (struct utc){read_clock(CLOCK_REALTIME)};
}

static struct mono system_mono(void *context UNUSED) {
    return (struct mono){read_clock(CLOCK_MONOTONIC)};
}

const struct clock *clock_system(void) {
    static const struct clock system = {.now = system_now, .mono = system_mono};
    return &system;
}

struct utc clock_now(const struct clock *clock) {
    return clock->now(clock->context);
}

struct mono clock_mono(const struct clock *clock) {
    return clock->mono(clock->context);
}

static int64_t add_saturating(int64_t a, int64_t b) {
    int64_t sum;
    if (a == INT64_MAX) return INT64_MAX; // NEVER stays NEVER
    if (__builtin_add_overflow(a, b, &sum)) return b > 0 ? INT64_MAX : INT64_MIN;
    return sum;
}

static int64_t sub_saturating(int64_t a, int64_t b) {
    int64_t difference;
    if (__builtin_sub_overflow(a, b, &difference)) return b < 0 ? INT64_MAX : INT64_MIN;
    return difference;
}

static int64_t mul_saturating(int64_t a, int64_t b) {
    int64_t product;
    if (__builtin_mul_overflow(a, b, &product)) return (a < 0) == (b < 0) ? INT64_MAX : INT64_MIN;
    return product;
}

static int64_t floor_div(int64_t a, int64_t b) {
    return a / b - (a % b != 0 && (a < 0) != (b < 0));
}

struct span span_us(int64_t us) {
    return (struct span){us};
}

struct span span_ms(int64_t ms) {
    return (struct span){mul_saturating(ms, 1000)};
}

struct span span_seconds(int64_t seconds) {
    return (struct span){mul_saturating(seconds, 1000000)};
}

struct utc utc_from_seconds(int64_t seconds) {
    return (struct utc){mul_saturating(seconds, 1000000)};
}

struct utc utc_from_ms(int64_t ms) {
    return (struct utc){mul_saturating(ms, 1000)};
}

int64_t utc_seconds(struct utc t) {
    return floor_div(t.us, 1000000);
}

int64_t utc_ms(struct utc t) {
    return floor_div(t.us, 1000);
}

struct utc utc_add(struct utc t, struct span s) {
    return (struct utc){add_saturating(t.us, s.us)};
}

struct span utc_diff(struct utc later, struct utc earlier) {
    return (struct span){sub_saturating(later.us, earlier.us)};
}

bool utc_before(struct utc a, struct utc b) {
    return a.us < b.us;
}

bool utc_is_never(struct utc t) {
    return t.us == INT64_MAX;
}

bool utc_is_none(struct utc t) {
    return t.us == 0;
}

bool utc_equal(struct utc a, struct utc b) {
    return a.us == b.us;
}

struct utc utc_min(struct utc a, struct utc b) {
    return a.us < b.us ? a : b;
}

struct utc utc_max(struct utc a, struct utc b) {
    return a.us > b.us ? a : b;
}

struct mono mono_add(struct mono t, struct span s) {
    return (struct mono){add_saturating(t.us, s.us)};
}

struct span mono_diff(struct mono later, struct mono earlier) {
    return (struct span){sub_saturating(later.us, earlier.us)};
}

bool mono_before(struct mono a, struct mono b) {
    return a.us < b.us;
}

int64_t civil_to_days(int32_t year, int32_t month, int32_t day) {
    int64_t y = (int64_t)year - (month <= 2);
    int64_t era = floor_div(y, 400);
    int64_t year_of_era = y - era * 400;
    int64_t month_from_march = (month + 9) % 12;
    int64_t day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468; // 719468 days from 0000-03-01 to 1970-01-01
}

void civil_from_days(int64_t days, int32_t *year, int32_t *month, int32_t *day) {
    days += 719468;
    int64_t era = floor_div(days, 146097);
    int64_t day_of_era = days - era * 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month_from_march = (5 * day_of_year + 2) / 153;
    *day = (int32_t)(day_of_year - (153 * month_from_march + 2) / 5 + 1);
    *month = (int32_t)(month_from_march < 10 ? month_from_march + 3 : month_from_march - 9);
    *year = (int32_t)(year_of_era + era * 400 + (*month <= 2));
}

int64_t civil_to_seconds(struct civil c) {
    return civil_to_days(c.year, c.month, c.day) * 86400 + c.hour * 3600 + c.minute * 60 + c.second;
}

struct civil civil_from_seconds(int64_t seconds) {
    struct civil c;
    int64_t days = floor_div(seconds, 86400);
    int32_t rest = (int32_t)(seconds - days * 86400);
    civil_from_days(days, &c.year, &c.month, &c.day);
    c.hour = rest / 3600;
    c.minute = rest / 60 % 60;
    c.second = rest % 60;
    return c;
}

int32_t civil_weekday(int64_t days) {
    int64_t weekday = (days + 4) % 7; // 1970-01-01 was a Thursday
    return (int32_t)(weekday < 0 ? weekday + 7 : weekday);
}

int32_t civil_days_in_month(int32_t year, int32_t month) {
    static const int8_t lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return month == 2 && leap ? 29 : lengths[month - 1];
}

static char *put_digits(char *out, int64_t value, int width) {
    for (int i = width - 1; i >= 0; i--) {
        out[i] = (char)('0' + value % 10);
        value /= 10;
    }
    return out + width;
}

void utc_format(struct utc t, char out[RFC3339_LENGTH + 1]) {
    int64_t ms = utc_ms(t);
    int64_t seconds = utc_seconds(t);
    struct civil c = civil_from_seconds(seconds);
    if (c.year < 0) c.year = 0;
    if (c.year > 9999) c.year = 9999;
    char *p = put_digits(out, c.year, 4);
    *p++ = '-';
    p = put_digits(p, c.month, 2);
    *p++ = '-';
    p = put_digits(p, c.day, 2);
    *p++ = 'T';
    p = put_digits(p, c.hour, 2);
    *p++ = ':';
    p = put_digits(p, c.minute, 2);
    *p++ = ':';
    p = put_digits(p, c.second, 2);
    *p++ = '.';
    p = put_digits(p, ms - seconds * 1000, 3);
    *p++ = 'Z';
    *p = '\0';
}

void buf_put_utc(struct buf *buf, struct utc t) {
    char text[RFC3339_LENGTH + 1];
    utc_format(t, text);
    buf_put(buf, (struct str){text, RFC3339_LENGTH});
}

/* Reads exactly `width` digits off the front of *s. */
static bool take_digits(struct str *s, size_t width, int32_t *ret) {
    if (s->len < width) return false;
    int32_t value = 0;
    for (size_t i = 0; i < width; i++) {
        char c = s->ptr[i];
        if (c < '0' || c > '9') return false;
        value = value * 10 + (c - '0');
    }
    *s = str_slice(*s, width, s->len);
    *ret = value;
    return true;
}

static bool take_char(struct str *s, char lower, char upper) {
    if (s->len == 0 || (s->ptr[0] != lower && s->ptr[0] != upper)) return false;
    *s = str_slice(*s, 1, s->len);
    return true;
}

/* ".678" as microseconds; digits beyond the sixth are read and dropped. */
static bool take_fraction(struct str *s, int64_t *us) {
    *us = 0;
    if (!take_char(s, '.', '.')) return true;
    int64_t scale = 100000;
    size_t digits = 0;
    while (s->len > 0 && s->ptr[0] >= '0' && s->ptr[0] <= '9') {
        *us += (s->ptr[0] - '0') * scale;
        scale /= 10;
        digits++;
        *s = str_slice(*s, 1, s->len);
    }
    return digits > 0;
}

static bool take_offset(struct str *s, int64_t *seconds) {
    *seconds = 0;
    if (take_char(s, 'z', 'Z')) return true;
    bool west = s->len > 0 && s->ptr[0] == '-';
    int32_t hours, minutes;
    if (!take_char(s, '+', '-') || !take_digits(s, 2, &hours) || !take_char(s, ':', ':') ||
        !take_digits(s, 2, &minutes) || hours > 23 || minutes > 59)
        return false;
    *seconds = (hours * 3600 + minutes * 60) * (west ? -1 : 1);
    return true;
}

bool utc_parse(struct str s, struct utc *ret) {
    struct civil c;
    int64_t us, offset;
    if (!take_digits(&s, 4, &c.year) || !take_char(&s, '-', '-') || !take_digits(&s, 2, &c.month) ||
        !take_char(&s, '-', '-') || !take_digits(&s, 2, &c.day) ||
        (!take_char(&s, 't', 'T') && !take_char(&s, ' ', ' ')) || !take_digits(&s, 2, &c.hour) ||
        !take_char(&s, ':', ':') || !take_digits(&s, 2, &c.minute) || !take_char(&s, ':', ':') ||
        !take_digits(&s, 2, &c.second) || !take_fraction(&s, &us) || !take_offset(&s, &offset) ||
        s.len != 0)
        return false;
    if (c.year < 1970 || c.year > 2199 || c.month < 1 || c.month > 12 || c.day < 1 ||
        c.day > civil_days_in_month(c.year, c.month) || c.hour > 23 || c.minute > 59 ||
        c.second > 60)
        return false;
    *ret = (struct utc){(civil_to_seconds(c) - offset) * 1000000 + us};
    return true;
}
