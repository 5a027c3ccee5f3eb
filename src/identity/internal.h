/* internal.h - what the files of this folder share; nobody outside includes it. */
#ifndef ALPHABET_IDENTITY_INTERNAL_H
#define ALPHABET_IDENTITY_INTERNAL_H

#include "identity/identity.h"
#include "identity/jwt.h"

#include <pthread.h>
#include <sodium.h>

enum { CACHE_SLOTS = 512 };

/* A token stands in the cache as its SipHash of 128 bits under a key of this process. */
struct token_digest {
    unsigned char bytes[crypto_shorthash_siphashx24_BYTES];
};

/* One token that was found good a moment ago. */
struct cached_principal {
    bool filled;
    struct token_digest digest;
    struct principal principal;
    struct mono good_until; // look again after this
    struct utc expires_at;  // the token's own end
};

struct identity {
    struct store *store;
    const struct clock *clock;
    struct jwt_settings jwt; // texts owned
    int64_t access_minutes, refresh_days, lockout_failures;
    struct span session_idle, session_life;
    struct span lockout;
    struct password_gate *gate;

    unsigned char cache_key[crypto_shorthash_siphashx24_KEYBYTES];
    pthread_mutex_t cache_lock;
    /* under cache_lock */
    struct cached_principal cache[CACHE_SLOTS];
};

/* Forgets every cached answer: something about a user changed. */
void identity_forget(struct identity *identity);
/* A login that is accepted stores a token of this kind and life. */
struct entry {
    struct str email, password, address;
    struct arena *arena;
    struct str prefix;
    struct span life;
    struct str replaced; // the token that ends with it; absent = none
    /* what came out */
    char secret[SECRET_TOKEN_SIZE];
    struct refresh_token token;
    struct user user; // as it stands after the write
    struct utc now;
};
WARN_UNUSED bool identity_enter(struct identity *identity, struct entry *entry, struct err *err);
/* From a session's secret to who holds it; sessions.c. */
WARN_UNUSED bool identity_by_session(struct identity *identity, struct str secret,
                                     struct arena *arena, struct principal *ret,
                                     struct utc *ret_expires, struct err *err);
/* `role` is what the token allows. */
void identity_fill_principal(const struct user *user, enum role role, struct principal *ret);
/* UNAUTHENTICATED; false. */
bool identity_refuse(struct err *err);
/* The cached answer for this session says that it was seen at `at`. */
void identity_cache_seen(struct identity *identity, struct str secret, struct utc at);
/* Appends an audit entry; `before` and `after` may be absent. */
WARN_UNUSED bool identity_audit(struct store_tx *tx, const struct actor *actor, struct utc now,
                                const char *action, struct guid subject, struct str before,
                                struct str after, struct err *err);
/* What the audit log shows of a user: nothing secret. */
struct str identity_user_json(struct arena *arena, const struct user *user);

#endif
