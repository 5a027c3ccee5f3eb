/* Priority without starvation. */
#include "engine/queues.h"

static const struct str NAMES[] = {STR_INIT("critical"), STR_INIT("default"),
                                   STR_INIT("background")};

/* Hands `slots` out to queues that wait with `waiting` executions, as claim.c does. */
static void hand_out(struct queues *queues, int64_t slots, int64_t *waiting, int64_t *served) {
    int64_t owed[QUEUES_PLACES], round[QUEUES_PLACES] = {0}, left = slots;
    queues_owed(queues, slots, owed);
    for (int i = 0; i < 2; i++)
        for (size_t queue = 0; queue <= queues->count; queue++) {
            int64_t limit = i == 0 ? owed[queue] : left;
            int64_t taken = waiting[queue] < limit ? waiting[queue] : limit;
            waiting[queue] -= taken;
            round[queue] += taken;
            left -= taken;
        }
    if (left == 0) queues_served(queues, round);
    for (size_t queue = 0; queue <= queues->count; queue++) served[queue] += round[queue];
}

static void test_index_finds_names_and_the_rest(void **state) {
    (void)state;
    struct queues queues = queues_new(NAMES, 3);
    assert_int_equal(queues_index(&queues, STR("critical")), 0);
    assert_int_equal(queues_index(&queues, STR("background")), 2);
    assert_int_equal(queues_index(&queues, STR("reports")), 3);
}

static void test_the_first_queue_is_served_first(void **state) {
    (void)state;
    struct queues queues = queues_new(NAMES, 3);
    int64_t waiting[QUEUES_PLACES] = {5, 100, 100, 0}, served[QUEUES_PLACES] = {0};
    hand_out(&queues, 5, waiting, served);
    assert_int_equal(served[0], 5);
}

static void test_no_queue_starves_under_a_flood(void **state) {
    (void)state;
    for (int64_t slots = 1; slots <= 20; slots++) {
        struct queues queues = queues_new(NAMES, 3);
        int64_t served[QUEUES_PLACES] = {0};
        for (int i = 0; i < 1000; i++) {
            int64_t waiting[QUEUES_PLACES] = {1000, 1000, 1000, 1000};
            hand_out(&queues, slots, waiting, served);
        }
        int64_t all = 1000 * slots;
        for (size_t queue = 1; queue <= 3; queue++) {
            assert_true(served[queue] >= all / 12);
            assert_true(served[queue] <= all / 8);
        }
        assert_true(served[0] >= all * 6 / 10);
    }
}

static void test_an_idle_queue_does_not_come_back_with_a_claim_on_all(void **state) {
    (void)state;
    struct queues queues = queues_new(NAMES, 3);
    int64_t served[QUEUES_PLACES] = {0};
    for (int i = 0; i < 10000; i++) {
        int64_t waiting[QUEUES_PLACES] = {1000, 0, 0, 0};
        hand_out(&queues, 4, waiting, served);
    }
    int64_t owed[QUEUES_PLACES];
    queues_owed(&queues, 1000, owed);
    for (size_t queue = 1; queue <= 3; queue++) assert_true(owed[queue] <= 8);
}

static void test_many_queues_leave_half_to_priority(void **state) {
    (void)state;
    struct str names[QUEUES_MAX];
    for (size_t i = 0; i < QUEUES_MAX; i++) names[i] = STR("q");
    struct queues queues = queues_new(names, QUEUES_MAX);
    int64_t served[QUEUES_PLACES] = {0};
    for (int i = 0; i < 2000; i++) {
        int64_t waiting[QUEUES_PLACES];
        for (size_t queue = 0; queue < QUEUES_PLACES; queue++) waiting[queue] = 10;
        hand_out(&queues, 5, waiting, served);
    }
    assert_true(served[0] >= 2000 * 5 * 4 / 10);
    for (size_t queue = 1; queue < QUEUES_PLACES; queue++) assert_true(served[queue] > 0);
}
