/* An answer is given again for the same key and generation, and for nothing else. */
#include "api/answer_cache.h"

#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>

static void assert_found(struct answer_cache *cache, struct str key, int64_t generation,
                         const char *expected) {
    struct buf out = buf_with_max(0);
    assert_true(answer_cache_find(cache, key, generation, &out));
    assert_string_equal(out.ptr, expected);
    buf_free(&out);
}

static void assert_missing(struct answer_cache *cache, struct str key, int64_t generation) {
    struct buf out = buf_with_max(0);
    assert_false(answer_cache_find(cache, key, generation, &out));
    assert_int_equal(out.len, 0);
    buf_free(&out);
}

static void test_an_answer_is_found_under_its_key_and_generation(void **state) {
    (void)state;
    struct answer_cache *cache = answer_cache_new();
    assert_missing(cache, STR("pageNumber=1"), 7);
    answer_cache_keep(cache, STR("pageNumber=1"), 7, STR("{\"items\":[]}"));
    assert_found(cache, STR("pageNumber=1"), 7, "{\"items\":[]}");
    assert_missing(cache, STR("pageNumber=2"), 7);
    assert_missing(cache, STR("pageNumber=1"), 8);
    assert_missing(cache, STR("pageNumber=1"), 6);
    answer_cache_free(cache);
}

static void test_the_latest_answer_stays(void **state) {
    (void)state;
    struct answer_cache *cache = answer_cache_new();
    answer_cache_keep(cache, STR_NONE, 1, STR("old"));
    answer_cache_keep(cache, STR(""), 2, STR("new"));
    assert_missing(cache, STR_NONE, 1);
    assert_found(cache, STR_NONE, 2, "new");
    answer_cache_free(cache);
}

static void test_keys_of_one_slot_are_told_apart(void **state) {
    (void)state;
    struct answer_cache *cache = answer_cache_new();
    for (int i = 0; i < 10 * ANSWER_CACHE_SLOTS; i++) {
        char key[16], answer[32];
        int length = snprintf(key, sizeof key, "page=%d", i);
        (void)snprintf(answer, sizeof answer, "answer of %d", i);
        answer_cache_keep(cache, (struct str){key, (size_t)length}, 1, str_from_cstr(answer));
        assert_found(cache, (struct str){key, (size_t)length}, 1, answer);
    }
    int kept = 0;
    for (int i = 0; i < 10 * ANSWER_CACHE_SLOTS; i++) {
        char key[16], answer[32];
        struct buf out = buf_with_max(0);
        int length = snprintf(key, sizeof key, "page=%d", i);
        (void)snprintf(answer, sizeof answer, "answer of %d", i);
        if (answer_cache_find(cache, (struct str){key, (size_t)length}, 1, &out)) {
            assert_string_equal(out.ptr, answer);
            kept++;
        }
        buf_free(&out);
    }
    assert_in_range(kept, 1, ANSWER_CACHE_SLOTS);
    answer_cache_free(cache);
}

static void test_what_would_break_the_bound_is_not_kept(void **state) {
    (void)state;
    struct answer_cache *cache = answer_cache_new();
    size_t size = ANSWER_CACHE_BYTES / ANSWER_CACHE_SLOTS;
    char *text = xcalloc(1, size + 1);
    for (size_t i = 0; i < size; i++) text[i] = 'x';
    answer_cache_keep(cache, STR("k"), 1, (struct str){text, size});
    assert_missing(cache, STR("k"), 1);
    answer_cache_keep(cache, (struct str){text, size}, 1, STR("short"));
    assert_missing(cache, (struct str){text, size}, 1);
    answer_cache_keep(cache, STR("k"), 1, (struct str){text, size - 1});
    assert_found(cache, STR("k"), 1, text + 1);
    free(text);
    answer_cache_free(cache);
}
