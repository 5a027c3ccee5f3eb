/* identity.c - users, refresh tokens and personal access tokens. */
#include "store/memory/memory.h"

#include <string.h>

/* ---- users ----------------------------------------------------------------------------------- */

static const struct user *find_email(const struct tables *tables, struct str email) {
    for (size_t i = 0; i < tables_count(tables, TABLE_USERS); i++) {
        const struct user *user = tables_at(tables, TABLE_USERS, i);
        if (str_equal(user->email, email)) return user;
    }
    return NULL;
}

static const struct user *find_user(const struct tables *tables, struct guid id) {
    for (size_t i = 0; i < tables_count(tables, TABLE_USERS); i++) {
        const struct user *user = tables_at(tables, TABLE_USERS, i);
        if (guid_equal(user->id, id)) return user;
    }
    return NULL;
}

bool memory_user_insert(struct store_tx *tx, struct user *user, struct err *err) {
    struct tables *tables = tables_to_change(tx);
    if (find_email(tables, user->email))
        return err_set(err, ERR_CONFLICT, "there is a user with this e-mail already");
    if (find_user(tables, user->id)) return err_set(err, ERR_CONFLICT, "this user exists already");
    struct user stored = *user;
    stored.row = tables_next_row(tables, TABLE_USERS);
    tables_put(tables, TABLE_USERS, stored.row, &stored);
    user->row = stored.row;
    return true;
}

static bool no_such_user(struct err *err) {
    return err_set(err, ERR_NOT_FOUND, "there is no such user");
}

bool memory_user_update(struct store_tx *tx, const struct user *user, struct err *err) {
    struct tables *tables = tables_to_change(tx);
    const struct user *old = tables_get(tables, TABLE_USERS, user->row);
    if (!old) return no_such_user(err);
    struct user changed = *user;
    changed.id = old->id;
    changed.email = old->email;
    tables_put(tables, TABLE_USERS, changed.row, &changed);
    return true;
}

bool memory_user_delete(struct store_tx *tx, int64_t user_row, struct err *err) {
    struct tables *tables = tables_to_change(tx);
    if (!tables_get(tables, TABLE_USERS, user_row)) return no_such_user(err);
    for (size_t i = tables_count(tables, TABLE_REFRESH); i-- > 0;) {
        const struct refresh_token *token = tables_at(tables, TABLE_REFRESH, i);
        if (token->user_row == user_row)
            tables_delete(tables, TABLE_REFRESH, tables_row_at(tables, TABLE_REFRESH, i));
    }
    for (size_t i = tables_count(tables, TABLE_TOKENS); i-- > 0;) {
        const struct access_token *token = tables_at(tables, TABLE_TOKENS, i);
        if (token->user_row == user_row)
            tables_delete(tables, TABLE_TOKENS, tables_row_at(tables, TABLE_TOKENS, i));
    }
    tables_delete(tables, TABLE_USERS, user_row);
    return true;
}

static bool answer_user(const struct user *user, struct arena *arena, struct user *ret,
                        struct err *err) {
    if (!user) return no_such_user(err);
    tables_copy_out(TABLE_USERS, user, arena, ret);
    return true;
}

bool memory_user_get(struct store_tx *tx, struct guid id, struct arena *arena, struct user *ret,
                     struct err *err) {
    return answer_user(find_user(tables_of(tx), id), arena, ret, err);
}

bool memory_user_get_by_row(struct store_tx *tx, int64_t row, struct arena *arena, struct user *ret,
                            struct err *err) {
    return answer_user(tables_get(tables_of(tx), TABLE_USERS, row), arena, ret, err);
}

bool memory_user_get_by_email(struct store_tx *tx, struct str email, struct arena *arena,
                              struct user *ret, struct err *err) {
    return answer_user(find_email(tables_of(tx), email), arena, ret, err);
}

static int order_by_email(const void *a, const void *b, void *context) {
    (void)context;
    const struct user *left = a, *right = b;
    return str_compare(left->email, right->email);
}

bool memory_user_list(struct store_tx *tx, int64_t offset, int64_t limit, struct arena *arena,
                      struct user **ret, size_t *count, int64_t *total, struct err *err) {
    (void)err;
    const struct tables *tables = tables_of(tx);
    struct selection found = selection_new(tables, TABLE_USERS, arena);
    for (size_t i = 0; i < tables_count(tables, TABLE_USERS); i++)
        selection_add(&found, tables_at(tables, TABLE_USERS, i));
    selection_sort(&found, order_by_email, NULL);
    *total = (int64_t)found.count;
    selection_page(&found, offset, limit);
    struct user *users = ARENA_ARRAY(arena, found.count, struct user);
    for (size_t i = 0; i < found.count; i++)
        tables_copy_out(TABLE_USERS, found.items[i], arena, &users[i]);
    *ret = users;
    *count = found.count;
    return true;
}

