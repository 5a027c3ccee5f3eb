/* alert_mail.h - an alert as an e-mail, as it goes over the line (RFC 5322, RFC 2047, RFC 2045).
 *
 *     struct alert_mail mail = {.from = from, .to = to, .alert = &alert, .node_name = node};
 *     alert_mail_write(&mail, &out);
 *
 * Plain ASCII with CRLF, no line longer than 78 characters but for what cannot be folded. What
 * people wrote (the name of a job, an error message) stands in the subject as encoded words and in
 * the body as quoted-printable, so none of it can begin a header or end the message.
 * The same alert gives the same message, with the same Message-ID, however often it is sent: who
 * gets it twice can drop one.
 *
 *   Owns: nothing.   Threads: pure.   Errors: none.
 */
#ifndef ALPHABET_HANDLERS_ALERT_MAIL_H
#define ALPHABET_HANDLERS_ALERT_MAIL_H

#include "base/buf.h"
#include "model/alert.h"

struct alert_mail {
    struct str from, to; // addresses, valid ones
    const struct alert *alert;
    struct str node_name; // that tells it
};

void alert_mail_write(const struct alert_mail *mail, struct buf *out);
/* "ops@example.com": printable ASCII, one @, nothing that means something in a header or in SMTP.
 */
bool alert_mail_address_is_valid(struct str address);

#endif
