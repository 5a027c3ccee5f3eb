/* signature.h - how a target knows that a request comes from us: X-Alphabet-Signature.
 *
 *     char text[SIGNATURE_ROOM];
 *     signature_write(secret, now, body, text);     // "t=1767323045,v1=9f86d081…"
 *
 * v1 is HMAC-SHA256 under the secret of "UNIXSECONDS.BODY", in lower-case hex. The time is part of
 * what is signed, so that a request that was overheard is worth nothing later.
 *
 *   Owns: nothing.   Threads: pure.   Errors: none.
 */
#ifndef ALPHABET_HANDLERS_SIGNATURE_H
#define ALPHABET_HANDLERS_SIGNATURE_H

#include "base/clock.h"

enum { SIGNATURE_ROOM = 96 };

void signature_write(struct str secret, struct utc now, struct str body, char out[SIGNATURE_ROOM]);

#endif
