/* hash.h - a stable 64-bit hash: the same bytes give the same number in every version and on every
 * machine, because jitter, `H` in patterns and stored keys rest on it. Not for secrets.
 *
 *   Owns: nothing.   Threads: pure.   Source: FNV-1a with the finaliser of MurmurHash3 (both public
 * domain).
 */
#ifndef ALPHABET_BASE_HASH_H
#define ALPHABET_BASE_HASH_H

#include "base/str.h"

uint64_t hash_bytes(const void *bytes, size_t len, uint64_t seed);
uint64_t hash_str(struct str s, uint64_t seed);

#endif
