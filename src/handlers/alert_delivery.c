/* alert_delivery.c - see alert_delivery.h.
 *
 * A delivery is a run; its channels are e-mails on threads of their own (alert_smtp.h), and a call
 * of the webhook by a multi handle of its own, so that nothing of it mixes with the connections of
 * jobs. A thread that has ended puts its channel on a list and rings; the rest happens on the loop.
 */
#include "handlers/alert_delivery.h"

#include "base/json_read.h"
#include "handlers/alert_mail.h"
#include "handlers/alert_smtp.h"
#include "handlers/curl_loop.h"
#include "handlers/redactor.h"
#include "handlers/signature.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    ANSWER_BYTES = 500, // of what a server said
    CONNECT_SECONDS = 30,
    SMTPS_PORT = 465,
    URL_ROOM = 300,
};

struct alert_delivery {
    struct handler handler; // first: the engine's view
    struct alert_options options;
    struct curl_loop *curls;
    struct redactor redactor;
    char smtp_url[URL_ROOM];
    uv_async_t bell;
    pthread_mutex_t lock;
    struct channel *ended; // e-mails; under the lock
    bool curl_is_up;
};

enum channel_state { CHANNEL_UNUSED, CHANNEL_OWED, CHANNEL_DELIVERED, CHANNEL_BEFORE };

struct channel {
    struct delivery *delivery;
    struct str name; // the recipient, or "webhook"
    bool is_mail;
    enum channel_state state;
    struct alert_smtp *mail; // NULL = not, or no longer, in flight
    struct channel *next_ended;
    CURL *easy; // of the webhook; NULL = not, or no longer, in flight
    struct curl_slist *list;
    struct buf message;
    struct buf answer; // the beginning of the body
    char error[CURL_ERROR_SIZE];
    int64_t error_type;
    int64_t http_status;
    struct str says; // in the delivery's arena
};

struct delivery {
    struct alert_delivery *owner;
    struct run *run;
    struct arena arena;
    struct alert alert;
    struct channel *channels;
    size_t count, in_flight;
};

static struct alert_delivery *self_of(struct handler *handler) {
    return (struct alert_delivery *)(void *)handler;
}

/* ---- libcurl's callbacks --------------------------------------------------------------------- */

static curl_socket_t on_open_socket(void *context, curlsocktype purpose,
                                    struct curl_sockaddr *address) {
    (void)purpose;
    return curl_loop_socket(context, address);
}

static size_t on_body(char *bytes, size_t size, size_t count, void *context) {
    struct channel *channel = context;
    size_t room = ANSWER_BYTES - channel->answer.len;
    buf_put(&channel->answer, str_slice((struct str){bytes, size * count}, 0, room));
    return size * count;
}

/* The e-mail's thread. */
static void on_mail_ended(void *context, struct alert_smtp *mail) {
    (void)mail;
    struct channel *channel = context;
    struct alert_delivery *self = channel->delivery->owner;
    (void)pthread_mutex_lock(&self->lock);
    channel->next_ended = self->ended;
    self->ended = channel;
    (void)uv_async_send(&self->bell);
    (void)pthread_mutex_unlock(&self->lock);
}

/* ---- a channel ------------------------------------------------------------------------------- */

static bool is_loopback(const char *host) {
    return strncmp(host, "127.", 4) == 0 || strcmp(host, "::1") == 0 ||
           strcmp(host, "localhost") == 0;
}

static long use_ssl(const struct alert_options *options) {
    if (options->security == MAIL_NONE) return CURLUSESSL_NONE;
    bool may_lack_it = options->security == MAIL_AUTO && is_loopback(options->smtp_server);
    return may_lack_it ? CURLUSESSL_TRY : CURLUSESSL_ALL;
}

