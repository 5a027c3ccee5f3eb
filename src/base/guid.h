/* guid.h - UUIDv7 (RFC 9562): sorted by the millisecond of its making, random behind that.
 *
 *   Owns: nothing.   Threads: safe from any.   Errors: guid_parse returns false.
 */
#ifndef ALPHABET_BASE_GUID_H
#define ALPHABET_BASE_GUID_H

#include "base/clock.h"
#include "base/str.h"

struct guid {
    unsigned char bytes[16];
};

enum { GUID_LENGTH = 36 };

/* Guids of one process made in the same millisecond also grow (a counter fills the 12 bits). */
struct guid guid_new(struct utc now);
bool guid_is_zero(struct guid id);
bool guid_equal(struct guid a, struct guid b);
void guid_format(struct guid id, char out[GUID_LENGTH + 1]); // lower case
void buf_put_guid(struct buf *buf, struct guid id);
WARN_UNUSED bool guid_parse(struct str s, struct guid *ret); // any version, any case

#endif
