/* buf.h - a byte string that grows, always NUL-terminated, with a maximum of its own.
 *
 *     struct buf out = buf_with_max(64 * 1024);
 *     buf_put(&out, STR("hello "));
 *     buf_printf(&out, "%d", 42);
 *     if (out.too_big) ...                  // what did not fit was dropped, the rest is intact
 *     buf_free(&out);
 *
 *   Owns:    its bytes, until buf_free or buf_take.   Threads: one at a time.
 *   Errors:  writing beyond the maximum sets too_big and drops the whole piece; nothing else fails.
 */
#ifndef ALPHABET_BASE_BUF_H
#define ALPHABET_BASE_BUF_H

#include "base/attr.h"
#include "base/str.h"

#include <string.h>

struct buf {
    char *ptr; // NULL until something was written
    size_t len;
    size_t cap;
    size_t max; // 0 = no maximum
    bool too_big;
};

struct buf buf_with_max(size_t max);
void buf_free(struct buf *buf);
void buf_reset(struct buf *buf); // empty again, memory kept
/* Hands the NUL-terminated bytes to the caller, who frees them; the buffer is empty then. */
char *buf_take(struct buf *buf);
struct str buf_str(const struct buf *buf); // a view, valid until the next write

void buf_reserve(struct buf *buf, size_t more);
void buf_put_slowly(struct buf *buf, struct str s); // buf_put where there may be no room
/* Inline, since answers are made of thousands of short literals whose lengths the compiler knows.
 */
static inline void buf_put(struct buf *buf, struct str s) {
    if (buf->max != 0 || s.len >= buf->cap - buf->len) {
        buf_put_slowly(buf, s);
        return;
    }
    if (s.len) memcpy(buf->ptr + buf->len, s.ptr, s.len);
    buf->len += s.len;
    buf->ptr[buf->len] = '\0';
}

static inline void buf_put_char(struct buf *buf, char c) {
    buf_put(buf, (struct str){&c, 1});
}

void buf_put_i64(struct buf *buf, int64_t value);
void buf_printf(struct buf *buf, const char *format, ...) PRINTF_LIKE(2, 3);
/* Puts s with every byte that is not part of well-formed UTF-8 replaced by U+FFFD. */
void buf_put_utf8(struct buf *buf, struct str s);

#endif
