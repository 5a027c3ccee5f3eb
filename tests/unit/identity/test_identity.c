/* Logins, tokens and users on the in-memory store, with a clock that the test moves. */
#include "identity/identity.h"
#include "store/memory/memory_store.h"

#include <string.h>

struct house {
    struct store *store;
    struct identity *identity;
    struct clock clock;
    int64_t us; // both clocks
    struct arena arena;
    char password[GENERATED_PASSWORD_SIZE];
    struct err err;
};

static struct utc house_now(void *context) {
    return (struct utc){((const struct house *)context)->us};
}

static struct mono house_mono(void *context) {
    return (struct mono){((const struct house *)context)->us};
}

static const struct actor admin = {.email = STR_INIT("admin@alphabet.local"),
                                   .address = STR_INIT("127.0.0.1")};

static void open_house(struct house *house) {
    *house = (struct house){.us = INT64_C(1790000000000000), .err = ERR_INIT};
    house->clock = (struct clock){.now = house_now, .mono = house_mono, .context = house};
    house->store = memory_store_new(&(struct memory_store_options){0});
    struct identity_options options = {
        .store = house->store,
        .clock = &house->clock,
        .issuer = STR("Alphabet"),
        .audience = STR("Alphabet.Clients"),
        .key = STR("0123456789abcdef0123456789abcdef"),
        .access_minutes = 15,
        .refresh_days = 7,
        .lockout_failures = 5,
        .lockout = span_seconds(300),
    };
    house->identity = identity_new(&options);
    bool created;
    assert_true(
        identity_ensure_admin(house->identity, STR_NONE, house->password, &created, &house->err));
    assert_true(created);
}

static void close_house(struct house *house) {
    identity_free(house->identity);
    store_close(house->store);
    arena_free(&house->arena);
}

static void pass_seconds(struct house *house, int64_t seconds) {
    house->us += seconds * 1000000;
}

static bool login_as(struct house *house, struct str email, struct str password,
                     struct token_pair *pair) {
    return identity_login(house->identity, email, password, STR("127.0.0.1"), &house->arena, pair,
                          &house->err);
}

static struct token_pair login_admin(struct house *house) {
    struct token_pair pair;
    assert_true(login_as(house, admin.email, str_from_cstr(house->password), &pair));
    return pair;
}

static bool is_good(struct house *house, struct str token) {
    struct principal who;
    bool ok = identity_authenticate(house->identity, token, &who, &house->err);
    if (!ok) assert_int_equal(house->err.kind, ERR_UNAUTHENTICATED);
    return ok;
}

static void test_the_first_admin_is_made_once_and_can_log_in(void **state) {
    (void)state;
    struct house house;
    open_house(&house);
    char other[GENERATED_PASSWORD_SIZE];
    bool created = true;
    assert_true(identity_ensure_admin(house.identity, STR_NONE, other, &created, &house.err));
    assert_false(created);
    struct token_pair pair = login_admin(&house);
    struct principal who;
    assert_true(identity_authenticate(house.identity, pair.access_token, &who, &house.err));
    assert_int_equal(who.role, ROLE_ADMIN);
    assert_string_equal(who.email, "admin@alphabet.local");
    assert_int_equal(pair.expires_in, 900);
    close_house(&house);
}

static void test_an_access_token_ends_after_fifteen_minutes(void **state) {
    (void)state;
    struct house house;
    open_house(&house);
    struct token_pair pair = login_admin(&house);
    pass_seconds(&house, 899);
    assert_true(is_good(&house, pair.access_token));
    pass_seconds(&house, 1);
    assert_false(is_good(&house, pair.access_token));
    close_house(&house);
}

static void test_wrong_password_and_unknown_account_are_one_answer(void **state) {
    (void)state;
    struct house house;
    open_house(&house);
    struct token_pair pair;
    assert_false(login_as(&house, admin.email, STR("not the password"), &pair));
    struct err wrong = house.err;
    assert_false(login_as(&house, STR("nobody@example.org"), STR("not the password"), &pair));
    assert_int_equal(house.err.kind, wrong.kind);
    assert_string_equal(house.err.msg, wrong.msg);
    assert_false(login_as(&house, STR("no address"), STR("not the password"), &pair));
    assert_string_equal(house.err.msg, wrong.msg);
    close_house(&house);
}

