/* claim.c - pending executions become running; orphans, heartbeats and requests to cancel.
 *
 * A pass over a queue takes its oldest executions that may run and claims them one by one, asking
 * again each time, because the one before may have been of the same job (CONCURRENCY_QUEUE). What
 * such a job held back is made up for by the next pass.
 */
#include "store/sqlite/groups.h"
#include "store/sqlite/search_index.h"
#include "store/sqlite/tables.h"
#include "store/sqlite/writer.h"

#include "base/json_write.h"

#include <stdlib.h>

/* ---- claim ----------------------------------------------------------------------------------- */

struct candidate {
    int64_t available_at, row, job_row, queue, lane;
};

struct claiming {
    struct store_tx *tx;
    const struct claim *claim;
    struct arena *arena;
    int64_t node; // names.id
    int64_t *rows;
    size_t count;
};

/* Where something waits in an order of its own: a lane of a queue. */
struct source {
    int64_t queue, lane;
    int64_t room; // may start there
};

struct found {
    struct candidate *items;
    size_t count, room;
};

static struct candidate *found_one(struct found *found, struct arena *arena) {
    if (found->count == found->room) {
        found->room = found->room ? found->room * 2 : 16;
        struct candidate *larger = ARENA_ARRAY(arena, found->room, struct candidate);
        if (found->count > 0) memcpy(larger, found->items, found->count * sizeof *larger);
        found->items = larger;
    }
    return &found->items[found->count++];
}

static bool candidates(struct claiming *c, const struct source *source, int64_t limit,
                       struct arena *arena, struct found *found, struct err *err) {
    struct query q = query_begin(c->tx, SQL_CLAIM_CANDIDATES);
    query_i64(&q, source->queue);
    query_i64(&q, source->lane);
    query_i64(&q, c->claim->now.us);
    query_i64(&q, limit);
    while (query_row(&q)) {
        struct candidate *candidate = found_one(found, arena);
        candidate->available_at = read_i64(&q);
        candidate->row = read_i64(&q);
        candidate->job_row = read_i64(&q);
        candidate->queue = read_i64(&q);
        candidate->lane = read_i64(&q);
    }
    return query_end(&q, err);
}

/* The lanes of a queue that are not full; where no job has a group there is one. */
static bool lanes_of(struct claiming *c, int64_t queue, struct arena *arena, struct source **ret,
                     size_t *count, struct err *err) {
    size_t found = 1, room = 1;
    struct source *sources = ARENA_NEW(arena, struct source);
    *sources = (struct source){.queue = queue, .room = INT64_MAX};
    if (writer_of(c->tx)->has_lanes) {
        found = 0;
        struct query q = query_begin(c->tx, SQL_CLAIM_LANES);
        query_i64(&q, queue);
        query_i64(&q, c->claim->now.us);
        while (query_row(&q)) {
            if (found == room) {
                room *= 4;
                struct source *larger = ARENA_ARRAY(arena, room, struct source);
                memcpy(larger, sources, found * sizeof *sources);
                sources = larger;
            }
            sources[found].queue = queue;
            sources[found].lane = read_i64(&q);
            sources[found++].room = read_i64(&q);
        }
        if (!query_end(&q, err)) return false;
    }
    *ret = sources;
    *count = found;
    return true;
}

static int64_t smaller(int64_t a, int64_t b) {
    return a < b ? a : b;
}

static int by_age(const void *a, const void *b) {
    const struct candidate *left = a, *right = b;
    if (left->available_at != right->available_at)
        return left->available_at < right->available_at ? -1 : 1;
    return (left->row > right->row) - (left->row < right->row);
}

/* What a claim changes beside the row itself. */
static bool note_claim(struct claiming *c, const struct candidate *candidate, struct err *err) {
    note_started(writer_of(c->tx), writer_of(c->tx)->fence, c->claim->now);
    return count_pending(c->tx, candidate->queue, -1, err) &&
           pending_remove(c->tx, candidate->lane, candidate->row, err) &&
           job_state_claimed(c->tx, candidate->job_row, err) &&
           note_running(c->tx, candidate->row, true, err);
}

