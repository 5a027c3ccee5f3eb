/* Passwords: rules, hashes, and the time of an unknown account (CHECKLIST A5, A6, B3). */
#include "identity/password.h"

#include "base/bounds.h"
#include "tests/unit/cpu_time.h"

#include <string.h>

static void test_rules(void **state) {
    (void)state;
    struct err err = ERR_INIT;
    assert_true(password_check_rules(STR("twelve chars"), &err));
    assert_true(password_check_rules(STR("zw\xC3\xB6lf Zeichen!"), &err));
    assert_false(password_check_rules(STR("eleven char"), &err));
    assert_string_equal(err.field, "password");
    assert_false(password_check_rules(STR("tab\tis not allowed"), &err));
    assert_false(
        password_check_rules(STR("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"), &err));
    char longest[MAX_PASSWORD + 2];
    memset(longest, 'x', sizeof longest);
    assert_true(password_check_rules((struct str){longest, MAX_PASSWORD}, &err));
    assert_false(password_check_rules((struct str){longest, MAX_PASSWORD + 1}, &err));
}

static void test_a_hash_is_argon2id_with_enough_work(void **state) {
    (void)state;
    struct password_gate *gate = password_gate_new(1, 1);
    char hash[PASSWORD_HASH_SIZE], again[PASSWORD_HASH_SIZE];
    struct err err = ERR_INIT;
    bool match, rehash;
    assert_true(password_hash(gate, STR("correct horse battery"), hash, &err));
    assert_true(password_hash(gate, STR("correct horse battery"), again, &err));
    assert_string_not_equal(hash, again); /* salted */
    assert_true(str_starts_with(str_from_cstr(hash), STR("$argon2id$v=19$m=19456,t=2,p=1$")));
    assert_true(password_verify(gate, str_from_cstr(hash), STR("correct horse battery"), &match,
                                &rehash, &err));
    assert_true(match);
    assert_false(rehash);
    assert_true(password_verify(gate, str_from_cstr(hash), STR("correct horse batterz"), &match,
                                &rehash, &err));
    assert_false(match);
    password_gate_free(gate);
}

static void test_an_unknown_account_takes_the_time_of_a_known_one(void **state) {
    (void)state;
    struct password_gate *gate = password_gate_new(1, 1);
    char hash[PASSWORD_HASH_SIZE];
    struct err err = ERR_INIT;
    bool match, rehash;
    assert_true(password_hash(gate, STR("correct horse battery"), hash, &err));
    int64_t best_known = INT64_MAX, best_unknown = INT64_MAX;
    for (int i = 0; i < 12; i++) {
        int64_t start = cpu_us();
        assert_true(password_verify(gate, str_from_cstr(hash), STR("wrong password"), &match,
                                    &rehash, &err));
        int64_t middle = cpu_us();
        assert_true(password_verify(gate, STR_NONE, STR("wrong password"), &match, &rehash, &err));
        assert_false(match);
        int64_t end = cpu_us();
        if (middle - start < best_known) best_known = middle - start;
        if (end - middle < best_unknown) best_unknown = end - middle;
    }
    /* Processor time of the fastest of twelve, because the machine is shared; a missing hash would
     * be 1000 times faster. */
    assert_true(best_unknown * 2 > best_known);
    assert_true(best_known * 2 > best_unknown);
    password_gate_free(gate);
}

static void test_generated_passwords_obey_the_rules_and_differ(void **state) {
    (void)state;
    char one[GENERATED_PASSWORD_SIZE], two[GENERATED_PASSWORD_SIZE];
    struct err err = ERR_INIT;
    password_generate(one);
    password_generate(two);
    assert_string_not_equal(one, two);
    assert_true(password_check_rules(str_from_cstr(one), &err));
    assert_int_equal(strlen(one), GENERATED_PASSWORD_SIZE - 1);
}
