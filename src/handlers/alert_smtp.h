/* alert_smtp.h - one e-mail on its way, on a thread of its own.
 *
 * libcurl's SMTP waits on the spot at the end of a message: for the server's answer to it and for
 * the one to QUIT, also in its multi interface, also when the transfer is taken out. On the
 * engine's loop one mail server that hangs would stop every job. So each message gets a thread,
 * which may wait; alerts are rare.
 *
 *     struct alert_smtp *mail = alert_smtp_send(&order, ended, context, &err);
 *     alert_smtp_stop(mail);                          // ends within about a second
 *     ...                                             // ended(context, mail), on the mail's thread
 *     mail->code, mail->error, mail->answer           // from then on
 *     alert_smtp_free(mail);
 *
 *   Owns:    a copy of message, sender and recipient; the texts of the options are borrowed until
 *            it has ended.
 *   Threads: send, stop and free on the caller's; `ended` on the mail's own, as its last act.
 *   Errors:  alert_smtp_send: INTERNAL, when there is no thread to be had. What the mail server
 *            refuses is the result.
 */
#ifndef ALPHABET_HANDLERS_ALERT_SMTP_H
#define ALPHABET_HANDLERS_ALERT_SMTP_H

#include "base/buf.h"
#include "base/err.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdatomic.h>

enum { SMTP_ANSWER_BYTES = 500 };

struct alert_smtp_order {
    const char *url;                       // smtp://mail.example.com:587
    long use_ssl;                          // CURLUSESSL_…
    const char *ca_file, *user, *password; // "" = none
    const char *from, *to;
    struct str message; // as alert_mail_write makes it
    int64_t timeout_seconds;
};

struct alert_smtp {
    struct alert_smtp_order order;
    void (*ended)(void *context, struct alert_smtp *mail);
    void *context;
    pthread_t thread;
    atomic_bool is_stopped;
    struct arena arena;
    size_t sent; // of the message
    /* when it has ended */
    CURLcode code;
    char error[CURL_ERROR_SIZE];
    struct buf answer; // the last line of the mail server
};

WARN_UNUSED struct alert_smtp *alert_smtp_send(const struct alert_smtp_order *order,
                                               void (*ended)(void *context,
                                                             struct alert_smtp *mail),
                                               void *context, struct err *err);
void alert_smtp_stop(struct alert_smtp *mail);
void alert_smtp_free(struct alert_smtp *mail); // waits for the last steps of its thread

#endif
