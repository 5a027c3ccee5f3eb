/* No room left: writes are refused, nothing is half done, and it goes on once there is room. */
#include "sqlite_fixture.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

static void note_fatal(void *context, const char *why) {
    (void)why;
    *(bool *)context = true;
}

static struct store *open_with(const struct place *place, int64_t max_pages, bool *fatal) {
    struct err err = ERR_INIT;
    struct store *store = sqlite_store_open(&(struct sqlite_store_options){.path = place->path,
                                                                           .max_pages = max_pages,
                                                                           .on_fatal = note_fatal,
                                                                           .fatal_context = fatal},
                                            &err);
    assert_non_null(store);
    return store;
}

static bool insert_large(struct store_tx *tx, void *context, struct err *err) {
    static char text[60000];
    memset(text, 'x', sizeof text);
    struct job *job = context;
    job->configuration = (struct str){text, sizeof text};
    return store_job_insert(tx, job, err);
}

static bool erase(struct store_tx *tx, void *context, struct err *err) {
    return store_job_erase(tx, *(int64_t *)context, err);
}

/* The row of the last large job that went in, after which the next one did not. */
static int64_t fill_up(struct store *store, int64_t *count, struct err *err) {
    int64_t last = 0;
    for (*count = 0; *count < 1000; ++*count) {
        struct job job = job_named("large");
        if (!store_write_wait(store, insert_large, &job, err)) return last;
        last = job.row;
    }
    fail_msg("it never became full");
    return 0;
}

static void check_full_and_recovery(struct store *store, const bool *fatal) {
    struct err err = ERR_INIT;
    int64_t count, again;
    int64_t last = fill_up(store, &count, &err);
    assert_int_equal(err.kind, ERR_UNAVAILABLE);
    assert_non_null(strstr(err.msg, "no room"));
    assert_int_equal(totals_of(store).jobs, count);
    assert_true(store_write_wait(store, erase, &last, &err));
    struct job job = job_named("in its place");
    assert_true(store_write_wait(store, insert_large, &job, &err));
    assert_int_equal(totals_of(store).jobs, count);
    (void)fill_up(store, &again, &err);
    assert_true(again <= 1);
    assert_false(*fatal);
}

static void test_a_full_file_refuses_and_recovers(void **state) {
    (void)state;
    struct place place = place_new();
    bool fatal = false;
    struct store *store = open_with(&place, 200, &fatal);
    check_full_and_recovery(store, &fatal);
    store_close(store);
    place_remove(&place);
}

/* The system itself refuses to write, in the middle of a commit. In a child, because the limit is
 * the process's. */
static NORETURN void write_against_limit(const struct place *place) {
    bool fatal = false;
    (void)signal(SIGXFSZ, SIG_IGN);
    struct store *store = open_with(place, 0, &fatal);
    (void)put_job(store, "before");
    struct rlimit limit = {1 << 20, RLIM_INFINITY};
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0) _exit(10);
    struct err err = ERR_INIT;
    int64_t count;
    (void)fill_up(store, &count, &err);
    if (err.kind != ERR_UNAVAILABLE || fatal) _exit(11);
    if (totals_of(store).jobs != count + 1) _exit(12);
    limit.rlim_cur = RLIM_INFINITY;
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0) _exit(13);
    struct job job = job_named("after");
    if (!store_write_wait(store, insert_large, &job, &err)) _exit(14);
    if (totals_of(store).jobs != count + 2) _exit(15);
    store_close(store);
    _exit(0);
}

static void test_a_refusal_of_the_system_in_a_commit_is_no_end(void **state) {
    (void)state;
    struct place place = place_new();
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) write_against_limit(&place);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    place_remove(&place);
}
