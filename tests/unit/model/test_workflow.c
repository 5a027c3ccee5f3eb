/* test_workflow.c - the graph of a workflow, and what follows from the states of its steps. */
#include "model/workflow.h"

#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { NODES = 12, GRAPHS = 4000 };

static uint64_t random_state;
static uint64_t next_random(void) {
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return random_state >> 33;
}

static enum execution_status status_of(char letter) {
    switch (letter) {
    case 'P': return EXECUTION_PENDING;
    case 'R': return EXECUTION_RUNNING;
    case 'S': return EXECUTION_SUCCEEDED;
    case 'F': return EXECUTION_FAILED;
    default: assert_int_equal(letter, 'C'); return EXECUTION_CANCELLED;
    }
}

/* ---- a table --------------------------------------------------------------------------------- */

/* "a b:a c:a! d:bc": node d depends on b and c; ! = onFailure Continue. */
static struct workflow_graph graph_of(const char *text, struct arena *arena) {
    struct workflow_graph graph = {ARENA_ARRAY(arena, 26, struct workflow_node), 0};
    char names[26];
    for (const char *p = text; *p; p += *p == ' ') {
        struct workflow_node *node = &graph.nodes[graph.count];
        size_t *above = ARENA_ARRAY(arena, 26, size_t);
        node->job_id.bytes[15] = (unsigned char)(graph.count + 1);
        node->on_failure = FAILURE_STOP;
        node->above = above;
        names[graph.count++] = *p++;
        if (*p == ':')
            for (p++; *p >= 'a' && *p <= 'z'; p++)
                for (size_t i = 0; i < graph.count; i++)
                    if (names[i] == *p) above[node->above_count++] = i;
        if (*p == '!') node->on_failure = FAILURE_CONTINUE, p++;
    }
    return graph;
}

static void assert_places(const char *letters, const size_t *places, size_t count) {
    assert_int_equal(strlen(letters), count);
    for (size_t i = 0; i < count; i++) assert_int_equal(letters[i] - 'a', places[i]);
}

static void test_what_follows_from_the_states(void **state) {
    (void)state;
    static const struct {
        const char *graph, *statuses;
        bool is_cancelled;
        const char *start, *cancel;
        char run;
    } rows[] = {
        {"a", "P", false, "a", "", 'R'},
        {"a", "R", false, "", "", 'R'},
        {"a", "S", false, "", "", 'S'},
        {"a", "F", false, "", "", 'F'},
        {"a!", "F", false, "", "", 'F'},
        {"a", "C", false, "", "", 'F'},
        {"a", "C", true, "", "", 'C'},
        {"a b", "PP", false, "ab", "", 'R'},
        {"a b:a", "PP", false, "a", "", 'R'},
        {"a b:a", "SP", false, "b", "", 'R'},
        {"a b:a", "FP", false, "", "b", 'F'},
        {"a! b:a", "FP", false, "b", "", 'R'},
        {"a! b:a", "CP", false, "b", "", 'R'},
        {"a! b:a", "FS", false, "", "", 'F'},
        {"a b:a c:a d:bc", "SRPP", false, "c", "", 'R'},
        {"a b:a c:a d:bc", "SSRP", false, "", "", 'R'},
        {"a b:a c:a d:bc", "SSSP", false, "d", "", 'R'},
        /* Stop halts all, also what has nothing to do with the failure; what runs goes on. */
        {"a b c:b", "FRP", false, "", "c", 'R'},
        {"a b c:b", "FSC", false, "", "", 'F'},
        {"a b c:b", "FPP", false, "", "bc", 'F'},
        /* One of two above failed under Continue. */
        {"a! b c:ab", "FRP", false, "", "", 'R'},
        {"a! b c:ab", "FSP", false, "c", "", 'R'},
        /* Being cancelled. */
        {"a b:a", "RP", true, "", "b", 'R'},
        {"a b:a", "SP", true, "", "b", 'C'},
        {"a b:a", "SC", true, "", "", 'C'},
        {"a b:a", "FC", true, "", "", 'C'},
        {"a", "S", true, "", "", 'C'},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct arena arena = {0};
        struct workflow_graph graph = graph_of(rows[i].graph, &arena);
        enum execution_status statuses[26];
        assert_int_equal(graph.count, strlen(rows[i].statuses));
        for (size_t j = 0; j < graph.count; j++) statuses[j] = status_of(rows[i].statuses[j]);
        struct workflow_moves moves =
            workflow_advance(&graph, statuses, rows[i].is_cancelled, &arena);
        assert_places(rows[i].start, moves.start, moves.start_count);
        assert_places(rows[i].cancel, moves.cancel, moves.cancel_count);
        assert_int_equal(moves.run_status, status_of(rows[i].run));
        arena_free(&arena);
    }
}