static bool begin_mail(struct channel *channel) {
    struct delivery *delivery = channel->delivery;
    const struct alert_delivery *self = delivery->owner;
    const struct alert_options *options = &self->options;
    struct alert_mail mail = {.from = str_from_cstr(options->from),
                              .to = channel->name,
                              .alert = &delivery->alert,
                              .node_name = options->node_name};
    alert_mail_write(&mail, &channel->message);
    struct alert_smtp_order order = {.url = self->smtp_url,
                                     .use_ssl = use_ssl(options),
                                     .ca_file = options->smtp_ca_file,
                                     .user = options->smtp_user,
                                     .password = options->smtp_password,
                                     .from = options->from,
                                     .to = channel->name.ptr,
                                     .message = buf_str(&channel->message),
                                     .timeout_seconds = options->timeout_seconds};
    struct err err = ERR_INIT;
    channel->mail = alert_smtp_send(&order, on_mail_ended, channel, &err);
    if (channel->mail) return true;
    channel->says = arena_printf(&delivery->arena, "%s", err.msg);
    channel->error_type = ERROR_CONNECTION;
    return false;
}

static void add_header(struct channel *channel, struct str line) {
    struct curl_slist *longer = curl_slist_append(channel->list, line.ptr);
    if (!longer) abort();
    channel->list = longer;
}

static void set_headers(struct channel *channel) {
    struct arena *arena = &channel->delivery->arena;
    const struct alert_options *options = &channel->delivery->owner->options;
    char id[GUID_LENGTH + 1], signature[SIGNATURE_ROOM];
    guid_format(channel->delivery->alert.id, id);
    signature_write(str_from_cstr(options->webhook_secret), clock_now(options->clock),
                    buf_str(&channel->message), signature);
    add_header(channel, STR("Content-Type: application/json"));
    add_header(channel, STR("Expect:"));
    add_header(channel, arena_printf(arena, "Idempotency-Key: %s", id));
    add_header(channel, arena_printf(arena, "X-Alphabet-Signature: %s", signature));
    curl_easy_setopt(channel->easy, CURLOPT_HTTPHEADER, channel->list);
}

static void set_limits(struct channel *channel) {
    CURL *easy = channel->easy;
    long timeout = (long)channel->delivery->owner->options.timeout_seconds;
    curl_easy_setopt(easy, CURLOPT_PRIVATE, channel);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, channel->error);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L); // alerts are rare
    curl_easy_setopt(easy, CURLOPT_TIMEOUT, timeout);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT,
                     timeout < CONNECT_SECONDS ? timeout : (long)CONNECT_SECONDS);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, channel);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, channel->delivery->owner->curls);
    curl_loop_prepare_easy(channel->delivery->owner->curls, easy);
}

static void begin_webhook(struct channel *channel) {
    struct delivery *delivery = channel->delivery;
    CURL *easy = channel->easy = curl_easy_init();
    if (!easy) abort();
    struct json_writer w = json_writer(&channel->message);
    alert_to_json(&w, &delivery->alert);
    set_limits(channel);
    set_headers(channel);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_URL, delivery->owner->options.webhook_url);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "Alphabet-Scheduler/" ALPHABET_VERSION);
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)channel->message.len);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, channel->message.ptr);
    curl_loop_add(delivery->owner->curls, easy);
}

static void channel_begin(struct channel *channel) {
    if (channel->is_mail) {
        channel->delivery->in_flight += begin_mail(channel);
    } else {
        begin_webhook(channel);
        channel->delivery->in_flight++;
    }
}

static void channel_end(struct channel *channel) {
    alert_smtp_free(channel->mail);
    channel->mail = NULL;
    if (channel->easy) curl_easy_cleanup(channel->easy);
    channel->easy = NULL;
    curl_slist_free_all(channel->list);
    channel->list = NULL;
    buf_free(&channel->message);
}

/* ---- what came of it ------------------------------------------------------------------------- */

