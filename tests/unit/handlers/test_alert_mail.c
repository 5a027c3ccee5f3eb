/* test_alert_mail.c - the message itself: nothing that people wrote can begin a header. */
#include "handlers/alert_mail.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct str message_of(struct str job_name, struct str error, struct buf *out) {
    struct alert alert = {.id = {{1, 2, 3}},
                          .kind = ALERT_CONSECUTIVE_FAILURES,
                          .at = utc_from_seconds(1767323045),
                          .job_id = {{4}},
                          .job_name = job_name,
                          .execution_id = {{7}},
                          .consecutive_failures = 3,
                          .error_message = error};
    struct alert_mail mail = {.from = STR("alphabet@example.com"),
                              .to = STR("ops@example.org"),
                              .alert = &alert,
                              .node_name = STR("box7")};
    alert_mail_write(&mail, out);
    return buf_str(out);
}

/* Every line ends with CRLF, is ASCII without control characters, and is no longer than 78. */
static void check_lines(struct str message) {
    assert_true(str_ends_with(message, STR("\r\n")));
    size_t width = 0;
    for (size_t i = 0; i < message.len; i++) {
        unsigned char c = (unsigned char)message.ptr[i];
        if (c == '\r') {
            assert_int_equal(message.ptr[i + 1], '\n');
            assert_true(width <= 78);
            width = 0;
            i++;
            continue;
        }
        assert_true(c >= ' ' && c < 0x7F);
        width++;
    }
}

static size_t count_of(struct str text, const char *needle) {
    size_t count = 0;
    for (const char *at = text.ptr; (at = strstr(at, needle)); at++) count++;
    return count;
}

static void test_a_plain_message(void **state) {
    (void)state;
    struct buf out = buf_with_max(0);
    struct str message = message_of(STR("Export"), STR("the target answered 500"), &out);
    check_lines(message);
    assert_string_equal(message.ptr,
                        "Date: Fri, 2 Jan 2026 03:04:05 +0000\r\n"
                        "From: Alphabet Scheduler <alphabet@example.com>\r\n"
                        "To: <ops@example.org>\r\n"
                        "Subject: Job \"Export\" has failed 3 times in a row\r\n"
                        "Message-ID: <01020300-0000-0000-0000-000000000000@example.com>\r\n"
                        "Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"
                        "Content-Type: text/plain; charset=utf-8\r\n"
                        "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
                        "Job \"Export\" has failed 3 times in a row.\r\n\r\n"
                        "At:        2026-01-02T03:04:05.000Z\r\n"
                        "Job:       04000000-0000-0000-0000-000000000000\r\n"
                        "Execution: 07000000-0000-0000-0000-000000000000\r\n"
                        "Server:    box7\r\n\r\n"
                        "the target answered 500\r\n");
    buf_free(&out);
}

static void test_names_cannot_begin_a_header(void **state) {
    (void)state;
    static const struct str names[] = {
        STR_INIT("a\r\nBcc: evil@example.net"),
        STR_INIT("a\nBcc: evil@example.net\n\nbody"),
        STR_INIT("=?UTF-8?Q?=0D=0ABcc:?="),
        STR_INIT("\r\n.\r\nMAIL FROM:<x@y>"),
        STR_INIT("\xE2\x80\xA8"
                 "Bcc: x"),
        STR_INIT("\"><script>"),
    };
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        struct buf out = buf_with_max(0);
        struct str message = message_of(names[i], names[i], &out);
        check_lines(message);
        const char *body = strstr(message.ptr, "\r\n\r\n");
        assert_non_null(body);
        struct str headers = str_slice(message, 0, (size_t)(body - message.ptr) + 2);
        size_t lines = count_of((struct str){headers.ptr, headers.len}, "\r\n");
        assert_true(lines >= 9);
        for (const char *at = headers.ptr; at < body; at = strstr(at, "\r\n") + 2) {
            bool folded = *at == ' ';
            const char *colon = strchr(at, ':');
            assert_true(folded || (colon && colon < strstr(at, "\r\n")));
            assert_true(strncmp(at, "Bcc", 3) != 0);
        }
        assert_null(strstr(message.ptr, "\r\n.\r\n"));
        buf_free(&out);
    }
}

static void test_long_and_foreign_names_are_encoded_words(void **state) {
    (void)state;
    struct buf name = buf_with_max(0), out = buf_with_max(0);
    for (int i = 0; i < 200; i++) buf_put(&name, STR("ü"));
    struct str message = message_of(buf_str(&name), STR_NONE, &out);
    check_lines(message);
    assert_true(count_of(message, "=?UTF-8?B?") > 5);
    assert_true(count_of(message, "=C3") >= 190); // but for what a soft break cut in two
    buf_free(&name);
    buf_free(&out);
}

static void test_addresses(void **state) {
    (void)state;
    static const char *const good[] = {"a@b", "ops+alerts@example.com", "o'b@x.example"};
    static const char *const bad[] = {
        "",      "a",       "@b",      "a@",      "a@b@c",      "a b@c", "a@b\r\nRCPT TO:<x>",
        "<a@b>", "a@b,c@d", "a@b;c@d", "\"a\"@b", "\xC3\xBC@b", "a@b\t", "a:b@c",
    };
    for (size_t i = 0; i < COUNT_OF(good); i++)
        assert_true(alert_mail_address_is_valid(str_from_cstr(good[i])));
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_false(alert_mail_address_is_valid(str_from_cstr(bad[i])));
}