bool memory_user_count(struct store_tx *tx, enum role role, int64_t *ret, struct err *err) {
    (void)err;
    const struct tables *tables = tables_of(tx);
    int64_t count = 0;
    for (size_t i = 0; i < tables_count(tables, TABLE_USERS); i++) {
        const struct user *user = tables_at(tables, TABLE_USERS, i);
        if (user->role == role && !user->is_locked) count++;
    }
    *ret = count;
    return true;
}

/* ---- refresh tokens -------------------------------------------------------------------------- */

static bool same_hash(const unsigned char *a, const unsigned char *b) {
    return memcmp(a, b, TOKEN_HASH_SIZE) == 0;
}

static const struct refresh_token *find_refresh(const struct tables *tables,
                                                const unsigned char *hash, int64_t *row) {
    for (size_t i = 0; i < tables_count(tables, TABLE_REFRESH); i++) {
        const struct refresh_token *token = tables_at(tables, TABLE_REFRESH, i);
        if (!same_hash(token->hash, hash)) continue;
        *row = tables_row_at(tables, TABLE_REFRESH, i);
        return token;
    }
    return NULL;
}

bool memory_refresh_insert(struct store_tx *tx, const struct refresh_token *token,
                           struct err *err) {
    struct tables *tables = tables_to_change(tx);
    int64_t row;
    if (!tables_get(tables, TABLE_USERS, token->user_row)) return no_such_user(err);
    if (find_refresh(tables, token->hash, &row))
        return err_set(err, ERR_CONFLICT, "this token exists already");
    tables_put(tables, TABLE_REFRESH, tables_next_row(tables, TABLE_REFRESH), token);
    return true;
}

bool memory_refresh_get(struct store_tx *tx, const unsigned char hash[TOKEN_HASH_SIZE],
                        struct refresh_token *ret, struct err *err) {
    int64_t row;
    const struct refresh_token *token = find_refresh(tables_of(tx), hash, &row);
    if (!token) return err_set(err, ERR_NOT_FOUND, "there is no such token");
    *ret = *token;
    return true;
}

bool memory_refresh_mark_used(struct store_tx *tx, const unsigned char hash[TOKEN_HASH_SIZE],
                              struct utc at, struct err *err) {
    struct tables *tables = tables_to_change(tx);
    int64_t row;
    const struct refresh_token *old = find_refresh(tables, hash, &row);
    if (!old) return err_set(err, ERR_NOT_FOUND, "there is no such token");
    struct refresh_token token = *old;
    token.used_at = at;
    tables_put(tables, TABLE_REFRESH, row, &token);
    return true;
}

/* The time of the first revocation stays. */
static void revoke_refresh(struct tables *tables, size_t index, struct utc at) {
    struct refresh_token token =
        *(const struct refresh_token *)tables_at(tables, TABLE_REFRESH, index);
    if (!utc_is_none(token.revoked_at)) return;
    token.revoked_at = at;
    tables_put(tables, TABLE_REFRESH, tables_row_at(tables, TABLE_REFRESH, index), &token);
}

bool memory_refresh_revoke_family(struct store_tx *tx, struct guid family, struct utc at,
                                  struct err *err) {
    (void)err;
    struct tables *tables = tables_to_change(tx);
    for (size_t i = 0; i < tables_count(tables, TABLE_REFRESH); i++) {
        const struct refresh_token *token = tables_at(tables, TABLE_REFRESH, i);
        if (guid_equal(token->family, family)) revoke_refresh(tables, i, at);
    }
    return true;
}

static bool expires_first(const struct refresh_token *one, const struct refresh_token *other) {
    int order = compare_i64(one->expires_at.us, other->expires_at.us);
    return order != 0 ? order < 0 : memcmp(one->hash, other->hash, sizeof one->hash) < 0;
}

/* The place of the one that expired first, before `before`; the count when there is none. */
static size_t first_expired(const struct tables *tables, struct utc before) {
    size_t count = tables_count(tables, TABLE_REFRESH), first = count;
    for (size_t i = 0; i < count; i++) {
        const struct refresh_token *token = tables_at(tables, TABLE_REFRESH, i);
        if (utc_is_none(token->expires_at) || !utc_before(token->expires_at, before)) continue;
        if (first == count || expires_first(token, tables_at(tables, TABLE_REFRESH, first)))
            first = i;
    }
    return first;
}

bool memory_refresh_expire(struct store_tx *tx, struct utc before, int64_t limit, int64_t *ret,
                           struct err *err) {
    (void)err;
    struct tables *tables = tables_to_change(tx);
    int64_t deleted = 0;
    for (; deleted < limit; deleted++) {
        size_t first = first_expired(tables, before);
        if (first == tables_count(tables, TABLE_REFRESH)) break;
        tables_delete(tables, TABLE_REFRESH, tables_row_at(tables, TABLE_REFRESH, first));
    }
    *ret = deleted;
    return true;
}

