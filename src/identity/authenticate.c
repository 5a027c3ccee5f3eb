/* authenticate.c - from a bearer token to a principal.
 *
 * Verifying a token and reading its user costs some ten microseconds and a read transaction; a busy
 * client sends the same token thousands of times a second. So a good answer is kept for
 * AUTHENTICATION_CACHE_SECONDS, and every change to a user in this process empties the cache at
 * once. The cache knows a token by its keyed hash, which is all it takes to recognise it and
 * nothing that could be read out of memory and used.
 */
#include "identity/internal.h"

#include <sodium.h>
#include <string.h>

static struct token_digest digest_of(const struct identity *identity, struct str token) {
    struct token_digest digest;
    crypto_shorthash_siphashx24(digest.bytes, (const unsigned char *)token.ptr, token.len,
                                identity->cache_key);
    return digest;
}

static struct cached_principal *slot_of(struct identity *identity, struct token_digest digest) {
    return &identity->cache[(digest.bytes[0] | digest.bytes[1] << 8) % CACHE_SLOTS];
}

static bool cache_find(struct identity *identity, struct token_digest digest,
                       struct principal *ret) {
    struct mono now = clock_mono(identity->clock);
    struct utc today = clock_now(identity->clock);
    (void)pthread_mutex_lock(&identity->cache_lock);
    const struct cached_principal *slot = slot_of(identity, digest);
    bool found = slot->filled &&
                 sodium_memcmp(slot->digest.bytes, digest.bytes, sizeof digest.bytes) == 0 &&
                 mono_before(now, slot->good_until) && utc_before(today, slot->expires_at);
    if (found) *ret = slot->principal;
    (void)pthread_mutex_unlock(&identity->cache_lock);
    return found;
}

/* `looked_at` is when the user was read: a change that came in between must not be hidden. */
static void cache_put(struct identity *identity, struct token_digest digest,
                      const struct principal *who, struct mono looked_at, struct utc expires_at) {
    (void)pthread_mutex_lock(&identity->cache_lock);
    *slot_of(identity, digest) = (struct cached_principal){
        .filled = true,
        .digest = digest,
        .principal = *who,
        .good_until = mono_add(looked_at, span_seconds(AUTHENTICATION_CACHE_SECONDS)),
        .expires_at = expires_at,
    };
    (void)pthread_mutex_unlock(&identity->cache_lock);
}

void identity_forget(struct identity *identity) {
    (void)pthread_mutex_lock(&identity->cache_lock);
    for (size_t i = 0; i < CACHE_SLOTS; i++) identity->cache[i] = (struct cached_principal){0};
    (void)pthread_mutex_unlock(&identity->cache_lock);
}

void identity_cache_seen(struct identity *identity, struct str secret, struct utc at) {
    struct token_digest digest = digest_of(identity, secret);
    (void)pthread_mutex_lock(&identity->cache_lock);
    struct cached_principal *slot = slot_of(identity, digest);
    if (slot->filled && sodium_memcmp(slot->digest.bytes, digest.bytes, sizeof digest.bytes) == 0) {
        slot->principal.session_seen_at = at;
    }
    (void)pthread_mutex_unlock(&identity->cache_lock);
}

bool identity_refuse(struct err *err) {
    return err_set(err, ERR_UNAUTHENTICATED,
                   "the access token is not valid; log in again or make a new one");
}

void identity_fill_principal(const struct user *user, enum role role, struct principal *ret) {
    *ret = (struct principal){
        .user_id = user->id,
        .user_row = user->row,
        .role = role < user->role ? role : user->role,
    };
    size_t len = user->email.len < sizeof ret->email ? user->email.len : sizeof ret->email - 1;
    memcpy(ret->email, user->email.ptr, len);
}

static bool by_jwt(struct identity *identity, struct str token, struct arena *arena,
                   struct principal *ret, struct utc *ret_expires, struct err *err) {
    struct jwt_claims claims;
    if (!jwt_verify(&identity->jwt, token, clock_now(identity->clock), arena, &claims, err))
        return false;
    struct store_tx *tx = store_read_begin(identity->store, err);
    if (tx == NULL) return false;
    struct user user;
    bool found = store_user_get(tx, claims.subject, arena, &user, err);
    store_read_end(tx);
    if (!found) return err->kind == ERR_NOT_FOUND ? identity_refuse(err) : false;
    if (user.is_locked || user.token_generation != claims.generation) return identity_refuse(err);
    identity_fill_principal(&user, claims.role, ret);
    *ret_expires = claims.expires_at;
    return true;
}

struct touch {
    struct guid id;
    struct utc at;
};

static bool run_touch(struct store_tx *tx, void *context, struct err *err) {
    const struct touch *touch = context;
    return store_token_touch(tx, touch->id, touch->at, err);
}

static bool by_personal_token(struct identity *identity, struct str token, struct arena *arena,
                              struct principal *ret, struct utc *ret_expires, struct err *err) {
    unsigned char hash[TOKEN_HASH_SIZE];
    secret_token_hash(token, hash);
    struct store_tx *tx = store_read_begin(identity->store, err);
    if (tx == NULL) return false;
    struct access_token found;
    struct user user;
    bool ok = store_token_get(tx, hash, arena, &found, err) &&
              store_user_get_by_row(tx, found.user_row, arena, &user, err);
    store_read_end(tx);
    if (!ok) return err->kind == ERR_NOT_FOUND ? identity_refuse(err) : false;
    struct utc now = clock_now(identity->clock);
    if (!utc_is_none(found.revoked_at) || !utc_before(now, found.expires_at) || user.is_locked)
        return identity_refuse(err);
    identity_fill_principal(&user, found.role, ret);
    ret->is_personal_token = true;
    *ret_expires = found.expires_at;
    /* "Last used" is kept to the hour: a write for each request would be absurd. */
    if (utc_before(utc_add(found.last_used_at, span_seconds(3600)), now)) {
        struct touch touch = {found.id, now};
        struct err ignored = ERR_INIT;
        (void)!store_write_wait(identity->store, run_touch, &touch, &ignored);
    }
    return true;
}

bool identity_authenticate(struct identity *identity, struct str bearer, struct principal *ret,
                           struct err *err) {
    if (bearer.len == 0 || bearer.len > JWT_MAX) return identity_refuse(err);
    struct token_digest digest = digest_of(identity, bearer);
    if (cache_find(identity, digest, ret)) return true;
    struct mono looked_at = clock_mono(identity->clock);
    struct arena arena = {0};
    struct principal who;
    struct utc expires_at = UTC_NONE;
    struct err why = ERR_INIT;
    bool ok;
    if (str_starts_with(bearer, PERSONAL_TOKEN_PREFIX))
        ok = by_personal_token(identity, bearer, &arena, &who, &expires_at, &why);
    else if (str_starts_with(bearer, SESSION_TOKEN_PREFIX))
        ok = identity_by_session(identity, bearer, &arena, &who, &expires_at, &why);
    else
        ok = by_jwt(identity, bearer, &arena, &who, &expires_at, &why);
    arena_free(&arena);
    if (!ok) {
        if (err) *err = why;
        return false;
    }
    cache_put(identity, digest, &who, looked_at, expires_at);
    *ret = who;
    return true;
}
