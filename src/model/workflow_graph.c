/* workflow_graph.c - see workflow_graph.h. */
#include "model/workflow_graph.h"

enum { CIRCLE_SHOWN = 40 };

struct str workflow_describe_job(struct arena *arena, struct guid id, struct str name) {
    char text[GUID_LENGTH + 1];
    guid_format(id, text);
    if (str_is_absent(name)) return arena_printf(arena, "%s", text);
    return arena_printf(arena, "\"%.*s\" (%s)", STR_ARG(name), text);
}

static struct str describe(const struct workflow_graph *graph, const struct workflow_job *jobs,
                           size_t node, struct arena *arena) {
    return workflow_describe_job(arena, graph->nodes[node].job_id, jobs[node].name);
}

/* ---- circles ---------------------------------------------------------------------------------
 *
 * Nodes all of whose predecessors are resolved are resolved in turn. What is left is in a circle or
 * below one; and since each of those has a predecessor that is left too, walking upwards from any
 * of them must come around.
 */

static bool is_resolved(const struct workflow_node *node, const bool *resolved) {
    for (size_t i = 0; i < node->above_count; i++)
        if (!resolved[node->above[i]]) return false;
    return true;
}

static void resolve(const struct workflow_graph *graph, bool *resolved) {
    for (bool more = true; more;) {
        more = false;
        for (size_t i = 0; i < graph->count; i++) {
            if (resolved[i] || !is_resolved(&graph->nodes[i], resolved)) continue;
            resolved[i] = more = true;
        }
    }
}

static size_t unresolved_above(const struct workflow_node *node, const bool *resolved) {
    size_t i = 0;
    while (resolved[node->above[i]]) i++;
    return node->above[i];
}

static void tell_circle(const struct workflow_graph *graph, const struct workflow_job *jobs,
                        const size_t *path, size_t count, struct faults *faults) {
    struct buf text = buf_with_max(0);
    for (size_t i = 0; i < count && i < CIRCLE_SHOWN; i++) {
        buf_put(&text, describe(graph, jobs, path[i], faults->arena));
        buf_put(&text, STR(" depends on "));
    }
    if (count > CIRCLE_SHOWN) buf_printf(&text, "… (%zu more) … depends on ", count - CIRCLE_SHOWN);
    buf_put(&text, describe(graph, jobs, path[0], faults->arena));
    struct str circle = buf_str(&text);
    faults_add(faults, STR("jobs"), "go round in a circle: %.*s", STR_ARG(circle));
    buf_free(&text);
}

void workflow_check_circles(const struct workflow_graph *graph, const struct workflow_job *jobs,
                            struct faults *faults) {
    bool *resolved = ARENA_ARRAY(faults->arena, graph->count, bool);
    size_t *walk = ARENA_ARRAY(faults->arena, graph->count, size_t); // which one came by; 0 = none
    size_t *path = ARENA_ARRAY(faults->arena, graph->count, size_t);
    resolve(graph, resolved);
    for (size_t start = 0; start < graph->count; start++) {
        if (resolved[start] || walk[start]) continue;
        size_t count = 0, node = start;
        for (; walk[node] == 0; node = unresolved_above(&graph->nodes[node], resolved)) {
            walk[node] = start + 1;
            path[count++] = node;
        }
        if (walk[node] != start + 1) continue; // it leads to a circle that has been told
        size_t first = 0;
        while (path[first] != node) first++;
        tell_circle(graph, jobs, path + first, count - first, faults);
    }
}

/* ---- mentions -------------------------------------------------------------------------------- */

/* Marks every node above this one, however far. */
static void mark_above(const struct workflow_graph *graph, size_t node, bool *marked,
                       size_t *stack) {
    size_t depth = 0;
    stack[depth++] = node;
    while (depth > 0) {
        const struct workflow_node *each = &graph->nodes[stack[--depth]];
        for (size_t i = 0; i < each->above_count; i++) {
            size_t above = each->above[i];
            if (marked[above]) continue;
            marked[above] = true;
            stack[depth++] = above;
        }
    }
}

static void check_mention(const struct workflow_graph *graph, const struct workflow_job *jobs,
                          size_t node, struct str name, const bool *above, struct faults *faults) {
    size_t found = 0;
    struct guid id;
    bool is_id = guid_parse(name, &id);
    for (size_t i = 0; i < graph->count; i++)
        found +=
            above[i] && i != node &&
            (str_equal(jobs[i].name, name) || (is_id && guid_equal(graph->nodes[i].job_id, id)));
    struct str field = arena_printf(faults->arena, "jobs[%zu]", node);
    struct str who = describe(graph, jobs, node, faults->arena);
    if (found == 0)
        faults_add(faults, field,
                   "%.*s mentions {{Jobs.%.*s}}, and no job above it has that name; let it depend "
                   "on that job",
                   STR_ARG(who), STR_ARG(name));
    else if (found > 1)
        faults_add(faults, field,
                   "%.*s mentions {{Jobs.%.*s}}, and %zu jobs above it have that name; rename them",
                   STR_ARG(who), STR_ARG(name), found);
}

void workflow_check_mentions(const struct workflow_graph *graph, const struct workflow_job *jobs,
                             struct faults *faults) {
    size_t *stack = ARENA_ARRAY(faults->arena, graph->count, size_t);
    for (size_t i = 0; i < graph->count; i++) {
        if (jobs[i].mention_count == 0) continue;
        bool *above = ARENA_ARRAY(faults->arena, graph->count, bool);
        mark_above(graph, i, above, stack);
        for (size_t j = 0; j < jobs[i].mention_count; j++)
            check_mention(graph, jobs, i, jobs[i].mentions[j], above, faults);
    }
}

/* ---- roots ----------------------------------------------------------------------------------- */

void workflow_check_roots(const struct workflow_graph *graph, const struct workflow_job *jobs,
                          int64_t workflow_row, struct faults *faults) {
    for (size_t i = 0; i < graph->count; i++) {
        int64_t starts = jobs[i].starts_workflow;
        if (graph->nodes[i].above_count > 0 || starts == 0 || starts == workflow_row) continue;
        struct str who = describe(graph, jobs, i, faults->arena);
        faults_add(
            faults, arena_printf(faults->arena, "jobs[%zu].jobId", i),
            "%.*s depends on no job here, so its own schedule would start this workflow, but "
            "it starts \"%.*s\" already; give one of the two workflows a schedule",
            STR_ARG(who), STR_ARG(jobs[i].started_name));
    }
}
