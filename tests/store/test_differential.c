/* test_differential.c - the same random history on the in-memory store and on SQLite: every answer
 * and every list must be the same text (differential.h, describe.h).
 *
 * A failure prints the seed and the two lines that differ; SEED=… repeats it, STEPS=… makes it
 * longer.
 */
#include "describe.h"
#include "differential.h"
#include "store/memory/memory_store.h"
#include "store/sqlite/sqlite_store.h"
#include "temporary.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

enum { MEMORY, SQLITE, SIDES };

struct history {
    struct store *stores[SIDES];
    char *folder;
    struct random random;
    struct step step; // what the next one starts from
};

static void open_sqlite(struct history *history) {
    struct err err = ERR_INIT;
    struct buf path = {0};
    buf_printf(&path, "%s/alphabet.db", history->folder);
    history->stores[SQLITE] =
        sqlite_store_open(&(struct sqlite_store_options){.path = path.ptr}, &err);
    buf_free(&path);
    if (!history->stores[SQLITE]) print_error("cannot open: %s\n", err.msg);
    assert_non_null(history->stores[SQLITE]);
}

static int history_setup(void **state) {
    struct history *history = xcalloc(1, sizeof *history);
    history->folder = temporary_folder_new();
    history->stores[MEMORY] = memory_store_new(&(struct memory_store_options){0});
    history->random = random_from_environment();
    history->step.now = utc_from_seconds(1767225600);
    *state = history;
    open_sqlite(history);
    return 0;
}

static int history_teardown(void **state) {
    struct history *history = *state;
    for (size_t i = 0; i < SIDES; i++) store_close(history->stores[i]);
    temporary_folder_remove(history->folder);
    free(history);
    return 0;
}

static bool take_step(struct store_tx *tx, void *context, struct err *err) {
    static operation *const operations[] = {
        change_jobs,    change_jobs,  plan_due,     plan_due,         insert_execution, claim_some,
        claim_some,     settle_some,  settle_some,  cancel_one,       note_node,        note_fact,
        change_people,  release_some, release_some, change_workflows, change_runs,      change_runs,
        change_watches, clear_some,   index_some,   index_some,       note_progress};
    struct step *step = context;
    int64_t count = 1 + draw_below(step, 3);
    for (int64_t i = 0; i < count; i++)
        if (!operations[draw_below(step, (int64_t)COUNT_OF(operations))](step, tx, err))
            return false;
    return !draw(step, 10) || err_set(err, ERR_LIMIT, "told to fail");
}

/* Kinds are compared, messages are not; what went wrong inside is worth reading. */
static void note_failure(struct step *step, const struct err *err) {
    describe_err(step->said, err);
    if (err->kind == ERR_INTERNAL)
        print_error("step %lld: %s\n", (long long)step->number, err->msg);
}

static void tell(struct store *store, struct step *step) {
    struct err err = ERR_INIT;
    if (!store_write_wait(store, take_step, step, &err)) note_failure(step, &err);
}

static void ask(struct store *store, struct step *step) {
    struct err err = ERR_INIT;
    struct store_tx *tx = store_read_begin(store, &err);
    if (!tx || !ask_everything(step, tx, &err)) note_failure(step, &err);
    store_read_end(tx);
}

static void assert_same_text(struct str left, struct str right, int64_t number) {
    int64_t line = 1;
    while (left.len > 0 || right.len > 0) {
        struct str of_left = str_cut(&left, '\n'), of_right = str_cut(&right, '\n');
        if (!str_equal(of_left, of_right)) {
            print_error("step %lld, line %lld of the answers:\n  memory: %.*s\n  sqlite: %.*s\n",
                        (long long)number, (long long)line, STR_ARG(of_left), STR_ARG(of_right));
            fail();
        }
        line++;
    }
}

/* Runs `act` on both stores with the same numbers; the step as the second one left it. */
static struct step on_both(struct history *history, void (*act)(struct store *, struct step *)) {
    struct buf said[SIDES] = {{0}};
    struct step steps[SIDES];
    for (size_t i = 0; i < SIDES; i++) {
        struct arena arena = {0};
        steps[i] = history->step;
        steps[i].random = history->random;
        steps[i].said = &said[i];
        steps[i].arena = &arena;
        act(history->stores[i], &steps[i]);
        arena_free(&arena);
    }
    assert_same_text(buf_str(&said[MEMORY]), buf_str(&said[SQLITE]), history->step.number);
    assert_true(steps[MEMORY].random.state == steps[SQLITE].random.state);
    for (size_t i = 0; i < SIDES; i++) buf_free(&said[i]);
    history->random = steps[SQLITE].random;
    return steps[SQLITE];
}

static void test_sqlite_answers_as_the_model_does(void **state) {
    struct history *history = *state;
    const char *wanted = getenv("STEPS");
    int64_t steps = wanted ? strtoll(wanted, NULL, 10) : 400;
    for (int64_t i = 0; i < steps; i++) {
        history->step.number = i;
        history->step.now =
            utc_add(history->step.now, span_us(random_below(&history->random, 40000000)));
        history->step = on_both(history, tell);
        (void)on_both(history, ask);
        if (random_below(&history->random, 100) == 0) {
            store_close(history->stores[SQLITE]);
            open_sqlite(history);
        }
    }
}
