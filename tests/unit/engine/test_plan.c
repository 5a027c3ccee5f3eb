/* Due times become executions and skips: misfire and concurrency policies, ends, jitter. */
#include "engine/plan.h"

#include "base/bounds.h"

enum { START = 1000000 }; // seconds; every job below is due at START + n * 10

/* A job due every ten seconds, and what the store says of it. */
struct example {
    struct job job;
    struct schedule_spec schedule;
    struct due_job due;
    struct utc now, steady_since;
    struct plan_pause pause;
    int64_t waiting;
    struct arena arena;
};

static struct utc at(int64_t seconds) {
    return utc_from_seconds(START + seconds);
}

static struct example every_ten_seconds(void) {
    struct example example = {
        .job = {.row = 7,
                .schedule_type = SCHEDULE_INTERVAL,
                .interval_mode = INTERVAL_FIXED_RATE,
                .interval_seconds = 10,
                .queue = STR("default"),
                .misfire_policy = MISFIRE_FIRE_ONCE,
                .concurrency_policy = CONCURRENCY_ALLOW,
                .is_enabled = true},
        .schedule = {.kind = SCHEDULE_BY_INTERVAL, .interval_seconds = 10},
    };
    example.schedule.anchor = at(0);
    example.due = (struct due_job){
        .row = 7, .revision = 1, .next_run_at = at(10), .wake_at = at(10), .schedule_from = at(0)};
    example.steady_since = at(-1000);
    return example;
}

static struct plan plan(struct example *example, int64_t now_seconds) {
    example->now = at(now_seconds);
    struct plan_request request = {.due = &example->due,
                                   .job = &example->job,
                                   .schedule = &example->schedule,
                                   .now = example->now,
                                   .steady_since = example->steady_since,
                                   .pause = example->pause,
                                   .waiting = example->waiting};
    return plan_job(&request, &example->arena);
}

static void assert_at(struct utc t, int64_t seconds) {
    assert_int_equal(t.us, at(seconds).us);
}

static void assert_skip(const struct skip_range *skip, int64_t first, int64_t last,
                        enum skip_reason reason) {
    assert_int_equal(skip->from.us, at(first).us - 1);
    assert_at(skip->to, last);
    assert_int_equal(skip->reason, reason);
}

static void test_a_due_time_becomes_one_pending_execution(void **state) {
    (void)state;
    struct example example = every_ten_seconds();
    struct plan made = plan(&example, 10);
    assert_int_equal(made.item.execution_count, 1);
    assert_int_equal(made.item.skip_count, 0);
    assert_int_equal(made.startable, 1);
    assert_int_equal(made.item.executions[0].status, EXECUTION_PENDING);
    assert_int_equal(made.item.executions[0].trigger, TRIGGER_SCHEDULE);
    assert_at(made.item.executions[0].scheduled_for, 10);
    assert_at(made.item.next_run_at, 20);
    assert_at(made.item.wake_at, 20);
    assert_at(made.item.schedule_from, 10);
    assert_int_equal(made.item.run_count, 1);
    arena_free(&example.arena);
}

static void test_late_while_steady_is_not_missed(void **state) {
    (void)state;
    struct example example = every_ten_seconds();
    example.job.misfire_policy = MISFIRE_SKIP;
    struct plan made = plan(&example, 18);
    assert_int_equal(made.item.execution_count, 1);
    assert_int_equal(made.item.executions[0].trigger, TRIGGER_SCHEDULE);
    arena_free(&example.arena);
}

static void test_skip_passes_over_what_came_in_a_gap(void **state) {
    (void)state;
    struct example example = every_ten_seconds();
    example.job.misfire_policy = MISFIRE_SKIP;
    example.steady_since = UTC_NEVER;
    struct plan made = plan(&example, 55);
    assert_int_equal(made.item.execution_count, 0);
    assert_int_equal(made.item.skip_count, 1);
    assert_skip(&made.item.skips[0], 10, 50, SKIP_MISFIRE);
    assert_at(made.item.next_run_at, 60);
    arena_free(&example.arena);
}

static void test_skip_runs_the_one_that_is_on_time(void **state) {
    (void)state;
    struct example example = every_ten_seconds();
    example.job.misfire_policy = MISFIRE_SKIP;
    example.steady_since = UTC_NEVER;
    struct plan made = plan(&example, 50);
    assert_int_equal(made.item.execution_count, 1);
    assert_int_equal(made.item.executions[0].trigger, TRIGGER_SCHEDULE);
    assert_at(made.item.executions[0].scheduled_for, 50);
    assert_skip(&made.item.skips[0], 10, 40, SKIP_MISFIRE);
    arena_free(&example.arena);
}

