/* alert_delivery.c - see alert_delivery.h.
 *
 * A delivery is a run; its channels are libcurl transfers on a multi handle of their own, so that
 * nothing of them mixes with the connections of jobs. Connections are not kept: alerts are rare.
 *
 * When libcurl closes an SMTP connection it says QUIT and waits for the answer, on the spot, for as
 * long as the server likes - on the engine's thread. So when it says QUIT (the debug callback is
 * the only place to hear of that) the reading side of the socket is shut: the command still goes
 * out, the wait is over at once.
 */
#include "handlers/alert_delivery.h"

#include "base/json_read.h"
#include "handlers/alert_mail.h"
#include "handlers/curl_loop.h"
#include "handlers/redactor.h"
#include "handlers/signature.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum {
    ANSWER_BYTES = 500, // of what a server said
    SOCKETS = 4,        // that libcurl may try at once for one connection
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
};

enum channel_state { CHANNEL_UNUSED, CHANNEL_OWED, CHANNEL_DELIVERED, CHANNEL_BEFORE };

struct channel {
    struct delivery *delivery;
    struct str name; // the recipient, or "webhook"
    bool is_mail;
    enum channel_state state;
    CURL *easy; // NULL = not, or no longer, in flight
    struct curl_slist *list;
    struct buf message;
    size_t sent;
    curl_socket_t sockets[SOCKETS];
    size_t socket_count;
    struct buf answer; // the body, or the last line of the mail server
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

static size_t on_read(char *out, size_t size, size_t count, void *context) {
    struct channel *channel = context;
    struct str piece = str_slice(buf_str(&channel->message), channel->sent, size * count);
    if (piece.len > 0) memcpy(out, piece.ptr, piece.len);
    channel->sent += piece.len;
    return piece.len;
}

static size_t on_body(char *bytes, size_t size, size_t count, void *context) {
    struct channel *channel = context;
    size_t room = ANSWER_BYTES - channel->answer.len;
    buf_put(&channel->answer, str_slice((struct str){bytes, size * count}, 0, room));
    return size * count;
}

/* Every line that a mail server says comes here; the last one counts. */
static size_t on_line(char *bytes, size_t size, size_t count, void *context) {
    struct channel *channel = context;
    if (channel->is_mail) {
        buf_reset(&channel->answer);
        (void)on_body(bytes, size, count, context);
    }
    return size * count;
}

static curl_socket_t on_open_socket(void *context, curlsocktype purpose,
                                    struct curl_sockaddr *address) {
    (void)purpose;
    struct channel *channel = context;
    if (channel->socket_count == SOCKETS) return CURL_SOCKET_BAD;
    curl_socket_t fd = curl_loop_socket(channel->delivery->owner->curls, address);
    if (fd != CURL_SOCKET_BAD) channel->sockets[channel->socket_count++] = fd;
    return fd;
}

static int on_close_socket(void *context, curl_socket_t fd) {
    struct channel *channel = context;
    for (size_t i = 0; i < channel->socket_count; i++)
        if (channel->sockets[i] == fd)
            channel->sockets[i] = channel->sockets[--channel->socket_count];
    return curl_loop_close_socket(channel->delivery->owner->curls, fd);
}

static int on_debug(CURL *easy, curl_infotype type, char *bytes, size_t size, void *context) {
    (void)easy;
    struct channel *channel = context;
    struct str said = {bytes, size};
    if (type == CURLINFO_HEADER_OUT && str_starts_with(said, STR("QUIT")))
        for (size_t i = 0; i < channel->socket_count; i++)
            (void)shutdown(channel->sockets[i], SHUT_RD);
    return 0;
}

/* ---- a channel ------------------------------------------------------------------------------- */

static void set_up(struct channel *channel) {
    const struct alert_options *options = &channel->delivery->owner->options;
    CURL *easy = channel->easy;
    long timeout = (long)options->timeout_seconds;
    curl_easy_setopt(easy, CURLOPT_PRIVATE, channel);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, channel->error);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT, timeout);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT,
                     timeout < CONNECT_SECONDS ? timeout : (long)CONNECT_SECONDS);
    curl_easy_setopt(easy, CURLOPT_SERVER_RESPONSE_TIMEOUT, timeout);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, channel);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_line);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, channel);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, channel);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, on_close_socket);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, channel);
}

static bool is_loopback(const char *host) {
    return strncmp(host, "127.", 4) == 0 || strcmp(host, "::1") == 0 ||
           strcmp(host, "localhost") == 0;
}

static long use_ssl(const struct alert_options *options) {
    if (options->security == MAIL_NONE) return CURLUSESSL_NONE;
    bool may_lack_it = options->security == MAIL_AUTO && is_loopback(options->smtp_server);
    return may_lack_it ? CURLUSESSL_TRY : CURLUSESSL_ALL;
}

static void set_up_mail(struct channel *channel) {
    struct delivery *delivery = channel->delivery;
    const struct alert_delivery *self = delivery->owner;
    const struct alert_options *options = &self->options;
    CURL *easy = channel->easy;
    struct alert_mail mail = {.from = str_from_cstr(options->from),
                              .to = channel->name,
                              .alert = &delivery->alert,
                              .node_name = options->node_name};
    alert_mail_write(&mail, &channel->message);
    channel->list = curl_slist_append(
        NULL, arena_printf(&delivery->arena, "<%.*s>", STR_ARG(channel->name)).ptr);
    if (!channel->list) abort();
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    curl_easy_setopt(easy, CURLOPT_URL, self->smtp_url);
    curl_easy_setopt(easy, CURLOPT_USE_SSL, use_ssl(options));
    if (options->smtp_ca_file[0]) curl_easy_setopt(easy, CURLOPT_CAINFO, options->smtp_ca_file);
    if (options->smtp_user[0]) {
        curl_easy_setopt(easy, CURLOPT_USERNAME, options->smtp_user);
        curl_easy_setopt(easy, CURLOPT_PASSWORD, options->smtp_password);
    }
    curl_easy_setopt(easy, CURLOPT_MAIL_FROM,
                     arena_printf(&delivery->arena, "<%s>", options->from).ptr);
    curl_easy_setopt(easy, CURLOPT_MAIL_RCPT, channel->list);
    curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_read);
    curl_easy_setopt(easy, CURLOPT_READDATA, channel);
    curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)channel->message.len);
    curl_easy_setopt(easy, CURLOPT_VERBOSE, 1L);
    curl_easy_setopt(easy, CURLOPT_DEBUGFUNCTION, on_debug);
    curl_easy_setopt(easy, CURLOPT_DEBUGDATA, channel);
}

