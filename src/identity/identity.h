/* identity.h - who is calling, and what they may be given: login, tokens, users.
 *
 *     struct principal who;
 *     if (!identity_authenticate(identity, bearer, &who, &err)) ...   // 401
 *     if (who.role < ROLE_ADMIN) ...                                  // 403
 *
 * Access tokens are JWTs of 15 minutes. A change of password or role, a lock and a logout raise the
 * user's token generation, which ends every access token made before; authenticate looks at the
 * user again at most AUTHENTICATION_CACHE_SECONDS after it last did, so that they end within that
 * time. Refresh tokens rotate; the second use of one ends its whole family. Personal access tokens
 * are for scripts.
 *
 *   Owns:    identity_new borrows the store and the clock until identity_free. Texts in results
 * live in the arena that was passed in. Threads: every function from any thread; those that change
 * something wait for their commit. Errors:  UNAUTHENTICATED, FORBIDDEN, INVALID (with field),
 * NOT_FOUND, CONFLICT, BUSY, UNAVAILABLE.
 */
#ifndef ALPHABET_IDENTITY_IDENTITY_H
#define ALPHABET_IDENTITY_IDENTITY_H

#include "base/clock.h"
#include "base/err.h"
#include "identity/password.h"
#include "identity/secret_token.h"
#include "model/user.h"
#include "store/store.h"

enum { AUTHENTICATION_CACHE_SECONDS = 2 };

struct identity_options {
    struct store *store;
    const struct clock *clock;
    struct str issuer, audience;
    struct str key; // of the HMAC, at least 32 bytes; copied
    int64_t access_minutes, refresh_days;
    struct span session_idle, session_life; // of a cookie: without a request, and at most
    int64_t lockout_failures;               // failed logins in a row that lock an account
    struct span lockout;
};

struct identity;
struct identity *identity_new(const struct identity_options *options);
void identity_free(struct identity *identity); // NULL is fine

/* Who acts, for the audit. */
struct actor {
    struct str email;
    struct str address;
};

struct principal {
    struct guid user_id;
    int64_t user_row;
    enum role role; // what this token allows: at most the user's role
    bool is_personal_token;
    char email[256]; // NUL-terminated
    /* Of a session only. */
    bool is_session;
    unsigned char session_hash[TOKEN_HASH_SIZE];
    struct utc session_seen_at, session_expires_at;
};

/* `bearer` is the token without the word Bearer, or the secret of a session. */
WARN_UNUSED bool identity_authenticate(struct identity *identity, struct str bearer,
                                       struct principal *ret, struct err *err);

struct token_pair {
    struct str access_token;
    char refresh_token[SECRET_TOKEN_SIZE];
    int64_t expires_in; // seconds
};
/* One answer for an unknown account, a wrong password and a locked one, in one time. */
WARN_UNUSED bool identity_login(struct identity *identity, struct str email, struct str password,
                                struct str address, struct arena *arena, struct token_pair *ret,
                                struct err *err);
WARN_UNUSED bool identity_refresh(struct identity *identity, struct str refresh_token,
                                  struct str address, struct arena *arena, struct token_pair *ret,
                                  struct err *err);
/* Ends every access and refresh token of the user (personal access tokens stay). */
WARN_UNUSED bool identity_logout(struct identity *identity, const struct principal *who,
                                 const struct actor *actor, struct err *err);

/* ---- sessions: what the cookie of a browser holds ---- */
/* A session ends after session_idle without a request, after session_life anyhow, and with whatever
 * ends the user's refresh tokens; it outlives the server. Its secret is opaque. */
struct session {
    char secret[SECRET_TOKEN_SIZE];
    struct principal who;
};
/* As identity_login. `replaced`, the secret that the browser sent along, ends (absent = none). */
WARN_UNUSED bool identity_session_login(struct identity *identity, struct str email,
                                        struct str password, struct str address,
                                        struct str replaced, struct arena *arena,
                                        struct session *ret, struct err *err);