/* ---- random graphs, played to their end, beside an oracle that knows only edges ---------------
 */

struct play {
    size_t count;
    bool edge[NODES][NODES]; // [below][above]
    bool stops[NODES];
    char letter[NODES];
    bool is_cancelled;
};

static struct play random_play(void) {
    struct play play = {.count = 1 + next_random() % NODES};
    size_t order[NODES];
    uint64_t density = next_random() % 100;
    for (size_t i = 0; i < play.count; i++) {
        size_t j = next_random() % (i + 1);
        order[i] = order[j];
        order[j] = i;
        play.stops[i] = next_random() % 3 == 0;
        play.letter[i] = 'P';
    }
    for (size_t i = 0; i < play.count; i++)
        for (size_t j = 0; j < i; j++)
            play.edge[order[i]][order[j]] = next_random() % 100 < density;
    return play;
}

static struct workflow_graph graph_of_play(const struct play *play, struct arena *arena) {
    struct workflow_graph graph = {ARENA_ARRAY(arena, play->count, struct workflow_node),
                                   play->count};
    for (size_t i = 0; i < play->count; i++) {
        size_t *above = ARENA_ARRAY(arena, play->count, size_t), count = 0;
        for (size_t j = 0; j < play->count; j++)
            if (play->edge[i][j]) above[count++] = j;
        graph.nodes[i] =
            (struct workflow_node){.on_failure = play->stops[i] ? FAILURE_STOP : FAILURE_CONTINUE,
                                   .above = above,
                                   .above_count = count};
    }
    return graph;
}

static bool is_halted(const struct play *play) {
    for (size_t i = 0; i < play->count; i++)
        if (strchr("FC", play->letter[i]) && play->stops[i]) return true;
    return play->is_cancelled;
}

/* What is to become of node i, by the words of the specification. */
static char oracle_of(const struct play *play, size_t i) {
    if (play->letter[i] != 'P') return play->letter[i];
    if (is_halted(play)) return 'C';
    for (size_t j = 0; j < play->count; j++)
        if (play->edge[i][j] && strchr("PR", play->letter[j])) return 'P';
    return 'R';
}

static char oracle_of_run(const struct play *after) {
    bool good = true;
    for (size_t i = 0; i < after->count; i++)
        if (after->letter[i] == 'R') return 'R';
    for (size_t i = 0; i < after->count; i++) {
        assert_int_not_equal(after->letter[i], 'P'); // nothing is left behind
        good = good && after->letter[i] == 'S';
    }
    if (after->is_cancelled) return 'C';
    return good ? 'S' : 'F';
}

/* One look; answers the state of the run. */
static char advance(struct play *play, const struct workflow_graph *graph, struct arena *arena) {
    enum execution_status statuses[NODES];
    struct play expected = *play;
    for (size_t i = 0; i < play->count; i++) {
        statuses[i] = status_of(play->letter[i]);
        expected.letter[i] = oracle_of(play, i);
    }
    struct workflow_moves moves = workflow_advance(graph, statuses, play->is_cancelled, arena);
    for (size_t i = 0; i < moves.start_count; i++) play->letter[moves.start[i]] = 'R';
    for (size_t i = 0; i < moves.cancel_count; i++) play->letter[moves.cancel[i]] = 'C';
    assert_memory_equal(play->letter, expected.letter, play->count);
    assert_int_equal(moves.run_status, status_of(oracle_of_run(play)));
    /* It says nothing new when nothing changed. */
    for (size_t i = 0; i < play->count; i++) statuses[i] = status_of(play->letter[i]);
    struct workflow_moves again = workflow_advance(graph, statuses, play->is_cancelled, arena);
    assert_int_equal(again.start_count + again.cancel_count, 0);
    assert_int_equal(again.run_status, moves.run_status);
    return oracle_of_run(play);
}

