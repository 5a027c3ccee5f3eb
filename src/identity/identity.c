/* identity.c - login, refresh, logout and the first admin; see identity.h.
 *
 * Everything that decides and changes at once (a failed login counted, a refresh token used)
 * happens in one write, so that two requests at the same moment cannot both win.
 */
#include "identity/internal.h"

#include "base/bounds.h"
#include "base/buf.h"
#include "base/json_write.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum { HASHES_AT_ONCE = 2, LOGINS_WAITING = 64 };

struct identity *identity_new(const struct identity_options *options) {
    struct identity *identity = xcalloc(1, sizeof *identity);
    identity->store = options->store;
    identity->clock = options->clock;
    identity->jwt = (struct jwt_settings){
        .issuer = {xstr_dup(options->issuer), options->issuer.len},
        .audience = {xstr_dup(options->audience), options->audience.len},
        .key = {xstr_dup(options->key), options->key.len},
    };
    identity->access_minutes = options->access_minutes;
    identity->refresh_days = options->refresh_days;
    identity->session_idle = options->session_idle;
    identity->session_life = options->session_life;
    identity->lockout_failures = options->lockout_failures;
    identity->lockout = options->lockout;
    identity->gate = password_gate_new(HASHES_AT_ONCE, LOGINS_WAITING);
    randombytes_buf(identity->cache_key, sizeof identity->cache_key);
    (void)pthread_mutex_init(&identity->cache_lock, NULL);
    return identity;
}

void identity_free(struct identity *identity) {
    if (identity == NULL) return;
    identity_forget(identity);
    (void)pthread_mutex_destroy(&identity->cache_lock);
    password_gate_free(identity->gate);
    sodium_memzero((void *)(uintptr_t)identity->jwt.key.ptr, identity->jwt.key.len);
    free((void *)(uintptr_t)identity->jwt.key.ptr);
    free((void *)(uintptr_t)identity->jwt.issuer.ptr);
    free((void *)(uintptr_t)identity->jwt.audience.ptr);
    free(identity);
}

bool identity_normal_email(struct str email, struct arena *arena, struct str *ret,
                           struct err *err) {
    email = str_trim(email);
    size_t at = 0, ats = 0;
    for (size_t i = 0; i < email.len; i++) {
        unsigned char c = (unsigned char)email.ptr[i];
        if (c <= 0x20 || c == 0x7F || c == '<' || c == '>' || c == '"' || c == ',' || c == ';')
            return err_set_field(err, ERR_INVALID, "email", "is not an e-mail address");
        if (c == '@') {
            at = i;
            ats++;
        }
    }
    if (ats != 1 || at == 0 || at + 1 == email.len || email.len > MAX_EMAIL || !str_is_utf8(email))
        return err_set_field(err, ERR_INVALID, "email", "is not an e-mail address");
    struct str copy = arena_copy(arena, email);
    char *p = (char *)(uintptr_t)copy.ptr;
    for (size_t i = 0; i < copy.len; i++)
        if (p[i] >= 'A' && p[i] <= 'Z') p[i] = (char)(p[i] - 'A' + 'a');
    *ret = copy;
    return true;
}

bool identity_audit(struct store_tx *tx, const struct actor *actor, struct utc now,
                    const char *action, struct guid subject, struct str before, struct str after,
                    struct err *err) {
    struct audit_entry entry = {
        .at = now,
        .actor = actor->email,
        .address = actor->address,
        .action = str_from_cstr(action),
        .subject = subject,
        .before = before,
        .after = after,
    };
    return store_audit_append(tx, &entry, err);
}

/* ---- login ---- */

struct login {
    struct identity *identity;
    struct entry *entry;
    int64_t user_row;
    bool password_matches;
    struct str new_hash; // absent = keep
    bool accepted;
};

