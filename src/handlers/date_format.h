/* date_format.h - .NET custom format strings for instants, and calendar offsets.
 *
 *     if (!date_format_check(STR("yyyyMMdd"), &err)) ...
 *     date_format_put(&out, STR("yyyyMMdd"), instant);
 *     struct utc then; if (!date_offset(instant, STR("-1d+2h"), &then, &err)) ...
 *
 *   Owns:    nothing.   Threads: pure.   Units: UTC; names of days and months are English.
 *   Errors:  INVALID: a letter that is no format, an open quote, an offset without number or unit,
 *            or one that leaves the years 1970 to 9999.
 *   Source:  "Custom date and time format strings" of .NET, the part variables.h lists.
 */
#ifndef ALPHABET_HANDLERS_DATE_FORMAT_H
#define ALPHABET_HANDLERS_DATE_FORMAT_H

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"

enum { MAX_DATE_FORMAT = 100 };

WARN_UNUSED bool date_format_check(struct str format, struct err *err);
void date_format_put(struct buf *out, struct str format, struct utc t); // a checked format
/* Offsets is "" or one or more of [+-]N(s|m|h|d|w|M|y), applied from left to right. A month or a
 * year keeps the day, or takes the last of a shorter month. */
WARN_UNUSED bool date_offset(struct utc t, struct str offsets, struct utc *ret, struct err *err);

#endif