static void end_one(struct play *play) {
    size_t i = next_random() % play->count;
    while (play->letter[i] != 'R') i = (i + 1) % play->count;
    uint64_t fate = next_random() % 10;
    play->letter[i] = fate == 0 ? 'F' : fate == 1 ? 'C' : 'S';
    if (next_random() % 60 == 0) play->is_cancelled = true;
}

static void test_random_graphs_run_to_their_end_as_the_oracle_says(void **state) {
    (void)state;
    size_t ends[3] = {0};
    for (uint64_t seed = 1; seed <= GRAPHS; seed++) {
        random_state = seed * 0x9E3779B97F4A7C15u;
        struct arena arena = {0};
        struct play play = random_play();
        struct workflow_graph graph = graph_of_play(&play, &arena);
        char run;
        while ((run = advance(&play, &graph, &arena)) == 'R') end_one(&play);
        ends[run == 'S' ? 0 : run == 'F' ? 1 : 2]++;
        arena_free(&arena);
    }
    for (size_t i = 0; i < COUNT_OF(ends); i++) assert_true(ends[i] > GRAPHS / 50);
}

/* ---- the stored text ------------------------------------------------------------------------- */

#define ID(n) "00000000-0000-7000-8000-00000000000" n

static void test_the_stored_list_becomes_a_graph(void **state) {
    (void)state;
    struct arena arena = {0};
    struct workflow_graph graph;
    struct err err = ERR_INIT;
    assert_true(workflow_graph_parse(
        STR("[{\"jobId\":\"" ID("1") "\",\"dependsOn\":[\"" ID("3") "\",\"" ID(
            "2") "\"],"
                 "\"onFailure\":\"Stop\"},"
                 "{\"jobId\":\"" ID("2") "\",\"dependsOn\":[],\"onFailure\":\"Continue\"},"
                                         "{\"jobId\":\"" ID(
                                             "3") "\",\"dependsOn\":[],\"onFailure\":\"Stop\"}]"),
        &arena, &graph, &err));
    assert_int_equal(graph.count, 3);
    assert_int_equal(graph.nodes[0].above_count, 2);
    assert_int_equal(graph.nodes[0].above[0], 2);
    assert_int_equal(graph.nodes[0].above[1], 1);
    assert_int_equal(graph.nodes[1].on_failure, FAILURE_CONTINUE);
    assert_int_equal(graph.nodes[2].job_id.bytes[15], 3);
    arena_free(&arena);
}

static void test_a_stored_list_that_cannot_be_read_is_refused(void **state) {
    (void)state;
    static const char *const rows[] = {
        "",
        "{}",
        "[]",
        "[1]",
        "[{\"jobId\":\"x\",\"dependsOn\":[],\"onFailure\":\"Stop\"}]",
        "[{\"jobId\":\"" ID("1") "\",\"dependsOn\":{},\"onFailure\":\"Stop\"}]",
        "[{\"jobId\":\"" ID("1") "\",\"dependsOn\":[],\"onFailure\":\"Halt\"}]",
        "[{\"jobId\":\"" ID("1") "\",\"dependsOn\":[\"" ID("2") "\"],\"onFailure\":\"Stop\"}]",
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct arena arena = {0};
        struct workflow_graph graph = {0};
        struct err err = ERR_INIT;
        assert_false(workflow_graph_parse(str_from_cstr(rows[i]), &arena, &graph, &err));
        assert_int_equal(err.kind, ERR_INVALID);
        assert_null(graph.nodes);
        arena_free(&arena);
    }
}