static bool claim_one(struct claiming *c, const struct candidate *candidate, bool *claimed,
                      struct err *err) {
    struct writer *writer = writer_of(c->tx);
    if (!group_has_room(c->tx, candidate->lane, claimed, err)) return false;
    if (!*claimed) return true;
    struct query q = query_begin(c->tx, SQL_CLAIM_ONE);
    query_i64(&q, c->node);
    query_i64(&q, writer->fence + 1);
    query_i64(&q, c->claim->now.us);
    query_i64(&q, candidate->row);
    if (!query_run(&q, err)) return false;
    *claimed = query_changes(&q) > 0;
    if (!*claimed) return true;
    writer->fence++;
    count_executions(writer, EXECUTION_PENDING, -1);
    count_executions(writer, EXECUTION_RUNNING, 1);
    c->rows[c->count++] = candidate->row;
    return note_claim(c, candidate, err);
}

/* The oldest candidates of some queues, in the order of their age; *sources is how many lanes they
 * come from. */
static bool look(struct claiming *c, const int64_t *queues, size_t queue_count, int64_t limit,
                 struct arena *arena, struct found *found, size_t *sources, struct err *err) {
    *sources = 0;
    for (size_t i = 0; i < queue_count; i++) {
        struct source *lanes;
        size_t count;
        if (!lanes_of(c, queues[i], arena, &lanes, &count, err)) return false;
        for (size_t l = 0; l < count; l++)
            if (!candidates(c, &lanes[l], smaller(limit, lanes[l].room), arena, found, err))
                return false;
        *sources += count;
    }
    if (*sources > 1 && found->count > 1)
        qsort(found->items, found->count, sizeof *found->items, by_age);
    return true;
}

/* One pass over some queues as if they were one. */
static bool pass(struct claiming *c, const int64_t *queues, size_t queue_count, int64_t limit,
                 int64_t *claimed, struct err *err) {
    struct arena scratch = {0};
    struct found found = {0};
    size_t sources;
    bool ok = look(c, queues, queue_count, limit, &scratch, &found, &sources, err);
    *claimed = 0;
    for (size_t i = 0; ok && i < found.count && *claimed < limit; i++) {
        bool one;
        ok = claim_one(c, &found.items[i], &one, err);
        if (ok && one) ++*claimed;
        /* Behind one that must wait, its lane may hold more that is older than the next lane's and
         * was not looked at. */
        if (ok && !one && sources > 1) break;
    }
    arena_free(&scratch);
    return ok;
}

static bool claim_from(struct claiming *c, const int64_t *queues, size_t queue_count, int64_t limit,
                       struct err *err) {
    int64_t left = smaller(limit, c->claim->limit - (int64_t)c->count);
    while (queue_count > 0 && left > 0) {
        int64_t claimed;
        if (!pass(c, queues, queue_count, left, &claimed, err)) return false;
        if (claimed == 0) break;
        left -= claimed;
    }
    return true;
}

static struct str named_queues(const struct claim *claim, struct buf *json) {
    struct json_writer w = json_writer(json);
    json_array_begin(&w);
    for (size_t i = 0; i < claim->queue_count; i++)
        if (!str_is_absent(claim->queues[i].name)) json_str(&w, claim->queues[i].name);
    json_array_end(&w);
    return buf_str(json);
}

static bool claim_from_others(struct claiming *c, int64_t limit, struct err *err) {
    struct buf named = buf_with_max(0);
    struct query q = query_begin(c->tx, SQL_CLAIM_OTHER_QUEUES);
    query_text(&q, named_queues(c->claim, &named));
    int64_t *queues;
    size_t count;
    bool ok = rows_of_query(&q, c->arena, &queues, &count, err);
    buf_free(&named);
    return ok && claim_from(c, queues, count, limit, err);
}

static bool claim_queue(struct claiming *c, const struct claim_queue *queue, struct err *err) {
    if (str_is_absent(queue->name)) return claim_from_others(c, queue->limit, err);
    int64_t id;
    if (!name_find(c->tx, queue->name, &id, err)) return false;
    return id == 0 || claim_from(c, &id, 1, queue->limit, err);
}

