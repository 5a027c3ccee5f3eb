/* alert_mail.c - see alert_mail.h. */
#include "handlers/alert_mail.h"

#include "base/bounds.h"

#include <inttypes.h>
#include <sodium.h>

enum {
    WORD_BYTES =
        42, // of text in an encoded word: 56 of base64, and room for the name of the header
    LINE_MAX_QP = 76,
};

bool alert_mail_address_is_valid(struct str address) {
    static const char forbidden[] = "<>()[],;:\\\"";
    size_t at = 0, ats = 0;
    for (size_t i = 0; i < address.len; i++) {
        char c = address.ptr[i];
        if ((unsigned char)c <= ' ' || (unsigned char)c >= 0x7F || strchr(forbidden, c))
            return false;
        if (c == '@') {
            at = i;
            ats++;
        }
    }
    return ats == 1 && at > 0 && at + 1 < address.len && address.len <= MAX_EMAIL;
}

/* ---- headers --------------------------------------------------------------------------------- */

static bool is_plain(struct str text) {
    if (text.len > 60 || str_contains(text, STR("=?"))) return false;
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] < ' ' || text.ptr[i] > '~') return false;
    return true;
}

/* As much of the text as an encoded word takes, never half a character. */
static size_t word_length(struct str text) {
    size_t len = 0;
    while (len < text.len) {
        size_t step = str_utf8_length(str_slice(text, len, text.len));
        if (step == 0) step = 1;
        if (len + step > WORD_BYTES) break;
        len += step;
    }
    return len;
}

static void put_words(struct buf *out, struct str text) {
    char base64[sodium_base64_ENCODED_LEN(WORD_BYTES, sodium_base64_VARIANT_ORIGINAL)];
    for (bool first = true; text.len > 0; first = false) {
        size_t len = word_length(text);
        (void)sodium_bin2base64(base64, sizeof base64, (const unsigned char *)text.ptr, len,
                                sodium_base64_VARIANT_ORIGINAL);
        buf_printf(out, "%s=?UTF-8?B?%s?=", first ? "" : "\r\n ", base64);
        text = str_slice(text, len, text.len);
    }
}

static void put_date(struct buf *out, struct utc t) {
    static const char days[][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char months[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    int64_t seconds = utc_seconds(t);
    struct civil c = civil_from_seconds(seconds);
    int32_t weekday = civil_weekday(civil_to_days(c.year, c.month, c.day));
    buf_printf(out, "Date: %s, %d %s %d %02d:%02d:%02d +0000\r\n", days[weekday], c.day,
               months[c.month - 1], c.year, c.hour, c.minute, c.second);
}

static void put_headers(const struct alert_mail *mail, struct str subject, struct buf *out) {
    struct str domain = mail->from;
    (void)str_cut(&domain, '@');
    char id[GUID_LENGTH + 1];
    guid_format(mail->alert->id, id);
    put_date(out, mail->alert->at);
    buf_printf(out,
               "From: Alphabet Scheduler <%.*s>\r\nTo: <%.*s>\r\nSubject: ", STR_ARG(mail->from),
               STR_ARG(mail->to));
    if (is_plain(subject))
        buf_put(out, subject);
    else
        put_words(out, subject);
    buf_printf(out, "\r\nMessage-ID: <%s@%.*s>\r\n", id, STR_ARG(domain));
    buf_put(out, STR("Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"
                     "Content-Type: text/plain; charset=utf-8\r\n"
                     "Content-Transfer-Encoding: quoted-printable\r\n\r\n"));
}

/* ---- body ------------------------------------------------------------------------------------ */

/* One line of quoted-printable, with soft breaks. Any control character is written as a number. */
static void put_quoted(struct buf *out, struct str line) {
    size_t width = 0;
    for (size_t i = 0; i < line.len; i++) {
        unsigned char c = (unsigned char)line.ptr[i];
        bool is_last = i + 1 == line.len;
        bool as_is = (c > ' ' && c < 0x7F && c != '=') || (c == ' ' && !is_last);
        size_t needed = as_is ? 1 : 3;
        if (width + needed > LINE_MAX_QP - 1) {
            buf_put(out, STR("=\r\n"));
            width = 0;
        }
        if (as_is)
            buf_put_char(out, (char)c);
        else
            buf_printf(out, "=%02X", c);
        width += needed;
    }
    buf_put(out, STR("\r\n"));
}

static void put_text(struct buf *out, struct str text) {
    while (!str_is_absent(text)) {
        struct str line = str_cut(&text, '\n');
        put_quoted(out, line);
    }
}

/* What there is to know, a line each. */
static void describe(const struct alert_mail *mail, struct str sentence, struct buf *text) {
    const struct alert *alert = mail->alert;
    char job[GUID_LENGTH + 1], execution[GUID_LENGTH + 1], at[RFC3339_LENGTH + 1];
    guid_format(alert->job_id, job);
    guid_format(alert->execution_id, execution);
    utc_format(alert->at, at);
    buf_printf(text, "%.*s.\n\nAt:        %s\nJob:       %s\n", STR_ARG(sentence), at, job);
    if (!guid_is_zero(alert->execution_id)) buf_printf(text, "Execution: %s\n", execution);
    buf_printf(text, "Server:    %.*s\n", STR_ARG(mail->node_name));
    if (!str_is_absent(alert->error_message))
        buf_printf(text, "\n%.*s\n", STR_ARG(alert->error_message));
}

void alert_mail_write(const struct alert_mail *mail, struct buf *out) {
    struct arena arena = {0};
    struct buf text = buf_with_max(0);
    struct str sentence = alert_sentence(&arena, mail->alert);
    put_headers(mail, sentence, out);
    describe(mail, sentence, &text);
    put_text(out, str_slice(buf_str(&text), 0, text.len - 1));
    buf_free(&text);
    arena_free(&arena);
}
