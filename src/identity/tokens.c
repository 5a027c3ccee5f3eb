/* tokens.c - personal access tokens; see identity.h. */
#include "identity/internal.h"

#include "base/bounds.h"
#include "base/buf.h"
#include "base/json_write.h"

struct token_change {
    const struct principal *who;
    const struct actor *actor;
    struct access_token token;
    struct utc now;
};

static void write_token(struct buf *out, const struct access_token *token) {
    struct json_writer w = json_writer(out);
    json_object_begin(&w);
    json_field_str(&w, STR("name"), token->name);
    json_field_str(&w, STR("role"), role_name(token->role));
    json_field_utc(&w, STR("expiresAt"), token->expires_at);
    json_object_end(&w);
}

static bool run_create(struct store_tx *tx, void *context, struct err *err) {
    struct token_change *change = context;
    struct buf after = buf_with_max(0);
    write_token(&after, &change->token);
    bool ok = store_token_insert(tx, &change->token, err) &&
              identity_audit(tx, change->actor, change->now, "token.create", change->token.id,
                             STR_NONE, buf_str(&after), err);
    buf_free(&after);
    return ok;
}

bool identity_token_create(struct identity *identity, const struct principal *who,
                           const struct actor *actor, struct str name, enum role role,
                           struct utc expires_at, struct access_token *ret,
                           char ret_secret[SECRET_TOKEN_SIZE], struct err *err) {
    struct utc now = clock_now(identity->clock);
    if (name.len == 0 || str_utf8_count(name) > MAX_TOKEN_NAME)
        return err_set_field(err, ERR_INVALID, "name", "must have 1 to %d characters",
                             MAX_TOKEN_NAME);
    if (role > who->role)
        return err_set(err, ERR_FORBIDDEN, "a token may not have more rights than you: %.*s",
                       STR_ARG(role_name(who->role)));
    if (!utc_before(now, expires_at))
        return err_set_field(err, ERR_INVALID, "expiresAt", "must lie in the future");
    secret_token_new(PERSONAL_TOKEN_PREFIX, ret_secret);
    struct str secret = str_from_cstr(ret_secret);
    struct token_change change = {
        .who = who,
        .actor = actor,
        .now = now,
        .token = {.id = guid_new(now),
                  .user_row = who->user_row,
                  .user_email = str_from_cstr(who->email),
                  .prefix = str_slice(secret, 0, SECRET_TOKEN_PREFIX_LENGTH),
                  .name = name,
                  .role = role,
                  .created_at = now,
                  .expires_at = expires_at},
    };
    secret_token_hash(secret, change.token.hash);
    if (!store_write_wait(identity->store, run_create, &change, err)) return false;
    *ret = change.token;
    return true;
}

bool identity_token_list(struct identity *identity, const struct principal *who,
                         struct arena *arena, struct access_token **ret, size_t *count,
                         struct err *err) {
    struct store_tx *tx = store_read_begin(identity->store, err);
    if (tx == NULL) return false;
    bool ok = store_token_list(tx, who->user_row, arena, ret, count, err);
    store_read_end(tx);
    return ok;
}

static bool run_revoke(struct store_tx *tx, void *context, struct err *err) {
    struct token_change *change = context;
    struct arena arena = {0};
    struct buf before = buf_with_max(0);
    struct access_token *tokens;
    size_t count = 0;
    bool ok = store_token_list(tx, change->who->user_row, &arena, &tokens, &count, err);
    for (size_t i = 0; ok && i < count; i++)
        if (guid_equal(tokens[i].id, change->token.id)) write_token(&before, &tokens[i]);
    ok = ok && store_token_revoke(tx, change->who->user_row, change->token.id, change->now, err) &&
         identity_audit(tx, change->actor, change->now, "token.revoke", change->token.id,
                        buf_str(&before), STR_NONE, err);
    buf_free(&before);
    arena_free(&arena);
    return ok;
}

bool identity_token_revoke(struct identity *identity, const struct principal *who,
                           const struct actor *actor, struct guid id, struct err *err) {
    struct token_change change = {
        .who = who, .actor = actor, .now = clock_now(identity->clock), .token = {.id = id}};
    if (!store_write_wait(identity->store, run_revoke, &change, err)) return false;
    identity_forget(identity);
    return true;
}
