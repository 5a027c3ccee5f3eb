/* suite_identity.c - users, refresh tokens, personal access tokens. */
#include "suite.h"

#include <string.h>

static struct user sample_user(struct fixture *f, const char *email) {
    return (struct user){.id = next_guid(f),
                         .email = str_from_cstr(email),
                         .password_hash = STR("$argon2id$v=19$x"),
                         .role = ROLE_USER,
                         .created_at = at(1)};
}

static struct user put_user(struct fixture *f, const char *email) {
    struct err err;
    struct user user = sample_user(f, email);
    assert_true(do_user_insert(f->store, &user, &err));
    assert_true(user.row > 0);
    return user;
}

static void assert_same_user(const struct user *actual, const struct user *expected) {
    assert_int_equal(actual->row, expected->row);
    assert_guid(actual->id, expected->id);
    assert_same_str(actual->email, expected->email);
    assert_same_str(actual->password_hash, expected->password_hash);
    assert_int_equal(actual->role, expected->role);
    assert_int_equal(actual->is_locked, expected->is_locked);
    assert_time(actual->locked_until, expected->locked_until);
    assert_int_equal(actual->failed_logins, expected->failed_logins);
    assert_int_equal(actual->token_generation, expected->token_generation);
    assert_time(actual->created_at, expected->created_at);
    assert_time(actual->last_login_at, expected->last_login_at);
}

static void test_a_user_is_found_by_id_row_and_email(void **state) {
    struct fixture *f = *state;
    struct err err;
    struct user user = put_user(f, "ann@example.org"), found;
    (void)put_user(f, "bob@example.org");
    struct store_tx *tx = read_begin(f);
    assert_true(store_user_get(tx, user.id, &f->arena, &found, &err));
    assert_same_user(&found, &user);
    assert_true(store_user_get_by_row(tx, user.row, &f->arena, &found, &err));
    assert_same_user(&found, &user);
    assert_true(store_user_get_by_email(tx, user.email, &f->arena, &found, &err));
    assert_same_user(&found, &user);
    assert_error(store_user_get(tx, next_guid(f), &f->arena, &found, &err), &err, ERR_NOT_FOUND);
    assert_error(store_user_get_by_row(tx, 999, &f->arena, &found, &err), &err, ERR_NOT_FOUND);
    assert_error(store_user_get_by_email(tx, STR("cid@example.org"), &f->arena, &found, &err), &err,
                 ERR_NOT_FOUND);
    read_end(f, tx);
    assert_same_user(&found, &user);
}

static void test_an_email_is_taken_once(void **state) {
    struct fixture *f = *state;
    struct err err;
    (void)put_user(f, "ann@example.org");
    struct user again = sample_user(f, "ann@example.org");
    assert_error(do_user_insert(f->store, &again, &err), &err, ERR_CONFLICT);
}

static void test_an_update_changes_all_but_id_and_email(void **state) {
    struct fixture *f = *state;
    struct err err;
    struct user user = put_user(f, "ann@example.org"), found;
    struct user changed = {.row = user.row,
                           .id = next_guid(f),
                           .email = STR("new@example.org"),
                           .password_hash = STR("$argon2id$other"),
                           .role = ROLE_ADMIN,
                           .is_locked = true,
                           .locked_until = at(30),
                           .failed_logins = 4,
                           .token_generation = 5,
                           .created_at = at(1),
                           .last_login_at = at(6)};
    assert_true(do_user_update(f->store, &changed, &err));
    changed.id = user.id;
    changed.email = user.email;
    struct store_tx *tx = read_begin(f);
    assert_true(store_user_get(tx, user.id, &f->arena, &found, &err));
    read_end(f, tx);
    assert_same_user(&found, &changed);
    changed.row = 999;
    assert_error(do_user_update(f->store, &changed, &err), &err, ERR_NOT_FOUND);
}

static void test_users_are_listed_by_email_and_counted_by_role(void **state) {
    struct fixture *f = *state;
    struct err err;
    const char *const emails[] = {"cid@example.org", "ann@example.org", "bob@example.org"};
    for (size_t i = 0; i < COUNT_OF(emails); i++) {
        struct user user = sample_user(f, emails[i]);
        user.role = ROLE_ADMIN;
        user.is_locked = i == 0;
        user.locked_until = at(999); // too many failures: not a lock by an admin
        assert_true(do_user_insert(f->store, &user, &err));
    }
    (void)put_user(f, "dan@example.org");
    struct user *users;
    size_t count;
    int64_t total, admins = -1;
    struct store_tx *tx = read_begin(f);
    assert_true(store_user_list(tx, 1, 2, &f->arena, &users, &count, &total, &err));
    assert_int_equal(count, 2);
    assert_int_equal(total, 4);
    assert_str(users[0].email, "bob@example.org");
    assert_str(users[1].email, "cid@example.org");
    assert_true(store_user_count(tx, ROLE_ADMIN, &admins, &err));
    assert_int_equal(admins, 2);
    assert_true(store_user_count(tx, ROLE_VIEWER, &admins, &err));
    assert_int_equal(admins, 0);
    read_end(f, tx);
}