static void test_fire_once_catches_up_with_the_latest(void **state) {
    (void)state;
    struct example example = every_ten_seconds();
    example.steady_since = UTC_NEVER;
    struct plan made = plan(&example, 55);
    assert_int_equal(made.item.execution_count, 1);
    assert_int_equal(made.item.executions[0].trigger, TRIGGER_CATCH_UP);
    assert_at(made.item.executions[0].scheduled_for, 50);
    assert_int_equal(made.item.skip_count, 1);
    assert_skip(&made.item.skips[0], 10, 40, SKIP_MISFIRE);
    assert_at(made.item.next_run_at, 60);
    arena_free(&example.arena);
}

static void test_fire_all_runs_each_up_to_the_limit(void **state) {
    (void)state;
    struct example example = every_ten_seconds();
    example.job.misfire_policy = MISFIRE_FIRE_ALL;
    example.steady_since = UTC_NEVER;
    struct plan few = plan(&example, 35);
    assert_int_equal(few.item.execution_count, 3);
    assert_int_equal(few.item.skip_count, 0);
    assert_int_equal(few.item.executions[0].trigger, TRIGGER_CATCH_UP);
    assert_at(few.item.executions[0].scheduled_for, 10);

    int64_t late = 10 * (MAX_FIRE_ALL + 50) + 5;
    struct plan many = plan(&example, late);
    assert_int_equal(many.item.execution_count, MAX_FIRE_ALL);
    assert_int_equal(many.item.skip_count, 1);
    assert_skip(&many.item.skips[0], 10 * (MAX_FIRE_ALL + 1), 10 * (MAX_FIRE_ALL + 50),
                SKIP_MISFIRE);
    assert_at(many.item.next_run_at, 10 * (MAX_FIRE_ALL + 51));
    arena_free(&example.arena);
}

static void test_overlap_under_skip_is_recorded(void **state) {
    (void)state;
    struct example example = every_ten_seconds();
    example.job.concurrency_policy = CONCURRENCY_SKIP;
    example.due.live_count = 1;
    struct plan made = plan(&example, 10);
    assert_int_equal(made.item.execution_count, 1);
    assert_int_equal(made.item.executions[0].status, EXECUTION_CANCELLED);
    assert_true(made.item.executions[0].error_message.len > 0);
    assert_int_equal(made.item.skip_count, 1);
    assert_skip(&made.item.skips[0], 10, 10, SKIP_OVERLAP);
    assert_int_equal(made.item.run_count, 0);
    arena_free(&example.arena);
}

static void test_queue_lets_one_wait(void **state) {
    (void)state;
    struct example example = every_ten_seconds();
    example.job.concurrency_policy = CONCURRENCY_QUEUE;
    example.due.live_count = 1;
    struct plan first = plan(&example, 10);
    assert_int_equal(first.item.execution_count, 1);
    assert_int_equal(first.item.executions[0].status, EXECUTION_PENDING);
    assert_int_equal(first.startable, 0);
    example.due.live_count = 2;
    example.waiting = 1;
    struct plan second = plan(&example, 10);
    assert_int_equal(second.item.execution_count, 0);
    assert_skip(&second.item.skips[0], 10, 10, SKIP_OVERLAP);
    arena_free(&example.arena);
}

static void test_replace_keeps_the_last_of_several(void **state) {
    (void)state;
    struct example example = every_ten_seconds();
    example.job.concurrency_policy = CONCURRENCY_REPLACE;
    example.job.misfire_policy = MISFIRE_FIRE_ALL;
    example.steady_since = UTC_NEVER;
    example.due.live_count = 1;
    struct plan made = plan(&example, 35);
    assert_true(made.replaces);
    assert_int_equal(made.item.execution_count, 1);
    assert_at(made.item.executions[0].scheduled_for, 30);
    assert_int_equal(made.item.skip_count, 1);
    assert_skip(&made.item.skips[0], 10, 20, SKIP_OVERLAP);
    assert_int_equal(made.item.run_count, 1);
    arena_free(&example.arena);
}

static void test_max_runs_ends_the_job(void **state) {
    (void)state;
    struct example example = every_ten_seconds();
    example.job.max_runs = 3;
    example.due.run_count = 2;
    struct plan made = plan(&example, 10);
    assert_int_equal(made.item.execution_count, 1);
    assert_int_equal(made.item.run_count, 3);
    assert_true(utc_is_never(made.item.next_run_at));
    assert_true(utc_is_never(made.item.wake_at));
    arena_free(&example.arena);
}

