/* workflow.c - the graph of a workflow, and what follows from the states of its steps; see
 * workflow.h. What a request says is read by workflow_json.c.
 */
#include "model/workflow.h"

#include "base/json_read.h"
#include "model/workflow_index.h"

/* ---- the stored text ------------------------------------------------------------------------- */

static bool parse_node(const json_t *item, struct workflow_node *node, const json_t **depends_on,
                       struct err *err) {
    struct str policy = json_str_of(json_object_get(item, "onFailure"));
    *depends_on = json_object_get(item, "dependsOn");
    if (!guid_parse(json_str_of(json_object_get(item, "jobId")), &node->job_id) ||
        !failure_policy_parse(policy, &node->on_failure) || !json_is_array(*depends_on))
        return err_set(err, ERR_INVALID, "a job of the workflow cannot be read");
    return true;
}

static bool parse_above(const json_t *depends_on, const struct workflow_index *index,
                        struct arena *arena, struct workflow_node *node, struct err *err) {
    size_t count = json_array_size(depends_on);
    size_t *above = ARENA_ARRAY(arena, count, size_t);
    for (size_t i = 0; i < count; i++) {
        struct guid id;
        if (!guid_parse(json_str_of(json_array_get(depends_on, i)), &id) ||
            !workflow_index_find(index, id, &above[i]))
            return err_set(err, ERR_INVALID, "dependsOn names a job that is not in the workflow");
    }
    node->above = above;
    node->above_count = count;
    return true;
}

static bool parse_nodes(const json_t *root, struct arena *arena, struct workflow_graph *ret,
                        struct err *err) {
    size_t count = json_array_size(root);
    if (!json_is_array(root) || count == 0 || count > WORKFLOW_JOBS_MAX)
        return err_set(err, ERR_INVALID, "the jobs of the workflow are no list of 1 to %d",
                       WORKFLOW_JOBS_MAX);
    struct workflow_node *nodes = ARENA_ARRAY(arena, count, struct workflow_node);
    const json_t **depends_on = ARENA_ARRAY(arena, count, const json_t *);
    struct guid *ids = ARENA_ARRAY(arena, count, struct guid);
    for (size_t i = 0; i < count; i++) {
        if (!parse_node(json_array_get(root, i), &nodes[i], &depends_on[i], err)) return false;
        ids[i] = nodes[i].job_id;
    }
    struct workflow_index index = workflow_index_new(arena, ids, count);
    for (size_t i = 0; i < count; i++)
        if (!parse_above(depends_on[i], &index, arena, &nodes[i], err)) return false;
    *ret = (struct workflow_graph){nodes, count};
    return true;
}

bool workflow_graph_parse(struct str jobs, struct arena *arena, struct workflow_graph *ret,
                          struct err *err) {
    json_t *root = json_read(jobs, err);
    if (root == NULL) return err_wrap(err, "the jobs of the workflow");
    bool ok = parse_nodes(root, arena, ret, err);
    json_decref(root);
    return ok;
}

/* ---- what follows ---------------------------------------------------------------------------- */

static bool went_wrong(enum execution_status status) {
    return status == EXECUTION_FAILED || status == EXECUTION_CANCELLED;
}

static bool is_stopped(const struct workflow_graph *graph, const enum execution_status *statuses) {
    for (size_t i = 0; i < graph->count; i++)
        if (went_wrong(statuses[i]) && graph->nodes[i].on_failure == FAILURE_STOP) return true;
    return false;
}

/* Has each job above it ended? Those that went wrong did so under Continue, or all is stopped. */
static bool may_start(const struct workflow_node *node, const enum execution_status *statuses) {
    for (size_t i = 0; i < node->above_count; i++) {
        enum execution_status above = statuses[node->above[i]];
        if (above != EXECUTION_SUCCEEDED && !went_wrong(above)) return false;
    }
    return true;
}

static void cancel_pending(const struct workflow_graph *graph,
                           const enum execution_status *statuses, struct workflow_moves *moves) {
    for (size_t i = 0; i < graph->count; i++)
        if (statuses[i] == EXECUTION_PENDING) moves->cancel[moves->cancel_count++] = i;
}

struct workflow_moves workflow_advance(const struct workflow_graph *graph,
                                       const enum execution_status *statuses, bool is_cancelled,
                                       struct arena *arena) {
    struct workflow_moves moves = {.start = ARENA_ARRAY(arena, graph->count, size_t),
                                   .cancel = ARENA_ARRAY(arena, graph->count, size_t)};
    bool is_running = false, has_failed = false, stopped = is_stopped(graph, statuses);
    for (size_t i = 0; i < graph->count; i++) {
        is_running = is_running || statuses[i] == EXECUTION_RUNNING;
        has_failed = has_failed || went_wrong(statuses[i]);
    }
    if (is_cancelled || stopped) {
        cancel_pending(graph, statuses, &moves);
    } else {
        for (size_t i = 0; i < graph->count; i++)
            if (statuses[i] == EXECUTION_PENDING && may_start(&graph->nodes[i], statuses))
                moves.start[moves.start_count++] = i;
        /* A graph has no cycles, so this cannot be; if it were, the run would never end. */
        if (!is_running && moves.start_count == 0) cancel_pending(graph, statuses, &moves);
    }
    if (is_running || moves.start_count > 0)
        moves.run_status = EXECUTION_RUNNING;
    else if (is_cancelled)
        moves.run_status = EXECUTION_CANCELLED;
    else
        moves.run_status =
            has_failed || moves.cancel_count > 0 ? EXECUTION_FAILED : EXECUTION_SUCCEEDED;
    return moves;
}
