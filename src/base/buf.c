/* buf.c - growable byte string; see buf.h. */
#include "base/buf.h"

#include "base/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct buf buf_with_max(size_t max) {
    return (struct buf){.max = max};
}

void buf_free(struct buf *buf) {
    free(buf->ptr);
    *buf = (struct buf){.max = buf->max};
}

void buf_reset(struct buf *buf) {
    buf->len = 0;
    buf->too_big = false;
    if (buf->ptr) buf->ptr[0] = '\0';
}

char *buf_take(struct buf *buf) {
    char *taken = buf->ptr ? buf->ptr : xstrdup("");
    *buf = (struct buf){.max = buf->max};
    return taken;
}

struct str buf_str(const struct buf *buf) {
    return buf->ptr ? (struct str){buf->ptr, buf->len} : STR("");
}

/* True when `more` bytes fit below the maximum. */
static bool fits(struct buf *buf, size_t more) {
    if (buf->max == 0 || (more <= buf->max && buf->len <= buf->max - more)) return true;
    buf->too_big = true;
    return false;
}

void buf_reserve(struct buf *buf, size_t more) {
    size_t need = buf->len + more + 1;
    if (need <= buf->cap) return;
    size_t cap = buf->cap ? buf->cap : 64;
    while (cap < need) cap *= 2;
    buf->ptr = xrealloc(buf->ptr, cap);
    buf->cap = cap;
    buf->ptr[buf->len] = '\0';
}

void buf_put_slowly(struct buf *buf, struct str s) {
    if (!fits(buf, s.len)) return;
    buf_reserve(buf, s.len);
    if (s.len) memcpy(buf->ptr + buf->len, s.ptr, s.len);
    buf->len += s.len;
    buf->ptr[buf->len] = '\0';
}

void buf_put_i64(struct buf *buf, int64_t value) {
    char digits[20];
    size_t at = sizeof digits;
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do {
        digits[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest);
    if (value < 0) digits[--at] = '-';
    buf_put(buf, (struct str){digits + at, sizeof digits - at});
}

void buf_printf(struct buf *buf, const char *format, ...) {
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (length > 0 && fits(buf, (size_t)length)) {
        buf_reserve(buf, (size_t)length);
        (void)vsnprintf(buf->ptr + buf->len, (size_t)length + 1, format, again);
        buf->len += (size_t)length;
    }
    va_end(again);
}

void buf_put_utf8(struct buf *buf, struct str s) {
    size_t good = 0; // bytes at the start of s that are known to be well-formed
    while (good < s.len) {
        size_t length = str_utf8_length(str_slice(s, good, s.len));
        if (length) {
            good += length;
            continue;
        }
        buf_put(buf, str_slice(s, 0, good));
        buf_put(buf, STR("\xEF\xBF\xBD"));
        s = str_slice(s, good + 1, s.len);
        good = 0;
    }
    buf_put(buf, s);
}
