/* alert_settings.c - see alert_settings.h. */
#include "app/alert_settings.h"

#include "handlers/alert_mail.h"

#include <string.h>
#include <unistd.h>

enum { SECRET_MIN_BYTES = 16, RECIPIENTS_MAX = 20, HOST_MAX = 255 };

static void complain(struct buf *complaints, const char *key, const char *what) {
    buf_printf(complaints, "%s %s\n", key, what);
}

static bool is_set(const char *text) {
    return text[0] != '\0';
}

/* The next address of a list; absent at its end. */
static struct str next_address(struct str *rest) {
    while (!str_is_absent(*rest)) {
        struct str address = str_trim(str_cut(rest, ','));
        if (address.len > 0) return address;
    }
    return STR_NONE;
}

static void check_recipients(const struct settings *settings, struct buf *complaints) {
    const char *key = "Scheduler:Monitoring:FailedJobsAlertEmail";
    struct str rest = str_from_cstr(settings->alert_recipients), address;
    size_t count = 0;
    while (!str_is_absent(address = next_address(&rest))) {
        count++;
        if (!alert_mail_address_is_valid(address))
            buf_printf(complaints, "%s: \"%.*s\" is no e-mail address\n", key, STR_ARG(address));
    }
    if (count == 0) complain(complaints, key, "holds no e-mail address");
    if (count > RECIPIENTS_MAX) complain(complaints, key, "names more than 20 addresses");
}

static bool is_host(const char *text) {
    return strlen(text) <= HOST_MAX && strpbrk(text, " /@?#\t\r\n") == NULL;
}

static const char *sender_of(const struct settings *settings) {
    return is_set(settings->smtp_from) ? settings->smtp_from : settings->smtp_user;
}

static void check_mail(const struct settings *settings, struct buf *complaints) {
    if (!is_set(settings->alert_recipients)) return;
    check_recipients(settings, complaints);
    if (!is_set(settings->smtp_server))
        complain(complaints, "EmailSettings:SmtpServer",
                 "is needed for FailedJobsAlertEmail: the mail server to send by");
    else if (!is_host(settings->smtp_server))
        complain(complaints, "EmailSettings:SmtpServer", "must be a host name or an address");
    if (!alert_mail_address_is_valid(str_from_cstr(sender_of(settings))))
        complain(complaints, "EmailSettings:From", "must be the sender's address (User is none)");
    if (is_set(settings->smtp_user) != is_set(settings->smtp_password))
        complain(complaints, "EmailSettings:User", "and EmailSettings:Password go together");
    if (is_set(settings->smtp_ca_file) && access(settings->smtp_ca_file, R_OK) != 0)
        complain(complaints, "EmailSettings:CaFile", "cannot be read");
}

static void check_webhook(const struct settings *settings, struct buf *complaints) {
    struct str url = str_from_cstr(settings->alert_webhook_url);
    if (url.len == 0) return;
    if (!str_starts_with(url, STR("http://")) && !str_starts_with(url, STR("https://")))
        complain(complaints, "Scheduler:Monitoring:AlertWebhookUrl",
                 "must be an absolute http or https URL");
    if (strlen(settings->alert_webhook_secret) < SECRET_MIN_BYTES)
        complain(complaints, "Scheduler:Monitoring:AlertWebhookSecret",
                 "must have 16 bytes or more: it signs what is posted to AlertWebhookUrl");
}

static void check_queues(const struct settings *settings, struct buf *complaints) {
    for (size_t i = 0; i < settings->queues.count; i++)
        if (str_equal(str_from_cstr(settings->queues.items[i]), ALERT_QUEUE))
            complain(complaints, "Scheduler:Hangfire:Queues",
                     "names alphabet.alerts, which is the "
                     "server's own");
}

static enum mail_security security_of(const char *choice) {
    if (strcmp(choice, "StartTls") == 0) return MAIL_STARTTLS;
    if (strcmp(choice, "Tls") == 0) return MAIL_TLS;
    return strcmp(choice, "None") == 0 ? MAIL_NONE : MAIL_AUTO;
}

bool alert_settings_check(const struct settings *settings, struct buf *complaints) {
    size_t before = complaints->len;
    check_mail(settings, complaints);
    check_webhook(settings, complaints);
    check_queues(settings, complaints);
    return complaints->len == before;
}

static void read_recipients(const struct settings *settings, struct arena *arena,
                            struct alert_options *options) {
    const char **addresses = ARENA_ARRAY(arena, RECIPIENTS_MAX, const char *);
    struct str rest = str_from_cstr(settings->alert_recipients), address;
    while (options->recipient_count < RECIPIENTS_MAX &&
           !str_is_absent(address = next_address(&rest)))
        addresses[options->recipient_count++] = arena_copy(arena, address).ptr;
    options->recipients = addresses;
}

struct alert_options alert_settings_options(const struct settings *settings, struct arena *arena) {
    struct alert_options options = {
        .timeout_seconds = settings->alert_timeout_seconds,
        .from = sender_of(settings),
        .smtp_server = settings->smtp_server,
        .smtp_port = settings->smtp_port,
        .security = security_of(settings->smtp_use_tls),
        .smtp_user = settings->smtp_user,
        .smtp_password = settings->smtp_password,
        .smtp_ca_file = settings->smtp_ca_file,
        .webhook_url = settings->alert_webhook_url,
        .webhook_secret = settings->alert_webhook_secret,
    };
    read_recipients(settings, arena, &options);
    return options;
}
