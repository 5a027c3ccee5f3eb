/* Settings: sources in their order, and messages an operator can act on. */
#include "app/alert_settings.h"
#include "app/key_lines.h"
#include "app/settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool load(const char *const *environment, const char *const *flags,
                 struct settings *settings, struct buf *complaints) {
    struct settings_sources sources = {.file = NULL, .environment = environment, .flags = flags};
    return settings_load(&sources, settings, complaints);
}

static void assert_complains(const char *text, const char *expected) {
    struct settings settings;
    struct buf complaints = buf_with_max(0);
    settings_set_defaults(&settings);
    assert_false(settings_read_text(&settings, "x.json", str_from_cstr(text), &complaints));
    if (!strstr(buf_str(&complaints).ptr, expected))
        fail_msg("for %s\nexpected: %s\ngot: %s", text, expected, buf_str(&complaints).ptr);
    buf_free(&complaints);
    settings_free(&settings);
}

static void test_defaults(void **state) {
    (void)state;
    struct settings settings;
    settings_set_defaults(&settings);
    assert_int_equal(settings.port, 8080);
    assert_string_equal(settings.address, "127.0.0.1");
    assert_int_equal(settings.worker_count, 5);
    assert_int_equal(settings.queues.count, 3);
    assert_string_equal(settings.queues.items[0], "critical");
    assert_string_equal(settings.queues.items[2], "background");
    assert_null(settings.queues.items[3]);
    assert_false(settings.allow_plain_http);
    settings_free(&settings);
}

static void test_flags_override_the_environment(void **state) {
    (void)state;
    static const char *const environment[] = {"Scheduler__Hangfire__WorkerCount=20",
                                              "SERVER__PORT=9000",
                                              "HOME=/root",
                                              "Unrelated__X=1",
                                              "Scheduler__Hangfire__Queues=a, b",
                                              NULL};
    static const char *const flags[] = {"Server:Port", "0", NULL};
    struct settings settings;
    struct buf complaints = buf_with_max(0), printed = buf_with_max(0);
    assert_true(load(environment, flags, &settings, &complaints));
    assert_int_equal(settings.worker_count, 20);
    assert_int_equal(settings.port, 0);
    assert_int_equal(settings.queues.count, 2);
    assert_string_equal(settings.queues.items[1], "b");
    settings_print(&settings, &printed);
    assert_non_null(strstr(printed.ptr, "environment Scheduler__Hangfire__WorkerCount"));
    assert_non_null(strstr(printed.ptr, "command line"));
    buf_free(&printed);
    buf_free(&complaints);
    settings_free(&settings);
}

static void test_bad_values_are_named_with_key_line_and_what_is_allowed(void **state) {
    (void)state;
    assert_complains(
        "{\n  \"Server\": {\n    \"Port\": 70000\n  }\n}",
        "x.json line 3: Server:Port is \"70000\"; it must be a whole number from 0 to 65535");
    assert_complains("{\"Server\":{\"Prot\":1}}",
                     "x.json line 1: there is no setting Server:Prot; did you mean Server:Port?");
    assert_complains("{\"Scheduler\":{\"Jobs\":{\"OrphanPolicy\":\"Maybe\"}}}",
                     "it must be one of: Retry|Fail");
    assert_complains("{\"Server\":{\"AllowPlainHttp\":\"perhaps\"}}", "it must be true or false");
    assert_complains("{\"Cors\":{\"AllowedOrigins\":\"x\"}}", "it must be a list of texts");
    assert_complains("{\"Cors\":{\"AllowedOrigins\":[1]}}", "it must be a list of texts");
    assert_complains("{\"Server\":{\"Address\":{\"a\":1}}}", "Server:Address");
    assert_complains("{\"EmailSettings\":{\"UseTls\":\"perhaps\"}}",
                     "it must be one of: Auto|StartTls|Tls|None");
    assert_complains("{\"Jwt\":{\"JwksUrl\":\"x\"}}", "is not offered by this version");
    assert_complains("{\"Server\":{\"Port\":1,\"Port\":2}}", "line 1");
    assert_complains("[]", "must hold a JSON object");
    assert_complains("{", "line 1");
    assert_complains("", "empty");
}

static void test_every_fault_is_told_at_once(void **state) {
    (void)state;
    struct settings settings;
    struct buf complaints = buf_with_max(0);
    settings_set_defaults(&settings);
    assert_false(settings_read_text(
        &settings, "x.json", STR("{\"Server\":{\"Port\":-1,\"MaxConnections\":0},\"Nope\":1}"),
        &complaints));
    size_t lines = 0;
    for (size_t i = 0; i < complaints.len; i++) lines += complaints.ptr[i] == '\n';
    assert_int_equal(lines, 3);
    buf_free(&complaints);
    settings_free(&settings);
}

