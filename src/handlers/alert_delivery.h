/* alert_delivery.h - the handler of the server's own job: tells people and programs of an alert.
 *
 *     struct alert_options options = {.smtp_server = "mail.example.com", .recipients = …};
 *     struct handler *handler = alert_delivery_new(loop, &options, &err);
 *
 * Every recipient, and the webhook, is a channel; all are told at once, each by its own connection.
 *
 *   e-mail    SMTP by libcurl, a message for each recipient (alert_mail.h). Certificates are
 *             verified. MAIL_AUTO is TLS from the start at port 465, else STARTTLS, which only a
 *             server on loopback may lack.
 *   webhook   POST of the alert's JSON (model/alert.h), with X-Alphabet-Signature (signature.h) and
 *             Idempotency-Key, which is the alert's id and the same for every attempt. Any status
 *             from 200 to 299 accepts it; a redirect does not.
 *
 * It succeeded when every channel accepted; the output says what each answered. If one did not, the
 * run is Failed and its retry tries only the channels that are still owed (run_result's
 * retry_parameters). A crash between acceptance and commit has all of them tried again: at least
 * once.
 *
 * The addresses come from the operator's settings, not from a job, so the guard that keeps jobs
 * out of private networks (guard.h) does not apply to them.
 *
 *   Owns:    the handler, until handler->free; what the options point to is borrowed until then.
 *   Threads: the loop's.
 *   Errors:  alert_delivery_new: INTERNAL. What goes wrong with an alert is its run's result;
 *            neither the password nor the webhook's secret or URL is ever in it.
 */
#ifndef ALPHABET_HANDLERS_ALERT_DELIVERY_H
#define ALPHABET_HANDLERS_ALERT_DELIVERY_H

#include "base/clock.h"
#include "handlers/handler.h"

#include <uv.h>

enum mail_security { MAIL_AUTO, MAIL_STARTTLS, MAIL_TLS, MAIL_NONE };

struct alert_options {
    const struct clock *clock;
    struct str node_name;
    int64_t timeout_seconds; // for each channel
    /* e-mail */
    const char *const *recipients;
    size_t recipient_count; // 0 = no e-mail
    const char *from;
    const char *smtp_server;
    int64_t smtp_port;
    enum mail_security security;
    const char *smtp_user, *smtp_password; // "" = no login
    const char *smtp_ca_file;              // "" = the system's certificates
    /* webhook */
    const char *webhook_url; // "" = none
    const char *webhook_secret;
};

static inline bool alert_options_any(const struct alert_options *options) {
    return options->recipient_count > 0 || (options->webhook_url && options->webhook_url[0]);
}

WARN_UNUSED struct handler *alert_delivery_new(uv_loop_t *loop, const struct alert_options *options,
                                               struct err *err);

#endif
