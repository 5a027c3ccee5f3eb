/* utf16.c - see utf16.h. */
#include "handlers/procedures/utf16.h"

enum { REPLACEMENT = 0xFFFD };

/* The code point at the start of s, and its length in bytes. */
static uint32_t decode(struct str s, size_t *ret_length) {
    const unsigned char *b = (const unsigned char *)s.ptr;
    size_t length = str_utf8_length(s);
    *ret_length = length ? length : 1;
    switch (length) {
    case 1: return b[0];
    case 2: return ((uint32_t)(b[0] & 0x1F) << 6) | (b[1] & 0x3F);
    case 3: return ((uint32_t)(b[0] & 0x0F) << 12) | ((uint32_t)(b[1] & 0x3F) << 6) | (b[2] & 0x3F);
    case 4:
        return ((uint32_t)(b[0] & 0x07) << 18) | ((uint32_t)(b[1] & 0x3F) << 12) |
               ((uint32_t)(b[2] & 0x3F) << 6) | (b[3] & 0x3F);
    default: return REPLACEMENT;
    }
}

struct wide wide_from(struct str text, struct arena *arena) {
    struct wide wide = {.ptr = ARENA_ARRAY(arena, text.len + 1, uint16_t)};
    for (size_t at = 0, length; at < text.len; at += length) {
        uint32_t c = decode(str_slice(text, at, text.len), &length);
        if (c >= 0x10000) {
            wide.ptr[wide.len++] = (uint16_t)(0xD800 + ((c - 0x10000) >> 10));
            c = 0xDC00 + ((c - 0x10000) & 0x3FF);
        }
        wide.ptr[wide.len++] = (uint16_t)c;
    }
    return wide;
}

static void put_code_point(struct buf *out, uint32_t c) {
    if (c < 0x80) {
        buf_put_char(out, (char)c);
    } else if (c < 0x800) {
        buf_put_char(out, (char)(0xC0 | (c >> 6)));
        buf_put_char(out, (char)(0x80 | (c & 0x3F)));
    } else if (c < 0x10000) {
        buf_put_char(out, (char)(0xE0 | (c >> 12)));
        buf_put_char(out, (char)(0x80 | ((c >> 6) & 0x3F)));
        buf_put_char(out, (char)(0x80 | (c & 0x3F)));
    } else {
        buf_put_char(out, (char)(0xF0 | (c >> 18)));
        buf_put_char(out, (char)(0x80 | ((c >> 12) & 0x3F)));
        buf_put_char(out, (char)(0x80 | ((c >> 6) & 0x3F)));
        buf_put_char(out, (char)(0x80 | (c & 0x3F)));
    }
}

void buf_put_wide(struct buf *out, const uint16_t *units, size_t count) {
    for (size_t i = 0; i < count; i++) {
        uint32_t c = units[i];
        bool is_pair = c >= 0xD800 && c < 0xDC00 && i + 1 < count && units[i + 1] >= 0xDC00 &&
                       units[i + 1] < 0xE000;
        if (is_pair)
            c = 0x10000 + ((c - 0xD800) << 10) + (units[++i] - 0xDC00U);
        else if (c >= 0xD800 && c < 0xE000)
            c = REPLACEMENT;
        put_code_point(out, c);
    }
}
