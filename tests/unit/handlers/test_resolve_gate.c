/* test_resolve_gate.c - how many look a name up at once, and what becomes of those that wait. */
#include "handlers/resolve_gate.h"

#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

enum { PASSES = 200 };

static size_t drain(struct resolve_gate *gate, uint64_t now) {
    size_t count = 0;
    while (gate_next(gate, now)) count++;
    return count;
}

static void test_some_go_ahead_and_the_rest_follow_when_it_is_known(void **state) {
    (void)state;
    struct resolve_gate gate;
    static struct gate_pass passes[PASSES];
    gate_init(&gate);
    size_t ahead = 0;
    for (int i = 0; i < PASSES; i++)
        ahead += gate_enter(&gate, &passes[i], STR("a.example"), 80, 1000);
    assert_int_equal(ahead, GATE_A_HOST);
    assert_null(gate_next(&gate, 1000));
    gate_news(&gate, &passes[0], GATE_KNOWN, 1000);
    assert_int_equal(drain(&gate, 1000), PASSES - GATE_A_HOST);
    /* Known now, another port is not, and not for ever. */
    struct gate_pass late, other, later;
    assert_true(gate_enter(&gate, &late, STR("a.example"), 80, 1000));
    assert_int_equal(gate.ahead, GATE_A_HOST - 1);
    assert_true(gate_enter(&gate, &other, STR("a.example"), 81, 1000));
    assert_int_equal(gate.ahead, GATE_A_HOST);
    for (int i = 0; i < PASSES; i++) gate_news(&gate, &passes[i], GATE_LEFT, 1000);
    gate_news(&gate, &other, GATE_LEFT, 1000);
    assert_int_equal(gate.ahead, 0);
    assert_true(gate_enter(&gate, &later, STR("a.example"), 80, 1000 + GATE_FRESH_MS));
    assert_int_equal(gate.ahead, 1);
    gate_news(&gate, &later, GATE_FAILED, 1000 + GATE_FRESH_MS);
    gate_news(&gate, &later, GATE_FAILED, 1000 + GATE_FRESH_MS); // told once only
    assert_int_equal(gate.ahead, 0);
    gate_free(&gate);
}

static void test_a_name_without_address_fails_those_that_wait_for_it(void **state) {
    (void)state;
    struct resolve_gate gate;
    static struct gate_pass bad[20], good[20];
    gate_init(&gate);
    for (int i = 0; i < 20; i++) {
        (void)!gate_enter(&gate, &bad[i], STR("bad.example"), 80, 1);
        (void)!gate_enter(&gate, &good[i], STR("good.example"), 80, 1);
    }
    gate_news(&gate, &bad[0], GATE_FAILED, 1);
    size_t failed = 0, went = 0;
    struct gate_pass *pass;
    while ((pass = gate_next(&gate, 1))) {
        failed += pass->has_failed;
        went += !pass->has_failed;
        assert_true(pass >= bad && pass < bad + 20);
    }
    assert_int_equal(failed, 20 - GATE_A_HOST);
    assert_int_equal(went, 0);
    gate_news(&gate, &good[0], GATE_NOT_NEEDED, 1); // its place goes to the next
    assert_ptr_equal(gate_next(&gate, 1), &good[GATE_A_HOST]);
    assert_null(gate_next(&gate, 1));
    for (int i = 0; i < 20; i++) {
        gate_news(&gate, &bad[i], GATE_LEFT, 1);
        gate_news(&gate, &good[i], GATE_LEFT, 1); // also those that still wait
    }
    assert_int_equal(gate.ahead, 0);
    assert_true(list_is_empty(&gate.waiting));
    gate_free(&gate);
}

static void test_places_in_all_are_bounded(void **state) {
    (void)state;
    struct resolve_gate gate;
    static struct gate_pass passes[PASSES];
    gate_init(&gate);
    size_t ahead = 0;
    for (int i = 0; i < PASSES; i++) {
        char name[8] = {'h', (char)('a' + i % 20), (char)('a' + i / 20), 0};
        ahead += gate_enter(&gate, &passes[i], str_from_cstr(name), 80, 1);
    }
    assert_int_equal(ahead, GATE_IN_ALL);
    size_t done = 0;
    for (int i = 0; i < PASSES; i++) { // each in turn ends; whoever is next goes
        gate_news(&gate, &passes[i], GATE_LEFT, 1);
        done += drain(&gate, 1);
    }
    assert_int_equal(done, PASSES - GATE_IN_ALL);
    assert_int_equal(gate.ahead, 0);
    gate_free(&gate);
}
