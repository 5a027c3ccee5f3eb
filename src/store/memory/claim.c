/* claim.c - pending executions become running; orphans, heartbeats and requests to cancel. */
#include "store/memory/memory.h"

/* ---- claim ----------------------------------------------------------------------------------- */

static int order_available(const void *a, const void *b, void *context) {
    (void)context;
    const struct execution *left = a, *right = b;
    int order = compare_i64(left->available_at.us, right->available_at.us);
    return order != 0 ? order : compare_i64(left->row, right->row);
}

static bool queue_is_named(const struct claim *claim, struct str queue) {
    for (size_t i = 0; i < claim->queue_count; i++)
        if (!str_is_absent(claim->queues[i].name) && str_equal(claim->queues[i].name, queue))
            return true;
    return false;
}

static bool belongs_to(const struct execution *execution, const struct claim *claim,
                       const struct claim_queue *queue) {
    if (str_is_absent(queue->name)) return !queue_is_named(claim, execution->queue);
    return str_equal(execution->queue, queue->name);
}

/* The jobs that have an execution running, those claimed a moment ago included. */
struct running_jobs {
    int64_t *rows;
    size_t count;
};

static struct running_jobs running_jobs(const struct tables *tables, struct arena *arena) {
    size_t most = tables_count(tables, TABLE_EXECUTIONS);
    struct running_jobs running = {.rows = ARENA_ARRAY(arena, most, int64_t)};
    for (size_t i = 0; i < most; i++) {
        const struct execution *execution = tables_at(tables, TABLE_EXECUTIONS, i);
        if (execution->status == EXECUTION_RUNNING)
            running.rows[running.count++] = execution->job_row;
    }
    return running;
}

static bool must_wait(const struct tables *tables, const struct execution *execution,
                      const struct running_jobs *running) {
    const struct job *job = tables_get(tables, TABLE_JOBS, execution->job_row);
    if (group_is_full(tables, job)) return true;
    if (job->concurrency_policy != CONCURRENCY_QUEUE) return false;
    for (size_t i = 0; i < running->count; i++)
        if (running->rows[i] == job->row) return true;
    return false;
}

static void claim_one(struct tables *tables, const struct execution *pending,
                      const struct claim *claim) {
    struct execution execution = *pending;
    execution.status = EXECUTION_RUNNING;
    execution.node_name = claim->node_name;
    execution.started_at = claim->now;
    execution.fence = ++tables->last_fence;
    tables_put(tables, TABLE_EXECUTIONS, execution.row, &execution);
}

/* Pending, and its time has come; oldest first. Nothing under pause-all. */
static struct selection due_executions(const struct tables *tables, struct utc now,
                                       struct arena *arena) {
    struct selection due = selection_new(tables, TABLE_EXECUTIONS, arena);
    if (paused_all(tables)) return due;
    for (size_t i = 0; i < tables_count(tables, TABLE_EXECUTIONS); i++) {
        const struct execution *execution = tables_at(tables, TABLE_EXECUTIONS, i);
        if (execution->status == EXECUTION_PENDING && !utc_before(now, execution->available_at))
            selection_add(&due, execution);
    }
    selection_sort(&due, order_available, NULL);
    return due;
}

static bool is_still_pending(const struct tables *tables, const struct execution *due) {
    const struct execution *present = tables_get(tables, TABLE_EXECUTIONS, due->row);
    return present->status == EXECUTION_PENDING;
}

bool memory_claim(struct store_tx *tx, const struct claim *claim, struct arena *arena,
                  struct execution **ret, size_t *count, struct err *err) {
    (void)err;
    struct tables *tables = tables_to_change(tx);
    struct selection due = due_executions(tables, claim->now, arena);
    struct running_jobs running = running_jobs(tables, arena);
    struct selection claimed = selection_new(tables, TABLE_EXECUTIONS, arena);
    for (size_t q = 0; q < claim->queue_count; q++) {
        const struct claim_queue *queue = &claim->queues[q];
        int64_t of_queue = 0;
        for (size_t i = 0; i < due.count; i++) {
            const struct execution *pending = due.items[i];
            if (of_queue >= queue->limit || (int64_t)claimed.count >= claim->limit) break;
            if (!belongs_to(pending, claim, queue) || !is_still_pending(tables, pending) ||
                must_wait(tables, pending, &running))
                continue;
            claim_one(tables, pending, claim);
            running.rows[running.count++] = pending->job_row;
            selection_add(&claimed, tables_get(tables, TABLE_EXECUTIONS, pending->row));
            of_queue++;
        }
    }
    *ret = execution_read_all(tables, &claimed, arena);
    *count = claimed.count;
    return true;
}

/* ---- nodes ----------------------------------------------------------------------------------- */

static const struct node *find_node(const struct tables *tables, struct str name, int64_t *row) {
    for (size_t i = 0; i < tables_count(tables, TABLE_NODES); i++) {
        const struct node *node = tables_at(tables, TABLE_NODES, i);
        if (!str_equal(node->name, name)) continue;
        *row = tables_row_at(tables, TABLE_NODES, i);
        return node;
    }
    return NULL;
}

