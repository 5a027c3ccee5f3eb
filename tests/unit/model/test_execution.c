/* The life of an execution. */
#include "model/execution.h"

static void test_end_states_never_change(void **state) {
    (void)state;
    for (int from = EXECUTION_PENDING; from <= EXECUTION_CANCELLED; from++)
        for (int to = EXECUTION_PENDING; to <= EXECUTION_CANCELLED; to++)
            if (execution_has_ended((enum execution_status)from))
                assert_false(
                    execution_may_move((enum execution_status)from, (enum execution_status)to));
}

static void test_every_legal_move(void **state) {
    (void)state;
    static const struct {
        enum execution_status from, to;
    } legal[] = {
        {EXECUTION_PENDING, EXECUTION_RUNNING}, {EXECUTION_PENDING, EXECUTION_CANCELLED},
        {EXECUTION_PENDING, EXECUTION_FAILED},  {EXECUTION_RUNNING, EXECUTION_SUCCEEDED},
        {EXECUTION_RUNNING, EXECUTION_FAILED},  {EXECUTION_RUNNING, EXECUTION_CANCELLED},
        {EXECUTION_RUNNING, EXECUTION_PENDING},
    };
    size_t found = 0;
    for (int from = 0; from <= EXECUTION_CANCELLED + 1; from++)
        for (int to = 0; to <= EXECUTION_CANCELLED + 1; to++)
            found += execution_may_move((enum execution_status)from, (enum execution_status)to);
    assert_int_equal(found, COUNT_OF(legal));
    for (size_t i = 0; i < COUNT_OF(legal); i++)
        assert_true(execution_may_move(legal[i].from, legal[i].to));
}

static void test_only_three_states_are_ends(void **state) {
    (void)state;
    assert_false(execution_has_ended(EXECUTION_PENDING));
    assert_false(execution_has_ended(EXECUTION_RUNNING));
    assert_true(execution_has_ended(EXECUTION_SUCCEEDED));
    assert_true(execution_has_ended(EXECUTION_FAILED));
    assert_true(execution_has_ended(EXECUTION_CANCELLED));
}
