/* audit_hash.h - the link of the audit chain: the hash that each entry carries.
 *
 * Every back end calls this, so that a chain written by one is verified by another.
 *
 *     audit_hash(previous, &entry, entry.hash);   // previous: hash of the row before; zeroes at
 * first
 *
 * The hash is SHA-256 over these bytes, in this order:
 *
 *     previous hash      32 bytes
 *     row                length, 8 bytes (big-endian)
 *     at                 length, 8 bytes (big-endian, two's complement, microseconds)
 *     actor              length, bytes
 *     address            length, bytes
 *     action             length, bytes
 *     subject            length, 16 bytes (all zeroes = none)
 *     before             length, bytes
 *     after              length, bytes
 *
 * Each length is 8 bytes, big-endian, and counts the bytes that follow it; an absent text has the
 * length 0xffffffffffffffff and no bytes, so that absent and empty differ. No two different entries
 * give the same bytes.
 *
 *   Owns:    nothing.   Threads: pure, safe from any.   Errors: none.
 *   Units:   at in microseconds.   Source: FIPS 180-4 (libsodium).
 */
#ifndef ALPHABET_STORE_AUDIT_HASH_H
#define ALPHABET_STORE_AUDIT_HASH_H

#include "store/store.h"

enum { AUDIT_HASH_SIZE = 32 };

/* `entry->row` must be set; `entry->hash` is not read. `ret` may be entry->hash. */
void audit_hash(const unsigned char previous[AUDIT_HASH_SIZE], const struct audit_entry *entry,
                unsigned char ret[AUDIT_HASH_SIZE]);

#endif
