/* test_output.c - keeping the ends of an output, hiding secrets in it, and reading secrets. */
#include "handlers/capture.h"
#include "handlers/redactor.h"
#include "handlers/secrets.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static void test_short_output_is_kept_as_it_is(void **state) {
    (void)state;
    struct capture capture = {0};
    capture_reset(&capture, 1000);
    assert_int_equal(capture_finish(&capture).len, 0);
    for (int i = 0; i < 100; i++) capture_add(&capture, STR("0123456789"));
    struct str text = capture_finish(&capture);
    assert_int_equal(text.len, 1000);
    assert_false(capture.is_truncated);
    capture_free(&capture);
}

/* Whatever the sizes of the pieces: the right ends, the right count, never above the maximum. */
static void test_ends_and_count_are_right_for_any_pieces(void **state) {
    (void)state;
    enum { MAX = 1000, HALF = (MAX - 64) / 2 };
    static char all[40000];
    for (size_t i = 0; i < sizeof all; i++) all[i] = (char)('a' + i % 23);
    static const size_t totals[] = {1001, 1400, 1499, 1500, 1501, 2000, 39999};
    static const size_t pieces[] = {1, 7, 499, 500, 501, 1000, 40000};
    for (size_t t = 0; t < COUNT_OF(totals); t++)
        for (size_t p = 0; p < COUNT_OF(pieces); p++) {
            struct capture capture = {0};
            capture_reset(&capture, MAX);
            for (size_t at = 0; at < totals[t]; at += pieces[p])
                capture_add(&capture, str_slice((struct str){all, totals[t]}, at, pieces[p]));
            struct str text = capture_finish(&capture);
            assert_true(capture.is_truncated);
            assert_true(text.len <= MAX);
            assert_memory_equal(text.ptr, all, HALF);
            assert_memory_equal(text.ptr + text.len - HALF, all + totals[t] - HALF, HALF);
            char mark[80];
            snprintf(mark, sizeof mark, "\n… %zu bytes left out …\n", totals[t] - 2 * HALF);
            assert_true(str_contains(text, str_from_cstr(mark)));
            capture_free(&capture);
        }
}

static void test_cuts_fall_between_characters(void **state) {
    (void)state;
    struct capture capture = {0};
    for (int shift = 0; shift < 4; shift++) {
        capture_reset(&capture, 500);
        capture_add(&capture, str_slice(STR("abc"), 0, (size_t)shift));
        for (int i = 0; i < 1000; i++) capture_add(&capture, STR("\xf0\x9f\x98\x80"));
        struct str text = capture_finish(&capture);
        assert_true(str_is_utf8(text));
        assert_false(str_contains(text, STR("\xEF\xBF\xBD")));
    }
    /* Repairing makes a text longer; the maximum still holds. */
    capture_reset(&capture, 500);
    for (int i = 0; i < 490; i++) capture_add(&capture, STR("\xff"));
    struct str text = capture_finish(&capture);
    assert_true(text.len <= 500);
    assert_true(str_is_utf8(text));
    assert_true(capture.is_truncated);
    capture_free(&capture);
}

/* --- secrets in a stream --- */

static void put(void *context, struct str s) {
    buf_put(context, s);
}

static void expect_redacted(const char *const *secrets, const char *text, const char *expected) {
    size_t len = strlen(text);
    for (size_t piece = 1; piece <= len; piece++) {
        struct redactor redactor = {0};
        struct buf out = buf_with_max(0);
        for (size_t i = 0; secrets[i]; i++) redactor_add(&redactor, str_from_cstr(secrets[i]));
        for (size_t at = 0; at < len; at += piece)
            redactor_feed(&redactor, str_slice(str_from_cstr(text), at, piece), put, &out);
        redactor_end(&redactor, put, &out);
        assert_string_equal(buf_str(&out).ptr, expected);
        redactor_free(&redactor);
        buf_free(&out);
    }
}