bool memory_refresh_revoke_user(struct store_tx *tx, int64_t user_row, struct utc at,
                                struct err *err) {
    (void)err;
    struct tables *tables = tables_to_change(tx);
    for (size_t i = 0; i < tables_count(tables, TABLE_REFRESH); i++) {
        const struct refresh_token *token = tables_at(tables, TABLE_REFRESH, i);
        if (token->user_row == user_row) revoke_refresh(tables, i, at);
    }
    return true;
}

/* ---- personal access tokens ------------------------------------------------------------------ */

static void read_token(const struct tables *tables, const struct access_token *stored,
                       struct arena *arena, struct access_token *ret) {
    const struct user *user = tables_get(tables, TABLE_USERS, stored->user_row);
    struct access_token token = *stored;
    token.user_email = user->email;
    tables_copy_out(TABLE_TOKENS, &token, arena, ret);
}

/* By id, of one user or (0) of any. */
static const struct access_token *find_token(const struct tables *tables, int64_t user_row,
                                             struct guid id, int64_t *row) {
    for (size_t i = 0; i < tables_count(tables, TABLE_TOKENS); i++) {
        const struct access_token *token = tables_at(tables, TABLE_TOKENS, i);
        if (!guid_equal(token->id, id) || (user_row != 0 && token->user_row != user_row)) continue;
        *row = tables_row_at(tables, TABLE_TOKENS, i);
        return token;
    }
    return NULL;
}

static const struct access_token *find_token_hash(const struct tables *tables,
                                                  const unsigned char *hash) {
    for (size_t i = 0; i < tables_count(tables, TABLE_TOKENS); i++) {
        const struct access_token *token = tables_at(tables, TABLE_TOKENS, i);
        if (same_hash(token->hash, hash)) return token;
    }
    return NULL;
}

bool memory_token_insert(struct store_tx *tx, const struct access_token *token, struct err *err) {
    struct tables *tables = tables_to_change(tx);
    int64_t row;
    if (!tables_get(tables, TABLE_USERS, token->user_row)) return no_such_user(err);
    if (find_token(tables, 0, token->id, &row) || find_token_hash(tables, token->hash))
        return err_set(err, ERR_CONFLICT, "this token exists already");
    struct access_token stored = *token;
    stored.user_email = STR_NONE;
    tables_put(tables, TABLE_TOKENS, tables_next_row(tables, TABLE_TOKENS), &stored);
    return true;
}

bool memory_token_get(struct store_tx *tx, const unsigned char hash[TOKEN_HASH_SIZE],
                      struct arena *arena, struct access_token *ret, struct err *err) {
    const struct access_token *token = find_token_hash(tables_of(tx), hash);
    if (!token) return err_set(err, ERR_NOT_FOUND, "there is no such token");
    read_token(tables_of(tx), token, arena, ret);
    return true;
}

bool memory_token_list(struct store_tx *tx, int64_t user_row, struct arena *arena,
                       struct access_token **ret, size_t *count, struct err *err) {
    (void)err;
    const struct tables *tables = tables_of(tx);
    struct selection found = selection_new(tables, TABLE_TOKENS, arena);
    for (size_t i = 0; i < tables_count(tables, TABLE_TOKENS); i++) {
        const struct access_token *token = tables_at(tables, TABLE_TOKENS, i);
        if (token->user_row == user_row) selection_add(&found, token);
    }
    struct access_token *tokens = ARENA_ARRAY(arena, found.count, struct access_token);
    for (size_t i = 0; i < found.count; i++) read_token(tables, found.items[i], arena, &tokens[i]);
    *ret = tokens;
    *count = found.count;
    return true;
}

static bool change_token(struct store_tx *tx, int64_t user_row, struct guid id, struct utc at,
                         bool revoke, struct err *err) {
    struct tables *tables = tables_to_change(tx);
    int64_t row;
    const struct access_token *old = find_token(tables, user_row, id, &row);
    if (!old) return err_set(err, ERR_NOT_FOUND, "there is no such token");
    struct access_token token = *old;
    if (!revoke)
        token.last_used_at = at;
    else if (utc_is_none(token.revoked_at))
        token.revoked_at = at;
    tables_put(tables, TABLE_TOKENS, row, &token);
    return true;
}

bool memory_token_revoke(struct store_tx *tx, int64_t user_row, struct guid id, struct utc at,
                         struct err *err) {
    return change_token(tx, user_row, id, at, true, err);
}

bool memory_token_touch(struct store_tx *tx, struct guid id, struct utc at, struct err *err) {
    return change_token(tx, 0, id, at, false, err);
}
