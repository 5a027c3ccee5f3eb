/* suite.h - one suite for every back end: what its files share.
 *
 * A back end brings a `struct back_end` (test_memory.c, test_sqlite.c); each test starts with an
 * empty store in a `struct fixture` and never knows which one it is:
 *
 *     static void test_a_job_can_be_read(void **state) {
 *         struct fixture *f = *state;
 *         struct job job = put_job(f, "a");
 *         ...
 *
 * Tests are the functions `static void test_*(void **state)` of suite_*.c; `collect` finds them.
 * Guids and instants come from counters, so that a test does the same thing every time.
 */
#ifndef ALPHABET_TESTS_STORE_SUITE_H
#define ALPHABET_TESTS_STORE_SUITE_H

#include "calls.h"
#include "store/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct fixture {
    struct store *store;
    struct arena arena;        // what a test reads and makes
    uint32_t guids;            // given out
    struct store_tx *reads[4]; // open now
    void *own;                 // the back end's
};

struct back_end {
    /* Opens the store of this fixture: a new one first, after `close` the same one again. */
    void (*open)(struct fixture *f);
    void (*close)(struct fixture *f);
    /* Removes the data; after the last close. */
    void (*remove)(struct fixture *f);
};

extern const struct back_end back_end_under_test;

int suite_setup(void **state);
int suite_teardown(void **state);
void suite_restart(struct fixture *f); // close and open: a new process on the same data

/* ---- making things ---- */

struct guid next_guid(struct fixture *f);
struct utc at(int64_t seconds); // that long after a fixed start
struct job sample_job(struct fixture *f, const char *name);
struct job put_job(struct fixture *f, const char *name); // a sample, stored
/* The text of dependencies on these jobs. */
struct str depends_on(struct fixture *f, const struct job *const *jobs, size_t count);
/* A sample that depends on one job (NULL: on none); one of a group. */
struct job put_dependent(struct fixture *f, const char *name, const struct job *upstream);
struct job put_grouped(struct fixture *f, const char *name, struct str group, int64_t limit);
void update_job(struct fixture *f, struct job *job); // raises its revision
/* Due at `due`, made by the schedule, Pending. */
struct new_execution sample_execution(struct fixture *f, const struct job *job, struct utc due);
struct new_execution put_execution(struct fixture *f, const struct job *job, struct utc due);
struct new_execution put_manual(struct fixture *f, const struct job *job, struct utc available_at);
/* A manual one that is running on the node "node-1". */
struct execution put_running(struct fixture *f, const struct job *job, struct utc started_at);
struct settlement settlement_of(const struct execution *execution, enum execution_status status,
                                struct utc completed_at);
void end_execution(struct fixture *f, const struct execution *execution,
                   enum execution_status status, struct utc completed_at);
void claim_all(struct fixture *f, struct utc now, struct execution **ret, size_t *count);

/* ---- looking ---- */

struct store_tx *read_begin(struct fixture *f); // must not fail
void read_end(struct fixture *f, struct store_tx *tx);

struct job job_now(struct fixture *f, const struct job *job);
struct execution execution_now(struct fixture *f, struct guid id);
struct execution_page executions_where(struct fixture *f, struct execution_filter filter);
struct totals totals_now(struct fixture *f);

void assert_str(struct str actual, const char *expected); // NULL = absent
void assert_same_str(struct str actual, struct str expected);
void assert_time(struct utc actual, struct utc expected);
void assert_guid(struct guid actual, struct guid expected);
void assert_same_job(const struct job *actual, const struct job *expected);
void assert_same_execution(const struct execution *actual, const struct execution *expected);
/* Counters, live counts and fences against a recount of every row. */
void assert_counters_equal_recount(struct fixture *f);

#define assert_error(call, err, expected) \
    do { \
        (err)->kind = ERR_NONE; \
        assert_false(call); \
        assert_int_equal((err)->kind, (expected)); \
    } while (0)

#endif