bool memory_heartbeat(struct store_tx *tx, const struct node *node, struct err *err) {
    (void)err;
    struct tables *tables = tables_to_change(tx);
    int64_t row;
    if (!find_node(tables, node->name, &row)) row = tables_next_row(tables, TABLE_NODES);
    tables_put(tables, TABLE_NODES, row, node);
    return true;
}

static int order_nodes(const void *a, const void *b, void *context) {
    (void)context;
    const struct node *left = a, *right = b;
    return str_compare(left->name, right->name);
}

bool memory_nodes(struct store_tx *tx, struct arena *arena, struct node **ret, size_t *count,
                  struct err *err) {
    (void)err;
    const struct tables *tables = tables_of(tx);
    struct selection found = selection_new(tables, TABLE_NODES, arena);
    for (size_t i = 0; i < tables_count(tables, TABLE_NODES); i++)
        selection_add(&found, tables_at(tables, TABLE_NODES, i));
    selection_sort(&found, order_nodes, NULL);
    struct node *nodes = ARENA_ARRAY(arena, found.count, struct node);
    for (size_t i = 0; i < found.count; i++)
        tables_copy_out(TABLE_NODES, found.items[i], arena, &nodes[i]);
    *ret = nodes;
    *count = found.count;
    return true;
}

static bool lease_ended(const struct tables *tables, struct str node_name, struct utc before) {
    int64_t row;
    if (utc_is_none(before)) return false;
    const struct node *node = find_node(tables, node_name, &row);
    return node && utc_before(node->lease_until, before);
}

bool memory_orphans(struct store_tx *tx, struct str node_name, struct utc lease_before,
                    int64_t limit, struct arena *arena, struct execution **ret, size_t *count,
                    struct err *err) {
    (void)err;
    const struct tables *tables = tables_of(tx);
    struct selection found = selection_new(tables, TABLE_EXECUTIONS, arena);
    for (size_t i = 0; i < tables_count(tables, TABLE_EXECUTIONS); i++) {
        const struct execution *execution = tables_at(tables, TABLE_EXECUTIONS, i);
        if (execution->status != EXECUTION_RUNNING) continue;
        bool own = !str_is_absent(node_name) && str_equal(execution->node_name, node_name);
        if (own || lease_ended(tables, execution->node_name, lease_before))
            selection_add(&found, execution);
    }
    selection_page(&found, 0, limit);
    *ret = execution_read_all(tables, &found, arena);
    *count = found.count;
    return true;
}

/* ---- cancel ---------------------------------------------------------------------------------- */

/* What was left of a run of the job is cancelled. */
static void end_run(struct tables *tables, int64_t job_row, struct utc now) {
    struct job job = *(const struct job *)tables_get(tables, TABLE_JOBS, job_row);
    job.last_completed_at = utc_max(job.last_completed_at, now);
    tables_put(tables, TABLE_JOBS, job_row, &job);
}

static enum cancel_result cancel(struct tables *tables, const struct execution *found,
                                 struct str reason, struct utc now) {
    struct execution execution = *found;
    switch (execution.status) {
    case EXECUTION_PENDING:
        execution.status = EXECUTION_CANCELLED;
        execution.completed_at = now;
        execution.error_message = reason;
        execution.waiting_since = UTC_NONE;
        tables_put(tables, TABLE_EXECUTIONS, execution.row, &execution);
        job_count_live(tables, execution.job_row, -1);
        if (execution.retry_count > 0) end_run(tables, execution.job_row, now);
        return CANCEL_DONE;
    case EXECUTION_RUNNING:
        if (!execution.cancel_requested && !str_is_absent(reason)) execution.error_message = reason;
        execution.cancel_requested = true;
        tables_put(tables, TABLE_EXECUTIONS, execution.row, &execution);
        return CANCEL_REQUESTED;
    case EXECUTION_SUCCEEDED:
    case EXECUTION_FAILED:
    case EXECUTION_CANCELLED: break;
    }
    return CANCEL_TOO_LATE;
}

bool memory_execution_cancel(struct store_tx *tx, struct guid id, struct str reason, struct utc now,
                             struct arena *arena, enum cancel_result *ret,
                             struct execution *ret_execution, struct err *err) {
    struct tables *tables = tables_to_change(tx);
    const struct execution *found = execution_find(tables, id);
    if (!found) return err_set(err, ERR_NOT_FOUND, "there is no such execution");
    *ret = cancel(tables, found, reason, now);
    execution_read(tables, tables_get(tables, TABLE_EXECUTIONS, found->row), false, arena,
                   ret_execution);
    return true;
}

bool memory_cancel_requests(struct store_tx *tx, struct str node_name, struct arena *arena,
                            struct cancel_request **ret, size_t *count, struct err *err) {
    (void)err;
    const struct tables *tables = tables_of(tx);
    size_t most = tables_count(tables, TABLE_EXECUTIONS);
    struct cancel_request *requests = ARENA_ARRAY(arena, most, struct cancel_request);
    size_t found = 0;
    for (size_t i = 0; i < most; i++) {
        const struct execution *execution = tables_at(tables, TABLE_EXECUTIONS, i);
        if (execution->status == EXECUTION_RUNNING && execution->cancel_requested &&
            str_equal(execution->node_name, node_name))
            requests[found++] = (struct cancel_request){
                execution->row, arena_copy(arena, execution->error_message)};
    }
    *ret = requests;
    *count = found;
    return true;
}
