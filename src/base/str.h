/* str.h - a string is a view: pointer and length, never owned, not necessarily NUL-terminated.
 *
 *     struct str method = STR("GET");
 *     if (str_equal(method, other)) ...
 *     log("%.*s", STR_ARG(method));
 *
 *   Owns:    nothing; the bytes belong to whoever made them.   Threads: pure, safe from any.
 *   Errors:  parsers return false and leave their output untouched.
 *   A struct str of all zeroes is the absent string: str_is_absent(); it also compares equal to "".
 */
#ifndef ALPHABET_BASE_STR_H
#define ALPHABET_BASE_STR_H

#include "base/attr.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct str {
    const char *ptr;
    size_t len;
};

#define STR(literal) ((struct str){(literal), sizeof(literal) - 1})
#define STR_INIT(literal) \
    { (literal), sizeof(literal) - 1 } // for static initialisers
#define STR_NONE ((struct str){NULL, 0})
#define STR_ARG(s) (int)(s).len, ((s).ptr ? (s).ptr : "")

struct str str_from_cstr(const char *text); // NULL gives the absent string
bool str_is_absent(struct str s);
bool str_equal(struct str a, struct str b);
bool str_equal_nocase(struct str a, struct str b); // ASCII letters only
int str_compare(struct str a, struct str b);       // as memcmp, a prefix sorts first
bool str_starts_with(struct str s, struct str prefix);
bool str_ends_with(struct str s, struct str suffix);
bool str_contains(struct str s, struct str needle);
struct str str_trim(struct str s); // without spaces, tabs, CR and LF at both ends
/* The part of s from byte `from`, at most `len` bytes; clamped to s. */
struct str str_slice(struct str s, size_t from, size_t len);
/* Cuts the text before the first `separator` off `*rest` and returns it; the rest starts behind it.
 * Without a separator the whole is returned and *rest becomes absent. */
struct str str_cut(struct str *rest, char separator);

WARN_UNUSED bool str_parse_i64(struct str s, int64_t *ret); // decimal, optional '-', nothing else
WARN_UNUSED bool str_parse_bool(struct str s, bool *ret);   // true/false in any case, 1/0
/* True when s is well-formed UTF-8 (no overlong forms, no surrogates, at most U+10FFFF). */
bool str_is_utf8(struct str s);
/* The length in bytes of the well-formed UTF-8 sequence at the start of s; 0 when there is none. */
size_t str_utf8_length(struct str s);
/* How many code points s holds; s must be UTF-8. */
size_t str_utf8_count(struct str s);

#endif
