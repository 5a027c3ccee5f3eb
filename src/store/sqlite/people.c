/* people.c - users, refresh tokens and personal access tokens. */
#include "store/sqlite/tables.h"

/* ---- users ----------------------------------------------------------------------------------- */

static bool no_such_user(struct err *err) {
    return err_set(err, ERR_NOT_FOUND, "there is no such user");
}

static bool no_such_token(struct err *err) {
    return err_set(err, ERR_NOT_FOUND, "there is no such token");
}

static void bind_user(struct query *q, const struct user *user) { // from the password on
    query_text(q, user->password_hash);
    query_i64(q, (int64_t)user->role);
    query_i64(q, user->is_locked);
    query_utc(q, user->locked_until);
    query_i64(q, user->failed_logins);
    query_i64(q, user->token_generation);
    query_utc(q, user->created_at);
    query_utc(q, user->last_login_at);
}

bool sqlite_user_insert(struct store_tx *tx, struct user *user, struct err *err) {
    struct query q = query_begin(tx, SQL_USER_INSERT);
    query_bytes(&q, user->id.bytes, sizeof user->id.bytes);
    query_text(&q, user->email);
    bind_user(&q, user);
    if (!query_run(&q, err)) {
        return err && err->kind == ERR_CONFLICT
                   ? err_set(err, ERR_CONFLICT, "there is a user with this e-mail already")
                   : false;
    }
    user->row = sqlite3_last_insert_rowid(q.connection->db);
    return true;
}

bool sqlite_user_update(struct store_tx *tx, const struct user *user, struct err *err) {
    struct query q = query_begin(tx, SQL_USER_UPDATE);
    bind_user(&q, user);
    query_i64(&q, user->row);
    if (!query_run(&q, err)) return false;
    return query_changes(&q) > 0 || no_such_user(err);
}

bool sqlite_user_delete(struct store_tx *tx, int64_t user_row, struct err *err) {
    static const enum sql_statement steps[] = {SQL_USER_DELETE_REFRESH_TOKENS,
                                               SQL_USER_DELETE_ACCESS_TOKENS, SQL_USER_DELETE};
    for (size_t i = 0; i < COUNT_OF(steps); i++) {
        struct query q = query_begin(tx, steps[i]);
        query_i64(&q, user_row);
        if (!query_run(&q, err)) return false;
        if (steps[i] == SQL_USER_DELETE && query_changes(&q) == 0) return no_such_user(err);
    }
    return true;
}

static bool get_user(struct store_tx *tx, int64_t row, const struct guid *id, struct str email,
                     struct arena *arena, struct user *ret, struct err *err) {
    struct query q = query_begin(tx, SQL_USER_GET);
    if (row != 0)
        query_i64(&q, row);
    else
        query_null(&q);
    query_guid(&q, id);
    query_text(&q, email);
    bool found = query_row(&q);
    struct user user = {0};
    if (found) {
        user.row = read_i64(&q);
        user.id = read_guid(&q);
        user.email = read_text(&q, arena);
        user.password_hash = read_text(&q, arena);
        user.role = (enum role)read_i64(&q);
        user.is_locked = read_bool(&q);
        user.locked_until = read_utc(&q);
        user.failed_logins = read_i64(&q);
        user.token_generation = read_i64(&q);
        user.created_at = read_utc(&q);
        user.last_login_at = read_utc(&q);
    }
    if (!query_end(&q, err)) return false;
    if (!found) return no_such_user(err);
    *ret = user;
    return true;
}

static const struct guid no_id;

bool sqlite_user_get(struct store_tx *tx, struct guid id, struct arena *arena, struct user *ret,
                     struct err *err) {
    return get_user(tx, 0, &id, STR_NONE, arena, ret, err);
}

bool sqlite_user_get_by_row(struct store_tx *tx, int64_t row, struct arena *arena, struct user *ret,
                            struct err *err) {
    return get_user(tx, row, &no_id, STR_NONE, arena, ret, err);
}

bool sqlite_user_get_by_email(struct store_tx *tx, struct str email, struct arena *arena,
                              struct user *ret, struct err *err) {
    return get_user(tx, 0, &no_id, email, arena, ret, err);
}