/* ---- refresh tokens -------------------------------------------------------------------------- */

static struct refresh_token put_refresh(struct fixture *f, const struct user *user,
                                        struct guid family, unsigned char tag) {
    struct err err;
    struct refresh_token token = {.hash = {tag, [31] = 9},
                                  .user_row = user->row,
                                  .family = family,
                                  .created_at = at(1),
                                  .expires_at = at(1000)};
    assert_true(do_refresh_insert(f->store, &token, &err));
    return token;
}

static struct refresh_token refresh_now(struct fixture *f, const struct refresh_token *token) {
    struct err err;
    struct refresh_token found = {0};
    struct store_tx *tx = read_begin(f);
    bool ok = store_refresh_get(tx, token->hash, &found, &err);
    read_end(f, tx);
    assert_true(ok);
    return found;
}

static bool refresh_is_kept(struct fixture *f, const struct refresh_token *token) {
    struct err err;
    struct refresh_token found;
    struct store_tx *tx = read_begin(f);
    bool kept = store_refresh_get(tx, token->hash, &found, &err);
    read_end(f, tx);
    if (!kept) assert_int_equal(err.kind, ERR_NOT_FOUND);
    return kept;
}

static void test_expired_refresh_tokens_are_deleted_in_batches(void **state) {
    struct fixture *f = *state;
    struct err err;
    struct user ann = put_user(f, "ann@example.org");
    struct refresh_token tokens[4];
    for (size_t i = 0; i < COUNT_OF(tokens); i++) {
        tokens[i] = (struct refresh_token){.hash = {(unsigned char)(9 - i)},
                                           .user_row = ann.row,
                                           .family = next_guid(f),
                                           .created_at = at(1),
                                           .expires_at = at(10 + (int64_t)i)};
        assert_true(do_refresh_insert(f->store, &tokens[i], &err));
    }
    int64_t deleted = -1;
    assert_true(do_refresh_expire(f->store, at(10), 10, &deleted, &err));
    assert_int_equal(deleted, 0);
    assert_true(do_refresh_expire(f->store, at(13), 2, &deleted, &err));
    assert_int_equal(deleted, 2);
    assert_false(refresh_is_kept(f, &tokens[0]));
    assert_false(refresh_is_kept(f, &tokens[1]));
    assert_true(refresh_is_kept(f, &tokens[2]));
    assert_true(do_refresh_expire(f->store, at(13), 2, &deleted, &err));
    assert_int_equal(deleted, 1);
    assert_true(refresh_is_kept(f, &tokens[3]));
}

static void test_refresh_tokens_are_used_and_revoked(void **state) {
    struct fixture *f = *state;
    struct err err;
    struct user ann = put_user(f, "ann@example.org"), bob = put_user(f, "bob@example.org");
    struct guid one = next_guid(f), two = next_guid(f);
    struct refresh_token first = put_refresh(f, &ann, one, 1),
                         second = put_refresh(f, &ann, one, 2),
                         other = put_refresh(f, &ann, two, 3),
                         bobs = put_refresh(f, &bob, next_guid(f), 4);
    struct refresh_token found = refresh_now(f, &first);
    assert_memory_equal(found.hash, first.hash, sizeof found.hash);
    assert_int_equal(found.user_row, ann.row);
    assert_guid(found.family, one);
    assert_time(found.created_at, at(1));
    assert_time(found.expires_at, at(1000));
    assert_true(utc_is_none(found.used_at) && utc_is_none(found.revoked_at));

    assert_true(do_refresh_mark_used(f->store, first.hash, at(20), &err));
    assert_time(refresh_now(f, &first).used_at, at(20));
    assert_true(utc_is_none(refresh_now(f, &second).used_at));
    assert_true(do_refresh_revoke_family(f->store, one, at(30), &err));
    assert_time(refresh_now(f, &first).revoked_at, at(30));
    assert_time(refresh_now(f, &second).revoked_at, at(30));
    assert_true(utc_is_none(refresh_now(f, &other).revoked_at));
    assert_true(do_refresh_revoke_user(f->store, ann.row, at(40), &err));
    assert_time(refresh_now(f, &second).revoked_at, at(30)); // the first time stays
    assert_time(refresh_now(f, &other).revoked_at, at(40));
    assert_true(utc_is_none(refresh_now(f, &bobs).revoked_at));

    const unsigned char unknown[TOKEN_HASH_SIZE] = {77};
    struct store_tx *tx = read_begin(f);
    assert_error(store_refresh_get(tx, unknown, &found, &err), &err, ERR_NOT_FOUND);
    read_end(f, tx);
    assert_error(do_refresh_mark_used(f->store, unknown, at(1), &err), &err, ERR_NOT_FOUND);
}