/* As identity_authenticate, and the session counts as used now. */
WARN_UNUSED bool identity_session_authenticate(struct identity *identity, struct str secret,
                                               struct principal *ret, struct err *err);
/* What a script of the page must send along with every change, bound to the session. */
enum { SESSION_CSRF_SIZE = 44 };
void identity_session_csrf(const struct identity *identity, const struct principal *who,
                           char ret[SESSION_CSRF_SIZE]);
/* Ends this session alone. */
WARN_UNUSED bool identity_session_logout(struct identity *identity, const struct principal *who,
                                         const struct actor *actor, struct err *err);

/* Makes the first admin when there is no user at all. *ret_created tells; `password` is what was
 * given, or the generated one, to be shown once. */
WARN_UNUSED bool identity_ensure_admin(struct identity *identity, struct str given_password,
                                       char ret_password[GENERATED_PASSWORD_SIZE],
                                       bool *ret_created, struct err *err);

/* ---- personal access tokens ---- */
WARN_UNUSED bool identity_token_create(struct identity *identity, const struct principal *who,
                                       const struct actor *actor, struct str name, enum role role,
                                       struct utc expires_at, struct access_token *ret,
                                       char ret_secret[SECRET_TOKEN_SIZE], struct err *err);
WARN_UNUSED bool identity_token_list(struct identity *identity, const struct principal *who,
                                     struct arena *arena, struct access_token **ret, size_t *count,
                                     struct err *err);
WARN_UNUSED bool identity_token_revoke(struct identity *identity, const struct principal *who,
                                       const struct actor *actor, struct guid id, struct err *err);

/* ---- users, for admins ---- */
/* Lower-cased copy; INVALID with field "email" when it is none. */
WARN_UNUSED bool identity_normal_email(struct str email, struct arena *arena, struct str *ret,
                                       struct err *err);
WARN_UNUSED bool identity_user_create(struct identity *identity, const struct actor *actor,
                                      struct str email, struct str password, enum role role,
                                      struct arena *arena, struct user *ret, struct err *err);
/* The same in two steps, for a transaction of the caller's: *ret is checked and its password
 * hashed, then stored with its audit entry; CONFLICT when the e-mail is taken. */
WARN_UNUSED bool identity_user_prepare(struct identity *identity, struct str email,
                                       struct str password, enum role role, struct arena *arena,
                                       struct user *ret, struct err *err);
WARN_UNUSED bool identity_user_insert(struct store_tx *tx, const struct actor *actor,
                                      struct user *user, struct err *err);
/* By which a request that holds a password is recognised when it comes again: nobody who has the
 * store alone can try passwords on it. */
enum { IDENTITY_FINGERPRINT = 32 };
void identity_fingerprint(const struct identity *identity, struct str text,
                          unsigned char ret[IDENTITY_FINGERPRINT]);
WARN_UNUSED bool identity_user_list(struct identity *identity, int64_t offset, int64_t limit,
                                    struct arena *arena, struct user **ret, size_t *count,
                                    int64_t *total, struct err *err);
WARN_UNUSED bool identity_user_get(struct identity *identity, struct guid id, struct arena *arena,
                                   struct user *ret, struct err *err);
/* Locking or demoting the last admin is a CONFLICT. Unlock also clears failed logins. */
WARN_UNUSED bool identity_user_lock(struct identity *identity, const struct actor *actor,
                                    struct guid id, bool locked, struct err *err);
WARN_UNUSED bool identity_user_set_role(struct identity *identity, const struct actor *actor,
                                        struct guid id, enum role role, struct err *err);
WARN_UNUSED bool identity_user_set_password(struct identity *identity, const struct actor *actor,
                                            struct guid id, struct str password, struct err *err);
WARN_UNUSED bool identity_user_delete(struct identity *identity, const struct actor *actor,
                                      struct guid id, struct err *err);

#endif