static void judge_mail(struct channel *channel) {
    struct arena *arena = &channel->delivery->arena;
    const struct alert_smtp *mail = channel->mail;
    struct str answer = str_trim(buf_str(&mail->answer));
    if (mail->code == CURLE_OK) {
        channel->state = CHANNEL_DELIVERED;
        channel->says = arena_printf(arena, "accepted: %.*s", STR_ARG(answer));
        return;
    }
    if (mail->code == CURLE_ABORTED_BY_CALLBACK) return; // stop has said what there is to say
    const char *reason = mail->error[0] ? mail->error : curl_easy_strerror(mail->code);
    channel->error_type = mail->code == CURLE_OPERATION_TIMEDOUT ? ERROR_TIMEOUT : ERROR_CONNECTION;
    if (answer.len > 0)
        channel->says = arena_printf(arena, "%s; the mail server's last words were: %.*s", reason,
                                     STR_ARG(answer));
    else
        channel->says = arena_printf(arena, "%s", reason);
}

static void judge_webhook(struct channel *channel, CURLcode code) {
    struct arena *arena = &channel->delivery->arena;
    struct str answer = str_trim(buf_str(&channel->answer));
    long status = 0;
    (void)curl_easy_getinfo(channel->easy, CURLINFO_RESPONSE_CODE, &status);
    if (code != CURLE_OK) {
        channel->error_type = code == CURLE_OPERATION_TIMEDOUT ? ERROR_TIMEOUT : ERROR_CONNECTION;
        channel->says = arena_printf(arena, "%s",
                                     channel->error[0] ? channel->error : curl_easy_strerror(code));
        return;
    }
    channel->says =
        arena_printf(arena, "%ld%s%.*s", status, answer.len ? " " : "", STR_ARG(answer));
    if (status >= 200 && status <= 299) {
        channel->state = CHANNEL_DELIVERED;
        return;
    }
    channel->error_type = ERROR_HTTP_STATUS;
    channel->http_status = status;
}

/* Without secrets, as UTF-8, in the delivery's arena. */
static struct str clean(struct delivery *delivery, struct str text, size_t max) {
    struct buf hidden = buf_with_max(0), out = buf_with_max(0);
    redactor_text(&delivery->owner->redactor, text, &hidden);
    buf_put_utf8(&out, str_slice(buf_str(&hidden), 0, max));
    struct str result = arena_copy(&delivery->arena, buf_str(&out));
    buf_free(&hidden);
    buf_free(&out);
    return result;
}

static struct str output_of(struct delivery *delivery) {
    struct buf text = buf_with_max(0);
    buf_put(&text, alert_sentence(&delivery->arena, &delivery->alert));
    for (size_t i = 0; i < delivery->count; i++) {
        const struct channel *channel = &delivery->channels[i];
        struct str says = channel->state == CHANNEL_BEFORE ? STR("accepted by an earlier attempt")
                                                           : channel->says;
        buf_printf(&text, "\n%.*s: %.*s", STR_ARG(channel->name), STR_ARG(says));
    }
    struct str output =
        clean(delivery, buf_str(&text), (size_t)delivery->run->max_output_bytes - 3);
    buf_free(&text);
    return output;
}

/* The parameters of the retry: the alert, and who has it. */
static struct str parameters_left(struct delivery *delivery) {
    struct buf json = buf_with_max(0);
    struct json_writer w = json_writer(&json);
    json_array_begin(&w);
    for (size_t i = 0; i < delivery->count; i++)
        if (delivery->channels[i].state != CHANNEL_OWED) json_str(&w, delivery->channels[i].name);
    json_array_end(&w);
    struct str text = alert_text(&delivery->arena, &delivery->alert, buf_str(&json));
    buf_free(&json);
    return text;
}

static struct run_result result_of(struct delivery *delivery) {
    struct run_result result = {.status = EXECUTION_SUCCEEDED, .output = output_of(delivery)};
    struct buf message = buf_with_max(0);
    for (size_t i = 0; i < delivery->count; i++) {
        const struct channel *channel = &delivery->channels[i];
        if (channel->state != CHANNEL_OWED) continue;
        result.status = EXECUTION_FAILED;
        if (result.error_type == 0) result.error_type = channel->error_type;
        if (result.http_status == 0) result.http_status = channel->http_status;
        buf_printf(&message, "%s%.*s: %.*s", message.len ? "; " : "", STR_ARG(channel->name),
                   STR_ARG(channel->says));
    }
    if (result.status == EXECUTION_FAILED) {
        result.error_message = clean(delivery, buf_str(&message), 2000);
        result.retry_parameters = parameters_left(delivery);
    }
    buf_free(&message);
    return result;
}

