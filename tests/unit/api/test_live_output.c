/* What running executions have put out so far: the end of it, found by id, and never too much. */
#include "api/live_output.h"

#include <stdlib.h>
#include <string.h>

static struct guid id_of(unsigned number) {
    struct guid id = {{0}};
    id.bytes[0] = (unsigned char)(number >> 8);
    id.bytes[1] = (unsigned char)number;
    id.bytes[15] = 1;
    return id;
}

static void test_pieces_are_joined_and_found_by_id(void **state) {
    (void)state;
    struct live_output *live = live_output_new();
    struct arena arena = {0};
    struct live_tail tail;
    assert_false(live_output_read(live, id_of(1), &arena, &tail));
    live_output_add(live, id_of(1), STR("one "));
    live_output_add(live, id_of(2), STR("other"));
    live_output_add(live, id_of(1), STR("two"));
    live_output_add(live, id_of(3), STR(""));
    assert_true(live_output_read(live, id_of(1), &arena, &tail));
    assert_true(str_equal(tail.text, STR("one two")));
    assert_int_equal(tail.start, 0);
    assert_true(live_output_read(live, id_of(2), &arena, &tail));
    assert_true(str_equal(tail.text, STR("other")));
    assert_false(live_output_read(live, id_of(3), &arena, &tail));
    live_output_end(live, id_of(1));
    assert_false(live_output_read(live, id_of(1), &arena, &tail));
    assert_true(live_output_read(live, id_of(2), &arena, &tail));
    live_output_end(live, id_of(9)); // nothing was there
    arena_free(&arena);
    live_output_free(live);
}

/* Whatever the pieces are, what is kept is the end of all of them, and start says where it lies. */
static void test_the_end_of_a_long_output_is_kept(void **state) {
    (void)state;
    static char all[5 * LIVE_OUTPUT_BYTES];
    for (size_t i = 0; i < sizeof all; i++) all[i] = (char)('a' + i * 7 / 5 % 26);
    const size_t pieces[] = {1,
                             1000,
                             LIVE_OUTPUT_BYTES - 1,
                             LIVE_OUTPUT_BYTES,
                             LIVE_OUTPUT_BYTES + 1,
                             2 * LIVE_OUTPUT_BYTES};
    for (size_t p = 0; p < sizeof pieces / sizeof *pieces; p++) {
        struct live_output *live = live_output_new();
        struct arena arena = {0};
        size_t total = pieces[p] == 1 ? (size_t)3 * LIVE_OUTPUT_BYTES : sizeof all;
        for (size_t at = 0; at < total; at += pieces[p]) {
            size_t length = total - at < pieces[p] ? total - at : pieces[p];
            live_output_add(live, id_of(1), (struct str){all + at, length});
        }
        struct live_tail tail = {{0}, 0};
        assert_true(live_output_read(live, id_of(1), &arena, &tail));
        assert_true(tail.text.len >= LIVE_OUTPUT_BYTES);
        assert_true(tail.text.len <= (size_t)2 * LIVE_OUTPUT_BYTES);
        assert_int_equal((size_t)tail.start + tail.text.len, total);
        assert_memory_equal(tail.text.ptr, all + tail.start, tail.text.len);
        arena_free(&arena);
        live_output_free(live);
    }
}

static void test_of_too_many_the_one_heard_of_least_recently_is_forgotten(void **state) {
    (void)state;
    struct live_output *live = live_output_new();
    struct arena arena = {0};
    struct live_tail tail;
    for (unsigned i = 0; i < LIVE_OUTPUTS; i++) live_output_add(live, id_of(i), STR("x"));
    live_output_add(live, id_of(0), STR("y"));
    live_output_add(live, id_of(LIVE_OUTPUTS), STR("x"));
    assert_true(live_output_read(live, id_of(0), &arena, &tail));
    assert_false(live_output_read(live, id_of(1), &arena, &tail));
    assert_true(live_output_read(live, id_of(2), &arena, &tail));
    arena_free(&arena);
    live_output_free(live);
}
