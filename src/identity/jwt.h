/* jwt.h - our own access tokens: JWT, HS256 and nothing else.
 *
 * The algorithm is pinned: the header must say HS256, and its other members (kid, jku, x5u, jwk, …)
 * are never looked at. A token is taken only with all claims that we write, in the form that we
 * write them.
 *
 *   Owns:    texts of the claims live in the arena.   Threads: pure, safe from any.
 *   Units:   seconds since 1970 in the claims, as RFC 7519 has them.
 *   Errors:  UNAUTHENTICATED, with a reason that helps a developer and tells an attacker nothing
 * new. Source:  RFC 7519, RFC 8725. HMAC and base64url by libsodium.
 */
#ifndef ALPHABET_IDENTITY_JWT_H
#define ALPHABET_IDENTITY_JWT_H

#include "base/clock.h"
#include "base/err.h"
#include "base/guid.h"
#include "model/names.h"

enum { JWT_KEY_MIN = 32, JWT_KEY_MAX = 512, JWT_MAX = 4096, JWT_LEEWAY_SECONDS = 30 };

struct jwt_settings {
    struct str issuer, audience;
    struct str key; // JWT_KEY_MIN to JWT_KEY_MAX bytes
};

struct jwt_claims {
    struct guid subject; // user id
    struct str email;
    enum role role;
    int64_t generation; // user.token_generation when it was made
    struct guid id;     // jti
    struct utc issued_at, expires_at;
};

struct str jwt_sign(const struct jwt_settings *settings, const struct jwt_claims *claims,
                    struct arena *arena);
WARN_UNUSED bool jwt_verify(const struct jwt_settings *settings, struct str token, struct utc now,
                            struct arena *arena, struct jwt_claims *ret, struct err *err);

#endif