bool sqlite_user_list(struct store_tx *tx, int64_t offset, int64_t limit, struct arena *arena,
                      struct user **ret, size_t *count, int64_t *total, struct err *err) {
    struct query q = query_begin(tx, SQL_USER_LIST);
    query_i64(&q, limit < 0 ? 0 : limit);
    query_i64(&q, offset);
    int64_t *rows, all;
    size_t found;
    if (!rows_of_query(&q, arena, &rows, &found, err)) return false;
    struct user *users = ARENA_ARRAY(arena, found, struct user);
    for (size_t i = 0; i < found; i++)
        if (!sqlite_user_get_by_row(tx, rows[i], arena, &users[i], err)) return false;
    q = query_begin(tx, SQL_USER_COUNT_ALL);
    if (!number_of_query(&q, &all, err)) return false;
    *ret = users;
    *count = found;
    *total = all;
    return true;
}

bool sqlite_user_count(struct store_tx *tx, enum role role, int64_t *ret, struct err *err) {
    struct query q = query_begin(tx, SQL_USER_COUNT);
    query_i64(&q, (int64_t)role);
    return number_of_query(&q, ret, err);
}

/* NOT_FOUND when there is no such user: a token belongs to somebody. */
static bool user_exists(struct store_tx *tx, int64_t row, struct err *err) {
    struct arena arena = {0};
    struct user user;
    bool ok = sqlite_user_get_by_row(tx, row, &arena, &user, err);
    arena_free(&arena);
    return ok;
}

/* ---- refresh tokens -------------------------------------------------------------------------- */

bool sqlite_refresh_insert(struct store_tx *tx, const struct refresh_token *token,
                           struct err *err) {
    if (!user_exists(tx, token->user_row, err)) return false;
    struct query q = query_begin(tx, SQL_REFRESH_INSERT);
    query_bytes(&q, token->hash, sizeof token->hash);
    query_i64(&q, token->user_row);
    query_bytes(&q, token->family.bytes, sizeof token->family.bytes);
    query_utc(&q, token->created_at);
    query_utc(&q, token->expires_at);
    query_utc(&q, token->used_at);
    query_utc(&q, token->revoked_at);
    return query_run(&q, err);
}

bool sqlite_refresh_get(struct store_tx *tx, const unsigned char hash[TOKEN_HASH_SIZE],
                        struct refresh_token *ret, struct err *err) {
    struct query q = query_begin(tx, SQL_REFRESH_GET);
    query_bytes(&q, hash, TOKEN_HASH_SIZE);
    bool found = query_row(&q);
    struct refresh_token token = {0};
    if (found) {
        read_bytes(&q, token.hash, sizeof token.hash);
        token.user_row = read_i64(&q);
        token.family = read_guid(&q);
        token.created_at = read_utc(&q);
        token.expires_at = read_utc(&q);
        token.used_at = read_utc(&q);
        token.revoked_at = read_utc(&q);
    }
    if (!query_end(&q, err)) return false;
    if (!found) return no_such_token(err);
    *ret = token;
    return true;
}

bool sqlite_refresh_mark_used(struct store_tx *tx, const unsigned char hash[TOKEN_HASH_SIZE],
                              struct utc at, struct err *err) {
    struct query q = query_begin(tx, SQL_REFRESH_MARK_USED);
    query_utc(&q, at);
    query_bytes(&q, hash, TOKEN_HASH_SIZE);
    if (!query_run(&q, err)) return false;
    return query_changes(&q) > 0 || no_such_token(err);
}

bool sqlite_refresh_revoke_family(struct store_tx *tx, struct guid family, struct utc at,
                                  struct err *err) {
    struct query q = query_begin(tx, SQL_REFRESH_REVOKE_FAMILY);
    query_utc(&q, at);
    query_bytes(&q, family.bytes, sizeof family.bytes);
    return query_run(&q, err);
}