/* Counts a failure; at the limit the account is locked for a while and the count starts anew. */
static bool count_failure(struct store_tx *tx, struct login *login, struct user *user,
                          struct err *err) {
    user->failed_logins++;
    const char *action = "login.failed";
    struct str after = STR_NONE;
    if (user->failed_logins >= login->identity->lockout_failures) {
        user->failed_logins = 0;
        user->locked_until = utc_add(login->entry->now, login->identity->lockout);
        action = "login.lockout";
        char until[RFC3339_LENGTH + 1];
        utc_format(user->locked_until, until);
        after = arena_printf(login->entry->arena, "{\"lockedUntil\":\"%s\"}", until);
    }
    struct actor actor = {user->email, login->entry->address};
    return store_user_update(tx, user, err) &&
           identity_audit(tx, &actor, login->entry->now, action, user->id, STR_NONE, after, err);
}

/* The token that the caller had before ends; one that is none is no error. */
static bool end_replaced(struct store_tx *tx, const struct entry *entry, struct err *err) {
    unsigned char hash[TOKEN_HASH_SIZE];
    struct refresh_token old;
    struct err why = ERR_INIT;
    if (str_is_absent(entry->replaced)) return true;
    secret_token_hash(entry->replaced, hash);
    if (store_refresh_get(tx, hash, &old, &why))
        return store_refresh_revoke_family(tx, old.family, entry->now, err);
    if (why.kind == ERR_NOT_FOUND) return true;
    *err = why;
    return false;
}

static bool run_login(struct store_tx *tx, void *context, struct err *err) {
    struct login *login = context;
    struct entry *entry = login->entry;
    login->accepted = false;
    struct user user;
    if (!store_user_get_by_row(tx, login->user_row, entry->arena, &user, err)) return false;
    bool locked = user.is_locked || utc_before(entry->now, user.locked_until);
    if (locked) return true; // further failures do not prolong it: nobody can be kept out for ever
    if (!login->password_matches) return count_failure(tx, login, &user, err);
    user.failed_logins = 0;
    user.locked_until = UTC_NONE;
    user.last_login_at = entry->now;
    if (!str_is_absent(login->new_hash)) user.password_hash = login->new_hash;
    entry->token.user_row = user.row;
    struct actor actor = {user.email, entry->address};
    if (!end_replaced(tx, entry, err) || !store_user_update(tx, &user, err) ||
        !store_refresh_insert(tx, &entry->token, err) ||
        !identity_audit(tx, &actor, entry->now, "login", user.id, STR_NONE, STR_NONE, err))
        return false;
    entry->user = user;
    login->accepted = true;
    return true;
}

static struct span refresh_life(const struct identity *identity) {
    return span_seconds(identity->refresh_days * 86400);
}

static void new_token(struct str prefix, struct utc now, struct span life,
                      char secret[SECRET_TOKEN_SIZE], struct refresh_token *ret) {
    secret_token_new(prefix, secret);
    *ret = (struct refresh_token){
        .family = guid_new(now),
        .created_at = now,
        .expires_at = utc_add(now, life),
    };
    secret_token_hash(str_from_cstr(secret), ret->hash);
}

static void give_pair(struct identity *identity, const struct user *user, struct utc now,
                      struct arena *arena, struct token_pair *ret) {
    struct jwt_claims claims = {
        .subject = user->id,
        .email = user->email,
        .role = user->role,
        .generation = user->token_generation,
        .id = guid_new(now),
        .issued_at = now,
        .expires_at = utc_add(now, span_seconds(identity->access_minutes * 60)),
    };
    ret->access_token = jwt_sign(&identity->jwt, &claims, arena);
    ret->expires_in = identity->access_minutes * 60;
}

static bool refuse_login(struct err *err) {
    return err_set(err, ERR_UNAUTHENTICATED,
                   "e-mail or password is wrong, or the account is locked "
                   "(several failures lock it for some minutes)");
}

/* The stored hash of that account; absent when there is none. */
static bool find_account(struct identity *identity, struct str email, struct arena *arena,
                         int64_t *ret_row, struct str *ret_hash, struct err *err) {
    *ret_row = 0;
    *ret_hash = STR_NONE;
    struct str normal;
    if (!identity_normal_email(email, arena, &normal, NULL)) return true;
    struct store_tx *tx = store_read_begin(identity->store, err);
    if (tx == NULL) return false;
    struct user user;
    struct err why = ERR_INIT;
    bool found = store_user_get_by_email(tx, normal, arena, &user, &why);
    store_read_end(tx);
    if (!found && why.kind != ERR_NOT_FOUND) {
        *err = why;
        return false;
    }
    if (found) {
        *ret_row = user.row;
        *ret_hash = user.password_hash;
    }
    return true;
}