bool sqlite_claim(struct store_tx *tx, const struct claim *claim, struct arena *arena,
                  struct execution **ret, size_t *count, struct err *err) {
    size_t most = claim->limit > 0 && !writer_of(tx)->paused_all ? (size_t)claim->limit : 0;
    struct claiming c = {.tx = tx, .claim = claim, .arena = arena};
    if (most > 0) {
        c.rows = ARENA_ARRAY(arena, most, int64_t);
        if (!name_id(tx, claim->node_name, &c.node, err)) return false;
    }
    for (size_t i = 0; i < claim->queue_count && c.count < most; i++)
        if (!claim_queue(&c, &claim->queues[i], err)) return false;
    struct execution *claimed = ARENA_ARRAY(arena, c.count, struct execution);
    for (size_t i = 0; i < c.count; i++)
        if (!execution_by_row(tx, c.rows[i], arena, &claimed[i], err)) return false;
    *ret = claimed;
    *count = c.count;
    return true;
}

/* ---- nodes ----------------------------------------------------------------------------------- */

bool sqlite_orphans(struct store_tx *tx, struct str node_name, struct utc lease_before,
                    int64_t limit, struct arena *arena, struct execution **ret, size_t *count,
                    struct err *err) {
    struct query q = query_begin(tx, SQL_ORPHANS);
    query_text(&q, node_name);
    query_utc(&q, lease_before);
    query_i64(&q, limit < 0 ? 0 : limit);
    return executions_of_query(&q, arena, ret, count, err);
}

bool sqlite_heartbeat(struct store_tx *tx, const struct node *node, struct err *err) {
    struct query q = query_begin(tx, SQL_HEARTBEAT);
    query_text(&q, node->name);
    query_text(&q, node->version);
    query_utc(&q, node->started_at);
    query_utc(&q, node->heartbeat_at);
    query_i64(&q, node->lease_until.us);
    query_i64(&q, node->workers_busy);
    query_i64(&q, node->workers_total);
    return query_run(&q, err);
}

bool sqlite_nodes(struct store_tx *tx, struct arena *arena, struct node **ret, size_t *count,
                  struct err *err) {
    size_t found = 0, room = 0;
    struct node *nodes = ARENA_ARRAY(arena, 0, struct node);
    struct query q = query_begin(tx, SQL_NODES);
    while (query_row(&q)) {
        if (found == room) {
            room = room ? room * 2 : 8;
            struct node *larger = ARENA_ARRAY(arena, room, struct node);
            memcpy(larger, nodes, found * sizeof *nodes);
            nodes = larger;
        }
        struct node *node = &nodes[found++];
        node->name = read_text(&q, arena);
        node->version = read_text(&q, arena);
        node->started_at = read_utc(&q);
        node->heartbeat_at = read_utc(&q);
        node->lease_until = read_utc(&q);
        node->workers_busy = read_i64(&q);
        node->workers_total = read_i64(&q);
    }
    if (!query_end(&q, err)) return false;
    *ret = nodes;
    *count = found;
    return true;
}

/* ---- cancel ---------------------------------------------------------------------------------- */

static bool write_reason(struct store_tx *tx, int64_t row, struct str reason, struct err *err) {
    if (str_is_absent(reason)) return true;
    struct query q = query_begin(tx, SQL_CANCEL_REASON);
    query_i64(&q, row);
    query_text(&q, reason);
    return query_run(&q, err) && search_note_text(tx, row, err);
}

/* Who asked first is who the record names. */
static bool request_cancel(struct store_tx *tx, int64_t row, struct str reason, struct err *err) {
    struct query q = query_begin(tx, SQL_CANCEL_REQUEST);
    query_i64(&q, str_is_absent(reason) ? 0 : FLAG_HAS_DETAILS);
    query_i64(&q, row);
    if (!query_run(&q, err)) return false;
    return query_changes(&q) == 0 || write_reason(tx, row, reason, err);
}

struct to_cancel {
    int64_t row, job_row, queue, retry_count, flags;
    enum execution_status status;
};

/* Cancelling what was to be tried again ends the run. */
static bool end_unstarted_on_job(struct store_tx *tx, const struct job_state *before,
                                 const struct to_cancel *pending, struct utc now, struct err *err) {
    struct job_state state = *before;
    state.live_count--;
    state.status = job_state_status(&state);
    if (pending->retry_count > 0) state.last_completed_at = utc_max(state.last_completed_at, now);
    struct query q = query_begin(tx, SQL_JOB_STATE_ENDED_UNSTARTED);
    query_i64(&q, (int64_t)state.status);
    query_i64(&q, state.live_count);
    query_utc(&q, state.last_completed_at);
    query_i64(&q, pending->job_row);
    return query_run(&q, err) && job_state_note(tx, before, &state, err);
}

