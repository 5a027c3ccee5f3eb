/* sessions.c - what the cookie of a browser stands for; see identity.h.
 *
 * A session is a row among the refresh tokens, with a prefix of its own: what revokes those of a
 * user (logout everywhere, lock, role, password, deletion) ends sessions in the same write, and a
 * restart ends none. `used_at` is when it was last seen. That is written at most each
 * SEEN_SECONDS, and nobody waits for it: a write for each request would be absurd.
 *
 * The token against forged requests is a keyed hash of the session's own hash: it needs no place in
 * the store, and is good for this session only.
 */
#include "identity/internal.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

enum { SEEN_SECONDS = 30 };

static void fill_session(const struct refresh_token *row, struct principal *ret) {
    ret->is_session = true;
    memcpy(ret->session_hash, row->hash, sizeof ret->session_hash);
    ret->session_seen_at = utc_is_none(row->used_at) ? row->created_at : row->used_at;
    ret->session_expires_at = row->expires_at;
}

bool identity_session_login(struct identity *identity, struct str email, struct str password,
                            struct str address, struct str replaced, struct arena *arena,
                            struct session *ret, struct err *err) {
    struct entry entry = {
        .email = email,
        .password = password,
        .address = address,
        .arena = arena,
        .prefix = SESSION_TOKEN_PREFIX,
        .life = identity->session_life,
        .replaced = str_starts_with(replaced, SESSION_TOKEN_PREFIX) ? replaced : STR_NONE,
    };
    if (!identity_enter(identity, &entry, err)) return false;
    if (!str_is_absent(entry.replaced)) identity_forget(identity);
    memcpy(ret->secret, entry.secret, sizeof ret->secret);
    identity_fill_principal(&entry.user, entry.user.role, &ret->who);
    fill_session(&entry.token, &ret->who);
    return true;
}

bool identity_by_session(struct identity *identity, struct str secret, struct arena *arena,
                         struct principal *ret, struct utc *ret_expires, struct err *err) {
    unsigned char hash[TOKEN_HASH_SIZE];
    secret_token_hash(secret, hash);
    struct store_tx *tx = store_read_begin(identity->store, err);
    if (tx == NULL) return false;
    struct refresh_token row;
    struct user user;
    bool ok = store_refresh_get(tx, hash, &row, err) &&
              store_user_get_by_row(tx, row.user_row, arena, &user, err);
    store_read_end(tx);
    if (!ok) return err->kind == ERR_NOT_FOUND ? identity_refuse(err) : false;
    identity_fill_principal(&user, user.role, ret);
    memcpy(row.hash, hash, sizeof row.hash);
    fill_session(&row, ret);
    struct utc idle_end = utc_add(ret->session_seen_at, identity->session_idle);
    *ret_expires = utc_before(idle_end, row.expires_at) ? idle_end : row.expires_at;
    if (!utc_is_none(row.revoked_at) || user.is_locked ||
        !utc_before(clock_now(identity->clock), *ret_expires))
        return identity_refuse(err);
    return true;
}

/* ---- seen ---- */

struct seen {
    struct store_write write;
    unsigned char hash[TOKEN_HASH_SIZE];
    struct utc at;
};

static bool run_seen(struct store_tx *tx, void *context, struct err *err) {
    const struct seen *seen = context;
    return store_refresh_mark_used(tx, seen->hash, seen->at, err);
}

/* One that could not be written is written with a later request. */
static void seen_done(struct store_write *write) {
    free(write->context);
}

bool identity_session_authenticate(struct identity *identity, struct str secret,
                                   struct principal *ret, struct err *err) {
    if (!str_starts_with(secret, SESSION_TOKEN_PREFIX)) return identity_refuse(err);
    if (!identity_authenticate(identity, secret, ret, err)) return false;
    struct utc now = clock_now(identity->clock);
    if (utc_before(now, utc_add(ret->session_seen_at, span_seconds(SEEN_SECONDS)))) return true;
    identity_cache_seen(identity, secret, now);
    struct seen *seen = xcalloc(1, sizeof *seen);
    seen->write = (struct store_write){.run = run_seen, .done = seen_done, .context = seen};
    memcpy(seen->hash, ret->session_hash, sizeof seen->hash);
    seen->at = now;
    store_submit(identity->store, &seen->write);
    return true;
}

/* ---- forged requests ---- */

void identity_session_csrf(const struct identity *identity, const struct principal *who,
                           char ret[SESSION_CSRF_SIZE]) {
    static const char purpose[] = "csrf";
    unsigned char mac[crypto_auth_hmacsha256_BYTES];
    crypto_auth_hmacsha256_state state;
    (void)crypto_auth_hmacsha256_init(&state, (const unsigned char *)identity->jwt.key.ptr,
                                      identity->jwt.key.len);
    (void)crypto_auth_hmacsha256_update(&state, (const unsigned char *)purpose, sizeof purpose);
    (void)crypto_auth_hmacsha256_update(&state, who->session_hash, sizeof who->session_hash);
    (void)crypto_auth_hmacsha256_final(&state, mac);
    (void)sodium_bin2base64(ret, SESSION_CSRF_SIZE, mac, sizeof mac,
                            sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

/* ---- logout ---- */

struct session_logout {
    const struct principal *who;
    const struct actor *actor;
    struct utc now;
};

static bool run_session_logout(struct store_tx *tx, void *context, struct err *err) {
    const struct session_logout *logout = context;
    struct refresh_token row;
    return store_refresh_get(tx, logout->who->session_hash, &row, err) &&
           store_refresh_revoke_family(tx, row.family, logout->now, err) &&
           identity_audit(tx, logout->actor, logout->now, "logout", logout->who->user_id, STR_NONE,
                          STR_NONE, err);
}

bool identity_session_logout(struct identity *identity, const struct principal *who,
                             const struct actor *actor, struct err *err) {
    struct session_logout logout = {who, actor, clock_now(identity->clock)};
    if (!store_write_wait(identity->store, run_session_logout, &logout, err)) return false;
    identity_forget(identity);
    return true;
}
