/* describe.c - see describe.h.
 *
 * A sentence has three parts: the time of day, the days, and the months and years. Each set of
 * values is first given a shape (all, one, a run, a progression, a list), and the shape chooses the
 * words.
 */
#include "schedule/describe.h"

enum shape_kind { SHAPE_ALL, SHAPE_ONE, SHAPE_RUN, SHAPE_STEPS, SHAPE_LIST };

struct shape {
    enum shape_kind kind;
    int first, last, step, count;
    bool even; // steps that go on evenly over the end of the range: every 15 minutes, not every 7
};

/* 64 values at a time are enough for all but the years, which have no gaps worth words. */
static struct shape shape_of(uint64_t set, int min, int max) {
    struct shape shape = {.kind = SHAPE_LIST, .first = -1};
    bool regular = true;
    for (int value = min; value <= max; value++) {
        if (!(set >> value & 1)) continue;
        if (shape.first < 0)
            shape.first = value;
        else if (shape.step == 0)
            shape.step = value - shape.last;
        else if (value - shape.last != shape.step)
            regular = false;
        shape.last = value;
        shape.count++;
    }
    int size = max - min + 1;
    if (shape.count == size)
        shape.kind = SHAPE_ALL;
    else if (shape.count == 1)
        shape.kind = SHAPE_ONE;
    else if (regular && shape.step == 1 && shape.count > 2)
        shape.kind = SHAPE_RUN;
    else if (regular && shape.step > 1 && (shape.count > 2 || shape.step * 2 == size))
        shape.kind = SHAPE_STEPS;
    shape.even = shape.kind == SHAPE_STEPS && shape.count * shape.step == size;
    return shape;
}

static void put(struct buf *out, const char *text) {
    buf_put(out, str_from_cstr(text));
}

typedef void put_value(struct buf *out, int value);

static void put_number(struct buf *out, int value) {
    buf_put_i64(out, value);
}

static void put_ordinal(struct buf *out, int value) {
    const char *ending = "th";
    if (value / 10 != 1 && value % 10 == 1) ending = "st";
    if (value / 10 != 1 && value % 10 == 2) ending = "nd";
    if (value / 10 != 1 && value % 10 == 3) ending = "rd";
    buf_printf(out, "%d%s", value, ending);
}

static void put_weekday(struct buf *out, int value) {
    static const char *const names[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                        "Thursday", "Friday", "Saturday"};
    put(out, names[value % 7]);
}

static void put_month(struct buf *out, int value) {
    static const char *const names[] = {"January",   "February", "March",    "April",
                                        "May",       "June",     "July",     "August",
                                        "September", "October",  "November", "December"};
    put(out, names[value - 1]);
}

/* Joins the items of a list: "a, b and c". */
struct joiner {
    struct buf *out;
    int count, index;
};

static void put_separator(struct joiner *joiner) {
    if (joiner->index > 0) put(joiner->out, joiner->index == joiner->count - 1 ? " and " : ", ");
    joiner->index++;
}

/* The last value of the run that begins at v, or v itself when the run is shorter than three. */
static int end_of_run(uint64_t set, int v, int max) {
    int last = v;
    while (last < max && set >> (last + 1) & 1) last++;
    return last - v >= 2 ? last : v;
}

/* "1, 2 and 5", "1 to 5 and 30". */
static void put_set(struct buf *out, uint64_t set, int min, int max, put_value *value) {
    struct joiner joiner = {.out = out};
    for (int v = min; v <= max; v++) {
        if (!(set >> v & 1)) continue;
        joiner.count++;
        v = end_of_run(set, v, max);
    }
    for (int v = min; v <= max; v++) {
        if (!(set >> v & 1)) continue;
        int last = end_of_run(set, v, max);
        put_separator(&joiner);
        value(out, v);
        if (last == v) continue;
        put(out, " to ");
        value(out, last);
        v = last;
    }
}