static void test_secrets_are_hidden_however_the_pieces_fall(void **state) {
    (void)state;
    static const char *const one[] = {"hunter22", NULL};
    expect_redacted(one, "a hunter22 b hunter2 hunthunter22", "a *** b hunter2 hunt***");
    expect_redacted(one, "hunter22hunter22", "******");
    expect_redacted(one, "nothing here", "nothing here");
    expect_redacted(one, "cut off at hunt", "cut off at ***"); // the stream ended inside it
    expect_redacted(one, "cut off at hun", "cut off at hun");
    static const char *const nested[] = {"abcd", "abcdefgh", NULL};
    expect_redacted(nested, "x abcd y abcdefgh z abcdef!", "x *** y *** z ***ef!");
    static const char *const repeated[] = {"aabaac", NULL};
    expect_redacted(repeated, "aabaabaac.", "aab***.");
    static const char *const tiny[] = {"abc", NULL};
    expect_redacted(tiny, "abc", "abc"); // too short to hide
    static const char *const odd[] = {"a\"b/c d", NULL};
    expect_redacted(odd, "{\"k\":\"a\\\"b/c d\"} ?k=a%22b%2Fc%20d", "{\"k\":\"***\"} ?k=***");
}

/* --- the store of secrets --- */

struct fake {
    struct mono now;
};
static struct mono fake_mono(void *context) {
    return ((struct fake *)context)->now;
}
static struct utc fake_now(void *context) {
    (void)context;
    return utc_from_seconds(1);
}

static char folder[] = "/tmp/alphabet-secrets-XXXXXX";

static void write_file(const char *name, const char *text, size_t len) {
    char path[200];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, len, file), len);
    fclose(file);
}

static void expect_secret(struct secrets *secrets, const char *name, const char *expected) {
    struct arena arena = {0};
    struct str value = STR_NONE;
    struct err err = ERR_INIT;
    bool found = secrets_find(secrets, str_from_cstr(name), &arena, &value, &err);
    if (found != (expected != NULL)) fail_msg("%s: %s", name, found ? "found" : err.msg);
    if (expected)
        assert_true(str_equal(value, str_from_cstr(expected)));
    else
        assert_true(err.msg[0] != '\0');
    arena_free(&arena);
}

static void test_secrets_are_read_from_their_folder_only(void **state) {
    (void)state;
    assert_non_null(mkdtemp(folder));
    static char big[MAX_SECRET_BYTES + 1];
    memset(big, 'x', sizeof big);
    write_file("plain", "value\n", 6);
    write_file("dos", "value\r\n", 7);
    write_file("two", "a\n\n", 3);
    write_file("empty", "", 0);
    write_file("big", big, sizeof big);
    write_file("env.only-1", "from file", 9);
    char path[200];
    snprintf(path, sizeof path, "%s/folder", folder);
    assert_int_equal(mkdir(path, 0700), 0);
    snprintf(path, sizeof path, "%s/out", folder);
    assert_int_equal(symlink("/etc/passwd", path), 0);
    snprintf(path, sizeof path, "%s/in", folder);
    assert_int_equal(symlink("plain", path), 0);
    struct fake fake = {{0}};
    struct clock clock = {.now = fake_now, .mono = fake_mono, .context = &fake};
    struct secrets *secrets = secrets_new(str_from_cstr(folder), &clock);
    expect_secret(secrets, "plain", "value");
    expect_secret(secrets, "dos", "value");
    expect_secret(secrets, "two", "a\n");
    expect_secret(secrets, "empty", "");
    expect_secret(secrets, "in", "value");
    static const char *const none[] = {"big", "folder",        "out", "absent", "",       ".",
                                       "..",  "../etc/passwd", "a/b", "plain ", "pl\nain"};
    for (size_t i = 0; i < COUNT_OF(none); i++) expect_secret(secrets, none[i], NULL);
    /* The environment comes second. */
    char first[] = "ALPHABET_SECRET_ENV_ONLY_1=from environment",
         second[] = "ALPHABET_SECRET_ENV_ONLY_2=from environment";
    putenv(first);
    putenv(second);
    expect_secret(secrets, "env.only-1", "from file");
    expect_secret(secrets, "env.only-2", "from environment");
    /* A value is kept for a while, then read again. */
    write_file("plain", "changed", 7);
    expect_secret(secrets, "plain", "value");
    fake.now.us += span_seconds(SECRETS_KEEP_SECONDS + 1).us;
    expect_secret(secrets, "plain", "changed");
    secrets_free(secrets);
    char command[100];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    assert_int_equal(system(command), 0);
}
