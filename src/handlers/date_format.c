/* date_format.c - see date_format.h. One walk over the format serves checking and writing: without
 * a buffer it only checks. */
#include "handlers/date_format.h"

#include <string.h>

static const char *const month_names[] = {"January",   "February", "March",    "April",
                                          "May",       "June",     "July",     "August",
                                          "September", "October",  "November", "December"};
static const char *const day_names[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                        "Thursday", "Friday", "Saturday"};

struct moment {
    struct civil civil;
    int32_t weekday;
    int32_t ms;
};

/* A number in `run` digits, or as many as it needs when run is 1. */
static void put_number(struct buf *out, int32_t value, size_t run) {
    buf_printf(out, "%0*d", (int)run, (int)value);
}

static void put_name(struct buf *out, const char *name, size_t run) {
    struct str whole = str_from_cstr(name);
    buf_put(out, run == 3 ? str_slice(whole, 0, 3) : whole);
}

static void put_field(struct buf *out, char letter, size_t run, const struct moment *t) {
    const struct civil *c = &t->civil;
    int32_t twelve = c->hour % 12 == 0 ? 12 : c->hour % 12;
    static const int32_t scale[] = {0, 100, 10, 1};
    switch (letter) {
    case 'y': put_number(out, run == 4 ? c->year : c->year % 100, run); break;
    case 'M':
        if (run > 2)
            put_name(out, month_names[c->month - 1], run);
        else
            put_number(out, c->month, run);
        break;
    case 'd':
        if (run > 2)
            put_name(out, day_names[t->weekday], run);
        else
            put_number(out, c->day, run);
        break;
    case 'H': put_number(out, c->hour, run); break;
    case 'h': put_number(out, twelve, run); break;
    case 'm': put_number(out, c->minute, run); break;
    case 's': put_number(out, c->second, run); break;
    case 'f': put_number(out, t->ms / scale[run], run); break;
    case 't': buf_put(out, c->hour < 12 ? STR("AM") : STR("PM")); break;
    case 'K': buf_put_char(out, 'Z'); break;
    default: buf_put(out, STR("+00:00")); break; // zzz
    }
}

/* Which runs of a letter are a field: bit n for a run of n. */
static unsigned runs_of(char letter) {
    switch (letter) {
    case 'y': return 1U << 4 | 1U << 2;
    case 'M':
    case 'd': return 1U << 1 | 1U << 2 | 1U << 3 | 1U << 4;
    case 'H':
    case 'h':
    case 'm':
    case 's': return 1U << 1 | 1U << 2;
    case 'f': return 1U << 1 | 1U << 2 | 1U << 3;
    case 't': return 1U << 2;
    case 'K': return 1U << 1;
    case 'z': return 1U << 3;
    default: return 0;
    }
}

static bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* One piece of the format at *at; moves *at behind it. out may be NULL. */
static bool format_piece(struct str format, size_t *at, const struct moment *t, struct buf *out,
                         struct err *err) {
    size_t start = *at, end = start + 1;
    char c = format.ptr[start];
    if (c == '\'') {
        while (end < format.len && format.ptr[end] != '\'') end++;
        if (end == format.len)
            return err_set(err, ERR_INVALID, "the format has a quote that is not closed");
        if (out) buf_put(out, str_slice(format, start + 1, end - start - 1));
        *at = end + 1;
        return true;
    }
    if (c == '\\') {
        if (end == format.len) return err_set(err, ERR_INVALID, "the format ends with a backslash");
        if (out) buf_put_char(out, format.ptr[end]);
        *at = end + 1;
        return true;
    }
    if (is_letter(c) && c != 'T' &&
        c != 'Z') { // those two stand for themselves, as in 2026-01-02T…Z
        while (end < format.len && format.ptr[end] == c) end++;
        size_t run = end - start;
        if (run > 4 || !(runs_of(c) & (1U << run)))
            return err_set(err, ERR_INVALID, "\"%.*s\" is no date format",
                           STR_ARG(str_slice(format, start, run)));
        if (out) put_field(out, c, run, t);
    } else if (out) {
        buf_put_char(out, c);
    }
    *at = end;
    return true;
}

