/* alert_smtp.c - see alert_smtp.h. */
#include "handlers/alert_smtp.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

enum { CONNECT_SECONDS = 30 };

static size_t on_read(char *out, size_t size, size_t count, void *context) {
    struct alert_smtp *mail = context;
    struct str piece = str_slice(mail->order.message, mail->sent, size * count);
    if (piece.len > 0) memcpy(out, piece.ptr, piece.len);
    mail->sent += piece.len;
    return piece.len;
}

/* Every line that the server says comes here; the last one counts. */
static size_t on_line(char *bytes, size_t size, size_t count, void *context) {
    struct alert_smtp *mail = context;
    buf_reset(&mail->answer);
    buf_put(&mail->answer, str_slice((struct str){bytes, size * count}, 0, SMTP_ANSWER_BYTES));
    return size * count;
}

static size_t on_body(char *bytes, size_t size, size_t count, void *context) {
    (void)bytes;
    (void)context;
    return size * count;
}

static int on_progress(void *context, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d) {
    (void)a, (void)b, (void)c, (void)d;
    struct alert_smtp *mail = context;
    return atomic_load(&mail->is_stopped);
}

static void set_up(struct alert_smtp *mail, CURL *easy) {
    const struct alert_smtp_order *order = &mail->order;
    long timeout = (long)order->timeout_seconds;
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    curl_easy_setopt(easy, CURLOPT_URL, order->url);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, mail->error);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(easy, CURLOPT_USE_SSL, order->use_ssl);
    if (order->ca_file[0]) curl_easy_setopt(easy, CURLOPT_CAINFO, order->ca_file);
    if (order->user[0]) {
        curl_easy_setopt(easy, CURLOPT_USERNAME, order->user);
        curl_easy_setopt(easy, CURLOPT_PASSWORD, order->password);
    }
    curl_easy_setopt(easy, CURLOPT_TIMEOUT, timeout);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT,
                     timeout < CONNECT_SECONDS ? timeout : (long)CONNECT_SECONDS);
    curl_easy_setopt(easy, CURLOPT_SERVER_RESPONSE_TIMEOUT, timeout);
    curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)order->message.len);
    curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_read);
    curl_easy_setopt(easy, CURLOPT_READDATA, mail);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_line);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, mail);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(easy, CURLOPT_XFERINFODATA, mail);
}

static void *thread_main(void *context) {
    struct alert_smtp *mail = context;
    CURL *easy = curl_easy_init();
    struct curl_slist *to =
        curl_slist_append(NULL, arena_printf(&mail->arena, "<%s>", mail->order.to).ptr);
    if (!easy || !to) abort(); // out of memory
    set_up(mail, easy);
    curl_easy_setopt(easy, CURLOPT_MAIL_FROM,
                     arena_printf(&mail->arena, "<%s>", mail->order.from).ptr);
    curl_easy_setopt(easy, CURLOPT_MAIL_RCPT, to);
    mail->code = curl_easy_perform(easy);
    /* The last answer is the one that counts: what follows is the one to QUIT. */
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_body);
    curl_easy_cleanup(easy);
    curl_slist_free_all(to);
    mail->ended(mail->context, mail);
    return NULL;
}

struct alert_smtp *alert_smtp_send(const struct alert_smtp_order *order,
                                   void (*ended)(void *context, struct alert_smtp *mail),
                                   void *context, struct err *err) {
    struct alert_smtp *mail = xcalloc(1, sizeof *mail);
    mail->order = *order;
    mail->order.message = arena_copy(&mail->arena, order->message);
    mail->order.from = arena_copy(&mail->arena, str_from_cstr(order->from)).ptr;
    mail->order.to = arena_copy(&mail->arena, str_from_cstr(order->to)).ptr;
    mail->ended = ended;
    mail->context = context;
    mail->answer = buf_with_max(SMTP_ANSWER_BYTES);
    if (pthread_create(&mail->thread, NULL, thread_main, mail) == 0) return mail;
    buf_free(&mail->answer);
    arena_free(&mail->arena);
    free(mail);
    (void)err_set(err, ERR_INTERNAL, "no thread to send an e-mail with");
    return NULL;
}

void alert_smtp_stop(struct alert_smtp *mail) {
    atomic_store(&mail->is_stopped, true);
}

void alert_smtp_free(struct alert_smtp *mail) {
    if (mail == NULL) return;
    (void)pthread_join(mail->thread, NULL);
    buf_free(&mail->answer);
    arena_free(&mail->arena);
    free(mail);
}
