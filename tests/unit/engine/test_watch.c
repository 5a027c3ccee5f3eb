/* test_watch.c - the rules of watches, without a store. */
#include "engine/watch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_unusual_durations(void **state) {
    (void)state;
    static const struct {
        struct durations before; // count, mean, deviation in ms
        int64_t length_ms, verdict;
    } rows[] = {
        {{9, 1000, 0}, 100000, 0}, // too little history
        {{10, 1000, 0}, 2000, 0},  // at most a second off
        {{10, 1000, 0}, 2001, ALERT_TOO_SLOW},
        {{10, 1000, 0}, 0, 0},
        {{10, 10000, 100}, 15000, 0}, // half of the mean
        {{10, 10000, 100}, 15001, ALERT_TOO_SLOW},
        {{10, 10000, 100}, 5000, 0},
        {{10, 10000, 100}, 4999, ALERT_TOO_FAST},
        {{10, 10000, 2000}, 18000, 0}, // four deviations
        {{10, 10000, 2000}, 18001, ALERT_TOO_SLOW},
        {{10, 10000, 2600}, 0, 0},
        {{1000000, 1, 0}, 1001, 0},
        {{1000000, 1, 0}, 1002, ALERT_TOO_SLOW},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct durations before = {rows[i].before.count, rows[i].before.mean_us * 1000,
                                   rows[i].before.deviation_us * 1000};
        assert_int_equal(watch_duration(&before, span_ms(rows[i].length_ms)), rows[i].verdict);
    }
}

static void test_what_rests_is_not_expected(void **state) {
    (void)state;
    struct job job = {.is_enabled = true, .next_run_at = utc_from_seconds(100)};
    assert_false(watch_rests(&job, false));
    assert_true(watch_rests(&job, true));
    job.is_paused = true;
    assert_true(watch_rests(&job, false));
    job.is_paused = false;
    job.is_enabled = false;
    assert_true(watch_rests(&job, false));
    job.is_enabled = true;
    job.next_run_at = UTC_NEVER; // over
    job.last_execution_status = EXECUTION_SUCCEEDED;
    assert_true(watch_rests(&job, false));
    job.live_count = 1; // its last run is still going on
    assert_false(watch_rests(&job, false));
    job.live_count = 0;
    job.last_execution_status = EXECUTION_FAILED; // over, and not well
    assert_false(watch_rests(&job, false));
    job.is_deleted = true;
    assert_true(watch_rests(&job, false));
}

static void test_a_success_is_expected_since_the_latest_chance(void **state) {
    (void)state;
    struct job job = {.updated_at = utc_from_seconds(100)};
    assert_int_equal(utc_seconds(watch_since(&job, UTC_NONE)), 100);
    job.last_success_at = utc_from_seconds(200);
    assert_int_equal(utc_seconds(watch_since(&job, UTC_NONE)), 200);
    assert_int_equal(utc_seconds(watch_since(&job, utc_from_seconds(300))), 300);
    job.updated_at = utc_from_seconds(400);
    assert_int_equal(utc_seconds(watch_since(&job, utc_from_seconds(300))), 400);
}
