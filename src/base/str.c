/* str.c - views over bytes; see str.h. */
#include "base/str.h"

#include <limits.h>
#include <string.h>

struct str str_from_cstr(const char *text) {
    return text ? (struct str){text, strlen(text)} : STR_NONE;
}

bool str_is_absent(struct str s) {
    return s.ptr == NULL;
}

bool str_equal(struct str a, struct str b) {
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static unsigned char lower(char c) {
    return (unsigned char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

bool str_equal_nocase(struct str a, struct str b) {
    if (a.len != b.len) return false;
    for (size_t i = 0; i < a.len; i++)
        if (lower(a.ptr[i]) != lower(b.ptr[i])) return false;
    return true;
}

int str_compare(struct str a, struct str b) {
    size_t shorter = a.len < b.len ? a.len : b.len;
    int order = shorter ? memcmp(a.ptr, b.ptr, shorter) : 0;
    if (order != 0) return order;
    return a.len < b.len ? -1 : a.len > b.len;
}

bool str_starts_with(struct str s, struct str prefix) {
    return s.len >= prefix.len && str_equal(str_slice(s, 0, prefix.len), prefix);
}

bool str_ends_with(struct str s, struct str suffix) {
    return s.len >= suffix.len && str_equal(str_slice(s, s.len - suffix.len, suffix.len), suffix);
}

bool str_contains(struct str s, struct str needle) {
    if (needle.len == 0) return true;
    if (s.len < needle.len) return false;
    return memmem(s.ptr, s.len, needle.ptr, needle.len) != NULL;
}

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct str str_trim(struct str s) {
    while (s.len > 0 && is_blank(s.ptr[0])) s = str_slice(s, 1, s.len);
    while (s.len > 0 && is_blank(s.ptr[s.len - 1])) s.len--;
    return s;
}

struct str str_slice(struct str s, size_t from, size_t len) {
    if (s.ptr == NULL) return s;
    if (from > s.len) from = s.len;
    if (len > s.len - from) len = s.len - from;
    return (struct str){s.ptr + from, len};
}

struct str str_cut(struct str *rest, char separator) {
    struct str whole = *rest;
    const char *at = whole.len ? memchr(whole.ptr, separator, whole.len) : NULL;
    if (at == NULL) {
        *rest = STR_NONE;
        return whole;
    }
    size_t before = (size_t)(at - whole.ptr);
    *rest = str_slice(whole, before + 1, whole.len);
    return str_slice(whole, 0, before);
}

bool str_parse_i64(struct str s, int64_t *ret) {
    bool negative = s.len > 0 && s.ptr[0] == '-';
    size_t i = negative ? 1 : 0;
    if (i == s.len) return false;
    int64_t value = 0; // kept negative: the range below zero is the larger one
    for (; i < s.len; i++) {
        if (s.ptr[i] < '0' || s.ptr[i] > '9') return false;
        int digit = s.ptr[i] - '0';
        if (__builtin_mul_overflow(value, 10, &value)) return false;
        if (__builtin_sub_overflow(value, digit, &value)) return false;
    }
    if (!negative && value == INT64_MIN) return false;
    *ret = negative ? value : -value;
    return true;
}

bool str_parse_bool(struct str s, bool *ret) {
    if (str_equal_nocase(s, STR("true")) || str_equal(s, STR("1"))) {
        *ret = true;
        return true;
    }
    if (str_equal_nocase(s, STR("false")) || str_equal(s, STR("0"))) {
        *ret = false;
        return true;
    }
    return false;
}

/* The smallest second byte and the largest one depend on the first (Unicode, table 3-7): that is
 * what keeps overlong forms, surrogates and code points above U+10FFFF out. */
size_t str_utf8_length(struct str s) {
    if (s.len == 0) return 0;
    const unsigned char *p = (const unsigned char *)s.ptr;
    unsigned char lead = p[0];
    if (lead < 0x80) return 1;
    size_t length;
    unsigned char low = 0x80, high = 0xBF;
    if (lead >= 0xC2 && lead <= 0xDF) {
        length = 2;
    } else if (lead >= 0xE0 && lead <= 0xEF) {
        length = 3;
        if (lead == 0xE0) low = 0xA0;
        if (lead == 0xED) high = 0x9F;
    } else if (lead >= 0xF0 && lead <= 0xF4) {
        length = 4;
        if (lead == 0xF0) low = 0x90;
        if (lead == 0xF4) high = 0x8F;
    } else {
        return 0;
    }
    if (s.len < length || p[1] < low || p[1] > high) return 0;
    for (size_t i = 2; i < length; i++)
        if (p[i] < 0x80 || p[i] > 0xBF) return 0;
    return length;
}

bool str_is_utf8(struct str s) {
    while (s.len > 0) {
        size_t length = str_utf8_length(s);
        if (length == 0) return false;
        s = str_slice(s, length, s.len);
    }
    return true;
}

size_t str_utf8_count(struct str s) {
    size_t count = 0;
    for (size_t i = 0; i < s.len; i++)
        if (((unsigned char)s.ptr[i] & 0xC0) != 0x80) count++;
    return count;
}