static bool leave_pending(struct store_tx *tx, const struct to_cancel *pending, struct utc now,
                          struct err *err) {
    struct job_state state;
    if (!job_state_need(tx, pending->job_row, &state, err) ||
        !pending_remove(tx, state.lane, pending->row, err) ||
        !count_pending(tx, pending->queue, -1, err))
        return false;
    if (pending->flags & FLAG_WAITS && !waiting_remove(tx, pending->job_row, pending->row, err))
        return false;
    return end_unstarted_on_job(tx, &state, pending, now, err);
}

static bool cancel_pending(struct store_tx *tx, const struct to_cancel *pending, struct str reason,
                           struct utc now, struct err *err) {
    if (!leave_pending(tx, pending, now, err)) return false;
    struct query q = query_begin(tx, SQL_CANCEL_PENDING);
    query_utc(&q, now);
    query_i64(&q, str_is_absent(reason) ? 0 : FLAG_HAS_DETAILS);
    query_i64(&q, pending->row);
    if (!query_run(&q, err) || !write_reason(tx, pending->row, reason, err)) return false;
    q = query_begin(tx, SQL_ENDED_BADLY_ADD);
    query_i64(&q, (int64_t)EXECUTION_CANCELLED);
    query_i64(&q, pending->row);
    if (!query_run(&q, err)) return false;
    count_executions(writer_of(tx), EXECUTION_PENDING, -1);
    count_executions(writer_of(tx), EXECUTION_CANCELLED, 1);
    return count_ended(tx, EXECUTION_CANCELLED, UTC_NONE, now, 1, err);
}

static bool find_to_cancel(struct store_tx *tx, struct guid id, struct to_cancel *ret,
                           struct err *err) {
    struct to_cancel found = {0};
    struct query q = query_begin(tx, SQL_CANCEL_FIND);
    query_bytes(&q, id.bytes, sizeof id.bytes);
    if (query_row(&q)) {
        found.row = read_i64(&q);
        found.status = (enum execution_status)read_i64(&q);
        found.job_row = read_i64(&q);
        found.queue = read_i64(&q);
        found.retry_count = read_i64(&q);
        found.flags = read_i64(&q);
    }
    if (!query_end(&q, err)) return false;
    if (found.row == 0) return no_such_execution(err);
    *ret = found;
    return true;
}

bool sqlite_execution_cancel(struct store_tx *tx, struct guid id, struct str reason, struct utc now,
                             struct arena *arena, enum cancel_result *ret,
                             struct execution *ret_execution, struct err *err) {
    struct to_cancel execution = {0};
    if (!find_to_cancel(tx, id, &execution, err)) return false;
    enum cancel_result result = CANCEL_TOO_LATE;
    if (execution.status == EXECUTION_PENDING) {
        result = CANCEL_DONE;
        if (!cancel_pending(tx, &execution, reason, now, err)) return false;
    } else if (execution.status == EXECUTION_RUNNING) {
        result = CANCEL_REQUESTED;
        if (!request_cancel(tx, execution.row, reason, err)) return false;
    }
    if (!execution_by_row(tx, execution.row, arena, ret_execution, err)) return false;
    *ret = result;
    return true;
}

bool sqlite_cancel_requests(struct store_tx *tx, struct str node_name, struct arena *arena,
                            struct cancel_request **ret, size_t *count, struct err *err) {
    size_t found = 0, room = 0;
    struct cancel_request *requests = ARENA_ARRAY(arena, 0, struct cancel_request);
    struct query q = query_begin(tx, SQL_CANCEL_REQUESTS);
    query_text(&q, node_name);
    while (query_row(&q)) {
        if (found == room) {
            room = room ? room * 2 : 8;
            struct cancel_request *larger = ARENA_ARRAY(arena, room, struct cancel_request);
            memcpy(larger, requests, found * sizeof *requests);
            requests = larger;
        }
        requests[found].row = read_i64(&q);
        requests[found++].reason = read_text(&q, arena);
    }
    if (!query_end(&q, err)) return false;
    *ret = requests;
    *count = found;
    return true;
}