static void test_end_at_ends_the_job(void **state) {
    (void)state;
    struct example example = every_ten_seconds();
    example.schedule.end_at = at(19);
    struct plan made = plan(&example, 10);
    assert_int_equal(made.item.execution_count, 1);
    assert_true(utc_is_never(made.item.next_run_at));
    arena_free(&example.arena);
}

static void test_jitter_delays_and_never_hurries(void **state) {
    (void)state;
    struct example example = every_ten_seconds();
    example.schedule.jitter_seconds = 5;
    example.schedule.seed = 42;
    struct span jitter = schedule_jitter(&example.schedule, at(10));
    assert_in_range(jitter.us, 0, 5000000);
    struct plan made = plan(&example, 10);
    assert_int_equal(made.item.execution_count, jitter.us == 0);
    if (jitter.us > 0) {
        assert_at(made.item.next_run_at, 10);
        assert_int_equal(made.item.wake_at.us, at(10).us + jitter.us);
        assert_at(made.item.schedule_from, 0);
    }
    arena_free(&example.arena);
}

static void test_one_time_in_the_past_runs_at_once_whatever_the_policy(void **state) {
    (void)state;
    struct example example = every_ten_seconds();
    example.job.schedule_type = SCHEDULE_ONE_TIME;
    example.job.misfire_policy = MISFIRE_SKIP;
    example.job.updated_at = at(5000);
    example.schedule = (struct schedule_spec){.kind = SCHEDULE_BY_DATE, .run_at = at(10)};
    example.steady_since = at(4000);
    struct plan made = plan(&example, 5000);
    assert_int_equal(made.item.execution_count, 1);
    assert_true(utc_is_never(made.item.next_run_at));
    /* Written before its time, and missed: the policy decides. */
    example.job.updated_at = at(0);
    made = plan(&example, 5000);
    assert_int_equal(made.item.execution_count, 0);
    assert_skip(&made.item.skips[0], 10, 10, SKIP_MISFIRE);
    arena_free(&example.arena);
}

static void test_fixed_delay_waits_for_the_live_run(void **state) {
    (void)state;
    struct example example = every_ten_seconds();
    example.job.interval_mode = INTERVAL_FIXED_DELAY;
    example.schedule.interval_base = INTERVAL_FROM_END;
    example.due.live_count = 1;
    struct plan made = plan(&example, 12);
    assert_int_equal(made.item.execution_count, 0);
    assert_int_equal(made.item.skip_count, 0);
    assert_at(made.item.next_run_at, 22);
    assert_at(made.item.schedule_from, 0);
    arena_free(&example.arena);
}

static void test_a_job_that_may_not_run_is_left_alone(void **state) {
    (void)state;
    struct example example = every_ten_seconds();
    example.job.is_enabled = false;
    struct plan made = plan(&example, 10);
    assert_int_equal(made.item.execution_count, 0);
    assert_true(utc_is_never(made.item.wake_at));
    assert_at(made.item.next_run_at, 10);
    example.job.is_enabled = true;
    example.job.is_paused = true;
    example.job.paused_until = at(99);
    made = plan(&example, 10);
    assert_at(made.item.wake_at, 99);
    arena_free(&example.arena);
}

static void test_a_clock_set_back_fires_nothing_again(void **state) {
    (void)state;
    struct example example = every_ten_seconds();
    example.due.next_run_at = at(1000);
    example.due.schedule_from = at(990);
    struct plan made = plan(&example, 500);
    assert_int_equal(made.item.execution_count, 0);
    assert_at(made.item.next_run_at, 1000);
    assert_at(made.item.schedule_from, 990);
    arena_free(&example.arena);
}

/* ---- pause-all ---- */

static void pause_all(struct example *example, int64_t from, int64_t until) {
    example->pause = (struct plan_pause){at(from), at(until)};
}

static void test_what_came_in_a_pause_is_missed_and_skipped_as_paused(void **state) {
    (void)state;
    struct example example = every_ten_seconds();
    example.job.misfire_policy = MISFIRE_SKIP;
    pause_all(&example, 15, 45);
    example.due.next_run_at = at(20);
    struct plan made = plan(&example, 45);
    assert_int_equal(made.item.execution_count, 0);
    assert_int_equal(made.item.skip_count, 1);
    assert_skip(&made.item.skips[0], 20, 40, SKIP_PAUSED);
    assert_at(made.item.next_run_at, 50);
    assert_int_equal(made.item.run_count, 0);
    arena_free(&example.arena);
}