/* Days of the week from Monday on, so that Friday to Sunday is a run. */
static void put_weekdays(struct buf *out, uint8_t weekdays) {
    uint32_t from_monday = (weekdays & 0x7EU) | (weekdays & 1U) << 7;
    put_set(out, from_monday, 1, 7, put_weekday);
}

/* "every 15 minutes", "every 7 minutes from minute 0 to 56 of every hour", "at minute 5". */
static void put_frequency(struct buf *out, uint64_t set, const char *unit, const char *of_what) {
    struct shape shape = shape_of(set, 0, 59);
    switch (shape.kind) {
    case SHAPE_ALL: buf_printf(out, "every %s", unit); return;
    case SHAPE_STEPS:
        buf_printf(out, "every %d %ss", shape.step, unit);
        if (shape.even && shape.first == 0) return;
        buf_printf(out, " from %s %d to %d%s", unit, shape.first, shape.last, of_what);
        return;
    case SHAPE_RUN:
        buf_printf(out, "every %s from %d to %d%s", unit, shape.first, shape.last, of_what);
        return;
    case SHAPE_ONE:
    case SHAPE_LIST:
        buf_printf(out, "at %s%s ", unit, shape.count > 1 ? "s" : "");
        put_set(out, set, 0, 59, put_number);
        put(out, of_what);
    }
}

static void put_clock(struct buf *out, int hour, int minute, int second, bool with_seconds) {
    buf_printf(out, "%02d:%02d", hour, minute);
    if (with_seconds) buf_printf(out, ":%02d", second);
}

enum { MOST_CLOCK_TIMES = 6 };

/* "at 02:30 and 14:30", when there are few enough times to name them all. */
static bool put_clock_times(const struct cron *cron, struct buf *out) {
    int count = __builtin_popcount(cron->hours) * __builtin_popcountll(cron->minutes) *
                __builtin_popcountll(cron->seconds);
    if (count > MOST_CLOCK_TIMES) return false;
    bool with_seconds = cron->seconds != 1;
    struct joiner joiner = {.out = out, .count = count};
    put(out, "at ");
    for (int time = 0; time < 86400; time++) {
        int hour = time / 3600, minute = time / 60 % 60, second = time % 60;
        if (!(cron->hours >> hour & 1)) {
            time += 3599;
        } else if (!(cron->minutes >> minute & 1)) {
            time += 59;
        } else if (cron->seconds >> second & 1) {
            put_separator(&joiner);
            put_clock(out, hour, minute, second, with_seconds);
        }
    }
    return true;
}

/* The hours behind a frequency of minutes or seconds. */
static void put_hours(const struct cron *cron, struct buf *out) {
    struct shape hours = shape_of(cron->hours, 0, 23);
    switch (hours.kind) {
    case SHAPE_ALL: return;
    case SHAPE_RUN:
        /* Up to the last minute that counts, since "to 17:00" would leave out 17:45. */
        buf_printf(out, " from %02d:%02d to %02d:%02d", hours.first, __builtin_ctzll(cron->minutes),
                   hours.last, 63 - __builtin_clzll(cron->minutes));
        return;
    case SHAPE_STEPS:
        put(out, " in every ");
        put_ordinal(out, hours.step);
        put(out, " hour");
        if (!hours.even || hours.first != 0)
            buf_printf(out, " from hour %d to %d", hours.first, hours.last);
        return;
    case SHAPE_ONE:
    case SHAPE_LIST:
        put(out, hours.count == 1 ? " in hour " : " in hours ");
        put_set(out, cron->hours, 0, 23, put_number);
    }
}

/* "every hour", "every 2 hours from 00:30 to 22:30": one whole minute of many hours. */
static bool put_whole_hours(const struct cron *cron, struct buf *out) {
    struct shape hours = shape_of(cron->hours, 0, 23);
    int minute = __builtin_ctzll(cron->minutes);
    if (cron->seconds != 1 || __builtin_popcountll(cron->minutes) != 1) return false;
    if (hours.kind == SHAPE_ALL && minute == 0) {
        put(out, "every hour");
    } else if (hours.kind == SHAPE_RUN) {
        buf_printf(out, "every hour from %02d:%02d to %02d:%02d", hours.first, minute, hours.last,
                   minute);
    } else if (hours.kind == SHAPE_STEPS) {
        buf_printf(out, "every %d hours", hours.step);
        if (!hours.even || hours.first != 0 || minute != 0)
            buf_printf(out, " from %02d:%02d to %02d:%02d", hours.first, minute, hours.last,
                       minute);
    } else {
        return false;
    }
    return true;
}

