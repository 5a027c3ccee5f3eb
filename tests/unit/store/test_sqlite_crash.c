/* What was answered as done is there after kill -9, and what was not has left no trace. */
#include "sqlite_fixture.h"

#include <signal.h>
#include <sys/wait.h>

/* The child: makes executions and settles every second one, and says after each commit how many it
 * has made. Ends only by being killed. */
static NORETURN void work_until_killed(const struct place *place, int pipe_end) {
    struct store *store = open_at(place);
    struct job job = put_job(store, "a");
    for (int64_t made = 1;; made++) {
        struct err err = ERR_INIT;
        struct new_execution execution = running(&job, at(made));
        if (!store_write_wait(store, insert_execution, &execution, &err)) _exit(1);
        struct settlement end = succeeded(&execution, at(made + 1));
        if (made % 2 == 0 && !store_write_wait(store, settle_one, &end, &err)) _exit(1);
        if (write(pipe_end, &made, sizeof made) != (ssize_t)sizeof made) _exit(1);
    }
}

static int64_t read_last(int pipe_end, int64_t at_least) {
    int64_t made = 0;
    while (made < at_least)
        if (read(pipe_end, &made, sizeof made) != (ssize_t)sizeof made) return -1;
    return made;
}

static void test_what_was_acknowledged_survives_kill(void **state) {
    (void)state;
    struct place place = place_new();
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        (void)close(ends[0]);
        work_until_killed(&place, ends[1]);
    }
    (void)close(ends[1]);
    int64_t made = read_last(ends[0], 50);
    assert_int_equal(kill(child, SIGKILL), 0);
    int64_t later;
    while (read(ends[0], &later, sizeof later) == (ssize_t)sizeof later) made = later;
    (void)close(ends[0]);
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_true(made >= 50);

    struct store *store = open_at(&place); // the lock went with the process
    struct totals totals = totals_of(store);
    /* One more may have been committed without the word getting out. */
    assert_in_range(totals.executions, made, made + 1);
    assert_in_range(totals.succeeded, made / 2, (made + 1) / 2);
    assert_int_equal(totals.executions, totals.running + totals.succeeded);
    struct arena arena = {0};
    struct err err = ERR_INIT;
    struct execution *orphans;
    size_t count;
    struct store_tx *tx = store_read_begin(store, &err);
    assert_non_null(tx);
    assert_true(store_orphans(tx, STR("here"), UTC_NONE, 1000000, &arena, &orphans, &count, &err));
    assert_int_equal(count, totals.running);
    int64_t fence = orphans[count - 1].fence;
    store_read_end(tx);

    /* Fences go on growing. */
    struct job job = put_job(store, "b");
    struct new_execution next = running(&job, at(1));
    assert_true(store_write_wait(store, insert_execution, &next, &err));
    assert_true(next.fence > fence);
    arena_free(&arena);
    store_close(store);
    place_remove(&place);
}
