/* moment.c - see moment.h.
 *
 * A clock time of a zone need not exist, or exists twice: the caller is told which, because that is
 * often the very answer to "why did it not run at half past two?".
 */
#include "cli/moment.h"

#define UNDERSTOOD \
    "a time is written as 02:00, \"yesterday 02:00\", \"2026-11-22 02:00\" or " \
    "2026-11-22T02:00:00Z"

static bool take_digits(struct str *text, size_t count, int32_t most, int32_t *ret) {
    int64_t value;
    struct str digits = str_slice(*text, 0, count);
    if (digits.len != count || digits.ptr[0] == '-' || !str_parse_i64(digits, &value) ||
        value > most)
        return false;
    *text = str_slice(*text, count, text->len);
    *ret = (int32_t)value;
    return true;
}

static bool take_char(struct str *text, char c) {
    if (text->len == 0 || text->ptr[0] != c) return false;
    *text = str_slice(*text, 1, text->len);
    return true;
}

/* "02:00" or "02:00:30", and nothing behind. */
static bool take_clock(struct str text, struct civil *day, bool *ret_seconds) {
    *ret_seconds = false;
    if (!take_digits(&text, 2, 23, &day->hour) || !take_char(&text, ':') ||
        !take_digits(&text, 2, 59, &day->minute))
        return false;
    day->second = 0;
    if (text.len == 0) return true;
    *ret_seconds = true;
    return take_char(&text, ':') && take_digits(&text, 2, 59, &day->second) && text.len == 0;
}

static bool take_date(struct str *text, struct civil *day) {
    struct str rest = *text;
    if (!take_digits(&rest, 4, 2199, &day->year) || !take_char(&rest, '-') ||
        !take_digits(&rest, 2, 12, &day->month) || !take_char(&rest, '-') ||
        !take_digits(&rest, 2, 31, &day->day) || (!take_char(&rest, ' ') && !take_char(&rest, 'T')))
        return false;
    if (day->year < 1970 || day->month < 1 || day->day < 1 ||
        day->day > civil_days_in_month(day->year, day->month))
        return false;
    *text = rest;
    return true;
}

/* "yesterday 02:00" counted in days from today. */
static bool take_word(struct str *text, int64_t *ret_days) {
    static const struct {
        struct str word;
        int64_t days;
    } words[] = {{STR_INIT("today "), 0}, {STR_INIT("yesterday "), -1}, {STR_INIT("tomorrow "), 1}};
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        size_t length = words[i].word.len;
        if (!str_equal_nocase(str_slice(*text, 0, length), words[i].word)) continue;
        *text = str_trim(str_slice(*text, length, text->len));
        *ret_days = words[i].days;
        return true;
    }
    return false;
}

static struct moment resolve(const struct zone *zone, struct civil c, bool seconds) {
    struct zone_local local = zone_from_local(zone, civil_to_seconds(c));
    struct span length = span_us((seconds ? 1000000 : 60000000) - 1);
    struct moment moment = {.from = utc_from_seconds(local.first), .kind = local.kind};
    moment.to = utc_add(moment.from, length);
    if (local.kind == ZONE_LOCAL_TWICE) moment.again = utc_from_seconds(local.last);
    return moment;
}

bool moment_parse(struct str text, const struct zone *zone, struct utc now, struct moment *ret,
                  struct err *err) {
    struct utc exact;
    text = str_trim(text);
    if (utc_parse(text, &exact)) {
        bool whole_second = exact.us % 1000000 == 0;
        int64_t length = whole_second ? 1000000 : 1000;
        *ret =
            (struct moment){exact, utc_add(exact, span_us(length - 1)), ZONE_LOCAL_ONCE, UTC_NONE};
        return true;
    }
    int64_t now_local = utc_seconds(now) + zone_offset(zone, utc_seconds(now));
    struct civil day = civil_from_seconds(now_local);
    int64_t days = 0;
    bool seconds, has_date = take_date(&text, &day);
    bool has_word = !has_date && take_word(&text, &days);
    if (!take_clock(text, &day, &seconds)) return err_set(err, ERR_INVALID, UNDERSTOOD);
    if (has_word) {
        int64_t number = civil_to_days(day.year, day.month, day.day) + days;
        civil_from_days(number, &day.year, &day.month, &day.day);
    }
    struct moment moment = resolve(zone, day, seconds);
    if (!has_date && !has_word && utc_before(now, moment.from)) {
        int64_t number = civil_to_days(day.year, day.month, day.day) - 1;
        civil_from_days(number, &day.year, &day.month, &day.day);
        moment = resolve(zone, day, seconds);
    }
    *ret = moment;
    return true;
}
