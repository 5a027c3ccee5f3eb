/* exclusion.c - see exclusion.h.
 *
 * The end of an exclusion is found by steps: a covered day is left at its midnight, a covered time
 * at the end of the range. Each step moves on, a whole week or all the dates are passed at most
 * once, and what covers everything is recognised first.
 */
#include "schedule/exclusion.h"

#include <stdlib.h>

enum { DAY_SECONDS = 86400, ALL_WEEKDAYS = 0x7F };

static int64_t day_of(int64_t local) {
    int64_t day = local / DAY_SECONDS;
    return local % DAY_SECONDS < 0 ? day - 1 : day;
}

static bool covers_date(const struct exclusion *exclusion, int64_t day) {
    size_t low = 0, high = exclusion->date_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (exclusion->dates[middle] < day)
            low = middle + 1;
        else
            high = middle;
    }
    return low < exclusion->date_count && exclusion->dates[low] == day;
}

static bool covers_day(const struct exclusion *exclusion, int64_t day) {
    if (exclusion->weekdays != 0 && exclusion->weekdays >> civil_weekday(day) & 1) return true;
    return covers_date(exclusion, day);
}

static bool covers_time(const struct exclusion *exclusion, int32_t time) {
    if (!exclusion->has_range) return false;
    int32_t start = exclusion->range_start, end = exclusion->range_end;
    if (start < end) return time >= start && time < end;
    return time >= start || time < end;
}

bool exclusion_is_empty(const struct exclusion *exclusion) {
    return exclusion->date_count == 0 && exclusion->weekdays == 0 && !exclusion->has_range;
}

bool exclusion_covers(const struct exclusion *exclusion, int64_t local) {
    if (exclusion_is_empty(exclusion)) return false;
    int64_t day = day_of(local);
    return covers_time(exclusion, (int32_t)(local - day * DAY_SECONDS)) ||
           covers_day(exclusion, day);
}

bool exclusion_covers_all(const struct exclusion *exclusion) {
    return exclusion->weekdays == ALL_WEEKDAYS ||
           (exclusion->has_range &&
            (exclusion->range_start == exclusion->range_end ||
             (exclusion->range_start == 0 && exclusion->range_end == DAY_SECONDS)));
}

int64_t exclusion_end(const struct exclusion *exclusion, int64_t local) {
    if (exclusion_covers_all(exclusion)) return EXCLUSION_NO_END;
    while (exclusion_covers(exclusion, local)) {
        int64_t day = day_of(local);
        int32_t time = (int32_t)(local - day * DAY_SECONDS);
        if (covers_day(exclusion, day))
            local = (day + 1) * DAY_SECONDS;
        else if (time < exclusion->range_end)
            local = day * DAY_SECONDS + exclusion->range_end;
        else
            local = (day + 1) * DAY_SECONDS + exclusion->range_end;
    }
    return local;
}

static bool take_two(struct str *s, int32_t max, int32_t *ret) {
    if (s->len < 2 || s->ptr[0] < '0' || s->ptr[0] > '9' || s->ptr[1] < '0' || s->ptr[1] > '9')
        return false;
    *ret = (s->ptr[0] - '0') * 10 + (s->ptr[1] - '0');
    *s = str_slice(*s, 2, s->len);
    return *ret <= max;
}

static bool take(struct str *s, char c) {
    if (s->len == 0 || s->ptr[0] != c) return false;
    *s = str_slice(*s, 1, s->len);
    return true;
}

bool exclusion_parse_date(struct str text, int32_t *ret) {
    int32_t century, year, month, day;
    if (!take_two(&text, 99, &century) || !take_two(&text, 99, &year) || !take(&text, '-') ||
        !take_two(&text, 12, &month) || !take(&text, '-') || !take_two(&text, 31, &day) ||
        text.len > 0)
        return false;
    year += century * 100;
    if (year < 1970 || year > 2199 || month < 1 || day < 1 ||
        day > civil_days_in_month(year, month))
        return false;
    *ret = (int32_t)civil_to_days(year, month, day);
    return true;
}

bool exclusion_parse_time(struct str text, int32_t *ret) {
    int32_t hour, minute, second = 0;
    if (!take_two(&text, 24, &hour) || !take(&text, ':') || !take_two(&text, 59, &minute))
        return false;
    if (text.len > 0 && (!take(&text, ':') || !take_two(&text, 59, &second) || text.len > 0))
        return false;
    int32_t seconds = hour * 3600 + minute * 60 + second;
    if (seconds > DAY_SECONDS) return false;
    *ret = seconds;
    return true;
}

static const struct str weekday_names[7] = {
    STR_INIT("Sunday"),   STR_INIT("Monday"), STR_INIT("Tuesday"),  STR_INIT("Wednesday"),
    STR_INIT("Thursday"), STR_INIT("Friday"), STR_INIT("Saturday"),
};

bool exclusion_parse_weekday(struct str text, int *ret) {
    for (int day = 0; day < 7; day++)
        if (str_equal_nocase(text, weekday_names[day]) ||
            str_equal_nocase(text, str_slice(weekday_names[day], 0, 3))) {
            *ret = day;
            return true;
        }
    return false;
}

struct str exclusion_weekday_name(int weekday) {
    return weekday_names[weekday];
}

void exclusion_put_date(struct buf *buf, int32_t date) {
    int32_t year, month, day;
    civil_from_days(date, &year, &month, &day);
    buf_printf(buf, "%04d-%02d-%02d", year, month, day);
}

void exclusion_put_time(struct buf *buf, int32_t seconds) {
    buf_printf(buf, "%02d:%02d", seconds / 3600, seconds / 60 % 60);
    if (seconds % 60 != 0) buf_printf(buf, ":%02d", seconds % 60);
}

static int compare_dates(const void *a, const void *b) {
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

size_t exclusion_sort_dates(int32_t *dates, size_t count) {
    if (count == 0) return 0;
    qsort(dates, count, sizeof *dates, compare_dates);
    size_t kept = 1;
    for (size_t i = 1; i < count; i++)
        if (dates[i] != dates[kept - 1]) dates[kept++] = dates[i];
    return kept;
}