bool date_format_check(struct str format, struct err *err) {
    if (format.len == 0) return err_set(err, ERR_INVALID, "the format is empty");
    if (format.len > MAX_DATE_FORMAT)
        return err_set(err, ERR_INVALID, "the format is longer than %d bytes", MAX_DATE_FORMAT);
    for (size_t at = 0; at < format.len;)
        if (!format_piece(format, &at, NULL, NULL, err)) return false;
    return true;
}

void date_format_put(struct buf *out, struct str format, struct utc t) {
    int64_t seconds = utc_seconds(t);
    struct civil civil = civil_from_seconds(seconds);
    struct moment moment = {.civil = civil,
                            .weekday =
                                civil_weekday(civil_to_days(civil.year, civil.month, civil.day)),
                            .ms = (int32_t)(utc_ms(t) - seconds * 1000)};
    for (size_t at = 0; at < format.len;)
        if (!format_piece(format, &at, &moment, out, NULL)) return;
}

/* --- offsets --- */

static struct utc add_months(struct utc t, int64_t months) {
    int64_t seconds = utc_seconds(t), fraction = t.us - seconds * 1000000;
    struct civil c = civil_from_seconds(seconds);
    int64_t month = (int64_t)c.year * 12 + (c.month - 1) + months;
    c.year = (int32_t)(month / 12);
    c.month = (int32_t)(month % 12) + 1;
    int32_t last = civil_days_in_month(c.year, c.month);
    if (c.day > last) c.day = last;
    return (struct utc){civil_to_seconds(c) * 1000000 + fraction};
}

static bool add_unit(struct utc t, int64_t count, char unit, struct utc *ret) {
    int64_t months = unit == 'M' ? count : unit == 'y' ? count * 12 : 0;
    int64_t seconds = 0;
    switch (unit) {
    case 's': seconds = 1; break;
    case 'm': seconds = 60; break;
    case 'h': seconds = 3600; break;
    case 'd': seconds = 86400; break;
    case 'w': seconds = 604800; break;
    case 'M':
    case 'y': break;
    default: return false;
    }
    /* At most 6 digits of anything: years are the largest, and 12 * 999999 months need a check
     * before the calendar's 32 bits. */
    if (months > 12 * 9000 || months < -12 * 9000)
        *ret = (struct utc){months > 0 ? INT64_MAX : -1};
    else if (months != 0)
        *ret = add_months(t, months);
    else
        *ret = utc_add(t, span_seconds(count * seconds));
    return true;
}

bool date_offset(struct utc t, struct str offsets, struct utc *ret, struct err *err) {
    static const int64_t end_of_9999 = 253402300800;
    for (size_t at = 0; at < offsets.len;) {
        char sign = offsets.ptr[at];
        size_t digits = at + 1, end = digits;
        while (end < offsets.len && offsets.ptr[end] >= '0' && offsets.ptr[end] <= '9') end++;
        int64_t count = 0;
        bool sound = (sign == '+' || sign == '-') && end > digits && end - digits <= 6 &&
                     end < offsets.len &&
                     str_parse_i64(str_slice(offsets, digits, end - digits), &count) &&
                     add_unit(t, sign == '-' ? -count : count, offsets.ptr[end], &t);
        if (!sound)
            return err_set(err, ERR_INVALID,
                           "an offset is + or -, a number of at most 6 digits and one of s m h d w "
                           "M y, as in -1d");
        if (t.us < 0 || utc_seconds(t) >= end_of_9999)
            return err_set(err, ERR_INVALID, "the offset leaves the years 1970 to 9999");
        at = end + 1;
    }
    *ret = t;
    return true;
}
