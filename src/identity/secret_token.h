/* secret_token.h - opaque random tokens (refresh, personal access, session): made, shown once, and
 * kept only as a hash.
 *
 *   Owns: plain values.   Threads: any.   Errors: none.
 *   256 random bits need no salt and no slow hash: SHA-256 is what is stored and looked up.
 */
#ifndef ALPHABET_IDENTITY_SECRET_TOKEN_H
#define ALPHABET_IDENTITY_SECRET_TOKEN_H

#include "base/str.h"
#include "model/user.h"

/* "alp_" (personal), "alr_" (refresh) or "als_" (session), 43 characters of base64url, NUL. */
enum { SECRET_TOKEN_SIZE = 48, SECRET_TOKEN_PREFIX_LENGTH = 8 };
#define PERSONAL_TOKEN_PREFIX STR("alp_")
#define REFRESH_TOKEN_PREFIX STR("alr_")
#define SESSION_TOKEN_PREFIX STR("als_")

void secret_token_new(struct str prefix, char ret[SECRET_TOKEN_SIZE]);
void secret_token_hash(struct str token, unsigned char ret[TOKEN_HASH_SIZE]);

#endif
