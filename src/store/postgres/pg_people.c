/* pg_people.c - users, refresh tokens and personal access tokens.
 *
 * A write reads a user or a refresh token in order to decide what to write, so it reads it locked:
 * two nodes do not rotate one token twice, nor count a failed login once. Who counts the admins
 * holds a lock until the end, so that two nodes do not take away the last two at once.
 */
#include "store/postgres/pg_tables.h"
#include "store/postgres/pg_writer.h"

static bool no_such_user(struct err *err) {
    return err_set(err, ERR_NOT_FOUND, "there is no such user");
}

static bool no_such_token(struct err *err) {
    return err_set(err, ERR_NOT_FOUND, "there is no such token");
}

/* For statements that find nothing to change when there is no such row. */
static bool run_on_user(struct pg_query *q, struct err *err) {
    int64_t changed;
    if (!pg_run_counting(q, &changed, err)) return false;
    return changed > 0 || no_such_user(err);
}

static bool run_on_token(struct pg_query *q, struct err *err) {
    int64_t changed;
    if (!pg_run_counting(q, &changed, err)) return false;
    return changed > 0 || no_such_token(err);
}

/* ---- users ----------------------------------------------------------------------------------- */

static void bind_user(struct pg_query *q, const struct user *user) { // from the password on
    pg_text(q, user->password_hash);
    pg_i64(q, (int64_t)user->role);
    pg_bool(q, user->is_locked);
    pg_utc(q, user->locked_until);
    pg_i64(q, user->failed_logins);
    pg_i64(q, user->token_generation);
    pg_utc(q, user->created_at);
    pg_utc(q, user->last_login_at);
}

static void read_user(struct pg_query *q, struct arena *arena, struct user *user) {
    *user = (struct user){.row = pg_read_i64(q)};
    user->id = pg_read_guid(q);
    user->email = pg_read_text(q, arena);
    user->password_hash = pg_read_text(q, arena);
    user->role = (enum role)pg_read_i64(q);
    user->is_locked = pg_read_bool(q);
    user->locked_until = pg_read_utc(q);
    user->failed_logins = pg_read_i64(q);
    user->token_generation = pg_read_i64(q);
    user->created_at = pg_read_utc(q);
    user->last_login_at = pg_read_utc(q);
}

bool postgres_user_insert(struct store_tx *tx, struct user *user, struct err *err) {
    struct pg_query q;
    pg_begin(&q, tx, SQL_USER_INSERT);
    pg_guid(&q, &user->id);
    pg_text(&q, user->email);
    bind_user(&q, user);
    int64_t row = pg_row(&q) ? pg_read_i64(&q) : 0;
    if (!pg_end(&q, err)) return false;
    if (row == 0) return err_set(err, ERR_CONFLICT, "there is a user with this e-mail already");
    user->row = row;
    return true;
}

bool postgres_user_update(struct store_tx *tx, const struct user *user, struct err *err) {
    struct pg_query q;
    pg_begin(&q, tx, SQL_USER_UPDATE);
    pg_i64(&q, user->row);
    bind_user(&q, user);
    return run_on_user(&q, err);
}

bool postgres_user_delete(struct store_tx *tx, int64_t user_row, struct err *err) {
    static const enum sql_statement tokens[] = {SQL_USER_DELETE_REFRESH_TOKENS,
                                                SQL_USER_DELETE_ACCESS_TOKENS};
    struct pg_query q;
    for (size_t i = 0; i < COUNT_OF(tokens); i++) {
        pg_begin(&q, tx, tokens[i]);
        pg_i64(&q, user_row);
        pg_post(&q);
    }
    pg_begin(&q, tx, SQL_USER_DELETE);
    pg_i64(&q, user_row);
    return run_on_user(&q, err);
}

static bool get_user(struct store_tx *tx, int64_t row, struct guid id, struct str email,
                     struct arena *arena, struct user *ret, struct err *err) {
    struct pg_query q;
    pg_begin(&q, tx, pg_writer_of(tx) ? SQL_USER_GET_LOCKED : SQL_USER_GET);
    pg_utc(&q, (struct utc){row}); // 0 = null
    pg_guid(&q, &id);
    pg_text(&q, email);
    struct user user;
    bool found = pg_row(&q);
    if (found) read_user(&q, arena, &user);
    if (!pg_end(&q, err)) return false;
    if (!found) return no_such_user(err);
    *ret = user;
    return true;
}

