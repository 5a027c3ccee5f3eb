/* Sessions on the in-memory store, with a clock that the test moves. */
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

static void make_identity(struct house *house) {
    struct identity_options options = {
        .store = house->store,
        .clock = &house->clock,
        .issuer = STR("Alphabet"),
        .audience = STR("Alphabet.Clients"),
        .key = STR("0123456789abcdef0123456789abcdef"),
        .access_minutes = 15,
        .refresh_days = 7,
        .session_idle = span_seconds(3600),
        .session_life = span_seconds(12 * 3600),
        .lockout_failures = 5,
        .lockout = span_seconds(300),
    };
    house->identity = identity_new(&options);
}

static void open_house(struct house *house) {
    *house = (struct house){.us = INT64_C(1790000000000000), .err = ERR_INIT};
    house->clock = (struct clock){.now = house_now, .mono = house_mono, .context = house};
    house->store = memory_store_new(&(struct memory_store_options){0});
    make_identity(house);
    bool created;
    assert_true(
        identity_ensure_admin(house->identity, STR_NONE, house->password, &created, &house->err));
}

static void close_house(struct house *house) {
    identity_free(house->identity);
    store_close(house->store);
    arena_free(&house->arena);
}

static void pass_seconds(struct house *house, int64_t seconds) {
    house->us += seconds * 1000000;
}

static struct session open_session(struct house *house, struct str replaced) {
    struct session session;
    assert_true(identity_session_login(house->identity, admin.email, str_from_cstr(house->password),
                                       STR("127.0.0.1"), replaced, &house->arena, &session,
                                       &house->err));
    return session;
}

static bool run_nothing(struct store_tx *tx, void *context, struct err *err) {
    (void)tx;
    (void)context;
    (void)err;
    return true;
}

/* Nobody waits for the note that a session was seen; a write behind it does. */
static void wait_for_writes(struct house *house) {
    assert_true(store_write_wait(house->store, run_nothing, NULL, &house->err));
}

static bool is_good(struct house *house, const struct session *session) {
    struct principal who;
    bool ok = identity_session_authenticate(house->identity, str_from_cstr(session->secret), &who,
                                            &house->err);
    if (!ok) assert_int_equal(house->err.kind, ERR_UNAUTHENTICATED);
    wait_for_writes(house);
    return ok;
}

static void test_a_session_says_who_holds_it(void **state) {
    (void)state;
    struct house house;
    open_house(&house);
    struct session session = open_session(&house, STR_NONE);
    struct principal who;
    assert_true(identity_session_authenticate(house.identity, str_from_cstr(session.secret), &who,
                                              &house.err));
    assert_true(who.is_session);
    assert_false(who.is_personal_token);
    assert_int_equal(who.role, ROLE_ADMIN);
    assert_string_equal(who.email, "admin@alphabet.local");
    assert_int_equal(strlen(session.secret), SECRET_TOKEN_SIZE - 1);
    close_house(&house);
}

static void test_E3_a_session_ends_when_it_is_idle(void **state) {
    (void)state;
    struct house house;
    open_house(&house);
    struct session session = open_session(&house, STR_NONE);
    for (int i = 0; i < 3; i++) { // seen within the hour, again and again
        pass_seconds(&house, 3500);
        assert_true(is_good(&house, &session));
    }
    pass_seconds(&house, 3601);
    assert_false(is_good(&house, &session));
    close_house(&house);
}

static void test_E3_a_session_ends_by_age_however_busy_it_is(void **state) {
    (void)state;
    struct house house;
    open_house(&house);
    struct session session = open_session(&house, STR_NONE);
    for (int i = 0; i < 23; i++) {
        pass_seconds(&house, 1800);
        assert_true(is_good(&house, &session));
    }
    pass_seconds(&house, 1801);
    assert_false(is_good(&house, &session));
    close_house(&house);
}