/* "every second of minutes 0 to 10", "at second 5, every 10 minutes". */
static void put_seconds(const struct cron *cron, struct buf *out) {
    struct shape minutes = shape_of(cron->minutes, 0, 59);
    put_frequency(out, cron->seconds, "second",
                  minutes.kind == SHAPE_ALL ? " of every minute" : "");
    if (minutes.kind == SHAPE_STEPS) {
        put(out, ", ");
        put_frequency(out, cron->minutes, "minute", " of the hour");
    } else if (minutes.kind != SHAPE_ALL) {
        put(out, minutes.count == 1 ? " of minute " : " of minutes ");
        put_set(out, cron->minutes, 0, 59, put_number);
    }
}

/* Returns whether it named every time of the day. */
static bool put_time_of_day(const struct cron *cron, struct buf *out) {
    if (put_clock_times(cron, out)) return true;
    if (put_whole_hours(cron, out)) return false;
    enum shape_kind hours = shape_of(cron->hours, 0, 23).kind;
    bool every_hour = hours == SHAPE_ALL || hours == SHAPE_RUN;
    if (cron->seconds == 1)
        put_frequency(out, cron->minutes, "minute", every_hour ? " of every hour" : "");
    else
        put_seconds(cron, out);
    put_hours(cron, out);
    return false;
}

static void put_plain_days(uint32_t set, struct buf *out) {
    struct shape days = shape_of(set, 1, 31);
    if (days.kind == SHAPE_STEPS && days.count > 4) {
        put(out, "every ");
        put_ordinal(out, days.step);
        buf_printf(out, " day from day %d to %d", days.first, days.last);
        return;
    }
    put(out, days.count > 1 ? "days " : "day ");
    put_set(out, set, 1, 31, put_number);
}

/* "days 1 to 3, the last day and the weekday nearest to the 15th of the month" */
static void put_days_by_number(const struct cron *cron, struct buf *out) {
    struct joiner joiner = {.out = out};
    joiner.count = (cron->days != 0) + __builtin_popcount(cron->days_from_last) +
                   __builtin_popcount(cron->nearest_weekday) + cron->last_working_day;
    if (cron->days != 0) {
        put_separator(&joiner);
        put_plain_days(cron->days, out);
    }
    for (uint32_t rest = cron->nearest_weekday; rest != 0; rest &= rest - 1) {
        put_separator(&joiner);
        put(out, "the weekday nearest to the ");
        put_ordinal(out, __builtin_ctz(rest));
    }
    for (uint32_t rest = cron->days_from_last; rest != 0; rest &= rest - 1) {
        int back = __builtin_ctz(rest);
        put_separator(&joiner);
        if (back > 1) {
            put(out, "the ");
            put_ordinal(out, back);
            put(out, " day before ");
        } else if (back == 1) {
            put(out, "the day before ");
        }
        put(out, "the last day");
    }
    if (cron->last_working_day) {
        put_separator(&joiner);
        put(out, "the last weekday");
    }
    put(out, " of the month");
}

/* "Monday to Friday", "the first Monday and the last Friday of the month" */
static void put_days_by_weekday(const struct cron *cron, struct buf *out) {
    static const char *const nth[] = {"first", "second", "third", "fourth", "fifth", "last"};
    uint8_t sets[6];
    struct joiner joiner = {.out = out, .count = cron->weekdays != 0};
    for (int n = 0; n < 6; n++) {
        sets[n] = n < 5 ? cron->nth_weekdays[n] : cron->last_weekdays;
        joiner.count += sets[n] != 0;
    }
    if (cron->weekdays != 0) {
        put_separator(&joiner);
        put_weekdays(out, cron->weekdays);
    }
    for (int n = 0; n < 6; n++) {
        if (sets[n] == 0) continue;
        put_separator(&joiner);
        buf_printf(out, "the %s ", nth[n]);
        put_weekdays(out, sets[n]);
    }
    if (joiner.count > (cron->weekdays != 0)) put(out, " of the month");
}

