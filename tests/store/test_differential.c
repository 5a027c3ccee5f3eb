/* test_differential.c - the same random history on the in-memory store and on SQLite, and on
 * PostgreSQL: every answer and every list must be the same text (differential.h, describe.h).
 *
 * A failure prints the seed and the two lines that differ; SEED=… repeats it, STEPS=… makes it
 * longer.
 */
#include "describe.h"
#include "differential.h"
#include "postgres_schema.h"
#include "store/memory/memory_store.h"
#include "store/postgres/postgres_store.h"
#include "store/sqlite/sqlite_store.h"
#include "temporary.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

enum { MEMORY, OTHER, SIDES };

struct history {
    struct store *stores[SIDES];
    const char *name; // of the other one
    char *folder;     // of SQLite
    struct postgres_schema *schema;
    struct random random;
    struct step step; // what the next one starts from
};

static struct store *open_sqlite(struct history *history, struct err *err) {
    struct buf path = {0};
    if (!history->folder) history->folder = temporary_folder_new();
    buf_printf(&path, "%s/alphabet.db", history->folder);
    struct store *store = sqlite_store_open(&(struct sqlite_store_options){.path = path.ptr}, err);
    buf_free(&path);
    return store;
}

static struct store *open_postgres(struct history *history, struct err *err) {
    if (!history->schema) history->schema = postgres_schema_new();
    return postgres_store_open(
        &(struct postgres_store_options){.connection = postgres_schema_connection(history->schema),
                                         .leases_by_caller = true},
        err);
}

typedef struct store *opener(struct history *history, struct err *err);

static void open_other(struct history *history, opener *open) {
    struct err err = ERR_INIT;
    history->stores[OTHER] = open(history, &err);
    if (!history->stores[OTHER]) print_error("cannot open: %s\n", err.msg);
    assert_non_null(history->stores[OTHER]);
}

static int history_setup(void **state) {
    struct history *history = xcalloc(1, sizeof *history);
    history->stores[MEMORY] = memory_store_new(&(struct memory_store_options){0});
    history->random = random_from_environment();
    history->step.now = utc_from_seconds(1767225600);
    *state = history;
    return 0;
}

static int history_teardown(void **state) {
    struct history *history = *state;
    for (size_t i = 0; i < SIDES; i++) store_close(history->stores[i]);
    temporary_folder_remove(history->folder);
    postgres_schema_remove(history->schema);
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

static void assert_same_text(struct str left, struct str right, const char *name, int64_t number) {
    int64_t line = 1;
    while (left.len > 0 || right.len > 0) {
        struct str of_left = str_cut(&left, '\n'), of_right = str_cut(&right, '\n');
        if (!str_equal(of_left, of_right)) {
            print_error("step %lld, line %lld of the answers:\n  memory: %.*s\n  %s: %.*s\n",
                        (long long)number, (long long)line, STR_ARG(of_left), name,
                        STR_ARG(of_right));
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
    assert_same_text(buf_str(&said[MEMORY]), buf_str(&said[OTHER]), history->name,
                     history->step.number);
    assert_true(steps[MEMORY].random.state == steps[OTHER].random.state);
    for (size_t i = 0; i < SIDES; i++) buf_free(&said[i]);
    history->random = steps[OTHER].random;
    return steps[OTHER];
}

static void compare(struct history *history, const char *name, opener *open) {
    history->name = name;
    open_other(history, open);
    const char *wanted = getenv("STEPS");
    int64_t steps = wanted ? strtoll(wanted, NULL, 10) : 400;
    for (int64_t i = 0; i < steps; i++) {
        history->step.number = i;
        history->step.now =
            utc_add(history->step.now, span_us(random_below(&history->random, 40000000)));
        history->step = on_both(history, tell);
        (void)on_both(history, ask);
        if (random_below(&history->random, 100) == 0) {
            store_close(history->stores[OTHER]);
            open_other(history, open);
        }
    }
}

static void test_sqlite_answers_as_the_model_does(void **state) {
    compare(*state, "sqlite", open_sqlite);
}

static void test_postgres_answers_as_the_model_does(void **state) {
    compare(*state, "postgres", open_postgres);
}
