/* users.c - what admins do with users; see identity.h.
 *
 * Lock, role, password and deletion end the user's tokens at once: the generation goes up and the
 * refresh tokens are revoked in the same write.
 */
#include "identity/internal.h"

#include "base/buf.h"
#include "base/json_write.h"

struct user_change {
    struct guid id;
    const struct actor *actor;
    struct utc now;
    const char *action;
    bool (*apply)(struct user *user, const struct user_change *change); // false: nothing to do
    bool locked;
    enum role role;
    struct str password_hash;
};

/* An admin who is not locked and would stop being one must not be the last. */
static bool keeps_an_admin(struct store_tx *tx, const struct user *before, const struct user *after,
                           struct err *err) {
    bool was = before->role == ROLE_ADMIN && !before->is_locked;
    bool is = after && after->role == ROLE_ADMIN && !after->is_locked;
    if (!was || is) return true;
    int64_t admins;
    if (!store_user_count(tx, ROLE_ADMIN, &admins, err)) return false;
    if (admins > 1) return true;
    return err_set(err, ERR_CONFLICT,
                   "this is the last admin who can log in; make another one first");
}

struct str identity_user_json(struct arena *arena, const struct user *user) {
    struct buf json = buf_with_max(0);
    struct json_writer w = json_writer(&json);
    json_object_begin(&w);
    json_field_str(&w, STR("email"), user->email);
    json_field_str(&w, STR("role"), role_name(user->role));
    json_field_bool(&w, STR("isLocked"), user->is_locked);
    json_object_end(&w);
    struct str text = arena_copy(arena, buf_str(&json));
    buf_free(&json);
    return text;
}

static bool change_user(struct store_tx *tx, struct user_change *change, struct arena *arena,
                        struct err *err) {
    struct user before;
    if (!store_user_get(tx, change->id, arena, &before, err)) return false;
    struct user after = before;
    if (!change->apply(&after, change)) return true;
    after.token_generation++;
    return keeps_an_admin(tx, &before, &after, err) && store_user_update(tx, &after, err) &&
           store_refresh_revoke_user(tx, after.row, change->now, err) &&
           identity_audit(tx, change->actor, change->now, change->action, change->id,
                          identity_user_json(arena, &before), identity_user_json(arena, &after),
                          err);
}

static bool run_change(struct store_tx *tx, void *context, struct err *err) {
    struct arena arena = {0};
    bool ok = change_user(tx, context, &arena, err);
    arena_free(&arena);
    return ok;
}

static bool write_change(struct identity *identity, struct user_change *change, struct err *err) {
    change->now = clock_now(identity->clock);
    if (!store_write_wait(identity->store, run_change, change, err)) return false;
    identity_forget(identity);
    return true;
}

static bool apply_lock(struct user *user, const struct user_change *change) {
    user->is_locked = change->locked;
    user->failed_logins = 0;
    user->locked_until = UTC_NONE;
    return true;
}

bool identity_user_lock(struct identity *identity, const struct actor *actor, struct guid id,
                        bool locked, struct err *err) {
    struct user_change change = {.id = id,
                                 .actor = actor,
                                 .action = locked ? "user.lock" : "user.unlock",
                                 .apply = apply_lock,
                                 .locked = locked};
    return write_change(identity, &change, err);
}

static bool apply_role(struct user *user, const struct user_change *change) {
    if (user->role == change->role) return false;
    user->role = change->role;
    return true;
}

bool identity_user_set_role(struct identity *identity, const struct actor *actor, struct guid id,
                            enum role role, struct err *err) {
    struct user_change change = {
        .id = id, .actor = actor, .action = "user.role", .apply = apply_role, .role = role};
    return write_change(identity, &change, err);
}

static bool apply_password(struct user *user, const struct user_change *change) {
    user->password_hash = change->password_hash;
    user->failed_logins = 0;
    user->locked_until = UTC_NONE;
    return true;
}

bool identity_user_set_password(struct identity *identity, const struct actor *actor,
                                struct guid id, struct str password, struct err *err) {
    char hash[PASSWORD_HASH_SIZE];
    if (!password_check_rules(password, err)) return false;
    if (!password_hash(identity->gate, password, hash, err)) return false;
    struct user_change change = {.id = id,
                                 .actor = actor,
                                 .action = "user.password",
                                 .apply = apply_password,
                                 .password_hash = str_from_cstr(hash)};
    return write_change(identity, &change, err);
}