static void test_secrets_are_not_printed(void **state) {
    (void)state;
    static const char *const environment[] = {
        "Jwt__SecretKey=canary-canary-canary-canary-canary", "EmailSettings__Password=canary",
        "Scheduler__Monitoring__AlertWebhookUrl=https://canary.example",
        "Scheduler__Monitoring__AlertWebhookSecret=canary-canary-canary", NULL};
    struct settings settings;
    struct buf complaints = buf_with_max(0), printed = buf_with_max(0);
    assert_true(load(environment, NULL, &settings, &complaints));
    settings_print(&settings, &printed);
    assert_null(strstr(printed.ptr, "canary"));
    assert_non_null(strstr(printed.ptr, "***"));
    buf_free(&printed);
    buf_free(&complaints);
    settings_free(&settings);
}

static void test_a_short_signing_key_is_refused(void **state) {
    (void)state;
    static const char *const environment[] = {"Jwt__SecretKey=short", NULL};
    struct settings settings;
    struct buf complaints = buf_with_max(0);
    assert_false(load(environment, NULL, &settings, &complaints));
    assert_non_null(strstr(complaints.ptr, "32"));
    assert_null(strstr(complaints.ptr, "short"));
    buf_free(&complaints);
}

static void assert_refused(const char *const *environment, const char *const *wanted) {
    struct settings settings;
    struct buf complaints = buf_with_max(0);
    assert_false(load(environment, NULL, &settings, &complaints));
    for (size_t i = 0; wanted[i]; i++)
        if (!strstr(complaints.ptr, wanted[i])) fail_msg("%s: %s", wanted[i], complaints.ptr);
    buf_free(&complaints);
}

static void test_alerts_that_cannot_be_delivered_are_refused(void **state) {
    (void)state;
    static const char *const mail[] = {
        "Scheduler__Monitoring__FailedJobsAlertEmail=a@example.com, b", "EmailSettings__User=ada",
        NULL};
    assert_refused(mail, (const char *const[]){
                             "EmailSettings:SmtpServer is needed", "\"b\" is no e-mail address",
                             "EmailSettings:From must be", "EmailSettings:Password", NULL});
    static const char *const hook[] = {"Scheduler__Monitoring__AlertWebhookUrl=ftp://example.com",
                                       "Scheduler__Monitoring__AlertWebhookSecret=short",
                                       "Scheduler__Hangfire__Queues=default,alphabet.alerts", NULL};
    assert_refused(hook, (const char *const[]){
                             "AlertWebhookUrl must be an absolute http or https URL",
                             "AlertWebhookSecret must have 16 bytes", "the server's own", NULL});
}

static void test_alerts_that_can_be_delivered_are_taken(void **state) {
    (void)state;
    static const char *const environment[] = {
        "Scheduler__Monitoring__FailedJobsAlertEmail=a@example.com, b@example.com,",
        "EmailSettings__SmtpServer=mail.example.com",
        "EmailSettings__From=alphabet@example.com",
        "EmailSettings__UseTls=tls",
        "Scheduler__Monitoring__AlertWebhookUrl=https://example.com/hook",
        "Scheduler__Monitoring__AlertWebhookSecret=0123456789abcdef",
        NULL};
    struct settings settings;
    struct arena arena = {0};
    struct buf complaints = buf_with_max(0);
    assert_true(load(environment, NULL, &settings, &complaints));
    struct alert_options options = alert_settings_options(&settings, &arena);
    assert_true(alert_options_any(&options));
    assert_int_equal(options.recipient_count, 2);
    assert_string_equal(options.recipients[1], "b@example.com");
    assert_int_equal(options.security, MAIL_TLS);
    arena_free(&arena);
    buf_free(&complaints);
    settings_free(&settings);
}

static void test_lines_of_keys(void **state) {
    (void)state;
    struct str json = STR(
        "{\n\"a\": [1, {\"b\": 2}],\n\"c\": {\n  \"d\": \"x\\\"y\",\n  \"e\": {}\n},\n\"f\": 1\n}");
    assert_int_equal(key_line(json, STR("a")), 2);
    assert_int_equal(key_line(json, STR("c")), 3);
    assert_int_equal(key_line(json, STR("C:D")), 4);
    assert_int_equal(key_line(json, STR("c:e")), 5);
    assert_int_equal(key_line(json, STR("f")), 7);
    assert_int_equal(key_line(json, STR("d")), 0);
}

static const struct handler_settings *handler_at(const struct settings *settings, size_t index) {
    assert_true(index < settings->handlers.count);
    return (const void *)settings->handlers.items[index];
}

