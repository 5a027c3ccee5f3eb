/* utf16.h - between UTF-8 and the two-byte units that ODBC's wide functions speak.
 *
 *     struct wide name = wide_from(STR("Größe"), &arena);     // .ptr ends with a 0
 *     buf_put_wide(&out, units, count);
 *
 *   Owns:    wide_from allocates in the arena.   Threads: pure.
 *   Errors:  what is malformed becomes U+FFFD.   Units: len counts two-byte units.
 */
#ifndef ALPHABET_HANDLERS_PROCEDURES_UTF16_H
#define ALPHABET_HANDLERS_PROCEDURES_UTF16_H

#include "base/buf.h"
#include "base/mem.h"

struct wide {
    uint16_t *ptr;
    size_t len;
};

struct wide wide_from(struct str text, struct arena *arena);
void buf_put_wide(struct buf *out, const uint16_t *units, size_t count);

#endif
