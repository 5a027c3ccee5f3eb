/* describe.h - a cron pattern in words.
 *
 *     cron_describe(&cron, &out);      // at 02:30 on Monday to Friday
 *
 * The words come from the sets of values, not from the text: `0,15,30,45` and a step of 15 read the
 * same, and an H reads as the value that the hash has chosen. They say exactly what the pattern
 * matches.
 *
 *   Owns: nothing.   Threads: pure.   Errors: none; `out` sets too_big when it has a maximum.
 */
#ifndef ALPHABET_SCHEDULE_DESCRIBE_H
#define ALPHABET_SCHEDULE_DESCRIBE_H

#include "base/buf.h"
#include "schedule/cron.h"

void cron_describe(const struct cron *cron, struct buf *out);

#endif
