/* posix_tz.h - the rule in the footer of a TZif file: CET-1CEST,M3.5.0,M10.5.0/3
 *
 *     struct posix_tz rule;
 *     if (!posix_tz_parse(STR("<+00>0<+02>-2,M3.5.0/1,M10.5.0/3"), &rule)) ...
 *     int64_t begins = posix_tz_dst_begins(&rule, 2150);       // an instant, seconds since 1970
 *
 *   Owns: nothing; a plain value.   Threads: pure.   Errors: parse returns false, ret untouched.
 *   Units:  offsets are seconds east of UTC (the text counts west); instants are seconds of UTC.
 *   Source: POSIX.1-2017 8.3 with the extension of RFC 8536 3.3.1: hours from -167 to 167.
 */
#ifndef ALPHABET_SCHEDULE_POSIX_TZ_H
#define ALPHABET_SCHEDULE_POSIX_TZ_H

#include "base/str.h"

enum posix_day_form {
    POSIX_DAY_OF_WEEK, // Mm.w.d
    POSIX_DAY_JULIAN,  // Jn, 1 to 365, 29 February is never counted
    POSIX_DAY_ZERO,    // n, 0 to 365, 29 February is counted
};

struct posix_change {
    enum posix_day_form form;
    int32_t month, week, day; // month and week for POSIX_DAY_OF_WEEK only; week 5 is the last
    int32_t time;             // seconds after the local midnight, -167 h to 167 h and 59:59
};

struct posix_tz {
    int32_t standard_offset;
    int32_t dst_offset;
    bool has_dst;
    struct posix_change dst_start, dst_end;
};

WARN_UNUSED bool posix_tz_parse(struct str text, struct posix_tz *ret);
int64_t posix_tz_dst_begins(const struct posix_tz *rule, int32_t year);
int64_t posix_tz_dst_ends(const struct posix_tz *rule, int32_t year);

#endif