static void test_E1_a_login_gives_a_new_session_and_ends_the_one_it_came_with(void **state) {
    (void)state;
    struct house house;
    open_house(&house);
    struct session first = open_session(&house, STR_NONE);
    struct session other = open_session(&house, STR_NONE);
    assert_true(is_good(&house, &first));
    struct session second = open_session(&house, str_from_cstr(first.secret));
    assert_string_not_equal(first.secret, second.secret);
    assert_false(is_good(&house, &first));
    assert_true(is_good(&house, &second));
    assert_true(is_good(&house, &other));
    struct session third = open_session(&house, STR("als_made-up-by-somebody"));
    assert_true(is_good(&house, &third));
    close_house(&house);
}

static void test_a_logout_ends_this_session_alone(void **state) {
    (void)state;
    struct house house;
    open_house(&house);
    struct session one = open_session(&house, STR_NONE), two = open_session(&house, STR_NONE);
    assert_true(identity_session_logout(house.identity, &one.who, &admin, &house.err));
    assert_false(is_good(&house, &one));
    assert_true(is_good(&house, &two));
    assert_true(identity_logout(house.identity, &two.who, &admin, &house.err));
    assert_false(is_good(&house, &two));
    close_house(&house);
}

static void test_what_ends_tokens_ends_sessions(void **state) {
    (void)state;
    struct house house;
    open_house(&house);
    struct user user;
    struct str email = STR("ann@example.org"), password = STR("a password long enough");
    assert_true(identity_user_create(house.identity, &admin, email, password, ROLE_USER,
                                     &house.arena, &user, &house.err));
    for (int i = 0; i < 4; i++) {
        struct session session;
        assert_true(identity_session_login(house.identity, email, password, STR("127.0.0.1"),
                                           STR_NONE, &house.arena, &session, &house.err));
        assert_true(is_good(&house, &session));
        bool ok = false;
        if (i == 0)
            ok = identity_user_set_role(house.identity, &admin, user.id, ROLE_VIEWER, &house.err);
        if (i == 1)
            ok = identity_user_set_password(house.identity, &admin, user.id, password, &house.err);
        if (i == 2)
            ok = identity_user_lock(house.identity, &admin, user.id, true, &house.err) &&
                 identity_user_lock(house.identity, &admin, user.id, false, &house.err);
        if (i == 3) ok = identity_user_delete(house.identity, &admin, user.id, &house.err);
        assert_true(ok);
        assert_false(is_good(&house, &session));
    }
    close_house(&house);
}

static void test_a_session_outlives_the_server_and_its_csrf_token_too(void **state) {
    (void)state;
    struct house house;
    open_house(&house);
    struct session session = open_session(&house, STR_NONE), other = open_session(&house, STR_NONE);
    char before[SESSION_CSRF_SIZE], after[SESSION_CSRF_SIZE], another[SESSION_CSRF_SIZE];
    identity_session_csrf(house.identity, &session.who, before);
    identity_session_csrf(house.identity, &other.who, another);
    assert_string_not_equal(before, another);
    identity_free(house.identity);
    make_identity(&house);
    struct principal who;
    assert_true(identity_session_authenticate(house.identity, str_from_cstr(session.secret), &who,
                                              &house.err));
    identity_session_csrf(house.identity, &who, after);
    assert_string_equal(before, after);
    close_house(&house);
}

static void test_sessions_and_refresh_tokens_are_not_taken_for_each_other(void **state) {
    (void)state;
    struct house house;
    open_house(&house);
    struct session session = open_session(&house, STR_NONE);
    struct token_pair pair;
    assert_false(identity_refresh(house.identity, str_from_cstr(session.secret), STR("127.0.0.1"),
                                  &house.arena, &pair, &house.err));
    assert_int_equal(house.err.kind, ERR_UNAUTHENTICATED);
    assert_true(is_good(&house, &session));
    assert_true(identity_login(house.identity, admin.email, str_from_cstr(house.password),
                               STR("127.0.0.1"), &house.arena, &pair, &house.err));
    struct principal who;
    assert_false(identity_session_authenticate(house.identity, str_from_cstr(pair.refresh_token),
                                               &who, &house.err));
    assert_false(
        identity_session_authenticate(house.identity, pair.access_token, &who, &house.err));
    close_house(&house);
}