/* ---- a delivery ------------------------------------------------------------------------------ */

static void finish(struct delivery *delivery, const struct run_result *result) {
    delivery->run->state = NULL;
    run_finish(delivery->run, result);
    for (size_t i = 0; i < delivery->count; i++) {
        channel_end(&delivery->channels[i]);
        buf_free(&delivery->channels[i].answer);
    }
    arena_free(&delivery->arena);
    free(delivery);
}

static void finish_failed(struct delivery *delivery, struct str message) {
    struct run_result result = {.status = EXECUTION_FAILED,
                                .error_type = ERROR_CONFIGURATION,
                                .error_message = message,
                                .never_retry = true};
    finish(delivery, &result);
}

static void channel_ended(struct channel *channel) {
    struct delivery *delivery = channel->delivery;
    channel_end(channel);
    if (--delivery->in_flight > 0) return;
    struct run_result result = result_of(delivery);
    finish(delivery, &result);
}

static void on_done(void *context, CURL *easy, CURLcode code) {
    (void)context;
    struct channel *channel = NULL;
    (void)curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&channel);
    judge_webhook(channel, code);
    channel_ended(channel);
}

static void on_bell(uv_async_t *bell) {
    struct alert_delivery *self = bell->data;
    (void)pthread_mutex_lock(&self->lock);
    struct channel *ended = self->ended;
    self->ended = NULL;
    (void)pthread_mutex_unlock(&self->lock);
    while (ended) {
        struct channel *channel = ended;
        ended = channel->next_ended; // its delivery may be gone after the next lines
        judge_mail(channel);
        channel_ended(channel);
    }
}

static void on_settle(void *context) {
    (void)context;
}

static bool is_listed(const json_t *names, struct str name) {
    for (size_t i = 0; i < json_array_size(names); i++)
        if (str_equal(json_str_of(json_array_get(names, i)), name)) return true;
    return false;
}

static void make_channels(struct delivery *delivery, struct str delivered) {
    const struct alert_options *options = &delivery->owner->options;
    json_t *before = json_read(delivered, NULL);
    bool has_webhook = options->webhook_url && options->webhook_url[0];
    delivery->count = options->recipient_count + has_webhook;
    delivery->channels = ARENA_ARRAY(&delivery->arena, delivery->count, struct channel);
    for (size_t i = 0; i < delivery->count; i++) {
        struct channel *channel = &delivery->channels[i];
        channel->delivery = delivery;
        channel->is_mail = i < options->recipient_count;
        channel->name = channel->is_mail ? str_from_cstr(options->recipients[i]) : STR("webhook");
        channel->answer = buf_with_max(ANSWER_BYTES);
        channel->state = is_listed(before, channel->name) ? CHANNEL_BEFORE : CHANNEL_OWED;
    }
    json_decref(before);
}

/* libcurl and what it loads take more than a megabyte: not before there is something to tell. Here,
 * because an e-mail has a thread of its own. */
static void start_curl(struct alert_delivery *self) {
    if (self->curl_is_up) return;
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) abort();
    self->curl_is_up = true;
}

static void start(struct handler *handler, struct run *run) {
    struct delivery *delivery = xcalloc(1, sizeof *delivery);
    struct err err = ERR_INIT;
    struct str delivered;
    delivery->owner = self_of(handler);
    delivery->run = run;
    if (!alert_parse(run->execution->parameters, &delivery->arena, &delivery->alert, &delivered,
                     &err)) {
        finish_failed(delivery, arena_copy(&delivery->arena, str_from_cstr(err.msg)));
        return;
    }
    make_channels(delivery, delivered);
    if (delivery->count == 0) {
        finish_failed(delivery, STR("nobody is to be told: neither FailedJobsAlertEmail nor "
                                    "AlertWebhookUrl is set any more"));
        return;
    }
    run->state = delivery;
    start_curl(delivery->owner);
    for (size_t i = 0; i < delivery->count; i++)
        if (delivery->channels[i].state == CHANNEL_OWED) channel_begin(&delivery->channels[i]);
    if (delivery->in_flight > 0) return;
    struct run_result result = result_of(delivery);
    finish(delivery, &result);
}