bool identity_enter(struct identity *identity, struct entry *entry, struct err *err) {
    struct login login = {.identity = identity, .entry = entry};
    struct str hash;
    bool rehash = false;
    if (!find_account(identity, entry->email, entry->arena, &login.user_row, &hash, err))
        return false;
    if (!password_verify(identity->gate, hash, entry->password, &login.password_matches, &rehash,
                         err))
        return false;
    if (login.user_row == 0) return refuse_login(err);
    char new_hash[PASSWORD_HASH_SIZE];
    if (rehash && password_hash(identity->gate, entry->password, new_hash, NULL))
        login.new_hash = str_from_cstr(new_hash);
    entry->now = clock_now(identity->clock);
    new_token(entry->prefix, entry->now, entry->life, entry->secret, &entry->token);
    if (!store_write_wait(identity->store, run_login, &login, err)) return false;
    return login.accepted || refuse_login(err);
}

bool identity_login(struct identity *identity, struct str email, struct str password,
                    struct str address, struct arena *arena, struct token_pair *ret,
                    struct err *err) {
    struct entry entry = {
        .email = email,
        .password = password,
        .address = address,
        .arena = arena,
        .prefix = REFRESH_TOKEN_PREFIX,
        .life = refresh_life(identity),
    };
    if (!identity_enter(identity, &entry, err)) return false;
    struct token_pair pair = {0};
    memcpy(pair.refresh_token, entry.secret, sizeof pair.refresh_token);
    give_pair(identity, &entry.user, entry.now, arena, &pair);
    *ret = pair;
    return true;
}

/* ---- refresh ---- */

struct refresh {
    struct identity *identity;
    struct arena *arena;
    struct str address;
    struct utc now;
    unsigned char old_hash[TOKEN_HASH_SIZE];
    struct refresh_token next;
    struct user user;
    bool accepted;
};

static bool run_refresh(struct store_tx *tx, void *context, struct err *err) {
    struct refresh *refresh = context;
    refresh->accepted = false;
    struct refresh_token old;
    struct err why = ERR_INIT;
    if (!store_refresh_get(tx, refresh->old_hash, &old, &why)) {
        if (why.kind == ERR_NOT_FOUND) return true;
        *err = why;
        return false;
    }
    if (!utc_is_none(old.revoked_at) || !utc_before(refresh->now, old.expires_at)) return true;
    struct user user;
    if (!store_user_get_by_row(tx, old.user_row, refresh->arena, &user, err)) return false;
    struct actor actor = {user.email, refresh->address};
    if (!utc_is_none(old.used_at)) {
        /* Used before: somebody else has a copy. Both lose it. */
        return store_refresh_revoke_family(tx, old.family, refresh->now, err) &&
               identity_audit(tx, &actor, refresh->now, "refresh.reuse", user.id, STR_NONE,
                              STR_NONE, err);
    }
    if (user.is_locked) return true;
    refresh->next.user_row = user.row;
    refresh->next.family = old.family;
    if (!store_refresh_mark_used(tx, refresh->old_hash, refresh->now, err) ||
        !store_refresh_insert(tx, &refresh->next, err))
        return false;
    refresh->user = user;
    refresh->accepted = true;
    return true;
}

bool identity_refresh(struct identity *identity, struct str refresh_token, struct str address,
                      struct arena *arena, struct token_pair *ret, struct err *err) {
    struct utc now = clock_now(identity->clock);
    struct refresh refresh = {.identity = identity, .arena = arena, .address = address, .now = now};
    struct token_pair pair = {0};
    secret_token_hash(refresh_token, refresh.old_hash);
    new_token(REFRESH_TOKEN_PREFIX, now, refresh_life(identity), pair.refresh_token, &refresh.next);
    /* Sessions stand in the same table; the prefix, which is hashed too, keeps them apart. */
    if (str_starts_with(refresh_token, REFRESH_TOKEN_PREFIX) &&
        !store_write_wait(identity->store, run_refresh, &refresh, err))
        return false;
    if (!refresh.accepted)
        return err_set(err, ERR_UNAUTHENTICATED,
                       "the refresh token is not valid any more; log in again");
    give_pair(identity, &refresh.user, now, arena, &pair);
    *ret = pair;
    return true;
}