/* ---- personal access tokens ------------------------------------------------------------------ */

static struct access_token put_token(struct fixture *f, const struct user *user, const char *name,
                                     unsigned char tag) {
    struct err err;
    struct access_token token = {.id = next_guid(f),
                                 .user_row = user->row,
                                 .hash = {tag, [31] = 7},
                                 .prefix = STR("alp_1234"),
                                 .name = str_from_cstr(name),
                                 .role = ROLE_VIEWER,
                                 .created_at = at(2),
                                 .expires_at = UTC_NEVER};
    assert_true(do_token_insert(f->store, &token, &err));
    return token;
}

static struct access_token token_now(struct fixture *f, const struct access_token *token) {
    struct err err;
    struct access_token found = {0};
    struct store_tx *tx = read_begin(f);
    bool ok = store_token_get(tx, token->hash, &f->arena, &found, &err);
    read_end(f, tx);
    assert_true(ok);
    return found;
}

static void test_access_tokens_are_kept(void **state) {
    struct fixture *f = *state;
    struct err err;
    struct user ann = put_user(f, "ann@example.org"), bob = put_user(f, "bob@example.org");
    struct access_token token = put_token(f, &ann, "backup", 1),
                        second = put_token(f, &ann, "ci", 2);
    (void)put_token(f, &bob, "his", 3);
    struct access_token found = token_now(f, &token);
    assert_guid(found.id, token.id);
    assert_int_equal(found.user_row, ann.row);
    assert_str(found.user_email, "ann@example.org");
    assert_memory_equal(found.hash, token.hash, sizeof found.hash);
    assert_str(found.prefix, "alp_1234");
    assert_str(found.name, "backup");
    assert_int_equal(found.role, ROLE_VIEWER);
    assert_time(found.created_at, at(2));
    assert_true(utc_is_never(found.expires_at));
    assert_true(utc_is_none(found.last_used_at) && utc_is_none(found.revoked_at));
    struct access_token *tokens;
    size_t count;
    struct store_tx *tx = read_begin(f);
    assert_true(store_token_list(tx, ann.row, &f->arena, &tokens, &count, &err));
    read_end(f, tx);
    assert_int_equal(count, 2);
    assert_guid(tokens[0].id, token.id);
    assert_guid(tokens[1].id, second.id);
    assert_str(tokens[1].user_email, "ann@example.org");
}

static void test_access_tokens_are_touched_and_revoked(void **state) {
    struct fixture *f = *state;
    struct err err;
    struct user ann = put_user(f, "ann@example.org"), bob = put_user(f, "bob@example.org");
    struct access_token token = put_token(f, &ann, "backup", 1), found;
    assert_true(do_token_touch(f->store, token.id, at(50), &err));
    assert_time(token_now(f, &token).last_used_at, at(50));
    assert_error(do_token_revoke(f->store, bob.row, token.id, at(60), &err), &err, ERR_NOT_FOUND);
    assert_true(utc_is_none(token_now(f, &token).revoked_at));
    assert_true(do_token_revoke(f->store, ann.row, token.id, at(60), &err));
    assert_time(token_now(f, &token).revoked_at, at(60));
    assert_error(do_token_revoke(f->store, ann.row, next_guid(f), at(60), &err), &err,
                 ERR_NOT_FOUND);
    const unsigned char unknown[TOKEN_HASH_SIZE] = {77};
    struct store_tx *tx = read_begin(f);
    assert_error(store_token_get(tx, unknown, &f->arena, &found, &err), &err, ERR_NOT_FOUND);
    read_end(f, tx);
}

static void test_a_user_goes_with_all_tokens(void **state) {
    struct fixture *f = *state;
    struct err err;
    struct user ann = put_user(f, "ann@example.org"), bob = put_user(f, "bob@example.org"), found;
    struct refresh_token refresh = put_refresh(f, &ann, next_guid(f), 1),
                         kept = put_refresh(f, &bob, next_guid(f), 2);
    struct access_token token = put_token(f, &ann, "backup", 1),
                        kept_token = put_token(f, &bob, "x", 2), gone;
    assert_true(do_user_delete(f->store, ann.row, &err));
    struct store_tx *tx = read_begin(f);
    assert_error(store_user_get(tx, ann.id, &f->arena, &found, &err), &err, ERR_NOT_FOUND);
    assert_error(store_refresh_get(tx, refresh.hash, &refresh, &err), &err, ERR_NOT_FOUND);
    assert_error(store_token_get(tx, token.hash, &f->arena, &gone, &err), &err, ERR_NOT_FOUND);
    read_end(f, tx);
    assert_int_equal(refresh_now(f, &kept).user_row, bob.row);
    assert_guid(token_now(f, &kept_token).id, kept_token.id);
    assert_error(do_user_delete(f->store, ann.row, &err), &err, ERR_NOT_FOUND);
    (void)put_user(f, "ann@example.org"); // the address is free again
}