static bool run_delete(struct store_tx *tx, void *context, struct err *err) {
    struct user_change *change = context;
    struct arena arena = {0};
    struct user user;
    bool ok = store_user_get(tx, change->id, &arena, &user, err) &&
              keeps_an_admin(tx, &user, NULL, err) && store_user_delete(tx, user.row, err) &&
              identity_audit(tx, change->actor, change->now, "user.delete", change->id,
                             identity_user_json(&arena, &user), STR_NONE, err);
    arena_free(&arena);
    return ok;
}

bool identity_user_delete(struct identity *identity, const struct actor *actor, struct guid id,
                          struct err *err) {
    struct user_change change = {.id = id, .actor = actor, .now = clock_now(identity->clock)};
    if (!store_write_wait(identity->store, run_delete, &change, err)) return false;
    identity_forget(identity);
    return true;
}

bool identity_user_prepare(struct identity *identity, struct str email, struct str password,
                           enum role role, struct arena *arena, struct user *ret, struct err *err) {
    struct str normal;
    char hash[PASSWORD_HASH_SIZE];
    if (!identity_normal_email(email, arena, &normal, err)) return false;
    if (!password_check_rules(password, err)) return false;
    if (!password_hash(identity->gate, password, hash, err)) return false;
    struct utc now = clock_now(identity->clock);
    *ret = (struct user){
        .id = guid_new(now),
        .email = normal,
        .password_hash = arena_copy(arena, str_from_cstr(hash)),
        .role = role,
        .token_generation = 1,
        .created_at = now,
    };
    return true;
}

bool identity_user_insert(struct store_tx *tx, const struct actor *actor, struct user *user,
                          struct err *err) {
    struct arena arena = {0};
    bool ok = store_user_insert(tx, user, err) &&
              identity_audit(tx, actor, user->created_at, "user.create", user->id, STR_NONE,
                             identity_user_json(&arena, user), err);
    arena_free(&arena);
    return ok;
}

struct user_creation {
    struct user user;
    const struct actor *actor;
};

static bool run_create(struct store_tx *tx, void *context, struct err *err) {
    struct user_creation *creation = context;
    return identity_user_insert(tx, creation->actor, &creation->user, err);
}

bool identity_user_create(struct identity *identity, const struct actor *actor, struct str email,
                          struct str password, enum role role, struct arena *arena,
                          struct user *ret, struct err *err) {
    struct user_creation creation = {.actor = actor};
    if (!identity_user_prepare(identity, email, password, role, arena, &creation.user, err) ||
        !store_write_wait(identity->store, run_create, &creation, err))
        return false;
    *ret = creation.user;
    ret->password_hash = STR_NONE;
    return true;
}

void identity_fingerprint(const struct identity *identity, struct str text,
                          unsigned char ret[IDENTITY_FINGERPRINT]) {
    static const char purpose[] = "idempotency";
    crypto_auth_hmacsha256_state state;
    (void)crypto_auth_hmacsha256_init(&state, (const unsigned char *)identity->jwt.key.ptr,
                                      identity->jwt.key.len);
    (void)crypto_auth_hmacsha256_update(&state, (const unsigned char *)purpose, sizeof purpose);
    (void)crypto_auth_hmacsha256_update(&state, (const unsigned char *)(text.ptr ? text.ptr : ""),
                                        text.len);
    (void)crypto_auth_hmacsha256_final(&state, ret);
}

bool identity_user_list(struct identity *identity, int64_t offset, int64_t limit,
                        struct arena *arena, struct user **ret, size_t *count, int64_t *total,
                        struct err *err) {
    struct store_tx *tx = store_read_begin(identity->store, err);
    if (tx == NULL) return false;
    bool ok = store_user_list(tx, offset, limit, arena, ret, count, total, err);
    store_read_end(tx);
    return ok;
}

bool identity_user_get(struct identity *identity, struct guid id, struct arena *arena,
                       struct user *ret, struct err *err) {
    struct store_tx *tx = store_read_begin(identity->store, err);
    if (tx == NULL) return false;
    bool ok = store_user_get(tx, id, arena, ret, err);
    store_read_end(tx);
    return ok;
}
