/* json_scan.h - walks over JSON text without making a tree: members of an object, elements of an
 * array, each as a view of its own text.
 *
 * For texts that are too large to be held as a tree: what is small enough is then read by
 * json_read.
 *
 *     struct json_scan scan;
 *     struct str name, value;
 *     if (!json_scan_begin(text, '{', &scan, &err)) return false;
 *     while (json_scan_next(&scan, &name, &value, &err)) ...
 *     if (err.kind != ERR_NONE) return false;
 *
 * Only the outline is checked: strings end, brackets are as many as they were opened, members and
 * elements are separated by single commas. A value is checked by whoever reads it.
 *
 *   Owns:    nothing; views point into the text. Names come without quotes, escapes as they are.
 *   Threads: pure.   Errors: INVALID with the position in the text.
 */
#ifndef ALPHABET_BASE_JSON_SCAN_H
#define ALPHABET_BASE_JSON_SCAN_H

#include "base/buf.h"
#include "base/err.h"

struct json_scan {
    struct str text;
    size_t at;
    bool is_object;
    bool begun; // a value was given: a comma must follow
};

/* `open` is '{' or '['; the text must be one such value and nothing else. */
WARN_UNUSED bool json_scan_begin(struct str text, char open, struct json_scan *ret,
                                 struct err *err);
/* The next member or element (*ret_name is absent then). False at the end, with err->kind ERR_NONE,
 * or for malformed text. */
WARN_UNUSED bool json_scan_next(struct json_scan *scan, struct str *ret_name, struct str *ret_value,
                                struct err *err);
/* Puts what a JSON string (with its quotes) means. Whole: no other text around it. Refuses what
 * json_read refuses: NUL, control characters, half surrogates, bytes that are not UTF-8. */
WARN_UNUSED bool json_scan_string(struct str value, struct buf *out, struct err *err);

#endif