/* ---- logout ---- */

struct logout {
    int64_t user_row;
    const struct actor *actor;
    struct utc now;
};

static bool run_logout(struct store_tx *tx, void *context, struct err *err) {
    const struct logout *logout = context;
    struct arena arena = {0};
    struct user user;
    bool ok = store_user_get_by_row(tx, logout->user_row, &arena, &user, err);
    if (ok) {
        user.token_generation++;
        ok = store_user_update(tx, &user, err) &&
             store_refresh_revoke_user(tx, user.row, logout->now, err) &&
             identity_audit(tx, logout->actor, logout->now, "logout", user.id, STR_NONE, STR_NONE,
                            err);
    }
    arena_free(&arena);
    return ok;
}

bool identity_logout(struct identity *identity, const struct principal *who,
                     const struct actor *actor, struct err *err) {
    struct logout logout = {who->user_row, actor, clock_now(identity->clock)};
    if (!store_write_wait(identity->store, run_logout, &logout, err)) return false;
    identity_forget(identity);
    return true;
}

/* ---- the first admin ---- */

struct first_admin {
    struct user user;
    struct utc now;
    bool created;
};

static bool run_first_admin(struct store_tx *tx, void *context, struct err *err) {
    struct first_admin *first = context;
    struct arena arena = {0};
    struct user *users;
    size_t count;
    int64_t total;
    bool ok = store_user_list(tx, 0, 1, &arena, &users, &count, &total, err);
    first->created = ok && total == 0;
    if (first->created) {
        struct actor actor = {STR("system"), STR_NONE};
        ok = store_user_insert(tx, &first->user, err) &&
             identity_audit(tx, &actor, first->now, "user.create", first->user.id, STR_NONE,
                            identity_user_json(&arena, &first->user), err);
    }
    arena_free(&arena);
    return ok;
}

static bool any_user(struct identity *identity, bool *ret, struct err *err) {
    struct store_tx *tx = store_read_begin(identity->store, err);
    if (tx == NULL) return false;
    struct arena arena = {0};
    struct user *users;
    size_t count;
    int64_t total;
    bool ok = store_user_list(tx, 0, 1, &arena, &users, &count, &total, err);
    store_read_end(tx);
    arena_free(&arena);
    if (ok) *ret = total > 0;
    return ok;
}

bool identity_ensure_admin(struct identity *identity, struct str given_password,
                           char ret_password[GENERATED_PASSWORD_SIZE], bool *ret_created,
                           struct err *err) {
    bool exists;
    if (!any_user(identity, &exists, err)) return false;
    if (exists) { // the usual start: no hash is computed
        *ret_created = false;
        return true;
    }
    char generated[GENERATED_PASSWORD_SIZE] = "";
    if (str_is_absent(given_password)) {
        password_generate(generated);
        given_password = str_from_cstr(generated);
    } else if (!password_check_rules(given_password, err)) {
        return err_wrap(err, "ALPHABET_ADMIN_PASSWORD");
    }
    char hash[PASSWORD_HASH_SIZE];
    if (!password_hash(identity->gate, given_password, hash, err)) return false;
    struct utc now = clock_now(identity->clock);
    struct first_admin first = {.now = now};
    first.user = (struct user){
        .id = guid_new(now),
        .email = STR("admin@alphabet.local"),
        .password_hash = str_from_cstr(hash),
        .role = ROLE_ADMIN,
        .token_generation = 1,
        .created_at = now,
    };
    if (!store_write_wait(identity->store, run_first_admin, &first, err)) return false;
    memcpy(ret_password, generated, sizeof generated);
    *ret_created = first.created;
    return true;
}
