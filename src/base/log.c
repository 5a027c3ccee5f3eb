/* log.c - see log.h. */
#include "base/log.h"

#include "base/clock.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 2048 };

static _Atomic int lowest_level = LOG_LEVEL_INFO;
static _Atomic unsigned long dropped;

void log_set_level(enum log_level level) {
    atomic_store(&lowest_level, (int)level);
}

bool log_level_parse(struct str name, enum log_level *ret) {
    static const struct str names[] = {STR_INIT("debug"), STR_INIT("info"), STR_INIT("warn"),
                                       STR_INIT("error")};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (!str_equal_nocase(name, names[i])) continue;
        *ret = (enum log_level)i;
        return true;
    }
    return false;
}

/* Copies text with control characters escaped; returns the bytes written. */
static size_t put_escaped(char *out, size_t size, const char *text) {
    static const char hex[] = "0123456789abcdef";
    size_t at = 0;
    for (; *text && at + 5 < size; text++) {
        unsigned char c = (unsigned char)*text;
        if (c >= 0x20 && c != 0x7F) {
            out[at++] = (char)c;
            continue;
        }
        out[at++] = '\\';
        out[at++] = 'x';
        out[at++] = hex[c >> 4];
        out[at++] = hex[c & 15];
    }
    return at;
}

/* True when the sink takes a line now. A pipe that nobody reads must not stop the scheduler. */
static bool sink_ready(void) {
    struct pollfd sink = {.fd = STDERR_FILENO, .events = POLLOUT};
    return poll(&sink, 1, 0) == 1 && (sink.revents & POLLOUT);
}

void log_write(enum log_level level, const char *event, const char *format, ...) {
    static const char *const names[] = {"DEBUG", "INFO", "WARN", "ERROR"};
    if ((int)level < atomic_load_explicit(&lowest_level, memory_order_relaxed)) return;
    if (!sink_ready()) {
        atomic_fetch_add(&dropped, 1);
        return;
    }
    char text[LINE_MAX_BYTES];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);

    char line[LINE_MAX_BYTES];
    char stamp[RFC3339_LENGTH + 1];
    utc_format(clock_now(clock_system()), stamp);
    int head = snprintf(line, sizeof line / 2, "%s %s %s ", stamp, names[level], event);
    if (head < 0) return;
    size_t at = (size_t)head < sizeof line / 2 ? (size_t)head : sizeof line / 2 - 1;
    at += put_escaped(line + at, sizeof line - at - 40, text);
    unsigned long lost = atomic_exchange(&dropped, 0);
    if (lost) {
        int more = snprintf(line + at, sizeof line - at - 1, " dropped_lines=%lu", lost);
        if (more > 0) at += (size_t)more;
    }
    line[at++] = '\n';
    ssize_t written;
    do {
        written = write(STDERR_FILENO, line, at);
    } while (written < 0 && errno == EINTR);
}

const char *log_quote(struct str s, char *out, size_t size) {
    static const char hex[] = "0123456789abcdef";
    size_t at = 0;
    if (size < 8) {
        if (size) out[0] = '\0';
        return out;
    }
    out[at++] = '"';
    for (size_t i = 0; i < s.len && at + 7 < size; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if (c == '"' || c == '\\') {
            out[at++] = '\\';
            out[at++] = (char)c;
        } else if (c < 0x20 || c == 0x7F) {
            out[at++] = '\\';
            out[at++] = 'x';
            out[at++] = hex[c >> 4];
            out[at++] = hex[c & 15];
        } else {
            out[at++] = (char)c;
        }
    }
    out[at++] = '"';
    out[at] = '\0';
    return out;
}
