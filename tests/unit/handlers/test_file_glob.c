/* Patterns of names: a table of what fits and what does not. */
#include "base/attr.h"
#include "base/clock.h"
#include "handlers/file_glob.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_patterns_fit_as_shells_do(void **state) {
    (void)state;
    static const struct {
        const char *pattern, *name;
        bool fits;
    } table[] = {
        {"a.txt", "a.txt", true},
        {"a.txt", "a.txt2", false},
        {"*", "", true},
        {"*", "x", true},
        {"*", ".x", false},
        {".*", ".x", true},
        {"\\.x", ".x", true},
        {"*.csv", "a.csv", true},
        {"*.csv", "a.csv.bak", false},
        {"*.csv", ".csv", false},
        {"a*b*c", "a__b__c", true},
        {"a*b*c", "a__c__b", false},
        {"a*bc", "abbc", true},
        {"a**c", "abc", true},
        {"?", "x", true},
        {"?", "", false},
        {"?", "xy", false},
        {"??", "\xc3\xa4x", true},
        {"?", "\xc3\xa4", true},
        {"[a-c]", "b", true},
        {"[a-c]", "d", false},
        {"[!a-c]", "d", true},
        {"[^a-c]", "b", false},
        {"[]x]", "]", true},
        {"[a-]", "-", true},
        {"[", "[", true},
        {"[ab", "[ab", true},
        {"\\*", "*", true},
        {"\\*", "x", false},
        {"a\\", "a\\", true},
        {"[\xc3\xa4-\xc3\xbc]", "\xc3\xb6", true},
        {"[a-z]*[0-9]", "report7", true},
        {"[a-z]*[0-9]", "report", false},
        {"x", "", false},
        {"", "", true},
        {"", "x", false},
        {"*\xff", "a\xff", true},
        {"?", "\xff", true},
    };
    for (size_t i = 0; i < COUNT_OF(table); i++)
        if (file_glob_match(table[i].pattern, table[i].name) != table[i].fits)
            fail_msg("%s and %s", table[i].pattern, table[i].name);
}

static void test_what_is_a_pattern(void **state) {
    (void)state;
    assert_false(file_glob_present(STR("/a/b.txt")));
    assert_true(file_glob_present(STR("/a/*")));
    assert_true(file_glob_present(STR("/a/\\b")));
    assert_int_equal(file_glob_count(STR("*?[x]\\")), 4);
}

/* A pattern that makes a matcher with several tries at each star run for years. */
static void test_many_stars_take_no_time(void **state) {
    (void)state;
    char pattern[401], name[256];
    for (size_t i = 0; i < 400; i++) pattern[i] = i % 2 ? 'a' : '*';
    pattern[399] = 'b';
    pattern[400] = '\0';
    memset(name, 'a', 255);
    name[255] = '\0';
    struct mono begin = clock_mono(clock_system());
    for (int i = 0; i < 100; i++) assert_false(file_glob_match(pattern, name));
    assert_true(mono_diff(clock_mono(clock_system()), begin).us < 2000000);
}