/* "on 1 January": a day of one month reads better as a date. */
static bool put_date(const struct cron *cron, struct buf *out) {
    bool plain = cron->day_restricted && !cron->weekday_restricted && cron->days != 0 &&
                 cron->days_from_last == 0 && cron->nearest_weekday == 0 && !cron->last_working_day;
    struct shape months = shape_of(cron->months, 1, 12);
    if (!plain || months.kind != SHAPE_ONE || __builtin_popcount(cron->days) > 4) return false;
    put(out, " on ");
    put_set(out, cron->days, 1, 31, put_number);
    put(out, " ");
    put_month(out, months.first);
    return true;
}

static void put_days(const struct cron *cron, bool named_times, struct buf *out) {
    if (!cron->day_restricted && !cron->weekday_restricted) {
        /* "every 15 minutes" says it already. */
        if (named_times) put(out, " every day");
        return;
    }
    put(out, " on ");
    if (cron->day_restricted) put_days_by_number(cron, out);
    if (cron->day_restricted && cron->weekday_restricted)
        put(out, cron->both_days ? ", if that is " : " or on ");
    if (cron->weekday_restricted) put_days_by_weekday(cron, out);
}

static void put_months(const struct cron *cron, struct buf *out) {
    if (cron->months == 0x1FFE) return;
    put(out, " in ");
    put_set(out, cron->months, 1, 12, put_month);
}

static bool has_year(const struct cron *cron, int year) {
    int bit = year - CRON_FIRST_YEAR;
    return year >= CRON_FIRST_YEAR && year <= CRON_LAST_YEAR &&
           (cron->years[bit / 64] >> (bit % 64) & 1);
}

/* " in every 2nd year from 1970 to 2198", when the years are that regular. */
static bool put_year_steps(const struct cron *cron, struct buf *out) {
    int first = 0, last = 0, step = 0, count = 0;
    for (int year = CRON_FIRST_YEAR; year <= CRON_LAST_YEAR; year++) {
        if (!has_year(cron, year)) continue;
        count++;
        if (count == 1) first = year;
        if (count == 2) step = year - first;
        if (count > 2 && year - last != step) return false;
        last = year;
    }
    if (count < 4 || step < 2) return false;
    put(out, " in every ");
    put_ordinal(out, step);
    buf_printf(out, " year from %d to %d", first, last);
    return true;
}

/* " in 2026, 2028 to 2030 and 2040", run by run. */
static void put_years(const struct cron *cron, struct buf *out) {
    int count = 0;
    struct joiner joiner = {.out = out};
    for (int year = CRON_FIRST_YEAR; year <= CRON_LAST_YEAR; year++) {
        if (has_year(cron, year)) count++;
        if (has_year(cron, year) && !has_year(cron, year - 1)) joiner.count++;
    }
    if (count > CRON_LAST_YEAR - CRON_FIRST_YEAR || put_year_steps(cron, out)) return;
    put(out, " in ");
    for (int year = CRON_FIRST_YEAR; year <= CRON_LAST_YEAR; year++) {
        if (!has_year(cron, year) || has_year(cron, year - 1)) continue;
        int last = year;
        while (has_year(cron, last + 1)) last++;
        put_separator(&joiner);
        buf_put_i64(out, year);
        if (last > year) buf_printf(out, " to %d", last);
    }
}

void cron_describe(const struct cron *cron, struct buf *out) {
    bool named_times = put_time_of_day(cron, out);
    if (!put_date(cron, out)) {
        put_days(cron, named_times, out);
        put_months(cron, out);
    }
    put_years(cron, out);
}