/* The webhook ends here, e-mails when their threads have. */
static void stop(struct handler *handler, struct run *run) {
    (void)handler;
    struct delivery *delivery = run->state;
    struct channel *webhook = NULL;
    if (!delivery) return;
    for (size_t i = 0; i < delivery->count; i++) {
        struct channel *channel = &delivery->channels[i];
        if (!channel->easy && !channel->mail) continue;
        channel->says = STR("stopped before it was accepted");
        channel->error_type = run->stop_reason == STOP_TIMEOUT    ? ERROR_TIMEOUT
                              : run->stop_reason == STOP_SHUTDOWN ? ERROR_SHUTDOWN
                                                                  : 0;
        if (channel->mail)
            alert_smtp_stop(channel->mail);
        else
            webhook = channel;
    }
    if (!webhook) return;
    assert(!curl_loop_is_inside(delivery->owner->curls)); // no callback of ours leads here
    curl_loop_remove(delivery->owner->curls, webhook->easy);
    channel_ended(webhook);
}

/* ---- the handler ----------------------------------------------------------------------------- */

static void validate(const struct handler *handler, const json_t *configuration,
                     struct faults *faults) {
    (void)handler;
    (void)configuration;
    faults_add(faults, STR("jobType"), "is the server's own");
}

static void on_bell_closed(uv_handle_t *bell) {
    free(bell->data);
}

static void free_handler(struct handler *handler) {
    struct alert_delivery *self = self_of(handler);
    curl_loop_free(self->curls);
    redactor_free(&self->redactor);
    (void)pthread_mutex_destroy(&self->lock);
    if (self->curl_is_up) curl_global_cleanup();
    uv_close((uv_handle_t *)&self->bell, on_bell_closed);
}

static void write_smtp_url(struct alert_delivery *self) {
    const struct alert_options *options = &self->options;
    bool tls = options->security == MAIL_TLS ||
               (options->security == MAIL_AUTO && options->smtp_port == SMTPS_PORT);
    bool ipv6 = strchr(options->smtp_server, ':') != NULL;
    int len = snprintf(self->smtp_url, sizeof self->smtp_url, "%s://%s%s%s:%" PRId64,
                       tls ? "smtps" : "smtp", ipv6 ? "[" : "", options->smtp_server,
                       ipv6 ? "]" : "", options->smtp_port);
    assert(len > 0 && (size_t)len < sizeof self->smtp_url); // a name has at most 255 bytes
}

static void hide(struct alert_delivery *self, const char *secret) {
    if (secret && secret[0]) redactor_add(&self->redactor, str_from_cstr(secret));
}

struct handler *alert_delivery_new(uv_loop_t *loop, const struct alert_options *options,
                                   struct err *err) {
    struct alert_delivery *self = xcalloc(1, sizeof *self);
    struct curl_loop_callbacks callbacks = {.done = on_done, .settle = on_settle, .context = self};
    self->curls = curl_loop_new(loop, &callbacks, err);
    if (!self->curls) {
        free(self);
        return NULL;
    }
    self->handler = (struct handler){
        .type = (enum job_type)JOB_ALERT,
        .validate = validate,
        .start = start,
        .stop = stop,
        .free = free_handler,
    };
    (void)pthread_mutex_init(&self->lock, NULL);
    (void)uv_async_init(loop, &self->bell, on_bell);
    self->bell.data = self;
    uv_unref((uv_handle_t *)&self->bell);
    self->options = *options;
    hide(self, options->smtp_password);
    hide(self, options->webhook_secret);
    hide(self, options->webhook_url);
    if (options->recipient_count > 0) write_smtp_url(self);
    return &self->handler;
}
