/* posix_tz.c - reads a POSIX TZ rule; see posix_tz.h.
 *
 * A cursor walks the text once. Names are checked for form and dropped: offsets are all we need.
 */
#include "schedule/posix_tz.h"

#include "base/clock.h"

static bool take(struct str *s, char c) {
    if (s->len == 0 || s->ptr[0] != c) return false;
    *s = str_slice(*s, 1, s->len);
    return true;
}

static bool take_number(struct str *s, int32_t min, int32_t max, int32_t *ret) {
    int32_t value = 0;
    size_t digits = 0;
    while (digits < s->len && digits < 4 && s->ptr[digits] >= '0' && s->ptr[digits] <= '9')
        value = value * 10 + (s->ptr[digits++] - '0');
    if (digits == 0 || value < min || value > max) return false;
    *s = str_slice(*s, digits, s->len);
    *ret = value;
    return true;
}

static bool is_letter(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* CET, or <+03> with letters, digits and signs; at least three characters. */
static bool skip_name(struct str *s) {
    size_t length = 0;
    if (take(s, '<')) {
        while (length < s->len && s->ptr[length] != '>') {
            char c = s->ptr[length];
            if (!is_letter(c) && !(c >= '0' && c <= '9') && c != '+' && c != '-') return false;
            length++;
        }
        if (length < 3 || length == s->len) return false;
        *s = str_slice(*s, length + 1, s->len);
        return true;
    }
    while (length < s->len && is_letter(s->ptr[length])) length++;
    *s = str_slice(*s, length, s->len);
    return length >= 3;
}

/* [+-]hh[:mm[:ss]] as seconds. */
static bool take_time(struct str *s, int32_t max_hours, int32_t *ret) {
    int32_t hours, minutes = 0, seconds = 0;
    bool negative = take(s, '-');
    if (!negative) (void)take(s, '+');
    if (!take_number(s, 0, max_hours, &hours)) return false;
    if (take(s, ':') && !take_number(s, 0, 59, &minutes)) return false;
    if (take(s, ':') && !take_number(s, 0, 59, &seconds)) return false;
    int32_t value = hours * 3600 + minutes * 60 + seconds;
    *ret = negative ? -value : value;
    return true;
}

/* ,date[/time] */
static bool take_change(struct str *s, struct posix_change *ret) {
    struct posix_change change = {.time = 2 * 3600};
    if (!take(s, ',')) return false;
    if (take(s, 'M')) {
        change.form = POSIX_DAY_OF_WEEK;
        if (!take_number(s, 1, 12, &change.month) || !take(s, '.') ||
            !take_number(s, 1, 5, &change.week) || !take(s, '.') ||
            !take_number(s, 0, 6, &change.day))
            return false;
    } else if (take(s, 'J')) {
        change.form = POSIX_DAY_JULIAN;
        if (!take_number(s, 1, 365, &change.day)) return false;
    } else {
        change.form = POSIX_DAY_ZERO;
        if (!take_number(s, 0, 365, &change.day)) return false;
    }
    if (take(s, '/') && !take_time(s, 167, &change.time)) return false;
    *ret = change;
    return true;
}

bool posix_tz_parse(struct str text, struct posix_tz *ret) {
    struct posix_tz rule = {0};
    int32_t west;
    if (!skip_name(&text) || !take_time(&text, 24, &west)) return false;
    rule.standard_offset = rule.dst_offset = -west;
    if (text.len > 0) {
        rule.has_dst = true;
        if (!skip_name(&text)) return false;
        rule.dst_offset = rule.standard_offset + 3600;
        if (text.len > 0 && text.ptr[0] != ',') {
            if (!take_time(&text, 24, &west)) return false;
            rule.dst_offset = -west;
        }
        /* The dates may be left out by POSIX, but no zone file does and nothing says which ones
         * would hold then. */
        if (!take_change(&text, &rule.dst_start) || !take_change(&text, &rule.dst_end) ||
            text.len > 0)
            return false;
    }
    *ret = rule;
    return true;
}

/* The local midnight of the day of the change, as days since 1970. */
static int64_t day_of_change(const struct posix_change *change, int32_t year) {
    int64_t new_year = civil_to_days(year, 1, 1);
    if (change->form == POSIX_DAY_ZERO) return new_year + change->day;
    if (change->form == POSIX_DAY_JULIAN) {
        bool after_leap_day = change->day >= 60 && civil_days_in_month(year, 2) == 29;
        return new_year + change->day - 1 + (after_leap_day ? 1 : 0);
    }
    int64_t first = civil_to_days(year, change->month, 1);
    int32_t day = 1 + (change->day - civil_weekday(first) + 7) % 7 + 7 * (change->week - 1);
    while (day > civil_days_in_month(year, change->month)) day -= 7;
    return first + day - 1;
}

int64_t posix_tz_dst_begins(const struct posix_tz *rule, int32_t year) {
    return day_of_change(&rule->dst_start, year) * 86400 + rule->dst_start.time -
           rule->standard_offset;
}

int64_t posix_tz_dst_ends(const struct posix_tz *rule, int32_t year) {
    return day_of_change(&rule->dst_end, year) * 86400 + rule->dst_end.time - rule->dst_offset;
}