bool postgres_user_get(struct store_tx *tx, struct guid id, struct arena *arena, struct user *ret,
                       struct err *err) {
    return get_user(tx, 0, id, STR_NONE, arena, ret, err);
}

bool postgres_user_get_by_row(struct store_tx *tx, int64_t row, struct arena *arena,
                              struct user *ret, struct err *err) {
    return get_user(tx, row, (struct guid){{0}}, STR_NONE, arena, ret, err);
}

bool postgres_user_get_by_email(struct store_tx *tx, struct str email, struct arena *arena,
                                struct user *ret, struct err *err) {
    return get_user(tx, 0, (struct guid){{0}}, email, arena, ret, err);
}

bool postgres_user_list(struct store_tx *tx, int64_t offset, int64_t limit, struct arena *arena,
                        struct user **ret, size_t *count, int64_t *total, struct err *err) {
    struct pg_query list, number;
    pg_begin(&list, tx, SQL_USER_LIST);
    pg_i64(&list, limit < 0 ? 0 : limit);
    pg_i64(&list, offset);
    pg_ask(&list);
    pg_begin(&number, tx, SQL_USER_COUNT_ALL);
    pg_ask(&number);
    size_t found = 0;
    struct user *users = ARENA_ARRAY(arena, pg_rows(&list), struct user);
    while (pg_row(&list)) read_user(&list, arena, &users[found++]);
    int64_t all;
    bool listed = pg_end(&list, err);
    if (!pg_number(&number, &all, listed ? err : NULL) || !listed) return false;
    *ret = users;
    *count = found;
    *total = all;
    return true;
}

bool postgres_user_count(struct store_tx *tx, enum role role, int64_t *ret, struct err *err) {
    struct pg_query q;
    if (pg_writer_of(tx)) {
        pg_begin(&q, tx, SQL_LOCK_ADMINS);
        pg_post(&q);
    }
    pg_begin(&q, tx, SQL_USER_COUNT);
    pg_i64(&q, (int64_t)role);
    return pg_number(&q, ret, err);
}

/* ---- refresh tokens -------------------------------------------------------------------------- */

bool postgres_refresh_insert(struct store_tx *tx, const struct refresh_token *token,
                             struct err *err) {
    struct pg_query q;
    pg_begin(&q, tx, SQL_REFRESH_INSERT);
    pg_bytes(&q, token->hash, sizeof token->hash);
    pg_i64(&q, token->user_row);
    pg_guid(&q, &token->family);
    pg_utc(&q, token->created_at);
    pg_utc(&q, token->expires_at);
    pg_utc(&q, token->used_at);
    pg_utc(&q, token->revoked_at);
    return run_on_user(&q, err);
}

bool postgres_refresh_get(struct store_tx *tx, const unsigned char hash[TOKEN_HASH_SIZE],
                          struct refresh_token *ret, struct err *err) {
    struct pg_query q;
    pg_begin(&q, tx, pg_writer_of(tx) ? SQL_REFRESH_GET_LOCKED : SQL_REFRESH_GET);
    pg_bytes(&q, hash, TOKEN_HASH_SIZE);
    struct refresh_token token = {0};
    bool found = pg_row(&q);
    if (found) {
        pg_read_bytes(&q, token.hash, sizeof token.hash);
        token.user_row = pg_read_i64(&q);
        token.family = pg_read_guid(&q);
        token.created_at = pg_read_utc(&q);
        token.expires_at = pg_read_utc(&q);
        token.used_at = pg_read_utc(&q);
        token.revoked_at = pg_read_utc(&q);
    }
    if (!pg_end(&q, err)) return false;
    if (!found) return no_such_token(err);
    *ret = token;
    return true;
}

bool postgres_refresh_mark_used(struct store_tx *tx, const unsigned char hash[TOKEN_HASH_SIZE],
                                struct utc at, struct err *err) {
    struct pg_query q;
    pg_begin(&q, tx, SQL_REFRESH_MARK_USED);
    pg_bytes(&q, hash, TOKEN_HASH_SIZE);
    pg_utc(&q, at);
    return run_on_token(&q, err);
}