static void test_five_failures_lock_for_five_minutes_and_no_longer(void **state) {
    (void)state;
    struct house house;
    open_house(&house);
    struct token_pair pair;
    for (int i = 0; i < 5; i++)
        assert_false(login_as(&house, admin.email, STR("not the password"), &pair));
    assert_false(login_as(&house, admin.email, str_from_cstr(house.password), &pair));
    pass_seconds(&house, 299);
    assert_false(login_as(&house, admin.email, STR("not the password"), &pair));
    pass_seconds(&house, 1); /* the try above did not prolong it */
    assert_true(login_as(&house, admin.email, str_from_cstr(house.password), &pair));
    close_house(&house);
}

static void test_refresh_rotates_and_reuse_ends_the_family(void **state) {
    (void)state;
    struct house house;
    open_house(&house);
    struct token_pair first = login_admin(&house), second, third;
    struct token_pair elsewhere = login_admin(&house);
    struct str address = STR("127.0.0.1");
    assert_true(identity_refresh(house.identity, str_from_cstr(first.refresh_token), address,
                                 &house.arena, &second, &house.err));
    assert_true(is_good(&house, second.access_token));
    assert_string_not_equal(first.refresh_token, second.refresh_token);
    /* The old one again: whoever has it, neither goes on. */
    assert_false(identity_refresh(house.identity, str_from_cstr(first.refresh_token), address,
                                  &house.arena, &third, &house.err));
    assert_int_equal(house.err.kind, ERR_UNAUTHENTICATED);
    assert_false(identity_refresh(house.identity, str_from_cstr(second.refresh_token), address,
                                  &house.arena, &third, &house.err));
    /* Another login is another family. */
    assert_true(identity_refresh(house.identity, str_from_cstr(elsewhere.refresh_token), address,
                                 &house.arena, &third, &house.err));
    pass_seconds(&house, 7 * 86400 + 1);
    assert_false(identity_refresh(house.identity, str_from_cstr(third.refresh_token), address,
                                  &house.arena, &second, &house.err));
    close_house(&house);
}

static void test_a_refresh_token_is_no_access_token(void **state) {
    (void)state;
    struct house house;
    open_house(&house);
    struct token_pair pair = login_admin(&house);
    assert_false(is_good(&house, str_from_cstr(pair.refresh_token)));
    assert_false(is_good(&house, STR("")));
    assert_false(is_good(&house, STR("alp_")));
    close_house(&house);
}

static void test_logout_ends_access_and_refresh_at_once(void **state) {
    (void)state;
    struct house house;
    open_house(&house);
    struct token_pair pair = login_admin(&house), next;
    struct principal who;
    assert_true(identity_authenticate(house.identity, pair.access_token, &who, &house.err));
    assert_true(identity_logout(house.identity, &who, &admin, &house.err));
    assert_false(is_good(&house, pair.access_token));
    assert_false(identity_refresh(house.identity, str_from_cstr(pair.refresh_token),
                                  STR("127.0.0.1"), &house.arena, &next, &house.err));
    close_house(&house);
}

static void test_personal_tokens(void **state) {
    (void)state;
    struct house house;
    open_house(&house);
    struct token_pair pair = login_admin(&house);
    struct principal who, script;
    struct access_token token, *tokens;
    char secret[SECRET_TOKEN_SIZE];
    size_t count;
    assert_true(identity_authenticate(house.identity, pair.access_token, &who, &house.err));
    struct utc soon = utc_add(clock_now(&house.clock), span_seconds(3600));
    assert_true(identity_token_create(house.identity, &who, &admin, STR("backup"), ROLE_VIEWER,
                                      soon, &token, secret, &house.err));
    assert_true(identity_authenticate(house.identity, str_from_cstr(secret), &script, &house.err));
    assert_int_equal(script.role, ROLE_VIEWER);
    assert_true(script.is_personal_token);
    /* With a viewer's token nobody makes an admin's. */
    assert_false(identity_token_create(house.identity, &script, &admin, STR("x"), ROLE_ADMIN, soon,
                                       &token, secret, &house.err));
    assert_int_equal(house.err.kind, ERR_FORBIDDEN);
    assert_true(
        identity_token_list(house.identity, &who, &house.arena, &tokens, &count, &house.err));
    assert_int_equal(count, 1);
    assert_true(str_starts_with(str_from_cstr(secret), tokens[0].prefix));
    assert_true(identity_token_revoke(house.identity, &who, &admin, tokens[0].id, &house.err));
    assert_false(is_good(&house, str_from_cstr(secret)));
    assert_true(identity_token_create(house.identity, &who, &admin, STR("short"), ROLE_ADMIN, soon,
                                      &token, secret, &house.err));
    assert_true(is_good(&house, str_from_cstr(secret)));
    pass_seconds(&house, 3600);
    assert_false(is_good(&house, str_from_cstr(secret)));
    close_house(&house);
}

