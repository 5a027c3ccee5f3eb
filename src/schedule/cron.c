/* cron.c - the next local time of a pattern; see cron.h.
 *
 * Every field is a bit set, so "the next allowed value" is a shift and a count of trailing zeroes.
 * The days of a month depend on its length and on the weekday of its first day; both day fields
 * together become one 32-bit mask of days, and the search steps over masks, month by month. The
 * time of day is searched only within a day that matches, and every matching day has one, so
 * nothing is ever looked at twice.
 */
#include "schedule/cron.h"

enum { SECONDS_OF_DAY = 86400 };

/* The smallest set bit >= from, or -1. */
static int next_bit(uint64_t set, int from) {
    if (from > 63) return -1;
    uint64_t rest = set >> from;
    return rest == 0 ? -1 : from + __builtin_ctzll(rest);
}

/* The days of the first week (bits 1-7) that are one of the weekdays, in a month whose first day is
 * weekday `first`. */
static uint32_t first_week(uint8_t weekdays, int32_t first) {
    uint32_t twice = weekdays | (uint32_t)weekdays << 7;
    return ((twice >> first) & 0x7F) << 1;
}

static uint32_t days_by_weekday(const struct cron *cron, int32_t first, int32_t length) {
    /* Five copies of the first week, seven days apart: bits 1-35, cut to the month below. */
    uint64_t mask = (uint64_t)first_week(cron->weekdays, first) * 0x10204081ULL;
    for (int n = 0; n < 5; n++)
        mask |= (uint64_t)first_week(cron->nth_weekdays[n], first) << (7 * n);
    if (cron->last_weekdays != 0) {
        int32_t first_of_last_week = (first + length - 7) % 7;
        mask |= (uint64_t)first_week(cron->last_weekdays, first_of_last_week) << (length - 7);
    }
    return (uint32_t)(mask & 0xFFFFFFFF);
}

/* The weekday (Monday to Friday) nearest to the day, without leaving the month. */
static int32_t nearest_working_day(int32_t day, int32_t first, int32_t length) {
    int32_t weekday = (first + day - 1) % 7;
    if (weekday == 6) return day > 1 ? day - 1 : day + 2;
    if (weekday == 0) return day < length ? day + 1 : day - 2;
    return day;
}

static uint32_t days_by_number(const struct cron *cron, int32_t first, int32_t length) {
    uint32_t mask = cron->days;
    for (uint32_t rest = cron->days_from_last; rest != 0; rest &= rest - 1) {
        int32_t day = length - __builtin_ctz(rest);
        if (day >= 1) mask |= 1U << day;
    }
    for (uint32_t rest = cron->nearest_weekday; rest != 0; rest &= rest - 1) {
        int32_t day = __builtin_ctz(rest);
        if (day <= length) mask |= 1U << nearest_working_day(day, first, length);
    }
    if (cron->last_working_day) {
        int32_t weekday = (first + length - 1) % 7;
        mask |= 1U << (weekday == 6 ? length - 1 : weekday == 0 ? length - 2 : length);
    }
    return mask;
}

/* The days of a month of that length that begins on weekday `first`. */
static uint32_t days_of(const struct cron *cron, int32_t first, int32_t length) {
    uint32_t whole = (uint32_t)((2ULL << length) - 2); // bits 1 to length
    if (!cron->day_restricted && !cron->weekday_restricted) return whole;
    if (!cron->weekday_restricted) return days_by_number(cron, first, length) & whole;
    if (!cron->day_restricted) return days_by_weekday(cron, first, length) & whole;
    uint32_t by_number = days_by_number(cron, first, length);
    uint32_t by_weekday = days_by_weekday(cron, first, length);
    return (cron->both_days ? by_number & by_weekday : by_number | by_weekday) & whole;
}

uint32_t cron_days_of_month(const struct cron *cron, int32_t year, int32_t month) {
    return days_of(cron, civil_weekday(civil_to_days(year, month, 1)),
                   civil_days_in_month(year, month));
}

/* The first matching second of the day at or after `from`, or -1. */
static int32_t next_time(const struct cron *cron, int32_t from) {
    int hour = from / 3600, minute = from / 60 % 60, second = from % 60;
    if (cron->hours >> hour & 1) {
        if (cron->minutes >> minute & 1) {
            int found = next_bit(cron->seconds, second);
            if (found >= 0) return hour * 3600 + minute * 60 + found;
        }
        int found = next_bit(cron->minutes, minute + 1);
        if (found >= 0) return hour * 3600 + found * 60 + next_bit(cron->seconds, 0);
    }
    hour = next_bit(cron->hours, hour + 1);
    if (hour < 0) return -1;
    return hour * 3600 + next_bit(cron->minutes, 0) * 60 + next_bit(cron->seconds, 0);
}

static bool year_allowed(const struct cron *cron, int32_t year) {
    int32_t bit = year - CRON_FIRST_YEAR;
    return cron->years[bit / 64] >> (bit % 64) & 1;
}

/* The first matching day at or after `from`, in days since 1970; INT64_MAX when there is none. */
static int64_t next_day(const struct cron *cron, int64_t from) {
    int32_t year, month, day;
    civil_from_days(from, &year, &month, &day);
    int64_t first_day = from - day + 1; // of the month that is looked at
    while (year <= CRON_LAST_YEAR) {
        int next_month = year_allowed(cron, year) ? next_bit(cron->months, month) : -1;
        if (next_month < 0) {
            year++;
            month = day = 1;
            first_day = civil_to_days(year, 1, 1);
            continue;
        }
        if (next_month > month) {
            month = next_month;
            day = 1;
            first_day = civil_to_days(year, month, 1);
        }
        int32_t length = civil_days_in_month(year, month);
        int found = next_bit(days_of(cron, civil_weekday(first_day), length), day);
        if (found > 0) return first_day + found - 1;
        first_day += length;
        month++; // 13 is in no set of months, so the year ends by itself
        day = 1;
    }
    return INT64_MAX;
}

int64_t cron_next_local(const struct cron *cron, int64_t from) {
    if (from < 0) from = 0;
    int64_t today = from / SECONDS_OF_DAY;
    if (from > CRON_LAST_SECOND) return CRON_LOCAL_NEVER;
    /* When the times of today are over, today is not worth looking at. */
    int32_t time = next_time(cron, (int32_t)(from - today * SECONDS_OF_DAY));
    int64_t found = next_day(cron, time < 0 ? today + 1 : today);
    if (found == INT64_MAX) return CRON_LOCAL_NEVER;
    if (found > today) time = next_time(cron, 0);
    return found * SECONDS_OF_DAY + time;
}

bool cron_never_matches(const struct cron *cron, int64_t from) {
    return cron_next_local(cron, from) == CRON_LOCAL_NEVER;
}
