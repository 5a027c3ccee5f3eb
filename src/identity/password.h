/* password.h - passwords: rules, Argon2id, and a gate so that many logins at once cannot take the
 * machine (each hash costs 19 MiB and some 25 ms).
 *
 *   Owns:    nothing.   Threads: any; the gate lets as many hash at once as it was made for.
 *   Errors:  INVALID for a password outside the rules; BUSY when too many wait already.
 *   Source:  OWASP password storage (m=19456 KiB, t=2, p=1); NIST SP 800-63B for length over
 * composition.
 */
#ifndef ALPHABET_IDENTITY_PASSWORD_H
#define ALPHABET_IDENTITY_PASSWORD_H

#include "base/err.h"
#include "base/str.h"

enum { PASSWORD_HASH_SIZE = 128 }; // "$argon2id$v=19$…" with its NUL

struct password_gate;
struct password_gate *password_gate_new(int at_once, int waiting);
void password_gate_free(struct password_gate *gate);

/* 12 to 128 characters of UTF-8 without control characters. */
WARN_UNUSED bool password_check_rules(struct str password, struct err *err);
WARN_UNUSED bool password_hash(struct password_gate *gate, struct str password,
                               char ret[PASSWORD_HASH_SIZE], struct err *err);
/* *ret_match says whether it fits. An absent hash costs the same time and never matches, so that an
 * unknown account cannot be told from a wrong password. *ret_rehash: made with older parameters. */
WARN_UNUSED bool password_verify(struct password_gate *gate, struct str hash, struct str password,
                                 bool *ret_match, bool *ret_rehash, struct err *err);
/* 20 random characters without look-alikes: about 115 bits. */
enum { GENERATED_PASSWORD_SIZE = 21 };
void password_generate(char ret[GENERATED_PASSWORD_SIZE]);

#endif
