/* Texts there and back, and what is malformed. */
#include "handlers/procedures/utf16.h"

static void test_texts_come_back_as_they_were(void **state) {
    (void)state;
    static const char *const table[] = {
        "", "plain", "größe", "€", "\U0001F600x\U0010FFFF", "\uD7FF\uE000"};
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        struct arena arena = {0};
        struct buf out = buf_with_max(0);
        struct wide wide = wide_from(str_from_cstr(table[i]), &arena);
        assert_int_equal(wide.ptr[wide.len], 0);
        buf_put_wide(&out, wide.ptr, wide.len);
        assert_true(str_equal(buf_str(&out), str_from_cstr(table[i])));
        buf_free(&out);
        arena_free(&arena);
    }
}

static void test_what_is_malformed_becomes_a_replacement(void **state) {
    (void)state;
    static const uint16_t units[] = {'a', 0xD800, 'b', 0xDC00, 0xDBFF};
    struct arena arena = {0};
    struct buf out = buf_with_max(0);
    buf_put_wide(&out, units, COUNT_OF(units));
    assert_string_equal(out.ptr, "a\uFFFDb\uFFFD\uFFFD");
    struct wide wide = wide_from(STR("a\xFF"
                                     "b\xC3"),
                                 &arena);
    static const uint16_t expected[] = {'a', 0xFFFD, 'b', 0xFFFD};
    assert_int_equal(wide.len, COUNT_OF(expected));
    assert_memory_equal(wide.ptr, expected, sizeof expected);
    buf_free(&out);
    arena_free(&arena);
}