bool postgres_refresh_revoke_family(struct store_tx *tx, struct guid family, struct utc at,
                                    struct err *err) {
    (void)err; // nothing is asked: what fails is told at the end of the write
    struct pg_query q;
    pg_begin(&q, tx, SQL_REFRESH_REVOKE_FAMILY);
    pg_guid(&q, &family);
    pg_utc(&q, at);
    pg_post(&q);
    return true;
}

bool postgres_refresh_expire(struct store_tx *tx, struct utc before, int64_t limit, int64_t *ret,
                             struct err *err) {
    struct pg_query q;
    pg_begin(&q, tx, SQL_REFRESH_EXPIRE);
    pg_i64(&q, before.us);
    pg_i64(&q, limit < 0 ? 0 : limit);
    return pg_run_counting(&q, ret, err);
}

bool postgres_refresh_revoke_user(struct store_tx *tx, int64_t user_row, struct utc at,
                                  struct err *err) {
    (void)err;
    struct pg_query q;
    pg_begin(&q, tx, SQL_REFRESH_REVOKE_USER);
    pg_i64(&q, user_row);
    pg_utc(&q, at);
    pg_post(&q);
    return true;
}

/* ---- personal access tokens ------------------------------------------------------------------ */

bool postgres_token_insert(struct store_tx *tx, const struct access_token *token, struct err *err) {
    struct pg_query q;
    pg_begin(&q, tx, SQL_TOKEN_INSERT);
    pg_guid(&q, &token->id);
    pg_i64(&q, token->user_row);
    pg_bytes(&q, token->hash, sizeof token->hash);
    pg_text(&q, token->prefix);
    pg_text(&q, token->name);
    pg_i64(&q, (int64_t)token->role);
    pg_utc(&q, token->created_at);
    pg_never(&q, token->expires_at);
    pg_utc(&q, token->last_used_at);
    pg_utc(&q, token->revoked_at);
    return run_on_user(&q, err);
}

static void read_token(struct pg_query *q, struct arena *arena, struct access_token *token) {
    *token = (struct access_token){.id = pg_read_guid(q)};
    token->user_row = pg_read_i64(q);
    token->user_email = pg_read_text(q, arena);
    pg_read_bytes(q, token->hash, sizeof token->hash);
    token->prefix = pg_read_text(q, arena);
    token->name = pg_read_text(q, arena);
    token->role = (enum role)pg_read_i64(q);
    token->created_at = pg_read_utc(q);
    token->expires_at = pg_read_never(q);
    token->last_used_at = pg_read_utc(q);
    token->revoked_at = pg_read_utc(q);
}

bool postgres_token_get(struct store_tx *tx, const unsigned char hash[TOKEN_HASH_SIZE],
                        struct arena *arena, struct access_token *ret, struct err *err) {
    struct pg_query q;
    pg_begin(&q, tx, SQL_TOKEN_GET);
    pg_bytes(&q, hash, TOKEN_HASH_SIZE);
    struct access_token token;
    bool found = pg_row(&q);
    if (found) read_token(&q, arena, &token);
    if (!pg_end(&q, err)) return false;
    if (!found) return no_such_token(err);
    *ret = token;
    return true;
}

bool postgres_token_list(struct store_tx *tx, int64_t user_row, struct arena *arena,
                         struct access_token **ret, size_t *count, struct err *err) {
    struct pg_query q;
    pg_begin(&q, tx, SQL_TOKEN_LIST);
    pg_i64(&q, user_row);
    size_t found = 0;
    struct access_token *tokens = ARENA_ARRAY(arena, pg_rows(&q), struct access_token);
    while (pg_row(&q)) read_token(&q, arena, &tokens[found++]);
    if (!pg_end(&q, err)) return false;
    *ret = tokens;
    *count = found;
    return true;
}

bool postgres_token_revoke(struct store_tx *tx, int64_t user_row, struct guid id, struct utc at,
                           struct err *err) {
    struct pg_query q;
    pg_begin(&q, tx, SQL_TOKEN_REVOKE);
    pg_i64(&q, user_row);
    pg_guid(&q, &id);
    pg_utc(&q, at);
    return run_on_token(&q, err);
}

bool postgres_token_touch(struct store_tx *tx, struct guid id, struct utc at, struct err *err) {
    struct pg_query q;
    pg_begin(&q, tx, SQL_TOKEN_USED);
    pg_guid(&q, &id);
    pg_utc(&q, at);
    return run_on_token(&q, err);
}
