/* why.h - what the parts of `alphabet why` share.
 *
 *   Owns:    buf is the caller's; the history is fetched once and freed by why_free.
 *   Threads: main only.   Errors: an exit code after a complaint; what is missing is left out of
 * the sentence.
 */
#ifndef ALPHABET_CLI_WHY_H
#define ALPHABET_CLI_WHY_H

#include "cli/client.h"
#include "cli/moment.h"

struct why {
    struct client *client;
    const json_t *job;
    const struct zone *zone;
    struct utc now;
    json_t *history;   // the job's audit entries, newest first; NULL until asked for
    struct buf answer; // sentences
    json_t *attempts;  // executions of the due time that was asked about
};

/* "2026-11-22 02:00 (Europe/Berlin, 01:00Z)". */
void why_put_instant(const struct why *why, struct buf *buf, struct utc t);
void why_put_text(struct buf *buf, struct str text); // visible, in one line

/* Why a due time was passed over, as the end of a sentence: ": the job was paused …". */
void why_put_reason(struct why *why, struct buf *buf, const json_t *occurrence);
/* Why there is no record of it. */
void why_put_no_record(struct why *why, struct buf *buf, struct utc due);
/* What became of the execution that was made for it, with its retries. */
WARN_UNUSED int why_put_execution(struct why *why, struct buf *buf, const json_t *occurrence);

#endif