static void test_a_gap_around_a_pause_is_split_by_its_reasons(void **state) {
    (void)state;
    struct example example = every_ten_seconds();
    example.job.misfire_policy = MISFIRE_SKIP;
    example.steady_since = UTC_NEVER;
    pause_all(&example, 35, 60);
    struct plan made = plan(&example, 95);
    assert_int_equal(made.item.execution_count, 0);
    assert_int_equal(made.item.skip_count, 3);
    assert_skip(&made.item.skips[0], 10, 30, SKIP_MISFIRE);
    assert_skip(&made.item.skips[1], 40, 50, SKIP_PAUSED);
    assert_skip(&made.item.skips[2], 60, 90, SKIP_MISFIRE);
    pause_all(&example, 32, 38); // no due time in it
    made = plan(&example, 95);
    assert_int_equal(made.item.skip_count, 1);
    assert_skip(&made.item.skips[0], 10, 90, SKIP_MISFIRE);
    arena_free(&example.arena);
}

static void test_after_a_pause_the_misfire_policy_decides(void **state) {
    (void)state;
    struct example example = every_ten_seconds();
    pause_all(&example, 5, 34);
    struct plan once = plan(&example, 34);
    assert_int_equal(once.item.execution_count, 1);
    assert_int_equal(once.item.executions[0].trigger, TRIGGER_CATCH_UP);
    assert_at(once.item.executions[0].scheduled_for, 30);
    assert_skip(&once.item.skips[0], 10, 20, SKIP_PAUSED);
    example.job.misfire_policy = MISFIRE_FIRE_ALL;
    struct plan all = plan(&example, 34);
    assert_int_equal(all.item.execution_count, 3);
    assert_int_equal(all.item.skip_count, 0);
    example.job.max_runs = 2; // counts what runs, not what was skipped
    all = plan(&example, 34);
    assert_int_equal(all.item.execution_count, 2);
    assert_true(utc_is_never(all.item.next_run_at));
    arena_free(&example.arena);
}

static void test_what_was_not_missed_yet_when_the_pause_came_is_of_the_pause(void **state) {
    (void)state;
    struct example example = every_ten_seconds();
    example.job.misfire_policy = MISFIRE_SKIP;
    example.schedule.jitter_seconds = 4;
    pause_all(&example, 13, 27);
    struct plan made = plan(&example, 27);
    assert_int_equal(made.item.execution_count, 0);
    assert_skip(&made.item.skips[0], 10, 20, SKIP_PAUSED);
    assert_at(made.item.next_run_at, 30);
    arena_free(&example.arena);
}

static void test_a_one_time_job_due_in_a_pause_runs_by_its_policy(void **state) {
    (void)state;
    struct example example = every_ten_seconds();
    example.job.schedule_type = SCHEDULE_ONE_TIME;
    example.schedule = (struct schedule_spec){.kind = SCHEDULE_BY_DATE, .run_at = at(10)};
    pause_all(&example, 5, 50);
    struct plan made = plan(&example, 50);
    assert_int_equal(made.item.execution_count, 1);
    assert_int_equal(made.item.executions[0].trigger, TRIGGER_CATCH_UP);
    assert_true(utc_is_never(made.item.next_run_at));
    example.job.misfire_policy = MISFIRE_SKIP;
    made = plan(&example, 50);
    assert_int_equal(made.item.execution_count, 0);
    assert_skip(&made.item.skips[0], 10, 10, SKIP_PAUSED);
    arena_free(&example.arena);
}

static void test_a_fixed_delay_due_in_a_pause_runs_by_its_policy(void **state) {
    (void)state;
    struct example example = every_ten_seconds();
    example.job.interval_mode = INTERVAL_FIXED_DELAY;
    example.schedule.interval_base = INTERVAL_FROM_END;
    pause_all(&example, 5, 47);
    struct plan made = plan(&example, 47);
    assert_int_equal(made.item.execution_count, 1);
    assert_int_equal(made.item.executions[0].trigger, TRIGGER_CATCH_UP);
    assert_at(made.item.executions[0].scheduled_for, 10);
    example.job.misfire_policy = MISFIRE_SKIP;
    made = plan(&example, 47);
    assert_int_equal(made.item.execution_count, 0);
    assert_skip(&made.item.skips[0], 10, 10, SKIP_PAUSED);
    assert_at(made.item.next_run_at, 57);
    arena_free(&example.arena);
}

/* The clock was set back behind the end of the pause: that says nothing of what comes now. */
static void test_a_pause_that_ends_in_the_future_makes_nothing_late(void **state) {
    (void)state;
    struct example example = every_ten_seconds();
    example.job.misfire_policy = MISFIRE_SKIP;
    pause_all(&example, 5, 5000);
    struct plan made = plan(&example, 18);
    assert_int_equal(made.item.execution_count, 1);
    assert_int_equal(made.item.executions[0].trigger, TRIGGER_SCHEDULE);
    arena_free(&example.arena);
}