static void test_a_change_of_role_lock_or_password_ends_the_users_tokens(void **state) {
    (void)state;
    struct house house;
    open_house(&house);
    struct user user;
    struct token_pair pair;
    assert_true(identity_user_create(house.identity, &admin, STR("Ada@Example.org"),
                                     STR("correct horse battery"), ROLE_USER, &house.arena, &user,
                                     &house.err));
    assert_true(str_equal(user.email, STR("ada@example.org")));
    struct str email = STR("ADA@example.org"), password = STR("correct horse battery");
    assert_true(login_as(&house, email, password, &pair));
    assert_true(is_good(&house, pair.access_token));
    assert_true(identity_user_set_role(house.identity, &admin, user.id, ROLE_VIEWER, &house.err));
    assert_false(is_good(&house, pair.access_token));
    assert_true(login_as(&house, email, password, &pair));
    assert_true(identity_user_lock(house.identity, &admin, user.id, true, &house.err));
    assert_false(is_good(&house, pair.access_token));
    assert_false(login_as(&house, email, password, &pair));
    assert_true(identity_user_lock(house.identity, &admin, user.id, false, &house.err));
    assert_true(login_as(&house, email, password, &pair));
    assert_true(identity_user_set_password(house.identity, &admin, user.id,
                                           STR("another long password"), &house.err));
    assert_false(is_good(&house, pair.access_token));
    assert_false(login_as(&house, email, password, &pair));
    assert_true(login_as(&house, email, STR("another long password"), &pair));
    assert_true(identity_user_delete(house.identity, &admin, user.id, &house.err));
    assert_false(is_good(&house, pair.access_token));
    close_house(&house);
}

static void test_the_last_admin_stays(void **state) {
    (void)state;
    struct house house;
    open_house(&house);
    struct token_pair pair = login_admin(&house);
    struct principal who;
    struct user second;
    assert_true(identity_authenticate(house.identity, pair.access_token, &who, &house.err));
    assert_false(
        identity_user_set_role(house.identity, &admin, who.user_id, ROLE_USER, &house.err));
    assert_int_equal(house.err.kind, ERR_CONFLICT);
    assert_false(identity_user_lock(house.identity, &admin, who.user_id, true, &house.err));
    assert_false(identity_user_delete(house.identity, &admin, who.user_id, &house.err));
    assert_int_equal(house.err.kind, ERR_CONFLICT);
    assert_true(is_good(&house, pair.access_token));
    assert_true(identity_user_create(house.identity, &admin, STR("two@example.org"),
                                     STR("correct horse battery"), ROLE_ADMIN, &house.arena,
                                     &second, &house.err));
    assert_true(identity_user_delete(house.identity, &admin, who.user_id, &house.err));
    close_house(&house);
}

static void test_bad_users_are_refused(void **state) {
    (void)state;
    struct house house;
    open_house(&house);
    struct user user;
    static const char *const addresses[] = {"", "a", "@", "a@", "@b", "a@b@c", "a b@c", "a<b>@c"};
    for (size_t i = 0; i < COUNT_OF(addresses); i++) {
        assert_false(identity_user_create(house.identity, &admin, str_from_cstr(addresses[i]),
                                          STR("correct horse battery"), ROLE_USER, &house.arena,
                                          &user, &house.err));
        assert_string_equal(house.err.field, "email");
    }
    assert_false(identity_user_create(house.identity, &admin, STR("a@b"), STR("short"), ROLE_USER,
                                      &house.arena, &user, &house.err));
    assert_string_equal(house.err.field, "password");
    assert_false(identity_user_create(house.identity, &admin, admin.email,
                                      STR("correct horse battery"), ROLE_USER, &house.arena, &user,
                                      &house.err));
    assert_int_equal(house.err.kind, ERR_CONFLICT);
    close_house(&house);
}
