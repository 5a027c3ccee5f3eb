/* url.h - percent-encoding and query strings.
 *
 *     struct str name;
 *     if (!url_decode(&arena, STR("a%20b"), 0, &name)) ...       // "a b"
 *
 *   Owns:    results live in the arena, or are views into the input when nothing was encoded.
 *   Threads: pure.   Errors: false for a broken escape, a NUL, or bytes that are not UTF-8.
 *   Source:  RFC 3986, 2.1; the form encoding of the URL standard (`+` is a space).
 */
#ifndef ALPHABET_HTTP_URL_H
#define ALPHABET_HTTP_URL_H

#include "base/err.h"
#include "base/mem.h"

enum url_decode_flags { URL_PLUS_IS_SPACE = 1 };

WARN_UNUSED bool url_decode(struct arena *arena, struct str encoded, unsigned flags,
                            struct str *ret);

enum { QUERY_MAX_PARAMETERS = 64 };

struct query_parameter {
    struct str name;
    struct str value;
};

struct query {
    struct query_parameter items[QUERY_MAX_PARAMETERS];
    size_t count;
};

/* Splits and decodes `a=1&b=2`. A broken escape, a name given twice, or more than
 * QUERY_MAX_PARAMETERS is a fault that names the parameter; what is sound is still filled in. */
void query_parse(struct str text, struct arena *arena, struct query *query, struct faults *faults);
/* The value of a parameter; absent when it was not given. */
struct str query_find(const struct query *query, struct str name);

#endif