static void test_handlers_are_named_by_the_operator(void **state) {
    (void)state;
    static const char *const environment[] = {"Scheduler__Handlers__report__Methods=Run, Check",
                                              "Scheduler__Handlers__My.Job__Library=/usr/lib/my.so",
                                              "SCHEDULER__HANDLERS__MY.JOB__LIMITS__PROCESSES=7",
                                              NULL};
    static const char *const flags[] = {"Scheduler:Handlers:Shell:Enabled", "true",
                                        "Scheduler:Handlers:Shell:Network", "allow", NULL};
    struct settings settings;
    struct buf complaints = buf_with_max(0), printed = buf_with_max(0);
    settings_set_defaults(&settings);
    assert_true(settings_read_text(&settings, "x.json",
                                   STR("{\"Scheduler\":{\"Handlers\":{\"Report\":{\n\"Executable\":"
                                       "\"/opt/r\",\"Arguments\":[\"a,b\"],"
                                       "\n\"Limits\":{\"CpuSeconds\":9}}}}}"),
                                   &complaints));
    const struct handler_settings *report = handler_at(&settings, 0);
    assert_string_equal(report->entry.name, "Report");
    assert_string_equal(report->executable, "/opt/r");
    assert_string_equal(report->library, "");
    assert_string_equal(report->arguments.items[0], "a,b");
    assert_int_equal(report->cpu_seconds, 9);
    assert_int_equal(report->processes, 64);
    settings_print(&settings, &printed);
    assert_non_null(strstr(printed.ptr, "Scheduler:Handlers:Report:Limits:CpuSeconds"));
    assert_non_null(strstr(printed.ptr, "x.json line 3"));
    settings_free(&settings);

    assert_true(load(environment, flags, &settings, &complaints));
    assert_int_equal(settings.handlers.count, 3);
    assert_true(settings.shell_enabled);
    assert_string_equal(handler_at(&settings, 0)->methods.items[1], "Check");
    assert_string_equal(handler_at(&settings, 1)->library, "/usr/lib/my.so");
    assert_int_equal(handler_at(&settings, 1)->processes, 7);
    assert_string_equal(handler_at(&settings, 2)->network, "Allow");
    buf_free(&printed);
    buf_free(&complaints);
    settings_free(&settings);
}

static void test_faults_in_handlers_are_named_with_key_and_line(void **state) {
    (void)state;
    assert_complains("{\"Scheduler\":{\"Handlers\":{\"R\":{\n\"Executeable\":\"/x\"}}}}",
                     "x.json line 2: there is no setting Scheduler:Handlers:R:Executeable; did you "
                     "mean Executable?");
    assert_complains(
        "{\"Scheduler\":{\"Handlers\":{\"R\":{\"Limits\":{\n\"CpuSeconds\":-1}}}}}",
        "x.json line 2: Scheduler:Handlers:R:Limits:CpuSeconds is \"-1\"; it must be a "
        "whole number from 0");
    assert_complains("{\"Scheduler\":{\"Handlers\":{\"R\":{\"Network\":\"Some\"}}}}",
                     "it must be one of: Deny|Allow");
    assert_complains("{\"Scheduler\":{\"Handlers\":{\"a b\":{\"Executable\":\"/x\"}}}}",
                     "there is no setting Scheduler:Handlers:a b:Executable");
    assert_complains("{\"Scheduler\":{\"Handlers\":{\"R\":\"/x\"}}}",
                     "there is no setting Scheduler:Handlers:R");
    assert_complains("{\"Scheduler\":{\"Handlers\":{\"Shell\":{\"Enabled\":\"maybe\"}}}}",
                     "it must be true or false");
}

static void test_connection_strings_are_values_of_their_names_and_never_shown(void **state) {
    (void)state;
    static const char *const environment[] = {"ConnectionStrings__crm=host=h password=hidden1",
                                              NULL};
    struct settings settings;
    struct buf complaints = buf_with_max(0), printed = buf_with_max(0);
    assert_true(load(environment, NULL, &settings, &complaints));
    assert_true(settings_read_text(&settings, "x.json",
                                   STR("{\"ConnectionStrings\":{\"Reports\":\"sqlite:/hidden2\","
                                       "\"none\":null}}"),
                                   &complaints));
    assert_int_equal(settings.connections.count, 2);
    const struct connection_settings *one = (const void *)settings.connections.items[0];
    assert_string_equal(one->entry.name, "crm");
    assert_string_equal(one->string, "host=h password=hidden1");
    settings_print(&settings, &printed);
    assert_non_null(strstr(printed.ptr, "ConnectionStrings:Reports "));
    assert_non_null(strstr(printed.ptr, "\"***\""));
    assert_null(strstr(printed.ptr, "hidden"));
    buf_free(&printed);
    buf_free(&complaints);
    settings_free(&settings);
    assert_complains("{\"ConnectionStrings\":{\"crm\":7.5}}",
                     "ConnectionStrings:crm has a bad value");
    assert_complains("{\"ConnectionStrings\":{\"c r m\":\"x\"}}", "there is no setting");
    assert_complains("{\"ConnectionStrings\":{\"crm\":{\"x\":\"y\"}}}", "ConnectionStrings:crm");
}
