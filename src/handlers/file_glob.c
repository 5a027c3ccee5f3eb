/* file_glob.c - see file_glob.h. Only the last `*` is ever tried again, which is enough: what an
 * earlier one took can stay as short as it was. */
#include "handlers/file_glob.h"

#include <string.h>

/* The bytes of the sign at the start of text; of what is no UTF-8, one. */
static size_t sign_length(const char *text) {
    size_t len = str_utf8_length((struct str){text, strnlen(text, 4)});
    return len > 0 ? len : 1;
}

static uint32_t sign_value(const char *text) {
    uint32_t value = 0;
    for (size_t i = 0, len = sign_length(text); i < len; i++)
        value = value << 8 | (unsigned char)text[i];
    return value; // ordered as the code points are
}

/* Of `[…]` the length, and whether it holds the sign of name; 0 = there is no end. */
static size_t match_set(const char *pattern, const char *name, bool *ret) {
    const char *at = pattern + 1;
    bool is_negated = *at == '!' || *at == '^', found = false;
    uint32_t sign = sign_value(name);
    at += is_negated;
    for (bool is_first = true; *at && (*at != ']' || is_first); is_first = false) {
        uint32_t low = sign_value(at), high = low;
        at += sign_length(at);
        if (*at == '-' && at[1] && at[1] != ']') {
            high = sign_value(at + 1);
            at += 1 + sign_length(at + 1);
        }
        found = found || (low <= sign && sign <= high);
    }
    if (*at != ']') return 0;
    *ret = found != is_negated;
    return (size_t)(at + 1 - pattern);
}

/* Does what is no `*` at the start of the pattern fit the sign at the start of name? Its length in
 * the pattern; 0 = it does not. */
static size_t match_one(const char *pattern, const char *name) {
    bool fits = false;
    if (*pattern == '?') return 1;
    if (*pattern == '[') {
        size_t len = match_set(pattern, name, &fits);
        if (len > 0) return fits ? len : 0;
    }
    size_t skip = *pattern == '\\' && pattern[1] ? 1 : 0;
    size_t len = sign_length(pattern + skip);
    fits = *pattern && strncmp(pattern + skip, name, len) == 0;
    return fits ? skip + len : 0;
}

bool file_glob_match(const char *pattern, const char *name) {
    const char *star = NULL, *from = NULL;
    if (*name == '.' && *pattern != '.' && !(pattern[0] == '\\' && pattern[1] == '.')) return false;
    while (*name) {
        if (*pattern == '*') {
            star = ++pattern;
            from = name;
            continue;
        }
        size_t len = match_one(pattern, name);
        if (len > 0) {
            pattern += len;
            name += sign_length(name);
        } else if (star) {
            from += sign_length(from);
            name = from;
            pattern = star;
        } else {
            return false;
        }
    }
    while (*pattern == '*') pattern++;
    return *pattern == '\0';
}

size_t file_glob_count(struct str text) {
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++)
        count += text.ptr[i] != '\0' && strchr("*?[\\", text.ptr[i]) != NULL;
    return count;
}

bool file_glob_present(struct str text) {
    return file_glob_count(text) > 0;
}