static void add_header(struct channel *channel, struct str line) {
    struct curl_slist *longer = curl_slist_append(channel->list, line.ptr);
    if (!longer) abort();
    channel->list = longer;
}

static void set_up_webhook(struct channel *channel) {
    struct delivery *delivery = channel->delivery;
    const struct alert_options *options = &delivery->owner->options;
    CURL *easy = channel->easy;
    struct json_writer w = json_writer(&channel->message);
    alert_to_json(&w, &delivery->alert);
    char id[GUID_LENGTH + 1], signature[SIGNATURE_ROOM];
    guid_format(delivery->alert.id, id);
    signature_write(str_from_cstr(options->webhook_secret), clock_now(options->clock),
                    buf_str(&channel->message), signature);
    add_header(channel, STR("Content-Type: application/json"));
    add_header(channel, STR("Expect:"));
    add_header(channel, arena_printf(&delivery->arena, "Idempotency-Key: %s", id));
    add_header(channel, arena_printf(&delivery->arena, "X-Alphabet-Signature: %s", signature));
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_URL, options->webhook_url);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "Alphabet-Scheduler/" ALPHABET_VERSION);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, channel->list);
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)channel->message.len);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, channel->message.ptr);
}

static void channel_begin(struct channel *channel) {
    channel->easy = curl_easy_init();
    if (!channel->easy) abort();
    set_up(channel);
    if (channel->is_mail)
        set_up_mail(channel);
    else
        set_up_webhook(channel);
    channel->delivery->in_flight++;
    curl_loop_add(channel->delivery->owner->curls, channel->easy);
}

static void channel_end(struct channel *channel) {
    if (channel->easy) curl_easy_cleanup(channel->easy);
    channel->easy = NULL;
    curl_slist_free_all(channel->list);
    channel->list = NULL;
    buf_free(&channel->message);
}

/* ---- what came of it ------------------------------------------------------------------------- */

static const char *reason_of(const struct channel *channel, CURLcode code) {
    return channel->error[0] ? channel->error : curl_easy_strerror(code);
}

static void judge_mail(struct channel *channel, CURLcode code) {
    struct arena *arena = &channel->delivery->arena;
    struct str answer = str_trim(buf_str(&channel->answer));
    if (code == CURLE_OK) {
        channel->state = CHANNEL_DELIVERED;
        channel->says = arena_printf(arena, "accepted: %.*s", STR_ARG(answer));
        return;
    }
    channel->error_type = code == CURLE_OPERATION_TIMEDOUT ? ERROR_TIMEOUT : ERROR_CONNECTION;
    const char *reason = reason_of(channel, code);
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
        channel->says = arena_printf(arena, "%s", reason_of(channel, code));
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

static void on_done(void *context, CURL *easy, CURLcode code) {
    (void)context;
    struct channel *channel = NULL;
    (void)curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&channel);
    struct delivery *delivery = channel->delivery;
    if (channel->is_mail)
        judge_mail(channel, code);
    else
        judge_webhook(channel, code);
    channel_end(channel);
    if (--delivery->in_flight > 0) return;
    struct run_result result = result_of(delivery);
    finish(delivery, &result);
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
    for (size_t i = 0; i < delivery->count; i++)
        if (delivery->channels[i].state == CHANNEL_OWED) channel_begin(&delivery->channels[i]);
    if (delivery->in_flight > 0) return;
    struct run_result result = result_of(delivery);
    finish(delivery, &result);
}

static void stop(struct handler *handler, struct run *run) {
    (void)handler;
    struct delivery *delivery = run->state;
    if (!delivery) return;
    for (size_t i = 0; i < delivery->count; i++) {
        struct channel *channel = &delivery->channels[i];
        if (!channel->easy) continue;
        assert(!curl_loop_is_inside(delivery->owner->curls)); // no callback of ours leads here
        curl_loop_remove(delivery->owner->curls, channel->easy);
        channel->says = STR("stopped before it was accepted");
        channel->error_type = run->stop_reason == STOP_TIMEOUT    ? ERROR_TIMEOUT
                              : run->stop_reason == STOP_SHUTDOWN ? ERROR_SHUTDOWN
                                                                  : 0;
    }
    struct run_result result = result_of(delivery);
    finish(delivery, &result);
}

/* ---- the handler ----------------------------------------------------------------------------- */

static void validate(const struct handler *handler, const json_t *configuration,
                     struct faults *faults) {
    (void)handler;
    (void)configuration;
    faults_add(faults, STR("jobType"), "is the server's own");
}

static void free_handler(struct handler *handler) {
    struct alert_delivery *self = self_of(handler);
    curl_loop_free(self->curls);
    redactor_free(&self->redactor);
    free(self);
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
    self->options = *options;
    hide(self, options->smtp_password);
    hide(self, options->webhook_secret);
    hide(self, options->webhook_url);
    if (options->recipient_count > 0) write_smtp_url(self);
    return &self->handler;
}