bool sqlite_refresh_expire(struct store_tx *tx, struct utc before, int64_t limit, int64_t *ret,
                           struct err *err) {
    struct query q = query_begin(tx, SQL_REFRESH_EXPIRE);
    query_i64(&q, before.us);
    query_i64(&q, limit < 0 ? 0 : limit);
    if (!query_run(&q, err)) return false;
    *ret = query_changes(&q);
    return true;
}

bool sqlite_refresh_revoke_user(struct store_tx *tx, int64_t user_row, struct utc at,
                                struct err *err) {
    struct query q = query_begin(tx, SQL_REFRESH_REVOKE_USER);
    query_utc(&q, at);
    query_i64(&q, user_row);
    return query_run(&q, err);
}

/* ---- personal access tokens ------------------------------------------------------------------ */

bool sqlite_token_insert(struct store_tx *tx, const struct access_token *token, struct err *err) {
    if (!user_exists(tx, token->user_row, err)) return false;
    struct query q = query_begin(tx, SQL_TOKEN_INSERT);
    query_bytes(&q, token->id.bytes, sizeof token->id.bytes);
    query_i64(&q, token->user_row);
    query_bytes(&q, token->hash, sizeof token->hash);
    query_text(&q, token->prefix);
    query_text(&q, token->name);
    query_i64(&q, (int64_t)token->role);
    query_utc(&q, token->created_at);
    query_never(&q, token->expires_at);
    query_utc(&q, token->last_used_at);
    query_utc(&q, token->revoked_at);
    return query_run(&q, err);
}

static void read_token(struct query *q, struct arena *arena, struct access_token *token) {
    token->id = read_guid(q);
    token->user_row = read_i64(q);
    token->user_email = read_text(q, arena);
    read_bytes(q, token->hash, sizeof token->hash);
    token->prefix = read_text(q, arena);
    token->name = read_text(q, arena);
    token->role = (enum role)read_i64(q);
    token->created_at = read_utc(q);
    token->expires_at = read_never(q);
    token->last_used_at = read_utc(q);
    token->revoked_at = read_utc(q);
}

bool sqlite_token_get(struct store_tx *tx, const unsigned char hash[TOKEN_HASH_SIZE],
                      struct arena *arena, struct access_token *ret, struct err *err) {
    struct query q = query_begin(tx, SQL_TOKEN_GET);
    query_bytes(&q, hash, TOKEN_HASH_SIZE);
    bool found = query_row(&q);
    struct access_token token = {0};
    if (found) read_token(&q, arena, &token);
    if (!query_end(&q, err)) return false;
    if (!found) return no_such_token(err);
    *ret = token;
    return true;
}

bool sqlite_token_list(struct store_tx *tx, int64_t user_row, struct arena *arena,
                       struct access_token **ret, size_t *count, struct err *err) {
    size_t found = 0, room = 0;
    struct access_token *tokens = ARENA_ARRAY(arena, 0, struct access_token);
    struct query q = query_begin(tx, SQL_TOKEN_LIST);
    query_i64(&q, user_row);
    while (query_row(&q)) {
        if (found == room) {
            room = room ? room * 2 : 8;
            struct access_token *larger = ARENA_ARRAY(arena, room, struct access_token);
            memcpy(larger, tokens, found * sizeof *tokens);
            tokens = larger;
        }
        read_token(&q, arena, &tokens[found++]);
    }
    if (!query_end(&q, err)) return false;
    *ret = tokens;
    *count = found;
    return true;
}

bool sqlite_token_revoke(struct store_tx *tx, int64_t user_row, struct guid id, struct utc at,
                         struct err *err) {
    struct query q = query_begin(tx, SQL_TOKEN_REVOKE);
    query_utc(&q, at);
    query_i64(&q, user_row);
    query_bytes(&q, id.bytes, sizeof id.bytes);
    if (!query_run(&q, err)) return false;
    return query_changes(&q) > 0 || no_such_token(err);
}

bool sqlite_token_touch(struct store_tx *tx, struct guid id, struct utc at, struct err *err) {
    struct query q = query_begin(tx, SQL_TOKEN_TOUCH);
    query_utc(&q, at);
    query_bytes(&q, id.bytes, sizeof id.bytes);
    if (!query_run(&q, err)) return false;
    return query_changes(&q) > 0 || no_such_token(err);
}
